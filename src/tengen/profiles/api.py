"""Players and ratings, for anybody to read: what the dialects of online-ratings and OGS share, and leaderboards.

Nobody is asked who they are: a wrong `Authorization` header makes no difference here.
"""

import asyncio
import re
from typing import Annotated, Any

import pydantic_core
from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute

from tengen.core.errors import TengenError
from tengen.core.values import PlayerId
from tengen.profiles import cursors, service
from tengen.profiles.guards import PathId
from tengen.profiles.runtime import Profiles
from tengen.profiles.schemas import (
    BoardChoice,
    HistoryChoice,
    LeaderboardRead,
    MinimalPlayer,
    PlayerChoice,
    PlayerPage,
    PlayerRead,
    PlotChoice,
    RatingHistoryRead,
    history_object,
    leaderboard_object,
)
from tengen.profiles.service import Profile
from tengen.profiles.tokens import NOT_STORED
from tengen.ratings.leaderboards import Board
from tengen.web.context import CurrentPictures, CurrentPlatform, client_address
from tengen.web.etags import etag_of, has_already
from tengen.web.openapi import api_refusals
from tengen.web.paging import page_object
from tengen.web.queries import address_with, documented_query, read_query
from tengen.web.routing import LateRoute

router = APIRouter(prefix="/api/v1", tags=["players"], route_class=LateRoute)
ratings_router = APIRouter(prefix="/api/v1", tags=["ratings"], route_class=LateRoute)
greeting_router = APIRouter(tags=["platform"], route_class=LateRoute)

_JSON, _SVG, _PNG = "application/json", "image/svg+xml", "image/png"
_SVG_HEADERS = {"Content-Type": _SVG, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
"""A browser shows a drawing as a page: one that loads and runs nothing."""
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "As the client has it already"}}
_TOKEN_HEADER = "X-Auth-Player-Token"  # noqa: S105  # a header's name
_PARAMETER = re.compile(r"\{(\w+)(:\w+)?\}")


class MissingToken(TengenError):
    """The request does not say which player is wanted."""

    code, status = "missing_token", 400


# ── players ──


@router.head("/players/{player_id}", include_in_schema=False)
@router.get("/players/{player_id}", response_model=PlayerRead, responses=api_refusals(404))
async def get_player(player_id: PathId, request: Request) -> Response:
    """A player by its id, with the fields that the clients of online-ratings and of OGS read."""
    return Response(await _player(request, player_id), media_type=_JSON)


@router.head("/players", include_in_schema=False)
@router.get(
    "/players",
    response_model=PlayerRead | PlayerPage,
    responses=api_refusals(400, 404, 429),
    openapi_extra=documented_query(PlayerChoice),
)
async def get_player_by_token(request: Request) -> Response:
    """The player of a report token (also in the header `X-Auth-Player-Token`), or players by name.

    With neither, and a slash at the end of the path: a page of all players of this platform.
    """
    token = request.query_params.get("token", request.headers.get(_TOKEN_HEADER))
    if token is not None:
        profiles: Profiles = request.app.state.profiles
        player = await profiles.tokens.player(token, client_address(request))
        return Response(await _player(request, player.id), media_type=_JSON, headers=NOT_STORED)
    if "username" not in request.query_params and not request.scope.get("tengen.trailing_slash"):
        raise MissingToken("Must provide ?token=[player's token] to search for a player")
    return Response(await _page_of_players(request), media_type=_JSON)


async def _player(request: Request, player_id: PlayerId) -> bytes:
    profiles: Profiles = request.app.state.profiles
    profile = await profiles.get(player_id)
    if profile is None:
        raise service.no_such_player()
    return pydantic_core.to_json(PlayerRead.with_owner(profile, await profiles.owner_of(profile)))


async def _page_of_players(request: Request) -> bytes:
    choice = read_query(request, PlayerChoice)
    profiles: Profiles = request.app.state.profiles
    today = profiles.today
    async with request.app.state.platform.database.read() as connection:
        pools = await profiles.shown_pools.now(connection)
        if choice.username is not None:
            found = await service.players_named(connection, choice.username, pools, day=today)
            return _players(request, choice, len(found), found if choice.page == 1 else [])
        count, found = await service.page_of_players(
            connection, pools, order=choice.order, offset=choice.offset, limit=choice.size, day=today
        )
    return _players(request, choice, count, found)


def _players(request: Request, choice: PlayerChoice, count: int, found: list[Profile]) -> bytes:
    results = [MinimalPlayer.of(profile) for profile in found]
    return pydantic_core.to_json(page_object(request, choice, count, results))


# ── ratings ──


@ratings_router.head("/ratings/{pool}", include_in_schema=False)
@ratings_router.get(
    "/ratings/{pool}",
    response_model=LeaderboardRead,
    responses=api_refusals(404),
    openapi_extra=documented_query(BoardChoice),
)
async def get_leaderboard(
    pool: Annotated[str, Path(description="`go`, or `team:` and a game server's id.", examples=["go"])],
    request: Request,
) -> Response:
    """The accounts of a pool, the strongest first: those whose rating can be counted on and who played this year."""
    profiles: Profiles = request.app.state.profiles
    rated = await profiles.pool(pool)
    choice = read_query(request, BoardChoice)
    board = Board(rated, choice.provisional, choice.inactive)
    if choice.around is not None:
        page = await profiles.around(board, PlayerId(choice.around), choice.limit)
    elif choice.after is not None:
        page = await profiles.after(board, cursors.read_mark(choice.after), choice.limit)
    else:
        page = await profiles.top(board, choice.limit)
    following = None if page.end is None else address_with(request, {"after": cursors.write_mark(page.end)}, "around")
    found = leaderboard_object(rated.name, page, rated.system, day=profiles.today, next_page=following)
    return Response(pydantic_core.to_json(found), media_type=_JSON)


@ratings_router.head("/players/{player_id}/ratings", include_in_schema=False)
@ratings_router.get(
    "/players/{player_id}/ratings",
    response_model=RatingHistoryRead,
    responses=api_refusals(404),
    openapi_extra=documented_query(HistoryChoice),
)
async def get_player_ratings(player_id: PathId, request: Request, platform: CurrentPlatform) -> Response:
    """A player's rating today, and the games that moved it, the last first."""
    profiles: Profiles = request.app.state.profiles
    choice = read_query(request, HistoryChoice)
    before = None if choice.after is None else cursors.read_moment(choice.after)
    async with platform.database.read() as connection:
        pool = (await profiles.shown_pools.now(connection)).named(choice.pool)
        history = await service.rating_history(connection, player_id, pool.name, before=before, limit=choice.limit)
    following = None if history.end is None else address_with(request, {"after": cursors.write_moment(*history.end)})
    found = history_object(pool.name, history, pool.system, day=profiles.today, next_page=following)
    return Response(pydantic_core.to_json(found), media_type=_JSON)


@ratings_router.head("/players/{player_id}/ratings.svg", include_in_schema=False)
@ratings_router.get(
    "/players/{player_id}/ratings.svg",
    response_class=Response,
    responses={**api_refusals(404), 200: {"content": {_SVG: {}}, "description": "The picture."}, **_NOT_MODIFIED},
    openapi_extra=documented_query(PlotChoice),
)
async def get_player_ratings_svg(player_id: PathId, request: Request, platform: CurrentPlatform) -> Response:
    """A drawing of how a player's rating went, with its uncertainty: the last 5,000 games, light or dark as one likes.

    May be kept for a minute. Send the `ETag` again in `If-None-Match`: 304 says that nothing has changed.
    """
    svg = await _drawn_ratings(player_id, request, platform)
    headers = _headers_of(svg)
    if has_already(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(svg, headers={**headers, **_SVG_HEADERS})


@ratings_router.head("/players/{player_id}/ratings.png", include_in_schema=False)
@ratings_router.get(
    "/players/{player_id}/ratings.png",
    response_class=Response,
    responses={**api_refusals(404, 429), 200: {"content": {_PNG: {}}, "description": "The picture."}, **_NOT_MODIFIED},
    openapi_extra=documented_query(PlotChoice),
)
async def get_player_ratings_png(
    player_id: PathId, request: Request, platform: CurrentPlatform, pictures: CurrentPictures
) -> Response:
    """The same in pixels, light."""
    svg = await _drawn_ratings(player_id, request, platform)
    headers = _headers_of(svg)  # the drawing decides, and nothing is painted for who has the picture already
    if has_already(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(await pictures.png(svg), media_type=_PNG, headers=headers)


async def _drawn_ratings(player_id: PlayerId, request: Request, platform: CurrentPlatform) -> str:
    profiles: Profiles = request.app.state.profiles
    choice = read_query(request, PlotChoice)
    async with platform.database.read() as connection:
        pool = (await profiles.shown_pools.now(connection)).named(choice.pool)
        course = await service.rating_course(connection, player_id, pool.name)
    return await asyncio.to_thread(course.svg, pool, day=profiles.today, width=choice.width, height=choice.height)


def _headers_of(svg: str) -> dict[str, str]:
    return {"Cache-Control": "public, max-age=60", "ETag": etag_of(svg.encode())}


# ── what online-ratings has beside ──


@router.head("", include_in_schema=False)
@router.get("", responses=api_refusals())
async def api_list(request: Request) -> dict[str, dict[str, str]]:
    """The routes under this path, by their names: their methods, and their paths with arguments in brackets."""
    found: dict[str, tuple[set[str], str]] = {}
    for route in request.app.routes:
        if isinstance(route, APIRoute) and f"{route.path}/".startswith(f"{router.prefix}/"):
            methods, _ = found.setdefault(f"api.{route.name}", (set(), route.path))
            methods |= route.methods or set()
    return {
        name: {
            "methods": ",".join(sorted(methods)),
            "url": "/api/v1/" if path == router.prefix else _PARAMETER.sub(r"[\1]", path),
        }
        for name, (methods, path) in sorted(found.items())
    }


@greeting_router.head("/tournament", include_in_schema=False)
@greeting_router.get("/tournament", response_class=Response, include_in_schema=False)
async def greeting() -> Response:
    """What clients of online-ratings look for to see that the server is there."""
    return PlainTextResponse("Welcome to the tournaments of Tengen.")
