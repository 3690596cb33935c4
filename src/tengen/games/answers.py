"""Answers that hold games."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pydantic_core
from fastapi import Request
from fastapi.responses import Response

from tengen.games.schemas import game_object
from tengen.games.service import Game

if TYPE_CHECKING:
    from tengen.profiles.runtime import Profiles


async def game_objects(request: Request, games: Sequence[Game]) -> list[dict[str, Any]]:
    """These games on the wire, with their players as they are now."""
    profiles: Profiles = request.app.state.profiles
    found = await profiles.all([player for game in games for player in (game.black, game.white)])
    return [game_object(game, found) for game in games]


async def game_answer(
    request: Request, game: Game, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """One game as an answer."""
    (found,) = await game_objects(request, [game])
    return Response(pydantic_core.to_json(found), status, media_type="application/json", headers=dict(headers or {}))
