"""Bodies of OGS' clients: JSON, forms with the same fields, and nothing at all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from tengen.web.bodies import either_router
from tengen.web.errors import install_error_handlers
from tengen.web.middleware import Edge
from tengen.web.routing import add_routes
from tests.support.settings import some_settings

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PATH = "/api/v1/me/friends"


class Change(BaseModel):
    """A body with something of everything."""

    player_id: int = 0
    delete: bool = False
    message: str | None = None
    details: dict[str, Any] | None = None


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application whose routes answer with what they have understood."""
    app = FastAPI()
    install_error_handlers(app)
    router = either_router("/api/v1", "players")

    @router.api_route("/me/friends", methods=["POST", "PUT", "DELETE"])
    async def change(change: Change) -> Change:
        return change

    @router.get("/me/friends")
    async def read() -> str:
        return "read"

    @router.delete("/me/friends/{number}")
    async def delete(number: int) -> int:
        return number

    add_routes(app, [router])
    transport = httpx.ASGITransport(Edge(app, some_settings(tmp_path, log_level="error")))
    async with httpx.AsyncClient(transport=transport, base_url="http://tengen.example") as client:
        yield client


async def understood(client: httpx.AsyncClient, body: bytes, kind: str | None) -> Any:
    answer = await client.post(PATH, content=body, headers={} if kind is None else {"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if value}


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b'{"player_id": 12, "details": {"a": [1]}}', JSON, {"player_id": 12, "details": {"a": [1]}}),
        (b'{"player_id": "12", "delete": "true"}', f"{JSON}; charset=utf-8", {"player_id": 12, "delete": True}),
        (b'{"player_id": 12}', None, {"player_id": 12}),
        (b"player_id=12&delete=true", FORM, {"player_id": 12, "delete": True}),
        (b"player_id=12&delete=false", f"{FORM}; charset=UTF-8", {"player_id": 12}),
        (b"message=a+b%26%C3%BC&apikey=x&bot_id=7", FORM.upper(), {"message": "a b&ü"}),
        (b"message=one&message=two", FORM, {"message": "two"}),
        (b"message=%FF%ED%A0%80", FORM, {"message": "�" * 4}),
        (b"", JSON, {}),
        (b" \r\n", JSON, {}),
        (b"", FORM, {}),
        (b"", None, {}),
    ],
)
async def test_what_is_sent_is_understood_whatever_its_form(
    client: httpx.AsyncClient, body: bytes, kind: str | None, expected: Any
) -> None:
    assert await understood(client, body, kind) == expected


async def test_a_form_in_parts_is_a_form_and_its_files_are_passed_over(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, data={"player_id": "12"}, files={"message": ("x.txt", b"text")})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["player_id"], answer.json()["message"]) == (12, None)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"player_id=many", FORM, "player_id: value is not a valid integer"),
        (b"details=%7B%7D", FORM, "details: value is not a valid dict"),
        (b'{"player_id": ', JSON, "JSON decode error"),
        (b"[]", JSON, "value is not a valid dict"),
        (b"{}", "text/plain", "value is not a valid dict"),
        (b"&".join(b"x%d=1" % number for number in range(101)), FORM, "Too many fields"),
        (b"no parts", "multipart/form-data", "boundary"),
        (b"no parts", "multipart/form-data; boundary=x", ""),
    ],
)
async def test_what_is_not_understood_is_refused_with_a_reason(
    client: httpx.AsyncClient, body: bytes, kind: str, said: str
) -> None:
    answer = await client.post(PATH, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]


async def test_requests_that_need_no_body_may_announce_one_and_send_none(client: httpx.AsyncClient) -> None:
    for kind in (JSON, FORM):
        headers = {"Content-Type": kind}
        assert (await client.get(PATH, headers=headers)).json() == "read"
        assert (await client.request("DELETE", f"{PATH}/7", headers=headers)).json() == 7
        assert (await client.request("DELETE", f"{PATH}/", headers=headers)).json()["player_id"] == 0


async def test_a_body_in_pieces_is_read_to_its_end_and_no_further_than_it_may_be(client: httpx.AsyncClient) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        yield b"message="
        for _ in range(count):
            yield b"x" * 1024

    headers = {"Content-Type": FORM}
    answer = await client.post(PATH, content=pieces(2), headers=headers)
    assert len(answer.json()["message"]) == 2048
    too_long = await client.post(PATH, content=pieces(1100), headers=headers)
    assert too_long.status_code == 413
