"""Where the next page begins, as the opaque text in its address. Pure.

The text holds the place itself and not a number of rows to skip: the next page follows the one before, whatever has
come or gone since. Features pack what their places consist of; an instant with an id, which many do, is packed here.
"""

import base64
import struct
from datetime import UTC, datetime, timedelta

from tengen.core.errors import TengenError


class InvalidCursor(TengenError):
    """The text is not one that the platform has given."""

    code, status = "invalid_cursor", 400


_MOMENT = struct.Struct(">qq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_bytes(packed: bytes) -> str:
    """Bytes as text that stands in an address as it is."""
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_bytes(text: str, size: int | None = None) -> bytes:
    """What `write_bytes` wrote, if that is `size` bytes. Raises `InvalidCursor`, also for another spelling of it."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise invalid_cursor() from error
    if size not in {None, len(packed)} or write_bytes(packed) != text:
        raise invalid_cursor()
    return packed


def write_moment(at: datetime, row_id: int) -> str:
    """A place in what is ordered by instants, and by ids at the same one."""
    return write_bytes(_MOMENT.pack((at - _EPOCH) // _MICROSECOND, row_id))


def read_moment(text: str) -> tuple[datetime, int]:
    """What `write_moment` wrote. Raises `InvalidCursor`."""
    microseconds, row_id = _MOMENT.unpack(read_bytes(text, _MOMENT.size))
    try:
        return _EPOCH + timedelta(microseconds=microseconds), row_id
    except OverflowError as error:
        raise invalid_cursor() from error


def invalid_cursor() -> InvalidCursor:
    """The refusal for what no page has given."""
    return InvalidCursor("`after` is not what a page before gave: take it from `next`, or leave it out.")
