"""The text by which old clients of OGS say whose a socket is: `chat_auth`. Pure.

Eight bytes tell the account, 32 are a MAC (HMAC-SHA-256) over it and the generation of its credentials, under a key
that all workers share: so it holds until the password changes, and nothing is stored.
"""

import hashlib
import hmac
import re

_ID_BYTES = 8
_TEXT = re.compile(r"[0-9a-f]{80}")


def issue(*, account_id: int, generation: int, key: bytes) -> str:
    """The text for this account, under this generation of its credentials: 80 hexadecimal digits."""
    return (account_id.to_bytes(_ID_BYTES) + _mac(account_id, generation, key)).hex()


def account_in(text: str) -> int | None:
    """The id of the account that the text speaks of, whether it `holds` or not; None if it is no such text."""
    if _TEXT.fullmatch(text) is None:
        return None
    return int.from_bytes(bytes.fromhex(text)[:_ID_BYTES], signed=True)


def holds(text: str, *, account_id: int, generation: int, key: bytes) -> bool:
    """Whether `text` was issued for this account and generation. Any text may be asked about."""
    expected = issue(account_id=account_id, generation=generation, key=key)
    return hmac.compare_digest(expected.encode(), text.encode("utf-8", "surrogatepass"))


def _mac(account_id: int, generation: int, key: bytes) -> bytes:
    return hmac.digest(key, b"chat auth\0%d\0%d" % (account_id, generation), hashlib.sha256)
