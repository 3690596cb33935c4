"""A game that rates, as plain values, and what it does to ratings. Pure.

The one definition for a game that has just ended and for a history that is replayed: the same outcomes in the same
order give the same strengths, to the last bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tengen.core.values import AccountId, GameId
from tengen.ratings.systems import Condition, Game, RatingSystem, Strength, day_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who met whom, when and on which terms, and how it ended."""

    game_id: GameId
    played_at: datetime
    teams: Sequence[Sequence[AccountId | None]]
    """At least two, none empty; None is a guest, who stands where newcomers do. Of two players Black is the first."""
    scores: Sequence[float]
    """Each team's: 1 for a win, ½ for a draw, 0 for a loss."""
    advantage: float = 0.0
    """What the terms give the first team, in the unit of the system's scale."""
    weight: float = 1.0
    conditions: Sequence[Condition] = ()
    """What it was played under, each once; the system looks at those of the kinds that it follows."""

    @property
    def accounts(self) -> set[AccountId]:
        """Those whose ratings it moves."""
        return {who for team in self.teams for who in team if who is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """What a game did to one account's rating."""

    account_id: AccountId
    before: Strength
    """On the day of the game."""
    expected: float
    """The score that was to be expected, from 0 to 1."""
    after: Strength
    opponent: Strength | None = None
    """As the game found him; None in a game of teams."""


def rate(system: RatingSystem, strengths: Mapping[AccountId, Strength], outcome: Outcome) -> list[Change]:
    """What the game does to each account in it. Who is not among `strengths` is a newcomer.

    Raises `ValueError` for a game that the system cannot rate.
    """
    teams = [
        [system.prior() if who is None else strengths.get(who) or system.prior() for who in team]
        for team in outcome.teams
    ]
    game = Game(teams, day_of(outcome.played_at), outcome.advantage, outcome.weight, outcome.conditions)
    updates = system.update(game, outcome.scores)
    is_pair = [len(team) for team in teams] == [1, 1]
    return [
        Change(
            who,
            update.before,
            update.expected,
            update.after,
            updates[1 - side][0].before if is_pair else None,
        )
        for side, team in enumerate(outcome.teams)
        for who, update in zip(team, updates[side], strict=True)
        if who is not None
    ]


def is_late(strengths: Mapping[AccountId, Strength], outcome: Outcome) -> bool:
    """Whether one of its players has a rated game that was played later: then its order was not that of play."""
    day = day_of(outcome.played_at)
    known = (strengths[who].day for who in outcome.accounts if who in strengths)
    return any(last is not None and last > day for last in known)


@dataclass(slots=True)
class Replay:
    """A pool's history, played again from the start."""

    system: RatingSystem
    strengths: dict[AccountId, Strength] = field(default_factory=dict)

    def play(self, outcome: Outcome) -> list[Change]:
        """Take in the next game in order of play."""
        changes = rate(self.system, self.strengths, outcome)
        self.strengths.update((change.account_id, change.after) for change in changes)
        return changes
