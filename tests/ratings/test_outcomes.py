"""A game as plain values, and what it does to ratings."""

from tengen.core.values import AccountId, GameId
from tengen.ratings.gaussian import Gaussian, Scatter
from tengen.ratings.outcomes import Change, Outcome, Replay
from tests.support.builders import NOON

BLACK, WHITE = AccountId(57), AccountId(58)
BY_SIZE = Gaussian(conditions={"size": Scatter(0.3)})


def play(system: Gaussian, *conditions: str) -> Change:
    """What Black's first game did, which was won."""
    outcome = Outcome(GameId(9), NOON, ((BLACK,), (WHITE,)), (1.0, 0.0), conditions=conditions)
    return Replay(system).play(outcome)[0]


def test_a_system_learns_of_the_conditions_that_it_follows() -> None:
    change = play(BY_SIZE, "size:small", "speed:blitz")
    assert list(change.after.offsets) == ["size:small"]
    assert change.after.offsets["size:small"].mean > 0
    assert change.after.mean < play(BY_SIZE).after.mean  # the offset has taken its share


def test_a_system_that_follows_none_takes_no_notice() -> None:
    assert play(Gaussian(), "size:small", "speed:blitz") == play(Gaussian())
