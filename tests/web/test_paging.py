"""Numbered pages, as OGS' clients leaf through them."""

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request

from tengen.web.paging import LARGEST_PAGE, PageChoice, page_object
from tengen.web.queries import read_query


def a_request(query: str = "") -> Request:
    platform = SimpleNamespace(settings=SimpleNamespace(public_url="https://go.example"))
    app = SimpleNamespace(state=SimpleNamespace(platform=platform))
    scope: dict[str, Any] = {"type": "http", "path": "/api/v1/me/friends", "query_string": query.encode(), "app": app}
    return Request({**scope, "headers": [], "method": "GET", "tengen.trailing_slash": False})


def page(query: str, whole: list[int]) -> dict[str, Any]:
    request = a_request(query)
    choice = read_query(request, PageChoice)
    return page_object(request, choice, len(whole), choice.of(whole))


def test_whoever_follows_the_pages_sees_everything_once_in_order_and_back() -> None:
    whole, seen, query = list(range(23)), [], "page_size=5&username=mira"
    while True:
        found = page(query, whole)
        seen += found["results"]
        assert found["count"] == 23
        if found["next"] is None:
            break
        address, query = found["next"].split("?")
        assert address == "https://go.example/api/v1/me/friends"
        assert page(page(query, whole)["previous"].split("?")[1], whole)["next"] == found["next"]
        assert "username=mira" in query
    assert seen == whole
    assert found["previous"].endswith("page=4")


@pytest.mark.parametrize(
    ("query", "count", "size", "has_next"),
    [
        ("", 10, 10, False),
        ("", 11, 10, True),
        ("page_size=1000", 101, LARGEST_PAGE, True),
        ("page_size=1", 0, 0, False),
    ],
)
def test_a_page_is_as_large_as_asked_within_bounds(query: str, count: int, size: int, *, has_next: bool) -> None:
    found = page(query, list(range(count)))
    assert (len(found["results"]), found["next"] is not None, found["previous"]) == (size, has_next, None)


def test_after_the_last_page_there_is_nothing() -> None:
    found = page("page=1000000", [1, 2])
    assert (found["results"], found["next"], found["count"]) == ([], None, 2)
