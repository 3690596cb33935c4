"""E-mail addresses and names: what is accepted, and which two are the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.accounts.names import DisplayName, Email, InvalidDisplayName, InvalidEmail, LoginName
from tengen.core.values import name_key


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mira@tengen.example", "mira@tengen.example"),
        ("C@EX.org", "C@ex.org"),
        ("  mira@tengen.example\n", "mira@tengen.example"),
        ("mira+go@sub.tengen.example", "mira+go@sub.tengen.example"),
        ("mira@club.local", "mira@club.local"),
        # RFC 3492 and the IDNA registry: bücher is xn--bcher-kva.
        ("mira@BÜCHER.example", "mira@xn--bcher-kva.example"),
        ("jürgen@tengen.example", "jürgen@tengen.example"),
    ],
)
def test_an_address_is_stored_with_its_domain_in_lower_case(text: str, address: str) -> None:
    assert Email.parse(text).address == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mira",
        "mira@",
        "@tengen.example",
        "mira@localhost",
        "mira@tengen..example",
        "mira@@tengen.example",
        "mi ra@tengen.example",
        "mira@tengen.example, tom@tengen.example",
        "Mira <mira@tengen.example>",
        "mira@[127.0.0.1]",
        "mira\r\nBcc: tom@tengen.example",
        "mira\ud800@tengen.example",
        "mira@" + "a." * 130 + "example",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail, match="value is not a valid email address"):
        Email.parse(text)


@given(text=st.text(max_size=30) | st.emails())
def test_any_text_is_an_address_or_refused_and_an_address_stays_what_it_is(text: str) -> None:
    try:
        email = Email.parse(text)
    except InvalidEmail:
        return
    assert Email.parse(email.address) == email


def test_addresses_that_differ_in_capitals_are_the_same() -> None:
    assert Email.parse("Mira@Tengen.Example").key == Email.parse("mira@tengen.example").key
    assert Email.parse("mira@tengen.example").key != Email.parse("mira+go@tengen.example").key
    assert Email.parse("Mira@tengen.example").domain == "tengen.example"


@pytest.mark.parametrize(
    "name", ["Mira", "天元", "M", "x" * 64, "Mira  von  Tengen", "می‌خواهم", "❤️", "mira@home", "Żółw 3"]
)
def test_a_display_name_keeps_its_spelling(name: str) -> None:
    assert DisplayName.parse(f" {name} ").text == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("\u200d\u200d", "empty"),
        ("\u3164", "empty"),
        ("x" * 65, "64"),
        ("mira@tengen.example", "Display name can't be an email address"),
        ("Mi\nra", r"U\+000A"),
        ("Mi\tra", r"U\+0009"),
        ("Mira\x00", r"U\+0000"),
        ("Mi\u2028ra", r"U\+2028"),
        ("\u202earim", r"U\+202E"),
        ("Mi\u2067ra", r"U\+2067"),
        ("Mi\u200bra", r"U\+200B"),
        ("Mi\ufeffra", r"U\+FEFF"),
        ("Mi\u00adra", r"U\+00AD"),
        ("Mira\ud800", r"U\+D800"),
        ("Mira\U000e0041", r"U\+E0041"),
    ],
)
def test_a_display_name_that_would_mislead_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidDisplayName, match=text):
        DisplayName.parse(name)


@given(text=st.text())
def test_any_text_is_a_display_name_or_refused_and_a_name_stays_what_it_is(text: str) -> None:
    try:
        name = DisplayName.parse(text)
    except InvalidDisplayName:
        return
    assert DisplayName.parse(name.text) == name
    assert name.key


# The Unicode Standard, sections 3.13 and 5.18, and UAX 15, figures 1 to 6, have these pairs.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mira", "mIRA"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Åke", "A\u030ake"),
        ("Å", "\u212b"),
        ("ﬁne", "fine"),
        ("2⁵", "25"),
        ("Ｍｉｒａ", "mira"),
        ("ｶﾞ", "ガ"),
        ("Mira  von", "mira von"),
        ("Mira\u00a0von", "Mira von"),
        ("Mi\u200dra", "Mira"),
        ("Mira\ufe0f", "Mira"),
        ("Mira\u3164", "Mira"),
        ("A\u034f\u030ake", "Åke"),
    ],
)
def test_names_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Mira", "Mara"), ("Åke", "Ake"), ("Mira von", "Miravon"), ("天元", "天")])
def test_names_that_read_differently_differ(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(text=st.text())
def test_a_key_is_its_own_key_and_the_same_for_every_normal_form(text: str) -> None:
    key = name_key(text)

    assert name_key(key) == key
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert name_key(unicodedata.normalize(form, text)) == key


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("C@EX.org", LoginName("c@ex.org", is_email=True)),
        (" mira@tengen.example ", LoginName("mira@tengen.example", is_email=True)),
        ("mira@b\u00dccher.example", LoginName("mira@xn--bcher-kva.example", is_email=True)),
        ("mi..ra@tengen.example", LoginName("mi..ra@tengen.example", is_email=True)),
        ("MIRA", LoginName("mira", is_email=False)),
        ("mira@home", LoginName("mira@home", is_email=False)),
        ("", LoginName("", is_email=False)),
        ("57", LoginName("57", is_email=False)),
        ("Mi\0ra", LoginName("mi\ufffdra", is_email=False)),
        ("Mi\ud800ra", LoginName("mi?ra", is_email=False)),
        ("mi\0ra@tengen.example", LoginName("mi\ufffdra@tengen.example", is_email=True)),
    ],
)
def test_a_login_name_is_an_address_or_a_display_name(text: str, login: LoginName) -> None:
    assert LoginName.parse(text) == login


@given(text=st.text())
def test_any_text_is_somebodys_login_name_or_nobodys(text: str) -> None:
    LoginName.parse(text)
