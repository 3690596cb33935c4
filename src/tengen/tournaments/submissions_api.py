"""Replays in a tournament: uploaded, listed, given out again, judged by the host."""

from typing import Annotated, Any

import pydantic_core
from fastapi import APIRouter, Path, Query, Request, Response

from tengen.accounts.service import Account
from tengen.core.platform import Platform
from tengen.core.values import MAX_ID, AccountId, utc_now
from tengen.tournaments import archive, service, viewing
from tengen.tournaments.forms import UPLOAD_BODY, uploaded_replay
from tengen.tournaments.guards import ApiCaller, ApiUser, CurrentFeed, CurrentTournaments, TournamentPathId
from tengen.tournaments.results import NoResult
from tengen.tournaments.schemas import (
    ExplainedLine,
    ReasonGiven,
    ReceiptRead,
    SubmissionPage,
    SubmissionRead,
    UploadAnswer,
)
from tengen.tournaments.viewing import SeenSubmission
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import Id, coded_refusals
from tengen.web.queries import address_with

router = APIRouter(prefix="/api/v2/tournaments/{tournament_id}/submissions", tags=["tournaments"])

_SubmissionId = Annotated[Id, Path(examples=[5])]
_MEDIA_TYPES = {
    "avf": "application/x-minesweeper-arbiter",
    "rmv": "application/x-viennasweeper",
    "evf": "application/x-metasweeper",
    "mvf": "application/x-minesweeper-clone",
}
"""The first three as Scoreganizer's clients and viewers call them."""
_REPLAY: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in _MEDIA_TYPES.values()}, "description": "The file as it was uploaded."}
}


@router.head("", include_in_schema=False)
@router.get("", responses=coded_refusals(404), response_model=SubmissionPage)
async def list_submissions(
    tournament_id: TournamentPathId,
    request: Request,
    caller: ApiCaller,
    platform: CurrentPlatform,
    account: Annotated[int | None, Query(ge=0, le=MAX_ID, description="Those of this account alone.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    after: Annotated[int, Query(ge=0, le=MAX_ID, description="From `next` of the page before.")] = 0,
) -> Response:
    """The replays that were accepted, in that order. While results are hidden: one's own alone."""
    wanted = None if account is None else AccountId(account)
    async with platform.database.read() as connection:
        found = await viewing.see_submissions(
            connection, tournament_id, caller, utc_now(), of=wanted, after_id=after, limit=limit + 1
        )
    page = found[:limit]
    following = address_with(request, {"after": page[-1].submission.id}) if len(found) > limit else None
    results = [SubmissionRead.of(seen) for seen in page]
    return Response(pydantic_core.to_json({"results": results, "next": following}), media_type="application/json")


@router.post("", status_code=201, responses=coded_refusals(401, 404, 429), openapi_extra=UPLOAD_BODY)
async def upload(
    tournament_id: TournamentPathId,
    account: ApiUser,
    request: Request,
    platform: CurrentPlatform,
    tournaments: CurrentTournaments,
    feed: CurrentFeed,
) -> UploadAnswer:
    """Upload a replay with one's key of this tournament in it: an AVF, RMV, EVF or MVF file.

    `invalid_data` is final: the same file will not be taken later either. `reason` says for programs what is wrong.
    """
    async with platform.database.read() as connection:
        tournament = await service.find_tournament(connection, tournament_id)
    content = await uploaded_replay(request)
    arrived_at = utc_now()
    stored = await tournaments.uploader.accept(content, account, arrived_at=arrived_at, wanted=tournament.id)
    feed.wake(tournament.id)
    submission = stored.submission
    counting = () if stored.result is None else stored.result.counting
    seen = SeenSubmission(submission, any(score.submission_id == submission.id for score in counting), True)
    return UploadAnswer(
        submission=SubmissionRead.of(seen),
        receipt=await tournaments.receipts.sign(submission, now=arrived_at),
        line=await _line(platform, tournament_id, account),
    )


async def _line(platform: Platform, tournament_id: int, account: Account) -> ExplainedLine | None:
    async with platform.database.read() as connection:
        try:
            return ExplainedLine.of(await viewing.see_line(connection, tournament_id, account.id, account, utc_now()))
        except NoResult:  # the host was faster than this line
            return None


@router.head("/{submission_id}", include_in_schema=False)
@router.get("/{submission_id}", responses=coded_refusals(404))
async def get_submission(
    tournament_id: TournamentPathId, submission_id: _SubmissionId, caller: ApiCaller, platform: CurrentPlatform
) -> SubmissionRead:
    """A replay that was accepted. While results are hidden: one's own alone."""
    async with platform.database.read() as connection:
        return SubmissionRead.of(
            await viewing.see_submission(connection, tournament_id, submission_id, caller, utc_now())
        )


@router.head("/{submission_id}/replay", include_in_schema=False)
@router.get("/{submission_id}/replay", response_class=Response, responses={**coded_refusals(404), **_REPLAY})
async def get_replay(
    tournament_id: TournamentPathId, submission_id: _SubmissionId, caller: ApiCaller, platform: CurrentPlatform
) -> Response:
    """The file as it was uploaded: after the end for everybody, before it for who has uploaded it alone.

    The player's key is in it, with which others could upload for the player.
    """
    async with platform.database.read() as connection:
        submission, content = await viewing.fetch_replay(connection, tournament_id, submission_id, caller, utc_now())
    name = f"{submission.id}.{submission.replay_format}"
    headers = {
        "Content-Type": _MEDIA_TYPES.get(submission.replay_format, "application/octet-stream"),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private",
    }
    return Response(content, headers=headers)


@router.head("/{submission_id}/receipt", include_in_schema=False)
@router.get("/{submission_id}/receipt", responses=coded_refusals(404))
async def get_receipt(
    tournament_id: TournamentPathId,
    submission_id: _SubmissionId,
    caller: ApiCaller,
    platform: CurrentPlatform,
    tournaments: CurrentTournaments,
) -> ReceiptRead:
    """A signed statement of what was uploaded when, which anybody can verify without asking here."""
    now = utc_now()
    async with platform.database.read() as connection:
        seen = await viewing.see_submission(connection, tournament_id, submission_id, caller, now)
    return ReceiptRead(receipt=await tournaments.receipts.sign(seen.submission, now=now))


@router.post("/{submission_id}/disqualify", responses=coded_refusals(401, 404, 409, 429))
async def disqualify(
    tournament_id: TournamentPathId,
    submission_id: _SubmissionId,
    why: ReasonGiven,
    account: ApiUser,
    platform: CurrentPlatform,
    feed: CurrentFeed,
) -> SubmissionRead:
    """Let a submission count no longer, as the host. The standings follow. It can be done after the end, too."""
    now = utc_now()
    async with platform.database.write() as transaction:
        judged = await archive.disqualify(transaction, tournament_id, submission_id, why.reason, account, now)
        seen = await viewing.see_submission(transaction, tournament_id, submission_id, account, now)
    feed.wake(judged.tournament_id)
    return SubmissionRead.of(seen)


@router.post("/{submission_id}/restore", responses=coded_refusals(401, 404, 409, 429))
async def restore(
    tournament_id: TournamentPathId,
    submission_id: _SubmissionId,
    why: ReasonGiven,
    account: ApiUser,
    platform: CurrentPlatform,
    feed: CurrentFeed,
) -> SubmissionRead:
    """Let a disqualified submission count again, as if it had never been, as the host. The standings follow."""
    now = utc_now()
    async with platform.database.write() as transaction:
        judged = await archive.restore(transaction, tournament_id, submission_id, why.reason, account, now)
        seen = await viewing.see_submission(transaction, tournament_id, submission_id, account, now)
    feed.wake(judged.tournament_id)
    return SubmissionRead.of(seen)
