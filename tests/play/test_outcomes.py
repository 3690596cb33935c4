"""How games end, in OGS' words and as results; and on which terms they begin."""

import pytest

from tengen.core.values import PlayerId
from tengen.go.points import Color, Size
from tengen.go.rulesets import AGA, CHINESE, JAPANESE, KOREAN, Ruleset
from tengen.play.outcomes import GameEnding, Outcome
from tengen.play.scores import Score, SideScore
from tengen.play.terms import GameTerms
from tests.play.builders import BLACK, TITLE, WHITE, a_control, a_game, points


def a_score(black: int, white: int, komi: float) -> Score:
    """A score of so much territory."""
    return Score(SideScore(0, black, 0, 0, 0.0, frozenset()), SideScore(0, white, 0, 0, komi, frozenset()))


@pytest.mark.parametrize(
    ("outcome", "text", "result", "is_annulled"),
    [
        (Outcome.by_score(a_score(50, 36, 6.5)), "7.5 points", "B+7.5", False),
        (Outcome.by_score(a_score(10, 40, 0)), "30 points", "W+30", False),
        (Outcome.by_score(a_score(40, 10, 0.25)), "29.75 points", "B+29.75", False),
        (Outcome.by_score(a_score(40, 33, 7.0)), "0 points", "0", False),
        (Outcome(GameEnding.RESIGNATION, WHITE), "Resignation", "W+R", False),
        (Outcome(GameEnding.TIMEOUT, BLACK), "Timeout", "B+T", False),
        (Outcome(GameEnding.CANCELLATION, BLACK), "Cancellation", "Void", True),
    ],
)
def test_an_outcome_is_written_for_ogs_and_for_records(
    outcome: Outcome, text: str, result: str, is_annulled: bool
) -> None:
    assert (str(outcome), str(outcome.result), outcome.is_annulled) == (text, result, is_annulled)


def test_a_tie_has_no_winner() -> None:
    assert Outcome.by_score(a_score(40, 33, 7.0)).winner is None


# By the contract's tables of komi and handicap.
@pytest.mark.parametrize(
    ("rules", "side", "handicap", "komi", "is_free", "stones", "first", "to_place"),
    [
        (JAPANESE, 19, 0, 6.5, False, "", BLACK, 0),
        (JAPANESE, 19, 1, 0.5, True, "", BLACK, 0),
        (JAPANESE, 19, 2, 0.5, False, "Q16 D4", WHITE, 0),
        (JAPANESE, 9, 5, 0.5, False, "C7 C3 G7 G3 E5", WHITE, 0),
        (KOREAN, 11, 3, 0.5, True, "", BLACK, 3),
        (AGA, 19, 10, 0.5, True, "", BLACK, 10),
        (CHINESE, 19, 0, 7.5, True, "", BLACK, 0),
        (CHINESE, 19, 1, 0.5, True, "", BLACK, 0),
        (CHINESE, 19, 4, 0.5, True, "", BLACK, 4),
    ],
)
def test_terms_have_the_usual_komi_and_places_for_handicap_stones(
    rules: Ruleset,
    side: int,
    handicap: int,
    komi: float,
    is_free: bool,
    stones: str,
    first: Color,
    to_place: int,
) -> None:
    size = Size.of(side)
    terms = GameTerms.agreed(
        size=size, rules=rules, control=a_control(), black=TITLE.black, white=TITLE.white, handicap=handicap
    )
    assert (terms.komi, terms.is_handicap_free, terms.first_to_move) == (komi, is_free, first)
    assert frozenset(terms.black_stones) == points(stones, size)
    assert terms.first_board().stones(BLACK) == points(stones, size)
    assert terms.stones_to_place == to_place


def test_a_komi_may_be_agreed() -> None:
    assert a_game(komi=-3.5).terms.komi == -3.5
    assert a_game(komi=0.0).terms.komi == 0.0


def test_players_have_their_seats() -> None:
    terms = a_game().terms
    seats = [terms.seat_of(player) for player in (TITLE.black, TITLE.white, PlayerId(1), None)]
    assert seats == [BLACK, WHITE, None, None]
