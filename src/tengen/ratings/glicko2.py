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

from tengen.ratings.ranks import MAX_RATING, MIN_RATING, clamped, rank_of, rating_of
from tengen.ratings.systems import Day, Game, Rating, Strength, Update, score_of_pair

SCALE = 173.7178
"""Points in a unit of Glickman's scale."""
_CENTRE = 1500.0
_EPSILON = 1e-6
_SQUARED_PI = pi * pi
MIN_DEVIATION, MAX_DEVIATION = 30.0, 500.0
MIN_VOLATILITY, MAX_VOLATILITY = 0.01, 0.15
PROVISIONAL_DEVIATION = 160.0
"""From this deviation on a rating is shown as provisional."""

# The mathematics, in scalars: the one definition for a single game and for arrays of millions. Variances and
# differences are on Glickman's scale.


def attenuation(variance: float) -> float:
    """g: how far uncertainty flattens what a difference in rating promises."""
    return 1.0 / sqrt(1.0 + 3.0 * variance / _SQUARED_PI)


def logistic(x: float) -> float:
    """1/(1 + e^(−x)), for any x without overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + exp(-x))
    power = exp(x)
    return power / (1.0 + power)


def lesson(difference: float, opponent_variance: float, score: float) -> tuple[float, float]:
    """What one game adds to I and S. `difference` is the player's rating less the opponent's."""
    g = attenuation(opponent_variance)
    expected, rest = logistic(g * difference), logistic(-g * difference)
    return g * g * expected * rest, g * (score - expected)


def _slope(x: float, a: float, variance: float, information: float, surprise: float, tau: float) -> float:
    """Glickman's f(x), both parts of its fraction times I², so that nothing is divided by a vanishing I."""
    power = exp(x)
    share = information * (variance + power)
    excess = surprise * surprise - information * (1.0 + share)
    return power * excess / (2.0 * (1.0 + share) * (1.0 + share)) - (x - a) / (tau * tau)


def new_volatility(volatility: float, variance: float, information: float, surprise: float, tau: float) -> float:
    """σ′: the zero of f, by the Illinois algorithm, to 1e-6 in ln σ′²."""
    a = log(volatility * volatility)
    low, low_slope = a, _slope(a, a, variance, information, surprise, tau)
    excess = surprise * surprise - information * (1.0 + information * variance)
    if excess > 0.0:
        high = log(excess / (information * information))
        high_slope = _slope(high, a, variance, information, surprise, tau)
    else:
        high = a - tau
        high_slope = _slope(high, a, variance, information, surprise, tau)
        while high_slope < 0.0:
            high -= tau
            high_slope = _slope(high, a, variance, information, surprise, tau)
    while abs(high - low) > _EPSILON:
        middle = low + (low - high) * low_slope / (high_slope - low_slope)
        slope = _slope(middle, a, variance, information, surprise, tau)
        if slope * high_slope <= 0.0:
            low, low_slope = high, high_slope
        else:
            low_slope *= 0.5
        high, high_slope = middle, slope
    return exp(0.5 * low)


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


def shifted(rating: float, ranks: float) -> float:
    """A rating moved along the scale of ranks, within 100 to 6000; the very same one for no ranks."""
    return rating if ranks == 0.0 else rating_of(rank_of(rating) + ranks)


# The system, in values.


@dataclass(frozen=True, slots=True)
class Glicko2:
    """The system with its parameters."""

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

    def prior(self, rank: float | None = None) -> Strength:
        """A newcomer; around the rating of the declared rank if there is one and the pool has ranks."""
        if rank is None or not self.has_ranks:
            return Strength(self.mean, self.deviation * self.deviation, self.volatility)
        return Strength(rating_of(rank), self.declared_deviation * self.declared_deviation, self.volatility)

    def aged(self, strength: Strength, day: Day) -> Strength:
        """What is still known on that day: φ² + (days/period)·σ²."""
        if strength.day is None or day <= strength.day:
            return strength
        periods = (day - strength.day) / self.period
        return replace(strength, variance=grown(strength.variance, strength.volatility, periods), day=day)

    def expected(self, game: Game) -> list[list[float]]:
        """The probability that each of the two wins, from both players' uncertainty. Raises `ValueError` if not two.

        The update itself expects by the opponent's uncertainty alone, as Glickman has it; for a prediction both count
        (M. Glickman, The Glicko system: E = 1/(1 + 10^(−g(√(RD₁² + RD₂²))·(r₁ − r₂)/400))).
        """
        first, second = self._met(game)
        lead = self._moved(first.mean, game.advantage / 2) - self._moved(second.mean, -game.advantage / 2)
        flattened = attenuation((first.variance + second.variance) / (SCALE * SCALE)) * lead / SCALE
        return [[logistic(flattened)], [logistic(-flattened)]]

    def update(self, game: Game, scores: Sequence[float]) -> list[list[Update]]:
        """What the game does to each of the two. Raises `ValueError` if they are not two, or the scores no pair's."""
        score = score_of_pair(scores)
        first, second = self._met(game)
        (first_expected,), (second_expected,) = self.expected(game)
        first_seen = replace(first, mean=self._moved(first.mean, game.advantage))
        second_seen = replace(second, mean=self._moved(second.mean, -game.advantage))
        return [
            [Update(first, first_expected, self._after(first, second_seen, score, game.day))],
            [Update(second, second_expected, self._after(second, first_seen, 1.0 - score, game.day))],
        ]

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

    def _met(self, game: Game) -> tuple[Strength, Strength]:
        """Both players one period before the game, or as their last games left them if those are not so old."""
        first, second = game.pair()
        return self.aged(first, game.day - self.period), self.aged(second, game.day - self.period)

    def _moved(self, rating: float, advantage: float) -> float:
        if self.has_ranks:
            return shifted(rating, advantage)
        return clamped(rating + advantage, MIN_RATING, MAX_RATING)

    def _after(self, strength: Strength, opponent: Strength, score: float, day: Day) -> Strength:
        after = self.rate(strength, [(opponent, score)])
        return replace(after, day=day if strength.day is None else max(strength.day, day))
