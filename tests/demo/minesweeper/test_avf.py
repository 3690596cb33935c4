"""Replays of Arbiter: ms_toollib reads from them the games that were played."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import Game
from tengen.tournaments.levels import Board, Level
from tests.demo.minesweeper.builders import KEY, PLAYED_AT, a_game, games, micros
from tests.demo.minesweeper.reading import board_of, read

OWN_LEVEL = 6


def a_replay(game: Game, *, name: str = "Mira", started_at: datetime = PLAYED_AT) -> bytes:
    return avf(game, name=name, started_at=started_at)


@settings(max_examples=5)
@given(st.lists(games(step_ms=10), min_size=6, max_size=12))
def test_any_game_is_read_as_it_was_played(played: list[Game]) -> None:
    for game, reading in zip(played, read(*map(a_replay, played)), strict=True):
        assert board_of(reading) == (game.board.columns, game.board.rows, game.board.mines)
        assert reading.level == (OWN_LEVEL if game.level is None else game.level)
        assert reading.bbbv == reading.counted_bbbv == reading.bbbv_solved == game.bbbv
        assert reading.rtime_ms == game.time
        assert reading.events == len(game.events)
        assert reading.is_completed
        assert reading.validity == 0
        assert reading.mode == 0
        assert reading.software == "Arbiter"


def test_a_game_without_its_last_click_is_not_completed() -> None:
    game = a_game()
    (reading,) = read(a_replay(game.given_up()))
    assert not reading.is_completed
    assert reading.validity == 1
    assert reading.bbbv_solved == game.bbbv - 1
    assert reading.rtime_ms == game.time


def test_the_key_stands_in_the_name() -> None:
    alone, behind = read(a_replay(a_game(), name=KEY), a_replay(a_game(), name=f"Mira#{KEY}"))
    assert alone.player_identifier == KEY
    assert behind.player_identifier == f"Mira#{KEY}"
    assert (behind.unique_identifier, behind.race_identifier) == ("", "")


@pytest.mark.parametrize("milliseconds", [0, 7, 45, 912])
def test_the_clock_of_the_player_says_when_the_game_was_played(milliseconds: int) -> None:
    started_at = PLAYED_AT + timedelta(milliseconds=milliseconds)
    (reading,) = read(a_replay(a_game(time_ms=60_120), started_at=started_at))
    assert reading.start_time == micros(started_at)
    assert reading.end_time == micros(started_at + timedelta(seconds=60.12))


def test_times_are_written_as_arbiter_does() -> None:
    """The first times are those of a replay of Arbiter 0.52.3, which ended later by some milliseconds."""
    game = replace(a_game(time_ms=5410), bbbv=28)
    replay = a_replay(game, started_at=datetime.fromisoformat("2021-05-22T16:39:05.912+00:00"))
    assert b"[0|22.5.2021.16:39:05:9912|22.16:39:11:3322|B28T6.41]" in replay
    assert b"\rRealTime: 5.41\rSkin: 3.1\rMira\rMinesweeper Arbiter 0.52.3." in replay


def test_a_game_past_midnight_ends_on_the_next_day() -> None:
    replay = a_replay(a_game(time_ms=2000), started_at=datetime.fromisoformat("2026-01-31T23:59:59+00:00"))
    assert b"|31.1.2026.23:59:59:000|1.00:00:01:000|" in replay


def test_a_board_of_ones_own_is_described_before_the_times() -> None:
    assert b"[0|W9H7M5|1.6.2026." in a_replay(a_game(Board(9, 7, 5)))


def test_another_mode_stands_before_the_times() -> None:
    """ms_toollib does not read it."""
    assert b"[3|1.6.2026." in a_replay(replace(a_game(), mode=3))


def test_the_same_game_in_two_names_differs_in_the_name_alone() -> None:
    one, other = a_replay(a_game(), name="Mira"), a_replay(a_game(), name="Noor")
    assert one != other
    assert one.replace(b"\rMira\r", b"\rNoor\r") == other


def test_an_expert_replay_of_a_minute_is_as_large_as_they_are() -> None:
    """The replay of 5.41 s that the facts are from has 1,046 events, of 8 bytes each."""
    replay = a_replay(a_game(Level.EXPERT, time_ms=60_000))
    assert 20_000 < len(replay) < 60_000


def test_what_arbiter_cannot_write_is_refused() -> None:
    with pytest.raises(ValueError, match="hundredths"):
        a_replay(a_game(time_ms=5413))
    with pytest.raises(ValueError, match="charmap"):
        a_replay(a_game(), name="王小明")


def test_a_first_click_that_parsers_would_not_find_is_refused() -> None:
    far = next(game for seed in range(99) if (game := a_game(Board(40, 1, 37), seed=seed)).events[0].x > 255)
    with pytest.raises(ValueError, match="too far right"):
        a_replay(far)
