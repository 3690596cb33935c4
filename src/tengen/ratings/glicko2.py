"""Glicko-2 as OGS uses it: every game is a rating period of its own. Pure.

Ratings are points around 1500; a strength's mean is the rating, its variance the deviation squared. Within the formulas
both are scaled by 173.7178, and φ² stands for the scaled variance:

    g = 1/√(1 + 3φ²/π²)         E = 1/(1 + e^(−g_o(μ − μ_o)))        of an opponent o, score s
    I = Σ g²E(1 − E)            S = Σ g(s − E)                        (Glickman's v is 1/I, his Δ is S/I)
    φ*² = φ² + σ′²              φ′² = 1/(1/φ*² + I)                   μ′ = μ + φ′²·S

with the new volatility σ′ by Glickman's step 5. While no games are played φ² grows by σ² a period; the update adds a
period itself, so players are aged to one period before the game. Deviation, volatility and rating are kept in bounds.
A head start shifts the opponent's rating along the scale of ranks.

Sources: M. Glickman, Example of the Glicko-2 system (2022); bounds, ageing and shift: online-go/goratings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log, pi, sqrt
from typing import ClassVar, NamedTuple, Self

from tengen.ratings.pairs import (
    DAY,
    GAMES,
    MEAN,
    VARIANCE,
    VOLATILITY,
    PairSystem,
    Row,
    Rules,
    Slots,
    came_to,
)
from tengen.ratings.parameters import InvalidParameter, Knob
from tengen.ratings.ranks import MAX_RATING, MIN_RATING, advanced, clamped, rank_of, rating_of
from tengen.ratings.systems import Condition, Day, Rating, Strength

SCALE = 173.7178
"""Points in a unit of Glickman's scale."""
_CENTRE = 1500.0
_EPSILON = 1e-6
_SQUARED_PI = pi * pi
MIN_DEVIATION, MAX_DEVIATION = 30.0, 500.0
MIN_VOLATILITY, MAX_VOLATILITY = 0.01, 0.15
MOST_TAU = 1.2
"""Glickman: τ is between 0.3 and 1.2 in most applications; what fits no worse with more goes astray on later games."""
PROVISIONAL_DEVIATION = 160.0
"""From this deviation on a rating is shown as provisional."""

# The mathematics, in scalars: the one definition for a single game and for arrays of millions. Variances and
# differences are on Glickman's scale.


def attenuation(variance: float) -> float:
    """g: how far uncertainty flattens what a difference in rating promises."""
    return 1.0 / sqrt(1.0 + 3.0 * variance / _SQUARED_PI)


def logistic(x: float) -> tuple[float, float]:
    """1/(1 + e^(−x)) and what it leaves to 1, both accurate for any x, at the cost of one."""
    power = exp(-abs(x))
    larger = 1.0 / (1.0 + power)
    smaller = power * larger
    return (larger, smaller) if x >= 0.0 else (smaller, larger)


def lesson(difference: float, opponent_variance: float, score: float) -> tuple[float, float]:
    """What one game adds to I and S. `difference` is the player's rating less the opponent's."""
    g = attenuation(opponent_variance)
    expected, rest = logistic(g * difference)
    return g * g * expected * rest, g * (score - expected)


def _slope(y: float, power: float, variance: float, information: float, surprise: float, tau: float) -> float:
    """Glickman's f(x) at x = a + y, where e^x is `power`, both parts of its fraction times I², so that nothing is
    divided by a vanishing I."""
    share = information * (variance + power)
    excess = surprise * surprise - information * (1.0 + share)
    return power * excess / (2.0 * (1.0 + share) * (1.0 + share)) - y / (tau * tau)


def new_volatility(volatility: float, variance: float, information: float, surprise: float, tau: float) -> float:
    """σ′: the zero of f, by the Illinois algorithm, to 1e-6 in ln σ′². Distances are from a = ln σ²."""
    squared = volatility * volatility
    low, low_slope = 0.0, _slope(0.0, squared, variance, information, surprise, tau)
    excess = surprise * surprise - information * (1.0 + information * variance)
    if excess > 0.0:
        power = excess / (information * information)
        high = log(power / squared)
        high_slope = _slope(high, power, variance, information, surprise, tau)
    else:
        high = -tau
        high_slope = _slope(high, squared * exp(high), variance, information, surprise, tau)
        while high_slope < 0.0:
            high -= tau
            high_slope = _slope(high, squared * exp(high), variance, information, surprise, tau)
    while abs(high - low) > _EPSILON:
        middle = low + (low - high) * low_slope / (high_slope - low_slope)
        slope = _slope(middle, squared * exp(middle), variance, information, surprise, tau)
        if slope * high_slope <= 0.0:
            low, low_slope = high, high_slope
        else:
            low_slope *= 0.5
        high, high_slope = middle, slope
    return volatility * exp(0.5 * low)


def settled(
    mean: float, variance: float, volatility: float, information: float, surprise: float, tau: float
) -> tuple[float, float, float]:
    """Rating, its variance (both in points) and volatility after a period's games; I must be positive."""
    scaled = variance / (SCALE * SCALE)
    sigma = new_volatility(volatility, scaled, information, surprise, tau)
    after = 1.0 / (1.0 / (scaled + sigma * sigma) + information)
    return (
        clamped(mean + SCALE * (after * surprise), MIN_RATING, MAX_RATING),
        bounded(after * (SCALE * SCALE)),
        clamped(sigma, MIN_VOLATILITY, MAX_VOLATILITY),
    )


def grown(variance: float, volatility: float, periods: float) -> float:
    """A variance, in points, after so many periods without a game."""
    if periods <= 0.0:
        return variance
    return bounded(variance + periods * (volatility * volatility) * (SCALE * SCALE))


def bounded(variance: float) -> float:
    """A variance, in points, whose deviation is within 30 to 500."""
    return clamped(variance, MIN_DEVIATION * MIN_DEVIATION, MAX_DEVIATION * MAX_DEVIATION)


# The same over rows of numbers: the one definition for a single game and for arrays of millions.


class Numbers(NamedTuple):
    """The parameters as the rules read them."""

    mean: float
    variance: float
    volatility: float
    declared_variance: float
    tau: float
    period: float
    has_ranks: bool


def enter(row: Row, rank: float, late: float, numbers: Numbers) -> None:  # noqa: ARG001 - it is never too late
    """A newcomer; around the rating of the declared rank if there is one and the pool has ranks."""
    if numbers.has_ranks and rank == rank:
        row[MEAN], row[VARIANCE] = rating_of(rank), numbers.declared_variance
    else:
        row[MEAN], row[VARIANCE] = numbers.mean, numbers.variance
    row[VOLATILITY] = numbers.volatility


def age(row: Row, day: Day, slots: Slots, numbers: Numbers) -> None:  # noqa: ARG001 - it follows no conditions
    """Let time pass for a player: φ² + (days/period)·σ²."""
    days = day - row[DAY]
    if days > 0.0:
        row[VARIANCE] = grown(row[VARIANCE], row[VOLATILITY], days / numbers.period)
        row[DAY] = day


def meet(row: Row, day: Day, slots: Slots, numbers: Numbers) -> None:
    """The same up to one period before the game, which is itself the last period."""
    age(row, day - numbers.period, slots, numbers)


def expect(
    first: Row,
    second: Row,
    advantage: float,
    weight: float,  # noqa: ARG001 - every game tells the same
    slots: Slots,  # noqa: ARG001 - it follows no conditions
    numbers: Numbers,
) -> tuple[float, float]:
    """The probability that each of the two wins, from both players' uncertainty.

    The update itself expects by the opponent's uncertainty alone, as Glickman has it; for a prediction both count
    (M. Glickman, The Glicko system: E = 1/(1 + 10^(−g(√(RD₁² + RD₂²))·(r₁ − r₂)/400))).
    """
    half = advantage / 2
    lead = advanced(first[MEAN], half, numbers.has_ranks) - advanced(second[MEAN], -half, numbers.has_ranks)
    flattened = attenuation((first[VARIANCE] + second[VARIANCE]) / (SCALE * SCALE)) * lead / SCALE
    return logistic(flattened)


def rated(row: Row, opponent: float, variance: float, score: float, tau: float) -> tuple[float, float, float]:
    """Rating, variance and volatility after a game against an opponent of this rating and variance."""
    information, surprise = lesson((row[MEAN] - opponent) / SCALE, variance / (SCALE * SCALE), score)
    return settled(row[MEAN], row[VARIANCE], row[VOLATILITY], information, surprise, tau)


def take(row: Row, day: Day, after: tuple[float, float, float]) -> None:
    """Let one player be as a game left him."""
    row[MEAN], row[VARIANCE], row[VOLATILITY] = after
    row[GAMES] += 1.0
    came_to(row, DAY, day)


def learn(
    first: Row, second: Row, day: Day, advantage: float, weight: float, score: float, slots: Slots, numbers: Numbers
) -> tuple[float, float]:
    """Let both learn from their game; to each the other's rating is shifted by the whole head start.

    An update expects by the opponent's uncertainty alone, other than a prediction.
    """
    expected = expect(first, second, advantage, weight, slots, numbers)
    second_seen = advanced(second[MEAN], -advantage, numbers.has_ranks)
    first_seen = advanced(first[MEAN], advantage, numbers.has_ranks)
    after = rated(first, second_seen, second[VARIANCE], score, numbers.tau)
    second_after = rated(second, first_seen, first[VARIANCE], 1.0 - score, numbers.tau)
    take(first, day, after)
    take(second, day, second_after)
    return expected


# The system, in values.


@dataclass(frozen=True, slots=True)
class Glicko2(PairSystem):
    """The system with its parameters."""

    rules: ClassVar = Rules(enter=enter, age=age, meet=meet, expect=expect, learn=learn)

    mean: float = _CENTRE
    deviation: float = 350.0
    volatility: float = 0.06
    declared_deviation: float = 130.0
    """How far the rating of a declared rank may be from the truth: about two ranks among amateurs."""
    tau: float = 0.5
    """How fast a volatility may change."""
    period: float = 30.0
    """Days in which an idle player's deviation grows once by the volatility."""
    has_ranks: bool = True
    """Whether the pool's games are of Go: a head start is in ranks and shifts ratings along their scale; otherwise it
    is in points."""

    @classmethod
    def suited(cls, *, has_ranks: bool, kinds: Sequence[str]) -> Self:  # noqa: ARG003 - it follows no conditions
        """The system for games whose players declare ranks, or do not."""
        return cls(has_ranks=has_ranks)

    def __post_init__(self) -> None:
        """Raises `InvalidParameter` for a parameter that is not positive."""
        if min(self.deviation, self.volatility, self.declared_deviation, self.tau, self.period) <= 0.0:
            raise InvalidParameter("Deviations, volatility, tau and period are positive.")

    def knobs(self) -> list[Knob]:
        """Those of newcomers, and those of change."""
        return [
            Knob("deviation", 0.4 * self.deviation),
            Knob("volatility", self.volatility),
            Knob("tau", self.tau, most=max(MOST_TAU, self.tau)),
            Knob("period", self.period),
            *([Knob("declared_deviation", self.declared_deviation)] if self.has_ranks else []),
        ]

    def numbers(self, conditions: Sequence[Condition]) -> Numbers:  # noqa: ARG002 - it follows none
        """The parameters."""
        return Numbers(
            self.mean,
            self.deviation * self.deviation,
            self.volatility,
            self.declared_deviation * self.declared_deviation,
            self.tau,
            self.period,
            self.has_ranks,
        )

    def rate(self, strength: Strength, results: Sequence[tuple[Strength, float]]) -> Strength:
        """A strength after one period with these opponents, each with the score against him: Glickman's steps 3 to 8.

        Without results the period still passes.
        """
        if not results:
            return replace(strength, variance=grown(strength.variance, strength.volatility, 1.0))
        lessons = [
            lesson((strength.mean - opponent.mean) / SCALE, opponent.variance / (SCALE * SCALE), score)
            for opponent, score in results
        ]
        information, surprise = (sum(parts) for parts in zip(*lessons, strict=True))
        mean, variance, volatility = settled(
            strength.mean, strength.variance, strength.volatility, information, surprise, self.tau
        )
        return Strength(mean, variance, volatility, strength.games + len(results), strength.day, strength.offsets)

    def rating(self, strength: Strength) -> Rating:
        """As it is."""
        return Rating(strength.mean, strength.deviation, strength.volatility)

    def rank(self, strength: Strength) -> float | None:
        """The rank number of the rating, if the pool has ranks."""
        return rank_of(strength.mean) if self.has_ranks else None
