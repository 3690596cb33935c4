"""Tags by which clients say what they have already (RFC 9110, section 8.8.3). Pure."""

import hashlib
import re

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(body: bytes) -> str:
    """The tag of an answer: another answer has another."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether a client that sends this header has the answer with this tag (weak comparison, section 13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _TAG.findall(if_none_match)
