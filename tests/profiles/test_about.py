"""What accounts may tell of themselves."""

from collections.abc import Callable
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.profiles.about import (
    COUNTRIES,
    MAX_ABOUT,
    MAX_REAL_NAME,
    MAX_WEBSITE,
    InvalidProfile,
    parse_about,
    parse_country,
    parse_language,
    parse_real_name,
    parse_website,
)

Parse = Callable[[str], str]
PARSERS = [parse_about, parse_country, parse_language, parse_real_name, parse_website]


def test_the_countries_are_those_of_iso_3166() -> None:
    # The time zone database's copy of the standard: a code, a tab, a name.
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    published = {line.split("\t")[0].lower() for line in table.splitlines() if line and not line.startswith("#")}
    assert published == COUNTRIES


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (parse_country, " JP ", "jp"),
        (parse_country, "un", "un"),
        (parse_language, "auto", "auto"),
        (parse_language, " de\n", "de"),
        (parse_language, "pt-BR", "pt-BR"),
        (parse_language, "zh-Hans-CN", "zh-Hans-CN"),
        (parse_real_name, "", ""),
        (parse_real_name, "  Mira ", "Mira"),
        (parse_real_name, "明日香", "明日香"),
        (parse_real_name, "x" * MAX_REAL_NAME, "x" * MAX_REAL_NAME),
        (parse_website, "", ""),
        (parse_website, "https://mizuki.example/\n", "https://mizuki.example/"),
        (parse_website, " http://mizuki.example:8080/go?a=1#b ", "http://mizuki.example:8080/go?a=1#b"),
        (parse_website, "https://例え.jp/碁", "https://例え.jp/碁"),
        (parse_website, "HTTPS://mizuki.example", "HTTPS://mizuki.example"),
        (parse_about, "", ""),
        (parse_about, " One\r\ntwo\rthree\n\tfour\n", "One\ntwo\nthree\n\tfour"),
        (parse_about, "x" * MAX_ABOUT, "x" * MAX_ABOUT),
    ],
)
def test_what_is_accepted_is_kept_in_one_spelling(parse: Parse, text: str, expected: str) -> None:
    assert parse(text) == expected
    assert parse(expected) == expected


@pytest.mark.parametrize(
    ("parse", "text", "what_would_be_right"),
    [
        (parse_country, "", "two letters"),
        (parse_country, "xx", "two letters"),
        (parse_country, "Japan", "two letters"),
        (parse_country, "j\0", "two letters"),
        (parse_language, "", "such as"),
        (parse_language, "German", "such as"),
        (parse_language, "de-", "such as"),
        (parse_real_name, "x" * (MAX_REAL_NAME + 1), "64 characters"),
        (parse_real_name, "Mi\nra", r"U\+000A"),
        (parse_real_name, "Mi\u202era", r"U\+202E"),
        (parse_real_name, "Mi\0ra", r"U\+0000"),
        (parse_website, "mizuki.example", "begins with https"),
        (parse_website, "javascript:alert(1)", "begins with https"),
        (parse_website, "ftp://mizuki.example", "begins with https"),
        (parse_website, "//mizuki.example", "begins with https"),
        (parse_website, "https://", "begins with https"),
        (parse_website, "https:///go", "begins with https"),
        (parse_website, "https://online-go.com@mizuki.example", "begins with https"),
        (parse_website, "https://mizuki.example:99999", "begins with https"),
        (parse_website, "https://[::1", "begins with https"),
        (parse_website, "https://mizuki.example/a b", "begins with https"),
        (parse_website, "https://mizuki.example/" + "x" * MAX_WEBSITE, "200 characters"),
        (parse_about, "x" * (MAX_ABOUT + 1), "4,000 characters"),
        (parse_about, "\0", r"U\+0000"),
        (parse_about, "half \ud800", r"U\+D800"),
        (parse_about, "one\u2028two", r"U\+2028"),
    ],
)
def test_what_is_not_accepted_is_refused_with_a_reason(parse: Parse, text: str, what_would_be_right: str) -> None:
    with pytest.raises(InvalidProfile, match=what_would_be_right):
        parse(text)


@given(st.sampled_from(PARSERS), st.text(alphabet=st.characters(codec=None), max_size=300))
def test_any_text_is_kept_in_a_form_that_databases_can_hold_or_refused(parse: Parse, text: str) -> None:
    try:
        kept = parse(text)
    except InvalidProfile:
        return
    assert "\0" not in kept.encode().decode()
    assert parse(kept) == kept
