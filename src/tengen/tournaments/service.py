"""Operations on tournaments and their entries.

Whatever changes a tournament is one transaction that begins with `hold` and ends with `note`: changes of one tournament
take turns, and are numbered without gaps in the order of their commits.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from tengen.accounts import service as accounts
from tengen.accounts.public import name_of
from tengen.accounts.service import AccountNotFound, Role
from tengen.core.errors import Forbidden, Invalid, NotFound
from tengen.core.events import Event
from tengen.core.rows import insert_rows, parameters_of
from tengen.core.values import AccountId, clean_line
from tengen.tournaments import entries
from tengen.tournaments.entries import Actor, EntryState, EntryTerms, Status, Step, TournamentStarted, status_of
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.models import ChangeRow, EntryRow, SubmissionRow, TournamentRow
from tengen.tournaments.modes import Mode, SubmissionId, mode_of
from tengen.tournaments.plans import Plan, PlanChanges
from tengen.tournaments.schedule import Phase, Schedule, TournamentList
from tengen.tournaments.standings import may_see_all

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Transaction

MAX_REASON = 500
"""Characters of a reason that a host gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tournament:
    """A tournament as it stands."""

    id: TournamentId
    host_id: AccountId
    name: str
    location: str
    mode: Mode
    schedule: Schedule
    open_entry: bool
    hide_results: bool
    created_at: datetime
    cancel_reason: str | None
    version: int
    """The number of its last change."""

    @property
    def terms(self) -> EntryTerms:
        """On what terms it is entered."""
        return EntryTerms(self.schedule, self.open_entry, self.mode.late_entry)

    @property
    def plan(self) -> Plan:
        """What its host has planned."""
        return Plan(
            name=self.name,
            location=self.location,
            mode=self.mode,
            schedule=self.schedule,
            open_entry=self.open_entry,
            hide_results=self.hide_results,
        )

    def shows_results(self, now: datetime, *, to_host: bool) -> bool:
        """Whether everybody's results are shown at `now`: to the host always."""
        is_over = self.schedule.phase(now).is_over
        return may_see_all(hide_results=self.hide_results, is_over=is_over, is_host=to_host)


@dataclass(frozen=True, slots=True)
class Listed:
    """A tournament in a list, with how the caller stands to it."""

    tournament: Tournament
    status: Status


@dataclass(frozen=True, slots=True)
class Details:
    """A tournament with how the caller stands to it, and what has become of it so far."""

    tournament: Tournament
    status: Status
    host_name: str
    """What its host is called."""
    participants: int
    """How many participate."""
    submissions: int
    """How many replays were accepted, those that were disqualified later included."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """An account's entry. `since`: when it came into this state."""

    account_id: AccountId
    name: str
    state: EntryState
    since: datetime


class Kind(StrEnum):
    """What can change in a tournament."""

    CREATED = "created"
    EDITED = "edited"
    CANCELLED = "cancelled"
    ENTRY = "entry"
    SUBMISSION = "submission"
    DISQUALIFIED = "disqualified"
    RESTORED = "restored"


@dataclass(frozen=True, kw_only=True)
class TournamentCancelled(Event):
    """A tournament will not take place, or not to its end."""

    tournament_id: int


class TournamentNotFound(NotFound):
    """There is no such tournament."""

    code = "no_such_tournament"


class NotTournamentHost(Forbidden):
    """Only the tournament's host may do this."""

    code = "not_tournament_host"


class InvalidReason(Invalid):
    """A reason has to be given, in a line of text."""

    code = "invalid_reason"


_COLUMNS = (
    TournamentRow.id,
    TournamentRow.host_id,
    TournamentRow.name,
    TournamentRow.location,
    TournamentRow.mode,
    TournamentRow.parameters,
    TournamentRow.starts_at,
    TournamentRow.ends_at,
    TournamentRow.cancelled_at,
    TournamentRow.open_entry,
    TournamentRow.hide_results,
    TournamentRow.created_at,
    TournamentRow.cancel_reason,
    TournamentRow.version,
)
TOURNAMENT_COLUMNS = _COLUMNS
"""What `tournament_of` reads, for statements that join tournaments with something else."""

_WIDTH = len(_COLUMNS)


def tournament_of(row: Sequence[Any]) -> Tournament:
    """The tournament in the first columns of a row (`TOURNAMENT_COLUMNS`)."""
    (id_, host, name, location, mode, parameters, starts, ends, cancelled, is_open, hides, created, why, version) = row[
        :_WIDTH
    ]
    return Tournament(
        id=TournamentId(id_),
        host_id=AccountId(host),
        name=name,
        location=location,
        mode=mode_of(mode, parameters),
        schedule=Schedule(starts, ends, cancelled),
        open_entry=is_open,
        hide_results=hides,
        created_at=created,
        cancel_reason=why,
        version=version,
    )


_BY_ID = select(*_COLUMNS).where(TournamentRow.id == bindparam("id"))
_HOLD = (
    update(TournamentRow)
    .where(TournamentRow.id == bindparam("tournament"))
    .values(version=TournamentRow.version + bindparam("expected"))
    .returning(*_COLUMNS)
)
_COUNT = (
    update(TournamentRow)
    .where(TournamentRow.id == bindparam("tournament"))
    .values(version=TournamentRow.version + bindparam("more"))
)
_NOTE = insert_rows(
    ChangeRow,
    (
        ChangeRow.tournament_id,
        ChangeRow.number,
        ChangeRow.kind,
        ChangeRow.changed_at,
        ChangeRow.account_id,
        ChangeRow.actor_id,
        ChangeRow.submission_id,
        ChangeRow.note,
    ),
)


async def find_tournament(connection: "Connection", tournament_id: int) -> Tournament:
    """The tournament of this id. Raises `TournamentNotFound`. One statement."""
    row = await connection.first(_BY_ID, {"id": tournament_id})
    if row is None:
        raise not_found(tournament_id)
    return tournament_of(row)


def not_found(tournament_id: int) -> TournamentNotFound:
    """The refusal for an id that is no tournament's."""
    return TournamentNotFound(f"There is no tournament {tournament_id}.")


async def hold(transaction: "Transaction", tournament_id: int, *, expected: int = 1) -> Tournament:
    """The tournament, for whoever changes something in it: nobody else does until the transaction ends.

    Its version is that of the first change, and is counted up by as many as are `expected`. So they must follow
    (`note`), or `let_go`, and either is told how many were expected. One statement.

    Raises `TournamentNotFound`.
    """
    row = await transaction.first(_HOLD, {"tournament": tournament_id, "expected": expected})
    if row is None:
        raise not_found(tournament_id)
    held = tournament_of(row)
    return replace(held, version=held.version - expected + 1)


async def let_go(transaction: "Transaction", held: Tournament, *, expected: int = 1) -> None:
    """Take a `hold` back after which nothing was to be changed: its number is for the next change. One statement."""
    await _count(transaction, held, 0, expected=expected)


async def _count(transaction: "Transaction", held: Tournament, changes: int, *, expected: int) -> None:
    """There are so many changes, and `hold` has counted those that were expected."""
    if changes != expected:
        await transaction.run(_COUNT, {"tournament": held.id, "more": changes - expected})


def _as_of(tournament: Tournament, now: datetime) -> datetime:
    """The instant by which a change is judged: not before a cancellation that came in later and was faster."""
    cancelled_at = tournament.schedule.cancelled_at
    return now if cancelled_at is None else max(now, cancelled_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What changed, for `note`. The note is the new state of an entry, or the reason that was given."""

    kind: Kind
    at: datetime
    actor_id: AccountId | None
    """Who did it; None: an operator."""
    account_id: AccountId | None = None
    """Whom it is about; None: all."""
    submission_id: SubmissionId | None = None
    text: str | None = None


async def note(transaction: "Transaction", held: Tournament, *changes: Noted, expected: int = 1) -> None:
    """Write down what changed in a tournament that is held, one thing at least, in order.

    One statement, and another if it is not as many things as were expected.
    """
    await _count(transaction, held, len(changes), expected=expected)
    rows = [
        {
            "tournament_id": held.id,
            "number": number,
            "kind": change.kind.value,
            "changed_at": change.at,
            "account_id": change.account_id,
            "actor_id": change.actor_id,
            "submission_id": change.submission_id,
            "note": change.text,
        }
        for number, change in enumerate(changes, start=held.version)
    ]
    await transaction.run(_NOTE[transaction.dialect], parameters_of(transaction.dialect, rows))


async def may_host(connection: "Connection", tournament: Tournament, account: "Account | None") -> bool:
    """Whether an account decides for the tournament: its host, and administrators. One statement for all but the host.

    None is nobody in particular, who does not.
    """
    if account is None:
        return False
    return tournament.host_id == account.id or await accounts.has_role(connection, account.id, Role.ADMIN)


async def check_may_host(connection: "Connection", tournament: Tournament, account: "Account | None") -> None:
    """Raises `NotTournamentHost` for an account that does not decide for the tournament. None, an operator, does."""
    if account is not None and not await may_host(connection, tournament, account):
        raise NotTournamentHost("Only the host of this tournament may do this.")


async def create(transaction: "Transaction", plan: Plan, host_id: AccountId, now: datetime) -> Tournament:
    """Make a tournament. It may have begun already: its host knows. Two statements."""
    row = await transaction.one(
        insert(TournamentRow).values(**_values(plan), host_id=host_id, created_at=now, version=1).returning(*_COLUMNS)
    )
    tournament = tournament_of(row)
    await note(transaction, tournament, Noted(kind=Kind.CREATED, at=now, actor_id=host_id))
    return tournament


async def edit(
    transaction: "Transaction", tournament_id: int, changes: PlanChanges, editor: "Account | None", now: datetime
) -> Tournament:
    """Change what is planned, which can be done until the start. `editor`: None is an operator.

    Raises `TournamentNotFound`, `NotTournamentHost`, `TournamentOver`, `TournamentStarted`, and what `Plan.of` does.
    """
    held = await hold(transaction, tournament_id)
    await check_may_host(transaction, held, editor)
    held.schedule.check_not_over(_as_of(held, now))
    if held.schedule.phase(now) is not Phase.UPCOMING:
        raise TournamentStarted("The tournament has started: what is played for, and how long, stays as it is.")
    plan = held.plan.changed(changes, now)
    row = await transaction.one(
        update(TournamentRow).where(TournamentRow.id == held.id).values(**_values(plan)).returning(*_COLUMNS)
    )
    edited = tournament_of(row)
    actor_id = None if editor is None else editor.id
    await note(transaction, edited, Noted(kind=Kind.EDITED, at=now, actor_id=actor_id))
    return edited


async def cancel(
    transaction: "Transaction", tournament_id: int, reason: str, by: "Account | None", now: datetime
) -> Tournament:
    """Call a tournament off, before its end. Who has entered, has asked to or is invited is told by mail.

    `by`: None is an operator. Raises `InvalidReason`, `TournamentNotFound`, `NotTournamentHost` and `TournamentOver`.
    """
    why = parse_reason(reason)
    held = await hold(transaction, tournament_id)
    await check_may_host(transaction, held, by)
    held.schedule.check_not_over(_as_of(held, now))
    row = await transaction.one(
        update(TournamentRow)
        .where(TournamentRow.id == held.id)
        .values(cancelled_at=now, cancel_reason=why)
        .returning(*_COLUMNS)
    )
    cancelled = tournament_of(row)
    actor_id = None if by is None else by.id
    await note(transaction, cancelled, Noted(kind=Kind.CANCELLED, at=now, actor_id=actor_id, text=why))
    await transaction.announce(TournamentCancelled(tournament_id=cancelled.id))
    return cancelled


def parse_reason(text: str) -> str:
    """A reason as it is stored and shown. Raises `InvalidReason`."""
    try:
        reason = clean_line(text, what="The reason")
    except Invalid as error:
        raise InvalidReason(error.message) from error
    if not 1 <= len(reason) <= MAX_REASON:
        raise InvalidReason(f"Give a reason of 1 to {MAX_REASON} characters: the players will read it.")
    return reason


def _values(plan: Plan) -> dict[str, object]:
    return {
        "name": plan.name,
        "location": plan.location,
        "mode": plan.mode.name,
        "parameters": plan.mode.parameters,
        "starts_at": plan.schedule.starts_at,
        "ends_at": plan.schedule.ends_at,
        "open_entry": plan.open_entry,
        "hide_results": plan.hide_results,
    }


async def list_tournaments(
    connection: "Connection",
    which: TournamentList,
    caller: AccountId | None,
    now: datetime,
    *,
    host_id: AccountId | None = None,
    after: tuple[datetime, TournamentId] | None = None,
    limit: int | None = None,
) -> list[Listed]:
    """The tournaments of a list in the order of their starts, and how `caller` stands to each. One statement.

    `host_id`: those of one host alone; `after`: from there on (start and id), for pages of `limit`.
    """
    statement = (
        select(*_COLUMNS, EntryRow.state)
        .outerjoin(EntryRow, and_(EntryRow.tournament_id == TournamentRow.id, EntryRow.account_id == caller))
        .where(_in_phases(which.phases, now))
        .order_by(TournamentRow.starts_at, TournamentRow.id)
        .limit(limit)
    )
    if which is TournamentList.MY_ACTIVE:
        statement = statement.where(EntryRow.state.in_([state.value for state in entries.CONCERNING]))
    if host_id is not None:
        statement = statement.where(TournamentRow.host_id == host_id)
    if after is not None:
        statement = statement.where(
            tuple_(TournamentRow.starts_at, TournamentRow.id)
            > tuple_(literal(after[0], TournamentRow.starts_at.type), after[1])
        )
    listed = []
    for row in await connection.all(statement):
        tournament = tournament_of(row)
        listed.append(Listed(tournament, _status(tournament, row.state, caller)))
    return listed


def _status(tournament: Tournament, state: str | None, caller: AccountId | None) -> Status:
    own = None if caller is None else EntryState(state or EntryState.NONE)
    return status_of(own, is_host=tournament.host_id == caller)


def _in_phases(phases: Collection[Phase], now: datetime) -> ColumnElement[bool]:
    """The condition that a tournament is in one of these phases at `now`: `Schedule.phase`, for the database."""
    is_cancelled = TournamentRow.cancelled_at <= now
    stands = or_(TournamentRow.cancelled_at.is_(None), TournamentRow.cancelled_at > now)
    conditions = {
        Phase.UPCOMING: and_(stands, TournamentRow.starts_at > now),
        Phase.RUNNING: and_(stands, TournamentRow.starts_at <= now, TournamentRow.ends_at > now),
        Phase.ENDED: and_(stands, TournamentRow.starts_at <= now, TournamentRow.ends_at <= now),
        Phase.CANCELLED: is_cancelled,
    }
    return or_(*(conditions[phase] for phase in Phase if phase in phases))


_WITH_ENTRY = (
    select(*_COLUMNS, EntryRow.state)
    .outerjoin(EntryRow, and_(EntryRow.tournament_id == TournamentRow.id, EntryRow.account_id == bindparam("account")))
    .where(TournamentRow.id == bindparam("id"))
)
_anybody = aliased(EntryRow)
_DETAILS = _WITH_ENTRY.add_columns(
    name_of(TournamentRow.host_id).label("host_name"),
    select(func.count())
    .where(_anybody.tournament_id == TournamentRow.id, _anybody.state == EntryState.PARTICIPATING.value)
    .scalar_subquery()
    .label("participants"),
    select(func.count()).where(SubmissionRow.tournament_id == TournamentRow.id).scalar_subquery().label("submissions"),
)


async def details(connection: "Connection", tournament_id: int, caller: AccountId | None) -> Details:
    """The tournament of this id, and how `caller` stands to it. Raises `TournamentNotFound`. One statement.

    Who may know the number of submissions is `tengen.tournaments.visibility`'s to say.
    """
    row = await connection.first(_DETAILS, {"id": tournament_id, "account": caller})
    if row is None:
        raise not_found(tournament_id)
    tournament = tournament_of(row)
    status = _status(tournament, row.state, caller)
    return Details(tournament, status, row.host_name, row.participants, row.submissions)


async def take_step(
    transaction: "Transaction",
    tournament_id: int,
    account_id: AccountId,
    step: Step,
    by: "Account | None",
    now: datetime,
) -> EntryState:
    """Take a step about an account's entry; returns the state that it is in then. A repeated step changes nothing.

    `by`: who takes it, None for an operator, who decides as a host does. Raises `TournamentNotFound`, what
    `tengen.tournaments.entries.after` does, and `AccountNotFound` for an account that cannot be invited.
    """
    row = await transaction.first(_WITH_ENTRY, {"id": tournament_id, "account": account_id})
    if row is None:
        raise not_found(tournament_id)
    tournament = tournament_of(row)
    is_host = by is None or await may_host(transaction, tournament, by)
    actor = Actor(is_entrant=by is not None and by.id == account_id, is_host=is_host)
    before = EntryState(row.state or EntryState.NONE)
    if entries.after(before, step, actor, tournament.terms, _as_of(tournament, now)) is before:
        return before
    if step is Step.INVITE:
        await _check_is_there(transaction, account_id)
    held = await hold(transaction, tournament_id)
    state = await transaction.first(
        select(EntryRow.state).where(EntryRow.tournament_id == held.id, EntryRow.account_id == account_id)
    )
    # Again, now that nobody else can: what was read may have changed meanwhile.
    state_now = EntryState.NONE if state is None else EntryState(state.state)
    new = entries.after(state_now, step, actor, held.terms, _as_of(held, now))
    if new is state_now:  # the same step was taken meanwhile
        await let_go(transaction, held)
        return new
    await _store_entry(transaction, held.id, account_id, new, now)
    actor_id = None if by is None else by.id
    change = Noted(kind=Kind.ENTRY, at=now, actor_id=actor_id, account_id=account_id, text=new.value)
    await note(transaction, held, change)
    return new


async def _check_is_there(connection: "Connection", account_id: AccountId) -> None:
    account = (await accounts.accounts_by_ids(connection, [account_id])).get(account_id)
    if account is None or account.deleted_at is not None:
        raise AccountNotFound(f"There is no account {account_id}.")


async def _store_entry(
    transaction: "Transaction", tournament_id: TournamentId, account_id: AccountId, state: EntryState, now: datetime
) -> None:
    insert_new = (sqlite if transaction.dialect == "sqlite" else postgresql).insert(EntryRow)
    values = {"state": state.value, "changed_at": now}
    await transaction.run(
        insert_new.values(tournament_id=tournament_id, account_id=account_id, **values).on_conflict_do_update(
            index_elements=["tournament_id", "account_id"], set_=values
        )
    )


async def entrants(
    connection: "Connection",
    tournament_id: TournamentId,
    states: Iterable[EntryState],
    *,
    also: AccountId | None = None,
    only: EntryState | None = None,
    after_id: int = 0,
    limit: int | None = None,
) -> list[Entrant]:
    """The entries in one of these states, and that of the account `also` in any, in the order of the accounts' ids.

    `only`: of these the ones in this state.
    """
    statement = (
        select(EntryRow.account_id, name_of(EntryRow.account_id), EntryRow.state, EntryRow.changed_at)
        .where(
            EntryRow.tournament_id == tournament_id,
            EntryRow.account_id > after_id,
            or_(EntryRow.state.in_([state.value for state in states]), EntryRow.account_id == also),
        )
        .order_by(EntryRow.account_id)
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(EntryRow.state == only.value)
    rows = await connection.all(statement)
    return [Entrant(AccountId(row[0]), row[1], EntryState(row[2]), row[3]) for row in rows]
