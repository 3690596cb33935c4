"""Tournaments beyond what Scoreganizer's clients know: who hosts, who takes part, who is where."""

from typing import Annotated, Any

import pydantic_core
from fastapi import APIRouter, Path, Query, Request, Response

from tengen.accounts import public
from tengen.accounts.service import Account, AccountNotFound
from tengen.core.database import Connection
from tengen.core.values import MAX_ID, AccountId, utc_now
from tengen.tournaments import cursors, service, viewing
from tengen.tournaments.entries import EntryState
from tengen.tournaments.guards import ApiCaller, ApiUser, CurrentFeed, CurrentTournaments, TournamentPathId
from tengen.tournaments.schedule import TournamentList
from tengen.tournaments.schemas import (
    LIST_DESCRIPTION,
    EntryPage,
    EntryRead,
    EntryStep,
    ExplainedLine,
    OwnKey,
    ReasonGiven,
    StandingsRead,
    TournamentChanges,
    TournamentPage,
    TournamentPlan,
    TournamentRead,
    TournamentSummary,
    standings_json,
)
from tengen.tournaments.scoreganizer_schemas import WaitRefusal
from tengen.tournaments.tokens import HEADER, NotLoggedIn
from tengen.web.context import CurrentPlatform
from tengen.web.etags import etag_of, has_already
from tengen.web.openapi import Id, coded_refusals
from tengen.web.queries import address_with

router = APIRouter(prefix="/api/v2/tournaments", tags=["tournaments"])

_JSON = "application/json"
_NOT_STORED = {"Cache-Control": "no-store"}
_PER_CALLER = {"Cache-Control": "no-cache", "Vary": f"Authorization, {HEADER}"}
"""Kept by clients, asked for anew each time, and shown to nobody else."""
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "As the client has it already"}}

_AccountNumber = Annotated[Id, Path(examples=[57])]
_Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
_AfterId = Annotated[int, Query(ge=0, le=MAX_ID, description="From `next` of the page before.")]
_After = Annotated[str | None, Query(max_length=200, description="From `next` of the page before.")]


# ── tournaments ──


@router.head("", include_in_schema=False)
@router.get("", responses=coded_refusals(400), response_model=TournamentPage)
async def list_tournaments(
    request: Request,
    caller: ApiCaller,
    platform: CurrentPlatform,
    which: Annotated[TournamentList, Query(alias="list", description=LIST_DESCRIPTION)] = TournamentList.ACTIVE,
    host: Annotated[int | None, Query(ge=0, le=MAX_ID, description="Those of this account alone.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 30,
    after: _After = None,
) -> Response:
    """Tournaments in the order of their starts."""
    if which is TournamentList.MY_ACTIVE and caller is None:
        raise NotLoggedIn("Log in to see the tournaments that you have to do with.")
    now = utc_now()
    async with platform.database.read() as connection:
        found = await service.list_tournaments(
            connection,
            which,
            None if caller is None else caller.id,
            now,
            host_id=None if host is None else AccountId(host),
            after=None if after is None else cursors.read_start(after),
            limit=limit + 1,
        )
        page = found[:limit]
        hosts = await public.public_accounts(connection, {item.tournament.host_id for item in page}) if page else {}
    following = None
    if len(found) > limit:
        last = page[-1].tournament
        following = address_with(request, {"after": cursors.write_start(last.schedule.starts_at, last.id)})
    results = [
        TournamentSummary.of(item.tournament, item.status, hosts[item.tournament.host_id].display_name, now)
        for item in page
    ]
    return Response(pydantic_core.to_json({"results": results, "next": following}), media_type=_JSON)


@router.post("", status_code=201, responses=coded_refusals(401, 429))
async def create_tournament(
    plan: TournamentPlan, account: ApiUser, platform: CurrentPlatform, response: Response
) -> TournamentRead:
    """Make a tournament, and be its host. It may have begun already."""
    now = utc_now()
    async with platform.database.write() as transaction:
        tournament = await service.create(transaction, plan.plan(now), account.id, now)
        seen = await viewing.see_tournament(transaction, tournament.id, account, now)
    response.headers["Location"] = f"{router.prefix}/{tournament.id}"
    return TournamentRead.seen(seen, now)


@router.head("/{tournament_id}", include_in_schema=False)
@router.get("/{tournament_id}", responses=coded_refusals(404))
async def get_tournament(
    tournament_id: TournamentPathId, caller: ApiCaller, platform: CurrentPlatform
) -> TournamentRead:
    """A tournament, and what has become of it so far."""
    now = utc_now()
    async with platform.database.read() as connection:
        return TournamentRead.seen(await viewing.see_tournament(connection, tournament_id, caller, now), now)


@router.patch("/{tournament_id}", responses=coded_refusals(401, 404, 409, 429))
async def edit_tournament(
    tournament_id: TournamentPathId,
    changes: TournamentChanges,
    account: ApiUser,
    platform: CurrentPlatform,
    feed: CurrentFeed,
) -> TournamentRead:
    """Change what is planned, as its host and until the start."""
    now = utc_now()
    async with platform.database.write() as transaction:
        tournament = await service.edit(transaction, tournament_id, changes.changes, account, now)
        seen = await viewing.see_tournament(transaction, tournament.id, account, now)
    feed.wake(tournament.id)
    return TournamentRead.seen(seen, now)


@router.post("/{tournament_id}/cancel", responses=coded_refusals(401, 404, 429))
async def cancel_tournament(
    tournament_id: TournamentPathId, why: ReasonGiven, account: ApiUser, platform: CurrentPlatform, feed: CurrentFeed
) -> TournamentRead:
    """Call a tournament off, as its host and before its end. Its entrants are told by mail."""
    now = utc_now()
    async with platform.database.write() as transaction:
        tournament = await service.cancel(transaction, tournament_id, why.reason, account, now)
        seen = await viewing.see_tournament(transaction, tournament.id, account, now)
    feed.wake(tournament.id)
    return TournamentRead.seen(seen, now)


# ── standings ──


@router.head("/{tournament_id}/standings", include_in_schema=False)
@router.get(
    "/{tournament_id}/standings",
    responses={**coded_refusals(400, 404), **_NOT_MODIFIED},
    response_model=StandingsRead,
)
async def get_standings(
    tournament_id: TournamentPathId,
    request: Request,
    caller: ApiCaller,
    platform: CurrentPlatform,
    limit: _Limit = 100,
    after: _After = None,
) -> Response:
    """The standings, the best first. Send the `ETag` again in `If-None-Match`: 304 says that nothing has changed."""
    now = utc_now()
    mark = None if after is None else cursors.read_mark(after)
    async with platform.database.read() as connection:
        page = await viewing.see_standings(connection, tournament_id, caller, now, after=mark, limit=limit)
    following = None if page.end is None else address_with(request, {"after": cursors.write_mark(page.end)})
    body = standings_json(page, now, following=following).encode()
    headers = {**_PER_CALLER, "ETag": etag_of(body)}
    if has_already(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=_JSON, headers=headers)


@router.head("/{tournament_id}/standings/{account_id}", include_in_schema=False)
@router.get("/{tournament_id}/standings/{account_id}", responses=coded_refusals(404))
async def get_line(
    tournament_id: TournamentPathId, account_id: _AccountNumber, caller: ApiCaller, platform: CurrentPlatform
) -> ExplainedLine:
    """An account's line in the standings, and why it is where it is. While results are hidden: one's own alone."""
    async with platform.database.read() as connection:
        found = await viewing.see_line(connection, tournament_id, AccountId(account_id), caller, utc_now())
    return ExplainedLine.of(found)


# ── entries ──


@router.head("/{tournament_id}/entries", include_in_schema=False)
@router.get("/{tournament_id}/entries", responses=coded_refusals(404), response_model=EntryPage)
async def list_entries(
    tournament_id: TournamentPathId,
    request: Request,
    caller: ApiCaller,
    platform: CurrentPlatform,
    state: Annotated[EntryState | None, Query(description="Those in this state alone.")] = None,
    limit: _Limit = 100,
    after: _AfterId = 0,
) -> Response:
    """Who takes part. The host sees entries in any state, everybody their own."""
    async with platform.database.read() as connection:
        found = await viewing.see_entries(
            connection, tournament_id, caller, utc_now(), state=state, after_id=after, limit=limit + 1
        )
    page = found[:limit]
    following = address_with(request, {"after": page[-1].account_id}) if len(found) > limit else None
    results = [EntryRead.of(entrant) for entrant in page]
    return Response(pydantic_core.to_json({"results": results, "next": following}), media_type=_JSON)


@router.post("/{tournament_id}/entries", responses=coded_refusals(401, 404, 409, 429))
async def take_step(
    tournament_id: TournamentPathId, taken: EntryStep, account: ApiUser, platform: CurrentPlatform, feed: CurrentFeed
) -> EntryRead:
    """Do something about an entry: one's own, or as the host another's. Again, it changes nothing."""
    async with platform.database.write() as transaction:
        tournament = await service.find_tournament(transaction, tournament_id)
        account_id = await _named(transaction, taken.account, account)
        await service.take_step(transaction, tournament.id, account_id, taken.step, account, utc_now())
        (entrant,) = await service.entrants(transaction, tournament.id, (), also=account_id)
    feed.wake(tournament.id)
    return EntryRead.of(entrant)


async def _named(connection: Connection, named: int | str | None, caller: Account) -> AccountId:
    """Whose entry it is about. Not by e-mail: that would tell which addresses there are."""
    if named is None:
        return caller.id
    if isinstance(named, int):
        return AccountId(named)
    found = await public.public_by_name(connection, named)
    if found is None:
        raise AccountNotFound("There is no account of this display name: give one there is, or the id of one.")
    return found


# ── keys ──


@router.post("/{tournament_id}/key", status_code=201, responses=coded_refusals(401, 404, 429, forbidden=WaitRefusal))
async def make_key(
    tournament_id: TournamentPathId,
    account: ApiUser,
    platform: CurrentPlatform,
    tournaments: CurrentTournaments,
    response: Response,
) -> OwnKey:
    """Make one's key, which can be done from the start on. `wait` tells how many seconds that is away."""
    async with platform.database.write() as transaction:
        key = await tournaments.keychain.make(transaction, tournament_id, account.id, utc_now())
    response.headers.update(_NOT_STORED)
    return OwnKey.of(key)


@router.head("/{tournament_id}/key", include_in_schema=False)
@router.get("/{tournament_id}/key", responses=coded_refusals(401, 404, 429, forbidden=WaitRefusal))
async def get_key(
    tournament_id: TournamentPathId,
    account: ApiUser,
    platform: CurrentPlatform,
    tournaments: CurrentTournaments,
    response: Response,
) -> OwnKey:
    """Fetch the key that one has made."""
    async with platform.database.read() as connection:
        key = await tournaments.keychain.fetch(connection, tournament_id, account.id, utc_now())
    response.headers.update(_NOT_STORED)
    return OwnKey.of(key)
