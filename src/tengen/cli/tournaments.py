"""`tengen tournament`: tournaments, their entrants, standings and replays, on an operator's word."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from tengen.accounts.service import accounts_by_ids, find_active_account
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.options import After, Limit, Who
from tengen.cli.platforms import platform_command
from tengen.core.errors import TengenError
from tengen.core.platform import Platform
from tengen.core.values import MAX_ID, parse_instant, utc_now
from tengen.tournaments import archive, results, service
from tengen.tournaments.archive import Submission
from tengen.tournaments.entries import EntryState, Step
from tengen.tournaments.exports import export_files
from tengen.tournaments.modes import seconds
from tengen.tournaments.plans import Plan, PlanChanges
from tengen.tournaments.schedule import TournamentList
from tengen.tournaments.service import Entrant, Tournament
from tengen.tournaments.standings import Line

app = new_group("Tournaments: make one, let entrants in, look at the standings, judge replays, take them home.")

_Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=MAX_ID, help="Id of the tournament.")]
_SubmissionId = Annotated[int, typer.Argument(metavar="SUBMISSION", min=1, max=MAX_ID, help="Id of the submission.")]
_Reason = Annotated[str, typer.Option(help="Why. The players will read it.")]
_TIME = "2026-06-01T18:00; UTC unless an offset is given."
_MODE = "sum, sum_timelimit or best."
_ENTRY = "Let everybody in, or let the host confirm each."
_PARAMETERS = "Games to play, as 1+1+1 (sum), 1+1+1;3600 (sum_timelimit), expert (best)."


class Which(StrEnum):
    """The lists of tournaments; `my_active` is nobody's here."""

    ALL = TournamentList.ALL.value
    ARCHIVE = TournamentList.ARCHIVE.value
    IN_PROGRESS = TournamentList.IN_PROGRESS.value
    UPCOMING = TournamentList.UPCOMING.value
    ACTIVE = TournamentList.ACTIVE.value


class ExportFailed(TengenError):
    """The files cannot be written there."""

    code = "export_failed"


@platform_command(app, "create")
async def create(
    platform: Platform,
    host: Annotated[str, typer.Option(help="E-mail, display name or id of the account that is its host.")],
    name: Annotated[str, typer.Option(help="What it is called.")],
    start: Annotated[str, typer.Option(help=f"When it begins, which may be in the past: {_TIME}")],
    end: Annotated[str, typer.Option(help=f"When it is over: {_TIME}")],
    location: Annotated[str, typer.Option(help="Where it is played.")] = "online",
    mode: Annotated[str, typer.Option(help=_MODE)] = "sum",
    modeparams: Annotated[str, typer.Option(help=_PARAMETERS)] = "1+1+1",
    open_entry: Annotated[bool, typer.Option(help=_ENTRY)] = True,
    hide_results: Annotated[bool, typer.Option("--hide-results", help="Show results after the end only.")] = False,
) -> Answer:
    """Make a tournament."""
    now = utc_now()
    plan = Plan.of(
        name=name,
        location=location,
        mode=mode,
        parameters=modeparams,
        starts_at=parse_instant(start, what="The start"),
        ends_at=parse_instant(end, what="The end"),
        open_entry=open_entry,
        hide_results=hide_results,
        now=now,
    )
    async with platform.database.write() as transaction:
        account = await find_active_account(transaction, host)
        tournament = await service.create(transaction, plan, account.id, now)
    return thing(_item(tournament, now))


@platform_command(app, "list")
async def list_(
    platform: Platform,
    which: Annotated[Which, typer.Option("--list", help="Which of them.")] = Which.ALL,
    after: After = 0,
    limit: Limit = 1000,
) -> Answer:
    """List tournaments in the order of their starts."""
    now = utc_now()
    async with platform.database.read() as connection:
        last = await service.find_tournament(connection, after) if after else None
        listed = await service.list_tournaments(
            connection,
            TournamentList(which.value),
            None,
            now,
            after=None if last is None else (last.schedule.starts_at, last.id),
            limit=limit,
        )
    columns = ("id", "name", "mode", "modeparams", "start", "end", "phase", "host_id")
    return listing([_item(item.tournament, now) for item in listed], columns, empty="There are no tournaments.")


@platform_command(app, "show")
async def show(platform: Platform, tournament_id: _Id) -> Answer:
    """Show a tournament: what is planned, by whom, and how many have entered or asked to. Times are UTC."""
    async with platform.database.read() as connection:
        tournament = await service.find_tournament(connection, tournament_id)
        hosts = await accounts_by_ids(connection, [tournament.host_id])
        found = await service.entrants(connection, tournament.id, EntryState)
    counts = Counter(entrant.state for entrant in found)
    return thing(
        _item(tournament, utc_now())
        | {
            "host": hosts[tournament.host_id].display_name,
            "created": tournament.created_at,
            "cancelled": tournament.schedule.cancelled_at,
            "cancel_reason": tournament.cancel_reason,
            "participating": counts[EntryState.PARTICIPATING],
            "requested": counts[EntryState.REQUESTED],
            "invited": counts[EntryState.INVITED],
        }
    )


@platform_command(app, "edit")
async def edit(
    platform: Platform,
    tournament_id: _Id,
    name: Annotated[str | None, typer.Option(help="What it is to be called.")] = None,
    start: Annotated[str | None, typer.Option(help=f"When it is to begin: {_TIME}")] = None,
    end: Annotated[str | None, typer.Option(help=f"When it is to be over: {_TIME}")] = None,
    location: Annotated[str | None, typer.Option(help="Where it is to be played.")] = None,
    mode: Annotated[str | None, typer.Option(help=f"{_MODE} Give its parameters, too.")] = None,
    modeparams: Annotated[str | None, typer.Option(help=_PARAMETERS)] = None,
    open_entry: Annotated[
        bool | None,
        typer.Option("--open-entry/--no-open-entry", help="Let everybody in, or let the host confirm each."),
    ] = None,
    hide_results: Annotated[
        bool | None, typer.Option("--hide-results/--show-results", help="Show results after the end only, or always.")
    ] = None,
) -> Answer:
    """Change what is planned, which can be done until the start. What is not given stays as it is."""
    now = utc_now()
    wanted = {
        "name": name,
        "location": location,
        "mode": mode,
        "parameters": modeparams,
        "starts_at": None if start is None else parse_instant(start, what="The start"),
        "ends_at": None if end is None else parse_instant(end, what="The end"),
        "open_entry": open_entry,
        "hide_results": hide_results,
    }
    changes = cast("PlanChanges", {what: value for what, value in wanted.items() if value is not None})
    async with platform.database.write() as transaction:
        tournament = await service.edit(transaction, tournament_id, changes, None, now)
    return thing(_item(tournament, now))


@platform_command(app, "cancel")
async def cancel(platform: Platform, tournament_id: _Id, reason: _Reason) -> Answer:
    """Call a tournament off. Its entrants are told by mail."""
    now = utc_now()
    async with platform.database.write() as transaction:
        tournament = await service.cancel(transaction, tournament_id, reason, None, now)
    return Answer(_item(tournament, now), f"“{tournament.name}” is cancelled, and its entrants are being told.")


@platform_command(app, "entries")
async def entries(platform: Platform, tournament_id: _Id, after: After = 0, limit: Limit = 1000) -> Answer:
    """List who takes part, has asked to, is invited, or was rejected, in the order of their accounts' ids."""
    async with platform.database.read() as connection:
        tournament = await service.find_tournament(connection, tournament_id)
        found = await service.entrants(connection, tournament.id, EntryState, after_id=after, limit=limit)
    columns = ("account_id", "name", "state", "since")
    return listing([_entry_item(entrant) for entrant in found], columns, empty="Nobody has entered yet.")


@platform_command(app, "confirm")
async def confirm(platform: Platform, tournament_id: _Id, account: Who) -> Answer:
    """Let an account in that has asked to take part, or was rejected."""
    return await _step(platform, tournament_id, account, Step.CONFIRM)


@platform_command(app, "reject")
async def reject(platform: Platform, tournament_id: _Id, account: Who) -> Answer:
    """Keep an account out. Once the tournament runs, who takes part does so to its end."""
    return await _step(platform, tournament_id, account, Step.REJECT)


@platform_command(app, "invite")
async def invite(platform: Platform, tournament_id: _Id, account: Who) -> Answer:
    """Invite an account. It takes part once it accepts, or at once if it has asked to."""
    return await _step(platform, tournament_id, account, Step.INVITE)


@platform_command(app, "withdraw")
async def withdraw(platform: Platform, tournament_id: _Id, account: Who) -> Answer:
    """Take an invitation back that is not answered yet."""
    return await _step(platform, tournament_id, account, Step.WITHDRAW)


@platform_command(app, "standings")
async def standings(platform: Platform, tournament_id: _Id, limit: Limit = 1000) -> Answer:
    """Show the standings, also where they are hidden from others until the end."""
    async with platform.database.read() as connection:
        page = await results.standings_page(connection, tournament_id, None, utc_now(), sees_all=True, limit=limit)
    columns = ("rank", "account_id", "name", "score", "games", "complete")
    return listing([_line_item(line) for line in page.lines], columns, empty="No game counts yet.")


@platform_command(app, "submissions")
async def submissions(platform: Platform, tournament_id: _Id, after: After = 0, limit: Limit = 1000) -> Answer:
    """List the replays that were accepted, with what is odd about them."""
    async with platform.database.read() as connection:
        tournament = await service.find_tournament(connection, tournament_id)
        found = await archive.list_submissions(connection, tournament.id, after_id=after, limit=limit)
    columns = ("id", "name", "level", "time", "uploaded", "doubts", "disqualified")
    return listing([_submission_item(submission) for submission in found], columns, empty="Nothing has come in yet.")


@platform_command(app, "disqualify")
async def disqualify(platform: Platform, tournament_id: _Id, submission_id: _SubmissionId, reason: _Reason) -> Answer:
    """Let a replay count no longer. The standings follow."""
    async with platform.database.write() as transaction:
        judged = await archive.disqualify(transaction, tournament_id, submission_id, reason, None, utc_now())
    return thing(_submission_item(judged))


@platform_command(app, "restore")
async def restore(platform: Platform, tournament_id: _Id, submission_id: _SubmissionId, reason: _Reason) -> Answer:
    """Let a disqualified replay count again."""
    async with platform.database.write() as transaction:
        judged = await archive.restore(transaction, tournament_id, submission_id, reason, None, utc_now())
    return thing(_submission_item(judged))


@platform_command(app, "export")
async def export(
    platform: Platform,
    tournament_id: _Id,
    to: Annotated[Path, typer.Option(file_okay=False, help="Directory to write to; it is made.")] = Path(),
) -> Answer:
    """Write standings and submissions as CSV, and the replays as a ZIP. Until the end these hold secret keys."""
    now = utc_now()
    async with platform.database.read() as connection:
        tournament = await service.find_tournament(connection, tournament_id)
        try:
            written = await export_files(connection, tournament.id, to, now)
        except OSError as error:
            raise ExportFailed(f"The files cannot be written to {to}: {error.strerror}.") from error
    item = {
        "standings": str(written.standings),
        "submissions": str(written.submissions),
        "replays": str(written.replays),
        "count": written.count,
    }
    is_over = tournament.schedule.phase(now).is_over
    return thing(item, "" if is_over else "The tournament is not over: keep the replays and the keys in them secret.")


async def _step(platform: Platform, tournament_id: int, who: str, step: Step) -> Answer:
    async with platform.database.write() as transaction:
        account = await find_active_account(transaction, who)
        state = await service.take_step(transaction, tournament_id, account.id, step, None, utc_now())
    return thing(
        {"tournament_id": tournament_id, "account_id": account.id, "name": account.display_name, "state": state}
    )


def _item(tournament: Tournament, now: datetime) -> dict[str, Any]:
    return {
        "id": tournament.id,
        "name": tournament.name,
        "location": tournament.location,
        "mode": tournament.mode.name,
        "modeparams": tournament.mode.parameters,
        "start": tournament.schedule.starts_at,
        "end": tournament.schedule.ends_at,
        "phase": tournament.schedule.phase(now).value,
        "open_entry": tournament.open_entry,
        "hide_results": tournament.hide_results,
        "host_id": tournament.host_id,
    }


def _entry_item(entrant: Entrant) -> dict[str, Any]:
    return {
        "account_id": entrant.account_id,
        "name": entrant.name,
        "state": entrant.state.value,
        "since": entrant.since,
    }


def _line_item(line: Line) -> dict[str, Any]:
    games: Sequence[str] = [f"{score.level.word} {seconds(score.time)}" for score in line.reached.result.counting]
    return {
        "rank": line.place,
        "account_id": line.account_id,
        "name": line.name,
        "score": line.reached.total / 1000,
        "games": games,
        "complete": line.reached.missing == 0,
    }


def _submission_item(submission: Submission) -> dict[str, Any]:
    return {
        "id": submission.id,
        "account_id": submission.account_id,
        "name": submission.name,
        "level": submission.level.word,
        "time": submission.time / 1000,
        "uploaded": submission.uploaded_at,
        "sha256": submission.replay_hash.hex(),
        "doubts": sorted(doubt.value for doubt in submission.doubts),
        "disqualified": submission.disqualified_reason,
    }
