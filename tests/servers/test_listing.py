"""What a game server may say about itself."""

import pytest

from tengen.servers.listing import InvalidListing, check_line, parse_name, parse_text


@pytest.mark.parametrize("text", ["eden2", "  eden 2 ", "", "Älmhult"])
def test_a_line_stays_as_it_is(text: str) -> None:
    assert check_line(text) == text


@pytest.mark.parametrize("text", ["eden\n2", "eden2\n", "\x1feden2", "eden2\x1c", "\x85", "eden\u202e2"])
def test_a_line_has_no_breaks_and_hidden_characters_anywhere(text: str) -> None:
    with pytest.raises(InvalidListing):
        check_line(text)


def test_a_name_loses_the_blanks_around_it() -> None:
    assert parse_name(" Quiet Valley\n") == "Quiet Valley"


def test_a_text_of_several_lines_has_them_ended_alike() -> None:
    assert parse_text("\tfor beginners\r\nand\tothers\n") == "for beginners\nand\tothers"


def test_a_text_has_no_other_breaks() -> None:
    with pytest.raises(InvalidListing):
        parse_text("for beginners\x0b\nand others")
