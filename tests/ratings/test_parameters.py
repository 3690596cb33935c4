"""Parameters by their names."""

import pytest

from tengen.ratings.gaussian import Gaussian, Scatter
from tengen.ratings.parameters import InvalidParameter, parameters_of, with_parameters

SYSTEM = Gaussian(conditions={"surface": Scatter(1.0, 0.5)})


def test_every_number_of_a_system_has_a_name() -> None:
    named = parameters_of(SYSTEM)
    assert named["mean"] == 24.3
    assert named["players.spread"] == 5.4
    assert (named["conditions.surface.spread"], named["conditions.surface.drift"]) == (1.0, 0.5)
    assert "has_ranks" not in named


def test_numbers_are_changed_by_their_names_and_nothing_else_is() -> None:
    changed = with_parameters(SYSTEM, {"noise": 2.0, "players.spread": 3.0, "conditions.surface.drift": 0.0})
    assert changed.noise == 2.0
    assert changed.players == Scatter(3.0, SYSTEM.players.drift)
    assert changed.conditions == {"surface": Scatter(1.0, 0.0)}
    assert parameters_of(with_parameters(changed, parameters_of(SYSTEM))) == parameters_of(SYSTEM)


@pytest.mark.parametrize("name", ["nosie", "players", "players.spread.x", "has_ranks", "", "conditions.speed.spread"])
def test_an_unknown_name_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"There are: mean, players\.spread"):
        with_parameters(SYSTEM, {name: 1.0})


@pytest.mark.parametrize("name", ["noise", "declared_spread", "players.spread", "conditions.surface.spread"])
def test_noise_and_spreads_are_positive(name: str) -> None:
    with pytest.raises(InvalidParameter, match="positive"):
        with_parameters(SYSTEM, {name: 0.0})


@pytest.mark.parametrize("name", ["reversion", "players.drift", "conditions.surface.drift"])
def test_drifts_are_not_negative(name: str) -> None:
    with pytest.raises(InvalidParameter, match="positive, or 0"):
        with_parameters(SYSTEM, {name: -1e-9})
