"""What an administrator's command does beside a running server, without the time its process takes to start."""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from tengen.core.database import Transaction, open_database
from tengen.core.settings import Settings
from tests.support.postgres import run_apart
from tests.support.server import Server
from tests.support.settings import some_settings

R = TypeVar("R")


def operate(server: Server, operation: Callable[[Transaction], Awaitable[R]]) -> R:
    """Run an operation of a service in one transaction on the database of a server. Nobody listens to its events."""
    settings = _settings(server.data_dir, server.settings["database_url"])

    async def run() -> R:
        database = open_database(settings)
        try:
            async with database.write() as transaction:
                return await operation(transaction)
        finally:
            await database.close()

    return run_apart(run())


@cache
def _settings(data_dir: Path, database_url: str | None) -> Settings:
    return some_settings(data_dir, database_url=database_url)
