"""The game-server directory in the dialect of the metaserver, `/v1/server/*`, and who looks after a server."""

from typing import Annotated

from fastapi import Path, Request, Response

from tengen.accounts.guards import CurrentUser
from tengen.core.values import AccountId, ServerId, utc_now
from tengen.servers import admins, service
from tengen.servers.guards import CurrentServer
from tengen.servers.online import Choice
from tengen.servers.runtime import Servers
from tengen.servers.schemas import (
    NewServerAdmin,
    ServerAdminRead,
    ServerCreate,
    ServerLogin,
    ServerRead,
    ServerToken,
    ServerUpdate,
)
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import Id, api_refusals, refusals
from tengen.web.queries import documented_query, read_query
from tengen.web.routing import lenient_router

router = lenient_router("/v1/server", "game servers")
admin_router = lenient_router("/api/v1/game_servers", "game servers")

_ServerInPath = Annotated[Id, Path(examples=[3])]


@router.post("/register", responses=refusals(400, 401, 429))
async def register(server: ServerCreate, owner: CurrentUser, platform: CurrentPlatform) -> ServerLogin:
    """Enter a game server into the directory. It signs in with the id and the password in the answer."""
    async with platform.database.write() as transaction:
        made = await service.register(
            transaction, owner.id, server.listing(), limit=platform.settings.servers_per_account, now=utc_now()
        )
    return ServerLogin.of(made)


@router.post("/update", responses=refusals(401, 404, 429))
async def update(state: ServerUpdate, server: CurrentServer, platform: CurrentPlatform) -> ServerRead:
    """A game server's sign of life, with its state: to be sent more often than once a minute."""
    async with platform.database.write_one() as connection:
        heard = await service.heartbeat(
            connection,
            server.id,
            state.listing(),
            current_map=state.current_map,
            current_player_count=state.current_player_count,
            now=utc_now(),
        )
    return ServerRead.of(heard)


@router.get("/my", include_in_schema=False)
@router.get("/list/my", responses=refusals(401, 429))
async def my_servers(owner: CurrentUser, platform: CurrentPlatform) -> list[ServerRead]:
    """The caller's own game servers, online or not."""
    async with platform.database.read() as connection:
        servers = await service.servers_of(connection, owner.id)
    return [ServerRead.of(server) for server in servers]


@router.get("/online", include_in_schema=False)
@router.get(
    "/list/online", response_model=list[ServerRead], responses=refusals(), openapi_extra=documented_query(Choice)
)
async def online_servers(request: Request) -> Response:
    """The game servers that gave a sign of life within the last minute."""
    # A crowd asks this. It asks without a query, so nothing is spent on reading one.
    choice = read_query(request, Choice) if request.scope["query_string"] else None
    servers: Servers = request.app.state.servers
    online = await servers.online.now()
    return Response(online.json if choice is None else online.choose(choice), media_type="application/json")


@admin_router.get("/{server_id}/admins", responses=api_refusals(401, 403, 404, 429))
async def server_admins(
    server_id: _ServerInPath, caller: CurrentUser, platform: CurrentPlatform
) -> list[ServerAdminRead]:
    """Who looks after a game server: its owner, then its admins. For them, and for administrators of the platform."""
    async with platform.database.read() as connection:
        await admins.check_may_manage(connection, ServerId(server_id), caller)
        found = await admins.admins_of(connection, ServerId(server_id))
    return [ServerAdminRead.of(admin) for admin in found]


@admin_router.post("/{server_id}/admins", status_code=201, responses=api_refusals(401, 403, 404, 409, 429))
async def add_server_admin(
    server_id: _ServerInPath, wanted: NewServerAdmin, caller: CurrentUser, platform: CurrentPlatform
) -> ServerAdminRead:
    """Let another account look after a game server, like its owner. For those who do so, and for administrators."""
    async with platform.database.write() as transaction:
        await admins.check_may_manage(transaction, ServerId(server_id), caller)
        account = await admins.find_new_admin(transaction, wanted.account_id, wanted.display_name)
        limit = platform.settings.admins_per_server
        added = await admins.add_admin(transaction, ServerId(server_id), account, limit=limit, now=utc_now())
    return ServerAdminRead.of(added)


@admin_router.delete("/{server_id}/admins/{account_id}", responses=api_refusals(401, 403, 404, 429))
async def remove_server_admin(
    server_id: _ServerInPath,
    account_id: Annotated[Id, Path(examples=[58])],
    caller: CurrentUser,
    platform: CurrentPlatform,
) -> None:
    """End an account's looking after a game server, one's own too. The owner stays."""
    async with platform.database.write() as transaction:
        await admins.check_may_manage(transaction, ServerId(server_id), caller)
        await admins.remove_admin(transaction, ServerId(server_id), AccountId(account_id))


@admin_router.post("/{server_id}/reset_token", responses=api_refusals(401, 403, 404, 429))
async def reset_server_token(server_id: _ServerInPath, caller: CurrentUser, platform: CurrentPlatform) -> ServerToken:
    """Give a game server another secret; the old one is void at once. For those who look after it."""
    async with platform.database.write() as transaction:
        await admins.check_may_manage(transaction, ServerId(server_id), caller)
        renewed = await service.reset_secret(transaction, ServerId(server_id))
    return ServerToken(token=renewed.secret)
