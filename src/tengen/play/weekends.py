"""Weekends, for clocks that rest on them: Saturday and Sunday, in UTC. Pure.

Working time is what passes outside of weekends.
"""

from datetime import UTC, datetime, timedelta

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_WEEK, _WORKING_DAYS = timedelta(days=7), timedelta(days=5)
_NOTHING = timedelta()


def is_weekend(instant: datetime) -> bool:
    """Whether the instant is on a Saturday or a Sunday."""
    return (instant - _MONDAY) % _WEEK >= _WORKING_DAYS


def weekend_start(instant: datetime) -> datetime:
    """When the weekend begins or began that the week of the instant, from Monday on, ends with."""
    return _monday(instant) + _WORKING_DAYS


def next_boundary(instant: datetime) -> datetime:
    """When next, after the instant, a weekend begins or ends."""
    monday = _monday(instant)
    return monday + (_WEEK if is_weekend(instant) else _WORKING_DAYS)


def working_time(start: datetime, end: datetime) -> timedelta:
    """How much working time passes between two instants; below zero if the second is the earlier one."""
    return _worked_by(end) - _worked_by(start)


def after_working_time(start: datetime, span: timedelta) -> datetime:
    """The first instant, not before `start`, by which so much working time has passed."""
    if span <= _NOTHING:
        return start
    weeks, rest = divmod(_worked_by(start) + span, _WORKING_DAYS)
    # A span that ends with the week does so on Friday night, and not after the weekend.
    return _MONDAY + (weeks * _WEEK + rest if rest else weeks * _WEEK - (_WEEK - _WORKING_DAYS))


def _monday(instant: datetime) -> datetime:
    return instant - (instant - _MONDAY) % _WEEK


def _worked_by(instant: datetime) -> timedelta:
    weeks, rest = divmod(instant - _MONDAY, _WEEK)
    return weeks * _WORKING_DAYS + min(rest, _WORKING_DAYS)
