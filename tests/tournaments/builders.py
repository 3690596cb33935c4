"""Builders of tournaments: with defaults, taking only what matters to a test.

The first part builds values, the second, through the services, what is stored.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text

from tengen.accounts.service import Account
from tengen.core.database import Database, Transaction, statements_executed
from tengen.core.errors import TengenError
from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.tournaments import archive, service
from tengen.tournaments.archive import NewSubmission, Submission
from tengen.tournaments.entries import EntryState, Step
from tengen.tournaments.keychain import SEALED_FOR, HeldKey, Keychain
from tengen.tournaments.keys import TournamentId, TournamentKey
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.models import ChangeRow, EntryRow
from tengen.tournaments.modes import Mode, Score, SubmissionId, mode_of
from tengen.tournaments.plans import Plan
from tengen.tournaments.schedule import Schedule
from tengen.tournaments.service import Tournament
from tengen.tournaments.submissions import IssuedKey, Replay, ReplayClock
from tests.support.builders import an_account, unique
from tests.support.waiting import until

MICROSECOND = timedelta(microseconds=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When tournaments start, unless a test says otherwise."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ANN, BOB, CLEO = AccountId(1), AccountId(2), AccountId(3)
CUP = TournamentId(35)


def a_schedule(*, starts_at: datetime = NOON, ends_at: datetime = NOON + 2 * HOUR) -> Schedule:
    return Schedule.between(starts_at, ends_at)


def a_key(account_id: AccountId = ANN, *, random: bytes = bytes(range(16))) -> TournamentKey:
    return TournamentKey.make(account_id, CUP, random)


def an_issued_key(
    key: TournamentKey | None = None,
    *,
    made_at: datetime = NOON + MINUTE,
    schedule: Schedule | None = None,
    mode: Mode | None = None,
) -> IssuedKey:
    return IssuedKey(key or a_key(), made_at, schedule or a_schedule(), mode or mode_of("sum", "1+1+1"))


def a_replay(
    *,
    key: TournamentKey | None = None,
    level: int = Level.BEGINNER,
    board: Board | None = None,
    mode: int = 0,
    is_completed: bool = True,
    time: int = 5410,
    clock: ReplayClock | None = None,
) -> Replay:
    """A replay of a won Beginner game with Ann's key, unless a test says otherwise."""
    return Replay(key or a_key(), level, board or Board(8, 8, 10), mode, is_completed, time, clock)


def a_score(number: int, time: int, level: Level = Level.BEGINNER, *, uploaded_at: datetime | None = None) -> Score:
    """A score; those of greater numbers came in later, unless a test says otherwise."""
    return Score(SubmissionId(number), level, time, uploaded_at or NOON + number * SECOND)


# ── in a database ──


def a_plan(
    *,
    name: str = "Spring Sprint",
    location: str = "online",
    mode: str = "sum",
    parameters: str = "1+1+1",
    starts_at: datetime = NOON,
    ends_at: datetime = NOON + 2 * HOUR,
    open_entry: bool = True,
    hide_results: bool = False,
    now: datetime = NOON - 24 * HOUR,
) -> Plan:
    return Plan.of(
        name=name,
        location=location,
        mode=mode,
        parameters=parameters,
        starts_at=starts_at,
        ends_at=ends_at,
        open_entry=open_entry,
        hide_results=hide_results,
        now=now,
    )


async def a_tournament(
    database: Database, *, host: Account | None = None, now: datetime = NOON - 24 * HOUR, **plan: Any
) -> Tournament:
    """A stored tournament, made the day before it starts; `plan`: as `a_plan` takes it."""
    host = host or await an_account(database)
    async with database.write() as transaction:
        return await service.create(transaction, a_plan(now=now, **plan), host.id, now)


_STEPS: dict[EntryState, tuple[Step, ...]] = {
    EntryState.NONE: (),
    EntryState.REQUESTED: (Step.REQUEST,),
    EntryState.INVITED: (Step.INVITE,),
    EntryState.PARTICIPATING: (Step.INVITE, Step.ACCEPT),
    EntryState.REJECTED: (Step.REQUEST, Step.REJECT),
    EntryState.DECLINED: (Step.INVITE, Step.DECLINE),
    EntryState.WITHDRAWN: (Step.REQUEST, Step.WITHDRAW),
}
_OF_HOSTS = {Step.INVITE, Step.CONFIRM, Step.REJECT}


async def an_entry(
    database: Database,
    tournament: Tournament,
    state: EntryState = EntryState.PARTICIPATING,
    *,
    account: Account | None = None,
) -> Account:
    """An account whose entry is in this state since the tournament was made. An operator takes the host's steps."""
    account = account or await an_account(database)
    async with database.write() as transaction:
        reached = EntryState.NONE
        for step in _STEPS[state]:
            by = None if step in _OF_HOSTS else account
            reached = await service.take_step(transaction, tournament.id, account.id, step, by, tournament.created_at)
        assert reached is state, "where entry is open nobody only requests"
    return account


def a_keychain(platform: Platform) -> Keychain:
    """The platform's keychain."""
    return Keychain(platform.master_key.sealer(SEALED_FOR))


async def a_held_key(
    platform: Platform, tournament: Tournament, account: Account, *, made_at: datetime | None = None
) -> HeldKey:
    """The key of an account that takes part, made when the tournament starts."""
    made_at = made_at or tournament.schedule.starts_at
    async with platform.database.write() as transaction:
        return await a_keychain(platform).make(transaction, tournament.id, account.id, made_at)


async def a_player(platform: Platform, tournament: Tournament, *, account: Account | None = None) -> Account:
    """An account that takes part and has its key."""
    account = await an_entry(platform.database, tournament, account=account)
    await a_held_key(platform, tournament, account)
    return account


def a_new_submission(
    account: Account,
    *,
    time: int = 5410,
    level: Level = Level.BEGINNER,
    uploaded_at: datetime = NOON + MINUTE,
    content: bytes | None = None,
    game: bytes | None = None,
    **more: Any,
) -> tuple[NewSubmission, bytes]:
    """An accepted replay and its bytes: those of no other, and its game, too, unless a test says otherwise."""
    content = content or unique("replay").encode()
    values: dict[str, Any] = {
        "account_id": account.id,
        "name": account.display_name,
        "key_made_at": NOON,
        "uploaded_at": uploaded_at,
        "replay_hash": hashlib.sha256(content).digest(),
        "game_hash": hashlib.sha256(game or unique("game").encode()).digest(),
        "replay_format": "avf",
        "level": level,
        "time": time,
        "bbbv": 28,
        "software": "Arbiter",
        "player_name": "ann",
        "played_from": None,
        "doubts": frozenset(),
    }
    return NewSubmission(**values | more), content


async def a_stored_submission(database: Database, tournament: Tournament, account: Account, **how: Any) -> Submission:
    """A replay that was stored for a player; `how`: as `a_new_submission` takes it."""
    new, content = a_new_submission(account, **how)
    async with database.write() as transaction:
        held = await service.hold(transaction, tournament.id)
        return (await archive.store(transaction, held, new, content)).submission


# ── what came of it ──


async def now_of(database: Database, tournament: Tournament) -> Tournament:
    """The tournament as it is stored now."""
    async with database.read() as connection:
        return await service.find_tournament(connection, tournament.id)


async def state_of(database: Database, tournament: Tournament, account: Account) -> EntryState:
    """The state of an account's entry as it is stored now."""
    async with database.read() as connection:
        row = await connection.first(
            select(EntryRow.state).where(EntryRow.tournament_id == tournament.id, EntryRow.account_id == account.id)
        )
    return EntryState.NONE if row is None else EntryState(row.state)


async def changes_of(database: Database, tournament: Tournament) -> "list[Row[*tuple[Any, ...]]]":
    """Every change of the tournament, in the order of the numbers: 1, 2, 3, … up to its version."""
    async with database.read() as connection:
        rows = await connection.all(
            select(*ChangeRow.__table__.c).where(ChangeRow.tournament_id == tournament.id).order_by(ChangeRow.number)
        )
    version = (await now_of(database, tournament)).version
    assert [row.number for row in rows] == list(range(1, version + 1))
    return list(rows)


Change = Callable[[Transaction], Awaitable[object]]


async def attempt(database: Database, change: Change) -> str:
    """Change something in a transaction of its own; the code of its refusal, or `done`."""
    try:
        async with database.write() as transaction:
            await change(transaction)
    except TengenError as refusal:
        return refusal.code
    return "done"


async def attempt_behind(database: Database, first: Change, second: Change) -> tuple[str, str]:
    """Two changes at the same moment: the second begins while the first is done and not committed."""
    async with database.write() as transaction:
        await first(transaction)
        waiting = asyncio.create_task(attempt(database, second))
        await asyncio.sleep(0)  # it begins
        if transaction.dialect == "postgresql":
            await until(lambda: _somebody_waits(database))
    return "done", await waiting


async def _somebody_waits(database: Database) -> bool:
    here = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with database.read() as connection:
        return bool(await connection.run(here))


class Counted:
    """Counts the statements that are executed while it is open."""

    def __enter__(self) -> list[int]:
        self._counter = [0]
        self._token = statements_executed.set(self._counter)
        return self._counter

    def __exit__(self, *_: object) -> None:
        statements_executed.reset(self._token)
