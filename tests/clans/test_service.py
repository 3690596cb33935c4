"""Clans in the database: names that are taken, commands that are stored, and commands that come at the same moment."""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import pytest

from tengen.accounts import service as accounts
from tengen.clans import service as clans
from tengen.clans.icons import Icon
from tengen.clans.membership import (
    AlreadyRelated,
    ClanId,
    ClanRank,
    EndReason,
    LastOwner,
    Membership,
    NoSuchInvitee,
    NotInvited,
)
from tengen.clans.service import Clan, ClanNameTaken, ClanNotFound, TagTaken
from tengen.clans.tags import ClanName, ClanTag
from tengen.core.database import Database, Transaction, statements_executed
from tengen.core.errors import TengenError
from tengen.core.values import AccountId
from tests.support.builders import NOON, an_account, an_icon, unique

MINUTE = timedelta(minutes=1)
RED = Icon.parse(an_icon())
OWNER, ADMIN, MEMBER = ClanRank.OWNER, ClanRank.ADMIN, ClanRank.MEMBER


async def ids(database: Database, number: int) -> list[AccountId]:
    return [(await an_account(database)).id for _ in range(number)]


async def a_clan(
    database: Database, founder: AccountId, *, tag: str = "^rFOX", name: str = "Night Foxes", now: datetime = NOON
) -> Clan:
    async with database.write() as transaction:
        return await clans.found_clan(
            transaction, founder, tag=ClanTag.parse(tag), name=ClanName.parse(name), icon=RED, now=now
        )


async def a_member(
    database: Database, clan: Clan, *, by: AccountId, account: AccountId | None = None, rank: ClanRank = MEMBER
) -> AccountId:
    account = account or (await an_account(database)).id
    async with database.write() as transaction:
        await clans.invite(transaction, clan.id, by, account, NOON)
        await clans.answer_invitation(transaction, clan.id, account, accept=True, now=NOON)
        if rank is not MEMBER:
            await clans.update_rank(transaction, clan.id, by, account, rank)
    return account


Command = Callable[[Transaction], Awaitable[Membership]]


async def attempt(database: Database, command: Command) -> str:
    """Run a command in a transaction of its own; the code of its refusal, or `done`."""
    try:
        async with database.write() as transaction:
            await command(transaction)
    except TengenError as refusal:
        return refusal.code
    return "done"


async def members_of(database: Database, clan_id: int) -> dict[AccountId, ClanRank]:
    async with database.read() as connection:
        return {relation.account_id: relation.rank for relation in await clans.members(connection, clan_id)}


async def test_a_founded_clan_is_there_with_its_owner(database: Database) -> None:
    (founder,) = await ids(database, 1)
    clan = await a_clan(database, founder)
    assert clan == Clan(clan.id, "^rFOX", "Night Foxes", RED, NOON, deleted_at=None)
    async with database.read() as connection:
        assert await clans.clan_by_id(connection, clan.id) == clan
        assert await clans.clans_by_ids(connection, [clan.id, clan.id + 1]) == [clan]
        assert await clans.list_clans(connection) == [clan]
        assert await clans.icon_of(connection, clan.id) == RED
        owner = Membership(clan.id, founder, OWNER, invited_at=NOON, joined_at=NOON)
        assert await clans.members(connection, clan.id) == [owner]
        assert await clans.memberships_of(connection, founder) == [owner]


async def test_clans_are_listed_page_by_page(database: Database) -> None:
    (founder,) = await ids(database, 1)
    made = [await a_clan(database, founder, tag=f"F{i}", name=f"Foxes {i}") for i in range(5)]
    async with database.read() as connection:
        first = await clans.list_clans(connection, limit=2)
        rest = await clans.list_clans(connection, after_id=first[-1].id)
    assert [clan.id for clan in first + rest] == [clan.id for clan in made]
    assert len(first) == 2


async def test_tags_are_compared_as_written_and_names_as_read(database: Database) -> None:
    (founder,) = await ids(database, 1)
    await a_clan(database, founder, tag="^rFOX", name="Night Foxes")
    await a_clan(database, founder, tag="^gFOX", name="Day Foxes")
    with pytest.raises(TagTaken, match="Clan tag taken"):
        await a_clan(database, founder, tag="^rFOX", name="Night Foxes")
    with pytest.raises(ClanNameTaken, match="Clan name taken"):
        await a_clan(database, founder, tag="FOX", name="ＮＩＧＨＴ  foxes")


async def test_of_founders_at_the_same_moment_one_gets_the_tag_and_one_the_name(database: Database) -> None:
    founders = await ids(database, 6)

    async def found(founder: AccountId, tag: str, name: str) -> str:
        try:
            await a_clan(database, founder, tag=tag, name=name)
        except TengenError as refusal:
            return refusal.code
        return "done"

    same_tag = await asyncio.gather(*[found(founder, "FOX", unique("Foxes")) for founder in founders])
    assert sorted(same_tag) == ["clan_tag_taken"] * 5 + ["done"]
    same_name = await asyncio.gather(*[found(founder, f"F{i}", "Foxes") for i, founder in enumerate(founders)])
    assert sorted(same_name) == ["clan_name_taken"] * 5 + ["done"]


async def test_there_is_nothing_of_an_unknown_clan(database: Database) -> None:
    (anybody,) = await ids(database, 1)
    async with database.read() as connection:
        for read in (clans.clan_by_id, clans.icon_of, clans.members, clans.check_exists):
            with pytest.raises(ClanNotFound):
                await read(connection, 404)
        assert not await clans.is_member(connection, 404, anybody)
        with pytest.raises(accounts.AccountNotFound):
            await clans.memberships_of(connection, 404)


async def test_an_invitation_is_seen_by_both_sides_until_it_is_answered(database: Database) -> None:
    founder, guest = await ids(database, 2)
    clan = await a_clan(database, founder)
    async with database.write() as transaction:
        invitation = await clans.invite(transaction, clan.id, founder, guest, NOON)
    async with database.read() as connection:
        assert await clans.invitations_to(connection, guest) == [invitation]
        assert await clans.invitations_by(connection, clan.id, founder) == [invitation]
        assert not await clans.is_member(connection, clan.id, guest)
    async with database.write() as transaction:
        joined = await clans.answer_invitation(transaction, clan.id, guest, accept=True, now=NOON + MINUTE)
    async with database.read() as connection:
        assert await clans.invitations_to(connection, guest) == []
        assert await clans.invitations_by(connection, clan.id, guest) == []
        assert await clans.memberships_of(connection, guest) == [joined]
        assert await clans.is_member(connection, clan.id, guest)


async def test_whoever_left_can_be_invited_again(database: Database) -> None:
    (founder,) = await ids(database, 1)
    clan = await a_clan(database, founder)
    admin = await a_member(database, clan, by=founder, rank=ADMIN)
    async with database.write() as transaction:
        left = await clans.leave(transaction, clan.id, admin, NOON + MINUTE)
    assert (left.rank, left.ended_at, left.end_reason) == (ADMIN, NOON + MINUTE, EndReason.LEFT)
    await a_member(database, clan, by=founder, account=admin)
    assert await members_of(database, clan.id) == {founder: OWNER, admin: MEMBER}


async def test_accounts_that_are_deleted_or_unknown_cannot_be_invited(database: Database) -> None:
    founder, gone = await ids(database, 2)
    clan = await a_clan(database, founder)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, gone, NOON)
    for nobody in (gone, AccountId(404), AccountId(0), AccountId(-(2**63) + 1)):
        with pytest.raises(NoSuchInvitee):
            async with database.write() as transaction:
                await clans.invite(transaction, clan.id, founder, nobody, NOON)


async def test_with_its_last_member_a_clan_ends_and_its_names_are_free_again(database: Database) -> None:
    founder, guest = await ids(database, 2)
    clan = await a_clan(database, founder)
    async with database.write() as transaction:
        await clans.invite(transaction, clan.id, founder, guest, NOON)
        await clans.leave(transaction, clan.id, founder, NOON + MINUTE)
    async with database.read() as connection:
        assert (await clans.clan_by_id(connection, clan.id)).deleted_at == NOON + MINUTE
        assert await clans.list_clans(connection) == []
        assert await clans.members(connection, clan.id) == []
        assert await clans.invitations_to(connection, guest) == []
    with pytest.raises(NotInvited, match="This invitation has been retracted"):
        async with database.write() as transaction:
            await clans.answer_invitation(transaction, clan.id, guest, accept=True, now=NOON)
    assert (await a_clan(database, guest)).id != clan.id


async def test_the_last_owner_stays_as_long_as_others_do(database: Database) -> None:
    (founder,) = await ids(database, 1)
    clan = await a_clan(database, founder)
    member = await a_member(database, clan, by=founder)
    with pytest.raises(LastOwner):
        async with database.write() as transaction:
            await clans.leave(transaction, clan.id, founder, NOON)
    assert await members_of(database, clan.id) == {founder: OWNER, member: MEMBER}


async def test_a_command_costs_the_statements_that_its_description_says(database: Database) -> None:
    founder, guest = await ids(database, 2)
    clan = await a_clan(database, founder)
    commands: list[tuple[int, Command]] = [
        (4, lambda t: clans.invite(t, clan.id, founder, guest, NOON)),
        (3, lambda t: clans.answer_invitation(t, clan.id, guest, accept=True, now=NOON)),
        (3, lambda t: clans.update_rank(t, clan.id, founder, guest, OWNER)),
        (3, lambda t: clans.leave(t, clan.id, founder, NOON)),
        (4, lambda t: clans.leave(t, clan.id, guest, NOON)),
    ]
    for number, command in commands:
        counter = [0]
        token = statements_executed.set(counter)
        assert await attempt(database, command) == "done"
        statements_executed.reset(token)
        assert counter[0] == number


async def test_of_two_owners_who_leave_at_the_same_moment_one_stays(database: Database) -> None:
    for _ in range(5):
        (founder,) = await ids(database, 1)
        clan = await a_clan(database, founder, tag=f"F{founder}", name=unique("Foxes"))
        second = await a_member(database, clan, by=founder, rank=OWNER)
        await a_member(database, clan, by=founder)
        outcomes = await asyncio.gather(
            attempt(database, lambda t: clans.leave(t, clan.id, founder, NOON)),  # noqa: B023
            attempt(database, lambda t: clans.leave(t, clan.id, second, NOON)),  # noqa: B023
        )
        assert sorted(outcomes) == ["done", "last_owner"]
        assert OWNER in (await members_of(database, clan.id)).values()


async def test_one_invitation_comes_of_many_at_the_same_moment(database: Database) -> None:
    founder, guest = await ids(database, 2)
    clan = await a_clan(database, founder)
    outcomes = await asyncio.gather(
        *[attempt(database, lambda t: clans.invite(t, clan.id, founder, guest, NOON)) for _ in range(6)]
    )
    assert sorted(outcomes) == [AlreadyRelated.code] * 5 + ["done"]


def a_command(draw: random.Random, clan_id: ClanId, people: Sequence[AccountId]) -> Command:
    """Any command by anybody."""
    who, whom = draw.choice(people), draw.choice(people)
    rank, accept = draw.choice(list(ClanRank)), draw.random() < 0.8
    return draw.choice(
        [
            lambda t: clans.invite(t, clan_id, who, whom, NOON),
            lambda t: clans.invite(t, clan_id, who, whom, NOON),
            lambda t: clans.answer_invitation(t, clan_id, who, accept=accept, now=NOON),
            lambda t: clans.answer_invitation(t, clan_id, whom, accept=accept, now=NOON),
            lambda t: clans.retract_invitation(t, clan_id, who, whom, NOON),
            lambda t: clans.kick(t, clan_id, who, whom, NOON),
            lambda t: clans.update_rank(t, clan_id, who, whom, rank),
            lambda t: clans.leave(t, clan_id, who, NOON),
        ]
    )


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_commanded_at_once_a_clan_with_members_has_an_owner(database: Database, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  # chooses commands, guards nothing
    people = await ids(database, 5)
    clan = await a_clan(database, people[0])
    for person in people[1:4]:
        await a_member(database, clan, by=people[0], account=person, rank=draw.choice(list(ClanRank)))
    for _ in range(12):
        await asyncio.gather(*[attempt(database, a_command(draw, clan.id, people)) for _ in range(8)])
        members = await members_of(database, clan.id)
        async with database.read() as connection:
            has_ended = (await clans.clan_by_id(connection, clan.id)).deleted_at is not None
            invited = [person for person in people if await clans.invitations_to(connection, person)]
        assert has_ended == (not members)
        assert OWNER in members.values() if members else not invited


async def test_the_icon_is_changed_by_admins_alone(database: Database) -> None:
    (founder,) = await ids(database, 1)
    clan = await a_clan(database, founder)
    member = await a_member(database, clan, by=founder)
    small = Icon.parse(an_icon(width=1, height=1))
    with pytest.raises(TengenError, match="User is not authorized to change icon for this clan"):
        async with database.write() as transaction:
            await clans.update_icon(transaction, clan.id, member, small)
    async with database.write() as transaction:
        changed = await clans.update_icon(transaction, clan.id, founder, small)
    assert changed.icon == small
    async with database.read() as connection:
        assert (await clans.icon_of(connection, clan.id)).png == base64.b64decode(small.base64)
