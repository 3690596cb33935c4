"""The names that players have on game servers."""

import pytest

from tengen.players.names import InvalidPlayerName, parse_name, usual_name


@pytest.mark.parametrize("name", ["mossy_stone", "M", "a" * 20, "naïve 碁", "\U0001f3af", "o'neill; --"])
def test_a_name_is_one_clean_line_and_keeps_its_spelling(name: str) -> None:
    assert parse_name(name) == name
    assert parse_name(f"  {name}\t") == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t", "empty"),
        ("\x1c", "empty"),
        ("\u200d", "empty"),
        ("a" * 21, "more than 20 characters"),
        ("mossy\nstone", "U+000A"),
        ("mossy\x00stone", "U+0000"),
        ("mossy\u202estone", "U+202E"),
        ("mossy\ud800", "U+D800"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidPlayerName) as refusal:
        parse_name(text)
    assert reason in refusal.value.message


@pytest.mark.parametrize(
    ("display_name", "name"),
    [
        ("Mira", "Mira"),
        ("a" * 20, "a" * 20),
        ("a" * 64, "a" * 20),
        ("Mira of the nineteen lines", "Mira of the nineteen"),
        ("Mira of the eighteen  lines", "Mira of the eighteen"),
    ],
)
def test_who_chooses_no_name_has_the_accounts_as_far_as_it_fits(display_name: str, name: str) -> None:
    assert usual_name(display_name) == name
    assert parse_name(usual_name(display_name)) == name
