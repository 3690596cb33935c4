"""The directory in the database: registration, heartbeats, lists, and what an administrator does."""

import asyncio
from datetime import timedelta

import pytest

from tengen.core.database import Database, statements_executed
from tengen.core.security import digest, matches
from tengen.core.values import ServerId
from tengen.servers import service
from tengen.servers.hosts import InvalidHostName
from tengen.servers.listing import InvalidListing
from tengen.servers.service import (
    NewServer,
    ServerKey,
    ServerNotFound,
    ServerNotNamed,
    SeveralServersNamed,
    TooManyServers,
)
from tests.servers.builders import a_heartbeat_of, a_new_server
from tests.support.builders import NOON, an_account

MINUTE = timedelta(minutes=1)
PLATFORM = ServerId(1)
NOBODY = ServerId(2**62)


async def key_of(database: Database, server_id: ServerId) -> ServerKey:
    async with database.read() as connection:
        return (await service.server_keys(connection, [server_id]))[server_id]


async def delete(database: Database, server_id: ServerId) -> None:
    async with database.write() as transaction:
        await service.delete_server(transaction, server_id, NOON)


async def test_a_registered_server_is_listed_for_its_owner_as_it_presented_itself(database: Database) -> None:
    owner = await an_account(database)
    made = await a_new_server(database, owner_id=owner.id, host_name="2001:DB8::1", port=1, max_player_count=0)
    async with database.read() as connection:
        [server] = await service.servers_of(connection, owner.id)
    assert server.id == made.id
    assert server.owner_id == owner.id
    assert (server.host_name, server.port, server.max_player_count) == ("2001:db8::1", 1, 0)
    assert (server.display_name, server.description, server.game_type) == ("Quiet Valley", "beginners", "RTSS")
    assert (server.current_map, server.current_player_count, server.heard_at) == ("", 0, None)
    assert server.created_at == NOON


async def test_a_secret_has_32_hexadecimal_characters_and_only_its_hash_is_stored(database: Database) -> None:
    made = await a_new_server(database)
    assert len(bytes.fromhex(made.secret)) == 16
    assert (await key_of(database, made.id)).secret_digest == digest(made.secret)
    assert made.secret not in repr(made)
    assert "secret_digest" not in repr(await key_of(database, made.id))


async def test_an_account_registers_as_many_servers_as_the_limit_says(database: Database) -> None:
    owner = await an_account(database)
    for _ in range(5):
        await a_new_server(database, owner_id=owner.id)
    with pytest.raises(TooManyServers) as refusal:
        await a_new_server(database, owner_id=owner.id)
    assert refusal.value.message == "User has reached the max number of servers of 5"
    assert refusal.value.status == 400
    await a_new_server(database)  # another account's


async def test_deleted_servers_count_towards_the_limit(database: Database) -> None:
    owner = await an_account(database)
    made = await a_new_server(database, owner_id=owner.id, limit=1)
    await delete(database, made.id)
    with pytest.raises(TooManyServers):
        await a_new_server(database, owner_id=owner.id, limit=1)


async def test_registrations_at_the_same_moment_do_not_exceed_the_limit(database: Database) -> None:
    owner = await an_account(database)
    outcomes = await asyncio.gather(
        *(a_new_server(database, owner_id=owner.id, limit=3) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(outcome, NewServer) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyServers) for outcome in outcomes) == 7
    async with database.read() as connection:
        assert len(await service.servers_of(connection, owner.id)) == 3


async def test_a_heartbeat_says_everything_anew_and_gives_the_server_as_it_is_now(database: Database) -> None:
    made = await a_new_server(database)
    heard = await a_heartbeat_of(
        database,
        made.id,
        now=NOON + MINUTE,
        host_name="https://play.example.org",
        port=443,
        display_name="Loud Valley",
        description="",
        game_type="FFA",
        max_player_count=64,
        current_map="crossroads",
        current_player_count=65,  # more than fit: that is the server's business
    )
    assert heard == (await key_of(database, made.id)).server
    assert (heard.host_name, heard.port, heard.display_name) == ("https://play.example.org", 443, "Loud Valley")
    assert (heard.description, heard.game_type, heard.max_player_count) == ("", "FFA", 64)
    assert (heard.current_map, heard.current_player_count) == ("crossroads", 65)
    assert (heard.created_at, heard.heard_at) == (NOON, NOON + MINUTE)


async def test_a_heartbeat_is_one_statement_and_concerns_one_server(database: Database) -> None:
    made, other = await a_new_server(database), await a_new_server(database, display_name="Other")
    counter = [0]
    statements_executed.set(counter)
    await a_heartbeat_of(database, made.id)
    assert counter == [1]
    untouched = (await key_of(database, other.id)).server
    assert (untouched.display_name, untouched.heard_at) == ("Other", None)


async def test_nobody_hears_of_a_server_that_does_not_exist_or_was_deleted(database: Database) -> None:
    made = await a_new_server(database)
    await delete(database, made.id)
    for server_id in (made.id, NOBODY):
        with pytest.raises(ServerNotFound):
            await a_heartbeat_of(database, server_id)


async def test_an_owners_list_has_all_servers_of_theirs_but_deleted_ones_in_the_order_of_ids(
    database: Database,
) -> None:
    owner = await an_account(database)
    mine = [await a_new_server(database, owner_id=owner.id) for _ in range(3)]
    await a_new_server(database)
    await delete(database, mine[1].id)
    await a_heartbeat_of(database, mine[0].id)  # moves the row within the table
    async with database.read() as connection:
        assert [server.id for server in await service.servers_of(connection, owner.id)] == [mine[0].id, mine[2].id]


async def test_heard_since_a_moment_means_later_than_it(database: Database) -> None:
    microsecond = timedelta(microseconds=1)
    earlier, at_once, later, never, deleted = [await a_new_server(database) for _ in range(5)]
    await a_heartbeat_of(database, earlier.id, now=NOON - microsecond)
    await a_heartbeat_of(database, at_once.id, now=NOON)
    await a_heartbeat_of(database, later.id, now=NOON + microsecond)
    await a_heartbeat_of(database, deleted.id, now=NOON + microsecond)
    await delete(database, deleted.id)
    async with database.read() as connection:
        assert [server.id for server in await service.heard_since(connection, NOON)] == [later.id]
    assert (await key_of(database, never.id)).server.heard_at is None


async def test_server_1_is_this_platform_which_has_no_owner_and_no_secret(database: Database) -> None:
    platform = await key_of(database, PLATFORM)
    assert platform.server.owner_id is None
    assert platform.server.heard_at is None
    assert not matches("", platform.secret_digest)
    for operation in (service.reset_secret, lambda t, i: service.delete_server(t, i, NOON)):
        async with database.write() as transaction:
            with pytest.raises(ServerNotFound):
                await operation(transaction, PLATFORM)


async def test_a_new_secret_voids_the_old_one(database: Database) -> None:
    made = await a_new_server(database)
    async with database.write() as transaction:
        renewed = await service.reset_secret(transaction, made.id)
    stored = (await key_of(database, made.id)).secret_digest
    assert renewed.id == made.id
    assert matches(renewed.secret, stored)
    assert not matches(made.secret, stored)


async def test_there_is_no_new_secret_for_deleted_or_unknown_servers(database: Database) -> None:
    made = await a_new_server(database)
    await delete(database, made.id)
    for server_id in (made.id, NOBODY):
        async with database.write() as transaction:
            with pytest.raises(ServerNotFound):
                await service.reset_secret(transaction, server_id)


async def test_an_administrator_enters_a_server_by_its_name_and_address_whatever_the_limit(database: Database) -> None:
    owner = await an_account(database)
    await a_new_server(database, owner_id=owner.id, limit=1)
    async with database.write() as transaction:
        made = await service.create(
            transaction, owner.id, name=" Go Hall ", url="https://go.example.org:8443/", now=NOON
        )
    server = (await key_of(database, made.id)).server
    assert (server.display_name, server.host_name, server.port) == ("Go Hall", "https://go.example.org:8443/", 8443)


@pytest.mark.parametrize("name", ["", "  ", "\x1c", "a" * 101, "a\nb", "a\u202eb"])
async def test_an_administrator_cannot_enter_a_server_without_a_proper_name(database: Database, name: str) -> None:
    owner = await an_account(database)
    async with database.write() as transaction:
        with pytest.raises(InvalidListing):
            await service.create(transaction, owner.id, name=name, url="https://go.example.org", now=NOON)
        with pytest.raises(InvalidHostName):
            await service.create(transaction, owner.id, name="Go Hall", url="go.example.org", now=NOON)


async def test_an_administrators_list_goes_on_after_an_id_and_shows_every_server(database: Database) -> None:
    made = [await a_new_server(database) for _ in range(3)]
    await delete(database, made[0].id)
    async with database.read() as connection:
        first = await service.list_servers(connection, limit=2)
        rest = await service.list_servers(connection, after_id=first[-1].id)
    assert [server.id for server in first + rest] == [PLATFORM, *(server.id for server in made)]


async def test_a_listing_is_kept_to_the_letter(database: Database) -> None:
    text = "naïve 碁 \U0001f3af 'quoted' \"double\" \\ % _ ; --"
    made = await a_new_server(database, display_name=text, description=text + "\nsecond line")
    server = (await key_of(database, made.id)).server
    assert (server.display_name, server.description) == (text, text + "\nsecond line")


async def find(database: Database, server_id: ServerId | None, name: str | None = None) -> ServerId:
    async with database.read() as connection:
        return (await service.find_server(connection, server_id, name)).id


async def test_a_server_is_found_by_its_id_or_without_one_by_its_very_name(database: Database) -> None:
    kgs, ogs = await a_new_server(database, display_name="KGS"), await a_new_server(database, display_name="OGS")
    assert await find(database, kgs.id) == kgs.id
    assert await find(database, None, " KGS ") == kgs.id
    assert await find(database, ogs.id, "KGS") == ogs.id
    assert await find(database, PLATFORM) == PLATFORM
    with pytest.raises(ServerNotNamed):
        await find(database, None)


async def test_unknown_and_deleted_servers_are_not_found(database: Database) -> None:
    made = await a_new_server(database, display_name="KGS")
    await delete(database, made.id)
    for server_id in (made.id, NOBODY, ServerId(0), ServerId(-1)):
        with pytest.raises(ServerNotFound):
            await find(database, server_id)
    for name in ("KGS", "kgs", "", "\x00", "\ud800", "K" * 5000):
        with pytest.raises(ServerNotFound):
            await find(database, None, name)


async def test_a_name_that_several_servers_bear_finds_none_of_them(database: Database) -> None:
    made = [await a_new_server(database, display_name="KGS") for _ in range(7)]
    with pytest.raises(SeveralServersNamed) as refusal:
        await find(database, None, "KGS")
    assert refusal.value.message.startswith("7 servers have this name")
    for server in made[:-1]:
        await delete(database, server.id)
    assert await find(database, None, "KGS") == made[-1].id
