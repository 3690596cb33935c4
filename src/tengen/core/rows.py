"""Inserting many rows at once, by one text for any number of them.

`insert_rows` is a statement to build on: with a conflict to resolve, or something to return. `BulkInsert` is for
thousands of rows, and does nothing else: what SQLAlchemy does for each row of an INSERT costs more than what SQLite
does.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Double, LargeBinary, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute

from tengen.core.database import Table, among

if TYPE_CHECKING:
    from tengen.core.database import Transaction

Insert = sqlite.Insert | postgresql.Insert


def insert_rows(table: type[Table], columns: Sequence[InstrumentedAttribute[Any]]) -> Mapping[str, Insert]:
    """By dialect, what inserts rows of these columns. Its parameters are `parameters_of` the rows.

    On PostgreSQL each column is an array, so that each connection prepares the statement once, and the rows are
    inserted by one execution of it.
    """
    arrays = select(*[func.unnest(bindparam(column.key, type_=ARRAY(column.type, dimensions=1))) for column in columns])
    return {
        "sqlite": sqlite.insert(table),
        "postgresql": postgresql.insert(table).from_select([column.key for column in columns], arrays),
    }


def parameters_of(dialect: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The parameters of `insert_rows` for these rows, of which there are some: a value for each column in each."""
    return {name: [row[name] for row in rows] for name in rows[0]} if dialect == "postgresql" else rows


class BulkInsert:
    """Inserts rows of a table, its ids among them: each a tuple with a value for each of these columns."""

    def __init__(self, table: type[Table], columns: Sequence[InstrumentedAttribute[Any]]) -> None:
        self._table = table
        self._columns = columns
        self._names = [column.key for column in columns]

    async def put(self, transaction: "Transaction", rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows, of which there are some. Raises `IntegrityError` if one violates a constraint.

        On PostgreSQL, by COPY, it takes a third to a half of the time of `run`.
        """
        if transaction.dialect == "postgresql":
            await transaction.copy(self._table.__tablename__, self._names, rows)
        else:
            await self._run_each(transaction, "", rows)

    async def run(self, transaction: "Transaction", rows: Sequence[tuple[Any, ...]]) -> int:
        """Insert rows, of which there are some; returns how many were. One statement, on SQLite at most two.

        Rows that violate a unique constraint, also of each other, are left out.
        """
        if transaction.dialect == "postgresql":
            columns = map(list, zip(*rows, strict=True))
            return await transaction.run(self._unnest, dict(zip(self._names, columns, strict=True)))
        return await self._run_each(transaction, " ON CONFLICT DO NOTHING", rows)

    async def _run_each(self, transaction: "Transaction", ending: str, rows: Sequence[tuple[Any, ...]]) -> int:
        ready = zip(*self._ready(rows), strict=True) if any(self._processors) else iter(rows)
        inserted, blocks = 0, len(rows) // _AT_ONCE
        if blocks:
            flat = [tuple(chain.from_iterable(islice(ready, _AT_ONCE))) for _ in range(blocks)]
            inserted += await transaction.run_each(self._text_of_many + ending, flat)
        if len(rows) % _AT_ONCE:
            inserted += await transaction.run_each(self._text_of(1) + ending, list(ready))
        return inserted

    @cached_property
    def _unnest(self) -> postgresql.Insert:
        insert = insert_rows(self._table, self._columns)["postgresql"]
        assert isinstance(insert, postgresql.Insert)
        return insert.on_conflict_do_nothing()

    def _ready(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[Any]]:
        """The columns of these rows, for SQLite's driver."""
        before: tuple[Any, Any] = (None, None)
        ready: Sequence[Any] = ()
        for process, values in zip(self._processors, zip(*rows, strict=True), strict=True):
            # Instants are the dearest to write out; all rows often have the same, and so have two columns of games.
            if process is None:
                ready = values
            elif values.count(values[0]) == len(values):
                ready = [process(values[0])] * len(values)
            elif before != (process, values):
                ready = list(map(process, values))
            before = (process, values)
            yield ready

    @cached_property
    def _processors(self) -> list[Callable[[Any], Any] | None]:
        """What makes of a value of each column what SQLite's driver understands; None where it does so already."""
        return [
            None
            if isinstance(column.type, Boolean | Double | LargeBinary)
            else column.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
            for column in self._columns
        ]

    @cached_property
    def _text_of_many(self) -> str:
        return self._text_of(_AT_ONCE)

    def _text_of(self, count: int) -> str:
        """What inserts so many rows."""
        names = ", ".join(_SQLITE.identifier_preparer.quote(column.key) for column in self._columns)
        places = ", ".join([f"({', '.join('?' * len(self._columns))})"] * count)
        return f"INSERT INTO {self._table.__tablename__} ({names}) VALUES {places}"  # noqa: S608  # names of ours


_SQLITE = sqlite.dialect()
_AT_ONCE = 1_000
"""Rows of one statement on SQLite, which knows 32,766 parameters: so there may be 32 columns.

A statement for each row takes a tenth longer, and returns so often that no other thread gets on beside it.
"""


class NewIds:
    """The ids that rows of a table are to get, before they are inserted."""

    def __init__(self, column: InstrumentedAttribute[int]) -> None:
        """`column`: the table's only primary key, which the database counts."""
        table = column.class_.__tablename__
        counter = func.nextval(func.pg_get_serial_sequence(table, column.key), type_=BigInteger)
        self._last = select(func.coalesce(func.max(column), 0))
        self._drawn = select(counter).select_from(func.generate_series(1, bindparam("count", type_=BigInteger)))
        self._present = select(column).where(among(column, "ids"))

    async def draw(self, transaction: "Transaction", count: int) -> Sequence[int]:
        """So many ids, ascending, that nobody else gets. On SQLite they are free only until the transaction ends."""
        if transaction.dialect == "postgresql":
            return sorted(row[0] for row in await transaction.all(self._drawn, {"count": count}))
        last = (await transaction.one(self._last))[0]
        return range(last + 1, last + count + 1)

    async def present(self, transaction: "Transaction", ids: Collection[int]) -> set[int]:
        """Those of the ids that rows have."""
        return {row[0] for row in await transaction.all(self._present, {"ids": ids})}
