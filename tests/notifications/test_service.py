"""What accounts are told is kept until they have read it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.database import Database
from tengen.notifications import service
from tengen.notifications.service import MOST_KEPT, Notification
from tests.support.builders import NOON, an_account

SECOND = timedelta(seconds=1)


def a_notification(number: int = 1, *, kind: str = "gameStarted", **members: Any) -> Notification:
    """News of a game, told so many seconds after noon."""
    return Notification(f"{kind}:{number}", kind, NOON + number * SECOND, members)


async def store(database: Database, account: Account, *notifications: Notification) -> None:
    async with database.write() as transaction:
        for notification in notifications:
            await service.store(transaction, account.id, notification)


async def kept(database: Database, account: Account) -> list[Notification]:
    async with database.read() as connection:
        return await service.notifications_of(connection, account.id)


async def test_what_an_account_was_told_comes_back_the_oldest_first_with_all_its_members(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    late = a_notification(2, game_id=9, name="late \0 “game”", komi=None, black={"id": 1})
    early = a_notification(1)
    await store(database, account, late, early)
    assert await kept(database, account) == [early, late]
    assert await kept(database, other) == []


def test_on_the_wire_the_members_stand_beside_the_common_ones() -> None:
    told = a_notification(1, game_id=9).to_wire()
    assert told == {"id": "gameStarted:1", "type": "gameStarted", "timestamp": 1777723201, "game_id": 9}


async def test_the_same_news_replaces_what_the_account_was_told_before(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    again = Notification("gameStarted:1", "gameEnded", NOON + 5 * SECOND, {"outcome": "Resignation"})
    await store(database, account, a_notification(1))
    await store(database, other, a_notification(1))
    await store(database, account, again)
    assert await kept(database, account) == [again]
    assert await kept(database, other) == [a_notification(1)]


async def test_what_was_read_is_forgotten_and_only_by_who_has_read_it(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    for one in (account, other):
        await store(database, one, a_notification(1), a_notification(2))
    async with database.write() as transaction:
        assert await service.drop(transaction, account.id, "gameStarted:1")
        for unknown in ("gameStarted:1", "", "x" * 10_000, "ü"):
            assert not await service.drop(transaction, account.id, unknown)
    assert await kept(database, account) == [a_notification(2)]
    assert len(await kept(database, other)) == 2


async def test_what_nobody_reads_is_forgotten_in_the_end_the_oldest_first(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    await store(database, other, a_notification(0))
    for first in range(0, MOST_KEPT + 40, 40):
        await store(database, account, *(a_notification(number) for number in range(first, first + 40)))
    found = await kept(database, account)
    assert [one.id for one in found] == [f"gameStarted:{number}" for number in range(40, MOST_KEPT + 40)]
    assert await kept(database, other) == [a_notification(0)]


async def test_who_tells_two_full_accounts_something_at_once_in_either_order_waits_for_nobody(
    database: Database,
) -> None:
    first, second = await an_account(database), await an_account(database)
    for account in (first, second):
        await store(database, account, *(a_notification(number) for number in range(MOST_KEPT)))

    async def tell(number: int, *accounts_told: Account) -> None:
        async with asyncio.timeout(30), database.write() as transaction:
            for account in accounts_told:
                await service.store(transaction, account.id, a_notification(number))
                await asyncio.sleep(0.01)

    await asyncio.gather(tell(1_000, first, second), tell(1_001, second, first))
    await store(database, first, a_notification(1_002))
    assert len(await kept(database, first)) == MOST_KEPT


async def test_a_closed_account_is_told_nothing_any_more(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    for one in (account, other):
        await store(database, one, a_notification(1))
    async with database.write() as transaction:
        await accounts.delete_account(transaction, account.id, NOON)
    assert await kept(database, account) == []
    assert len(await kept(database, other)) == 1


async def test_a_number_that_json_has_not_is_the_mistake_of_who_tells_it(database: Database) -> None:
    account = await an_account(database)
    with pytest.raises(ValueError, match="JSON"):
        await store(database, account, a_notification(1, komi=float("nan")))
