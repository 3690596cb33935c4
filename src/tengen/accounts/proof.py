"""The opaque form of a user proof: 64 hexadecimal characters, all that existing games have room for. Pure.

Five bytes tell the second of issue, the other 27 are a MAC (HMAC-SHA-256, cut to 216 bits) over that second, the
account and its credential generation, under a key that all workers share. So a proof holds for its whole lifetime to
the second, in every worker and across restarts, and dies with a change of password; nothing is stored.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

_TIME_BYTES = 5
_LENGTH = 64


def issue(*, account_id: int, generation: int, now: datetime, key: bytes) -> str:
    """A proof that `account_id` signed in at `now`, under its present `generation` of credentials."""
    slot = int(now.timestamp()).to_bytes(_TIME_BYTES)
    return (slot + _mac(slot, account_id, generation, key)).hex()


def holds(proof: str, *, account_id: int, generation: int, now: datetime, lifetime: timedelta, key: bytes) -> bool:
    """Whether `proof` was issued for this account and generation, and is younger than `lifetime` at `now`.

    Any text may be asked about. A proof from the future (a clock that ran ahead by up to a minute) holds, too: workers'
    clocks differ.
    """
    if len(proof) != _LENGTH or not proof.isascii():
        return False
    try:
        raw = bytes.fromhex(proof)
    except ValueError:
        return False
    if raw.hex() != proof:  # blanks, capitals: not the text that was issued
        return False
    slot, mac = raw[:_TIME_BYTES], raw[_TIME_BYTES:]
    if not hmac.compare_digest(mac, _mac(slot, account_id, generation, key)):
        return False
    age = now.timestamp() - int.from_bytes(slot)
    return -60 <= age < lifetime.total_seconds()


def _mac(slot: bytes, account_id: int, generation: int, key: bytes) -> bytes:
    message = b"user proof\0%b\0%d\0%d" % (slot, account_id, generation)
    return hmac.digest(key, message, hashlib.sha256)[: _LENGTH // 2 - _TIME_BYTES]
