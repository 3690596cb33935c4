"""The conditions of games of Go that ratings may follow: the class of the board's size, and that of the speed. Pure.

| kind | class | games |
|---|---|---|
| `size` | `small` | boards of fewer than 117 points: 9×9, and up to 10×10 |
| | `medium` | up to 246 points: 13×13, from 11×11 to 15×15 |
| | `large` | the others: 19×19, from 16×16 on |
| `speed` | `blitz` | less than 10 seconds a move |
| | `live` | up to an hour a move |
| | `correspondence` | more, or no clock |

Boards are told apart by their area, as in what a stone is worth on them (`tengen.ratings.advantage`); the bounds are
the geometric means of the areas of the three usual ones. Speeds are those of OGS, by the seconds that a move takes on
average if the players use their time. A game whose speed nobody knows has no such condition.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import sqrt

from tengen.ratings.systems import Condition

SIZE, SPEED = "size", "speed"
KINDS = (SIZE, SPEED)
"""The kinds of conditions that a game of Go can have."""

SMALLEST, LARGEST = 7, 25
"""Lines of the boards that are rated; they are square."""
_BLITZ_BELOW, _LIVE_UP_TO = 10, 3600
_MEDIUM_FROM, _LARGE_FROM = sqrt(81 * 169), sqrt(169 * 361)


class SizeClass(StrEnum):
    """How large a board is."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class SpeedClass(StrEnum):
    """How fast a game is."""

    BLITZ = "blitz"
    LIVE = "live"
    CORRESPONDENCE = "correspondence"


def size_class(width: int, height: int) -> SizeClass:
    """The class of a board with so many lines."""
    area = width * height
    if area < _MEDIUM_FROM:
        return SizeClass.SMALL
    return SizeClass.MEDIUM if area < _LARGE_FROM else SizeClass.LARGE


def seconds_per_move(for_game: float, for_move: float, area: int) -> int:
    """Seconds that a move takes on average if the players use their time, rounded; 0 without a clock.

    `for_game` are a player's seconds for the whole game, `for_move` those for each move beside it, and `area` the
    points of the board: each player makes 0.35 moves a point. Source: OGS, whose recorded values it reproduces.
    """
    return int(for_game * 20 / (7 * area) + for_move + 0.5)


def speed_class(for_game: float, for_move: float, area: int) -> SpeedClass:
    """The class of a game with so much time (`seconds_per_move`)."""
    seconds = seconds_per_move(for_game, for_move, area)
    if seconds == 0 or seconds > _LIVE_UP_TO:
        return SpeedClass.CORRESPONDENCE
    return SpeedClass.BLITZ if seconds < _BLITZ_BELOW else SpeedClass.LIVE


def conditions_of(width: int, height: int, speed: SpeedClass | None) -> Sequence[Condition]:
    """What a game of Go is played under; a speed of None is not known."""
    size = f"{SIZE}:{size_class(width, height)}"
    return (size,) if speed is None else (size, f"{SPEED}:{speed}")
