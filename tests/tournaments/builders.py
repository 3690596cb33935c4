"""Builders of tournaments: with defaults, taking only what matters to a test."""

from datetime import UTC, datetime, timedelta

from tengen.core.values import AccountId
from tengen.tournaments.keys import TournamentId, TournamentKey
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.modes import Mode, Score, SubmissionId, mode_of
from tengen.tournaments.schedule import Schedule
from tengen.tournaments.submissions import IssuedKey, Replay, ReplayClock

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When tournaments start, unless a test says otherwise."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ANN, BOB, CLEO = AccountId(1), AccountId(2), AccountId(3)
CUP = TournamentId(35)


def a_schedule(*, starts_at: datetime = NOON, ends_at: datetime = NOON + 2 * HOUR) -> Schedule:
    return Schedule.between(starts_at, ends_at)


def a_key(account_id: AccountId = ANN, *, random: bytes = bytes(range(16))) -> TournamentKey:
    return TournamentKey.make(account_id, CUP, random)


def an_issued_key(
    key: TournamentKey | None = None,
    *,
    made_at: datetime = NOON + MINUTE,
    schedule: Schedule | None = None,
    mode: Mode | None = None,
) -> IssuedKey:
    return IssuedKey(key or a_key(), made_at, schedule or a_schedule(), mode or mode_of("sum", "1+1+1"))


def a_replay(
    *,
    key: TournamentKey | None = None,
    level: int = Level.BEGINNER,
    board: Board | None = None,
    mode: int = 0,
    is_completed: bool = True,
    time: int = 5410,
    clock: ReplayClock | None = None,
) -> Replay:
    """A replay of a won Beginner game with Ann's key, unless a test says otherwise."""
    return Replay(key or a_key(), level, board or Board(8, 8, 10), mode, is_completed, time, clock)


def a_score(number: int, time: int, level: Level = Level.BEGINNER, *, uploaded_at: datetime | None = None) -> Score:
    """A score; those of greater numbers came in later, unless a test says otherwise."""
    return Score(SubmissionId(number), level, time, uploaded_at or NOON + number * SECOND)
