"""What a turn uses up and a move gives back, system by system."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.play.time_systems import NO_TIME, SYSTEMS, Byoyomi, Canadian, Fischer, TimeLeft, TimeSystem
from tests.play.builders import (
    ABSOLUTE,
    BYOYOMI,
    CANADIAN,
    FISCHER,
    MILLISECOND,
    SECOND,
    SIMPLE,
    TIMED,
    UNTIMED,
    seconds,
    systems,
)

spans = st.integers(0, 10**10).map(lambda number: number * MILLISECOND)


# By hand, from the rules of each system; 20 s and 3 periods of 10 s, 20 s and blocks of 3 stones in 30 s, and so on.
@pytest.mark.parametrize(
    ("system", "left", "spent", "after"),
    [
        (FISCHER, seconds(30), 0, seconds(35)),
        (FISCHER, seconds(30), 12.25, seconds(22.75)),
        (FISCHER, seconds(30), 29.999, seconds(5.001)),
        (FISCHER, seconds(58), 1, seconds(60)),  # 62, and the maximum is 60
        (FISCHER, seconds(58), 3, seconds(60)),
        (FISCHER, seconds(58), 4, seconds(59)),
        (FISCHER, seconds(30, skips_bonus=True), 10, seconds(20)),
        (BYOYOMI, seconds(20, 10, 3), 5, seconds(15, 10, 3)),
        (BYOYOMI, seconds(20, 10, 3), 20, seconds(0, 10, 3)),
        (BYOYOMI, seconds(20, 10, 3), 29.999, seconds(0, 10, 3)),  # within the first period, which is given back
        (BYOYOMI, seconds(20, 10, 3), 30, seconds(0, 10, 2)),
        (BYOYOMI, seconds(20, 10, 3), 40, seconds(0, 10, 1)),
        (BYOYOMI, seconds(20, 10, 3), 49.999, seconds(0, 10, 1)),
        (BYOYOMI, seconds(0, 10, 3), 0, seconds(0, 10, 3)),
        (BYOYOMI, seconds(0, 10, 3), 9.999, seconds(0, 10, 3)),
        (BYOYOMI, seconds(0, 10, 3), 10, seconds(0, 10, 2)),
        (BYOYOMI, seconds(0, 10, 1), 9.999, seconds(0, 10, 1)),
        (CANADIAN, seconds(20, 30, 3), 19.999, seconds(0.001, 30, 3)),
        (CANADIAN, seconds(20, 30, 3), 20, seconds(0, 30, 2)),
        (CANADIAN, seconds(20, 30, 3), 25, seconds(0, 25, 2)),
        (CANADIAN, seconds(0, 25, 2), 10, seconds(0, 15, 1)),
        (CANADIAN, seconds(0, 15, 1), 14.999, seconds(0, 30, 3)),
        (CANADIAN, seconds(0, 30, 3), 0, seconds(0, 30, 2)),
        (Canadian(NO_TIME, 30 * SECOND, 1), seconds(0, 30, 1), 29, seconds(0, 30, 1)),
        (SIMPLE, seconds(15), 14.999, seconds(15)),
        (ABSOLUTE, seconds(60), 12.5, seconds(47.5)),
        (UNTIMED, seconds(0), 10**9, seconds(0)),
    ],
)
def test_what_is_left_after_a_move(system: TimeSystem, left: TimeLeft, spent: float, after: TimeLeft) -> None:
    assert system.after_move(left, timedelta(seconds=spent)) == after


@pytest.mark.parametrize(
    ("system", "left", "spent", "shown"),
    [
        (FISCHER, seconds(30), 29, seconds(1)),
        (FISCHER, seconds(30), 31, seconds(0)),
        (BYOYOMI, seconds(20, 10, 3), 19, seconds(1, 10, 3)),
        (BYOYOMI, seconds(20, 10, 3), 20, seconds(0, 10, 3)),
        (BYOYOMI, seconds(20, 10, 3), 27, seconds(0, 3, 3)),
        (BYOYOMI, seconds(20, 10, 3), 30, seconds(0, 10, 2)),
        (BYOYOMI, seconds(20, 10, 3), 49, seconds(0, 1, 1)),
        (BYOYOMI, seconds(20, 10, 3), 50, seconds(0, 0, 0)),
        (CANADIAN, seconds(20, 30, 3), 32, seconds(0, 18, 3)),
        (CANADIAN, seconds(20, 30, 3), 50, seconds(0, 0, 3)),
        (SIMPLE, seconds(15), 4, seconds(11)),
        (ABSOLUTE, seconds(60), 61, seconds(0)),
        (UNTIMED, seconds(0), 10**9, seconds(0)),
    ],
)
def test_what_is_left_while_a_player_thinks(system: TimeSystem, left: TimeLeft, spent: float, shown: TimeLeft) -> None:
    assert system.after(left, timedelta(seconds=spent)) == shown


@pytest.mark.parametrize(
    ("system", "allowance"),
    [(FISCHER, 30), (BYOYOMI, 20 + 3 * 10), (CANADIAN, 20 + 30), (SIMPLE, 15), (ABSOLUTE, 60)],
)
def test_how_long_the_first_turn_may_last(system: TimeSystem, allowance: int) -> None:
    assert system.allowance(system.at_start()) == allowance * SECOND


def test_a_recorded_clock_of_byoyomi_lasts_as_long_as_its_server_said() -> None:
    """OGS: 3233.326 s and 5 periods of 50 s, and an expiration 3483326 ms after the last move."""
    system = Byoyomi(3600 * SECOND, 50 * SECOND, 5)
    assert system.allowance(seconds(3233.326, 50, 5)) == 3483326 * MILLISECOND


def test_a_recorded_clock_of_fischer_lasts_as_long_as_its_server_said() -> None:
    """OGS: 604800 s, and an expiration 604800000 ms after the last move."""
    system = Fischer(259200 * SECOND, 86400 * SECOND, 604800 * SECOND)
    assert system.allowance(seconds(604800)) == 604800000 * MILLISECOND


def test_a_game_without_a_clock_may_last_for_ever() -> None:
    system: TimeSystem = UNTIMED
    assert system.allowance(system.at_start()) is None


@given(st.integers(0, 15), st.integers(1, 6), st.integers(1, 4), st.lists(st.integers(0, 25), max_size=12))
def test_byoyomi_counts_as_a_watch_does_that_ticks(main: int, period: int, periods: int, turns: list[int]) -> None:
    """Second by second: main time first, then the period; one that ends is gone, a move gives the begun one back."""
    system = Byoyomi(main * SECOND, period * SECOND, periods)
    left, tick = system.at_start(), period
    for turn in turns:
        for _ in range(turn):
            if main > 0:
                main -= 1
            elif periods > 0:
                tick -= 1
                periods, tick = (periods, tick) if tick else (periods - 1, period)
        is_lost = main == 0 and periods == 0
        assert is_lost == (turn * SECOND >= system.allowance(left))
        if is_lost:
            return
        assert system.after(left, turn * SECOND) == seconds(main, tick if main == 0 else period, periods)
        tick = period
        left = system.after_move(left, turn * SECOND)
        assert left == seconds(main, period, periods)


@given(st.integers(0, 15), st.integers(1, 20), st.integers(1, 4), st.lists(st.integers(0, 25), max_size=12))
def test_canadian_counts_as_a_watch_does_that_ticks(main: int, block: int, stones: int, turns: list[int]) -> None:
    system = Canadian(main * SECOND, block * SECOND, stones)
    left, tick, pile = system.at_start(), block, stones
    for turn in turns:
        for _ in range(turn):
            main, tick = (main - 1, tick) if main > 0 else (0, tick - 1)
        is_lost = main == 0 and tick <= 0
        assert is_lost == (turn * SECOND >= system.allowance(left))
        if is_lost:
            return
        assert system.after(left, turn * SECOND) == seconds(main, tick, pile)
        if main == 0:
            pile -= 1
            pile, tick = (pile, tick) if pile else (stones, block)
        left = system.after_move(left, turn * SECOND)
        assert left == seconds(main, tick, pile)


@given(systems, spans, spans)
def test_thinking_twice_leaves_what_thinking_once_for_as_long_does(
    system: TimeSystem, first: timedelta, second: timedelta
) -> None:
    left = system.at_start()
    assert system.after(system.after(left, first), second) == system.after(left, first + second)


@given(systems, spans)
def test_thinking_uses_up_exactly_the_time_it_takes(system: TimeSystem, spent: timedelta) -> None:
    left = system.at_start()
    before, after = system.allowance(left), system.allowance(system.after(left, spent))
    assert after == (None if before is None else max(NO_TIME, before - spent))


def granted_at_most(system: TimeSystem) -> timedelta:
    """What one move can give back by the rules: the increment, the begun period, the block, the move's time."""
    match system:
        case Fischer(time_increment=increment):
            return increment
        case Byoyomi(period_time=period):
            return period
        case Canadian(period_time=period):
            return period
    return system.pace[1]


@given(systems, st.lists(st.floats(0, 1, exclude_max=True), max_size=20))
def test_time_grows_by_what_the_rules_give_back_alone(system: TimeSystem, shares: list[float]) -> None:
    left = system.at_start()
    for share in shares:
        allowance = system.allowance(left)
        if allowance is None:
            assert system.after_move(left, SECOND) == left
            continue
        spent = min(share * allowance, allowance - MILLISECOND)
        left = system.after_move(left, spent)
        given_back = (system.allowance(left) or NO_TIME) - (allowance - spent)
        assert NO_TIME <= given_back <= granted_at_most(system)
        assert (system.allowance(left) or NO_TIME) > NO_TIME


def test_systems_are_known_by_the_names_that_ogs_gives_them() -> None:
    assert set(SYSTEMS) == {"fischer", "byoyomi", "canadian", "simple", "absolute", "none"}
    assert {system.name for system in TIMED} == set(SYSTEMS) - {"none"}
