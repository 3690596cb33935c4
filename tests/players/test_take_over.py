"""One account takes over the players of another, on both databases."""

import asyncio

import pytest
from sqlalchemy import literal, select, text, update

from tengen.core.database import Database
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.players import service
from tengen.players.models import PlayerRow
from tengen.players.service import HOME, PlayerMadeMeanwhile
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account
from tests.support.waiting import until


async def a_server(database: Database) -> ServerId:
    return ServerId((await a_new_server(database)).id)


async def a_player(database: Database, server_id: ServerId, account_id: AccountId) -> PlayerId:
    async with database.write() as transaction:
        return (await service.ensure_players(transaction, server_id, [account_id], NOON))[account_id]


async def take_over(database: Database, old: AccountId, new: AccountId) -> dict[PlayerId, PlayerId]:
    async with database.write() as transaction:
        return await service.take_over(transaction, old, new)


async def owner_of(database: Database, player_id: PlayerId) -> AccountId:
    async with database.read() as connection:
        return (await service.players_by_ids(connection, [player_id]))[player_id].account_id


async def test_players_on_servers_new_to_the_account_become_its_own(database: Database) -> None:
    old, new, server_id = await an_account(database), await an_account(database), await a_server(database)
    player = await a_player(database, server_id, old.id)
    bystander = await a_player(database, server_id, (await an_account(database)).id)
    merged = await take_over(database, old.id, new.id)
    assert player not in merged
    assert await owner_of(database, player) == new.id
    assert await owner_of(database, bystander) != new.id


async def test_players_on_servers_that_the_account_plays_on_are_merged(database: Database) -> None:
    old, new, server_id = await an_account(database), await an_account(database), await a_server(database)
    theirs, own = await a_player(database, server_id, old.id), await a_player(database, server_id, new.id)
    async with database.read() as connection:
        at_home = await service.players_on(connection, HOME, [old.id, new.id])
    merged = await take_over(database, old.id, new.id)
    assert merged == {theirs: own, at_home[old.id]: at_home[new.id]}
    assert await owner_of(database, theirs) == old.id
    assert await owner_of(database, own) == new.id


async def test_taking_over_twice_merges_what_is_left_again(database: Database) -> None:
    old, new, server_id = await an_account(database), await an_account(database), await a_server(database)
    player = await a_player(database, server_id, old.id)
    assert await take_over(database, old.id, new.id) == await take_over(database, old.id, new.id)
    assert await owner_of(database, player) == new.id


async def test_a_player_that_moves_keeps_its_name_and_its_token(database: Database) -> None:
    old, new, server_id = await an_account(database), await an_account(database), await a_server(database)
    player_id = await a_player(database, server_id, old.id)
    async with database.write() as transaction:
        await transaction.run(update(PlayerRow).where(PlayerRow.id == player_id).values(token_digest=b"digest"))
    await take_over(database, old.id, new.id)
    async with database.read() as connection:
        key = (await service.player_keys(connection, [player_id]))[player_id]
    assert (key.player.name, key.token_digest) == (old.display_name, b"digest")


@pytest.mark.parametrize("engine", ["postgresql"])  # on SQLite one waits for the other
async def test_a_player_that_the_account_gets_at_this_moment_stops_it(database: Database) -> None:
    old, new, server_id = await an_account(database), await an_account(database), await a_server(database)
    player = await a_player(database, server_id, old.id)

    async def is_waited_for() -> bool:
        async with database.read() as connection:
            waiting = (
                select(literal(1))
                .select_from(text("pg_stat_activity"))
                .where(
                    text("datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE players%'")
                )
            )
            return await connection.first(waiting) is not None

    async with database.write() as transaction:
        await service.ensure_players(transaction, server_id, [new.id], NOON)
        attempt = asyncio.create_task(take_over(database, old.id, new.id))
        await until(is_waited_for)
    with pytest.raises(PlayerMadeMeanwhile):
        await attempt
    assert await owner_of(database, player) == old.id
    assert player in await take_over(database, old.id, new.id)
