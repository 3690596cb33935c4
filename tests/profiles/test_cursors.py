"""Where the next page begins, as text."""

import base64
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import MAX_ID, AccountId, GameId
from tengen.profiles import cursors
from tengen.ratings.leaderboards import Mark
from tengen.web.cursors import InvalidCursor

ids = st.integers(1, MAX_ID)


@given(st.floats(allow_nan=False, allow_infinity=False), ids, st.integers(0, MAX_ID))
def test_a_place_on_a_leaderboard_is_read_back_to_the_last_bit(value: float, account_id: int, placed: int) -> None:
    mark = Mark(value, AccountId(account_id), placed)
    text = cursors.write_mark(mark)
    assert cursors.read_mark(text) == mark
    assert text.isascii()
    assert set("+/=&?#% ").isdisjoint(text)


@given(st.datetimes(timezones=st.just(UTC)), ids)
def test_a_place_in_a_history_is_read_back_to_the_microsecond(at: datetime, game_id: int) -> None:
    assert cursors.read_moment(cursors.write_moment(at, GameId(game_id))) == (at, game_id)


MARK = cursors.write_mark(Mark(25.0, AccountId(1), 1))
MOMENT = cursors.write_moment(datetime(2026, 5, 2, tzinfo=UTC), GameId(1))


@pytest.mark.parametrize(
    "text", ["", "a", "abc", MARK[:-1], MARK + "A", MARK + "=", f"{MARK[:-1]}ß", "\0", "A" * 32000]
)
def test_what_was_not_written_here_is_refused(text: str) -> None:
    for read in (cursors.read_mark, cursors.read_moment):
        with pytest.raises(InvalidCursor):
            read(text)


def test_a_cursor_of_the_one_kind_is_none_of_the_other() -> None:
    with pytest.raises(InvalidCursor):
        cursors.read_mark(MOMENT)
    with pytest.raises(InvalidCursor):
        cursors.read_moment(MARK)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_page_begins_at_what_is_no_number(value: float) -> None:
    with pytest.raises(InvalidCursor):
        cursors.read_mark(cursors.write_mark(Mark(value, AccountId(1), 1)))


def test_no_page_begins_outside_of_time_or_before_the_first_place() -> None:
    for microseconds in (-(2**62), 2**62):
        packed = struct.pack(">qq", microseconds, 1)
        with pytest.raises(InvalidCursor):
            cursors.read_moment(base64.urlsafe_b64encode(packed).rstrip(b"=").decode())
    with pytest.raises(InvalidCursor):
        cursors.read_mark(cursors.write_mark(Mark(1.0, AccountId(1), -1)))


@given(st.text())
def test_any_text_is_refused_that_is_no_place(text: str) -> None:
    for read in (cursors.read_mark, cursors.read_moment):
        with pytest.raises(InvalidCursor):
            read(text)
