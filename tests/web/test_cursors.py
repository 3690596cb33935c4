"""Where the next page begins, as text: what features share."""

import base64
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tengen.core.values import MAX_ID
from tengen.web import cursors
from tengen.web.cursors import InvalidCursor


@given(st.binary())
def test_bytes_are_read_back_from_text_that_stands_in_an_address_as_it_is(packed: bytes) -> None:
    text = cursors.write_bytes(packed)
    assert cursors.read_bytes(text) == cursors.read_bytes(text, len(packed)) == packed
    assert text.isascii()
    assert set("+/=&?#% ").isdisjoint(text)


@given(st.binary(), st.integers(0, 50))
def test_bytes_of_another_length_are_refused(packed: bytes, size: int) -> None:
    if size != len(packed):
        with pytest.raises(InvalidCursor):
            cursors.read_bytes(cursors.write_bytes(packed), size)


@given(st.text())
@example("AAB")  # the last two bits count for nothing
@example("AAA=")
@example("AA\nAA")
@example("A+/A")
def test_only_one_text_is_read_as_the_same_bytes(text: str) -> None:
    try:
        packed = cursors.read_bytes(text)
    except InvalidCursor:
        return
    assert cursors.write_bytes(packed) == text


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, MAX_ID))
def test_a_moment_is_read_back_to_the_microsecond(at: datetime, row_id: int) -> None:
    assert cursors.read_moment(cursors.write_moment(at, row_id)) == (at, row_id)


@pytest.mark.parametrize("microseconds", [-(2**62), 2**62])
def test_no_page_begins_outside_of_time(microseconds: int) -> None:
    packed = struct.pack(">qq", microseconds, 1)
    with pytest.raises(InvalidCursor):
        cursors.read_moment(base64.urlsafe_b64encode(packed).rstrip(b"=").decode())
