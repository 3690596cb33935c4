"""Tokens as they are stored: whose they are, how long they hold, and what makes them void."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.database import Database, statements_executed
from tengen.core.errors import TengenError
from tengen.core.platform import Platform
from tengen.core.security import digest
from tengen.tournaments.logins import InvalidLoginData, Logins
from tengen.tournaments.models import TokenRow
from tengen.tournaments.runtime import token_periods
from tengen.tournaments.tokens import NotLoggedIn, SentToken, TokenPeriods, TokenTooRecent
from tests.support.builders import an_account
from tests.tournaments.builders import HOUR, MINUTE, NOON

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def logins(platform: Platform) -> Logins:
    """Log-in with the usual periods."""
    return Logins(platform.database, TokenPeriods())


async def status(logins: Logins, token: str, at: timedelta, *, name: str | None = None) -> str:
    """The status of a token so long after noon."""
    return (await logins.look_up(SentToken(name, token), NOON + at)).status


async def refusal(logins: Logins, token: str, at: timedelta) -> str:
    """The code with which a refresh is refused so long after noon."""
    with pytest.raises(TengenError) as refused:
        await logins.refresh(SentToken(None, token), NOON + at)
    return refused.value.code


async def stored_digests(database: Database, account: Account) -> set[bytes]:
    async with database.read() as connection:
        rows = await connection.all(select(TokenRow.digest).where(TokenRow.account_id == account.id))
    return {row[0] for row in rows}


async def close(database: Database, account: Account) -> None:
    async with database.write() as transaction:
        await accounts.delete_account(transaction, account.id, NOON)


async def change_password(database: Database, account: Account) -> None:
    async with database.write() as transaction:
        await accounts.set_password(transaction, account.id, "another")


# ── what a token says ──


async def test_a_token_tells_who_asks_until_it_expires(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    token = await logins.obtain(ann, NOON)
    statuses = {
        timedelta(): "ok",
        7 * DAY - MOMENT: "ok",
        7 * DAY: "ok_stale",
        30 * DAY - MOMENT: "ok_stale",
        30 * DAY: "expired",
        60 * DAY: "expired",
    }
    for age, expected in statuses.items():
        login = await logins.look_up(SentToken(None, token), NOON + age)
        assert (login.status, login.account) == (expected, ann if expected.startswith("ok") else None), age


async def test_a_request_costs_one_statement_and_one_without_a_token_none(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    token = await logins.obtain(ann, NOON)
    counter = [0]
    statements_executed.set(counter)
    assert await logins.account(SentToken(ann.display_name, token), NOON) == ann
    assert counter == [1]
    assert (await logins.look_up(None, NOON)).status == "not_sent"
    assert counter == [1]


async def test_the_owner_is_found_by_the_token_whichever_of_his_names_comes_with_it(
    logins: Logins, database: Database
) -> None:
    ann, bob = await an_account(database), await an_account(database)
    token = await logins.obtain(ann, NOON)
    for name in (None, ann.display_name, ann.display_name.upper(), ann.email, ann.email.upper()):
        assert await status(logins, token, MINUTE, name=name) == "ok", name
    for name in (bob.display_name, bob.email, "nobody", "a\0b", "\ud800"):
        assert await status(logins, token, MINUTE, name=name) == "nonexistent", name


async def test_a_new_name_is_known_at_once_and_the_old_one_no_longer(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    token = await logins.obtain(ann, NOON)
    renamed = f"{ann.display_name} II"
    async with database.write() as transaction:
        await accounts.change_display_name(transaction, ann.id, DisplayName.parse(renamed))
    assert await status(logins, token, MINUTE, name=renamed) == "ok"
    assert await status(logins, token, MINUTE, name=ann.display_name) == "nonexistent"


@pytest.mark.parametrize("odd", ["0" * 64, "0" * 63, "F" * 64, "٣" * 64, "\0", "\ud800", "a" * 100_000, "' OR 1=1"])
async def test_what_was_never_issued_is_no_token(logins: Logins, odd: str) -> None:
    assert await status(logins, odd, timedelta()) == "nonexistent"
    assert await refusal(logins, odd, timedelta()) == NotLoggedIn.code


async def test_a_token_is_256_random_bits_of_which_only_a_digest_is_stored(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    tokens = {await logins.obtain(ann, NOON) for _ in range(3)}
    assert {(len(token), len(bytes.fromhex(token))) for token in tokens} == {(64, 32)}
    assert await stored_digests(database, ann) == {digest(token) for token in tokens}


# ── who gets one ──


async def test_an_account_may_have_several_tokens(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    tokens = [await logins.obtain(ann, NOON) for _ in range(3)]
    assert [await status(logins, token, MINUTE) for token in tokens] == ["ok"] * 3


async def test_who_has_not_verified_the_email_gets_no_token(platform: Platform, logins: Logins) -> None:
    ann = await an_account(platform.database, mail_tokens=Accounts.of(platform).mail_tokens)
    with pytest.raises(InvalidLoginData, match="e-mail of this account is not verified"):
        await logins.obtain(ann, NOON)
    assert await stored_digests(platform.database, ann) == set()


async def test_a_deleted_account_gets_no_token(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    await close(database, ann)
    async with database.read() as connection:
        deleted = (await accounts.accounts_by_ids(connection, [ann.id]))[ann.id]
    with pytest.raises(InvalidLoginData, match="deleted"):
        await logins.obtain(deleted, NOON)


# ── what makes tokens void ──


@pytest.mark.parametrize("change", [change_password, close])
async def test_a_new_password_or_the_end_of_the_account_makes_every_token_void(
    logins: Logins, database: Database, change: Callable[[Database, Account], Awaitable[None]]
) -> None:
    ann = await an_account(database)
    tokens = [await logins.obtain(ann, NOON)]
    tokens.append(await logins.refresh(SentToken(None, tokens[0]), NOON + HOUR))
    await change(database, ann)
    for token in tokens:
        assert await status(logins, token, HOUR) == "nonexistent"
        assert await refusal(logins, token, 2 * HOUR) == NotLoggedIn.code


async def test_a_token_for_a_password_that_was_changed_meanwhile_is_void(logins: Logins, database: Database) -> None:
    ann = await an_account(database)  # as it was when its password was verified
    await change_password(database, ann)
    assert await status(logins, await logins.obtain(ann, NOON), timedelta()) == "nonexistent"


async def test_tokens_of_others_stay(logins: Logins, database: Database) -> None:
    ann, bob = await an_account(database), await an_account(database)
    token = await logins.obtain(bob, NOON)
    await change_password(database, ann)
    assert await logins.account(SentToken(None, token), NOON) == bob


# ── refreshing ──


async def test_a_token_is_refreshed_after_its_first_hour_and_before_it_expires(
    logins: Logins, database: Database
) -> None:
    ann = await an_account(database)
    token = await logins.obtain(ann, NOON)
    assert await refusal(logins, token, HOUR - MOMENT) == TokenTooRecent.code
    assert await refusal(logins, token, 30 * DAY) == NotLoggedIn.code
    first = await logins.refresh(SentToken(None, token), NOON + HOUR)
    assert await refusal(logins, first, 2 * HOUR - MOMENT) == TokenTooRecent.code
    second = await logins.refresh(SentToken(None, first), NOON + HOUR + 30 * DAY - MOMENT)
    assert len({token, first, second}) == 3
    assert await logins.account(SentToken(None, second), NOON + HOUR + 30 * DAY) == ann


async def test_the_old_token_holds_for_five_minutes_and_not_longer_for_being_sent_again(
    logins: Logins, database: Database
) -> None:
    old = await logins.obtain(await an_account(database), NOON)
    first = await logins.refresh(SentToken(None, old), NOON + DAY)
    second = await logins.refresh(SentToken(None, old), NOON + DAY + 5 * MINUTE - MOMENT)
    assert await status(logins, old, DAY + 5 * MINUTE - MOMENT) == "ok_stale"
    assert await status(logins, old, DAY + 5 * MINUTE) == "expired"
    assert await refusal(logins, old, DAY + 5 * MINUTE) == NotLoggedIn.code
    assert [await status(logins, token, DAY + HOUR) for token in (first, second)] == ["ok", "ok"]


async def test_of_requests_that_refresh_one_token_at_the_same_moment_each_gets_one(
    logins: Logins, database: Database
) -> None:
    ann = await an_account(database)
    old = await logins.obtain(ann, NOON)
    sent = SentToken(None, old)
    new = await asyncio.gather(*[logins.refresh(sent, NOON + DAY + number * MOMENT) for number in range(4)])
    assert len({old, *new}) == 5
    assert [await status(logins, token, DAY + HOUR) for token in new] == ["ok"] * 4
    assert await status(logins, old, DAY + MINUTE) == "ok_stale"


async def test_a_refused_refresh_changes_nothing(logins: Logins, database: Database) -> None:
    ann = await an_account(database)
    token = await logins.obtain(ann, NOON)
    await refusal(logins, token, MINUTE)
    assert await status(logins, token, DAY) == "ok"
    assert await stored_digests(database, ann) == {digest(token)}


# ── forgetting ──


async def test_tokens_are_forgotten_long_after_their_end_when_the_account_gets_another(
    logins: Logins, database: Database
) -> None:
    ann, bob = await an_account(database), await an_account(database)
    kept = await logins.obtain(bob, NOON)
    old = await logins.obtain(ann, NOON)
    later = await logins.obtain(ann, NOON + MOMENT)
    newest = await logins.obtain(ann, NOON + 60 * DAY + MOMENT)
    assert await status(logins, old, 60 * DAY + MOMENT) == "nonexistent"
    assert await stored_digests(database, ann) == {digest(later), digest(newest)}
    assert await stored_digests(database, bob) == {digest(kept)}


async def test_the_periods_are_those_of_the_settings(platform: Platform) -> None:
    changes = {"refresh": 60, "fresh": 120, "lifetime": 3600, "grace": 0}
    settings = platform.settings.model_copy(
        update={f"tournament_token_{name}_seconds": seconds for name, seconds in changes.items()}
    )
    logins = Logins(platform.database, token_periods(settings))
    token = await logins.obtain(await an_account(platform.database), NOON)
    ages = {119: "ok", 120: "ok_stale", 3599: "ok_stale", 3600: "expired"}
    assert {age: await status(logins, token, timedelta(seconds=age)) for age in ages} == ages
    assert await refusal(logins, token, MINUTE - MOMENT) == TokenTooRecent.code
    await logins.refresh(SentToken(None, token), NOON + MINUTE)
    assert await status(logins, token, MINUTE) == "expired"


def test_without_settings_the_periods_are_the_usual_ones(platform: Platform) -> None:
    assert token_periods(platform.settings) == TokenPeriods()
