"""Reported games afterwards: corrected, annulled, restored, each with its reason."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tengen.core.values import utc_now
from tengen.games import corrections
from tengen.games.answers import game_answer
from tengen.games.corrections import Correction
from tengen.games.guards import SERVER_TOKEN, Changer, CurrentPools, PathId
from tengen.games.report import Report
from tengen.games.schemas import Annulment, CorrectionIn, GameChangeRead, GameRead
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import api_refusals
from tengen.web.routing import LateRoute

router = APIRouter(prefix="/api/v1/games", tags=["games"], route_class=LateRoute)

_DOCUMENT: dict[str, Any] = {
    "parameters": [
        {
            "name": SERVER_TOKEN,
            "in": "header",
            "required": False,
            "description": "The secret of the game's server, instead of signing in.",
            "schema": {"type": "string", "maxLength": 200},
        }
    ]
}


@router.head("/{game_id}/history", include_in_schema=False)
@router.get("/{game_id}/history", responses=api_refusals(404))
async def get_game_history(game_id: PathId, platform: CurrentPlatform) -> list[GameChangeRead]:
    """What was done to the game after it was reported, in order."""
    async with platform.database.read() as connection:
        return [GameChangeRead.of(change) for change in await corrections.history(connection, game_id)]


@router.patch(
    "/{game_id}",
    responses=api_refusals(401, 403, 404, 409, 429),
    response_model=GameRead,
    openapi_extra=_DOCUMENT,
)
async def correct(
    game_id: PathId, right: CorrectionIn, by: Changer, request: Request, platform: CurrentPlatform, pools: CurrentPools
) -> Response:
    """Put right what was reported wrongly, as the game's server, one of its admins, or an admin of the platform.

    Ratings follow in a moment, as if it had been reported so.
    """
    now = utc_now()
    correction = Correction(
        result=None if right.result is None else Report({"result": right.result}).result,
        handicap=right.handicap,
        komi=right.komi,
        played_at=None if right.date_played is None else Report({"date_played": right.date_played}).played_at(now),
        ranked=right.ranked,
        swap_colors=right.swap_colors,
    )
    async with platform.database.write() as transaction:
        game = await corrections.correct(
            transaction, game_id, correction, reason=right.reason, account_id=by, pools=pools, now=now
        )
    return await game_answer(request, game)


@router.post(
    "/{game_id}/annul",
    responses=api_refusals(401, 403, 404, 409, 429),
    response_model=GameRead,
    openapi_extra=_DOCUMENT,
)
async def annul(
    game_id: PathId, annulment: Annulment, by: Changer, request: Request, platform: CurrentPlatform, pools: CurrentPools
) -> Response:
    """Take a game back: it stays to be seen, and rates nothing. By whom, and when ratings follow: as a correction."""
    async with platform.database.write() as transaction:
        game = await corrections.annul(
            transaction, game_id, reason=annulment.reason, account_id=by, pools=pools, now=utc_now()
        )
    return await game_answer(request, game)


@router.post(
    "/{game_id}/restore",
    responses=api_refusals(401, 403, 404, 409, 429),
    response_model=GameRead,
    openapi_extra=_DOCUMENT,
)
async def restore(
    game_id: PathId, annulment: Annulment, by: Changer, request: Request, platform: CurrentPlatform, pools: CurrentPools
) -> Response:
    """Let an annulled game count again. By whom, and when ratings follow: as a correction."""
    async with platform.database.write() as transaction:
        game = await corrections.restore(
            transaction, game_id, reason=annulment.reason, account_id=by, pools=pools, now=utc_now()
        )
    return await game_answer(request, game)
