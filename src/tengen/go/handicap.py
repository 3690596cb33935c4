"""Where handicap stones stand when Black may not choose."""

from tengen.core.errors import Invalid
from tengen.go.points import Point, Size

MAX_FIXED_HANDICAP = 9

_LINES = {19: (3, 9, 15), 13: (3, 6, 9), 9: (2, 4, 6)}
"""The low, middle and high line of the star points, counted from 0, of the boards that have fixed places."""


class NoFixedHandicap(Invalid):
    """There are no fixed places for so many stones on a board of this size."""

    code = "no_fixed_handicap"


def has_fixed_handicap(size: Size, stones: int) -> bool:
    """Whether there are fixed places for so many stones: 2 to 9, on boards of 9x9, 13x13 and 19x19."""
    return size.is_square and size.columns in _LINES and 2 <= stones <= MAX_FIXED_HANDICAP


def fixed_handicap(size: Size, stones: int) -> tuple[Point, ...]:
    """The places of so many handicap stones, in the order in which OGS writes them.

    Raises `NoFixedHandicap` where `has_fixed_handicap` says so.
    """
    if not has_fixed_handicap(size, stones):
        sides = f"{size.columns}x{size.rows}"
        raise NoFixedHandicap(f"There are no fixed places for {stones} handicap stones on {sides}.")
    low, middle, high = _LINES[size.columns]
    corners = (Point(low, low), Point(high, high), Point(high, low), Point(low, high))
    left_and_right = (Point(low, middle), Point(high, middle)) if stones >= 6 else ()
    above_and_below = (Point(middle, low), Point(middle, high)) if stones >= 8 else ()
    centre = (Point(middle, middle),) if stones >= 5 and stones % 2 else ()
    return above_and_below + left_and_right + centre + corners[-min(stones, 4) :]
