"""Style and script under `/static`, and how long browsers keep them."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tengen.web.assets import Assets, asset_url


@pytest.fixture
def browser() -> httpx.AsyncClient:
    app = Starlette(routes=[Mount("/static", Assets())])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tengen.example")


async def test_a_file_is_kept_for_good_at_the_address_that_pages_use(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(asset_url("style.css"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000", "?v=1&v=2"])
async def test_at_any_other_address_a_browser_asks_whether_the_file_has_changed(
    browser: httpx.AsyncClient, query: str
) -> None:
    answer = await browser.get(f"/static/style.css{query}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    again = await browser.get(f"/static/style.css{query}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["nothing.css", "../html.py", "%2e%2e/html.py", "..%2fhtml.py", "vendor", "", "a%00b", "x" * 300]
)
async def test_what_is_no_file_there_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/static/{path}")).status_code == 404


def test_a_page_cannot_name_a_file_that_is_missing() -> None:
    with pytest.raises(FileNotFoundError):
        asset_url("nothing.css")
