"""Points of a board and their names, sizes of boards, colours.

A point is (column, row), both from 0 at the top left. People call it by its vertex, `D4`: a letter for the column,
without I, and the number of the row, from 1 at the bottom. SGF writes two letters from the top left, `dp`; OGS writes
the same two letters, and `..` for a pass. Wherever a move is a point or a pass, None is the pass.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from tengen.core.errors import Invalid

MIN_SIDE = 2
MAX_SIDE = 25
"""The letters of a vertex end here, and so does what the dialects can write."""

_COLUMN_NAMES = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VERTEX = re.compile(r"([A-HJ-Z])([1-9][0-9]?)", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(r"([1-9][0-9]?)(?:[:x]([1-9][0-9]?))?", re.ASCII)
_LETTER_THEN_DIGIT = re.compile(r"[A-Za-z][0-9]")
_OGS_VERTICES = re.compile(r"pass|\.\.|([A-Z])0*([0-9]+)", re.ASCII | re.IGNORECASE)
_OGS_PAIRS = re.compile(r"[a-z.]{2}", re.ASCII | re.IGNORECASE)


class InvalidPoint(Invalid):
    """The text names no point of the board."""

    code = "invalid_point"


class InvalidSize(Invalid):
    """There is no such board."""

    code = "invalid_board_size"


class Color(Enum):
    """Black or White: a player, and the stones."""

    BLACK = "B"
    WHITE = "W"

    # Boards look things up by colour all the time; the hash that enumerations have is several times slower.
    __hash__ = object.__hash__

    opponent: "Color"
    """The other one."""

    def __str__(self) -> str:
        return self.name.capitalize()


Color.BLACK.opponent = Color.WHITE
Color.WHITE.opponent = Color.BLACK


class Size(NamedTuple):
    """How many columns and rows a board has, each from 2 to 25. Make it with `parse` or `of`, which check that."""

    columns: int
    rows: int

    @classmethod
    def of(cls, columns: int, rows: int | None = None) -> "Size":
        """A board of these sides, a square one if `rows` is not given. Raises `InvalidSize`."""
        size = cls(columns, columns if rows is None else rows)
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in size):
            raise InvalidSize(f"A board has {MIN_SIDE} to {MAX_SIDE} lines a side, and not {size}.")
        return size

    @classmethod
    def parse(cls, text: str) -> "Size":
        """The size that SGF calls `19` or `15:17` (columns first), and people `15x17`. Raises `InvalidSize`."""
        match = _SIZE.fullmatch(text.strip())
        if match is None:
            raise InvalidSize(f"{text.strip()[:20]!r} is no size of a board: write 19, or 15:17 for columns and rows.")
        return cls.of(int(match[1]), int(match[2]) if match[2] else None)

    @property
    def is_square(self) -> bool:
        """As many columns as rows."""
        return self.columns == self.rows

    @property
    def area(self) -> int:
        """How many points the board has."""
        return self.columns * self.rows

    def points(self) -> list["Point"]:
        """All points, row by row from the top left."""
        return [Point(column, row) for row in range(self.rows) for column in range(self.columns)]

    def has(self, point: "Point") -> bool:
        """Whether the point is on the board."""
        return 0 <= point.column < self.columns and 0 <= point.row < self.rows

    def __str__(self) -> str:
        """As SGF writes it: `19`, `15:17`."""
        return str(self.columns) if self.is_square else f"{self.columns}:{self.rows}"


class Point(NamedTuple):
    """An intersection: column and row, from 0 at the top left."""

    column: int
    row: int

    @classmethod
    def from_vertex(cls, text: str, size: Size) -> "Point":
        """The point that people call `D4`, in either case. Raises `InvalidPoint`, also where it is off the board."""
        match = _VERTEX.fullmatch(text.strip())
        if match is None:
            raise InvalidPoint(f"{text.strip()[:20]!r} is no point: write a letter, without I, and a number, as in D4.")
        return _checked(cls(_COLUMN_NAMES.index(match[1].upper()), size.rows - int(match[2])), match[0], size)

    @classmethod
    def from_letters(cls, text: str, size: Size) -> "Point":
        """The point that SGF calls `dp`. Raises `InvalidPoint`, also where it is off the board.

        Upper-case letters, which SGF has for the 27th column and beyond, are off every board here.
        """
        if len(text) != 2 or not (text.isascii() and text.isalpha()):
            raise InvalidPoint(f"{text[:20]!r} is no point: write two letters from aa at the top left.")
        return _checked(cls(_LETTERS.find(text[0]), _LETTERS.find(text[1])), text, size)

    def vertex(self, size: Size) -> str:
        """Its name for people on a board of this size: `D4`."""
        return f"{_COLUMN_NAMES[self.column]}{size.rows - self.row}"

    @property
    def letters(self) -> str:
        """Its name in SGF and on OGS: `dp`."""
        return _LETTERS[self.column] + _LETTERS[self.row]


def vertex_of(move: Point | None, size: Size) -> str:
    """The move's name for people: `D4`, `pass`."""
    return "pass" if move is None else move.vertex(size)


def parse_ogs_move(text: str, size: Size) -> Point | None:
    """One move as OGS' clients send it: `pd`, `..`, `Q16` or `pass`, in either case.

    Raises `InvalidPoint` for a point outside the board and for anything else: a player's typing error is no pass.
    """
    text = text.strip()
    if text == ".." or text.lower() == "pass":
        return None
    if _LETTER_THEN_DIGIT.match(text):
        return Point.from_vertex(text, size)
    return Point.from_letters(text.lower(), size)


def is_in_vertices(text: str) -> bool:
    """Whether OGS reads this list of moves as vertices, `Q16D4`, and not as pairs of letters."""
    return _LETTER_THEN_DIGIT.search(text) is not None


def parse_ogs_moves(text: str, size: Size) -> list[Point | None]:
    """A list of moves as OGS writes it: pairs of letters one after the other, or vertices if a digit follows a letter.

    As OGS' own board reads it, a point outside the board is a pass: `tt` on 19x19, `I5` and `Q20`. Raises
    `InvalidPoint` where something is left that is neither.
    """
    if is_in_vertices(text):
        return [_ogs_vertex(match, size) for match in _tokens(_OGS_VERTICES, text)]
    pairs = [match[0].lower() for match in _tokens(_OGS_PAIRS, text)]
    return [_on_board(Point(_LETTERS.find(pair[0]), _LETTERS.find(pair[1])), size) for pair in pairs]


def ogs_moves(moves: Iterable[Point | None]) -> str:
    """Moves as OGS writes them: `pddp`, a pass `..`."""
    return "".join(".." if move is None else move.letters for move in moves)


def ogs_points(points: Iterable[Point]) -> str:
    """A set of points as OGS writes it: pairs of letters row by row, so that equal sets are equal texts."""
    ordered = sorted(points, key=lambda point: (point.row, point.column))
    return ogs_moves(ordered)


def _checked(point: Point, text: str, size: Size) -> Point:
    if not size.has(point):
        raise InvalidPoint(f"The point {text} is outside the board, which has {size.columns}x{size.rows} points.")
    return point


def _tokens(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    matches = []
    position = 0
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:
            raise InvalidPoint(f"The list of moves cannot be read from character {position + 1} on.")
        matches.append(match)
        position = match.end()
    return matches


def _ogs_vertex(match: re.Match[str], size: Size) -> Point | None:
    if match[1] is None or len(match[2]) > 2:
        return None
    return _on_board(Point(_COLUMN_NAMES.find(match[1].upper()), size.rows - int(match[2])), size)


def _on_board(point: Point, size: Size) -> Point | None:
    return point if size.has(point) else None
