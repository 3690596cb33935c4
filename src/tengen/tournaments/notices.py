"""What the feed of a tournament tells, and to whom. Pure.

    kind                                  told to
    created, edited, cancelled            everybody
    started, ended                        everybody, by the clock
    entry                                 the host and the account itself; others when it begins or ceases to take part
    submission, disqualified, restored    whoever sees the account's results: the host and the account itself always,
                                          others unless results are hidden

Others learn that somebody ceased to take part, and not whether it withdrew or was rejected: to them its entry is
`none`. Who did something is told to nobody.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tengen.core.values import AccountId
from tengen.tournaments.entries import EntryState
from tengen.tournaments.modes import SubmissionId
from tengen.tournaments.schedule import Phase, Schedule
from tengen.tournaments.visibility import Sight, Viewer


class NoticeKind(StrEnum):
    """What happened: the kinds of stored changes (`tengen.tournaments.service.Kind`), and what no change tells."""

    CREATED = "created"
    EDITED = "edited"
    CANCELLED = "cancelled"
    ENTRY = "entry"
    SUBMISSION = "submission"
    DISQUALIFIED = "disqualified"
    RESTORED = "restored"
    STARTED = "started"
    ENDED = "ended"
    RESYNC = "resync"
    """The follower is to load anew what it shows: what happened before is not told."""

    @property
    def concerns_standings(self) -> bool:
        """Whether the standings may look different from then on."""
        return self not in {NoticeKind.CREATED, NoticeKind.ENTRY, NoticeKind.STARTED}


_ABOUT_RESULTS = frozenset({NoticeKind.SUBMISSION, NoticeKind.DISQUALIFIED, NoticeKind.RESTORED})
_WITH_REASON = frozenset({NoticeKind.CANCELLED, NoticeKind.DISQUALIFIED, NoticeKind.RESTORED})


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened in a tournament."""

    number: int
    """Its place among the stored changes; of what the clock did, that of the change before."""
    kind: NoticeKind
    at: datetime
    account_id: AccountId | None = None
    """Whom it is about; None: all."""
    name: str | None = None
    """What that account is called."""
    submission_id: SubmissionId | None = None
    note: str | None = None
    """The new state of an entry, or the reason that was given."""
    before: EntryState | None = None
    """The state that an entry had before; not known unless the account has left."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one follower is told."""

    kind: NoticeKind
    at: datetime
    account_id: AccountId | None = None
    name: str | None = None
    submission_id: SubmissionId | None = None
    state: EntryState | None = None
    """Of an entry, as this follower may know it."""
    reason: str | None = None


def notice_of(change: Change, viewer: Viewer, *, hide_results: bool, phase: Phase) -> Notice | None:
    """What `viewer` is told of a change in a tournament that is in this phase by now; None for nothing at all."""
    is_close = viewer.is_close_to(change.account_id)
    state = None
    if change.kind is NoticeKind.ENTRY:
        state = _shown_state(EntryState(change.note or EntryState.NONE), change.before, is_close=is_close)
        if state is None:
            return None
    elif change.kind in _ABOUT_RESULTS:
        sight = Sight(viewer, phase, hide_results=hide_results)
        if not sight.sees_results_of(change.account_id):
            return None
    return Notice(
        change.kind,
        change.at,
        change.account_id,
        change.name,
        change.submission_id,
        state,
        change.note if change.kind in _WITH_REASON else None,
    )


def _shown_state(state: EntryState, before: EntryState | None, *, is_close: bool) -> EntryState | None:
    if is_close or state is EntryState.PARTICIPATING:
        return state
    return EntryState.NONE if before is EntryState.PARTICIPATING else None


_ORDER: Sequence[Phase] = (Phase.UPCOMING, Phase.RUNNING, Phase.ENDED, Phase.CANCELLED)


def rank(phase: Phase) -> int:
    """How far a tournament has come: from 0, never less later on."""
    return _ORDER.index(phase)


def phase_of(rank: int) -> Phase:
    """The phase of this rank. Raises `IndexError` if there is none."""
    return _ORDER[rank]


def done_by_clock(told: Phase, reached: Phase, schedule: Schedule) -> list[tuple[NoticeKind, Phase, datetime]]:
    """What the clock has done since a follower was told of the phase `told`: kind, phase from then on, and when.

    Of a tournament that was cancelled the cancellation is told instead.
    """
    if reached is Phase.CANCELLED:
        return []
    passed = (
        (NoticeKind.STARTED, Phase.RUNNING, schedule.starts_at),
        (NoticeKind.ENDED, Phase.ENDED, schedule.ends_at),
    )
    return [done for done in passed if rank(told) < rank(done[1]) <= rank(reached)]


def in_order(
    changes: Iterable[Change], told: Phase, reached: Phase, schedule: Schedule, *, number: int
) -> Iterator[tuple[Change, Phase]]:
    """The changes that follow change `number` in their order, and among them what the clock has done meanwhile.

    Each comes with the phase that a follower knows of then.
    """
    done = done_by_clock(told, reached, schedule)
    for change in changes:
        while done and done[0][2] <= change.at:
            kind, told, at = done.pop(0)
            yield Change(number, kind, at), told
        yield change, told
        number = change.number
    for kind, told, at in done:
        yield Change(number, kind, at), told
