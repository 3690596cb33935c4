"""Builders: each makes one thing with defaults that suit, so that a test says only what matters to it.

Names are never made twice, so tests can share a server. The first part builds in a database, through the services; the
second over HTTP, as clients do.
"""

import base64
import io
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
from PIL import Image

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.service import Account, MailTokens, Role
from tengen.core.database import Database
from tengen.core.values import AccountId
from tests.support.server import Server

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
PASSWORD = "correct horse"

_numbers = count(1)
_session = secrets.token_hex(2)


def unique(word: str) -> str:
    """`word` with an ending that no other call in any test session gives it."""
    return f"{word}{_session}{next(_numbers)}"


# ── in a database ──


async def an_account(
    database: Database,
    *,
    email: str | None = None,
    display_name: str | None = None,
    password_hash: str = "no password",
    now: datetime = NOON,
    mail_tokens: MailTokens | None = None,
    owner_id: AccountId | None = None,
    roles: tuple[Role, ...] = (),
) -> Account:
    """An account; verified, unless `mail_tokens` are given."""
    async with database.write() as transaction:
        return await accounts.register(
            transaction,
            email=Email.parse(email or f"{unique('mira')}@tengen.example"),
            display_name=DisplayName.parse(display_name or unique("Mira")),
            password_hash=password_hash,
            now=now,
            mail_tokens=mail_tokens,
            owner_id=owner_id,
            roles=roles,
        )


# ── over HTTP ──


@dataclass(frozen=True)
class User:
    """An account as its owner knows it."""

    id: int
    email: str
    display_name: str
    password: str
    proof: str
    """From the answer that made the account what it is: registration or verification."""
    signed_proof: str

    @property
    def auth(self) -> httpx.BasicAuth:
        """For httpx: this account's e-mail and password."""
        # Encoded here, for httpx would take text as ASCII.
        return httpx.BasicAuth(self.email.encode(), self.password.encode())


@dataclass(frozen=True)
class GameServer:
    """A game server as its owner knows it."""

    id: int
    secret: str
    owner: User
    listing: dict[str, Any]
    """What it was registered with; a heartbeat sends it again, with a map and the number of players."""

    @property
    def auth(self) -> httpx.BasicAuth:
        """For httpx: the server's id and secret."""
        return httpx.BasicAuth(str(self.id), self.secret)


@dataclass(frozen=True)
class Clan:
    """A clan, and who founded it."""

    id: int
    tag: str
    name: str
    owner: User


def an_unverified_user(
    server: Server, *, email: str | None = None, display_name: str | None = None, password: str = PASSWORD
) -> User:
    """Registers an account. Its token has been mailed, and not entered."""
    email = email or f"{unique('mira')}@tengen.example"
    display_name = display_name or unique("Mira")
    answer = server.post("/v1/user/register", {"username": email, "display_name": display_name, "password": password})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    return User(made["id"], email, display_name, password, made["proof"], made["signed_proof"])


def a_verified_user(
    server: Server, *, email: str | None = None, display_name: str | None = None, password: str = PASSWORD
) -> User:
    """Registers an account and enters the token mailed to it."""
    user = an_unverified_user(server, email=email, display_name=display_name, password=password)
    token = server.mail_token(user.email)
    answer = server.post("/v1/user/email/verify", {"mail_token": token}, auth=user.auth)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    return User(user.id, user.email, user.display_name, password, made["proof"], made["signed_proof"])


def a_listing(**changes: Any) -> dict[str, Any]:
    """The body of a game server's registration."""
    return {
        "host_name": "203.0.113.20",
        "port": 11235,
        "display_name": unique("Quiet Valley "),
        "description": "beginners",
        "game_type": "RTSS",
        "max_player_count": 32,
    } | changes


def a_heartbeat(game_server: GameServer, **changes: Any) -> dict[str, Any]:
    """The body of a game server's heartbeat."""
    return game_server.listing | {"current_map": "eden2", "current_player_count": 7} | changes


def a_game_server(server: Server, *, owner: User | None = None, is_online: bool = False, **listing: Any) -> GameServer:
    """Registers a game server; `is_online` sends its first heartbeat, too."""
    owner = owner or a_verified_user(server)
    body = a_listing(**listing)
    answer = server.post("/v1/server/register", body, auth=owner.auth)
    assert answer.status_code == 200, answer.text
    login = answer.json()
    game_server = GameServer(int(login["username"]), login["password"], owner, body)
    if is_online:
        heard = server.post("/v1/server/update", a_heartbeat(game_server), auth=game_server.auth)
        assert heard.status_code == 200, heard.text
    return game_server


def an_icon(*, width: int = 16, height: int = 16, kind: str = "PNG") -> str:
    """A picture as a clan's icon is sent: base64."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def a_tag() -> str:
    """A clan tag of four letters that no other call gives. Tags are few: 36 to the power of 4."""
    number, letters = next(_tags), ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        letters += "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[digit]
    return f"^r{letters}"


_tags = count(secrets.randbelow(1_000_000))


def a_clan(server: Server, *, owner: User | None = None, tag: str | None = None, name: str | None = None) -> Clan:
    """Registers a clan."""
    owner = owner or a_verified_user(server)
    tag, name = tag or a_tag(), name or unique("Night Foxes ")
    answer = server.post("/v1/clan/register", {"tag": tag, "name": name, "icon": an_icon()}, auth=owner.auth)
    assert answer.status_code == 200, answer.text
    return Clan(answer.json()["id"], tag, name, owner)


def a_clan_member(server: Server, clan: Clan, *, user: User | None = None, rank: str = "member") -> User:
    """Invites an account to the clan, accepts for it, and gives it a rank."""
    user = user or a_verified_user(server)
    steps: list[tuple[str, dict[str, Any], User]] = [
        ("invite", {"user_id": user.id, "clan_id": clan.id}, clan.owner),
        ("invite-response", {"clan_id": clan.id, "accept": True}, user),
    ]
    if rank != "member":
        steps.append(("update-rank", {"user_id": user.id, "clan_id": clan.id, "rank": rank}, clan.owner))
    for route, body, actor in steps:
        answer = server.post(f"/v1/clan/{route}", body, auth=actor.auth)
        assert answer.status_code == 200, answer.text
    return user
