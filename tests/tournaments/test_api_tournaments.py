"""Tournaments over HTTP: listed, made, read, changed, cancelled."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.builders import a_verified_user, an_unverified_user, unique
from tests.support.mail import plain_text
from tests.support.server import Server
from tests.tournaments.builders import HOUR
from tests.tournaments.over_http import (
    NOWHERE,
    PATH,
    Cup,
    a_body,
    a_cup,
    a_player,
    a_submission,
    an_admin,
    an_entrant,
    end,
    refused,
    step,
)

# ── making ──


def test_whoever_makes_a_tournament_is_its_host(server: Server) -> None:
    host = a_verified_user(server)
    body = a_body(mode="sum_timelimit", modeparams="1+0+2;3600")
    answer = server.post(PATH, body, auth=host.auth)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == f"{PATH}/{made['id']}"
    assert made == {
        "id": made["id"],
        "name": body["name"],
        "location": "online",
        "mode": "sum_timelimit",
        "modeparams": "1+0+2;3600",
        "rules": "The sum of one's best 1 Beginner and 2 Expert games, within 3600 s of making one's key.",
        "start": body["start"].replace("+00:00", "Z"),
        "end": body["end"].replace("+00:00", "Z"),
        "phase": "running",
        "open_entry": True,
        "hide_results": False,
        "host": {"id": host.id, "name": host.display_name},
        "created": made["created"],
        "cancelled": None,
        "cancel_reason": None,
        "time_limit": 3600,
        "status": "hosting",
        "version": 1,
        "participants": 0,
        "submissions": 0,
    }
    assert abs(datetime.fromisoformat(made["created"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert server.get(answer.headers["Location"]).json() == made | {"status": "not_logged_in"}


def test_what_is_left_out_is_as_usual(server: Server) -> None:
    body = a_body()
    for name in ("location", "open_entry", "hide_results"):
        del body[name]
    made = server.post(PATH, body, auth=a_verified_user(server).auth).json()
    assert (made["location"], made["open_entry"], made["hide_results"]) == ("", True, False)


def test_times_may_have_any_offset_and_are_utc_without_one(server: Server) -> None:
    day = datetime.now(UTC).date() + timedelta(days=7)
    cup = a_cup(server, start=f"{day}T20:00:00+02:00", end=f"{day}T20:00")
    found = cup.read()
    assert (found["start"], found["end"]) == (f"{day}T18:00:00.000000Z", f"{day}T20:00:00.000000Z")
    assert found["phase"] == "upcoming"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "invalid_tournament"),
        ({"name": "x" * 101}, "invalid_tournament"),
        ({"name": "two\nlines"}, "invalid_tournament"),
        ({"name": "nothing\0"}, "invalid_tournament"),
        ({"name": 5}, "invalid"),
        ({"name": None}, "invalid"),
        ({"location": "x" * 201}, "invalid_tournament"),
        ({"mode": "average"}, "unknown_mode"),
        ({"mode": "\0"}, "unknown_mode"),
        ({"modeparams": "1+1"}, "invalid_mode_parameters"),
        ({"modeparams": "9" * 5000}, "invalid"),
        ({"start": "soon"}, "invalid"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "invalid"),
        ({"start": 20260601}, "invalid"),
        ({"starts_in": 3 * HOUR, "lasts": -HOUR}, "invalid_schedule"),
        ({"starts_in": -3 * HOUR}, "invalid_schedule"),
        ({"end": "9999-12-31T23:59:59Z"}, "invalid_schedule"),
        ({"open_entry": "perhaps"}, "invalid"),
    ],
)
def test_a_tournament_that_cannot_be_is_not_made(server: Server, changes: dict[str, Any], code: str) -> None:
    host = a_verified_user(server)
    refused(server.post(PATH, a_body(**changes), auth=host.auth), 422, code)
    assert server.get(PATH, params={"list": "all", "host": host.id}).json()["results"] == []


def test_only_an_account_with_a_verified_address_makes_tournaments(server: Server) -> None:
    refused(server.post(PATH, a_body()), 401, "not_authenticated")
    unverified = an_unverified_user(server)
    assert server.post(PATH, a_body(), auth=unverified.auth).status_code == 401


def test_a_token_of_scoreganizers_clients_will_do(server: Server) -> None:
    host = a_verified_user(server)
    form = {"username": host.email, "password": host.password}
    token = server.post("/api/obtain_token", data=form).json()["token"]
    headers = {"X-Scoreganizer-Authorization": f"{host.display_name}:{token}"}
    made = server.post(PATH, a_body(), headers=headers)
    assert (made.status_code, made.json()["host"]["id"]) == (201, host.id)
    assert server.get(f"{PATH}/{made.json()['id']}", headers=headers).json()["status"] == "hosting"


@pytest.mark.parametrize("name", [b"NaN", b"1e999", b'"\xff"', b"[" * 100_000], ids=lambda name: str(name[:9]))
def test_what_is_no_text_is_no_name(server: Server, name: bytes) -> None:
    refused(made_with(server, "name", name), 422, "invalid")


@pytest.mark.parametrize("field", ["name", "location", "mode", "modeparams", "start"])
def test_half_a_character_is_refused_wherever_it_stands(server: Server, field: str) -> None:
    assert made_with(server, field, b'"half \\ud800"').status_code == 422


def made_with(server: Server, field: str, value: bytes) -> httpx.Response:
    """The answer to a plan in which one field has this JSON."""
    body = json.dumps(a_body() | {field: "HERE"}).encode().replace(b'"HERE"', value)
    headers = {"Content-Type": "application/json"}
    return server.request("POST", PATH, content=body, headers=headers, auth=a_verified_user(server).auth)


# ── reading ──


def test_a_tournament_counts_who_participates_and_what_was_uploaded(server: Server) -> None:
    cup = a_cup(server, open_entry=False)
    players = [a_player(cup) for _ in range(2)]
    step(cup, "request", a_verified_user(server))
    for player in (players[0], *players):
        a_submission(cup, player)
    found = cup.read(by=players[0])
    assert (found["participants"], found["submissions"], found["status"]) == (2, 3, "participating")


def test_hidden_results_are_not_even_counted_until_the_end(server: Server) -> None:
    cup = a_cup(server, hide_results=True)
    player = a_player(cup)
    a_submission(cup, player)
    seen = {"host": cup.host, "admin": an_admin(server), "player": player, "stranger": None}
    counts = {name: cup.read(by=user)["submissions"] for name, user in seen.items()}
    assert counts == {"host": 1, "admin": 1, "player": None, "stranger": None}
    end(cup)
    assert {cup.read(by=user)["submissions"] for user in seen.values()} == {1}


@pytest.mark.parametrize("number", [0, -1, NOWHERE])
def test_a_tournament_that_there_is_not_is_not_found(server: Server, number: int) -> None:
    refused(server.get(f"{PATH}/{number}"), 404, "no_such_tournament")


@pytest.mark.parametrize("number", ["9" * 19, "-" + "9" * 19, "9" * 5000, "twelve", "%00", "1.5", "%ED%A0%80"])
def test_what_is_no_number_names_no_tournament(server: Server, number: str) -> None:
    refused(server.get(f"{PATH}/{number}"), 422, "invalid")


# ── lists ──


def ids(server: Server, by: Any = None, **query: Any) -> list[int]:
    answer = server.get(PATH, params=query, auth=None if by is None else by.auth)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["results"]]


def test_each_list_has_its_tournaments_in_the_order_of_their_starts(server: Server) -> None:
    host = a_verified_user(server)
    upcoming = a_cup(server, host=host, starts_in=HOUR)
    running = a_cup(server, host=host)
    ended, cancelled = (a_cup(server, host=host, starts_in=-hours * HOUR, lasts=5 * HOUR) for hours in (3, 2))
    end(ended)
    assert cancelled.post("/cancel", {"reason": "Rain."}, by=host).status_code == 200
    player = an_entrant(running)
    lists = {
        "all": {ended, cancelled, running, upcoming},
        "archive": {ended, cancelled},
        "in_progress": {running},
        "upcoming": {upcoming},
        "active": {running, upcoming},
    }
    for name, cups in lists.items():
        found = server.get(PATH, params={"list": name, "host": host.id}).json()["results"]
        assert {item["id"] for item in found} == {cup.id for cup in cups}, name
        assert [item["start"] for item in found] == sorted(item["start"] for item in found)
        assert all(item["host"] == {"id": host.id, "name": host.display_name} for item in found)
    assert ids(server, host=host.id) == [running.id, upcoming.id]
    assert ids(server, by=player, list="my_active") == [running.id]


def test_ones_own_list_is_for_those_who_say_who_they_are(server: Server) -> None:
    refused(server.get(PATH, params={"list": "my_active"}), 403, "not_logged_in")


def test_a_list_is_read_page_by_page(server: Server) -> None:
    host = a_verified_user(server)
    start = (datetime.now(UTC) + HOUR).isoformat()
    cups = [a_cup(server, host=host, start=start, lasts=5 * HOUR) for _ in range(5)]
    found = []
    address: str | None = f"{server.url}{PATH}?host={host.id}&limit=2"
    while address is not None:
        assert address.startswith(f"{server.url}{PATH}?")
        page = server.client.get(address).json()
        found.append([item["id"] for item in page["results"]])
        address = page["next"]
    numbers = [cup.id for cup in cups]
    assert found == [numbers[:2], numbers[2:4], numbers[4:]]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"list": "mine"}, 422, "invalid"),
        ({"limit": 0}, 422, "invalid"),
        ({"limit": 101}, 422, "invalid"),
        ({"limit": "9" * 5000}, 422, "invalid"),
        ({"host": -1}, 422, "invalid"),
        ({"host": 2**63}, 422, "invalid"),
        ({"after": "x"}, 400, "invalid_cursor"),
        ({"after": "\0"}, 400, "invalid_cursor"),
        ({"after": ""}, 400, "invalid_cursor"),
        ({"after": "x" * 201}, 422, "invalid"),
    ],
)
def test_a_list_that_cannot_be_is_refused(server: Server, query: dict[str, Any], status: int, code: str) -> None:
    refused(server.get(PATH, params=query), status, code)


# ── changing ──


def test_a_host_changes_what_is_planned_until_the_start(server: Server) -> None:
    cup = a_cup(server, starts_in=HOUR)
    before = cup.read(by=cup.host)
    name = unique("Other Cup")
    answer = cup.edit({"name": name, "mode": "best", "modeparams": "expert", "hide_results": True}, cup.host)
    assert answer.status_code == 200
    assert answer.json() == before | {
        "name": name,
        "mode": "best",
        "modeparams": "expert",
        "rules": "The time of one's best Expert game.",
        "hide_results": True,
        "version": 2,
    }
    assert cup.read(by=cup.host) == answer.json()
    start = datetime.now(UTC) - timedelta(minutes=1)
    changes = {"location": "", "start": start.isoformat(), "end": (start + HOUR).isoformat(), "open_entry": False}
    assert cup.edit(changes, cup.host).json()["phase"] == "running"
    refused(cup.edit({"name": "Too late"}, cup.host), 409, "tournament_started")
    end(cup)
    refused(cup.edit({"name": "Far too late"}, cup.host), 403, "tournament_over")
    assert cup.read()["name"] == name


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "\0"}, "invalid_tournament"),
        ({"mode": "best"}, "invalid_mode_parameters"),
        ({"start": "tomorrow"}, "invalid"),
        ({"end": "2000-01-01"}, "invalid_schedule"),
        ({"open_entry": []}, "invalid"),
        ([], "invalid"),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(server: Server, changes: Any, code: str) -> None:
    cup = a_cup(server, starts_in=HOUR)
    before = cup.read()
    refused(cup.edit(changes, cup.host), 422, code)
    assert cup.read() == before


def test_a_cancelled_tournament_says_why_and_its_entrants_are_told(server: Server) -> None:
    cup = a_cup(server, starts_in=HOUR)
    player = an_entrant(cup)
    refused(cup.post("/cancel", {"reason": " "}, by=cup.host), 422, "invalid_reason")
    refused(cup.post("/cancel", {"reason": "x" * 501}, by=cup.host), 422, "invalid_reason")
    answer = cup.post("/cancel", {"reason": "The server was down."}, by=cup.host)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["phase"], found["cancel_reason"]) == ("cancelled", "The server was down.")
    assert abs(datetime.fromisoformat(found["cancelled"]) - datetime.now(UTC)) < timedelta(minutes=1)
    refused(cup.post("/cancel", {"reason": "Again."}, by=cup.host), 403, "tournament_over")
    mail = server.mailbox.wait_for(player.email, number=2)  # the first is about the address
    assert "The server was down." in plain_text(mail)


def test_who_follows_is_told_at_once(server: Server) -> None:
    cup: Cup = a_cup(server, starts_in=HOUR)
    with server.client.stream("GET", f"{cup.path}/feed") as feed:
        lines = feed.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: resync"
        assert cup.edit({"location": "elsewhere"}, cup.host).status_code == 200
        assert next(line for line in lines if line.startswith("event:")) == "event: edited"
