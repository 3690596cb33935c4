"""Replays of ViennaSweeper: ms_toollib reads from them the games that were played."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengen.demo.minesweeper.game import Game
from tengen.demo.minesweeper.rmv import Version, rmv
from tengen.tournaments.levels import Board, Level
from tests.demo.minesweeper.builders import KEY, PLAYED_AT, a_game, games, micros
from tests.demo.minesweeper.reading import board_of, read

VERSIONS: Sequence[Version] = get_args(Version)
OWN_LEVEL = 6

each_version = pytest.mark.parametrize("version", VERSIONS)


def a_replay(game: Game, version: Version = 2, *, made_at: datetime = PLAYED_AT) -> bytes:
    return rmv(game, version=version, name="Mira", made_at=made_at)


def sections(replay: bytes) -> dict[str, bytes]:
    """The parts of a replay, cut by the sizes that stand in its head."""
    is_first = replay[4:6] == b"\0\1"
    names = ["version", "player", "board", "preflags", "properties"]
    names = ["result", *names] if is_first else [*names, "extensions"]
    widths = [*((name, 2) for name in names), ("events", 4), ("checksum", 2)]
    at = 10 if is_first else 12
    sizes = {}
    for name, width in widths:
        sizes[name] = int.from_bytes(replay[at : at + width])
        at += width
    parts = {}
    for name, size in sizes.items():
        parts[name] = replay[at : at + size]
        at += size
    assert at == len(replay)
    return parts


@each_version
@settings(max_examples=5)
@given(played=st.lists(games(), min_size=6, max_size=12))
def test_any_game_is_read_as_it_was_played(version: Version, played: list[Game]) -> None:
    for game, reading in zip(played, read(*(a_replay(game, version) for game in played)), strict=True):
        assert board_of(reading) == (game.board.columns, game.board.rows, game.board.mines)
        assert reading.level == (OWN_LEVEL if game.level is None else game.level)
        assert reading.bbbv == reading.counted_bbbv == reading.bbbv_solved == game.bbbv
        assert reading.rtime_ms == game.time
        assert reading.events == len(game.events)
        assert reading.is_completed
        assert reading.validity == 0
        assert reading.mode == 0
        assert reading.software == "Viennasweeper"


@each_version
def test_a_game_without_its_last_click_is_not_completed_whatever_the_file_says(version: Version) -> None:
    game = a_game()
    honest = game.given_up()
    for reading in read(a_replay(honest, version), a_replay(replace(honest, is_won=True), version)):
        assert not reading.is_completed
        assert reading.validity == 1
        assert reading.bbbv_solved == game.bbbv - 1
        assert reading.rtime_ms == game.time


@each_version
def test_the_key_is_nickname_or_token(version: Version) -> None:
    def of(*, nickname: str = "", token: str = "") -> bytes:
        return rmv(
            a_game(), version=version, name="Zoë", nickname=nickname, country="AT", token=token, made_at=PLAYED_AT
        )

    old, new = read(of(nickname=KEY), of(nickname="zo", token=KEY))
    assert (old.player_identifier, old.country) == (new.player_identifier, new.country) == ("Zoë", "AT")
    assert (old.unique_identifier, old.race_identifier) == (KEY, "")
    assert (new.unique_identifier, new.race_identifier) == ("zo", KEY)


@each_version
def test_the_time_of_the_board_is_that_of_the_game(version: Version) -> None:
    (reading,) = read(a_replay(a_game(time_ms=60_123), version))
    assert reading.start_time == micros(PLAYED_AT)
    assert reading.end_time == micros(PLAYED_AT + timedelta(seconds=60.123))


@each_version
def test_a_file_may_claim_another_mode_or_the_level_of_another_board(version: Version) -> None:
    cheated, claimed = read(
        a_replay(replace(a_game(), mode=2), version),
        a_replay(replace(a_game(Board(9, 9, 10)), level=Level.BEGINNER), version),
    )
    assert (cheated.mode, cheated.is_completed) == (2, True)
    assert (claimed.level, board_of(claimed), claimed.is_completed) == (3, (9, 9, 10), True)


@each_version
def test_the_sizes_in_the_head_add_up(version: Version) -> None:
    replay = a_replay(a_game(), version)
    assert set(sections(replay)["checksum"]) == {0}
    at = 6 if version == 1 else 8
    assert int.from_bytes(replay[at : at + 4]) == len(replay)


def test_version_1_says_the_result_in_a_line() -> None:
    """As the replay of 2020 that the facts are from, whose 3BV is 10."""
    game = replace(a_game(time_ms=4153), bbbv=10)
    made_at = datetime.fromisoformat("2020-09-19T19:41:17+00:00")
    old = "2_1_b'517cce9419171fee58a550067fed65ed'"
    replay = rmv(game, version=1, name="tkolar", result_nick=old, made_at=made_at, is_utf8=False)
    assert sections(replay)["result"].decode() == (
        f"\nLEVEL:Beginner#SCORE:4.15#NAME:tkolar#NICK:{old}#3BV:10#NF:1#TIMESTAMP:1600544477#\n"
    )
    assert sections(replay)["player"] == b"\0\1\6tkolar"
    assert sections(replay)["properties"] == b"\0\1\0\0"
    assert b"LEVEL:Custom#" in a_replay(a_game(Board(9, 9, 10)), 1)


def test_the_line_has_the_nickname_if_nothing_else_is_asked_for() -> None:
    replay = rmv(a_game(), version=1, name="Mira", nickname=KEY, made_at=PLAYED_AT)
    assert f"#NAME:Mira#NICK:{KEY}#3BV:" in sections(replay)["result"].decode()


def test_version_1_says_whether_its_text_is_utf_8() -> None:
    said = sections(rmv(a_game(), version=1, name="王小明", made_at=PLAYED_AT))
    assert (said["properties"][4:], said["player"]) == (b"\1", b"\0\1\x09" + "王小明".encode())
    silent = sections(rmv(a_game(), version=1, name="Zoë", made_at=PLAYED_AT, is_utf8=False))
    assert (silent["properties"][4:], silent["player"]) == (b"", b"\0\1\3Zo\xeb")


def test_version_2_says_more_of_the_board_and_the_program() -> None:
    game = replace(a_game(), bbbv=0x0102)
    said = sections(a_replay(game))
    assert said["properties"][4:] == bytes([0x02, 0x01, 16])
    assert said["extensions"] == b"\0\1\x11vsweep_skin_fname\x0816px.bmp"
    assert said["player"] == b"\0\4\4Mira\0\0\0"


def test_short_movements_make_version_2_small() -> None:
    game = a_game(Level.EXPERT, time_ms=60_000)
    first, second = len(a_replay(game, 1)), len(a_replay(game, 2))
    assert 25_000 < first < 60_000
    assert 10_000 < second < first / 2


def test_the_first_press_comes_before_the_clock_and_is_not_written() -> None:
    game = a_game()
    event = game.events[1]
    first = sections(a_replay(game, 1))["events"][:9]
    assert first == bytes([3, 0, 0, 0, 0]) + (event.x + 12).to_bytes(2) + (event.y + 56).to_bytes(2)
    second = sections(a_replay(game, 2))["events"][:9]
    assert second == bytes([3, 0, 0, 0, 0]) + event.x.to_bytes(2) + event.y.to_bytes(2)


@each_version
@pytest.mark.parametrize(("is_won", "ending"), [(True, 16), (False, 17)])
def test_the_last_event_says_how_the_game_ended_and_when(version: Version, is_won: bool, ending: int) -> None:
    game = a_game(time_ms=5413) if is_won else a_game(time_ms=5413).given_up()
    events = sections(a_replay(game, version))["events"]
    assert events[-9:] == bytes([ending, 0, 0x15, 0x25, 0, 0, 0, 0x15, 0x25])


def test_what_the_format_has_no_room_for_is_refused() -> None:
    with pytest.raises(ValueError, match="255 bytes"):
        rmv(a_game(), name="x" * 256, made_at=PLAYED_AT)
    with pytest.raises(ValueError, match="charmap"):
        rmv(a_game(), version=1, name="王小明", made_at=PLAYED_AT, is_utf8=False)
