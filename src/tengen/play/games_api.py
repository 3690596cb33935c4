"""A game by its number, in the dialects of online-ratings and OGS: `/api/v1/games/<id>`, its record and its pictures.

One resource for all games: those that servers have reported, those that were played here, those that are being played.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import pydantic_core
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tengen.core.values import utc_now
from tengen.games import service as games
from tengen.games.answers import game_answer, game_objects
from tengen.games.guards import PathId
from tengen.play.drawing import Diagram, svg_of
from tengen.play.events import LineSaid
from tengen.play.game_rows import live_game_object
from tengen.play.game_schemas import AnyGameRead, GameState, ReviewPage
from tengen.play.guards import PathGame, SeenGame, find_game
from tengen.play.positions import RecordedPosition, state_of
from tengen.play.records import record_of
from tengen.play.runtime import game_address
from tengen.play.tables import Table
from tengen.web.context import CurrentPictures, CurrentPlatform
from tengen.web.openapi import api_refusals

if TYPE_CHECKING:
    from tengen.profiles.runtime import Profiles

router = APIRouter(prefix="/api/v1/games", tags=["games"])
files_router = APIRouter(tags=["games"])

_JSON, _SGF, _PNG = "application/json", "application/x-go-sgf", "image/png"

WithoutComments = Annotated[
    bool, Query(alias="without-comments", description="Leave out what was said, of a game that was played here.")
]


# HEAD works where GET does, and the document need not say so.


@router.head("/{game_id}", include_in_schema=False)
@router.get("/{game_id}", responses=api_refusals(401, 403, 404), response_model=AnyGameRead)
async def get_game(game_id: PathId, request: Request) -> Response:
    """A game of Go. One that is or was played here comes with its `gamedata`; a private one is shown to its players.

    While it is played, its result is `?`.
    """
    game = await find_game(game_id, request)  # not by `Depends`, which costs as much as all the rest
    if game.table is None:
        assert game.reported is not None
        return await game_answer(request, game.reported)
    profiles: Profiles = request.app.state.profiles
    info, start, live = game.table.info, game.table.start, game.table.game
    found = await profiles.all([info.black.id, info.white.id])
    answer = live_game_object(info, start, live, found, utc_now(), game.reported)
    return Response(pydantic_core.to_json(answer), media_type=_JSON)


@router.head("/{game_id}/sgf", include_in_schema=False)
@router.get(
    "/{game_id}/sgf",
    response_class=Response,
    responses={**api_refusals(401, 403, 404), 200: {"content": {_SGF: {}}, "description": "The record."}},
)
async def get_game_sgf(
    game: PathGame, platform: CurrentPlatform, without_comments: WithoutComments = False
) -> Response:
    """The record: as it was reported, byte for byte, and empty if the game has none; or of a game played here.

    What was said in a game stands in its record when it is over.
    """
    return await _sgf(game, platform, without_comments=without_comments)


@router.head("/{game_id}/sgf/{file_name}.sgf", include_in_schema=False)
@router.get("/{game_id}/sgf/{file_name}.sgf", include_in_schema=False)
async def get_named_sgf(
    game: PathGame, platform: CurrentPlatform, without_comments: WithoutComments = False
) -> Response:
    """The same under any name, by which browsers save it."""
    return await _sgf(game, platform, without_comments=without_comments)


@files_router.head("/sgf/{game_id}.sgf", include_in_schema=False)
@files_router.get("/sgf/{game_id}.sgf", include_in_schema=False)
async def get_sgf_file(
    game: PathGame, platform: CurrentPlatform, without_comments: WithoutComments = False
) -> Response:
    """The same at the address that OGS' page has for it."""
    return await _sgf(game, platform, without_comments=without_comments)


@router.head("/{game_id}/png", include_in_schema=False)
@router.get(
    "/{game_id}/png",
    response_class=Response,
    responses={**api_refusals(401, 403, 404, 429), 200: {"content": {_PNG: {}}, "description": "The picture."}},
)
async def get_game_png(game: PathGame, platform: CurrentPlatform, pictures: CurrentPictures) -> Response:
    """The position: of a running game as it is, of any other as it ended."""
    return await _png(game, platform, pictures)


@files_router.head("/png/{game_id}.png", include_in_schema=False)
@files_router.get("/png/{game_id}.png", include_in_schema=False)
async def get_png_file(game: PathGame, platform: CurrentPlatform, pictures: CurrentPictures) -> Response:
    """The same at the address that OGS' page has for it."""
    return await _png(game, platform, pictures)


@router.head("/{game_id}/state", include_in_schema=False)
@router.get("/{game_id}/state", responses=api_refusals(401, 403, 404), response_model=GameState)
async def get_game_state(game: PathGame, request: Request, platform: CurrentPlatform) -> Response:
    """Where the game stands, point by point."""
    if game.table is not None:
        found = state_of(game.table.info, game.table.game)
    else:
        assert game.reported is not None
        position = await _recorded(game, platform)
        (whole,) = await game_objects(request, [game.reported])
        found = position.state(whole["outcome"])
    return Response(pydantic_core.to_json(found), media_type=_JSON)


@router.head("/{game_id}/reviews", include_in_schema=False)
@router.get("/{game_id}/reviews", responses=api_refusals(401, 403, 404))
async def get_game_reviews(_game: PathGame) -> ReviewPage:
    """The reviews of a game: none, for nobody can make one here."""
    return ReviewPage(count=0, next=None, previous=None, results=[])


async def _sgf(game: SeenGame, platform: CurrentPlatform, *, without_comments: bool) -> Response:
    if game.table is None:
        async with platform.database.read() as connection:
            content = await games.record_of(connection, game.id)
    else:
        content = _record(game.table, platform, without_comments=without_comments)
    # The type without a charset: the bytes are in whatever encoding they name.
    return Response(content, headers={"Content-Type": _SGF, "Content-Disposition": f'inline; filename="{game.id}.sgf"'})


def _record(table: Table, platform: CurrentPlatform, *, without_comments: bool) -> bytes:
    return record_of(
        table.info,
        table.game,
        address=game_address(platform.settings.public_url.rstrip("/"), table.info.id),
        lines=[one.event.line for one in table.lines if isinstance(one.event, LineSaid)],
        names=table.names,
        with_comments=not without_comments,
    )


async def _png(game: SeenGame, platform: CurrentPlatform, pictures: CurrentPictures) -> Response:
    diagram = (await _recorded(game, platform)).diagram if game.table is None else Diagram.of(game.table.game)
    png = await pictures.png(svg_of(diagram, title="", with_coordinates=False))
    return Response(png, media_type=_PNG)


async def _recorded(game: SeenGame, platform: CurrentPlatform) -> RecordedPosition:
    async with platform.database.read() as connection:
        content = await games.record_of(connection, game.id)
    return await asyncio.to_thread(RecordedPosition.of, content)
