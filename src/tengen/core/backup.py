"""A copy of the database while it is in use, in one file that is whole or not there."""

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL, make_url

from tengen.core.errors import TengenError

if TYPE_CHECKING:
    from tengen.core.settings import Settings


class BackupFailed(TengenError):
    """No backup was made; what the file held before, it still holds."""

    code, status = "backup_failed", 500


def back_up(settings: "Settings", file: Path) -> int:
    """Copy the database that the settings name to `file`, replacing what is there. Returns the copy's size in bytes.

    SQLite: a copy of one moment, whose integrity has been checked. PostgreSQL: a dump in the custom format of pg_dump,
    to be read by pg_restore. Raises `BackupFailed`.
    """
    url = make_url(settings.database)
    if file.is_dir():
        raise BackupFailed(f"{file} is a directory: name the file to write.")
    if not file.absolute().parent.is_dir():
        raise BackupFailed(f"There is no directory {file.absolute().parent}.")
    with _published(file) as draft:
        if settings.is_sqlite:
            _copy_sqlite(Path(url.database or ""), draft, file)
        else:
            _dump_postgresql(url, draft)
    return file.stat().st_size


def sqlite_problems(settings: "Settings") -> list[str]:
    """What SQLite finds wrong with its database file, as it describes it: nothing, if all is well."""
    with closing(sqlite3.connect(make_url(settings.database).database or "")) as connection:
        return _problems(connection)


def _problems(connection: sqlite3.Connection) -> list[str]:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return found + [f"row {row} of {table} points to a missing one of {parent}" for table, row, parent, _ in orphans]


@contextmanager
def _published(file: Path) -> Iterator[Path]:
    """A file beside `file`, readable by its owner alone, which takes its name once the block has filled it."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield draft
        _flush(draft)
        draft.replace(file)
        _flush(file.absolute().parent)  # the name, too, is to survive a power failure
    finally:
        draft.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_sqlite(source: Path, draft: Path, file: Path) -> None:
    if not source.is_file():
        raise BackupFailed(f"There is no database {source}.")
    if file.exists() and file.samefile(source):
        raise BackupFailed(f"{file} is the database itself.")
    try:
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(draft)) as copy:
            # All pages in one go: in WAL mode that is one moment's state, and writers do not wait for it.
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # so that it is one file without companions
            problems = _problems(copy)
    except sqlite3.Error as error:
        raise BackupFailed(f"The database cannot be copied: {error}.") from error
    if problems:
        raise BackupFailed(f"The copy is damaged, and so probably is the database: {problems[0]}.")


def _dump_postgresql(url: URL, draft: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupFailed(
            "pg_dump is missing: install PostgreSQL's client programs, of the server's version or newer."
        )
    # The password goes by the environment: every user of the machine can read the arguments.
    password = url.password or url.query.get("password")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password is not None else {})
    command = [program, "--format=custom", "--no-password", f"--file={draft}", f"--dbname={_libpq(url)}"]
    result = subprocess.run(  # noqa: S603  # the operator's own settings
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if result.returncode != 0:
        raise BackupFailed(f"pg_dump failed: {result.stderr.strip() or f'exit code {result.returncode}'}")


def _libpq(url: URL) -> str:
    """The address as PostgreSQL's own programs know it, without the password."""
    query = {("sslmode" if name == "ssl" else name): value for name, value in url.query.items() if name != "password"}
    return URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database, query=query
    ).render_as_string()
