"""Tournaments on a running server, made and played over HTTP as far as that goes.

The server's clock is the wall's, so tournaments begin in the past, and come to their end by a hand on the database.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from sqlalchemy import update

from tengen.accounts import service as accounts
from tengen.accounts.service import Account, Role
from tengen.core.database import Transaction
from tengen.core.values import AccountId
from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import played
from tengen.tournaments import archive, service
from tengen.tournaments.archive import Submission
from tengen.tournaments.levels import Level
from tengen.tournaments.models import TournamentRow
from tests.support.builders import User, a_verified_user, unique
from tests.support.operations import operate
from tests.support.server import Server
from tests.tournaments.builders import HOUR, a_new_submission

PATH = "/api/v2/tournaments"
NOWHERE = 2**63 - 1
"""The id of nothing."""

_seeds = count(1)


@dataclass(frozen=True)
class Cup:
    """A tournament on a server."""

    server: Server
    id: int
    host: User

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{PATH}/{self.id}"

    def get(self, path: str = "", by: User | None = None, **how: Any) -> httpx.Response:
        """GET something of it, as this account or as nobody."""
        return self.server.get(self.path + path, auth=None if by is None else by.auth, **how)

    def post(self, path: str, json: Any = None, by: User | None = None, **how: Any) -> httpx.Response:
        """POST something to it, as this account or as nobody."""
        return self.server.post(self.path + path, json, auth=None if by is None else by.auth, **how)

    def edit(self, changes: Any, by: User | None = None) -> httpx.Response:
        """PATCH it, as this account or as nobody."""
        return self.server.request("PATCH", self.path, json=changes, auth=None if by is None else by.auth)

    def read(self, path: str = "", by: User | None = None, **how: Any) -> Any:
        """What is there, which must be had."""
        answer = self.get(path, by, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()


def a_body(*, starts_in: timedelta = -HOUR, lasts: timedelta = 2 * HOUR, **changes: Any) -> dict[str, Any]:
    """What a tournament is made with; it runs, unless a test says otherwise."""
    start = datetime.now(UTC) + starts_in
    return {
        "name": unique("Cup"),
        "location": "online",
        "mode": "sum",
        "modeparams": "1+1+1",
        "start": start.isoformat(),
        "end": (start + lasts).isoformat(),
        "open_entry": True,
        "hide_results": False,
    } | changes


def a_cup(server: Server, *, host: User | None = None, **how: Any) -> Cup:
    """A tournament; `how`: as `a_body` takes it."""
    host = host or a_verified_user(server)
    answer = server.post(PATH, a_body(**how), auth=host.auth)
    assert answer.status_code == 201, answer.text
    return Cup(server, answer.json()["id"], host)


def step(cup: Cup, word: str, by: User, account: Any = None) -> httpx.Response:
    """Take a step about an entry: one's own, or that of `account`."""
    return cup.post("/entries", {"step": word} | ({} if account is None else {"account": account}), by)


def an_entrant(cup: Cup, user: User | None = None) -> User:
    """Somebody who takes part."""
    user = user or a_verified_user(cup.server)
    answer = step(cup, "request", user)
    assert answer.status_code == 200, answer.text
    if answer.json()["state"] != "participating":
        assert step(cup, "confirm", cup.host, user.id).json()["state"] == "participating"
    return user


def a_key(cup: Cup, user: User) -> str:
    """The key of somebody who takes part, made now."""
    answer = cup.post("/key", by=user)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def a_player(cup: Cup, user: User | None = None) -> User:
    """Somebody who takes part and has made a key."""
    user = an_entrant(cup, user)
    a_key(cup, user)
    return user


def _account(user: User) -> Account:
    now = datetime.now(UTC)
    return Account(AccountId(user.id), user.email, user.display_name, 0, now, None, now, None, None)


def a_submission(cup: Cup, player: User, time: int = 5410, level: Level = Level.BEGINNER, **how: Any) -> Submission:
    """A replay that was accepted, put into the archive; `how`: as `a_new_submission` takes it."""
    how.setdefault("uploaded_at", datetime.now(UTC))
    new, content = a_new_submission(_account(player), time=time, level=level, **how)

    async def store(transaction: Transaction) -> Submission:
        held = await service.hold(transaction, cup.id)
        return (await archive.store(transaction, held, new, content)).submission

    return operate(cup.server, store)


def end(cup: Cup) -> None:
    """The tournament is over."""

    async def move(transaction: Transaction) -> None:
        now = datetime.now(UTC)
        times = {"starts_at": now - 2 * HOUR, "ends_at": now - timedelta(seconds=1)}
        await transaction.run(update(TournamentRow).where(TournamentRow.id == cup.id).values(**times))

    operate(cup.server, move)


def an_admin(server: Server) -> User:
    """An administrator of the platform."""
    user = a_verified_user(server)

    async def grant(transaction: Transaction) -> None:
        await accounts.grant_roles(transaction, AccountId(user.id), {Role.ADMIN})

    operate(server, grant)
    return user


def a_replay(key: str, *, name: str = "Mira", time_ms: int = 100, level: Level = Level.BEGINNER) -> bytes:
    """A game that nobody has played before, as Arbiter writes it, with a key behind the player's name."""
    game = played(level, time_ms=time_ms, seed=time.time_ns() + next(_seeds))
    return avf(game, name=f"{name}#{key}", started_at=datetime.now(UTC))


def upload(cup: Cup, player: User | None, content: bytes) -> httpx.Response:
    """Upload a file, as a form has it."""
    return cup.post("/submissions", by=player, files={"video": ("game.avf", content)})


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The sentence of a refusal, which must have this status and this code."""
    assert (answer.status_code, answer.headers.get("X-Tengen-Error")) == (status, code), answer.text
    body = answer.json()
    assert body["error"] == ("rate_limited" if code == "too_many_requests" else code)
    return str(body["detail"])
