"""Operations on team matches: a server reports one, and ratings move with it, in one transaction."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, insert, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.values import AccountId, GameId, PlayerId, ServerId
from tengen.games.models import TEAM_MATCH, GameRow, SeatRow, TeamRecordRow
from tengen.games.rated_games import Unrated
from tengen.games.team_match import TeamMatch
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD, Pools, team_pool

if TYPE_CHECKING:
    from tengen.core.database import Connection, Transaction

# Written out, not a parameter: only then do the databases see that the index of matches has all of them.
_TEAM_MATCH = literal_column(f"'{TEAM_MATCH}'", Text)


@dataclass(frozen=True, slots=True)
class TeamRecord:
    """An account's team matches on a server, counted, and its rating there."""

    account_id: AccountId
    server_id: ServerId
    first_seen_at: datetime
    last_seen_at: datetime
    played_field: int
    played_command: int
    won_field: int
    won_command: int
    rating: float


@dataclass(frozen=True, slots=True)
class Side:
    """A team of a stored match. Players without an account are None."""

    number: int
    race: str
    outcome: float
    field: list[PlayerId | None]
    commander: PlayerId | None


@dataclass(frozen=True, slots=True)
class PlayedMatch:
    """A stored team match with its sides, in the order of their numbers."""

    id: GameId
    server_id: ServerId
    reported_at: datetime
    played_at: datetime
    sides: list[Side]


_NEW_GAME = insert(GameRow).returning(GameRow.id)
_NEW_SEATS = insert(SeatRow)


async def report_team_match(
    transaction: "Transaction",
    server_id: ServerId,
    match: TeamMatch,
    *,
    pools: Pools = STANDARD,
    now: datetime,
) -> GameId:
    """Store a match, move the ratings of its field players, count it for everybody in it.

    Eight statements when everybody has played here before. Raises `UnknownAccounts` if it names some that do not exist.
    """
    player_ids = await players.ensure_players(transaction, server_id, match.accounts, now)
    pool = pools.team(server_id)
    # Held before the game gets its number: then numbers are in the order in which ratings moved.
    held = await ratings.hold(transaction, pool, match.field_accounts, now=now) if match.field_accounts else None
    played_at = held.not_before(now) if held else now
    row = await transaction.one(
        _NEW_GAME,
        {
            "server_id": server_id,
            "kind": TEAM_MATCH,
            "pool": pool.name if held else None,
            "unrated": None if held else Unrated.GUESTS,
            "reported_at": now,
            "played_at": played_at,
        },
    )
    game_id = GameId(row[0])
    await transaction.run(_NEW_SEATS, list(_seats(game_id, match, player_ids)))
    if held is not None:
        await ratings.record(transaction, held, match.outcome_of(game_id, played_at), now=now)
    await _count(transaction, server_id, match, now)
    return game_id


def _seats(game_id: GameId, match: TeamMatch, player_ids: dict[AccountId, PlayerId]) -> Iterator[dict[str, Any]]:
    number = 0
    for team in match.teams:
        for user, is_commander in [*((user, False) for user in team.field), (team.commander, True)]:
            yield {
                "game_id": game_id,
                "number": number,
                "player_id": player_ids.get(AccountId(user)),
                "team": team.number,
                "race": team.race.value,
                "is_commander": is_commander,
                "outcome": match.outcome(team),
            }
            number += 1


@cache
def _add_to_records(dialect: str) -> postgresql.Insert | sqlite.Insert:
    """Count deeds: on top of what an account has on the server, or as its first. Built once, for it is not cheap."""
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(TeamRecordRow)
    new = statement.excluded
    counters = {name: getattr(TeamRecordRow, name) + getattr(new, name) for name in _COUNTERS}
    return statement.on_conflict_do_update(
        index_elements=[TeamRecordRow.server_id, TeamRecordRow.account_id],
        set_={"last_seen_at": new.last_seen_at, **counters},
    )


async def _count(transaction: "Transaction", server_id: ServerId, match: TeamMatch, now: datetime) -> None:
    deeds = match.deeds()
    if not deeds:
        return  # only guests
    await transaction.run(
        _add_to_records(transaction.dialect),
        [
            {
                "server_id": server_id,
                "account_id": account_id,
                "first_seen_at": now,
                "last_seen_at": now,
                "played_field": done.played_field,
                "played_command": done.played_command,
                "won_field": done.won_field,
                "won_command": done.won_command,
            }
            for account_id, done in sorted(deeds.items())
        ],
    )


_COUNTERS = ("played_field", "played_command", "won_field", "won_command")


async def team_records(
    connection: "Connection", server_id: ServerId, account_ids: Collection[AccountId], *, start: float
) -> list[TeamRecord]:
    """The records of these accounts on a server, in the order of their ids; accounts without one are left out.

    Who has only commanded has no rating yet and is shown with `start`.
    """
    rows = await connection.all(
        select(
            TeamRecordRow.account_id,
            TeamRecordRow.first_seen_at,
            TeamRecordRow.last_seen_at,
            TeamRecordRow.played_field,
            TeamRecordRow.played_command,
            TeamRecordRow.won_field,
            TeamRecordRow.won_command,
        )
        .where(TeamRecordRow.server_id == server_id, TeamRecordRow.account_id.in_(account_ids))
        .order_by(TeamRecordRow.account_id)
    )
    values = await ratings.ratings_of(connection, team_pool(server_id), account_ids) if rows else {}
    return [
        TeamRecord(AccountId(row[0]), server_id, *row[1:], rating=values.get(AccountId(row[0]), start)) for row in rows
    ]


async def latest_matches(
    connection: "Connection", *, server_id: ServerId | None = None, limit: int = 10
) -> list[PlayedMatch]:
    """The team matches reported last, on one server or on all, the newest first."""
    games = select(GameRow.id, GameRow.server_id, GameRow.reported_at, GameRow.played_at).where(
        GameRow.kind == _TEAM_MATCH
    )
    if server_id is not None:
        games = games.where(GameRow.server_id == server_id)
    latest = games.order_by(GameRow.id.desc()).limit(limit).subquery()
    rows = await connection.all(
        select(
            latest.c.id,
            latest.c.server_id,
            latest.c.reported_at,
            latest.c.played_at,
            SeatRow.team,
            SeatRow.race,
            SeatRow.outcome,
            SeatRow.is_commander,
            SeatRow.player_id,
        )
        .join(SeatRow, SeatRow.game_id == latest.c.id)
        .order_by(latest.c.id.desc(), SeatRow.team, SeatRow.number)
    )
    matches: dict[GameId, PlayedMatch] = {}
    for game_id, server, reported_at, played_at, number, race, outcome, is_commander, player in rows:
        match = matches.setdefault(
            GameId(game_id), PlayedMatch(GameId(game_id), ServerId(server), reported_at, played_at, [])
        )
        if not match.sides or match.sides[-1].number != number:
            match.sides.append(Side(number, race, outcome, [], None))
        side = match.sides[-1]
        if is_commander:
            match.sides[-1] = replace(side, commander=player)
        else:
            side.field.append(player)
    return list(matches.values())
