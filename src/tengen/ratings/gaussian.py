"""A Gaussian filter: strengths as normal distributions, followed through time game by game. Pure.

A player has a mean m and a variance V, which grows by γ² a day up to that of a newcomer; and for each condition met (a
board size, a speed) an offset of the same kind around zero. With Black's total M_B and V_B (offsets in play included),
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
from math import sqrt

from tengen.ratings.advantage import EVEN_NOISE
from tengen.ratings.normal import cumulative, truncated
from tengen.ratings.ranks import RANKS_PER_FOLD, rating_of
from tengen.ratings.systems import Condition, Day, Game, Offset, Rating, Strength, Update, score_of_pair

# The mathematics, in scalars: the one definition for a single game and for arrays of millions.


def grown(variance: float, drift: float, ceiling: float, days: float) -> float:
    """A variance after so many days: more by drift² a day, up to the ceiling. Waiting never makes surer."""
    if days <= 0.0 or variance >= ceiling:
        return variance
    return min(variance + drift * drift * days, ceiling)


def uncertainty(noise: float, weight: float, first: float, second: float) -> float:
    """c: the spread of what shows in one game, from its noise and weight and both players' total variances."""
    deviation = noise / weight
    return sqrt(deviation * deviation + (first + second))


def judged(lead: float, spread: float, score: float) -> tuple[float, float]:
    """What a score (0 to 1) of the side ahead by `lead` teaches: v/c, positive if it is the better for it; and w/c².

    Scores between are so much of a win and the rest of a loss.
    """
    t = lead / spread
    if score == 1.0:
        push, shrink = truncated(t)
    elif score == 0.0:
        push, shrink = truncated(-t)
        push = -push
    else:
        win, win_shrink = truncated(t)
        loss, loss_shrink = truncated(-t)
        push = score * win - (1.0 - score) * loss
        shrink = score * win_shrink + (1.0 - score) * loss_shrink
    return push / spread, shrink / (spread * spread)


def moved(mean: float, variance: float, push: float) -> float:
    """A mean after a game that taught `push`."""
    return mean + variance * push


def narrowed(variance: float, shrink: float) -> float:
    """A variance after a game that taught `shrink`."""
    return variance * (1.0 - variance * shrink)


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
class Gaussian:
    """The system with its parameters. As they stand they fit Go, in ranks."""

    mean: float = 24.3
    """A newcomer; 24.3 ± 5.4 ranks are OGS' 1500 ± 350."""
    players: Scatter = Scatter(spread=5.4, drift=0.013 * EVEN_NOISE)
    noise: float = EVEN_NOISE
    """The standard deviation of chance in one game of weight 1."""
    declared_spread: float = 2.0
    """How far a declared rank may be from the truth."""
    conditions: Mapping[str, Scatter] = field(default_factory=dict)
    """The kinds of conditions that matter (`size`, `speed`), and how much; others are ignored."""
    has_ranks: bool = True
    """Whether the scale is that of ranks; otherwise it is that of ratings."""

    @classmethod
    def in_points(cls) -> "Gaussian":
        """The system for games without ranks, on the scale of ratings, where 300 points more win 84 % of the games."""
        return cls(mean=1500.0, players=Scatter(spread=350.0, drift=4.0), noise=300.0, has_ranks=False)

    def prior(self, rank: float | None = None) -> Strength:
        """A newcomer; around the declared rank if there is one and the scale is that of ranks."""
        if rank is None or not self.has_ranks:
            return Strength(self.mean, self.players.variance)
        return Strength(rank, self.declared_spread * self.declared_spread)

    def aged(self, strength: Strength, day: Day) -> Strength:
        """What is still known on that day; offsets included."""
        known = [name for name in strength.offsets if _kind(name) in self.conditions]
        return self._present(strength, day, known)

    def expected(self, game: Game) -> list[list[float]]:
        """The probability that each of the two wins. Raises `ValueError` if they are not two."""
        conditions = self._matter(game)
        first, second = self._met(game, conditions)
        lead, spread = self._view(first, second, game, conditions)
        return [[cumulative(lead / spread)], [cumulative(-lead / spread)]]

    def update(self, game: Game, scores: Sequence[float]) -> list[list[Update]]:
        """What the game does to each of the two. Raises `ValueError` if they are not two, or the scores no pair's."""
        score = score_of_pair(scores)
        conditions = self._matter(game)
        first, second = self._met(game, conditions)
        lead, spread = self._view(first, second, game, conditions)
        push, shrink = judged(lead, spread, score)
        return [
            [Update(first, cumulative(lead / spread), _taught(first, game.day, conditions, push, shrink))],
            [Update(second, cumulative(-lead / spread), _taught(second, game.day, conditions, -push, shrink))],
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

    def _matter(self, game: Game) -> list[Condition]:
        return [name for name in game.conditions if _kind(name) in self.conditions]

    def _met(self, game: Game, conditions: Sequence[Condition]) -> tuple[Strength, Strength]:
        """Both players on the day of the game, with an offset for each condition that matters."""
        first, second = game.pair()
        return self._present(first, game.day, conditions), self._present(second, game.day, conditions)

    def _present(self, strength: Strength, day: Day, conditions: Sequence[Condition]) -> Strength:
        """The strength on that day. Of the offsets only these are aged: each waits for its own next game."""
        if conditions:
            now = {name: self._offset(strength, name, day) for name in conditions}
            strength = replace(strength, offsets={**strength.offsets, **now})
        if strength.day is None or day <= strength.day:
            return strength
        return replace(strength, variance=_aged(strength.variance, self.players, day - strength.day), day=day)

    def _offset(self, strength: Strength, name: Condition, day: Day) -> Offset:
        scatter, offset = self.conditions[_kind(name)], strength.offsets.get(name)
        if offset is None:
            return Offset(0.0, scatter.variance, day)
        if day <= offset.day:
            return offset
        return Offset(offset.mean, _aged(offset.variance, scatter, day - offset.day), day)

    def _view(
        self, first: Strength, second: Strength, game: Game, conditions: Sequence[Condition]
    ) -> tuple[float, float]:
        """By how much the first player is ahead, and the spread of what will show."""
        first_mean, first_variance = _total(first, conditions)
        second_mean, second_variance = _total(second, conditions)
        lead = (first_mean - second_mean) + game.advantage
        return lead, uncertainty(self.noise, game.weight, first_variance, second_variance)


def _total(strength: Strength, conditions: Sequence[Condition]) -> tuple[float, float]:
    mean, variance = strength.mean, strength.variance
    for name in conditions:
        mean += strength.offsets[name].mean
        variance += strength.offsets[name].variance
    return mean, variance


def _taught(strength: Strength, day: Day, conditions: Sequence[Condition], push: float, shrink: float) -> Strength:
    offsets = dict(strength.offsets)
    for name in conditions:
        offset = offsets[name]
        mean, variance = moved(offset.mean, offset.variance, push), narrowed(offset.variance, shrink)
        offsets[name] = Offset(mean, variance, offset.day)
    return Strength(
        moved(strength.mean, strength.variance, push),
        narrowed(strength.variance, shrink),
        strength.volatility,
        strength.games + 1,
        day if strength.day is None else strength.day,
        offsets,
    )


def _aged(variance: float, scatter: Scatter, days: float) -> float:
    return grown(variance, scatter.drift, scatter.variance, days)


def _kind(condition: Condition) -> str:
    return condition.partition(":")[0]
