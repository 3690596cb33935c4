"""Team matches in the dialect of the metaserver: `/v1/server/match-update` and `/v1/user/stats`."""

from typing import Annotated

from fastapi import Query

from tengen.core.errors import Invalid, NotFound
from tengen.core.values import AccountId, ServerId, utc_now
from tengen.games import team_matches
from tengen.games.guards import CurrentPools
from tengen.games.team_schemas import MatchReport, UserStats
from tengen.ratings.pools import Pools
from tengen.servers.guards import CurrentServer, UserOrServer
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import Id, refusals
from tengen.web.routing import lenient_router

router = lenient_router("/v1", "matches")


@router.post("/server/match-update", responses=refusals(401, 429))
async def report_match(
    report: MatchReport, server: CurrentServer, platform: CurrentPlatform, pools: CurrentPools
) -> None:
    """Report a finished team match: it is stored, and the ratings of its field players move, together or not at all."""
    async with platform.database.write() as transaction:
        await team_matches.report_team_match(transaction, server.id, report.match(), pools=pools, now=utc_now())


@router.get("/user/stats", responses=refusals(401, 404, 429))
async def team_stats(
    _caller: UserOrServer,
    platform: CurrentPlatform,
    pools: CurrentPools,
    user_id: Annotated[Id, Query(examples=[57])],
    server_id: Annotated[Id, Query(examples=[3])],
) -> UserStats:
    """An account's team matches on a game server."""
    async with platform.database.read() as connection:
        records = await team_matches.team_records(
            connection, ServerId(server_id), [AccountId(user_id)], start=_start(pools, server_id)
        )
    if not records:
        raise NotFound("Not Found")
    return UserStats.of(records[0])


@router.get("/user/stats/batch", responses=refusals(401, 429))
async def team_stats_batch(
    _caller: UserOrServer,
    platform: CurrentPlatform,
    pools: CurrentPools,
    user_ids: Annotated[list[Id], Query(min_length=1, examples=[[57, 58]])],
    server_id: Annotated[Id, Query(examples=[3])],
) -> list[UserStats]:
    """Several accounts' team matches on a game server. Those who have none there are left out."""
    limit = platform.settings.max_batch_ids
    if len(user_ids) > limit:
        raise Invalid(f"At most {limit} ids can be asked for at once.")
    async with platform.database.read() as connection:
        wanted = [AccountId(user_id) for user_id in set(user_ids)]
        records = await team_matches.team_records(
            connection, ServerId(server_id), wanted, start=_start(pools, server_id)
        )
    return UserStats.of_all(records)


def _start(pools: Pools, server_id: int) -> float:
    """The rating of who has not played."""
    return pools.team(ServerId(server_id)).system.prior().mean
