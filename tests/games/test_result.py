"""Results of games: every form of the protocol, one way to write each, and those that records have."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.games.result import DRAW, VOID, Ending, InvalidResult, Result
from tengen.go.points import Color

# What game servers may report, and, the last two, what imports store; and the one form in which it is written.
FORMS = [
    ("B+0.5", "B+0.5"),
    ("W+0.5", "W+0.5"),
    ("B+100", "B+100"),
    ("B+42", "B+42"),
    ("W+3.50", "W+3.5"),
    ("W+003.", "W+3"),
    ("B+.5", "B+0.5"),
    ("B+0", "B+0"),
    ("B+R", "B+R"),
    ("W+Resign", "W+R"),
    ("B+T", "B+T"),
    ("W+Time", "W+T"),
    ("B+F", "B+F"),
    ("W+Forfeit", "W+F"),
    ("0", "0"),
    ("Draw", "0"),
    ("Void", "Void"),
    ("?", "?"),
    ("B", "B"),
    ("W", "W"),
]


@pytest.mark.parametrize(("text", "canonical"), FORMS)
def test_each_form_is_read_and_written_one_way(text: str, canonical: str) -> None:
    assert str(Result.parse(text)) == canonical
    assert Result.parse(canonical) == Result.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "b", "BW", "B ",
     "B+", "B+W", "B-5", "Wx3", "B+-3", "B+nan", "B+inf", "B+1e2", "B+ 5", "B+5 ", " B+5", "b+5", "B+r",
     "B+1_0", "B+٣", "draw", "void", "B+123456789", "B+0.1234567", "B+.", "B+5\n", "Resign", "B+5.5.5", "x" * 10_000],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidResult):
        Result.parse(text)


def test_a_result_says_who_won_how_and_by_how_much() -> None:
    assert Result.parse("B+3.5") == Result(Ending.POINTS, Color.BLACK, Decimal("3.5"))
    assert Result.parse("W+R") == Result.by_resignation(Color.WHITE)
    assert Result.parse("B+T") == Result.by_time(Color.BLACK)
    assert Result.parse("W+F") == Result.by_forfeit(Color.WHITE)
    assert Result.parse("B") == Result.by_unsaid(Color.BLACK)
    assert (Result.parse("0"), Result.parse("Void")) == (DRAW, VOID)


@pytest.mark.parametrize(
    ("text", "black", "white"),
    [
        ("B+3.5", 1, 0),
        ("W+R", 0, 1),
        ("B", 1, 0),
        ("W", 0, 1),
        ("0", 0.5, 0.5),
        ("Void", None, None),
        ("?", None, None),
    ],
)
def test_a_result_is_an_outcome_for_each_side(text: str, black: float | None, white: float | None) -> None:
    result = Result.parse(text)
    assert (result.outcome(Color.BLACK), result.outcome(Color.WHITE)) == (black, white)


@pytest.mark.parametrize(("score", "text"), [(3.5, "B+3.5"), (-12, "W+12"), (0, "0"), (0.0, "0"), (-100.5, "W+100.5")])
def test_a_counted_score_is_a_result(score: float, text: str) -> None:
    assert str(Result.of_score(score)) == text


@given(
    margin=st.decimals(0, 999, places=2, allow_nan=False, allow_infinity=False),
    winner=st.sampled_from(Color),
)
def test_equal_margins_are_one_result(margin: Decimal, winner: Color) -> None:
    result = Result.by_points(winner, margin)
    assert Result.parse(f"{winner.value}+{margin}") == result
    assert Result.parse(str(result)) == result
    assert str(Result.parse(str(result))) == str(result)


@given(text=st.text("BW+0123456789.RTF?", max_size=12))
def test_what_is_written_can_be_read_again(text: str) -> None:
    try:
        result = Result.parse(text)
    except InvalidResult:
        return
    assert len(str(result)) <= 10
    assert Result.parse(str(result)) == result


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("B+3.5", "B+3.5"), ("Black + Resign", "B+R"), ("w+2,5", "W+2.5"), ("W+Time", "W+T"), ("b+F", "B+F"),
     ("Jigo", "0"), ("DRAW", "0"), ("void", "Void"), ("White+3.5 points", "W+3.5"), (" B+R ", "B+R")],
)  # fmt: skip
def test_records_spell_results_in_many_ways(text: str, canonical: str) -> None:
    assert str(Result.in_record(text)) == canonical


@pytest.mark.parametrize("text", ["", "?", "B+", "unfinished", "B", "x" * 10_000])
def test_a_record_may_state_no_result(text: str) -> None:
    assert Result.in_record(text) is None
