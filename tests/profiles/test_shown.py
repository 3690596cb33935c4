"""Strengths as people are shown them."""

import pytest

from tengen.profiles import shown
from tengen.profiles.shown import GO, Shown
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.systems import Rating, Strength
from tengen.ratings.team_elo import TeamElo
from tests.profiles.builders import a_strength

# The scale of OGS' public documentation: 0 is 30k, 29 is 1k, 30 is 1d, 38 is 9d; online-ratings' goes from 0 to 40.
RANKS = [
    (0.0, 0.0, "30k"),
    (27.418, 27.418, "3k"),
    (29.99, 29.99, "1k"),
    (30.0, 30.0, "1d"),
    (32.0, 32.0, "3d"),
    (38.5, 38.5, "9d"),
    (41.2, 40.0, "9d"),
    (-1.5, 0.0, "30k"),
]


@pytest.mark.parametrize(("mean", "rating", "rank"), RANKS)
def test_in_go_a_rating_is_a_rank_number_from_0_to_40(mean: float, rating: float, rank: str) -> None:
    assert Shown.of(GO, a_strength(mean, deviation=1.25)) == Shown(rating, rank, 1.25)


def test_in_other_pools_a_rating_is_a_plain_value_without_a_rank() -> None:
    assert Shown.of(TeamElo(), Strength(832.0, games=1)) == Shown(832.0, None, 0.0)


def test_in_a_pool_of_another_scale_go_is_shown_in_ranks_all_the_same() -> None:
    on_the_scale_of_ratings = Glicko2().prior()
    found = Shown.of(Glicko2(), on_the_scale_of_ratings)
    assert found.rating == pytest.approx(24.303, abs=0.001)
    assert found.rank == "6k"
    assert found.deviation == pytest.approx(5.4, abs=0.01)  # 350 points where a rank is 1500/23.15
    assert shown.ogs_rating(on_the_scale_of_ratings, Glicko2()) == Rating(1500.0, 350.0, 0.06)
    assert shown.ogs_ranking(on_the_scale_of_ratings, Glicko2()) == pytest.approx(24.303, abs=0.001)


def test_newcomers_are_shown_as_ogs_shows_them() -> None:
    assert shown.ogs_rating(None) == Rating(1500.0, 350.0, 0.06)
    assert shown.ogs_ranking(None) == pytest.approx(24.303, abs=0.001)


@pytest.mark.parametrize(
    ("mean", "rating", "ranking"),
    [(30.0, 1918.4, 30.0), (24.303, 1500.0, 24.303), (2.0, 572.4, 5.0), (39.0, 2830.1, 38.0)],
)
def test_the_scale_of_ogs_is_logarithmic_and_its_public_ranks_end_at_25k_and_9d(
    mean: float, rating: float, ranking: float
) -> None:
    strength = a_strength(mean)
    assert shown.ogs_rating(strength).value == pytest.approx(rating, abs=0.1)
    assert shown.ogs_ranking(strength) == ranking
    assert isinstance(shown.ogs_ranking(strength), float)


def test_a_deviation_of_160_on_the_scale_of_ogs_is_provisional() -> None:
    one_rank = shown.ogs_rating(a_strength(30.0, deviation=1.0)).deviation
    assert not shown.is_provisional(GO, a_strength(30.0, deviation=159.99 / one_rank))
    assert shown.is_provisional(GO, a_strength(30.0, deviation=160.01 / one_rank))
    assert not shown.is_provisional(TeamElo(), Strength(800.0))
