"""The pages for people who look around: the home page, and one for each game server."""

import re
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from tengen.core.values import ServerId, utc_now
from tengen.home import service
from tengen.ratings.shown_pools import ShownPools
from tengen.servers.service import ServerNotFound
from tengen.web.context import CurrentPlatform
from tengen.web.html import page
from tengen.web.negotiation import prefers_html
from tengen.web.openapi import refusals
from tengen.web.routing import LateRoute

router = APIRouter(tags=["platform"], route_class=LateRoute)

_ID = re.compile(r"[1-9][0-9]{0,17}")

_ALIVE: dict[int | str, dict[str, Any]] = {
    **refusals(),
    200: {
        "description": "The platform lives.",
        "content": {
            "application/json": {"schema": {"const": "OK"}, "example": "OK"},
            "text/html": {"schema": {"type": "string"}},
        },
    },
}


@router.get("/", response_class=Response, responses=_ALIVE)
async def home(request: Request, platform: CurrentPlatform) -> Response:
    """Alive check: the JSON string `"OK"`. Whoever prefers HTML, as browsers do, gets the home page."""
    if not prefers_html(request.headers.get("Accept")):
        return JSONResponse("OK", headers={"Vary": "Accept"})
    now = utc_now()
    window = timedelta(seconds=platform.settings.heartbeat_window_seconds)
    async with platform.database.read() as connection:
        overview = await service.overview(
            connection, now=now, heartbeat_window=window, pools=await _pools(request).now(connection)
        )
    return page(
        "home.html",
        headers={"Vary": "Accept"},
        online=overview.online,
        games=overview.games,
        go_places=overview.go_places,
        matches=overview.matches,
        boards=overview.boards,
        address=platform.settings.public_url,
        heartbeat_seconds=int(window.total_seconds()),
        now=now,
    )


@router.get("/servers/{server_id}", response_class=HTMLResponse, include_in_schema=False)
async def game_server(server_id: str, request: Request, platform: CurrentPlatform) -> HTMLResponse:
    """A game server: its state, its best players, what was played there lately."""
    # Not read by the router: thousands of digits are too many for it.
    if _ID.fullmatch(server_id) is None:
        raise ServerNotFound("There is no such game server.")
    now = utc_now()
    window = timedelta(seconds=platform.settings.heartbeat_window_seconds)
    async with platform.database.read() as connection:
        report = await service.server_report(
            connection,
            ServerId(int(server_id)),
            now=now,
            heartbeat_window=window,
            pools=await _pools(request).now(connection),
        )
    return page(
        "server.html",
        server=report.server,
        is_online=report.is_online,
        games=report.games,
        matches=report.matches,
        places=report.places,
        now=now,
    )


def _pools(request: Request) -> ShownPools:
    pools: ShownPools = request.app.state.profiles.shown_pools
    return pools
