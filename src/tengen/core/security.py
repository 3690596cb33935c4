"""Secrets: making them, comparing them, keeping them.

What others show us (server secrets, tokens) has 128 random bits or more and is stored as its SHA-256. What we must be
able to read again (signing keys, mail that waits) is sealed with AES-256-GCM. Every key in use is derived from one
master secret, each for one purpose (HKDF, RFC 5869), so that one never stands in for another.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tengen.core.errors import TengenError

if TYPE_CHECKING:
    from tengen.core.settings import Settings

MIN_SECRET = 16
"""The least length of a master secret, in bytes."""

_NONCE_BYTES = 12


class SecretKeyDamaged(TengenError):
    """The file that keeps the master secret holds none."""

    code, status = "secret_key_damaged", 500


class Unsealable(TengenError):
    """Something sealed cannot be opened: it was changed, or sealed under another master secret."""

    code, status = "unsealable", 500


def new_secret() -> str:
    """128 random bits as 32 hexadecimal characters: what a game server's password has always looked like."""
    return secrets.token_hex(16)


def digest(secret: str) -> bytes:
    """The form in which a random secret is stored: its SHA-256. Not for passwords, which are guessable."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, stored: bytes) -> bool:
    """Whether `secret` is the one whose `digest` is stored, in constant time."""
    return hmac.compare_digest(digest(secret), stored)


class MasterKey:
    """The platform's master secret, and the keys derived from it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of(cls, settings: "Settings") -> "MasterKey":
        """The configured secret, or the one kept in `<data>/secret.key`, which is made when there is none.

        Processes that start together agree on one: the file appears whole or not at all, and the first wins.
        Raises `SecretKeyDamaged` if the file holds too little.
        """
        if settings.secret_key is not None:
            return cls(settings.secret_key.get_secret_value().encode())
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        path = settings.data_dir / "secret.key"
        if not path.exists():
            _publish(path, secrets.token_hex(32).encode())
        secret = path.read_bytes().strip()
        if len(secret) < MIN_SECRET:
            raise SecretKeyDamaged(
                f"{path} is damaged: restore it from a backup. Without it nothing that was sealed can be opened."
            )
        return cls(secret)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose: the same at every call and in every process, unrelated to any other purpose's."""
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"tengen " + purpose.encode()).derive(
            self._secret
        )

    def sealer(self, purpose: str) -> "Sealer":
        """A `Sealer` with the key of this purpose."""
        return Sealer(self.derive(purpose))


def _publish(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # what is sealed under it must not outlive it
    try:
        os.link(draft, path)  # fails when another process was first, whose key then counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()


class Sealer:
    """Authenticated encryption under one key: `open_` returns what `seal` was given, or raises `Unsealable`."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, content: bytes) -> str:
        """`content` encrypted, as text for a database column. Two seals of the same content differ."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, content, None)).decode()

    def open_(self, sealed: str) -> bytes:
        """The content. Raises `Unsealable` if it was sealed under another key, or changed."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError) as error:
            raise Unsealable(
                "A stored secret cannot be opened: it was sealed under another TENGEN_SECRET_KEY, or was changed."
            ) from error
