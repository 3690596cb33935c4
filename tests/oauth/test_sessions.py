"""Sessions of browsers: how long they last, what ends them, and what goes with their cookies."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from starlette.responses import Response

from tengen.accounts import service as accounts
from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.core.security import digest
from tengen.oauth.cookies import Cookies
from tengen.oauth.models import SessionRow
from tengen.oauth.sessions import Sessions
from tests.oauth.builders import DAY, MINUTE
from tests.support.builders import NOON, an_account

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def sessions(platform: Platform) -> Sessions:
    """They last a day, and an account has three."""
    return Sessions(platform.database, csrf_key=b"k" * 32, lifetime=DAY, most=3)


async def rows(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.one(select(func.count()).select_from(SessionRow)))[0]


async def test_a_session_says_who_is_logged_in_until_it_is_over(database: Database, sessions: Sessions) -> None:
    user = await an_account(database)
    opened = await sessions.open(user, now=NOON)
    assert await sessions.account(opened.token, now=NOON + DAY - MOMENT) == user
    assert await sessions.account(opened.token, now=NOON + DAY) is None
    assert opened.lifetime == DAY


async def test_a_session_that_is_closed_is_over_and_no_other(database: Database, sessions: Sessions) -> None:
    user = await an_account(database)
    opened, other = [await sessions.open(user, now=NOON) for _ in range(2)]
    for token in (opened.token, opened.token, None, "x", "\0", "0" * 64):
        await sessions.close(token)
    assert await sessions.account(opened.token, now=NOON) is None
    assert await sessions.account(other.token, now=NOON) == user


async def test_a_session_ends_with_the_password_and_with_the_account(database: Database, sessions: Sessions) -> None:
    changed, closed = await an_account(database), await an_account(database)
    opened = [await sessions.open(user, now=NOON) for user in (changed, closed)]
    async with database.write() as transaction:
        await accounts.set_password(transaction, changed.id, "another hash")
        await accounts.delete_account(transaction, closed.id, NOON)
    assert [await sessions.account(each.token, now=NOON) for each in opened] == [None, None]


async def test_the_token_is_stored_as_its_digest_and_never_shown(database: Database, sessions: Sessions) -> None:
    opened = await sessions.open(await an_account(database), now=NOON)
    async with database.read() as connection:
        assert (await connection.one(select(SessionRow.digest)))[0] == digest(opened.token)
    assert opened.token not in repr(opened)
    assert opened.csrf_token not in repr(opened)


async def test_the_csrf_token_is_that_of_its_session_alone(database: Database, sessions: Sessions) -> None:
    user = await an_account(database)
    opened, other = [await sessions.open(user, now=NOON) for _ in range(2)]
    assert sessions.is_csrf_token(opened.token, opened.csrf_token)
    for wrong in (other.csrf_token, opened.token, "", None, "\ud800", "é"):
        assert not sessions.is_csrf_token(opened.token, wrong)


async def test_old_sessions_go_when_the_account_logs_in_again(database: Database, sessions: Sessions) -> None:
    user = await an_account(database)
    await sessions.open(await an_account(database), now=NOON)
    opened = [await sessions.open(user, now=NOON + n * MINUTE) for n in range(5)]
    holds = [await sessions.account(each.token, now=NOON + 5 * MINUTE) is not None for each in opened]
    assert holds == [False, False, True, True, True]
    await sessions.open(user, now=NOON + 2 * DAY)
    assert await rows(database) == 2  # the last one, and the other account's


async def test_sessions_that_are_asked_about_at_once_share_a_statement(database: Database, sessions: Sessions) -> None:
    opened = [await sessions.open(await an_account(database), now=NOON) for _ in range(3)]
    counter = [0]
    statements_executed.set(counter)
    assert all(await asyncio.gather(*(sessions.account(each.token, now=NOON) for each in opened)))
    assert await sessions.account("no token", now=NOON) is None
    assert counter == [1]


async def test_cookies_are_kept_as_long_as_the_session_and_go_over_https_alone_where_there_is_https(
    database: Database, sessions: Sessions
) -> None:
    opened = await sessions.open(await an_account(database), now=NOON)
    for is_secure in (True, False):
        answer = Response()
        Cookies(is_secure=is_secure).remember(answer, opened)
        session, csrf = (set(cookie.split("; ")) for cookie in answer.headers.getlist("set-cookie"))
        shared = {"Max-Age=86400", "Path=/", "SameSite=lax"} | ({"Secure"} if is_secure else set())
        assert session == shared | {f"sessionid={opened.token}", "HttpOnly"}
        assert csrf == shared | {f"csrftoken={opened.csrf_token}"}


def test_cookies_that_are_to_be_forgotten_end_at_once() -> None:
    answer = Response()
    Cookies(is_secure=True).forget(answer)
    cookies = answer.headers.getlist("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["sessionid", "csrftoken"]
    assert all({"Max-Age=0", "Path=/", "Secure"} <= set(cookie.split("; ")) for cookie in cookies)
