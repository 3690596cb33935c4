"""`tengen db`: the database as a whole."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tengen.cli.answers import Answer, thing
from tengen.cli.commands import Call, command, new_group
from tengen.cli.platforms import database_errors, opened, unprepared
from tengen.core import migrations
from tengen.core.backup import back_up, sqlite_problems
from tengen.core.errors import TengenError
from tengen.core.settings import Settings

app = new_group("The database: bring it up to date, check it, back it up.")


class DatabaseDamaged(TengenError):
    """The database is not what the platform works with."""

    code, status = "database_damaged", 500


@command(app, "upgrade")
def upgrade(call: Call) -> Answer:
    """Bring the database up to date. Data stays; where there is nothing yet, the tables are made."""
    return asyncio.run(_upgrade(call.settings))


@command(app, "check")
def check(call: Call) -> Answer:
    """Make sure that the database is up to date and sound."""
    return asyncio.run(_check(call.settings))


@command(app, "backup")
def backup(
    call: Call,
    file: Annotated[Path, typer.Argument(help="File to write; a backup that is there is replaced.")],
) -> Answer:
    """Copy the database into one file, while it is in use or not.

    SQLite: a database whose integrity has been checked. PostgreSQL: a dump for pg_restore, made by pg_dump.
    """
    settings = call.settings
    size = back_up(settings, file)
    note = f"Keep {settings.data_dir / 'secret.key'} as well: without it, sealed contents stay sealed."
    return thing({"file": str(file.absolute()), "bytes": size}, "" if settings.secret_key else note)


async def _upgrade(settings: Settings) -> Answer:
    async with opened(settings, prepare=unprepared) as platform:
        with database_errors():
            before = await migrations.current_revision(platform.database)
            await migrations.upgrade(platform.database)
    revision = migrations.head_revision()
    text = f"The database is at revision {revision}" + (", as before." if before == revision else " now.")
    return Answer({"revision": revision, "before": before}, text)


async def _check(settings: Settings) -> Answer:
    import tengen.app  # noqa: F401  # with it, every table is known

    async with opened(settings, prepare=unprepared) as platform:
        with database_errors():
            await migrations.check(platform.database)
            problems = [str(difference) for difference in await migrations.differences(platform.database)]
    if settings.is_sqlite:
        problems += sqlite_problems(settings)
    if problems:
        raise DatabaseDamaged(f"The database has problems, {len(problems)} in number. The first: {problems[0]}")
    revision = migrations.head_revision()
    return Answer({"revision": revision, "is_sound": True}, f"The database is sound, and at revision {revision}.")
