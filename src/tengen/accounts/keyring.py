"""The keys that sign proofs and receipts: made, kept sealed, published, rotated with overlap.

A new key is published before it signs, so that verifiers who keep the key set for a while know it in time; an old one
stays published until the last proof it signed has run out.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, or_, select, update

from tengen import proofs
from tengen.accounts.models import SigningKeyRow

if TYPE_CHECKING:
    from tengen.core.database import Connection, Database, Transaction
    from tengen.core.security import Sealer

SEALED_FOR = "signing keys"
"""The purpose of the key under which private keys are sealed (`MasterKey.sealer`)."""

# Time for the clocks of platform and verifiers to differ.
_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair. It signs from `active_from` until a later one does, and is published until `retires_at`."""

    id: str
    private_key: Ed25519PrivateKey
    created_at: datetime
    active_from: datetime
    retires_at: datetime | None

    def is_published(self, now: datetime) -> bool:
        """Whether verifiers are told of it."""
        return self.retires_at is None or now < self.retires_at


def signing_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The key that signs at `now`: the newest of those that are active."""
    active = [key for key in keys if key.active_from <= now and key.is_published(now)]
    return max(active, key=lambda key: (key.active_from, key.created_at), default=None)


def published(keys: Sequence[SigningKey], now: datetime) -> proofs.KeySet:
    """What verifiers are told at `now`."""
    return proofs.KeySet({key.id: key.private_key.public_key() for key in keys if key.is_published(now)})


async def load(connection: "Connection", sealer: "Sealer", now: datetime) -> list[SigningKey]:
    """Every key that still counts. Raises `Unsealable` if the master secret is another one."""
    rows = await connection.all(
        select(
            SigningKeyRow.id,
            SigningKeyRow.sealed_private_key,
            SigningKeyRow.created_at,
            SigningKeyRow.active_from,
            SigningKeyRow.retires_at,
        )
        .where(or_(SigningKeyRow.retires_at.is_(None), SigningKeyRow.retires_at > now))
        .order_by(SigningKeyRow.active_from, SigningKeyRow.created_at)
    )
    return [
        SigningKey(row[0], Ed25519PrivateKey.from_private_bytes(sealer.open_(row[1])), row[2], row[3], row[4])
        for row in rows
    ]


async def rotate(
    transaction: "Transaction", sealer: "Sealer", *, now: datetime, lead: timedelta, proof_lifetime: timedelta
) -> SigningKey:
    """Make a new key, which signs after `lead`, and let the others retire.

    With no lead the others are void at once: for a key that has leaked. Proofs they signed are then refused by the
    platform, and by those who verify offline as soon as they fetch the key set.
    """
    active_from = now + lead
    retires_at = active_from + proof_lifetime + _MARGIN if lead else now
    await transaction.run(
        update(SigningKeyRow)
        .where(or_(SigningKeyRow.retires_at.is_(None), SigningKeyRow.retires_at > retires_at))
        .values(retires_at=retires_at)
    )
    return await _create(transaction, sealer, now=now, active_from=active_from)


async def ensure_one(transaction: "Transaction", sealer: "Sealer", now: datetime) -> None:
    """Make the first key, if there is none that signs."""
    if signing_key(await load(transaction, sealer, now), now) is None:
        await _create(transaction, sealer, now=now, active_from=now)


async def _create(transaction: "Transaction", sealer: "Sealer", *, now: datetime, active_from: datetime) -> SigningKey:
    private_key = Ed25519PrivateKey.generate()
    key = SigningKey(secrets.token_hex(8), private_key, now, active_from, None)
    await transaction.run(
        insert(SigningKeyRow).values(
            id=key.id,
            sealed_private_key=sealer.seal(private_key.private_bytes_raw()),
            created_at=now,
            active_from=active_from,
        )
    )
    return key


class Keyring:
    """The keys as a running platform holds them: read again when they are older than a few seconds."""

    FRESH_SECONDS = 3.0

    def __init__(self, database: "Database", sealer: "Sealer") -> None:
        self._database = database
        self._sealer = sealer
        self._keys: list[SigningKey] = []
        self._loaded_at = float("-inf")
        self._turn = asyncio.Lock()

    async def keys(self, now: datetime) -> list[SigningKey]:
        """Every key that counts at `now`; there is always one that signs."""
        if self._is_old():
            # One reads for all who wait, or each of them would take a connection to the database.
            async with self._turn:
                if self._is_old():
                    self._keys = await self._read(now)
                    self._loaded_at = time.monotonic()
        return self._keys

    async def signer(self, now: datetime) -> SigningKey:
        """The key that signs at `now`."""
        keys = await self.keys(now)
        # The first key of all may be a moment younger than a request that was under way when another worker made it.
        return signing_key(keys, now) or min(keys, key=lambda key: key.active_from)

    def _is_old(self) -> bool:
        return time.monotonic() - self._loaded_at > self.FRESH_SECONDS

    async def _read(self, now: datetime) -> list[SigningKey]:
        async with self._database.read() as connection:
            keys = await load(connection, self._sealer, now)
        if signing_key(keys, now) is None:
            async with self._database.write() as transaction:
                await ensure_one(transaction, self._sealer, now)
                keys = await load(transaction, self._sealer, now)
        return keys
