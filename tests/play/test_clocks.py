"""The clock of a game: turns, pauses, weekends, lag, the flag. Expected times are counted by hand."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import PlayerId
from tengen.go.points import Color
from tengen.play.clocks import (
    MAX_LAG_CREDIT,
    MAX_PAUSES,
    AlreadyPaused,
    GameClock,
    GamePaused,
    NoPausesLeft,
    NotPaused,
    NotYourTurn,
    Pause,
    PauseReason,
    TimeIsUp,
)
from tengen.play.time_controls import Speed, TimeControl
from tengen.play.time_systems import NO_TIME, Absolute, Simple, TimeLeft, TimeSystem
from tengen.play.weekends import is_weekend, next_boundary
from tests.play.builders import (
    ABSOLUTE,
    BLACK,
    BYOYOMI,
    CANADIAN,
    DAY,
    FISCHER,
    HOUR,
    MICROSECOND,
    MILLISECOND,
    MINUTE,
    MONDAY,
    NOON,
    SATURDAY,
    SECOND,
    SIMPLE,
    TIMED,
    UNTIMED,
    WHITE,
    a_clock,
    a_control,
    a_slow_control,
    controls,
    seconds,
)

STONE_REMOVAL, SYSTEM = Pause(PauseReason.STONE_REMOVAL), Pause(PauseReason.SYSTEM)
MODERATOR = Pause(PauseReason.MODERATOR, moderator=PlayerId(9))


def a_pause(by: Color = BLACK) -> Pause:
    """A player's pause."""
    return Pause(PauseReason.PLAYER, by)


def a_vacation(of: Color = BLACK) -> Pause:
    """A player's vacation."""
    return Pause(PauseReason.VACATION, of)


def played(clock: GameClock, *spent: float) -> GameClock:
    """The clock after moves that took so many seconds each, by turns."""
    for number in spent:
        clock = clock.moved(clock.to_move, clock.since + timedelta(seconds=number))
    return clock


# ── turns ──


# By hand: Black, White, Black, White take so many seconds each.
@pytest.mark.parametrize(
    ("system", "turns", "black", "white"),
    [
        (FISCHER, (10, 20, 10, 1), seconds(20), seconds(19)),  # 30−10+5−10+5; 30−20+5−1+5
        (FISCHER, (1, 1, 1, 1), seconds(38), seconds(38)),
        (BYOYOMI, (15, 20, 14, 25), seconds(0, 10, 3), seconds(0, 10, 1)),  # 9 s of a period; 25 s are two and a half
        (BYOYOMI, (35, 5, 9.5, 5), seconds(0, 10, 2), seconds(10, 10, 3)),
        (CANADIAN, (19, 25, 11, 10), seconds(0, 20, 2), seconds(0, 15, 1)),
        (SIMPLE, (14, 1, 14, 1), seconds(15), seconds(15)),
        (ABSOLUTE, (10, 20, 30, 0), seconds(20), seconds(40)),
        (UNTIMED, (10**6, 10**6, 10**6, 10**6), seconds(0), seconds(0)),
    ],
)
def test_turns_are_charged_to_who_has_them(
    system: TimeSystem, turns: tuple[float, ...], black: TimeLeft, white: TimeLeft
) -> None:
    clock = played(a_clock(system), *turns)
    assert (clock.black, clock.white) == (black, white)
    assert clock.to_move is BLACK
    assert clock.since == NOON + timedelta(seconds=sum(turns))


def test_three_stones_in_time_begin_a_new_canadian_block() -> None:
    clock = played(a_clock(CANADIAN), 21, 0, 10, 0, 18.999)
    assert clock.black == seconds(0, 30, 3)
    assert played(clock, 0, 29.999).black == seconds(0, 0.001, 2)


def test_only_the_time_of_the_player_to_move_runs() -> None:
    clock = a_clock(FISCHER)
    later = NOON + 12 * SECOND
    assert (clock.left(BLACK, later), clock.left(WHITE, later)) == (seconds(18), seconds(30))
    assert (clock.left(BLACK), clock.left(WHITE)) == (seconds(30), seconds(30))


def test_a_player_may_have_several_turns_in_a_row() -> None:
    """Free placement of handicap stones."""
    clock = a_clock(ABSOLUTE).moved(BLACK, NOON + SECOND, next_to_move=BLACK).moved(BLACK, NOON + 3 * SECOND)
    assert (clock.black, clock.white, clock.to_move) == (seconds(57), seconds(60), WHITE)


def test_nobody_moves_out_of_turn() -> None:
    with pytest.raises(NotYourTurn, match="It is Black's turn"):
        a_clock().moved(WHITE, NOON)


def test_instants_count_in_whole_milliseconds_of_any_zone() -> None:
    tokyo = timezone(9 * HOUR)
    clock = a_clock(ABSOLUTE, started_at=(NOON + 999 * MICROSECOND).astimezone(tokyo))
    clock = clock.moved(BLACK, NOON + 1500 * MICROSECOND)
    assert clock.black == seconds(59.999)
    assert clock.since == NOON + MILLISECOND


def test_another_workers_clock_that_is_behind_gives_no_time() -> None:
    clock = a_clock(ABSOLUTE).moved(BLACK, NOON - SECOND)
    assert clock.black == seconds(60)


# ── the flag ──


@pytest.mark.parametrize(
    ("system", "allowance"), [(FISCHER, 30), (BYOYOMI, 50), (CANADIAN, 50), (SIMPLE, 15), (ABSOLUTE, 60)]
)
def test_the_flag_falls_at_the_very_instant(system: TimeSystem, allowance: int) -> None:
    clock = a_clock(system)
    end = NOON + allowance * SECOND
    assert clock.expires_at == end
    assert not clock.timed_out(end - MICROSECOND)
    assert clock.timed_out(end)
    clock.moved(BLACK, end - MICROSECOND)
    with pytest.raises(TimeIsUp, match="Black's time is up"):
        clock.moved(BLACK, end)


def test_without_a_clock_no_flag_falls() -> None:
    clock = a_clock(UNTIMED)
    assert clock.expires_at is None
    assert not clock.timed_out(NOON + 10_000 * DAY)


@given(controls, st.lists(st.floats(0, 0.99), max_size=6), st.booleans())
def test_a_clock_expires_at_the_first_instant_at_which_time_is_up(
    control: TimeControl, turns: list[float], is_starting: bool
) -> None:
    clock = a_clock(control, is_starting=is_starting)
    for share in turns:
        assert clock.expires_at is None or clock.expires_at > clock.since
        reach = (clock.expires_at or NOON + DAY) - clock.since
        clock = clock.moved(clock.to_move, clock.since + share * reach)
    if clock.expires_at is None:
        assert clock.allowance is None
    else:
        assert clock.timed_out(clock.expires_at)
        assert not clock.timed_out(clock.expires_at - MICROSECOND)


# ── the start ──


def test_until_the_first_move_nothing_is_charged() -> None:
    clock = GameClock.start(a_control(ABSOLUTE), BLACK, NOON)
    later = NOON + 4 * MINUTE
    assert clock.is_starting
    assert clock.left(BLACK, later) == seconds(60)
    clock = clock.moved(BLACK, later)
    assert not clock.is_starting
    assert (clock.black, clock.white, clock.since) == (seconds(60), seconds(60), later)


@pytest.mark.parametrize(
    ("control", "start_time"),
    [
        (a_control(ABSOLUTE), 5 * MINUTE),
        (a_control(ABSOLUTE, speed=Speed.BLITZ), 5 * MINUTE),
        (a_slow_control(ABSOLUTE), DAY),
        (a_slow_control(Simple(2 * DAY)), 2 * DAY),
    ],
)
def test_a_game_that_does_not_start_is_called_off(control: TimeControl, start_time: timedelta) -> None:
    clock = GameClock.start(control, WHITE, NOON)
    assert clock.expires_at == NOON + start_time
    assert clock.timed_out(NOON + start_time)
    with pytest.raises(TimeIsUp):
        clock.moved(WHITE, NOON + start_time)


def test_a_game_without_a_clock_may_start_whenever() -> None:
    clock = GameClock.start(a_slow_control(UNTIMED), BLACK, NOON)
    assert clock.expires_at is None
    assert not clock.moved(BLACK, NOON + 1000 * DAY).is_starting


def test_the_first_move_of_a_fischer_game_has_its_increment() -> None:
    clock = GameClock.start(a_control(FISCHER), BLACK, NOON).moved(BLACK, NOON + 50 * SECOND)
    assert clock.black == seconds(35)


# ── lag ──


@pytest.mark.parametrize(
    ("elapsed", "lag", "charged"),
    [
        (10, 0, 10),
        (10, 0.1, 9.9),
        (10, 0.2, 9.8),
        (10, 30, 9.8),  # no more than the bound
        (0.1, 0.15, 0),  # no more than the turn lasted
        (10, -3, 10),
    ],
)
def test_the_way_through_the_net_is_credited_within_a_bound(elapsed: float, lag: float, charged: float) -> None:
    now, delay = NOON + timedelta(seconds=elapsed), timedelta(seconds=lag)
    clock = a_clock(ABSOLUTE)
    assert clock.charge(now, delay) == timedelta(seconds=charged)
    assert clock.moved(BLACK, now, lag=delay).black == seconds(60 - charged)


def test_the_credit_saves_a_move_that_was_made_in_time() -> None:
    clock = a_clock(BYOYOMI)
    end = NOON + 50 * SECOND
    lag = 150 * MILLISECOND
    assert not clock.timed_out(end + lag - MILLISECOND, lag)
    assert clock.moved(BLACK, end + lag - MILLISECOND, lag=lag).black == seconds(0, 10, 1)
    assert clock.timed_out(end + lag, lag)
    assert clock.timed_out(end + MAX_LAG_CREDIT, lag=HOUR)
    with pytest.raises(TimeIsUp):
        clock.moved(BLACK, end + MAX_LAG_CREDIT, lag=HOUR)


def test_the_credit_saves_a_period() -> None:
    clock = played(a_clock(BYOYOMI), 20, 0)
    now = clock.since + 10 * SECOND
    assert clock.moved(BLACK, now).black == seconds(0, 10, 2)
    assert clock.moved(BLACK, now, lag=MILLISECOND).black == seconds(0, 10, 3)


# ── pauses ──


def test_a_pause_stops_the_clock_and_gives_nothing() -> None:
    clock = a_clock(ABSOLUTE).paused(a_pause(WHITE), NOON + 10 * SECOND)
    later = NOON + 10 * DAY
    assert clock.expires_at is None
    assert not clock.timed_out(later)
    assert clock.stopped_at(later) == NOON + 10 * SECOND
    assert clock.left(BLACK, later) == seconds(50)
    clock = clock.resumed(PauseReason.PLAYER, later)
    assert clock.expires_at == later + 50 * SECOND
    assert clock.stopped_at(later) is None
    assert clock.paused_since == NOON + 10 * SECOND
    assert clock.moved(BLACK, later + 5 * SECOND).black == seconds(45)


def test_the_time_to_start_stands_still_in_a_pause_too() -> None:
    clock = GameClock.start(a_control(), BLACK, NOON).paused(a_pause(), NOON + MINUTE)
    assert not clock.timed_out(NOON + HOUR)
    assert clock.resumed(PauseReason.PLAYER, NOON + HOUR).expires_at == NOON + HOUR + 4 * MINUTE


@pytest.mark.parametrize("by", [BLACK, WHITE])
def test_whoever_is_to_move_ends_a_players_pause_by_moving(by: Color) -> None:
    clock = a_clock(ABSOLUTE).paused(a_pause(by), NOON + 10 * SECOND).moved(BLACK, NOON + HOUR)
    assert clock.pauses == ()
    assert (clock.black, clock.since) == (seconds(50), NOON + HOUR)
    assert clock.expires_at == NOON + HOUR + 60 * SECOND


@pytest.mark.parametrize("pause", [STONE_REMOVAL, MODERATOR, SYSTEM])
def test_no_move_ends_any_other_pause(pause: Pause) -> None:
    clock = a_clock().paused(pause, NOON + SECOND)
    with pytest.raises(GamePaused, match="moves wait"):
        clock.moved(BLACK, NOON + 2 * SECOND)


def test_moves_during_a_vacation_cost_what_went_before_it_and_then_nothing() -> None:
    clock = a_clock(ABSOLUTE).paused(a_vacation(WHITE), NOON + 10 * SECOND).moved(BLACK, NOON + HOUR)
    assert clock.black == seconds(50)
    assert clock.stopped_at(NOON + 2 * HOUR) == NOON + HOUR
    clock = clock.moved(WHITE, NOON + 3 * HOUR).resumed(PauseReason.VACATION, NOON + DAY, by=WHITE)
    assert clock.white == seconds(60)
    assert clock.expires_at == NOON + DAY + 50 * SECOND


def test_a_clock_goes_on_when_no_reason_to_stand_still_is_left() -> None:
    clock = a_clock(ABSOLUTE)
    for number, pause in enumerate((a_pause(), SYSTEM, a_vacation(BLACK), a_vacation(WHITE)), start=1):
        clock = clock.paused(pause, NOON + number * SECOND)
    clock = clock.resumed(PauseReason.PLAYER, NOON + 20 * SECOND).resumed(PauseReason.SYSTEM, NOON + 21 * SECOND)
    clock = clock.resumed(PauseReason.VACATION, NOON + 22 * SECOND, by=BLACK)
    assert clock.pauses == (a_vacation(WHITE),)
    assert clock.stopped_at(NOON + HOUR) == NOON + SECOND
    with pytest.raises(NotPaused):
        clock.resumed(PauseReason.VACATION, NOON + HOUR, by=BLACK)
    clock = clock.resumed(PauseReason.VACATION, NOON + HOUR, by=WHITE)
    assert clock.expires_at == NOON + HOUR + 59 * SECOND


def test_each_player_has_so_many_pauses() -> None:
    clock = a_clock()
    for left in reversed(range(MAX_PAUSES)):
        clock = clock.paused(a_pause(BLACK), NOON)
        assert clock.pauses_left_of(BLACK) == left
        clock = clock.resumed(PauseReason.PLAYER, NOON)
    with pytest.raises(NoPausesLeft, match="Black has paused the game 5 times"):
        clock.paused(a_pause(BLACK), NOON)
    clock = clock.paused(a_pause(WHITE), NOON)
    assert clock.pauses_left == (0, MAX_PAUSES - 1)


@pytest.mark.parametrize("pause", [a_pause(BLACK), STONE_REMOVAL, MODERATOR, SYSTEM, a_vacation()])
def test_a_clock_stops_once_for_a_reason_and_goes_on_once(pause: Pause) -> None:
    clock = a_clock()
    with pytest.raises(NotPaused):
        clock.resumed(pause.reason, NOON, by=pause.by)
    clock = clock.paused(pause, NOON)
    with pytest.raises(AlreadyPaused):
        clock.paused(pause, NOON + SECOND)
    assert clock.resumed(pause.reason, NOON, by=pause.by).pauses == ()


def test_the_opponent_cannot_pause_a_paused_game_again() -> None:
    with pytest.raises(AlreadyPaused):
        a_clock().paused(a_pause(BLACK), NOON).paused(a_pause(WHITE), NOON)


def test_no_pause_saves_a_fallen_flag() -> None:
    with pytest.raises(TimeIsUp):
        a_clock(ABSOLUTE).paused(a_pause(), NOON + 60 * SECOND)


@given(controls, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_pause_is_neutral(control: TimeControl, before: int, during: int) -> None:
    """Whatever happens on the clock afterwards happens as much later as the pause was long."""
    clock = a_clock(replace(control, pause_on_weekends=False))
    stop = NOON + before * MILLISECOND
    if clock.timed_out(stop):
        return
    stay = during * MILLISECOND
    paused = clock.paused(SYSTEM, stop).resumed(PauseReason.SYSTEM, stop + stay)
    assert paused.expires_at == (clock.expires_at and clock.expires_at + stay)
    moved, moved_late = clock.moved(BLACK, stop), paused.moved(BLACK, stop + stay)
    assert (moved_late.black, moved_late.white) == (moved.black, moved.white)


# ── weekends ──


def test_a_clock_that_rests_on_weekends_expires_after_them() -> None:
    clock = a_clock(a_slow_control(Simple(3 * DAY)))
    assert clock.expires_at == NOON + 5 * DAY  # Wednesday noon, Thursday, Friday; Monday noon
    assert clock.left(BLACK, SATURDAY) == clock.left(BLACK, MONDAY) == TimeLeft(main=12 * HOUR)
    assert clock.stopped_at(SATURDAY - MILLISECOND) is None
    assert clock.stopped_at(MONDAY - MILLISECOND) == SATURDAY
    assert clock.stopped_at(MONDAY) is None
    assert (clock.next_weekend_change(NOON), clock.next_weekend_change(SATURDAY)) == (SATURDAY, MONDAY)


@pytest.mark.parametrize(
    "control",
    [a_control(Simple(3 * DAY), pause_on_weekends=True), a_slow_control(Simple(3 * DAY), pause_on_weekends=False)],
)
def test_other_clocks_run_on_weekends(control: TimeControl) -> None:
    clock = a_clock(control)
    assert clock.expires_at == NOON + 3 * DAY == SATURDAY + 12 * HOUR
    assert clock.stopped_at(SATURDAY) is None
    assert clock.next_weekend_change(NOON) is None


def test_a_flag_may_fall_when_the_weekend_begins() -> None:
    clock = a_clock(a_slow_control(Simple(60 * HOUR)))
    assert clock.expires_at == SATURDAY
    assert clock.timed_out(SATURDAY)
    assert not clock.timed_out(SATURDAY - MICROSECOND)


def test_a_move_on_a_weekend_costs_what_went_before_it_and_the_next_turn_begins_on_monday() -> None:
    clock = a_clock(a_slow_control(Absolute(7 * DAY))).moved(BLACK, SATURDAY + 10 * HOUR)
    assert clock.black == TimeLeft(main=7 * DAY - 60 * HOUR)
    assert clock.stopped_at(SATURDAY + DAY) == SATURDAY + 10 * HOUR
    assert clock.moved(WHITE, MONDAY + HOUR).white == TimeLeft(main=7 * DAY - HOUR)


def test_a_pause_may_begin_and_end_on_weekends() -> None:
    clock = a_clock(a_slow_control(Simple(5 * DAY))).paused(a_pause(), SATURDAY + HOUR)
    assert clock.stopped_at(SATURDAY + DAY) == SATURDAY + HOUR
    clock = clock.resumed(PauseReason.PLAYER, SATURDAY + 8 * DAY)
    assert clock.stopped_at(SATURDAY + 8 * DAY + HOUR) == SATURDAY + 8 * DAY
    assert clock.left(BLACK, MONDAY + 7 * DAY) == TimeLeft(main=60 * HOUR)
    assert clock.expires_at == MONDAY + 7 * DAY + 60 * HOUR


def test_the_time_to_start_stands_still_on_weekends_too() -> None:
    clock = GameClock.start(a_slow_control(Simple(DAY)), BLACK, SATURDAY - HOUR)
    assert clock.expires_at == MONDAY + 23 * HOUR


# ── undoing ──


def test_an_undo_gives_a_fresh_turn_with_the_times_from_before() -> None:
    before = played(a_clock(BYOYOMI), 15, 10)
    clock = played(before, 14, 20)  # Black has used up his main time, White too
    now = clock.since + 4 * SECOND
    clock = clock.turned_back(WHITE, before.black, before.white, now)
    assert (clock.to_move, clock.black, clock.white) == (WHITE, seconds(5, 10, 3), seconds(10, 10, 3))
    assert clock.expires_at == now + 40 * SECOND


def test_an_undo_in_a_paused_game_begins_a_turn_that_stands_still() -> None:
    clock = played(a_clock(ABSOLUTE), 10).paused(a_pause(), NOON + 15 * SECOND)
    clock = clock.turned_back(BLACK, seconds(60), seconds(60), NOON + 30 * SECOND)
    assert clock.stopped_at(NOON + HOUR) == NOON + 30 * SECOND
    assert clock.resumed(PauseReason.PLAYER, NOON + HOUR).expires_at == NOON + HOUR + 60 * SECOND


# ── everything together ──


def running_time(control: TimeControl, start: datetime, end: datetime) -> timedelta:
    """How long a clock that nobody pauses runs between two instants: counted from weekend to weekend."""
    total = NO_TIME
    while start < end:
        until = min(end, next_boundary(start)) if control.rests_on_weekends else end
        total += NO_TIME if control.rests_on_weekends and is_weekend(start) else until - start
        start = until
    return total


happenings = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 5000), st.integers(0, 2 * 10**8)),
        st.sampled_from(["move", "pause", "resume", "vacation", "back"]),
        st.integers(0, 1000),
    ),
    max_size=25,
)


@given(controls, happenings, st.booleans())
def test_all_the_time_of_a_game_is_accounted_for(
    control: TimeControl, happenings: list[tuple[int, str, int]], is_starting: bool
) -> None:
    """What turns are charged with, credits, pauses, weekends and the start together are the time that has passed."""
    clock = a_clock(control, is_starting=is_starting)
    now, turn = NOON, NO_TIME
    charged = credited = stood_still = free = NO_TIME
    for step, happening, lag in happenings:
        passed = step * MILLISECOND
        ran = NO_TIME if clock.pauses else running_time(control, now, now + passed)
        now += passed
        turn, stood_still = turn + ran, stood_still + passed - ran
        assert clock.elapsed(now) == turn
        if clock.timed_out(now, lag * MILLISECOND):
            with pytest.raises(TimeIsUp):
                clock.moved(clock.to_move, now, lag=lag * MILLISECOND)
            break
        if happening == "move":
            charge = clock.charge(now, lag * MILLISECOND)
            if clock.is_starting:
                free += turn
            else:
                assert turn - charge == min(lag * MILLISECOND, MAX_LAG_CREDIT, turn)
                charged, credited = charged + charge, credited + turn - charge
            other = clock.left(clock.to_move.opponent)
            mover = clock.to_move
            expected = control.system.after_move(clock.left(mover), charge)
            clock = clock.moved(mover, now, lag=lag * MILLISECOND)
            assert (clock.left(mover), clock.left(mover.opponent)) == (expected, other)
            turn = NO_TIME
        else:
            clock = changed(clock, happening, now)
        assert GameClock.from_json(control, json.loads(json.dumps(clock.to_json()))) == clock
    assert charged + credited + free + stood_still + turn == now - NOON


def changed(clock: GameClock, happening: str, now: datetime) -> GameClock:
    """The clock paused or resumed, if it can be."""
    try:
        match happening:
            case "pause":
                return clock.paused(a_pause(WHITE), now)
            case "vacation":
                return clock.paused(a_vacation(WHITE), now)
            case "resume":
                return clock.resumed(PauseReason.PLAYER, now)
        return clock.resumed(PauseReason.VACATION, now, by=WHITE)
    except (AlreadyPaused, NotPaused, NoPausesLeft, TimeIsUp):
        return clock


@pytest.mark.parametrize("system", TIMED, ids=lambda system: system.name)
def test_a_clock_is_stored_and_read_back(system: TimeSystem) -> None:
    clock = played(a_clock(system), 0.001, 1.5).paused(a_vacation(), NOON + 3 * SECOND).paused(MODERATOR, NOON + HOUR)
    stored = json.loads(json.dumps(clock.to_json()))
    assert GameClock.from_json(clock.control, stored) == clock
