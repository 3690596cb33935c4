"""Team matches over HTTP: what a game server reports, what it changes, and what it may not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.builders import GameServer, User, a_game_server, a_verified_user
from tests.support.server import Server

Fields = list[list[int]]


def a_report(fields: Fields, winner: int, *, commanders: list[int] | None = None, **changes: Any) -> dict[str, Any]:
    """A match between these field players, team by team; guests command unless `commanders` say otherwise."""
    commanders = commanders or [0] * len(fields)
    teams = [
        {
            "id": number,
            "race": "human" if number % 2 else "beast",
            "field_players": [{"user_id": user} for user in field],
            "commander": commander,
        }
        for number, (field, commander) in enumerate(zip(fields, commanders, strict=True))
    ]
    return {"teams": teams, "winner": winner} | changes


def report(server: Server, arena: GameServer, body: dict[str, Any]) -> httpx.Response:
    return server.post("/v1/server/match-update", body, auth=arena.auth)


def stats(server: Server, arena: GameServer, user: User) -> dict[str, Any]:
    answer = server.get("/v1/user/stats", params={"user_id": user.id, "server_id": arena.id}, auth=arena.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ratings(server: Server, arena: GameServer, *users: User) -> list[int]:
    return [stats(server, arena, user)["skill_rating"] for user in users]


def test_ratings_move_as_the_contract_says(server: Server) -> None:
    arena, first, second = a_game_server(server), a_verified_user(server), a_verified_user(server)
    fields = [[first.id], [second.id]]
    answer = report(server, arena, a_report(fields, -1))
    assert (answer.status_code, answer.json()) == (200, None)
    assert ratings(server, arena, first, second) == [800, 800]  # a draw between equals
    report(server, arena, a_report(fields, 0))
    assert ratings(server, arena, first, second) == [832, 768]
    report(server, arena, a_report(fields, -1))
    assert ratings(server, arena, first, second) == [829, 771]  # 829.174 and 771.061, without their fractions
    report(server, arena, a_report(fields, 1))
    after = ratings(server, arena, first, second)
    assert after[0] < 829
    assert after[1] > 771


def test_three_teams_are_rated_against_the_mean_of_the_others(server: Server) -> None:
    arena = a_game_server(server)
    players = [a_verified_user(server) for _ in range(3)]
    report(server, arena, a_report([[player.id] for player in players], 1))
    # All stand at 800, so everybody expects 1/2: the winner gains 32, the losers give 32.
    assert ratings(server, arena, *players) == [768, 832, 768]


def test_stats_count_field_and_command_apart(server: Server) -> None:
    arena = a_game_server(server)
    field, commander, opponent = (a_verified_user(server) for _ in range(3))
    report(server, arena, a_report([[field.id], [opponent.id]], 0, commanders=[commander.id, opponent.id]))
    told = stats(server, arena, field)
    assert set(told) == {
        *("user_id", "server_id", "first_seen", "last_seen", "skill_rating"),
        *("matches_played_field", "matches_played_command", "matches_won_field", "matches_won_command"),
    }
    assert (told["matches_played_field"], told["matches_won_field"]) == (1, 1)
    assert (told["matches_played_command"], told["matches_won_command"]) == (0, 0)
    command = stats(server, arena, commander)
    assert (command["matches_played_command"], command["matches_won_command"], command["skill_rating"]) == (1, 1, 800)
    both = stats(server, arena, opponent)
    assert (both["matches_played_field"], both["matches_played_command"]) == (1, 1)


def test_first_seen_stays_and_last_seen_moves(server: Server) -> None:
    arena, user = a_game_server(server), a_verified_user(server)
    report(server, arena, a_report([[user.id], [-1]], 0))
    first = stats(server, arena, user)
    report(server, arena, a_report([[user.id], [-1]], 0))
    second = stats(server, arena, user)
    assert first["first_seen"] == first["last_seen"] == second["first_seen"]
    assert second["last_seen"] > first["last_seen"]


def test_every_game_server_has_ratings_of_its_own(server: Server) -> None:
    here, there, user = a_game_server(server), a_game_server(server), a_verified_user(server)
    report(server, here, a_report([[user.id], [-1]], 0))
    report(server, there, a_report([[user.id], [-1]], 1))
    assert ratings(server, here, user) == [832]
    assert ratings(server, there, user) == [768]


def test_guests_may_share_an_id_and_leave_no_trace(server: Server) -> None:
    arena = a_game_server(server)
    answer = report(server, arena, a_report([[0, 0, -1], [-1]], 0, commanders=[-1, 0]))
    assert (answer.status_code, answer.json()) == (200, None)
    assert (
        server.get("/v1/user/stats", params={"user_id": 0, "server_id": arena.id}, auth=arena.auth).status_code == 404
    )


def test_the_winner_is_a_teams_id_not_its_place(server: Server) -> None:
    arena, first, second = a_game_server(server), a_verified_user(server), a_verified_user(server)
    body = a_report([[first.id], [second.id]], 1)
    body["teams"][0]["id"], body["teams"][1]["id"] = 3, 1
    report(server, arena, body)
    assert ratings(server, arena, first, second) == [768, 832]


def test_ids_may_come_as_text(server: Server) -> None:
    arena, user = a_game_server(server), a_verified_user(server)
    body = a_report([[user.id], [-1]], 0)
    body["teams"][0]["field_players"] = [{"user_id": str(user.id)}]
    body["winner"] = "0"
    assert report(server, arena, body).status_code == 200
    assert ratings(server, arena, user) == [832]


def test_unknown_accounts_are_refused_and_nothing_changes(server: Server) -> None:
    arena, user = a_game_server(server), a_verified_user(server)
    report(server, arena, a_report([[user.id], [-1]], 0))
    before = stats(server, arena, user)
    for fields, commanders in [([[user.id, 10**15], [-1]], [0, 0]), ([[user.id], [-1]], [10**15, 0])]:
        answer = report(server, arena, a_report(fields, 0, commanders=commanders))
        assert answer.status_code == 422
        assert str(10**15) in answer.json()["detail"]
        assert answer.headers["X-Tengen-Error"] == "unknown_accounts"
    assert stats(server, arena, user) == before


def with_team(changes: dict[str, Any]) -> dict[str, Any]:
    body = a_report([[-1], [-2]], 0)
    body["teams"][0] |= changes
    return body


MANY = [{"user_id": -n} for n in range(33)]
INVALID = [
    ("one team", a_report([[-1]], 0), ["body", "teams"], "value_error.list.min_items"),
    ("five teams", a_report([[-1]] * 5, 0), ["body", "teams"], None),
    ("team 4", with_team({"id": 4}), ["body", "teams", 0, "id"], "value_error.number.not_le"),
    ("team -1", with_team({"id": -1}), ["body", "teams", 0, "id"], "value_error.number.not_ge"),
    ("the same team twice", with_team({"id": 1}), ["body", "teams"], "value_error.list.unique_items"),
    ("another race", with_team({"race": "elf"}), ["body", "teams", 0, "race"], "type_error.enum"),
    ("nobody in the field", with_team({"field_players": []}), ["body", "teams", 0, "field_players"], None),
    ("33 in the field", with_team({"field_players": MANY}), ["body", "teams", 0, "field_players"], None),
    ("no commander", {"teams": [{"id": 0}], "winner": 0}, ["body", "teams", 0, "race"], "value_error.missing"),
    ("winner -2", a_report([[-1], [-2]], -2), ["body", "winner"], "value_error.number.not_ge"),
    ("winner 4", a_report([[-1], [-2]], 4), ["body", "winner"], "value_error.number.not_le"),
    ("no winner", {"teams": a_report([[-1], [-2]], 0)["teams"]}, ["body", "winner"], "value_error.missing"),
    ("winner who did not play", a_report([[-1], [-2]], 3), ["body", "__root__"], "value_error"),
]


@pytest.mark.parametrize(("body", "where", "kind"), [row[1:] for row in INVALID], ids=[row[0] for row in INVALID])
def test_a_report_that_cannot_be_is_refused(
    server: Server, body: dict[str, Any], where: list[Any], kind: str | None
) -> None:
    answer = report(server, a_game_server(server), body)
    assert answer.status_code == 422
    problem = next(problem for problem in answer.json()["detail"] if problem["loc"] == where)
    assert kind in {None, problem["type"]}


def test_nobody_fights_in_two_teams_or_twice_in_one(server: Server) -> None:
    arena, user = a_game_server(server), a_verified_user(server)
    both = report(server, arena, a_report([[user.id], [user.id]], 0))
    assert both.json()["detail"][0] == {
        "loc": ["body", "teams"],
        "msg": "Teams should be disjoint",
        "type": "value_error",
    }
    twice = report(server, arena, a_report([[user.id, user.id], [-1]], 0))
    assert twice.json()["detail"][0]["type"] == "value_error.list.unique_items"


def test_the_winner_must_have_played_in_the_original_words(server: Server) -> None:
    answer = report(server, a_game_server(server), a_report([[-1], [-2]], 2))
    assert answer.json()["detail"][0]["msg"] == "winner index is not an id of one of the teams"


def test_only_a_game_server_reports(server: Server) -> None:
    user, arena = a_verified_user(server), a_game_server(server)
    body = a_report([[-1], [-2]], 0)
    assert server.post("/v1/server/match-update", body).json() == {"detail": "Not authenticated"}
    for auth in (user.auth, httpx.BasicAuth(str(arena.id), "0" * 32), httpx.BasicAuth("1", "")):
        answer = server.post("/v1/server/match-update", body, auth=auth)
        assert (answer.status_code, answer.json()) == (401, {"detail": "Incorrect username or password"})


def test_stats_are_for_users_and_servers_and_404_without_a_match(server: Server) -> None:
    arena, user = a_game_server(server), a_verified_user(server)
    where = {"user_id": user.id, "server_id": arena.id}
    for auth in (arena.auth, user.auth):
        answer = server.get("/v1/user/stats", params=where, auth=auth)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    refused = server.get("/v1/user/stats", params=where, auth=httpx.BasicAuth("nobody", "nothing at all"))
    assert (refused.status_code, refused.json()) == (401, {"detail": "Incorrect username or password"})
    assert server.get("/v1/user/stats", params={"user_id": user.id}, auth=user.auth).status_code == 422


def test_batch_stats_leave_out_who_has_not_played(server: Server) -> None:
    arena = a_game_server(server)
    first, second, absent = (a_verified_user(server) for _ in range(3))
    report(server, arena, a_report([[first.id], [second.id]], 0))
    wanted = {"user_ids": [second.id, absent.id, first.id, 10**15], "server_id": arena.id}
    answer = server.get("/v1/user/stats/batch", params=wanted, auth=first.auth)
    assert answer.status_code == 200
    assert [row["user_id"] for row in answer.json()] == sorted([first.id, second.id])
    assert answer.json()[0] == stats(server, arena, first)
    assert server.get("/v1/user/stats/batch", params={"server_id": arena.id}, auth=first.auth).status_code == 422


def test_matches_reported_at_once_all_count(server: Server) -> None:
    arena = a_game_server(server)
    players = [a_verified_user(server) for _ in range(4)]
    ids = [player.id for player in players]
    # The same four in changing order: without a fixed order of locking these would deadlock.
    reports = []
    for n in range(24):
        first, second, third, fourth = (ids[(n + offset) % 4] for offset in range(4))
        reports.append(a_report([[first, second], [third, fourth]], n % 2, commanders=[first, 0]))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: report(server, arena, body), reports))
    assert [answer.status_code for answer in answers] == [200] * 24
    for player in players:
        told = stats(server, arena, player)
        assert (told["matches_played_field"], told["matches_won_field"]) == (24, 12)
        assert told["matches_played_command"] == 6
