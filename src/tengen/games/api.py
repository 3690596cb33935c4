"""Games of Go, reported and read, in the dialects of online-ratings and OGS: `/api/v1/games`.

One game by its number is found in `tengen.play.games_api`, for it may be played here.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pydantic_core
import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from tengen.core.errors import NotFound, TengenError
from tengen.core.values import MAX_ID, GameId, PlayerId, ServerId, utc_now
from tengen.games import rating_story, service
from tengen.games.answers import game_answer, game_objects
from tengen.games.guards import SERVER_TOKEN, PathId
from tengen.games.report import InvalidReport, MissingTokens, Tokens
from tengen.games.runtime import Games
from tengen.games.schemas import (
    BatchReport,
    GamePage,
    GameRating,
    GameRead,
    GameReport,
)
from tengen.games.service import Game, GameFilter, Place
from tengen.ratings.shown_pools import ShownPools
from tengen.web.context import CurrentPlatform, client_address
from tengen.web.errors import UnsupportedMediaType
from tengen.web.openapi import api_refusals
from tengen.web.routing import LateRoute

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/api/v1/games", tags=["games"], route_class=LateRoute)

MAX_REPORTS = 1_000
"""In a batch."""

_JSON = "application/json"
_REPLAYED = {"Idempotent-Replayed": "true"}
"""On the answer to a report that was known already."""
_TOKEN_HEADERS = (SERVER_TOKEN, "X-Auth-Black-Player-Token", "X-Auth-White-Player-Token")


def _text_header(name: str, description: str, *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "maxLength": 200},
    }


_KEY_HEADER = _text_header("Idempotency-Key", "Names the report: sent again, it is the same game.", required=False)
_REPORT_DOCUMENT: dict[str, Any] = {
    "parameters": [
        _text_header(_TOKEN_HEADERS[0], "The game server's secret.", required=True),
        _text_header(_TOKEN_HEADERS[1], "The report token of Black's player.", required=True),
        _text_header(_TOKEN_HEADERS[2], "The report token of White's player.", required=True),
        _KEY_HEADER,
    ],
    "requestBody": {"required": True, "content": {_JSON: {"schema": GameReport.model_json_schema()}}},
}
_BATCH_DOCUMENT: dict[str, Any] = {
    "parameters": [_text_header(_TOKEN_HEADERS[0], "The game server's secret.", required=True)],
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {
                "schema": {"type": "array", "maxItems": MAX_REPORTS, "items": BatchReport.model_json_schema()},
            }
        },
    },
}


# ── reporting ──


@router.post(
    "",
    name="wrapped",  # as online-ratings calls it in its index
    status_code=201,
    response_model=GameRead,
    responses=api_refusals(403, 404, 409, 415, 429),
    openapi_extra=_REPORT_DOCUMENT,
)
async def report_game(request: Request) -> Response:
    """Report a finished game: it is stored, and both players' ratings move, together or not at all.

    The same report again, by its `Idempotency-Key` or by its players, time and record, answers with the same game.
    """
    if _JSON not in request.headers.get("content-type", "").lower():
        raise UnsupportedMediaType("Send the report as application/json.")
    body = _json(await request.body())
    server, black, white = (request.headers.get(name) for name in _TOKEN_HEADERS)
    games: Games = request.app.state.games
    reported = await games.reporter.accept(
        body,
        None if server is None or black is None or white is None else Tokens(server, black, white),
        key=request.headers.get("Idempotency-Key"),
        address=client_address(request),
        now=utc_now(),
    )
    headers = {"Location": f"/api/v1/games/{reported.game.id}", **({} if reported.is_new else _REPLAYED)}
    return await game_answer(request, reported.game, status=201, headers=headers)


@router.post(
    "/batch",
    response_class=StreamingResponse,
    responses={
        **api_refusals(403, 404, 415, 429),
        200: {
            "content": {"application/x-ndjson": {}},
            "description": "A line for each report, in order: `index`, `status`, and `game` or `code` and `message`.",
        },
    },
    openapi_extra=_BATCH_DOCUMENT,
)
async def report_games(request: Request) -> Response:
    """Report up to 1,000 games, each accepted or refused on its own, in the order in which they are sent.

    The answer is a line of JSON for each, sent as soon as its game is stored.
    """
    if _JSON not in request.headers.get("content-type", "").lower():
        raise UnsupportedMediaType("Send the reports as application/json.")
    token = request.headers.get(_TOKEN_HEADERS[0])
    if token is None:
        raise MissingTokens(f"Did not submit the required {_TOKEN_HEADERS[0]} header.")
    reports = _json(await request.body())
    if not isinstance(reports, list) or len(reports) > MAX_REPORTS:
        raise InvalidReport(f"A batch is a JSON list of at most {MAX_REPORTS:,} reports.")
    return StreamingResponse(_each_reported(request, token, reports), media_type="application/x-ndjson")


async def _each_reported(request: Request, token: str, reports: Sequence[Any]) -> AsyncIterator[bytes]:
    for index, body in enumerate(reports):
        answer = await _reported(request, token, body)
        yield pydantic_core.to_json({"index": index, **answer}) + b"\n"
        await asyncio.sleep(0)  # on SQLite a report may end without having waited for anything


async def _reported(request: Request, token: str, body: Any) -> Mapping[str, Any]:
    games: Games = request.app.state.games
    try:
        reported = await games.reporter.accept(
            body,
            _tokens_in(body, token),
            key=_key_in(body),
            address=client_address(request),
            now=utc_now(),
        )
        (found,) = await game_objects(request, [reported.game])
    except TengenError as error:
        return {"status": error.status, "code": error.code, "message": error.message}
    except SQLAlchemyError as error:  # the answer has begun: the other reports have theirs, and this one may come again
        log.error("batch_report_failed", error=str(error).splitlines()[0])
        return {"status": 503, "code": "unavailable", "message": "The database does not answer. Send it again."}
    return {"status": 201, "is_new": reported.is_new, "game": found}


def _tokens_in(body: Any, server: str) -> Tokens | None:
    black, white = (body.get(name) if isinstance(body, dict) else None for name in ("black_token", "white_token"))
    return Tokens(server, black, white) if isinstance(black, str) and isinstance(white, str) else None


def _key_in(body: Any) -> str | None:
    key = body.get("idempotency_key") if isinstance(body, dict) else None
    if key is None or isinstance(key, str):
        return key
    raise InvalidReport("idempotency_key must be a text.")


def _json(body: bytes) -> Any:
    try:
        return pydantic_core.from_json(body)
    except ValueError as error:
        raise InvalidReport("The body is not JSON.") from error


# ── reading ──


# HEAD works where GET does, and the document need not say so.


@router.head("", include_in_schema=False)
@router.get("", responses=api_refusals(404), response_model=GamePage)
async def list_games(
    request: Request,
    platform: CurrentPlatform,
    player_id: Annotated[int | None, Query(ge=0, le=MAX_ID, description="Games of this player.")] = None,
    server_id: Annotated[int | None, Query(ge=0, le=MAX_ID, description="Games played on this server.")] = None,
    pool: Annotated[str | None, Query(max_length=40, description="Games that moved ratings of this pool.")] = None,
    since: Annotated[datetime | None, Query(description="Played at this time or later.")] = None,
    until: Annotated[datetime | None, Query(description="Played before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    after: Annotated[str | None, Query(max_length=100, description="From `next` of the page before.")] = None,
) -> Response:
    """Games of Go, those played last first."""
    wanted = GameFilter(
        player_ids=None if player_id is None else [PlayerId(player_id)],
        server_id=None if server_id is None else ServerId(server_id),
        pool=pool,
        since=_instant(since, "since"),
        until=_instant(until, "until"),
    )
    async with platform.database.read() as connection:
        games = await service.list_games(
            connection, wanted, after=None if after is None else _place(after), limit=limit + 1
        )
    page = games[:limit]
    following = None
    if len(games) > limit:
        url = request.url.include_query_params(after=_cursor(page[-1]))
        following = f"{platform.settings.public_url}{url.path}?{url.query}"
    found = await game_objects(request, page)
    return Response(pydantic_core.to_json({"next": following, "previous": None, "results": found}), media_type=_JSON)


@router.head("/{game_id}/rating", include_in_schema=False)
@router.get("/{game_id}/rating", responses=api_refusals(404))
async def get_game_rating(game_id: PathId, request: Request, platform: CurrentPlatform) -> GameRating:
    """What the game did to its players' ratings, and why."""
    shown_pools: ShownPools = request.app.state.games.shown_pools
    async with platform.database.read() as connection:
        return await rating_story.story_of(connection, game_id, pools=await shown_pools.now(connection))


def _instant(value: datetime | None, name: str) -> datetime | None:
    """An aware instant in UTC; what has no offset is in UTC."""
    if value is None:
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise InvalidReport(f"{name} is beyond what a calendar holds.") from error


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _cursor(game: Game) -> str:
    """Where the page ends, for `after` of the next."""
    place = [(game.played_at - _EPOCH) // _MICROSECOND, game.id]
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    try:
        microseconds, game_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if type(microseconds) is not int or type(game_id) is not int or not 0 <= game_id <= MAX_ID:
            raise ValueError
        return Place(_EPOCH + microseconds * _MICROSECOND, GameId(game_id))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise NotFound("There is no such page: `after` is not from an answer of this list.") from error
