"""What accounts tell of themselves is kept, a part at a time, and is gone with the account."""

import asyncio
from typing import Any

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName
from tengen.accounts.service import Account, NameTaken
from tengen.core.database import Database
from tengen.core.values import AccountId
from tengen.profiles import abouts
from tengen.profiles.about import NOTHING_TOLD, About, InvalidProfile
from tengen.profiles.abouts import MAX_SETTINGS
from tests.support.builders import NOON, an_account, unique


async def about(database: Database, account: Account) -> About:
    async with database.read() as connection:
        return (await abouts.abouts_of(connection, [account.id])).get(account.id, NOTHING_TOLD)


async def tell(database: Database, account: Account, *, name: str | None = None, **told: str | bool) -> None:
    async with database.write() as transaction:
        parsed = None if name is None else DisplayName.parse(name)
        await abouts.change_profile(transaction, account, name=parsed, told=told)


async def settings(database: Database, account: Account) -> dict[str, Any]:
    async with database.read() as connection:
        return await abouts.settings_of(connection, account.id)


async def change(database: Database, account: Account, changes: dict[str, Any]) -> None:
    async with database.write() as transaction:
        await abouts.change_settings(transaction, account.id, changes)


async def test_who_has_told_nothing_has_nothing(database: Database) -> None:
    account = await an_account(database)
    await tell(database, account)
    async with database.read() as connection:
        assert await abouts.abouts_of(connection, [account.id, AccountId(2**62)]) == {}
    assert await settings(database, account) == {}


async def test_each_part_stays_until_it_is_told_anew(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    await tell(database, account, country="jp", about="Three stones\na move.")
    await tell(database, account, country="kr", is_real_name_private=False, website="https://a.example")
    await change(database, account, {"desktop": True})
    expected = About(
        country="kr", is_real_name_private=False, website="https://a.example", about="Three stones\na move."
    )
    assert await about(database, account) == expected
    assert await about(database, other) == NOTHING_TOLD
    await tell(database, account, about="")
    assert await about(database, account) == About(
        country="kr", is_real_name_private=False, website="https://a.example"
    )
    assert await settings(database, account) == {"desktop": True}


async def test_parts_that_are_told_at_the_same_moment_are_all_kept(database: Database) -> None:
    account = await an_account(database)
    parts = {"first_name": "Mira", "last_name": "Murati", "country": "al", "language": "sq"}
    await asyncio.gather(*[tell(database, account, **{name: text}) for name, text in parts.items()])
    assert await about(database, account) == About("Mira", "Murati", country="al", language="sq")


async def test_a_name_that_is_taken_changes_nothing_else_either(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    with pytest.raises(NameTaken):
        await tell(database, account, name=other.display_name.upper(), country="jp")
    assert await about(database, account) == NOTHING_TOLD
    await tell(database, account, name=account.display_name, country="jp")  # its own is no other's
    name = unique("Mizuki ")
    await tell(database, account, name=name)
    async with database.read() as connection:
        renamed = (await accounts.accounts_by_ids(connection, [account.id]))[account.id]
    assert renamed.display_name == name


async def test_settings_are_set_one_by_one_and_taken_away_by_null(database: Database) -> None:
    account = await an_account(database)
    await change(database, account, {"desktop": True, "mail": {"daily": False}})
    await change(database, account, {"desktop": None, "sound": "碁\0", "volume": 0.5})
    assert await settings(database, account) == {"mail": {"daily": False}, "sound": "碁\0", "volume": 0.5}
    assert await about(database, account) == NOTHING_TOLD


async def test_settings_that_change_at_the_same_moment_are_all_kept(database: Database) -> None:
    account = await an_account(database)
    await asyncio.gather(*[change(database, account, {str(number): number}) for number in range(6)])
    assert await settings(database, account) == {str(number): number for number in range(6)}


async def test_settings_are_bounded_with_those_that_are_there_already(database: Database) -> None:
    account = await an_account(database)
    half = {"a": "x" * (MAX_SETTINGS // 2)}
    await change(database, account, half)
    for too_much in ({"b": "x" * (MAX_SETTINGS // 2)}, {"b": "碁" * (MAX_SETTINGS // 6)}):
        with pytest.raises(InvalidProfile, match="larger than 8,192 bytes"):
            await change(database, account, too_much)
    assert await settings(database, account) == half
    await change(database, account, {"a": None, "b": "x" * (MAX_SETTINGS // 2)})


def a_deep_list(depth: int) -> list[Any]:
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "half \ud800", a_deep_list(5_000)], ids=["nan", "inf", "half", "deep"]
)
async def test_settings_hold_nothing_that_could_not_be_sent_again(database: Database, value: Any) -> None:
    account = await an_account(database)
    with pytest.raises(InvalidProfile, match="none that JSON has"):
        await change(database, account, {"a": value})


async def test_a_closed_account_tells_nothing(database: Database) -> None:
    account, other = await an_account(database), await an_account(database)
    for one in (account, other):
        await tell(database, one, first_name="Mira")
    async with database.write() as transaction:
        await accounts.delete_account(transaction, account.id, NOON)
    assert await about(database, account) == NOTHING_TOLD
    assert await settings(database, account) == {}
    assert (await about(database, other)).first_name == "Mira"
