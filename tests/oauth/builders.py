"""Builders of programs, of their log-ins, and of browsers that are logged in."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.database import Database
from tengen.core.values import AccountId, utc_now
from tengen.oauth import apps
from tengen.oauth.apps import NewApp
from tengen.oauth.registration import AppForm, Grant
from tests.support.builders import NOON, User, a_verified_user, an_account, unique
from tests.support.operations import operate
from tests.support.server import Server

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BACK = "https://stones.example/back"
"""Where the programs here have people sent back to, unless a test says otherwise."""


# ── in a database ──


async def an_app(
    database: Database,
    *,
    owner: Account | None = None,
    name: str = "Stones",
    grant: Grant = Grant.AUTHORIZATION_CODE,
    is_public: bool = False,
    redirect_uris: str = BACK,
    limit: int | None = None,
    now: datetime = NOON,
) -> NewApp:
    """A registered program; confidential, and for codes."""
    owner = owner or await an_account(database)
    form = AppForm.parse(name=name, grant=grant, is_public=is_public, redirect_uris=redirect_uris)
    async with database.write() as transaction:
        return await apps.create_app(transaction, owner.id, form, limit=limit, now=now)


# ── over HTTP ──


@dataclass(frozen=True)
class Program:
    """A registered program, as its author knows it."""

    server: Server
    client_id: str
    client_secret: str | None
    owner: User

    @property
    def form(self) -> dict[str, str]:
        """How it says which one it is: with its secret, if it has one."""
        return {"client_id": self.client_id, **({"client_secret": self.client_secret} if self.client_secret else {})}

    def ask(self, **form: str) -> httpx.Response:
        """POST a form to the token endpoint, with what the program says of itself."""
        return self.server.post("/oauth2/token/", data=self.form | form)

    def log_in(self, user: User, **form: str) -> dict[str, Any]:
        """The tokens for this account's password."""
        answer = self.ask(grant_type="password", username=user.display_name, password=user.password, **form)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def refresh(self, tokens: dict[str, Any], **form: str) -> httpx.Response:
        """Ask for a new pair."""
        return self.ask(grant_type="refresh_token", refresh_token=tokens["refresh_token"], **form)


def a_program(
    server: Server,
    *,
    owner: User | None = None,
    grant: str = "password",
    client_type: str = "public",
    redirect_uris: str = BACK,
    name: str | None = None,
) -> Program:
    """Registers a program; public, and for passwords."""
    owner = owner or a_verified_user(server)
    body = {
        "name": name or unique("Stones "),
        "client_type": client_type,
        "authorization_grant_type": grant,
        "redirect_uris": redirect_uris,
    }
    answer = server.post("/api/v1/me/api_clients/", body, auth=owner.auth)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Program(server, made["client_id"], made["client_secret"], owner)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    """The headers of a request with this access token."""
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def whose(server: Server, tokens: dict[str, Any]) -> int | None:
    """The id of the account that the access token speaks for; None if it does not hold."""
    answer = server.get("/oauth2/userinfo/", headers=bearer(tokens))
    if answer.status_code == 401:
        assert answer.json()["error"] == "invalid_token"
        return None
    assert answer.status_code == 200, answer.text
    return int(answer.json()["sub"])


def close_account(server: Server, user: User) -> None:
    """Close an account, as an administrator does."""
    operate(server, lambda transaction: accounts.delete_account(transaction, AccountId(user.id), utc_now()))


def change_password(server: Server, user: User) -> None:
    """Give an account another password, which nobody knows."""
    operate(server, lambda transaction: accounts.set_password(transaction, AccountId(user.id), "no password"))


@dataclass(frozen=True)
class Pkce:
    """A verifier and its challenge, as a program makes them up."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """SHA-256 of the verifier, in base64url without padding."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    @property
    def form(self) -> dict[str, str]:
        """What goes with the request for a code."""
        return {"code_challenge": self.challenge, "code_challenge_method": "S256"}


class Browser:
    """Somebody's browser: keeps cookies, fills in forms, and does not follow redirects by itself."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = httpx.Client(
            base_url=server.url, timeout=30, trust_env=False, headers={"Accept": "text/html,*/*;q=0.8"}
        )

    def get(self, path: str, **how: Any) -> httpx.Response:
        """Load a page."""
        return self.client.get(path, **how)

    def press(self, page: httpx.Response, button: str, **fields: str) -> httpx.Response:
        """Press the button with this text on a page, with `fields` typed into its form."""
        for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
            pressed = re.search(rf"<button([^>]*)>{re.escape(button)}</button>", form)
            if pressed is not None:
                hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
                named = re.findall(r'name="(\w+)" value="(\w+)"', pressed[1])
                data = {name: unescape(value) for name, value in [*hidden, *named]} | fields
                action = re.search(r'action="([^"]+)"', form)
                assert action is not None
                return self.client.post(unescape(action[1]), data=data)
        raise AssertionError(f"no button {button!r} on the page:\n{page.text}")

    def log_in(self, user: User) -> "Browser":
        """Log in by the form."""
        page = self.get("/oauth2/applications/")
        answer = self.press(page, "Log in", username=user.display_name, password=user.password)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/oauth2/applications"), answer.text
        return self


def query_of(address: str) -> dict[str, str]:
    """The parameters in the query of an address, each of which is there once."""
    parameters = parse_qs(urlsplit(address).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in parameters.values()), address
    return {name: values[0] for name, values in parameters.items()}
