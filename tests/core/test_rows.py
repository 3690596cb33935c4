"""Rows inserted by the thousand, alike on both engines."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from tengen.accounts.models import AccountRow
from tengen.core.database import Database, among, open_database, statements_executed
from tengen.core.rows import BulkInsert, NewIds
from tengen.core.settings import Settings
from tengen.games.models import RecordRow
from tests.support.builders import NOON, an_account
from tests.support.postgres import PostgresInstance

_IDS = NewIds(AccountRow.id)
_ACCOUNTS = BulkInsert(
    AccountRow,
    (
        AccountRow.id,
        AccountRow.email,
        AccountRow.email_key,
        AccountRow.display_name,
        AccountRow.name_key,
        AccountRow.password_hash,
        AccountRow.generation,
        AccountRow.created_at,
        AccountRow.verified_at,
    ),
)
TOKYO = timezone(timedelta(hours=9))
BEFORE_DAWN = datetime(2026, 3, 15, 4, 5, 6, 7, tzinfo=TOKYO)


def a_row(account_id: int, name: str, created_at: datetime = NOON, verified_at: datetime | None = None) -> Any:
    return account_id, f"{name}@tengen.example", f"{name}@tengen.example", name, name, "!", 0, created_at, verified_at


async def put_all(database: Database, *names: str, **when: Any) -> dict[str, int]:
    """The ids of these names, none of which is taken."""
    async with database.write() as transaction:
        ids = await _IDS.draw(transaction, len(names))
    async with database.write() as transaction:  # of which this is the first statement
        await _ACCOUNTS.put(transaction, [a_row(number, name, **when) for number, name in zip(ids, names, strict=True)])
    return dict(zip(names, ids, strict=True))


async def insert_all(database: Database, *names: str, **when: Any) -> dict[str, int]:
    """The ids of these names."""
    async with database.write() as transaction:
        ids = await _IDS.draw(transaction, len(names))
        await _ACCOUNTS.run(transaction, [a_row(number, name, **when) for number, name in zip(ids, names, strict=True)])
    return dict(zip(names, ids, strict=True))


@pytest.mark.parametrize(("count", "statements_on_sqlite"), [(1, 1), (999, 1), (1_000, 1), (3_000, 1), (3_001, 2)])
async def test_many_rows_are_one_statement_or_two(database: Database, count: int, statements_on_sqlite: int) -> None:
    names = [f"name {number}" for number in range(count)]
    async with database.write() as transaction:
        ids = await _IDS.draw(transaction, len(names))
        counter = [0]
        token = statements_executed.set(counter)
        rows = [a_row(number, name) for number, name in zip(ids, names, strict=True)]
        assert await _ACCOUNTS.run(transaction, rows) == count
        statements_executed.reset(token)
        found = await transaction.all(select(AccountRow.id, AccountRow.display_name).order_by(AccountRow.id))
    assert counter == [statements_on_sqlite if transaction.dialect == "sqlite" else 1]
    assert [tuple(row) for row in found] == list(zip(ids, names, strict=True))


async def test_of_many_rows_those_that_break_a_constraint_are_left_out_wherever_they_stand(database: Database) -> None:
    await insert_all(database, "tova")
    names = [f"name {number % 1_500}" for number in range(2_100)]
    names[7] = names[1_600] = "tova"
    async with database.write() as transaction:
        ids = await _IDS.draw(transaction, len(names))
        rows = [a_row(number, name) for number, name in zip(ids, names, strict=True)]
        assert await _ACCOUNTS.run(transaction, rows) == 1_500  # the second "name 7" stands in for the first
        made = await _IDS.present(transaction, ids)
    assert made == {*ids[:7], *ids[8:1_500], ids[1_507]}


async def test_values_are_stored_as_other_statements_store_them(database: Database) -> None:
    await insert_all(database, "bulk", created_at=BEFORE_DAWN, verified_at=BEFORE_DAWN)
    await insert_all(database, "unverified", created_at=BEFORE_DAWN)
    await put_all(database, "put", created_at=BEFORE_DAWN)
    await an_account(database, display_name="single", now=BEFORE_DAWN)
    columns = (AccountRow.display_name, AccountRow.created_at, AccountRow.verified_at)
    async with database.read() as connection:
        found = await connection.all(select(*columns).order_by(AccountRow.id))
        same = await connection.all(select(AccountRow.id).where(AccountRow.created_at == BEFORE_DAWN))
    at = datetime(2026, 3, 14, 19, 5, 6, 7, tzinfo=UTC)
    assert [tuple(row) for row in found] == [
        ("bulk", at, at),
        ("unverified", at, None),
        ("put", at, None),
        ("single", at, at),
    ]
    assert len(same) == 4  # on SQLite instants are compared as texts


async def test_rows_that_break_a_unique_constraint_are_left_out_and_not_counted(database: Database) -> None:
    first = await insert_all(database, "tova")
    async with database.write() as transaction:
        ids = await _IDS.draw(transaction, 4)
        names = ("tova", "rin", "rin", "nils")
        rows = [a_row(number, name) for number, name in zip(ids, names, strict=True)]
        assert await _ACCOUNTS.run(transaction, rows) == 2
        assert await _IDS.present(transaction, [*ids, *first.values(), 10**12]) == {ids[1], ids[3], first["tova"]}


@pytest.mark.parametrize("others", [0, 1_100])
async def test_rows_that_are_put_are_inserted_all_or_none(database: Database, others: int) -> None:
    first = await put_all(database, "tova")
    names = [f"name {number}" for number in range(others)]
    with pytest.raises(IntegrityError):
        await put_all(database, *names, "rin", "tova")
    async with database.read() as connection:
        assert [row[0] for row in await connection.all(select(AccountRow.id))] == [first["tova"]]
    await put_all(database, *names, "rin")
    async with database.read() as connection:
        assert len(await connection.all(select(AccountRow.id))) == others + 2


class Never(Exception):
    """Stands for whatever goes wrong after rows were put."""


async def test_rows_that_are_put_are_gone_when_the_transaction_comes_to_nothing(database: Database) -> None:
    async def put_in_vain() -> None:
        async with database.write() as transaction:
            await _ACCOUNTS.put(transaction, [a_row(7, "tova")])
            raise Never

    with pytest.raises(Never):
        await put_in_vain()
    async with database.read() as connection:
        assert await connection.all(select(AccountRow.id)) == []


async def test_a_lost_connection_is_told_like_any_other(postgres: PostgresInstance) -> None:
    url = postgres.create_database()
    database = open_database(Settings(database_url=SecretStr(url)))

    async def put_too_late() -> None:
        async with database.write() as transaction:
            ids = await _IDS.draw(transaction, 1)
            await asyncio.to_thread(postgres.disconnect_clients, url)
            await _ACCOUNTS.put(transaction, [a_row(ids[0], "tova")])

    try:
        with pytest.raises(DBAPIError) as error:
            await put_too_late()
        assert error.value.connection_invalidated
        await put_all(database, "tova")
    finally:
        await database.close()
        postgres.drop_database(url)


async def test_ids_ascend_and_are_nobodys_also_for_who_counts_on(database: Database) -> None:
    account = await an_account(database)
    several = await insert_all(database, "tova", "rin", "nils")
    after = await an_account(database)
    assert [*several.values()] == sorted(several.values())
    assert account.id < min(several.values())
    assert max(several.values()) < after.id


async def test_instants_without_a_zone_are_refused(database: Database) -> None:
    with pytest.raises(Exception, match="instants are aware"):
        await insert_all(database, "tova", created_at=datetime(2026, 3, 14))  # noqa: DTZ001  # that is the point


async def test_texts_and_digests_are_found_among_many(database: Database) -> None:
    texts = ["tova", "5", "", "ö — 'x'", '"', "\\", "囲碁 🀄"]
    ids = await insert_all(database, *texts)
    statement = select(AccountRow.id).where(among(AccountRow.name_key, "names")).order_by(AccountRow.id)
    digests = [bytes([number]) * 32 for number in range(7)]
    async with database.write() as transaction:
        for wanted in ([], ["nobody"], ["5"], [*texts, "nobody"]):
            rows = await transaction.all(statement, {"names": wanted})
            assert [row[0] for row in rows] == [ids[name] for name in texts if name in wanted]
        stored = [{"hash": key, "content": b"", "facts": "", "stored_at": NOON} for key in digests[:5]]
        await transaction.run(insert(RecordRow), stored)
        records = select(RecordRow.hash).where(among(RecordRow.hash, "hashes")).order_by(RecordRow.hash)
        for hashes in ([], digests[6:], digests[4:5], digests[2:]):
            known = await transaction.all(records, {"hashes": hashes})
            assert [row[0] for row in known] == [key for key in digests[:5] if key in hashes]
