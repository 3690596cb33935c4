"""Operations on accounts, on both databases."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tengen.accounts import service
from tengen.accounts.models import MailTokenRow
from tengen.accounts.names import DisplayName, Email, LoginName
from tengen.accounts.service import (
    Account,
    AccountNotFound,
    AlreadyVerified,
    DisposableEmail,
    EmailTaken,
    MailTokens,
    NameTaken,
    NoMailToken,
    RenewalTooSoon,
    Role,
)
from tengen.core.database import Database, statements_executed
from tengen.core.mail import MailRequested
from tengen.core.outbox import Dispatcher
from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.players import service as players
from tests.support.builders import NOON, an_account

SECOND = timedelta(seconds=1)
RULES = MailTokens(key=b"k" * 32, lifetime=timedelta(hours=24), tries=10, renewal=30 * SECOND)


@dataclass
class Post:
    """The mails that went out, as they were asked for."""

    platform: Platform
    mails: list[MailRequested]

    async def token(self, *, number: int = 1) -> str:
        """The token in the `number`-th mail."""
        await Dispatcher(self.platform.database, self.platform.events.deliver).deliver_due()
        return self.mails[number - 1].subject.rpartition(" ")[2]


@pytest.fixture
def post(platform: Platform) -> Post:
    """Everything that is mailed."""
    mails: list[MailRequested] = []

    async def keep(mail: MailRequested) -> None:
        mails.append(mail)

    platform.events.later(MailRequested, "mail of a test", keep)
    return Post(platform, mails)


async def an_unverified_account(database: Database, **how: Any) -> Account:
    return await an_account(database, mail_tokens=RULES, **how)


async def account_of(database: Database, account_id: int) -> Account:
    async with database.read() as connection:
        return (await service.accounts_by_ids(connection, [account_id]))[AccountId(account_id)]


async def verify(database: Database, account: Account, token: str, *, after: timedelta = SECOND) -> bool:
    async with database.write() as transaction:
        return await service.verify_mail(transaction, account, token, now=NOON + after, mail_tokens=RULES)


async def renew(database: Database, account: Account, *, after: timedelta) -> None:
    async with database.write() as transaction:
        await service.renew_mail_token(transaction, account, now=NOON + after, mail_tokens=RULES)


# ── registration ──


async def test_a_new_account_is_unverified_and_has_a_home_player_and_a_mail(database: Database, post: Post) -> None:
    account = await an_unverified_account(database, email="Mira@Tengen.example", display_name="Mira")

    assert (account.email, account.display_name, account.generation) == ("Mira@tengen.example", "Mira", 0)
    assert (account.created_at, account.last_online_at, account.verified_at) == (NOON, None, None)
    assert account.deleted_at is None
    assert not account.may_be_proved
    async with database.read() as connection:
        assert list(await players.players_on(connection, players.HOME, [account.id])) == [account.id]
    await post.token()
    (mail,) = post.mails
    assert mail.to == "Mira@tengen.example"


async def test_an_account_made_by_an_administrator_counts_as_verified_and_gets_no_mail(
    database: Database, post: Post
) -> None:
    account = await an_account(database, roles=(Role.ADMIN, Role.HOST))

    assert account.verified_at == NOON
    assert account.may_be_proved
    assert await Dispatcher(database, post.platform.events.deliver).deliver_due() == 0
    async with database.read() as connection:
        assert await service.roles_of(connection, [account.id]) == {account.id: [Role.ADMIN, Role.HOST]}


async def test_names_that_read_the_same_are_taken_and_the_display_name_is_told_first(database: Database) -> None:
    await an_account(database, email="mira@tengen.example", display_name="Straße")

    with pytest.raises(NameTaken, match="Display name taken"):
        await an_account(database, email="MIRA@tengen.example", display_name="STRASSE")
    with pytest.raises(EmailTaken, match="Username taken"):
        await an_account(database, email="MIRA@tengen.example", display_name="Mira")
    with pytest.raises(NameTaken):
        await an_account(database, email="tom@tengen.example", display_name="stra\u00dfe")


@pytest.mark.parametrize("same", ["email", "display_name"])
async def test_of_many_who_want_a_name_at_once_one_gets_it(database: Database, same: str) -> None:
    taken: dict[str, Any] = {same: {"email": "mira@tengen.example", "display_name": "Mira"}[same]}

    results = await asyncio.gather(*(an_account(database, **taken) for _ in range(4)), return_exceptions=True)

    refusal = EmailTaken if same == "email" else NameTaken
    assert sorted(type(result).__name__ for result in results) == sorted(["Account", *[refusal.__name__] * 3])


async def test_a_refused_registration_leaves_nothing(database: Database, post: Post) -> None:
    await an_account(database, display_name="Mira")
    with pytest.raises(NameTaken):
        await an_unverified_account(database, display_name="Mira")

    assert await Dispatcher(database, post.platform.events.deliver).deliver_due() == 0
    async with database.read() as connection:
        assert len(await service.list_accounts(connection)) == 1


@pytest.mark.parametrize("domain", ["mailinator.com", "mail.mailinator.com", "MAILINATOR.com"])
def test_addresses_of_throw_away_services_are_refused(domain: str) -> None:
    with pytest.raises(DisposableEmail, match="mailinator"):
        service.refuse_disposable(Email.parse(f"mira@{domain}"))


@pytest.mark.parametrize("domain", ["tengen.example", "gmail.com", "mailinator.com.example"])
def test_other_addresses_are_accepted(domain: str) -> None:
    service.refuse_disposable(Email.parse(f"mira@{domain}"))


# ── the mailed token ──


async def test_the_mailed_token_verifies_once(database: Database, post: Post) -> None:
    account = await an_unverified_account(database)
    token = await post.token()

    assert len(token) == 6
    assert set(token) <= set("ABCDEFGHJKMNOPQRSTUVWXYZ")
    assert await verify(database, account, token)
    verified = await account_of(database, account.id)
    assert (verified.verified_at, verified.last_online_at) == (NOON + SECOND, NOON + SECOND)
    assert verified.may_be_proved
    with pytest.raises(AlreadyVerified, match="User already verified mail"):
        await verify(database, verified, token)
    with pytest.raises(NoMailToken):  # also for who has read the account before it was verified
        await verify(database, account, token)


async def test_a_token_is_for_its_own_account(database: Database, post: Post) -> None:
    await an_unverified_account(database)
    other = await an_unverified_account(database)

    assert not await verify(database, other, await post.token(number=1))


async def test_case_counts_in_a_token(database: Database, post: Post) -> None:
    account = await an_unverified_account(database)

    assert not await verify(database, account, (await post.token()).lower())


async def test_a_token_is_stored_as_a_keyed_hash(database: Database, post: Post) -> None:
    await an_unverified_account(database)
    token = await post.token()
    async with database.read() as connection:
        (stored,) = await connection.one(select(MailTokenRow.token_mac))

    assert len(stored) == 32
    assert token.encode() not in stored


@pytest.mark.parametrize(("after", "holds"), [(RULES.lifetime - SECOND, True), (RULES.lifetime, False)])
async def test_a_token_holds_for_a_day(database: Database, post: Post, after: timedelta, holds: bool) -> None:
    account = await an_unverified_account(database)
    token = await post.token()
    if holds:
        assert await verify(database, account, token, after=after)
    else:
        with pytest.raises(NoMailToken, match="No mail verification token found for user"):
            await verify(database, account, token, after=after)


async def test_after_ten_wrong_tries_even_the_right_token_is_void(database: Database, post: Post) -> None:
    account = await an_unverified_account(database)
    token = await post.token()
    wrong = "AAAAAA" if token != "AAAAAA" else "BBBBBB"

    assert await asyncio.gather(*(verify(database, account, wrong) for _ in range(9))) == [False] * 9
    assert not await verify(database, account, wrong)
    with pytest.raises(NoMailToken, match="request a new one"):
        await verify(database, account, token)

    await renew(database, account, after=30 * SECOND)
    assert await verify(database, account, await post.token(number=2), after=31 * SECOND)


async def test_a_new_token_makes_the_old_one_void(database: Database, post: Post) -> None:
    account = await an_unverified_account(database)
    await renew(database, account, after=30 * SECOND)

    old, new = await post.token(number=1), await post.token(number=2)

    assert not await verify(database, account, old, after=31 * SECOND)
    assert await verify(database, account, new, after=31 * SECOND)


async def test_a_new_token_may_be_asked_for_every_thirty_seconds(database: Database) -> None:
    account = await an_unverified_account(database)

    with pytest.raises(RenewalTooSoon, match="Wait at least 30 seconds") as refusal:
        await renew(database, account, after=29 * SECOND)
    assert refusal.value.retry_after == SECOND
    await renew(database, account, after=30 * SECOND)
    with pytest.raises(RenewalTooSoon):  # renewal moves the time
        await renew(database, account, after=59 * SECOND)
    await renew(database, account, after=60 * SECOND)


async def test_of_requests_for_a_new_token_at_the_same_moment_one_is_heard(database: Database) -> None:
    account = await an_unverified_account(database)

    asked = (renew(database, account, after=30 * SECOND) for _ in range(8))
    refusals = [refusal for refusal in await asyncio.gather(*asked, return_exceptions=True) if refusal is not None]

    assert [type(refusal) for refusal in refusals] == [RenewalTooSoon] * 7


async def test_a_missing_token_is_made(database: Database, post: Post) -> None:
    account = await an_unverified_account(database)
    async with database.write() as transaction:
        await transaction.run(MailTokenRow.__table__.delete())  # type: ignore[attr-defined]  # a table, as mapped

    await renew(database, account, after=SECOND)

    assert await verify(database, account, await post.token(number=2))


async def test_who_is_verified_gets_no_token(database: Database) -> None:
    with pytest.raises(AlreadyVerified):
        await renew(database, await an_account(database), after=timedelta(days=1))


async def test_an_administrators_word_verifies(database: Database, post: Post) -> None:
    account = await an_unverified_account(database)
    async with database.write() as transaction:
        await service.mark_verified(transaction, account.id, NOON + SECOND)

    assert (await account_of(database, account.id)).verified_at == NOON + SECOND
    with pytest.raises(NoMailToken):
        await verify(database, account, await post.token())


# ── changes ──


async def rename(database: Database, account_id: AccountId, name: str) -> Account:
    async with database.write() as transaction:
        return await service.change_display_name(transaction, account_id, DisplayName.parse(name))


async def test_an_account_shows_another_name_and_frees_its_old_one(database: Database) -> None:
    account = await an_account(database, display_name="Mira")

    assert (await rename(database, account.id, "Mira II")).display_name == "Mira II"

    assert (await an_account(database, display_name="mira")).display_name == "mira"
    with pytest.raises(NameTaken, match="Display name taken"):
        await rename(database, account.id, "MIRA")


async def test_an_account_may_change_the_spelling_of_its_name(database: Database) -> None:
    account = await an_account(database, display_name="mira")

    assert (await rename(database, account.id, "MIRA")).display_name == "MIRA"


async def test_nobody_cannot_be_renamed(database: Database) -> None:
    with pytest.raises(AccountNotFound, match="User not found"):
        await rename(database, AccountId(999), "Mira")


async def test_a_new_password_starts_a_new_generation(database: Database) -> None:
    account = await an_account(database, password_hash="old")
    async with database.write() as transaction:
        await service.set_password(transaction, account.id, "new")
    async with database.read() as connection:
        found = await service.account_by_login(connection, LoginName.parse(account.email))

    assert found is not None
    assert (found[0].generation, found[1]) == (account.generation + 1, "new")


async def test_a_renewed_hash_does_not_undo_a_change_of_password(database: Database) -> None:
    account = await an_account(database, password_hash="old")
    async with database.write() as transaction:
        await service.set_password(transaction, account.id, "new")
        await service.replace_hash(transaction, account.id, "old", "old, renewed")
        await service.replace_hash(transaction, account.id, "new", "new, renewed")
    async with database.read() as connection:
        found = await service.account_by_login(connection, LoginName.parse(account.email))

    assert found is not None
    assert (found[0].generation, found[1]) == (account.generation + 1, "new, renewed")


async def test_a_deleted_account_may_not_be_proved_and_keeps_its_name(database: Database) -> None:
    account = await an_account(database, display_name="Mira")
    for after in (SECOND, 2 * SECOND):  # twice is once
        async with database.write() as transaction:
            await service.delete_account(transaction, account.id, NOON + after)

    deleted = await account_of(database, account.id)
    assert (deleted.deleted_at, deleted.generation) == (NOON + SECOND, account.generation + 1)
    assert not deleted.may_be_proved
    with pytest.raises(NameTaken):
        await an_account(database, display_name="Mira")


# ── finding ──


async def test_an_account_is_found_by_either_name_however_it_is_written(database: Database) -> None:
    account = await an_account(database, email="Mira@tengen.example", display_name="Mira von Tengen")

    async with database.read() as connection:
        for text in ("mira@TENGEN.example", "MIRA VON TENGEN", f"{account.id}", " mira  von tengen "):
            assert await service.find_account(connection, text) == account
        with pytest.raises(AccountNotFound, match="nobody"):
            await service.find_account(connection, "nobody")


async def test_an_id_that_is_nobodys_may_be_a_name(database: Database) -> None:
    account = await an_account(database, display_name="4711")

    async with database.read() as connection:
        assert await service.find_account(connection, "4711") == account
        for absurd in ("9" * 40, "٣", "-1", ""):
            with pytest.raises(AccountNotFound):
                await service.find_account(connection, absurd)


async def test_accounts_come_in_the_order_of_their_ids_and_unknown_ones_are_left_out(database: Database) -> None:
    accounts = [await an_account(database) for _ in range(3)]
    ids = [account.id for account in accounts]

    async with database.read() as connection:
        found = await service.accounts_by_ids(connection, [ids[2], 999, ids[0], ids[2], -1])
        assert list(found.values()) == [accounts[0], accounts[2]]
        assert await service.accounts_by_ids(connection, []) == {}
        assert await service.list_accounts(connection, limit=2) == accounts[:2]
        assert await service.list_accounts(connection, after_id=ids[1]) == accounts[2:]


async def test_a_fresh_platform_has_no_accounts(database: Database) -> None:
    async with database.read() as connection:
        assert not await service.has_accounts(connection)
    await an_account(database)
    async with database.read() as connection:
        assert await service.has_accounts(connection)


async def test_being_heard_from_is_noted_for_those_who_were(database: Database) -> None:
    here, there = await an_account(database), await an_account(database)
    async with database.write_one() as connection:
        await service.touch(connection, [here.id], NOON + SECOND)

    assert (await account_of(database, here.id)).last_online_at == NOON + SECOND
    assert (await account_of(database, there.id)).last_online_at is None


async def test_looking_up_costs_one_statement_for_any_number(database: Database) -> None:
    ids = [(await an_account(database)).id for _ in range(5)]
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        await service.accounts_by_ids(connection, ids)
        assert counter == [1]
        await service.account_by_login(connection, LoginName.parse("Mira"))
        assert counter == [2]
        await service.list_accounts(connection)
        assert counter == [3]
        await service.roles_of(connection, ids)
        assert counter == [4]
