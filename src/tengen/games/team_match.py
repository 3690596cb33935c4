"""A team match as a game server reports it. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tengen.core.values import AccountId, GameId
from tengen.ratings.outcomes import Outcome

UserId = int
"""An account's id; 0 and below is a guest, somebody without an account."""


class Race(StrEnum):
    """What a team plays."""

    HUMAN = "human"
    BEAST = "beast"


@dataclass(frozen=True, slots=True)
class Team:
    """A team: its number on the server, what it plays, who fought in the field and who commanded."""

    number: int
    race: Race
    field: Sequence[UserId]
    commander: UserId


@dataclass(frozen=True, slots=True)
class Deeds:
    """How often one account played and won in a match, in the field and in command (who may command two teams)."""

    played_field: int
    played_command: int
    won_field: int
    won_command: int


@dataclass(frozen=True, slots=True)
class TeamMatch:
    """A finished match of two to four teams. `winner` is a team's number, or None for a draw."""

    teams: Sequence[Team]
    winner: int | None

    @property
    def field_accounts(self) -> set[AccountId]:
        """The accounts that fought in the field: those whose ratings the match moves."""
        return {AccountId(user) for team in self.teams for user in team.field if user > 0}

    @property
    def accounts(self) -> set[AccountId]:
        """Every account in the match, commanders included."""
        return self.field_accounts | {AccountId(team.commander) for team in self.teams if team.commander > 0}

    def outcome(self, team: Team) -> float:
        """1 for the winners, ½ in a draw, 0 for the others."""
        return 0.5 if self.winner is None else float(team.number == self.winner)

    def outcome_of(self, game_id: GameId, played_at: datetime) -> Outcome:
        """The match as ratings see it: its field players, guests among them."""
        return Outcome(
            game_id,
            played_at,
            teams=[[AccountId(user) if user > 0 else None for user in team.field] for team in self.teams],
            scores=[self.outcome(team) for team in self.teams],
        )

    def deeds(self) -> dict[AccountId, Deeds]:
        """What every account did in the match."""
        counts: dict[AccountId, Counter[str]] = {account_id: Counter() for account_id in self.accounts}
        for team in self.teams:
            won = int(team.number == self.winner)
            for user in team.field:
                if user > 0:
                    counts[AccountId(user)].update(played_field=1, won_field=won)
            if team.commander > 0:
                counts[AccountId(team.commander)].update(played_command=1, won_command=won)
        return {
            account_id: Deeds(c["played_field"], c["played_command"], c["won_field"], c["won_command"])
            for account_id, c in counts.items()
        }
