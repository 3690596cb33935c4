"""The checks on uploaded replays, one by one and in their order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import AccountId
from tengen.tournaments.keys import TooEarly, TournamentId
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.modes import InvalidData, ModeConstraintViolated, Reason, mode_of
from tengen.tournaments.schedule import Schedule, TournamentOver
from tengen.tournaments.submissions import (
    MAX_REPLAY_BYTES,
    Accepted,
    Doubt,
    IssuedKey,
    Replay,
    ReplayClock,
    check,
    check_size,
)
from tests.tournaments.builders import (
    ANN,
    BOB,
    CUP,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    a_key,
    a_replay,
    a_schedule,
    an_issued_key,
)

MADE = NOON + MINUTE
NOW = NOON + 10 * MINUTE
END = NOON + 2 * HOUR
MILLISECOND = timedelta(milliseconds=1)


def reason_of(
    replay: Replay, *, issued: IssuedKey | None = None, caller: AccountId = ANN, now: datetime = NOW
) -> Reason:
    with pytest.raises(InvalidData) as refusal:
        check(replay, caller, issued or an_issued_key(), now)
    assert (refusal.value.code, refusal.value.status) == ("invalid_data", 403)
    return refusal.value.reason


@pytest.mark.parametrize("level", Level)
def test_a_won_standard_game_with_ones_own_key_counts(level: Level) -> None:
    replay = a_replay(level=level, board=level.board, time=5410)
    assert check(replay, ANN, an_issued_key(), NOW) == Accepted(level, 5410, frozenset())


def test_a_replay_needs_a_key() -> None:
    assert reason_of(replace(a_replay(), key=None)) is Reason.NO_KEY


def test_a_key_that_was_never_made_is_unknown() -> None:
    with pytest.raises(InvalidData, match="never made here") as refusal:
        check(a_replay(), ANN, None, NOW)
    assert refusal.value.reason is Reason.UNKNOWN_KEY
    assert reason_of(a_replay(), issued=an_issued_key(a_key(random=bytes(16)))) is Reason.UNKNOWN_KEY


def test_a_key_counts_for_its_owner_alone() -> None:
    assert reason_of(a_replay(), caller=BOB) is Reason.FOREIGN_KEY


def test_a_key_of_another_tournament_is_refused_where_one_is_wanted() -> None:
    check(a_replay(), ANN, an_issued_key(), NOW, wanted=CUP)
    with pytest.raises(InvalidData, match="that of tournament 35: upload it there") as refusal:
        check(a_replay(), ANN, an_issued_key(), NOW, wanted=TournamentId(36))
    assert refusal.value.reason is Reason.OTHER_TOURNAMENT
    with pytest.raises(InvalidData) as foreign:
        check(a_replay(), BOB, an_issued_key(), NOW, wanted=TournamentId(36))
    assert foreign.value.reason is Reason.FOREIGN_KEY


def test_no_refusal_repeats_the_key() -> None:
    for replay, caller, issued in (
        (a_replay(), BOB, an_issued_key()),
        (a_replay(), ANN, None),
        (a_replay(is_completed=False), ANN, an_issued_key()),
    ):
        with pytest.raises(InvalidData) as refusal:
            check(replay, caller, issued, NOW)
        assert a_key().secret not in refusal.value.message


def test_uploads_end_with_the_tournament() -> None:
    check(a_replay(), ANN, an_issued_key(), END - MILLISECOND)
    with pytest.raises(TournamentOver, match="ended at"):
        check(a_replay(), ANN, an_issued_key(), END)
    cancelled = an_issued_key(schedule=Schedule(NOON, END, cancelled_at=NOW))
    with pytest.raises(TournamentOver, match="was cancelled"):
        check(a_replay(), ANN, cancelled, NOW)


def test_uploads_wait_for_a_start_that_was_put_off() -> None:
    later = an_issued_key(schedule=a_schedule(starts_at=NOW + MINUTE))
    with pytest.raises(TooEarly) as refusal:
        check(a_replay(), ANN, later, NOW)
    assert refusal.value.wait == MINUTE


def test_ones_own_time_begins_with_ones_key() -> None:
    issued = an_issued_key(mode=mode_of("sum_timelimit", "1+1+1;300"))
    check(a_replay(), ANN, issued, MADE + 5 * MINUTE - MILLISECOND)
    with pytest.raises(ModeConstraintViolated, match="over at 2026-06-01 12:06:00 UTC") as refusal:
        check(a_replay(), ANN, issued, MADE + 5 * MINUTE)
    assert (refusal.value.code, refusal.value.status) == ("mode_constraint_violated", 403)


def test_a_lost_game_does_not_count() -> None:
    assert reason_of(a_replay(is_completed=False)) is Reason.NOT_COMPLETED


@pytest.mark.parametrize("mode", [1, 2, 3, -1])
def test_games_with_aids_or_of_variants_do_not_count(mode: int) -> None:
    assert reason_of(a_replay(mode=mode)) is Reason.NOT_STANDARD


@pytest.mark.parametrize(
    ("level", "board"),
    [
        (6, Board(8, 8, 10)),  # a board of one's own
        (0, Board(8, 8, 10)),
        (3, Board(9, 9, 10)),
        (3, Board(8, 8, 9)),
        (3, Board(16, 16, 40)),
        (5, Board(16, 30, 99)),  # stood on its end
        (10**30, Board(1, 1, 1)),
    ],
)
def test_only_the_standard_board_of_its_level_counts(level: int, board: Board) -> None:
    assert reason_of(a_replay(level=level, board=board)) is Reason.NOT_STANDARD


def test_the_mode_says_which_levels_count() -> None:
    issued = an_issued_key(mode=mode_of("sum", "0+0+1"))
    assert reason_of(a_replay(), issued=issued) is Reason.LEVEL_NOT_PLAYED


@pytest.mark.parametrize("time", [0, -1])
def test_a_game_takes_time(time: int) -> None:
    assert reason_of(a_replay(time=time)) is Reason.IMPOSSIBLE_TIME


def test_a_game_is_no_longer_than_its_key_is_old() -> None:
    now = MADE + 10 * SECOND
    assert check(a_replay(time=10_000), ANN, an_issued_key(), now).time == 10_000
    assert reason_of(a_replay(time=10_001), now=now) is Reason.OLDER_THAN_KEY
    assert reason_of(a_replay(time=10_000), now=now - timedelta(microseconds=1)) is Reason.OLDER_THAN_KEY
    assert reason_of(a_replay(time=10**30), now=now) is Reason.OLDER_THAN_KEY


@pytest.mark.parametrize(("size", "reason"), [(0, Reason.EMPTY), (MAX_REPLAY_BYTES + 1, Reason.TOO_LARGE)])
def test_a_file_is_neither_empty_nor_huge(size: int, reason: Reason) -> None:
    with pytest.raises(InvalidData) as refusal:
        check_size(size)
    assert refusal.value.reason is reason
    check_size(1)
    check_size(MAX_REPLAY_BYTES)


# Each fault alone gives its refusal; of several, the one that stands first here (the contract's order) is told.
FAULTS = [
    "no key",
    "foreign key",
    "over",
    "own time over",
    "lost",
    "variant",
    "board",
    "level",
    "no time",
]


def fault_of(faults: set[str]) -> str | None:
    """What an upload with these faults is told, as the name of one of them."""
    schedule = a_schedule(ends_at=NOW if "over" in faults else END)
    parameters = f"{0 if 'level' in faults else 1}+0+1;{60 if 'own time over' in faults else 3600}"
    replay = a_replay(
        mode=int("variant" in faults),
        board=Board(9, 9, 10) if "board" in faults else None,
        is_completed="lost" not in faults,
        time=0 if "no time" in faults else 5410,
    )
    if "no key" in faults:
        replay = replace(replay, key=None)
    issued = an_issued_key(schedule=schedule, mode=mode_of("sum_timelimit", parameters))
    try:
        check(replay, BOB if "foreign key" in faults else ANN, issued, NOW)
    except InvalidData as refusal:
        if refusal.reason is Reason.NOT_STANDARD:
            return "board" if "9×9" in refusal.message else "variant"
        return NAMES[refusal.reason]
    except (TournamentOver, ModeConstraintViolated) as refusal:
        return CODES[refusal.code]
    return None


NAMES = {
    Reason.NO_KEY: "no key",
    Reason.FOREIGN_KEY: "foreign key",
    Reason.NOT_COMPLETED: "lost",
    Reason.LEVEL_NOT_PLAYED: "level",
    Reason.IMPOSSIBLE_TIME: "no time",
}
CODES = {TournamentOver.code: "over", ModeConstraintViolated.code: "own time over"}


@given(st.sets(st.sampled_from(FAULTS)))
def test_of_several_faults_the_first_in_order_is_told(faults: set[str]) -> None:
    assert fault_of(faults) == next((fault for fault in FAULTS if fault in faults), None)


def doubts(clock: ReplayClock | None, *, time: int = 5410) -> frozenset[Doubt]:
    return check(a_replay(clock=clock, time=time), ANN, an_issued_key(), NOW).doubts


def a_clock(started_at: datetime, *, took: timedelta = 5410 * MILLISECOND, is_utc: bool = True) -> ReplayClock:
    return ReplayClock(started_at, started_at + took, is_utc)


def test_a_game_played_between_key_and_upload_raises_no_doubts() -> None:
    assert doubts(None) == doubts(a_clock(MADE)) == doubts(a_clock(NOW - 6 * SECOND)) == frozenset()


def test_a_clock_that_is_a_little_wrong_raises_no_doubts() -> None:
    assert doubts(a_clock(MADE - 5 * MINUTE)) == frozenset()
    assert doubts(a_clock(NOW + 5 * MINUTE - 5410 * MILLISECOND)) == frozenset()
    assert doubts(a_clock(MADE, took=7410 * MILLISECOND)) == frozenset()


def test_implausible_clock_times_are_noted_and_do_not_refuse() -> None:
    assert doubts(a_clock(MADE - 6 * MINUTE)) == {Doubt.STARTED_BEFORE_KEY}
    assert doubts(a_clock(NOW + 5 * MINUTE)) == {Doubt.ENDED_AFTER_UPLOAD}
    assert doubts(a_clock(MADE, took=7411 * MILLISECOND)) == {Doubt.CLOCK_DISAGREES}
    everything = ReplayClock(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert doubts(everything) == set(Doubt)


@pytest.mark.parametrize("zone", [-12, -3.5, 0, 5.75, 14])
def test_local_time_raises_no_doubts_in_any_zone_of_the_world(zone: float) -> None:
    local = MADE + timedelta(hours=zone)
    assert doubts(a_clock(local, is_utc=False)) == frozenset()


def test_local_time_of_no_zone_in_the_world_raises_doubts() -> None:
    assert doubts(a_clock(MADE - 13 * HOUR, is_utc=False)) == {Doubt.STARTED_BEFORE_KEY}
    assert doubts(a_clock(NOW + 15 * HOUR, is_utc=False)) == {Doubt.ENDED_AFTER_UPLOAD}


def test_the_clock_of_a_real_replay_agrees_with_its_time() -> None:
    # Arbiter's sample of the project sweeping-view: [0|22.5.2021.16:39:05:9912|22.16:39:11:3325|HS|B28T6.41], 5.41 s.
    started_at = datetime(2021, 5, 22, 16, 39, 5, 912_000, tzinfo=UTC)
    ended_at = datetime(2021, 5, 22, 16, 39, 11, 325_000, tzinfo=UTC)
    issued = an_issued_key(
        made_at=started_at - HOUR, schedule=a_schedule(starts_at=started_at - 2 * HOUR, ends_at=ended_at + HOUR)
    )
    replay = a_replay(time=5410, clock=ReplayClock(started_at, ended_at, is_utc=False))
    assert check(replay, ANN, issued, ended_at + MINUTE) == Accepted(Level.BEGINNER, 5410, frozenset())


instants = st.datetimes(timezones=st.just(UTC))
near = st.timedeltas(-HOUR, 3 * HOUR).map(lambda later: NOON + later)


@given(
    level=st.integers(2, 6) | st.integers(),
    time=st.integers(-1, 10_000_000) | st.integers(),
    clock=st.none() | st.builds(ReplayClock, instants, instants, st.booleans()),
    now=near | instants,
)
def test_whatever_a_file_says_it_counts_or_is_refused(
    level: int, time: int, clock: ReplayClock | None, now: datetime
) -> None:
    board = Level(level).board if level in set(Level) else None
    replay = a_replay(level=level, board=board, time=time, clock=clock)
    may_count = level in {3, 5} and 0 < time <= (now - MADE) / MILLISECOND and now < END
    issued = an_issued_key(mode=mode_of("sum", "1+0+1"))
    try:
        accepted = check(replay, ANN, issued, now)
    except (InvalidData, TournamentOver, TooEarly):
        assert not may_count
    else:
        assert may_count
        assert (accepted.level, accepted.time) == (level, time)
