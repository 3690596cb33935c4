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
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

OpponentRule = Literal["opponents", "original"]
"""Whom a member of the winning team is rated against: the `opponents`, as published; or the winners themselves, as the
`original` computed it, so that a win was worth the same whoever lost."""


@dataclass(frozen=True, slots=True)
class Rated:
    """One player's rating after a match, and the score (0 to 1) the ratings before it promised."""

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

    def expected(self, rating: float, team_mean: float, opponents: float) -> float:
        """The score that a player of this rating, in a team of this mean, is to reach against `opponents`: E."""
        weighted = self.team_weight * team_mean + (1 - self.team_weight) * rating
        return 1 / (1 + 10 ** ((opponents - weighted) / self.start))

    def _opponents(self, means: Sequence[float], index: int, winner: int | None) -> float:
        if self.rule == "original" and winner is not None:
            return means[winner]
        return fmean(mean for other, mean in enumerate(means) if other != index)

    def _rate_player(self, rating: float, team_mean: float, opponents: float, score: float) -> Rated:
        expected = self.expected(rating, team_mean, opponents)
        after = rating + self.start * self.step / rating * (score - expected)
        return Rated(rating, expected, max(self.floor, after))
