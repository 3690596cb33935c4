"""What the feed tells, and to whom: a table of everybody against everything."""

from datetime import datetime

import pytest

from tengen.core.values import AccountId
from tengen.tournaments.entries import EntryState
from tengen.tournaments.modes import SubmissionId
from tengen.tournaments.notices import Change, Notice, NoticeKind, in_order, notice_of, phase_of, rank
from tengen.tournaments.schedule import Phase
from tengen.tournaments.service import Kind
from tengen.tournaments.visibility import Viewer
from tests.tournaments.builders import ANN, BOB, HOUR, MINUTE, NOON, a_schedule

STRANGER, OTHER, HERSELF, HOST = Viewer(), Viewer(BOB), Viewer(ANN), Viewer(AccountId(9), is_host=True)
EVERYBODY = {"stranger": STRANGER, "other": OTHER, "herself": HERSELF, "host": HOST}
CLOSE = {"herself", "host"}

_PARTICIPATING, _NONE = EntryState.PARTICIPATING, EntryState.NONE


def a_change(kind: NoticeKind, note: str | None = None, *, number: int = 5, at: datetime = NOON) -> Change:
    """A change about Ann, unless it is about all."""
    is_about_all = kind in {NoticeKind.CREATED, NoticeKind.EDITED, NoticeKind.CANCELLED}
    return Change(number, kind, at, None if is_about_all else ANN, None if is_about_all else "Ann", None, note)


def told(change: Change, *, hide_results: bool = False, phase: Phase = Phase.RUNNING) -> dict[str, Notice]:
    notices = {
        who: notice_of(change, viewer, hide_results=hide_results, phase=phase) for who, viewer in EVERYBODY.items()
    }
    return {who: notice for who, notice in notices.items() if notice is not None}


ABOUT_RESULTS = [NoticeKind.SUBMISSION, NoticeKind.DISQUALIFIED, NoticeKind.RESTORED]
TO_ALL = [kind for kind in NoticeKind if kind not in {*ABOUT_RESULTS, NoticeKind.ENTRY}]


@pytest.mark.parametrize("kind", TO_ALL)
@pytest.mark.parametrize("hide_results", [False, True])
def test_what_is_about_the_tournament_is_told_to_everybody(kind: NoticeKind, hide_results: bool) -> None:
    assert told(a_change(kind), hide_results=hide_results).keys() == EVERYBODY.keys()


@pytest.mark.parametrize("kind", ABOUT_RESULTS)
@pytest.mark.parametrize(
    ("hide_results", "phase", "who"),
    [
        (False, Phase.RUNNING, EVERYBODY.keys()),
        (False, Phase.ENDED, EVERYBODY.keys()),
        (True, Phase.UPCOMING, CLOSE),
        (True, Phase.RUNNING, CLOSE),
        (True, Phase.ENDED, EVERYBODY.keys()),
        (True, Phase.CANCELLED, EVERYBODY.keys()),
    ],
)
def test_results_that_are_hidden_are_told_to_the_host_and_the_account_itself(
    kind: NoticeKind, hide_results: bool, phase: Phase, who: set[str]
) -> None:
    assert told(a_change(kind), hide_results=hide_results, phase=phase).keys() == who


@pytest.mark.parametrize(
    ("state", "before", "shown"),
    [
        (EntryState.PARTICIPATING, None, _PARTICIPATING),
        (EntryState.REQUESTED, None, None),
        (EntryState.INVITED, None, None),
        (EntryState.DECLINED, None, None),
        (EntryState.REJECTED, EntryState.REQUESTED, None),
        (EntryState.REJECTED, EntryState.PARTICIPATING, _NONE),
        (EntryState.WITHDRAWN, EntryState.REQUESTED, None),
        (EntryState.WITHDRAWN, EntryState.INVITED, None),
        (EntryState.WITHDRAWN, EntryState.PARTICIPATING, _NONE),
    ],
)
def test_others_learn_who_takes_part_and_not_who_asked_or_was_rejected(
    state: EntryState, before: EntryState | None, shown: EntryState | None
) -> None:
    change = Change(5, NoticeKind.ENTRY, NOON, ANN, "Ann", note=state.value, before=before)
    states = {who: notice.state for who, notice in told(change).items()}
    to_others = {} if shown is None else dict.fromkeys(EVERYBODY.keys() - CLOSE, shown)
    assert states == to_others | dict.fromkeys(CLOSE, state)


def test_a_reason_is_told_with_what_it_is_the_reason_of() -> None:
    for kind, reason in (
        (NoticeKind.DISQUALIFIED, "Another's video"),
        (NoticeKind.CANCELLED, "No electricity"),
        (NoticeKind.RESTORED, "It was another video"),
        (NoticeKind.EDITED, None),
    ):
        assert {notice.reason for notice in told(a_change(kind, reason or "for the host alone")).values()} == {reason}


def test_a_notice_says_whom_and_what_it_is_about() -> None:
    change = Change(5, NoticeKind.SUBMISSION, NOON, ANN, "Ann", SubmissionId(4711))
    notice = Notice(NoticeKind.SUBMISSION, NOON, ANN, "Ann", SubmissionId(4711))
    assert set(told(change).values()) == {notice}


def test_the_standings_are_loaded_anew_for_whatever_may_change_them() -> None:
    others = {kind for kind in NoticeKind if not kind.concerns_standings}
    assert others == {NoticeKind.CREATED, NoticeKind.ENTRY, NoticeKind.STARTED}


def test_every_kind_of_change_can_be_told() -> None:
    assert {kind.value for kind in Kind} < {kind.value for kind in NoticeKind}


# ── the clock ──

SCHEDULE = a_schedule()  # from noon, for two hours
BEFORE, DURING, AFTER = NOON - MINUTE, NOON + HOUR, NOON + 3 * HOUR


def sequence(told: Phase, reached: Phase, *changes: Change) -> list[tuple[str, int, Phase]]:
    found = in_order(changes, told, reached, SCHEDULE, number=4)
    return [(change.kind.value, change.number, phase) for change, phase in found]


def test_start_and_end_stand_where_the_clock_has_them() -> None:
    changes = [a_change(NoticeKind.SUBMISSION, number=number, at=at) for number, at in enumerate((DURING, AFTER), 5)]
    assert sequence(Phase.UPCOMING, Phase.ENDED, a_change(NoticeKind.EDITED, number=4, at=BEFORE), *changes) == [
        ("edited", 4, Phase.UPCOMING),
        ("started", 4, Phase.RUNNING),
        ("submission", 5, Phase.RUNNING),
        ("ended", 5, Phase.ENDED),
        ("submission", 6, Phase.ENDED),
    ]


@pytest.mark.parametrize(
    ("told", "reached", "kinds"),
    [
        (Phase.UPCOMING, Phase.UPCOMING, []),
        (Phase.UPCOMING, Phase.RUNNING, ["started"]),
        (Phase.UPCOMING, Phase.ENDED, ["started", "ended"]),
        (Phase.UPCOMING, Phase.CANCELLED, []),
        (Phase.RUNNING, Phase.RUNNING, []),
        (Phase.RUNNING, Phase.ENDED, ["ended"]),
        (Phase.RUNNING, Phase.CANCELLED, []),
        (Phase.ENDED, Phase.ENDED, []),
        (Phase.ENDED, Phase.RUNNING, []),  # told so by a worker whose clock is ahead
    ],
)
def test_what_the_clock_does_is_told_once(told: Phase, reached: Phase, kinds: list[str]) -> None:
    assert [kind for kind, _, _ in sequence(told, reached)] == kinds


def test_phases_are_numbered_in_their_order() -> None:
    assert [phase_of(number) for number in range(4)] == sorted(Phase, key=rank)
    assert rank(Phase.UPCOMING) < rank(Phase.RUNNING) < rank(Phase.ENDED)
