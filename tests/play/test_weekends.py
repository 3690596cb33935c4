"""Weekends and the time between them, in UTC."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.play.weekends import after_working_time, is_weekend, next_boundary, weekend_start, working_time
from tests.play.builders import DAY, HOUR, MICROSECOND, MONDAY, NOON, SATURDAY

instants = st.integers(-(10**11), 10**11).map(lambda milliseconds: NOON + timedelta(milliseconds=milliseconds))
spans = st.integers(1, 10**9).map(lambda milliseconds: timedelta(milliseconds=milliseconds))


@pytest.mark.parametrize(
    ("instant", "is_one"),
    [
        (NOON, False),
        (SATURDAY - MICROSECOND, False),
        (SATURDAY, True),
        (MONDAY - MICROSECOND, True),
        (MONDAY, False),
    ],
)
def test_a_weekend_is_saturday_and_sunday(instant: datetime, is_one: bool) -> None:
    assert is_weekend(instant) == is_one
    assert is_weekend(instant) == (instant.isoweekday() >= 6)  # the calendar's own count


@pytest.mark.parametrize(
    ("instant", "boundary"),
    [
        (NOON, SATURDAY),
        (SATURDAY - MICROSECOND, SATURDAY),
        (SATURDAY, MONDAY),
        (MONDAY - MICROSECOND, MONDAY),
        (MONDAY, SATURDAY + 7 * DAY),
    ],
)
def test_weekends_begin_and_end_at_midnight(instant: datetime, boundary: datetime) -> None:
    assert next_boundary(instant) == boundary


@pytest.mark.parametrize("instant", [SATURDAY - 5 * DAY, NOON, SATURDAY, MONDAY - MICROSECOND])
def test_the_weekend_of_a_week_is_at_its_end(instant: datetime) -> None:
    assert weekend_start(instant) == SATURDAY


# By the calendar: from Wednesday noon, 60 hours of work are left in the week.
@pytest.mark.parametrize(
    ("span", "end"),
    [
        (HOUR, NOON + HOUR),
        (60 * HOUR, SATURDAY),
        (60 * HOUR + MICROSECOND, MONDAY + MICROSECOND),
        (7 * DAY, NOON + 9 * DAY),
        (60 * HOUR + 5 * DAY, SATURDAY + 7 * DAY),
        (60 * HOUR + 10 * DAY, SATURDAY + 14 * DAY),
    ],
)
def test_working_time_leaves_out_the_weekends(span: timedelta, end: datetime) -> None:
    assert after_working_time(NOON, span) == end
    assert working_time(NOON, end) == span


def test_nothing_passes_on_a_weekend() -> None:
    assert working_time(SATURDAY, MONDAY) == timedelta()
    assert after_working_time(SATURDAY, HOUR) == MONDAY + HOUR
    assert after_working_time(SATURDAY + HOUR, timedelta()) == SATURDAY + HOUR


@given(instants, spans)
def test_a_span_of_work_is_over_at_the_first_instant_by_which_it_has_passed(start: datetime, span: timedelta) -> None:
    end = after_working_time(start, span)
    assert working_time(start, end) == span
    assert working_time(start, end - MICROSECOND) < span


@given(instants, instants)
def test_working_time_is_what_is_left_without_the_hours_of_weekends(one: datetime, other: datetime) -> None:
    """Counted from boundary to boundary."""
    start, end = sorted((one, min(other, one + 40 * DAY)))
    worked, instant = timedelta(), start
    while instant < end:
        until = min(end, next_boundary(instant))
        worked += timedelta() if is_weekend(instant) else until - instant
        instant = until
    assert working_time(start, end) == worked
    assert working_time(end, start) == -worked
