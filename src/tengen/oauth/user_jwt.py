"""The signed text by which a socket says whose it is: `user_jwt` of OGS. Pure.

It is a JWT of the form of `tengen.signatures`, under the keys that sign user proofs, of a kind of its own (`typ`) and
for this platform's sockets alone (`aud`), so that neither is ever taken for the other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tengen import signatures
from tengen.core.values import MAX_ID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TYPE = "user+jwt"
AUDIENCE = "realtime"
_REQUIRED = ("iss", "sub", "iat", "exp", "gen")


@dataclass(frozen=True, slots=True)
class UserClaims:
    """What it says: the bearer is `account_id`, under this generation of its credentials."""

    account_id: int
    generation: int
    expires_at: datetime


def sign(claims: UserClaims, *, issuer: str, now: datetime, key: "Ed25519PrivateKey", key_id: str) -> str:
    """The claims as a JWT. Times are rounded down to whole seconds."""
    payload = {
        "iss": issuer,
        "sub": str(claims.account_id),
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
        "gen": claims.generation,
    }
    return signatures.sign(payload, typ=TYPE, key=key, key_id=key_id)


def read(text: str, *, keys: signatures.KeySet, issuer: str, now: datetime) -> UserClaims | None:
    """What the text says, if it is signed by this platform and holds at `now`. Any text may be asked about."""
    try:
        payload = signatures.read(text, typ=TYPE, keys=keys, issuer=issuer, required=_REQUIRED, audience=AUDIENCE)
        claims = UserClaims(int(payload["sub"]), int(payload["gen"]), datetime.fromtimestamp(payload["exp"], UTC))
    except (signatures.UnknownKey, *signatures.UNREADABLE):
        return None
    return claims if now < claims.expires_at and 0 < claims.account_id <= MAX_ID else None
