"""What signed proofs and receipts have in common: their form, the keys, and what is refused.

Both are JWTs (RFC 7519) under an Ed25519 key (EdDSA, RFC 8037) of the platform's key set. The `typ` of the header says
which of the two it is, so that neither is ever taken for the other.

Pure: no clock, no network. The platform and the client library share this module; neither imports the other.
"""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "EdDSA"

UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError, RecursionError)
"""What reading a text that anybody may have written can raise."""

# The one spelling of a JWT with an Ed25519 signature (64 bytes: 86 characters, the last of which holds two bits). What
# else base64 decoders let pass (padding, stray characters, unused bits) would be a second spelling of the same text.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]")


class InvalidProof(ValueError):
    """The proof does not hold; the text says why."""


class InvalidReceipt(ValueError):
    """The receipt does not hold; the text says why."""


class InvalidKeySet(InvalidProof, InvalidReceipt):
    """The document is no key set: by it nothing holds."""


class UnknownKey(InvalidProof, InvalidReceipt):
    """The text names a key that is not in the key set: perhaps a newer one, so fetch the set again."""


class KeySet:
    """The platform's published keys (a JWK set, RFC 7517), by their key id."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> "KeySet":
        """Parse what `/.well-known/jwks.json` serves. Keys of other kinds are passed over.

        Raises `InvalidKeySet` if the document is none.
        """
        keys = {}
        try:
            for item in document["keys"]:
                if item.get("kty") == "OKP" and item.get("crv") == "Ed25519" and "kid" in item:
                    key = jwt.PyJWK(item, algorithm=ALGORITHM).key
                    if isinstance(key, Ed25519PublicKey):
                        keys[str(item["kid"])] = key
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise InvalidKeySet(f"This is no key set: {error}.") from error
        return cls(keys)

    def to_jwks(self) -> dict[str, Sequence[Mapping[str, str]]]:
        """The key set as `/.well-known/jwks.json` serves it."""
        return {"keys": [_jwk(key_id, key) for key_id, key in self._keys.items()]}

    def key(self, key_id: str) -> Ed25519PublicKey:
        """The key of this id. Raises `UnknownKey`."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise UnknownKey("It is signed with a key that is not in the key set.") from None


def _jwk(key_id: str, key: Ed25519PublicKey) -> Mapping[str, str]:
    jwk = jwt.get_algorithm_by_name(ALGORITHM).to_jwk(key, as_dict=True)
    public = {name: str(jwk[name]) for name in ("kty", "crv", "x")}
    return public | {"kid": key_id, "use": "sig", "alg": ALGORITHM}


def sign(claims: Mapping[str, Any], *, typ: str, key: Ed25519PrivateKey, key_id: str) -> str:
    """The claims as a JWT of the kind `typ`, signed with `key`, whose public half is published under `key_id`.

    The same text as PyJWT makes of them, for a third of the time: there is a receipt in the answer to each upload.
    """
    signed = _header(typ, key_id) + b"." + _encoded(_json(claims))
    return (signed + b"." + _encoded(key.sign(signed))).decode("ascii")


@lru_cache(maxsize=64)
def _header(typ: str, key_id: str) -> bytes:
    return _encoded(_json({"alg": ALGORITHM, "kid": key_id, "typ": typ}))


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode("ascii")


def _encoded(content: bytes) -> bytes:
    """In the base64 of RFC 7515: with `-` and `_`, and without padding."""
    return urlsafe_b64encode(content).rstrip(b"=")


def read(
    text: str, *, typ: str, keys: KeySet, issuer: str, required: Sequence[str], audience: str | None = None
) -> Mapping[str, Any]:
    """The claims of a signed text, of which `required` are there.

    It must be spelled as `sign` does it, of the kind `typ`, signed with a key of `keys`, of this issuer, and, if one is
    given, for this audience. Times are for the caller to judge, who has a clock.

    Raises `UnknownKey`, and one of `UNREADABLE` for everything else.
    """
    if _COMPACT.fullmatch(text) is None:
        raise ValueError("it is no signed JWT in its compact form")
    header = jwt.get_unverified_header(text)
    if header.get("typ") != typ:
        raise ValueError("it is something else that is signed")
    payload: Mapping[str, Any] = jwt.decode(
        text,
        keys.key(str(header.get("kid"))),
        algorithms=[ALGORITHM],
        issuer=issuer,
        audience=audience,
        # The clock is ours to look at: PyJWT would read the machine's.
        options={
            "require": [*required, "aud"] if audience is not None else [*required],
            "verify_aud": audience is not None,
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        },
    )
    return payload
