"""Signed user proofs: what the platform signs and anybody verifies offline.

A signed proof is a JWT (RFC 7519) under an Ed25519 key (EdDSA, RFC 8037). It says: the bearer signed in at the
platform `iss` as account `sub` at `iat`, and this may be believed until `exp`; with an `aud` of `server:<id>` it is
meant for that game server alone, so that no game server can show it at another.

Pure: no clock, no network. The platform and the client library share this module; neither imports the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "EdDSA"
_REQUIRED = ["iss", "sub", "iat", "exp", "gen"]
# The one spelling of a JWT with an Ed25519 signature (64 bytes: 86 characters, the last of which holds two bits). What
# else base64 decoders let pass (padding, stray characters, unused bits) would be a second spelling of the same proof.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]")


class InvalidProof(ValueError):
    """The proof does not hold; the text says why."""


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


def sign(claims: Claims, *, key: Ed25519PrivateKey, key_id: str) -> str:
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
    return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": key_id})


def verify(
    proof: str,
    *,
    keys: "KeySet",
    now: datetime,
    issuer: str,
    server_id: int | None = None,
) -> Claims:
    """What a signed proof says, if it holds at `now`.

    `keys` are the platform's published keys, `issuer` its public address. With `server_id` a proof for another game
    server is refused, and one for none in particular is too: a game server that asked for its own audience wants no
    less. Without `server_id`, proofs for any audience hold; only the platform itself should ask so.

    Raises `UnknownKey` if the proof names a key that is not in `keys` (fetch them anew, once), and `InvalidProof` for
    everything else: not a JWT, changed, of another issuer or audience, or at or past its expiry.
    """
    try:
        if _COMPACT.fullmatch(proof) is None:
            raise ValueError("it is no signed JWT in its compact form")
        key = keys.key(str(jwt.get_unverified_header(proof).get("kid")))
        payload = jwt.decode(
            proof,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=None if server_id is None else audience(server_id),
            # The clock is ours to look at: PyJWT would read the machine's.
            options={
                "require": [*_REQUIRED, "aud"] if server_id is not None else _REQUIRED,
                "verify_aud": server_id is not None,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        claims = _claims(payload)
    except UnknownKey:
        raise
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError, RecursionError) as error:
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


class UnknownKey(InvalidProof):
    """The proof names a key that is not in the key set: perhaps a newer one, so fetch the set again."""


class KeySet:
    """The platform's published keys (a JWK set, RFC 7517), by their key id."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> "KeySet":
        """Parse what `/.well-known/jwks.json` serves. Keys of other kinds are passed over.

        Raises `InvalidProof` if the document is no key set.
        """
        keys = {}
        try:
            for item in document["keys"]:
                if item.get("kty") == "OKP" and item.get("crv") == "Ed25519" and "kid" in item:
                    key = jwt.PyJWK(item, algorithm=ALGORITHM).key
                    if isinstance(key, Ed25519PublicKey):
                        keys[str(item["kid"])] = key
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise InvalidProof(f"This is no key set: {error}.") from error
        return cls(keys)

    def to_jwks(self) -> dict[str, Sequence[Mapping[str, str]]]:
        """The key set as `/.well-known/jwks.json` serves it."""
        return {"keys": [_jwk(key_id, key) for key_id, key in self._keys.items()]}

    def key(self, key_id: str) -> Ed25519PublicKey:
        """The key of this id. Raises `UnknownKey`."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise UnknownKey("The proof is signed with a key that is not in the key set.") from None


def _jwk(key_id: str, key: Ed25519PublicKey) -> Mapping[str, str]:
    jwk = jwt.get_algorithm_by_name(ALGORITHM).to_jwk(key, as_dict=True)
    public = {name: str(jwk[name]) for name in ("kty", "crv", "x")}
    return public | {"kid": key_id, "use": "sig", "alg": ALGORITHM}
