"""Team matches on the wire of the metaserver."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from tengen.core.values import naive_iso
from tengen.games.team_match import Race, Team, TeamMatch
from tengen.games.team_matches import TeamRecord
from tengen.web.openapi import Id, WireTime


class FieldPlayer(BaseModel):
    """Somebody who fought in the field; 0 and below is a guest."""

    user_id: Id = Field(examples=[57])


def _different_accounts(players: list[FieldPlayer]) -> list[FieldPlayer]:
    registered = [player.user_id for player in players if player.user_id > 0]
    if len(set(registered)) != len(registered):
        raise PydanticCustomError("value_error.list.unique_items", "the list has duplicated items")
    return players


class TeamIn(BaseModel):
    """A team as a game server reports it."""

    id: int = Field(ge=0, le=3)
    race: Race
    field_players: Annotated[list[FieldPlayer], Field(min_length=1, max_length=32), AfterValidator(_different_accounts)]
    commander: Id


def _different_teams(teams: list[TeamIn]) -> list[TeamIn]:
    if len({team.id for team in teams}) != len(teams):
        raise PydanticCustomError("value_error.list.unique_items", "the list has duplicated items")
    registered = [player.user_id for team in teams for player in team.field_players if player.user_id > 0]
    if len(set(registered)) != len(registered):
        raise PydanticCustomError("value_error", "Teams should be disjoint")
    return teams


_REPORT: JsonDict = {
    "teams": [
        {"id": 0, "race": "beast", "field_players": [{"user_id": 57}, {"user_id": -1}], "commander": 0},
        {"id": 1, "race": "human", "field_players": [{"user_id": 58}], "commander": 58},
    ],
    "winner": 1,
}


class MatchReport(BaseModel):
    """A finished match. `winner` is a team's id, or -1 for a draw."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    teams: Annotated[list[TeamIn], Field(min_length=2, max_length=4), AfterValidator(_different_teams)]
    winner: int = Field(ge=-1, le=3)

    @model_validator(mode="after")
    def _winner_took_part(self) -> "MatchReport":
        if self.winner != -1 and self.winner not in {team.id for team in self.teams}:
            raise PydanticCustomError("value_error", "winner index is not an id of one of the teams")
        return self

    def match(self) -> TeamMatch:
        """The match that is reported."""
        return TeamMatch(
            teams=[
                Team(team.id, team.race, [player.user_id for player in team.field_players], team.commander)
                for team in self.teams
            ],
            winner=None if self.winner == -1 else self.winner,
        )


class UserStats(BaseModel):
    """An account's team matches on a game server, and its rating there without the fraction."""

    user_id: int
    server_id: int
    first_seen: WireTime
    last_seen: WireTime
    matches_played_field: int
    matches_played_command: int
    matches_won_field: int
    matches_won_command: int
    skill_rating: int

    @classmethod
    def of(cls, record: TeamRecord) -> "UserStats":
        """The wire form of a record."""
        return cls.model_construct(
            user_id=record.account_id,
            server_id=record.server_id,
            first_seen=naive_iso(record.first_seen_at),
            last_seen=naive_iso(record.last_seen_at),
            matches_played_field=record.played_field,
            matches_played_command=record.played_command,
            matches_won_field=record.won_field,
            matches_won_command=record.won_command,
            skill_rating=int(record.rating),
        )

    @classmethod
    def of_all(cls, records: Sequence[TeamRecord]) -> list["UserStats"]:
        """The wire forms of several records."""
        return [cls.of(record) for record in records]
