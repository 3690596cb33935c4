"""A player's games in the dialect of OGS: those that are being played, all in pages, and all about a player."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pydantic_core
from fastapi import APIRouter, Request
from fastapi.responses import Response

from tengen.core.values import PlayerId, utc_now
from tengen.oauth.guards import CurrentAccount, MaybeAccount
from tengen.play.clock_messages import Json
from tengen.play.game_list import active_game
from tengen.play.game_rows import game_row, running_row
from tengen.play.game_schemas import FullPlayerWithGames, GameChoice, GameRowPage, Overview
from tengen.play.guards import CurrentPlay
from tengen.play.player_games import ListedGame, page_of_games
from tengen.play.runtime import Play
from tengen.profiles.guards import CurrentProfiles, PathId
from tengen.profiles.service import Profile, no_such_player
from tengen.web.openapi import api_refusals
from tengen.web.paging import page_object
from tengen.web.queries import documented_query, read_query

if TYPE_CHECKING:
    from tengen.friends.runtime import Friends
    from tengen.profiles.runtime import Profiles

router = APIRouter(prefix="/api/v1", tags=["games"])

_JSON = "application/json"


@router.get("/ui/overview", response_model=Overview, responses=api_refusals(401, 403, 429))
async def get_overview(caller: CurrentAccount, play: CurrentPlay, profiles: CurrentProfiles) -> Response:
    """The games that the caller is playing, the latest first: 200 at most."""
    player_id = (await profiles.of_account(caller.id)).player.id
    return _answer({"active_games": await _active_games(play, player_id, reader=player_id)})


@router.get(
    "/me/games",
    response_model=GameRowPage,
    responses=api_refusals(401, 403, 429),
    openapi_extra=documented_query(GameChoice),
)
async def get_my_games(caller: CurrentAccount, profiles: CurrentProfiles, request: Request) -> Response:
    """The caller's games on this platform: those being played and those that are over."""
    return await _page(request, profiles, (await profiles.of_account(caller.id)).player.id)


@router.head("/players/{player_id}/games", include_in_schema=False)
@router.get(
    "/players/{player_id}/games",
    response_model=GameRowPage,
    responses=api_refusals(404),
    openapi_extra=documented_query(GameChoice),
)
async def get_player_games(player_id: PathId, profiles: CurrentProfiles, request: Request) -> Response:
    """A player's games of Go: those that were reported, those played here, and those that are being played."""
    if await profiles.get(player_id) is None:
        raise no_such_player()
    return await _page(request, profiles, player_id)


@router.get("/players/{player_id}/full", response_model=FullPlayerWithGames, responses=api_refusals(401, 403, 404, 429))
async def get_full_player(
    player_id: PathId, caller: MaybeAccount, play: CurrentPlay, profiles: CurrentProfiles, request: Request
) -> Response:
    """Everything about a player, as the caller may see it, with the games that the player is playing."""
    friends: Friends = request.app.state.friends
    full = await friends.full(player_id, caller)
    reader = None if caller is None else (await profiles.of_account(caller.id)).player.id
    return _answer({**dict(full), "active_games": await _active_games(play, player_id, reader=reader)})


async def _active_games(play: Play, player_id: PlayerId, *, reader: PlayerId | None) -> list[Json]:
    """Those that `reader` may see; None is a guest."""
    now = utc_now()
    found = await play.active_games(player_id)
    return [
        active_game(info, game, now)
        for info, game in found
        if not info.is_private or info.terms.seat_of(reader) is not None
    ]


async def _page(request: Request, profiles: "Profiles", player_id: PlayerId) -> Response:
    choice = read_query(request, GameChoice)
    async with request.app.state.platform.database.read() as connection:
        count, found = await page_of_games(
            connection, player_id, newest_first=choice.newest_first, offset=choice.offset, limit=choice.size
        )
    known = await profiles.all([player for game in found for player in game.players])
    return _answer(page_object(request, choice, count, [_row(game, known) for game in found]))


def _row(game: ListedGame, known: Mapping[PlayerId, Profile]) -> Json:
    if game.over is not None:
        return game_row(game.over, game.began, known)
    assert game.began is not None  # whatever is listed is one or the other
    return running_row(*game.began, known)


def _answer(found: Json) -> Response:
    return Response(pydantic_core.to_json(found), media_type=_JSON)
