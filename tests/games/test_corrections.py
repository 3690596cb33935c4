"""Reported games afterwards, over HTTP: corrected, annulled, restored, by those who may, and rated anew."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tengen.core.values import ServerId
from tengen.servers import service as servers
from tests.games.builders import (
    SGF,
    GoServer,
    a_go_server,
    a_report,
    a_reported_game,
    refused,
    send,
    the_game,
    the_rating,
)
from tests.servers.builders import an_administrator
from tests.support.builders import NOON, GameServer, User, a_game_server, a_verified_user, an_unverified_user
from tests.support.operations import operate
from tests.support.server import Server

REASON = "Mistyped by the referee."
JSON = "application/json"


@dataclass(frozen=True)
class Club:
    """A Go server, and who looks after it."""

    go: GoServer
    registered: GameServer

    @property
    def owner(self) -> User:
        """Who registered it."""
        return self.registered.owner


def a_club(server: Server) -> Club:
    registered = a_game_server(server, game_type="Go")
    return Club(a_go_server(server, registered=registered), registered)


def change(server: Server, game_id: int, what: str, *, by: User | GoServer | None, **body: Any) -> httpx.Response:
    """Ask for a change of a game: `annul`, `restore` or `correct`, as an account, as a server, or as nobody."""
    # Written here, for httpx would not send half a character.
    how: dict[str, Any] = {"content": json.dumps({"reason": REASON, **body}), "headers": {"Content-Type": JSON}}
    if isinstance(by, User):
        how["auth"] = by.auth
    elif by is not None:
        how["headers"]["X-Auth-Server-Token"] = by.secret
    if what == "correct":
        return server.request("PATCH", f"/api/v1/games/{game_id}", **how)
    return server.request("POST", f"/api/v1/games/{game_id}/{what}", **how)


def changed(server: Server, game_id: int, what: str, *, by: User | GoServer, **body: Any) -> dict[str, Any]:
    answer = change(server, game_id, what, by=by, **body)
    assert answer.status_code == 200, answer.text
    game: dict[str, Any] = answer.json()
    return game


def history(server: Server, game_id: int) -> list[dict[str, Any]]:
    answer = server.get(f"/api/v1/games/{game_id}/history")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def player_rating(server: Server, player_id: int) -> float | None:
    rating: float | None = server.get(f"/api/v1/players/{player_id}").json()["rating"]
    return rating


def wait_until_put_right(server: Server) -> None:
    """Until no replay of the pool is due: a game that rates tells."""
    the_rating(server, a_reported_game(server)["id"])


# ── who may ──


def the_servers_token(_server: Server, club: Club) -> User | GoServer:
    return club.go


def its_owner(_server: Server, club: Club) -> User | GoServer:
    return club.owner


def an_admin_of_it(server: Server, club: Club) -> User | GoServer:
    admin = a_verified_user(server)
    path = f"/api/v1/game_servers/{club.go.id}/admins"
    assert server.post(path, {"account_id": admin.id}, auth=club.owner.auth).status_code == 201
    return admin


def an_admin_of_the_platform(server: Server, _club: Club) -> User | GoServer:
    return an_administrator(server)


@pytest.mark.parametrize("who", [the_servers_token, its_owner, an_admin_of_it, an_admin_of_the_platform])
def test_who_looks_after_the_server_may_change_its_games(
    server: Server, who: Callable[[Server, Club], User | GoServer]
) -> None:
    club = a_club(server)
    by = who(server, club)
    game_id = a_reported_game(server, club.go)["id"]
    assert changed(server, game_id, "annul", by=by, reason="Helped by a program.")["annulled"] is True
    assert changed(server, game_id, "restore", by=by, reason="He was not.")["annulled"] is False
    assert changed(server, game_id, "correct", by=by, result="B+R")["result"] == "B+R"
    account_id = by.id if isinstance(by, User) else None
    told = [(entry["kind"], entry["reason"], entry["account_id"]) for entry in history(server, game_id)]
    assert told == [
        ("annulment", "Helped by a program.", account_id),
        ("restoration", "He was not.", account_id),
        ("correction", REASON, account_id),
    ]


@pytest.mark.parametrize("what", ["annul", "restore", "correct"])
def test_nobody_else_may(server: Server, what: str) -> None:
    club, other = a_club(server), a_club(server)
    former = an_admin_of_it(server, club)
    assert isinstance(former, User)
    path = f"/api/v1/game_servers/{club.go.id}/admins/{former.id}"
    assert server.request("DELETE", path, auth=club.owner.auth).status_code == 200
    game_id = a_reported_game(server, club.go)["id"]
    before = the_game(server, game_id)
    for stranger in (a_verified_user(server), other.owner, former):
        refused(change(server, game_id, what, by=stranger, result="B+R"), 403, "forbidden")
    message = refused(change(server, game_id, what, by=other.go, result="B+R"), 404, "unknown_token")
    assert message == "server access token unknown or expired"
    nobody = change(server, game_id, what, by=None, result="B+R")
    assert "X-Auth-Server-Token" in refused(nobody, 401, "unauthenticated")
    assert nobody.headers["WWW-Authenticate"] == "Basic"
    assert change(server, game_id, what, by=an_unverified_user(server), result="B+R").status_code in {401, 403}
    for header in ({"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}, {"X-Auth-Server-Token": ""}):
        rest = "" if what == "correct" else f"/{what}"
        method = "PATCH" if what == "correct" else "POST"
        body = {"reason": REASON}
        answer = server.request(method, f"/api/v1/games/{game_id}{rest}", json=body, headers=header)
        assert answer.status_code in {401, 404}, header
    assert the_game(server, game_id) == before
    assert history(server, game_id) == []


def test_a_players_token_changes_nothing(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    for token in (club.go.black.token, club.go.white.token):
        headers = {"X-Auth-Server-Token": token, "X-Auth-Black-Player-Token": token}
        answer = server.request("POST", f"/api/v1/games/{game_id}/annul", json={"reason": REASON}, headers=headers)
        refused(answer, 404, "unknown_token")
        assert token not in answer.text + server.new_log()


def test_a_deleted_servers_token_is_void_and_an_administrator_still_may(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    operate(server, lambda transaction: servers.delete_server(transaction, ServerId(club.go.id), NOON))
    refused(change(server, game_id, "annul", by=club.go), 404, "unknown_token")
    assert changed(server, game_id, "annul", by=an_administrator(server))["annulled"] is True


def test_an_unknown_game_cannot_be_changed(server: Server) -> None:
    club = a_club(server)
    for game_id in (0, 2**63 - 1, 2**63, 10**30):
        for what in ("annul", "restore", "correct"):
            refused(change(server, game_id, what, by=club.go), 404, "game_not_found")


# ── what it does ──


def test_an_annulled_game_stays_to_be_seen_and_rates_nothing(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    assert player_rating(server, club.go.black.id) is not None
    game = changed(server, game_id, "annul", by=club.go)
    assert (game["annulled"], game["annulment_reason"]) == (True, {"moderator_annulled": True})
    assert (game["rated"], game["unrated_reason"]) == (False, "annulled")
    assert game["unrated_text"] == "The game was annulled."
    wait_until_put_right(server)
    assert the_game(server, game_id) == {**game, "players": the_game(server, game_id)["players"]}
    assert server.get(f"/api/v1/games/{game_id}/sgf").content == SGF.encode()
    story = the_rating(server, game_id)
    assert (story["unrated_reason"], story["black"], story["is_final"]) == ("annulled", None, True)
    assert [player_rating(server, player.id) for player in (club.go.black, club.go.white)] == [None, None]


def test_annulling_puts_right_the_games_after_it_and_restoring_takes_that_back(server: Server) -> None:
    club = a_club(server)
    first = a_reported_game(server, club.go, result="B+R")["id"]
    second = a_reported_game(server, club.go, result="B+R")["id"]
    before = the_rating(server, first), the_rating(server, second)
    changed(server, first, "annul", by=club.go)
    alone = the_rating(server, second)
    assert alone["black"]["rank_before"] == before[0]["black"]["rank_before"]
    assert alone["black"]["rank_after"] < before[1]["black"]["rank_after"]
    assert player_rating(server, club.go.black.id) == alone["black"]["rating_after"]
    changed(server, first, "restore", by=club.go)
    assert (the_rating(server, first), the_rating(server, second)) == before
    assert player_rating(server, club.go.black.id) == before[1]["black"]["rating_after"]


def test_a_game_reported_late_ends_in_the_ratings_of_one_reported_in_time(server: Server) -> None:
    punctual, late = a_go_server(server), a_go_server(server)
    dates = ["2026-01-01T10:00:00", "2026-01-05T10:00:00", "2026-02-01T10:00:00"]
    results = dict(zip(dates, ["B+R", "W+R", "B+R"], strict=True))
    in_time = [a_reported_game(server, punctual, date_played=at, result=results[at])["id"] for at in dates]
    too_late = {
        at: a_reported_game(server, late, date_played=at, result=results[at])["id"]
        for at in (dates[1], dates[2], dates[0])
    }
    for at, game_id in zip(dates, in_time, strict=True):
        expected, found = the_rating(server, game_id), the_rating(server, too_late[at])
        for side in ("black", "white"):
            assert {**found[side], "player_id": None} == {**expected[side], "player_id": None}


CORRECTIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"result": "B+R"}, {"result": "W+3.5"}, {"result": "B+R"}),
    ({"handicap": 2, "komi": 0.5}, {"handicap": 0, "komi": 7.5}, {"handicap": 2, "komi": 0.5}),
    ({"ranked": False}, {"ranked": True}, {"ranked": False}),
    ({"date_played": "2026-03-01T12:00:00+02:00"}, {}, {"date_played": "2026-03-01T10:00:00"}),
]


@pytest.mark.parametrize(("sent", "before", "after"), CORRECTIONS)
def test_a_correction_shows_in_the_game_and_in_its_history(
    server: Server, sent: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    club = a_club(server)
    reported = a_reported_game(server, club.go)
    game = changed(server, reported["id"], "correct", by=club.owner, **sent)
    assert game.items() >= after.items()
    assert {**game, "players": None}.keys() == reported.keys()
    (entry,) = history(server, reported["id"])
    assert (entry["kind"], entry["reason"], entry["account_id"]) == ("correction", REASON, club.owner.id)
    assert entry["before"].items() >= before.items()
    assert entry["before"].keys() == entry["after"].keys() == sent.keys()
    assert entry["changed_at"].endswith("Z")


def test_a_corrected_game_rates_as_if_it_had_been_reported_so(server: Server) -> None:
    right, wrong = a_club(server), a_club(server)
    terms = {"result": "B+R", "handicap": 3, "komi": 0.5, "date_played": "2026-03-01T10:00:00"}
    expected = the_rating(server, a_reported_game(server, right.go, **terms)["id"])
    game_id = a_reported_game(server, wrong.go)["id"]
    changed(server, game_id, "correct", by=wrong.go, **terms)
    found = the_rating(server, game_id)
    assert found["advantage"] == expected["advantage"]
    for side in ("black", "white"):
        assert {**found[side], "player_id": None} == {**expected[side], "player_id": None}


def test_colours_can_be_swapped(server: Server) -> None:
    club = a_club(server)
    reported = a_reported_game(server, club.go, result="B+R")
    before = the_rating(server, reported["id"])
    game = changed(server, reported["id"], "correct", by=club.go, swap_colors=True)
    assert (game["black_id"], game["white_id"], game["result"]) == (club.go.white.id, club.go.black.id, "B+R")
    after = the_rating(server, reported["id"])
    for side in ("black", "white"):
        assert {**after[side], "player_id": None} == {**before[side], "player_id": None}
    assert after["black"]["player_id"] == club.go.white.id
    (entry,) = history(server, reported["id"])
    assert entry["before"] == {"black_id": club.go.black.id, "white_id": club.go.white.id}
    assert entry["after"] == {"black_id": club.go.white.id, "white_id": club.go.black.id}
    assert changed(server, reported["id"], "correct", by=club.go, swap_colors=True)["black_id"] == club.go.black.id


def test_a_correction_may_make_a_game_rate_or_not(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go, result="Void")["id"]
    assert changed(server, game_id, "correct", by=club.go, result="B+R")["rated"] is True
    assert the_rating(server, game_id)["black"]["score"] == 1
    game = changed(server, game_id, "correct", by=club.go, handicap=10)
    assert (game["rated"], game["unrated_reason"]) == (False, "handicap")
    wait_until_put_right(server)
    assert player_rating(server, club.go.black.id) is None


def test_warnings_follow_the_correction(server: Server) -> None:
    club = a_club(server)
    record = "(;SZ[9]KM[7.5]RE[B+R];B[aa];W[aa])"
    game = a_reported_game(server, club.go, result="W+R", size=19, game_record=record)
    codes = [warning["code"] for warning in game["record_warnings"]]
    assert codes == ["point_occupied", "result_contradicts", "size_contradicts"]
    corrected = changed(server, game["id"], "correct", by=club.go, result="B+R", komi=0.5)
    codes = [warning["code"] for warning in corrected["record_warnings"]]
    assert codes == ["point_occupied", "komi_contradicts", "size_contradicts"]
    assert the_game(server, game["id"])["record_warnings"] == corrected["record_warnings"]


def test_the_original_report_sent_again_is_the_corrected_game(server: Server) -> None:
    club = a_club(server)
    body = a_report(club.go)
    game_id = send(server, club.go, body).json()["id"]
    changed(server, game_id, "correct", by=club.go, result="B+T", date_played="2026-01-01T00:00:00")
    again = send(server, club.go, body)
    assert (again.status_code, again.json()["id"], again.json()["result"]) == (201, game_id, "B+T")


def test_what_is_so_already_is_not_changed(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    assert refused(change(server, game_id, "restore", by=club.go), 409, "nothing_to_change")
    for nothing in ({}, {"result": "W+3.5"}, {"komi": 7.5, "handicap": 0, "ranked": True}, {"swap_colors": False}):
        refused(change(server, game_id, "correct", by=club.go, **nothing), 409, "nothing_to_change")
    changed(server, game_id, "annul", by=club.go)
    refused(change(server, game_id, "annul", by=club.go), 409, "nothing_to_change")
    assert [entry["kind"] for entry in history(server, game_id)] == ["annulment"]


@pytest.mark.parametrize("what", ["annul", "restore", "correct"])
@pytest.mark.parametrize("reason", [None, "", "  ", "no", " no ", "x" * 501, "x\0y", 5, [], "half a \ud800"])
def test_a_reason_is_a_text_of_some_words(server: Server, what: str, reason: Any) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    answer = change(server, game_id, what, by=club.go, reason=reason)
    assert "reason" in refused(answer, 400, "invalid")
    assert history(server, game_id) == []


def test_a_reason_is_kept_as_it_was_given(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    for what, reason in (("annul", "因为 <b>&\n\u202e " + "x" * 400), ("restore", " padded ")):
        changed(server, game_id, what, by=club.go, reason=reason)
    assert [entry["reason"] for entry in history(server, game_id)] == ["因为 <b>&\n\u202e " + "x" * 400, "padded"]


@pytest.mark.parametrize(
    ("body", "said"),
    [({"result": "B+W"}, "format of result is incorrect"), ({"result": ""}, "format of result is incorrect"),
     ({"result": 5}, "result"), ({"result": "B+12345678901"}, "result"), ({"handicap": -1}, "handicap"),
     ({"handicap": 626}, "handicap"), ({"handicap": 10**400}, "handicap"), ({"komi": "nan"}, "komi"),
     ({"komi": 1e300}, "komi"), ({"date_played": "then"}, "date_played must be in ISO 8601 format"),
     ({"date_played": "9999-01-01T00:00:00"}, "date_played lies in the future"),
     ({"date_played": "0001-01-01T00:00:00"}, "date_played lies before the year 1000"), ({"date_played": 5}, "date"),
     ({"ranked": "perhaps"}, "ranked"), ({"swap_colors": None}, "swap_colors"), ({"black_id": 5}, "black_id"),
     ({"winner": "B"}, "winner")],
)  # fmt: skip
def test_what_cannot_be_right_is_refused(server: Server, body: dict[str, Any], said: str) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    answer = change(server, game_id, "correct", by=club.go, **body)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["message"]
    assert history(server, game_id) == []


def test_of_changes_at_the_same_moment_none_is_lost(server: Server) -> None:
    club = a_club(server)
    game_id = a_reported_game(server, club.go)["id"]
    right: list[dict[str, Any]] = [{"result": "B+R"}, {"komi": 0.5}, {"handicap": 4}, {"date_played": "2026-01-01"}]
    right += [{"result": f"B+{points}.5"} for points in range(1, 5)]
    with ThreadPoolExecutor(len(right)) as crowd:
        list(crowd.map(lambda body: changed(server, game_id, "correct", by=club.go, **body), right))
    game = the_game(server, game_id)
    assert (game["komi"], game["handicap"], game["date_played"]) == (0.5, 4, "2026-01-01T00:00:00")
    entries = history(server, game_id)
    assert len(entries) == len(right)
    course = [(entry["before"]["result"], entry["after"]["result"]) for entry in entries if "result" in entry["after"]]
    assert [before for before, _ in course] == ["W+3.5", *(after for _, after in course[:-1])]
    assert game["result"] == course[-1][1]
    assert the_rating(server, game_id)["black"]["score"] == 1
