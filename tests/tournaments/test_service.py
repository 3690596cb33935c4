"""Operations on tournaments and entries: what is stored, who may do what when, and what happens at the same moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tengen.accounts import service as accounts
from tengen.accounts.service import Account, AccountNotFound, Role
from tengen.core.database import Database, Transaction
from tengen.core.errors import TengenError
from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.tournaments import archive, entries, service
from tengen.tournaments.entries import (
    Actor,
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
)
from tengen.tournaments.modes import InvalidModeParameters
from tengen.tournaments.plans import InvalidTournament, Plan, PlanChanges
from tengen.tournaments.schedule import InvalidSchedule, Phase, TournamentList, TournamentOver
from tengen.tournaments.service import (
    MAX_REASON,
    Details,
    Entrant,
    InvalidReason,
    Kind,
    Listed,
    NotTournamentHost,
    Tournament,
    TournamentNotFound,
)
from tests.support.builders import an_account
from tests.tournaments.builders import (
    HOUR,
    MICROSECOND,
    MINUTE,
    NOON,
    Change,
    Counted,
    a_plan,
    a_player,
    a_stored_submission,
    a_tournament,
    an_entry,
    attempt,
    attempt_behind,
    changes_of,
    now_of,
    state_of,
)

EVE = NOON - 24 * HOUR
END = NOON + 2 * HOUR
NONE, REQUESTED, INVITED = EntryState.NONE, EntryState.REQUESTED, EntryState.INVITED
PARTICIPATING, REJECTED = EntryState.PARTICIPATING, EntryState.REJECTED
DECLINED, WITHDRAWN = EntryState.DECLINED, EntryState.WITHDRAWN
REQUEST, CONFIRM, REJECT, INVITE = Step.REQUEST, Step.CONFIRM, Step.REJECT, Step.INVITE
ACCEPT, DECLINE, WITHDRAW = Step.ACCEPT, Step.DECLINE, Step.WITHDRAW

in_a_fresh_database = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def an_admin(database: Database) -> Account:
    return await an_account(database, roles=(Role.ADMIN,))


async def edit(
    database: Database, tournament: Tournament, changes: PlanChanges, by: Account | None, now: datetime = EVE + HOUR
) -> Tournament:
    async with database.write() as transaction:
        return await service.edit(transaction, tournament.id, changes, by, now)


async def cancel(
    database: Database, tournament: Tournament, by: Account | None = None, *, reason: str = "rain", now: datetime = EVE
) -> Tournament:
    async with database.write() as transaction:
        return await service.cancel(transaction, tournament.id, reason, by, now)


async def take(
    database: Database,
    tournament: Tournament,
    account: Account,
    step: Step,
    by: Account | None,
    now: datetime = EVE + HOUR,
) -> EntryState:
    async with database.write() as transaction:
        return await service.take_step(transaction, tournament.id, account.id, step, by, now)


def step_of(tournament: Tournament, account: Account, step: Step, by: Account | None, now: datetime = EVE) -> Change:
    """The step as a change, for those that are attempted."""
    return lambda transaction: service.take_step(transaction, tournament.id, account.id, step, by, now)


def cancellation_of(tournament: Tournament, now: datetime = EVE) -> Change:
    """The tournament called off by an operator, as a change."""
    return lambda transaction: service.cancel(transaction, tournament.id, "rain", None, now)


# ── making, finding ──


async def test_a_tournament_is_what_was_planned_and_its_first_change_is_that_it_was_made(database: Database) -> None:
    host = await an_account(database)
    plan = a_plan(name="Frühjahr ∑", location="Wien", mode="best", parameters="expert", open_entry=False)
    async with database.write() as transaction:
        with Counted() as counted:
            made = await service.create(transaction, plan, host.id, EVE)
        assert counted == [2]
    assert made.plan == plan
    assert (made.host_id, made.created_at, made.cancel_reason, made.version) == (host.id, EVE, None, 1)
    assert await now_of(database, made) == made
    (change,) = await changes_of(database, made)
    assert (change.kind, change.changed_at) == ("created", EVE)
    assert (change.actor_id, change.account_id, change.submission_id, change.note) == (host.id, None, None, None)


async def test_a_tournament_may_have_begun_when_it_is_made(database: Database) -> None:
    made = await a_tournament(database, now=NOON + HOUR)
    assert made.schedule.phase(NOON + HOUR) is Phase.RUNNING


@pytest.mark.parametrize("unknown", [0, -1, 404, 2**63 - 1])
async def test_of_a_tournament_that_is_none_nothing_is_known(database: Database, unknown: int) -> None:
    account = await an_account(database)
    async with database.read() as connection:
        with pytest.raises(TournamentNotFound):
            await service.find_tournament(connection, unknown)
        with pytest.raises(TournamentNotFound):
            await service.details(connection, unknown, account.id)
    changes: Sequence[Change] = (
        lambda t: service.hold(t, unknown),
        lambda t: service.details(t, unknown, account.id),
        lambda t: service.take_step(t, unknown, account.id, REQUEST, account, EVE),
        lambda t: service.edit(t, unknown, {"name": "x"}, account, EVE),
        lambda t: service.cancel(t, unknown, "rain", account, EVE),
    )
    assert [await attempt(database, change) for change in changes] == ["no_such_tournament"] * 5


async def test_details_tell_what_has_become_of_a_tournament_so_far(database: Database, platform: Platform) -> None:
    host = await an_account(database)
    tournament = await a_tournament(database, host=host, open_entry=False)
    asked = await an_entry(database, tournament, REQUESTED)
    await an_entry(database, tournament, WITHDRAWN)
    await an_entry(database, await a_tournament(database))  # another's
    players = [await a_player(platform, tournament) for _ in range(2)]
    for player in (players[0], players[0], players[1]):
        submission = await a_stored_submission(database, tournament, player)
    async with database.write() as transaction:
        await archive.disqualify(transaction, tournament.id, submission.id, "a doubt", None, NOON)
    for caller, status in (
        (None, Status.NOT_LOGGED_IN),
        (host, Status.HOSTING),
        (asked, Status.REQUESTED),
        (players[0], Status.PARTICIPATING),
    ):
        async with database.read() as connection:
            with Counted() as counted:
                found = await service.details(connection, tournament.id, None if caller is None else caller.id)
        assert counted == [1]
        assert found == Details(await now_of(database, tournament), status, host.display_name, 2, 3)


# ── lists ──


async def names(
    database: Database, which: TournamentList, now: datetime, caller: AccountId | None = None, **how: Any
) -> list[str]:
    async with database.read() as connection:
        listed = await service.list_tournaments(connection, which, caller, now, **how)
    return [one.tournament.name for one in listed]


ALL, ARCHIVE, IN_PROGRESS = TournamentList.ALL, TournamentList.ARCHIVE, TournamentList.IN_PROGRESS
LIST_UPCOMING, ACTIVE, MY_ACTIVE = TournamentList.UPCOMING, TournamentList.ACTIVE, TournamentList.MY_ACTIVE


@pytest.mark.parametrize(
    ("now", "lists"),
    [
        (EVE, {ALL, LIST_UPCOMING, ACTIVE, MY_ACTIVE}),
        (NOON - MICROSECOND, {ALL, LIST_UPCOMING, ACTIVE, MY_ACTIVE}),
        (NOON, {ALL, IN_PROGRESS, ACTIVE, MY_ACTIVE}),
        (END - MICROSECOND, {ALL, IN_PROGRESS, ACTIVE, MY_ACTIVE}),
        (END, {ALL, ARCHIVE}),
        (END + 1000 * HOUR, {ALL, ARCHIVE}),
    ],
)
async def test_a_tournament_is_in_the_lists_of_its_phase_to_the_microsecond(
    database: Database, now: datetime, lists: set[TournamentList]
) -> None:
    player = await an_entry(database, await a_tournament(database))
    assert {which for which in TournamentList if await names(database, which, now, player.id)} == lists


@pytest.mark.parametrize("cancelled_at", [NOON - HOUR, NOON + HOUR])
async def test_a_cancelled_tournament_is_in_the_archive_from_then_on(
    database: Database, cancelled_at: datetime
) -> None:
    tournament = await a_tournament(database)
    player = await an_entry(database, tournament)
    await cancel(database, tournament, now=cancelled_at)
    for now in (cancelled_at, NOON + 90 * MINUTE, END):
        assert {which for which in TournamentList if await names(database, which, now, player.id)} == {ALL, ARCHIVE}


async def test_lists_are_in_the_order_of_starts_and_then_of_making(database: Database) -> None:
    for name, starts_at in (("b", NOON), ("a", NOON - HOUR), ("d", NOON + MICROSECOND), ("c", NOON)):
        await a_tournament(database, name=name, starts_at=starts_at)
    assert await names(database, ALL, EVE) == ["a", "b", "c", "d"]


async def test_lists_of_a_host_are_of_that_host(database: Database) -> None:
    host, other = await an_account(database), await an_account(database)
    await a_tournament(database, host=host, name="mine")
    await a_tournament(database, host=other, name="another's")
    assert await names(database, ALL, EVE, host_id=host.id) == ["mine"]
    assert await names(database, ARCHIVE, EVE, host_id=host.id) == []


async def test_pages_of_a_list_follow_each_other_without_gaps(database: Database) -> None:
    for number in range(7):
        await a_tournament(database, name=str(number), starts_at=NOON + number // 3 * MINUTE)
    found: list[Listed] = []
    async with database.read() as connection:
        while page := await service.list_tournaments(
            connection,
            ALL,
            None,
            EVE,
            after=(found[-1].tournament.schedule.starts_at, found[-1].tournament.id) if found else None,
            limit=2,
        ):
            found += page
    assert [one.tournament.name for one in found] == [str(number) for number in range(7)]


STATUSES = [
    (NONE, Status.NOT_PARTICIPATING, Status.HOSTING),
    (REQUESTED, Status.REQUESTED, None),
    (INVITED, Status.INVITED, None),
    (PARTICIPATING, Status.PARTICIPATING, Status.PARTICIPATING),
    (REJECTED, Status.REJECTED, Status.HOSTING),
    (DECLINED, Status.NOT_PARTICIPATING, None),
    (WITHDRAWN, Status.NOT_PARTICIPATING, Status.HOSTING),
]
"""How somebody in this state stands, and a host who is; None: hosts agree with themselves, and never are."""


@pytest.mark.parametrize(("state", "status", "of_host"), STATUSES)
async def test_a_list_says_how_the_caller_stands_to_each_tournament(
    database: Database, state: EntryState, status: Status, of_host: Status | None
) -> None:
    tournament = await a_tournament(database, open_entry=False)
    caller = await an_entry(database, tournament, state)
    await an_entry(database, tournament)  # another's entry is not the caller's
    expected = [Listed(await now_of(database, tournament), status)]
    async with database.read() as connection:
        assert await service.list_tournaments(connection, ALL, caller.id, EVE) == expected
        seen = await service.details(connection, tournament.id, caller.id)
        assert [Listed(seen.tournament, seen.status)] == expected
        mine = await service.list_tournaments(connection, MY_ACTIVE, caller.id, EVE)
        assert mine == (expected if state in {REQUESTED, INVITED, PARTICIPATING} else [])
        nobody = await service.details(connection, tournament.id, None)
        assert nobody.status is Status.NOT_LOGGED_IN
        assert [one.status for one in await service.list_tournaments(connection, ALL, None, EVE)] == [nobody.status]
        assert await service.list_tournaments(connection, MY_ACTIVE, None, EVE) == []


@pytest.mark.parametrize(("state", "status"), [(state, own) for state, _, own in STATUSES if own is not None])
async def test_a_host_is_hosting_unless_taking_part(database: Database, state: EntryState, status: Status) -> None:
    host = await an_account(database)
    tournament = await a_tournament(database, host=host)
    if state is not NONE:
        await take(database, tournament, host, REQUEST, host)
    if state in {REJECTED, WITHDRAWN}:
        await take(database, tournament, host, REJECT if state is REJECTED else WITHDRAW, host)
    async with database.read() as connection:
        assert (await service.details(connection, tournament.id, host.id)).status is status
        mine = await service.list_tournaments(connection, MY_ACTIVE, host.id, EVE)
        assert [one.status for one in mine] == ([status] if state is PARTICIPATING else [])


async def test_a_list_costs_one_statement_however_long_it_is(database: Database) -> None:
    caller = await an_account(database)
    for number in range(5):
        tournament = await a_tournament(database)
        await an_entry(database, tournament, account=caller if number % 2 else None)
    async with database.read() as connection:
        for which in TournamentList:
            with Counted() as counted:
                await service.list_tournaments(connection, which, caller.id, EVE)
            assert counted == [1]
        with Counted() as counted:
            await service.details(connection, tournament.id, caller.id)
        assert counted == [1]


HALF_HOURS = st.integers(-4, 10)


@in_a_fresh_database
@given(
    drawn=st.lists(
        st.tuples(
            HALF_HOURS, st.integers(1, 6), st.none() | st.integers(0, 12), st.sampled_from([NONE, PARTICIPATING])
        ),
        max_size=6,
    ),
    late=HALF_HOURS,
)
async def test_lists_hold_the_tournaments_of_their_phases_at_any_instant(
    database: Database, drawn: list[Any], late: int
) -> None:
    host, caller, now = await an_account(database), await an_account(database), NOON + late * HOUR / 2
    made: list[tuple[Tournament, EntryState]] = []
    for start, length, cancelled_after, state in drawn:
        starts_at = NOON + start * HOUR / 2
        tournament = await a_tournament(database, host=host, starts_at=starts_at, ends_at=starts_at + length * HOUR / 2)
        await an_entry(database, tournament, state, account=caller)
        if cancelled_after is not None and cancelled_after < 2 * (starts_at - EVE) / HOUR + length:
            await cancel(database, tournament, now=EVE + cancelled_after * HOUR / 2)
        made.append((await now_of(database, tournament), state))
    made.sort(key=lambda one: (one[0].schedule.starts_at, one[0].id))
    for which in TournamentList:
        async with database.read() as connection:
            found = await service.list_tournaments(connection, which, caller.id, now, host_id=host.id)
        assert [one.tournament for one in found] == [
            tournament
            for tournament, state in made
            if tournament.schedule.phase(now) in which.phases and (which is not MY_ACTIVE or state is PARTICIPATING)
        ]


# ── editing ──


async def test_a_host_changes_the_plan_until_the_start(database: Database) -> None:
    host = await an_account(database)
    tournament = await a_tournament(database, host=host)
    changes: PlanChanges = {"name": "Autumn", "mode": "best", "parameters": "expert", "ends_at": NOON + HOUR}
    edited = await edit(database, tournament, changes, host, NOON - MICROSECOND)
    assert edited.plan == tournament.plan.changed(changes, EVE)
    assert edited == replace(tournament, name="Autumn", mode=edited.mode, schedule=edited.schedule, version=2)
    assert await now_of(database, tournament) == edited
    change = (await changes_of(database, tournament))[-1]
    assert (change.kind, change.changed_at, change.actor_id) == ("edited", NOON - MICROSECOND, host.id)
    assert (change.account_id, change.submission_id, change.note) == (None, None, None)


async def test_operators_and_administrators_edit_and_cancel_as_the_host_does(database: Database) -> None:
    admin, tournament = await an_admin(database), await a_tournament(database)
    await edit(database, tournament, {"name": "by the operator"}, None)
    await edit(database, tournament, {"name": "by the administrator"}, admin)
    await cancel(database, tournament, admin)
    _, *changes = await changes_of(database, tournament)
    assert [change.actor_id for change in changes] == [None, admin.id, admin.id]


@pytest.mark.parametrize(
    ("changes", "now", "refusal"),
    [
        ({"name": "late"}, NOON, TournamentStarted),
        ({"name": "late"}, END - MICROSECOND, TournamentStarted),
        ({"name": "late"}, END, TournamentOver),
        ({"name": ""}, EVE, InvalidTournament),
        ({"ends_at": NOON}, EVE, InvalidSchedule),
        ({"mode": "best"}, EVE, InvalidModeParameters),
    ],
)
async def test_what_cannot_be_changed_changes_nothing(
    database: Database, changes: PlanChanges, now: datetime, refusal: type[TengenError]
) -> None:
    tournament = await a_tournament(database)
    with pytest.raises(refusal):
        await edit(database, tournament, changes, None, now)
    assert await now_of(database, tournament) == tournament
    assert len(await changes_of(database, tournament)) == 1


async def test_nobody_else_changes_a_plan_or_cancels(database: Database) -> None:
    tournament = await a_tournament(database)
    player, host_of_another = await an_entry(database, tournament), await an_account(database)
    await a_tournament(database, host=host_of_another)
    before = await now_of(database, tournament)
    for stranger in (player, host_of_another, await an_account(database, roles=(Role.HOST, Role.MODERATOR))):
        with pytest.raises(NotTournamentHost):
            await edit(database, tournament, {"name": "mine"}, stranger)
        with pytest.raises(NotTournamentHost):
            await cancel(database, tournament, stranger)
    assert await now_of(database, tournament) == before


async def test_what_a_cancelled_tournament_was_to_be_stays(database: Database) -> None:
    tournament = await cancel(database, await a_tournament(database), now=EVE)
    for now in (EVE, NOON):
        with pytest.raises(TournamentOver, match="was cancelled"):
            await edit(database, tournament, {"name": "revived"}, None, now)
    assert await now_of(database, tournament) == tournament


# ── cancelling ──


@pytest.mark.parametrize("now", [EVE, NOON - MICROSECOND, NOON, END - MICROSECOND])
async def test_a_host_cancels_until_the_end_and_says_why(database: Database, now: datetime) -> None:
    host = await an_account(database)
    tournament = await a_tournament(database, host=host)
    cancelled = await cancel(database, tournament, host, reason="  Zu viel Regen: ☂ ", now=now)
    schedule = replace(tournament.schedule, cancelled_at=now)
    assert cancelled == replace(tournament, schedule=schedule, cancel_reason="Zu viel Regen: ☂", version=2)
    assert await now_of(database, tournament) == cancelled
    change = (await changes_of(database, tournament))[-1]
    assert (change.kind, change.actor_id, change.account_id) == ("cancelled", host.id, None)
    assert (change.changed_at, change.note) == (now, "Zu viel Regen: ☂")


async def test_what_has_ended_or_is_cancelled_is_not_cancelled_again(database: Database) -> None:
    ended, cancelled = await a_tournament(database), await a_tournament(database)
    with pytest.raises(TournamentOver, match="ended at 2026-06-01 14:00:00 UTC"):
        await cancel(database, ended, now=END)
    cancelled = await cancel(database, cancelled, reason="rain", now=EVE)
    with pytest.raises(TournamentOver, match="was cancelled"):
        await cancel(database, cancelled, reason="snow", now=EVE + HOUR)
    assert [await now_of(database, one) for one in (ended, cancelled)] == [ended, cancelled]


@pytest.mark.parametrize("reason", ["", "  ", "a\nb", "a\0b", "\ud800", "x" * (MAX_REASON + 1)])
async def test_a_reason_is_a_line_of_text(database: Database, reason: str) -> None:
    tournament = await a_tournament(database)
    with pytest.raises(InvalidReason):
        await cancel(database, tournament, reason=reason)
    assert await now_of(database, tournament) == tournament
    await cancel(database, tournament, reason="☂" * MAX_REASON)


# ── entries ──


@dataclass
class Cast:
    """Who takes steps in a tournament."""

    host: Account
    admin: Account
    entrant: Account
    stranger: Account

    def account(self, who: str) -> Account | None:
        """Of this name; None for the operator."""
        return None if who == "operator" else getattr(self, who)


async def a_cast(database: Database) -> Cast:
    host, entrant, stranger = [await an_account(database) for _ in range(3)]
    return Cast(host, await an_admin(database), entrant, stranger)


STORIES = {
    "open entry": (True, [(REQUEST, "entrant", PARTICIPATING)]),
    "confirmed by the host": (
        False,
        [(REQUEST, "entrant", REQUESTED), (CONFIRM, "host", PARTICIPATING)],
    ),
    "rejected, let in after all": (
        False,
        [(REQUEST, "entrant", REQUESTED), (REJECT, "host", REJECTED), (CONFIRM, "host", PARTICIPATING)],
    ),
    "thrown out, invited back": (
        True,
        [(REQUEST, "entrant", PARTICIPATING), (REJECT, "host", REJECTED), (INVITE, "host", INVITED)],
    ),
    "invited": (False, [(INVITE, "host", INVITED), (ACCEPT, "entrant", PARTICIPATING)]),
    "invited, and asks": (False, [(INVITE, "host", INVITED), (REQUEST, "entrant", PARTICIPATING)]),
    "asks, and is invited": (False, [(REQUEST, "entrant", REQUESTED), (INVITE, "host", PARTICIPATING)]),
    "declines, asks, asks no more, asks": (
        False,
        [
            (INVITE, "host", INVITED),
            (DECLINE, "entrant", DECLINED),
            (REQUEST, "entrant", REQUESTED),
            (WITHDRAW, "entrant", WITHDRAWN),
            (REQUEST, "entrant", REQUESTED),
        ],
    ),
    "an invitation taken back": (False, [(INVITE, "host", INVITED), (WITHDRAW, "host", WITHDRAWN)]),
    "leaves in time": (True, [(REQUEST, "entrant", PARTICIPATING), (WITHDRAW, "entrant", WITHDRAWN)]),
    "an operator decides": (
        False,
        [(INVITE, "operator", INVITED), (WITHDRAW, "operator", WITHDRAWN), (INVITE, "operator", INVITED)],
    ),
    "an administrator decides": (False, [(REQUEST, "entrant", REQUESTED), (CONFIRM, "admin", PARTICIPATING)]),
}


@pytest.mark.parametrize("story", STORIES)
async def test_steps_lead_where_they_should_and_repeated_ones_change_nothing(database: Database, story: str) -> None:
    open_entry, steps = STORIES[story]
    cast = await a_cast(database)
    tournament = await a_tournament(database, host=cast.host, open_entry=open_entry)
    for number, (step, who, state) in enumerate(steps, start=2):
        now = EVE + number * MINUTE
        for later in (0 * HOUR, HOUR):  # the second is a repetition
            assert await take(database, tournament, cast.entrant, step, cast.account(who), now + later) is state
            assert await state_of(database, tournament, cast.entrant) is state
            assert (await now_of(database, tournament)).version == number
    _, *changes = await changes_of(database, tournament)
    found = [(change.kind, change.account_id, change.actor_id, change.note) for change in changes]
    actors = [cast.account(who) for _, who, _ in steps]
    assert found == [
        ("entry", cast.entrant.id, actor.id if actor else None, state.value)
        for actor, (_, _, state) in zip(actors, steps, strict=True)
    ]
    assert [change.changed_at for change in changes] == [EVE + n * MINUTE for n in range(2, len(steps) + 2)]


async def test_a_host_who_plays_enters_at_once_and_leaves(database: Database) -> None:
    host = await an_account(database)
    tournament = await a_tournament(database, host=host, open_entry=False)
    for step, state in ((REQUEST, PARTICIPATING), (WITHDRAW, WITHDRAWN), (INVITE, PARTICIPATING)):
        assert await take(database, tournament, host, step, host) is state
        assert await take(database, tournament, host, step, host) is state
    assert (await now_of(database, tournament)).version == 4


async def test_a_step_of_others_is_refused_and_changes_nothing(database: Database) -> None:
    cast = await a_cast(database)
    tournament = await a_tournament(database, host=cast.host, open_entry=False)
    asked = await an_entry(database, tournament, REQUESTED)
    guest = await an_entry(database, tournament, INVITED)
    rejected = await an_entry(database, tournament, REJECTED)
    before = await now_of(database, tournament)
    refused: list[tuple[Account, Step, str | Account, type[TengenError]]] = [
        (asked, CONFIRM, "stranger", NotHost),
        (asked, CONFIRM, asked, NotHost),
        (asked, REJECT, "stranger", NotHost),
        (cast.entrant, INVITE, "entrant", NotHost),
        (cast.entrant, REQUEST, "stranger", NotEntrant),
        (cast.entrant, REQUEST, "host", NotEntrant),
        (cast.entrant, REQUEST, "operator", NotEntrant),
        (guest, ACCEPT, "host", NotEntrant),
        (guest, DECLINE, "operator", NotEntrant),
        (asked, WITHDRAW, "stranger", NotEntrant),
        (asked, WITHDRAW, "host", NothingToWithdraw),
        (guest, WITHDRAW, guest, NothingToWithdraw),
        (cast.entrant, ACCEPT, "entrant", NotInvited),
        (cast.entrant, CONFIRM, "host", NotRequested),
        (rejected, REQUEST, rejected, EntryRejected),
    ]
    for account, step, who, refusal in refused:
        by = cast.account(who) if isinstance(who, str) else who
        with pytest.raises(refusal):
            await take(database, tournament, account, step, by)
    assert await now_of(database, tournament) == before
    assert len(await changes_of(database, tournament)) == before.version
    assert await state_of(database, tournament, cast.entrant) is NONE


async def test_who_comes_late_may_enter_until_the_end_and_then_stays(database: Database) -> None:
    tournament, late = await a_tournament(database), await an_account(database)
    assert await take(database, tournament, late, REQUEST, late, END - MICROSECOND) is PARTICIPATING
    for step, by in ((WITHDRAW, late), (REJECT, None)):
        with pytest.raises(TournamentStarted):
            await take(database, tournament, late, step, by, END - MICROSECOND)
    with pytest.raises(TournamentOver):
        await take(database, tournament, await an_account(database), INVITE, None, END)
    with pytest.raises(TournamentOver):
        await take(database, tournament, late, REQUEST, late, END)
    assert (await now_of(database, tournament)).version == 2


@pytest.mark.parametrize(("now", "outcome"), [(NOON - MICROSECOND, "done"), (NOON, "tournament_started")])
async def test_who_takes_part_leaves_before_the_start_or_not_at_all(
    database: Database, now: datetime, outcome: str
) -> None:
    tournament = await a_tournament(database)
    for step, by_host in ((WITHDRAW, False), (REJECT, True)):
        player = await an_entry(database, tournament)
        by = None if by_host else player
        assert await attempt(database, step_of(tournament, player, step, by, now)) == outcome


async def test_where_entry_is_opened_later_those_who_have_asked_ask_again(database: Database) -> None:
    tournament = await a_tournament(database, open_entry=False)
    asked = await an_entry(database, tournament, REQUESTED)
    await edit(database, tournament, {"open_entry": True}, None)
    assert await state_of(database, tournament, asked) is REQUESTED
    assert await take(database, tournament, asked, REQUEST, asked) is PARTICIPATING


async def test_accounts_that_are_deleted_or_unknown_cannot_be_invited(database: Database) -> None:
    tournament, gone = await a_tournament(database), await an_account(database)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, gone.id, EVE)
    for nobody in (gone, *(replace(gone, id=AccountId(number)) for number in (404, 0, -1, 2**63 - 1))):
        with pytest.raises(AccountNotFound):
            await take(database, tournament, nobody, INVITE, None)
    assert await now_of(database, tournament) == tournament


async def test_a_step_costs_no_more_than_it_must(database: Database) -> None:
    host = await an_account(database)
    tournament = await a_tournament(database, host=host)
    player, guest = await an_account(database), await an_account(database)
    for account, step, by, number in (
        (player, REQUEST, player, 6),
        (player, REQUEST, player, 2),
        (guest, INVITE, host, 6),
        (guest, INVITE, host, 1),
    ):
        with Counted() as counted:
            await take(database, tournament, account, step, by)
        assert counted == [number]


# ── who is in ──


async def test_entrants_are_listed_by_their_states_in_the_order_of_their_ids(database: Database) -> None:
    tournament = await a_tournament(database, open_entry=False)
    made = {state: await an_entry(database, tournament, state) for state in EntryState if state is not NONE}
    await an_entry(database, await a_tournament(database))
    async with database.read() as connection:
        for state, account in made.items():
            found = await service.entrants(connection, tournament.id, [state])
            assert found == [Entrant(account.id, account.display_name, state, EVE)]
        everybody = await service.entrants(connection, tournament.id, EntryState)
        assert [one.account_id for one in everybody] == sorted(account.id for account in made.values())
        own = await service.entrants(connection, tournament.id, [PARTICIPATING], also=made[REJECTED].id)
        assert {one.state for one in own} == {PARTICIPATING, REJECTED}
        assert await service.entrants(connection, tournament.id, []) == []
        for only, number in ((PARTICIPATING, 1), (REJECTED, 1), (INVITED, 0)):
            some = await service.entrants(connection, tournament.id, [PARTICIPATING], also=made[REJECTED].id, only=only)
            assert [one.state for one in some] == [only] * number


async def test_pages_of_entrants_follow_each_other_with_one_statement_each(database: Database) -> None:
    tournament = await a_tournament(database)
    made = [(await an_entry(database, tournament)).id for _ in range(5)]
    found: list[AccountId] = []
    async with database.read() as connection:
        while True:
            with Counted() as counted:
                page = await service.entrants(
                    connection, tournament.id, [PARTICIPATING], after_id=found[-1] if found else 0, limit=2
                )
            assert counted == [1]
            if not page:
                break
            found += [one.account_id for one in page]
    assert found == made


async def test_hosts_and_administrators_decide_and_nobody_else(database: Database) -> None:
    cast = await a_cast(database)
    tournament = await a_tournament(database, host=cast.host)
    async with database.read() as connection:
        deciding = {
            who: await service.may_host(connection, tournament, cast.account(who))
            for who in ("host", "admin", "entrant", "operator")
        }
        assert deciding == {"host": True, "admin": True, "entrant": False, "operator": False}
        await service.check_may_host(connection, tournament, None)  # whoever works on the machine itself
        with pytest.raises(NotTournamentHost):
            await service.check_may_host(connection, tournament, cast.entrant)


# ── at the same moment ──


@dataclass
class Rivalry:
    """Two steps that somebody takes at the same moment, about an entry in some state, and what comes of it."""

    state: EntryState
    first: tuple[Step, str]
    second: tuple[Step, str]
    outcome: str
    reached: EntryState
    changes: int = 1
    open_entry: bool = False


RIVALRIES = {
    "asks twice": Rivalry(NONE, (REQUEST, "entrant"), (REQUEST, "entrant"), "done", REQUESTED),
    "enters twice": Rivalry(NONE, (REQUEST, "entrant"), (REQUEST, "entrant"), "done", PARTICIPATING, open_entry=True),
    "is invited twice": Rivalry(NONE, (INVITE, "host"), (INVITE, "operator"), "done", INVITED),
    "asks and is invited": Rivalry(NONE, (REQUEST, "entrant"), (INVITE, "host"), "done", PARTICIPATING, changes=2),
    "is invited and asks": Rivalry(NONE, (INVITE, "host"), (REQUEST, "entrant"), "done", PARTICIPATING, changes=2),
    "asks no more and is confirmed": Rivalry(
        REQUESTED, (WITHDRAW, "entrant"), (CONFIRM, "host"), "not_requested", WITHDRAWN
    ),
    "is confirmed and asks no more": Rivalry(
        REQUESTED, (CONFIRM, "host"), (WITHDRAW, "entrant"), "done", WITHDRAWN, changes=2
    ),
    "is confirmed and rejected": Rivalry(REQUESTED, (CONFIRM, "host"), (REJECT, "admin"), "done", REJECTED, changes=2),
    "is rejected and asks no more": Rivalry(
        REQUESTED, (REJECT, "host"), (WITHDRAW, "entrant"), "nothing_to_withdraw", REJECTED
    ),
    "accepts what is taken back": Rivalry(INVITED, (WITHDRAW, "host"), (ACCEPT, "entrant"), "not_invited", WITHDRAWN),
    "what is accepted cannot be taken back": Rivalry(
        INVITED, (ACCEPT, "entrant"), (WITHDRAW, "host"), "nothing_to_withdraw", PARTICIPATING
    ),
    "accepts and declines": Rivalry(INVITED, (ACCEPT, "entrant"), (DECLINE, "entrant"), "not_invited", PARTICIPATING),
}


@pytest.mark.parametrize("rivalry", RIVALRIES)
async def test_of_two_steps_at_once_the_second_sees_what_the_first_has_done(database: Database, rivalry: str) -> None:
    story, cast = RIVALRIES[rivalry], await a_cast(database)
    tournament = await a_tournament(database, host=cast.host, open_entry=story.open_entry)
    await an_entry(database, tournament, story.state, account=cast.entrant)
    before = (await now_of(database, tournament)).version
    first, second = (
        step_of(tournament, cast.entrant, step, cast.account(who)) for step, who in (story.first, story.second)
    )
    assert await attempt_behind(database, first, second) == ("done", story.outcome)
    assert await state_of(database, tournament, cast.entrant) is story.reached
    assert (await now_of(database, tournament)).version == before + story.changes
    assert len(await changes_of(database, tournament)) == before + story.changes


async def test_a_step_twenty_times_at_once_is_one_change(database: Database) -> None:
    tournament, entrant = await a_tournament(database), await an_account(database)
    asked = step_of(tournament, entrant, REQUEST, entrant)
    assert await asyncio.gather(*[attempt(database, asked) for _ in range(20)]) == ["done"] * 20
    assert len(await changes_of(database, tournament)) == 2


async def test_who_enters_while_entry_is_being_closed_has_asked(database: Database) -> None:
    tournament, entrant = await a_tournament(database), await an_account(database)
    closed: Change = lambda t: service.edit(t, tournament.id, {"open_entry": False}, None, EVE)  # noqa: E731  # a change
    await attempt_behind(database, closed, step_of(tournament, entrant, REQUEST, entrant))
    assert await state_of(database, tournament, entrant) is REQUESTED


@pytest.mark.parametrize("late", [MICROSECOND, -MICROSECOND])
async def test_what_comes_while_a_tournament_is_being_cancelled_is_refused_whichever_clock_was_ahead(
    database: Database, late: Any
) -> None:
    tournament, entrant = await a_tournament(database), await an_account(database)
    others: Sequence[Change] = (
        cancellation_of(tournament, NOON + late),
        step_of(tournament, entrant, REQUEST, entrant, NOON + late),
        lambda t: service.edit(t, tournament.id, {"name": "revived"}, None, EVE),
    )
    async with database.write() as transaction:
        await cancellation_of(tournament, NOON)(transaction)
        waiting = [asyncio.create_task(attempt(database, other)) for other in others]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == ["tournament_over"] * 3
    assert await state_of(database, tournament, entrant) is NONE
    cancelled = await now_of(database, tournament)
    assert (cancelled.version, cancelled.schedule.cancelled_at) == (2, NOON)


async def test_fifty_changes_at_once_are_numbered_without_gaps_and_each_is_there(
    database: Database, platform: Platform
) -> None:
    tournament = await a_tournament(database)
    players = [await a_player(platform, tournament) for _ in range(3)]
    newcomers = [await an_account(database) for _ in range(42)]
    before = (await now_of(database, tournament)).version
    submitted = asyncio.gather(*[a_stored_submission(database, tournament, players[number % 3]) for number in range(7)])
    entered = asyncio.gather(*[attempt(database, step_of(tournament, one, REQUEST, one, NOON)) for one in newcomers])
    refused = asyncio.gather(*[attempt(database, step_of(tournament, one, WITHDRAW, one, NOON)) for one in players])
    cancelled = asyncio.create_task(attempt(database, cancellation_of(tournament, END - MICROSECOND)))
    number_entered = (outcomes := await entered).count("done")
    assert set(outcomes) <= {"done", "tournament_over"}
    assert set(await refused) <= {"tournament_started", "tournament_over"}
    assert await cancelled == "done"
    submissions = await submitted
    _, *changes = await changes_of(database, tournament)
    kinds = [change.kind for change in changes[before - 1 :]]
    assert sorted(kinds) == ["cancelled"] + ["entry"] * number_entered + ["submission"] * 7
    assert {change.submission_id for change in changes} >= {one.id for one in submissions}
    entered_accounts = {change.account_id for change in changes if change.kind == "entry"}
    async with database.read() as connection:
        stored = await service.entrants(connection, tournament.id, [PARTICIPATING])
    assert {one.account_id for one in stored} == entered_accounts


# ── any sequence ──


@dataclass
class Model:
    """What must be known of a tournament after any sequence of changes, by the pure rules alone."""

    plan: Plan
    states: dict[str, EntryState] = field(default_factory=dict)
    kinds: list[Kind] = field(default_factory=lambda: [Kind.CREATED])

    def step(self, whose: str, step: Step, who: str, now: datetime) -> None:
        actor = Actor(is_entrant=who == whose, is_host=who in {"host", "admin", "operator"})
        terms = EntryTerms(self.plan.schedule, self.plan.open_entry, self.plan.mode.late_entry)
        state = self.states.get(whose, NONE)
        new = entries.after(state, step, actor, terms, self.as_of(now))
        if new is not state:
            self.states[whose] = new
            self.kinds.append(Kind.ENTRY)

    def edit(self, changes: PlanChanges, who: str, now: datetime) -> None:
        self.check_host(who, now)
        if self.plan.schedule.phase(now) is not Phase.UPCOMING:
            raise TournamentStarted("")
        self.plan = self.plan.changed(changes, now)
        self.kinds.append(Kind.EDITED)

    def cancel(self, who: str, now: datetime) -> None:
        self.check_host(who, now)
        self.plan = replace(self.plan, schedule=replace(self.plan.schedule, cancelled_at=now))
        self.kinds.append(Kind.CANCELLED)

    def check_host(self, who: str, now: datetime) -> None:
        if who not in {"host", "admin", "operator"}:
            raise NotTournamentHost("")
        self.plan.schedule.check_not_over(self.as_of(now))

    def as_of(self, now: datetime) -> datetime:
        """Nothing comes before a cancellation that was stored before."""
        return max(now, self.plan.schedule.cancelled_at or now)


PEOPLE = st.sampled_from(["host", "admin", "entrant", "stranger", "operator"])
WHEN = st.integers(-5, 6).map(lambda number: NOON + number * HOUR / 2)
EDITS: "st.SearchStrategy[PlanChanges]" = st.fixed_dictionaries(  # type: ignore[assignment]  # a dictionary of its keys
    {},
    optional={
        "open_entry": st.booleans(),
        "starts_at": st.integers(-4, 2).map(lambda number: NOON + number * HOUR / 2),
        "ends_at": st.integers(0, 6).map(lambda number: NOON + number * HOUR / 2),
        "parameters": st.sampled_from(["1+1+1", "3+0+0", "expert"]),
    },
)
COMMANDS = st.one_of(
    st.tuples(st.just("step"), st.sampled_from(["host", "entrant"]), st.sampled_from(Step), PEOPLE, WHEN),
    st.tuples(
        st.just("step"), st.just("entrant"), st.sampled_from([REQUEST, ACCEPT, WITHDRAW]), st.just("entrant"), WHEN
    ),
    st.tuples(st.just("edit"), EDITS, PEOPLE, WHEN),
    st.tuples(st.just("cancel"), PEOPLE, WHEN),
)


@in_a_fresh_database
@given(open_entry=st.booleans(), commands=st.lists(COMMANDS, max_size=14))
async def test_any_sequence_of_changes_leaves_what_the_rules_say_and_a_refused_one_nothing(
    database: Database, *, open_entry: bool, commands: list[Any]
) -> None:
    cast = await a_cast(database)
    tournament = await a_tournament(database, host=cast.host, open_entry=open_entry)
    model = Model(tournament.plan)
    for kind, *arguments in commands:
        expected = "done"
        try:
            getattr(model, kind)(*arguments)
        except TengenError as refusal:
            expected = refusal.code
        assert await attempt(database, in_database(cast, tournament, kind, arguments)) == expected
        stored = await now_of(database, tournament)
        assert (stored.plan, stored.version) == (model.plan, len(model.kinds))
        for who in ("host", "entrant"):
            assert await state_of(database, tournament, getattr(cast, who)) is model.states.get(who, NONE)
    assert [change.kind for change in await changes_of(database, tournament)] == model.kinds


def in_database(cast: Cast, tournament: Tournament, kind: str, arguments: list[Any]) -> Change:
    """A command of the model as a change of the stored tournament."""
    *what, who, now = arguments
    by = cast.account(who)

    def change(transaction: Transaction) -> Any:
        match kind:
            case "step":
                whose, step = what
                account = cast.account(whose)
                assert account is not None
                return service.take_step(transaction, tournament.id, account.id, step, by, now)
            case "edit":
                return service.edit(transaction, tournament.id, what[0], by, now)
        return service.cancel(transaction, tournament.id, "rain", by, now)

    return change
