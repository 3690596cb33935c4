"""Skins in the dialect of the metaserver: `/v1/skin/*`."""

from typing import Annotated

from fastapi import Query

from tengen.accounts.guards import CurrentUser
from tengen.skins import service
from tengen.skins.schemas import SkinRead
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import Id, refusals
from tengen.web.routing import lenient_router

router = lenient_router("/v1/skin", "skins")


@router.get("/for-user/by-id", responses=refusals(401, 404, 429))
async def skins_of_user(
    _caller: CurrentUser,
    platform: CurrentPlatform,
    user_id: Annotated[Id, Query(examples=[57])],
    clan_id: Annotated[Id | None, Query(description="Add the skins of this clan.", examples=[9])] = None,
) -> list[SkinRead]:
    """The skins given to an account, and after them those given to a clan, if one is named."""
    async with platform.database.read() as connection:
        skins = await service.skins_of_account(connection, user_id)
        if clan_id is not None:
            skins += await service.skins_of_clan(connection, clan_id)
    return [SkinRead.of(skin) for skin in skins]


@router.get("/for-clan/by-id", responses=refusals(401, 404, 429))
async def skins_of_clan(
    _caller: CurrentUser, platform: CurrentPlatform, clan_id: Annotated[Id, Query(examples=[9])]
) -> list[SkinRead]:
    """The skins given to a clan."""
    async with platform.database.read() as connection:
        return [SkinRead.of(skin) for skin in await service.skins_of_clan(connection, clan_id)]
