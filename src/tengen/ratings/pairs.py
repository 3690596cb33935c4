"""Games of one player against one: what the systems that rate them share. Pure.

Such a system is a few functions over rows of numbers, one row a player: what a newcomer is, how a player ages until a
game finds him, what the game's ends are worth expecting, and what it teaches. They are plain Python over whatever can
be indexed: lists for the one game that has just ended, and the rows of an array, compiled, for a history of millions
(`tengen.ratings.batch`). There is no second definition that could differ.

    row    mean, variance, volatility, rated games, day, then for each slot the mean, variance and day of an offset

A slot is a condition that the system follows (`size:9x9`). Of days, not a number means never.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from math import isnan, nan
from typing import Any, ClassVar, NamedTuple, TypeAlias

from tengen.ratings.systems import Condition, Day, Game, Offset, Rating, Strength, Update, score_of_pair

MEAN, VARIANCE, VOLATILITY, GAMES, DAY, OFFSETS = range(6)
"""Where a row holds what; at `OFFSETS` those begin."""
OFFSET_MEAN, OFFSET_VARIANCE, OFFSET_DAY, OFFSET_WIDTH = range(4)
NO_SLOT = -1
"""In place of a slot: the game has no condition of that kind."""

Row: TypeAlias = MutableSequence[float]
Slots: TypeAlias = Sequence[int]
"""The slots in play, one a kind of condition; `NO_SLOT` for none."""
Numbers: TypeAlias = Any
"""A named tuple of the system's own: its parameters as the functions read them."""


class Rules(NamedTuple):
    """The mathematics of a system."""

    enter: Callable[[Row, float, float, Numbers], None]
    """Make of a row that knows nothing a newcomer's, by a declared rank (not a number: none) and the days since the
    pool's first game. It has no games, no day, and the offsets of players who have met no condition."""
    age: Callable[[Row, Day, Slots, Numbers], None]
    """Let the time until that day pass, also for these offsets."""
    meet: Callable[[Row, Day, Slots, Numbers], None]
    """The same as far as a game of that day is to find it."""
    expect: Callable[[Row, Row, float, float, Slots, Numbers], tuple[float, float]]
    """What each of two who have met is to score, from the first one's advantage and the game's weight."""
    learn: Callable[[Row, Row, Day, float, float, float, Slots, Numbers], tuple[float, float]]
    """Let two who have met learn from their game: its day, advantage, weight, and the first one's score. Returns what
    each was to score, as `expect` does."""


def width(slots: int) -> int:
    """How long a row with so many slots is."""
    return OFFSETS + OFFSET_WIDTH * slots


def came_to(row: Row, at: int, day: Day) -> None:
    """Date what is at `at` to this day, unless it is of a later one: a late game does not turn the clock back."""
    if not row[at] >= day:
        row[at] = day


class PairSystem(ABC):
    """A rating system for games of two, by its rules and its parameters."""

    __slots__ = ()
    rules: ClassVar[Rules]

    def prior(self, rank: float | None = None, *, after_opening: float = 0.0) -> Strength:
        """A newcomer (`tengen.ratings.systems.RatingSystem`)."""
        row = self.blank([])
        self.rules.enter(row, nan if rank is None else rank, after_opening, self.numbers([]))
        return strength_of(row, [], {})

    @abstractmethod
    def rating(self, strength: Strength) -> Rating:
        """How the strength is shown."""

    @abstractmethod
    def rank(self, strength: Strength) -> float | None:
        """Its rank as a number."""

    @abstractmethod
    def numbers(self, conditions: Sequence[Condition]) -> Numbers:
        """The parameters, for rows whose slots are these conditions, each of a kind that the system follows."""

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of conditions that the system follows, in the order in which they are counted."""
        return ()

    def offset(self, condition: Condition) -> Offset:  # noqa: ARG002 - for systems that follow any
        """What is known of a player under a condition that he has never played under."""
        return Offset(0.0, 0.0, nan)

    def followed(self, conditions: Sequence[Condition]) -> list[Condition]:
        """Those of the conditions that the system follows, by kind. Raises `ValueError` for two of one kind."""
        if not conditions:
            return []
        known = sorted((name for name in conditions if kind_of(name) in self.kinds), key=self._place)
        if len({kind_of(name) for name in known}) < len(known):
            raise ValueError("A game has one condition of a kind.")
        return known

    def aged(self, strength: Strength, day: Day) -> Strength:
        """What is still known on that day; offsets included."""
        names = [name for name in strength.offsets if kind_of(name) in self.kinds]
        row = self.row_of(strength, names)
        if strength.day is None or day <= strength.day:
            return strength
        self.rules.age(row, day, range(len(names)), self.numbers(names))
        return strength_of(row, names, strength.offsets)

    def expected(self, game: Game) -> list[list[float]]:
        """The score to be expected of each of the two. Raises `ValueError` if they are not two."""
        names = self.followed(game.conditions)
        slots, numbers = range(len(names)), self.numbers(names)
        first, second = self._met(game, names, slots, numbers)
        first_expected, second_expected = self.rules.expect(first, second, game.advantage, game.weight, slots, numbers)
        return [[first_expected], [second_expected]]

    def update(self, game: Game, scores: Sequence[float]) -> list[list[Update]]:
        """What the game does to each of the two. Raises `ValueError` if they are not two, or the scores no pair's."""
        score = score_of_pair(scores)
        names = self.followed(game.conditions)
        slots, numbers = range(len(names)), self.numbers(names)
        first, second = self._met(game, names, slots, numbers)
        old, old_second = game.pair()
        before, second_before = strength_of(first, names, old.offsets), strength_of(second, names, old_second.offsets)
        expected, second_expected = self.rules.learn(
            first, second, game.day, game.advantage, game.weight, score, slots, numbers
        )
        after, second_after = strength_of(first, names, old.offsets), strength_of(second, names, old_second.offsets)
        return [[Update(before, expected, after)], [Update(second_before, second_expected, second_after)]]

    def blank(self, conditions: Sequence[Condition]) -> list[float]:
        """The row of somebody of whom nothing is known."""
        return self.row_of(Strength(0.0), conditions)

    def row_of(self, strength: Strength, conditions: Sequence[Condition]) -> list[float]:
        """The strength as a row whose slots are these conditions."""
        day = nan if strength.day is None else strength.day
        row = [strength.mean, strength.variance, strength.volatility, float(strength.games), day]
        for name in conditions:
            offset = strength.offsets.get(name) or self.offset(name)
            row += (offset.mean, offset.variance, offset.day)
        return row

    def _met(
        self, game: Game, conditions: Sequence[Condition], slots: Slots, numbers: Numbers
    ) -> tuple[list[float], list[float]]:
        """Both players as the game finds them."""
        first, second = (self.row_of(strength, conditions) for strength in game.pair())
        self.rules.meet(first, game.day, slots, numbers)
        self.rules.meet(second, game.day, slots, numbers)
        return first, second

    def _place(self, condition: Condition) -> int:
        return list(self.kinds).index(kind_of(condition))


def strength_of(row: Row, conditions: Sequence[Condition], others: Mapping[Condition, Offset]) -> Strength:
    """A row as a strength; `others` are the offsets it had before, of which those in no slot stay."""
    offsets = dict(others)
    for slot, name in enumerate(conditions):
        at = OFFSETS + OFFSET_WIDTH * slot
        offsets[name] = Offset(row[at + OFFSET_MEAN], row[at + OFFSET_VARIANCE], row[at + OFFSET_DAY])
    day = None if isnan(row[DAY]) else row[DAY]
    return Strength(row[MEAN], row[VARIANCE], row[VOLATILITY], int(row[GAMES]), day, offsets)


def kind_of(condition: Condition) -> str:
    """`size` of `size:9x9`."""
    return condition.partition(":")[0]
