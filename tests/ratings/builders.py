"""What rating tests are made of: games and strengths with defaults, and strategies that draw them."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from tengen.ratings.systems import Condition, Game, RatingSystem, Strength, Update

DAY = 20_000.0


def a_game(
    first: Strength,
    second: Strength,
    *,
    day: float = DAY,
    advantage: float = 0.0,
    weight: float = 1.0,
    conditions: Sequence[Condition] = (),
) -> Game:
    """A game of two."""
    return Game.between(first, second, day=day, advantage=advantage, weight=weight, conditions=conditions)


def mirrored(game: Game) -> Game:
    """The same game with the players' sides exchanged."""
    return replace(game, teams=tuple(reversed(game.teams)), advantage=-game.advantage)


def update(system: RatingSystem, game: Game, score: float) -> tuple[Update, Update]:
    """What a game of two with this score for the first does to both."""
    (first,), (second,) = system.update(game, (score, 1 - score))
    return first, second


scores = st.sampled_from([0.0, 0.5, 1.0])
days = st.floats(min_value=DAY, max_value=DAY + 20_000)
advantages = st.floats(min_value=-20, max_value=20)
weights = st.floats(min_value=0.5, max_value=3)


@st.composite
def strengths(draw: st.DrawFn, means: st.SearchStrategy[float], deviations: st.SearchStrategy[float]) -> Strength:
    """Players who have played before, or not yet."""
    deviation = draw(deviations)
    games = draw(st.integers(0, 1000))
    day = DAY - draw(st.floats(0, 4000)) if games else None
    return Strength(draw(means), deviation * deviation, draw(st.floats(0.01, 0.15)), games, day)
