"""How fast a game was, by the time control in its record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.games.record_times import speed_of_record
from tengen.go.points import Size
from tengen.go.sgf import SgfRecord
from tengen.play.records import record_of
from tengen.play.time_controls import class_of
from tengen.play.time_systems import Absolute, Byoyomi, Canadian, Fischer, Simple, TimeSystem, Untimed
from tengen.ratings.go_conditions import SpeedClass
from tests.play.builders import SECOND, a_game
from tests.play.wire_builders import the_info

BLITZ, LIVE, CORRESPONDENCE = SpeedClass


def speed(overtime: str = "", main_time: float | None = 0, *, side: int = 19) -> SpeedClass | None:
    return speed_of_record(SgfRecord(size=Size.of(side), main_time_seconds=main_time, overtime=overtime))


@pytest.mark.parametrize(
    ("main_time", "overtime", "expected"),
    [
        (600, "5x30 byo-yomi", LIVE),
        (60, "3x5 byoyomi", BLITZ),
        (300, "25/300 Canadian", LIVE),
        (0, "25/200 Canadian", BLITZ),
        (120, "5 fischer", BLITZ),
        (259_200, "86400 fischer", CORRESPONDENCE),
        (0, "86400 simple", CORRESPONDENCE),
        (0, "0 none", CORRESPONDENCE),
        (1800, "", LIVE),
        (600, "", BLITZ),
    ],
)
def test_the_time_controls_of_servers_are_read(main_time: float, overtime: str, expected: SpeedClass) -> None:
    assert speed(overtime, main_time) is expected


@pytest.mark.parametrize(
    ("main_time", "overtime"),
    [
        (None, ""),
        (None, "5x30 byo-yomi"),
        (0, ""),
        (-60, "5x30 byo-yomi"),
        (600, "some byo-yomi"),
        (600, "0/30 canadian"),
        (600, "5x30"),
        (600, "5 minutes sudden death"),
        (600, "٣ simple"),
    ],
)
def test_of_what_cannot_be_read_nothing_is_guessed(main_time: float | None, overtime: str) -> None:
    assert speed(overtime, main_time) is None


@pytest.mark.parametrize(
    "system",
    [
        Fischer(120 * SECOND, 30 * SECOND, 300 * SECOND),
        Byoyomi(60 * SECOND, 5 * SECOND, 3),
        Canadian(600 * SECOND, 300 * SECOND, 25),
        Simple(86_400 * SECOND),
        Absolute(600 * SECOND),
        Untimed(),
    ],
    ids=lambda system: system.name,
)
@pytest.mark.parametrize("side", [9, 19])
def test_our_own_records_tell_the_speed_that_the_game_had_here(system: TimeSystem, side: int) -> None:
    game = a_game(side=side, system=system)
    record = SgfRecord.parse(record_of(the_info(game), game, address="https://go.example/games/90456"))
    assert speed_of_record(record) is class_of(system, Size.of(side))


@given(
    overtime=st.text(max_size=30) | st.from_regex(r"[0-9x/.]{1,20} ?(byo-yomi|canadian|fischer|simple|none)"),
    main_time=st.none() | st.floats(-1e9, 1e9),
)
def test_whatever_is_written_is_a_speed_or_unknown(overtime: str, main_time: float | None) -> None:
    assert speed(overtime, main_time) in {None, *SpeedClass}
