"""Team Elo, the metaserver's rating of team matches. Pure.

A player is rated by a blend of his own rating and his team's, against the mean of the other teams:

    Rw = λ·T + (1 − λ)·R                       R the player's rating, T the mean of his team
    E  = 10^(Rw/S) / (10^(Rw/S) + 10^(O/S))    O the mean over the opposing teams' means
    R′ = R + (S·α/R)·(A − E)                   A = 1 for a win, ½ for a draw, 0 for a loss

with S = 800 (the rating everybody starts from), λ = 0.8 and α = 64; all means are taken before any change.
Source: the team rating published with the Savage metaserver. Added here: a floor, because the step S·α/R has no bound
as R nears zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from tengen.ratings.parameters import InvalidParameter
from tengen.ratings.systems import Day, Game, Rating, Strength, Update

OpponentRule = Literal["opponents", "original"]
"""Whom a member of the winning team is rated against: the `opponents`, as published; or the winners themselves, as the
`original` computed it, so that a win was worth the same whoever lost."""


@dataclass(frozen=True, slots=True)
class Rated:
    """One player's rating before and after a match, and the score (0 to 1) the ratings before it promised."""

    before: float
    expected: float
    after: float


@dataclass(frozen=True, slots=True)
class TeamElo:
    """The system with its parameters, in rating points."""

    start: float = 800.0
    """Where everybody starts, and who is not registered always stands; also the scale S."""
    team_weight: float = 0.8
    step: float = 64.0
    floor: float = 100.0
    rule: OpponentRule = "opponents"

    def __post_init__(self) -> None:
        """Raises `InvalidParameter` for a parameter with which ratings could run away."""
        if not 0.0 < self.floor <= self.start <= 100.0 * self.floor:
            raise InvalidParameter("The start is at least the floor, which is positive, and at most 100 times that.")
        if not (0.0 < self.step <= self.start and 0.0 <= self.team_weight <= 1.0):
            raise InvalidParameter("The step is positive and at most the start, and the team's weight is from 0 to 1.")

    def rate(self, teams: Sequence[Sequence[float]], winner: int | None) -> list[list[Rated]]:
        """What a match does to its field players.

        `teams` holds the ratings before the match, a list a team, none empty, at least two; `winner` is the index of
        the winning team, None for a draw. The answer has the shape of `teams`.
        """
        means = [fmean(team) for team in teams]
        rated = []
        for index, team in enumerate(teams):
            score = 0.5 if winner is None else float(index == winner)
            opponents = self._opponents(means, index, winner)
            rated.append([self._rate_player(rating, means[index], opponents, score) for rating in team])
        return rated

    def expected_score(self, rating: float, team_mean: float, opponents: float) -> float:
        """The score that a player of this rating, in a team of this mean, is to reach against `opponents`: E."""
        weighted = self.team_weight * team_mean + (1 - self.team_weight) * rating
        return 1 / (1 + 10 ** ((opponents - weighted) / self.start))

    def prior(self, rank: float | None = None, *, after_opening: float = 0.0) -> Strength:  # noqa: ARG002 - the protocol's
        """A newcomer."""
        return Strength(self.start)

    def aged(self, strength: Strength, day: Day) -> Strength:
        """The strength itself: it does not fade."""
        return strength if strength.day is None else replace(strength, day=max(strength.day, day))

    def expected(self, game: Game) -> list[list[float]]:
        """The score to be expected of each player against the other teams; advantage and weight do not count."""
        means = [fmean(player.mean for player in team) for team in game.teams]
        return [
            [self.expected_score(player.mean, means[index], _others(means, index)) for player in team]
            for index, team in enumerate(game.teams)
        ]

    def update(self, game: Game, scores: Sequence[float]) -> list[list[Update]]:
        """What the game does to each player. Raises `ValueError` unless one team won or all drew."""
        rated = self.rate([[player.mean for player in team] for team in game.teams], _winner(scores, len(game.teams)))
        return [
            [
                Update(player, result.expected, Strength(result.after, games=player.games + 1, day=_day(player, game)))
                for player, result in zip(team, results, strict=True)
            ]
            for team, results in zip(game.teams, rated, strict=True)
        ]

    def rating(self, strength: Strength) -> Rating:
        """The value alone, as it is: the system knows no uncertainty."""
        return Rating(strength.mean, 0.0, 0.0)

    def rank(self, strength: Strength) -> float | None:  # noqa: ARG002 - the protocol's
        """None."""
        return None

    def _opponents(self, means: Sequence[float], index: int, winner: int | None) -> float:
        if self.rule == "original" and winner is not None:
            return means[winner]
        return _others(means, index)

    def _rate_player(self, rating: float, team_mean: float, opponents: float, score: float) -> Rated:
        expected = self.expected_score(rating, team_mean, opponents)
        after = rating + self.start * self.step / rating * (score - expected)
        return Rated(rating, expected, max(self.floor, after))


def _others(means: Sequence[float], index: int) -> float:
    return fmean(mean for other, mean in enumerate(means) if other != index)


def _winner(scores: Sequence[float], teams: int) -> int | None:
    if len(scores) == teams and sorted(scores) == [0.0] * (teams - 1) + [1.0]:
        return scores.index(1.0)
    if list(scores) == [0.5] * teams:
        return None
    raise ValueError("The scores of teams are 1 for one and 0 for the others, or ½ for all.")


def _day(player: Strength, game: Game) -> Day:
    return game.day if player.day is None else max(player.day, game.day)
