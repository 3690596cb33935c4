"""A Gaussian filter: strengths as normal distributions, followed through time game by game. Pure.

A player has a mean m and a variance V, which grows by γ² a day up to that of a newcomer; and for each condition met (a
board size, a speed, a surface) an offset of the same kind around zero. Where absence is known to bring players back to
the average μ, m goes there by the share 1 − ρ with ρ = e^(−κ·days), and V becomes ρ²V + γ²(1 − ρ²)/2κ: the walk of
Ornstein and Uhlenbeck instead of Wiener's. Newcomers to a pool that others have long played in may be weaker than its
founders were, by a constant. With Black's total M_B and V_B (offsets in play included),
White's, Black's advantage d, noise β and the format's weight s:

    c² = β²/s² + V_B + V_W      t = (M_B − M_W + d)/c      P(Black wins) = Φ(t)

Learning that Black won multiplies this by Φ; the normal distribution closest to the result is

    v = φ(t)/Φ(t)   w = v·(v + t)   m_B + V/c·v   V·(1 − V/c²·w)

for the strength and each of the offsets, and with −v for White's; if White won, with −t and the signs changed. A draw
is half of each.

Sources: the probit form of the Kalman filter (T. Minka 2001, R. Herbrich and others, TrueSkill, 2006); the scale is the
rank of Go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, expm1, nan, sqrt
from typing import ClassVar, NamedTuple, Self

from tengen.ratings.advantage import EVEN_NOISE
from tengen.ratings.normal import both_sides, both_truncated
from tengen.ratings.pairs import (
    DAY,
    GAMES,
    MEAN,
    OFFSET_DAY,
    OFFSET_MEAN,
    OFFSET_VARIANCE,
    OFFSET_WIDTH,
    OFFSETS,
    VARIANCE,
    PairSystem,
    Row,
    Rules,
    Slots,
    came_to,
    kind_of,
)
from tengen.ratings.parameters import InvalidParameter, Knob
from tengen.ratings.ranks import RANKS_PER_FOLD, rating_of
from tengen.ratings.systems import Condition, Day, Offset, Rating, Strength

# The mathematics, in scalars.


def grown(variance: float, drift: float, ceiling: float, days: float) -> float:
    """A variance after so many days: more by drift² a day, up to the ceiling. Waiting never makes surer."""
    if days <= 0.0 or variance >= ceiling:
        return variance
    return min(variance + drift * drift * days, ceiling)


def returned(mean: float, centre: float, reversion: float, days: float) -> float:
    """A mean on its way back to the centre after so many days, at least none."""
    return centre + (mean - centre) * exp(-reversion * days)


def settling(variance: float, drift: float, ceiling: float, reversion: float, days: float) -> float:
    """A variance on its way to that of players who have long been away, after so many days; the ceiling is the same."""
    kept = exp(-2.0 * reversion * days)
    return min(variance * kept - drift * drift * expm1(-2.0 * reversion * days) / (2.0 * reversion), ceiling)


def uncertainty(noise: float, weight: float, first: float, second: float) -> float:
    """c: the spread of what shows in one game, from its noise and weight and both players' total variances."""
    deviation = noise / weight
    return sqrt(deviation * deviation + (first + second))


def judged(t: float, spread: float, score: float, win: float, loss: float) -> tuple[float, float]:
    """What a score (0 to 1) of the side ahead by `t` spreads teaches: v/c, positive if it is the better for it; and
    w/c².

    `win` and `loss` are what it was to expect of either. Scores between are so much of a win and the rest of a loss.
    """
    win_push, win_shrink, loss_push, loss_shrink = both_truncated(t, win, loss)
    push = score * win_push - (1.0 - score) * loss_push
    shrink = score * win_shrink + (1.0 - score) * loss_shrink
    return push / spread, shrink / (spread * spread)


def moved(mean: float, variance: float, push: float) -> float:
    """A mean after a game that taught `push`."""
    return mean + variance * push


def narrowed(variance: float, shrink: float) -> float:
    """A variance after a game that taught `shrink`."""
    return variance * (1.0 - variance * shrink)


# The same over rows of numbers: the one definition for a single game and for arrays of millions.


class Numbers(NamedTuple):
    """The parameters as the rules read them; of the offsets a number a slot."""

    mean: float
    newcomers: float
    founding: float
    drift: float
    ceiling: float
    declared_variance: float
    reversion: float
    noise: float
    has_ranks: bool
    offset_drifts: Sequence[float]
    offset_ceilings: Sequence[float]


def enter(row: Row, rank: float, late: float, numbers: Numbers) -> None:
    """A newcomer; around the declared rank if there is one and the scale is that of ranks."""
    if numbers.has_ranks and rank == rank:
        row[MEAN], row[VARIANCE] = rank, numbers.declared_variance
    else:
        row[MEAN] = numbers.mean if late <= numbers.founding else numbers.mean + numbers.newcomers
        row[VARIANCE] = numbers.ceiling


def age(row: Row, day: Day, slots: Slots, numbers: Numbers) -> None:
    """Let time pass for a player, and for his offsets in these slots: the others wait for their own next games."""
    days = day - row[DAY]
    if days > 0.0:
        if numbers.reversion > 0.0:
            row[MEAN] = returned(row[MEAN], numbers.mean, numbers.reversion, days)
            row[VARIANCE] = settling(row[VARIANCE], numbers.drift, numbers.ceiling, numbers.reversion, days)
        else:
            row[VARIANCE] = grown(row[VARIANCE], numbers.drift, numbers.ceiling, days)
        row[DAY] = day
    for slot in slots:
        if slot >= 0:
            at = OFFSETS + OFFSET_WIDTH * slot
            days = day - row[at + OFFSET_DAY]
            if days > 0.0:
                drift, ceiling = numbers.offset_drifts[slot], numbers.offset_ceilings[slot]
                row[at + OFFSET_VARIANCE] = grown(row[at + OFFSET_VARIANCE], drift, ceiling, days)
            came_to(row, at + OFFSET_DAY, day)


def total(row: Row, slots: Slots) -> tuple[float, float]:
    """A player's mean and variance with the offsets in play."""
    mean, variance = row[MEAN], row[VARIANCE]
    for slot in slots:
        if slot >= 0:
            mean += row[OFFSETS + OFFSET_WIDTH * slot + OFFSET_MEAN]
            variance += row[OFFSETS + OFFSET_WIDTH * slot + OFFSET_VARIANCE]
    return mean, variance


def view(
    first: Row, second: Row, advantage: float, weight: float, slots: Slots, numbers: Numbers
) -> tuple[float, float]:
    """By how much the first player is ahead, and the spread of what will show."""
    first_mean, first_variance = total(first, slots)
    second_mean, second_variance = total(second, slots)
    lead = (first_mean - second_mean) + advantage
    return lead, uncertainty(numbers.noise, weight, first_variance, second_variance)


def expect(
    first: Row, second: Row, advantage: float, weight: float, slots: Slots, numbers: Numbers
) -> tuple[float, float]:
    """The probability that each of the two wins."""
    lead, spread = view(first, second, advantage, weight, slots, numbers)
    return both_sides(lead / spread)


def take(row: Row, day: Day, slots: Slots, push: float, shrink: float) -> None:
    """Let one player learn what a game taught."""
    row[MEAN] = moved(row[MEAN], row[VARIANCE], push)
    row[VARIANCE] = narrowed(row[VARIANCE], shrink)
    row[GAMES] += 1.0
    came_to(row, DAY, day)
    for slot in slots:
        if slot >= 0:
            at = OFFSETS + OFFSET_WIDTH * slot
            row[at + OFFSET_MEAN] = moved(row[at + OFFSET_MEAN], row[at + OFFSET_VARIANCE], push)
            row[at + OFFSET_VARIANCE] = narrowed(row[at + OFFSET_VARIANCE], shrink)


def learn(
    first: Row, second: Row, day: Day, advantage: float, weight: float, score: float, slots: Slots, numbers: Numbers
) -> tuple[float, float]:
    """Let both learn from their game."""
    lead, spread = view(first, second, advantage, weight, slots, numbers)
    win, loss = both_sides(lead / spread)
    push, shrink = judged(lead / spread, spread, score, win, loss)
    take(first, day, slots, push, shrink)
    take(second, day, slots, -push, shrink)
    return win, loss


# The system, in values.


@dataclass(frozen=True, slots=True)
class Scatter:
    """How much players differ in something, and how fast each of them changes, on the system's scale."""

    spread: float
    """Standard deviation between players: what is known of a newcomer."""
    drift: float = 0.0
    """Standard deviation of a player's change in a day; over n days √n of it."""

    @property
    def variance(self) -> float:
        """The spread, squared."""
        return self.spread * self.spread


@dataclass(frozen=True, slots=True)
class Gaussian(PairSystem):
    """The system with its parameters. As they stand they fit Go, in ranks."""

    rules: ClassVar = Rules(enter=enter, age=age, meet=age, expect=expect, learn=learn)

    mean: float = 24.3
    """A newcomer; 24.3 ± 5.4 ranks are OGS' 1500 ± 350."""
    players: Scatter = Scatter(spread=5.4, drift=0.013 * EVEN_NOISE)
    noise: float = EVEN_NOISE
    """The standard deviation of chance in one game of weight 1."""
    newcomers: float = 0.0
    """How much stronger than the mean (weaker, if negative) are those who come later than the founders."""
    founding: float = 60.0
    """Days from a pool's first game; whoever comes within them is one of its founders."""
    reversion: float = 0.0
    """κ: the share of the way back to the mean that a player goes in a day."""
    declared_spread: float = 2.0
    """How far a declared rank may be from the truth."""
    conditions: Mapping[str, Scatter] = field(default_factory=dict)
    """The kinds of conditions that matter (`size`, `speed`), and how much; others are ignored."""
    has_ranks: bool = True
    """Whether the scale is that of ranks; otherwise it is that of ratings."""

    @classmethod
    def in_points(cls) -> Self:
        """The system for games without ranks, on the scale of ratings, where 300 points more win 84 % of the games."""
        return cls(mean=1500.0, players=Scatter(spread=350.0, drift=4.0), noise=300.0, has_ranks=False)

    @classmethod
    def suited(cls, *, has_ranks: bool, kinds: Sequence[str]) -> Self:
        """The system with these kinds of conditions, for games whose players declare ranks, or do not."""
        system = cls() if has_ranks else cls.in_points()
        return replace(system, conditions={kind: Scatter(spread=system.noise / 5) for kind in kinds})

    def __post_init__(self) -> None:
        """Raises `InvalidParameter` for a spread or a noise that is not positive, or a drift that is negative."""
        scatters = [self.players, *self.conditions.values()]
        if min(self.noise, self.declared_spread, *(scatter.spread for scatter in scatters)) <= 0.0:
            raise InvalidParameter("Noise and spreads are positive.")
        if min(self.reversion, *(scatter.drift for scatter in scatters)) < 0.0:
            raise InvalidParameter("Drifts and the reversion are positive, or 0.")

    def knobs(self) -> list[Knob]:
        """The scale is that of the ranks, if players declare any, or else the noise is what it is."""
        return [
            Knob("players.spread", 0.6 * self.noise),
            Knob("players.drift", 0.013 * self.noise),
            *(Knob(f"conditions.{kind}.spread", 0.2 * self.noise) for kind in self.conditions),
            Knob("newcomers", 0.0, unit=0.3 * self.noise),
            Knob("reversion", 0.0002),
            *([Knob("noise", self.noise), Knob("declared_spread", self.declared_spread)] if self.has_ranks else []),
        ]

    def rating(self, strength: Strength) -> Rating:
        """On the scale of OGS, with the deviation that the rank's uncertainty is there; volatility a constant 0.06."""
        if not self.has_ranks:
            return Rating(strength.mean, strength.deviation, 0.06)
        value = rating_of(strength.mean)
        return Rating(value, value / RANKS_PER_FOLD * strength.deviation, 0.06)

    def rank(self, strength: Strength) -> float | None:
        """The mean, where the scale is that of ranks."""
        return strength.mean if self.has_ranks else None

    @property
    def kinds(self) -> Sequence[str]:
        """Those of `conditions`."""
        return list(self.conditions)

    def offset(self, condition: Condition) -> Offset:
        """None is to be expected, give or take the spread of the kind."""
        return Offset(0.0, self.conditions[kind_of(condition)].variance, nan)

    def numbers(self, conditions: Sequence[Condition]) -> Numbers:
        """The parameters, for these slots."""
        scatters = [self.conditions[kind_of(name)] for name in conditions]
        return Numbers(
            self.mean,
            self.newcomers,
            self.founding,
            self.players.drift,
            self.players.variance,
            self.declared_spread * self.declared_spread,
            self.reversion,
            self.noise,
            self.has_ranks,
            [scatter.drift for scatter in scatters],
            [scatter.variance for scatter in scatters],
        )
