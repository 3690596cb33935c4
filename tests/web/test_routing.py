"""Routes found in a dictionary, and the lean ones among them."""

import json

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tengen.web.routing import LateRoute, add_routes, lenient_router
from tests.support.builders import a_verified_user
from tests.support.server import Server


def verified(server: Server, content_type: str | None) -> httpx.Response:
    """The answer to a proof that holds, sent as this type of content."""
    user = a_verified_user(server)
    claim = json.dumps({"user_id": user.id, "user_proof": user.proof}).encode()
    headers = {} if content_type is None else {"Content-Type": content_type}
    return server.request("POST", "/v1/user/verify-user-proof", content=claim, headers=headers)


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "Application/JSON; charset=utf-8", "application/ld+json"]
)
def test_a_lean_route_takes_json_whether_or_not_it_is_called_so(server: Server, content_type: str | None) -> None:
    assert verified(server, content_type).json() is True


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "x"]
)
def test_a_lean_route_refuses_a_body_of_another_kind_as_every_route_does(server: Server, content_type: str) -> None:
    answer = verified(server, content_type)

    assert answer.status_code == 422
    assert answer.json()["detail"] == [{"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}]


def a_late_route() -> tuple[FastAPI, LateRoute]:
    """An application with a late route, and the route."""
    router = lenient_router("/boards", "boards")

    @router.api_route("/{size}", methods=["get"])
    async def board(size: int) -> dict[str, int]:
        return {"points": size * size}

    app = FastAPI()
    add_routes(app, [router])
    (route,) = (route for route in app.routes if isinstance(route, LateRoute))
    return app, route


def test_a_route_is_found_before_it_is_analysed() -> None:
    _, route = a_late_route()

    assert (route.path, route.name, route.methods) == ("/boards/{size}", "board", {"GET"})
    assert "dependant" not in vars(route)


async def test_a_route_is_analysed_once_it_is_asked_for() -> None:
    app, route = a_late_route()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tengen.example") as client:
        assert (await client.get("/boards/19")).json() == {"points": 361}
        assert (await client.get("/boards/large")).status_code == 422

    assert "dependant" in vars(route)


def test_the_document_says_of_a_late_route_what_it_says_of_any_other() -> None:
    app, late = a_late_route()
    other = FastAPI()
    other.router.routes.append(
        APIRoute(late.path, late.endpoint, methods=["GET"], tags=["boards"], strict_content_type=False)
    )

    assert app.openapi()["paths"] == other.openapi()["paths"]


def test_a_late_route_has_no_other_attributes_than_its_framework_gives_it() -> None:
    _, route = a_late_route()

    assert not hasattr(route, "colour")
