"""What accounts have reached in a tournament: kept up to date with every submission, read in order.

A result follows from its account's submissions, and is stored so that standings are read as they stand: a change costs
the submissions of one account, a page of standings one statement, however many have taken part.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, literal, or_, select, true, tuple_

from tengen.accounts.public import name_of
from tengen.core.database import among
from tengen.core.errors import NotFound
from tengen.core.rows import Insert, insert_rows, parameters_of
from tengen.core.values import AccountId
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.models import ResultRow, SubmissionRow, TournamentRow
from tengen.tournaments.modes import Result, Score, SubmissionId
from tengen.tournaments.service import TOURNAMENT_COLUMNS, Tournament, not_found, tournament_of
from tengen.tournaments.standings import Line, Mark, Placed, Reached, places, rank_key, without_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from tengen.core.database import Connection, Transaction


class NoResult(NotFound):
    """The account has no game that counts in the tournament, or none that the caller may know of."""

    code = "no_result"


@dataclass(frozen=True, slots=True)
class StandingsPage:
    """A page of the standings as its reader may see it. `end`: from where the next goes on, None if there is none."""

    tournament: Tournament
    lines: list[Line]
    end: Mark | None
    is_hidden: bool
    """Whether the reader may see his own line alone."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A line, and why it is where it is."""

    line: Line
    explanation: str


_SCORES = select(
    SubmissionRow.account_id, SubmissionRow.id, SubmissionRow.level, SubmissionRow.time_ms, SubmissionRow.uploaded_at
).where(
    SubmissionRow.tournament_id == bindparam("tournament"),
    among(SubmissionRow.account_id, "accounts"),
    SubmissionRow.disqualified_at.is_(None),
)
_ONE_EACH = (ResultRow.tournament_id, ResultRow.account_id)
_KEPT = (ResultRow.rank_key, ResultRow.total_ms, ResultRow.counted, ResultRow.wanted, ResultRow.games)


def _or_replace(insert: Insert) -> Insert:
    return insert.on_conflict_do_update(
        index_elements=_ONE_EACH, set_={column.key: insert.excluded[column.key] for column in _KEPT}
    )


_KEEP = {dialect: _or_replace(insert) for dialect, insert in insert_rows(ResultRow, _ONE_EACH + _KEPT).items()}
_FORGET = delete(ResultRow).where(
    ResultRow.tournament_id == bindparam("tournament"), among(ResultRow.account_id, "accounts")
)


async def refresh(
    transaction: "Transaction", tournament: Tournament, account_ids: Collection[AccountId]
) -> dict[AccountId, Result]:
    """Reckon the results of accounts anew, in a tournament that is held; without those for whom nothing counts.

    Two statements, and a third if there are both results and accounts without.
    """
    scores: dict[AccountId, list[Score]] = {account_id: [] for account_id in account_ids}
    for account_id, submission_id, level, time, uploaded_at in await transaction.all(
        _SCORES, {"tournament": tournament.id, "accounts": list(scores)}
    ):
        scores[AccountId(account_id)].append(Score(SubmissionId(submission_id), Level(level), time, uploaded_at))
    reckoned = {account_id: tournament.mode.result(found) for account_id, found in scores.items()}
    results = {account_id: result for account_id, result in reckoned.items() if result is not None}
    if results:
        rows = [_columns(tournament, account_id, result) for account_id, result in results.items()]
        await transaction.run(_KEEP[transaction.dialect], parameters_of(transaction.dialect, rows))
    if len(results) < len(reckoned):
        without = [account_id for account_id, result in reckoned.items() if result is None]
        await transaction.run(_FORGET, {"tournament": tournament.id, "accounts": without})
    return results


def _columns(tournament: Tournament, account_id: AccountId, result: Result) -> dict[str, Any]:
    reached = Reached.of(result)
    return {
        "tournament_id": tournament.id,
        "account_id": account_id,
        "rank_key": rank_key(tournament.mode.sort_key(result)),
        "total_ms": reached.total,
        "counted": reached.counted,
        "wanted": reached.wanted,
        "games": reached.games,
    }


_RESULT = (
    ResultRow.rank_key,
    ResultRow.account_id,
    name_of(ResultRow.account_id),
    ResultRow.total_ms,
    ResultRow.counted,
    ResultRow.wanted,
    ResultRow.games,
)


def _placed(row: "Sequence[Any]") -> Placed:
    key, account_id, name, *reached = row
    return Placed(key, AccountId(account_id), name, Reached(*reached))


async def standings_page(
    connection: "Connection",
    tournament_id: int,
    caller: AccountId | None,
    now: datetime,
    *,
    sees_all: bool = False,
    after: Mark | None = None,
    limit: int | None = None,
) -> StandingsPage:
    """The standings from the top or from `after`, at most `limit` lines: one statement, whatever the tournament's size.

    Where results are hidden, a caller other than the host sees his own line alone, without its place. `sees_all`: the
    caller is an administrator or operator. Raises `TournamentNotFound`.
    """
    # The page is cut off before the tournament is joined to it: joined first, PostgreSQL would sort all results.
    page = (
        select(*_RESULT)
        .where(ResultRow.tournament_id == tournament_id)
        .order_by(ResultRow.rank_key, ResultRow.account_id)
        .limit(None if limit is None else limit + 1)
    )
    if after is not None:
        page = page.where(tuple_(ResultRow.rank_key, ResultRow.account_id) > tuple_(after.rank_key, after.account_id))
    if not sees_all:
        page = page.where(or_(_shows_all(tournament_id, caller, now), ResultRow.account_id == caller))
    lines_shown = page.subquery()
    rows = await connection.all(
        select(*lines_shown.c, *TOURNAMENT_COLUMNS)
        .select_from(TournamentRow)
        .outerjoin(lines_shown, true())
        .where(TournamentRow.id == tournament_id)
        .order_by(lines_shown.c.rank_key, lines_shown.c.account_id)
    )
    if not rows:
        raise not_found(tournament_id)
    tournament = tournament_of(rows[0][len(_RESULT) :])
    # Without a line to show, the tournament comes alone.
    placed = places((_placed(row[: len(_RESULT)]) for row in rows[:limit] if row.account_id is not None), after)
    lines = [line for line, _ in placed]
    if not tournament.shows_results(now, to_host=sees_all or tournament.host_id == caller):
        return StandingsPage(tournament, without_places(lines), None, is_hidden=True)
    end = placed[-1][1] if limit is not None and len(rows) > limit else None
    return StandingsPage(tournament, lines, end, is_hidden=False)


def _shows_all(tournament_id: int, caller: AccountId | None, now: datetime) -> "ColumnElement[bool]":
    """`Tournament.shows_results`, for the database."""
    is_shown = or_(
        TournamentRow.hide_results.is_(False),
        TournamentRow.ends_at <= now,
        TournamentRow.cancelled_at <= now,
        TournamentRow.host_id == caller,
    )
    return select(is_shown).where(TournamentRow.id == tournament_id).scalar_subquery()


async def explain(
    connection: "Connection", tournament: Tournament, account_id: AccountId, *, shows_place: bool
) -> Explained:
    """An account's line, with the reasons for its place. Raises `NoResult`. Three statements.

    `shows_place`: False leaves out the place and whatever else tells of the others.
    """
    of_tournament = select(*_RESULT).where(ResultRow.tournament_id == tournament.id)
    row = await connection.first(of_tournament.where(ResultRow.account_id == account_id))
    if row is None:
        raise no_result(account_id)
    own = _placed(row)
    if not shows_place:
        line = Line(None, account_id, own.name, own.reached)
        return Explained(line, tournament.mode.explain(own.reached.result, None))
    before = await connection.one(
        select(func.count()).where(ResultRow.tournament_id == tournament.id, ResultRow.rank_key < own.rank_key)
    )
    nearest = await connection.first(
        of_tournament.where(
            tuple_(ResultRow.rank_key, ResultRow.account_id)
            < tuple_(literal(own.rank_key, ResultRow.rank_key.type), own.account_id)
        )
        .order_by(ResultRow.rank_key.desc(), ResultRow.account_id.desc())
        .limit(1)
    )
    ahead = None if nearest is None else _placed(nearest).reached.result
    line = Line(before[0] + 1, own.account_id, own.name, own.reached)
    return Explained(line, tournament.mode.explain(own.reached.result, ahead))


_GAMES = select(ResultRow.games).where(
    ResultRow.tournament_id == bindparam("tournament"), among(ResultRow.account_id, "accounts")
)


async def counting(
    connection: "Connection", tournament_id: TournamentId, account_ids: Collection[AccountId]
) -> set[SubmissionId]:
    """The submissions that make up the results of these accounts. One statement."""
    rows = await connection.all(_GAMES, {"tournament": tournament_id, "accounts": set(account_ids)})
    return {SubmissionId(game["submission_id"]) for row in rows for game in json.loads(row.games)}


def no_result(account_id: AccountId) -> NoResult:
    """The refusal for an account that is not in the standings."""
    return NoResult(f"Account {account_id} has no game that counts in this tournament.")
