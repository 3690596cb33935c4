"""Tournaments in the dialect of Scoreganizer: lists, entries, keys, uploads, as its clients expect them to the letter.

What the clients have no place for (standings, hosts, replays) is under `/api/v2/tournaments`.
"""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response

from tengen.accounts.service import Account
from tengen.core.errors import NotFound
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.tournaments import service
from tengen.tournaments.entries import Step
from tengen.tournaments.feed import Feed
from tengen.tournaments.forms import UPLOAD_BODY, UploadRoute, uploaded_replay
from tengen.tournaments.guards import (
    TOKEN_REQUIRED,
    Caller,
    CurrentFeed,
    CurrentTournaments,
    LoggedIn,
    TournamentPathId,
)
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.schedule import TournamentList
from tengen.tournaments.scoreganizer_schemas import KeyRead, ListedTournament, UploadRead, WaitRefusal
from tengen.tournaments.tokens import HEADER, NotLoggedIn, SentToken
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import coded_refusals

if TYPE_CHECKING:
    from tengen.tournaments.runtime import Tournaments


class NoSuchList(NotFound):
    """There is no list of tournaments of this name."""

    code = "no_such_list"


router = APIRouter(prefix="/api", tags=["tournaments"])

_ListName = Annotated[str, Path(description=", ".join(TournamentList), examples=["upcoming"])]


@router.head("/tournaments/{name}", include_in_schema=False)
@router.get("/tournaments/{name}", responses=coded_refusals(404))
async def list_tournaments(name: _ListName, caller: Caller, platform: CurrentPlatform) -> list[ListedTournament]:
    """Tournaments in the order of their starts: all, over, running, not started, not over, one's own not over."""
    which = _parse_list(name)
    if which is TournamentList.MY_ACTIVE and caller is None:
        raise NotLoggedIn("Log in to see the tournaments that you have to do with.")
    caller_id = None if caller is None else caller.id
    async with platform.database.read() as connection:
        listed = await service.list_tournaments(connection, which, caller_id, utc_now())
    return [ListedTournament.of(item) for item in listed]


@router.post("/tournaments/participate/{tournament_id}", responses=coded_refusals(404), response_class=Response)
async def participate(
    tournament_id: TournamentPathId, account: LoggedIn, platform: CurrentPlatform, feed: CurrentFeed
) -> Response:
    """Enter, or ask to where the host confirms entries. Again, it changes nothing."""
    return await _step(platform, feed, tournament_id, account, Step.REQUEST)


@router.post("/tournaments/player_confirm/{tournament_id}", responses=coded_refusals(404), response_class=Response)
async def player_confirm(
    tournament_id: TournamentPathId, account: LoggedIn, platform: CurrentPlatform, feed: CurrentFeed
) -> Response:
    """Accept an invitation. Again, it changes nothing."""
    return await _step(platform, feed, tournament_id, account, Step.ACCEPT)


@router.post(
    "/tournaments/gen_key/{tournament_id}", status_code=201, responses=coded_refusals(404, forbidden=WaitRefusal)
)
async def gen_key(
    tournament_id: TournamentPathId, account: LoggedIn, platform: CurrentPlatform, tournaments: CurrentTournaments
) -> KeyRead:
    """Make one's key, which can be done from the start on. `wait` tells how many seconds that is away."""
    async with platform.database.write() as transaction:
        key = await tournaments.keychain.make(transaction, tournament_id, account.id, utc_now())
    return KeyRead.of(key)


@router.head("/tournaments/get_key/{tournament_id}", include_in_schema=False)
@router.get("/tournaments/get_key/{tournament_id}", responses=coded_refusals(404, forbidden=WaitRefusal))
async def get_key(
    tournament_id: TournamentPathId, account: LoggedIn, platform: CurrentPlatform, tournaments: CurrentTournaments
) -> KeyRead:
    """Fetch the key that one has made."""
    async with platform.database.read() as connection:
        key = await tournaments.keychain.fetch(connection, tournament_id, account.id, utc_now())
    return KeyRead.of(key)


async def upload(request: Request) -> Response:
    """Upload a replay: an AVF, RMV, EVF or MVF file. Its tournament is that of the key in it.

    `invalid_data` is final: the same file will not be taken later either. `reason` says for programs what is wrong.
    """
    state = request.app.state
    tournaments: Tournaments = state.tournaments
    account = await tournaments.logins.account(SentToken.parse(request.headers.get(HEADER)), utc_now())
    content = await uploaded_replay(request)
    arrived_at = utc_now()
    stored = await tournaments.uploader.accept(content, account, arrived_at=arrived_at)
    state.feed.wake(stored.submission.tournament_id)
    receipt = await tournaments.receipts.sign(stored.submission, now=arrived_at)
    answer = UploadRead.of(stored.submission, receipt)
    return Response(answer.model_dump_json(), 201, media_type="application/json")


router.add_api_route(
    "/scores/upload",
    upload,
    methods=["POST"],
    status_code=201,
    response_model=UploadRead,
    responses=coded_refusals(429),
    openapi_extra={**UPLOAD_BODY, **TOKEN_REQUIRED},
    route_class_override=UploadRoute,
)


def _parse_list(name: str) -> TournamentList:
    try:
        return TournamentList(name)
    except ValueError as error:
        raise NoSuchList(f"There is no such list of tournaments. There are {', '.join(TournamentList)}.") from error


async def _step(platform: Platform, feed: Feed, tournament_id: int, account: Account, step: Step) -> Response:
    async with platform.database.write() as transaction:
        await service.take_step(transaction, tournament_id, account.id, step, account, utc_now())
    feed.wake(TournamentId(tournament_id))
    return Response()
