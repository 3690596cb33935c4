"""When a tournament runs."""

from datetime import datetime, timedelta, timezone

import pytest

from tengen.tournaments.schedule import InvalidSchedule, Phase, Schedule, TournamentList, TournamentOver, shown
from tests.tournaments.builders import HOUR, NOON, a_schedule

MICROSECOND = timedelta(microseconds=1)
END = NOON + 2 * HOUR


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (NOON - MICROSECOND, Phase.UPCOMING),
        (NOON, Phase.RUNNING),
        (END - MICROSECOND, Phase.RUNNING),
        (END, Phase.ENDED),
    ],
)
def test_the_start_belongs_to_the_tournament_and_the_end_does_not(now: datetime, phase: Phase) -> None:
    assert a_schedule().phase(now) is phase


@pytest.mark.parametrize("cancelled_at", [NOON - HOUR, NOON + HOUR])
def test_a_cancelled_tournament_is_over_from_then_on(cancelled_at: datetime) -> None:
    schedule = Schedule(NOON, END, cancelled_at)
    schedule.check_not_over(cancelled_at - MICROSECOND)
    for now in (cancelled_at, END, END + HOUR):
        assert schedule.phase(now) is Phase.CANCELLED
        with pytest.raises(TournamentOver, match="was cancelled"):
            schedule.check_not_over(now)


def test_a_tournament_is_over_when_it_has_ended_or_was_cancelled() -> None:
    assert {phase for phase in Phase if phase.is_over} == {Phase.ENDED, Phase.CANCELLED}


def test_one_that_has_ended_says_when() -> None:
    schedule = a_schedule()
    schedule.check_not_over(END - MICROSECOND)
    with pytest.raises(TournamentOver, match="ended at 2026-06-01 14:00:00 UTC") as refusal:
        schedule.check_not_over(END)
    assert (refusal.value.code, refusal.value.status) == ("tournament_over", 403)


@pytest.mark.parametrize("length", [timedelta(), -MICROSECOND])
def test_no_tournament_ends_before_it_starts(length: timedelta) -> None:
    with pytest.raises(InvalidSchedule, match="end must be later"):
        Schedule.between(NOON, NOON + length)


def test_instants_are_shown_in_utc() -> None:
    assert shown(NOON.astimezone(timezone(timedelta(hours=9)))) == "2026-06-01 12:00:00 UTC"


# The contract's table of lists; a cancelled tournament is shown with those that have ended.
LISTS = {
    "all": {Phase.UPCOMING, Phase.RUNNING, Phase.ENDED, Phase.CANCELLED},
    "archive": {Phase.ENDED, Phase.CANCELLED},
    "in_progress": {Phase.RUNNING},
    "upcoming": {Phase.UPCOMING},
    "active": {Phase.UPCOMING, Phase.RUNNING},
    "my_active": {Phase.UPCOMING, Phase.RUNNING},
}


def test_each_list_shows_the_phases_that_its_name_says() -> None:
    assert {word: TournamentList(word).phases for word in LISTS} == LISTS
    assert {each.value for each in TournamentList} == LISTS.keys()
