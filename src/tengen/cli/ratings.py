"""`tengen ratings`: who stands where, pools replayed from their games, and how well systems predict."""

import dataclasses
from typing import Annotated

import typer

from tengen.accounts import service as accounts
from tengen.cli.answers import Answer, listing
from tengen.cli.commands import command, new_group
from tengen.cli.options import Limit
from tengen.cli.platforms import platform_command
from tengen.cli.predictions import evaluate, tune
from tengen.cli.progress import game_progress
from tengen.cli.rating_plots import plot
from tengen.core.platform import Platform
from tengen.core.values import parse_instant, utc_now
from tengen.games.disorder import BEFORE_ALL, forget_packs
from tengen.games.pool_games import move_games
from tengen.games.recompute import recompute, turn
from tengen.ratings import service
from tengen.ratings.pools import Pools
from tengen.ratings.ranks import Rank
from tengen.ratings.shown_pools import ShownPools
from tengen.ratings.systems import RatingSystem, Strength

app = new_group("Ratings: leaderboards, pools replayed from their games, and how well systems predict.")
command(app, "evaluate")(evaluate)
command(app, "tune")(tune)
platform_command(app, "plot")(plot)

Pool = Annotated[str, typer.Option(help="`go` or another of the file of pools, or `team:3` for those of server 3.")]


@platform_command(app, "recompute")
async def recompute_(
    platform: Platform,
    pool: Annotated[str | None, typer.Option(help="`go`, or `team:3`; every pool if left out.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Games of this time and later, as ISO 8601; all games if left out.")
    ] = None,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read games anew that are packed: rows were changed with other tools.")
    ] = False,
) -> Answer:
    """Replay pools in order of play: the ratings become what reports in that order would have made of them.

    A running platform may go on meanwhile: it shows the old ratings until the new are complete, and games that are
    reported come in. What the platform is replaying by itself is waited for. Interrupted, it goes on where it was when
    it is begun again in the same way. Games of Go that belong to another pool since the file of pools was changed are
    moved there first.
    """
    begin = None if since is None else parse_instant(since, what="--from")
    pools = Pools.of(platform.settings)
    async with platform.database.write() as transaction:
        wanted = None if pool is None else pools.named(pool).name
        await move_games(transaction, pools, now=utc_now())
        names = [name for name in await service.pool_names(transaction) if pools.knows(name)]
        if wanted is not None:
            names = [wanted]
        if reread:
            for name in names:
                await service.lock(transaction, name)
                await forget_packs(transaction, name, begin or BEFORE_ALL)
    done = []
    for name in names:
        wanted_pool = pools.named(name)
        with game_progress(name) as progress:
            async with turn(platform.database, wanted_pool):
                found = await recompute(platform.database, wanted_pool, now=utc_now(), since=begin, progress=progress)
        if found is not None:
            done.append({"pool": name, **dataclasses.asdict(found)})
    return listing(done, ("pool", "games", "changed"), empty="Nobody has played a rated game yet.")


@platform_command(app, "leaderboard")
async def leaderboard(platform: Platform, pool: Pool = "go", limit: Limit = 20) -> Answer:
    """The best of a pool."""
    async with platform.database.read() as connection:
        found = (await ShownPools(Pools.of(platform.settings)).now(connection)).named(pool)
        standings = await service.leaderboard(connection, found.name, limit=limit)
        people = await accounts.accounts_by_ids(connection, {standing.account_id for standing in standings})
    rows = [
        {
            "place": place,
            "account_id": standing.account_id,
            "display_name": people[standing.account_id].display_name,
            "rating": round(standing.value, 2),
            "rank": _rank(found.system, standing.value),
            "games": standing.games,
        }
        for place, standing in enumerate(standings, 1)
    ]
    return listing(
        rows, ("place", "display_name", "rating", "rank", "games"), empty="Nobody has played a rated game in it."
    )


def _rank(system: RatingSystem, value: float) -> str | None:
    number = system.rank(Strength(value))
    return None if number is None else str(Rank.of(number))
