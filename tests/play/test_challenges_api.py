"""Challenges over HTTP, as the clients of OGS speak it."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tengen.play.game_rows import ROW_FIELDS
from tests.play.challenge_builders import BYOYOMI, a_body, changed
from tests.support.builders import User, a_verified_user
from tests.support.server import Server

UNKNOWN = 10**17
GONE = (404, {"message": "Request not found", "detail": "Request not found", "error": "Request not found"})


@dataclass(frozen=True)
class Player:
    """Somebody who plays here."""

    server: Server
    user: User
    id: int

    def ask(self, method: str, path: str, body: Any = None, **how: Any) -> httpx.Response:
        """Send a request under `/api/v1`, as JSON if there is a body."""
        return self.server.request(method, f"/api/v1{path}", auth=self.user.auth, json=body, **how)

    def get(self, path: str, **query: Any) -> Any:
        """The answer to a request that succeeds."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def challenge(self, other: "Player | None" = None, **settings: Any) -> dict[str, Any]:
        """Challenge somebody, or all; the answer."""
        path = "/challenges/" if other is None else f"/players/{other.id}/challenge/"
        answer = self.ask("POST", path, a_body(**settings))
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def open_between(self) -> list[str]:
        """The ids of the challenges between this player and others."""
        return [one["id"] for one in self.get("/me/challenges", page_size=100)["results"]]


def a_player(server: Server) -> Player:
    """Registers an account."""
    user = a_verified_user(server)
    answer = server.get("/api/v1/me", auth=user.auth)
    assert answer.status_code == 200, answer.text
    return Player(server, user, answer.json()["id"])


@pytest.fixture
def ann(server: Server) -> Player:
    """Who challenges."""
    return a_player(server)


@pytest.fixture
def bob(server: Server) -> Player:
    """Who is challenged."""
    return a_player(server)


def said(answer: httpx.Response) -> tuple[int, str]:
    """The status and the sentence of a refusal, under the name that the page of OGS reads."""
    return answer.status_code, answer.json()["error"]


# ── making ──


def test_a_challenge_is_answered_with_its_id_and_that_of_its_game(ann: Player, bob: Player) -> None:
    for made in (ann.challenge(bob), ann.challenge()):
        assert made["status"] == "ok"
        assert made.keys() == {"status", "challenge", "game", "uuid"}
        assert isinstance(made["challenge"], int)
        assert isinstance(made["game"], int)
        assert len(made["uuid"]) == 22


def test_a_challenge_is_shown_to_both_as_ogs_shows_it(ann: Player, bob: Player) -> None:
    made = ann.challenge(bob, game={"handicap": -1, "width": 13, "height": 13})
    for reader in (ann, bob):
        page = reader.get("/me/challenges/")
        (one,) = page["results"]
        assert (page["count"], page["next"], page["previous"]) == (1, None, None)
        assert one == reader.get(f"/me/challenges/{made['challenge']}")
    assert one["challenger"] == ann.get("/players/", username=ann.user.display_name)["results"][0]
    assert one["challenged"]["id"] == bob.id
    assert (one["id"], one["uuid"], one["challenger_color"]) == (made["challenge"], made["uuid"], "white")
    assert (one["min_ranking"], one["max_ranking"], one["group"], one["aga_rated"]) == (7, 18, None, False)
    row = one["game"]
    assert row.keys() == {*ROW_FIELDS, "related", "komi", "sgf_filename"}
    assert (row["id"], row["handicap"], row["komi"], row["width"]) == (made["game"], -1, None, 13)
    assert json.loads(row["time_control_parameters"]) == {
        "system": "byoyomi",
        "time_control": "byoyomi",
        "speed": "live",
        "pause_on_weekends": False,
        "main_time": 2400,
        "period_time": 30,
        "periods": 5,
    }
    # 2400 / (0.35 · 169) + 30 s.
    assert (row["time_control"], row["time_per_move"]) == ("byoyomi", 71)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"game": {"time_control": "canadian", "time_control_parameters": {}}}, "canadian needs main_time"),
        ({"game": {"time_control": "absolute", "time_control_parameters": {}}}, "absolute needs total_time"),
        ({"game": {"time_control": "simple", "time_control_parameters": {"speed": "live"}}}, "simple needs per_move"),
        ({"game": {"rules": "tibetan"}}, "no rules known here"),
        ({"game": {"width": 26}}, "2 to 25 lines"),
        ({"game": {"komi_auto": "custom", "komi": None}}, "komi must be a number"),
        ({"game": {"rengo": True}}, "Rengo"),
        ({"game": {"name": "a\0b"}}, "U+0000"),
        ({"challenger_color": "green"}, "challenger_color must be one of"),
        ({"min_ranking": 20, "max_ranking": 10}, "nobody has such a rank"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_sentence_and_nothing_is_made(
    ann: Player, bob: Player, settings: dict[str, Any], sentence: str
) -> None:
    body = a_body(**settings)
    for path in ("/challenges", f"/players/{bob.id}/challenge"):
        answer = ann.ask("POST", path, body)
        assert answer.status_code == 400, answer.text
        assert sentence in answer.json()["error"]
    assert ann.get("/me/challenges")["count"] == 0


@pytest.mark.parametrize(
    ("game", "sentence"),
    [("chess", "game: value is not a valid dict"), (None, "game must be an object"), (..., "game must be an object")],
)
def test_a_challenge_says_what_is_to_be_played(ann: Player, game: object, sentence: str) -> None:
    answer = ann.ask("POST", "/challenges", changed(a_body(), {"game": game}))
    assert answer.status_code == 400, answer.text
    assert sentence in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"{",
        b'{"game": {"komi": NaN, "komi_auto": false}}',
        b'{"game": {"komi": 1e999, "komi_auto": false}}',
        b'{"game": {"width": 1' + b"0" * 400 + b"}}",
        b'{"game": {"width": 1' + b"0" * 5000 + b"}}",
        b'{"game": {"handicap": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"game": {"name": "\\ud800"}}',
        b'{"game": {"rules": "\\ud800"}}',
        b'{"game": {"initial_state": {"black": "\\ud800x"}}}',
        b'{"game": {"time_control_parameters": {"system": "fischer", "initial_time": 1e400}}}',
        b"game=19x19",
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", ""])
def test_hostile_bodies_are_refused(ann: Player, body: bytes, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = ann.ask("POST", "/challenges/", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


def test_a_challenge_in_the_query_as_ogsapi_sends_it_offers_the_game_that_ogsapi_documents(
    ann: Player, bob: Player
) -> None:
    # What `requests` makes of nested parameters: of the game, nothing but the names of its settings.
    query = a_body(challenger_color="black", invite_only="True")
    answer = ann.ask("POST", f"/players/{bob.id}/challenge/", params={**query, "game": list(query["game"])})
    assert answer.status_code == 200, answer.text
    (one,) = bob.get("/me/challenges")["results"]
    assert (one["challenger_color"], one["invite_only"], one["min_ranking"]) == ("black", True, 7)
    row = one["game"]
    assert (row["name"], row["width"], row["rules"], row["handicap"]) == ("Friendly Game", 19, "japanese", 0)
    assert json.loads(row["time_control_parameters"])["main_time"] == 2400
    wrong = ann.ask("POST", "/challenges/", params={"game": "name", "challenger_color": "green"})
    assert said(wrong)[0] == 400


def test_a_form_cannot_say_what_is_to_be_played_but_json_without_its_name_can(ann: Player) -> None:
    body = json.dumps(a_body()).encode()
    assert ann.ask("POST", "/challenges/", content=body).status_code == 200


def test_who_cannot_be_challenged_is_not_found(ann: Player) -> None:
    for nobody in (UNKNOWN, 2**63, 0, "nobody", "9" * 40):
        answer = ann.ask("POST", f"/players/{nobody}/challenge/", a_body())
        assert said(answer) == (404, "There is no such player.")
    answer = ann.ask("POST", f"/players/{ann.id}/challenge/", a_body())
    assert said(answer) == (400, "You cannot play against yourself: challenge somebody else.")


# ── looking ──


def test_open_challenges_are_listed_in_pages_for_everybody(server: Server, ann: Player, bob: Player) -> None:
    made = [ann.challenge()["challenge"] for _ in range(3)]
    hidden = ann.challenge(invite_only=True)
    direct = ann.challenge(bob)
    first = bob.get("/challenges", page_size=2)
    assert first["next"] == f"{server.url}/api/v1/challenges?page_size=2&page=2"
    found = bob.get("/challenges", page_size=100)["results"]
    mine = [one["id"] for one in found if one["challenger"]["id"] == ann.id]
    assert mine == made[::-1]
    assert {one["challenged"] for one in found} == {None}
    assert hidden["challenge"] not in mine
    assert direct["challenge"] not in mine


def test_an_invitation_is_found_by_its_uuid(ann: Player, bob: Player) -> None:
    made = ann.challenge(invite_only=True)
    assert bob.get(f"/challenges/uu-{made['uuid']}")["id"] == made["challenge"]
    answer = bob.ask("GET", "/challenges/uu-%00")
    assert (answer.status_code, answer.json()) == GONE


def test_a_challenge_between_others_is_none_of_ones_business(server: Server, ann: Player, bob: Player) -> None:
    stranger = a_player(server)
    number = ann.challenge(bob)["challenge"]
    for method, path in (
        ("GET", f"/me/challenges/{number}"),
        ("POST", f"/me/challenges/{number}/accept"),
        ("POST", f"/challenges/{number}/accept"),
        ("DELETE", f"/me/challenges/{number}/"),
        ("DELETE", f"/challenges/{number}"),
    ):
        answer = stranger.ask(method, path)
        assert (answer.status_code, answer.json()) == GONE
    assert bob.open_between() == [number]


@pytest.mark.parametrize("number", [UNKNOWN, 2**63, "nothing", "1" * 30, "-1"])
def test_challenges_that_are_not_there_are_not_found(ann: Player, number: object) -> None:
    for method, path in (
        ("GET", f"/me/challenges/{number}"),
        ("POST", f"/me/challenges/{number}/accept"),
        ("DELETE", f"/me/challenges/{number}"),
    ):
        answer = ann.ask(method, path)
        assert (answer.status_code, answer.json()) == GONE


def test_strangers_have_no_challenges(server: Server) -> None:
    for method, path in (
        ("GET", "/challenges"),
        ("GET", "/me/challenges"),
        ("POST", "/challenges"),
        ("POST", "/players/1/challenge"),
        ("GET", "/challenges/uu-3tiGdpJSds8kbo3ZBCbqv6"),
        ("GET", "/me/challenges/1"),
        ("POST", "/me/challenges/1"),
        ("POST", "/me/challenges/1/accept"),
        ("DELETE", "/me/challenges/1"),
    ):
        answer = server.request(method, f"/api/v1{path}", json=a_body() if method == "POST" else None)
        assert answer.status_code == 401, answer.text
        assert answer.json()["detail"].startswith("Log in first")


# ── accepting ──


def test_an_accepted_challenge_is_a_game_that_both_play(ann: Player, bob: Player) -> None:
    made = ann.challenge(bob, game={"width": 9, "height": 9, "name": "Lunch"})
    answer = bob.ask("POST", f"/me/challenges/{made['challenge']}/accept", {})
    # 2400 / (0.35 · 81) + 30 s.
    begun = {"success": "Challenge accepted", "game": made["game"], "time_per_move": 115}
    assert (answer.status_code, answer.json()) == (200, begun)
    for player in (ann, bob):
        answer = player.ask("GET", f"/me/challenges/{made['challenge']}")
        assert (answer.status_code, answer.json()) == GONE
        assert player.open_between() == []
    answer = bob.ask("POST", f"/me/challenges/{made['challenge']}/accept", {})
    assert (answer.status_code, answer.json()) == GONE


def test_accepting_needs_no_body_and_passes_over_any(server: Server, ann: Player) -> None:
    how: list[dict[str, Any]] = [
        {},
        {"headers": {"content-type": "application/json"}},
        {"data": {"apikey": "none", "bot_id": "12"}},
        {"content": b"{", "headers": {"content-type": "application/json"}},
    ]
    for one in how:
        bob = a_player(server)
        number = ann.challenge(bob)["challenge"]
        assert bob.ask("POST", f"/me/challenges/{number}/accept", **one).status_code == 200


def test_an_open_challenge_is_accepted_on_either_path_by_whoever_fits(server: Server, ann: Player) -> None:
    for path in ("/challenges", "/me/challenges"):
        number = ann.challenge(min_ranking=-1000, max_ranking=1000)["challenge"]
        bob = a_player(server)
        assert bob.get(f"/me/challenges/{number}")["challenged"] is None
        own = ann.ask("POST", f"{path}/{number}/accept")
        assert said(own) == (403, "This challenge is your own: wait until somebody accepts it.")
        assert bob.ask("POST", f"{path}/{number}/accept").status_code == 200


def test_a_player_of_another_rank_is_told_for_whom_an_open_challenge_is(ann: Player, bob: Player) -> None:
    number = ann.challenge()["challenge"]
    answer = bob.ask("POST", f"/challenges/{number}/accept")
    assert said(answer) == (403, "This challenge is for players from 23k to 12k, and you are 6k.")


# ── declining and withdrawing ──


def test_either_side_ends_a_challenge(ann: Player, bob: Player) -> None:
    for player, path, words in (
        (bob, "/me/challenges/{}/", "Challenge declined"),
        (ann, "/me/challenges/{}", "Challenge withdrawn"),
        (bob, "/challenges/{}", "Challenge declined"),
    ):
        where = path.format(ann.challenge(bob)["challenge"])
        answer = player.ask("DELETE", where, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (200, {"success": words})
        again = player.ask("DELETE", where, {})
        assert (again.status_code, again.json()) == GONE


def test_an_open_challenge_is_withdrawn_by_its_challenger_alone(ann: Player, bob: Player) -> None:
    number = ann.challenge()["challenge"]
    answer = bob.ask("DELETE", f"/challenges/{number}")
    assert said(answer) == (403, "This challenge is another's: only who made it can withdraw it.")
    assert ann.ask("DELETE", f"/challenges/{number}").json() == {"success": "Challenge withdrawn"}


def test_bots_decline_with_a_form_or_with_json(ann: Player, bob: Player) -> None:
    details = {"rejection_code": "blitz_not_allowed", "details": {}}
    for how in (
        {"data": {"delete": "true", "message": "Too fast.", "apikey": "none", "bot_id": "12"}},
        {"json": {"delete": True, "message": "Too fast.", "rejection_details": details}},
    ):
        number = ann.challenge(bob)["challenge"]
        answer = bob.server.request("POST", f"/api/v1/me/challenges/{number}", auth=bob.user.auth, **how)
        assert (answer.status_code, answer.json()) == (200, {"success": "Challenge declined"})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "Send delete as true"),
        ({"delete": False}, "Send delete as true"),
        ({"delete": "perhaps"}, "delete: value could not be parsed to a boolean"),
        ({"delete": True, "message": "x" * 1001}, "message must be text of 1000 characters at most"),
        ({"delete": True, "message": "a\0b"}, "message must be text"),
        ({"delete": True, "message": ["no"]}, "message must be text"),
        ({"delete": True, "rejection_details": ["no"]}, "rejection_details must be an object"),
        ({"delete": True, "rejection_details": {"a": "x" * 4000}}, "rejection_details must be an object"),
        ({"delete": True, "rejection_details": {"a": "\0"}}, "rejection_details must be an object"),
        ({"delete": True, "rejection_details": {"a": "\ud800"}}, "rejection_details must be an object"),
    ],
)
def test_what_cannot_be_passed_on_declines_nothing(ann: Player, bob: Player, body: Any, sentence: str) -> None:
    number = ann.challenge(bob)["challenge"]
    answer = bob.ask(
        "POST",
        f"/me/challenges/{number}",
        content=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400, answer.text
    assert sentence in answer.json()["error"]
    assert bob.open_between() == [number]


def test_a_time_control_may_be_left_out(ann: Player, bob: Player) -> None:
    ann.challenge(bob, game={"time_control": ..., "time_control_parameters": ..., "disable_analysis": ...})
    (one,) = bob.get("/me/challenges")["results"]
    assert one["game"]["time_control"] == BYOYOMI["system"]
