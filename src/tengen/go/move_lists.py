"""Lists of moves as OGS writes them, with all that may stand in them.

As arrays: column and row, the milliseconds that the move took (-1: unknown), a colour, and an object with more about
it; what is missing at the end is null or left out. As letters: pairs, or vertices if a digit follows a letter; in a
review also stones that were put by hand (`!1dd` black, `!2dd` white) or taken off (`!0dd`).

    [[15, 3, 4210], [-1, -1, 900], [3, 15, -1, null, null]]         Q16, a pass, and D4 after nobody knows how long
    "pd..!1dd!0pd"                                                   Q16, a pass, D16 put in black, Q16 taken off
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tengen.go.points import Color, InvalidPoint, Point, Size, is_in_vertices, ogs_moves, parse_ogs_moves

PASS = (-1, -1)
"""Column and row of a pass."""
MAX_MILLISECONDS = 2**53
"""What a client can write exactly."""

_COLORS = {0: None, 1: Color.BLACK, 2: Color.WHITE}
_NUMBERS = {color: number for number, color in _COLORS.items()}
_PIECES = re.compile(r"(?:!(?:([012])|undefined))?([a-z.]{2})", re.ASCII | re.IGNORECASE)


class InvalidMoveList(InvalidPoint):
    """The list has an entry that is no move."""

    code = "invalid_move_list"


@dataclass(frozen=True, slots=True)
class ListedMove:
    """An entry of a list: a move, or an edit."""

    point: Point | None
    """None for a pass; an edit has one."""
    color: Color | None = None
    """Of a move, whose it is, None where that goes without saying; of an edit the stone's, None if it was taken off."""
    is_edit: bool = False
    """A stone was put or taken off by hand."""
    milliseconds: int | None = None
    """How long the move took, None if that is unknown."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What else is told of the move, by OGS' names: `blur`, `played_by`."""


def parse_move_list(value: object, size: Size) -> list[ListedMove]:
    """The list in any of its forms; one array of numbers is a list of one move.

    As OGS' own board reads letters, a point outside the board is a pass. Raises `InvalidPoint` for letters that cannot
    be read, `InvalidMoveList` for an edit or an array whose point is not on the board, and for other JSON.
    """
    match value:
        case str():
            return _from_letters(value, size)
        case [int() | float(), *_]:
            return [_from_array(value, size)]
        case list():
            return [_from_array(entry, size) for entry in value]
    raise InvalidMoveList("A list of moves must be written as a text of letters, or as arrays [column, row, ...].")


def move_array(move: ListedMove) -> list[object]:
    """The move as an array, without what goes without saying at its end. An edit has none: raises `InvalidMoveList`."""
    if move.is_edit:
        raise InvalidMoveList("A stone that was put or taken off by hand can be written in letters only.")
    time = -1 if move.milliseconds is None else move.milliseconds
    color = _NUMBERS[move.color] if move.color else None
    array: list[object] = [*(move.point or PASS), time, color, dict(move.extra)]
    while array[-1] in (None, {}):
        del array[-1]
    return array


def move_letters(moves: Iterable[ListedMove]) -> str:
    """The moves and edits as letters; whose they are and how long they took is not told there."""
    return "".join(f"!{_NUMBERS[move.color]}" * move.is_edit + ogs_moves([move.point]) for move in moves)


def _from_letters(text: str, size: Size) -> list[ListedMove]:
    if "!" not in text or is_in_vertices(text):
        return [ListedMove(point) for point in parse_ogs_moves(text, size)]
    moves = []
    position = 0
    while position < len(text):
        piece = _PIECES.match(text, position)
        if piece is None:
            raise InvalidMoveList(f"The list of moves cannot be read from character {position + 1} on.")
        position = piece.end()
        point = parse_ogs_moves(piece[2], size)[0]
        is_edit = piece[0].startswith("!")
        if is_edit and point is None:
            raise InvalidMoveList(f"{piece[2]} is no point of the board on which a stone could be put by hand.")
        moves.append(ListedMove(point, _COLORS[int(piece[1] or 0)], is_edit))
    return moves


def _from_array(entry: object, size: Size) -> ListedMove:
    match entry:
        case [column, row, *rest] if type(column) is type(row) is int and len(rest) <= 3:
            milliseconds, color, extra = [*rest, None, None, None][:3]
            return ListedMove(
                _point(column, row, size), _color(color), milliseconds=_milliseconds(milliseconds), extra=_extra(extra)
            )
    raise InvalidMoveList(
        "A move must be written as [column, row, milliseconds, colour, extra], of which the last three may be missing."
    )


def _point(column: int, row: int, size: Size) -> Point | None:
    if (column, row) == PASS:
        return None
    point = Point(column, row)
    if not size.has(point):
        raise InvalidMoveList(f"A move is outside the board, which has {size.columns}x{size.rows} points.")
    return point


def _milliseconds(value: object) -> int | None:
    match value:
        case None:
            return None
        case int() | float() if -MAX_MILLISECONDS <= value <= MAX_MILLISECONDS:
            return None if value < 0 else round(value)
    raise InvalidMoveList("The time of a move must be a number of milliseconds, or -1 if it is unknown.")


def _color(value: object) -> Color | None:
    match value:
        case None:
            return None
        case int() if value in _COLORS:
            return _COLORS[value]
    raise InvalidMoveList("The colour of a move must be 1 for black or 2 for white.")


def _extra(value: object) -> Mapping[str, object]:
    match value:
        case None:
            return {}
        case dict():
            return value
    raise InvalidMoveList("What else is told of a move must be an object.")
