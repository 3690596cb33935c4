"""Secrets: sealed, derived, compared, and the master secret that all hangs from."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.security import MasterKey, Sealer, SecretKeyDamaged, Unsealable, digest, matches, new_secret
from tests.support.processes import run_together
from tests.support.settings import some_settings

SEALER = Sealer(bytes(range(32)))


@given(content=st.binary(max_size=200))
def test_what_was_sealed_is_opened(content: bytes) -> None:
    assert SEALER.open_(SEALER.seal(content)) == content


def test_two_seals_of_the_same_content_differ() -> None:
    assert SEALER.seal(b"token") != SEALER.seal(b"token")


@given(content=st.binary(max_size=40), bit=st.integers(0))
def test_a_seal_with_any_bit_changed_is_refused(content: bytes, bit: int) -> None:
    sealed = bytearray(base64.b64decode(SEALER.seal(content)))
    bit %= len(sealed) * 8
    sealed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(Unsealable):
        SEALER.open_(base64.b64encode(sealed).decode())


@pytest.mark.parametrize(
    "sealed", ["", "AAAA", "not base64!", "ü", "A" * 5, pytest.param(SEALER.seal(b"token")[:-8], id="cut")]
)
def test_what_is_no_seal_is_refused(sealed: str) -> None:
    with pytest.raises(Unsealable):
        SEALER.open_(sealed)


def test_a_seal_under_another_key_is_refused() -> None:
    with pytest.raises(Unsealable, match="TENGEN_SECRET_KEY"):
        Sealer(bytes(32)).open_(SEALER.seal(b"token"))


def test_keys_are_derived_as_rfc_5869_says() -> None:
    # Computed with OpenSSL 3: openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:"correct horse battery"
    #   -kdfopt info:"tengen outbox" HKDF
    key = MasterKey(b"correct horse battery").derive("outbox")
    assert key.hex() == "dc14195bee4c32c18d8c8633fbb67987077bc13dc86824d95c5165728a7febd4"


def test_each_purpose_has_a_key_of_its_own() -> None:
    master = MasterKey(b"correct horse battery")
    purposes = ["outbox", "user proofs", "mail tokens", "signing keys"]

    assert len({master.derive(purpose) for purpose in purposes}) == 4
    assert master.derive("outbox") == MasterKey(b"correct horse battery").derive("outbox")
    assert master.derive("outbox") != MasterKey(b"correct horse batterz").derive("outbox")
    with pytest.raises(Unsealable):
        master.sealer("mail tokens").open_(master.sealer("outbox").seal(b"token"))


def test_a_master_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = some_settings(tmp_path / "data")

    first = MasterKey.of(settings)

    file = settings.data_dir / "secret.key"
    assert re.fullmatch("[0-9a-f]{64}", file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert MasterKey.of(settings).derive("x") == first.derive("x")
    assert [file.name for file in settings.data_dir.iterdir()] == ["secret.key"]


def test_a_configured_secret_counts_and_none_is_written(tmp_path: Path) -> None:
    settings = some_settings(tmp_path, secret_key="correct horse battery")

    assert MasterKey.of(settings).derive("x") == MasterKey(b"correct horse battery").derive("x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\n", b"0123456789abcde"])
def test_a_secret_that_was_cut_off_is_not_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)

    with pytest.raises(SecretKeyDamaged, match="backup"):
        MasterKey.of(some_settings(tmp_path))


MAKES_A_KEY = """
from tengen.core.security import MasterKey
from tengen.core.settings import Settings
print(MasterKey.of(Settings()).derive("x").hex())
"""


async def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    printed = await run_together(some_settings(tmp_path / "data"), MAKES_A_KEY, processes=4)

    assert len(set(printed)) == 1
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret.key"]


def test_secrets_are_long_random_and_known_by_their_digest() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", secret) for secret in secrets)
    # FIPS 180-2, appendix B.1: the SHA-256 of "abc".
    assert digest("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert matches("abc", digest("abc"))
    assert not matches("abd", digest("abc"))
