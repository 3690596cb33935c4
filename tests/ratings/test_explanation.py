"""Rating changes in words."""

import pytest

from tengen.ratings.advantage import Terms
from tengen.ratings.explanation import circumstances_of, explain


def test_a_change_is_explained_by_ranks_and_terms() -> None:
    sentence = explain(0.6245, "3d", "2d", circumstances_of(Terms(0, 6.5), plays_black=True))
    assert sentence == "You were expected to win 62 %: 3d against 2d, no handicap, komi 6.5."


def test_stones_are_taken_by_black_and_given_by_white() -> None:
    terms = Terms(3, 0.5, "aga")
    assert circumstances_of(terms, plays_black=True) == ["taking 3 stones", "komi 0.5"]
    assert circumstances_of(terms, plays_black=False) == ["giving 3 stones", "komi 0.5"]


def test_unusual_boards_and_whole_komi_are_named() -> None:
    assert circumstances_of(Terms(1, 7.0, "aga", 9, 9), plays_black=False) == ["no handicap", "komi 7", "9×9"]
    assert circumstances_of(Terms(0, -5.5, "aga", 9, 13), plays_black=False) == ["no handicap", "komi -5.5", "9×13"]


def test_a_game_without_terms_is_explained_by_ratings_alone() -> None:
    assert explain(0.5, "1612", "1612") == "You were expected to win 50 %: 1612 against 1612."


@pytest.mark.parametrize(
    ("expected", "text"), [(0.0, "less than 1 %"), (0.004, "less than 1 %"), (0.999, "more than 99 %"), (0.01, "1 %")]
)
def test_what_is_not_certain_is_not_called_so(expected: float, text: str) -> None:
    assert explain(expected, "9d", "30k") == f"You were expected to win {text}: 9d against 30k."
