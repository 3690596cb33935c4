"""Programs registered over HTTP, as OGS' documentation has it."""

import json
from typing import Any

import pytest

from tests.oauth.builders import BACK, a_program, bearer, whose
from tests.support.builders import a_verified_user
from tests.support.server import Server

PATH = "/api/v1/me/api_clients/"


def test_a_program_is_registered_with_a_token_as_ogs_documentation_shows(server: Server) -> None:
    user = a_verified_user(server)
    headers = bearer(a_program(server).log_in(user))
    body = {
        "name": "My Application",
        "client_type": "confidential",
        "authorization_grant_type": "authorization-code",
        "redirect_uris": BACK,
    }
    answer = server.post(PATH, body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    assert made.keys() == {*body, "id", "client_id", "client_secret", "created"}
    assert {name: made[name] for name in body} == body
    assert (len(made["client_id"]), len(made["client_secret"])) == (32, 64)
    del made["client_secret"]
    assert server.get(PATH, headers=headers).json() == [made]


def test_an_account_registers_five_programs(server: Server) -> None:
    user = a_verified_user(server)
    programs = [a_program(server, owner=user) for _ in range(5)]
    sixth = server.post(PATH, {"name": "Sixth", "redirect_uris": BACK}, auth=user.auth)
    assert (sixth.status_code, sixth.headers["X-Tengen-Error"]) == (400, "too_many_apps")
    assert server.request("DELETE", PATH + programs[0].client_id, auth=user.auth).json() == {"success": True}
    assert server.post(PATH, {"name": "Sixth", "redirect_uris": BACK}, auth=user.auth).status_code == 201
    assert len(server.get(PATH, auth=user.auth).json()) == 5


def test_a_program_that_is_deleted_gets_nothing_and_its_tokens_are_void(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    tokens = program.log_in(user)
    for client_id in (program.client_id, "x", "%00", "%ff", "0" * 5000):
        answer = server.request("DELETE", PATH + client_id, auth=user.auth)  # who is not its owner
        assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (404, "app_not_found")
    assert whose(server, tokens) == user.id
    assert server.request("DELETE", PATH + program.client_id, auth=program.owner.auth).status_code == 200
    assert whose(server, tokens) is None
    assert program.refresh(tokens).status_code == 401


def test_a_public_program_gets_no_secret(server: Server) -> None:
    assert a_program(server).client_secret is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "invalid"),
        ({"name": " "}, "invalid_app"),
        ({"name": "x" * 101}, "invalid"),
        ({"name": "a\0b"}, "invalid_app"),
        ({"name": "\ud800"}, "invalid"),
        ({"name": 7}, "invalid"),
        ({"name": None}, "invalid"),
        ({"client_type": "secret"}, "invalid"),
        ({"client_type": None}, "invalid"),
        ({"authorization_grant_type": "implicit"}, "invalid"),
        ({"authorization_grant_type": ["password"]}, "invalid"),
        ({"redirect_uris": ""}, "invalid_app"),
        ({"redirect_uris": ["https://stones.example/back"]}, "invalid"),
        ({"redirect_uris": "javascript:alert(1)"}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://stones.example/\0"}, "invalid_redirect_uri"),
        ({"redirect_uris": "x" * 100_000}, "invalid_redirect_uri"),
    ],
    ids=str,
)
def test_a_program_that_cannot_be_is_refused(server: Server, changes: dict[str, Any], code: str) -> None:
    user = a_verified_user(server)
    # Written in ASCII: so JSON can carry what UTF-8 cannot.
    body = json.dumps({"name": "Stones", "redirect_uris": BACK} | changes).encode()
    answer = server.request("POST", PATH, content=body, auth=user.auth)
    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (400, code), answer.text
    assert server.get(PATH, auth=user.auth).json() == []


def test_the_grants_name_is_written_with_either_dash(server: Server) -> None:
    user = a_verified_user(server)
    body = {"name": "Stones", "authorization_grant_type": "authorization_code", "redirect_uris": BACK}
    assert server.post(PATH, body, auth=user.auth).json()["authorization_grant_type"] == "authorization-code"
