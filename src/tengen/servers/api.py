"""The game-server directory in the dialect of the metaserver: `/v1/server/*`."""

from fastapi import Request, Response

from tengen.accounts.guards import CurrentUser
from tengen.core.values import utc_now
from tengen.servers import service
from tengen.servers.guards import CurrentServer
from tengen.servers.online import Choice
from tengen.servers.runtime import Servers
from tengen.servers.schemas import ServerCreate, ServerLogin, ServerRead, ServerUpdate
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import refusals
from tengen.web.queries import documented_query, read_query
from tengen.web.routing import lenient_router

router = lenient_router("/v1/server", "game servers")


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
