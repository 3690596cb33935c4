"""Many reports in one request: each is accepted or refused on its own, and each has its line."""

import json
from typing import Any

import httpx
import pytest

from tests.games.builders import GoServer, a_go_player, a_go_server, a_report, refused, the_game, the_rating
from tests.support.builders import unique
from tests.support.server import Server


def a_batched(club: GoServer, **changes: Any) -> dict[str, Any]:
    """A report as it is in a batch, with the players' tokens."""
    tokens = {"black_token": club.black.token, "white_token": club.white.token}
    return a_report(club, **{**tokens, **changes})


def send_batch(server: Server, club: GoServer, reports: Any, **headers: str) -> httpx.Response:
    return server.request(
        "POST", "/api/v1/games/batch", json=reports, headers={"X-Auth-Server-Token": club.secret, **headers}
    )


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [line.pop("index") for line in found] == list(range(len(found)))
    return found


def test_each_report_has_its_line_in_order(server: Server) -> None:
    club = a_go_server(server)
    reports = [a_batched(club, result=result) for result in ("B+R", "B+W", "W+R", "0")]
    answer = send_batch(server, club, reports)
    first, second, third, fourth = lines(answer)
    assert second == {"status": 400, "code": "invalid_result", "message": "format of result is incorrect"}
    for line, result in ((first, "B+R"), (third, "W+R"), (fourth, "0")):
        assert (line["status"], line["is_new"], line["game"]["result"]) == (201, True, result)
        assert the_game(server, line["game"]["id"])["date_reported"] == line["game"]["date_reported"]
    assert first["game"]["id"] < third["game"]["id"] < fourth["game"]["id"]


def test_every_refusal_is_told_as_if_the_report_had_come_alone(server: Server) -> None:
    club, other = a_go_server(server), a_go_server(server)
    wrong: list[tuple[Any, int, str]] = [
        ("no object", 400, "invalid_report"),
        (None, 400, "invalid_report"),
        ({}, 400, "missing_parameters"),
        (a_batched(club, komi=None, game_record="(;)"), 400, "missing_parameters"),
        (a_batched(club, black_token=None), 403, "missing_tokens"),
        (a_batched(club, white_token=7), 403, "missing_tokens"),
        (a_batched(club, server_id=other.id), 404, "unknown_token"),
        (a_batched(club, black_token="guess"), 404, "unknown_token"),
        (a_batched(club, white_token="\u00e9"), 404, "unknown_token"),
        (a_batched(club, game_record=None), 400, "missing_record"),
        (a_batched(club, game_record=None, game_url="http://127.0.0.1:9/"), 400, "game_url_unfetched"),
        (a_batched(club, date_played="never"), 400, "invalid_date"),
        (a_batched(club, handicap="many"), 400, "invalid_terms"),
        (a_batched(club, black_id=other.black.id, black_token=other.black.token), 400, "invalid_report"),
        (a_batched(club, game_record="("), 400, "invalid_record"),
        (a_batched(club, idempotency_key=7), 400, "invalid_report"),
        (a_batched(club, idempotency_key=""), 400, "invalid_report"),
    ]
    found = lines(send_batch(server, club, [body for body, _, _ in wrong]))
    assert [(line["status"], line["code"]) for line in found] == [(status, code) for _, status, code in wrong]
    assert all(line["message"] for line in found)
    assert server.get("/api/v1/games", params={"server_id": club.id}).json()["results"] == []


def test_the_same_report_twice_is_one_game_and_the_second_is_not_new(server: Server) -> None:
    club = a_go_server(server)
    body, key = a_batched(club), {"idempotency_key": unique("key-")}
    keyed = a_batched(club, **key)
    found = lines(send_batch(server, club, [body, body, keyed, {**keyed, "game_record": "(;KM[7.5])"}]))
    assert [line["is_new"] for line in found] == [True, False, True, False]
    assert found[0]["game"]["id"] == found[1]["game"]["id"] != found[2]["game"]["id"] == found[3]["game"]["id"]
    (reused,) = lines(send_batch(server, club, [a_batched(club, **key)]))
    assert (reused["status"], reused["code"]) == (409, "idempotency_key_reused")


def test_a_batch_rates_as_its_reports_would_one_by_one(server: Server) -> None:
    club = a_go_server(server)
    third = a_go_player(server, club)
    other = {"white_id": third.id, "white_token": third.token}
    found = lines(send_batch(server, club, [a_batched(club, result="B+R"), a_batched(club, result="W+R", **other)]))
    first, second = (the_rating(server, line["game"]["id"]) for line in found)
    assert second["black"]["rank_before"] == first["black"]["rank_after"]
    assert second["black"]["rank_after"] < second["black"]["rank_before"]


def test_a_batch_is_answered_line_by_line(server: Server) -> None:
    club = a_go_server(server)
    reports = [a_batched(club) for _ in range(50)]
    headers = {"X-Auth-Server-Token": club.secret}
    with server.client.stream("POST", "/api/v1/games/batch", json=reports, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        assert "Content-Length" not in answer.headers
        for index, line in enumerate(answer.iter_lines()):
            told = json.loads(line)
            assert (told["index"], told["status"]) == (index, 201)
            if index in {0, 49}:  # what has been told is there already
                the_game(server, told["game"]["id"])


def test_a_thousand_reports_are_taken_and_one_more_is_not(server: Server) -> None:
    club = a_go_server(server)
    assert [line["status"] for line in lines(send_batch(server, club, [{}] * 1_000))] == [400] * 1_000
    answer = send_batch(server, club, [{}] * 1_001)
    assert refused(answer, 400, "invalid_report") == "A batch is a JSON list of at most 1,000 reports."


def test_an_empty_batch_has_no_lines(server: Server) -> None:
    assert lines(send_batch(server, a_go_server(server), [])) == []


@pytest.mark.parametrize("body", ["null", "{}", '"x"', "5"])
def test_what_is_no_list_is_no_batch(server: Server, body: str) -> None:
    club = a_go_server(server)
    headers = {"X-Auth-Server-Token": club.secret, "Content-Type": "application/json"}
    answer = server.request("POST", "/api/v1/games/batch", content=body, headers=headers)
    assert refused(answer, 400, "invalid_report") == "A batch is a JSON list of at most 1,000 reports."


def test_a_batch_is_json_and_comes_with_the_servers_token(server: Server) -> None:
    club = a_go_server(server)
    answer = send_batch(server, club, [], **{"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["message"]) == (415, None)
    answer = server.request("POST", "/api/v1/games/batch", json=[a_batched(club)])
    assert "X-Auth-Server-Token" in refused(answer, 403, "missing_tokens")
    headers = {"X-Auth-Server-Token": club.secret, "Content-Type": "application/json"}
    answer = server.request("POST", "/api/v1/games/batch", content=b"[{", headers=headers)
    assert refused(answer, 400, "invalid_report") == "The body is not JSON."


def test_a_wrong_server_token_refuses_every_report_and_is_told_to_nobody(server: Server) -> None:
    club = a_go_server(server)
    wrong = unique("wrong-server-")
    answer = send_batch(server, club, [a_batched(club)] * 3, **{"X-Auth-Server-Token": wrong})
    message = "server access token unknown or expired"
    assert lines(answer) == [{"status": 404, "code": "unknown_token", "message": message}] * 3
    accepted = send_batch(server, club, [a_batched(club)])
    log = server.new_log()
    for token in (wrong, club.secret, club.black.token, club.white.token):
        assert token not in answer.text + accepted.text + log
