"""The database's three ways in, alike on both engines."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Double, delete, func, insert, literal_column, select, table, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError, StatementError

from tengen.accounts.models import AccountRow, RoleRow
from tengen.core.database import Database, SQLite, among, open_database, statements_executed, violates
from tengen.core.outbox import OutboxRow, put
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tests.support.builders import NOON, an_account
from tests.support.processes import run_together, start


def a_row(consumer: str = "nobody", **changes: Any) -> dict[str, Any]:
    return {"consumer": consumer, "payload": "", "created_at": NOON, "due_at": NOON, "attempts": 0} | changes


async def number_of_rows(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.one(select(func.count()).select_from(OutboxRow)))[0]


async def test_a_transaction_commits_when_its_block_ends(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
        await transaction.run(insert(OutboxRow), a_row())

    assert await number_of_rows(database) == 2


async def test_a_transaction_is_taken_back_when_its_block_raises(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.write() as transaction:
            await transaction.run(insert(OutboxRow), a_row())
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()

    assert await number_of_rows(database) == 0


async def test_a_transaction_is_taken_back_when_its_task_is_cancelled(database: Database) -> None:
    inside = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.write() as transaction:
            await transaction.run(insert(OutboxRow), a_row())
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_wait())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await number_of_rows(database) == 0
    async with database.write() as transaction:  # and the next one is not held up
        await transaction.run(insert(OutboxRow), a_row())
    assert await number_of_rows(database) == 1


async def test_nobody_sees_a_transaction_before_it_commits(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
        assert await number_of_rows(database) == 0


async def test_a_statement_of_its_own_commits_itself(database: Database) -> None:
    async with database.write_one() as connection:
        assert await connection.run(insert(OutboxRow), a_row()) == 1

    assert await number_of_rows(database) == 1


async def test_after_a_transaction_its_connection_commits_each_statement_again(settings: Settings) -> None:
    database = open_database(settings.model_copy(update={"database_pool_size": 1}))
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
    async with database.write_one() as connection:
        await connection.run(insert(OutboxRow), a_row())
    await database.close()

    again = open_database(settings)
    assert await number_of_rows(again) == 2
    await again.close()


async def test_a_failed_statement_leaves_the_database_usable(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as transaction:
            await transaction.run(insert(RoleRow).values(account_id=999, role="admin"))
    with pytest.raises(IntegrityError):
        async with database.write_one() as connection:
            await connection.run(insert(RoleRow).values(account_id=999, role="admin"))

    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
    assert await number_of_rows(database) == 1


async def test_a_failed_commit_leaves_the_database_usable(database: Database, engine: str) -> None:
    if engine == "postgresql":
        async with database.write() as transaction:
            await transaction.run(
                text("ALTER TABLE account_roles ALTER CONSTRAINT fk_account_roles_account_id DEFERRABLE")
            )
    defer = "PRAGMA defer_foreign_keys = ON" if engine == "sqlite" else "SET CONSTRAINTS ALL DEFERRED"

    async def write_what_cannot_be_committed() -> None:
        async with database.write() as transaction:
            await transaction.run(text(defer))
            await transaction.run(insert(RoleRow).values(account_id=999, role="admin"))

    with pytest.raises(IntegrityError):
        await write_what_cannot_be_committed()

    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
    assert await number_of_rows(database) == 1


async def known_rows(database: Database) -> float:
    """How many PostgreSQL takes the outbox to have."""
    known = select(literal_column("reltuples", Double)).select_from(table("pg_class"))
    async with database.read() as connection:
        (rows,) = await connection.one(known.where(text("relname = 'outbox'")))
        return float(rows)


async def add_rows(database: Database, count: int) -> None:
    """To the outbox."""
    many = text(
        "INSERT INTO outbox (consumer, payload, created_at, due_at, attempts, is_dead)"
        " SELECT 'nobody', '', now(), now(), 0, false FROM generate_series(1, :count)"
    )
    async with database.write() as transaction:
        await transaction.run(many, {"count": count})


@pytest.mark.parametrize("engine", ["postgresql"])  # SQLite reads in the same way whatever the size
async def test_a_table_that_has_grown_is_looked_at_again(database: Database) -> None:
    async with database.read() as connection:
        await connection.run(text("ANALYZE outbox"))
    assert await known_rows(database) == 0

    await add_rows(database, 10_000)
    await database.notice_growth()
    assert await known_rows(database) == 10_000

    await add_rows(database, 5_000)  # which changes nothing about how it is to be read
    await database.notice_growth()
    assert await known_rows(database) == 10_000

    await add_rows(database, 10_000)
    await database.notice_growth()
    assert await known_rows(database) == 25_000


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_table_that_is_being_cleaned_up_is_not_waited_for(settings: Settings, database: Database) -> None:
    other = open_database(settings)
    await add_rows(database, 10_000)
    async with other.write() as transaction:
        await transaction.run(text("LOCK TABLE outbox IN SHARE UPDATE EXCLUSIVE MODE"))  # as VACUUM does
        async with asyncio.timeout(10):
            await database.notice_growth()
    await other.close()
    await database.notice_growth()
    assert await known_rows(database) == 10_000


async def test_who_comes_second_waits_for_a_turn(settings: Settings, database: Database) -> None:
    other = open_database(settings)
    order: list[str] = []

    async def come_second() -> None:
        async with other.turn("sorting"):
            order.append("second")

    async with database.turn("sorting"):
        second = asyncio.create_task(come_second())
        await asyncio.sleep(0.2)
        order.append("first")
    async with asyncio.timeout(10):
        await second
    assert order == ["first", "second"]
    await other.close()


SORTING = """
import asyncio
from tengen.core.database import open_database
from tengen.core.settings import Settings

async def main():
    async with open_database(Settings()).turn("sorting"):
        print("Mine", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_turn_ends_with_the_process(settings: Settings, database: Database) -> None:
    process = await start(settings, SORTING)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"Mine\n"
    process.kill()
    await process.wait()
    async with asyncio.timeout(10), database.turn("sorting"):
        pass


async def test_an_unreadable_statement_leaves_the_database_readable(database: Database) -> None:
    for _ in range(3):
        with pytest.raises(Exception, match="nothing_of_this_name"):
            async with database.read() as connection:
                await connection.run(text("SELECT * FROM nothing_of_this_name"))

    assert await number_of_rows(database) == 0


async def test_what_one_process_commits_the_other_reads(settings: Settings, database: Database) -> None:
    other = open_database(settings)
    assert await number_of_rows(other) == 0
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
    assert await number_of_rows(other) == 1
    await other.close()


async def test_transactions_of_one_process_lose_no_update(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())

    async def increment() -> None:
        async with database.write() as transaction:
            row = await transaction.one(select(OutboxRow.id, OutboxRow.attempts).with_for_update())
            await asyncio.sleep(0)
            await transaction.run(update(OutboxRow).values(attempts=row.attempts + 1))

    await asyncio.gather(*(increment() for _ in range(20)))

    async with database.read() as connection:
        assert (await connection.one(select(OutboxRow.attempts)))[0] == 20


INCREMENTS = """
import asyncio
from sqlalchemy import select, update
from tengen.core.database import open_database
from tengen.core.outbox import OutboxRow
from tengen.core.settings import Settings

async def main():
    database = open_database(Settings())
    for _ in range(100):
        async with database.write() as transaction:
            row = await transaction.one(select(OutboxRow.attempts).with_for_update())
            await transaction.run(update(OutboxRow).values(attempts=row.attempts + 1))
    await database.close()

asyncio.run(main())
"""


async def test_two_processes_that_write_lose_no_update(settings: Settings, database: Database) -> None:
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())

    await run_together(settings, INCREMENTS, processes=2)

    async with database.read() as connection:
        assert (await connection.one(select(OutboxRow.attempts)))[0] == 200


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_writer_waits_for_another_process_without_blocking_the_loop(
    settings: Settings, database: Database
) -> None:
    other = open_database(settings)
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    async def write() -> None:
        async with database.write() as transaction:
            await transaction.run(insert(OutboxRow), a_row())

    async with other.write():
        others = asyncio.create_task(take_turns())
        waiting = asyncio.create_task(write())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert turns > 5
    await waiting
    others.cancel()

    assert await number_of_rows(database) == 1
    await other.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_writer_gives_up_on_a_lock_that_is_held_too_long(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SQLite, "LOCK_PATIENCE_SECONDS", 0.02)
    other = open_database(settings)
    async with other.write():
        with pytest.raises(OperationalError, match="locked"):
            async with database.write():
                pass
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
    await other.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_who_changes_the_schema_waits_for_another_who_does_however_long_that_takes(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SQLite, "LOCK_PATIENCE_SECONDS", 0.02)
    other = open_database(settings)
    async with other.write():
        upgrade = asyncio.create_task(database.change_schema(lambda _sync: "done"))
        await asyncio.sleep(0.1)
        assert not upgrade.done()
    assert await upgrade == "done"
    await other.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(database: Database) -> None:
    pragmas = ("foreign_keys", "journal_mode", "synchronous")
    found = await database.run_sync(lambda sync: [sync.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas])
    assert found == [1, "wal", 1]  # 1: NORMAL


_MANY = select(AccountRow.id).where(among(AccountRow.id, "ids")).order_by(AccountRow.id)


async def test_those_among_many_ids_are_found(database: Database) -> None:
    ids = [(await an_account(database)).id for _ in range(3)]
    async with database.read() as connection:
        assert [row[0] for row in await connection.all(_MANY, {"ids": [*ids[1:], 2**62]})] == ids[1:]
        assert await connection.all(_MANY, {"ids": []}) == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_sqlite_looks_many_ids_up_without_a_look_at_every_row(database: Database) -> None:
    statement = f"EXPLAIN QUERY PLAN {_MANY.compile(dialect=sqlite.dialect())}"
    plan = await database.run_sync(lambda sync: [row[3] for row in sync.exec_driver_sql(statement, ("[1, 2]",))])
    assert plan[0] == "SEARCH accounts USING INTEGER PRIMARY KEY (rowid=?)"


async def test_statements_are_counted_for_the_task_that_asks(database: Database) -> None:
    counter = [0]
    statements_executed.set(counter)

    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
        await transaction.all(select(OutboxRow.id))
    async with database.read() as connection:
        await connection.first(select(OutboxRow.id))

    assert counter == [3]


async def test_a_missing_row_is_none_for_first_and_an_error_for_one(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.first(select(OutboxRow.id)) is None
        assert list(await connection.all(select(OutboxRow.id))) == []
        with pytest.raises(NoResultFound):
            await connection.one(select(OutboxRow.id))


async def test_run_tells_how_many_rows_it_touched(database: Database) -> None:
    async with database.write() as transaction:
        for consumer in ("a", "a", "b"):
            await transaction.run(insert(OutboxRow), a_row(consumer))
        assert await transaction.run(delete(OutboxRow).where(OutboxRow.consumer == "a")) == 2


async def test_instants_come_back_as_they_were_in_utc(database: Database) -> None:
    instant = datetime(2026, 5, 2, 20, 4, 11, 220913, tzinfo=timezone(timedelta(hours=2)))
    async with database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row(due_at=instant))

    async with database.read() as connection:
        found = (await connection.one(select(OutboxRow.due_at)))[0]
        assert await connection.first(select(OutboxRow.id).where(OutboxRow.due_at == instant)) is not None
    assert found == instant
    assert found.isoformat() == "2026-05-02T18:04:11.220913+00:00"
    assert found.tzinfo == UTC


async def test_an_instant_without_a_time_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="aware"):
        async with database.write_one() as connection:
            await connection.run(insert(OutboxRow), a_row(due_at=NOON.replace(tzinfo=None)))


async def test_the_violated_constraint_is_known_by_its_columns(database: Database) -> None:
    await an_account(database, email="mira@tengen.example", display_name="Mira")
    twin = {"generation": 0, "created_at": NOON, "password_hash": "", "email": "", "display_name": ""}

    with pytest.raises(IntegrityError) as name_taken:
        async with database.write() as transaction:
            await transaction.run(insert(AccountRow).values(email_key="x", name_key="mira", **twin))
    with pytest.raises(IntegrityError) as no_account:
        async with database.write() as transaction:
            await transaction.run(insert(RoleRow).values(account_id=999, role="admin"))

    assert violates(name_taken.value, "accounts", "name_key")
    assert not violates(name_taken.value, "accounts", "email_key")
    assert not violates(no_account.value, "accounts", "name_key")


async def test_an_error_of_the_database_does_not_tell_the_values(database: Database) -> None:
    await an_account(database, display_name="Mira")
    values = {"generation": 0, "created_at": NOON, "email": "", "display_name": "", "email_key": "x"}

    with pytest.raises(IntegrityError) as error:
        async with database.write() as transaction:
            await transaction.run(insert(AccountRow).values(name_key="mira", password_hash="hush", **values))

    assert "hush" not in str(error.value)


async def test_only_a_commit_that_left_work_wakes_the_dispatcher(platform: Platform) -> None:
    woken = 0

    def wake() -> None:
        nonlocal woken
        woken += 1

    async def put_and_fail() -> None:
        async with platform.database.write() as transaction:
            await put(transaction, "nobody", "")
            raise LookupError

    platform.database.on_outbox = wake
    async with platform.database.write() as transaction:
        await transaction.run(insert(OutboxRow), a_row())
    assert woken == 0
    with pytest.raises(LookupError):
        await put_and_fail()
    assert woken == 0
    async with platform.database.write() as transaction:
        await put(transaction, "nobody", "")
        assert woken == 0
    assert woken == 1
