"""The clock on the wire, as OGS' clients read it and count on from it."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import PlayerId
from tengen.go.points import Color
from tengen.play.clock_messages import Json, clock_message, pause_control
from tengen.play.clocks import GameClock, Pause, PauseReason, epoch_milliseconds
from tengen.play.time_systems import Absolute, Byoyomi, TimeSystem
from tests.play.builders import (
    ABSOLUTE,
    BLACK,
    BYOYOMI,
    CANADIAN,
    DAY,
    FISCHER,
    HOUR,
    MILLISECOND,
    MINUTE,
    MONDAY,
    NOON,
    SATURDAY,
    SECOND,
    SIMPLE,
    TITLE,
    UNTIMED,
    WHITE,
    a_clock,
    a_control,
    a_slow_control,
    seconds,
)

NOON_MS = 1780488000000
"""2026-06-03T12:00:00Z."""
PAUSE = Pause(PauseReason.PLAYER, BLACK)


def ms(instant: datetime) -> int:
    """The instant on the wire."""
    return epoch_milliseconds(instant)


def test_the_message_of_a_running_clock() -> None:
    """The contract's example: 1195.88 s and 5 periods of 30 s left, and an expiration 1345880 ms after the move."""
    control = a_control(Byoyomi(1200 * SECOND, 30 * SECOND, 5))
    clock = a_clock(control).turned_back(BLACK, seconds(1195.88, 30, 5), seconds(1194.79, 30, 5), NOON)
    assert clock_message(clock, TITLE, NOON + 7 * SECOND) == {
        "game_id": 90456,
        "title": "Evening game",
        "black_player_id": 4711,
        "white_player_id": 4712,
        "current_player": 4711,
        "last_move": NOON_MS,
        "expiration": NOON_MS + 1345880,
        "black_time": {"thinking_time": 1195.88, "periods": 5, "period_time": 30},
        "white_time": {"thinking_time": 1194.79, "periods": 5, "period_time": 30},
        "now": NOON_MS + 7000,
    }


@pytest.mark.parametrize(
    ("system", "time"),
    [
        (FISCHER, {"thinking_time": 30, "skip_bonus": False}),
        (BYOYOMI, {"thinking_time": 20, "periods": 3, "period_time": 10}),
        (CANADIAN, {"thinking_time": 20, "moves_left": 3, "block_time": 30}),
        (ABSOLUTE, {"thinking_time": 60}),
        (SIMPLE, NOON_MS),
        (UNTIMED, None),
    ],
)
def test_what_players_have_left_has_the_form_of_the_system(system: TimeSystem, time: object) -> None:
    message = clock_message(a_clock(system), TITLE, NOON + SECOND)
    assert (message["black_time"], message["white_time"]) == (time, time)


def test_a_block_that_has_begun_is_told() -> None:
    clock = a_clock(CANADIAN).moved(BLACK, NOON + 25500 * MILLISECOND)
    message = clock_message(clock, TITLE, NOON + DAY)
    assert message["black_time"] == {"thinking_time": 0, "moves_left": 2, "block_time": 24.5}
    assert message["current_player"] == 4712


def test_a_clock_that_starts_tells_when_the_game_is_called_off() -> None:
    message = clock_message(a_clock(is_starting=True), TITLE, NOON + MINUTE)
    assert message["start_mode"] is True
    assert (message["last_move"], message["expiration"]) == (NOON_MS, ms(NOON + 5 * MINUTE))
    assert "start_mode" not in clock_message(a_clock(), TITLE, NOON)


def test_a_game_without_a_clock_expires_in_a_far_future() -> None:
    assert clock_message(a_clock(UNTIMED), TITLE, NOON)["expiration"] == ms(NOON + 365 * DAY)


def test_a_pause_is_told_once() -> None:
    clock = a_clock(ABSOLUTE).paused(PAUSE, NOON + 10 * SECOND)
    stopped = NOON_MS + 10000
    common = {"last_move": NOON_MS, "expiration": NOON_MS + 60000, "paused_since": stopped}
    deltas = {"pause_delta": 10000, "expiration_delta": 50000}
    told = clock_message(clock, TITLE, NOON + 20 * SECOND, tells_pause=True)
    assert told.items() >= (common | deltas).items()
    control = {"paused": {"pausing_player_id": 4711, "pauses_left": 4}}
    assert told["pause"] == {"paused": True, "paused_since": stopped, "pause_control": control}
    later = clock_message(clock, TITLE, NOON + HOUR)
    assert later.items() >= (common | deltas).items()
    assert "pause" not in later


def test_the_end_of_a_pause_moves_the_beginning_of_the_turn_and_its_end() -> None:
    """`last_move` is now less `pause_delta`, `expiration` is now and `expiration_delta`."""
    end = NOON + HOUR
    clock = a_clock(ABSOLUTE).paused(PAUSE, NOON + 10 * SECOND).resumed(PauseReason.PLAYER, end)
    message = clock_message(clock, TITLE, end + 3 * SECOND, tells_pause=True)
    assert message["pause"] == {"paused": False, "paused_since": NOON_MS + 10000, "pause_control": {}}
    assert (message["last_move"], message["expiration"]) == (ms(end) - 10000, ms(end) + 50000)
    assert not {"paused_since", "pause_delta", "expiration_delta"} & message.keys()


def test_a_clock_that_never_stopped_can_say_that_it_runs() -> None:
    message = clock_message(a_clock(), TITLE, NOON, tells_pause=True)
    assert message["pause"] == {"paused": False, "paused_since": NOON_MS, "pause_control": {}}


def test_the_reasons_of_a_pause_have_the_keys_that_the_board_knows() -> None:
    clock = a_clock(a_slow_control(Absolute(28 * DAY)))
    for pause in (
        Pause(PauseReason.PLAYER, WHITE),
        Pause(PauseReason.STONE_REMOVAL),
        Pause(PauseReason.SYSTEM),
        Pause(PauseReason.MODERATOR, moderator=PlayerId(9)),
        Pause(PauseReason.VACATION, BLACK),
        Pause(PauseReason.VACATION, WHITE),
    ):
        clock = clock.paused(pause, NOON)
    on_weekdays: Json = {
        "paused": {"pausing_player_id": 4712, "pauses_left": 4},
        "stone-removal": True,
        "system": True,
        "moderator_paused": {"moderator_id": 9},
        "vacation-4711": True,
        "vacation-4712": True,
    }
    assert pause_control(clock, TITLE, NOON) == on_weekdays
    assert pause_control(clock, TITLE, SATURDAY) == on_weekdays | {"weekend": True}
    assert pause_control(a_clock(), TITLE, SATURDAY) == {}


def test_a_weekend_is_a_pause() -> None:
    clock = a_clock(a_slow_control(Absolute(7 * DAY)))
    message = clock_message(clock, TITLE, SATURDAY + HOUR, tells_pause=True)
    assert message["pause"] == {"paused": True, "paused_since": ms(SATURDAY), "pause_control": {"weekend": True}}
    assert (message["last_move"], message["pause_delta"]) == (NOON_MS, 60 * 3600 * 1000)
    message = clock_message(clock, TITLE, MONDAY, tells_pause=True)
    assert message.items() >= {"last_move": ms(NOON + 2 * DAY), "expiration": ms(clock.expires_at or NOON)}.items()
    pause = message["pause"]
    assert isinstance(pause, dict)
    assert (pause["paused"], pause["pause_control"]) == (False, {})


def test_stone_removal_has_its_own_end() -> None:
    clock = a_clock().paused(Pause(PauseReason.STONE_REMOVAL), NOON)
    message = clock_message(clock, TITLE, NOON, tells_pause=True, removal_expires_at=NOON + 5 * MINUTE)
    assert (
        message.items()
        >= {
            "stone_removal_mode": True,
            "stone_removal_expiration": ms(NOON + 5 * MINUTE),
            "pause": {"paused": True, "paused_since": NOON_MS, "pause_control": {"stone-removal": True}},
        }.items()
    )


def counted_by_a_client(message: Json, color: Color) -> float:
    """Seconds of main time that a client shows: its own arithmetic, from the message alone."""
    time = message["black_time" if color is BLACK else "white_time"]
    now, last_move = message["now"], message["last_move"]
    assert isinstance(time, dict)
    assert isinstance(now, int)
    assert isinstance(last_move, int)
    if message["current_player"] != (4711 if color is BLACK else 4712):
        return float(time["thinking_time"])
    paused_since = message.get("paused_since", now)
    assert isinstance(paused_since, int)
    return max(0.0, float(time["thinking_time"]) - (max(paused_since, last_move) - last_move) / 1000)


@given(st.integers(0, 2 * 10**9), st.integers(0, 2 * 10**9), st.integers(0, 2 * 10**9), st.booleans())
def test_clients_count_to_what_the_clock_has_left(turn: int, until_pause: int, later: int, resumes: bool) -> None:
    clock = a_clock(a_slow_control(Absolute(28 * DAY)))
    now = NOON + turn * MILLISECOND
    clock = clock.moved(BLACK, now)
    now += until_pause * MILLISECOND
    clock = clock.paused(PAUSE, now)
    now += HOUR
    if resumes:
        clock = clock.resumed(PauseReason.PLAYER, now)
    now += later * MILLISECOND
    message: Json = json.loads(json.dumps(clock_message(clock, TITLE, now)))
    for color in (BLACK, WHITE):
        expected = clock.left(color, now).main.total_seconds()
        assert counted_by_a_client(message, color) == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 10**6))
def test_a_stored_clock_tells_the_same(later: int) -> None:
    clock = a_clock(FISCHER).moved(BLACK, NOON + 1234 * MILLISECOND)
    stored = GameClock.from_json(clock.control, json.loads(json.dumps(clock.to_json())))
    now = NOON + later * MILLISECOND
    assert clock_message(stored, TITLE, now) == clock_message(clock, TITLE, now)
