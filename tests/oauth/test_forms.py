"""The parameters of OAuth2, and how a program says in them which one it is."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.oauth.clients import ClientCredentials
from tengen.oauth.forms import Parameters
from tengen.oauth.refusals import InvalidClient, InvalidOAuthRequest


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_what_is_empty_counts_as_not_sent() -> None:
    sent = Parameters.parse(b"a=1&b=&c=%C3%BC+x")
    assert (sent.get("a"), sent.get("b"), sent.get("c"), sent.get("d")) == ("1", "", "ü x", "")
    assert sent.require("a") == "1"
    for name in ("b", "d"):
        with pytest.raises(InvalidOAuthRequest, match=f"parameter {name} is missing"):
            sent.require(name)


def test_what_is_there_twice_is_refused() -> None:
    with pytest.raises(InvalidOAuthRequest, match="twice"):
        Parameters.parse(b"a=1&b=2&a=1")
    with pytest.raises(InvalidOAuthRequest, match="more than 50"):
        Parameters.parse(b"&".join(b"a%d=" % number for number in range(51)))


@given(body=st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        sent = Parameters.parse(body)
    except InvalidOAuthRequest:
        return
    sent.get("a").encode()  # no lone surrogates, which nothing could be done with


def test_a_program_says_who_it_is_in_the_form_or_in_the_header() -> None:
    in_form = ClientCredentials.parse(Parameters({"client_id": "a", "client_secret": "b"}), None)
    in_header = ClientCredentials.parse(Parameters({}), basic("a:b"))
    encoded = ClientCredentials.parse(Parameters({"client_id": "a"}), basic("%61:%62"))  # RFC 6749, section 2.3.1
    assert in_form == in_header == encoded == ClientCredentials("a", "b")
    assert ClientCredentials.parse(Parameters({"client_id": "a"}), "Bearer x") == ClientCredentials("a", "")
    assert "b" not in repr(in_form).partition("client_id=")[2]


@pytest.mark.parametrize(
    ("form", "authorization", "refusal"),
    [
        ({}, None, InvalidOAuthRequest),
        ({"client_secret": "b"}, None, InvalidOAuthRequest),
        ({"client_id": "c"}, basic("a:b"), InvalidOAuthRequest),
        ({"client_id": "a", "client_secret": "b"}, basic("a:b"), InvalidOAuthRequest),
        ({"client_id": "a"}, "Basic !", InvalidClient),
        ({"client_id": "a"}, basic("no colon"), InvalidClient),
    ],
)
def test_a_program_that_says_it_otherwise_is_refused(
    form: dict[str, str], authorization: str | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        ClientCredentials.parse(Parameters(form), authorization)
