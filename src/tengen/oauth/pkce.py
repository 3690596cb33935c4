"""Proof that the program that exchanges a code is the one that asked for it (PKCE, RFC 7636). Pure.

It makes up a random text, the verifier, sends its SHA-256 with the request through the browser, and the verifier itself
with the code. Whoever sees the code on its way knows no verifier. Only the method `S256` is accepted: with `plain`
whoever sees the request knows the verifier, too.
"""

import base64
import hashlib
import hmac
import re

METHOD = "S256"

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Whether the text can be the SHA-256 of a verifier: 43 characters, base64 as in addresses, without padding."""
    return _CHALLENGE.fullmatch(text) is not None


def is_verifier(text: str) -> bool:
    """Whether the text can be a verifier: 43 to 128 letters, digits, or one of `-._~`."""
    return _VERIFIER.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """The challenge that belongs to a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def fits(verifier: str, challenge: str) -> bool:
    """Whether the challenge was made of this verifier. Any text may be asked about."""
    return is_verifier(verifier) and hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())
