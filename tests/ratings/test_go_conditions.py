"""The conditions of games of Go: which class a board and a speed are of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.go_conditions import KINDS, SizeClass, SpeedClass, conditions_of, seconds_per_move, size_class
from tengen.ratings.go_conditions import speed_class as class_of
from tengen.ratings.pairs import kind_of

SMALL, MEDIUM, LARGE = SizeClass
BLITZ, LIVE, CORRESPONDENCE = SpeedClass


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (7, SMALL),
        (9, SMALL),
        (10, SMALL),
        (11, MEDIUM),
        (13, MEDIUM),
        (15, MEDIUM),
        (16, LARGE),
        (19, LARGE),
        (25, LARGE),
    ],
)
def test_a_board_is_of_the_class_of_the_usual_one_that_it_is_most_like(lines: int, expected: SizeClass) -> None:
    assert size_class(lines, lines) is expected


def test_boards_that_are_not_square_go_by_their_area() -> None:
    assert size_class(5, 23) is SMALL
    assert size_class(9, 13) is MEDIUM
    assert size_class(13, 19) is LARGE


# As OGS' documentation of its speeds has them, on 19×19; the seconds are those of its records.
@pytest.mark.parametrize(
    ("for_game", "for_move", "seconds", "speed"),
    [
        (600, 30, 35, LIVE),
        (1200, 30, 39, LIVE),
        (300, 5, 7, BLITZ),
        (0, 9.4, 9, BLITZ),
        (0, 9.5, 10, LIVE),
        (0, 3600, 3600, LIVE),
        (0, 3601, 3601, CORRESPONDENCE),
        (259_200, 86_400, 88_451, CORRESPONDENCE),
        (0, 0, 0, CORRESPONDENCE),
    ],
)
def test_a_speed_is_told_by_the_seconds_of_a_move(
    for_game: float, for_move: float, seconds: int, speed: SpeedClass
) -> None:
    assert seconds_per_move(for_game, for_move, 361) == seconds
    assert class_of(for_game, for_move, 361) is speed


def test_the_same_time_is_more_for_a_move_on_a_smaller_board() -> None:
    assert (class_of(1200, 0, 361), class_of(1200, 0, 81)) == (BLITZ, LIVE)


@given(width=st.integers(2, 25), height=st.integers(2, 25), speed=st.none() | st.sampled_from(SpeedClass))
def test_a_game_has_one_condition_of_each_kind_that_is_known(width: int, height: int, speed: SpeedClass | None) -> None:
    kinds = [kind_of(condition) for condition in conditions_of(width, height, speed)]
    assert kinds == list(KINDS if speed else KINDS[:1])


def test_conditions_are_written_as_kind_and_class() -> None:
    assert list(conditions_of(9, 9, BLITZ)) == ["size:small", "speed:blitz"]
