"""What a record says otherwise than the report beside it."""

import pytest

from tengen.games.record_checks import contradictions
from tengen.games.result import Result
from tengen.go.points import Size
from tengen.go.sgf import SgfRecord

RECORD = SgfRecord.parse("(;SZ[13]KM[6.5]HA[2]RE[W+3.50])")


def test_a_record_that_says_the_same_contradicts_nothing() -> None:
    reported = Result.parse("W+3.5")
    assert contradictions(RECORD, result=reported, komi=6.5, handicap=2, size=Size.of(13)) == ()


def test_what_either_side_does_not_say_is_no_contradiction() -> None:
    assert contradictions(RECORD) == ()
    assert contradictions(SgfRecord.parse("(;RE[?])"), result=Result.parse("B+R"), komi=7, handicap=3) == ()


def test_each_difference_is_told_in_a_sentence() -> None:
    found = contradictions(RECORD, result=Result.parse("B+R"), komi=7.0, handicap=0, size=Size.of(19))
    assert {warning.code: warning.text for warning in found} == {
        "result_contradicts": "The record's result is W+3.5, and the reported one is B+R.",
        "komi_contradicts": "The record's komi is 6.5, and the reported one is 7.",
        "handicap_contradicts": "The record's handicap is 2, and the reported one is 0.",
        "size_contradicts": "The record's size of the board is 13, and the reported one is 19.",
    }


@pytest.mark.parametrize(("recorded", "reported"), [("0", 1), ("1", 0), ("1", 1)])
def test_a_handicap_of_one_is_none(recorded: str, reported: int) -> None:
    assert contradictions(SgfRecord.parse(f"(;HA[{recorded}])"), handicap=reported) == ()
