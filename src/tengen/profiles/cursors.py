"""Where the next page begins, as the opaque text in its address. Pure.

The text holds the place itself and not a number of rows to skip: the next page follows the one before, whatever has
come or gone since.
"""

import base64
import struct
from datetime import UTC, datetime, timedelta
from math import isfinite

from tengen.core.errors import TengenError
from tengen.core.values import AccountId, GameId
from tengen.ratings.leaderboards import Mark


class InvalidCursor(TengenError):
    """The text is not one that the platform has given."""

    code, status = "invalid_cursor", 400


_MARK = struct.Struct(">dqq")
_MOMENT = struct.Struct(">qq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_mark(mark: Mark) -> str:
    """A place on a leaderboard."""
    return _text(_MARK.pack(mark.value, mark.account_id, mark.placed))


def read_mark(text: str) -> Mark:
    """What `write_mark` wrote. Raises `InvalidCursor`."""
    value, account_id, placed = _MARK.unpack(_bytes(text, _MARK.size))
    if not isfinite(value) or placed < 0:
        raise _invalid()
    return Mark(value, AccountId(account_id), placed)


def write_moment(at: datetime, game_id: GameId) -> str:
    """A place in a history of games."""
    return _text(_MOMENT.pack((at - _EPOCH) // _MICROSECOND, game_id))


def read_moment(text: str) -> tuple[datetime, GameId]:
    """What `write_moment` wrote. Raises `InvalidCursor`."""
    microseconds, game_id = _MOMENT.unpack(_bytes(text, _MOMENT.size))
    try:
        return _EPOCH + timedelta(microseconds=microseconds), GameId(game_id)
    except OverflowError as error:
        raise _invalid() from error


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _bytes(text: str, size: int) -> bytes:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise _invalid() from error
    if len(packed) != size or _text(packed) != text:
        raise _invalid()
    return packed


def _invalid() -> InvalidCursor:
    return InvalidCursor("`after` is not what a page before gave: take it from `next`, or leave it out.")
