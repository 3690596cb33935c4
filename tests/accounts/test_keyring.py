"""The keys that sign proofs: one always does, and a change of keys interrupts nobody."""

import asyncio
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from tengen import proofs
from tengen.accounts import keyring
from tengen.accounts.keyring import Keyring, SigningKey, published, signing_key
from tengen.accounts.models import SigningKeyRow
from tengen.accounts.runtime import Accounts
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.security import MasterKey, Unsealable
from tests.support.builders import NOON, an_account

MINUTE = timedelta(minutes=1)
LEAD, LIFETIME = 10 * MINUTE, 10 * MINUTE
SEALER = MasterKey(b"a secret of the tests").sealer(keyring.SEALED_FOR)


def a_key(key_id: str, *, active_from: datetime = NOON, retires_at: datetime | None = None) -> SigningKey:
    return SigningKey(key_id, Ed25519PrivateKey.generate(), NOON, active_from, retires_at)


def signer(keys: list[SigningKey], now: datetime) -> str | None:
    key = signing_key(keys, now)
    return None if key is None else key.id


def key_ids(keys: list[SigningKey], now: datetime) -> list[str]:
    return [str(key["kid"]) for key in published(keys, now).to_jwks()["keys"]]


def test_a_new_key_is_published_before_it_signs_and_an_old_one_after() -> None:
    keys = [a_key("old", retires_at=NOON + 21 * MINUTE), a_key("new", active_from=NOON + LEAD)]

    for minutes, signs, known in [
        (0, "old", ["old", "new"]),
        (9, "old", ["old", "new"]),
        (10, "new", ["old", "new"]),
        (20, "new", ["old", "new"]),
        (21, "new", ["new"]),
    ]:
        now = NOON + minutes * MINUTE
        assert (signer(keys, now), key_ids(keys, now)) == (signs, known)


def test_without_an_active_key_none_signs() -> None:
    assert signer([], NOON) is None
    assert signer([a_key("new", active_from=NOON + MINUTE)], NOON) is None
    assert signer([a_key("old", retires_at=NOON)], NOON) is None


async def load(database: Database, now: datetime) -> list[SigningKey]:
    async with database.read() as connection:
        return await keyring.load(connection, SEALER, now)


async def ensure_one(database: Database, now: datetime = NOON) -> None:
    async with database.write() as transaction:
        await keyring.ensure_one(transaction, SEALER, now)


async def rotate(database: Database, now: datetime, *, lead: timedelta = LEAD) -> SigningKey:
    async with database.write() as transaction:
        return await keyring.rotate(transaction, SEALER, now=now, lead=lead, proof_lifetime=LIFETIME)


async def test_the_first_key_is_made_once(database: Database) -> None:
    await ensure_one(database)
    (key,) = await load(database, NOON)
    await ensure_one(database, NOON + timedelta(days=365))

    (again,) = await load(database, NOON + timedelta(days=365))
    assert again.id == key.id
    assert again.private_key.private_bytes_raw() == key.private_key.private_bytes_raw()


async def test_private_keys_are_stored_sealed(database: Database) -> None:
    await ensure_one(database)
    (key,) = await load(database, NOON)
    async with database.read() as connection:
        (stored,) = await connection.one(select(SigningKeyRow.sealed_private_key))

    assert SEALER.open_(stored) == key.private_key.private_bytes_raw()
    assert key.private_key.private_bytes_raw().hex() not in stored
    with pytest.raises(Unsealable):
        async with database.read() as connection:
            await keyring.load(connection, MasterKey(b"another secret").sealer(keyring.SEALED_FOR), NOON)


async def test_a_rotation_overlaps_until_the_last_proof_of_the_old_key_has_run_out(database: Database) -> None:
    await ensure_one(database)
    (old,) = await load(database, NOON)
    new = await rotate(database, NOON + MINUTE)

    last_signed = NOON + MINUTE + LEAD - timedelta(microseconds=1)
    keys = await load(database, NOON)
    assert signer(keys, last_signed) == old.id
    assert signer(keys, NOON + MINUTE + LEAD) == new.id
    assert old.id in key_ids(await load(database, last_signed + LIFETIME), last_signed + LIFETIME)
    much_later = NOON + timedelta(days=1)
    assert key_ids(await load(database, much_later), much_later) == [new.id]


async def test_a_key_signs_at_every_moment_of_any_rotations(database: Database) -> None:
    await ensure_one(database)
    for minutes in (1, 3, 30):
        await rotate(database, NOON + minutes * MINUTE)

    keys = await load(database, NOON)
    for minutes in range(120):
        assert signer(keys, NOON + minutes * MINUTE) is not None


async def test_a_key_that_leaked_is_void_at_once(database: Database) -> None:
    await ensure_one(database)
    planned = await rotate(database, NOON)
    new = await rotate(database, NOON + MINUTE, lead=timedelta(0))

    now = NOON + MINUTE
    keys = await load(database, now)
    assert [key.id for key in keys] == [new.id]
    assert signer(keys, now) == new.id != planned.id


async def test_the_keyring_makes_the_first_key_and_keeps_it_for_a_moment(database: Database) -> None:
    ring = Keyring(database, SEALER)
    (key,) = await ring.keys(NOON)
    new = await rotate(database, NOON)

    assert [each.id for each in await ring.keys(NOON)] == [key.id]
    assert {each.id for each in await Keyring(database, SEALER).keys(NOON)} == {key.id, new.id}


async def test_the_keyring_learns_of_a_new_key_within_seconds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keyring, "FRESH_SECONDS", 0.0)
    ring = Keyring(database, SEALER)
    await ring.keys(NOON)
    new = await rotate(database, NOON)

    assert new.id in {key.id for key in await ring.keys(NOON)}


async def test_requests_of_the_first_moment_all_get_a_key(database: Database) -> None:
    rings = [Keyring(database, SEALER) for _ in range(3)]

    found = await asyncio.gather(*(ring.keys(NOON) for ring in rings for _ in range(3)))

    assert all(signer(keys, NOON) is not None for keys in found)


async def test_proofs_hold_through_a_rotation_and_die_with_a_leaked_key(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keyring, "FRESH_SECONDS", 0.0)
    prover = Accounts.of(platform).prover
    account = await an_account(platform.database)
    sealer = platform.master_key.sealer(keyring.SEALED_FOR)
    before = await prover.issue(account, now=NOON)

    async with platform.database.write() as transaction:
        await keyring.rotate(transaction, sealer, now=NOON, lead=LEAD, proof_lifetime=LIFETIME)
    after = await prover.issue(account, now=NOON + LEAD)

    late = NOON + LIFETIME - MINUTE
    assert await prover.holds(account, before.signed_proof, now=late)
    assert await prover.holds(account, after.signed_proof, now=NOON + LEAD)
    async with platform.database.write() as transaction:
        await keyring.rotate(transaction, sealer, now=late, lead=timedelta(0), proof_lifetime=LIFETIME)
    assert not await prover.holds(account, before.signed_proof, now=late)
    assert await prover.holds(account, before.proof, now=late)


async def test_a_signed_proof_holds_offline_and_says_who_for_whom_and_until_when(platform: Platform) -> None:
    prover = Accounts.of(platform).prover
    account = await an_account(platform.database)
    pair = await prover.issue(account, now=NOON, server_id=None)
    keys = await prover.key_set(NOON)

    claims = proofs.verify(pair.signed_proof, keys=keys, now=NOON, issuer=platform.settings.public_url)

    assert claims == proofs.Claims(
        issuer=platform.settings.public_url,
        account_id=account.id,
        issued_at=NOON,
        expires_at=NOON + LIFETIME,
        generation=account.generation,
        server_id=None,
    )
    with pytest.raises(proofs.InvalidProof):
        proofs.verify(pair.signed_proof, keys=keys, now=NOON + LIFETIME, issuer=platform.settings.public_url)


async def test_a_request_that_began_before_the_first_key_was_made_is_signed_with_it(database: Database) -> None:
    ring = Keyring(database, SEALER)
    first = await ring.signer(NOON)
    assert (await ring.signer(NOON - MINUTE)).id == first.id
