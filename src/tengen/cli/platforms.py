"""The platform, opened for one command and closed after it."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Concatenate, ParamSpec

import typer
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from tengen.cli.answers import Answer
from tengen.cli.commands import Call, command
from tengen.core import migrations
from tengen.core.errors import Unavailable
from tengen.core.logging import configure_logging
from tengen.core.outbox import Dispatcher
from tengen.core.platform import Platform
from tengen.core.settings import Settings

P = ParamSpec("P")
PlatformCommand = Callable[Concatenate[Platform, P], Awaitable[Answer]]


class DatabaseUnusable(Unavailable):
    """The database cannot be reached, is busy for too long, or is none."""

    code = "database_unusable"


def platform_command(app: typer.Typer, name: str) -> Callable[[PlatformCommand[P]], PlatformCommand[P]]:
    """Register a coroutine function as the command `name` of `app`. Its first parameter is the open `Platform`."""

    def register(function: PlatformCommand[P]) -> PlatformCommand[P]:
        @functools.wraps(function)
        def run(call: Call, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
            return asyncio.run(_run(call.settings, function, *args, **kwargs))

        command(app, name)(run)
        return function

    return register


async def _run(settings: Settings, function: PlatformCommand[P], *args: P.args, **kwargs: P.kwargs) -> Answer:
    async with opened(settings) as platform:
        return await function(platform, *args, **kwargs)


async def prepare(platform: Platform) -> None:
    """Bring an embedded database up to date, and make sure that another is. Raises `SchemaOutdated` if it is not."""
    if platform.settings.is_sqlite:
        await migrations.upgrade(platform.database)
    else:
        await migrations.check(platform.database)


async def unprepared(platform: Platform) -> None:
    """Leave the database as it is."""


@asynccontextmanager
async def opened(
    settings: Settings, *, prepare: Callable[[Platform], Awaitable[None]] = prepare
) -> AsyncIterator[Platform]:
    """The platform, once `prepare` has made its database ready.

    What the block leaves in the outbox is tried once before the platform closes, for no server may be running; what
    fails stays for one. Raises `DatabaseUnusable`, `InvalidPools`, and
    what `prepare` raises.
    """
    configure_logging(settings)
    _check_pools(settings)
    try:
        platform = Platform.of(settings)
    except ArgumentError as error:
        raise _unusable(error) from error
    platform.events.fill_when_needed(functools.partial(_connect_listeners, platform))
    has_work = asyncio.Event()
    platform.database.on_outbox = has_work.set
    try:
        with database_errors():
            await prepare(platform)
        try:
            yield platform
        except OperationalError as error:
            raise _unusable(error.orig) from error
        dispatcher = Dispatcher(platform.database, platform.events.deliver)
        while has_work.is_set():  # what is delivered may leave work itself
            has_work.clear()
            await dispatcher.deliver_due()
    finally:
        await platform.close()


def _check_pools(settings: Settings) -> None:
    """Pools that cannot be are refused by every command, before it does anything. Raises `InvalidPools`."""
    if settings.pools_path is not None:
        from tengen.ratings.pools import Pools  # which most commands need not

        Pools.of(settings)


def _connect_listeners(platform: Platform) -> None:
    from tengen.listeners import connect_listeners  # nearly every feature, and most commands announce nothing

    connect_listeners(platform)


@contextmanager
def database_errors() -> Iterator[None]:
    """Around the first statements on a database: whatever goes wrong with them becomes `DatabaseUnusable`."""
    try:
        yield
    except DBAPIError as error:
        raise _unusable(error.orig) from error
    except Exception as error:
        # The driver's own errors, as it connects, are known by their module: on SQLite it is not even imported.
        if isinstance(error, OSError) or type(error).__module__.startswith("asyncpg"):
            raise _unusable(error) from error
        raise


def _unusable(cause: object) -> DatabaseUnusable:
    return DatabaseUnusable(f"The database cannot be used: {cause}")
