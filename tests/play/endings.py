"""Ends of games, drawn with what is known of them.

`X` and `O` are living stones, `x` and `o` dead ones, `-` an empty point that counts for nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tengen.go.board import Board
from tengen.go.points import Point
from tengen.go.rulesets import JAPANESE, Ruleset
from tests.go.diagrams import a_board

_SWAPPED = str.maketrans("XOxo", "OXox")


@dataclass(frozen=True, slots=True)
class Ending:
    """A finished board, which stones on it are dead, and which points are nobody's."""

    board: Board
    dead: frozenset[Point]
    neutral: frozenset[Point]


def an_ending(diagram: str, *, rules: Ruleset = JAPANESE) -> Ending:
    """What is drawn."""
    rows = [line.split() for line in diagram.split("\n") if line.strip()]

    def marked(marks: str) -> frozenset[Point]:
        return frozenset(Point(x, y) for y, row in enumerate(rows) for x, mark in enumerate(row) if mark in marks)

    board = a_board(diagram.upper().replace("-", "."), rules=rules)
    assert str(board) == "\n".join(" ".join(row) for row in rows).upper().replace("-", "."), "a chain has no liberties"
    return Ending(board, marked("xo"), marked("-"))


def seen_from_all_sides(diagram: str) -> Iterator[str]:
    """The diagram in its eight directions, and with the colours exchanged."""
    rows = [line.split() for line in diagram.split("\n") if line.strip()]
    for _ in range(4):
        rows = [list(column) for column in zip(*reversed(rows), strict=True)]
        for turned in (rows, rows[::-1]):
            drawn = "\n".join(" ".join(row) for row in turned)
            yield drawn
            yield drawn.translate(_SWAPPED)
