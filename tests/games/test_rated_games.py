"""Which games of Go rate, and what ratings see of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import AccountId, GameId
from tengen.games.rated_games import SENTENCES, PlayedGame, Unrated
from tengen.games.result import Result
from tengen.ratings.go_conditions import SpeedClass
from tests.support.builders import NOON

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BLACK, WHITE = AccountId(57), AccountId(58)


def a_played_game(result: str = "B+R", **changes: Any) -> PlayedGame:
    """An even game of this result."""
    defaults: dict[str, Any] = {"played_at": NOON, "handicap": 0, "komi": 6.5}
    return PlayedGame(result=Result.parse(result), **defaults | changes)


# The table of the module: the first value that keeps a game from rating, and the last that does not.
ROWS: list[tuple[Unrated, dict[str, Any], dict[str, Any]]] = [
    (Unrated.ANNULLED, {"is_annulled": True}, {"is_annulled": False}),
    (Unrated.UNRANKED, {"ranked": False}, {"ranked": True}),
    (Unrated.NO_OUTCOME, {"result": "Void"}, {"result": "0"}),
    (Unrated.NO_OUTCOME, {"result": "?"}, {"result": "Draw"}),
    (Unrated.HANDICAP, {"handicap": 10}, {"handicap": 9}),
    (Unrated.KOMI, {"komi": 20.5}, {"komi": 20}),
    (Unrated.KOMI, {"komi": -20.01}, {"komi": -20}),
    (Unrated.BOARD, {"width": 6, "height": 6}, {"width": 7, "height": 7}),
    (Unrated.BOARD, {"width": 26, "height": 26}, {"width": 25, "height": 25}),
    (Unrated.BOARD, {"width": 13, "height": 19}, {"width": 13, "height": 13}),
    (Unrated.UNKNOWN_DATE, {"played_at": EPOCH}, {"played_at": EPOCH + timedelta(microseconds=1)}),
    (
        Unrated.UNKNOWN_DATE,
        {"played_at": datetime.fromisoformat("1970-01-01T09:00:00+09:00")},
        {"played_at": EPOCH - timedelta(days=1)},
    ),
]


@pytest.mark.parametrize(("reason", "beyond", "within"), ROWS)
def test_each_row_of_the_table(reason: Unrated, beyond: dict[str, Any], within: dict[str, Any]) -> None:
    assert a_played_game(**beyond).unrated is reason
    assert a_played_game(**within).unrated is None


def test_of_several_reasons_the_first_of_the_table_is_told() -> None:
    reasons = [reason for reason, _, _ in ROWS]
    for place, reason in enumerate(reasons):
        everything_from_here: dict[str, Any] = {}
        for _, beyond, _ in reversed(ROWS[place:]):
            everything_from_here |= beyond
        assert a_played_game(**everything_from_here).unrated is reason


@pytest.mark.parametrize("result", ["B+0.5", "W+100", "B+R", "W+Resign", "B+T", "W+F", "0", "Draw"])
def test_however_it_was_won_or_drawn_it_rates(result: str) -> None:
    assert a_played_game(result).unrated is None


def test_every_reason_has_a_sentence() -> None:
    assert SENTENCES.keys() == set(Unrated)


@pytest.mark.parametrize(("result", "scores"), [("B+R", (1, 0)), ("W+3.5", (0, 1)), ("0", (0.5, 0.5))])
def test_ratings_see_black_first_with_the_scores_of_the_result(result: str, scores: tuple[float, float]) -> None:
    outcome = a_played_game(result).outcome(GameId(9), BLACK, WHITE)
    assert (outcome.game_id, outcome.played_at, tuple(outcome.scores)) == (9, NOON, scores)
    assert [list(team) for team in outcome.teams] == [[57], [58]]


def test_ratings_see_what_it_was_played_under() -> None:
    assert list(a_played_game().outcome(GameId(9), BLACK, WHITE).conditions) == ["size:large"]
    fast = a_played_game(width=9, height=9, speed=SpeedClass.BLITZ)
    assert list(fast.outcome(GameId(9), BLACK, WHITE).conditions) == ["size:small", "speed:blitz"]


@pytest.mark.parametrize("result", ["Void", "?"])
def test_nothing_is_told_of_a_game_without_outcome(result: str) -> None:
    with pytest.raises(ValueError, match="nobody won"):
        a_played_game(result).outcome(GameId(9), BLACK, WHITE)


def test_rules_that_nobody_stated_count_as_japanese() -> None:
    # OGS' formulas: fair komi is 6 under Japanese rules and 7 where stones count, and a rank is 12 points.
    assert a_played_game(komi=6).outcome(GameId(9), BLACK, WHITE).advantage == pytest.approx(0)
    assert a_played_game(komi=7, rules="chinese").outcome(GameId(9), BLACK, WHITE).advantage == pytest.approx(0)
    assert a_played_game(komi=6, rules="chinese").outcome(GameId(9), BLACK, WHITE).advantage == pytest.approx(1 / 12)


@given(
    game=st.builds(
        PlayedGame,
        played_at=st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # the time zone is beside it
        result=st.sampled_from(["B+R", "W+0.5", "0", "Void", "?"]).map(Result.parse),
        handicap=st.integers(0, 625),
        komi=st.floats(-625, 625),
        width=st.integers(2, 25),
        height=st.integers(2, 25),
        rules=st.sampled_from([None, "japanese", "chinese", "aga", "ing", "new_zealand", "no rules"]),
        ranked=st.booleans(),
        is_annulled=st.booleans(),
    )
)
def test_every_game_that_rates_has_an_outcome_of_plain_numbers(game: PlayedGame) -> None:
    if game.unrated is not None:
        return
    outcome = game.outcome(GameId(9), BLACK, WHITE)
    assert sum(outcome.scores) == 1
    # On the smallest board, where a stone is worth twelve ranks, nine stones and twenty points are the most.
    assert abs(outcome.advantage) < 150
    assert 0.5 < outcome.weight < 2
