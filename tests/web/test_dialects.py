"""How refusals are told under `/api`, where Scoreganizer's clients read a code, and what each path speaks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tengen.core import errors
from tengen.core.database import PostgreSQL
from tengen.core.errors import TengenError
from tengen.web.errors import dialect_of, install_error_handlers
from tengen.web.middleware import Edge
from tests.support.network import free_port
from tests.support.server import Server
from tests.support.settings import some_settings

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LATER = {"unavailable": 503, "internal": 500, "rate_limited": 429}


class NotYet(errors.Forbidden):
    """A refusal with a fact to tell."""

    code = "not_yet"


Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    """The answer of an application to a method and a path, whose route raises something."""
    app = FastAPI()
    install_error_handlers(app)
    transport = httpx.ASGITransport(Edge(app, some_settings(tmp_path, log_level="error")), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tengen.example", headers=BROWSER) as client:

        async def ask(
            method: str, path: str, error: Exception, headers: Mapping[str, str] | None = None
        ) -> httpx.Response:
            async def route(number: int = 0) -> None:
                raise error

            app.router.routes.clear()
            app.api_route(path.partition("?")[0], methods=[method])(route)
            return await client.request(method, path, headers=headers)

        yield ask


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/v1/user/login", "/v1"),
        ("/v1", "/v1"),
        ("/v10", ""),
        ("/api/v0/login", "/api/v0"),
        ("/api/v1/games", "/api/v1"),
        ("/api/v1", "/api/v1"),
        ("/api/v10", "/api"),
        ("/api/v2/tournaments", "/api"),
        ("/api/token_status", "/api"),
        ("/api", "/api"),
        ("/apis", ""),
        ("/oauth2/token", "/oauth2"),
        ("/.well-known/jwks.json", "/.well-known"),
        ("/", ""),
        ("/tournaments/api", ""),
        ("", ""),
        ("*", ""),
    ],
)
def test_a_path_speaks_the_dialect_of_the_longest_prefix_that_is_a_part_of_it(path: str, prefix: str) -> None:
    assert dialect_of(path).prefix == prefix


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.Invalid("No."), 422, "invalid"),
        (errors.Unauthenticated("No.", headers={"WWW-Authenticate": "Basic"}), 401, "unauthenticated"),
        (errors.Forbidden("No."), 403, "forbidden"),
        (errors.NotFound("No."), 404, "not_found"),
        (errors.Conflict("No."), 409, "conflict"),
        (errors.TooManyRequests("No.", retry_after=timedelta(seconds=7)), 429, "rate_limited"),
        (errors.Unavailable("No."), 503, "unavailable"),
    ],
    ids=lambda value: value.code if isinstance(value, TengenError) else "",
)
@pytest.mark.parametrize("path", ["/api/refresh_token", "/api/v2/tournaments"])
async def test_a_refusal_is_told_with_its_code_and_its_sentence(
    ask: Ask, path: str, error: TengenError, status: int, code: str
) -> None:
    answer = await ask("POST", path, error)

    assert answer.status_code == status
    assert answer.json() == {"error": code, "detail": "No."}
    assert answer.headers["X-Tengen-Error"] == error.code
    assert answer.headers.items() >= {name.lower(): value for name, value in error.headers.items()}.items()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tournaments", {"error": "not_yet", "detail": "Not yet.", "wait": 41.5}),
        ("/api/v1/games", {"message": "Not yet.", "detail": "Not yet.", "error": "Not yet."}),
        ("/v1/user", {"detail": "Not yet."}),
    ],
)
async def test_facts_are_told_where_programs_read_them(ask: Ask, path: str, body: dict[str, Any]) -> None:
    answer = await ask("POST", path, NotYet("Not yet.", facts={"wait": 41.5}))

    assert (answer.status_code, answer.json()) == (403, body)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotYet("No."), 403, "not_yet"),
        (errors.Unavailable("No."), 503, "temporarily_unavailable"),
        (errors.Invalid("No."), 400, "invalid_request"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_programs_that_log_in_are_told_in_the_words_of_oauth2_and_browsers_by_a_page(
    ask: Ask, error: TengenError, status: int, code: str
) -> None:
    told = await ask("POST", "/oauth2/something", error, {"Accept": "*/*"})
    shown = await ask("POST", "/oauth2/something", error)

    assert (told.status_code, told.json()) == (status, {"error": code, "error_description": "No."})
    assert (shown.status_code, shown.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert told.headers["X-Tengen-Error"] == shown.headers["X-Tengen-Error"] == error.code


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_wrong_with_a_request_is_told_in_one_sentence(ask: Ask, method: str) -> None:
    answer = await ask(method, "/api/something?number=seven", RuntimeError())

    assert answer.status_code == 422
    assert answer.json() == {"error": "invalid", "detail": "number: value is not a valid integer"}
    assert answer.headers["X-Tengen-Error"] == "invalid"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.TooManyRequests("Wait.", retry_after=timedelta(seconds=7)), "rate_limited"),
        (errors.Unavailable("Wait."), "unavailable"),
        (PoolTimeout(), "unavailable"),
        (RuntimeError("the secret is hush"), "internal"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_get_is_never_told_to_come_again_by_its_status(ask: Ask, error: Exception, code: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = await ask(method, "/api/something", error)

        assert answer.status_code == (LATER[code] if method == "POST" else 403)
        assert answer.headers["Content-Type"] == "application/json"
        assert method == "HEAD" or answer.json()["error"] == code
        assert "wait" not in answer.text.replace("Wait.", "")
        assert "hush" not in answer.text


async def test_elsewhere_get_is_told(ask: Ask) -> None:
    for path in ("/v1/something", "/api/v1/something", "/something"):
        answer = await ask("GET", path, errors.Unavailable("Wait."))
        assert answer.status_code == 503, path


async def test_when_the_database_cannot_be_reached_get_is_refused_for_good(ask: Ask) -> None:
    away = PostgreSQL(f"postgresql+asyncpg://mira:hush@127.0.0.1:{free_port()}/tengen", pool_size=1)
    with pytest.raises(OperationalError) as raised:
        async with away.read():
            pass

    answer = await ask("GET", "/api/token_status", raised.value)

    assert (answer.status_code, answer.json()["error"]) == (403, "unavailable")


async def test_a_value_that_the_database_cannot_hold_is_the_callers_mistake(ask: Ask) -> None:
    answer = await ask("GET", "/api/something", DataError("INSERT …", {}, Exception("out of range")))

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/v2", "/api/v2/nothing", "/api/v10/games"])
@pytest.mark.parametrize("accept", ["text/html", BROWSER["Accept"], "image/png", ""])
def test_nothing_under_api_is_a_page(server: Server, path: str, accept: str) -> None:
    answer = server.get(path, headers={"Accept": accept})

    assert (answer.status_code, answer.json()) == (404, {"error": "not_found", "detail": "Not Found"})
    assert answer.headers["Content-Type"] == "application/json"


def test_whom_a_request_says_to_ask_makes_no_page_of_it(server: Server) -> None:
    answer = server.get("/api/nothing", headers={**BROWSER, "Host": "tengen.example/x?"})

    assert answer.headers["Content-Type"] != "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", "/api/obtain_token", "POST"), ("DELETE", "/api/token_status", "GET, HEAD")]
)
def test_a_method_that_a_path_does_not_know_is_not_allowed(
    server: Server, method: str, path: str, allowed: str
) -> None:
    answer = server.request(method, path, headers=BROWSER)

    assert answer.status_code == 405
    assert answer.json() == {"error": "method_not_allowed", "detail": "Method Not Allowed"}
    assert answer.headers["Allow"] == allowed


def test_a_body_that_is_too_large_is_refused_with_a_code(server: Server) -> None:
    chunks = (b"x" * 65_536 for _ in range(17))
    headers = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}

    for content in (b"x" * 1_048_577, chunks):
        answer = server.request("POST", "/api/obtain_token", content=content, headers=headers)

        assert answer.status_code == 413
        assert answer.json() == {"error": "body_too_large", "detail": "The request body is too large."}


def test_another_sites_page_is_refused_with_a_code(server: Server) -> None:
    answer = server.post("/api/refresh_token", headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, answer.json()["error"]) == (403, "cross_site")
