"""Claiming member numbers, on both databases: links and their end, conflicts, stand-ins."""

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from tengen.accounts import service as accounts
from tengen.accounts.authentication import Passwords
from tengen.accounts.names import DisplayName, Email, LoginName
from tengen.accounts.service import Account, AccountNotFound
from tengen.associations import service
from tengen.associations.members import Member
from tengen.associations.models import MemberClaimRow
from tengen.associations.numbers import InvalidMemberNumber, MemberNumber
from tengen.associations.service import (
    AlreadyMember,
    LinkNotFound,
    MemberClaimed,
    Membership,
    MembershipNotFound,
    NoMailOnFile,
    NumberClaimed,
)
from tengen.core.database import Database
from tengen.core.mail import MailRequested
from tengen.core.outbox import Dispatcher
from tengen.core.platform import Platform
from tengen.core.security import matches
from tengen.core.values import AccountId
from tengen.players import service as players
from tests.associations.builders import a_number
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ADA = Member(Email.parse("ada@members.example"), "Ada Lovelace")
PAGE = "https://tengen.example/memberships/confirm?token="


@dataclass
class Post:
    """The mails that went out."""

    platform: Platform
    mails: list[MailRequested]

    async def newest(self) -> MailRequested:
        """The mail that was asked for last."""
        await Dispatcher(self.platform.database, self.platform.events.deliver).deliver_due()
        return self.mails[-1]


@pytest.fixture
def post(platform: Platform) -> Post:
    """Everything that is mailed."""
    mails: list[MailRequested] = []

    async def keep(mail: MailRequested) -> None:
        mails.append(mail)

    platform.events.later(MailRequested, "mail of a test", keep)
    return Post(platform, mails)


@pytest.fixture
def claimed(platform: Platform) -> list[MemberClaimed]:
    """Every claim that was announced."""
    events: list[MemberClaimed] = []

    async def keep(_transaction: object, event: MemberClaimed) -> None:
        events.append(event)

    platform.events.together(MemberClaimed, keep)
    return events


def of_aga() -> MemberNumber:
    return MemberNumber.parse("aga", a_number())


async def a_link(
    post: Post, account: Account, number: MemberNumber, *, member: Member = ADA, after: timedelta = timedelta()
) -> str:
    """The token of a link that is mailed to the member of this number."""
    async with post.platform.database.write() as transaction:
        await service.send_link(transaction, account, number, member, page=PAGE, now=NOON + after, lifetime=DAY)
    found = re.search(rf"^    {re.escape(PAGE)}(\w+)$", (await post.newest()).text, re.MULTILINE)
    assert found is not None
    return found[1]


async def confirm(
    database: Database, token: str, *, after: timedelta = SECOND, signed_in: Account | None = None
) -> Membership:
    async with database.write() as transaction:
        return await service.confirm(
            transaction, token, now=NOON + after, lifetime=DAY, signed_in=signed_in.id if signed_in else None
        )


async def a_membership(database: Database, *, account: Account | None = None) -> Membership:
    """A number that an account has."""
    account = account or await an_account(database)
    async with database.write() as transaction:
        return await service.link_account(transaction, of_aga(), account.id, now=NOON)


async def a_stand_in(database: Database, number: MemberNumber) -> AccountId:
    """The stand-in for the member of this number."""
    async with database.write() as transaction:
        found = await service.ensure_stand_ins(transaction, number.association, [number.number], now=NOON)
    return found[number.number]


async def holder(database: Database, number: MemberNumber) -> AccountId:
    async with database.read() as connection:
        return (await service.find_membership(connection, number)).account_id


async def open_links(database: Database) -> int:
    async with database.read() as connection:
        return len(await connection.all(select(MemberClaimRow.token_digest)))


# ── the link ──


async def test_following_the_link_in_the_mail_gives_the_account_the_number(database: Database, post: Post) -> None:
    account, number = await an_account(database), of_aga()
    token = await a_link(post, account, number)
    assert await confirm(database, token) == Membership(number, account.id, NOON + SECOND)
    async with database.read() as connection:
        assert await service.memberships_of(connection, account.id) == [Membership(number, account.id, NOON + SECOND)]
        assert await service.numbers_of(connection, "aga", [account.id]) == {account.id: number.number}
        assert await service.numbers_of(connection, "egf", [account.id]) == {}


async def test_the_mail_goes_to_the_member_and_names_the_number_and_the_account(database: Database, post: Post) -> None:
    account, number = await an_account(database, display_name="<b>Mira</b>"), of_aga()
    token = await a_link(post, account, number)
    mail = await post.newest()
    assert mail.to == "ada@members.example"
    assert str(number) in mail.subject
    for text in (mail.text, mail.html):
        assert {"Hello Ada Lovelace,", str(number), f"{PAGE}{token}", "within 24 hours"} <= set(
            re.findall(rf"Hello Ada Lovelace,|{number}|{re.escape(PAGE)}\w+|within 24 hours", text)
        )
    assert "“<b>Mira</b>”" in mail.text
    assert "<b>&lt;b&gt;Mira&lt;/b&gt;</b>" in mail.html


async def test_a_member_whose_name_is_unknown_is_greeted_without(database: Database, post: Post) -> None:
    await a_link(post, await an_account(database), of_aga(), member=Member(ADA.email, ""))
    assert (await post.newest()).text.startswith("Hello,\n")


async def test_the_link_itself_is_not_stored(database: Database, post: Post) -> None:
    token = await a_link(post, await an_account(database), of_aga())
    async with database.read() as connection:
        (row,) = await connection.all(select(MemberClaimRow.token_digest))
    assert matches(token, row.token_digest)
    assert token not in str(row)
    assert len(token) == 32


async def test_a_link_tells_what_it_would_do_and_does_nothing_until_it_is_followed(
    database: Database, post: Post
) -> None:
    account, number = await an_account(database), of_aga()
    token = await a_link(post, account, number)
    for _ in range(2):
        async with database.read() as connection:
            link = await service.open_link(connection, token, now=NOON + SECOND, lifetime=DAY)
            assert (link.number, link.account_id) == (number, account.id)
            assert await service.memberships_of(connection, account.id) == []


async def test_a_link_works_once(database: Database, post: Post) -> None:
    token = await a_link(post, await an_account(database), of_aga())
    membership = await confirm(database, token)
    with pytest.raises(LinkNotFound):
        await confirm(database, token)
    async with database.write() as transaction:
        await service.unlink_number(transaction, membership.number)
    with pytest.raises(LinkNotFound):
        await confirm(database, token)


async def test_a_link_works_for_a_day(database: Database, post: Post) -> None:
    account, number = await an_account(database), of_aga()
    token = await a_link(post, account, number)
    with pytest.raises(LinkNotFound):
        await confirm(database, token, after=DAY)
    async with database.read() as connection:
        with pytest.raises(LinkNotFound):
            await service.open_link(connection, token, now=NOON + DAY, lifetime=DAY)
    assert (await confirm(database, token, after=DAY - SECOND)).account_id == account.id


async def test_a_newer_link_replaces_the_one_before(database: Database, post: Post) -> None:
    account = await an_account(database)
    old = await a_link(post, account, of_aga())
    of_another_association = await a_link(post, account, MemberNumber.parse("egf", "7"))
    new = await a_link(post, account, of_aga())
    with pytest.raises(LinkNotFound):
        await confirm(database, old)
    await confirm(database, new)
    await confirm(database, of_another_association)
    async with database.read() as connection:
        names = [membership.number.association for membership in await service.memberships_of(connection, account.id)]
    assert names == ["aga", "egf"]


async def test_links_that_are_too_old_do_not_stay(database: Database, post: Post) -> None:
    await a_link(post, await an_account(database), of_aga())
    await a_link(post, await an_account(database), of_aga(), after=DAY - SECOND)
    assert await open_links(database) == 2
    await a_link(post, await an_account(database), of_aga(), after=DAY)
    assert await open_links(database) == 2


@pytest.mark.parametrize("token", ["", "0" * 32, "token", "\0", "é"])
async def test_a_token_that_was_never_mailed_opens_nothing(database: Database, post: Post, token: str) -> None:
    await a_link(post, await an_account(database), of_aga())
    with pytest.raises(LinkNotFound):
        await confirm(database, token)


async def test_signed_in_only_the_account_that_asked_can_follow_the_link(database: Database, post: Post) -> None:
    account = await an_account(database)
    token = await a_link(post, account, of_aga())
    with pytest.raises(LinkNotFound):
        await confirm(database, token, signed_in=await an_account(database))
    assert (await confirm(database, token, signed_in=account)).account_id == account.id


async def test_a_deleted_account_gets_no_number(database: Database, post: Post) -> None:
    account, number = await an_account(database), of_aga()
    token = await a_link(post, account, number)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, account.id, NOON)
    with pytest.raises(LinkNotFound):
        await confirm(database, token)
    async with database.write() as transaction:
        with pytest.raises(AccountNotFound):
            await service.link_account(transaction, number, account.id, now=NOON)
        with pytest.raises(AccountNotFound):
            await service.link_account(transaction, number, AccountId(10**9), now=NOON)


async def test_without_an_address_on_file_there_is_no_link(database: Database, post: Post) -> None:
    with pytest.raises(NoMailOnFile, match="Ask the association"):
        await a_link(post, await an_account(database), of_aga(), member=Member(None, "Ada Lovelace"))
    assert await open_links(database) == 0


# ── conflicts ──


async def test_a_number_that_another_account_has_is_not_asked_for(database: Database, post: Post) -> None:
    membership = await a_membership(database)
    with pytest.raises(NumberClaimed) as refusal:
        await a_link(post, await an_account(database, display_name="Tova"), membership.number)
    holder = await an_account(database)
    assert holder.display_name not in refusal.value.message
    assert post.mails == []


async def test_a_number_that_was_claimed_since_the_mail_stays_where_it_is(database: Database, post: Post) -> None:
    number = of_aga()
    tokens = [await a_link(post, await an_account(database), number) for _ in range(2)]
    early = await confirm(database, tokens[1])
    for _ in range(2):
        with pytest.raises(NumberClaimed):
            await confirm(database, tokens[0])
    assert await holder(database, number) == early.account_id


async def test_an_account_that_was_given_a_number_since_the_mail_keeps_it(database: Database, post: Post) -> None:
    account, given = await an_account(database), of_aga()
    token = await a_link(post, account, of_aga())
    async with database.write() as transaction:
        await service.link_account(transaction, given, account.id, now=NOON)
    with pytest.raises(LinkNotFound):
        await confirm(database, token)
    assert await holder(database, given) == account.id


async def test_an_account_has_one_number_of_an_association(database: Database, post: Post) -> None:
    account = await an_account(database)
    membership = await a_membership(database, account=account)
    with pytest.raises(AlreadyMember, match=f"has the number {membership.number}. Remove"):
        await a_link(post, account, of_aga())
    with pytest.raises(AlreadyMember, match=f"has the number {membership.number} already"):
        await a_link(post, account, membership.number)
    async with database.write() as transaction:
        await service.unlink_account(transaction, "aga", account.id)
    await confirm(database, await a_link(post, account, of_aga()))


async def test_of_accounts_that_claim_a_number_at_once_one_gets_it(database: Database, post: Post) -> None:
    number = of_aga()
    claimants = [await an_account(database) for _ in range(4)]
    tokens = [await a_link(post, account, number) for account in claimants]
    answers = await asyncio.gather(*[confirm(database, token) for token in tokens], return_exceptions=True)
    (winner,) = [answer for answer in answers if isinstance(answer, Membership)]
    assert sorted(type(answer).__name__ for answer in answers) == ["Membership", *["NumberClaimed"] * 3]
    assert await holder(database, number) == winner.account_id


async def test_of_accounts_that_claim_a_stand_ins_number_at_once_one_gets_it(
    database: Database, post: Post, claimed: list[MemberClaimed]
) -> None:
    number = of_aga()
    await a_stand_in(database, number)
    tokens = [await a_link(post, await an_account(database), number) for _ in range(4)]
    answers = await asyncio.gather(*[confirm(database, token) for token in tokens], return_exceptions=True)
    (winner,) = [answer for answer in answers if isinstance(answer, Membership)]
    assert sorted(type(answer).__name__ for answer in answers) == ["Membership", *["NumberClaimed"] * 3]
    assert [event.account_id for event in claimed] == [winner.account_id]


async def test_a_link_followed_twice_at_once_works_once(database: Database, post: Post) -> None:
    token = await a_link(post, await an_account(database), of_aga())
    answers = await asyncio.gather(*[confirm(database, token) for _ in range(4)], return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == [*["LinkNotFound"] * 3, "Membership"]


# ── giving a number back ──


async def test_a_number_given_back_can_be_claimed_by_another(database: Database, post: Post) -> None:
    membership = await a_membership(database)
    async with database.write() as transaction:
        await service.unlink_account(transaction, "aga", membership.account_id)
    other = await an_account(database)
    assert (await confirm(database, await a_link(post, other, membership.number))).account_id == other.id


async def test_what_nobody_has_claimed_cannot_be_given_back(database: Database) -> None:
    account, number = await an_account(database), of_aga()
    stand_in = await a_stand_in(database, number)
    async with database.write() as transaction:
        for account_id in (account.id, stand_in):
            with pytest.raises(MembershipNotFound):
                await service.unlink_account(transaction, "aga", account_id)
        for unclaimed in (number, of_aga()):
            with pytest.raises(MembershipNotFound):
                await service.unlink_number(transaction, unclaimed)
    assert await holder(database, number) == stand_in


# ── stand-ins ──


async def test_a_stand_in_holds_the_history_of_a_member_who_has_not_come(database: Database, post: Post) -> None:
    number = of_aga()
    stand_in = await a_stand_in(database, number)
    assert await a_stand_in(database, MemberNumber("aga", f"00{number.number}")) == stand_in
    async with database.read() as connection:
        account = (await accounts.accounts_by_ids(connection, [stand_in]))[stand_in]
        assert (account.display_name, account.may_be_proved) == (str(number), False)
        assert account.email.endswith("@stand-ins.invalid")
        assert stand_in in await players.players_on(connection, players.HOME, [stand_in])
        assert await service.numbers_of(connection, "aga", [stand_in]) == {}
        assert await service.memberships_of(connection, stand_in) == []
    await Dispatcher(database, post.platform.events.deliver).deliver_due()
    assert post.mails == []


@pytest.mark.parametrize("password", ["", "!", "no password"])
async def test_nobody_signs_in_as_a_stand_in(platform: Platform, password: str) -> None:
    number = of_aga()
    stand_in = await a_stand_in(platform.database, number)
    async with platform.database.read() as connection:
        found = await accounts.account_by_login(connection, LoginName.parse(str(number)))
    assert found is not None
    account, password_hash = found
    assert account.id == stand_in
    assert not await Passwords(platform.settings).matches(password, password_hash)


async def test_a_stand_in_takes_another_name_if_its_own_is_taken(database: Database) -> None:
    number = of_aga()
    for name in (str(number), f"{number} (2)"):
        await an_account(database, display_name=name)
    stand_in = await a_stand_in(database, number)
    async with database.read() as connection:
        assert (await accounts.accounts_by_ids(connection, [stand_in]))[stand_in].display_name == f"{number} (3)"


async def test_whoever_claims_the_number_takes_over_from_its_stand_in(
    database: Database, post: Post, claimed: list[MemberClaimed]
) -> None:
    account, number = await an_account(database, display_name="Mira"), of_aga()
    stand_in = await a_stand_in(database, number)
    abroad = await a_new_server(database)
    async with database.write() as transaction:
        theirs = await players.ensure_players(transaction, abroad.id, [stand_in], NOON)
    await confirm(database, await a_link(post, account, number))
    assert claimed == [
        MemberClaimed(association="aga", number=number.number, account_id=account.id, stand_in_id=stand_in)
    ]
    assert await holder(database, number) == account.id
    async with database.read() as connection:
        found = await accounts.accounts_by_ids(connection, [account.id, stand_in])
        assert found[stand_in].deleted_at == NOON + SECOND
        assert (found[account.id].display_name, found[account.id].deleted_at) == ("Mira", None)
        assert await players.players_on(connection, abroad.id, [account.id]) == {account.id: theirs[stand_in]}


async def test_a_claim_without_a_stand_in_is_not_announced(
    database: Database, post: Post, claimed: list[MemberClaimed]
) -> None:
    await confirm(database, await a_link(post, await an_account(database), of_aga()))
    assert claimed == []


async def test_if_the_history_cannot_be_taken_over_nothing_has_happened(database: Database, post: Post) -> None:
    number = of_aga()
    stand_in = await a_stand_in(database, number)
    token = await a_link(post, await an_account(database), number)

    async def refuse(_transaction: object, _event: MemberClaimed) -> None:
        raise RuntimeError("no")

    post.platform.events.together(MemberClaimed, refuse)
    with pytest.raises(RuntimeError, match="no"):
        await confirm(database, token)
    assert await holder(database, number) == stand_in
    assert await open_links(database) == 1


async def test_the_history_of_a_member_who_has_come_is_the_accounts(database: Database) -> None:
    membership = await a_membership(database)
    assert await a_stand_in(database, membership.number) == membership.account_id


async def test_a_stand_in_asked_for_at_once_is_one(database: Database) -> None:
    number = of_aga()
    made = await asyncio.gather(*[a_stand_in(database, number) for _ in range(4)])
    assert len(set(made)) == 1
    async with database.read() as connection:
        names = [account.display_name for account in await accounts.list_accounts(connection)]
    assert names == [str(number)]


async def test_a_stand_in_asked_for_while_its_number_is_claimed_is_the_claimant(database: Database, post: Post) -> None:
    account, number = await an_account(database), of_aga()
    token = await a_link(post, account, number)
    found, _ = await asyncio.gather(a_stand_in(database, number), confirm(database, token))
    # Whoever was first, the number is the account's, and no stand-in is left beside it.
    assert await holder(database, number) == account.id
    async with database.read() as connection:
        left = await accounts.list_accounts(connection)
    assert [other.id for other in left if other.deleted_at is None] == [account.id]
    assert found in {other.id for other in left}


async def test_a_stand_in_needs_a_number(database: Database) -> None:
    async with database.write() as transaction:
        with pytest.raises(InvalidMemberNumber):
            await service.ensure_stand_ins(transaction, "aga", ["1", "no number"], now=NOON)


async def test_stand_ins_names_that_are_taken_are_left_out_and_the_transaction_goes_on(database: Database) -> None:
    tova, again, second, rin = map(DisplayName.parse, ("Tova", "TOVA", "Tova II", "Rin"))
    async with database.write() as transaction:
        added = await accounts.add_stand_ins(transaction, [tova], now=NOON)
        added |= await accounts.add_stand_ins(transaction, [again, second, rin, rin], now=NOON)
        assert await accounts.add_stand_ins(transaction, [tova, again], now=NOON) == {}
    assert [*added] == [tova, second, rin]
    async with database.read() as connection:
        found = await accounts.accounts_by_ids(connection, list(added.values()))
        at_home = await players.home_players(connection, list(added.values()))
    assert [account.display_name for account in found.values()] == ["Tova", "Tova II", "Rin"]
    assert {account_id: player.name for account_id, player in at_home.items()} == {
        account_id: name.text for name, account_id in added.items()
    }


async def test_members_with_and_without_a_stand_in_are_found_together(database: Database) -> None:
    known, taken = of_aga(), of_aga()
    stand_in = await a_stand_in(database, known)
    await an_account(database, display_name=str(taken))
    numbers = [str(number) for number in range(5_000, 7_000)]
    async with database.write() as transaction:
        found = await service.ensure_stand_ins(transaction, "aga", [*numbers, known.number, taken.number], now=NOON)
        assert await service.ensure_stand_ins(transaction, "aga", [*found], now=NOON) == found
        people = await accounts.accounts_by_ids(transaction, list(found.values()))
    assert found[known.number] == stand_in
    assert len(people) == len(set(found.values())) == 2_002
    assert people[found["5000"]].display_name == "AGA 5000"
    assert people[found[taken.number]].display_name == f"{taken} (2)"
