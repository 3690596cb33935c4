"""What all rating systems share: the values that go in and come out, and the protocol. Pure.

A system is a frozen object of parameters. It never changes what it is given, reads no clock, and answers the same to
the same: a history replayed in the same order gives the same ratings, to the last bit.

Two languages are kept apart. A `Strength` is what a system knows of a player, on the system's own scale; it is stored,
and only the system looks into it. A `Rating` is what people are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Protocol

Day = float
"""An instant as days since 1970-01-01 UTC, with a fraction."""

Condition = str
"""Something about a game that suits one player more than another, as `kind:value`: `size:9x9`, `speed:blitz`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)


def day_of(instant: datetime) -> Day:
    """This instant, which must be aware, as a day."""
    return (instant - _EPOCH) / _ONE_DAY


def instant_of(day: Day) -> datetime:
    """The instant of a day, to the microsecond."""
    return _EPOCH + day * _ONE_DAY


@dataclass(frozen=True, slots=True)
class Offset:
    """How much better a player is under one condition than on the whole."""

    mean: float
    variance: float
    day: Day
    """The day that this is true of: that of the last game under the condition, until it is aged."""


@dataclass(frozen=True, slots=True)
class Strength:
    """What a system knows of a player: an estimate on the system's own scale, and how sure it is."""

    mean: float
    variance: float = 0.0
    volatility: float = 0.0
    """How erratic the results are, for the systems that follow it."""
    games: int = 0
    """Rated games."""
    day: Day | None = None
    """The day that this is true of: that of the last rated game, until it is aged; None before the first."""
    offsets: Mapping[Condition, Offset] = field(default_factory=dict)
    """For the systems that follow conditions: those met so far."""

    @property
    def deviation(self) -> float:
        """The uncertainty as a standard deviation."""
        return sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class Rating:
    """A strength as people see it, on the scale where 1500 is the average; the volatility as in Glicko-2."""

    value: float
    deviation: float
    volatility: float


@dataclass(frozen=True, slots=True)
class Game:
    """Who meets, when, and on which terms."""

    teams: Sequence[Sequence[Strength]]
    """At least two, none empty. In a game of two players each is a team of one, Black the first."""
    day: Day
    advantage: float = 0.0
    """What the terms give the first team, in the unit of the system's scale: ranks for Go."""
    weight: float = 1.0
    """How much the format tells, against that of the system's noise: 2 if chance has half its share, as in a longer
    match; always positive."""
    conditions: Sequence[Condition] = ()
    """Each once."""

    @classmethod
    def between(
        cls,
        first: Strength,
        second: Strength,
        *,
        day: Day,
        advantage: float = 0.0,
        weight: float = 1.0,
        conditions: Sequence[Condition] = (),
    ) -> "Game":
        """A game of two players."""
        return cls(((first,), (second,)), day, advantage, weight, conditions)

    def pair(self) -> tuple[Strength, Strength]:
        """The players of a game of two. Raises `ValueError` for any other."""
        if [len(team) for team in self.teams] != [1, 1]:
            raise ValueError("This rating system rates games of one player against one.")
        (first,), (second,) = self.teams
        return first, second


@dataclass(frozen=True, slots=True)
class Update:
    """What a game does to one player."""

    before: Strength
    """As the game found it: grown uncertain since the last game."""
    expected: float
    """The score that was to be expected, from 0 to 1."""
    after: Strength


class RatingSystem(Protocol):
    """A rating system with its parameters."""

    def prior(self, rank: float | None = None, *, after_opening: float = 0.0) -> Strength:
        """A newcomer, of whom nothing is known but perhaps a declared rank (as a number, 30.0 for 1 dan).

        `after_opening`: how many days after the pool's first game the newcomer comes.
        """

    def aged(self, strength: Strength, day: Day) -> Strength:
        """What is still known on that day: the strength grown uncertain, or itself if the day is not after its own."""

    def expected(self, game: Game) -> list[list[float]]:
        """The expected score of each player, in the shape of the game's teams: 1 a win, ½ a draw, 0 a loss."""

    def update(self, game: Game, scores: Sequence[float]) -> list[list[Update]]:
        """What the game does to each player, in the shape of its teams; `scores` are those of the teams, 0 to 1.

        The strengths in the game are as they were stored: the system ages them. Raises `ValueError` for a game that the
        system cannot rate.
        """

    def rating(self, strength: Strength) -> Rating:
        """How the strength is shown."""

    def rank(self, strength: Strength) -> float | None:
        """Its rank as a number, 30.0 for 1 dan; None if the system's scale is not one of ranks."""


def score_of_pair(scores: Sequence[float]) -> float:
    """The first player's score in a game of two. Raises `ValueError` unless both are within 0 to 1 and sum to 1."""
    if len(scores) != 2 or not 0 <= scores[0] <= 1 or scores[0] + scores[1] != 1:
        raise ValueError("The scores of a game of two lie within 0 to 1 and sum to 1.")
    return scores[0]
