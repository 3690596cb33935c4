"""The Gaussian filter against updates worked out with forty digits, and against what must hold for any game."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.advantage import Terms
from tengen.ratings.gaussian import Gaussian, Scatter, grown
from tengen.ratings.ranks import Rank
from tengen.ratings.systems import Offset, Strength
from tests.ratings.builders import DAY, a_game, advantages, days, mirrored, scores, strengths, update, weights

SYSTEM = Gaussian(noise=1.06)
BY_SIZE = Gaussian(noise=1.06, conditions={"size": Scatter(spread=1.0, drift=0.01)})

# By mpmath with forty digits from the formulas; those without a draw also by integrating the posterior over Black's
# strength, which knows none of them. Black's mean and variance, White's, advantage, noise, weight, score; then what
# Black was to expect and both means and variances after.
BY_MPMATH = [
    (
        "newcomers, Black wins",
        (24.3, 29.16, 24.3, 29.16, 0.0, 1.06, 1.0, 1.0),
        (0.5, 27.317692820126985, 20.053530043354042, 21.282307179873015, 20.053530043354042),
    ),
    (
        "3d loses to 2d",
        (32.5, 4.0, 31.5, 4.0, Terms(0, 6.5, "japanese").advantage, 1.06, 1.0, 0.0),
        (0.62448186866715678, 31.16218062332865, 2.7723318677475334, 32.83781937667135, 2.7723318677475334),
    ),
    (
        "an advantage of two and a half",
        (20.0, 2.25, 23.0, 9.0, 2.5, 1.2, 1.0, 1.0),
        (0.44418831206031046, 20.561715910933146, 1.9842727452390447, 20.753136356267416, 4.7483639238247153),
    ),
    (
        "a draw",
        (31.0, 1.0, 30.0, 2.0, 0.5, 1.06, 1.0, 0.5),
        (0.76994760464930904, 30.772081706624029, 0.85274775290237249, 30.455836586751943, 1.41099101160949),
    ),
    (
        "a format of twice the weight",
        (31.0, 1.0, 30.0, 2.0, 0.0, 1.06, 2.0, 0.0),
        (0.70955387637170352, 30.348877477623433, 0.77449796991446824, 31.302245044753135, 1.097991879657873),
    ),
    (
        "the weakest beats the strongest",
        (0.0, 0.04, 38.0, 0.04, 0.0, 1.06, 1.0, 1.0),
        (3.4837734774020678e-263, 1.2639289166415877, 0.038671757232567459, 36.736071083358412, 0.038671757232567459),
    ),
]


@pytest.mark.parametrize(("given_", "expected"), [row[1:] for row in BY_MPMATH], ids=[row[0] for row in BY_MPMATH])
def test_a_game_updates_as_computed_with_forty_digits(given_: tuple[float, ...], expected: tuple[float, ...]) -> None:
    mean, variance, other_mean, other_variance, advantage, noise, weight, score = given_
    game = a_game(Strength(mean, variance), Strength(other_mean, other_variance), advantage=advantage, weight=weight)
    black, white = update(Gaussian(noise=noise), game, score)
    assert [
        black.expected,
        black.after.mean,
        black.after.variance,
        white.after.mean,
        white.after.variance,
    ] == pytest.approx(expected, rel=1e-13)


def test_conditions_share_the_lesson_as_computed_with_forty_digits() -> None:
    black = Strength(31.0, 1.0, day=DAY, games=9, offsets={"size:9x9": Offset(0.4, 0.25, DAY)})
    white = Strength(30.0, 2.0, day=DAY, games=9, offsets={"size:13x13": Offset(3.0, 0.5, DAY)})
    first, second = update(BY_SIZE, a_game(black, white, conditions=["size:9x9", "moon:full"]), 0.0)
    # By mpmath. White is new to 9×9: offset 0 ± 1.
    assert first.expected == pytest.approx(0.72705896052998213, rel=1e-13)
    assert (first.after.mean, first.after.variance) == pytest.approx((30.474582016522223, 0.86082465353380078))
    assert (second.after.mean, second.after.variance) == pytest.approx((31.050835966955554, 1.4432986141352031))
    assert first.after.offsets.keys() == {"size:9x9"}
    assert second.after.offsets.keys() == {"size:9x9", "size:13x13"}
    learned, new = first.after.offsets["size:9x9"], second.after.offsets["size:9x9"]
    assert (learned.mean, learned.variance) == pytest.approx((0.26864550413055576, 0.24130154084586255))
    assert (new.mean, new.variance) == pytest.approx((0.52541798347777694, 0.86082465353380078))
    assert second.after.offsets["size:13x13"] == white.offsets["size:13x13"]


def test_a_newcomer_is_as_unknown_as_on_ogs_and_a_declared_rank_narrows_that() -> None:
    # By mpmath: 525·e^(24.3/23.15), and that over 23.15 times 5.4.
    shown = SYSTEM.rating(SYSTEM.prior())
    assert (shown.value, shown.deviation) == pytest.approx((1499.7808681366902, 349.8408936474353))
    assert shown.volatility == 0.06
    declared = SYSTEM.prior(Rank.parse("3d").strength)
    assert (declared.mean, declared.deviation, SYSTEM.rank(declared)) == (32.5, 2.0, 32.5)


def test_a_pool_without_ranks_is_on_the_scale_of_ratings() -> None:
    system = Gaussian.in_points()
    newcomer = system.prior(rank=32.5)
    assert system.rank(newcomer) is None
    assert system.rating(newcomer) == system.rating(Strength(1500.0, 350.0 * 350.0))
    known = Strength(1800.0, 0.0), Strength(1500.0, 0.0)
    # Φ(1), from any table of the normal distribution.
    assert system.expected(a_game(*known)) == [[pytest.approx(0.841345, abs=1e-6)], [pytest.approx(0.158655, abs=1e-6)]]


def test_uncertainty_grows_with_the_days_and_stops_at_a_newcomers() -> None:
    system = Gaussian(players=Scatter(spread=3.0, drift=0.1))
    strength = Strength(30.0, 1.0, games=5, day=DAY)
    assert system.aged(strength, DAY + 200).variance == pytest.approx(3.0)
    assert system.aged(strength, DAY + 10**6).variance == 9.0
    assert system.aged(strength, DAY - 5) is strength
    assert system.aged(system.prior(), DAY) == system.prior()


def test_offsets_age_each_from_its_own_last_game() -> None:
    offsets = {"size:9x9": Offset(0.4, 0.25, DAY - 1000), "size:13x13": Offset(0.1, 0.25, DAY)}
    strength = Strength(30.0, 1.0, games=5, day=DAY, offsets=offsets)
    aged = BY_SIZE.aged(strength, DAY + 1000)
    assert aged.offsets["size:9x9"].variance == pytest.approx(0.25 + 2000 * 0.0001)
    assert aged.offsets["size:13x13"].variance == pytest.approx(0.25 + 1000 * 0.0001)


def test_an_update_leaves_the_offsets_that_were_not_in_play_as_stored() -> None:
    stored = Offset(0.4, 0.25, DAY - 1000)
    strength = Strength(30.0, 1.0, games=5, day=DAY - 10, offsets={"size:9x9": stored})
    after = update(BY_SIZE, a_game(strength, strength, conditions=["size:19x19"]), 1.0)[0].after
    assert after.offsets["size:9x9"] is stored


def test_who_is_surer_of_himself_than_the_ceiling_allows_does_not_get_surer_by_waiting() -> None:
    assert grown(10.0, 0.1, 9.0, 100.0) == 10.0


def test_only_scores_of_a_pair_and_games_of_two_are_rated() -> None:
    player = SYSTEM.prior()
    for wrong in ((1.0,), (1.0, 1.0), (2.0, -1.0), (1.0, 0.0, 0.0), (float("nan"), 0.5)):
        with pytest.raises(ValueError, match="sum to 1"):
            SYSTEM.update(a_game(player, player), wrong)


players = strengths(st.floats(-10, 50), st.floats(0.3, 6))


@given(first=players, second=players, advantage=advantages, weight=weights, day=days, score=scores)
def test_swapping_sides_and_negating_the_advantage_mirrors_everything_to_the_last_bit(
    first: Strength, second: Strength, advantage: float, weight: float, day: float, score: float
) -> None:
    game = a_game(first, second, day=day, advantage=advantage, weight=weight, conditions=["size:9x9"])
    assert update(BY_SIZE, mirrored(game), 1 - score) == update(BY_SIZE, game, score)[::-1]


@given(first=players, second=players, advantage=advantages, day=days)
def test_winners_rise_and_losers_fall_and_both_become_surer(
    first: Strength, second: Strength, advantage: float, day: float
) -> None:
    winner, loser = update(SYSTEM, a_game(first, second, day=day, advantage=advantage), 1.0)
    assert winner.after.mean >= winner.before.mean
    assert loser.after.mean <= loser.before.mean
    assert 0 < winner.after.variance <= winner.before.variance
    assert 0 < loser.after.variance <= loser.before.variance
    assert (winner.after.games, winner.after.day) == (first.games + 1, day)


@given(first=players, second=players, advantage=advantages, more=st.floats(0.01, 5))
def test_a_larger_advantage_promises_more_and_is_worth_less(
    first: Strength, second: Strength, advantage: float, more: float
) -> None:
    less_win, _ = update(SYSTEM, a_game(first, second, advantage=advantage), 1.0)
    more_win, _ = update(SYSTEM, a_game(first, second, advantage=advantage + more), 1.0)
    assert more_win.expected >= less_win.expected
    assert more_win.after.mean <= less_win.after.mean + 1e-12


@given(first=players, second=players, advantage=advantages, score=scores, shift=st.integers(-16, 16))
def test_only_differences_count(first: Strength, second: Strength, advantage: float, score: float, shift: int) -> None:
    def moved(strength: Strength) -> Strength:
        return Strength(strength.mean + shift, strength.variance, day=strength.day)

    here, _ = update(SYSTEM, a_game(first, second, advantage=advantage), score)
    there, _ = update(SYSTEM, a_game(moved(first), moved(second), advantage=advantage), score)
    assert there.expected == pytest.approx(here.expected, rel=1e-9, abs=1e-12)
    assert there.after.mean - shift == pytest.approx(here.after.mean, abs=1e-9)
    assert there.after.variance == pytest.approx(here.after.variance, rel=1e-9)


@given(first=players, second=players, advantage=advantages, weight=weights, day=days)
def test_a_draw_moves_half_as_far_as_a_win_and_a_loss_together(
    first: Strength, second: Strength, advantage: float, weight: float, day: float
) -> None:
    game = a_game(first, second, day=day, advantage=advantage, weight=weight)
    (won, _), (drawn, _), (lost, _) = (update(SYSTEM, game, score) for score in (1.0, 0.5, 0.0))
    assert drawn.after.mean == pytest.approx((won.after.mean + lost.after.mean) / 2, abs=1e-9)
    assert drawn.after.variance == pytest.approx((won.after.variance + lost.after.variance) / 2)


@given(first=players, second=players, advantage=advantages, weight=weights, day=days, score=scores)
def test_what_both_expect_adds_up_to_one_and_is_what_the_update_tells(
    first: Strength, second: Strength, advantage: float, weight: float, day: float, score: float
) -> None:
    game = a_game(first, second, day=day, advantage=advantage, weight=weight)
    (black,), (white,) = SYSTEM.expected(game)
    assert black + white == pytest.approx(1)
    assert [changed.expected for changed in update(SYSTEM, game, score)] == [black, white]


@given(
    means=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
    deviations=st.tuples(st.floats(1e-6, 1e4), st.floats(1e-6, 1e4)),
    advantage=st.floats(-1e9, 1e9),
    weight=st.floats(1e-3, 1e3),
    score=scores,
)
def test_absurd_players_and_terms_stay_finite(
    means: tuple[float, float], deviations: tuple[float, float], advantage: float, weight: float, score: float
) -> None:
    first, second = (Strength(m, d * d, games=1, day=0.0) for m, d in zip(means, deviations, strict=True))
    for changed in update(SYSTEM, a_game(first, second, advantage=advantage, weight=weight), score):
        assert isfinite(changed.after.mean)
        assert 0 <= changed.after.variance <= max(changed.before.variance, 29.17)
        assert 0 <= changed.expected <= 1
