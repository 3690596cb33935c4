"""Friendships are stored, counted, listed and forgotten."""

import asyncio
from datetime import datetime, timedelta

import pytest

from tengen.accounts import service as accounts
from tengen.core.database import Database, statements_executed
from tengen.core.values import AccountId
from tengen.friends import service
from tengen.friends.friendship import Friendship, RequestNotFound, Step
from tengen.friends.service import MOST_OPEN, MOST_SHOWN, Relation, TooManyOpenRequests
from tests.support.builders import NOON, an_account

MINUTE = timedelta(minutes=1)


async def people(database: Database, count: int) -> list[AccountId]:
    return [(await an_account(database)).id for _ in range(count)]


async def ask(database: Database, who: AccountId, whom: AccountId, *, now: datetime = NOON) -> Step:
    async with database.write() as transaction:
        return await service.ask(transaction, who, whom, now=now)


async def befriend(database: Database, who: AccountId, *others: AccountId) -> None:
    """Everybody asks back, a minute after the one before."""
    for number, other in enumerate(others):
        await ask(database, who, other)
        await ask(database, other, who, now=NOON + number * MINUTE)


async def friends_of(database: Database, who: AccountId, *, offset: int = 0, limit: int = 10) -> list[AccountId]:
    async with database.read() as connection:
        return (await service.page_of_friends(connection, who, offset=offset, limit=limit))[1]


async def test_who_asks_back_is_a_friend_and_both_have_the_other(database: Database) -> None:
    mira, taro, other = await people(database, 3)
    await ask(database, mira, taro)
    assert await friends_of(database, mira) == []
    await ask(database, taro, mira, now=NOON + MINUTE)
    assert (await friends_of(database, mira), await friends_of(database, taro)) == ([taro], [mira])
    assert await friends_of(database, other) == []
    async with database.read() as connection:
        found = await service.friendship_of(connection, taro, mira)
    assert found == Friendship(mira, taro, NOON, NOON + MINUTE)


async def test_two_who_ask_each_other_at_the_same_moment_are_friends_once(database: Database) -> None:
    for _ in range(5):
        mira, taro = await people(database, 2)
        await asyncio.gather(ask(database, mira, taro), ask(database, taro, mira))
        assert (await friends_of(database, mira), await friends_of(database, taro)) == ([taro], [mira])


async def test_how_two_stand_to_each_other_is_seen_from_either_side(database: Database) -> None:
    mira, taro, other = await people(database, 3)

    async def seen(one: AccountId, other: AccountId) -> Relation:
        async with database.read() as connection:
            return await service.relation(connection, one, other)

    await ask(database, mira, taro)
    assert await seen(mira, taro) == Relation(has_asked=True)
    assert await seen(taro, mira) == Relation(is_asked=True)
    await ask(database, taro, mira)
    assert await seen(mira, taro) == await seen(taro, mira) == Relation(is_friend=True)
    assert await seen(mira, other) == await seen(mira, mira) == Relation()


async def test_an_answer_agrees_or_declines_and_needs_a_request(database: Database) -> None:
    mira, taro, hana = await people(database, 3)
    for asker in (taro, hana):
        await ask(database, asker, mira)
    async with database.write() as transaction:
        await service.agree(transaction, mira, taro, now=NOON)
        await service.decline(transaction, mira, hana)
    assert (await friends_of(database, mira), await friends_of(database, hana)) == ([taro], [])
    for nobody in (hana, AccountId(2**62)):
        with pytest.raises(RequestNotFound):
            async with database.write() as transaction:
                await service.agree(transaction, mira, nobody, now=NOON)


async def test_who_goes_their_way_is_nobodys_friend_and_may_ask_again(database: Database) -> None:
    mira, taro = await people(database, 2)
    for remover in (mira, taro):
        await befriend(database, mira, taro)
        async with database.write() as transaction:
            await service.remove(transaction, remover, taro if remover == mira else mira)
        assert await friends_of(database, mira) == await friends_of(database, taro) == []


async def test_friends_come_in_pages_the_oldest_friendship_first_in_two_statements(database: Database) -> None:
    mira, *others = await people(database, 6)
    await befriend(database, mira, *others[:2], *others[3:], others[2])
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        count, first = await service.page_of_friends(connection, mira, offset=0, limit=3)
    assert (count, first, counter) == (5, [others[0], others[1], others[3]], [2])
    assert await friends_of(database, mira, offset=3, limit=3) == [others[4], others[2]]
    assert await friends_of(database, mira, offset=2**62, limit=3) == []
    async with database.read() as connection:
        among = await service.friends_among(connection, mira, [*others[:2], mira, AccountId(2**62)])
        assert among == set(others[:2])
        assert await service.friends_among(connection, mira, []) == set()


async def test_requests_wait_in_the_order_in_which_they_came_and_are_not_all_shown(database: Database) -> None:
    mira, *askers = await people(database, MOST_SHOWN + 2)
    async with database.write() as transaction:
        for number, asker in enumerate(askers):
            await service.ask(transaction, asker, mira, now=NOON - number * MINUTE)
    async with database.read() as connection:
        waiting = await service.requests_to(connection, mira)
    assert [request.asker_id for request in waiting] == askers[:0:-1]


async def test_who_has_asked_many_waits_for_some_of_them_before_asking_more(database: Database) -> None:
    mira, last, *others = await people(database, MOST_OPEN + 2)
    async with database.write() as transaction:
        for other in others:
            await service.ask(transaction, mira, other, now=NOON)
    with pytest.raises(TooManyOpenRequests, match="take one back"):
        await ask(database, mira, last)
    await ask(database, mira, others[0])  # it was asked before
    await ask(database, others[0], mira)
    await ask(database, mira, last)
    await ask(database, last, mira)
    assert await friends_of(database, mira) == sorted([others[0], last])


async def test_a_closed_account_is_nobodys_friend(database: Database) -> None:
    mira, taro, hana, asked = await people(database, 4)
    await befriend(database, mira, taro, hana)
    await ask(database, hana, taro)
    await ask(database, taro, asked)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, taro, NOON)
    assert await friends_of(database, mira) == [hana]
    async with database.read() as connection:
        assert await service.requests_to(connection, asked) == []
