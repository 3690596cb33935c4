"""Whole histories rated at once: the same rules as for one game, compiled over arrays. Pure.

A `Book` holds what a system knows of everybody, a row each (`tengen.ratings.pairs`), and takes in games in the order of
play, as many at a time as one likes: how a history is cut into pieces changes nothing, nor do the numbers that players
have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tengen.ratings.compilation import compiled
from tengen.ratings.pairs import (
    GAMES,
    MEAN,
    NO_SLOT,
    OFFSET_MEAN,
    OFFSET_VARIANCE,
    OFFSET_WIDTH,
    OFFSETS,
    VARIANCE,
    VOLATILITY,
    PairSystem,
    Rules,
    kind_of,
    strength_of,
    width,
)
from tengen.ratings.systems import Condition, Day, Game, RatingSystem, Strength

Floats: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int32]

_ROOM = 1024
"""Players that a new book has room for."""


@dataclass(frozen=True, slots=True)
class Games:
    """Games of two in order of play, a column for each thing about them; all of one length n."""

    days: Floats
    first: Indices
    """Numbers of the players, from 0."""
    second: Indices
    scores: Floats
    """The first player's: 1 a win, ½ a draw, 0 a loss."""
    advantages: Floats
    """What the terms give the first player, in the unit of the system's scale."""
    weights: Floats
    slots: Indices
    """n × k: of each kind of condition the number of the one it was played under (`Book.slot`), or `NO_SLOT`."""
    first_ranks: Floats
    """Declared ranks, as numbers; not a number: none. They count for a player's first game alone."""
    second_ranks: Floats

    @classmethod
    def of(
        cls,
        days: npt.ArrayLike,
        first: npt.ArrayLike,
        second: npt.ArrayLike,
        scores: npt.ArrayLike,
        *,
        advantages: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
        slots: npt.ArrayLike | None = None,
        first_ranks: npt.ArrayLike | None = None,
        second_ranks: npt.ArrayLike | None = None,
    ) -> "Games":
        """Columns as they should be. Raises `ValueError` if they are not of one length, or a score not of 0 to 1."""
        days = np.ascontiguousarray(days, np.float64)
        n = len(days)

        def floats(values: npt.ArrayLike | None, default: float) -> Floats:
            return np.full(n, default) if values is None else np.ascontiguousarray(values, np.float64)

        games = cls(
            days,
            np.ascontiguousarray(first, np.int32),
            np.ascontiguousarray(second, np.int32),
            floats(scores, 0.0),
            floats(advantages, 0.0),
            floats(weights, 1.0),
            np.empty((n, 0), np.int32) if slots is None else np.ascontiguousarray(slots, np.int32),
            floats(first_ranks, np.nan),
            floats(second_ranks, np.nan),
        )
        if {len(column) for column in games.columns} != {n}:
            raise ValueError("The columns of games are of one length.")
        if not bool(np.all((games.scores >= 0.0) & (games.scores <= 1.0))):
            raise ValueError("Scores lie within 0 to 1.")
        return games

    @property
    def columns(self) -> Sequence[npt.NDArray[Any]]:
        """All of them."""
        return (
            self.days,
            self.first,
            self.second,
            self.scores,
            self.advantages,
            self.weights,
            self.slots,
            self.first_ranks,
            self.second_ranks,
        )

    def __len__(self) -> int:
        return len(self.days)

    def part(self, begin: int, end: int) -> "Games":
        """The games from one position up to, not including, another."""
        return Games(*(column[begin:end] for column in self.columns))


class Played(NamedTuple):
    """What games did: arrays of n × 2, the first players and the second."""

    expected: Floats
    """The scores that were to be expected."""
    means_before: Floats
    variances_before: Floats
    """As the games found them."""
    means_after: Floats
    variances_after: Floats
    volatilities: Floats
    """After the games, as are the rest; empty unless asked for."""
    counts: Floats
    """Rated games."""
    offsets: Floats
    """n × 2 × 2k: mean and variance of the offset under each kind of condition."""

    @classmethod
    def room(cls, games: "Games", *, with_states: bool = False) -> "Played":
        """Arrays to be filled, but for offsets under conditions that games have not."""
        n, kept, kinds = len(games), len(games) if with_states else 0, games.slots.shape[1]
        filled = [np.empty((n, 2)) for _ in range(5)] + [np.empty((kept, 2)) for _ in range(2)]
        return cls(*[*filled, np.full((kept, 2, 2 * kinds), np.nan)])


class Book:
    """What a system knows of the players of a pool."""

    def __init__(self, system: PairSystem) -> None:
        self.system = system
        self.conditions: list[Condition] = []
        """Those that have a slot, in the order of the slots."""
        self.opened: Day = nan
        """The day of the pool's first game; not a number before there is one."""
        self._numbers = _as_arrays(system.numbers([]))
        self._rows = np.full((0, width(0)), np.nan)
        self._is_known = np.zeros(0, np.bool_)

    def slot(self, condition: Condition) -> int:
        """The number of the condition's slot; `NO_SLOT` if the system does not follow it."""
        if condition not in self.conditions:
            if kind_of(condition) not in self.system.kinds:
                return NO_SLOT
            self.conditions.append(condition)
            self._numbers = _as_arrays(self.system.numbers(self.conditions))
            offset = self.system.offset(condition)
            more = np.tile((offset.mean, offset.variance, offset.day), (len(self._rows), 1))
            self._rows = np.hstack((self._rows, more))
        return self.conditions.index(condition)

    def play(self, games: Games, *, with_states: bool = False) -> Played:
        """Take in games, and tell what they did; on request also all else that was known of the players after each."""
        # Compiled code does not look where it writes.
        if min(int(players.min(initial=0)) for players in (games.first, games.second)) < 0:
            raise ValueError("Players have numbers from 0.")
        if int(games.slots.max(initial=NO_SLOT)) >= len(self.conditions):
            raise ValueError("A slot is what `slot` has told for a condition.")
        self._make_room(1 + max(int(players.max(initial=-1)) for players in (games.first, games.second)))
        if isnan(self.opened) and len(games):
            self.opened = float(games.days[0])
        played = Played.room(games, with_states=with_states)
        blank = np.array(self.system.blank(self.conditions))
        _loop(self.system.rules)(self._rows, self._is_known, blank, self.opened, *games.columns, self._numbers, played)
        return played

    def strength(self, player: int) -> Strength | None:
        """What is known of a player; None before the first game."""
        if player >= len(self._rows) or not self._is_known[player]:
            return None
        names = self.conditions
        known = strength_of(self._rows[player].tolist(), names, {})
        met = {name: offset for name, offset in known.offsets.items() if offset.day == offset.day}
        return Strength(known.mean, known.variance, known.volatility, known.games, known.day, met)

    def rows(self, players: npt.NDArray[np.signedinteger[Any]]) -> Floats:
        """A copy of what is known of these players, a row each (`pairs`); of unknown ones not a number."""
        self._make_room(1 + int(players.max(initial=-1)))
        rows: Floats = self._rows[players]
        return rows

    def know(self, player: int, strength: Strength) -> None:
        """Begin with this of a player."""
        for condition in strength.offsets:
            self.slot(condition)
        self._make_room(player + 1)
        self._rows[player] = self.system.row_of(strength, self.conditions)
        self._is_known[player] = True

    def _make_room(self, players: int) -> None:
        if players > len(self._rows):
            more = max(players, 2 * len(self._rows), _ROOM) - len(self._rows)
            self._rows = np.concatenate((self._rows, np.full((more, self._rows.shape[1]), np.nan)))
            self._is_known = np.concatenate((self._is_known, np.zeros(more, np.bool_)))


class PlainBook:
    """The same for a system that is not made of rules over rows: game by game, as the system itself rates them."""

    def __init__(self, system: RatingSystem) -> None:
        self.system = system
        self.conditions: list[Condition] = []
        self.opened: Day = nan
        self._known: dict[int, Strength] = {}

    def slot(self, condition: Condition) -> int:
        """The number of the condition's slot."""
        if condition not in self.conditions:
            self.conditions.append(condition)
        return self.conditions.index(condition)

    def play(self, games: Games) -> Played:
        """Take in games, and tell what they did."""
        played = Played.room(games)
        for i, (day, first, second, score, advantage, weight, slots, *ranks) in enumerate(
            zip(*(column.tolist() for column in games.columns), strict=True)
        ):
            players = first, second
            for player, rank in zip(players, ranks, strict=True):
                self._enter(player, day, rank)
            conditions = [self.conditions[slot] for slot in slots if slot != NO_SLOT]
            game = Game.between(
                self._known[first],
                self._known[second],
                day=day,
                advantage=advantage,
                weight=weight,
                conditions=conditions,
            )
            for side, (update,) in enumerate(self.system.update(game, (score, 1.0 - score))):
                self._known[players[side]] = update.after
                before, after = update.before, update.after
                values = update.expected, before.mean, before.variance, after.mean, after.variance
                for column, value in zip(played[: len(values)], values, strict=True):
                    column[i, side] = value
        return played

    def strength(self, player: int) -> Strength | None:
        """What is known of a player; None before the first game."""
        return self._known.get(player)

    def know(self, player: int, strength: Strength) -> None:
        """Begin with this of a player."""
        self._known[player] = strength

    def _enter(self, player: int, day: Day, rank: float) -> None:
        if isnan(self.opened):
            self.opened = day
        if player not in self._known:
            declared = None if isnan(rank) else rank
            self._known[player] = self.system.prior(declared, after_opening=max(0.0, day - self.opened))


def book_of(system: RatingSystem) -> Book | PlainBook:
    """A new book of the system."""
    return Book(system) if isinstance(system, PairSystem) else PlainBook(system)


def _as_arrays(numbers: Any) -> Any:
    """A system's numbers with arrays for sequences, which is what compiled code indexes."""
    return type(numbers)(*(np.array(n, np.float64) if isinstance(n, Sequence) else n for n in numbers))


def _loop(rules: Rules) -> Callable[..., None]:
    """A system's rules as one compiled loop over games."""
    return compiled(_rate, _enter=rules.enter, _meet=rules.meet, _learn=rules.learn)


def _enter(row: Any, rank: Any, late: Any, numbers: Any) -> None:
    raise NotImplementedError("here stands the rule of a system")


def _meet(row: Any, day: Any, terms: Any, numbers: Any) -> None:
    raise NotImplementedError("here stands the rule of a system")


def _learn(
    one: Any, other: Any, day: Any, advantage: Any, weight: Any, score: Any, terms: Any, numbers: Any
) -> tuple[Any, Any]:
    raise NotImplementedError("here stands the rule of a system")


def _rate(
    rows: Any,
    is_known: Any,
    blank: Any,
    opened: Any,
    days: Any,
    first: Any,
    second: Any,
    scores: Any,
    advantages: Any,
    weights: Any,
    slots: Any,
    first_ranks: Any,
    second_ranks: Any,
    numbers: Any,
    played: Any,
) -> None:
    """Rate the games one after another; the rules are those of the system that is compiled."""
    with_states = len(played.volatilities) > 0
    for i in range(len(days)):
        day, terms = days[i], slots[i]
        for side, player in enumerate((first[i], second[i])):
            if not is_known[player]:
                is_known[player] = True
                for column in range(len(blank)):
                    rows[player, column] = blank[column]
                rank = second_ranks[i] if side else first_ranks[i]
                _enter(rows[player], rank, max(0.0, day - opened), numbers)
        one, other = rows[first[i]], rows[second[i]]
        _meet(one, day, terms, numbers)
        _meet(other, day, terms, numbers)
        played.means_before[i, 0], played.means_before[i, 1] = one[MEAN], other[MEAN]
        played.variances_before[i, 0], played.variances_before[i, 1] = one[VARIANCE], other[VARIANCE]
        one_expected, other_expected = _learn(one, other, day, advantages[i], weights[i], scores[i], terms, numbers)
        played.expected[i, 0], played.expected[i, 1] = one_expected, other_expected
        played.means_after[i, 0], played.means_after[i, 1] = one[MEAN], other[MEAN]
        played.variances_after[i, 0], played.variances_after[i, 1] = one[VARIANCE], other[VARIANCE]
        if with_states:
            played.volatilities[i, 0], played.volatilities[i, 1] = one[VOLATILITY], other[VOLATILITY]
            played.counts[i, 0], played.counts[i, 1] = one[GAMES], other[GAMES]
            for kind in range(len(terms)):
                if terms[kind] >= 0:
                    at = OFFSETS + OFFSET_WIDTH * terms[kind]
                    for side, row in enumerate((one, other)):
                        played.offsets[i, side, 2 * kind] = row[at + OFFSET_MEAN]
                        played.offsets[i, side, 2 * kind + 1] = row[at + OFFSET_VARIANCE]
