"""Tokens as they are stored: how long they hold, what makes them void, and how many are kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.core.security import digest
from tengen.oauth.codes import new_family
from tengen.oauth.models import OAuthTokenRow
from tengen.oauth.refusals import InvalidGrant
from tengen.oauth.registration import App
from tengen.oauth.scopes import DEFAULT
from tengen.oauth.tokens import IssuedTokens, TokenPeriods, Tokens
from tests.oauth.builders import DAY, HOUR, an_app
from tests.support.builders import NOON, an_account

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def tokens(platform: Platform) -> Tokens:
    """Access for an hour, refreshing for a day, three pairs an account."""
    return Tokens(platform.database, TokenPeriods(access=HOUR, refresh=DAY), most=3)


@pytest.fixture
async def app(database: Database) -> App:
    """A program."""
    return (await an_app(database)).app


@pytest.fixture
async def user(database: Database) -> Account:
    """Somebody who uses it."""
    return await an_account(database)


async def issue(
    database: Database, tokens: Tokens, user: Account, app: App, *, at: timedelta = timedelta()
) -> IssuedTokens:
    async with database.write() as transaction:
        return await tokens.issue(
            transaction,
            user.id,
            generation=user.generation,
            client_id=app.client_id,
            scopes=DEFAULT,
            family=new_family(),
            now=NOON + at,
        )


async def refresh(tokens: Tokens, app: App, old: IssuedTokens, *, at: timedelta = timedelta()) -> IssuedTokens:
    return await tokens.refresh(old.refresh_token, client_id=app.client_id, scope="", now=NOON + at)


async def rows(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.one(select(func.count()).select_from(OAuthTokenRow)))[0]


async def test_an_access_token_says_whose_it_is_until_it_expires(
    database: Database, tokens: Tokens, user: Account, app: App
) -> None:
    issued = await issue(database, tokens, user, app)
    access = await tokens.access(issued.access_token, now=NOON + HOUR - MOMENT)
    assert access is not None
    assert (access.account, access.client_id, access.scopes) == (user, app.client_id, DEFAULT)
    assert (access.issued_at, access.expires_at) == (NOON, NOON + HOUR)
    assert await tokens.access(issued.access_token, now=NOON + HOUR) is None


async def test_a_refresh_token_holds_longer_and_then_expires(
    database: Database, tokens: Tokens, user: Account, app: App
) -> None:
    issued = await issue(database, tokens, user, app)
    with pytest.raises(InvalidGrant):
        await refresh(tokens, app, issued, at=DAY)
    newer = await refresh(tokens, app, issued, at=DAY - MOMENT)
    assert await tokens.access(newer.access_token, now=NOON + DAY) is not None


async def test_neither_token_is_stored_or_shown(database: Database, tokens: Tokens, user: Account, app: App) -> None:
    issued = await issue(database, tokens, user, app)
    async with database.read() as connection:
        row = await connection.one(select(OAuthTokenRow.access_digest, OAuthTokenRow.refresh_digest))
    assert tuple(row) == (digest(issued.access_token), digest(issued.refresh_token))
    assert issued.access_token not in repr(issued)
    assert issued.refresh_token not in repr(issued)


async def test_tokens_are_void_with_the_password_and_with_the_account(
    database: Database, tokens: Tokens, app: App
) -> None:
    changed, closed = await an_account(database), await an_account(database)
    issued = [await issue(database, tokens, user, app) for user in (changed, closed)]
    async with database.write() as transaction:
        await accounts.set_password(transaction, changed.id, "another hash")
        await accounts.delete_account(transaction, closed.id, NOON)
    for each in issued:
        assert await tokens.access(each.access_token, now=NOON) is None
        with pytest.raises(InvalidGrant):
            await refresh(tokens, app, each)


async def test_a_log_in_that_was_overtaken_by_a_change_of_password_gives_void_tokens(
    database: Database, tokens: Tokens, app: App
) -> None:
    user = await an_account(database)
    async with database.write() as transaction:
        await accounts.set_password(transaction, user.id, "another hash")
    before = await issue(database, tokens, user, app)  # of the generation in which the password was verified
    after = await issue(database, tokens, replace(user, generation=user.generation + 1), app)
    assert await tokens.access(before.access_token, now=NOON) is None
    assert await tokens.access(after.access_token, now=NOON) is not None


async def test_of_two_that_refresh_at_once_neither_keeps_a_token(
    database: Database, tokens: Tokens, user: Account, app: App
) -> None:
    issued = await issue(database, tokens, user, app)
    found = await asyncio.gather(*(refresh(tokens, app, issued) for _ in range(2)), return_exceptions=True)
    newer = [each for each in found if isinstance(each, IssuedTokens)]
    assert len(newer) == 1
    assert await tokens.access(newer[0].access_token, now=NOON) is None
    assert await rows(database) == 0


async def test_expired_tokens_go_when_the_account_logs_in_again(
    database: Database, tokens: Tokens, user: Account, app: App
) -> None:
    other = await an_account(database)
    for each in (user, other):
        await issue(database, tokens, each, app)
    await issue(database, tokens, user, app, at=DAY - MOMENT)
    assert await rows(database) == 3
    await issue(database, tokens, user, app, at=DAY)
    assert await rows(database) == 3  # the first of them is gone; the other account's is not this one's business


async def test_of_many_log_ins_the_oldest_end(database: Database, tokens: Tokens, user: Account, app: App) -> None:
    kept = await issue(database, tokens, await an_account(database), app)
    issued = [await issue(database, tokens, user, app) for _ in range(5)]
    holds = [await tokens.access(each.access_token, now=NOON) is not None for each in [*issued, kept]]
    assert holds == [False, False, True, True, True, True]


async def test_tokens_that_are_asked_about_at_once_share_a_statement(
    database: Database, tokens: Tokens, user: Account, app: App
) -> None:
    issued = [await issue(database, tokens, user, app) for _ in range(3)]
    counter = [0]
    statements_executed.set(counter)
    found = await asyncio.gather(*(tokens.access(each.access_token, now=NOON) for each in issued))
    assert all(found)
    assert counter == [1]


@pytest.mark.parametrize("token", ["", "x", "0" * 63, "A" * 64, "0" * 64 + "\n", "\0" * 64, "\ud800", "é" * 64])
async def test_a_text_that_is_no_token_is_not_even_looked_up(tokens: Tokens, app: App, token: str) -> None:
    counter = [0]
    statements_executed.set(counter)
    assert await tokens.access(token, now=NOON) is None
    await tokens.revoke(token, client_id=app.client_id)
    with pytest.raises(InvalidGrant):
        await tokens.refresh(token, client_id=app.client_id, scope="", now=NOON)
    assert counter == [0]
