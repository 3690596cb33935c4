"""One's own account over HTTP, as OGS' clients ask for it and change it."""

import json
from typing import Any

import pytest

from tests.games.builders import a_go_server, refused
from tests.oauth.builders import a_program, bearer
from tests.profiles.http_builders import a_person, as_program
from tests.support.builders import an_unverified_user, unique
from tests.support.server import Server

ME, SETTINGS = "/api/v1/me", "/api/v1/me/settings"
PROFILE = {
    "first_name": "Mira",
    "last_name": "Murati",
    "real_name_is_private": False,
    "country": "al",
    "website": "https://mira.example",
    "about": "Three stones\na move.",
}


# ── me ──


def test_one_sees_ones_own_player_with_the_fields_that_clients_read(server: Server) -> None:
    mira = a_person(server)
    me = mira.read(ME)
    public = server.get(f"/api/v1/players/{mira.id}").json()
    assert {**me, "related": None} == {**public, "related": None, "deviation": None}
    assert (me["username"], me["language"], me["country"], me["is_bot"]) == (mira.name, "auto", "un", False)
    assert me["related"]["settings"] == "/api/v1/me/settings"
    # ogsapi's own test wants a float, and Python reads 24 as another type.
    assert type(me["ranking"]) is float


def test_a_program_sees_whoever_has_logged_in_and_may_announce_json_where_it_sends_none(server: Server) -> None:
    mira = a_person(server)
    headers = {**as_program(mira), "Content-Type": "application/json"}
    for path in (ME, f"{ME}/", "/api//v1/me"):
        assert server.get(path, headers=headers).json()["id"] == mira.id
    assert server.get(f"{SETTINGS}/", headers=headers).json()["profile"]["email"] == mira.user.email


def test_strangers_are_asked_who_they_are(server: Server) -> None:
    mira = a_person(server)
    for method, path in (("GET", ME), ("GET", SETTINGS), ("PUT", SETTINGS), ("PUT", f"/api/v1/players/{mira.id}")):
        refused(server.request(method, path, json={} if method == "PUT" else None), 401, "not_authenticated")
    unverified = an_unverified_user(server)
    refused(server.get(ME, auth=unverified.auth), 401, "email_unverified")


def test_a_program_that_may_only_read_changes_nothing(server: Server) -> None:
    mira = a_person(server)
    reading = bearer(a_program(server).log_in(mira.user, scope="read"))
    assert server.get(ME, headers=reading).status_code == 200
    refused(server.request("PUT", SETTINGS, json={}, headers=reading), 403, "insufficient_scope")


# ── what one tells of oneself ──


def test_what_one_tells_is_shown_to_all_but_for_the_real_name(server: Server) -> None:
    mira = a_person(server)
    updated = mira.done("PUT", f"/api/v1/players/{mira.id}", PROFILE)
    assert updated["success"] is True
    public = server.get(f"/api/v1/players/{mira.id}").json()
    assert {**public, "success": True} == updated
    assert {name: public[name] for name in ("country", "website", "about")} == {
        "country": "al",
        "website": "https://mira.example",
        "about": "Three stones\na move.",
    }
    assert "Murati" not in json.dumps(public)
    (minimal,) = server.get("/api/v1/players/", params={"username": mira.name}).json()["results"]
    assert minimal["country"] == "al"
    assert mira.read(SETTINGS)["profile"].items() >= PROFILE.items()


def test_only_what_is_sent_is_changed_and_null_is_as_good_as_nothing(server: Server) -> None:
    mira = a_person(server)
    path = f"/api/v1/players/{mira.id}/"
    mira.done("PUT", path, PROFILE)
    mira.done("PUT", path, {"country": "JP", "about": None, "website": "", "unknown": 1})
    assert mira.read(SETTINGS)["profile"].items() >= {**PROFILE, "country": "jp", "website": ""}.items()
    mira.done("PUT", path, {})
    empty = mira.ask("PUT", path, None, content=b"", headers={"Content-Type": "application/json"})
    assert empty.status_code == 200


def test_another_name_is_shown_from_now_on_with_its_own_spelling(server: Server) -> None:
    mira = a_person(server)
    name = unique("Mizuki ")
    updated = mira.done("PUT", f"/api/v1/players/{mira.id}", {"username": f" {name} "})
    assert (updated["username"], updated["name"]) == (name, name)
    (found,) = server.get("/api/v1/players/", params={"username": name}).json()["results"]
    assert found["id"] == mira.id


def test_a_name_that_is_taken_or_misleads_changes_nothing(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    path = f"/api/v1/players/{mira.id}"
    taken = mira.ask("PUT", path, {"country": "jp", "username": taro.name})
    assert refused(taken, 409, "display_name_taken") == "Display name taken"
    for name in ("", "mira@tengen.example", "Mi\u202era", "x" * 65):
        refused(mira.ask("PUT", path, {"country": "jp", "username": name}), 400, "invalid")
    me = mira.read(ME)
    assert (me["username"], me["country"]) == (mira.name, "un")


def test_only_ones_own_player_on_this_platform_is_changed(server: Server) -> None:
    mira, taro = a_person(server), a_person(server)
    elsewhere = mira.ask("POST", "/api/v1/players", {"server_id": a_go_server(server).id}).json()["id"]
    for player_id in (taro.id, elsewhere):
        sentence = refused(mira.ask("PUT", f"/api/v1/players/{player_id}", PROFILE), 403, "not_your_profile")
        assert "/api/v1/me" in sentence
    for nobody in (2**62, "x"):
        refused(mira.ask("PUT", f"/api/v1/players/{nobody}", PROFILE), 404, "player_not_found")
    assert taro.read(ME)["country"] == "un"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "atlantis"),
        ("country", 7),
        ("country", "\0"),
        ("website", "javascript:alert(1)"),
        ("website", "https://x/" + "y" * 200),
        ("about", "half \ud800"),
        ("about", "x" * 4001),
        ("about", ["x"]),
        ("first_name", "Mi\nra"),
        ("last_name", {}),
        ("real_name_is_private", "perhaps"),
        ("real_name_is_private", float("nan")),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_name_of_the_field(server: Server, field: str, value: Any) -> None:
    mira = a_person(server)
    body = json.dumps({"last_name" if field != "last_name" else "about": "kept?", field: value})
    for path, wrapped in ((f"/api/v1/players/{mira.id}", body), (SETTINGS, f'{{"profile": {body}}}')):
        headers = {"Content-Type": "application/json"}
        answer = mira.ask("PUT", path, None, content=wrapped.encode(), headers=headers)
        assert field in refused(answer, 400, "invalid")
    assert "kept?" not in json.dumps(mira.read(SETTINGS))


# ── settings ──


def test_settings_are_what_one_tells_and_how_one_wants_to_be_notified(server: Server) -> None:
    mira = a_person(server)
    assert mira.read(SETTINGS) == {
        "profile": {
            "id": mira.id,
            "username": mira.name,
            "first_name": "",
            "last_name": "",
            "real_name_is_private": True,
            "email": mira.user.email,
            "country": "un",
            "language": "auto",
            "about": "",
            "website": "",
            "vacation_left": 0,
            "on_vacation": False,
        },
        "notifications": {},
    }


def test_some_settings_are_changed_and_the_others_stay(server: Server) -> None:
    mira = a_person(server)
    mira.done("PUT", SETTINGS, {"profile": {"country": "jp"}, "notifications": {"challenge": {"desktop": True}}})
    answer = mira.done("PUT", f"{SETTINGS}/", {"profile": {"language": "pt-BR"}, "notifications": {"chat": False}})
    assert (answer["profile"]["country"], answer["profile"]["language"]) == ("jp", "pt-BR")
    assert answer["notifications"] == {"challenge": {"desktop": True}, "chat": False}
    again = mira.done("PUT", SETTINGS, answer | {"notifications": {"chat": None}})  # the whole object, as pages send it
    assert again == mira.read(SETTINGS) == answer | {"notifications": {"challenge": {"desktop": True}}}


def test_settings_that_cannot_be_kept_change_nothing(server: Server) -> None:
    mira = a_person(server)
    for notifications in (
        json.dumps({"a": "x" * 9000}),
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        f'{{"a": 1{"0" * 5000}}}',
        "[]",
        '"x"',
        "null",
    ):
        body = f'{{"profile": {{"country": "jp"}}, "notifications": {notifications}}}'
        headers = {"Content-Type": "application/json"}
        answer = mira.ask("PUT", SETTINGS, None, content=body.encode(), headers=headers)
        assert answer.status_code == 400, (notifications[:20], answer.text)
    assert mira.read(SETTINGS)["profile"]["country"] == "un"


@pytest.mark.parametrize("depth", [10, 100, 200, 240, 260, 500, 900, 3000, 100_000])
def test_however_deep_settings_are_they_are_kept_or_refused(server: Server, depth: int) -> None:
    mira = a_person(server)
    body = b'{"notifications": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    answer = mira.ask("PUT", SETTINGS, None, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {200, 400}, answer.text
    assert mira.ask("GET", SETTINGS).status_code == 200


def test_numbers_and_nul_come_back_as_they_were_sent(server: Server) -> None:
    mira = a_person(server)
    kept = {"a": 2**53 + 1, "b": 1e300, "c": "\0碁", "d": 10**30, "": []}
    assert mira.done("PUT", SETTINGS, {"notifications": kept})["notifications"] == kept
