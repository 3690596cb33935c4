"""Access to the database: two engines behind one code, three ways in.

- `read()`: a connection in AUTOCOMMIT, without the round trips of BEGIN and ROLLBACK.
- `write_one()`: the same for one statement that changes something and commits itself.
- `write()`: one transaction, for what must be true together; it commits when the block ends, and takes everything back
  when the block raises.

Statements are SQLAlchemy Core over typed declarative tables: rows come back as tuples with names, nothing loads
itself later, and what a request costs is what it says (`statements_executed` counts it).
"""

import asyncio
import fcntl
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, TypeVarTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    Text,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy import ColumnExpressionArgument, CursorResult, Executable, Row
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql.selectable import TypedReturnsRows

    from tengen.core.events import Event, Events
    from tengen.core.settings import Settings

R = TypeVar("R")
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

Id = BigInteger().with_variant(Integer(), "sqlite")
"""Column type of ids. SQLite counts rowids only in a column declared INTEGER; they have 64 bits there too."""


_IN_SQLITE = len("2026-03-14 12:00:00.000000")
"""As SQLAlchemy writes instants there: naive ones, in UTC."""


def _instant_in_sqlite(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("instants are aware; this one has no time zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:_IN_SQLITE]


class Instant(TypeDecorator[datetime]):
    """Column type of instants: aware datetimes in UTC, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instants are aware; this one has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite in one step what `process_bind_param` and SQLAlchemy do in two: the same text, in half the time."""
        return _instant_in_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """None on PostgreSQL, whose driver reads aware instants in UTC."""
        return super().result_processor(dialect, coltype) if dialect.name == "sqlite" else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and dialect.name == "sqlite" else value


DIGEST_BYTES = 32
"""Of SHA-256."""


class _Many(TypeDecorator[Collection[Any]]):
    """A parameter that holds many values of a column: an array, or where there are none JSON, or bytes in a row."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: TypeEngine[Any]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.kind, dimensions=1))
        return dialect.type_descriptor(LargeBinary() if isinstance(self.kind, LargeBinary) else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        if dialect.name == "postgresql":
            return values
        return _in_a_row(values) if isinstance(self.kind, LargeBinary) else json.dumps(values)


def _in_a_row(digests: Sequence[bytes]) -> bytes:
    joined = b"".join(digests)
    if len(joined) != DIGEST_BYTES * len(digests):
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes, and one of these has not")
    return joined


class _Among(FunctionElement[bool]):
    type = Boolean()
    name = "among"
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":  # noqa: ARG002  # the protocol's
        """Itself: among conditions SQLAlchemy would write `… = 1` for SQLite, which then uses no index."""
        return self


class _AmongDigests(_Among):
    name = "among_digests"
    inherit_cache = True


@compiles(_Among)
def _in_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # both are the compiler's own text


@compiles(_AmongDigests)
def _in_bytes(element: _AmongDigests, compiler: Any, **options: Any) -> str:
    column, digests = (compiler.process(clause, **options) for clause in element.clauses)
    size = DIGEST_BYTES
    return (
        f"{column} IN (WITH RECURSIVE places(place) AS (SELECT 1 UNION ALL "  # noqa: S608  # the compiler's own, too
        f"SELECT place + {size} FROM places WHERE place + {size} < length({digests})) "
        f"SELECT substr({digests}, place, {size}) FROM places)"
    )


@compiles(_AmongDigests, "postgresql")
@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


def among(column: "ColumnElement[Any] | InstrumentedAttribute[Any]", parameter: str) -> ColumnElement[bool]:
    """Whether `column` is one of the values in the parameter of this name, a collection of them.

    They are ids, texts, or SHA-256 digests, as the column's type says. Unlike `in_()` it is one text for any number of
    values, so that the database prepares the statement once.
    """
    if isinstance(column.type, LargeBinary):
        return _AmongDigests(column, bindparam(parameter, type_=_Many(LargeBinary())))
    kind = Text() if isinstance(column.type, Text) else BigInteger()
    return _Among(column, bindparam(parameter, type_=_Many(kind)))


class _AsWritten(FunctionElement[Any]):
    name = "as_written"
    inherit_cache = True


@compiles(_AsWritten)
def _text_as_written(element: _AsWritten, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses.clauses[0], **options))


@compiles(_AsWritten, "postgresql")
def _microseconds_as_written(element: _AsWritten, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses.clauses[0], **options)
    return f"CAST(extract(epoch FROM {column}) * 1000000 AS bigint)"


def as_written(column: "ColumnExpressionArgument[datetime]") -> ColumnElement[Any]:
    """An instant in the form in which many are read fastest: what `microseconds_of` reads."""
    return _AsWritten(column)


def microseconds_of(written: int | str) -> int:
    """The microseconds since 1970-01-01 UTC of an instant `as_written`, which says so itself if it is a number."""
    return written if isinstance(written, int) else (datetime.fromisoformat(written) - _EPOCH) // _MICROSECOND


_EPOCH, _MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)  # noqa: DTZ001  # SQLite's have no zone


class Table(DeclarativeBase):
    """Base of every table. Constraints get the same names on both databases, so that code can recognise them."""

    type_annotation_map = {datetime: Instant(), int: Id}  # noqa: RUF012  # SQLAlchemy's own protocol
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


statements_executed: ContextVar[list[int] | None] = ContextVar("statements_executed", default=None)
"""A one-item counter that the caller may set, to learn how many statements its task executed."""


def _count_statement() -> None:
    counter = statements_executed.get()
    if counter is not None:
        counter[0] += 1


Execute = Callable[["Executable", Parameters | None], Awaitable["CursorResult[*tuple[Any, ...]]"]]
ExecuteEach = Callable[[str, Sequence[tuple[Any, ...]]], Awaitable["CursorResult[*tuple[Any, ...]]"]]
Copy = Callable[[str, Sequence[str], Sequence[tuple[Any, ...]]], Awaitable[None]]


class Connection:
    """A connection with just what services need: run a statement, get its rows."""

    def __init__(self, execute: Execute, *, dialect: str) -> None:
        self._execute = execute
        self.dialect = dialect
        """`sqlite` or `postgresql`, for the few statements that differ."""

    async def _result(self, statement: "Executable", parameters: Parameters | None) -> Any:
        _count_statement()
        return await self._execute(statement, parameters)

    async def all(
        self, statement: "TypedReturnsRows[*Ts]", parameters: Parameters | None = None
    ) -> "Sequence[Row[*Ts]]":
        """Every row of the statement's result."""
        rows: Sequence[Row[*Ts]] = (await self._result(statement, parameters)).all()
        return rows

    async def raw(self, statement: "TypedReturnsRows[*Ts]", parameters: Parameters | None = None) -> list[tuple[*Ts]]:
        """Every row as the driver gives it, for many thousands: types are not looked at."""
        result = await self._result(statement, parameters)
        rows: list[tuple[*Ts]] = result.cursor.fetchall()
        result.close()
        return rows

    async def first(
        self, statement: "TypedReturnsRows[*Ts]", parameters: Parameters | None = None
    ) -> "Row[*Ts] | None":
        """The first row, or None."""
        row: Row[*Ts] | None = (await self._result(statement, parameters)).first()
        return row

    async def one(self, statement: "TypedReturnsRows[*Ts]", parameters: Parameters | None = None) -> "Row[*Ts]":
        """The only row; it is an error of the program if there is none, or another."""
        row: Row[*Ts] = (await self._result(statement, parameters)).one()
        return row

    async def run(self, statement: "Executable", parameters: Parameters | None = None) -> int:
        """Execute a statement for its effect; returns the number of rows it touched."""
        touched: int = (await self._result(statement, parameters)).rowcount
        return touched


class Transaction(Connection):
    """A connection inside a transaction, which may also announce what happened (`tengen.core.events`)."""

    def __init__(
        self,
        execute: Execute,
        *,
        dialect: str,
        events: "Events | None",
        execute_each: ExecuteEach | None = None,
        copy: Copy | None = None,
    ) -> None:
        super().__init__(execute, dialect=dialect)
        self._events = events
        self._execute_each = execute_each
        self._copy = copy
        self._when_committed: list[Callable[[], None]] = []
        self.has_outbox_rows = False

    async def run_each(self, text: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute SQL once for each of these rows, past SQLAlchemy: as `tengen.core.rows` does it, on SQLite alone.

        Returns the number of rows it touched.
        """
        assert self._execute_each is not None
        _count_statement()
        touched: int = (await self._execute_each(text, rows)).rowcount
        return touched

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows by COPY, past SQLAlchemy: as `tengen.core.rows` does it, on PostgreSQL alone.

        Raises `IntegrityError` if one of them violates a constraint.
        """
        assert self._copy is not None
        _count_statement()
        await self._copy(table, columns, rows)

    async def announce(self, event: "Event") -> None:
        """Tell the subscribers: those who must act together with this change now, the others through the outbox."""
        if self._events is not None:
            await self._events.announce(self, event)

    def when_committed(self, callback: Callable[[], None]) -> None:
        """Call this once what the transaction changed is there for all to see; never, if it comes to nothing."""
        self._when_committed.append(callback)

    def committed(self) -> None:
        """The transaction has been committed: for who commits it."""
        for callback in self._when_committed:
            callback()


class Database(ABC):
    """The database of one process. `on_outbox` is called after a commit that left work in the outbox."""

    has_one_writer: bool
    """Whether whoever changes something waits until no other does."""

    def __init__(self, events: "Events | None") -> None:
        self._events = events
        self.on_outbox: Callable[[], None] = lambda: None

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for reading; each statement sees the newest committed state."""

    @abstractmethod
    def write_one(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for one statement that changes something and commits itself."""

    @abstractmethod
    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """One transaction. Raises what the block raises, after taking everything back."""

    @abstractmethod
    async def run_sync(self, function: "Callable[[sqlalchemy.Connection], R]") -> R:
        """Call `function` with SQLAlchemy's own connection, inside a transaction: to look at the schema."""

    async def change_schema(self, function: "Callable[[sqlalchemy.Connection], R]") -> R:
        """`run_sync` for migrations: foreign keys must hold at its end, and may be broken on the way."""
        return await self.run_sync(function)

    @abstractmethod
    async def expect_much(self) -> None:
        """Be ready for many thousands of rows to be written, until it is closed."""

    @abstractmethod
    async def notice_growth(self) -> None:
        """Have the database look at tables that are much larger than when it looked last: after many rows were written.

        It would do so by itself within a minute or two. Until then it takes them for small, and reads a page of theirs
        by reading everything and sorting it, so that whoever reads all pages waits for hours.
        """

    @abstractmethod
    def turn(self, what: str) -> AbstractAsyncContextManager[None]:
        """Do something while nobody else does who asks for a turn at it, in any process: whoever comes second waits.

        It ends with the process at the latest. On PostgreSQL it keeps a connection; on SQLite there is one turn at
        anything.
        """

    @abstractmethod
    async def others_have_written(self) -> bool:
        """Whether another process has changed something since this was asked last, so that it may do so again.

        Also true where nobody can tell, as at the first time.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""


class PostgreSQL(Database):
    """A pool of asyncpg connections, in AUTOCOMMIT unless a transaction is asked for."""

    has_one_writer = False

    def __init__(self, url: str, *, pool_size: int, events: "Events | None" = None) -> None:
        super().__init__(events)
        self._engine = create_async_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_use_lifo=True,  # the connection that was used last has its statements prepared; the others may rest
            # In AUTOCOMMIT nothing is left to roll back, and `write` ends its transaction itself.
            pool_reset_on_return=None,
            connect_args={"server_settings": {"jit": "off", "application_name": "tengen"}},
            hide_parameters=True,  # errors go to the log, which is no place for what people typed
        )
        event.listen(self._engine.sync_engine, "do_connect", _connect)
        self._for_transactions = self._engine.execution_options(isolation_level="READ COMMITTED")
        """The same pool of connections."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        async with self._engine.connect() as connection:
            yield Connection(connection.execute, dialect="postgresql")

    write_one = read

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with self._for_transactions.begin() as connection:
            transaction = Transaction(
                connection.execute, dialect="postgresql", events=self._events, copy=_copying(connection)
            )
            yield transaction
        transaction.committed()
        if transaction.has_outbox_rows:
            self.on_outbox()

    async def run_sync(self, function: "Callable[[sqlalchemy.Connection], R]") -> R:
        async with self._for_transactions.begin() as connection:
            return await connection.run_sync(function)

    async def expect_much(self) -> None:
        """Nothing is to be done."""

    async def notice_growth(self) -> None:
        async with self.read() as connection:
            for row in await connection.all(_LOOKS_AT_GROWN):
                await connection.run(text(row[0]))

    @asynccontextmanager
    async def turn(self, what: str) -> AsyncIterator[None]:
        async with self.read() as connection:
            await connection.all(_BEGIN_TURN, {"what": what})
            try:
                yield
            finally:
                await connection.all(_END_TURN, {"what": what})

    async def others_have_written(self) -> bool:
        return True

    async def close(self) -> None:
        await self._engine.dispose()


_LOOKS_AT_GROWN = (
    select(literal_column("format('ANALYZE (SKIP_LOCKED) %I', relname)", Text))
    .select_from(table("pg_class"))
    .where(
        text("relkind = 'r' AND relnamespace = to_regnamespace(quote_ident(current_schema()))"),
        text("pg_relation_size(oid) > 2 * current_setting('block_size')::bigint * greatest(relpages, 8)"),
    )
    .order_by(text("relname"))
)
"""What has PostgreSQL look at each table that has twice the size that it knows of, and is not small anyhow.

One that somebody is cleaning up is passed over: that may take an hour, and nobody should wait for it.
"""


_TURN = func.hashtextextended(bindparam("what", type_=Text), 1)  # not the number of a lock on a pool's games
_BEGIN_TURN, _END_TURN = select(func.pg_advisory_lock(_TURN)), select(func.pg_advisory_unlock(_TURN))


def _connect(dialect: Any, _record: Any, arguments: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
    """Connect. Whatever keeps us from the database is an `OperationalError`, also where the driver lets others pass."""
    try:
        return dialect.connect(*arguments, **parameters)
    except (OSError, dialect.dbapi.Error) as error:
        raise dialect.dbapi.OperationalError(str(error), error) from error


_VIOLATION = "23"
"""How PostgreSQL's codes begin that say which kind of constraint does not hold."""


def _copying(connection: "AsyncConnection") -> Copy:
    async def copy(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        if not driver.is_in_transaction():  # SQLAlchemy begins one before its first statement
            await connection.exec_driver_sql("SELECT 1")
        try:
            await driver.copy_records_to_table(table, columns=columns, records=rows)
        except Exception as error:
            if str(getattr(error, "sqlstate", None)).startswith(_VIOLATION):
                raise IntegrityError(f"COPY {table}", None, error) from error
            if driver.is_closed():
                await connection.exec_driver_sql("SELECT 1")  # which fails, too: then SQLAlchemy knows, and its pool
            raise

    return copy


class SQLite(Database):
    """Two connections, one for reading and one for writing, called on the event loop's own thread.

    A statement on the embedded database takes tens of microseconds; handing it to a thread and back costs ten times
    that (docs/decisions/0003). Writers take turns by a lock here. Another process that holds the write lock is waited
    for without blocking the loop.
    """

    has_one_writer = True
    LOCK_PATIENCE_SECONDS = 10.0
    UPGRADE_PATIENCE_SECONDS = 600.0
    """Another process may be at it, on a large database."""

    def __init__(self, url: str, *, events: "Events | None" = None) -> None:
        super().__init__(events)
        # A pool of one connection, kept open: SingletonThreadPool's and QueuePool's bookkeeping buys nothing here.
        self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)
        event.listen(self._engine, "connect", _set_pragmas)
        self._reader: sqlalchemy.Connection | None = None
        self._writer: sqlalchemy.Connection | None = None
        self._turn = asyncio.Lock()
        self._version: int | None = None
        """What SQLite calls the state in which the writing connection last found the database to be by others' work."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        if self._reader is None:
            self._reader = self._engine.connect()
        yield Connection(_at_once(self._reader), dialect="sqlite")

    @asynccontextmanager
    async def write_one(self) -> AsyncIterator[Connection]:
        async with self._locked() as writer:
            yield Connection(_at_once(writer), dialect="sqlite")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with self._locked() as writer:
            transaction = Transaction(
                _at_once(writer), dialect="sqlite", events=self._events, execute_each=_each_at_once(writer)
            )
            yield transaction
        transaction.committed()
        if transaction.has_outbox_rows:
            self.on_outbox()

    async def run_sync(self, function: "Callable[[sqlalchemy.Connection], R]") -> R:
        async with self._locked() as writer:
            return function(writer)

    async def change_schema(self, function: "Callable[[sqlalchemy.Connection], R]") -> R:
        # Many a change of a table is to make it anew and drop the old one, to which others still refer.
        async with self._locked(foreign_keys=False, patience=self.UPGRADE_PATIENCE_SECONDS) as writer:
            result = function(writer)
            broken = writer.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration would leave rows that refer to nothing: {broken[:5]}")
            return result

    async def notice_growth(self) -> None:
        """Nothing is to be done: it reads in the same way whatever the size."""

    async def expect_much(self) -> None:
        async with self._turn:
            self._opened_writer().exec_driver_sql(f"PRAGMA wal_autocheckpoint={_MUCH_IN_PAGES}")

    @asynccontextmanager
    async def turn(self, what: str) -> AsyncIterator[None]:  # noqa: ARG002  # there is one turn at anything
        # A file of its own, since a lock of the database's would keep everybody from writing.
        with _opened(f"{self._engine.url.database}.turn") as file:
            while not _is_locked_now(file):  # noqa: ASYNC110  # nobody tells when another process lets go
                await asyncio.sleep(0.05)
            yield  # closing the file ends the lock

    async def others_have_written(self) -> bool:
        before = self._version
        async with self._turn:
            self._version = self._opened_writer().exec_driver_sql("PRAGMA data_version").scalar_one()
        return self._version != before

    async def close(self) -> None:
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None
        self._engine.dispose()

    @asynccontextmanager
    async def _locked(
        self, *, foreign_keys: bool = True, patience: float | None = None
    ) -> "AsyncIterator[sqlalchemy.Connection]":
        """The writing connection inside a transaction that holds SQLite's write lock."""
        async with self._turn:
            writer = self._opened_writer()
            if not foreign_keys:  # can be switched only outside of a transaction
                writer.exec_driver_sql("PRAGMA foreign_keys=OFF")
            try:
                async with self._begun(writer, patience):
                    yield writer
            finally:
                if not foreign_keys:
                    writer.exec_driver_sql("PRAGMA foreign_keys=ON")

    def _opened_writer(self) -> "sqlalchemy.Connection":
        if self._writer is None:
            self._writer = self._engine.connect()
        return self._writer

    @asynccontextmanager
    async def _begun(self, writer: "sqlalchemy.Connection", patience: float | None) -> AsyncIterator[None]:
        await self._take_write_lock(writer, self.LOCK_PATIENCE_SECONDS if patience is None else patience)
        try:
            yield
            writer.exec_driver_sql("COMMIT")
        except BaseException:
            # A full disk ends the transaction by itself.
            if writer.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                writer.exec_driver_sql("ROLLBACK")
            raise

    async def _take_write_lock(self, writer: "sqlalchemy.Connection", patience: float) -> None:
        # Taken at once, not at the first change: a transaction that has read before it writes cannot be upgraded
        # when another process wrote in between.
        give_up_at = time.monotonic() + patience
        while True:
            try:
                writer.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(0.005)
            else:
                return


def _at_once(connection: "sqlalchemy.Connection") -> Execute:
    async def execute(statement: "Executable", parameters: Parameters | None) -> Any:
        return connection.execute(statement, parameters)

    return execute


def _each_at_once(connection: "sqlalchemy.Connection") -> ExecuteEach:
    async def execute(text: str, rows: Sequence[tuple[Any, ...]]) -> Any:
        return connection.exec_driver_sql(text, rows)

    return execute


def _opened(path: str) -> BinaryIO:
    return Path(path).open("ab")


def _is_locked_now(file: BinaryIO) -> bool:
    """Lock the file if nobody else has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


_MUCH_IN_PAGES = 8_000
"""So many pages the log may have, 32 MB, before it is copied into the file, for which the disk is waited for.

Usually it is a thousand.
"""


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=5000",  # for switching to WAL, which wants the file alone
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16384",
        "busy_timeout=0",  # from here on, waiting is the event loop's business
    ):
        cursor.execute(f"PRAGMA {pragma}")
    if not cursor.execute("SELECT sqlite_compileoption_used('ENABLE_MATH_FUNCTIONS')").fetchone()[0]:
        connection.create_function("exp", 1, math.exp, deterministic=True)  # SQLite may be built without
    cursor.close()


def open_database(settings: "Settings", events: "Events | None" = None) -> Database:
    """The database that the settings name; opens no connection yet."""
    if settings.is_sqlite:
        return SQLite(settings.database, events=events)
    return PostgreSQL(settings.database, pool_size=settings.database_pool_size, events=events)


def violates(error: IntegrityError, table: str, *columns: str) -> bool:
    """Whether `error` is the violation of the unique constraint on these columns of `table`."""
    message = str(error.orig)
    name = f"uq_{table}_{'_'.join(columns)}"
    listed = ", ".join(f"{table}.{column}" for column in columns)
    return name in message or message.endswith(f"UNIQUE constraint failed: {listed}")
