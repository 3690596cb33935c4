"""Receipts: what the platform signs for an accepted upload, and anybody verifies offline.

A receipt is a JWT that says: the platform `iss` received, from account `sub` and at the time `iat`, a file with this
SHA-256, as this submission to this tournament; the game in it is of this level and took so long; and the tournament key
in it did not exist before it was made. So the file is no older than the key and no younger than the upload. Its form
and its keys are those of `tengen.signatures`.

    iss                     the platform's public address
    sub                     the account's id, as text
    iat                     when the file had arrived, in whole seconds since 1970, rounded down
    tournament, submission  their ids
    sha256                  of the file's bytes: 64 hexadecimal digits in lower case
    uploaded_us             when the file had arrived, in microseconds since 1970
    key_made_us             when the key in it was made, in microseconds since 1970
    level                   beginner, intermediate or expert
    time_ms                 how long the game took, in milliseconds

It does not expire: it holds as long as the key that signed it is published. The same receipt under the same key is the
same text.

Pure: no clock, no network. The platform and the client library share this module; neither imports the other.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tengen import signatures
from tengen.signatures import InvalidReceipt, KeySet, UnknownKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["TYPE", "InvalidReceipt", "KeySet", "Receipt", "UnknownKey", "sign", "verify"]

TYPE = "tengen-receipt+jwt"
"""The `typ` of a receipt's header."""
_INSTANTS = ("uploaded_us", "key_made_us")
_REQUIRED = ("iss", "sub", "iat", "tournament", "submission", "sha256", *_INSTANTS, "level", "time_ms")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt says. Times are aware, and exact to the microsecond."""

    issuer: str
    """The platform's public address."""
    account_id: int
    """Who uploaded the file, and whose key is in it."""
    tournament_id: int
    submission_id: int
    sha256: str
    """Of the file's bytes: 64 hexadecimal digits in lower case."""
    uploaded_at: datetime
    """When the file had arrived."""
    key_made_at: datetime
    """When the tournament key in it was made."""
    level: str
    """The level of the game, as the platform read it: `beginner`, `intermediate` or `expert`."""
    time_ms: int
    """How long the game took, as the platform read it, in milliseconds."""

    def matches(self, content: bytes) -> bool:
        """Whether these are the bytes that were uploaded."""
        return hashlib.sha256(content).hexdigest() == self.sha256


def sign(receipt: Receipt, *, key: "Ed25519PrivateKey", key_id: str) -> str:
    """The receipt as a JWT signed with `key`, whose public half is published under `key_id`."""
    uploaded_us = _microseconds(receipt.uploaded_at)
    payload = {
        "iss": receipt.issuer,
        "sub": str(receipt.account_id),
        "iat": uploaded_us // _MICROSECONDS,
        "tournament": receipt.tournament_id,
        "submission": receipt.submission_id,
        "sha256": receipt.sha256,
        "uploaded_us": uploaded_us,
        "key_made_us": _microseconds(receipt.key_made_at),
        "level": receipt.level,
        "time_ms": receipt.time_ms,
    }
    return signatures.sign(payload, typ=TYPE, key=key, key_id=key_id)


def verify(receipt: str, *, keys: KeySet, issuer: str) -> Receipt:
    """What a receipt says, if it is genuine. Whether a file is the one it speaks of, `Receipt.matches` tells.

    `keys` are the platform's published keys, `issuer` its public address.

    Raises `UnknownKey` if the receipt names a key that is not in `keys` (fetch them anew, once; if it is not there
    either, the key is in use no longer: get the receipt anew from the platform), and `InvalidReceipt` for everything
    else: not a JWT, no receipt, changed, or of another issuer.
    """
    try:
        return _receipt(signatures.read(receipt, typ=TYPE, keys=keys, issuer=issuer, required=_REQUIRED))
    except UnknownKey:
        raise
    except signatures.UNREADABLE as error:
        raise InvalidReceipt(f"This is no valid receipt: {error}.") from error


def _receipt(payload: Mapping[str, Any]) -> Receipt:
    uploaded_us = _whole(payload, "uploaded_us")
    if _whole(payload, "iat") != uploaded_us // _MICROSECONDS:
        raise ValueError("it names two times of the upload")
    sha256 = _text(payload, "sha256")
    if _SHA256.fullmatch(sha256) is None:
        raise ValueError("its hash is no SHA-256 in hexadecimal digits")
    return Receipt(
        issuer=_text(payload, "iss"),
        account_id=int(_text(payload, "sub")),
        tournament_id=_whole(payload, "tournament"),
        submission_id=_whole(payload, "submission"),
        sha256=sha256,
        uploaded_at=_instant(uploaded_us),
        key_made_at=_instant(_whole(payload, "key_made_us")),
        level=_text(payload, "level"),
        time_ms=_whole(payload, "time_ms"),
    )


def _whole(payload: Mapping[str, Any], claim: str) -> int:
    value = payload[claim]
    if type(value) is not int:  # JSON's true would be 1
        raise ValueError(f"its claim {claim} is no whole number")
    return value


def _text(payload: Mapping[str, Any], claim: str) -> str:
    value = payload[claim]
    if not isinstance(value, str):
        raise ValueError(f"its claim {claim} is no text")
    return value


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND
