"""Agreement with GNU Go about a thousand games: which moves are legal, what they capture, what is on the board."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from tengen.go.board import Board, IllegalMove, Ko, Occupied, Suicide, Superko
from tengen.go.points import Color, Point, Size, vertex_of
from tengen.go.rulesets import KoRule, Ruleset
from tests.go import gnugo
from tests.go.chances import Chance

GAMES = 200
"""By each of the five rulesets."""
# Small boards are full soon, and then captures, kos and repetitions come thick and fast.
SIDES = (5, 5, 5, 6, 6, 7, 7, 8, 9, 9, 11, 13, 19)
ILLEGAL = "? illegal move"


@dataclass(frozen=True)
class Question:
    """A command for GNU Go, and what it has to answer: a text, or names in any order."""

    command: str
    expected: str | frozenset[str] = "= "
    unseen: frozenset[str] = frozenset()
    """Names of which GNU Go knows no better."""

    def is_answered_by(self, answer: str) -> bool:
        """Whether GNU Go agrees."""
        if isinstance(self.expected, str):
            return answer == self.expected
        return frozenset(answer.removeprefix("=").split()) - self.unseen == self.expected


def names(points: Iterable[Point], size: Size) -> frozenset[str]:
    """The points as GNU Go writes them."""
    return frozenset(point.vertex(size) for point in points)


def is_suicide(board: Board, point: Point) -> bool:
    """Whether the stone of the player to move would not stay there."""
    return point in board.copy().play_anyway(board.to_move, point)


def the_state(board: Board) -> Iterator[Question]:
    """What is on the board, what has been captured, and which moves the player to move has."""
    for color in Color:
        yield Question(f"captures {color}", f"= {board.prisoners[color]}")
        yield Question(f"list_stones {color}", names(board.stones(color), board.size))
    refusals = {point: board.refusal(board.to_move, point) for point in board.size.points()}
    legal = [point for point, refusal in refusals.items() if refusal is None]
    unseen = [point for point, refusal in refusals.items() if refusal is Superko and is_suicide(board, point)]
    yield Question(f"all_legal {board.to_move}", names(legal, board.size), names(unseen, board.size))


def a_game(rules: Ruleset, chance: Chance, kinds: set[type[IllegalMove] | None]) -> Iterator[Question]:
    """A game by chance, with moves tried in vain; `kinds` gathers why, with None for moves that are legal."""
    size = Size.of(chance.choice(SIDES))
    board = Board(size, rules)
    points = size.points()
    yield Question(f"boardsize {size}")
    yield Question("clear_board")
    last: Point | None = None
    for number in range(50 + size.area):
        color = board.to_move
        near = board.neighbours(last) if last and chance.random() < 0.5 else []
        last = None
        for point in [*near, *chance.sample(points, k=12)] if chance.random() < 0.97 else []:
            refusal = board.refusal(color, point)
            kinds.add(refusal)
            if refusal is None:
                last = point
                break
            if refusal is not Superko or not is_suicide(board, point):
                yield Question(f"play {color} {point.vertex(size)}", ILLEGAL)
        yield Question(f"play {color} {vertex_of(last, size)}")
        if last is None:
            board.play_pass(color)
        else:
            board.play(color, last)
        if number % (size.area // 12) == 0:
            yield from the_state(board)
    yield from the_state(board)


@pytest.mark.skipif(gnugo.PROGRAM is None, reason="GNU Go is not installed (Debian, Ubuntu: apt install gnugo)")
@pytest.mark.parametrize("rules", gnugo.RULES, ids=str)
def test_gnu_go_would_judge_every_game_as_we_do(rules: Ruleset) -> None:
    kinds: set[type[IllegalMove] | None] = set()
    games = [list(a_game(rules, Chance(number), kinds)) for number in range(GAMES)]
    questions = [(number, question) for number, game in enumerate(games) for question in game]
    found = gnugo.answers((question.command for _, question in questions), gnugo.RULES[rules])
    for (number, question), answer in zip(questions, found, strict=True):
        assert question.is_answered_by(answer), f"Game {number}: {question} is answered {answer!r}"
    possible: set[type[IllegalMove] | None] = {None, Occupied, Ko}
    possible |= set() if rules.allows_suicide else {Suicide}
    possible |= set() if rules.ko is KoRule.SIMPLE else {Superko}
    assert kinds == possible
