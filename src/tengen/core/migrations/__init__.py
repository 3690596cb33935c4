"""The schema's history, and how a database is brought up to date."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Text, column, inspect, select, table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from tengen.core.database import Table
from tengen.core.errors import TengenError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.schema import SchemaItem

    from tengen.core.database import Database

DIRECTORY = Path(__file__).parent
# Any number, the same for all: PostgreSQL lets one process at a time pass.
_ADVISORY_LOCK = 7_236_501


class SchemaOutdated(TengenError):
    """The database is not at the revision this version of the platform works with."""

    code, status = "schema_outdated", 503


@cache
def head_revision() -> str:
    """The newest revision: the last of the numbered files."""
    return max(path.stem.partition("_")[0] for path in (DIRECTORY / "versions").glob("[0-9]*.py"))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # slow to import, and seldom needed

    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


_REVISION = select(column("version_num", Text)).select_from(table("alembic_version"))


async def current_revision(database: "Database") -> str | None:
    """The revision the database is at; None if it is empty. Waits for no writer."""
    async with database.read() as connection:
        try:
            row = await connection.first(_REVISION)
        except (OperationalError, ProgrammingError) as error:
            if "alembic_version" not in str(error.orig):
                raise
            return None
    return None if row is None else row[0]


async def upgrade(database: "Database", revision: str = "head") -> None:
    """Bring the database up to `revision`. Processes that start together do it one after the other."""

    def run(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        if _current(connection) == (head_revision() if revision == "head" else revision):
            return
        from alembic import command

        command.upgrade(_config(connection), revision)

    await database.change_schema(run)


async def check(database: "Database") -> None:
    """Raises `SchemaOutdated` unless the database is at the newest revision."""
    current = await current_revision(database)
    if current != head_revision():
        raise SchemaOutdated(
            f"The database is at revision {current or 'none'}, this version needs {head_revision()}: "
            "run `tengen db upgrade`."
        )


async def differences(database: "Database") -> list["SchemaItem"]:
    """What a comparison of the models with the database finds different; nothing, if migrations and models agree."""

    def compare(connection: Connection) -> list["SchemaItem"]:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        found: list[SchemaItem] = compare_metadata(MigrationContext.configure(connection), Table.metadata)
        return found

    return await database.run_sync(compare)
