"""Elo, with a step that may fall as a player's games add up. Pure.

    E = 1/(1 + 10^(−(R_a − R_b)/400))    R′ = R + K·(s − E)    K = k·(o/(n + o))^e

with n the player's rated games so far. The exponent e = 0 is the fixed step k of A. Elo, The Rating of Chessplayers
(1978); a falling one lets newcomers find their place fast, and is worth as much as many finer systems.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar, NamedTuple, Self

from tengen.ratings.glicko2 import logistic
from tengen.ratings.pairs import DAY, GAMES, MEAN, PairSystem, Row, Rules, Slots, came_to
from tengen.ratings.parameters import InvalidParameter, Knob
from tengen.ratings.ranks import advanced, rank_of, rating_of
from tengen.ratings.systems import Condition, Day, Rating, Strength

SCALE = 400.0 / log(10.0)
"""Points in a unit of the logistic function."""


class Numbers(NamedTuple):
    """The parameters as the rules read them."""

    mean: float
    step: float
    patience: float
    falling: float
    has_ranks: bool


def enter(row: Row, rank: float, late: float, numbers: Numbers) -> None:  # noqa: ARG001 - it is never too late
    """A newcomer, at the rating of the declared rank if there is one and the pool has ranks."""
    row[MEAN] = rating_of(rank) if numbers.has_ranks and rank == rank else numbers.mean


def age(row: Row, day: Day, slots: Slots, numbers: Numbers) -> None:  # noqa: ARG001 - time changes nothing else
    """Let time pass for a player."""
    if day > row[DAY]:
        row[DAY] = day


def expect(
    first: Row,
    second: Row,
    advantage: float,
    weight: float,  # noqa: ARG001 - every game tells the same
    slots: Slots,  # noqa: ARG001 - it follows no conditions
    numbers: Numbers,
) -> tuple[float, float]:
    """The score that each of the two is to reach."""
    half = advantage / 2
    lead = advanced(first[MEAN], half, numbers.has_ranks) - advanced(second[MEAN], -half, numbers.has_ranks)
    return logistic(lead / SCALE)


def step(games: float, numbers: Numbers) -> float:
    """K, after so many rated games."""
    if numbers.falling == 0.0:
        return numbers.step
    fallen: float = (numbers.patience / (games + numbers.patience)) ** numbers.falling
    return numbers.step * fallen


def take(row: Row, day: Day, surprise: float, numbers: Numbers) -> None:
    """Let one player learn from a score that was so much more than expected."""
    row[MEAN] += step(row[GAMES], numbers) * surprise
    row[GAMES] += 1.0
    came_to(row, DAY, day)


def learn(
    first: Row, second: Row, day: Day, advantage: float, weight: float, score: float, slots: Slots, numbers: Numbers
) -> tuple[float, float]:
    """Let both learn from their game."""
    expected, second_expected = expect(first, second, advantage, weight, slots, numbers)
    take(first, day, score - expected, numbers)
    take(second, day, (1.0 - score) - second_expected, numbers)
    return expected, second_expected


@dataclass(frozen=True, slots=True)
class Elo(PairSystem):
    """The system with its parameters, in rating points."""

    rules: ClassVar = Rules(enter=enter, age=age, meet=age, expect=expect, learn=learn)

    mean: float = 1500.0
    """A newcomer."""
    step: float = 32.0
    """k: what a newcomer wins against an equal, twice."""
    patience: float = 30.0
    """o: games after which the step has fallen to ½^e of a newcomer's; positive."""
    falling: float = 0.0
    """e: how fast the step falls; 0: not at all."""
    has_ranks: bool = False
    """Whether the pool's games are of Go: a head start is in ranks and shifts ratings along their scale; otherwise it
    is in points."""

    @classmethod
    def suited(cls, *, has_ranks: bool, kinds: Sequence[str]) -> Self:  # noqa: ARG003 - it follows no conditions
        """The system for games whose players declare ranks, or do not."""
        return cls(has_ranks=has_ranks)

    def __post_init__(self) -> None:
        """Raises `InvalidParameter` for a step or a patience that is not positive, or a step that would rise."""
        if min(self.step, self.patience) <= 0.0 or self.falling < 0.0:
            raise InvalidParameter("Step and patience are positive, and falling is, or 0.")

    def knobs(self) -> list[Knob]:
        """The step, and how it falls."""
        return [Knob("step", 2.0 * self.step), Knob("patience", self.patience), Knob("falling", 0.5)]

    def rating(self, strength: Strength) -> Rating:
        """The value alone: the system knows no uncertainty."""
        return Rating(strength.mean, 0.0, 0.0)

    def rank(self, strength: Strength) -> float | None:
        """The rank number of the rating, if the pool has ranks."""
        return rank_of(strength.mean) if self.has_ranks else None

    def numbers(self, conditions: Sequence[Condition]) -> Numbers:  # noqa: ARG002 - it follows none
        """The parameters."""
        return Numbers(self.mean, self.step, self.patience, self.falling, self.has_ranks)
