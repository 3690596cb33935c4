"""Checking players' signed proofs without asking the platform each time.

A game server needs nothing but the platform's public keys, and those rarely change: they are fetched once in a while,
and when a proof names a key that is not among them.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tengen.client.clients import AsyncClient, Client
from tengen.client.errors import TengenError
from tengen.proofs import Claims, KeySet, UnknownKey, verify

log = logging.getLogger(__name__)

# The platform publishes a new key ten minutes before it signs with it: whoever asks more often is never surprised.
_MAX_AGE = timedelta(minutes=5)
# Anybody can send proofs with made-up keys; they must not become a stream of requests to the platform.
_PAUSE = timedelta(seconds=10)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Judge:
    """The rules, without I/O: which proofs hold, and when keys are to be fetched."""

    def __init__(
        self, *, issuer: str, server_id: int | None, clock: Callable[[], datetime], max_age: timedelta
    ) -> None:
        self._issuer = issuer
        self._server_id = server_id
        self._clock = clock
        self._max_age = max_age
        self._keys: KeySet | None = None
        self._stale_at: datetime | None = None
        self._next_fetch_at: datetime | None = None
        self._error: TengenError | None = None

    @property
    def has_no_keys(self) -> bool:
        return self._keys is None

    @property
    def has_old_keys(self) -> bool:
        return self._stale_at is None or self._clock() >= self._stale_at

    def may_fetch(self) -> bool:
        """Whether the last attempt is long enough ago."""
        return self._next_fetch_at is None or self._clock() >= self._next_fetch_at

    def fetched(self, keys: KeySet) -> None:
        """The platform's keys have come."""
        now = self._clock()
        self._keys, self._error = keys, None
        self._stale_at, self._next_fetch_at = now + self._max_age, now + _PAUSE

    def failed(self, error: TengenError) -> None:
        """They have not. Those that we have serve on: a platform that is away must not close the servers' doors."""
        log.warning("The platform's keys could not be fetched: %s", error)
        self._error = error
        self._next_fetch_at = self._clock() + _PAUSE

    def verdict(self, proof: str) -> Claims:
        """What the proof says. Raises `InvalidProof`, or why there are no keys."""
        if self._keys is None and self._error is not None:
            raise self._error
        keys = self._keys or KeySet({})
        return verify(proof, keys=keys, now=self._clock(), issuer=self._issuer, server_id=self._server_id)


class ProofVerifier:
    """Tells which account shows a signed proof: offline, but for the platform's public keys.

    `server_id` is the asking game server's own id: only proofs made for it hold (players get one by
    `login(server_id=...)`). With None proofs for anybody hold, and one game server could show its players' proofs at
    another. `issuer` is the platform's public address, if it is not the one that `client` uses. Keys are fetched anew
    after `max_age`, and when a proof names an unknown one, with a pause in between. May be shared by threads.
    """

    def __init__(
        self,
        client: Client,
        *,
        server_id: int | None,
        issuer: str | None = None,
        clock: Callable[[], datetime] = _utc_now,
        max_age: timedelta = _MAX_AGE,
    ) -> None:
        self._client = client
        self._judge = _Judge(issuer=issuer or client.url, server_id=server_id, clock=clock, max_age=max_age)
        self._lock = threading.Lock()

    def verify(self, proof: str) -> Claims:
        """What the proof says, if it holds now.

        Raises `InvalidProof` if it does not, and `TengenError` if there are no keys yet and none to be had.
        """
        # While one caller fetches newer keys, the others go on with the old ones.
        if self._judge.has_no_keys or (self._judge.has_old_keys and not self._lock.locked()):
            self._fetch()
        try:
            return self._judge.verdict(proof)
        except UnknownKey:
            self._fetch()
            return self._judge.verdict(proof)

    def _fetch(self) -> None:
        with self._lock:
            if not self._judge.may_fetch():
                return
            try:
                self._judge.fetched(self._client.signing_keys())
            except TengenError as error:
                self._judge.failed(error)


class AsyncProofVerifier:
    """`ProofVerifier` for asyncio: `verify` is awaited."""

    def __init__(
        self,
        client: AsyncClient,
        *,
        server_id: int | None,
        issuer: str | None = None,
        clock: Callable[[], datetime] = _utc_now,
        max_age: timedelta = _MAX_AGE,
    ) -> None:
        self._client = client
        self._judge = _Judge(issuer=issuer or client.url, server_id=server_id, clock=clock, max_age=max_age)
        self._lock = asyncio.Lock()

    async def verify(self, proof: str) -> Claims:
        """What the proof says, if it holds now.

        Raises `InvalidProof` if it does not, and `TengenError` if there are no keys yet and none to be had.
        """
        if self._judge.has_no_keys or (self._judge.has_old_keys and not self._lock.locked()):
            await self._fetch()
        try:
            return self._judge.verdict(proof)
        except UnknownKey:
            await self._fetch()
            return self._judge.verdict(proof)

    async def _fetch(self) -> None:
        async with self._lock:
            if not self._judge.may_fetch():
                return
            try:
                self._judge.fetched(await self._client.signing_keys())
            except TengenError as error:
                self._judge.failed(error)
