"""`tengen export`: games and ratings to take away."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tengen.cli.answers import Answer, thing
from tengen.cli.commands import new_group
from tengen.cli.platforms import platform_command
from tengen.cli.progress import row_progress
from tengen.cli.row_files import Format, row_file
from tengen.cli.server_names import server_named
from tengen.core.garbage import seldom_collected
from tengen.core.platform import Platform
from tengen.games import exports
from tengen.games.exports import Column, Row
from tengen.ratings.pools import Pools
from tengen.ratings.shown_pools import ShownPools

app = new_group("Games and ratings, to take away.")

_Out = Annotated[Path, typer.Option("--out", dir_okay=False, help="The file to write; one that is there is replaced.")]
_Form = Annotated[Format, typer.Option("--format", help="How the rows are written.")]
_Server = Annotated[str | None, typer.Option("--server", help="Only of this game server: its id or name.")]


@platform_command(app, "games")
async def games(
    platform: Platform,
    out: _Out,
    form: _Form = Format.CSV,
    pool: Annotated[str | None, typer.Option(help="Only games that move ratings in this pool: `go`.")] = None,
    server: _Server = None,
) -> Answer:
    """Export games of Go, in order of play. As CSV they can be imported again, with `tengen import csv`."""
    if pool is not None:
        pool = Pools.of(platform.settings).named(pool).name
    async with platform.database.read() as connection:
        found = None if server is None else await server_named(connection, server)
        pages = exports.games(connection, pool=pool, server_id=None if found is None else found.id)
        return await _written(out, form, exports.GAME_COLUMNS, pages, "games")


@platform_command(app, "ratings")
async def ratings(
    platform: Platform,
    out: _Out,
    form: _Form = Format.CSV,
    pool: Annotated[str, typer.Option(help="`go`, or `team:3` for the team matches of server 3.")] = "go",
    server: _Server = None,
) -> Answer:
    """Export the ratings of a pool as they are now, a row for each account that has played a rated game in it."""
    async with platform.database.read() as connection:
        wanted = (await ShownPools(Pools.of(platform.settings)).now(connection)).named(pool)
        found = None if server is None else await server_named(connection, server)
        pages = exports.ratings_of_pool(connection, wanted, server_id=None if found is None else found.id)
        return await _written(out, form, exports.RATING_COLUMNS, pages, "ratings")


async def _written(
    out: Path, form: Format, columns: Sequence[Column], pages: AsyncIterator[list[Row]], what: str
) -> Answer:
    count = 0
    with seldom_collected(), row_file(out, form, columns) as file, row_progress("export", what) as progress:
        async for rows in pages:
            file.write(rows)
            count += len(rows)
            progress(count)
    return thing({"file": str(out), "rows": count})
