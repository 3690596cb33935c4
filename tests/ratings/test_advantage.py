"""What terms are worth. Expected values are worked out by hand from the published formulas: points over twelve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.advantage import EVEN_NOISE, Terms, board_factor, noise

# Terms, and Black's head start in points.
BY_HAND = [
    ("fair komi, Japanese", Terms(0, 6, "japanese"), 0),
    ("fair komi, AGA", Terms(0, 7, "aga"), 0),
    ("fair komi, Korean", Terms(0, 6, "korean"), 0),
    ("fair komi, Chinese", Terms(0, 7, "chinese"), 0),
    ("usual komi, Japanese", Terms(0, 6.5, "japanese"), -0.5),
    ("usual komi, Chinese", Terms(0, 7.5, "chinese"), -0.5),
    ("Black first and half a point", Terms(1, 0.5, "japanese"), 5.5),
    ("handicap 1, AGA", Terms(1, 0.5, "aga"), 6.5),
    ("handicap 1, Chinese: White gets a point for it", Terms(1, 0.5, "chinese"), 5.5),
    ("two stones, Japanese", Terms(2, 0.5, "japanese"), 5.5 + 12),
    ("two stones, AGA: White gets one point", Terms(2, 0.5, "aga"), 7 - 1.5 + 13),
    ("two stones, Chinese: White gets two points", Terms(2, 0.5, "chinese"), 7 - 2.5 + 13),
    ("two stones, Ing", Terms(2, 0.5, "ing"), 7 - 0.5 + 13),
    ("two stones, New Zealand", Terms(2, 0.5, "nz"), 7 - 0.5 + 13),
    ("nine stones, Japanese", Terms(9, 0.5, "japanese"), 5.5 + 96),
    ("nine stones, AGA", Terms(9, 0.5, "aga"), 7 - 8.5 + 104),
    ("nine stones, Chinese", Terms(9, 0.5, "chinese"), 7 - 9.5 + 104),
    ("reverse komi", Terms(0, -6, "japanese"), 12),
]


@pytest.mark.parametrize(("terms", "points"), [row[1:] for row in BY_HAND], ids=[row[0] for row in BY_HAND])
def test_black_has_the_head_start_computed_by_hand(terms: Terms, points: float) -> None:
    assert terms.advantage == pytest.approx(points / 12, abs=1e-12)


@pytest.mark.parametrize(
    ("width", "height", "factor"),
    [(19, 19, 1.0), (13, 13, 3.0), (9, 9, 6.0), (7, 7, 12.0), (25, 25, 0.5), (5, 5, 12.0), (1, 1, 12.0), (40, 40, 0.5)],
)
def test_the_known_boards_have_their_factors_and_those_beyond_the_last(width: int, height: int, factor: float) -> None:
    assert board_factor(width, height) == factor
    terms = Terms(0, 0.0, "japanese", width, height)
    assert terms.advantage == pytest.approx(factor / 2)


# By mpmath: the factor's logarithm interpolated along the area's.
@pytest.mark.parametrize(
    ("width", "height", "factor"),
    [
        (8, 8, 8.3029874712932723),
        (10, 10, 4.919263957026498),
        (11, 11, 4.1103281392930469),
        (9, 13, 4.2426406871192851),
        (13, 9, 4.2426406871192851),
        (17, 17, 1.3798781994623138),
        (21, 21, 0.77663753140328989),
    ],
)
def test_boards_between_are_interpolated_by_area(width: int, height: int, factor: float) -> None:
    assert board_factor(width, height) == pytest.approx(factor, rel=1e-14)


# By mpmath from the AGA's published fit.
@pytest.mark.parametrize(
    ("handicap", "komi", "spread"),
    [
        (0, 6.5, 1.05694634),
        (0, 7.5, 1.0568465),
        (1, 0.5, 1.06383866),
        (2, 0.5, 1.13496155),
        (4, -5.0, 1.2459945),
        (9, 0.5, 1.43438155),
        (12, 0.5, 1.43438155),
    ],
)
def test_noise_is_the_agas(handicap: int, komi: float, spread: float) -> None:
    assert noise(handicap, komi) == pytest.approx(spread, rel=1e-14)
    assert Terms(handicap, komi).weight == pytest.approx(1.05694634 / spread, rel=1e-14)


def test_an_ordinary_even_game_has_weight_one() -> None:
    assert Terms(0, 6.5).weight == 1.0
    assert pytest.approx(1.05694634) == EVEN_NOISE


sides = st.integers(1, 50)
rules = st.sampled_from(["japanese", "korean", "chinese", "aga", "ing", "nz", "unknown", ""])


@given(width=sides, height=sides)
def test_a_larger_board_never_makes_a_stone_worth_more_and_its_orientation_does_not_matter(
    width: int, height: int
) -> None:
    assert 0.5 <= board_factor(width + 1, height) <= board_factor(width, height) <= 12
    assert board_factor(width, height) == board_factor(height, width)


@given(handicap=st.integers(0, 30), komi=st.floats(-50, 50), rules=rules, more=st.floats(0.5, 50))
def test_more_stones_help_black_and_more_komi_white(handicap: int, komi: float, rules: str, more: float) -> None:
    advantage = Terms(handicap, komi, rules).advantage
    assert Terms(handicap, komi + more, rules).advantage < advantage
    assert Terms(max(1, handicap) + 1, komi, rules).advantage > advantage


@given(handicap=st.integers(-(10**6), 10**6), komi=st.floats(-1e9, 1e9), rules=rules, width=sides, height=sides)
def test_absurd_terms_have_finite_worth(handicap: int, komi: float, rules: str, width: int, height: int) -> None:
    terms = Terms(handicap, komi, rules, width, height)
    assert abs(terms.advantage) < 1e12
    assert 0.5 < terms.weight < 1.1
