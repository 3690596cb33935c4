"""The platform's content while it is measured: accounts, game servers and games, made through its own services."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import club as clubs
from benchmarks import contest, crowd
from benchmarks.club import Club
from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.runtime import Accounts
from tengen.core import migrations
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.core.values import utc_now
from tengen.listeners import connect_listeners
from tengen.servers import service as servers
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing

ACCOUNTS = 400
SERVERS = 200
RATED = 100_000
"""Accounts that do nothing but stand on the leaderboard."""
_PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class World:
    """Ids, secrets and proofs, as the load needs them."""

    users: list[tuple[int, str, str]]
    """Account id, `Authorization` header, opaque proof."""
    servers: list[tuple[int, str]]
    """Server id, `Authorization` header."""
    club: Club
    """A server on which all of them play Go."""
    tournament: int
    """A tournament with as many entrants as any has."""


def request(
    method: str,
    path: str,
    *,
    auth: str | None = None,
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> str:
    """An HTTP/1.1 request as text."""
    content = "" if body is None else json.dumps(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if auth is not None:
        lines.append(f"Authorization: {auth}")
    if body is not None:
        lines.append("Content-Type: application/json")
    return "\r\n".join(lines) + "\r\n\r\n" + content


def heartbeat(number: int) -> dict[str, Any]:
    """What server `number` says of itself."""
    return {
        "host_name": f"10.0.{number // 250}.{number % 250 + 1}",
        "port": 11235,
        "display_name": f"Arena {number}",
        "description": "A game server under load",
        "game_type": "RTSS",
        "max_player_count": 32,
        "current_map": "crossroads",
        "current_player_count": number % 32,
    }


def match(world: World, number: int) -> dict[str, Any]:
    """A match of four against four; players differ from number to number."""
    start = number * 8
    ids = [world.users[(start + offset) % len(world.users)][0] for offset in range(8)]
    teams = [
        {"id": team, "race": race, "field_players": [{"user_id": user} for user in field], "commander": field[0]}
        for team, (race, field) in enumerate((("human", ids[:4]), ("beast", ids[4:])))
    ]
    return {"teams": teams, "winner": number % 2}


def make(settings: Settings) -> World:
    """Fill the platform of these settings, whose database is migrated here."""
    return asyncio.run(_make(settings))


async def _make(settings: Settings) -> World:
    platform = Platform.of(settings)
    connect_listeners(platform)
    await migrations.upgrade(platform.database)
    runtime = Accounts.of(platform)
    password_hash = await runtime.passwords.hash(_PASSWORD)
    now = utc_now()
    users = []
    async with platform.database.write() as transaction:
        for number in range(ACCOUNTS):
            email = f"player{number}@example.org"
            account = await accounts.register(
                transaction,
                email=Email.parse(email),
                display_name=DisplayName.parse(f"Player {number}"),
                password_hash=password_hash,
                now=now,
                mail_tokens=None,
            )
            users.append((account, email))
        keys = [
            await servers.register(transaction, users[0][0].id, _listing(number), limit=None, now=now)
            for number in range(SERVERS)
        ]
    members = [account for account, _ in users]
    club = await clubs.found(platform.database, keys[0].id, keys[0].secret, members, now=now)
    await crowd.gather(platform.database, RATED, now=now)
    tournament = await contest.hold(platform.database, now=now)
    proofs = [(await runtime.prover.issue(account, now=utc_now())).proof for account, _ in users]
    await platform.close()
    return World(
        [(account.id, _basic(email, _PASSWORD), proof) for (account, email), proof in zip(users, proofs, strict=True)],
        [(key.id, _basic(str(key.id), key.secret)) for key in keys],
        club,
        tournament,
    )


def _listing(number: int) -> Listing:
    said = heartbeat(number)
    return Listing(host_name=HostName.parse(said["host_name"]), port=said["port"], display_name=said["display_name"])


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
