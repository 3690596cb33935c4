"""What happens to every request, whatever its path: slashes, ids, headers, sizes."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tengen.web.middleware import BodyLimits, Edge, normalise_path
from tests.support.builders import a_verified_user, unique
from tests.support.server import Server
from tests.support.settings import some_settings


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("/", "/"),
        ("//", "/"),
        ("/v1/user/login", "/v1/user/login"),
        ("/v1/user/login/", "/v1/user/login"),
        ("//oauth2/token/", "/oauth2/token"),
        ("/v1///user//login///", "/v1/user/login"),
        ("/a%2F/b", "/a%2F/b"),
    ],
)
def test_slashes_are_made_alike(sent: str, path: str) -> None:
    assert normalise_path(sent) == path


@pytest.mark.parametrize("path", ["/v1/user/login/", "//v1/user/login", "/v1//user///login//"])
def test_a_slash_too_many_is_served_without_a_redirect(server: Server, path: str) -> None:
    user = a_verified_user(server)

    answer = server.request("POST", server.url + path, auth=user.auth)

    assert answer.status_code == 200
    assert answer.json()["id"] == user.id


def test_a_slash_at_the_end_keeps_the_query(server: Server) -> None:
    user = a_verified_user(server)

    answer = server.get("/v1/user/by-id/", params={"user_id": user.id}, auth=user.auth)

    assert (answer.status_code, answer.json()["id"]) == (200, user.id)


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/user/by-id", "/metrics", "/openapi.json", "/docs"])
def test_every_answer_has_the_security_headers(server: Server, path: str) -> None:
    headers = server.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in headers
    is_page = headers["Content-Type"].startswith("text/html")
    assert ("default-src 'self'" in headers.get("Content-Security-Policy", "")) is is_page


def test_an_answer_has_an_id_of_its_own(server: Server) -> None:
    ids = {server.get("/healthz").headers["X-Request-ID"] for _ in range(5)}

    assert len(ids) == 5


def test_a_request_may_bring_its_id(server: Server) -> None:
    assert server.get("/healthz", headers={"X-Request-ID": "trace.me_7-a"}).headers["X-Request-ID"] == "trace.me_7-a"


@pytest.mark.parametrize("odd", ["", "two words", "a" * 65, '{"a":1}', "ü".encode()])
def test_an_id_that_would_not_be_plain_in_a_log_is_replaced(server: Server, odd: str | bytes) -> None:
    answer = server.get("/healthz", headers=[("X-Request-ID", odd)])

    assert answer.headers.get_list("X-Request-ID") != [odd]
    assert len(answer.headers["X-Request-ID"]) == 16


def register(name: str, *, size: int) -> bytes:
    """A registration whose body has so many bytes."""
    body = f'{{"username": "{name}@tengen.example", "display_name": "{name}", "password": "correct horse"'.encode()
    return body + b" " * (size - len(body) - 1) + b"}"


LARGEST = 1_048_576


def test_a_body_of_the_greatest_size_is_read(server: Server) -> None:
    answer = server.request("POST", "/v1/user/register", content=register(unique("mira"), size=LARGEST))

    assert answer.status_code == 200


def test_a_larger_body_is_refused_and_changes_nothing(server: Server) -> None:
    name = unique("mira")

    answer = server.request("POST", "/v1/user/register", content=register(name, size=LARGEST + 1))

    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request body is too large."}
    assert answer.headers["X-Tengen-Error"] == "body_too_large"
    assert server.request("POST", "/v1/user/register", content=register(name, size=200)).status_code == 200


def test_a_larger_body_that_does_not_tell_its_size_is_refused(server: Server) -> None:
    content = register(unique("mira"), size=LARGEST + 1)
    chunks = (content[at : at + 65_536] for at in range(0, len(content), 65_536))

    answer = server.request("POST", "/v1/user/register", content=chunks)

    assert answer.status_code == 413
    assert answer.headers["X-Tengen-Error"] == "body_too_large"


def test_a_body_in_chunks_is_read(server: Server) -> None:
    content = register(unique("mira"), size=300)

    answer = server.request("POST", "/v1/user/register", content=iter([content[:7], content[7:]]))

    assert answer.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_cannot_use_a_password_that_the_browser_remembers(server: Server, site: str) -> None:
    user = a_verified_user(server)
    # Without a Content-Type a page may send anything anywhere unasked, and game clients are served without one.
    change = f'{{"display_name": "{unique("tom")}"}}'

    path = "/v1/user/change-display-name"
    answer = server.request("POST", path, content=change, headers={"Sec-Fetch-Site": site}, auth=user.auth)

    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (403, "cross_site")
    assert server.get("/", headers={"Sec-Fetch-Site": site}).status_code == 200  # links lead here from anywhere
    own = {"Sec-Fetch-Site": "same-origin"}
    assert server.request("POST", path, content=change, headers=own, auth=user.auth).status_code == 200


def test_requests_are_counted_by_route_and_not_by_path(server: Server) -> None:
    path = f"/{unique('nowhere')}"
    server.get(path)

    metrics = server.get("/metrics").text

    assert path not in metrics
    assert 'tengen_http_requests_total{method="GET",route="unrouted",status="404"}' in metrics
    assert 'tengen_http_request_seconds_count{route="/readyz"}' in metrics


async def seen(request: Request) -> JSONResponse:
    return JSONResponse([request.url.path, request.scope.get("tengen.trailing_slash"), request.url.query])


def a_client(tmp_path: Path, *, public_url: str = "http://127.0.0.1:8000") -> httpx.AsyncClient:
    app = Edge(
        Starlette(routes=[Route("/{path:path}", seen)]),
        some_settings(tmp_path, public_url=public_url, log_level="error"),
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=public_url)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/", 10),
        ("/reports", 20),
        ("/reports/9", 10),
        ("/cups/9/files", 30),
        ("/cups/nine/files", 30),
        ("/cups//files", 10),
        ("/cups/9/9/files", 10),
        ("/cups/9/files/9", 10),
        ("/cups/9", 10),
        ("/v1x/9", 10),
        ("/v1.x/9", 40),
    ],
)
def test_a_path_has_the_limit_of_its_route(path: str, limit: int) -> None:
    limits = BodyLimits(10, {"/reports": 20, "/cups/{cup_id}/files": 30, "/v1.x/{name}": 40})
    assert limits.of(path) == limit


async def test_a_route_learns_whether_there_was_a_slash_at_the_end(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        assert (await client.get("/players/?q=/a//b/")).json() == ["/players", True, "q=/a//b/"]
        assert (await client.get("http://127.0.0.1:8000//players")).json() == ["/players", False, ""]
        assert (await client.get("/players")).json() == ["/players", None, ""]


async def test_browsers_are_held_to_https_where_it_is_spoken(tmp_path: Path) -> None:
    async with a_client(tmp_path, public_url="https://tengen.example") as secure, a_client(tmp_path) as plain:
        assert (await secure.get("/")).headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in (await plain.get("/")).headers
