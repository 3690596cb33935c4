"""Fixtures: two databases, Redis, the platform in this process, and the platform as a server process."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog

from tengen.core import migrations
from tengen.core.database import Database, open_database
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.listeners import connect_listeners
from tests.support.network import only_loopback
from tests.support.postgres import PostgresInstance, run_apart
from tests.support.redis import RedisInstance
from tests.support.server import Server
from tests.support.settings import some_settings

# How fast an example runs depends on what else the machine does.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

_LONG = {"system", "docs", "fuzz"}
"""The folders of the tests that take minutes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: where several run at once, none is left to be waited for at the end."""
    items.sort(key=lambda item: _LONG.isdisjoint(item.path.parts))


@pytest.fixture(autouse=True, scope="session")
def _plain_tracebacks() -> None:
    # What is logged in this process is seen when a test fails; the default's boxes around each frame take long to draw.
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])


@pytest.fixture(autouse=True, scope="session")
def _no_outside_network() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", only_loopback(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", only_loopback(socket.socket.connect_ex))
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    for name in list(os.environ):
        if name.startswith("TENGEN_") or name in {"DATABASE_URL", "REDIS_URL", "SMTP_URL"}:
            patch.delenv(name)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresInstance]:
    """A running PostgreSQL."""
    instance = PostgresInstance()
    yield instance
    instance.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Redis. Tests share it, so they make their keys unique."""
    instance = RedisInstance(tmp_path_factory.mktemp("redis"))
    yield instance.url
    instance.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that touches the database runs on both."""
    return str(request.param)


@pytest.fixture
def new_database(
    engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[..., str]]:
    """Makes databases of this engine, migrated or empty; gives their `DATABASE_URL`."""
    if engine == "sqlite":
        yield lambda *, migrated=True: _sqlite_file(tmp_path_factory, request, migrated=migrated)
        return
    postgres: PostgresInstance = request.getfixturevalue("postgres")
    made: list[str] = []

    def create(*, migrated: bool = True) -> str:
        made.append(postgres.create_database(migrated=migrated))
        return made[-1]

    yield create
    for url in made:
        postgres.drop_database(url)


def _sqlite_file(factory: pytest.TempPathFactory, request: pytest.FixtureRequest, *, migrated: bool) -> str:
    path = factory.mktemp("sqlite") / "tengen.db"
    if migrated:
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("template") / "tengen.db"

    async def migrate() -> None:
        database = open_database(some_settings(path.parent, database_url=f"sqlite:///{path}"))
        await migrations.upgrade(database)
        await database.close()

    run_apart(migrate())
    return path


@pytest.fixture
def settings(new_database: Callable[..., str], tmp_path: Path) -> Settings:
    """Settings with a fresh data directory, and a fresh database at the newest revision."""
    return some_settings(tmp_path / "data", database_url=new_database())


@pytest.fixture
async def platform(settings: Settings) -> AsyncIterator[Platform]:
    """The platform in this process, its listeners connected as the application connects them."""
    platform = Platform.of(settings)
    connect_listeners(platform)
    yield platform
    await platform.close()


@pytest.fixture
def database(platform: Platform) -> Database:
    """The platform's database."""
    return platform.database


@pytest.fixture(scope="session")
def shared_server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Server]]:
    """Starts a server at the first call for an engine and a purpose, and gives the same one at every other."""
    started: dict[tuple[str, str], Server] = {}

    def server_on(engine: str, purpose: str, **settings: Any) -> Server:
        if (engine, purpose) not in started:
            directory = tmp_path_factory.mktemp(f"{purpose}-{engine}")
            if engine == "postgresql":
                postgres: PostgresInstance = request.getfixturevalue("postgres")
                settings["database_url"] = postgres.create_database()
            else:
                shutil.copy(request.getfixturevalue("sqlite_template"), directory)
            started[engine, purpose] = Server(directory, **settings).start()
        return started[engine, purpose]

    yield server_on
    for server in started.values():
        server.close()


@pytest.fixture
def server(engine: str, shared_server: Callable[..., Server], request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server, shared by all tests of its engine: make what you need with builders, count on nothing else.

    On PostgreSQL it has two workers and Redis, so any request may reach another worker than the one before: what a test
    shows is true of them together. What is about the memory of one process needs a server of its own (`start_server`).
    """
    settings: dict[str, Any] = {}
    if engine == "postgresql":
        settings = {"redis_url": request.getfixturevalue("redis_url"), "workers": 2}
    server = shared_server(engine, "all", **settings)
    server.client.cookies.clear()
    server.new_log()
    yield server
    _show_log(server)


@pytest.fixture
def start_server(
    engine: str, new_database: Callable[..., str], sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Server]]:
    """Starts servers of the test's own, each on a fresh database: to crash them, or for other settings."""
    started: list[Server] = []

    def start(**settings: Any) -> Server:
        directory = tmp_path_factory.mktemp("server")
        if engine == "postgresql":
            settings = {"database_url": new_database()} | settings
        else:
            shutil.copy(sqlite_template, directory)
        server = Server(directory, **settings)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.close()
        _show_log(server)


def _show_log(server: Server) -> None:
    # pytest shows what is printed here only for a test that failed.
    print(f"── log of {server.url} ──\n{server.new_log()}")  # noqa: T201
