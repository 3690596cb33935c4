"""Checking players' signed proofs, and receipts for replays, without asking the platform each time.

Nothing is needed for it but the platform's public keys, and those rarely change: they are fetched once in a while, and
when a proof or a receipt names a key that is not among them.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tengen import proofs, receipts
from tengen.client.clients import AsyncClient, Client
from tengen.client.errors import TengenError
from tengen.proofs import Claims
from tengen.receipts import Receipt
from tengen.signatures import KeySet, UnknownKey

T = TypeVar("T")

log = logging.getLogger(__name__)

# The platform publishes a new key ten minutes before it signs with it: whoever asks more often is never surprised.
_MAX_AGE = timedelta(minutes=5)
# Anybody can send texts with made-up keys; they must not become a stream of requests to the platform.
_PAUSE = timedelta(seconds=10)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _HeldKeys:
    """The platform's keys as they were fetched last, and the rules, without I/O, of when to fetch them again."""

    def __init__(self, *, clock: Callable[[], datetime], max_age: timedelta) -> None:
        self._clock = clock
        self._max_age = max_age
        self._keys: KeySet | None = None
        self._stale_at: datetime | None = None
        self._next_fetch_at: datetime | None = None
        self._error: TengenError | None = None

    @property
    def are_missing(self) -> bool:
        return self._keys is None

    @property
    def are_old(self) -> bool:
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

    def get(self) -> KeySet:
        """The keys that there are. Raises why there are none, if they could not be fetched."""
        if self._keys is None and self._error is not None:
            raise self._error
        return self._keys or KeySet({})


class _Verifier:
    """What verifiers have in common: the platform's keys, fetched when they are needed."""

    def __init__(self, client: Client, *, clock: Callable[[], datetime], max_age: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._keys = _HeldKeys(clock=clock, max_age=max_age)
        self._lock = threading.Lock()

    def _with_keys(self, verify: Callable[[KeySet], T]) -> T:
        # While one caller fetches newer keys, the others go on with the old ones.
        if self._keys.are_missing or (self._keys.are_old and not self._lock.locked()):
            self._fetch()
        try:
            return verify(self._keys.get())
        except UnknownKey:
            self._fetch()
            return verify(self._keys.get())

    def _fetch(self) -> None:
        with self._lock:
            if not self._keys.may_fetch():
                return
            try:
                self._keys.fetched(self._client.signing_keys())
            except TengenError as error:
                self._keys.failed(error)


class _AsyncVerifier:
    """`_Verifier` for asyncio."""

    def __init__(self, client: AsyncClient, *, clock: Callable[[], datetime], max_age: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._keys = _HeldKeys(clock=clock, max_age=max_age)
        self._lock = asyncio.Lock()

    async def _with_keys(self, verify: Callable[[KeySet], T]) -> T:
        if self._keys.are_missing or (self._keys.are_old and not self._lock.locked()):
            await self._fetch()
        try:
            return verify(self._keys.get())
        except UnknownKey:
            await self._fetch()
            return verify(self._keys.get())

    async def _fetch(self) -> None:
        async with self._lock:
            if not self._keys.may_fetch():
                return
            try:
                self._keys.fetched(await self._client.signing_keys())
            except TengenError as error:
                self._keys.failed(error)


class ProofVerifier(_Verifier):
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
        super().__init__(client, clock=clock, max_age=max_age)
        self._issuer = issuer or client.url
        self._server_id = server_id

    def verify(self, proof: str) -> Claims:
        """What the proof says, if it holds now.

        Raises `InvalidProof` if it does not, and `TengenError` if there are no keys yet and none to be had.
        """
        return self._with_keys(
            lambda keys: proofs.verify(
                proof, keys=keys, now=self._clock(), issuer=self._issuer, server_id=self._server_id
            )
        )


class AsyncProofVerifier(_AsyncVerifier):
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
        super().__init__(client, clock=clock, max_age=max_age)
        self._issuer = issuer or client.url
        self._server_id = server_id

    async def verify(self, proof: str) -> Claims:
        """What the proof says, if it holds now.

        Raises `InvalidProof` if it does not, and `TengenError` if there are no keys yet and none to be had.
        """
        return await self._with_keys(
            lambda keys: proofs.verify(
                proof, keys=keys, now=self._clock(), issuer=self._issuer, server_id=self._server_id
            )
        )


class ReceiptVerifier(_Verifier):
    """Tells what was uploaded by whom and when, from a receipt: offline, but for the platform's public keys.

    `issuer` is the platform's public address, if it is not the one that `client` uses. Keys are fetched anew after
    `max_age`, and when a receipt names an unknown one, with a pause in between. May be shared by threads.
    """

    def __init__(
        self,
        client: Client,
        *,
        issuer: str | None = None,
        clock: Callable[[], datetime] = _utc_now,
        max_age: timedelta = _MAX_AGE,
    ) -> None:
        super().__init__(client, clock=clock, max_age=max_age)
        self._issuer = issuer or client.url

    def verify(self, receipt: str) -> Receipt:
        """What the receipt says, if it is genuine. Whether a file is the one it speaks of, `Receipt.matches` tells.

        Raises `InvalidReceipt` if it is not, `UnknownKey` if its key is published no longer, so that it must be got
        anew from the platform, and `TengenError` if there are no keys yet and none to be had.
        """
        return self._with_keys(lambda keys: receipts.verify(receipt, keys=keys, issuer=self._issuer))

    def fetch(self, tournament_id: int, submission_id: int) -> Receipt:
        """What the platform says of a submission today, in a receipt that is fetched for it and verified.

        Raises as `verify` does, and `SubmissionNotFound` if there is none, or none that the client may see.
        """
        return self.verify(self._client.receipt(tournament_id, submission_id))


class AsyncReceiptVerifier(_AsyncVerifier):
    """`ReceiptVerifier` for asyncio: `verify` is awaited."""

    def __init__(
        self,
        client: AsyncClient,
        *,
        issuer: str | None = None,
        clock: Callable[[], datetime] = _utc_now,
        max_age: timedelta = _MAX_AGE,
    ) -> None:
        super().__init__(client, clock=clock, max_age=max_age)
        self._issuer = issuer or client.url

    async def verify(self, receipt: str) -> Receipt:
        """What the receipt says, if it is genuine. Whether a file is the one it speaks of, `Receipt.matches` tells.

        Raises as `ReceiptVerifier.verify` does.
        """
        return await self._with_keys(lambda keys: receipts.verify(receipt, keys=keys, issuer=self._issuer))

    async def fetch(self, tournament_id: int, submission_id: int) -> Receipt:
        """What the platform says of a submission today, in a receipt that is fetched for it and verified.

        Raises as `verify` does, and `SubmissionNotFound` if there is none, or none that the client may see.
        """
        return await self.verify(await self._client.receipt(tournament_id, submission_id))
