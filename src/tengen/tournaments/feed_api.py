"""The feed of a tournament over HTTP: `/api/v2/tournaments/{id}/feed`."""

import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from tengen.tournaments.feed import Feed, Follower, Told
from tengen.tournaments.feed_schemas import FEED_CONTENT, MEDIA_TYPE, event_bytes, heartbeat_bytes, retry_bytes
from tengen.tournaments.guards import ApiCaller
from tengen.tournaments.positions import InvalidPosition, Position
from tengen.web.context import client_address
from tengen.web.openapi import Id, coded_refusals

router = APIRouter(prefix="/api/v2/tournaments", tags=["tournaments"])

# Whoever follows comes again when a server was restarted: not all in the same moment.
_LEAST_RETRY, _MOST_RETRY = 1_000, 5_000

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _after(
    request: Request,
    tournament_id: Id,
    after: Annotated[str | None, Query(description="Go on after the event of this id.")] = None,
    last_event_id: Annotated[
        str | None, Header(description="The same, as browsers send it when they come again. It counts before `after`.")
    ] = None,
) -> Position | None:
    feed: Feed = request.app.state.feed
    if last_event_id:
        try:
            return feed.positions.read(last_event_id, tournament_id)
        except InvalidPosition:
            return None  # browsers would not come again if it were refused
    return feed.positions.read(after, tournament_id) if after else None


async def _follower(
    request: Request, tournament_id: Id, caller: ApiCaller, after: Annotated[Position | None, Depends(_after)]
) -> AsyncIterator[Follower]:
    feed: Feed = request.app.state.feed
    async with feed.following(tournament_id, caller, address=client_address(request), after=after) as follower:
        yield follower


@router.get(
    "/{tournament_id}/feed",
    response_class=StreamingResponse,
    responses={**coded_refusals(400, 404), 200: FEED_CONTENT},
)
async def follow_tournament(request: Request, follower: Annotated[Follower, Depends(_follower)]) -> StreamingResponse:
    """What happens in a tournament, as it happens: server-sent events, for pages that show it live.

    An event has a name (`event`), an `id` and JSON in its `data`:

    - `resync`: load everything that you show. It comes first, so that nothing is missed between page and feed, and
      again if you have missed too much to be told one by one.
    - `submission`, `disqualified`, `restored`: a result may have changed; load the standings (`standings` is true).
    - `entry`: somebody takes part from now on, or does so no more.
    - `started`, `ended`, `edited`, `cancelled`: the tournament itself.

    While results are hidden you are told nothing of those of others. Every 15 seconds comes a sign of life: an id
    without data. The feed ends after an hour at the latest, and when the server stops: come again with the last id, as
    browsers do by themselves, and you are told what you have missed, and nothing twice. An id holds for an hour; after
    that, or if it is not known, the feed begins with `resync`.
    """
    feed: Feed = request.app.state.feed
    return StreamingResponse(_stream(feed, follower), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _stream(feed: Feed, follower: Follower) -> AsyncIterator[bytes]:
    yield retry_bytes(_LEAST_RETRY + secrets.randbelow(_MOST_RETRY - _LEAST_RETRY))
    async with aclosing(follower.told()) as parts:
        async for part in parts:
            yield b"".join([_bytes(feed, told) for told in part])


def _bytes(feed: Feed, told: Told) -> bytes:
    position = feed.positions.write(told.position)
    return heartbeat_bytes(position) if told.notice is None else event_bytes(told.notice, position)
