"""Friends over HTTP, as OGS' clients ask for them."""

from typing import Any

import pytest

from tests.games.builders import a_go_server, refused
from tests.oauth.builders import close_account
from tests.profiles.http_builders import Person, a_person, as_program
from tests.support.server import Server

FRIENDS, INVITATIONS = "/api/v1/me/friends", "/api/v1/me/friends/invitations"
NOBODY = 2**62


def names(page: Any) -> list[str]:
    return [player["username"] for player in page["results"]]


def befriend(one: Person, *others: Person) -> None:
    for other in others:
        one.done("POST", FRIENDS, {"player_id": other.id})
        other.done("POST", INVITATIONS, {"from_user": one.id})


def test_one_asks_the_other_agrees_and_both_are_listed(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    assert mira.done("POST", FRIENDS, {"player_id": taro.id}) == {"success": "Friend request sent"}
    assert names(mira.read(FRIENDS)) == names(taro.read(FRIENDS)) == []
    (request,) = taro.read(INVITATIONS)
    assert (request["from_user"]["username"], request["accepted"]) == (mira.name, False)
    assert request["created"].endswith("Z")
    assert mira.read(INVITATIONS) == []
    assert taro.done("POST", INVITATIONS, {"from_user": mira.id}) == {"success": "You are friends now"}
    assert (names(mira.read(FRIENDS)), names(taro.read(FRIENDS))) == ([taro.name], [mira.name])
    assert taro.read(INVITATIONS) == []


def test_friends_are_a_page_of_players_as_they_are_everywhere(server: Server) -> None:
    mira, *others = [a_person(server) for _ in range(4)]
    befriend(mira, *others)
    page = mira.read(FRIENDS)
    assert (page["count"], page["next"], page["previous"]) == (3, None, None)
    (alone,) = server.get("/api/v1/players/", params={"username": others[0].name}).json()["results"]
    assert page["results"][0] == alone
    first = mira.read(f"{FRIENDS}/?page_size=2")
    assert first["next"] == f"{server.url}{FRIENDS}/?page_size=2&page=2"
    second = mira.read(first["next"])
    assert names(first) + names(second) == [other.name for other in others]
    assert mira.read("/api/v1/ui/friends") == {"friends": page["results"]}


def test_a_friend_is_found_by_name_and_a_stranger_is_not(server: Server) -> None:
    mira, friend, stranger = (a_person(server) for _ in range(3))
    befriend(mira, friend)
    assert names(mira.read(FRIENDS, params={"username": friend.name})) == [friend.name]
    for name in (stranger.name, mira.name, "", "\0", friend.name[:-1]):
        page = mira.read(FRIENDS, params={"username": name})
        assert (page["count"], page["results"]) == (0, [])
    assert mira.read(FRIENDS, params={"username": friend.name, "page": 2})["results"] == []


def test_a_friend_is_removed_and_what_is_so_already_is_said(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    befriend(mira, taro)
    removal = {"delete": True, "player_id": mira.id}
    assert taro.done("POST", f"{FRIENDS}/", removal) == {"success": "You are not friends any more"}
    assert taro.done("POST", FRIENDS, removal) == {"success": "You are not friends"}
    assert names(mira.read(FRIENDS)) == []
    mira.done("POST", FRIENDS, {"player_id": taro.id})
    said = mira.done("POST", FRIENDS, {"player_id": taro.id})["success"]
    assert said == "You have sent a friend request before, and it waits for an answer"
    assert mira.done("POST", FRIENDS, {"player_id": taro.id, "delete": True})["success"] == "Friend request taken back"
    assert taro.read(INVITATIONS) == []


def test_a_request_that_is_declined_or_gone_is_not_found_in_the_words_that_clients_look_for(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    mira.done("POST", FRIENDS, {"player_id": taro.id})
    decline = {"from_user": mira.id, "delete": True}
    assert taro.done("POST", INVITATIONS, decline) == {"success": "Friend request declined"}
    for answer in (decline, {"from_user": mira.id}):
        gone = taro.ask("POST", INVITATIONS, answer)
        assert (gone.status_code, gone.json()["error"]) == (404, "Request not found")
    assert names(taro.read(FRIENDS)) == []


def test_forms_do_as_well_as_json_with_booleans_as_text(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    auth = taro.user.auth
    mira.done("POST", FRIENDS, {"player_id": str(taro.id)})
    agreed = server.client.post(INVITATIONS, data={"from_user": str(mira.id), "apikey": "passed over"}, auth=auth)
    assert agreed.json() == {"success": "You are friends now"}
    removed = server.client.post(f"{FRIENDS}/", data={"player_id": str(mira.id), "delete": "true"}, auth=auth)
    assert removed.json() == {"success": "You are not friends any more"}
    empty = server.client.post(FRIENDS, content=b"", headers={"Content-Type": "application/json"}, auth=auth)
    assert refused(empty, 400, "invalid") == "player_id: field required"


def test_a_player_on_any_server_stands_for_its_account(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    joined = taro.ask("POST", "/api/v1/players", {"server_id": a_go_server(server).id})
    mira.done("POST", FRIENDS, {"player_id": joined.json()["id"]})
    (request,) = taro.read(INVITATIONS)
    assert request["from_user"]["id"] == mira.id
    assert mira.done("POST", FRIENDS, {"player_id": taro.id, "delete": True})["success"] == "Friend request taken back"


def test_nobody_asks_themselves_and_nobody_who_is_not_there(server: Server) -> None:
    mira, gone = a_person(server), a_person(server)
    close_account(server, gone.user)
    oneself = mira.ask("POST", FRIENDS, {"player_id": mira.id})
    assert "name another player" in refused(oneself, 400, "friend_of_oneself")
    for number in (gone.id, NOBODY, 0, -1):
        for body, path in (({"player_id": number}, FRIENDS), ({"from_user": number}, INVITATIONS)):
            refused(mira.ask("POST", path, body), 404, "player_not_found")


@pytest.mark.parametrize("body", [{}, [], "x", {"player_id": None}, {"player_id": 1.5}, {"player_id": 10**30}])
def test_what_names_nobody_is_refused(server: Server, body: Any) -> None:
    refused(a_person(server).ask("POST", FRIENDS, body), 400, "invalid")


def test_strangers_are_asked_who_they_are(server: Server) -> None:
    for method, path in (("GET", FRIENDS), ("POST", FRIENDS), ("GET", INVITATIONS), ("GET", "/api/v1/ui/friends")):
        answer = server.request(method, path)
        refused(answer, 401, "not_authenticated")
        assert "WWW-Authenticate" in answer.headers


def test_programs_act_for_who_has_logged_in(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    program = as_program(mira)
    asked = server.post(FRIENDS, {"player_id": taro.id}, headers=program)
    assert asked.json() == {"success": "Friend request sent"}
    read = server.get(FRIENDS, headers={**program, "Content-Type": "application/json"})
    assert read.json()["results"] == []
