"""Parameters fitted to results: what is true of made-up games is found, and what is fitted predicts better."""

from datetime import UTC, datetime

import pytest

from tengen.ratings.catalogue import systems
from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.parameters import Knob
from tengen.ratings.prediction import Model, Predictor, Tally
from tengen.ratings.results import Results, ResultsReader
from tengen.ratings.systems import day_of
from tengen.ratings.tuning import NothingToTune, Tuned, knobs_of, tune
from tests.ratings.results_texts import a_file, a_league


def opened(text: str, **options: object) -> tuple[ResultsReader, Results]:
    reader = ResultsReader(text.splitlines(), **options)  # type: ignore[arg-type]
    return reader, Results.joined(list(reader))


def tuned(model: Model, text: str, **options: object) -> Tuned:
    reader, results = opened(text)
    return tune(model, reader, results, **options)  # type: ignore[arg-type]


def loss(model: Model, text: str) -> float:
    reader, results = opened(text)
    tally, predictor = Tally(), Predictor(model, reader)
    tally.add(predictor.predict(results), results.scores)
    return tally.log_loss


def test_what_made_the_results_is_found() -> None:
    found = tuned(Model(Gaussian.in_points()), a_league(home=0.5, spread=0.8)).model
    # In units of the noise, 300: players differ by 0.8, and to be at home is worth 0.5.
    assert found.parameters["players.spread"] == pytest.approx(0.8 * 300, rel=0.25)
    assert found.parameters["head_start.role"] == pytest.approx(0.5 * 300, rel=0.2)


@pytest.mark.parametrize("name", systems().keys())
def test_a_tuned_system_predicts_other_games_better(name: str) -> None:
    model = Model(systems()[name].suited(has_ranks=False, kinds=[]))
    found = tuned(model, a_league(home=0.4, seed=1)).model
    assert loss(found, a_league(home=0.4, seed=2)) < loss(model, a_league(home=0.4, seed=2)) - 0.005


def test_a_search_is_the_same_every_time() -> None:
    league = a_league(games=400)
    assert tuned(Model(Elo()), league) == tuned(Model(Elo()), league)


def test_parameters_that_are_given_stay() -> None:
    model = Model(Elo(step=11.0))
    found = tuned(model, a_league(games=400), fixed=["step"]).model.parameters
    assert found["step"] == 11.0
    assert found["head_start.role"] != 0.0


def test_a_search_does_not_go_beyond_the_most_that_a_parameter_should_be() -> None:
    class Cautious(Elo):
        def knobs(self) -> list[Knob]:
            return [Knob("step", 10.0, most=12.0)]

    league = a_league(games=2000)
    assert tuned(Model(Elo(step=10.0)), league, fixed=["patience", "falling"]).model.parameters["step"] > 15.0
    assert 11.5 < tuned(Model(Cautious()), league).model.parameters["step"] <= 12.0


def test_predictions_before_the_burn_in_do_not_count() -> None:
    league = a_league(games=400)
    late = tuned(Model(Elo()), league, burn_in=day_of(datetime(2020, 1, 11, tzinfo=UTC)))
    assert late.games == 200
    assert tuned(Model(Elo()), league).games == 360


def test_only_what_the_games_can_tell_is_searched_for() -> None:
    def names(text: str, **options: object) -> set[str]:
        reader, results = opened(text, **options)
        return {knob.name for knob in knobs_of(Model(Elo()), results, reader.formats)} - {"step", "patience", "falling"}

    games = [("a", "b", 1.0)] * 4
    assert names(a_file(games)) == set()
    assert names(a_file(games, advantage=["black"] * 4, komi=["6.5"] * 4)) == {"head_start.role"}
    assert names(a_file(games, advantage=["black"] * 4, komi=["6.5", "0.5", "", "7"], handicap=["0", "3", "", ""])) == {
        "head_start.role",
        "head_start.stone",
        "head_start.komi",
    }
    assert names(a_file(games, best_of=["3", "3", "5", ""]), format_column="best_of") == {"formats.5"}


def test_the_progress_of_a_search_is_told() -> None:
    told: list[tuple[int, float]] = []
    found = tuned(Model(Elo()), a_league(games=200), progress=lambda trials, best: told.append((trials, best)))
    assert [trials for trials, _ in told][-1] == found.trials == len(told)
    assert told[-1][1] == found.log_loss == min(best for _, best in told)


def test_without_games_or_parameters_there_is_nothing_to_tune() -> None:
    league = a_league(games=50)
    with pytest.raises(NothingToTune, match="no games"):
        tuned(Model(Elo()), league, burn_in=1e9)
    with pytest.raises(NothingToTune, match="No parameter"):
        tuned(Model(Elo()), league, fixed=["step", "patience", "falling", "head_start.role"])
