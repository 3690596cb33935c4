"""Plans: which texts and instants make a tournament, and what can be changed in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.tournaments.modes import InvalidModeParameters, Sum, UnknownMode
from tengen.tournaments.plans import FARTHEST, MAX_LOCATION, MAX_NAME, InvalidTournament, PlanChanges
from tengen.tournaments.schedule import InvalidSchedule
from tests.tournaments.builders import HOUR, MICROSECOND, NOON, a_plan

EVE = NOON - 24 * HOUR


def test_a_plan_is_what_its_host_wrote() -> None:
    plan = a_plan(name="  Spring Sprint ", location=" online ", mode="sum", parameters="2+0+1", hide_results=True)
    assert (plan.name, plan.location) == ("Spring Sprint", "online")
    assert isinstance(plan.mode, Sum)
    assert plan.mode.parameters == "2+0+1"
    assert (plan.schedule.starts_at, plan.schedule.ends_at) == (NOON, NOON + 2 * HOUR)
    assert (plan.open_entry, plan.hide_results) == (True, True)


def test_a_place_need_not_be_said_but_a_name_must() -> None:
    assert a_plan(location="").location == ""
    for blank in ("", "  ", "\n"):
        with pytest.raises(InvalidTournament, match="The name must have 1 to 100 characters"):
            a_plan(name=blank)


@pytest.mark.parametrize(("field", "longest"), [("name", MAX_NAME), ("location", MAX_LOCATION)])
def test_texts_have_a_greatest_length(field: str, longest: int) -> None:
    assert getattr(a_plan(**{field: "雷" * longest}), field) == "雷" * longest  # type: ignore[arg-type]
    with pytest.raises(InvalidTournament, match=str(longest)):
        a_plan(**{field: "雷" * (longest + 1)})  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["name", "location"])
@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\u202eb", "a\ud800b", "a\u200bb", "a\u2028b"])
def test_texts_hold_no_characters_that_deceive_or_that_no_database_takes(field: str, text: str) -> None:
    with pytest.raises(InvalidTournament, match="U\\+"):
        a_plan(**{field: text})  # type: ignore[arg-type]


def test_a_mode_must_be_known_and_its_parameters_must_be_its_own() -> None:
    with pytest.raises(UnknownMode, match="best, sum, sum_timelimit"):
        a_plan(mode="average")
    for mode, parameters in (("sum", "1+1"), ("sum", "expert"), ("best", "1+1+1"), ("sum_timelimit", "1+1+1")):
        with pytest.raises(InvalidModeParameters):
            a_plan(mode=mode, parameters=parameters)


def test_a_tournament_ends_after_its_start_and_after_now() -> None:
    with pytest.raises(InvalidSchedule, match="before it starts"):
        a_plan(starts_at=NOON, ends_at=NOON)
    a_plan(starts_at=NOON, ends_at=NOON + MICROSECOND)
    a_plan(starts_at=EVE, ends_at=NOON, now=NOON - MICROSECOND)
    with pytest.raises(InvalidSchedule, match="over already: it is 2026-06-01 12:00:00 UTC"):
        a_plan(starts_at=EVE, ends_at=NOON, now=NOON)


def test_a_tournament_may_have_begun_but_is_of_our_days() -> None:
    a_plan(starts_at=EVE - HOUR, now=EVE)
    a_plan(ends_at=EVE + FARTHEST, now=EVE)
    a_plan(starts_at=EVE - FARTHEST, now=EVE)
    for instants in ({"ends_at": EVE + FARTHEST + MICROSECOND}, {"starts_at": EVE - FARTHEST - MICROSECOND}):
        with pytest.raises(InvalidSchedule):
            a_plan(**instants, now=EVE)  # type: ignore[arg-type]


ZONES = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(timezones=ZONES)
OF_OUR_DAYS = st.datetimes(datetime(2026, 5, 1), datetime(2036, 12, 1), timezones=ZONES)  # noqa: DTZ001  # zones follow


@given(INSTANTS | OF_OUR_DAYS, INSTANTS | OF_OUR_DAYS)
def test_whatever_instants_are_asked_for_are_refused_or_fit_every_database(
    starts_at: datetime, ends_at: datetime
) -> None:
    try:
        plan = a_plan(starts_at=starts_at, ends_at=ends_at, now=EVE)
    except InvalidSchedule:
        return
    for instant in (plan.schedule.starts_at, plan.schedule.ends_at):
        assert 2016 <= instant.astimezone(UTC).year <= 2036


def test_nothing_changes_without_changes() -> None:
    plan = a_plan(mode="best", parameters="expert", open_entry=False, hide_results=True)
    assert plan.changed({}, EVE) == plan


CHANGES: list[tuple[PlanChanges, dict[str, Any]]] = [
    ({"name": "Autumn Sprint"}, {"name": "Autumn Sprint"}),
    ({"location": ""}, {"location": ""}),
    ({"parameters": "3+0+0"}, {"parameters": "3+0+0"}),
    ({"mode": "best", "parameters": "expert"}, {"mode": "best", "parameters": "expert"}),
    ({"starts_at": NOON + HOUR}, {"starts_at": NOON + HOUR}),
    ({"ends_at": NOON + HOUR}, {"ends_at": NOON + HOUR}),
    (
        {"starts_at": NOON + 5 * HOUR, "ends_at": NOON + 6 * HOUR},
        {"starts_at": NOON + 5 * HOUR, "ends_at": NOON + 6 * HOUR},
    ),
    ({"open_entry": False}, {"open_entry": False}),
    ({"hide_results": True}, {"hide_results": True}),
]


@pytest.mark.parametrize(("changes", "expected"), CHANGES)
def test_a_change_leaves_the_rest_as_it_was(changes: PlanChanges, expected: dict[str, Any]) -> None:
    assert a_plan().changed(changes, EVE) == a_plan(**expected)


WRONG_CHANGES: list[tuple[PlanChanges, type[TengenError]]] = [
    ({"name": ""}, InvalidTournament),
    ({"location": "a\nb"}, InvalidTournament),
    ({"mode": "average"}, UnknownMode),
    ({"mode": "best"}, InvalidModeParameters),
    ({"parameters": "expert"}, InvalidModeParameters),
    ({"starts_at": NOON + 2 * HOUR}, InvalidSchedule),
    ({"ends_at": NOON}, InvalidSchedule),
    ({"ends_at": EVE}, InvalidSchedule),
]


@pytest.mark.parametrize(("changes", "refusal"), WRONG_CHANGES)
def test_a_changed_plan_must_be_as_good_as_a_new_one(changes: PlanChanges, refusal: type[TengenError]) -> None:
    with pytest.raises(refusal):
        a_plan().changed(changes, EVE)


def test_a_change_revives_no_cancelled_tournament() -> None:
    plan = a_plan()
    cancelled = replace(plan, schedule=replace(plan.schedule, cancelled_at=EVE))
    assert cancelled.changed({"starts_at": NOON + HOUR}, EVE).schedule.cancelled_at == EVE


def test_texts_are_checked_before_instants() -> None:
    with pytest.raises(InvalidTournament):
        a_plan(name="", ends_at=NOON)
