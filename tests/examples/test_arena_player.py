"""The player's parts: which arena it picks, when it signs in, what it does with what it hears."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from examples.arena_player import TROUBLE, Purse, Refused, choose, meet, visit

from tengen.client import AsyncClient, Credentials, GameServer

MINUTES = timedelta(minutes=10)


class APlatform:
    """Signs in whoever asks, with a proof of its own each time, and lists arenas."""

    def __init__(self, *names: str, proofs_last: timedelta = MINUTES) -> None:
        self.proofs: list[str] = []
        self.queries: list[str] = []
        self._names = names
        self._proofs_last = proofs_last
        transport = httpx.MockTransport(self._answer)
        self.client = AsyncClient("https://tengen.example", Credentials("mira", "horse"), transport=transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.queries.append(f"{request.url.path}?{request.url.query.decode()}")
        if request.url.path == "/v1/server/list/online":
            return httpx.Response(200, json=[_listed(number, name) for number, name in enumerate(self._names, 3)])
        expires_at = datetime.now(UTC) + self._proofs_last
        self.proofs.append(jwt.encode({"exp": expires_at, "jti": str(len(self.proofs))}, "k" * 32))
        account = {"id": 57, "display_name": "Mira", "created": "2026-05-02T18:04:11", "last_online": None}
        return httpx.Response(200, json=account | {"proof": "9f1c" * 16, "signed_proof": self.proofs[-1]})


def _listed(server_id: int, name: str, port: int = 1) -> dict[str, Any]:
    listing = {"host_name": "127.0.0.1", "port": port, "display_name": name, "description": "", "game_type": "arena"}
    state = {"max_player_count": 32, "current_map": "eden", "current_player_count": 2, "updated": "2026-05-02T18:04:11"}
    return {"id": server_id} | listing | state


@asynccontextmanager
async def an_arena(*scripts: Sequence[Any]) -> AsyncIterator[tuple[GameServer, list[dict[str, Any]]]]:
    """A door behind which each visitor is told the next of `scripts`; gives it, and what the visitors said."""
    heard: list[dict[str, Any]] = []
    waiting = list(scripts)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(json.loads(await reader.readline()))
        for message in waiting.pop(0):
            writer.write(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield GameServer.from_json(_listed(3, "Quiet Valley", server.sockets[0].getsockname()[1])), heard
    server.close()


WELCOME = {"type": "welcome", "server_id": 3, "account_id": 57, "player_count": 4}
CLOSING = {"type": "closing", "message": "The arena closes."}
REFUSED = {"type": "refused", "code": "invalid_proof", "message": "The proof has expired."}
FULL = {"type": "refused", "code": "full", "message": "The arena is full."}


def ended(outcome: str) -> dict[str, Any]:
    return {"type": "match_ended", "match": 1, "outcome": outcome}


async def test_an_arena_with_room_is_picked_by_its_name() -> None:
    platform = APlatform("Quiet Valley", "Loud Hill")
    picked = await choose(platform.client, "Loud Hill")
    assert picked is not None
    assert picked.id == 4
    assert platform.queries == ["/v1/server/list/online?game_type=arena&not_full=true"]


async def test_any_arena_will_do_without_a_name() -> None:
    picked = {
        server.id for _ in range(200) if (server := await choose(APlatform("Quiet Valley", "Loud Hill").client, None))
    }
    assert picked == {3, 4}


async def test_there_may_be_no_arena() -> None:
    assert await choose(APlatform("Quiet Valley").client, "Loud Hill") is None


async def test_outcomes_are_counted_until_the_arena_closes() -> None:
    score = Counter[str]()
    async with an_arena(
        [WELCOME, ended("won"), ended("lost"), {"type": "news"}, ended("won"), CLOSING, ended("won")]
    ) as (
        server,
        heard,
    ):
        await visit(server, "the proof", 900, score)
    assert score == {"won": 2, "lost": 1}
    assert heard == [{"type": "join", "proof": "the proof", "skill": 900}]


async def test_a_proof_is_asked_for_once_while_it_holds() -> None:
    platform = APlatform()
    purse = Purse(platform.client)
    async with an_arena([WELCOME], [WELCOME]) as (server, heard):
        await meet(server, purse, 900, Counter())
        await meet(server, purse, 900, Counter())
    assert platform.queries == ["/v1/user/login?server_id=3"]
    assert [message["proof"] for message in heard] == platform.proofs * 2


async def test_a_proof_that_is_about_to_run_out_is_not_shown() -> None:
    platform = APlatform(proofs_last=timedelta(seconds=5))
    purse = Purse(platform.client)
    async with an_arena([WELCOME], [WELCOME]) as (server, heard):
        await meet(server, purse, 900, Counter())
        await meet(server, purse, 900, Counter())
    assert [message["proof"] for message in heard] == platform.proofs
    assert len(platform.proofs) == 2


async def test_a_proof_that_is_not_taken_is_replaced_by_a_new_one_at_once() -> None:
    platform, score = APlatform(), Counter[str]()
    async with an_arena([REFUSED], [WELCOME, ended("won")]) as (server, heard):
        await meet(server, Purse(platform.client), 900, score)
    assert [message["proof"] for message in heard] == platform.proofs
    assert len(set(platform.proofs)) == 2
    assert score["won"] == 1


@pytest.mark.parametrize(("script", "code"), [([[REFUSED], [REFUSED]], "invalid_proof"), ([[FULL]], "full")])
async def test_a_player_does_not_insist(script: list[list[Any]], code: str) -> None:
    async with an_arena(*script) as (server, heard):
        with pytest.raises(Refused) as refusal:
            await meet(server, Purse(APlatform().client), 900, Counter())
    assert refusal.value.code == code
    assert len(heard) == len(script)


@pytest.mark.parametrize("nonsense", [b"HTTP/1.1 400 Bad Request\r\n", b"{}\n", b"7\n", b"\xff\n", b"x" * 100_000])
async def test_an_arena_that_talks_nonsense_is_left(nonsense: bytes) -> None:
    async with an_arena([nonsense]) as (server, _):
        with pytest.raises(TROUBLE):
            await visit(server, "the proof", 900, Counter())
