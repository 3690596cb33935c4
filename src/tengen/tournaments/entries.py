"""Who takes part in a tournament: requests, invitations and participations as a state machine. Pure.

An account has at most one entry in a tournament. Taking part needs the will of both sides, the entrant's and the
host's; where entry is open, the host's is given beforehand, and hosts have it for themselves.

    step       by         from                                   to
    request    entrant    none, declined, withdrawn              requested; participating if entry is open or his own
                          invited                                participating
    confirm    host       requested, rejected                    participating
    reject     host       requested, participating (upcoming)    rejected
    invite     host       none, declined, withdrawn, rejected    invited; participating if his own
                          requested                              participating
    accept     entrant    invited                                participating
    decline    entrant    invited                                declined
    withdraw   entrant    requested, participating (upcoming)    withdrawn
               host       invited                                withdrawn

His own is the entry of a host, who agrees with himself. Whom the host has rejected, the host alone lets in. Once the
tournament runs, who participates does so to the end: the results stand, and a host disqualifies single submissions
instead. When it is over nothing changes any more. A step that is repeated changes nothing, and is no error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tengen.core.errors import Conflict, Forbidden, TengenError
from tengen.tournaments.schedule import Phase, Schedule


class EntryState(StrEnum):
    """How an account stands to a tournament."""

    NONE = "none"
    REQUESTED = "requested"
    INVITED = "invited"
    PARTICIPATING = "participating"
    REJECTED = "rejected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What an entrant or a host does about an entry."""

    REQUEST = "request"
    CONFIRM = "confirm"
    REJECT = "reject"
    INVITE = "invite"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes the step: the account whose entry it is, a host of the tournament, or both."""

    is_entrant: bool = False
    is_host: bool = False


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """The terms on which a tournament is entered."""

    schedule: Schedule
    open_entry: bool = True
    """Whether a request needs no confirmation."""
    late_entry: bool = True
    """Whether the mode lets anybody enter after the start."""


class NotEntrant(Forbidden):
    """Only the account whose entry it is may do this."""

    code = "not_entrant"


class NotHost(Forbidden):
    """Only a host of the tournament may do this."""

    code = "not_host"


class NotParticipating(Forbidden):
    """The account does not take part in the tournament, or not yet."""

    code = "not_participating"


class NotInvited(Forbidden):
    """There is no invitation to answer."""

    code = "not_invited"


class EntryRejected(Forbidden):
    """The host has rejected the entry, and an entrant cannot undo that."""

    code = "entry_rejected"


class EntryClosed(Forbidden):
    """The mode lets nobody enter after the start."""

    code = "entry_closed"


class NotRequested(Conflict):
    """There is no request to confirm or reject."""

    code = "not_requested"


class NothingToWithdraw(Conflict):
    """There is nothing that this caller could take back."""

    code = "nothing_to_withdraw"


class TournamentStarted(Conflict):
    """The tournament runs, and who participates then does so to its end."""

    code = "tournament_started"


_NONE, _REQUESTED, _INVITED = EntryState.NONE, EntryState.REQUESTED, EntryState.INVITED
_PARTICIPATING, _REJECTED = EntryState.PARTICIPATING, EntryState.REJECTED
_DECLINED, _WITHDRAWN = EntryState.DECLINED, EntryState.WITHDRAWN

_ENTERING = frozenset({_REQUESTED, _INVITED, _PARTICIPATING})
CONCERNING = _ENTERING
"""The states by which an active tournament is in its account's list `my_active`: hosting alone does not do."""

_MOVES: Mapping[Step, Mapping[EntryState, EntryState]] = {
    Step.REQUEST: {
        **dict.fromkeys((_NONE, _DECLINED, _WITHDRAWN, _REQUESTED), _REQUESTED),
        **dict.fromkeys((_INVITED, _PARTICIPATING), _PARTICIPATING),
    },
    Step.CONFIRM: dict.fromkeys((_REQUESTED, _REJECTED, _PARTICIPATING), _PARTICIPATING),
    Step.REJECT: dict.fromkeys((_REQUESTED, _PARTICIPATING, _REJECTED), _REJECTED),
    Step.INVITE: {
        **dict.fromkeys((_NONE, _DECLINED, _WITHDRAWN, _REJECTED, _INVITED), _INVITED),
        **dict.fromkeys((_REQUESTED, _PARTICIPATING), _PARTICIPATING),
    },
    Step.ACCEPT: dict.fromkeys((_INVITED, _PARTICIPATING), _PARTICIPATING),
    Step.DECLINE: dict.fromkeys((_INVITED, _DECLINED), _DECLINED),
    Step.WITHDRAW: dict.fromkeys((_REQUESTED, _INVITED, _PARTICIPATING, _WITHDRAWN), _WITHDRAWN),
}

_SO_FAR: Mapping[EntryState, str] = {
    _NONE: "has not asked to take part and is not invited",
    _REQUESTED: "has asked to take part",
    _INVITED: "is invited and has not answered",
    _PARTICIPATING: "participates already",
    _REJECTED: "was rejected by the host",
    _DECLINED: "has declined the invitation",
    _WITHDRAWN: "has no open request or invitation any more",
}


def after(state: EntryState, step: Step, actor: Actor, terms: EntryTerms, now: datetime) -> EntryState:
    """The state of an entry after `actor` has taken `step`; the same state if the step is a repetition.

    Raises, in this order: `NotEntrant` or `NotHost`; `TournamentOver`; `EntryRejected`, `NotRequested`, `NotInvited`
    or `NothingToWithdraw` where the step does not fit the state; `TournamentStarted`; `EntryClosed`.
    """
    _check_actor(step, actor)
    terms.schedule.check_not_over(now)
    new = _MOVES[step].get(state)
    if new is None or (step is Step.WITHDRAW and not _is_own_to_withdraw(state, actor)):
        raise _refusal(step, state)
    if _is_agreed(new, actor, terms):
        new = _PARTICIPATING
    if new is not state and terms.schedule.phase(now) is Phase.RUNNING:
        _check_while_running(state, new, terms)
    return new


def _check_actor(step: Step, actor: Actor) -> None:
    match step:
        case Step.CONFIRM | Step.REJECT | Step.INVITE if not actor.is_host:
            raise NotHost(f"Only a host of the tournament can {step} accounts.")
        case Step.REQUEST | Step.ACCEPT | Step.DECLINE if not actor.is_entrant:
            raise NotEntrant(f"Only the account itself can {step} an entry.")
        case Step.WITHDRAW if not actor.is_entrant and not actor.is_host:
            raise NotEntrant("Only the account itself can withdraw an entry.")


def _is_own_to_withdraw(state: EntryState, actor: Actor) -> bool:
    """A request and a participation are the entrant's to take back, an invitation is the host's."""
    match state:
        case EntryState.REQUESTED | EntryState.PARTICIPATING:
            return actor.is_entrant
        case EntryState.INVITED:
            return actor.is_host
    return True


def _is_agreed(new: EntryState, actor: Actor, terms: EntryTerms) -> bool:
    """Whether a request or invitation waits for nobody: entry is open, or a host enters himself."""
    if new is _REQUESTED:
        return terms.open_entry or actor.is_host
    return new is _INVITED and actor.is_entrant


def _check_while_running(state: EntryState, new: EntryState, terms: EntryTerms) -> None:
    if state is _PARTICIPATING:
        raise TournamentStarted(
            "The tournament has started, and whoever participates does so to its end. A host can disqualify single "
            "submissions."
        )
    if new in _ENTERING and not terms.late_entry:
        raise EntryClosed("The tournament has started, and its mode lets nobody enter after the start.")


def _refusal(step: Step, state: EntryState) -> TengenError:
    so_far = f"the account {_SO_FAR[state]}."
    match step:
        case Step.REQUEST:
            return EntryRejected("The host has rejected this entry: only a host can still confirm or invite.")
        case Step.CONFIRM | Step.REJECT:
            return NotRequested(f"There is no request to {step}: {so_far}")
        case Step.ACCEPT | Step.DECLINE:
            return NotInvited(f"There is no invitation to {step}: {so_far}")
    match state:
        case EntryState.INVITED:
            return NothingToWithdraw("An invitation is withdrawn by the host; the invited account declines it.")
        case EntryState.REQUESTED | EntryState.PARTICIPATING:
            return NothingToWithdraw("An entry is withdrawn by the entrant; a host rejects it.")
    return NothingToWithdraw(f"There is nothing to withdraw: {so_far}")


class Status(StrEnum):
    """How the caller stands to a tournament, in the words of Scoreganizer's lists."""

    NOT_LOGGED_IN = "not_logged_in"
    PARTICIPATING = "participating"
    REQUESTED = "requested"
    INVITED = "invited"
    REJECTED = "rejected"
    HOSTING = "hosting"
    """A host who does not play."""
    NOT_PARTICIPATING = "not_participating"


def status_of(state: EntryState | None, *, is_host: bool = False) -> Status:
    """The caller's word in a list. `state`: that of the caller's own entry; None is a caller who is not logged in."""
    if state is None:
        return Status.NOT_LOGGED_IN
    if state in _ENTERING:
        return Status(state.value)
    if is_host:
        return Status.HOSTING
    return Status.REJECTED if state is _REJECTED else Status.NOT_PARTICIPATING
