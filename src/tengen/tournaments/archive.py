"""Accepted replays: stored, listed, disqualified and restored by the host, given out again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from tengen.accounts.public import name_of
from tengen.core.errors import Conflict, Forbidden, NotFound
from tengen.core.rows import Insert, insert_rows, parameters_of
from tengen.core.values import AccountId
from tengen.tournaments import results
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.models import KeyRow, ReplayRow, SubmissionRow
from tengen.tournaments.modes import InvalidData, Milliseconds, SubmissionId
from tengen.tournaments.service import Kind, Noted, check_may_host, hold, let_go, note, parse_reason
from tengen.tournaments.submissions import Doubt, same_file, same_game

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Transaction
    from tengen.tournaments.modes import Result
    from tengen.tournaments.service import Tournament


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """A replay that counts, as it is to be stored. `name`: what its account is called."""

    account_id: AccountId
    name: str
    key_made_at: datetime
    """When the key in it was made."""
    uploaded_at: datetime
    replay_hash: bytes
    game_hash: bytes
    replay_format: str
    level: Level
    time: Milliseconds
    bbbv: int
    software: str
    player_name: str
    played_from: datetime | None
    doubts: frozenset[Doubt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(NewSubmission):
    """An accepted replay."""

    id: SubmissionId
    tournament_id: TournamentId
    disqualified_at: datetime | None = None
    disqualified_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of storing a replay, and what its account has reached with it."""

    submission: Submission
    result: "Result | None"


class SubmissionNotFound(NotFound):
    """There is no such submission, or none that the caller may see."""

    code = "no_such_submission"


class AlreadyDisqualified(Conflict):
    """The submission does not count already."""

    code = "already_disqualified"


class NotDisqualified(Conflict):
    """The submission counts: there is nothing to restore."""

    code = "not_disqualified"


class ReplaySealed(Forbidden):
    """The replay holds a key that may still be used: it is given out when the tournament is over."""

    code = "replay_sealed"


_REPLAY_COLUMNS = (ReplayRow.hash, ReplayRow.content)
_SUBMISSION_COLUMNS = (
    SubmissionRow.tournament_id,
    SubmissionRow.account_id,
    SubmissionRow.uploaded_at,
    SubmissionRow.replay_hash,
    SubmissionRow.game_hash,
    SubmissionRow.replay_format,
    SubmissionRow.level,
    SubmissionRow.time_ms,
    SubmissionRow.bbbv,
    SubmissionRow.software,
    SubmissionRow.player_name,
    SubmissionRow.played_from,
    SubmissionRow.doubts,
)


def _unless_known(inserts: Mapping[str, Insert], *returning: Any) -> Mapping[str, Any]:
    """The same, but for rows that violate a unique constraint."""
    return {dialect: insert.on_conflict_do_nothing().returning(*returning) for dialect, insert in inserts.items()}


_KEEP = _unless_known(insert_rows(ReplayRow, _REPLAY_COLUMNS), ReplayRow.hash)
_INSERT = _unless_known(insert_rows(SubmissionRow, _SUBMISSION_COLUMNS), SubmissionRow.id, SubmissionRow.game_hash)
_OF_NEW = tuple(field.name for field in fields(NewSubmission))
_THROW_AWAY = delete(ReplayRow).where(ReplayRow.hash == bindparam("replay"))


async def store(transaction: "Transaction", held: "Tournament", new: NewSubmission, content: bytes) -> Stored:
    """Store one replay as `store_all` does. Raises `InvalidData` if its bytes, or its game, came in before."""
    (outcome,) = await store_all(transaction, held, [(new, content)])
    if isinstance(outcome, InvalidData):
        raise outcome
    return outcome


async def store_all(
    transaction: "Transaction",
    held: "Tournament",
    uploads: Sequence[tuple[NewSubmission, bytes]],
    *,
    expected: int = 1,
) -> list[Stored | InvalidData]:
    """Store replays in a tournament that is held; the standings follow. Five to eight statements for them all.

    There is an outcome for each: what was stored, or the refusal if its bytes, or its game, came in before, be it a
    moment ago and elsewhere. Nothing of those stays. `expected`: so many changes the tournament is held for.
    """
    if not uploads:
        await let_go(transaction, held, expected=expected)
        return []
    # Which of two unique constraints a row violates first is the database's choice: so the bytes are looked at before.
    # In the order of the hashes: two transactions with the same replays wait one for the other, and never both.
    contents = {new.replay_hash: content for new, content in uploads}
    rows = [{"hash": replay_hash, "content": contents[replay_hash]} for replay_hash in sorted(contents)]
    dialect = transaction.dialect
    kept = {row.hash for row in await transaction.all(_KEEP[dialect], parameters_of(dialect, rows))}
    new_files: dict[bytes, NewSubmission] = {}
    new_games: dict[bytes, NewSubmission] = {}
    for new, _ in uploads:
        if new.replay_hash in kept and new_files.setdefault(new.replay_hash, new) is new:
            new_games.setdefault(new.game_hash, new)
    submissions = await _insert(transaction, held.id, new_games)
    without_game = new_files.keys() - submissions.keys()
    if without_game:
        await transaction.run(_THROW_AWAY, [{"replay": replay_hash} for replay_hash in without_game])
    found = await _follow(transaction, held, list(submissions.values()), expected=expected)

    def outcome(new: NewSubmission) -> Stored | InvalidData:
        if new_files.get(new.replay_hash) is not new:
            return same_file()
        if new.replay_hash not in submissions:
            return same_game()
        return Stored(submissions[new.replay_hash], found.get(new.account_id))

    return [outcome(new) for new, _ in uploads]


async def _insert(
    transaction: "Transaction", tournament_id: TournamentId, new_games: Mapping[bytes, NewSubmission]
) -> dict[bytes, Submission]:
    """Store submissions, given by their games' hashes. Returns those that are new indeed, by their replays'."""
    if not new_games:
        return {}
    columns = [_columns(tournament_id, new) for new in new_games.values()]
    inserted = await transaction.all(_INSERT[transaction.dialect], parameters_of(transaction.dialect, columns))
    ids = {row.game_hash: SubmissionId(row.id) for row in inserted}
    return {
        new.replay_hash: _accepted(new, ids[game_hash], tournament_id)
        for game_hash, new in new_games.items()
        if game_hash in ids
    }


async def _follow(
    transaction: "Transaction", held: "Tournament", submissions: Sequence[Submission], *, expected: int
) -> Mapping[AccountId, "Result"]:
    """The results and the changes that follow from what was stored."""
    if not submissions:
        await let_go(transaction, held, expected=expected)
        return {}
    found = await results.refresh(transaction, held, {submission.account_id for submission in submissions})
    changes = (
        Noted(
            kind=Kind.SUBMISSION,
            at=submission.uploaded_at,
            actor_id=submission.account_id,
            account_id=submission.account_id,
            submission_id=submission.id,
        )
        for submission in submissions
    )
    await note(transaction, held, *changes, expected=expected)
    return found


def _accepted(new: NewSubmission, submission_id: SubmissionId, tournament_id: TournamentId) -> Submission:
    values = {name: getattr(new, name) for name in _OF_NEW}
    return Submission(id=submission_id, tournament_id=tournament_id, **values)


def _columns(tournament_id: TournamentId, new: NewSubmission) -> dict[str, object]:
    return {
        "tournament_id": tournament_id,
        "account_id": new.account_id,
        "uploaded_at": new.uploaded_at,
        "replay_hash": new.replay_hash,
        "game_hash": new.game_hash,
        "replay_format": new.replay_format,
        "level": new.level.value,
        "time_ms": new.time,
        "bbbv": new.bbbv,
        "software": new.software,
        "player_name": new.player_name,
        "played_from": new.played_from,
        "doubts": json.dumps(sorted(doubt.value for doubt in new.doubts)),
    }


_SUBMISSIONS = (
    select(
        SubmissionRow.id,
        SubmissionRow.tournament_id,
        SubmissionRow.account_id,
        name_of(SubmissionRow.account_id).label("name"),
        SubmissionRow.uploaded_at,
        SubmissionRow.replay_hash,
        SubmissionRow.game_hash,
        SubmissionRow.replay_format,
        SubmissionRow.level,
        SubmissionRow.time_ms,
        SubmissionRow.bbbv,
        SubmissionRow.software,
        SubmissionRow.player_name,
        SubmissionRow.played_from,
        SubmissionRow.doubts,
        SubmissionRow.disqualified_at,
        SubmissionRow.disqualified_reason,
        KeyRow.made_at,
    )
    .join(
        KeyRow,
        (KeyRow.tournament_id == SubmissionRow.tournament_id) & (KeyRow.account_id == SubmissionRow.account_id),
    )
    .where(SubmissionRow.tournament_id == bindparam("tournament"))
)


def _submission(row: Any) -> Submission:
    return Submission(
        id=SubmissionId(row.id),
        tournament_id=TournamentId(row.tournament_id),
        account_id=AccountId(row.account_id),
        name=row.name,
        uploaded_at=row.uploaded_at,
        replay_hash=row.replay_hash,
        game_hash=row.game_hash,
        replay_format=row.replay_format,
        level=Level(row.level),
        time=row.time_ms,
        bbbv=row.bbbv,
        software=row.software,
        player_name=row.player_name,
        played_from=row.played_from,
        doubts=frozenset(Doubt(doubt) for doubt in json.loads(row.doubts)),
        disqualified_at=row.disqualified_at,
        disqualified_reason=row.disqualified_reason,
        key_made_at=row.made_at,
    )


async def list_submissions(
    connection: "Connection",
    tournament_id: TournamentId,
    *,
    of: Sequence[AccountId] | None = None,
    after_id: int = 0,
    limit: int | None = None,
) -> list[Submission]:
    """What came in, in that order, from the first after `after_id`. `of`: these accounts' alone. One statement."""
    statement = _SUBMISSIONS.where(SubmissionRow.id > after_id).order_by(SubmissionRow.id).limit(limit)
    if of is not None:
        statement = statement.where(SubmissionRow.account_id.in_(of))
    return [_submission(row) for row in await connection.all(statement, {"tournament": tournament_id})]


async def find_submission(connection: "Connection", tournament_id: TournamentId, submission_id: int) -> Submission:
    """One of a tournament's submissions. Raises `SubmissionNotFound`. One statement."""
    row = await connection.first(_SUBMISSIONS.where(SubmissionRow.id == submission_id), {"tournament": tournament_id})
    if row is None:
        raise no_such_submission(submission_id)
    return _submission(row)


def no_such_submission(submission_id: int) -> SubmissionNotFound:
    """The refusal for a submission that is none, or none that the caller may know of."""
    return SubmissionNotFound(f"There is no submission {submission_id} in this tournament.")


async def replay_content(connection: "Connection", replay_hash: bytes) -> bytes:
    """The bytes of a replay, as they were uploaded."""
    return (await connection.one(select(ReplayRow.content).where(ReplayRow.hash == replay_hash)))[0]


async def disqualify(
    transaction: "Transaction",
    tournament_id: int,
    submission_id: int,
    reason: str,
    by: "Account | None",
    now: datetime,
) -> Submission:
    """Let a submission count no longer; the standings follow. It can be done after the end, too.

    `by`: None is an operator. Raises `InvalidReason`, `TournamentNotFound`, `NotTournamentHost`, `SubmissionNotFound`
    and `AlreadyDisqualified`.
    """
    why = parse_reason(reason)
    return await _judge(transaction, tournament_id, submission_id, Kind.DISQUALIFIED, why, by, now)


async def restore(
    transaction: "Transaction",
    tournament_id: int,
    submission_id: int,
    reason: str,
    by: "Account | None",
    now: datetime,
) -> Submission:
    """Let a disqualified submission count again, as if it had never been; the standings follow.

    `by`: None is an operator. Raises as `disqualify` does, and `NotDisqualified`.
    """
    why = parse_reason(reason)
    return await _judge(transaction, tournament_id, submission_id, Kind.RESTORED, why, by, now)


async def _judge(
    transaction: "Transaction",
    tournament_id: int,
    submission_id: int,
    kind: Kind,
    reason: str,
    by: "Account | None",
    now: datetime,
) -> Submission:
    held = await hold(transaction, tournament_id)
    await check_may_host(transaction, held, by)
    submission = await find_submission(transaction, held.id, submission_id)
    counts = kind is Kind.RESTORED
    if counts and submission.disqualified_at is None:
        raise NotDisqualified("This submission counts: there is nothing to restore.")
    if not counts and submission.disqualified_at is not None:
        raise AlreadyDisqualified("This submission is disqualified already.")
    await transaction.run(
        update(SubmissionRow)
        .where(SubmissionRow.id == submission.id)
        .values(disqualified_at=None if counts else now, disqualified_reason=None if counts else reason)
    )
    await results.refresh(transaction, held, [submission.account_id])
    change = Noted(
        kind=kind,
        at=now,
        actor_id=None if by is None else by.id,
        account_id=submission.account_id,
        submission_id=submission.id,
        text=reason,
    )
    await note(transaction, held, change)
    return await find_submission(transaction, held.id, submission.id)
