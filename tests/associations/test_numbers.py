"""How associations and member numbers are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.associations.numbers import InvalidAssociation, InvalidMemberNumber, MemberNumber, parse_number


@pytest.mark.parametrize(
    ("association", "number", "expected"),
    [
        ("aga", "12345", "AGA 12345"),
        (" AGA ", " 0012345 ", "AGA 12345"),
        ("egf", "000", "EGF 0"),
        ("ffg", "a-007", "FFG A-007"),
        ("a1", "0x7", "A1 0X7"),
    ],
)
def test_a_number_is_written_in_one_form(association: str, number: str, expected: str) -> None:
    assert str(MemberNumber.parse(association, number)) == expected


@pytest.mark.parametrize(
    "wrong", ["", " ", "-1", "1 2", "x" * 21, "１２３", "12\0", "1\n2", "\ud800", "²", "1/2", "../x"]
)
def test_what_is_no_number_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidMemberNumber, match="letters, digits and hyphens"):
        MemberNumber.parse("aga", wrong)


@pytest.mark.parametrize("wrong", ["", "a", "1st", "american go association", "aga!", "x" * 17, "Ägf", "aga\0"])
def test_what_is_no_short_name_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidAssociation, match="short word"):
        MemberNumber.parse(wrong, "1")


@given(st.from_regex(r"[0-9A-Za-z][0-9A-Za-z-]{0,19}", fullmatch=True))
def test_the_form_of_a_number_is_its_own_form(text: str) -> None:
    assert parse_number(parse_number(text)) == parse_number(text) == parse_number(text.lower())
