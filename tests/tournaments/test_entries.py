"""The entry of an account in a tournament: the table of steps, and all of them against a tiny model of consent."""

from datetime import datetime
from itertools import product

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tengen.core.errors import TengenError
from tengen.tournaments.entries import (
    CONCERNING,
    Actor,
    EntryClosed,
    EntryRejected,
    EntryState,
    EntryTerms,
    NotEntrant,
    NothingToWithdraw,
    NotHost,
    NotInvited,
    NotRequested,
    Status,
    Step,
    TournamentStarted,
    after,
    status_of,
)
from tengen.tournaments.schedule import Schedule, TournamentOver
from tests.tournaments.builders import HOUR, MINUTE, NOON, a_schedule

NONE, REQUESTED, INVITED = EntryState.NONE, EntryState.REQUESTED, EntryState.INVITED
PARTICIPATING, REJECTED = EntryState.PARTICIPATING, EntryState.REJECTED
DECLINED, WITHDRAWN = EntryState.DECLINED, EntryState.WITHDRAWN
REQUEST, CONFIRM, REJECT, INVITE = Step.REQUEST, Step.CONFIRM, Step.REJECT, Step.INVITE
ACCEPT, DECLINE, WITHDRAW = Step.ACCEPT, Step.DECLINE, Step.WITHDRAW

ENTRANT, HOST, STRANGER = Actor(is_entrant=True), Actor(is_host=True), Actor()
HOST_WHO_ENTERS = Actor(is_entrant=True, is_host=True)
UPCOMING, RUNNING, END = NOON - HOUR, NOON + MINUTE, NOON + 2 * HOUR
OPEN = EntryTerms(a_schedule())
BY_CONFIRMATION = EntryTerms(a_schedule(), open_entry=False)
NO_LATE_ENTRY = EntryTerms(a_schedule(), open_entry=False, late_entry=False)

# Before the start, where the host confirms entries: every step that does something. All others repeat or are refused.
TABLE = {
    (NONE, REQUEST): REQUESTED,
    (NONE, INVITE): INVITED,
    (REQUESTED, CONFIRM): PARTICIPATING,
    (REQUESTED, REJECT): REJECTED,
    (REQUESTED, INVITE): PARTICIPATING,
    (REQUESTED, WITHDRAW): WITHDRAWN,
    (INVITED, ACCEPT): PARTICIPATING,
    (INVITED, REQUEST): PARTICIPATING,
    (INVITED, DECLINE): DECLINED,
    (PARTICIPATING, REJECT): REJECTED,
    (PARTICIPATING, WITHDRAW): WITHDRAWN,
    (REJECTED, CONFIRM): PARTICIPATING,
    (REJECTED, INVITE): INVITED,
    (DECLINED, REQUEST): REQUESTED,
    (DECLINED, INVITE): INVITED,
    (WITHDRAWN, REQUEST): REQUESTED,
    (WITHDRAWN, INVITE): INVITED,
}
REPETITIONS = {
    (REQUESTED, REQUEST),
    (PARTICIPATING, REQUEST),
    (PARTICIPATING, CONFIRM),
    (PARTICIPATING, INVITE),
    (PARTICIPATING, ACCEPT),
    (REJECTED, REJECT),
    (INVITED, INVITE),
    (DECLINED, DECLINE),
    (WITHDRAWN, WITHDRAW),
}
REFUSALS: dict[Step, type[TengenError]] = {
    REQUEST: EntryRejected,
    CONFIRM: NotRequested,
    REJECT: NotRequested,
    ACCEPT: NotInvited,
    DECLINE: NotInvited,
    WITHDRAW: NothingToWithdraw,
}


def usual_actor(step: Step) -> Actor:
    return HOST if step in {CONFIRM, REJECT, INVITE} else ENTRANT


@pytest.mark.parametrize(("state", "step"), list(product(EntryState, Step)))
def test_each_step_leads_where_the_table_says_or_is_refused(state: EntryState, step: Step) -> None:
    if (state, step) in REPETITIONS:
        assert after(state, step, usual_actor(step), BY_CONFIRMATION, UPCOMING) is state
    elif (state, step) in TABLE:
        assert after(state, step, usual_actor(step), BY_CONFIRMATION, UPCOMING) is TABLE[state, step]
    else:
        with pytest.raises(REFUSALS[step]):
            after(state, step, usual_actor(step), BY_CONFIRMATION, UPCOMING)


@pytest.mark.parametrize("state", [NONE, DECLINED, WITHDRAWN, REQUESTED, INVITED, PARTICIPATING])
def test_where_entry_is_open_a_request_is_a_participation_at_once(state: EntryState) -> None:
    for now in (UPCOMING, RUNNING):
        assert after(state, REQUEST, ENTRANT, OPEN, now) is PARTICIPATING


def test_open_entry_is_not_open_to_the_rejected_until_a_host_lets_them_in() -> None:
    with pytest.raises(EntryRejected, match="only a host") as refusal:
        after(REJECTED, REQUEST, ENTRANT, OPEN, UPCOMING)
    assert (refusal.value.code, refusal.value.status) == ("entry_rejected", 403)
    assert after(REJECTED, CONFIRM, HOST, OPEN, UPCOMING) is PARTICIPATING


def test_an_invitation_waits_for_its_answer_even_where_entry_is_open() -> None:
    assert after(NONE, INVITE, HOST, OPEN, UPCOMING) is INVITED


@pytest.mark.parametrize("step", [REQUEST, INVITE])
def test_a_host_who_enters_waits_for_nobody(step: Step) -> None:
    assert after(NONE, step, HOST_WHO_ENTERS, BY_CONFIRMATION, UPCOMING) is PARTICIPATING


def test_an_invitation_is_taken_back_by_the_host_and_nobody_else() -> None:
    assert after(INVITED, WITHDRAW, HOST, BY_CONFIRMATION, UPCOMING) is WITHDRAWN
    with pytest.raises(NothingToWithdraw, match="the invited account declines it"):
        after(INVITED, WITHDRAW, ENTRANT, BY_CONFIRMATION, UPCOMING)


@pytest.mark.parametrize("state", [REQUESTED, PARTICIPATING])
def test_an_entry_is_withdrawn_by_the_entrant_and_rejected_by_the_host(state: EntryState) -> None:
    with pytest.raises(NothingToWithdraw, match="a host rejects it"):
        after(state, WITHDRAW, HOST, BY_CONFIRMATION, UPCOMING)
    assert after(state, WITHDRAW, HOST_WHO_ENTERS, BY_CONFIRMATION, UPCOMING) is WITHDRAWN


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", EntryState)
def test_strangers_do_nothing_and_hear_so_first(state: EntryState, step: Step) -> None:
    for now in (UPCOMING, RUNNING, END):
        with pytest.raises(NotHost if usual_actor(step) is HOST else NotEntrant) as refusal:
            after(state, step, STRANGER, OPEN, now)
        assert refusal.value.status == 403


def test_hosts_do_not_answer_for_the_entrant_nor_entrants_for_the_host() -> None:
    for step in (REQUEST, ACCEPT, DECLINE):
        with pytest.raises(NotEntrant, match=f"can {step} an entry"):
            after(INVITED, step, HOST, OPEN, UPCOMING)
    for step in (CONFIRM, REJECT, INVITE):
        with pytest.raises(NotHost, match=f"can {step} accounts"):
            after(REQUESTED, step, ENTRANT, OPEN, UPCOMING)


@pytest.mark.parametrize(("step", "actor"), [(WITHDRAW, ENTRANT), (REJECT, HOST)])
def test_once_the_tournament_runs_who_participates_stays(step: Step, actor: Actor) -> None:
    with pytest.raises(TournamentStarted, match="disqualify") as refusal:
        after(PARTICIPATING, step, actor, OPEN, NOON)
    assert (refusal.value.code, refusal.value.status) == ("tournament_started", 409)


def test_requests_and_invitations_are_dealt_with_while_the_tournament_runs() -> None:
    for (state, step), new in TABLE.items():
        if state is not PARTICIPATING:
            assert after(state, step, usual_actor(step), BY_CONFIRMATION, RUNNING) is new


def test_a_mode_can_forbid_entering_late_but_not_staying_away() -> None:
    for (state, step), new in TABLE.items():
        assert after(state, step, usual_actor(step), NO_LATE_ENTRY, UPCOMING) is new
        if new in {REQUESTED, INVITED, PARTICIPATING}:
            with pytest.raises(EntryClosed) as refusal:
                after(state, step, usual_actor(step), NO_LATE_ENTRY, NOON)
            assert (refusal.value.code, refusal.value.status) == ("entry_closed", 403)
        elif state is not PARTICIPATING:
            assert after(state, step, usual_actor(step), NO_LATE_ENTRY, NOON) is new
    for state, step in REPETITIONS:
        assert after(state, step, usual_actor(step), NO_LATE_ENTRY, NOON) is state


@pytest.mark.parametrize(("state", "step"), list(product(EntryState, Step)))
@pytest.mark.parametrize("schedule", [a_schedule(), Schedule(NOON, END, cancelled_at=UPCOMING)])
def test_nothing_changes_when_the_tournament_is_over(state: EntryState, step: Step, schedule: Schedule) -> None:
    with pytest.raises(TournamentOver):
        after(state, step, usual_actor(step), EntryTerms(schedule), END)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (NONE, "has not asked to take part and is not invited"),
        (REQUESTED, "has asked to take part"),
        (REJECTED, "was rejected"),
        (DECLINED, "has declined"),
        (WITHDRAWN, "no open request or invitation any more"),
    ],
)
def test_who_is_not_invited_is_told_how_things_stand(state: EntryState, why: str) -> None:
    with pytest.raises(NotInvited, match=f"no invitation to accept: the account .*{why}") as refusal:
        after(state, ACCEPT, ENTRANT, OPEN, UPCOMING)
    assert (refusal.value.code, refusal.value.status) == ("not_invited", 403)


# The contract's words for the caller's relation to a tournament.
@pytest.mark.parametrize(
    ("state", "caller", "host"),
    [
        (None, "not_logged_in", "not_logged_in"),
        (NONE, "not_participating", "hosting"),
        (REQUESTED, "requested", "requested"),
        (INVITED, "invited", "invited"),
        (PARTICIPATING, "participating", "participating"),
        (REJECTED, "rejected", "hosting"),
        (DECLINED, "not_participating", "hosting"),
        (WITHDRAWN, "not_participating", "hosting"),
    ],
)
def test_lists_say_how_the_caller_stands_to_a_tournament(state: EntryState | None, caller: str, host: str) -> None:
    assert status_of(state) == caller
    assert status_of(state, is_host=True) == host


def test_an_active_tournament_is_the_callers_if_he_takes_part_asks_to_or_is_asked_to() -> None:
    words = {status_of(state) for state in EntryState if state in CONCERNING}
    assert words == {Status.PARTICIPATING, Status.REQUESTED, Status.INVITED}


class EntryMachine(RuleBasedStateMachine):
    """Any steps by anybody at any time, against a record of what each side last said."""

    @initialize(open_entry=st.booleans(), late_entry=st.booleans())
    def begin(self, open_entry: bool, late_entry: bool) -> None:
        self.terms = EntryTerms(a_schedule(), open_entry, late_entry)
        self.now = UPCOMING
        self.state = NONE
        self.entrant_agrees = False
        self.host_agrees = open_entry

    @rule(step=st.sampled_from(Step), actor=st.sampled_from([ENTRANT, HOST, HOST_WHO_ENTERS, STRANGER]))
    def take(self, step: Step, actor: Actor) -> None:
        before = self.state
        try:
            self.state = after(before, step, actor, self.terms, self.now)
        except TengenError:
            return
        assert actor != STRANGER
        assert after(self.state, step, actor, self.terms, self.now) is self.state
        if self.state is not before:
            self._check_time(before)
            self._hear(step, actor)

    def _check_time(self, before: EntryState) -> None:
        assert self.now < END
        if self.now >= NOON:
            assert before is not PARTICIPATING
            assert self.terms.late_entry or self.state not in {REQUESTED, INVITED, PARTICIPATING}

    def _hear(self, step: Step, actor: Actor) -> None:
        if step in {WITHDRAW, DECLINE}:
            self.entrant_agrees, self.host_agrees = False, self.terms.open_entry
        elif step is REJECT:
            self.host_agrees = False
        else:
            self.entrant_agrees |= actor.is_entrant
            self.host_agrees |= actor.is_host

    @rule(now=st.sampled_from([RUNNING, END]))
    def go_on(self, now: datetime) -> None:
        self.now = max(self.now, now)

    @invariant()
    def who_takes_part_is_wanted_by_both_sides(self) -> None:
        if self.state is PARTICIPATING:
            assert self.entrant_agrees
            assert self.host_agrees


TestAnySteps = EntryMachine.TestCase
