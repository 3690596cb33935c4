"""When a verifier of proofs asks for the platform's keys, and when it does not."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tengen import proofs
from tengen.client import (
    AsyncClient,
    AsyncProofVerifier,
    Client,
    InvalidProof,
    ProofVerifier,
    UnknownKey,
    Unreachable,
)
from tengen.proofs import Claims, KeySet

URL = "https://tengen.example"
NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class APlatform:
    """Publishes its keys and counts how often it is asked; `is_away` refuses connections."""

    def __init__(self, *key_ids: str) -> None:
        self.private_keys = {key_id: Ed25519PrivateKey.generate() for key_id in key_ids}
        self.requests = 0
        self.is_away = False
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url == f"{URL}/.well-known/jwks.json"
        self.requests += 1
        if self.is_away:
            raise httpx.ReadError("connection lost")
        keys = KeySet({key_id: key.public_key() for key_id, key in self.private_keys.items()})
        return httpx.Response(200, json=keys.to_jwks())

    def proof(self, key_id: str = "k1", *, at: datetime = NOON, server_id: int | None = 3, issuer: str = URL) -> str:
        claims = Claims(issuer, 57, at, at + 10 * MINUTE, 1, server_id)
        return proofs.sign(claims, key=self.private_keys[key_id], key_id=key_id)


class AVerifier:
    """Either verifier, with a clock in its hand (`now`)."""

    def __init__(self, kind: str, platform: APlatform, *, issuer: str | None = None) -> None:
        self.now = NOON
        options: dict[str, Any] = {"server_id": 3, "clock": lambda: self.now, "issuer": issuer}
        self._verify: Callable[[str], Any]
        if kind == "sync":
            self._verify = ProofVerifier(Client(URL, retries=0, transport=platform.transport), **options).verify
        else:
            client = AsyncClient(URL, retries=0, transport=platform.transport)
            self._verify = AsyncProofVerifier(client, **options).verify

    async def verify(self, proof: str) -> Claims:
        claims = self._verify(proof)
        if inspect.isawaitable(claims):
            claims = await claims
        assert isinstance(claims, Claims)
        return claims


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_the_keys_are_fetched_once_for_many_proofs(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform)
    for _ in range(20):
        assert (await verifier.verify(platform.proof())).account_id == 57
    assert platform.requests == 1


async def test_a_proof_for_another_game_server_or_issuer_or_time_does_not_hold(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform)
    bad = [
        platform.proof(server_id=4),
        platform.proof(server_id=None),
        platform.proof(issuer="https://other.example"),
        platform.proof(at=NOON - 10 * MINUTE),
        "9f1c" * 16,
    ]
    for proof in bad:
        with pytest.raises(InvalidProof):
            await verifier.verify(proof)
    assert platform.requests == 1


async def test_the_issuer_may_have_another_address_than_the_one_that_is_asked(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform, issuer="https://public.example")
    await verifier.verify(platform.proof(issuer="https://public.example"))
    with pytest.raises(InvalidProof):
        await verifier.verify(platform.proof())


async def test_an_unknown_key_has_the_keys_fetched_again(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform)
    await verifier.verify(platform.proof())
    platform.private_keys["k2"] = Ed25519PrivateKey.generate()
    verifier.now += MINUTE
    await verifier.verify(platform.proof("k2"))
    assert platform.requests == 2


async def test_made_up_keys_do_not_become_a_stream_of_requests(kind: str) -> None:
    platform, stranger = APlatform("k1"), APlatform("made up")
    verifier = AVerifier(kind, platform)
    for _ in range(100):
        with pytest.raises(UnknownKey):
            await verifier.verify(stranger.proof("made up"))
        verifier.now += SECOND
    assert platform.requests == 10  # one in ten seconds


async def test_keys_that_are_withdrawn_cease_to_count_after_some_minutes(kind: str) -> None:
    platform = APlatform("k1", "k2")
    verifier = AVerifier(kind, platform)
    proof = platform.proof("k1")
    await verifier.verify(proof)
    del platform.private_keys["k1"]
    verifier.now += 4 * MINUTE
    await verifier.verify(proof)
    verifier.now += MINUTE
    with pytest.raises(UnknownKey):
        await verifier.verify(proof)


async def test_known_keys_serve_on_while_the_platform_is_away(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform)
    await verifier.verify(platform.proof())
    platform.is_away = True
    verifier.now += 60 * MINUTE
    for _ in range(5):
        await verifier.verify(platform.proof(at=verifier.now))
    assert platform.requests == 2


async def test_without_any_keys_the_platforms_absence_shows(kind: str) -> None:
    platform = APlatform("k1")
    platform.is_away = True
    verifier = AVerifier(kind, platform)
    for _ in range(5):
        with pytest.raises(Unreachable):
            await verifier.verify(platform.proof())
    assert platform.requests == 1
    platform.is_away = False
    verifier.now += 10 * SECOND
    await verifier.verify(platform.proof())


async def test_a_crowd_that_comes_at_once_asks_for_the_keys_once() -> None:
    platform = APlatform("k1")
    verifier = AVerifier("async", platform)
    await asyncio.gather(*(verifier.verify(platform.proof()) for _ in range(50)))
    assert platform.requests == 1


def test_threads_share_a_verifier() -> None:
    platform = APlatform("k1")
    client = Client(URL, transport=platform.transport)
    verifier = ProofVerifier(client, server_id=3, clock=lambda: NOON)
    start = threading.Barrier(8)

    def verify(_: int) -> Claims:
        start.wait()
        return verifier.verify(platform.proof())

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(verify, range(8)))) == 8
    assert platform.requests == 1
