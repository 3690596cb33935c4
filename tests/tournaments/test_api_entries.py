"""Entries and keys over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import User, a_verified_user, unique
from tests.support.server import Server
from tests.tournaments.builders import HOUR
from tests.tournaments.over_http import (
    NOWHERE,
    PATH,
    Cup,
    a_cup,
    a_key,
    an_admin,
    an_entrant,
    end,
    refused,
    step,
)


def states(cup: Cup, by: User | None = None, **query: Any) -> dict[int, str]:
    """The state of each account's entry."""
    return {entry["account_id"]: entry["state"] for entry in cup.read("/entries", by, params=query)["results"]}


def a_mixed_cup(server: Server) -> tuple[Cup, dict[str, User]]:
    """A tournament that has not begun, with somebody in every state."""
    cup = a_cup(server, starts_in=HOUR, open_entry=False)
    users = {
        state: a_verified_user(server)
        for state in ("requested", "invited", "participating", "rejected", "declined", "withdrawn")
    }
    for state in ("requested", "participating", "rejected", "withdrawn"):
        assert step(cup, "request", users[state]).json()["state"] == "requested"
    for state in ("invited", "declined"):
        assert step(cup, "invite", cup.host, users[state].id).json()["state"] == "invited"
    assert step(cup, "confirm", cup.host, users["participating"].id).json()["state"] == "participating"
    assert step(cup, "reject", cup.host, users["rejected"].id).json()["state"] == "rejected"
    assert step(cup, "decline", users["declined"]).json()["state"] == "declined"
    assert step(cup, "withdraw", users["withdrawn"]).json()["state"] == "withdrawn"
    return cup, users


# ── entries ──


def test_the_host_sees_all_entries_others_who_participates_and_themselves(server: Server) -> None:
    cup, users = a_mixed_cup(server)
    everybody = {user.id: state for state, user in users.items()}
    public = {users["participating"].id: "participating"}
    assert states(cup) == states(cup, a_verified_user(server)) == public
    assert states(cup, cup.host) == states(cup, an_admin(server)) == everybody
    for state, user in users.items():
        assert states(cup, user) == public | {user.id: state}
        assert states(cup, cup.host, state=state) == {user.id: state}
        assert states(cup, user, state=state) == {user.id: state}
        assert states(cup, state=state) == (public if state == "participating" else {})
    assert states(cup, users["invited"], state="requested") == {}


def test_an_entry_says_whose_it_is_and_since_when(server: Server) -> None:
    cup = a_cup(server)
    player = a_verified_user(server)
    entry = step(cup, "request", player).json()
    assert entry == {
        "account_id": player.id,
        "name": player.display_name,
        "state": "participating",
        "since": entry["since"],
    }
    assert abs(datetime.fromisoformat(entry["since"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert cup.read("/entries")["results"] == [entry]
    assert step(cup, "request", player).json() == entry  # again, it changes nothing
    assert cup.read()["version"] == 2


def test_entries_are_read_page_by_page(server: Server) -> None:
    cup = a_cup(server)
    players = [an_entrant(cup).id for _ in range(5)]
    found = []
    address: str | None = f"{server.url}{cup.path}/entries?limit=2&state=participating"
    while address is not None:
        page = server.client.get(address).json()
        found.append([entry["account_id"] for entry in page["results"]])
        address = page["next"]
    assert found == [players[:2], players[2:4], players[4:]]


def test_an_account_is_named_by_its_id_or_display_name_and_not_by_its_address(server: Server) -> None:
    cup = a_cup(server)
    ann, bob = (a_verified_user(server) for _ in range(2))
    assert step(cup, "invite", cup.host, ann.id).json()["account_id"] == ann.id
    assert step(cup, "invite", cup.host, bob.display_name.upper()).json()["account_id"] == bob.id
    refused(step(cup, "invite", cup.host, ann.email), 404, "account_not_found")
    # The mere look of an id makes no id of a name.
    named = a_verified_user(server, display_name=unique(str(ann.id)))
    assert step(cup, "invite", cup.host, named.display_name).json()["account_id"] == named.id


@pytest.mark.parametrize(
    ("account", "status", "code"),
    [
        (0, 404, "account_not_found"),
        (NOWHERE, 404, "account_not_found"),
        (2**63, 422, "invalid"),
        (-(10**40), 422, "invalid"),
        (1.5, 422, "invalid"),
        (True, 422, "invalid"),
        ([1], 422, "invalid"),
        ("", 404, "account_not_found"),
        ("nobody\0", 404, "account_not_found"),
        ("x" * 321, 422, "invalid"),
    ],
)
def test_nobody_is_invited_who_is_not_there(server: Server, account: Any, status: int, code: str) -> None:
    cup = a_cup(server)
    refused(step(cup, "invite", cup.host, account), status, code)
    assert states(cup, cup.host) == {}


def test_half_a_character_is_in_no_name(server: Server) -> None:
    cup = a_cup(server)
    body = rb'{"step": "invite", "account": "half \ud800"}'
    headers = {"Content-Type": "application/json"}
    answer = server.request("POST", f"{cup.path}/entries", content=body, headers=headers, auth=cup.host.auth)
    said = refused(answer, 422, "invalid")
    assert said == "account: give an account's id as a number, or its display name"


@pytest.mark.parametrize("body", [{}, {"step": "enter"}, {"step": None}, [], None])
def test_a_step_that_there_is_not_is_refused(server: Server, body: Any) -> None:
    refused(a_cup(server).post("/entries", body, a_verified_user(server)), 422, "invalid")


def test_a_step_that_does_not_fit_is_refused_and_changes_nothing(server: Server) -> None:
    cup, users = a_mixed_cup(server)
    version = cup.read()["version"]
    refused(step(cup, "accept", users["requested"]), 403, "not_invited")
    refused(step(cup, "request", users["rejected"]), 403, "entry_rejected")
    refused(step(cup, "withdraw", users["declined"]), 409, "nothing_to_withdraw")
    refused(step(cup, "confirm", cup.host, users["invited"].id), 409, "not_requested")
    assert cup.read()["version"] == version
    end(cup)
    refused(step(cup, "request", a_verified_user(server)), 403, "tournament_over")


def test_an_entry_of_a_closed_account_keeps_its_name(server: Server) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    server.run("account", "delete", player.email)
    (entry,) = cup.read("/entries")["results"]
    assert (entry["account_id"], entry["name"]) == (player.id, player.display_name)


# ── keys ──


def test_a_key_is_made_once_and_fetched_as_often_as_one_likes(server: Server) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    made = cup.post("/key", by=player)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    key = made.json()
    assert key["key"].startswith(f"{player.id}_{cup.id}_")
    assert key["key_expiry"] is None
    refused(cup.post("/key", by=player), 403, "key_exists")
    fetched = cup.get("/key", player)
    assert (fetched.json(), fetched.headers["Cache-Control"]) == (key, "no-store")


def test_a_key_is_the_one_that_scoreganizers_clients_get(server: Server) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    key = a_key(cup, player)
    token = server.post("/api/obtain_token", data={"username": player.email, "password": player.password}).json()
    headers = {"X-Scoreganizer-Authorization": f"None:{token['token']}"}
    assert server.get(f"/api/tournaments/get_key/{cup.id}", headers=headers).json()["key"] == key
    assert server.get(f"{cup.path}/key", headers=headers).json()["key"] == key


def test_a_key_with_a_time_limit_says_when_it_is_over(server: Server) -> None:
    cup = a_cup(server, mode="sum_timelimit", modeparams="1+0+0;600")
    player = an_entrant(cup)
    expiry = datetime.fromisoformat(cup.post("/key", by=player).json()["key_expiry"])
    assert timedelta(minutes=9) < expiry - datetime.now(UTC) <= timedelta(minutes=10)


def test_who_is_too_early_is_told_how_long_to_wait(server: Server) -> None:
    cup = a_cup(server, starts_in=HOUR)
    player = an_entrant(cup)
    for answer, code in ((cup.post("/key", by=player), "too_early"), (cup.get("/key", player), "not_generated_yet")):
        refused(answer, 403, code)
        assert 3500 < answer.json()["wait"] <= 3600


def test_where_there_is_no_key_it_is_said_why(server: Server) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    refused(cup.get("/key", player), 403, "not_generated")
    end(cup)
    refused(cup.get("/key", player), 403, "never_generated")
    refused(cup.post("/key", by=player), 403, "tournament_over")
    refused(server.get(f"{PATH}/{NOWHERE}/key", auth=player.auth), 404, "no_such_tournament")


def test_who_may_make_no_key_is_not_told_to_wait(server: Server) -> None:
    cup = a_cup(server, starts_in=HOUR)
    answer = cup.post("/key", by=a_verified_user(server))
    refused(answer, 403, "not_participating")
    assert "wait" not in answer.json()
