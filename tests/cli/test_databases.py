"""`tengen db`."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from tengen.core.migrations import head_revision
from tests.cli.program import Program
from tests.cli.warm import run_warm
from tests.support.builders import an_unverified_user
from tests.support.postgres import PostgresInstance
from tests.support.server import Server


@pytest.fixture
def empty(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Program]:
    """The program on a database without any table."""
    server = Server(tmp_path / "data", database_url=new_database(migrated=False))
    yield Program(server, as_json=True)
    server.close()


@pytest.fixture
def postgres_programs(postgres: PostgresInstance, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of PostgreSQL's own programs, which are on the path."""
    monkeypatch.setenv("PATH", f"{postgres.programs}{os.pathsep}{os.environ['PATH']}")
    return postgres.programs


def test_an_empty_database_is_brought_up_to_date_once(empty: Program) -> None:
    assert empty.json("db", "upgrade") == {"revision": head_revision(), "before": None}
    assert empty.json("db", "upgrade") == {"revision": head_revision(), "before": head_revision()}
    assert empty.json("db", "check")["is_sound"] is True
    assert empty.json("account", "list") == []


def test_an_empty_database_is_not_sound(empty: Program) -> None:
    assert "run `tengen db upgrade`" in empty.refusal("db", "check")


def test_a_command_prepares_sqlite_itself_and_on_postgresql_says_what_to_do(empty: Program, engine: str) -> None:
    if engine == "sqlite":
        assert empty.json("account", "list") == []
    else:
        hint = f"The database is at revision none, this version needs {head_revision()}: run `tengen db upgrade`."
        assert empty.refusal("account", "list") == hint


def test_the_database_is_upgraded_and_checked_in_every_situation(program: Program) -> None:
    program.do("db", "upgrade")
    program.do("db", "check")


def test_a_database_that_differs_from_the_models_is_not_sound(
    new_program: Program, request: pytest.FixtureRequest
) -> None:
    url = new_program.server.settings["database_url"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("DROP INDEX ix_outbox_due_at")
    else:
        postgres: PostgresInstance = request.getfixturevalue("postgres")
        drop = [postgres.programs / "psql", url, "-c", "DROP INDEX ix_outbox_due_at"]
        subprocess.run(drop, check=True, capture_output=True)
    refusal = new_program.refusal("db", "check")
    assert "1 in number" in refusal
    assert "ix_outbox_due_at" in refusal


def test_a_row_that_points_nowhere_is_found(tmp_path: Path) -> None:
    server = Server(tmp_path)
    program = Program(server, as_json=True)
    program.do("db", "upgrade")
    with closing(sqlite3.connect(tmp_path / "tengen.db")) as connection, connection:
        connection.execute("INSERT INTO account_roles VALUES (77, 'admin')")
    assert "row 1 of account_roles points to a missing one of accounts" in program.refusal("db", "check")
    server.close()


def test_a_backup_made_while_accounts_register_is_whole(
    start_server: Callable[..., Server], engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "postgresql":
        request.getfixturevalue("postgres_programs")
    server = start_server(registrations_per_address=1_000_000)
    with _registrations(server) as registered:
        for number in range(3):
            known = set(registered)
            file = tmp_path / f"backup{number}"
            made = run_warm(server, "db", "backup", str(file), "--json")
            assert made.returncode == 0, made.stderr
            restored = _restored(file, engine, tmp_path / f"restored{number}", request)
            assert restored.json("db", "check")["is_sound"] is True
            emails = {account["email"] for account in restored.json("account", "list", "--limit", "10000")}
            assert emails >= known
            restored.server.close()
    assert len(registered) > 3, "nothing was registered meanwhile"


@contextmanager
def _registrations(server: Server) -> Iterator[list[str]]:
    """While the block runs, accounts register; gives the e-mails of those that have."""
    registered: list[str] = [an_unverified_user(server).email]
    is_over = Event()

    def register() -> None:
        while not is_over.is_set():
            registered.append(an_unverified_user(server).email)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(register)
        try:
            yield registered
        finally:
            is_over.set()
        running.result()


def _restored(file: Path, engine: str, directory: Path, request: pytest.FixtureRequest) -> Program:
    """The program on a database made of a backup."""
    if engine == "sqlite":
        directory.mkdir()
        shutil.copy(file, directory / "tengen.db")
        return Program(Server(directory), as_json=True)
    postgres: PostgresInstance = request.getfixturevalue("postgres")
    url = postgres.create_database(migrated=False)
    restore = [str(postgres.programs / "pg_restore"), "--exit-on-error", f"--dbname={url}", str(file)]
    subprocess.run(restore, check=True, capture_output=True)
    return Program(Server(directory, database_url=url), as_json=True)


def test_a_backup_is_one_file_that_its_owner_alone_reads(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    program = Program(server, as_json=True)
    program.do("db", "upgrade")
    file = tmp_path / "backups" / "tengen.backup"
    file.parent.mkdir()
    file.write_text("the last backup")
    assert program.json("db", "backup", str(file)) == {"file": str(file), "bytes": file.stat().st_size}
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]
    server.close()


def test_a_backup_that_cannot_be_made_leaves_what_was_there(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    program = Program(server, as_json=False)
    database, backup = tmp_path / "data" / "tengen.db", tmp_path / "backup"
    backup.write_text("the last backup")
    assert "There is no database" in program.refusal("db", "backup", str(backup))
    program.do("db", "upgrade")
    assert "is a directory" in program.refusal("db", "backup", str(tmp_path))
    assert "There is no directory" in program.refusal("db", "backup", str(tmp_path / "nowhere" / "backup"))
    assert "is the database itself" in program.refusal("db", "backup", str(database))
    _damage(database)
    assert "damaged" in program.refusal("db", "backup", str(backup))
    server.close()
    assert backup.read_text() == "the last backup"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


def _damage(database: Path) -> None:
    """Take an entry out of an index behind SQLite's back: only a look at every row finds that."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        name = "ix_servers_heard_at"
        connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'heard_at)', 'port)') WHERE name = ?", [name])


def test_a_backup_of_postgresql_needs_pg_dump(
    postgres: PostgresInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(tmp_path / "data", database_url="postgresql://tom:geheim@127.0.0.1:1/tengen")
    program = Program(server, as_json=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pg_dump is missing" in program.refusal("db", "backup", str(tmp_path / "backup"))
    monkeypatch.setenv("PATH", str(postgres.programs))
    refusal = program.refusal("db", "backup", str(tmp_path / "backup"))
    server.close()
    assert "pg_dump failed" in refusal
    assert "geheim" not in refusal
    assert not (tmp_path / "backup").exists()
