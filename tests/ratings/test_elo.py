"""Elo against published expectations, and its falling step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.elo import Elo
from tengen.ratings.parameters import InvalidParameter, with_parameters
from tengen.ratings.systems import Strength
from tests.ratings.builders import a_game, advantages, mirrored, scores, strengths, update

# FIDE Handbook B.02, table 8.1.2 goes by the normal distribution; these are of the logistic curve as US Chess and most
# servers have it: 1/(1 + 10^(−D/400)).
EXPECTED = [(0, 0.5), (100, 0.640065), (200, 0.759747), (400, 0.909091), (800, 0.990099)]


@pytest.mark.parametrize(("ahead", "expected"), EXPECTED)
def test_the_expected_score_is_that_of_the_logistic_curve(ahead: float, expected: float) -> None:
    game = a_game(Strength(1500.0 + ahead), Strength(1500.0))
    assert Elo().expected(game) == [[pytest.approx(expected, abs=5e-7)], [pytest.approx(1 - expected, abs=5e-7)]]


def test_a_win_against_an_equal_is_worth_half_the_step() -> None:
    winner, loser = update(Elo(step=32.0), a_game(Strength(1613.0), Strength(1613.0)), 1.0)
    assert (winner.after.mean, loser.after.mean) == (1629.0, 1597.0)


def test_the_step_falls_with_the_games_of_each_player() -> None:
    system = Elo(step=100.0, patience=20.0, falling=1.0)
    new, settled = Strength(1500.0), Strength(1500.0, games=80)
    first, second = update(system, a_game(new, settled), 1.0)
    assert (first.after.mean, second.after.mean) == (1550.0, 1500.0 - 0.5 * 100.0 * 20 / 100)


def test_an_advantage_counts_in_points_or_in_ranks() -> None:
    even = a_game(Strength(1500.0), Strength(1600.0), advantage=100.0)
    assert Elo().expected(even)[0] == [pytest.approx(0.5)]
    # 1500 and 1566.21 are a rank apart: 525·e^(rank/23.15).
    in_ranks = a_game(Strength(1500.0), Strength(1566.2148), advantage=1.0)
    assert Elo(has_ranks=True).expected(in_ranks)[0] == [pytest.approx(0.5, abs=1e-6)]


def test_a_declared_rank_is_where_a_newcomer_begins() -> None:
    assert Elo(has_ranks=True).prior(0.0).mean == 525.0
    assert Elo().prior(30.0) == Elo().prior()
    assert Elo().rank(Elo().prior()) is None
    assert Elo(has_ranks=True).rank(Strength(525.0)) == 0.0


@pytest.mark.parametrize("wrong", [{"step": 0.0}, {"patience": -1.0}, {"falling": -0.1}])
def test_a_step_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidParameter, match="positive"):
        with_parameters(Elo(), wrong)


players = strengths(st.floats(100, 6000), st.just(0.0))


@given(first=players, second=players, advantage=advantages, score=scores, falling=st.floats(0, 2))
def test_swapping_sides_and_negating_the_advantage_mirrors_everything_to_the_last_bit(
    first: Strength, second: Strength, advantage: float, score: float, falling: float
) -> None:
    system, game = Elo(falling=falling), a_game(first, second, advantage=advantage)
    assert update(system, mirrored(game), 1 - score) == update(system, game, score)[::-1]


@given(first=players, second=players, score=scores)
def test_with_a_fixed_step_nothing_is_won_that_is_not_lost(first: Strength, second: Strength, score: float) -> None:
    one, other = update(Elo(), a_game(first, second), score)
    gained, lost = one.after.mean - first.mean, second.mean - other.after.mean
    assert gained == pytest.approx(lost, abs=1e-9)
