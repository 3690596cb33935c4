"""Skins in the database: made, given, worn."""

import asyncio

import pytest

from tengen.accounts.service import AccountNotFound
from tengen.clans import service as clans
from tengen.clans.icons import Icon
from tengen.clans.membership import ClanId
from tengen.clans.service import ClanNotFound
from tengen.clans.tags import ClanName, ClanTag
from tengen.core.database import Database
from tengen.core.values import AccountId
from tengen.skins import service as skins
from tengen.skins.service import InvalidSkin, Skin, SkinId, SkinNotFound
from tests.support.builders import NOON, a_tag, an_account, an_icon, unique


async def a_skin(
    database: Database,
    *,
    kind: str = "shield",
    unit: str = "nomad",
    model_path: str = "units/nomad/shield_a.model",
    description: str | None = None,
) -> Skin:
    async with database.write() as transaction:
        return await skins.create_skin(
            transaction, kind=kind, unit=unit, model_path=model_path, description=description, now=NOON
        )


async def a_clan(database: Database) -> ClanId:
    founder = await an_account(database)
    async with database.write() as transaction:
        clan = await clans.found_clan(
            transaction,
            founder.id,
            tag=ClanTag.parse(a_tag()),
            name=ClanName.parse(unique("Foxes")),
            icon=Icon.parse(an_icon()),
            now=NOON,
        )
    return clan.id


async def test_a_skin_is_given_to_an_account(database: Database) -> None:
    account = await an_account(database)
    first, second = await a_skin(database), await a_skin(database, unit="ogre", description=" of the first winter ")
    assert second == Skin(second.id, "of the first winter", "shield", "ogre", "units/nomad/shield_a.model")
    async with database.write() as transaction:
        await skins.give_to_account(transaction, second.id, account.id, NOON)
        await skins.give_to_account(transaction, first.id, account.id, NOON)
    async with database.read() as connection:
        assert await skins.skins_of_account(connection, account.id) == [first, second]
        assert await skins.list_skins(connection) == [first, second]
        assert await skins.list_skins(connection, after_id=first.id, limit=1) == [second]


async def test_a_skin_is_given_to_a_clan_and_not_to_its_owner(database: Database) -> None:
    clan_id, skin = await a_clan(database), await a_skin(database)
    async with database.write() as transaction:
        await skins.give_to_clan(transaction, skin.id, clan_id, NOON)
    async with database.read() as connection:
        assert await skins.skins_of_clan(connection, clan_id) == [skin]
        (owner,) = await clans.members(connection, clan_id)
        assert await skins.skins_of_account(connection, owner.account_id) == []


async def test_a_skin_given_twice_is_given_once(database: Database) -> None:
    clan_id, account, skin = await a_clan(database), await an_account(database), await a_skin(database)

    async def give() -> None:
        async with database.write() as transaction:
            await skins.give_to_account(transaction, skin.id, account.id, NOON)
            await skins.give_to_clan(transaction, skin.id, clan_id, NOON)

    await asyncio.gather(*[give() for _ in range(4)])
    async with database.read() as connection:
        assert await skins.skins_of_account(connection, account.id) == [skin]
        assert await skins.skins_of_clan(connection, clan_id) == [skin]


async def test_nothing_is_given_to_nobody(database: Database) -> None:
    skin, account = await a_skin(database), await an_account(database)
    async with database.write() as transaction:
        with pytest.raises(SkinNotFound):
            await skins.give_to_account(transaction, SkinId(404), account.id, NOON)
        with pytest.raises(AccountNotFound):
            await skins.give_to_account(transaction, skin.id, AccountId(404), NOON)
        with pytest.raises(ClanNotFound):
            await skins.give_to_clan(transaction, skin.id, ClanId(404), NOON)
    async with database.read() as connection:
        with pytest.raises(AccountNotFound):
            await skins.skins_of_account(connection, 404)
        with pytest.raises(ClanNotFound):
            await skins.skins_of_clan(connection, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"unit": " "},
        {"kind": "x" * 201},
        {"description": ""},
        {"description": "a\nb"},
        {"unit": "\u202enomad"},
        {"model_path": ""},
        {"model_path": "/etc/passwd"},
        {"model_path": "units/../../secret"},
        {"model_path": "units\\nomad"},
        {"model_path": "C:/units"},
    ],
)
async def test_a_skin_of_texts_that_mislead_is_refused(database: Database, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidSkin):
        await a_skin(database, **wrong)
