"""Games of Minesweeper that are won by chance alone, with every movement of the mouse. Pure.

The player sees through the board: one click for each opening and for each number that no opening shows, from left to
right. So a game has as many clicks as its board has 3BV. The mouse moves in straight lines, slowly at both ends, over
squares of 16 pixels.
"""

import random
from collections.abc import Iterator, MutableSequence, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from tengen.tournaments.levels import Board, Level
from tengen.tournaments.submissions import STANDARD_MODE

SQUARE_PIXELS = 16
"""The side of a square."""

_BAND = 4
"""Columns that the player looks at together: down the one band, up the next."""
_HOLD_MS = 70
"""How long a button is held down."""
_MARGIN = 3
"""Pixels of a square, at each side, that nobody aims at."""


class Square(NamedTuple):
    """A place on the board, from (0, 0) at the top left."""

    column: int
    row: int


class Opened(NamedTuple):
    """A square that a click has opened, and the mines around it."""

    column: int
    row: int
    number: int


class Action(Enum):
    """What the mouse does; the buttons are the left one."""

    MOVE = "move"
    PRESS = "press"
    RELEASE = "release"


class MouseEvent(NamedTuple):
    """An action at a time of the game, in milliseconds, and a place, in pixels from the top left of the board.

    `opened`: the squares that a release opens, in the order in which they open, its own first.
    """

    time: int
    action: Action
    x: int
    y: int
    opened: tuple[Opened, ...] = ()

    @property
    def square(self) -> Square:
        """The square under the mouse."""
        return Square(self.x // SQUARE_PIXELS, self.y // SQUARE_PIXELS)


@dataclass(frozen=True, slots=True)
class Game:
    """A game that was played: its board, and what the mouse did.

    Its clock starts with the release of the first click, and ends with the last event, after `time` milliseconds.
    `level` is None for a board of one's own, `bbbv` is the board's 3BV, `mode` is numbered as replays do. A game of
    another mode, or one that claims a level or an end that it did not have, is made by `dataclasses.replace`.
    """

    level: Level | None
    board: Board
    mines: tuple[Square, ...]
    events: tuple[MouseEvent, ...]
    bbbv: int
    is_won: bool = True
    mode: int = STANDARD_MODE

    @property
    def time(self) -> int:
        """How long it took, in milliseconds."""
        return self.events[-1].time

    def given_up(self) -> "Game":
        """The same game without its last click: the mouse gets there in the same time, and no button is pressed."""
        *before, press, release = self.events
        moves = [event._replace(action=Action.MOVE, opened=()) for event in (press, release)]
        return replace(self, events=(*before, *moves), is_won=False)


def played(on: Level | Board, *, time_ms: int, seed: int, moves: int = 24) -> Game:
    """A won game on a random board of a level or of one's own size, which takes exactly `time_ms` milliseconds.

    `moves`: the movements of the mouse between two clicks, none or more. The same arguments make the same game, and
    the same seed the same mines of a size, whatever the time. The first click is made when the clock starts, the last
    when it ends: boards that one click clears are not played. Raises `ValueError` for a size that has no others.
    """
    chance = random.Random(seed)  # noqa: S311  # plays games, guards nothing
    size = on.board if isinstance(on, Level) else on
    mines, clicks = _laid(size, chance)
    events = tuple(_events(_places(clicks, chance), _times(len(clicks), time_ms, chance), moves))
    return Game(on if isinstance(on, Level) else None, size, mines, events, len(clicks))


# ── the board ──

_TRIES = 100

_Click = tuple[Opened, ...]
"""What one click opens, the square that is clicked first."""


def _laid(size: Board, chance: random.Random) -> tuple[tuple[Square, ...], list[_Click]]:
    """Mines that need at least two clicks, and these clicks as they are made from left to right."""
    for _ in range(_TRIES):
        mined = chance.sample(range(size.columns * size.rows), size.mines)
        clicks = _clicks(size, frozenset(mined))
        if len(clicks) > 1:
            return tuple(Square(*divmod(index, size.rows)) for index in mined), clicks
    raise ValueError(f"No board of {size} that takes two clicks was found: take more mines, and leave squares safe.")


def _clicks(size: Board, mined: frozenset[int]) -> list[_Click]:
    """The fewest clicks that clear a board: 3BV is their number.

    Squares are counted down the columns here, so that the first square of an opening is its leftmost.
    """
    neighbours = _neighbours(size.columns, size.rows)
    numbers = [sum(other in mined for other in around) for around in neighbours]
    zeros = [index for index, number in enumerate(numbers) if number == 0]
    is_open = [index in mined for index in range(len(numbers))]
    starts = []
    for start in (*zeros, *range(len(numbers))):  # openings first: what they show needs no click of its own
        if not is_open[start]:
            starts.append(divmod(start, size.rows))
            _open(start, numbers, neighbours, is_open)
    # Openings may share numbers, which the one that is clicked first shows: so all is opened again, in order.
    is_open = [index in mined for index in range(len(numbers))]
    clicks = []
    for column, row in sorted(starts, key=_sweep):
        opened = _open(column * size.rows + row, numbers, neighbours, is_open)
        clicks.append(tuple(Opened(index // size.rows, index % size.rows, numbers[index]) for index in opened))
    return clicks


def _open(
    start: int, numbers: Sequence[int], neighbours: Sequence[Sequence[int]], is_open: MutableSequence[bool]
) -> list[int]:
    """Open a square, and around each that shows no number the rest. Returns what was not open before."""
    is_open[start] = True
    opened = [start]
    for index in opened:  # grows while it is read
        if numbers[index] == 0:
            for other in neighbours[index]:
                if not is_open[other]:
                    is_open[other] = True
                    opened.append(other)
    return opened


def _sweep(square: tuple[int, int]) -> tuple[int, int]:
    """The order of clicks: band by band, down and up again."""
    column, row = square
    band = column // _BAND
    return band, row if band % 2 == 0 else -row


@lru_cache(maxsize=16)
def _neighbours(columns: int, rows: int) -> tuple[tuple[int, ...], ...]:
    """The squares around each square, counted down the columns."""
    return tuple(
        tuple(
            across * rows + down
            for across in range(max(0, column - 1), min(columns, column + 2))
            for down in range(max(0, row - 1), min(rows, row + 2))
            if (across, down) != (column, row)
        )
        for column in range(columns)
        for row in range(rows)
    )


# ── the mouse ──


class _Place(NamedTuple):
    """Where a click is made, in pixels."""

    x: int
    y: int
    opened: _Click


def _places(clicks: Sequence[_Click], chance: random.Random) -> list[_Place]:
    return [_Place(_pixel(click[0].column, chance), _pixel(click[0].row, chance), click) for click in clicks]


def _pixel(square: int, chance: random.Random) -> int:
    return SQUARE_PIXELS * square + chance.randint(_MARGIN, SQUARE_PIXELS - 1 - _MARGIN)


def _times(count: int, time_ms: int, chance: random.Random) -> list[int]:
    """When the buttons of so many clicks are released: the first at 0, the last at the end."""
    pauses = [chance.uniform(0.4, 1.6) for _ in range(count - 1)]
    elapsed = list(accumulate(pauses))
    return [0, *(round(time_ms * sofar / elapsed[-1]) for sofar in elapsed[:-1]), time_ms]


def _events(places: Sequence[_Place], times: Sequence[int], moves: int) -> Iterator[MouseEvent]:
    x, y, opened = places[0]
    yield MouseEvent(0, Action.PRESS, x, y)
    yield MouseEvent(0, Action.RELEASE, x, y, opened)
    shares = [step / (moves + 1) for step in range(1, moves + 1)]
    path = [(share, share * share * (3 - 2 * share)) for share in shares]
    for (start, end), ((x, y, _), (to_x, to_y, opened)) in zip(pairwise(times), pairwise(places), strict=True):
        pressed = end - min(_HOLD_MS, (end - start) // 2)
        for share, way in path:
            yield MouseEvent(
                start + int((pressed - start) * share),
                Action.MOVE,
                x + round((to_x - x) * way),
                y + round((to_y - y) * way),
            )
        yield MouseEvent(pressed, Action.PRESS, to_x, to_y)
        yield MouseEvent(end, Action.RELEASE, to_x, to_y, opened)
