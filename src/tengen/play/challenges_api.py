"""Challenges in the dialect of OGS: `/api/v1/challenges`, `/api/v1/me/challenges`, `/api/v1/players/{id}/challenge`."""

import re
from typing import Annotated

import pydantic_core
from fastapi import Depends, Path, Request
from fastapi.responses import Response

from tengen.core.errors import Invalid
from tengen.core.values import PlayerId
from tengen.oauth.guards import CurrentAccount
from tengen.play import challenges
from tengen.play.challenge_desk import ChallengeDesk
from tengen.play.challenge_schemas import (
    ChallengeAnswer,
    ChallengeEnded,
    ChallengeMade,
    ChallengePage,
    ChallengeRead,
    ChallengeSettings,
    GameBegun,
)
from tengen.play.challenges import Challenge, ChallengeId, no_such_challenge
from tengen.play.declines import Decline
from tengen.players.service import Player
from tengen.profiles.guards import CurrentProfiles, PathId
from tengen.web.bodies import either_router
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import api_refusals
from tengen.web.paging import PageChoice, page_object
from tengen.web.queries import documented_query, read_query

router = either_router("/api/v1", "live games")

_JSON = "application/json"
_ID = re.compile(r"[0-9]{1,18}")


class NothingAsked(Invalid):
    """The request does not say what is to become of the challenge."""

    code = "nothing_asked"


async def _desk(request: Request) -> ChallengeDesk:
    desk: ChallengeDesk = request.app.state.challenges
    return desk


async def _caller(account: CurrentAccount, profiles: CurrentProfiles) -> Player:
    """The caller's player on this platform."""
    return (await profiles.of_account(account.id)).player


async def _challenge_id(
    challenge_id: Annotated[str, Path(examples=[50123], json_schema_extra={"type": "integer"})],
) -> ChallengeId:
    """The id in the path. What is no id is no challenge's."""
    if _ID.fullmatch(challenge_id) is None:
        raise no_such_challenge()
    return ChallengeId(int(challenge_id))


CurrentDesk = Annotated[ChallengeDesk, Depends(_desk)]
Caller = Annotated[Player, Depends(_caller)]
WantedId = Annotated[ChallengeId, Depends(_challenge_id)]


# ── offering ──


@router.post("/challenges", responses=api_refusals(401, 403, 409, 429))
async def challenge_all(
    settings: ChallengeSettings, caller: Caller, desk: CurrentDesk, request: Request
) -> ChallengeMade:
    """Offer a game to whoever fits the rank limits. The game has its id at once, and begins once somebody accepts."""
    return _made(await desk.offer(settings.offer(request.query_params), caller))


@router.post("/players/{player_id}/challenge", responses=api_refusals(401, 403, 404, 409, 429))
async def challenge_player(
    player_id: PathId, settings: ChallengeSettings, caller: Caller, desk: CurrentDesk, request: Request
) -> ChallengeMade:
    """Offer a game to a player, who is notified. Rank limits do not matter then."""
    return _made(await desk.offer(settings.offer(request.query_params), caller, player_id))


def _made(challenge: Challenge) -> ChallengeMade:
    return ChallengeMade(status="ok", challenge=challenge.id, game=challenge.game_id, uuid=challenge.uuid)


# ── looking ──


@router.get(
    "/challenges",
    response_model=ChallengePage,
    responses=api_refusals(401, 403, 429),
    openapi_extra=documented_query(PageChoice),
)
async def open_challenges(
    _caller: CurrentAccount, desk: CurrentDesk, platform: CurrentPlatform, request: Request
) -> Response:
    """The challenges that are open to all, the latest first, one's own and those for other ranks among them."""
    choice = read_query(request, PageChoice)
    async with platform.database.read() as connection:
        count, found = await challenges.page_of_open(connection, offset=choice.offset, limit=choice.size)
    return _json(page_object(request, choice, count, await desk.elements(found)))


@router.get(
    "/me/challenges",
    response_model=ChallengePage,
    responses=api_refusals(401, 403, 429),
    openapi_extra=documented_query(PageChoice),
)
async def my_challenges(caller: Caller, desk: CurrentDesk, platform: CurrentPlatform, request: Request) -> Response:
    """The challenges between the caller and others that wait for an answer, received and sent, the latest first."""
    choice = read_query(request, PageChoice)
    async with platform.database.read() as connection:
        count, found = await challenges.page_of_direct(connection, caller.id, offset=choice.offset, limit=choice.size)
    return _json(page_object(request, choice, count, await desk.elements(found)))


@router.get("/challenges/uu-{uuid}", response_model=ChallengeRead, responses=api_refusals(401, 403, 404, 429))
async def challenge_by_uuid(
    uuid: Annotated[str, Path(examples=["3tiGdpJSds8kbo3ZBCbqv6"])],
    caller: Caller,
    desk: CurrentDesk,
    platform: CurrentPlatform,
) -> Response:
    """The challenge that the caller was told of."""
    async with platform.database.read() as connection:
        found = await challenges.find_by_uuid(connection, uuid, reader=caller.id)
    return await _shown(desk, found)


@router.get("/me/challenges/{challenge_id}", response_model=ChallengeRead, responses=api_refusals(401, 403, 404, 429))
async def challenge_details(challenge_id: WantedId, caller: Caller, desk: CurrentDesk) -> Response:
    """A challenge that waits for an answer: one of the caller's, or an open one."""
    return await _shown(desk, await desk.find(challenge_id, caller.id))


async def _shown(desk: ChallengeDesk, challenge: Challenge) -> Response:
    (element,) = await desk.elements([challenge])
    return _json(element)


def _json(value: object) -> Response:
    return Response(pydantic_core.to_json(value), media_type=_JSON)


# ── answering ──


@router.post("/challenges/{challenge_id}/accept", responses=api_refusals(401, 403, 404, 429))
@router.post("/me/challenges/{challenge_id}/accept", responses=api_refusals(401, 403, 404, 429))
async def accept_challenge(challenge_id: WantedId, caller: Caller, desk: CurrentDesk) -> GameBegun:
    """Begin the game: the challenged player, or of an open challenge whoever fits its rank limits."""
    begun = await desk.accept(challenge_id, caller.id)
    return GameBegun(success="Challenge accepted", game=begun.game_id, time_per_move=begun.time_per_move)


@router.delete("/challenges/{challenge_id}", responses=api_refusals(401, 403, 404, 429))
@router.delete("/me/challenges/{challenge_id}", responses=api_refusals(401, 403, 404, 429))
async def end_challenge(challenge_id: WantedId, caller: Caller, desk: CurrentDesk) -> ChallengeEnded:
    """Decline a challenge that one has got, or withdraw one's own."""
    return await _end(challenge_id, caller.id, desk, Decline())


@router.post("/me/challenges/{challenge_id}", responses=api_refusals(401, 403, 404, 429))
async def answer_challenge(
    challenge_id: WantedId, answer: ChallengeAnswer, caller: Caller, desk: CurrentDesk
) -> ChallengeEnded:
    """The same with a word to the challenger: `delete` must be true."""
    if not answer.delete:
        raise NothingAsked("Send delete as true to decline or withdraw the challenge; to accept it, POST to …/accept.")
    return await _end(challenge_id, caller.id, desk, answer.decline())


async def _end(challenge_id: ChallengeId, player_id: PlayerId, desk: ChallengeDesk, decline: Decline) -> ChallengeEnded:
    ended = await desk.refuse(challenge_id, player_id, decline)
    is_own = ended.challenger == player_id
    return ChallengeEnded(success="Challenge withdrawn" if is_own else "Challenge declined")
