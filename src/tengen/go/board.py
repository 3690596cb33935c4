"""A board on which a game is played: stones, chains, captures, ko and superko.

Chains know their stones and liberties, and are kept up to date move by move, so a move costs the same early and late.
A position is one whole number with a bit for each point and colour: two positions are equal exactly if their numbers
are (a hash of 64 bits would only make that likely), in every process, and placing or lifting stones is one exclusive
or. One more bit says whose turn it is; together that is the situation. What a move would lead to is therefore known
before it is played, and a refused move has changed nothing.
"""

from collections.abc import Iterable
from copy import copy
from functools import lru_cache
from typing import NamedTuple

from tengen.core.errors import Invalid
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import KoRule, Ruleset

BLACK, WHITE = Color.BLACK, Color.WHITE


class IllegalMove(Invalid):
    """The rules forbid the move. `color` and `point` are the move's."""

    code = "illegal_move"
    reason = "the rules forbid it"

    def __init__(self, color: Color, point: Point, size: Size) -> None:
        name = point.vertex(size) if size.has(point) else f"({point.column}, {point.row})"
        super().__init__(f"{color} cannot play at {name}: {self.reason}.")
        self.color = color
        self.point = point


class OutsideBoard(IllegalMove):
    """There is no such point."""

    code = "outside_board"
    reason = "that is outside the board"


class Occupied(IllegalMove):
    """A stone is there."""

    code = "point_occupied"
    reason = "there is a stone already"


class Suicide(IllegalMove):
    """The stone would have no liberties, and the ruleset does not allow that."""

    code = "suicide"
    reason = "the stone would have no liberties"


class Ko(IllegalMove):
    """The opponent has just captured here, and it may not be taken back at once."""

    code = "ko"
    reason = "a ko may not be recaptured at once"


class Superko(IllegalMove):
    """The move repeats an earlier position of the whole board."""

    code = "superko"
    reason = "it would repeat an earlier position of the whole board"


class Chain(NamedTuple):
    """Stones of a colour that are connected along the lines, and the empty points next to them."""

    color: Color
    stones: frozenset[Point]
    liberties: frozenset[Point]


class _Chain:
    """A chain as the board keeps it: points by index, and the part of the position's number that its stones make."""

    __slots__ = ("color", "liberties", "position", "stones")

    def __init__(self, color: Color, stones: list[int], liberties: set[int], position: int) -> None:
        self.color = color
        self.stones = stones
        self.liberties = liberties
        self.position = position

    def copy(self) -> "_Chain":
        return _Chain(self.color, self.stones.copy(), self.liberties.copy(), self.position)


class _Lattice(NamedTuple):
    """What is the same for all boards of a size. The index of a point counts row by row from the top left."""

    points: tuple[Point, ...]
    index_of: dict[Point, int]
    neighbours: tuple[tuple[int, ...], ...]
    bits: dict[Color, tuple[int, ...]]
    turns: dict[Color, int]


# A few sizes are what people play on. Not all that records can name are kept.
@lru_cache(maxsize=16)
def _lattice(size: Size) -> _Lattice:
    points = tuple(size.points())
    index_of = {point: index for index, point in enumerate(points)}
    neighbours = tuple(
        tuple(
            index_of[Point(column + right, row + down)]
            for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1))
            if size.has(Point(column + right, row + down))
        )
        for column, row in points
    )
    bits = {
        BLACK: tuple(1 << index for index in range(size.area)),
        WHITE: tuple(1 << index for index in range(size.area, 2 * size.area)),
    }
    return _Lattice(points, index_of, neighbours, bits, {BLACK: 0, WHITE: 1 << 2 * size.area})


class _Move(NamedTuple):
    """What a move would do."""

    captured: list[_Chain]
    joined: list[_Chain]
    opponents: list[_Chain]
    liberties: set[int]
    is_suicide: bool
    position: int


class Board:
    """A position with what the rules need to know of its past. It starts empty, with Black to move.

    Not meant to be shared: `play`, `play_pass` and `setup` change it, `copy` gives an independent one.
    """

    def __init__(self, size: Size, rules: Ruleset) -> None:
        self.size = size
        self.rules = rules
        self.to_move = BLACK
        """Whose turn it is if both move in turn. Either colour may play, as handicap and records need it."""
        self.position = 0
        """The stones as a number: equal exactly for equal positions of boards of a size."""
        self.prisoners = {BLACK: 0, WHITE: 0}
        """The stones that each colour has captured; what a suicide takes off goes to the opponent."""
        self._lattice = _lattice(size)
        self._forbids_repetition = rules.ko is not KoRule.SIMPLE
        self._turns = self._lattice.turns if rules.ko is KoRule.SITUATIONAL else {BLACK: 0, WHITE: 0}
        self._chains: list[_Chain | None] = [None] * size.area
        self._ko: tuple[int, Color] | None = None
        self._seen = self._first_history()
        """What a move must not lead to again: positions, or situations with who would be to move after it."""

    def copy(self) -> "Board":
        """An independent board with the same position and past."""
        twin = copy(self)
        chains = {chain: chain and chain.copy() for chain in set(self._chains)}
        vars(twin).update(
            prisoners=self.prisoners.copy(),
            _chains=[chains[chain] for chain in self._chains],
            _seen=self._seen.copy(),
        )
        return twin

    # ── looking ──

    @property
    def situation(self) -> int:
        """The position with whose turn it is, as a number."""
        return self.position | self._lattice.turns[self.to_move]

    def __getitem__(self, point: Point) -> Color | None:
        """The colour of the stone there, None without one. Raises `IndexError` off the board."""
        # Not by `_index`: counting, drawing and players look at points more often than they do anything else.
        index = self._lattice.index_of.get(point)
        if index is None:
            raise IndexError(f"{point} is not on a board of {self.size}")
        chain = self._chains[index]
        return None if chain is None else chain.color

    def stones(self, color: Color) -> frozenset[Point]:
        """Where this colour has stones."""
        points = self._lattice.points
        return frozenset(points[i] for i, chain in enumerate(self._chains) if chain and chain.color is color)

    def liberties(self, point: Point) -> int:
        """How many liberties the chain of the stone there has, 0 without one."""
        chain = self._chains[self._index(point)]
        return 0 if chain is None else len(chain.liberties)

    def chain(self, point: Point) -> Chain | None:
        """The chain of the stone there, None without one."""
        chain = self._chains[self._index(point)]
        return None if chain is None else self._shown(chain)

    def chains(self) -> list[Chain]:
        """All chains, by their first stones from the top left."""
        return [self._shown(chain) for chain in dict.fromkeys(self._chains) if chain is not None]

    def neighbours(self, point: Point) -> list[Point]:
        """The two to four points next to this one."""
        points = self._lattice.points
        return [points[index] for index in self._lattice.neighbours[self._index(point)]]

    def __str__(self) -> str:
        """The stones as text: `X` black, `O` white, `.` none; rows from the top."""
        marks = ["." if chain is None else "X" if chain.color is BLACK else "O" for chain in self._chains]
        width = self.size.columns
        return "\n".join(" ".join(marks[start : start + width]) for start in range(0, len(marks), width))

    # ── playing ──

    def refusal(self, color: Color, point: Point) -> type[IllegalMove] | None:
        """Why this colour may not play there, None if it may."""
        index = self._lattice.index_of.get(point)
        if index is None:
            return OutsideBoard
        move = self._consider(color, index)
        return None if isinstance(move, _Move) else move

    def is_legal(self, color: Color, point: Point) -> bool:
        """Whether this colour may play there."""
        return self.refusal(color, point) is None

    def play(self, color: Color, point: Point) -> tuple[Point, ...]:
        """Put a stone on the board, and take off what it captures, or by suicide its own chain: the stones taken off.

        Raises the kind of `IllegalMove` that applies; the board is then as it was.
        """
        index = self._lattice.index_of.get(point)
        if index is None:
            raise OutsideBoard(color, point, self.size)
        move = self._consider(color, index)
        if not isinstance(move, _Move):
            raise move(color, point, self.size)
        return self._carry_out(color, index, move)

    def play_anyway(self, color: Color, point: Point) -> tuple[Point, ...]:
        """The same without the rules, for records of what happened: a stone that is in the way gives way.

        Raises `OutsideBoard` alone.
        """
        index = self._lattice.index_of.get(point)
        if index is None:
            raise OutsideBoard(color, point, self.size)
        if self._chains[index] is not None:
            self._arrange({index: None})
        return self._carry_out(color, index, self._effect(color, index))

    def play_pass(self, color: Color) -> None:
        """Pass. The ko that was forbidden to this colour is so no longer."""
        self._end_turn(color, ko=None)

    def setup(
        self,
        *,
        black: Iterable[Point] = (),
        white: Iterable[Point] = (),
        empty: Iterable[Point] = (),
        to_move: Color | None = None,
    ) -> tuple[Point, ...]:
        """Put stones on the board and take others off, as by hand: the stones left without liberties, taken off too.

        A later argument wins where two name a point. The past is forgotten: no ko, and no position to repeat but the
        new one. Raises `IndexError` for a point off the board, and then changes nothing.
        """
        changes: dict[int, Color | None] = {}
        for points, color in ((black, BLACK), (white, WHITE), (empty, None)):
            for point in points:
                changes[self._index(point)] = color
        self._arrange(changes)
        dead = [chain for chain in set(self._chains) if chain is not None and not chain.liberties]
        for chain in dead:
            self._lift(chain)
            self.position ^= chain.position
        self.to_move = to_move or self.to_move
        self._ko = None
        self._seen = self._first_history()
        points_by_index = self._lattice.points
        return tuple(points_by_index[index] for chain in dead for index in sorted(chain.stones))

    # ── how ──

    def _index(self, point: Point) -> int:
        index = self._lattice.index_of.get(point)
        if index is None:
            raise IndexError(f"{point} is not on a board of {self.size}")
        return index

    def _consider(self, color: Color, index: int) -> "_Move | type[IllegalMove]":
        if self._chains[index] is not None:
            return Occupied
        if self._ko == (index, color):
            return Ko
        move = self._effect(color, index)
        if move.is_suicide and not self.rules.allows_suicide:
            return Suicide
        if move.position | self._turns[color.opponent] in self._seen:
            return Superko
        return move

    def _effect(self, color: Color, index: int) -> _Move:
        captured: list[_Chain] = []
        joined: list[_Chain] = []
        opponents: list[_Chain] = []
        liberties: set[int] = set()
        chains = self._chains
        for neighbour in self._lattice.neighbours[index]:
            chain = chains[neighbour]
            if chain is None:
                liberties.add(neighbour)
            elif chain.color is color:
                if chain not in joined:
                    joined.append(chain)
            elif len(chain.liberties) > 1:
                opponents.append(chain)
            elif chain not in captured:
                captured.append(chain)
        is_suicide = not liberties and not captured and all(len(chain.liberties) == 1 for chain in joined)
        # Chains do not overlap, so an exclusive or takes each off and puts the stone on.
        position = self.position
        if is_suicide:
            for chain in joined:
                position ^= chain.position
        else:
            position ^= self._lattice.bits[color][index]
            for chain in captured:
                position ^= chain.position
        return _Move(captured, joined, opponents, liberties, is_suicide, position)

    def _carry_out(self, color: Color, index: int, move: _Move) -> tuple[Point, ...]:
        opponent = color.opponent
        points = self._lattice.points
        ko = None
        if move.is_suicide:
            taken = [index]
            for chain in move.joined:
                taken += chain.stones
                self._lift(chain)
            self.prisoners[opponent] += len(taken)
        else:
            chain = self._join(color, index, move)
            taken = []
            for other in move.captured:
                taken += other.stones
                self._lift(other)
            self.prisoners[color] += len(taken)
            if len(taken) == 1 and len(chain.stones) == 1 and len(chain.liberties) == 1:
                ko = (taken[0], opponent)
        self.position = move.position
        self._end_turn(color, ko)
        return tuple([points[stone] for stone in taken]) if taken else ()

    def _end_turn(self, color: Color, ko: tuple[int, Color] | None) -> None:
        self.to_move = color.opponent
        self._ko = ko
        if self._forbids_repetition:
            self._seen.add(self.position | self._turns[self.to_move])

    def _first_history(self) -> set[int]:
        return {self.position | self._turns[self.to_move]} if self._forbids_repetition else set()

    def _join(self, color: Color, index: int, move: _Move) -> _Chain:
        """Put the stone on, as one chain with the neighbours of its colour."""
        for opponent in move.opponents:
            opponent.liberties.discard(index)
        bit = self._lattice.bits[color][index]
        if not move.joined:
            chain = _Chain(color, [index], move.liberties, bit)
        else:
            chain = move.joined[0] if len(move.joined) == 1 else self._merge(move.joined)
            chain.stones.append(index)
            chain.liberties |= move.liberties
            chain.liberties.discard(index)
            chain.position ^= bit
        self._chains[index] = chain
        return chain

    def _merge(self, chains: list[_Chain]) -> _Chain:
        """Make one chain of several: the longest takes in the others."""
        longest = max(chains, key=_length)
        for other in chains:
            if other is not longest:
                self._absorb(longest, other)
        return longest

    def _absorb(self, chain: _Chain, other: _Chain) -> None:
        chain.stones += other.stones
        chain.liberties |= other.liberties
        chain.position ^= other.position
        for stone in other.stones:
            self._chains[stone] = chain

    def _lift(self, chain: _Chain) -> None:
        """Take a chain off; its points become liberties of its neighbours."""
        chains, neighbours = self._chains, self._lattice.neighbours
        for stone in chain.stones:
            chains[stone] = None
        for stone in chain.stones:
            for neighbour in neighbours[stone]:
                other = chains[neighbour]
                if other is not None:
                    other.liberties.add(stone)

    def _arrange(self, changes: dict[int, Color | None]) -> None:
        """Change stones by hand: all chains anew, some perhaps without liberties."""
        colors = [None if chain is None else chain.color for chain in self._chains]
        for index, color in changes.items():
            colors[index] = color
        self._chains = [None] * len(colors)
        self.position = 0
        for index, color in enumerate(colors):
            if color is not None and self._chains[index] is None:
                self.position |= self._gather(color, index, colors).position

    def _gather(self, color: Color, start: int, colors: list[Color | None]) -> _Chain:
        """The chain around a stone, found by looking from stone to stone."""
        chain = _Chain(color, [start], set(), 0)
        self._chains[start] = chain
        for stone in chain.stones:  # grows while it is walked
            chain.position |= self._lattice.bits[color][stone]
            for neighbour in self._lattice.neighbours[stone]:
                if colors[neighbour] is None:
                    chain.liberties.add(neighbour)
                elif colors[neighbour] is color and self._chains[neighbour] is None:
                    self._chains[neighbour] = chain
                    chain.stones.append(neighbour)
        return chain

    def _shown(self, chain: _Chain) -> Chain:
        points = self._lattice.points
        stones = frozenset(points[stone] for stone in chain.stones)
        return Chain(chain.color, stones, frozenset(points[liberty] for liberty in chain.liberties))


def _length(chain: _Chain) -> int:
    return len(chain.stones)
