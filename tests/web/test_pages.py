"""The API's own page, and errors as browsers and programs get them."""

import shutil
from pathlib import Path

import pytest

from tengen.web import assets, pages
from tests.support.server import Server

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_the_api_page_loads_everything_from_here(server: Server) -> None:
    page = server.get("/docs")
    assert page.status_code == 200
    for name in ("vendor/swagger-ui/swagger-ui-bundle.js", "vendor/swagger-ui/swagger-ui.css", "docs.js"):
        address = assets.asset_url(name)
        assert f'"{address}"' in page.text
        assert server.get(address).status_code == 200
    assert 'data-openapi="/openapi.json"' in page.text


async def test_the_api_page_says_what_to_do_when_its_files_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "static"
    shutil.copytree(assets.DIRECTORY, bare, ignore=shutil.ignore_patterns("vendor"))
    monkeypatch.setattr(assets, "DIRECTORY", bare)
    answer = await pages.api_page()
    assert answer.status_code == 503
    assert b"run `make setup`" in answer.body


def test_a_browser_gets_a_page_where_there_is_nothing(server: Server) -> None:
    answer = server.get("/nothing", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Tengen-Error"] == "not_found"
    assert "There is nothing here" in answer.text


def test_a_program_gets_json_where_there_is_nothing(server: Server) -> None:
    answer = server.get("/nothing")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found"}


@pytest.mark.parametrize("path", ["/v1/nothing", "/api/nothing", "/.well-known/nothing"])
def test_the_api_answers_json_even_to_a_browser(server: Server, path: str) -> None:
    answer = server.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Not Found"
