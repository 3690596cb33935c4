"""Games of Go for the sample data: legal, with captures and kos, and ending when there is nothing left to play for.

They are played by chance and a few habits of people: begin in the corners, answer near the last move, take what can be
taken, save what can be saved, leave own eyes and settled areas alone. That looks like Go from afar, and takes some
thirty milliseconds a game.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from tengen.games.result import Result
from tengen.go.board import Board
from tengen.go.handicap import fixed_handicap
from tengen.go.points import Color, Point, Size
from tengen.go.replay import Move, Setup, Step
from tengen.go.rulesets import Ruleset
from tengen.go.scoring import area_score

_TRIES = 12
_CARE = 0.85
"""How often somebody sees what is in atari."""
_LOCAL = 0.75
"""How often a move that nothing demands is near the last one."""
_LOOK_EVERY = 12
"""Moves between two looks at the whole board."""
_HOPELESS = 0.03
"""Who has lost patience and is behind by this share of the board gives up."""


@dataclass(frozen=True, slots=True)
class PlayedGame:
    """A finished game: its steps, the board at the end, the result."""

    steps: tuple[Step, ...]
    board: Board
    result: Result


def play_game(
    chance: random.Random,
    *,
    size: Size,
    rules: Ruleset,
    komi: float,
    handicap: int = 0,
) -> PlayedGame:
    """A game in which `chance` decides alone: the same generator makes the same game.

    A handicap of 2 and more is placed on the board's fixed places. The result is counted by area, or somebody resigns.
    Either colour may win: who had which colour, or whether another game is needed, is best decided afterwards.
    """
    board = Board(size, rules)
    steps: list[Step] = []
    if handicap >= 2:
        stones = frozenset(fixed_handicap(size, handicap))
        board.setup(black=stones, to_move=Color.WHITE)
        steps.append(Setup(black=stones))
    players = {color: _Player(board, color, chance) for color in Color}
    bonus = komi + rules.bonus_for(handicap)
    last: Point | None = None
    passes = 0
    patience = chance.uniform(0.3, 1.0) * size.area
    # The bound is for captures that go round, as several kos at once do where there is no superko.
    while passes < 2 and 2 * len(steps) < 3 * size.area:
        color = board.to_move
        if len(steps) >= patience and len(steps) % _LOOK_EVERY == 0:
            # Komi decides nothing here: while most of the board is open, it is all that there is to count.
            lead = area_score(board)
            if abs(lead) > _HOPELESS * size.area and (lead > 0) is (lead > bonus):
                return PlayedGame(tuple(steps), board, _resignation(lead))
        last = players[color].choose(last)
        if last is None:
            board.play_pass(color)
        else:
            board.play(color, last)
        passes = passes + 1 if last is None else 0
        steps.append(Move(color, last))
    score = float(Decimal(area_score(board)) - Decimal(str(bonus)))
    return PlayedGame(tuple(steps), board, Result.of_score(score) if passes == 2 else _resignation(score))


def _resignation(lead: float) -> Result:
    return Result.by_resignation(Color.BLACK if lead > 0 else Color.WHITE)


class _Player:
    """One side's habits."""

    def __init__(self, board: Board, color: Color, chance: random.Random) -> None:
        self._board = board
        self._color = color
        self._chance = chance
        self._corners = _corner_points(board.size)
        self._points = board.size.points()
        self._near = _points_within(board.size, 3)
        self._close = _points_within(board.size, 2)
        self._rest: list[Point] = []
        """What looked worth a move when the whole board was last looked at, in any order."""

    def choose(self, last: Point | None) -> Point | None:
        """The next move, None to pass. `last` is the opponent's, None if he passed or nobody has played."""
        if self._chance.random() < _CARE:
            for point in self._urgent(last):
                if self._may_play(point):
                    return point
        for point in self._ideas(last):
            if self._is_sensible(point):
                return point
        for is_fresh in (False, True):
            if is_fresh:
                self._rest = [point for point in self._points if self._is_sensible(point)]
                self._chance.shuffle(self._rest)
            while self._rest:
                point = self._rest.pop()
                if self._is_sensible(point):
                    return point
        return None

    def _urgent(self, last: Point | None) -> Iterator[Point]:
        """Around the last move: what can be captured, and where an own chain gets out of atari."""
        if last is None:
            return
        board = self._board
        near = [last, *board.neighbours(last)]
        for owner in (self._color.opponent, self._color):
            for point in near:
                if board[point] is owner and board.liberties(point) == 1:
                    chain = board.chain(point)
                    assert chain is not None
                    yield from chain.liberties

    def _ideas(self, last: Point | None) -> Iterator[Point]:
        """Points that come to mind: in the opening wide ones, later near the last move, now and then anywhere."""
        chance = self._chance
        for corner in chance.sample(self._corners, k=min(6, len(self._corners))):
            if self._is_wide(corner) and chance.random() < 0.6:
                yield corner
        for _ in range(_TRIES):
            is_answer = last is not None and chance.random() < _LOCAL
            yield chance.choice(self._near[last] if last is not None and is_answer else self._points)

    def _is_wide(self, point: Point) -> bool:
        """Nobody has a stone near: a place for the opening."""
        return all(self._board[other] is None for other in self._near[point])

    def _is_sensible(self, point: Point) -> bool:
        return self._board[point] is None and self._may_play(point) and not self._is_settled(point)

    def _is_settled(self, point: Point) -> bool:
        """One colour has clearly more stones near: the point is as good as its own, and nobody's to play."""
        board, color = self._board, self._color
        near = [board[other] for other in self._close[point]]
        own = near.count(color)
        return abs(2 * own - len(near) + near.count(None)) >= 3

    def _may_play(self, point: Point) -> bool:
        """Legal, no own eye, and not into atari unless that captures."""
        board, color = self._board, self._color
        neighbours = board.neighbours(point)
        if all(board[neighbour] is color for neighbour in neighbours):
            return False
        empty = sum(board[neighbour] is None for neighbour in neighbours)
        stands = empty >= 2 or any(
            board.liberties(neighbour) >= 3 if board[neighbour] is color else board.liberties(neighbour) == 1
            for neighbour in neighbours
        )
        return stands and board.is_legal(color, point)


@cache
def _points_within(size: Size, distance: int) -> dict[Point, tuple[Point, ...]]:
    """The other points around each point, as the crow flies."""
    steps = range(-distance, distance + 1)
    around = [(right, down) for right in steps for down in steps if 0 < right**2 + down**2 <= distance**2]
    return {
        point: tuple(
            other for right, down in around if size.has(other := Point(point.column + right, point.row + down))
        )
        for point in size.points()
    }


def _corner_points(size: Size) -> list[Point]:
    """The points on the third and fourth lines from two sides, where games begin; of small boards the middle."""
    columns, rows = (_low_and_high(side) for side in size)
    return [Point(column, row) for column in columns for row in rows]


def _low_and_high(side: int) -> list[int]:
    return sorted({2, 3, side - 4, side - 3}) if side >= 8 else [side // 2]
