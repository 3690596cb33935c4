"""The schema's history: it leads to the models, from everywhere, and nothing is lost on the way."""

import pkgutil
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

import tengen
from tengen.accounts.models import AccountRow, RoleRow
from tengen.accounts.service import Role
from tengen.core import migrations
from tengen.core.database import Database, open_database
from tengen.core.migrations import SchemaOutdated
from tengen.core.settings import Settings
from tests.support.builders import an_account
from tests.support.processes import run_together

REVISIONS = sorted(path.stem.partition("_")[0] for path in (migrations.DIRECTORY / "versions").glob("[0-9]*.py"))


@pytest.fixture(autouse=True, scope="module")
def _every_table() -> None:
    for module in pkgutil.walk_packages(tengen.__path__, "tengen."):
        if module.name.endswith(".models"):
            import_module(module.name)


@pytest.fixture
def empty_settings(settings: Settings, new_database: Callable[..., str]) -> Settings:
    """Settings of a platform whose database is empty."""
    return settings.model_copy(update={"database_url": SecretStr(new_database(migrated=False))})


@pytest.fixture
async def empty(empty_settings: Settings) -> AsyncIterator[Database]:
    """An empty database."""
    database = open_database(empty_settings)
    yield database
    await database.close()


async def number_of_servers(database: Database) -> int:
    count = await database.run_sync(lambda sync: sync.exec_driver_sql("SELECT count(*) FROM servers").scalar_one())
    return int(count)


async def test_migrations_and_models_agree(empty: Database) -> None:
    await migrations.upgrade(empty)

    assert await migrations.differences(empty) == []


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_database_at_any_revision_is_brought_up_to_date(empty: Database, revision: str) -> None:
    await migrations.upgrade(empty, revision)
    assert await migrations.current_revision(empty) == revision

    await migrations.upgrade(empty)

    assert await migrations.current_revision(empty) == migrations.head_revision() == REVISIONS[-1]
    assert await migrations.differences(empty) == []


async def test_this_platform_is_the_first_server_and_the_only_one(empty: Database) -> None:
    await migrations.upgrade(empty)
    await migrations.upgrade(empty)  # changes nothing

    rows = await empty.run_sync(lambda sync: sync.exec_driver_sql("SELECT id, owner_id FROM servers").all())
    assert [tuple(row) for row in rows] == [(1, None)]


async def test_a_database_that_is_behind_is_not_ready(empty: Database) -> None:
    with pytest.raises(SchemaOutdated, match="tengen db upgrade"):
        await migrations.check(empty)

    await migrations.upgrade(empty)
    await migrations.check(empty)


UPGRADES = """
import asyncio
from tengen.core import migrations
from tengen.core.database import open_database
from tengen.core.settings import Settings

async def main():
    database = open_database(Settings())
    await migrations.upgrade(database)
    await migrations.check(database)
    await database.close()

asyncio.run(main())
"""


async def test_processes_that_start_together_upgrade_once(empty_settings: Settings, empty: Database) -> None:
    await run_together(empty_settings, UPGRADES, processes=3)

    assert await number_of_servers(empty) == 1


ONE_MORE = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    {body}
"""


@pytest.fixture
def one_more_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Lets the history end in a revision with this body."""

    def write(body: str) -> None:
        history = tmp_path / "migrations"
        shutil.copytree(migrations.DIRECTORY, history, ignore=shutil.ignore_patterns("__pycache__"))
        (history / "versions" / "9999_more.py").write_text(ONE_MORE.format(head=REVISIONS[-1], body=body))
        monkeypatch.setattr(migrations, "DIRECTORY", history)
        migrations.head_revision.cache_clear()

    yield write
    monkeypatch.undo()
    migrations.head_revision.cache_clear()


async def test_a_migration_that_fails_changes_nothing(
    database: Database, one_more_revision: Callable[[str], None]
) -> None:
    one_more_revision('op.create_table("half", sa.Column("id", sa.Integer()))\n    raise LookupError("half way")')

    with pytest.raises(LookupError, match="half way"):
        await migrations.upgrade(database)

    assert await migrations.current_revision(database) == REVISIONS[-1]
    assert await database.run_sync(lambda sync: sync.dialect.has_table(sync, "half")) is False


async def test_a_table_that_others_refer_to_can_be_changed(
    database: Database, one_more_revision: Callable[[str], None]
) -> None:
    # SQLite changes a table by making it anew, copying the rows and dropping the old one.
    owner = await an_account(database, roles=(Role.ADMIN,))
    one_more_revision(
        'with op.batch_alter_table("accounts") as batch:\n        batch.alter_column("email", nullable=True)'
    )

    await migrations.upgrade(database)

    async with database.read() as connection:
        assert await connection.all(select(AccountRow.id)) == [(owner.id,)]
        assert (await connection.one(select(func.count()).select_from(RoleRow)))[0] == 1
    with pytest.raises(IntegrityError):  # and the reference is kept from now on as before
        async with database.write() as transaction:
            await transaction.run(insert(RoleRow).values(account_id=999, role="admin"))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_migration_that_leaves_references_to_nothing_changes_nothing(
    database: Database, one_more_revision: Callable[[str], None]
) -> None:
    await an_account(database, roles=(Role.ADMIN,))
    one_more_revision('op.execute("DELETE FROM players")\n    op.execute("DELETE FROM accounts")')

    with pytest.raises(RuntimeError, match="account_roles"):
        await migrations.upgrade(database)

    async with database.read() as connection:
        assert len(await connection.all(select(AccountRow.id))) == 1
