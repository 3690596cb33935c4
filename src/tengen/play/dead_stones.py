"""Which stones are dead, and what is nobody's, at the end of a game: a proposal for the players to accept. Pure.

Both have passed, so they hold the position for settled, and mostly it is plain to see. Three ways of looking follow
each other, from the surest to the widest:

1. Chains that nobody can capture (`tengen.play.life`) are alive, and what is in their eyes is dead.
2. Playouts (`tengen.play.playouts`) tell whose each point becomes. A chain whose points nearly always stay its own is
   alive, one whose points nearly always fall to the opponent is dead.
3. Between these, where few points are left to play on, a search reads what happens if the one and if the other begins.
   A chain is dead only if it cannot be saved. What the first to move decides stays as both have left it: on the board.

Then the regions are looked at as a whole: what lies in the same open room shares its fate, and dead stones lie in what
the opponent surrounds. What borders on both colours counts for nobody, as far as it is not surrounded by all but a gap;
under territory scoring, neither do the eyes of chains that live in seki.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tengen.go.board import Board, Chain
from tengen.go.points import Color, Point
from tengen.play import playouts as fields
from tengen.play.life import Neighbours, regions, unconditional_life
from tengen.play.neutral_points import between_colors, eyes_in_seki
from tengen.play.playouts import Field

BLACK, WHITE = Color.BLACK, Color.WHITE
PLAYOUTS = 1000
"""Enough for means that another seed would hardly change; 60 ms on 19x19."""

_ALIVE_FROM = 0.4
"""What a living chain's points are at least to their owner by playouts. In a large room a random invader lives about as
often as not, in earnest never: hence above the middle."""
_SURE_FROM = 0.8
"""Between this and its opposite, a search looks closer."""
_OPEN_BELOW = 0.5
"""Between this and its opposite, a point is open: who stands there may join with whom he likes."""
_FEW_LIBERTIES = 3
"""So many at most has a chain that a search sees through before it is believed to capture another."""
_LARGEST_ROOM = 16
"""Empty points: in a larger room a search sees no more than playouts do."""
_LARGEST_READING = 60
"""Points, stones included."""
_READ_ALIVE_FROM = 0.5
"""What a living chain's points are at least to their owner by a search, which would find 1 if it had the time."""
_LEFT_ALIVE_FROM = -0.1
"""The same by playouts for a chain that lives if it is its owner's move, and dies if it is not."""
_VISITS = 4000
"""Of a search."""
_MOST_STEPS = 250_000
"""Moves of all playouts of a board, and of all searches: a tenth of a second each."""

_CODES = {None: fields.EMPTY, BLACK: fields.BLACK, WHITE: fields.WHITE}
_SIGNS = {BLACK: 1, WHITE: -1}

Ownership = dict[Point, float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a board comes to if nobody objects."""

    dead: frozenset[Point]
    """Dead stones of both colours, chains as a whole."""
    neutral: frozenset[Point]
    """Empty points that count for nobody: between the colours, and under territory scoring in seki."""
    ownership: Mapping[Point, float]
    """Whose each point becomes, from 1 for Black to -1 for White."""

    @property
    def marking(self) -> frozenset[Point]:
        """Both, as `tengen.play.scores` counts it."""
        return self.dead | self.neutral


def propose(board: Board, *, seed: int, playouts: int = PLAYOUTS) -> Proposal:
    """What is dead and what is neutral on this board. The same seed gives the same answer, on every machine."""
    position = _Position(board, seed)
    ownership = position.ownership(playouts)
    worth = position.worths(ownership)
    position.read_doubts(ownership, worth)
    position.share_fates(ownership, worth)
    living = position.in_agreement({chain for chain in position.chains if worth[chain] >= _ALIVE_FROM}, ownership)
    dead = frozenset[Point]().union(*(chain.stones for chain in position.chains if chain not in living))
    neutral = between_colors(board, dead, ownership, position.neighbours)
    if not board.rules.scores_seki:
        neutral |= eyes_in_seki(board, dead, position.neighbours)
    return Proposal(dead, neutral, ownership)


class _Position:
    """A board with what is asked of it again and again."""

    def __init__(self, board: Board, seed: int) -> None:
        self.board = board
        self.chains = board.chains()
        self.neighbours: Neighbours = {point: board.neighbours(point) for point in board.size.points()}
        self._seed = seed
        self._chain_at = {point: chain for chain in self.chains for point in chain.stones}
        rows = range(board.size.rows)
        columns = range(board.size.columns)
        self._field = Field([_CODES[board[Point(column, row)]] for column in columns] for row in rows)

    def ownership(self, playouts: int) -> Ownership:
        """Whose each point becomes by playouts, and by unconditional life, which they may miss."""
        ownership = _by_point(self._field.owners(seed=self._seed, playouts=playouts, most_steps=_MOST_STEPS).rows)
        for color, sign in _SIGNS.items():
            life = unconditional_life(self.board, color, self.neighbours)
            for point in life.eyes.union(*(chain.stones for chain in life.chains)):
                ownership[point] = sign
        return ownership

    def worths(self, ownership: Ownership) -> dict[Chain, float]:
        """What each chain's points are to their owner: 1 if they surely remain his."""
        return {chain: _mean(chain.stones, ownership) * _SIGNS[chain.color] for chain in self.chains}

    def read_doubts(self, ownership: Ownership, worth: dict[Chain, float]) -> None:
        """Look closer at the chains in doubt, where that is a local matter; changes what is thought of them."""
        steps = _MOST_STEPS
        read: set[Chain] = set()
        for chain, captors in self._doubts(worth).items():
            room = self._room({chain, *captors}, worth)
            if chain in read or not room or steps <= 0:
                continue
            views = {}
            for color in _SIGNS:
                reading = self._field.read(
                    [(point.row, point.column) for point in room],
                    first=_CODES[color],
                    seed=self._seed,
                    visits=_VISITS,
                    most_steps=steps // 2,
                )
                steps -= reading.steps
                views[color] = _by_point(reading.rows)
            there = [other for other in self.chains if other.stones <= room]
            read.update(there)
            _judge(there, views, worth)
            for point in room:
                ownership[point] = (views[BLACK][point] + views[WHITE][point]) / 2

    def _doubts(self, worth: Mapping[Chain, float]) -> dict[Chain, set[Chain]]:
        """The chains that playouts do not decide clearly; then those where they may take seki for capture.

        To each of the latter belong its captors: chains that are short of liberties, too.
        """
        doubts: dict[Chain, set[Chain]] = {}
        for chain in self.chains:
            around = {self._chain_at.get(point) for stone in chain.stones for point in self.neighbours[stone]}
            short = {
                other
                for other in around
                if other is not None and other.color is not chain.color
                if len(other.liberties) <= _FEW_LIBERTIES and worth[other] < 1
            }
            if abs(worth[chain]) < _SURE_FROM:
                doubts[chain] = set()
            elif worth[chain] < 0 and short:
                doubts[chain] = short
        return dict(sorted(doubts.items(), key=lambda doubt: len(doubt[1])))

    def _room(self, start: Iterable[Chain], worth: Mapping[Chain, float]) -> set[Point]:
        """Where the fate of these chains is decided: up to those that surely live. Empty if that is too large."""
        room = set[Point]().union(*(chain.stones for chain in start))
        ahead = sorted(room)
        empty = 0
        for point in ahead:  # grows while it is walked
            for neighbour in self.neighbours[point]:
                chain = self._chain_at.get(neighbour)
                if neighbour in room or (chain is not None and worth[chain] >= _SURE_FROM):
                    continue
                reached: AbstractSet[Point] = {neighbour} if chain is None else chain.stones
                empty += chain is None
                room |= reached
                ahead += reached
                if empty > _LARGEST_ROOM or len(room) > _LARGEST_READING:
                    return set()
        return room

    def share_fates(self, ownership: Ownership, worth: dict[Chain, float]) -> None:
        """Give chains in doubt that stand together in the open what they are worth together."""
        empty = {
            point for point in self.neighbours if point not in self._chain_at and abs(ownership[point]) < _OPEN_BELOW
        }
        for color in _SIGNS:
            doubts = {chain for chain in self.chains if chain.color is color and abs(worth[chain]) < _OPEN_BELOW}
            stones = frozenset[Point]().union(*(chain.stones for chain in doubts))
            for region in regions(empty | stones, self.neighbours):
                together = region.points & stones
                for chain in {self._chain_at[point] for point in together}:
                    worth[chain] = _mean(together, ownership) * _SIGNS[color]

    def in_agreement(self, living: set[Chain], ownership: Ownership) -> set[Chain]:
        """The chains that live if what shares a region shares its fate.

        In a region without living stones, the dead are all of one colour, and the other has living stones around it.
        """
        while True:
            revived = self._wrongly_dead(living, ownership)
            if not revived:
                return living
            living = living | revived

    def _wrongly_dead(self, living: set[Chain], ownership: Ownership) -> set[Chain]:
        stones = frozenset[Point]().union(*(chain.stones for chain in living))
        for region in regions((point for point in self.neighbours if point not in stones), self.neighbours):
            around = {self._chain_at[point].color for point in region.border}
            dead = {self._chain_at[point] for point in region.points if point in self._chain_at}
            if len({chain.color for chain in dead}) > 1:
                owner = BLACK if sum(ownership[point] for point in region.points) > 0 else WHITE
                return {chain for chain in dead if chain.color is owner}
            if dead and all(chain.color.opponent not in around for chain in dead):
                return dead
        return set()


def _judge(chains: Sequence[Chain], views: Mapping[Color, Ownership], worth: dict[Chain, float]) -> None:
    """Decide on the chains of a room by what becomes of it when Black begins, and when White does."""
    unsettled = []
    for chain in chains:
        worst, best = sorted(_mean(chain.stones, view) * _SIGNS[chain.color] for view in views.values())
        if worst >= _READ_ALIVE_FROM:
            worth[chain] = 1.0
        elif best < _READ_ALIVE_FROM:
            worth[chain] = -1.0
        else:
            unsettled.append(chain)
    # Neither has moved here. So what most of it is stays as it is, unless playouts speak clearly against that.
    stones = {color: sum(len(chain.stones) for chain in unsettled if chain.color is color) for color in _SIGNS}
    most = max(_SIGNS, key=lambda color: stones[color])
    if all(worth[chain] >= _LEFT_ALIVE_FROM for chain in unsettled if chain.color is most):
        for chain in unsettled:
            worth[chain] = 1.0 if chain.color is most else -1.0


def _by_point(rows: Iterable[Iterable[float]]) -> Ownership:
    return {Point(column, row): value for row, values in enumerate(rows) for column, value in enumerate(values)}


def _mean(points: AbstractSet[Point], ownership: Ownership) -> float:
    return sum(ownership[point] for point in points) / len(points)
