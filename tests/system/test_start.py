"""A platform that is started again goes on where it was."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Double, literal_column, select, table, text

from tengen.core.database import open_database
from tests.support.builders import a_game_server, a_verified_user
from tests.support.postgres import run_apart
from tests.support.server import Server
from tests.support.settings import some_settings


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_second_start_brings_everything_back(
    start_server: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    server = start_server()
    user = a_verified_user(server)
    game_server = a_game_server(server, owner=user, is_online=True)
    online = server.get("/v1/server/list/online").json()
    server.stop()

    started = time.monotonic()
    server.start(is_cold=True)
    seconds = time.monotonic() - started
    with capsys.disabled():
        print(f"\ntengen serve: from its second start to ready in {seconds:.2f} s")  # noqa: T201

    assert server.post("/v1/user/login", auth=user.auth).status_code == 200
    for proof in (user.proof, user.signed_proof):
        assert server.post("/v1/user/verify-user-proof", {"user_id": user.id, "user_proof": proof}).json() is True
    assert server.get("/v1/server/list/online").json() == online
    assert [found["id"] for found in online] == [game_server.id]


@pytest.mark.parametrize("engine", ["postgresql"])  # SQLite reads in the same way whatever the size
def test_a_start_notices_that_the_database_was_restored(start_server: Callable[..., Server]) -> None:
    server = start_server()
    server.stop()
    restored = (
        "INSERT INTO outbox (consumer, payload, created_at, due_at, attempts, is_dead)"
        " SELECT 'nobody', '', now(), now(), 0, true FROM generate_series(1, 10000)"
    )

    async def known_rows(statement: str | None = None) -> float:
        """How many rows PostgreSQL takes the outbox to have."""
        database = open_database(some_settings(server.data_dir, database_url=server.settings["database_url"]))
        known = select(literal_column("reltuples", Double)).select_from(table("pg_class"))
        async with database.write() as transaction:
            if statement is not None:
                await transaction.run(text(statement))
            (rows,) = await transaction.one(known.where(text("relname = 'outbox'")))
        await database.close()
        return float(rows)

    assert run_apart(known_rows(restored)) < 10_000
    server.start()
    assert run_apart(known_rows()) == 10_000
