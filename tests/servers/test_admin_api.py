"""Over HTTP: who looks after a game server, and its secret anew."""

import re
from typing import Any

import httpx
import pytest

from tengen.core.values import ServerId
from tengen.servers import service
from tests.servers.builders import an_administrator
from tests.support.builders import (
    NOON,
    GameServer,
    User,
    a_game_server,
    a_heartbeat,
    a_verified_user,
    an_unverified_user,
)
from tests.support.operations import operate
from tests.support.server import Server

UNKNOWN = 2**62


def path_of(game_server: GameServer | int, rest: str = "admins") -> str:
    number = game_server.id if isinstance(game_server, GameServer) else game_server
    return f"/api/v1/game_servers/{number}/{rest}"


def add(server: Server, game_server: GameServer, by: User, **who: Any) -> httpx.Response:
    return server.post(path_of(game_server), who, auth=by.auth)


def remove(server: Server, game_server: GameServer, by: User, account_id: int) -> httpx.Response:
    return server.request("DELETE", path_of(game_server, f"admins/{account_id}"), auth=by.auth)


def reset(server: Server, game_server: GameServer, by: User) -> httpx.Response:
    return server.post(path_of(game_server, "reset_token"), auth=by.auth)


def admin_ids(server: Server, game_server: GameServer, by: User) -> list[int]:
    answer = server.get(path_of(game_server), auth=by.auth)
    assert answer.status_code == 200, answer.text
    return [admin["account_id"] for admin in answer.json()]


def heartbeat_status(server: Server, game_server: GameServer, secret: str) -> int:
    auth = (str(game_server.id), secret)
    return server.post("/v1/server/update", a_heartbeat(game_server), auth=auth).status_code


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The sentence of a refusal, which has it under three names."""
    assert answer.status_code == status, answer.text
    assert answer.headers["X-Tengen-Error"] == code
    body = answer.json()
    assert list(body) == ["message", "detail", "error"]
    (sentence,) = set(body.values())
    return str(sentence)


def test_an_owner_lets_others_look_after_the_server(server: Server) -> None:
    game_server, tova, rin = a_game_server(server), a_verified_user(server), a_verified_user(server)
    owner = game_server.owner
    answer = add(server, game_server, owner, account_id=tova.id)
    assert answer.status_code == 201
    added = answer.json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", added.pop("since"))
    assert added == {"account_id": tova.id, "display_name": tova.display_name, "is_owner": False}
    assert add(server, game_server, owner, display_name=rin.display_name).json()["account_id"] == rin.id
    listed = server.get(path_of(game_server), auth=owner.auth).json()
    assert [(admin["account_id"], admin["is_owner"]) for admin in listed] == [
        (owner.id, True),
        (tova.id, False),
        (rin.id, False),
    ]
    assert listed[1] == answer.json()


def test_an_admin_does_what_the_owner_does(server: Server) -> None:
    game_server, tova, rin = a_game_server(server), a_verified_user(server), a_verified_user(server)
    add(server, game_server, game_server.owner, account_id=tova.id)
    assert add(server, game_server, tova, account_id=rin.id).status_code == 201
    assert admin_ids(server, game_server, tova) == [game_server.owner.id, tova.id, rin.id]
    answer = remove(server, game_server, tova, rin.id)
    assert (answer.status_code, answer.json()) == (200, None)
    assert reset(server, game_server, tova).status_code == 200
    refused(remove(server, game_server, tova, game_server.owner.id), 403, "owner_stays")


def test_an_admin_removes_himself_and_is_one_no_more(server: Server) -> None:
    game_server, tova = a_game_server(server), a_verified_user(server)
    add(server, game_server, game_server.owner, account_id=tova.id)
    assert remove(server, game_server, tova, tova.id).status_code == 200
    refused(server.get(path_of(game_server), auth=tova.auth), 403, "not_server_admin")
    assert admin_ids(server, game_server, game_server.owner) == [game_server.owner.id]


def test_an_administrator_of_the_platform_looks_after_every_server(server: Server) -> None:
    game_server, tova, administrator = a_game_server(server), a_verified_user(server), an_administrator(server)
    assert add(server, game_server, administrator, account_id=tova.id).status_code == 201
    assert admin_ids(server, game_server, administrator) == [game_server.owner.id, tova.id]
    assert remove(server, game_server, administrator, tova.id).status_code == 200
    assert heartbeat_status(server, game_server, reset(server, game_server, administrator).json()["token"]) == 200
    refused(remove(server, game_server, administrator, game_server.owner.id), 403, "owner_stays")


def test_a_new_secret_is_the_password_and_the_old_one_is_void_at_once(server: Server) -> None:
    game_server = a_game_server(server)
    assert heartbeat_status(server, game_server, game_server.secret) == 200
    answer = reset(server, game_server, game_server.owner)
    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.json()["token"])
    assert heartbeat_status(server, game_server, game_server.secret) == 401
    assert heartbeat_status(server, game_server, answer.json()["token"]) == 200


def test_strangers_and_admins_of_other_servers_may_nothing(server: Server) -> None:
    game_server, other = a_game_server(server), a_game_server(server)
    tova = a_verified_user(server)
    add(server, game_server, game_server.owner, account_id=tova.id)
    for stranger in (a_verified_user(server), other.owner):
        answers = [
            server.get(path_of(game_server), auth=stranger.auth),
            add(server, game_server, stranger, account_id=stranger.id),
            remove(server, game_server, stranger, tova.id),
            reset(server, game_server, stranger),
        ]
        for answer in answers:
            assert "owner" in refused(answer, 403, "not_server_admin")
    assert admin_ids(server, game_server, tova) == [game_server.owner.id, tova.id]
    assert heartbeat_status(server, game_server, game_server.secret) == 200


def test_who_cannot_be_added_is_refused(server: Server) -> None:
    game_server, tova = a_game_server(server), a_verified_user(server)
    owner = game_server.owner
    add(server, game_server, owner, account_id=tova.id)
    for who in (owner, tova):
        refused(add(server, game_server, owner, account_id=who.id), 409, "already_server_admin")
        refused(add(server, game_server, owner, display_name=who.display_name), 409, "already_server_admin")
    unknown: list[dict[str, Any]] = [
        {"account_id": UNKNOWN},
        {"account_id": -1},
        {"display_name": "nobody at all"},
        {"display_name": a_verified_user(server).email},
        {"display_name": "\x00"},
    ]
    for nobody in unknown:
        refused(add(server, game_server, owner, **nobody), 404, "account_not_found")
    assert "account_id" in refused(add(server, game_server, owner), 400, "account_not_named")
    wrong: list[dict[str, Any]] = [{"account_id": "x"}, {"account_id": 2**63}, {"display_name": 7}]
    for odd in wrong:
        refused(add(server, game_server, owner, **odd), 400, "invalid")
    refused(remove(server, game_server, owner, UNKNOWN), 404, "server_admin_not_found")
    assert admin_ids(server, game_server, owner) == [owner.id, tova.id]


def test_a_server_has_at_most_twenty_admins_beside_its_owner(server: Server) -> None:
    game_server = a_game_server(server)
    for _ in range(20):
        who = an_unverified_user(server).id  # whoever has not verified the e-mail yet may still be named
        assert add(server, game_server, game_server.owner, account_id=who).status_code == 201
    one_more = a_verified_user(server)
    answer = add(server, game_server, game_server.owner, account_id=one_more.id)
    assert "20 admins" in refused(answer, 400, "too_many_server_admins")


def test_this_platform_and_deleted_and_unknown_servers_are_not_found(server: Server) -> None:
    gone, administrator = a_game_server(server), an_administrator(server)
    operate(server, lambda transaction: service.delete_server(transaction, ServerId(gone.id), NOON))
    for number in (gone.id, 1, UNKNOWN, 0, -1):
        for who in (gone.owner, administrator):
            answers = [
                server.get(path_of(number), auth=who.auth),
                server.post(path_of(number), {"account_id": who.id}, auth=who.auth),
                server.request("DELETE", path_of(number, f"admins/{who.id}"), auth=who.auth),
                server.post(path_of(number, "reset_token"), auth=who.auth),
            ]
            for answer in answers:
                assert refused(answer, 404, "server_not_found") == "Server not found"
    for odd in ("x", "1.5", "9" * 5000):
        assert server.get(f"/api/v1/game_servers/{odd}/admins", auth=administrator.auth).status_code == 400


@pytest.mark.parametrize(
    ("method", "rest"), [("GET", "admins"), ("POST", "admins"), ("DELETE", "admins/{}"), ("POST", "reset_token")]
)
def test_only_accounts_with_a_verified_e_mail_are_answered(server: Server, method: str, rest: str) -> None:
    game_server, tova = a_game_server(server), a_verified_user(server)
    add(server, game_server, game_server.owner, account_id=tova.id)
    body = {"account_id": game_server.owner.id} if method == "POST" else None
    for auth in (None, ("nobody", "wrong"), game_server.auth, an_unverified_user(server).auth):
        answer = server.request(method, path_of(game_server, rest.format(tova.id)), json=body, auth=auth)
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"] == "Basic"
