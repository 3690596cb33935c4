"""The game-server directory over HTTP: every route of the metaserver's server part, its answers and its texts."""

import base64
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    GameServer,
    User,
    a_game_server,
    a_heartbeat,
    a_listing,
    a_verified_user,
    an_unverified_user,
    unique,
)
from tests.support.server import Server

UNKNOWN = 2**62
SPELLINGS_OF_MY = ["/v1/server/list/my", "/v1/server/my", "/v1/server/my/", "/v1/server//list/my"]
SPELLINGS_OF_ONLINE = ["/v1/server/list/online", "/v1/server/online", "/v1/server/online/", "/v1/server//list/online"]
FIELDS = [
    *("host_name", "port", "display_name", "description", "game_type", "max_player_count"),
    *("id", "current_map", "current_player_count", "updated"),
]


def register(server: Server, owner: User, **listing: Any) -> httpx.Response:
    return server.post("/v1/server/register", a_listing(**listing), auth=owner.auth)


def update(server: Server, game_server: GameServer, **changes: Any) -> httpx.Response:
    return server.post("/v1/server/update", a_heartbeat(game_server, **changes), auth=game_server.auth)


def my_servers(server: Server, owner: User) -> list[dict[str, Any]]:
    answer = server.get("/v1/server/list/my", auth=owner.auth)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def online(server: Server, path: str = "/v1/server/list/online", /, **query: Any) -> list[dict[str, Any]]:
    answer = server.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: list[dict[str, Any]] = answer.json()
    return found


def online_ids(server: Server, path: str = "/v1/server/list/online", /, **query: Any) -> list[int]:
    return [found["id"] for found in online(server, path, **query)]


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    """Each wrong field with the kind of what is wrong with it."""
    assert answer.status_code == 422, answer.text
    for problem in answer.json()["detail"]:
        assert problem["msg"]
    return [(".".join(map(str, problem["loc"])), problem["type"]) for problem in answer.json()["detail"]]


def refused(answer: httpx.Response, status: int, text: str, code: str) -> None:
    assert (answer.status_code, answer.json()) == (status, {"detail": text})
    assert answer.headers["X-Tengen-Error"] == code


def unauthenticated(answer: httpx.Response, text: str = "Incorrect username or password") -> None:
    assert (answer.status_code, answer.json()) == (401, {"detail": text})
    assert answer.headers["WWW-Authenticate"] == "Basic"


# ── registration ──


def test_registration_answers_with_the_servers_user_name_and_its_password(server: Server) -> None:
    owner = a_verified_user(server)
    answer = register(server, owner)
    assert answer.status_code == 200
    login = answer.json()
    assert list(login) == ["username", "password"]
    assert re.fullmatch(r"[1-9][0-9]*", login["username"])
    assert re.fullmatch(r"[0-9a-f]{32}", login["password"])
    assert [str(found["id"]) for found in my_servers(server, owner)] == [login["username"]]


def test_a_new_server_is_listed_for_its_owner_before_its_first_update(server: Server) -> None:
    owner = a_verified_user(server)
    listing = a_listing(description=" beginners ", game_type=" RTSS ")
    made = server.post("/v1/server/register", listing, auth=owner.auth).json()
    [found] = my_servers(server, owner)
    assert list(found) == FIELDS
    assert found == listing | {
        "description": "beginners",
        "game_type": "RTSS",
        "id": int(made["username"]),
        "current_map": "",
        "current_player_count": 0,
        "updated": None,
    }


def test_blanks_around_a_name_are_stripped(server: Server) -> None:
    owner = a_verified_user(server)
    register(server, owner, display_name="  Quiet Valley \n")
    assert my_servers(server, owner)[0]["display_name"] == "Quiet Valley"


def test_a_description_may_be_left_out_or_null(server: Server) -> None:
    owner = a_verified_user(server)
    body = a_listing()
    del body["description"]
    assert server.post("/v1/server/register", body, auth=owner.auth).status_code == 200
    assert register(server, owner, description=None).status_code == 200
    assert [found["description"] for found in my_servers(server, owner)] == ["", ""]


def test_integers_may_be_sent_as_text(server: Server) -> None:
    owner = a_verified_user(server)
    assert register(server, owner, port="11235", max_player_count="32").status_code == 200
    [found] = my_servers(server, owner)
    assert (found["port"], found["max_player_count"]) == (11235, 32)


@pytest.mark.parametrize(
    ("sent", "listed"),
    [
        ("203.0.113.20", "203.0.113.20"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("https://play.example.org:8443/savage?a=1#b", "https://play.example.org:8443/savage?a=1#b"),
        ("HTTPS://Play.Example.org", "HTTPS://Play.Example.org"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("10.0.0.67", "10.0.0.67"),
    ],
)
def test_a_host_is_an_https_url_or_an_ip_address(server: Server, sent: str, listed: str) -> None:
    owner = a_verified_user(server)
    assert register(server, owner, host_name=sent).status_code == 200
    assert my_servers(server, owner)[0]["host_name"] == listed


@pytest.mark.parametrize(
    "sent",
    [
        "http://play.example.org",
        "play.example.org",
        "https://localhost",
        "https://mira:secret@play.example.org",
        "203.0.113.256",
        "2001:db8::g",
        "",
        16909060,
        True,
        None,
        ["203.0.113.20"],
        {"url": "https://play.example.org"},
    ],
)
def test_another_host_is_refused_as_no_url_no_ipv4_and_no_ipv6_address(server: Server, sent: Any) -> None:
    assert problems(register(server, a_verified_user(server), host_name=sent)) == [
        ("body.host_name", "value_error.url"),
        ("body.host_name", "value_error.ipv4address"),
        ("body.host_name", "value_error.ipv6address"),
    ]


REFUSED_FIELDS = [
    ("port", 0, "value_error.number.not_ge"),
    ("port", 65536, "value_error.number.not_le"),
    ("port", "https", "type_error.integer"),
    ("port", 1.5, "type_error.integer"),
    ("port", None, "type_error.integer"),
    ("display_name", "", "value_error.any_str.min_length"),
    ("display_name", "   ", "value_error.any_str.min_length"),
    ("display_name", "\x1c", "value_error"),
    ("display_name", "a" * 101, "value_error.any_str.max_length"),
    ("display_name", "Quiet\nValley", "value_error"),
    ("display_name", "\u202eyellaV", "value_error"),
    ("display_name", 7, "type_error.str"),
    ("description", "a" * 201, "value_error.any_str.max_length"),
    ("description", "a\x00b", "value_error"),
    ("description", "a\ud800b", "type_error.str"),
    ("game_type", "a" * 11, "value_error.any_str.max_length"),
    ("game_type", "a\x00b", "value_error"),
    ("max_player_count", -1, "value_error.number.not_ge"),
    ("max_player_count", 2**63, "value_error.number.not_le"),
    ("max_player_count", 10**100, "value_error.number.not_le"),
]


@pytest.mark.parametrize(("field", "value", "kind"), REFUSED_FIELDS)
def test_a_listing_out_of_bounds_is_refused(server: Server, field: str, value: Any, kind: str) -> None:
    owner = a_verified_user(server)
    # Not through httpx's own JSON, which refuses lone surrogates.
    body = a_listing(**{field: value})
    assert problems(_post_json(server, "/v1/server/register", body, owner.auth)) == [(f"body.{field}", kind)]
    assert my_servers(server, owner) == []


def _post_json(server: Server, path: str, body: Any, auth: httpx.Auth) -> httpx.Response:
    import json

    return server.post(path, content=json.dumps(body).encode(), auth=auth)


def test_texts_at_their_bounds_are_accepted(server: Server) -> None:
    owner = a_verified_user(server)
    bounds = {"display_name": "ß" * 100, "description": "碁" * 200, "game_type": "\U0001f3af" * 10, "port": 65535}
    assert register(server, owner, **bounds).status_code == 200
    assert my_servers(server, owner)[0].items() >= bounds.items()


def test_every_missing_field_is_named_in_their_order(server: Server) -> None:
    answer = server.post("/v1/server/register", {}, auth=a_verified_user(server).auth)
    fields = ["host_name", "port", "display_name", "game_type", "max_player_count"]
    assert problems(answer) == [(f"body.{field}", "value_error.missing") for field in fields]


def test_an_account_registers_five_servers_and_no_sixth(server: Server) -> None:
    owner = a_verified_user(server)
    for _ in range(5):
        assert register(server, owner).status_code == 200
    refused(register(server, owner), 400, "User has reached the max number of servers of 5", "too_many_servers")
    assert len(my_servers(server, owner)) == 5
    # What is wrong with the body is said first.
    assert register(server, owner, port=0).status_code == 422


def test_registrations_at_the_same_moment_do_not_exceed_the_limit(server: Server) -> None:
    owner = a_verified_user(server)
    with ThreadPoolExecutor(12) as crowd:
        statuses = [answer.status_code for answer in crowd.map(lambda _: register(server, owner), range(12))]
    assert sorted(statuses) == [200] * 5 + [400] * 7
    assert len(my_servers(server, owner)) == 5


def test_registration_asks_for_a_verified_account(server: Server) -> None:
    body = a_listing()
    unauthenticated(server.post("/v1/server/register", body), "Not authenticated")
    unauthenticated(server.post("/v1/server/register", body, auth=an_unverified_user(server).auth),
                    "User email is unverified")  # fmt: skip
    game_server = a_game_server(server)
    unauthenticated(server.post("/v1/server/register", body, auth=game_server.auth))


# ── the owner's list ──


@pytest.mark.parametrize("path", SPELLINGS_OF_MY)
def test_an_owner_sees_their_own_servers_alone_in_the_order_of_ids(server: Server, path: str) -> None:
    owner = a_verified_user(server)
    mine = [a_game_server(server, owner=owner).id for _ in range(3)]
    a_game_server(server)
    answer = server.get(path, auth=owner.auth)
    assert answer.status_code == 200
    assert [found["id"] for found in answer.json()] == mine


@pytest.mark.parametrize("path", SPELLINGS_OF_MY)
def test_the_owners_list_asks_for_an_account(server: Server, path: str) -> None:
    unauthenticated(server.get(path), "Not authenticated")
    unauthenticated(server.get(path, auth=("nobody@tengen.example", "correct horse")))
    unauthenticated(server.get(path, auth=a_game_server(server).auth))


def test_somebody_without_servers_has_an_empty_list(server: Server) -> None:
    assert my_servers(server, a_verified_user(server)) == []


# ── heartbeat ──


def test_an_update_answers_with_the_server_as_it_is_now(server: Server) -> None:
    game_server = a_game_server(server)
    before = datetime.now(UTC).replace(tzinfo=None)
    answer = update(server, game_server, current_map="eden2", current_player_count=7)
    assert answer.status_code == 200
    state = answer.json()
    assert list(state) == FIELDS
    updated = datetime.fromisoformat(state["updated"])
    assert updated.tzinfo is None
    assert before - timedelta(seconds=1) <= updated <= datetime.now(UTC).replace(tzinfo=None)
    assert state == game_server.listing | {
        "id": game_server.id,
        "current_map": "eden2",
        "current_player_count": 7,
        "updated": state["updated"],
    }
    assert my_servers(server, game_server.owner) == [state]


def test_an_update_changes_the_listing(server: Server) -> None:
    game_server = a_game_server(server)
    changes = {
        "host_name": "10.0.0.67",
        "port": 1,
        "display_name": unique("Loud Valley "),
        "description": "experts",
        "game_type": "FFA",
        "max_player_count": 0,
        "current_map": "",
        "current_player_count": 500,  # more than fit: not compared
    }
    assert update(server, game_server, **changes).status_code == 200
    assert my_servers(server, game_server.owner)[0].items() >= changes.items()


def test_a_description_left_out_of_an_update_is_empty_from_then_on(server: Server) -> None:
    game_server = a_game_server(server)
    body = a_heartbeat(game_server)
    del body["description"]
    assert server.post("/v1/server/update", body, auth=game_server.auth).json()["description"] == ""


def test_integers_of_an_update_may_be_sent_as_text(server: Server) -> None:
    state = update(server, a_game_server(server), current_player_count="12", port="80").json()
    assert (state["current_player_count"], state["port"]) == (12, 80)


def test_an_update_without_content_type_is_json_all_the_same(server: Server) -> None:
    game_server = a_game_server(server)
    answer = _post_json(server, "/v1/server/update", a_heartbeat(game_server), game_server.auth)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        *REFUSED_FIELDS,
        ("current_map", "a" * 101, "value_error.any_str.max_length"),
        ("current_map", "a\x00b", "value_error"),
        ("current_map", None, "type_error.str"),
        ("current_player_count", -1, "value_error.number.not_ge"),
        ("current_player_count", 2**63, "value_error.number.not_le"),
        ("current_player_count", "seven", "type_error.integer"),
    ],
)
def test_an_update_out_of_bounds_is_refused_and_changes_nothing(
    server: Server, field: str, value: Any, kind: str
) -> None:
    game_server = a_game_server(server)
    body = a_heartbeat(game_server, **{field: value})
    assert problems(_post_json(server, "/v1/server/update", body, game_server.auth)) == [(f"body.{field}", kind)]
    [found] = my_servers(server, game_server.owner)
    assert found["updated"] is None
    assert found.items() >= game_server.listing.items()


def test_a_map_of_100_characters_is_accepted_and_every_list_can_show_it(server: Server) -> None:
    game_server = a_game_server(server)
    assert update(server, game_server, current_map="碁" * 100).status_code == 200
    assert my_servers(server, game_server.owner)[0]["current_map"] == "碁" * 100
    assert game_server.id in online_ids(server)


def test_every_field_missing_from_an_update_is_named_in_their_order(server: Server) -> None:
    answer = server.post("/v1/server/update", {}, auth=a_game_server(server).auth)
    fields = ["host_name", "port", "display_name", "game_type", "max_player_count"]
    missing = [*fields, "current_map", "current_player_count"]
    assert problems(answer) == [(f"body.{field}", "value_error.missing") for field in missing]


def test_an_update_asks_for_the_server_itself(server: Server) -> None:
    game_server, other = a_game_server(server), a_game_server(server)
    body = a_heartbeat(game_server)

    def post(auth: Any = None, **headers: str) -> httpx.Response:
        return server.post("/v1/server/update", body, auth=auth, headers=headers)

    unauthenticated(post(), "Not authenticated")
    unauthenticated(post(authorization="Bearer abc"), "Not authenticated")
    unauthenticated(post(authorization="Basic !!!"), "Invalid authentication credentials")
    no_colon = base64.b64encode(str(game_server.id).encode()).decode()
    unauthenticated(post(authorization=f"Basic {no_colon}"), "Invalid authentication credentials")
    for auth in (
        (str(game_server.id), "0" * 32),
        (str(game_server.id), ""),
        (str(game_server.id), other.secret),
        (str(game_server.id), game_server.secret.upper()),
        (f"0{game_server.id}", game_server.secret),
        (str(UNKNOWN), game_server.secret),
        ("9" * 40, game_server.secret),
        ("1", ""),
        ("", ""),
        game_server.owner.auth,
    ):
        unauthenticated(post(auth))
    assert my_servers(server, game_server.owner)[0]["updated"] is None
    assert post(game_server.auth).status_code == 200


def test_what_is_no_json_is_said_before_who_asks_and_who_asks_before_what_is_wrong(server: Server) -> None:
    for path in ("/v1/server/register", "/v1/server/update"):
        assert problems(server.post(path, content=b"{")) == [("body.1", "value_error.jsondecode")]
        unauthenticated(server.post(path, {"port": "x"}, auth=("nobody", "wrong")))
        assert server.post(path, {"port": "x"}).status_code == 401


def test_form_bodies_are_refused(server: Server) -> None:
    game_server = a_game_server(server)
    answer = server.request("POST", "/v1/server/update", data=a_heartbeat(game_server), auth=game_server.auth)
    assert answer.status_code == 422


def test_guessing_a_servers_password_is_slowed_and_the_right_one_still_let_in(server: Server) -> None:
    game_server = a_game_server(server)
    wrong = [server.post("/v1/server/update", {}, auth=(str(game_server.id), f"{n}")) for n in range(21)]
    assert [answer.status_code for answer in wrong] == [401] * 20 + [429]
    assert int(wrong[-1].headers["Retry-After"]) > 0
    assert update(server, game_server).status_code == 200


# ── who is online ──


@pytest.mark.parametrize("path", SPELLINGS_OF_ONLINE)
def test_a_server_is_online_from_its_update_on(server: Server, path: str) -> None:
    game_server = a_game_server(server)
    assert game_server.id not in online_ids(server, path)
    state = update(server, game_server).json()
    [found] = [found for found in online(server, path) if found["id"] == game_server.id]
    assert found == state
    assert list(found) == FIELDS


def test_the_next_list_shows_the_newest_update(server: Server) -> None:
    game_server = a_game_server(server)
    for players in range(30):
        update(server, game_server, current_player_count=players)
        [found] = [found for found in online(server) if found["id"] == game_server.id]
        assert found["current_player_count"] == players


def test_the_online_list_is_in_the_order_of_ids_and_this_platform_is_not_on_it(server: Server) -> None:
    made = [a_game_server(server, is_online=True).id for _ in range(3)]
    found = online_ids(server)
    assert found == sorted(found)
    assert set(made) <= set(found)
    assert 1 not in found


def test_a_server_is_online_for_the_configured_time_after_its_update(start_server: Callable[..., Server]) -> None:
    server = start_server(heartbeat_window_seconds=1.5)
    game_server = a_game_server(server, is_online=True)
    updated = datetime.fromisoformat(my_servers(server, game_server.owner)[0]["updated"]).replace(tzinfo=UTC)
    silent_from = updated + timedelta(seconds=1.5)
    asked_at = updated
    while asked_at < silent_from:
        asked_at = datetime.now(UTC)
        found = online_ids(server)
        if datetime.now(UTC) < silent_from:
            assert found == [game_server.id]
        time.sleep(0.05)
    assert found == []
    update(server, game_server)
    assert online_ids(server) == [game_server.id]


@pytest.mark.parametrize("path", SPELLINGS_OF_ONLINE)
def test_credentials_are_not_asked_for_and_not_looked_at(server: Server, path: str) -> None:
    game_server = a_game_server(server, is_online=True)
    for headers in ({}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer abc"}):
        assert server.get(path, headers=headers).status_code == 200
    for auth in (game_server.owner.auth, game_server.auth, ("nobody@tengen.example", "wrong")):
        assert server.get(path, auth=auth).status_code == 200


def test_a_list_of_two_hundred_servers_is_whole(start_server: Callable[..., Server]) -> None:
    server = start_server(servers_per_account=200)
    owner = a_verified_user(server)
    made = [a_game_server(server, owner=owner, is_online=True).id for _ in range(200)]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: online_ids(server), range(40)))
    assert answers == [made] * 40


# ── filters ──


def test_filters_leave_the_servers_they_name(server: Server) -> None:
    word = unique("Zürich")
    open_, full, other = (
        a_game_server(server, is_online=True, display_name=f"{word} B", game_type="RTSS"),
        a_game_server(server, display_name=f"{word} A", game_type="RTSS", max_player_count=7),
        a_game_server(server, display_name="Elsewhere", description=f"not in {word.upper()}", game_type="FFA"),
    )
    update(server, full, current_player_count=7)
    update(server, other, current_player_count=1)
    assert online_ids(server, search=word.lower()) == [open_.id, full.id, other.id]
    assert online_ids(server, search=word, game_type="RTSS") == [open_.id, full.id]
    assert online_ids(server, search=word, game_type="rtss") == [open_.id, full.id]
    assert online_ids(server, search=word, not_full=True) == [open_.id, other.id]
    assert online_ids(server, search=word, not_full="0") == [open_.id, full.id, other.id]
    assert online_ids(server, search=word, sort="name") == [other.id, full.id, open_.id]
    assert online_ids(server, search=word, sort="players") == [open_.id, full.id, other.id]
    assert online_ids(server, search=word, sort="updated") == [other.id, full.id, open_.id]
    assert online_ids(server, search=word, sort="id") == [open_.id, full.id, other.id]
    assert online_ids(server, search=unique("nowhere")) == []
    assert online_ids(server, "/v1/server/online", search=word, game_type="FFA") == [other.id]


def test_a_filter_that_is_left_empty_or_unknown_changes_nothing(server: Server) -> None:
    a_game_server(server, is_online=True)
    plain = online_ids(server)
    assert plain
    assert online_ids(server, search="", game_type="", page="2") == plain


@pytest.mark.parametrize(
    ("query", "kind"),
    [({"sort": "age"}, "type_error.enum"), ({"sort": ""}, "type_error.enum"), ({"not_full": "x"}, "type_error.bool")],
)
def test_a_filter_that_means_nothing_is_refused(server: Server, query: dict[str, str], kind: str) -> None:
    answer = server.get("/v1/server/list/online", params=query)
    assert problems(answer) == [(f"query.{next(iter(query))}", kind)]


# ── an account or a server ──


def asked_by(server: Server, auth: Any) -> httpx.Response:
    """A route for both kinds of callers, about a clan that does not exist."""
    return server.get("/v1/clan/by-id", params={"clan_id": UNKNOWN}, auth=auth)


def test_accounts_and_servers_use_the_routes_for_both(server: Server) -> None:
    game_server = a_game_server(server)
    assert asked_by(server, game_server.owner.auth).status_code == 404
    assert asked_by(server, game_server.auth).status_code == 404
    assert asked_by(server, (game_server.owner.display_name, game_server.owner.password)).status_code == 404


def test_every_refusal_of_the_routes_for_both_is_the_same(server: Server) -> None:
    game_server = a_game_server(server)
    unverified = an_unverified_user(server)
    for auth in (
        unverified.auth,
        (game_server.owner.email, "wrong"),
        (str(game_server.id), "wrong"),
        (str(game_server.id), game_server.secret.upper()),
        ("no id", "wrong"),
        ("9" * 40, "wrong"),
        ("1", ""),
        (str(UNKNOWN), game_server.secret),
    ):
        unauthenticated(asked_by(server, auth))


def test_a_server_does_not_wait_for_a_password_hash(server: Server) -> None:
    game_server = a_game_server(server)
    before = server.metric("tengen_password_hash_runs_total")
    for _ in range(5):
        assert asked_by(server, game_server.auth).status_code == 404
    assert server.metric("tengen_password_hash_runs_total") == before


def test_an_account_called_like_a_servers_id_is_that_account(server: Server) -> None:
    game_server = a_game_server(server)
    user = a_verified_user(server, display_name=str(game_server.id), password="a" * 32)
    assert asked_by(server, (user.display_name, user.password)).status_code == 404
    assert asked_by(server, game_server.auth).status_code == 404
    unauthenticated(server.post("/v1/server/update", a_heartbeat(game_server), auth=(user.display_name, "a" * 32)))


# ── what an administrator does ──


def test_a_deleted_server_neither_signs_in_nor_appears(server: Server) -> None:
    game_server = a_game_server(server, is_online=True)
    assert server.run("server", "delete", str(game_server.id)).returncode == 0
    unauthenticated(update(server, game_server), "Server is deleted")
    unauthenticated(asked_by(server, game_server.auth))
    assert my_servers(server, game_server.owner) == []
    time.sleep(0.6)  # deletions are looked for twice a second
    assert game_server.id not in online_ids(server)


# ── the OpenAPI document ──


def test_the_document_shows_each_route_once_with_its_refusals_and_filters(server: Server) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    assert [path for path in paths if path.startswith("/v1/server/") and "game servers" in str(paths[path])] == [
        "/v1/server/register",
        "/v1/server/update",
        "/v1/server/list/my",
        "/v1/server/list/online",
    ]
    register_, update_ = paths["/v1/server/register"]["post"], paths["/v1/server/update"]["post"]
    mine, online_ = paths["/v1/server/list/my"]["get"], paths["/v1/server/list/online"]["get"]
    assert {"200", "400", "401", "413", "422", "429", "503"} <= register_["responses"].keys()
    assert {"200", "401", "404", "413", "422", "429", "503"} <= update_["responses"].keys()
    assert [route.get("security") for route in (register_, update_, mine, online_)] == [
        [{"user": []}],
        [{"server": []}],
        [{"user": []}],
        None,
    ]
    assert [one["name"] for one in online_["parameters"]] == ["game_type", "search", "not_full", "sort"]
    both = paths["/v1/clan/by-id"]["get"]["security"]
    assert both == [{"user": []}, {"server": []}]
