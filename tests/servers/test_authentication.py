"""Signing in as a game server."""

import asyncio

import pytest

from tengen.accounts.authentication import WrongCredentials
from tengen.accounts.basic import Credentials
from tengen.core.database import Database, statements_executed
from tengen.core.errors import TengenError, TooManyRequests
from tengen.core.limits import RateLimiter
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.core.values import ServerId
from tengen.servers import service
from tengen.servers.authentication import ServerAuthenticator, ServerDeleted
from tests.servers.builders import a_new_server
from tests.support.builders import NOON

ELSEWHERE = "198.51.100.7"
WRONG, WAIT = WrongCredentials.code, TooManyRequests.code


@pytest.fixture
def authenticator(platform: Platform) -> ServerAuthenticator:
    return strict_authenticator(platform, tries=3)


def strict_authenticator(platform: Platform, *, tries: int) -> ServerAuthenticator:
    strict: Settings = platform.settings.model_copy(
        update={"login_failures_per_account": tries, "login_failures_per_address": tries}
    )
    return ServerAuthenticator(platform.database, RateLimiter(strict), strict)


async def outcome(authenticator: ServerAuthenticator, login: str, password: str, address: str = ELSEWHERE) -> str:
    """Who signed in, or the code of the refusal."""
    try:
        server = await authenticator.authenticate(Credentials(login, password), address)
    except TengenError as refusal:
        return refusal.code
    return f"server {server.id}"


async def test_a_server_signs_in_with_its_id_and_its_secret(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database)
    assert await outcome(authenticator, str(made.id), made.secret) == f"server {made.id}"


async def test_nothing_but_the_right_secret_of_the_named_server_signs_in(
    platform: Platform, database: Database
) -> None:
    authenticator = strict_authenticator(platform, tries=1000)
    made, other = await a_new_server(database), await a_new_server(database)
    right = made.secret
    for password in ("", other.secret, right.upper(), right[:-1], right + "0", f" {right}", "\x00", "ß"):
        assert await outcome(authenticator, str(made.id), password) == WRONG, password
    number = made.id
    spellings = ("", f" {number}", f"0{number}", f"+{number}", f"{number}.0", "one", "mira@example.org", "٢", "-1", "0")
    for login in (*spellings, "9" * 18, "9" * 19, "9" * 5000, "1; DROP TABLE servers", "\x00", "\U0001f3af"):
        assert await outcome(authenticator, login, right) == WRONG, login


async def test_a_refusal_does_not_say_what_is_wrong_and_asks_for_other_credentials(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database)
    for login, password in ((str(made.id), "wrong"), (str(made.id + 1), made.secret)):
        with pytest.raises(WrongCredentials) as refusal:
            await authenticator.authenticate(Credentials(login, password), ELSEWHERE)
        assert (refusal.value.status, refusal.value.message) == (401, "Incorrect username or password")
        assert refusal.value.headers == {"WWW-Authenticate": "Basic"}


async def test_nobody_signs_in_as_this_platform(authenticator: ServerAuthenticator) -> None:
    assert await outcome(authenticator, "1", "") == WRONG
    assert await outcome(authenticator, "1", "0" * 64) == WRONG


async def test_a_deleted_server_is_told_so_only_if_it_knows_its_secret(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database)
    async with database.write() as transaction:
        await service.delete_server(transaction, made.id, NOON)
    with pytest.raises(ServerDeleted) as refusal:
        await authenticator.authenticate(Credentials(str(made.id), made.secret), ELSEWHERE)
    assert (refusal.value.status, refusal.value.message) == (401, "Server is deleted")
    assert await outcome(authenticator, str(made.id), "wrong") == WRONG


async def test_a_renewed_secret_counts_at_once(authenticator: ServerAuthenticator, database: Database) -> None:
    made = await a_new_server(database)
    await outcome(authenticator, str(made.id), made.secret)
    async with database.write() as transaction:
        renewed = await service.reset_secret(transaction, made.id)
    assert await outcome(authenticator, str(made.id), made.secret) == WRONG
    assert await outcome(authenticator, str(made.id), renewed.secret) == f"server {made.id}"


async def test_servers_that_ask_at_the_same_moment_share_a_statement(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = [await a_new_server(database) for _ in range(4)]
    counter = [0]
    statements_executed.set(counter)
    found = await asyncio.gather(*(outcome(authenticator, str(one.id), one.secret) for one in made))
    assert found == [f"server {one.id}" for one in made]
    assert counter == [1]


async def test_a_login_that_is_no_id_costs_no_statement(authenticator: ServerAuthenticator) -> None:
    counter = [0]
    statements_executed.set(counter)
    assert await outcome(authenticator, "mira@example.org", "correct horse") == WRONG
    assert counter == [0]


async def test_guessing_at_one_server_is_slowed_wherever_it_comes_from(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made, other = await a_new_server(database), await a_new_server(database)
    tries = [await outcome(authenticator, str(made.id), "wrong", f"198.51.100.{n}") for n in range(5)]
    assert tries == [WRONG, WRONG, WRONG, WAIT, WAIT]
    assert await outcome(authenticator, str(other.id), "wrong", "198.51.100.99") == WRONG


async def test_guessing_from_one_address_is_slowed_whichever_server_it_is_about(
    authenticator: ServerAuthenticator,
) -> None:
    tries = [await outcome(authenticator, str(n), "wrong") for n in range(100, 105)]
    assert tries == [WRONG, WRONG, WRONG, WAIT, WAIT]
    assert await outcome(authenticator, "200", "wrong", "198.51.100.99") == WRONG
    assert await outcome(authenticator, "200", "wrong", "127.0.0.1") == WRONG


async def test_others_wrong_guesses_do_not_keep_a_server_out(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database)
    for _ in range(5):
        await outcome(authenticator, str(made.id), "wrong")
    assert await outcome(authenticator, str(made.id), made.secret) == f"server {made.id}"


# ── by the token in a header ──


async def test_a_server_is_found_by_its_id_and_its_token(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database)
    found = await authenticator.by_token(made.id, None, made.secret)
    assert found is not None
    assert found.id == made.id


async def test_a_server_is_found_by_its_name_and_its_token(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database, display_name="KGS")
    for name in ("KGS", " KGS "):
        found = await authenticator.by_token(None, name, made.secret)
        assert found is not None
        assert found.id == made.id


async def test_the_token_tells_servers_of_one_name_apart(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = [await a_new_server(database, display_name="KGS") for _ in range(3)]
    for one in made:
        found = await authenticator.by_token(None, "KGS", one.secret)
        assert found is not None
        assert found.id == one.id


async def test_an_id_goes_before_a_name(authenticator: ServerAuthenticator, database: Database) -> None:
    made, other = await a_new_server(database), await a_new_server(database, display_name="KGS")
    found = await authenticator.by_token(made.id, "KGS", made.secret)
    assert found is not None
    assert found.id == made.id
    assert await authenticator.by_token(made.id, "KGS", other.secret) is None


async def test_nothing_but_the_right_token_of_the_named_server_finds_it(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made, other = await a_new_server(database, display_name="KGS"), await a_new_server(database, display_name="OGS")
    right = made.secret
    for token in ("", other.secret, right.upper(), right[:-1], f" {right}", "\x00", "ß", "\ud800"):
        assert await authenticator.by_token(made.id, None, token) is None, token
        assert await authenticator.by_token(None, "KGS", token) is None, token
    for number in (made.id + 100, 0, -1, 2**63, 10**30):
        assert await authenticator.by_token(ServerId(number), None, right) is None, number
    for name in (None, "", "kgs", "OGS", "KGS\x00", "\ud800", "K" * 5000):
        assert await authenticator.by_token(None, name, right) is None, name


async def test_nobody_is_this_platform_by_a_token(authenticator: ServerAuthenticator, database: Database) -> None:
    async with database.read() as connection:
        here = (await service.servers_by_ids(connection, [ServerId(1)]))[ServerId(1)]
    for token in ("", "0" * 64):
        assert await authenticator.by_token(here.id, None, token) is None
        assert await authenticator.by_token(None, here.display_name, token) is None


async def test_a_deleted_server_is_not_found_by_its_token(
    authenticator: ServerAuthenticator, database: Database
) -> None:
    made = await a_new_server(database, display_name="KGS")
    async with database.write() as transaction:
        await service.delete_server(transaction, made.id, NOON)
    assert await authenticator.by_token(made.id, None, made.secret) is None
    assert await authenticator.by_token(None, "KGS", made.secret) is None


@pytest.mark.parametrize("is_by_id", [True, False])
async def test_tokens_that_come_at_the_same_moment_share_a_statement(
    authenticator: ServerAuthenticator, database: Database, is_by_id: bool
) -> None:
    made = [await a_new_server(database, display_name=f"Valley {number}") for number in range(4)]
    counter = [0]
    statements_executed.set(counter)
    found = await asyncio.gather(
        *(
            authenticator.by_token(one.id if is_by_id else None, f"Valley {number}", one.secret)
            for number, one in enumerate(made)
        )
    )
    assert [server and server.id for server in found] == [one.id for one in made]
    assert counter == [1]
