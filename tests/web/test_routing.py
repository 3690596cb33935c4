"""Routes found in a dictionary, and the lean ones among them."""

import json

import httpx
import pytest

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
