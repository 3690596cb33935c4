"""`tengen import`: games from elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tengen.accounts.service import find_active_account
from tengen.cli.answers import Answer, thing
from tengen.cli.commands import new_group
from tengen.cli.platforms import platform_command
from tengen.cli.progress import game_progress
from tengen.core.platform import Platform
from tengen.core.values import ServerId, utc_now
from tengen.games.agagd import MAX_LINE, read_games, read_pin_changes
from tengen.games.imports import aga_server, import_games
from tengen.games.recompute import recompute
from tengen.ratings.pools import Pools

app = new_group("Games from elsewhere, stored as if they had been reported here.")


@platform_command(app, "agagd")
async def agagd(
    platform: Platform,
    sql_dump: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The dump: one game a line.")],
    pin_changes: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The list of changed PINs, if there is one.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(help="Account that owns the game server AGA: needed if there is none yet. E-mail, name or id."),
    ] = None,
    no_recompute: Annotated[
        bool, typer.Option("--no-recompute", help="Leave the ratings to a platform that runs, or to the next start.")
    ] = False,
) -> Answer:
    """Import the games database of the American Go Association (AGAGD). Games that are known are passed over."""
    if no_recompute:
        platform.database.on_outbox = lambda: None  # what is left there is not tried as the command ends
    pools = Pools(team_rule=platform.settings.team_rating_rule)
    newest_pins = read_pin_changes(_lines(pin_changes)) if pin_changes is not None else {}
    server_id = await _server(platform, owner)
    with game_progress("import") as progress:
        done = await import_games(
            platform.database,
            server_id,
            read_games(_lines(sql_dump), name=str(sql_dump)),
            newest_pins,
            now=utc_now(),
            pools=pools,
            progress=progress,
        )
    if not no_recompute:
        with game_progress(pools.go.name) as progress:
            await recompute(platform.database, pools.go, now=utc_now(), only_if_stale=True, progress=progress)
    item = {
        "server_id": server_id,
        "games_read": done.read,
        "games_stored": done.stored,
        "games_known": done.known,
        "players_made": done.players,
    }
    return thing(item)


async def _server(platform: Platform, owner: str | None) -> ServerId:
    async with platform.database.write() as transaction:
        account = None if owner is None else await find_active_account(transaction, owner)
        return await aga_server(transaction, account, now=utc_now())


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file, one at a time; of one that is too long for a row no more than shows that it is."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        while line := file.readline(MAX_LINE + 1):
            yield line
            while line and not line.endswith("\n"):
                line = file.readline(MAX_LINE)
