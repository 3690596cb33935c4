"""Consequences stored with their cause.

A row is written in the transaction of the change it follows from, and deleted once its consumer has succeeded: at
least once, in spite of crashes. A row is leased while it is delivered, for as long as that takes, so that several
workers share the work and a dead worker's rows come back; failures wait longer each time, and after `MAX_ATTEMPTS` the
row is *dead*: kept, counted in the metrics, and shown by `tengen outbox list` until somebody retries or drops it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Text, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.batch import Batcher
from tengen.core.database import Table, among
from tengen.core.values import Clock, utc_now

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import ColumnElement, Update

    from tengen.core.database import Connection, Database, Transaction

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
"""For so long nobody else takes a row that is being delivered, unless the lease is renewed."""
MAX_ATTEMPTS = 10
_BATCH = 20
"""Rows that are taken at once, and the most that one consumer has at a time."""
_POLL_SECONDS = 1.0
"""Between two looks while there is nothing to do."""
_PATIENCE_SECONDS = 1.0
"""For a batch to be delivered before the next look. Quick rows so go by the batch, and slow ones hold up nobody."""
_RENEWAL_SECONDS = 30.0
"""Between two renewals of a lease: two may fail before it ends."""


class OutboxRow(Table):
    """Work that follows from a committed change and is not done yet."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    is_dead: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str | None] = mapped_column(Text)


class DeliveryNeverEnded(Exception):
    """A row's deliveries took their process with them, each time."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row as an administrator sees it."""

    id: int
    consumer: str
    created_at: datetime
    due_at: datetime
    attempts: int
    is_dead: bool
    last_error: str | None


async def put(transaction: "Transaction", consumer: str, payload: str) -> None:
    """Write down that `consumer` is to be given `payload` once this transaction has committed."""
    now = utc_now()
    await transaction.run(
        insert(OutboxRow),
        {"consumer": consumer, "payload": payload, "created_at": now, "due_at": now, "attempts": 0, "is_dead": False},
    )
    transaction.has_outbox_rows = True


async def waiting(connection: "Connection", *, only_dead: bool = False, limit: int = 100) -> list[Waiting]:
    """Rows not delivered yet, the oldest first."""
    statement = (
        select(
            OutboxRow.id,
            OutboxRow.consumer,
            OutboxRow.created_at,
            OutboxRow.due_at,
            OutboxRow.attempts,
            OutboxRow.is_dead,
            OutboxRow.last_error,
        )
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    if only_dead:
        statement = statement.where(OutboxRow.is_dead)
    return [Waiting(*row) for row in await connection.all(statement)]


async def count(connection: "Connection") -> tuple[int, int]:
    """How many rows wait for delivery, and how many are dead."""
    rows = await connection.all(select(OutboxRow.is_dead, func.count()).group_by(OutboxRow.is_dead))
    counts = {is_dead: number for is_dead, number in rows}  # noqa: C416  # rows are not plain tuples
    return counts.get(False, 0), counts.get(True, 0)


async def revive(transaction: "Transaction", now: datetime, row_id: int | None = None) -> int:
    """Make one dead row, or all, due again. Returns how many."""
    statement = update(OutboxRow).where(OutboxRow.is_dead).values(is_dead=False, attempts=0, due_at=now)
    if row_id is not None:
        statement = statement.where(OutboxRow.id == row_id)
    revived = await transaction.run(statement)
    transaction.has_outbox_rows = revived > 0
    return revived


def backoff(attempts: int) -> timedelta:
    """How long to wait after this many failed attempts: 2 s, 4 s, 8 s, … up to an hour."""
    return timedelta(seconds=min(2**attempts, 3600))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A row that this process has leased."""

    id: int
    consumer: str
    payload: str
    attempts: int


class Dispatcher:
    """Delivers outbox rows while the platform runs. Several may run at once, in one process or many.

    Each consumer has a few rows at a time. One that is slow with them gets no more until it has done with most; the
    others go on. However many rows are under way, the dispatcher itself uses three of the database's connections.
    """

    def __init__(
        self,
        database: "Database",
        deliver: Callable[[str, str], Awaitable[None]],
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._deliver = deliver
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._under_way: dict[asyncio.Task[None], _Taken] = {}
        self._done = Batcher(self._delete)
        self._turn = asyncio.Lock()

    def wake(self) -> None:
        """There may be work now: do not wait for the next look."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to deliver, in the background."""
        self._task = asyncio.create_task(self._run(), name="outbox dispatcher")

    async def stop(self) -> None:
        """Stop, also what is under way. What is not done is given back, to be delivered by another or a next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        under_way = dict(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._done.finish()
        await self._give_back([row for task, row in under_way.items() if task.cancelled()])

    async def deliver_due(self) -> int:
        """Deliver what is due now, once, though no more than a batch; returns how many rows were tried."""
        rows = await self._claim(*self._room())
        results = await asyncio.gather(*map(self._begin, rows), return_exceptions=True)
        # Raised only now, when every delivery has ended: none may run on after the database was closed.
        for error in results:
            if error is not None:
                raise error
        return len(rows)

    async def _run(self) -> None:
        while True:
            room, busy = self._room()
            try:
                rows = await self._claim(room, busy)
            except Exception:
                # The loop must outlive a database that is away for a while.
                log.exception("outbox_unavailable")
                rows = []
            if rows:
                begun = [self._begin(row) for row in rows]
                for task in begun:
                    task.add_done_callback(_tell_of_failure)
                await asyncio.wait(begun, timeout=_PATIENCE_SECONDS)
            if len(rows) < room:
                # Not `wait_for`: before Python 3.12 it swallows a `stop` that comes in the moment of a wake.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
                self._wake.clear()

    def _room(self) -> tuple[int, Sequence[str]]:
        """How many rows may be taken, and whose may not: theirs who are still busy with many."""
        counts = Counter(row.consumer for row in self._under_way.values())
        busy = [consumer for consumer, count in counts.items() if count > _BATCH // 2]
        most = max((count for count in counts.values() if count <= _BATCH // 2), default=0)
        return _BATCH - most, busy

    async def _claim(self, room: int, busy: Sequence[str]) -> list[_Taken]:
        """Take the rows that are due, but those of `busy` consumers, the longest due first."""
        now = self._clock()
        # What is under way here may be due, too: this process may have stood still for longer than its leases.
        under_way = [row.id for row in self._under_way.values()]
        is_due: list[ColumnElement[bool]] = [OutboxRow.due_at <= now, ~OutboxRow.is_dead]
        is_due += [OutboxRow.consumer.not_in(busy)] if busy else []
        is_due += [OutboxRow.id.not_in(under_way)] if under_way else []
        due = (
            select(OutboxRow.id)
            .where(*is_due)
            .order_by(OutboxRow.due_at)
            .limit(room)
            .with_for_update(skip_locked=True)  # SQLite has one writer and leaves this out
        )
        async with self._database.read() as connection:
            if await connection.first(select(OutboxRow.id).where(*is_due)) is None:
                return []  # the common case costs no write
        async with self._database.write_one() as connection:
            rows = await connection.all(
                update(OutboxRow)
                .where(OutboxRow.id.in_(due))
                .values(due_at=now + LEASE, attempts=OutboxRow.attempts + 1)
                .returning(OutboxRow.id, OutboxRow.consumer, OutboxRow.payload, OutboxRow.attempts)
            )
        return sorted((_Taken(*row) for row in rows), key=lambda row: row.id)

    def _begin(self, row: _Taken) -> asyncio.Task[None]:
        task = asyncio.create_task(self._deliver_row(row), name=f"outbox row {row.id}")
        self._under_way[task] = row
        task.add_done_callback(self._under_way.pop)
        return task

    async def _deliver_row(self, row: _Taken) -> None:
        try:
            if row.attempts > MAX_ATTEMPTS:
                raise DeliveryNeverEnded(f"{MAX_ATTEMPTS} deliveries neither succeeded nor failed: the process died.")
            async with self._lease_of(row):
                await self._deliver(row.consumer, row.payload)
        except Exception as error:  # whatever a consumer raises, the row must survive it
            is_dead = row.attempts >= MAX_ATTEMPTS
            log.warning(
                "outbox_failed", row=row.id, consumer=row.consumer, attempts=row.attempts, dead=is_dead, exc_info=True
            )
            failed = _TAKEN.values(
                due_at=self._clock() + backoff(row.attempts),
                is_dead=is_dead,
                last_error=f"{type(error).__name__}: {error}"[:1000],
            )
            await self._write(failed, [row])
        else:
            await self._done.get(row.id)

    @contextlib.asynccontextmanager
    async def _lease_of(self, row: _Taken) -> AsyncIterator[None]:
        """Renew the lease of a row again and again, until the block ends."""
        renewing = asyncio.create_task(self._renew(row))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, row: _Taken) -> None:
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            try:
                await self._write(_TAKEN.values(due_at=self._clock() + LEASE), [row])
            except Exception:  # a database that is away for a while, too
                log.exception("outbox_lease_not_renewed", row=row.id)

    async def _give_back(self, rows: Sequence[_Taken]) -> None:
        given_back = _TAKEN.values(due_at=self._clock(), attempts=OutboxRow.attempts - 1)
        try:
            await self._write(given_back, rows)
        except Exception:  # the leases will end
            log.exception("outbox_not_given_back", rows=len(rows))

    async def _write(self, statement: "Update", rows: Sequence[_Taken]) -> None:
        if not rows:
            return
        async with self._turn, self._database.write_one() as connection:
            await connection.run(statement, [{"row": row.id, "taken": row.attempts} for row in rows])

    async def _delete(self, row_ids: Sequence[int]) -> "Mapping[int, Any]":
        async with self._database.write_one() as connection:
            await connection.run(_DELETE, {"rows": row_ids})
        return {}


_TAKEN = update(OutboxRow).where(
    OutboxRow.id == bindparam("row"),
    OutboxRow.attempts == bindparam("taken"),  # nobody else has taken it since
)
_DELETE = delete(OutboxRow).where(among(OutboxRow.id, "rows"))


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("outbox_unavailable", exc_info=error)
