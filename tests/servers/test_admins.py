"""Who looks after a game server."""

import asyncio
from datetime import timedelta

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.service import Account, AccountNotFound, Role
from tengen.core.database import Database, statements_executed
from tengen.core.values import AccountId, ServerId
from tengen.servers import admins, service
from tengen.servers.admins import (
    AccountNotNamed,
    AlreadyServerAdmin,
    NotServerAdmin,
    OwnerStays,
    ServerAdmin,
    ServerAdminNotFound,
    TooManyServerAdmins,
)
from tengen.servers.service import NewServer, ServerNotFound
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account

MINUTE = timedelta(minutes=1)
PLATFORM, NOWHERE = ServerId(1), ServerId(2**62)


async def add(
    database: Database, server: NewServer, account: Account, *, limit: int | None = 20, minutes: int = 0
) -> ServerAdmin:
    async with database.write() as transaction:
        return await admins.add_admin(transaction, server.id, account, limit=limit, now=NOON + minutes * MINUTE)


async def remove(database: Database, server_id: ServerId, account_id: AccountId) -> None:
    async with database.write() as transaction:
        await admins.remove_admin(transaction, server_id, account_id)


async def those_of(database: Database, server_id: ServerId) -> list[AccountId]:
    async with database.read() as connection:
        return [admin.account_id for admin in await admins.admins_of(connection, server_id)]


async def may_manage(database: Database, server_id: ServerId, *who: Account) -> list[bool]:
    async with database.read() as connection:
        return [await service.may_manage(connection, server_id, account) for account in who]


async def delete(database: Database, server_id: ServerId) -> None:
    async with database.write() as transaction:
        await service.delete_server(transaction, server_id, NOON)


async def test_the_owner_looks_after_a_server_and_after_it_who_was_added_in_that_order(database: Database) -> None:
    owner, late, early = [await an_account(database) for _ in range(3)]
    server = await a_new_server(database, owner_id=owner.id)
    await add(database, server, early, minutes=1)
    added = await add(database, server, late, minutes=2)
    assert added == ServerAdmin(late.id, late.display_name, is_owner=False, since=NOON + 2 * MINUTE)
    async with database.read() as connection:
        found = await admins.admins_of(connection, server.id)
    assert found == [
        ServerAdmin(owner.id, owner.display_name, is_owner=True, since=NOON),
        ServerAdmin(early.id, early.display_name, is_owner=False, since=NOON + MINUTE),
        added,
    ]


async def test_owner_and_admins_and_administrators_of_the_platform_may_manage_a_server(database: Database) -> None:
    owner, admin, stranger = [await an_account(database) for _ in range(3)]
    moderator = await an_account(database, roles=(Role.MODERATOR, Role.HOST, Role.BOT))
    administrator = await an_account(database, roles=(Role.ADMIN, Role.MODERATOR))
    server, other = await a_new_server(database, owner_id=owner.id), await a_new_server(database)
    await add(database, server, admin)
    asking = (owner, admin, administrator, stranger, moderator)
    assert await may_manage(database, server.id, *asking) == [True, True, True, False, False]
    assert await may_manage(database, other.id, *asking) == [False, False, True, False, False]


async def test_this_platform_and_deleted_and_unknown_servers_are_administrators_business(database: Database) -> None:
    owner, admin = await an_account(database), await an_account(database)
    administrator = await an_account(database, roles=(Role.ADMIN,))
    server = await a_new_server(database, owner_id=owner.id)
    await add(database, server, admin)
    await delete(database, server.id)
    for server_id in (server.id, PLATFORM, NOWHERE):
        assert await may_manage(database, server_id, owner, admin, administrator) == [False, False, True]


async def test_who_looks_after_a_server_is_known_by_one_statement(database: Database) -> None:
    owner = await an_account(database)
    server = await a_new_server(database, owner_id=owner.id)
    counter = [0]
    statements_executed.set(counter)
    assert await may_manage(database, server.id, owner) == [True]
    assert counter == [1]


async def test_others_are_told_that_they_may_not(database: Database) -> None:
    owner, stranger = await an_account(database), await an_account(database)
    administrator = await an_account(database, roles=(Role.ADMIN,))
    server = await a_new_server(database, owner_id=owner.id)
    async with database.read() as connection:
        for account in (owner, administrator):
            await admins.check_may_manage(connection, server.id, account)
        with pytest.raises(NotServerAdmin):
            await admins.check_may_manage(connection, server.id, stranger)


async def test_nobody_is_added_twice_nor_the_owner(database: Database) -> None:
    owner, admin = await an_account(database), await an_account(database)
    server = await a_new_server(database, owner_id=owner.id)
    await add(database, server, admin)
    for account in (owner, admin):
        with pytest.raises(AlreadyServerAdmin) as refusal:
            await add(database, server, account)
        assert account.display_name in refusal.value.message
    assert await those_of(database, server.id) == [owner.id, admin.id]


async def test_a_server_has_as_many_admins_as_the_limit_says_beside_its_owner(database: Database) -> None:
    owner = await an_account(database)
    server, other = await a_new_server(database, owner_id=owner.id), await a_new_server(database)
    first, second, third = [await an_account(database) for _ in range(3)]
    await add(database, server, first, limit=2)
    await add(database, server, second, limit=2)
    with pytest.raises(TooManyServerAdmins) as refusal:
        await add(database, server, third, limit=2)
    assert (refusal.value.status, "2 admins" in refusal.value.message) == (400, True)
    await add(database, other, third, limit=2)
    await remove(database, server.id, first.id)
    await add(database, server, third, limit=2)
    await add(database, server, first, limit=None)
    assert set(await those_of(database, server.id)) == {owner.id, first.id, second.id, third.id}


async def test_admins_added_at_the_same_moment_do_not_exceed_the_limit(database: Database) -> None:
    server = await a_new_server(database)
    candidates = [await an_account(database) for _ in range(8)]
    outcomes = await asyncio.gather(
        *(add(database, server, account, limit=3) for account in candidates), return_exceptions=True
    )
    assert sum(isinstance(outcome, ServerAdmin) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyServerAdmins) for outcome in outcomes) == 5
    assert len(await those_of(database, server.id)) == 4


async def test_the_same_account_added_twice_at_the_same_moment_is_added_once(database: Database) -> None:
    server, account = await a_new_server(database), await an_account(database)
    outcomes = await asyncio.gather(*(add(database, server, account) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(outcome, ServerAdmin) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyServerAdmin) for outcome in outcomes) == 3


async def test_an_admin_can_be_removed_and_the_owner_cannot(database: Database) -> None:
    owner, admin, stranger = [await an_account(database) for _ in range(3)]
    server = await a_new_server(database, owner_id=owner.id)
    await add(database, server, admin)
    with pytest.raises(OwnerStays):
        await remove(database, server.id, owner.id)
    await remove(database, server.id, admin.id)
    for account in (admin, stranger):
        with pytest.raises(ServerAdminNotFound):
            await remove(database, server.id, account.id)
    assert await those_of(database, server.id) == [owner.id]
    assert await may_manage(database, server.id, owner, admin) == [True, False]


async def test_this_platform_and_deleted_and_unknown_servers_have_no_admins(database: Database) -> None:
    account = await an_account(database, roles=(Role.ADMIN,))
    gone = await a_new_server(database, owner_id=account.id)
    await delete(database, gone.id)
    for server_id in (gone.id, PLATFORM, NOWHERE):
        async with database.write() as transaction:
            with pytest.raises(ServerNotFound):
                await admins.admins_of(transaction, server_id)
            with pytest.raises(ServerNotFound):
                await admins.add_admin(transaction, server_id, account, limit=None, now=NOON)
            with pytest.raises(ServerNotFound):
                await admins.remove_admin(transaction, server_id, account.id)
            with pytest.raises(ServerNotFound):
                await admins.check_may_manage(transaction, server_id, account)


async def test_a_new_admin_is_found_by_id_or_by_display_name(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    async with database.read() as connection:
        assert await admins.find_new_admin(connection, account.id, None) == account
        assert await admins.find_new_admin(connection, None, f" {account.display_name.upper()} ") == account
        assert await admins.find_new_admin(connection, account.id, other.display_name) == account
        with pytest.raises(AccountNotNamed):
            await admins.find_new_admin(connection, None, None)


async def test_e_mails_and_deleted_and_unknown_accounts_find_no_admin(database: Database) -> None:
    account, gone = await an_account(database), await an_account(database)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, gone.id, NOON)
    async with database.read() as connection:
        for account_id in (gone.id, AccountId(2**62), AccountId(0), AccountId(-1)):
            with pytest.raises(AccountNotFound):
                await admins.find_new_admin(connection, account_id, None)
        for name in (account.email, account.email.upper(), gone.display_name, "", "\x00", "\ud800", str(account.id)):
            with pytest.raises(AccountNotFound):
                await admins.find_new_admin(connection, None, name)
