"""Predictions and how they are judged."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian, Scatter
from tengen.ratings.parameters import InvalidParameter
from tengen.ratings.prediction import HeadStart, Model, Predictor, Tally
from tengen.ratings.results import Results, ResultsReader
from tests.ratings.results_texts import a_file


def predict(model: Model, text: str, **options: object) -> list[float]:
    reader = ResultsReader(text.splitlines(), **options)  # type: ignore[arg-type]
    predictor = Predictor(model, reader)
    return [expected for piece in reader for expected in predictor.predict(piece).tolist()]


def test_a_tally_is_what_it_is_by_hand() -> None:
    tally = Tally()
    tally.add(np.array([0.8, 0.3]), np.array([1.0, 1.0]))
    tally.add(np.array([0.5, 0.6]), np.array([0.0, 0.5]))
    assert tally.games == 4
    losses = [-log(0.8), -log(0.3), -log(0.5), -0.5 * log(0.6) - 0.5 * log(0.4)]
    assert tally.log_loss == pytest.approx(sum(losses) / 4)
    assert tally.brier == pytest.approx((0.04 + 0.49 + 0.25 + 0.01) / 4)
    assert tally.accuracy == (1 + 0 + 0.5) / 3  # the draw has no winner
    assert tally.calibration == [
        (1, pytest.approx(0.3), 1.0),
        (1, 0.5, 0.0),
        (1, pytest.approx(0.6), 0.5),
        (1, pytest.approx(0.8), 1.0),
    ]


def test_certainty_that_fails_costs_much_and_not_everything() -> None:
    tally = Tally()
    tally.add(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    assert 17 < tally.log_loss < 18  # −½·ln 1e−15
    assert tally.calibration == [(1, 0.0, 0.0), (1, 1.0, 0.0)]


def test_draws_alone_have_no_accuracy() -> None:
    tally = Tally()
    tally.add(np.array([0.4]), np.array([0.5]))
    assert tally.accuracy is None


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])), min_size=1), st.integers(0, 100))
def test_a_tally_does_not_mind_how_games_are_added(games: list[tuple[float, float]], cut: int) -> None:
    expected, scores = map(np.array, zip(*games, strict=True))
    once, twice = Tally(), Tally()
    once.add(expected, scores)
    twice.add(expected[:cut], scores[:cut])
    twice.add(expected[cut:], scores[cut:])
    assert (twice.games, twice.accuracy) == (once.games, once.accuracy)
    assert twice.log_loss == pytest.approx(once.log_loss)
    assert twice.brier == pytest.approx(once.brier)
    assert sum(count for count, *_ in twice.calibration) == once.games


def test_each_game_is_predicted_from_those_before_it() -> None:
    history = [("a", "b", 1), ("a", "b", 1), ("c", "a", 0)]
    changed = [*history[:2], ("c", "a", 1)]
    model = Model(Elo())
    assert predict(model, a_file(history)) == predict(model, a_file(changed))
    assert predict(model, a_file(history))[:2] == [0.5, pytest.approx(1 / (1 + 10 ** (-32 / 400)))]


def test_a_head_start_counts_for_the_side_that_has_it() -> None:
    model = Model(Elo(), HeadStart(role=100.0))
    at_home, away, nowhere = (
        predict(model, a_file([("a", "b", 1)], advantage=[role])) for role in ("home", "away", "")
    )
    assert at_home == [pytest.approx(0.640065, abs=1e-6)]
    assert away == [pytest.approx(1 - at_home[0])]
    assert nowhere == [0.5]


def test_stones_and_komi_count_for_black() -> None:
    start = HeadStart(role=10.0, stone=100.0, komi=8.0)
    results = read(
        a_file(
            [("a", "b", 1)] * 5,
            advantage=["black", "white", "black", "black", ""],
            handicap=["1", "3", "0", "2", "9"],
            komi=["6.5", "0.5", "", "-10", "0"],
        )
    )
    assert start.advantages(results).tolist() == [10.0, -(10.0 + 200.0 + 48.0), 10.0, 10.0 + 100.0 + 132.0, 0.0]


def read(text: str) -> Results:
    return Results.joined(list(ResultsReader(text.splitlines())))


def test_a_condition_tells_more_of_games_under_the_same_condition() -> None:
    model = Model(
        Gaussian.suited(has_ranks=False, kinds=["surface"]).__class__(
            mean=1500.0, noise=300.0, players=Scatter(200.0), has_ranks=False, conditions={"surface": Scatter(150.0)}
        )
    )
    history = [("a", "b", 1)] * 6
    same = predict(model, a_file(history, surface=["clay"] * 6), kinds=["surface"])
    other = predict(model, a_file(history, surface=["clay"] * 5 + ["grass"]), kinds=["surface"])
    assert same[:5] == other[:5]
    assert same[5] > other[5] > 0.5


def test_a_format_of_more_weight_makes_the_better_player_surer() -> None:
    history, formats = [("a", "b", 1)] * 3, ["3", "3", "5"]
    light = Model(Gaussian.in_points(), formats={"5": 0.5})
    heavy = Model(Gaussian.in_points(), formats={"5": 2.0})
    text = a_file(history, best_of=formats)
    assert predict(light, text, format_column="best_of")[2] < predict(heavy, text, format_column="best_of")[2]
    assert predict(heavy, text)[2] == predict(light, text)[2]  # nobody named the column


def test_a_model_s_numbers_are_changed_by_name() -> None:
    model = Model(Elo(), formats={"5": 1.0}).changed({"step": 9.0, "head_start.role": 5.0, "formats.5": 2.0})
    assert (model.system, model.head_start, model.formats) == (Elo(step=9.0), HeadStart(role=5.0), {"5": 2.0})
    assert Model(Elo()).changed(model.parameters) == model


def test_numbers_so_far_out_that_nothing_can_be_computed_are_refused() -> None:
    model = Model(Gaussian.in_points()).changed({"players.spread": 1e200})
    with pytest.raises(InvalidParameter, match="far out"):
        predict(model, a_file([("a", "b", 1)] * 3))


@pytest.mark.parametrize(
    ("name", "value"),
    [("stride", 1.0), ("head_start.luck", 1.0), ("formats.5", 0.0), ("step", float("nan")), ("step", float("inf"))],
)
def test_a_number_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidParameter):
        Model(Elo()).changed({name: value})
