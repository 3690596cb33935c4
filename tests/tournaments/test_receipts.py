"""Receipts as the platform signs them: anew whenever they are asked for, and with the key that then signs."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tengen import receipts
from tengen.accounts import keyring
from tengen.accounts.keyring import Keyring
from tengen.accounts.runtime import Accounts
from tengen.core.platform import Platform
from tengen.receipts import Receipt
from tengen.signatures import UnknownKey
from tengen.tournaments import archive
from tengen.tournaments.archive import Submission
from tengen.tournaments.levels import Level
from tengen.tournaments.receipts import Receipts
from tests.tournaments.builders import HOUR, MINUTE, NOON, a_held_key, a_stored_submission, a_tournament, an_entry

LEAD, LIFETIME = 10 * MINUTE, 10 * MINUTE
REPLAY = b"*rmv and so on"
MADE_AT = NOON + timedelta(microseconds=1)
UPLOADED_AT = NOON + timedelta(minutes=7, microseconds=999_999)


@pytest.fixture
async def submission(platform: Platform) -> Submission:
    """A submission as the database gives it back."""
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    await a_held_key(platform, tournament, player, made_at=MADE_AT)
    stored = await a_stored_submission(
        platform.database,
        tournament,
        player,
        content=REPLAY,
        uploaded_at=UPLOADED_AT,
        level=Level.INTERMEDIATE,
        time=27_041,
    )
    async with platform.database.read() as connection:
        return await archive.find_submission(connection, tournament.id, stored.id)


@pytest.fixture
def accounts(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """The platform's keys, of which each change is known at once."""
    monkeypatch.setattr(Keyring, "FRESH_SECONDS", 0.0)
    return Accounts.of(platform)


async def rotate(platform: Platform, *, lead: timedelta) -> None:
    sealer = platform.master_key.sealer(keyring.SEALED_FOR)
    async with platform.database.write() as transaction:
        await keyring.rotate(transaction, sealer, now=NOON + HOUR, lead=lead, proof_lifetime=LIFETIME)


async def test_a_receipt_says_of_a_submission_what_was_uploaded_and_when(
    platform: Platform, accounts: Accounts, submission: Submission
) -> None:
    text = await Receipts.of(platform, accounts).sign(submission, now=NOON + HOUR)

    public_url = platform.settings.public_url
    receipt = receipts.verify(text, keys=await accounts.prover.key_set(NOON + HOUR), issuer=public_url)
    assert receipt == Receipt(
        issuer=public_url,
        account_id=submission.account_id,
        tournament_id=submission.tournament_id,
        submission_id=submission.id,
        sha256=hashlib.sha256(REPLAY).hexdigest(),
        uploaded_at=UPLOADED_AT,
        key_made_at=MADE_AT,
        level="intermediate",
        time_ms=27_041,
    )
    assert receipt.matches(REPLAY)


async def test_a_receipt_that_is_asked_for_again_is_the_same_until_another_key_signs(
    platform: Platform, accounts: Accounts, submission: Submission
) -> None:
    mint = Receipts.of(platform, accounts)
    first = await mint.sign(submission, now=NOON + MINUTE)
    disqualified = replace(submission, disqualified_at=NOON + HOUR, disqualified_reason="seen before")
    assert await mint.sign(disqualified, now=NOON + HOUR) == first

    await rotate(platform, lead=LEAD)

    assert await mint.sign(submission, now=NOON + HOUR + LEAD - MINUTE) == first
    assert await mint.sign(submission, now=NOON + HOUR + LEAD) != first


async def test_a_receipt_outlives_a_rotation_by_being_signed_anew(
    platform: Platform, accounts: Accounts, submission: Submission
) -> None:
    mint, public_url = Receipts.of(platform, accounts), platform.settings.public_url
    before = await mint.sign(submission, now=NOON + HOUR)

    await rotate(platform, lead=LEAD)

    in_overlap, after = NOON + HOUR + LEAD, NOON + 24 * HOUR
    receipts.verify(before, keys=await accounts.prover.key_set(in_overlap), issuer=public_url)
    with pytest.raises(UnknownKey):
        receipts.verify(before, keys=await accounts.prover.key_set(after), issuer=public_url)
    anew = await mint.sign(submission, now=after)
    assert receipts.verify(anew, keys=await accounts.prover.key_set(after), issuer=public_url).matches(REPLAY)


async def test_a_receipt_under_a_key_that_leaked_holds_no_longer_and_one_signed_anew_does(
    platform: Platform, accounts: Accounts, submission: Submission
) -> None:
    mint, public_url = Receipts.of(platform, accounts), platform.settings.public_url
    now = NOON + HOUR
    before = await mint.sign(submission, now=now)

    await rotate(platform, lead=timedelta(0))

    keys = await accounts.prover.key_set(now)
    with pytest.raises(UnknownKey):
        receipts.verify(before, keys=keys, issuer=public_url)
    anew = await mint.sign(submission, now=now)
    assert receipts.verify(anew, keys=keys, issuer=public_url).submission_id == submission.id


async def test_receipts_that_are_signed_at_once_have_the_keys_read_once(
    platform: Platform, submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most, load = 0, 0, keyring.load

    async def counted(*arguments: Any) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        try:
            return await load(*arguments)
        finally:
            under_way -= 1

    monkeypatch.setattr(keyring, "load", counted)
    signer = Receipts.of(platform, Accounts.of(platform))
    signed = await asyncio.gather(*(signer.sign(submission, now=NOON + HOUR) for _ in range(5)))
    assert most == 1
    assert len(set(signed)) == 1
