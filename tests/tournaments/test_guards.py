"""Who is asking: by the token of Scoreganizer's clients, and under `/api/v2` by a password as well."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.tournaments.guards import ApiCaller, ApiUser, Caller, LoggedIn
from tengen.tournaments.runtime import Tournaments
from tengen.web.errors import install_error_handlers
from tests.support.builders import PASSWORD, an_account

HEADER = "X-Scoreganizer-Authorization"


async def caller(account: Caller) -> int | None:
    return None if account is None else account.id


async def logged_in(account: LoggedIn) -> int:
    return account.id


async def api_caller(account: ApiCaller) -> int | None:
    return None if account is None else account.id


async def api_user(account: ApiUser) -> int:
    return account.id


ROUTES: list[Callable[..., Any]] = [caller, logged_in, api_caller, api_user]


@dataclass(frozen=True)
class Gate:
    """An application whose routes tell who their guard let in."""

    client: httpx.AsyncClient
    platform: Platform
    accounts: Accounts
    tournaments: Tournaments

    async def let_in(self, guard: Callable[..., Any], **how: Any) -> Any:
        """The id of who was let in, None for anybody, or status and code of the refusal."""
        answer = await self.client.get(f"/api/v2/{guard.__name__}", **how)
        return answer.json() if answer.status_code == 200 else (answer.status_code, answer.headers["X-Tengen-Error"])

    async def somebody(self, **how: Any) -> Account:
        """An account with a password."""
        return await an_account(
            self.platform.database, password_hash=await self.accounts.passwords.hash(PASSWORD), **how
        )

    async def token(self, account: Account) -> dict[str, str]:
        """The header with a new token of this account."""
        return {HEADER: f"None:{await self.tournaments.logins.obtain(account, utc_now())}"}


@pytest.fixture
async def gate(platform: Platform) -> AsyncIterator[Gate]:
    """The guards, with the platform's log-in behind them."""
    app = FastAPI()
    install_error_handlers(app)
    accounts = Accounts.of(platform)
    tournaments = Tournaments.of(platform, accounts)
    app.state.accounts, app.state.tournaments = accounts, tournaments
    for route in ROUTES:
        app.get(f"/api/v2/{route.__name__}")(route)
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://tengen.example") as client:
        yield Gate(client, platform, accounts, tournaments)


def basic(account: Account, password: str = PASSWORD) -> httpx.BasicAuth:
    return httpx.BasicAuth(account.email, password)


VOID = {HEADER: "None:" + "0" * 64}
NOT_LOGGED_IN, NOT_AUTHENTICATED = (403, "not_logged_in"), (401, "not_authenticated")


async def test_a_token_lets_its_owner_in_everywhere(gate: Gate) -> None:
    ann = await gate.somebody()
    headers = await gate.token(ann)
    for route in ROUTES:
        assert await gate.let_in(route, headers=headers) == ann.id, route


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: "None:"}, VOID])
async def test_who_sends_no_token_that_holds_is_anybody_or_refused(gate: Gate, headers: dict[str, str]) -> None:
    assert await gate.let_in(caller, headers=headers) is None
    assert await gate.let_in(api_caller, headers=headers) is None
    assert await gate.let_in(logged_in, headers=headers) == NOT_LOGGED_IN
    assert await gate.let_in(api_user, headers=headers) == NOT_AUTHENTICATED


async def test_a_password_counts_where_scoreganizers_clients_do_not_ask(gate: Gate) -> None:
    ann = await gate.somebody()
    for headers in ({}, VOID):
        assert await gate.let_in(api_caller, headers=headers, auth=basic(ann)) == ann.id
        assert await gate.let_in(api_user, headers=headers, auth=basic(ann)) == ann.id
        assert await gate.let_in(caller, headers=headers, auth=basic(ann)) is None
        assert await gate.let_in(logged_in, headers=headers, auth=basic(ann)) == NOT_LOGGED_IN


async def test_a_token_that_holds_comes_before_a_password(gate: Gate) -> None:
    ann, bob = await gate.somebody(), await gate.somebody()
    headers = await gate.token(ann)
    for route in (api_caller, api_user):
        assert await gate.let_in(route, headers=headers, auth=basic(bob)) == ann.id
        assert await gate.let_in(route, headers=headers, auth=basic(bob, "wrong")) == ann.id


async def test_a_wrong_password_is_refused_also_where_none_is_needed(gate: Gate) -> None:
    ann = await gate.somebody()
    unverified = await gate.somebody(mail_tokens=gate.accounts.mail_tokens)
    for route in (api_caller, api_user):
        assert await gate.let_in(route, auth=basic(ann, "wrong")) == (401, "wrong_credentials")
        assert await gate.let_in(route, auth=basic(unverified)) == (401, "email_unverified")
        malformed = {"Authorization": "Basic !!!"}
        assert await gate.let_in(route, headers=malformed) == (401, "malformed_credentials")


@pytest.mark.parametrize("authorization", ["", "Digest username=a", "Bearer x", "Basic"])
async def test_other_credentials_than_basic_are_a_gates_before_the_platform(gate: Gate, authorization: str) -> None:
    ann = await gate.somebody()
    headers = {**await gate.token(ann), "Authorization": authorization}
    for route in ROUTES:
        assert await gate.let_in(route, headers=headers) == ann.id
    assert await gate.let_in(api_caller, headers={"Authorization": authorization}) is None
    assert await gate.let_in(api_user, headers={"Authorization": authorization}) == NOT_AUTHENTICATED


async def test_who_is_to_sign_in_is_told_how(gate: Gate) -> None:
    answer = await gate.client.get("/api/v2/api_user")
    assert answer.headers["WWW-Authenticate"] == "Basic"
    assert HEADER in answer.json()["detail"]


async def test_who_guesses_too_often_is_refused_and_not_asked_to_try_again(gate: Gate) -> None:
    ann = await gate.somebody()
    for _ in range(gate.platform.settings.login_failures_per_account):
        await gate.let_in(api_caller, auth=basic(ann, "wrong"))
    assert await gate.let_in(api_caller, auth=basic(ann)) == (403, "too_many_requests")
    assert (await gate.client.get("/api/v2/api_caller", auth=basic(ann))).json()["error"] == "rate_limited"
