"""Who gets a page and who gets JSON. Expected by RFC 9110, section 12.5.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.web.negotiation import prefers_html

CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        CHROME,
        FIREFOX,
        "text/html",
        "TEXT/HTML",
        "text/html; charset=utf-8",
        "text/*",
        "text/html, application/json;q=0.9",
        "application/json;q=0.5, text/html;q=0.51",
        "*/*, application/json;q=0.5",
        "text/html;q=0.2, application/json;q=0",
        " text/html ,,",
    ],
)
def test_who_prefers_html_gets_a_page(accept: str) -> None:
    assert prefers_html(accept)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "application/json, text/html",
        "application/json, text/html;q=0.999",
        "application/json, */*;q=0.5",
        "text/html;q=0",
        "text/html;q=0, */*",
        "text/*, text/html;q=0.1, application/json;q=0.2",
        "text/plain",
        "html",
        "text/html;q=2",
        "text/html;q=much",
        "text/html;q=",
    ],
)
def test_everybody_else_gets_json(accept: str | None) -> None:
    assert not prefers_html(accept)


@given(st.text(alphabet=" text/html*;q=0.15,application/json", max_size=60) | st.text(max_size=60))
def test_any_header_has_an_answer(accept: str) -> None:
    assert prefers_html(accept) in {True, False}
