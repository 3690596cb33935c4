"""Tournaments as a caller may see them: what is loaded, `tengen.tournaments.visibility` lets through or not.

A caller is an account, or None for somebody who is not logged in. Whether it decides for the tournament costs a
statement of its own, but neither for nobody nor for the host.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tengen.core.values import AccountId
from tengen.tournaments import archive, results, service
from tengen.tournaments.archive import ReplaySealed, Submission, no_such_submission
from tengen.tournaments.entries import EntryState
from tengen.tournaments.results import Explained, StandingsPage, no_result
from tengen.tournaments.service import Details, Entrant, Tournament
from tengen.tournaments.standings import Mark
from tengen.tournaments.visibility import Sight, Viewer

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection


@dataclass(frozen=True, slots=True)
class SeenTournament:
    """A tournament with what a caller may see of it."""

    details: Details
    sight: Sight

    @property
    def submissions(self) -> int | None:
        """How many replays were accepted; None where that is hidden."""
        return self.details.submissions if self.sight.sees_results else None


@dataclass(frozen=True, slots=True)
class SeenSubmission:
    """A submission that a caller may see."""

    submission: Submission
    counts: bool
    """Whether it is one of the games that make up its account's result."""
    shows_doubts: bool
    """Whether the caller may see what there is to be doubted, and what the clock of the player's computer said."""


async def sight_of(connection: "Connection", tournament: Tournament, caller: "Account | None", now: datetime) -> Sight:
    """What the caller may see in the tournament."""
    is_host = await service.may_host(connection, tournament, caller)
    viewer = Viewer(None if caller is None else caller.id, is_host)
    return Sight(viewer, tournament.schedule.phase(now), tournament.hide_results)


async def see_tournament(
    connection: "Connection", tournament_id: int, caller: "Account | None", now: datetime
) -> SeenTournament:
    """A tournament. Raises `TournamentNotFound`. One statement."""
    details = await service.details(connection, tournament_id, None if caller is None else caller.id)
    return SeenTournament(details, await sight_of(connection, details.tournament, caller, now))


# ── results ──


async def see_standings(
    connection: "Connection",
    tournament_id: int,
    caller: "Account | None",
    now: datetime,
    *,
    after: Mark | None,
    limit: int,
) -> StandingsPage:
    """A page of the standings. Raises `TournamentNotFound`. One statement, unless results are hidden."""
    caller_id = None if caller is None else caller.id
    page = await results.standings_page(connection, tournament_id, caller_id, now, after=after, limit=limit)
    if page.is_hidden and await service.may_host(connection, page.tournament, caller):
        return await results.standings_page(
            connection, tournament_id, caller_id, now, sees_all=True, after=after, limit=limit
        )
    return page


async def see_line(
    connection: "Connection", tournament_id: int, account_id: AccountId, caller: "Account | None", now: datetime
) -> Explained:
    """An account's line in the standings. Raises `TournamentNotFound` and `NoResult`. At most five statements."""
    tournament = await service.find_tournament(connection, tournament_id)
    sight = await sight_of(connection, tournament, caller, now)
    if not sight.sees_results_of(account_id):
        raise no_result(account_id)
    return await results.explain(connection, tournament, account_id, shows_place=sight.sees_results)


# ── entries ──


async def see_entries(
    connection: "Connection",
    tournament_id: int,
    caller: "Account | None",
    now: datetime,
    *,
    state: EntryState | None,
    after_id: int,
    limit: int,
) -> list[Entrant]:
    """Entries in the order of their accounts' ids. `state`: those in it alone. Raises `TournamentNotFound`."""
    tournament = await service.find_tournament(connection, tournament_id)
    sight = await sight_of(connection, tournament, caller, now)
    return await service.entrants(
        connection,
        tournament.id,
        sight.entries_shown,
        also=sight.viewer.account_id,
        only=state,
        after_id=after_id,
        limit=limit,
    )


# ── submissions ──


async def see_submissions(
    connection: "Connection",
    tournament_id: int,
    caller: "Account | None",
    now: datetime,
    *,
    of: AccountId | None,
    after_id: int,
    limit: int,
) -> list[SeenSubmission]:
    """Submissions in the order in which they came in. `of`: those of one account. Raises `TournamentNotFound`."""
    tournament = await service.find_tournament(connection, tournament_id)
    sight = await sight_of(connection, tournament, caller, now)
    found = await archive.list_submissions(
        connection, tournament.id, of=sight.whose_results(of), after_id=after_id, limit=limit
    )
    return await _seen(connection, tournament, found, sight)


async def see_submission(
    connection: "Connection", tournament_id: int, submission_id: int, caller: "Account | None", now: datetime
) -> SeenSubmission:
    """A submission. Raises `TournamentNotFound` and `SubmissionNotFound`."""
    tournament, submission, sight = await _find(connection, tournament_id, submission_id, caller, now)
    (seen,) = await _seen(connection, tournament, [submission], sight)
    return seen


async def fetch_replay(
    connection: "Connection", tournament_id: int, submission_id: int, caller: "Account | None", now: datetime
) -> tuple[Submission, bytes]:
    """A submission and its replay as it was uploaded.

    Raises `TournamentNotFound`, `SubmissionNotFound`, and `ReplaySealed` while the key in it could still be used.
    """
    _, submission, sight = await _find(connection, tournament_id, submission_id, caller, now)
    if not sight.may_fetch_replay_of(submission.account_id):
        raise ReplaySealed(
            "The key in this replay could still be used: before the end only who has uploaded it gets it back."
        )
    return submission, await archive.replay_content(connection, submission.replay_hash)


async def _find(
    connection: "Connection", tournament_id: int, submission_id: int, caller: "Account | None", now: datetime
) -> tuple[Tournament, Submission, Sight]:
    tournament = await service.find_tournament(connection, tournament_id)
    submission = await archive.find_submission(connection, tournament.id, submission_id)
    sight = await sight_of(connection, tournament, caller, now)
    if not sight.sees_results_of(submission.account_id):
        raise no_such_submission(submission_id)
    return tournament, submission, sight


async def _seen(
    connection: "Connection", tournament: Tournament, submissions: Sequence[Submission], sight: Sight
) -> list[SeenSubmission]:
    if not submissions:
        return []
    counting = await results.counting(connection, tournament.id, {one.account_id for one in submissions})
    return [
        SeenSubmission(one, counts=one.id in counting, shows_doubts=sight.sees_doubts_of(one.account_id))
        for one in submissions
    ]
