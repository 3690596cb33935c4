"""Consequences stored with their cause.

A row is written in the transaction of the change it follows from, and deleted once its consumer has succeeded: at
least once, in spite of crashes. A row is leased while it is delivered, so that several workers share the work and a
dead worker's rows come back; failures wait longer each time, and after `MAX_ATTEMPTS` the row is *dead*: kept, counted
in the metrics, and shown by `tengen outbox list` until somebody retries or drops it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Text, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table
from tengen.core.values import Clock, utc_now

if TYPE_CHECKING:
    from tengen.core.database import Connection, Database, Transaction

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 10
_BATCH = 20
_POLL_SECONDS = 1.0


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


class Dispatcher:
    """Delivers outbox rows while the platform runs. Several may run at once, in one process or many."""

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

    def wake(self) -> None:
        """There may be work now: do not wait for the next look."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to deliver, in the background."""
        self._task = asyncio.create_task(self._run(), name="outbox dispatcher")

    async def stop(self) -> None:
        """Stop. What is under way and not done comes back when its lease ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def deliver_due(self) -> int:
        """Deliver what is due now, once; returns how many rows were tried."""
        rows = await self._claim()
        results = await asyncio.gather(*(self._deliver_row(*row) for row in rows), return_exceptions=True)
        # Raised only now, when every delivery has ended: none may run on after the database was closed.
        for error in results:
            if error is not None:
                raise error
        return len(rows)

    async def _run(self) -> None:
        while True:
            try:
                tried = await self.deliver_due()
            except Exception:
                # The loop must outlive a database that is away for a while.
                log.exception("outbox_unavailable")
                tried = 0
            if tried < _BATCH:
                # Not `wait_for`: before Python 3.12 it swallows a `stop` that comes in the moment of a wake.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
                self._wake.clear()

    async def _claim(self) -> Sequence[tuple[int, str, str, int]]:
        now = self._clock()
        due = (
            select(OutboxRow.id)
            .where(OutboxRow.due_at <= now, ~OutboxRow.is_dead)
            .order_by(OutboxRow.due_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)  # SQLite has one writer and leaves this out
        )
        async with self._database.read() as connection:
            if await connection.first(select(OutboxRow.id).where(OutboxRow.due_at <= now, ~OutboxRow.is_dead)) is None:
                return []  # the common case costs no write
        async with self._database.write_one() as connection:
            rows = await connection.all(
                update(OutboxRow)
                .where(OutboxRow.id.in_(due))
                .values(due_at=now + LEASE, attempts=OutboxRow.attempts + 1)
                .returning(OutboxRow.id, OutboxRow.consumer, OutboxRow.payload, OutboxRow.attempts)
            )
        return sorted((row.id, row.consumer, row.payload, row.attempts) for row in rows)

    async def _deliver_row(self, row_id: int, consumer: str, payload: str, attempts: int) -> None:
        try:
            if attempts > MAX_ATTEMPTS:
                raise DeliveryNeverEnded(f"{MAX_ATTEMPTS} deliveries neither succeeded nor failed: the process died.")
            await self._deliver(consumer, payload)
        except Exception as error:  # whatever a consumer raises, the row must survive it
            is_dead = attempts >= MAX_ATTEMPTS
            log.warning("outbox_failed", row=row_id, consumer=consumer, attempts=attempts, dead=is_dead, exc_info=True)
            outcome = (
                update(OutboxRow)
                .where(OutboxRow.id == row_id)
                .values(
                    due_at=self._clock() + backoff(attempts),
                    is_dead=is_dead,
                    last_error=f"{type(error).__name__}: {error}"[:1000],
                )
            )
            async with self._database.write_one() as connection:
                await connection.run(outcome)
        else:
            async with self._database.write_one() as connection:
                await connection.run(delete(OutboxRow).where(OutboxRow.id == row_id))
