"""The outbox: what was committed is delivered, at least once, in spite of failures and crashes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta

import pytest

from tengen.core import outbox
from tengen.core.database import Connection, Database, open_database, statements_executed
from tengen.core.outbox import LEASE, MAX_ATTEMPTS, Dispatcher, backoff
from tengen.core.settings import Settings
from tengen.core.values import utc_now
from tests.support.waiting import until

SECOND = timedelta(seconds=1)


class Clock:
    """A clock that stands still unless told."""

    def __init__(self) -> None:
        self.now = utc_now() + timedelta(hours=1)  # rows that the test writes are due, however long that takes it

    def __call__(self) -> datetime:
        return self.now


class Consumer:
    """Remembers what it was given, after failing so many times."""

    def __init__(self, *, failures: int = 0) -> None:
        self.got: list[str] = []
        self._failures = failures

    async def __call__(self, _consumer: str, payload: str) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionError("the other side is away")
        self.got.append(payload)


class SlowConsumer:
    """Does not end what it was given until it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.may_end = asyncio.Event()

    async def __call__(self, _consumer: str, payload: str) -> None:
        self.begun.append(payload)
        try:
            await self.may_end.wait()
        finally:
            self.ended.append(payload)


async def put(database: Database, *payloads: str, consumer: str = "somebody") -> None:
    async with database.write() as transaction:
        for payload in payloads:
            await outbox.put(transaction, consumer, payload)


async def waiting(database: Database, *, only_dead: bool = False) -> list[outbox.Waiting]:
    async with database.read() as connection:
        return await outbox.waiting(connection, only_dead=only_dead)


@pytest.fixture
def clock() -> Clock:
    """The dispatcher's time."""
    return Clock()


async def test_what_is_delivered_is_gone(database: Database, clock: Clock) -> None:
    consumer = Consumer()
    dispatcher = Dispatcher(database, consumer, clock=clock)
    await put(database, "one", "two")

    assert await dispatcher.deliver_due() == 2
    assert await dispatcher.deliver_due() == 0

    assert sorted(consumer.got) == ["one", "two"]
    assert await waiting(database) == []


async def test_what_was_taken_back_is_not_delivered(database: Database, clock: Clock) -> None:
    async def put_and_fail() -> None:
        async with database.write() as transaction:
            await outbox.put(transaction, "somebody", "never")
            raise LookupError

    with pytest.raises(LookupError):
        await put_and_fail()

    assert await Dispatcher(database, Consumer(), clock=clock).deliver_due() == 0


async def test_a_failure_is_tried_again_after_a_while_that_grows(database: Database, clock: Clock) -> None:
    consumer = Consumer(failures=2)
    dispatcher = Dispatcher(database, consumer, clock=clock)
    await put(database, "one")

    for attempt, pause in [(1, 2 * SECOND), (2, 4 * SECOND)]:
        assert await dispatcher.deliver_due() == 1
        (row,) = await waiting(database)
        assert (row.attempts, row.is_dead) == (attempt, False)
        assert row.last_error == "ConnectionError: the other side is away"
        clock.now += pause - timedelta(milliseconds=1)
        assert await dispatcher.deliver_due() == 0
        clock.now += timedelta(milliseconds=1)
    assert await dispatcher.deliver_due() == 1

    assert consumer.got == ["one"]


def test_the_pause_doubles_up_to_an_hour() -> None:
    assert [backoff(attempts) for attempts in (1, 2, 3)] == [2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert backoff(12) == backoff(2000) == timedelta(hours=1)


async def test_one_failure_does_not_hold_up_the_others(database: Database, clock: Clock) -> None:
    async def deliver(consumer: str, payload: str) -> None:
        if payload == "bad":
            raise ValueError(payload)

    await put(database, "good", "bad", "good")
    assert await Dispatcher(database, deliver, clock=clock).deliver_due() == 3

    assert [row.last_error for row in await waiting(database)] == ["ValueError: bad"]


async def fail_until_dead(database: Database, clock: Clock) -> Dispatcher:
    dispatcher = Dispatcher(database, Consumer(failures=MAX_ATTEMPTS), clock=clock)
    for _ in range(MAX_ATTEMPTS):
        assert await dispatcher.deliver_due() == 1
        clock.now += timedelta(hours=1)
    return dispatcher


async def test_after_too_many_failures_a_row_is_kept_and_shown_as_dead(database: Database, clock: Clock) -> None:
    await put(database, "one")
    dispatcher = await fail_until_dead(database, clock)

    assert await dispatcher.deliver_due() == 0
    (row,) = await waiting(database, only_dead=True)
    assert (row.consumer, row.attempts) == ("somebody", MAX_ATTEMPTS)
    async with database.read() as connection:
        assert await outbox.count(connection) == (0, 1)


async def test_a_row_whose_deliveries_never_end_dies_too(database: Database, clock: Clock) -> None:
    class Killed(BaseException):
        """The process ended in the middle."""

    tries = 0

    async def die(_consumer: str, _payload: str) -> None:
        nonlocal tries
        tries += 1
        raise Killed

    await put(database, "one")
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(Killed):
            await Dispatcher(database, die, clock=clock).deliver_due()
        clock.now += LEASE
    assert await Dispatcher(database, die, clock=clock).deliver_due() == 1
    assert tries == MAX_ATTEMPTS
    (row,) = await waiting(database, only_dead=True)
    assert "the process died" in (row.last_error or "")


async def test_a_dead_row_can_be_revived(database: Database, clock: Clock) -> None:
    await put(database, "one")
    dispatcher = await fail_until_dead(database, clock)
    (row,) = await waiting(database)

    async with database.write() as transaction:
        assert await outbox.revive(transaction, clock.now, row_id=row.id + 1) == 0
        assert await outbox.revive(transaction, clock.now, row_id=row.id) == 1

    assert await dispatcher.deliver_due() == 1
    assert await waiting(database) == []


async def test_a_row_under_way_is_left_alone_until_its_lease_ends(database: Database, clock: Clock) -> None:
    async def hang(consumer: str, payload: str) -> None:
        await asyncio.Event().wait()

    await put(database, "one")
    crashed = Dispatcher(database, hang, clock=clock)
    under_way = asyncio.create_task(crashed.deliver_due())

    async def is_under_way() -> bool:
        return any(row.attempts for row in await waiting(database))

    await until(is_under_way)
    consumer = Consumer()
    survivor = Dispatcher(database, consumer, clock=clock)
    clock.now += LEASE - SECOND
    assert await survivor.deliver_due() == 0

    under_way.cancel()
    clock.now += SECOND
    assert await survivor.deliver_due() == 1

    assert consumer.got == ["one"]


async def test_many_rows_go_out_in_bounded_batches(database: Database, clock: Clock) -> None:
    consumer = Consumer()
    dispatcher = Dispatcher(database, consumer, clock=clock)
    await put(database, *(str(number) for number in range(50)))

    tried = [await dispatcher.deliver_due() for _ in range(4)]

    assert tried == [20, 20, 10, 0]
    assert sorted(map(int, consumer.got)) == list(range(50))


async def test_dispatchers_of_several_processes_never_share_a_row(
    settings: Settings, database: Database, clock: Clock
) -> None:
    got: list[str] = []

    async def deliver(consumer: str, payload: str) -> None:
        await asyncio.sleep(0.001)
        got.append(payload)

    await put(database, *(str(number) for number in range(200)))
    databases = [open_database(settings) for _ in range(3)]
    dispatchers = [Dispatcher(database, deliver, clock=clock) for database in databases]

    async def drain(dispatcher: Dispatcher) -> None:
        while await dispatcher.deliver_due():
            pass

    await asyncio.gather(*(drain(dispatcher) for dispatcher in dispatchers))
    while await dispatchers[0].deliver_due():  # what was locked by another when the last one looked
        pass

    assert sorted(map(int, got)) == list(range(200))
    for each in databases:
        await each.close()


# ── slow rows ──


async def test_who_is_slow_holds_up_nobody_else(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(outbox, "_PATIENCE_SECONDS", 0.01)
    slow, quick = SlowConsumer(), Consumer()
    dispatcher = Dispatcher(database, lambda *row: (slow if row[0] == "ratings" else quick)(*row))
    await put(database, *(str(number) for number in range(50)), consumer="ratings")
    await dispatcher.start()
    await until(lambda: len(slow.begun) == 20)

    await put(database, "hello", consumer="mail")
    await until(lambda: quick.got == ["hello"])
    await put(database, *["again"] * 30, consumer="mail")
    await until(lambda: len(quick.got) == 31)

    assert len(slow.begun) == 20  # the others are left for when it has done with most of these
    assert slow.ended == []
    slow.may_end.set()
    await until(lambda: len(slow.ended) == 50)
    await dispatcher.stop()
    assert await waiting(database) == []


async def test_other_rows_of_the_same_consumer_go_on_beside_a_slow_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(outbox, "_PATIENCE_SECONDS", 0.01)
    slow, quick = SlowConsumer(), Consumer()
    dispatcher = Dispatcher(database, lambda *row: (slow if row[1] == "slow" else quick)(*row))
    await put(database, "slow", *["quick"] * 60)
    await dispatcher.start()

    await until(lambda: len(quick.got) == 60)

    assert (slow.begun, slow.ended) == (["slow"], [])
    await dispatcher.stop()


async def test_a_lease_is_renewed_for_as_long_as_the_delivery_takes(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_RENEWAL_SECONDS", 0.01)
    slow = SlowConsumer()
    await put(database, "one")
    under_way = asyncio.create_task(Dispatcher(database, slow, clock=clock).deliver_due())
    other = Dispatcher(database, Consumer(), clock=clock)

    async def is_renewed() -> bool:
        return [row.due_at for row in await waiting(database)] == [clock.now + LEASE]

    for _ in range(3 * MAX_ATTEMPTS):
        await until(is_renewed)
        clock.now += LEASE - SECOND
        assert await other.deliver_due() == 0

    (row,) = await waiting(database)
    assert (row.attempts, row.is_dead) == (1, False)
    slow.may_end.set()
    assert await under_way == 1
    assert await waiting(database) == []


async def test_a_lease_is_renewed_again_after_a_database_that_was_away(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_RENEWAL_SECONDS", 0.01)
    slow = SlowConsumer()
    await put(database, "one")
    under_way = asyncio.create_task(Dispatcher(database, slow, clock=clock).deliver_due())
    await until(lambda: slow.begun == ["one"])
    failures = iter([ConnectionError("away")] * 3)
    write_one = database.write_one

    def away() -> AbstractAsyncContextManager[Connection]:
        if error := next(failures, None):
            raise error
        return write_one()

    monkeypatch.setattr(database, "write_one", away)
    clock.now += SECOND

    async def is_renewed() -> bool:
        return [row.due_at for row in await waiting(database)] == [clock.now + LEASE]

    await until(is_renewed)
    slow.may_end.set()
    assert await under_way == 1


async def test_a_process_that_stood_still_does_not_begin_twice_what_it_has_under_way(
    database: Database, clock: Clock
) -> None:
    slow = SlowConsumer()
    dispatcher = Dispatcher(database, slow, clock=clock)
    await put(database, "one")
    under_way = asyncio.create_task(dispatcher.deliver_due())
    await until(lambda: slow.begun == ["one"])

    clock.now += 2 * LEASE  # and nothing was renewed
    assert await dispatcher.deliver_due() == 0
    await put(database, "two")
    slow.may_end.set()
    assert await dispatcher.deliver_due() == 1

    assert await under_way == 1
    assert slow.begun == ["one", "two"]


async def test_who_fails_after_another_has_taken_the_row_leaves_it_to_the_other(
    database: Database, clock: Clock
) -> None:
    may_fail = asyncio.Event()

    async def fail(_consumer: str, _payload: str) -> None:
        await may_fail.wait()
        raise ValueError

    await put(database, "one")
    first = asyncio.create_task(Dispatcher(database, fail, clock=clock).deliver_due())

    async def is_taken() -> bool:
        return [row.attempts for row in await waiting(database)] == [1]

    await until(is_taken)
    clock.now += LEASE
    slow = SlowConsumer()
    second = asyncio.create_task(Dispatcher(database, slow, clock=clock).deliver_due())
    await until(lambda: slow.begun == ["one"])

    may_fail.set()
    assert await first == 1

    (row,) = await waiting(database)
    assert (row.attempts, row.last_error, row.due_at) == (2, None, clock.now + LEASE)
    slow.may_end.set()
    assert await second == 1


async def test_a_dispatcher_that_stops_ends_what_is_under_way_and_gives_it_back(
    database: Database, clock: Clock
) -> None:
    slow = SlowConsumer()
    dispatcher = Dispatcher(database, slow, clock=clock)
    await put(database, "one", "two")
    await dispatcher.start()
    await until(lambda: len(slow.begun) == 2)

    await dispatcher.stop()

    assert sorted(slow.ended) == ["one", "two"]
    assert [(row.attempts, row.last_error) for row in await waiting(database)] == [(0, None)] * 2
    consumer = Consumer()
    assert await Dispatcher(database, consumer, clock=clock).deliver_due() == 2  # at once, as nobody has them
    assert sorted(consumer.got) == ["one", "two"]


async def test_stopping_often_in_the_middle_is_no_failure(database: Database, clock: Clock) -> None:
    await put(database, "one")
    for _ in range(MAX_ATTEMPTS + 1):
        slow = SlowConsumer()
        dispatcher = Dispatcher(database, slow, clock=clock)
        await dispatcher.start()
        await until(lambda slow=slow: slow.begun == ["one"])  # type: ignore[misc]
        await dispatcher.stop()
    (row,) = await waiting(database)
    assert not row.is_dead


async def test_a_dispatcher_stops_though_the_database_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowConsumer()
    dispatcher = Dispatcher(database, slow)
    await put(database, "one")
    await dispatcher.start()
    await until(lambda: slow.begun == ["one"])

    def away() -> AbstractAsyncContextManager[Connection]:
        raise ConnectionError("away")

    with monkeypatch.context() as patched:
        patched.setattr(database, "write_one", away)
        await dispatcher.stop()

    assert slow.ended == ["one"]
    assert [row.attempts for row in await waiting(database)] == [1]  # it comes back when its lease ends


# ── what it costs ──


async def test_a_batch_of_quick_rows_is_taken_and_taken_away_at_once(database: Database, clock: Clock) -> None:
    await put(database, *["quick"] * 20)
    counter = [0]
    token = statements_executed.set(counter)
    assert await Dispatcher(database, Consumer(), clock=clock).deliver_due() == 20
    statements_executed.reset(token)
    assert counter == [3]


async def test_a_running_dispatcher_takes_many_quick_rows_by_the_batch(database: Database) -> None:
    consumer = Consumer()
    dispatcher = Dispatcher(database, consumer)
    await put(database, *["quick"] * 60)
    counter = [0]
    token = statements_executed.set(counter)
    await dispatcher.start()
    statements_executed.reset(token)
    await until(lambda: len(consumer.got) == 60)
    await dispatcher.stop()
    assert counter[0] <= 3 * 3 + 1  # and a look at the end
    assert await waiting(database) == []


async def test_many_deliveries_leave_the_connections_to_others(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deliver(_consumer: str, payload: str) -> None:
        if int(payload) % 2:
            raise ValueError(payload)

    write_one, in_use, most = database.write_one, 0, 0

    @asynccontextmanager
    async def counted() -> AsyncIterator[Connection]:
        nonlocal in_use, most
        in_use, most = in_use + 1, max(most, in_use + 1)
        try:
            async with write_one() as connection:
                yield connection
        finally:
            in_use -= 1

    monkeypatch.setattr(database, "write_one", counted)
    await put(database, *(str(number) for number in range(20)))
    assert await Dispatcher(database, deliver, clock=clock).deliver_due() == 20
    assert len(await waiting(database)) == 10
    assert most <= 2


# ── in the background ──


async def test_a_running_dispatcher_delivers_at_once_when_it_is_woken(database: Database) -> None:
    consumer = Consumer()
    dispatcher = Dispatcher(database, consumer)
    database.on_outbox = dispatcher.wake
    await dispatcher.start()
    await asyncio.sleep(0.02)  # it has looked, and sleeps

    await put(database, "one")

    await until(lambda: consumer.got == ["one"], seconds=0.5)  # less than the pause between two looks
    await dispatcher.stop()


async def test_a_running_dispatcher_finds_what_another_process_left(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 0.01)
    consumer = Consumer()
    dispatcher = Dispatcher(database, consumer)
    await dispatcher.start()
    other = open_database(settings)

    await put(other, "one")

    await until(lambda: consumer.got == ["one"])
    await dispatcher.stop()
    await other.close()


async def test_a_running_dispatcher_outlives_a_database_that_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 0.01)
    consumer = Consumer()
    dispatcher = Dispatcher(database, consumer)
    failures = iter([ConnectionError("away")] * 3)
    read = database.read

    def away() -> object:
        if error := next(failures, None):
            raise error
        return read()

    monkeypatch.setattr(database, "read", away)
    await dispatcher.start()
    await put(database, "one")

    await until(lambda: consumer.got == ["one"])
    await dispatcher.stop()


async def test_stopping_twice_or_unstarted_is_no_error(database: Database) -> None:
    dispatcher = Dispatcher(database, Consumer())
    await dispatcher.stop()
    await dispatcher.start()
    await dispatcher.stop()
    await dispatcher.stop()


async def test_a_dispatcher_that_is_woken_as_it_stops_stops_all_the_same(database: Database) -> None:
    dispatcher = Dispatcher(database, Consumer())
    await dispatcher.start()
    await asyncio.sleep(0.1)  # there was nothing to do: it waits to be woken
    dispatcher.wake()
    async with asyncio.timeout(10):
        await dispatcher.stop()
