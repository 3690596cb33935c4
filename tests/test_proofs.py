"""Signed proofs: what holds, and that nothing else does."""

import base64
import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tengen import proofs, signatures
from tengen.proofs import Claims, InvalidProof, KeySet, UnknownKey

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
ISSUER = "https://tengen.example"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = KeySet({"k1": KEY.public_key()})
BASE64URL = string.ascii_letters + string.digits + "-_"

ids = st.integers(min_value=1, max_value=2**63 - 1)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(microsecond=0)
)


def some_claims(**changes: Any) -> Claims:
    claims: dict[str, Any] = {
        "issuer": ISSUER,
        "account_id": 57,
        "issued_at": NOON,
        "expires_at": NOON + timedelta(minutes=10),
        "generation": 1,
        "server_id": 3,
    }
    return Claims(**claims | changes)


def a_proof(*, key: Ed25519PrivateKey = KEY, key_id: str = "k1", **changes: Any) -> str:
    return proofs.sign(some_claims(**changes), key=key, key_id=key_id)


def a_token(payload: dict[str, Any], *, key: Ed25519PrivateKey = KEY, **headers: Any) -> str:
    """Any JWT under our key: what no platform would sign, but a verifier must bear."""
    return jwt.encode(payload, key, algorithm="EdDSA", headers={"kid": "k1"} | headers)


def verified(proof: str, *, now: datetime = NOON, issuer: str = ISSUER, server_id: int | None = 3) -> Claims:
    return proofs.verify(proof, keys=KEYS, now=now, issuer=issuer, server_id=server_id)


@given(
    claims=st.builds(
        Claims,
        issuer=st.text(min_size=1),
        account_id=ids,
        issued_at=instants,
        expires_at=instants,
        generation=st.integers(min_value=0, max_value=2**63 - 1),
        server_id=st.none() | ids,
    )
)
def test_what_was_signed_is_what_is_read(claims: Claims) -> None:
    proof = proofs.sign(claims, key=KEY, key_id="k1")
    before = claims.expires_at - timedelta(microseconds=1)
    assert proofs.verify(proof, keys=KEYS, now=before, issuer=claims.issuer, server_id=claims.server_id) == claims


def test_times_are_rounded_down_to_whole_seconds() -> None:
    proof = a_proof(issued_at=NOON + timedelta(seconds=1.9), expires_at=NOON + timedelta(seconds=61.9))
    claims = verified(proof)
    assert claims.issued_at == NOON + timedelta(seconds=1)
    assert claims.expires_at == NOON + timedelta(seconds=61)


PROOF = a_proof()


@given(position=st.integers(0, len(PROOF) - 1), character=st.sampled_from(BASE64URL + ".=+/ \n") | st.characters())
def test_a_proof_with_any_changed_character_fails(position: int, character: str) -> None:
    assume(PROOF[position] != character)
    with pytest.raises(InvalidProof):
        verified(PROOF[:position] + character + PROOF[position + 1 :])


def test_a_proof_with_any_changed_last_character_fails() -> None:
    # The last of the 86 characters of a signature holds only two bits: decoders that let the other four pass would
    # take sixteen spellings for the same signature.
    for character in set(BASE64URL) - {PROOF[-1]}:
        with pytest.raises(InvalidProof):
            verified(PROOF[:-1] + character)


@given(bit=st.integers(0, len(PROOF) * 8 - 1))
def test_a_proof_with_any_changed_bit_fails(bit: int) -> None:
    changed = bytearray(PROOF.encode())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidProof):
        verified(changed.decode("latin-1"))


@given(segment=st.integers(0, 2), data=st.data())
def test_a_proof_with_any_changed_bit_of_content_fails(segment: int, data: st.DataObject) -> None:
    parts = PROOF.split(".")
    content = bytearray(base64.urlsafe_b64decode(parts[segment] + "=" * (-len(parts[segment]) % 4)))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    parts[segment] = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    with pytest.raises(InvalidProof):
        verified(".".join(parts))


@given(position=st.integers(0, len(PROOF)), inserted=st.sampled_from(BASE64URL + ".=+/ \n\0") | st.characters())
def test_a_proof_with_any_character_more_fails(position: int, inserted: str) -> None:
    with pytest.raises(InvalidProof):
        verified(PROOF[:position] + inserted + PROOF[position:])


@pytest.mark.parametrize("ending", ["==", "\n", "\r\n", ".", "." + PROOF])
def test_a_proof_with_another_ending_fails(ending: str) -> None:
    with pytest.raises(InvalidProof):
        verified(PROOF + ending)


@given(length=st.integers(0, len(PROOF) - 1))
def test_a_proof_cut_short_fails(length: int) -> None:
    with pytest.raises(InvalidProof):
        verified(PROOF[:length])


@given(late=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
def test_a_proof_fails_at_any_clock_at_or_after_its_expiry(late: timedelta) -> None:
    with pytest.raises(InvalidProof, match="expired"):
        verified(PROOF, now=some_claims().expires_at + late)


def test_a_proof_holds_until_the_moment_of_its_expiry() -> None:
    verified(PROOF, now=some_claims().expires_at - timedelta(microseconds=1))


@given(issuer=st.text())
def test_a_proof_of_another_issuer_fails(issuer: str) -> None:
    assume(issuer != ISSUER)
    with pytest.raises(InvalidProof):
        verified(PROOF, issuer=issuer)
    with pytest.raises(InvalidProof):
        verified(a_proof(issuer=issuer))


@given(server_id=ids)
def test_a_proof_for_another_game_server_fails(server_id: int) -> None:
    assume(server_id != 3)
    with pytest.raises(InvalidProof):
        verified(PROOF, server_id=server_id)


def test_a_proof_for_no_game_server_in_particular_fails_at_one() -> None:
    with pytest.raises(InvalidProof):
        verified(a_proof(server_id=None))


def test_who_asks_for_no_audience_accepts_every_one() -> None:
    assert verified(PROOF, server_id=None).server_id == 3
    assert verified(a_proof(server_id=None), server_id=None).server_id is None


@given(key_id=st.text())
def test_a_key_that_is_not_in_the_key_set_is_unknown(key_id: str) -> None:
    assume(key_id != "k1")
    with pytest.raises(UnknownKey):
        verified(a_proof(key_id=key_id))


def test_a_proof_signed_with_another_key_of_the_same_id_fails() -> None:
    with pytest.raises(InvalidProof):
        verified(a_proof(key=OTHER_KEY))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(jwt.encode({"sub": "57"}, "", algorithm="none"), id="unsigned"),
        pytest.param(
            jwt.encode({"sub": "57"}, KEY.public_key().public_bytes_raw(), algorithm="HS256", headers={"kid": "k1"}),
            id="the public key taken as a shared secret",
        ),
    ],
)
def test_no_other_algorithm_is_accepted(token: str) -> None:
    with pytest.raises(InvalidProof):
        verified(token)


ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@given(changes=st.dictionaries(st.sampled_from(["iss", "sub", "iat", "exp", "gen", "aud", "nbf"]), ODD))
@example(changes={"iat": 6.77680361916768e16})  # a year that has more digits than the C library counts
def test_claims_of_any_odd_kind_raise_nothing_but_invalid_proof(changes: dict[str, Any]) -> None:
    payload = {"iss": ISSUER, "sub": "57", "iat": 1, "exp": 2_000_000_000, "gen": 1, "aud": "server:3"} | changes
    token = jwt.api_jws.encode(json.dumps(payload).encode(), KEY, algorithm="EdDSA", headers={"kid": "k1"})
    for server_id in (3, None):
        try:
            claims = verified(token, server_id=server_id)
        except InvalidProof:
            continue
        assert claims.expires_at > NOON
        assert server_id is None or claims.server_id == server_id


@pytest.mark.parametrize("missing", ["iss", "sub", "iat", "exp", "gen", "aud"])
def test_a_proof_that_lacks_a_claim_fails(missing: str) -> None:
    payload = {"iss": ISSUER, "sub": "57", "iat": 1, "exp": 2_000_000_000, "gen": 1, "aud": "server:3"}
    verified(a_token(payload))
    del payload[missing]
    with pytest.raises(InvalidProof):
        verified(a_token(payload))


@given(text=st.text() | st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]", fullmatch=True))
def test_any_text_raises_nothing_but_invalid_proof(text: str) -> None:
    with pytest.raises(InvalidProof):
        verified(text)


@given(header=st.binary() | st.sampled_from([b"{}", b"[]", b"null", b'{"kid":1}', b"[" * 100_000]), payload=st.binary())
def test_any_bytes_in_the_segments_raise_nothing_but_invalid_proof(header: bytes, payload: bytes) -> None:
    segments = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, payload, bytes(64))]
    with pytest.raises(InvalidProof):
        verified(".".join(segments))


@given(
    document=st.recursive(
        ODD, lambda inner: st.dictionaries(st.sampled_from(["keys", "kty", "crv", "x", "kid"]), inner)
    )
)
def test_any_document_for_a_key_set_raises_nothing_but_invalid_proof(document: Any) -> None:
    for candidate in (document, {"keys": document}, {"keys": [document]}):
        try:
            KeySet.from_jwks(candidate)
        except InvalidProof:
            continue


def test_a_key_set_survives_its_wire_form_and_passes_other_keys_over() -> None:
    document = KeySet({"k1": KEY.public_key(), "k2": OTHER_KEY.public_key()}).to_jwks()
    foreign = {"kty": "EC", "crv": "P-256", "kid": "k3", "x": "AA", "y": "AA"}
    keys = KeySet.from_jwks({"keys": [foreign, *document["keys"]]})
    assert keys.key("k1").public_bytes_raw() == KEY.public_key().public_bytes_raw()
    assert keys.key("k2").public_bytes_raw() == OTHER_KEY.public_key().public_bytes_raw()
    with pytest.raises(UnknownKey):
        keys.key("k3")


# RFC 8037, appendix A: an Ed25519 key pair as JWK (A.1, A.2), and a JWS signed with it (A.4, A.5).
RFC_PRIVATE = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC_SIGNED = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
RFC_SIGNATURE = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_published_key_is_written_as_the_rfc_writes_it() -> None:
    key = Ed25519PrivateKey.from_private_bytes(_raw(RFC_PRIVATE)).public_key()
    (jwk,) = KeySet({"rfc": key}).to_jwks()["keys"]
    assert {name: jwk[name] for name in RFC_PUBLIC} == RFC_PUBLIC
    assert set(jwk) == {*RFC_PUBLIC, "kid", "use", "alg"}, "and never its private half"


def test_a_published_key_verifies_the_rfcs_signature() -> None:
    key = KeySet.from_jwks({"keys": [RFC_PUBLIC | {"kid": "rfc"}]}).key("rfc")
    key.verify(_raw(RFC_SIGNATURE), RFC_SIGNED.encode())  # raises InvalidSignature if not


def test_signing_gives_the_rfcs_signature() -> None:
    # The header and the payload of the RFC's example are none of a proof's: what is compared is the signing itself.
    key = Ed25519PrivateKey.from_private_bytes(_raw(RFC_PRIVATE))
    signed, signature = a_proof(key=key).rsplit(".", 1)
    key.public_key().verify(_raw(signature), signed.encode())
    token = jwt.api_jws.encode(
        b"Example of Ed25519 signing", key, algorithm=signatures.ALGORITHM, headers={"typ": ""}, sort_headers=True
    )
    assert token == f"{RFC_SIGNED}.{RFC_SIGNATURE}"
