"""The schema's history: it leads to the models, from everywhere, and nothing is lost on the way."""

import pkgutil
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import Connection, Double, MetaData, RowMapping, bindparam, func, insert, select, text
from sqlalchemy.exc import IntegrityError

import tengen
from tengen.accounts import service as accounts
from tengen.accounts.models import AccountRow, RoleRow
from tengen.accounts.service import Role
from tengen.core import migrations
from tengen.core.database import Database, Instant, open_database
from tengen.core.migrations import SchemaOutdated
from tengen.core.settings import Settings
from tengen.core.values import AccountId, ServerId
from tengen.games import team_matches
from tengen.games.recompute import recompute
from tengen.ratings import leaderboards
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD
from tests.support.builders import an_account
from tests.support.histories import changes_of
from tests.support.processes import run_together
from tests.tournaments.builders import a_tournament, an_entry

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


MATCH_OF_THE_FIRST_REVISION = [
    "INSERT INTO accounts (id, email, email_key, display_name, name_key, password_hash, generation, created_at)"
    " VALUES (7, 'a@b.example', 'a@b.example', 'Mira', 'mira', 'x', 0, '2026-05-02 18:04:11.220913')",
    "INSERT INTO players (id, server_id, account_id, name, created_at)"
    " VALUES (9, 1, 7, 'Mira', '2026-05-02 18:04:11.220913')",
    "INSERT INTO games (id, server_id, kind, reported_at) VALUES (3, 1, 'team match', '2026-05-02 18:04:11.220913')",
    "INSERT INTO seats (game_id, number, player_id, team, race, is_commander, outcome)"
    " VALUES (3, 0, 9, 0, 'human', FALSE, 1), (3, 1, NULL, 1, 'beast', FALSE, 0)",
    "INSERT INTO pools (id, name, system) VALUES (2, 'team:1', 'team-elo')",
    "INSERT INTO ratings (pool_id, account_id, value, games, updated_at)"
    " VALUES (2, 7, 832, 1, '2026-05-02 18:04:11.220913')",
    "INSERT INTO rating_changes (game_id, account_id, pool_id, value_before, value_after, expected)"
    " VALUES (3, 7, 2, 800, 832, 0.5)",
]


async def test_matches_and_ratings_of_the_first_revision_are_kept(empty: Database) -> None:
    await migrations.upgrade(empty, "0001")
    for statement in MATCH_OF_THE_FIRST_REVISION:
        await empty.run_sync(lambda sync, text=statement: sync.exec_driver_sql(text).close())  # type: ignore[misc]
    await migrations.upgrade(empty)
    played_at = datetime(2026, 5, 2, 18, 4, 11, 220913, tzinfo=UTC)
    async with empty.read() as connection:
        (match,) = await team_matches.latest_matches(connection)
        ((change,),) = (await changes_of(connection, [match.id])).values()
        strengths = await ratings.strengths_of(connection, "team:1", [AccountId(7)])
    assert (match.reported_at, [side.race for side in match.sides]) == (played_at, ["human", "beast"])
    assert (change.before.mean, change.after.mean) == (800, 832)
    assert (strengths[AccountId(7)].mean, strengths[AccountId(7)].games) == (832, 1)
    # Replayed, the ratings are the same: nothing is missing that they follow from.
    done = await recompute(empty, STANDARD.team(ServerId(1)), now=played_at)
    assert done is not None
    assert (done.games, done.changed) == (1, 0)
    async with empty.read() as connection:
        assert await ratings.ratings_of(connection, "team:1", [AccountId(7)]) == {7: 832}


async def everything(database: Database) -> dict[str, list[str]]:
    """Every row of every table that there is, but for the revision itself, with the columns that hold something."""

    def read(sync: Connection) -> dict[str, list[str]]:
        tables = MetaData()
        tables.reflect(sync)
        rows = {name: sync.execute(select(table)).mappings().all() for name, table in tables.tables.items()}
        return {name: sorted(map(filled, found)) for name, found in rows.items() if "alembic" not in name}

    def filled(row: RowMapping) -> str:
        return str({name: value for name, value in row.items() if value is not None})

    return await database.run_sync(read)


async def test_all_that_the_second_revision_held_is_kept_and_its_accounts_can_play_tournaments(empty: Database) -> None:
    await migrations.upgrade(empty, "0001")
    for statement in MATCH_OF_THE_FIRST_REVISION:
        await empty.run_sync(lambda sync, text=statement: sync.exec_driver_sql(text).close())  # type: ignore[misc]
    await migrations.upgrade(empty, "0002")
    before = await everything(empty)
    await migrations.upgrade(empty, "0004")
    after = await everything(empty)
    assert {name: after.pop(name) for name in before} == before
    assert {"tournaments", "submissions"} <= after.keys()
    assert not any(after.values())
    await migrations.upgrade(empty)
    async with empty.read() as connection:
        mira = (await accounts.accounts_by_ids(connection, [7]))[AccountId(7)]
    tournament = await a_tournament(empty, host=mira)
    assert (await an_entry(empty, tournament, account=mira)).id == 7


RATED_GAMES = 95
A_GAME = text(
    "INSERT INTO games (id, server_id, kind, reported_at, played_at) VALUES (:id, 1, 'go', :at, :at)"
).bindparams(bindparam("at", type_=Instant()))
ITS_CHANGE = text(
    "INSERT INTO rating_changes (game_id, account_id, pool_id, played_at, value_before, variance_before, value_after,"
    " variance_after, expected, opponent_value, opponent_variance)"
    " VALUES (:id, 7, 2, :at, :n + 0.5, 9, :n + 0.75, 8, 0.1, 24.3, 2.5)"
).bindparams(bindparam("at", type_=Instant()), bindparam("n", type_=Double()))


async def test_histories_of_ratings_are_packed_and_unpacked_again(empty: Database) -> None:
    await migrations.upgrade(empty, "0001")
    for statement in MATCH_OF_THE_FIRST_REVISION:
        await empty.run_sync(lambda sync, text=statement: sync.exec_driver_sql(text).close())  # type: ignore[misc]
    await migrations.upgrade(empty, "0005")
    begin = datetime(2026, 6, 2, 18, 0, 0, 1, tzinfo=UTC)
    games = [
        {"id": 3 + number, "at": begin + timedelta(seconds=number), "n": float(number)}
        for number in range(1, RATED_GAMES)
    ]
    for rows in (A_GAME, ITS_CHANGE):
        await empty.run_sync(lambda sync, each=rows: sync.execute(each, games).close())  # type: ignore[misc]
    before = await everything(empty)
    await migrations.upgrade(empty)
    async with empty.read() as connection:
        history = await leaderboards.history(connection, "team:1", AccountId(7), limit=1000)
    assert len(history) == RATED_GAMES
    assert [game.change.after.mean for game in history[:2]] == [94.75, 93.75]
    assert history[0].played_at == begin + timedelta(seconds=94)
    assert [game.change.after.games for game in reversed(history)] == list(range(1, RATED_GAMES + 1))
    await empty.run_sync(lay_into_a_segment)
    async with empty.read() as connection:
        assert await leaderboards.history(connection, "team:1", AccountId(7), limit=1000) == history
    await empty.change_schema(lambda sync: downgrade(sync, "0005"))
    assert await everything(empty) == before


def lay_into_a_segment(sync: Connection) -> None:
    """As a recomputation writes histories."""
    spans = sync.execute(text("SELECT id, pool_id, entries FROM rating_spans WHERE entries IS NOT NULL")).all()
    statement = text("INSERT INTO rating_segments (id, pool_id, entries) VALUES (5, :pool_id, :entries)")
    sync.execute(statement, {"pool_id": spans[0].pool_id, "entries": b"".join(bytes(span.entries) for span in spans)})
    begin = 0
    for span in spans:
        place = {"id": span.id, "begin": begin, "size": len(span.entries)}
        sync.execute(
            text(
                'UPDATE rating_spans SET entries = NULL, segment_id = 5, "begin" = :begin, size = :size WHERE id = :id'
            ),
            place,
        )
        begin += len(span.entries)
    assert begin == 88 * RATED_GAMES


def downgrade(sync: Connection, revision: str) -> None:
    """What `alembic downgrade` does."""
    config = Config()
    config.set_main_option("script_location", str(migrations.DIRECTORY))
    config.attributes["connection"] = sync
    command.downgrade(config, revision)


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
