"""An account's players over HTTP: joining a server, tokens, names."""

import re
from typing import Any

import httpx
import pytest

from tengen.core.values import ServerId
from tengen.players import service
from tengen.servers import service as servers
from tests.players.builders import a_player
from tests.servers.builders import an_administrator
from tests.support.builders import (
    NOON,
    GameServer,
    User,
    a_game_server,
    a_verified_user,
    an_unverified_user,
    unique,
)
from tests.support.operations import operate
from tests.support.server import Server

UNKNOWN = 2**62


def join(server: Server, user: User, **wanted: Any) -> httpx.Response:
    return server.post("/api/v1/players", wanted, auth=user.auth)


def my_players(server: Server, user: User) -> list[dict[str, Any]]:
    answer = server.get("/api/v1/me/players", auth=user.auth)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def reset(server: Server, player_id: int, user: User) -> httpx.Response:
    return server.post(f"/api/v1/players/{player_id}/reset_token", auth=user.auth)


def rename(server: Server, player_id: int, user: User, name: Any) -> httpx.Response:
    return server.request("PATCH", f"/api/v1/players/{player_id}", json={"name": name}, auth=user.auth)


def holder_of(server: Server, token: str) -> int | None:
    """The id of the player whose token this is."""
    player = operate(server, lambda transaction: service.player_by_token(transaction, token))
    return None if player is None else player.id


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The sentence of a refusal, which has it under three names."""
    assert answer.status_code == status, answer.text
    assert answer.headers["X-Tengen-Error"] == code
    body = answer.json()
    assert list(body) == ["message", "detail", "error"]
    (sentence,) = set(body.values())
    return str(sentence)


def delete(server: Server, game_server: GameServer) -> None:
    operate(server, lambda transaction: servers.delete_server(transaction, ServerId(game_server.id), NOON))


# ── joining ──


def test_an_account_adds_itself_on_a_game_server_and_gets_a_token(server: Server) -> None:
    user, game_server = a_verified_user(server), a_game_server(server)
    answer = join(server, user, server_id=game_server.id, name=" mossy_stone ")
    assert answer.status_code == 201
    made = answer.json()
    assert list(made) == ["id", "name", "server_id", "account_id", "token"]
    assert (made["name"], made["server_id"], made["account_id"]) == ("mossy_stone", game_server.id, user.id)
    assert re.fullmatch(r"[0-9a-f]{32}", made["token"])
    assert holder_of(server, made["token"]) == made["id"]


def test_a_game_server_may_be_named_by_its_name(server: Server) -> None:
    user, game_server = a_verified_user(server), a_game_server(server)
    answer = join(server, user, game_server=game_server.listing["display_name"])
    assert (answer.status_code, answer.json()["server_id"]) == (201, game_server.id)


def test_the_id_of_a_game_server_goes_before_its_name(server: Server) -> None:
    user, game_server, other = a_verified_user(server), a_game_server(server), a_game_server(server)
    answer = join(server, user, server_id=game_server.id, game_server=other.listing["display_name"])
    assert (answer.status_code, answer.json()["server_id"]) == (201, game_server.id)


def test_a_name_that_several_servers_bear_is_not_enough(server: Server) -> None:
    name = unique("KGS ")
    twins = [a_game_server(server, display_name=name) for _ in range(2)]
    sentence = refused(join(server, a_verified_user(server), game_server=name), 409, "several_servers_named")
    assert all(str(twin.id) in sentence for twin in twins)
    delete(server, twins[0])
    assert join(server, a_verified_user(server), game_server=name).json()["server_id"] == twins[1].id


def test_who_gives_no_name_has_the_accounts_cut_to_twenty_characters(server: Server) -> None:
    user = a_verified_user(server, display_name=unique("Mira of the long names"))
    assert a_player(server, user=user)["name"] == "Mira of the long nam"


def test_a_second_time_on_the_same_server_is_told_of_the_reset(server: Server) -> None:
    user, game_server = a_verified_user(server), a_game_server(server)
    made = a_player(server, user=user, game_server=game_server)
    sentence = refused(join(server, user, server_id=game_server.id, name="other"), 409, "player_exists")
    assert str(made["id"]) in sentence
    assert "reset" in sentence
    assert made["token"] not in sentence


def test_a_player_from_a_reported_match_gets_a_token_and_its_name(server: Server) -> None:
    users = [a_verified_user(server) for _ in range(2)]
    game_server = a_game_server(server)
    teams = [
        {"id": number, "race": race, "field_players": [{"user_id": user.id}], "commander": 0}
        for number, (race, user) in enumerate(zip(("human", "beast"), users, strict=True))
    ]
    reported = server.post("/v1/server/match-update", {"teams": teams, "winner": 0}, auth=game_server.auth)
    assert reported.status_code == 200, reported.text
    _, before = my_players(server, users[0])
    assert before["has_token"] is False
    made = a_player(server, user=users[0], game_server=game_server, name="mossy_stone")
    _, after = my_players(server, users[0])
    assert after == before | {"name": "mossy_stone", "has_token": True}
    assert made["id"] == before["id"]


def test_nobody_adds_itself_on_this_platform(server: Server) -> None:
    assert "from the start" in refused(join(server, a_verified_user(server), server_id=1), 409, "is_home_player")


def test_unknown_and_deleted_servers_take_nobody(server: Server) -> None:
    user, gone = a_verified_user(server), a_game_server(server)
    delete(server, gone)
    wanted: list[dict[str, Any]] = [
        {"server_id": UNKNOWN},
        {"server_id": 0},
        {"server_id": -1},
        {"server_id": gone.id},
        {"game_server": gone.listing["display_name"]},
        {"game_server": unique("nowhere")},
        {"game_server": "\x00"},
        {"game_server": ""},
    ]
    for which in wanted:
        assert refused(join(server, user, **which), 404, "server_not_found") == "Server not found"


def test_what_is_wrong_with_a_request_is_said_in_a_sentence(server: Server) -> None:
    user, game_server = a_verified_user(server), a_game_server(server)
    for name in ("", "  ", "a" * 21, "a\u0000b", "a\u202eb", "\ud800", 7, ["a"]):
        # httpx would refuse to write a lone surrogate, which JSON can.
        body = b'{"server_id": %d, "name": "\\ud800"}' % game_server.id
        answer = (
            server.request("POST", "/api/v1/players", content=body, auth=user.auth)
            if name == "\ud800"
            else join(server, user, server_id=game_server.id, name=name)
        )
        assert refused(answer, 400, "invalid").startswith("name: "), name
    assert "server_id" in refused(join(server, user, name="mossy_stone"), 400, "server_not_named")
    assert refused(join(server, user, server_id="three"), 400, "invalid").startswith("server_id: ")
    assert refused(join(server, user, server_id=2**63), 400, "invalid").startswith("server_id: ")
    assert refused(join(server, user, game_server="K" * 101), 400, "invalid").startswith("game_server: ")
    assert [player["server_id"] for player in my_players(server, user)] == [1]


# ── one's own ──


def test_an_account_sees_its_players_without_their_tokens(server: Server) -> None:
    user, game_server = a_verified_user(server), a_game_server(server)
    made = a_player(server, user=user, game_server=game_server, name="mossy_stone")
    home, joined = my_players(server, user)
    assert (home["name"], home["server_id"], home["has_token"]) == (user.display_name, 1, False)
    assert joined == {
        "id": made["id"],
        "name": "mossy_stone",
        "server_id": game_server.id,
        "server_name": game_server.listing["display_name"],
        "has_token": True,
    }
    assert [player["id"] for player in my_players(server, a_verified_user(server))] != [home["id"]]


# ── tokens ──


def test_a_player_gets_another_token_and_the_old_one_is_dead_at_once(server: Server) -> None:
    user = a_verified_user(server)
    made = a_player(server, user=user)
    answer = reset(server, made["id"], user)
    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.json()["token"])
    assert holder_of(server, answer.json()["token"]) == made["id"]
    assert holder_of(server, made["token"]) is None


def test_an_administrator_resets_tokens_and_others_do_not(server: Server) -> None:
    game_server = a_game_server(server)
    made = a_player(server, game_server=game_server)
    for stranger in (a_verified_user(server), game_server.owner):
        refused(reset(server, made["id"], stranger), 403, "not_players_owner")
    assert holder_of(server, made["token"]) == made["id"]
    answer = reset(server, made["id"], an_administrator(server))
    assert holder_of(server, answer.json()["token"]) == made["id"]


def test_a_player_on_this_platform_gets_no_token(server: Server) -> None:
    user = a_verified_user(server)
    (home,) = my_players(server, user)
    refused(reset(server, home["id"], user), 409, "is_home_player")
    assert my_players(server, user) == [home]


# ── names ──


def test_an_account_and_an_administrator_rename_a_player(server: Server) -> None:
    user = a_verified_user(server)
    made = a_player(server, user=user)
    for who, name in ((user, "mossy_stone"), (an_administrator(server), "stone")):
        answer = rename(server, made["id"], who, f" {name} ")
        assert answer.status_code == 200
        assert answer.json() == my_players(server, user)[1]
        assert answer.json()["name"] == name
    assert holder_of(server, made["token"]) == made["id"]


def test_nobody_renames_others_or_home_players_or_gives_what_is_no_name(server: Server) -> None:
    user = a_verified_user(server)
    made = a_player(server, user=user, name="mossy_stone")
    home, _ = my_players(server, user)
    refused(rename(server, made["id"], a_verified_user(server), "stone"), 403, "not_players_owner")
    refused(rename(server, home["id"], user, "stone"), 409, "is_home_player")
    for name in ("", "a" * 21, "a\nb", None, 7):
        assert refused(rename(server, made["id"], user, name), 400, "invalid").startswith("name: ")
    empty = server.request("PATCH", f"/api/v1/players/{made['id']}", json={}, auth=user.auth)
    assert refused(empty, 400, "invalid") == "name: field required"
    assert my_players(server, user)[1]["name"] == "mossy_stone"


# ── who asks ──

ROUTES = [
    ("POST", "/api/v1/players"),
    ("GET", "/api/v1/me/players"),
    ("PATCH", "/api/v1/players/{}"),
    ("POST", "/api/v1/players/{}/reset_token"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_accounts_with_a_verified_e_mail_are_answered(server: Server, method: str, path: str) -> None:
    game_server = a_game_server(server)
    made = a_player(server, game_server=game_server)
    body = None if method == "GET" else {"server_id": game_server.id, "name": "stone"}
    for auth in (None, ("nobody", "wrong"), game_server.auth, an_unverified_user(server).auth):
        answer = server.request(method, path.format(made["id"]), json=body, auth=auth)
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"] == "Basic"


def test_unknown_players_are_not_found(server: Server) -> None:
    user = a_verified_user(server)
    for number in (UNKNOWN, 0, -1):
        assert refused(reset(server, number, user), 404, "player_not_found") == "Player not found"
        assert refused(rename(server, number, user, "stone"), 404, "player_not_found") == "Player not found"
    for odd in ("x", "1.5", "9" * 5000):
        answer = server.post(f"/api/v1/players/{odd}/reset_token", auth=user.auth)
        assert answer.status_code == 400, odd
