"""Receipts: what holds, that nothing else does, and that nothing else is taken for one."""

import base64
import hashlib
import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tengen import proofs, receipts
from tengen.proofs import Claims, InvalidProof
from tengen.receipts import InvalidReceipt, Receipt
from tengen.signatures import KeySet, UnknownKey

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUER = "https://tengen.example"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = KeySet({"k1": KEY.public_key()})
BASE64URL = string.ascii_letters + string.digits + "-_"
REPLAY = b"*rmv and so on"

ids = st.integers(min_value=1, max_value=2**63 - 1)
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001


def a_receipt(**changes: Any) -> Receipt:
    says: dict[str, Any] = {
        "issuer": ISSUER,
        "account_id": 57,
        "tournament_id": 35,
        "submission_id": 9003,
        "sha256": hashlib.sha256(REPLAY).hexdigest(),
        "uploaded_at": NOON + timedelta(minutes=7, microseconds=123_456),
        "key_made_at": NOON + timedelta(microseconds=1),
        "level": "beginner",
        "time_ms": 5410,
    }
    return Receipt(**says | changes)


def signed(*, key: Ed25519PrivateKey = KEY, key_id: str = "k1", **changes: Any) -> str:
    return receipts.sign(a_receipt(**changes), key=key, key_id=key_id)


def verified(text: str, *, issuer: str = ISSUER) -> Receipt:
    return receipts.verify(text, keys=KEYS, issuer=issuer)


TEXT = signed()
PAYLOAD = jwt.decode(TEXT, options={"verify_signature": False})


def a_token(payload: dict[str, Any], **headers: Any) -> str:
    """Any JWT under our key: what no platform would sign, but a verifier must bear."""
    return jwt.api_jws.encode(
        json.dumps(payload).encode(),
        KEY,
        algorithm="EdDSA",
        headers={"kid": "k1", "typ": receipts.TYPE} | headers,
    )


@given(
    receipt=st.builds(
        Receipt,
        issuer=st.text(min_size=1),
        account_id=ids,
        tournament_id=ids,
        submission_id=ids,
        sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
        uploaded_at=instants,
        key_made_at=instants,
        level=st.sampled_from(["beginner", "intermediate", "expert"]),
        time_ms=st.integers(1, 2**31),
    )
)
@example(receipt=a_receipt(uploaded_at=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)))
def test_what_was_signed_is_what_is_read(receipt: Receipt) -> None:
    text = receipts.sign(receipt, key=KEY, key_id="k1")
    assert receipts.verify(text, keys=KEYS, issuer=receipt.issuer) == receipt


@given(uploaded_at=instants, key_made_at=instants)
def test_times_are_exact_to_the_microsecond_and_in_utc(uploaded_at: datetime, key_made_at: datetime) -> None:
    receipt = verified(signed(uploaded_at=uploaded_at, key_made_at=key_made_at))
    assert (receipt.uploaded_at, receipt.key_made_at) == (uploaded_at, key_made_at)
    assert receipt.uploaded_at.tzinfo is receipt.key_made_at.tzinfo is UTC


def test_a_receipt_is_the_text_that_pyjwt_makes_of_it() -> None:
    for issuer in (ISSUER, "https://téngen.example", 'https://"\\'):
        text = signed(issuer=issuer)
        payload = jwt.decode(text, options={"verify_signature": False})
        headers = {"typ": receipts.TYPE, "kid": "k1"}
        assert payload["iss"] == issuer
        assert text == jwt.encode(payload, KEY, algorithm="EdDSA", headers=headers)


def test_a_receipt_says_what_its_documentation_lists() -> None:
    assert jwt.get_unverified_header(TEXT) == {"alg": "EdDSA", "kid": "k1", "typ": "tengen-receipt+jwt"}
    assert {
        "iss": ISSUER,
        "sub": "57",
        "iat": 1_780_315_620,
        "tournament": 35,
        "submission": 9003,
        "sha256": hashlib.sha256(REPLAY).hexdigest(),
        "uploaded_us": 1_780_315_620_123_456,
        "key_made_us": 1_780_315_200_000_001,
        "level": "beginner",
        "time_ms": 5410,
    } == PAYLOAD


def test_the_same_receipt_under_the_same_key_is_the_same_text() -> None:
    assert signed() == TEXT
    assert signed(submission_id=9004) != TEXT


# FIPS 180-2, appendix B.1: the hash of "abc".
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_receipt_matches_the_bytes_whose_hash_it_names() -> None:
    receipt = a_receipt(sha256=ABC)
    assert receipt.matches(b"abc")
    assert not receipt.matches(b"abd")


@given(content=st.binary(), other=st.binary())
def test_a_receipt_matches_its_file_alone(content: bytes, other: bytes) -> None:
    receipt = a_receipt(sha256=hashlib.sha256(content).hexdigest())
    assert receipt.matches(content)
    assert receipt.matches(other) is (other == content)


@given(position=st.integers(0, len(TEXT) - 1), character=st.sampled_from(BASE64URL + ".=+/ \n") | st.characters())
def test_a_receipt_with_any_changed_character_fails(position: int, character: str) -> None:
    assume(TEXT[position] != character)
    with pytest.raises(InvalidReceipt):
        verified(TEXT[:position] + character + TEXT[position + 1 :])


def test_a_receipt_with_any_changed_byte_of_content_fails() -> None:
    # Each byte of header, claims and signature, each with one bit changed.
    for segment, part in enumerate(TEXT.split(".")):
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        for index in range(len(content)):
            changed = bytearray(content)
            changed[index] ^= 1 << index % 8
            parts = TEXT.split(".")
            parts[segment] = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
            with pytest.raises(InvalidReceipt):
                verified(".".join(parts))


def test_a_receipt_with_any_changed_last_character_fails() -> None:
    # It holds only two bits of the signature: a second spelling of the rest would be a second text of one receipt.
    for character in set(BASE64URL) - {TEXT[-1]}:
        with pytest.raises(InvalidReceipt):
            verified(TEXT[:-1] + character)


@given(position=st.integers(0, len(TEXT)), inserted=st.sampled_from(BASE64URL + ".=+/ \n\0") | st.characters())
def test_a_receipt_with_any_character_more_fails(position: int, inserted: str) -> None:
    with pytest.raises(InvalidReceipt):
        verified(TEXT[:position] + inserted + TEXT[position:])


@given(length=st.integers(0, len(TEXT) - 1))
def test_a_receipt_cut_short_fails(length: int) -> None:
    with pytest.raises(InvalidReceipt):
        verified(TEXT[:length])


@given(issuer=st.text())
def test_a_receipt_of_another_issuer_fails(issuer: str) -> None:
    assume(issuer != ISSUER)
    with pytest.raises(InvalidReceipt):
        verified(TEXT, issuer=issuer)
    with pytest.raises(InvalidReceipt):
        verified(signed(issuer=issuer))


def test_a_key_that_is_not_in_the_key_set_is_unknown() -> None:
    with pytest.raises(UnknownKey) as refusal:
        verified(signed(key_id="k2"))
    assert isinstance(refusal.value, InvalidReceipt), "so that whoever catches the one catches the other"


def test_a_receipt_signed_with_another_key_of_the_same_id_fails() -> None:
    with pytest.raises(InvalidReceipt):
        verified(signed(key=OTHER_KEY))


def a_proof() -> str:
    claims = Claims(ISSUER, 57, NOON, NOON + timedelta(minutes=10), generation=1)
    return proofs.sign(claims, key=KEY, key_id="k1")


def test_a_proof_is_no_receipt_and_a_receipt_no_proof() -> None:
    with pytest.raises(InvalidReceipt, match="something else"):
        verified(a_proof())
    with pytest.raises(InvalidProof, match="something else"):
        proofs.verify(TEXT, keys=KEYS, now=NOON, issuer=ISSUER)


# What could be read as either, but for its kind.
BOTH = PAYLOAD | {"exp": PAYLOAD["iat"] + 600, "gen": 1}


def test_the_kind_alone_decides_what_a_text_with_the_claims_of_both_is() -> None:
    receipt, proof = a_token(BOTH), a_token(BOTH, typ=proofs.TYPE)
    assert verified(receipt) == a_receipt()
    assert proofs.verify(proof, keys=KEYS, now=NOON, issuer=ISSUER).account_id == 57
    with pytest.raises(InvalidReceipt):
        verified(proof)
    with pytest.raises(InvalidProof):
        proofs.verify(receipt, keys=KEYS, now=NOON, issuer=ISSUER)


@pytest.mark.parametrize("typ", ["", "jwt", "JWT", "TENGEN-RECEIPT+JWT", "application/tengen-receipt+jwt", None, 1, []])
def test_no_other_kind_is_a_receipt(typ: object) -> None:
    with pytest.raises(InvalidReceipt):
        verified(a_token(PAYLOAD, typ=typ))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(jwt.encode(PAYLOAD, "", algorithm="none", headers={"typ": receipts.TYPE}), id="unsigned"),
        pytest.param(
            jwt.encode(
                PAYLOAD,
                KEY.public_key().public_bytes_raw(),
                algorithm="HS256",
                headers={"kid": "k1", "typ": receipts.TYPE},
            ),
            id="the public key taken as a shared secret",
        ),
    ],
)
def test_no_other_algorithm_is_accepted(token: str) -> None:
    with pytest.raises(InvalidReceipt):
        verified(token)


@pytest.mark.parametrize("missing", sorted(PAYLOAD))
def test_a_receipt_that_lacks_a_claim_fails(missing: str) -> None:
    assert verified(a_token(PAYLOAD)) == a_receipt()
    with pytest.raises(InvalidReceipt):
        verified(a_token({claim: value for claim, value in PAYLOAD.items() if claim != missing}))


def test_a_receipt_that_says_more_is_read_for_what_it_says() -> None:
    assert verified(a_token(PAYLOAD | {"bbbv": 28, "exp": 1, "nbf": 2**40})) == a_receipt()


def test_a_receipt_does_not_name_two_times_of_the_upload() -> None:
    with pytest.raises(InvalidReceipt, match="two times"):
        verified(a_token(PAYLOAD | {"iat": PAYLOAD["iat"] + 1}))


@pytest.mark.parametrize("sha256", ["", "00", "A" * 64, "g" * 64, "0" * 65, "0" * 64 + "\n"])
def test_a_hash_that_is_none_fails(sha256: str) -> None:
    with pytest.raises(InvalidReceipt):
        verified(a_token(PAYLOAD | {"sha256": sha256}))


ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.integers(), max_size=2)
    | st.sampled_from([10**30, -(10**30), 2**63])
)


@given(claim=st.sampled_from(sorted(PAYLOAD)), value=ODD)
@example(claim="time_ms", value=True)
@example(claim="uploaded_us", value=10**30)  # after the last year that there is
@example(claim="key_made_us", value=float("nan"))
@example(claim="sub", value="9" * 5000)  # more digits than are read
def test_claims_of_any_odd_kind_raise_nothing_but_invalid_receipt(claim: str, value: object) -> None:
    token = a_token(PAYLOAD | {claim: value})
    try:
        receipt = verified(token)
    except InvalidReceipt:
        return
    for what in (receipt.account_id, receipt.tournament_id, receipt.submission_id, receipt.time_ms):
        assert type(what) is int
    assert len(receipt.sha256) == 64
    assert receipt.issuer == ISSUER
    assert isinstance(receipt.level, str)


@given(text=st.text() | st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]", fullmatch=True))
def test_any_text_raises_nothing_but_invalid_receipt(text: str) -> None:
    with pytest.raises(InvalidReceipt):
        verified(text)


@given(header=st.binary() | st.sampled_from([b"{}", b"[]", b"null", b'{"kid":1}', b"[" * 100_000]), payload=st.binary())
def test_any_bytes_in_the_segments_raise_nothing_but_invalid_receipt(header: bytes, payload: bytes) -> None:
    segments = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, payload, bytes(64))]
    with pytest.raises(InvalidReceipt):
        verified(".".join(segments))
