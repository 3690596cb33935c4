"""The real program in four situations, so that each engine and each form of answer meets a server and none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.support.postgres import PostgresInstance
from tests.support.server import Server


@pytest.fixture(scope="session")
def _idle_servers(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Server]]:
    made: dict[str, Server] = {}

    def server_on(engine: str) -> Server:
        if engine not in made:
            url = None
            if engine == "postgresql":
                postgres: PostgresInstance = request.getfixturevalue("postgres")
                url = postgres.create_database()
            made[engine] = Server(tmp_path_factory.mktemp(f"idle-{engine}"), database_url=url)
        return made[engine]

    yield server_on
    for server in made.values():
        server.close()


@pytest.fixture(params=["while a server runs", "while none runs"])
def is_running(request: pytest.FixtureRequest) -> bool:
    """Whether a server runs on the database."""
    return bool(request.param == "while a server runs")


@pytest.fixture
def program(
    engine: str,
    is_running: bool,
    request: pytest.FixtureRequest,
    _idle_servers: Callable[[str], Server],
) -> Program:
    """The program, answering people in two of the four situations and programs in the others."""
    server: Server = request.getfixturevalue("server") if is_running else _idle_servers(engine)
    return Program(server, as_json=(engine == "sqlite") == is_running)


@pytest.fixture
def new_program(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Program]:
    """The program on a fresh database of the test's own, answering programs; no server runs."""
    server = Server(tmp_path / "data", database_url=new_database())
    yield Program(server, as_json=True)
    server.close()
