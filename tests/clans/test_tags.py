"""Tags and names of clans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.clans.tags import MAX_TAG_LENGTH, ClanName, ClanTag, InvalidClanName, InvalidTag

COLOUR_RULE = "'^' must always be followed by exactly three numbers or one of 'rgbwkycm'"


@pytest.mark.parametrize(
    "tag",
    ["FOX", "^rFOX", "^123(Zzz", "Zzz", "^r^g^b^wFOXY", "^900F^909O^099X^999Y", "F^rX", "FOX^c", "围棋", "a b", "0000"],
)
def test_a_tag_of_up_to_four_letters_and_four_colours_is_kept_as_written(tag: str) -> None:
    assert ClanTag.parse(tag).text == tag


def test_blanks_around_a_tag_are_dropped() -> None:
    assert ClanTag.parse("  ^rFOX \n").text == "^rFOX"


@pytest.mark.parametrize("tag", ["^", "FOX^", "^xFOX", "^RFOX", "^12F", "^1", "^^r", "^^rr", "^ r", "^١٢٣a"])
def test_every_circumflex_begins_a_colour(tag: str) -> None:
    with pytest.raises(InvalidTag) as refusal:
        ClanTag.parse(tag)
    assert refusal.value.message == COLOUR_RULE


@pytest.mark.parametrize("tag", ["^r^r^r^r^rF", "^900" * 5])
def test_a_tag_has_at_most_four_colours(tag: str) -> None:
    with pytest.raises(InvalidTag) as refusal:
        ClanTag.parse(tag)
    assert refusal.value.message == "Clan tags can contain at most 4 colors"


@pytest.mark.parametrize("tag", ["FOXES", "^rFO^gXES", "^12345678"])
def test_a_tag_has_at_most_four_letters_besides_its_colours(tag: str) -> None:
    with pytest.raises(InvalidTag) as refusal:
        ClanTag.parse(tag)
    assert refusal.value.message == "Clan tags can contain at most 4 letters"


@pytest.mark.parametrize("tag", ["", "   ", "^r", "^123^g", "^r ^g"])
def test_a_tag_shows_at_least_one_letter(tag: str) -> None:
    with pytest.raises(InvalidTag) as refusal:
        ClanTag.parse(tag)
    assert refusal.value.message == "Clan tags must contain at least 1 letter"


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\u202eabc", "a\u200bb", "\ud800"])
def test_control_and_invisible_characters_are_refused(text: str) -> None:
    with pytest.raises(InvalidTag):
        ClanTag.parse(text)
    with pytest.raises(InvalidClanName):
        ClanName.parse(text)


def test_a_tag_without_its_colours_is_what_it_shows() -> None:
    assert ClanTag.parse("^rF^123OX").letters == "FOX"


@given(st.text(alphabet="^rgbx019F ", max_size=24))
def test_whatever_is_accepted_keeps_the_limits_and_parses_to_itself(text: str) -> None:
    try:
        tag = ClanTag.parse(text)
    except InvalidTag:
        return
    assert tag.text == text.strip()
    assert ClanTag.parse(tag.text) == tag
    assert len(tag.text) <= MAX_TAG_LENGTH
    assert 1 <= len(tag.letters) <= 4
    assert tag.text.count("^") <= 4


def test_blanks_around_a_name_are_dropped() -> None:
    assert ClanName.parse("  Night Foxes ").text == "Night Foxes"


def test_a_name_has_one_to_a_hundred_characters() -> None:
    assert ClanName.parse("x" * 100).text == "x" * 100
    with pytest.raises(InvalidClanName, match="at most 100"):
        ClanName.parse("x" * 101)
    for nothing in ("", "  ", "\u200d"):
        with pytest.raises(InvalidClanName, match="at least 1"):
            ClanName.parse(nothing)
