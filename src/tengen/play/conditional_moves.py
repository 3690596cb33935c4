"""Conditional moves: what a player will answer to which moves of the opponent, as a tree. Pure.

On the wire a tree is `[reply, {move: tree, ...}]` with moves as pairs of letters; its root has no reply:

    [null, {"dd": ["pp", {"qq": ["qp", {}]}]}]        to dd the answer is pp, and to qq after that it is qp
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tengen.core.errors import Invalid
from tengen.go.points import InvalidPoint, Point, Size, ogs_moves, parse_ogs_move

MAX_REPLIES = 500
MAX_DEPTH = 50

Replies = Mapping[Point | None, "Reply"]
"""By the opponent's move, None for a pass."""


class InvalidConditionalMoves(Invalid):
    """The tree cannot be read."""

    code, status = "invalid_conditional_moves", 400


@dataclass(frozen=True, slots=True)
class Reply:
    """A move, None for a pass, and what to answer after it."""

    move: Point | None
    then: Replies = field(default_factory=dict)


def parse_replies(tree: object, size: Size) -> Replies:
    """The replies of the tree on the wire; none if it is null. Raises `InvalidConditionalMoves`."""
    if tree is None:
        return {}
    reply, moves = _node(tree)
    if reply is not None:
        raise InvalidConditionalMoves("The root of the tree of conditional moves has no reply: it must be null.")
    return _Reader(size).read(moves, depth=1)


def replies_to_json(replies: Replies) -> list[object]:
    """The tree on the wire; `parse_replies` reads it back."""
    return _tree(None, replies)


def _tree(reply: str | None, replies: Replies) -> list[object]:
    return [reply, {ogs_moves([move]): _tree(ogs_moves([then.move]), then.then) for move, then in replies.items()}]


class _Reader:
    """Reads trees of one board, and counts."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.count = 0

    def read(self, moves: Mapping[object, object], depth: int) -> Replies:
        self.count += len(moves)
        if self.count > MAX_REPLIES or (moves and depth > MAX_DEPTH):
            limits = f"at most {MAX_REPLIES} replies, and at most {MAX_DEPTH} in a row"
            raise InvalidConditionalMoves(f"The tree of conditional moves is too large: {limits}.")
        return {self._move(move): self._reply(tree, depth) for move, tree in moves.items()}

    def _reply(self, tree: object, depth: int) -> Reply:
        reply, moves = _node(tree)
        return Reply(self._move(reply), self.read(moves, depth + 1))

    def _move(self, text: object) -> Point | None:
        if not isinstance(text, str):
            raise InvalidConditionalMoves("A conditional move must be written as two letters, or .. for a pass.")
        try:
            return parse_ogs_move(text, self.size)
        except InvalidPoint as problem:
            raise InvalidConditionalMoves(problem.message) from None


def _node(tree: object) -> tuple[object, Mapping[object, object]]:
    match tree:
        case [reply, Mapping() as moves]:
            return reply, moves
    raise InvalidConditionalMoves("A tree of conditional moves must be written as [reply, {move: tree, ...}].")
