"""When a verifier of proofs or receipts asks for the platform's keys, and when it does not."""

import asyncio
import hashlib
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tengen import proofs, receipts
from tengen.client import (
    AsyncClient,
    AsyncProofVerifier,
    AsyncReceiptVerifier,
    Client,
    InvalidProof,
    InvalidReceipt,
    ProofVerifier,
    Receipt,
    ReceiptVerifier,
    UnknownKey,
    Unreachable,
)
from tengen.proofs import Claims
from tengen.signatures import KeySet

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

    def receipt(self, key_id: str = "k1", *, issuer: str = URL) -> str:
        receipt = Receipt(
            issuer=issuer,
            account_id=57,
            tournament_id=35,
            submission_id=9003,
            sha256=hashlib.sha256(b"a replay").hexdigest(),
            uploaded_at=NOON,
            key_made_at=NOON - MINUTE,
            level="expert",
            time_ms=48_310,
        )
        return receipts.sign(receipt, key=self.private_keys[key_id], key_id=key_id)

    def text(self, what: str, key_id: str = "k1", *, at: datetime = NOON) -> str:
        """A proof of that moment, or a receipt."""
        return self.proof(key_id, at=at) if what == "proof" else self.receipt(key_id)


class AVerifier:
    """Any verifier, with a clock in its hand (`now`)."""

    def __init__(self, kind: str, platform: APlatform, what: str = "proof", *, issuer: str | None = None) -> None:
        self.now = NOON
        options: dict[str, Any] = {"clock": lambda: self.now, "issuer": issuer}
        client = Client(URL, retries=0, transport=platform.transport)
        async_client = AsyncClient(URL, retries=0, transport=platform.transport)
        self._verify: Callable[[str], Any]
        match kind, what:
            case "sync", "proof":
                self._verify = ProofVerifier(client, server_id=3, **options).verify
            case "async", "proof":
                self._verify = AsyncProofVerifier(async_client, server_id=3, **options).verify
            case "sync", "receipt":
                self._verify = ReceiptVerifier(client, **options).verify
            case "async", "receipt":
                self._verify = AsyncReceiptVerifier(async_client, **options).verify

    async def verify(self, text: str) -> Claims | Receipt:
        said = self._verify(text)
        if inspect.isawaitable(said):
            said = await said
        assert isinstance(said, Claims | Receipt)
        return said


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["proof", "receipt"])
def what(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_the_keys_are_fetched_once_for_many_texts(kind: str, what: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform, what)
    for _ in range(20):
        assert (await verifier.verify(platform.text(what))).account_id == 57
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


async def test_a_receipt_holds_at_any_time_and_says_what_was_uploaded(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform, "receipt")
    verifier.now += timedelta(days=3650)
    receipt = await verifier.verify(platform.receipt())
    assert isinstance(receipt, Receipt)
    assert (receipt.tournament_id, receipt.submission_id, receipt.uploaded_at) == (35, 9003, NOON)
    assert receipt.matches(b"a replay")
    assert not receipt.matches(b"another")


async def test_neither_a_receipt_of_another_issuer_nor_a_proof_holds_as_a_receipt(kind: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform, "receipt")
    for text in [platform.receipt(issuer="https://other.example"), platform.proof(), "9f1c" * 16]:
        with pytest.raises(InvalidReceipt):
            await verifier.verify(text)
    assert platform.requests == 1


async def test_the_issuer_may_have_another_address_than_the_one_that_is_asked(kind: str) -> None:
    platform, public = APlatform("k1"), "https://public.example"
    of_proofs = AVerifier(kind, platform, "proof", issuer=public)
    of_receipts = AVerifier(kind, platform, "receipt", issuer=public)
    await of_proofs.verify(platform.proof(issuer=public))
    await of_receipts.verify(platform.receipt(issuer=public))
    with pytest.raises(InvalidProof):
        await of_proofs.verify(platform.proof())
    with pytest.raises(InvalidReceipt):
        await of_receipts.verify(platform.receipt())


async def test_an_unknown_key_has_the_keys_fetched_again(kind: str, what: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform, what)
    await verifier.verify(platform.text(what))
    platform.private_keys["k2"] = Ed25519PrivateKey.generate()
    verifier.now += MINUTE
    await verifier.verify(platform.text(what, "k2"))
    assert platform.requests == 2


async def test_made_up_keys_do_not_become_a_stream_of_requests(kind: str, what: str) -> None:
    platform, stranger = APlatform("k1"), APlatform("made up")
    verifier = AVerifier(kind, platform, what)
    for _ in range(100):
        with pytest.raises(UnknownKey):
            await verifier.verify(stranger.text(what, "made up"))
        verifier.now += SECOND
    assert platform.requests == 10  # one in ten seconds


async def test_keys_that_are_withdrawn_cease_to_count_after_some_minutes(kind: str, what: str) -> None:
    platform = APlatform("k1", "k2")
    verifier = AVerifier(kind, platform, what)
    text = platform.text(what, "k1")
    await verifier.verify(text)
    del platform.private_keys["k1"]
    verifier.now += 4 * MINUTE
    await verifier.verify(text)
    verifier.now += MINUTE
    with pytest.raises(UnknownKey):
        await verifier.verify(text)


async def test_known_keys_serve_on_while_the_platform_is_away(kind: str, what: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier(kind, platform, what)
    await verifier.verify(platform.text(what))
    platform.is_away = True
    verifier.now += 60 * MINUTE
    for _ in range(5):
        await verifier.verify(platform.text(what, at=verifier.now))
    assert platform.requests == 2


async def test_without_any_keys_the_platforms_absence_shows(kind: str, what: str) -> None:
    platform = APlatform("k1")
    platform.is_away = True
    verifier = AVerifier(kind, platform, what)
    for _ in range(5):
        with pytest.raises(Unreachable):
            await verifier.verify(platform.text(what))
    assert platform.requests == 1
    platform.is_away = False
    verifier.now += 10 * SECOND
    await verifier.verify(platform.text(what))


async def test_a_crowd_that_comes_at_once_asks_for_the_keys_once(what: str) -> None:
    platform = APlatform("k1")
    verifier = AVerifier("async", platform, what)
    await asyncio.gather(*(verifier.verify(platform.text(what)) for _ in range(50)))
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
