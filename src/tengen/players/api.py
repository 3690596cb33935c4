"""An account's players on game servers, in the style of online-ratings: `/api/v1/players`, `/api/v1/me/players`."""

from typing import Annotated

from fastapi import Path

from tengen.accounts.guards import CurrentUser
from tengen.core.values import PlayerId, ServerId, utc_now
from tengen.players import service
from tengen.players.schemas import NewPlayer, OwnPlayer, PlayerChange, PlayerCreate, PlayerToken
from tengen.servers import service as servers
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import Id, api_refusals
from tengen.web.routing import lenient_router

router = lenient_router("/api/v1", "players")

_PlayerInPath = Annotated[Id, Path(examples=[71])]


@router.post("/players", status_code=201, responses=api_refusals(401, 404, 409, 429))
async def add_player(wanted: PlayerCreate, caller: CurrentUser, platform: CurrentPlatform) -> NewPlayer:
    """Become a player on a game server, one for each server, and get the token by which it reports one's games."""
    server_id = None if wanted.server_id is None else ServerId(wanted.server_id)
    async with platform.database.write() as transaction:
        server = await servers.find_server(transaction, server_id, wanted.game_server)
        made = await service.add_player(transaction, caller, server, name=wanted.name, now=utc_now())
    return NewPlayer.of(made)


@router.get("/me/players", responses=api_refusals(401, 429))
async def my_players(caller: CurrentUser, platform: CurrentPlatform) -> list[OwnPlayer]:
    """The caller's players on all servers, this platform among them, in the order of their ids."""
    async with platform.database.read() as connection:
        players = await service.list_players(connection, account_id=caller.id)
    return [OwnPlayer.of(player) for player in players]


@router.patch("/players/{player_id}", responses=api_refusals(401, 403, 404, 409, 429))
async def rename_player(
    player_id: _PlayerInPath, change: PlayerChange, caller: CurrentUser, platform: CurrentPlatform
) -> OwnPlayer:
    """Give one's player another name on its server; administrators may, too."""
    async with platform.database.write() as transaction:
        await service.check_may_manage(transaction, PlayerId(player_id), caller)
        return OwnPlayer.of(await service.rename_player(transaction, PlayerId(player_id), change.name))


@router.post("/players/{player_id}/reset_token", responses=api_refusals(401, 403, 404, 409, 429))
async def reset_player_token(player_id: _PlayerInPath, caller: CurrentUser, platform: CurrentPlatform) -> PlayerToken:
    """Give one's player another token; the old one is void at once. Administrators may, too."""
    async with platform.database.write() as transaction:
        await service.check_may_manage(transaction, PlayerId(player_id), caller)
        made = await service.reset_token(transaction, PlayerId(player_id))
    return PlayerToken(token=made.token)
