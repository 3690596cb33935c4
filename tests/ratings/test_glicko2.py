"""Glicko-2 against its author's worked example, values with forty digits, and what must hold for any game."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.glicko2 import Glicko2, logistic
from tengen.ratings.systems import Strength
from tests.ratings.builders import DAY, a_game, advantages, days, mirrored, scores, strengths, update

SYSTEM = Glicko2()


def a_player(rating: float, deviation: float, *, volatility: float = 0.06) -> Strength:
    return Strength(rating, deviation * deviation, volatility, games=9, day=DAY)


def figures(strength: Strength) -> tuple[float, float, float]:
    return strength.mean, strength.deviation, strength.volatility


def test_a_period_of_three_games_ends_as_in_glickmans_example() -> None:
    # Mark Glickman, "Example of the Glicko-2 system": the worked example, tau = 0.5.
    results = [(a_player(1400, 30), 1.0), (a_player(1550, 100), 0.0), (a_player(1700, 300), 0.0)]
    after = SYSTEM.rate(a_player(1500, 200), results)
    assert after.mean == pytest.approx(1464.06, abs=0.01)
    assert after.deviation == pytest.approx(151.52, abs=0.01)
    assert after.volatility == pytest.approx(0.05999, abs=1e-5)


# By Python's decimals, of forty digits.
@pytest.mark.parametrize(
    ("x", "larger", "smaller"),
    [
        (0.0, 0.5, 0.5),
        (1.5, 0.81757447619364366, 0.18242552380635634),
        (40.0, 1.0, 4.2483542552915889773e-18),
        (800.0, 1.0, 0.0),
    ],
)
def test_the_logistic_function_has_all_its_digits_on_both_sides(x: float, larger: float, smaller: float) -> None:
    assert logistic(x) == pytest.approx((larger, smaller), rel=1e-15, abs=0)
    assert logistic(-x) == logistic(x)[::-1]


def test_a_period_without_games_leaves_a_player_less_certain() -> None:
    # Glickman's step 6: √(φ² + σ²); by mpmath for three periods in a row.
    strength = a_player(1500, 50)
    for _ in range(3):
        strength = SYSTEM.rate(strength, [])
    assert strength.deviation == pytest.approx(53.159392769273353)
    assert strength.mean == 1500


# By mpmath with forty digits from the formulas, σ′ by another root finder: rating and deviation of both, the first's
# score; then rating, deviation and volatility after, of the first and, where it was computed, the second.
BY_MPMATH = [
    (
        ((1500, 350), (1500, 350), 1.0),
        (1662.3108939063003, 290.31896371798264, 0.059999675373087164),
        (1337.6891060936997, 290.31896371798264, 0.059999675373087164),
    ),
    (
        ((1700, 60), (2300, 45), 1.0),
        (1720.389082613305, 60.786701140281249, 0.060011914699181737),
        (2288.3516925360004, 46.142308874405315, 0.06001173871098953),
    ),
    (((800, 40), (3000, 40), 1.0), (809.75765277503212, 41.336281372961299, 0.060013293102177662), None),
    (((1600, 80), (1500, 120), 0.5), (1595.5946008620551, 78.963769784800262, 0.059997558020698356), None),
]


@pytest.mark.parametrize(("game", "first", "second"), BY_MPMATH)
def test_a_game_updates_as_computed_with_forty_digits(
    game: tuple[tuple[float, float], tuple[float, float], float],
    first: tuple[float, float, float],
    second: tuple[float, float, float] | None,
) -> None:
    one, other, score = game
    changed = update(SYSTEM, a_game(a_player(*one), a_player(*other)), score)
    # The volatility is found to 1e-6 in its logarithm's double; everything else follows it.
    assert figures(changed[0].after) == pytest.approx(first, rel=1e-8)
    if second is not None:
        assert figures(changed[1].after) == pytest.approx(second, rel=1e-8)


def test_an_advantage_shifts_the_opponent_along_the_scale_of_ranks() -> None:
    # By mpmath: Black sees 2000 as 1795.27, White sees 1800 as 2005.27, two and a half ranks away.
    game = a_game(a_player(1800, 80), a_player(2000, 70), advantage=2.5)
    black, white = update(SYSTEM, game, 1.0)
    assert figures(black.after) == pytest.approx((1817.1628053616835, 78.680391649297725, 0.05999977425518), rel=1e-8)
    assert figures(white.after) == pytest.approx((1986.7490704074668, 69.431745668198085, 0.05999980049176), rel=1e-8)
    # The prediction sees them at 1897.6, in the middle, when each comes half the way.
    assert black.expected == pytest.approx(0.5, abs=0.02)


def test_a_prediction_counts_the_uncertainty_of_both() -> None:
    # By mpmath from Glickman's formula for the expected outcome, with RDs of 80 and 100 and 300 points between.
    (first,), (second,) = SYSTEM.expected(a_game(a_player(1800, 80), a_player(1500, 100)))
    assert (first, second) == pytest.approx((0.83199731284405109, 1 - 0.83199731284405109))


def test_a_player_is_aged_to_one_period_before_the_game() -> None:
    idle, opponent = a_player(1500, 50), a_player(1500, 50)
    within, _ = update(SYSTEM, a_game(idle, opponent, day=DAY + 30), 1.0)
    beyond, _ = update(SYSTEM, a_game(idle, opponent, day=DAY + 120), 1.0)
    assert within.before == idle
    # By mpmath: 50 after three periods; the update adds the fourth.
    assert beyond.before.deviation == pytest.approx(53.159392769273353)
    assert (within.after.day, beyond.after.day) == (DAY + 30, DAY + 120)


def test_newcomers_start_as_on_ogs_and_a_declared_rank_by_its_rating() -> None:
    shown = SYSTEM.rating(SYSTEM.prior())
    assert (shown.value, shown.deviation, shown.volatility) == (1500, 350, 0.06)
    # By mpmath: 525·e^(38/23.15).
    assert SYSTEM.prior(38.0).mean == pytest.approx(2710.4418506318258)
    assert SYSTEM.rank(SYSTEM.prior()) == pytest.approx(24.303382182144388)
    plain = Glicko2(has_ranks=False)
    assert (plain.prior(38.0), plain.rank(plain.prior())) == (plain.prior(), None)


def test_without_ranks_a_head_start_is_in_points() -> None:
    plain = Glicko2(has_ranks=False)
    ahead, even = a_game(a_player(1500, 80), a_player(1600, 80), advantage=100.0), a_game(*[a_player(1600, 80)] * 2)
    assert plain.expected(ahead) == plain.expected(even) == [[0.5], [0.5]]


ratings_ = st.floats(100, 6000)
players = strengths(ratings_, st.floats(30, 500))


@given(first=players, second=players, advantage=advantages, day=days, score=scores)
def test_swapping_sides_and_negating_the_advantage_mirrors_everything_to_the_last_bit(
    first: Strength, second: Strength, advantage: float, day: float, score: float
) -> None:
    game = a_game(first, second, day=day, advantage=advantage)
    assert update(SYSTEM, mirrored(game), 1 - score) == update(SYSTEM, game, score)[::-1]


@given(first=players, second=players, advantage=advantages, day=days)
def test_winners_rise_and_losers_fall(first: Strength, second: Strength, advantage: float, day: float) -> None:
    winner, loser = update(SYSTEM, a_game(first, second, day=day, advantage=advantage), 1.0)
    assert winner.after.mean >= winner.before.mean
    assert loser.after.mean <= loser.before.mean


@given(first=players, second=players, advantage=advantages, day=days)
def test_what_both_expect_adds_up_to_one_and_grows_with_the_advantage(
    first: Strength, second: Strength, advantage: float, day: float
) -> None:
    (black,), (white,) = SYSTEM.expected(a_game(first, second, day=day, advantage=advantage))
    (more,), _ = SYSTEM.expected(a_game(first, second, day=day, advantage=advantage + 1))
    assert black + white == pytest.approx(1)
    assert more >= black


@given(first=players, second=players, advantage=st.floats(-1e9, 1e9), day=st.floats(0, 1e9), score=scores)
def test_whatever_happens_a_player_stays_within_bounds(
    first: Strength, second: Strength, advantage: float, day: float, score: float
) -> None:
    for system in (SYSTEM, Glicko2(has_ranks=False)):
        for changed in update(system, a_game(first, second, day=day, advantage=advantage), score):
            rating, deviation, volatility = figures(changed.after)
            assert isfinite(rating)
            assert 100 <= rating <= 6000
            assert 30 <= deviation <= 500
            assert 0.01 <= volatility <= 0.15
            assert 0 <= changed.expected <= 1
