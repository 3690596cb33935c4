"""Matches in the database: all or nothing, nothing lost, and no more statements than needed."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from tengen.core.database import Database, statements_executed
from tengen.core.values import AccountId, ServerId
from tengen.games import team_matches
from tengen.games.models import GameRow, SeatRow
from tengen.games.team_match import Race, Team, TeamMatch
from tengen.players.service import UnknownAccounts
from tengen.ratings import service as ratings
from tengen.ratings.pools import team_pool
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account
from tests.support.histories import changes_of


def a_match(*fields: list[int], winner: int | None = 0) -> TeamMatch:
    return TeamMatch([Team(number, Race.BEAST, field, 0) for number, field in enumerate(fields)], winner)


async def report(database: Database, server_id: ServerId, match: TeamMatch) -> None:
    async with database.write() as transaction:
        await team_matches.report_team_match(transaction, server_id, match, now=NOON)


async def test_a_match_is_stored_with_its_seats_and_rating_changes(database: Database) -> None:
    arena = await a_new_server(database)
    first, second = await an_account(database), await an_account(database)
    await report(database, arena.id, a_match([first.id, -1], [second.id]))
    async with database.read() as connection:
        (match,) = await team_matches.latest_matches(connection, server_id=arena.id)
        changes = (await changes_of(connection, [match.id]))[match.id]
    assert [(side.outcome, len(side.field), side.field.count(None)) for side in match.sides] == [(1, 2, 1), (0, 1, 0)]
    assert [(change.account_id, change.before.mean, change.after.mean) for change in changes] == [
        (first.id, 800, 832),
        (second.id, 800, 768),
    ]
    assert all(change.expected == pytest.approx(0.5) for change in changes)


async def test_a_refused_match_leaves_nothing(database: Database) -> None:
    arena, account = await a_new_server(database), await an_account(database)
    with pytest.raises(UnknownAccounts):
        await report(database, arena.id, a_match([account.id], [10**12]))
    async with database.read() as connection:
        assert await team_matches.team_records(connection, arena.id, [account.id], start=800) == []
        for table in (GameRow, SeatRow):
            assert (await connection.one(select(func.count()).select_from(table)))[0] == 0


async def test_reports_at_the_same_moment_lose_no_update(database: Database) -> None:
    arena = await a_new_server(database)
    ids = [(await an_account(database)).id for _ in range(4)]
    matches = [a_match([ids[n % 4]], [ids[(n + 1) % 4]], winner=n % 2) for n in range(20)]
    await asyncio.gather(*(report(database, arena.id, match) for match in matches))
    async with database.read() as connection:
        games = await team_matches.latest_matches(connection, server_id=arena.id, limit=50)
        changes = await changes_of(connection, [game.id for game in games])
        now = await ratings.ratings_of(connection, team_pool(arena.id), ids)
    # Every rating is where the chain of its changes ends: nobody wrote over anybody.
    for account_id in ids:
        chain = sorted(
            ((c.before.mean, c.after.mean) for moved in changes.values() for c in moved if c.account_id == account_id),
            key=lambda step: step[0],
        )
        assert len(chain) == 10
        total = sum(after - before for before, after in chain)
        assert now[account_id] == pytest.approx(800 + total)


async def test_a_match_between_known_players_costs_eight_statements(database: Database) -> None:
    arena = await a_new_server(database)
    ids = [(await an_account(database)).id for _ in range(8)]
    match = a_match(list(ids[:4]), list(ids[4:]))
    await report(database, arena.id, match)
    counter = [0]
    statements_executed.set(counter)
    await report(database, arena.id, match)
    # players; pool held, ratings held; game, seats; ratings moved, explained; records
    assert counter == [8]


async def test_who_only_commands_is_listed_with_the_starting_rating(database: Database) -> None:
    arena, commander = await a_new_server(database), await an_account(database)
    match = TeamMatch([Team(0, Race.HUMAN, [-1], commander.id), Team(1, Race.BEAST, [-2], 0)], 0)
    await report(database, arena.id, match)
    async with database.read() as connection:
        (record,) = await team_matches.team_records(connection, arena.id, [AccountId(commander.id)], start=800)
    assert (record.played_command, record.won_command, record.rating) == (1, 1, 800)


async def test_the_latest_matches_are_those_of_a_server_or_of_all(database: Database) -> None:
    arena, other = await a_new_server(database), await a_new_server(database)
    account = await an_account(database)
    for server in (arena, other, arena):
        await report(database, server.id, a_match([account.id], [-1]))
    async with database.read() as connection:
        all_of_them = await team_matches.latest_matches(connection)
        here = await team_matches.latest_matches(connection, server_id=arena.id)
        last = await team_matches.latest_matches(connection, limit=1)
    assert [match.server_id for match in all_of_them] == [arena.id, other.id, arena.id]
    assert here == [all_of_them[0], all_of_them[2]]
    assert last == all_of_them[:1]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("server_id", "way"),
    [
        (None, "SEARCH games USING INDEX ix_games_kind_id_of_matches (kind=?)"),
        (ServerId(1), "SEARCH games USING INDEX ix_games_server_id_id_of_matches (server_id=?)"),
    ],
)
async def test_who_asks_for_the_latest_matches_looks_at_no_other_games(
    database: Database, server_id: ServerId | None, way: str
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        async with database.read() as connection:
            await team_matches.latest_matches(connection, server_id=server_id)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    plan = await database.run_sync(
        lambda sync: [row[3] for row in sync.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    )
    assert way in plan
