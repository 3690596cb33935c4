"""What happened in a recorded game, played again on a board, with what is odd about it.

A record may hold anything: illegal moves, stones outside the board, handicap stones that nobody placed. Nothing of that
stops a replay; it is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tengen.go.board import Board, IllegalMove
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import UNKNOWN, Ruleset

MAX_WARNINGS = 20
"""Where this many moves are illegal, the rest is noise: the replay ends there."""


@dataclass(frozen=True, slots=True)
class Move:
    """A colour plays at a point, or passes; with what a record may say of that."""

    color: Color
    point: Point | None
    seconds_left: float | None = None
    """On the mover's clock after the move: of the main time, or of the period or block that is running."""
    overtime_left: int | None = None
    """In overtime: the periods that the mover has left, or the stones of the block."""
    comment: str = ""
    """Lines about the game after this move."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Stones put on the board or taken off by hand; `to_move` says who plays next, None that nothing was said."""

    black: frozenset[Point] = frozenset()
    white: frozenset[Point] = frozenset()
    empty: frozenset[Point] = frozenset()
    to_move: Color | None = None


Step = Move | Setup


@dataclass(frozen=True, slots=True)
class RecordWarning:
    """Something odd in a record: a sentence for people, a `code` for programs, and the number of the move, from 1."""

    code: str
    text: str
    move: int | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The board after a record's last move, or after the one where the replay gave up, and what was odd."""

    board: Board
    moves_played: int
    warnings: tuple[RecordWarning, ...]


def replay(size: Size, steps: Sequence[Step], *, handicap: int = 0, rules: Ruleset = UNKNOWN) -> Replay:
    """Play the steps on an empty board.

    An illegal move is noted and carried out nevertheless, since that is what the record says; a setup that leaves
    stones without liberties is noted and loses them. `handicap` is what the record claims, 0 for none.
    """
    board = Board(size, rules)
    warnings = _handicap_warnings(steps, handicap)
    number = 0
    previous: Color | None = None
    for step in steps:
        if len(warnings) >= MAX_WARNINGS:
            warnings.append(RecordWarning("replay_ended", f"The moves after move {number} were not looked at.", number))
            break
        if isinstance(step, Setup):
            warnings += _set_up(board, step, number)
            previous = None
        else:
            number += 1
            if step.color is previous and not (step.color is Color.BLACK and number <= handicap):
                text = f"Move {number}: {step.color} plays twice in a row."
                warnings.append(RecordWarning("out_of_turn", text, number))
            warnings += _play(board, step, number)
            previous = step.color
    return Replay(board, number, tuple(warnings))


def _set_up(board: Board, step: Setup, number: int) -> list[RecordWarning]:
    lost = board.setup(black=step.black, white=step.white, empty=step.empty, to_move=step.to_move)
    if not lost:
        return []
    where = f"Setup after move {number}" if number else "Setup"
    text = f"{where}: the stone at {lost[0].vertex(board.size)} has no liberties."
    return [RecordWarning("setup_without_liberties", text, number or None)]


def _play(board: Board, move: Move, number: int) -> list[RecordWarning]:
    if move.point is None:
        board.play_pass(move.color)
        return []
    try:
        board.play(move.color, move.point)
    except IllegalMove as refusal:
        board.play_anyway(move.color, move.point)
        text = f"Move {number}: {move.color} cannot play at {move.point.vertex(board.size)}: {refusal.reason}."
        return [RecordWarning(refusal.code, text, number)]
    return []


def _handicap_warnings(steps: Sequence[Step], handicap: int) -> list[RecordWarning]:
    """Whether Black's stones before White's first move are those that the handicap promises.

    A handicap of 1 is none: Black begins as ever. A setup with white stones is a position, not a handicap.
    """
    set_up: set[Point] = set()
    moved = 0
    for step in steps:
        if isinstance(step, Setup):
            if step.white:
                return []
            set_up |= step.black
        elif step.color is Color.WHITE:
            break
        elif step.point is not None:
            moved += 1
    promised = handicap if handicap >= 2 else 0
    if promised in (len(set_up), len(set_up) + moved):
        return []
    text = f"The handicap is {handicap}, but the black stones before White's first move are {len(set_up) or moved}."
    return [RecordWarning("handicap_mismatch", text)]
