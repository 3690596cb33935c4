"""Redirect URIs: what can be registered, and the addresses made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.oauth.redirects import MOST, InvalidRedirectUri, form_target, parse_redirect_uris, with_parameters
from tests.oauth.builders import query_of

GOOD = [
    ("https://stones.example/back", "https://stones.example"),
    ("https://stones.example", "https://stones.example"),
    ("https://Stones.example:8443/back?from=tengen", "https://Stones.example:8443"),
    ("https://[2001:db8::1]/back", "https://[2001:db8::1]"),
    ("http://127.0.0.1:8400/", "http://127.0.0.1:8400"),
    ("http://localhost/back", "http://localhost"),
    ("http://[::1]:9/back", "http://[::1]:9"),
    ("org.example.stones:/back", "org.example.stones:"),
    # The schemes that OGS' documentation names for programs on phones.
    ("gobo://auth", "gobo:"),
    ("expo://127.0.0.1:19000/--/back", "expo:"),
]


@pytest.mark.parametrize(("uri", "target"), GOOD)
def test_a_place_that_is_the_programs_alone_can_be_registered(uri: str, target: str) -> None:
    assert parse_redirect_uris(uri) == (uri,)
    assert form_target(uri) == target


@pytest.mark.parametrize(
    "uri",
    [
        *("stones.example/back", "//stones.example/back", "/back", "https:", "https://", "https:/stones.example", "x"),
        *("http://stones.example/back", "http://127.0.0.1.stones.example/", "http://127.0.0.2/", "http://localhost@x/"),
        *("https://stones.example/#", "https://stones.example/back#top", "https://mira:hush@stones.example/back"),
        *("javascript:alert(1)", "javascript:/%0aalert(1)", "JavaScript://x/%0aalert(1)", "data:/text/html,x"),
        *("file:///etc/passwd", "blob:/x", "intent://x", "view-source://x", "mailto:mira@tengen.example", "urn:x:y"),
        *(
            "https://stones.example/ü",
            "https://stones.example/\0",
            "https://stones.example/'\"><script>",
            "https://[x/",
        ),
        *("https://a;b/", "https://a,b/", "https://stones.example:99999999/", "https://stones.example:x/", "1a:/b"),
        "https://stones.example/" + "x" * 1000,
    ],
)
def test_any_other_place_is_refused(uri: str) -> None:
    with pytest.raises(InvalidRedirectUri):
        parse_redirect_uris(uri)


def test_several_have_blanks_between_and_count_once() -> None:
    assert parse_redirect_uris(" gobo://a\r\nhttps://b.example/  gobo://a ") == ("gobo://a", "https://b.example/")
    assert parse_redirect_uris("") == ()
    with pytest.raises(InvalidRedirectUri, match=f"at most {MOST}"):
        parse_redirect_uris(" ".join(f"gobo://{number}" for number in range(MOST + 1)))


@given(state=st.text(st.characters(codec="utf-8")))
def test_what_is_added_to_an_address_comes_out_of_it_again(state: str) -> None:
    for uri in ("https://stones.example/back", "https://stones.example/back?from=tengen"):
        address = with_parameters(uri, {"code": "1", "state": state})
        assert address.startswith(uri)
        assert address.isascii()
        assert query_of(address) | {"from": ""} == {"code": "1", "state": state, "from": ""}


@given(text=st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        uris = parse_redirect_uris(text)
    except InvalidRedirectUri:
        return
    # What gets into a header of the answer holds nothing that could end it there.
    assert all(not set(form_target(uri)) & set(" ;,'\r\n") for uri in uris)
