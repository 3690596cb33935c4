"""The opaque proof: what was issued holds for its time, and nothing else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.accounts import proof

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
KEY = b"k" * 32
LIFETIME = timedelta(minutes=10)

ids = st.integers(1, 2**63 - 1)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lifetimes = st.integers(1, 86_400).map(lambda seconds: timedelta(seconds=seconds))


def a_proof(**changes: Any) -> str:
    defaults: dict[str, Any] = {"account_id": 57, "generation": 1, "now": NOON, "key": KEY}
    return proof.issue(**defaults | changes)


def holds(text: str, **changes: Any) -> bool:
    defaults: dict[str, Any] = {"account_id": 57, "generation": 1, "now": NOON, "lifetime": LIFETIME, "key": KEY}
    return proof.holds(text, **defaults | changes)


def test_a_proof_is_made_of_the_second_and_a_mac() -> None:
    # The MAC by OpenSSL: (printf 'user proof\0'; printf '\x00\x69\xf5\xe7\x40'; printf '\0%d\0%d' 57 1) |
    #   openssl dgst -sha256 -mac HMAC -macopt hexkey:6b6b…6b (32 bytes)
    mac = "267effac9a3f00f3f35db9581c6ccf93b49962efaca90ca854877c338bd950c3"
    assert a_proof() == "0069f5e740" + mac[:54]


@given(account_id=ids, generation=st.integers(0, 2**31), now=instants, lifetime=lifetimes, part=st.floats(0, 1))
def test_a_proof_holds_until_its_lifetime_is_over(
    account_id: int, generation: int, now: datetime, lifetime: timedelta, part: float
) -> None:
    issued = a_proof(account_id=account_id, generation=generation, now=now)
    owner: dict[str, Any] = {"account_id": account_id, "generation": generation, "lifetime": lifetime}
    last = now.replace(microsecond=0) + lifetime - timedelta(milliseconds=1)

    assert len(issued) == 64
    assert set(issued) <= set("0123456789abcdef")
    assert holds(issued, now=now + max(timedelta(0), last - now) * part, **owner)
    assert not holds(issued, now=now + lifetime, **owner)
    assert not holds(issued, now=now + lifetime + timedelta(days=1) * part, **owner)


@given(bit=st.integers(0, 255))
def test_a_proof_with_any_bit_changed_fails(bit: int) -> None:
    raw = bytearray.fromhex(a_proof())
    raw[bit // 8] ^= 1 << bit % 8

    assert not holds(raw.hex())


@given(place=st.integers(0, 63), character=st.characters())
def test_a_proof_with_any_character_changed_fails(place: int, character: str) -> None:
    issued = a_proof()
    changed = issued[:place] + character + issued[place + 1 :]

    assert holds(changed) is (changed == issued)


@given(account_id=ids, other=ids)
def test_a_proof_of_one_account_is_none_of_another(account_id: int, other: int) -> None:
    assert holds(a_proof(account_id=account_id), account_id=other) is (account_id == other)


@given(generation=st.integers(0, 1000), other=st.integers(0, 1000))
def test_a_proof_dies_with_its_generation(generation: int, other: int) -> None:
    assert holds(a_proof(generation=generation), generation=other) is (generation == other)


def test_account_and_generation_do_not_run_into_each_other() -> None:
    assert not holds(a_proof(account_id=11, generation=1), account_id=1, generation=11)


def test_a_proof_under_another_key_fails() -> None:
    assert not holds(a_proof(key=b"j" * 32))


@pytest.mark.parametrize(("ahead", "is_believed"), [(0, True), (60, True), (61, False), (86_400, False)])
def test_a_clock_may_run_ahead_by_a_minute(ahead: int, is_believed: bool) -> None:
    assert holds(a_proof(now=NOON + timedelta(seconds=ahead))) is is_believed


@pytest.mark.parametrize(
    "text", ["", "0" * 64, a_proof().upper(), f" {a_proof()}", a_proof()[:-1], a_proof() + "0", "ü" * 64, "٣" * 64]
)
def test_what_was_not_issued_fails(text: str) -> None:
    assert not holds(text)


@given(text=st.text(min_size=60, max_size=68) | st.text())
def test_any_text_may_be_asked_about(text: str) -> None:
    assert not holds(text)
