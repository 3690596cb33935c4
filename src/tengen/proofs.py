"""Signed user proofs: what the platform signs and anybody verifies offline.

A signed proof is a JWT that says: the bearer signed in at the platform `iss` as account `sub` at `iat`, and this may be
believed until `exp`; with an `aud` of `server:<id>` it is meant for that game server alone, so that no game server can
show it at another. Its form and its keys are those of `tengen.signatures`.

Pure: no clock, no network. The platform and the client library share this module; neither imports the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tengen import signatures
from tengen.signatures import InvalidProof, KeySet, UnknownKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["TYPE", "Claims", "InvalidProof", "KeySet", "UnknownKey", "audience", "sign", "verify"]

TYPE = "JWT"
"""The `typ` of a proof's header."""
_REQUIRED = ("iss", "sub", "iat", "exp", "gen")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed proof says.

    `account_id` is the bearer (`sub`), `issuer` the platform's public address, `server_id` the only game server it is
    meant for (None: any), `generation` counts the bearer's changes of password: a proof of an older one is revoked
    for everybody who asks the platform, and runs out by itself for those who verify offline.
    """

    issuer: str
    account_id: int
    issued_at: datetime
    expires_at: datetime
    generation: int
    server_id: int | None = None


def audience(server_id: int) -> str:
    """The `aud` of a proof for one game server."""
    return f"server:{server_id}"


def sign(claims: Claims, *, key: "Ed25519PrivateKey", key_id: str) -> str:
    """The claims as a JWT signed with `key`, whose public half is published under `key_id`.

    Times are rounded down to whole seconds.
    """
    payload: dict[str, Any] = {
        "iss": claims.issuer,
        "sub": str(claims.account_id),
        "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
        "gen": claims.generation,
    }
    if claims.server_id is not None:
        payload["aud"] = audience(claims.server_id)
    return signatures.sign(payload, typ=TYPE, key=key, key_id=key_id)


def verify(
    proof: str,
    *,
    keys: KeySet,
    now: datetime,
    issuer: str,
    server_id: int | None = None,
) -> Claims:
    """What a signed proof says, if it holds at `now`.

    `keys` are the platform's published keys, `issuer` its public address. With `server_id` a proof for another game
    server is refused, and one for none in particular is too: a game server that asked for its own audience wants no
    less. Without `server_id`, proofs for any audience hold; only the platform itself should ask so.

    Raises `UnknownKey` if the proof names a key that is not in `keys` (fetch them anew, once), and `InvalidProof` for
    everything else: not a JWT, no proof, changed, of another issuer or audience, or at or past its expiry.
    """
    to = None if server_id is None else audience(server_id)
    try:
        claims = _claims(signatures.read(proof, typ=TYPE, keys=keys, issuer=issuer, required=_REQUIRED, audience=to))
    except UnknownKey:
        raise
    except signatures.UNREADABLE as error:
        raise InvalidProof(f"This is no valid proof: {error}.") from error
    if now >= claims.expires_at:
        raise InvalidProof("The proof has expired.")
    return claims


def _claims(payload: Mapping[str, Any]) -> Claims:
    to = payload.get("aud")
    if to is not None and not str(to).removeprefix("server:").isdecimal():
        raise ValueError("its audience is no game server")
    return Claims(
        issuer=str(payload["iss"]),
        account_id=int(payload["sub"]),
        issued_at=datetime.fromtimestamp(payload["iat"], UTC),
        expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        generation=int(payload["gen"]),
        server_id=None if to is None else int(str(to).removeprefix("server:")),
    )
