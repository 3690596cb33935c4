"""Reporting a game over HTTP, as the clients of online-ratings do, and reading it again."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tengen.core.database import Transaction
from tengen.core.values import ServerId, utc_now
from tengen.games import team_matches
from tengen.games.team_match import Race, Team, TeamMatch
from tests.games.builders import (
    SGF,
    GoServer,
    a_go_player,
    a_go_server,
    a_long_record,
    a_moment,
    a_report,
    a_reported_game,
    refused,
    send,
    the_game,
    the_rating,
)
from tests.support.builders import a_game_server, unique
from tests.support.operations import operate
from tests.support.server import Server

MIB = 1024 * 1024
MISSING_TOKENS = "Did not submit required X-Auth-(Server-Token|Black-Player-Token|White-Player-Token) headers."
UNREACHABLE = "http://127.0.0.1:9/game.sgf"
"""No address of the internet."""


# ── the checks, in their order ──


@dataclass(frozen=True)
class Wrong:
    """One thing wrong with a report, and what is said to it. `tokens` are those of `GoServer.headers`."""

    name: str
    status: int
    code: str
    message: str
    body: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str | None] = field(default_factory=dict)
    content_type: str | None = None
    raw: bytes | None = None


# The numbers are those of the contract's table; those from 14 on are Tengen's own. Number 10, a fetch that times out,
# is shown where it need not take ten seconds (test_reporting.py).
CHECKS = [
    Wrong("1 another type", 415, "unsupported_media_type", "None", content_type="text/plain"),
    Wrong("2 no JSON", 400, "invalid_report", "The body is not JSON.", raw=b'{"server_id": 4,'),
    Wrong(
        "3 a field is missing",
        400,
        "missing_parameters",
        "Missing required parameters: black_id",
        body={"black_id": None},
    ),
    Wrong("4 a header is missing", 403, "missing_tokens", MISSING_TOKENS, tokens={"white": None}),
    Wrong(
        "5 wrong server token",
        404,
        "unknown_token",
        "server access token unknown or expired",
        tokens={"server": "wrong-server-token"},
    ),
    Wrong(
        "6 wrong token of Black",
        404,
        "unknown_token",
        "black player access token unknown or expired",
        tokens={"black": "wrong-black-token"},
    ),
    Wrong(
        "7 wrong token of White",
        404,
        "unknown_token",
        "white player token unknown or expired",
        tokens={"white": "wrong-white-token"},
    ),
    Wrong("8 no result", 400, "invalid_result", "format of result is incorrect", body={"result": "B+W"}),
    Wrong(
        "9 neither record nor URL",
        400,
        "missing_record",
        "One of game_record or game_url must be present",
        body={"game_record": None, "game_url": None},
    ),
    Wrong(
        "11 nothing at the URL",
        400,
        "game_url_unfetched",
        f"game_url provided ({UNREACHABLE}) was invalid!",
        body={"game_record": None, "game_url": UNREACHABLE},
    ),
    Wrong(
        "12 no date", 400, "invalid_date", "date_played must be in ISO 8601 format", body={"date_played": "long ago"}
    ),
    Wrong("13 no komi", 400, "invalid_terms", "invalid handicap or komi", body={"komi": "some"}),
    Wrong("14 neither ranked nor not", 400, "invalid_report", "ranked must be true or false.", body={"ranked": "yes"}),
    Wrong(
        "15 no record of Go",
        400,
        "invalid_record",
        "game_record: This is no SGF record: it does not begin with '(;'.",
        body={"game_record": "a good game"},
    ),
]


def report_with(
    server: Server, club: GoServer, wrongs: list[Wrong], headers: dict[str, str] | None = None
) -> httpx.Response:
    """Report a game with all this wrong; where two spoil the same thing, the first does."""
    body: dict[str, Any] = {}
    tokens: dict[str, str | None] = {}
    for wrong in reversed(wrongs):
        body |= wrong.body
        tokens |= wrong.tokens
    raw = next((wrong.raw for wrong in wrongs if wrong.raw is not None), None)
    content_type = next((wrong.content_type for wrong in wrongs if wrong.content_type), "application/json")
    content = json.dumps(a_report(club, **body)).encode() if raw is None else raw
    sent = {**club.headers(**tokens), **(headers or {}), "Content-Type": content_type}
    return server.request("POST", "/api/v1/games", content=content, headers=sent)


@pytest.mark.parametrize("wrong", CHECKS, ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_said_in_the_contracts_words(server: Server, wrong: Wrong) -> None:
    club = a_go_server(server)
    answer = report_with(server, club, [wrong])
    assert refused(answer, wrong.status, wrong.code) == wrong.message
    assert games_of(server, club) == []


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "never used before"}], ids=["plain", "with a key"])
def test_of_two_wrongs_the_first_in_the_table_is_said(server: Server, headers: dict[str, str]) -> None:
    club = a_go_server(server)
    said = {}
    for first, second in itertools.combinations(CHECKS, 2):
        answer = report_with(server, club, [first, second], headers)
        said[first.name, second.name] = (answer.status_code, str(answer.json()["message"]))
    expected = {
        (first.name, second.name): (first.status, first.message) for first, second in itertools.combinations(CHECKS, 2)
    }
    assert said == expected


def test_a_type_that_says_more_than_json_will_do(server: Server) -> None:
    club = a_go_server(server)
    for content_type in ("application/json; charset=utf-8", "Application/JSON"):
        body = json.dumps(a_report(club)).encode()
        headers = {**club.headers(), "Content-Type": content_type}
        assert server.request("POST", "/api/v1/games", content=body, headers=headers).status_code == 201
    without = server.request("POST", "/api/v1/games", content=b"{}", headers=club.headers())
    assert (without.status_code, without.json()["message"]) == (415, None)


def test_every_missing_field_is_named_in_order(server: Server) -> None:
    club = a_go_server(server)
    names = ["server_id", "black_id", "white_id", "result", "handicap", "komi", "date_played"]
    for empty in ({}, dict.fromkeys(names), {"game_record": None, "game_url": None, "game_server": None}):
        message = refused(send(server, club, empty), 400, "missing_parameters")
        assert message == f"Missing required parameters: {', '.join(names)}"
    for name in ("server_id", "black_id", "white_id", "result", "date_played"):
        message = refused(send(server, club, a_report(club, **{name: None})), 400, "missing_parameters")
        assert message == f"Missing required parameters: {name}"


def test_nought_is_not_missing(server: Server) -> None:
    game = a_reported_game(server, handicap=0, komi=0, game_record="(;HA[2]KM[6.5];W[pd])")
    assert (game["handicap"], game["komi"]) == (0, 0)


@pytest.mark.parametrize("missing", ["server", "black", "white"])
def test_each_header_is_needed(server: Server, missing: str) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club), **{missing: None})
    assert refused(answer, 403, "missing_tokens") == MISSING_TOKENS


def test_a_token_is_good_only_for_whom_it_was_made(server: Server) -> None:
    club, other = a_go_server(server), a_go_server(server)
    said = [
        refused(send(server, club, a_report(club), server=other.secret), 404, "unknown_token"),
        refused(send(server, club, a_report(club, server_id=other.id)), 404, "unknown_token"),
        refused(send(server, club, a_report(club), black=club.white.token), 404, "unknown_token"),
        refused(send(server, club, a_report(club), white=club.black.token), 404, "unknown_token"),
        refused(send(server, club, a_report(club, black_id=club.white.id)), 404, "unknown_token"),
        refused(send(server, club, a_report(club, white_id=2**62)), 404, "unknown_token"),
    ]
    black, white = "black player access token unknown or expired", "white player token unknown or expired"
    assert said == ["server access token unknown or expired"] * 2 + [black, white, black, white]


def test_tokens_are_told_to_nobody(server: Server) -> None:
    club = a_go_server(server)
    wrong = {who: unique(f"wrong-{who}-") for who in ("server", "black", "white")}
    answers = [send(server, club, a_report(club))]
    answers += [send(server, club, a_report(club), **{who: token}) for who, token in wrong.items()]
    answers += [send(server, club, a_report(club, result="B+W")), send(server, club, "no object")]
    answers += [send(server, club, a_report(club, komi=None, game_record="no record"))]
    assert [answer.status_code for answer in answers] == [201, 404, 404, 404, 400, 400, 400]
    log = server.requests_logged("/api/v1/games", len(answers))
    for token in (club.secret, club.black.token, club.white.token, *wrong.values()):
        assert token not in log
        assert not any(token in answer.text + str(answer.headers) for answer in answers)


def test_who_guesses_tokens_has_to_wait_and_who_knows_them_need_not(server: Server) -> None:
    club = a_go_server(server)
    address = {"X-Forwarded-For": f"2001:db8:{len(club.name):x}:{club.id:x}::1"}
    guesses = [send(server, club, a_report(club), address, black="guess") for _ in range(101)]
    assert {guess.status_code for guess in guesses[:100]} == {404}
    refused(guesses[100], 429, "too_many_requests")
    assert int(guesses[100].headers["Retry-After"]) > 0
    assert send(server, club, a_report(club), address).status_code == 201
    elsewhere = send(server, club, a_report(club), black="guess")
    refused(elsewhere, 404, "unknown_token")


HUGE = 10**400
WRONG_TYPES: list[tuple[str, list[Any], str]] = [
    ("server_id", ["4", 4.5, True, [], {}, 2**63, HUGE, 1e999], "server_id must be an integer."),
    ("black_id", ["71", 71.0, False, [71], {"id": 71}, -HUGE], "black_id must be an integer."),
    ("white_id", ["", [], {}, 2**64], "white_id must be an integer."),
    ("result", [0, 3.5, True, [], {}, ["B+R"], HUGE], "format of result is incorrect"),
    ("game_record", [5, True, [], {}, [SGF]], "game_record must be the text of an SGF file."),
    ("game_url", [5, True, [], {}, "x" * 2001, "http://a/\n"],
     "game_url must be an address of at most 2000 characters."),
    ("date_played", [5, 1.5e9, True, [], {}, HUGE], "date_played must be in ISO 8601 format"),
    ("handicap", ["two", "1.5", "", True, [], {}, -1, 626, HUGE, -HUGE, float("nan"), 1e999, "9" * 5000],
     "invalid handicap or komi"),
    ("komi", ["6,5", "", "nan", "1e1", True, [], {}, 626, HUGE, -HUGE, float("nan"), -1e999, "1_0"],
     "invalid handicap or komi"),
    ("ranked", [0, 1, "true", [], {}], "ranked must be true or false."),
    ("size", ["19", 19.0, True, [], {}, 0, -19, 26, HUGE],
     "size must be the number of lines of the board, at most 25."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "message"), WRONG_TYPES, ids=[row[0] for row in WRONG_TYPES])
def test_values_of_another_type_are_refused_with_a_sentence(
    server: Server, name: str, values: list[Any], message: str
) -> None:
    club = a_go_server(server)
    headers = {**club.headers(), "Content-Type": "application/json"}
    for value in values:
        body = json.dumps({**a_report(club), name: value}).encode()
        answer = server.request("POST", "/api/v1/games", content=body, headers=headers)
        assert (answer.status_code, answer.json()["message"]) == (400, message), value
    assert games_of(server, club) == []


@pytest.mark.parametrize("body", ["null", "true", "5", '"x"', "[]", '[{"server_id": 4}]', "1e999", "NaN"])
def test_a_body_that_is_no_object_is_refused_with_a_sentence(server: Server, body: str) -> None:
    club = a_go_server(server)
    headers = {**club.headers(), "Content-Type": "application/json"}
    answer = server.request("POST", "/api/v1/games", content=body.encode(), headers=headers)
    assert refused(answer, 400, "invalid_report") == "A report is a JSON object with the values of one game."


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}{}", b"server_id=4", b"\xff\xfe", b'{"a": "\\ud800"}', b"[" * 100_000, "{}".encode("utf-16")],
)
def test_a_body_that_is_no_json_is_refused_with_a_sentence(server: Server, body: bytes) -> None:
    club = a_go_server(server)
    headers = {**club.headers(), "Content-Type": "application/json"}
    answer = server.request("POST", "/api/v1/games", content=body, headers=headers)
    assert refused(answer, 400, "invalid_report") == "The body is not JSON."


# ── what is taken ──


def test_a_reported_game_is_answered_as_the_contract_has_it(server: Server) -> None:
    club = a_go_server(server)
    before = utc_now().replace(tzinfo=None)
    answer = send(server, club, a_report(club, date_played="2026-03-14T19:05:00"))
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    game = answer.json()
    assert answer.headers["Location"] == f"/api/v1/games/{game['id']}"
    assert "Idempotent-Replayed" not in answer.headers
    contract = {
        "white_id": club.white.id,
        "black_id": club.black.id,
        "server_id": club.id,
        "date_played": "2026-03-14T19:05:00",
        "result": "W+3.5",
        "handicap": 0,
        "komi": 7.5,
    }
    assert game.items() >= contract.items()
    assert isinstance(game["id"], int)
    assert before <= datetime.fromisoformat(game["date_reported"]) <= utc_now().replace(tzinfo=None)


def test_the_same_object_comes_back_field_for_field(server: Server) -> None:
    club = a_go_server(server)
    odd = {"game_record": a_long_record(), "result": "B+R", "komi": 6.5, "handicap": 2, "game_url": "http://a.example/"}
    for body in (a_report(club), a_report(club, **odd), a_report(club, result="Void", ranked=False)):
        answer = send(server, club, body)
        assert answer.status_code == 201, answer.text
        assert server.get(answer.headers["Location"]).content == answer.content


def test_the_original_documents_request_works(server: Server) -> None:
    club = a_go_server(server)
    body = a_report(club, server_id=None, game_server=club.name, handicap=None, komi=None)
    answer = send(server, club, body)
    assert answer.status_code == 201, answer.text
    game = answer.json()
    assert (game["server_id"], game["handicap"], game["komi"]) == (club.id, 0, 7.5)


def test_of_servers_with_one_name_the_token_says_which(server: Server) -> None:
    name = unique("Twin Club ")
    clubs = [a_go_server(server, registered=a_game_server(server, display_name=name)) for _ in range(2)]
    for club in clubs:
        assert club.name == name
        assert a_reported_game(server, club, server_id=None, game_server=name)["server_id"] == club.id
    body = a_report(clubs[0], server_id=None, game_server=name)
    assert "black_id" in refused(send(server, clubs[0], body, server=clubs[1].secret), 400, "invalid_report")


def test_an_id_counts_and_the_name_beside_it_does_not(server: Server) -> None:
    club = a_go_server(server)
    assert a_reported_game(server, club, game_server="whatever")["server_id"] == club.id
    assert a_reported_game(server, club, game_server=5)["server_id"] == club.id


@pytest.mark.parametrize("name", ["nobody by that name", "", "\0", " \u202e "])
def test_a_name_that_no_server_bears_is_an_unknown_token(server: Server, name: str) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club, server_id=None, game_server=name))
    assert refused(answer, 404, "unknown_token") == "server access token unknown or expired"


@pytest.mark.parametrize("name", [5, True, [], {}, "x" * 101])
def test_a_name_that_is_none_is_refused(server: Server, name: Any) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club, server_id=None, game_server=name))
    assert refused(answer, 400, "invalid_report").startswith("game_server must be the name of a game server")


TERMS: list[tuple[str, dict[str, Any], tuple[int, float]]] = [
    ("(;KM[6.5])", {}, (0, 6.5)),
    ("(;KM[0.5]HA[3]AB[dd][pp][dp])", {}, (3, 0.5)),
    ("(;KM[0.5]HA[3]AB[dd][pp][dp])", {"handicap": 4}, (4, 0.5)),
    ("(;HA[3]AB[dd][pp][dp])", {"komi": 0.5}, (3, 0.5)),
    ("(;KM[6.5])", {"komi": -5}, (0, -5)),
    ("no record", {"handicap": 0, "komi": 6.5}, (0, 6.5)),
]


@pytest.mark.parametrize(("record", "said", "terms"), TERMS[:-1])
def test_what_the_report_leaves_out_is_taken_from_the_record(
    server: Server, record: str, said: dict[str, Any], terms: tuple[int, float]
) -> None:
    game = a_reported_game(server, **{"handicap": None, "komi": None, **said, "game_record": record})
    assert (game["handicap"], game["komi"]) == terms


@pytest.mark.parametrize(
    ("record", "missing"),
    [("(;HA[2])", "komi"), ("(;KM[six])", "komi"), ("no record", "handicap, komi"), ("", "handicap, komi")],
)
def test_what_the_record_leaves_out_too_is_missing(server: Server, record: str, missing: str) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club, handicap=None, komi=None, game_record=record))
    assert refused(answer, 400, "missing_parameters") == f"Missing required parameters: {missing}"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [({"handicap": "2", "komi": "0.5"}, (2, 0.5)), ({"handicap": 2.9, "komi": 6}, (2, 6)),
     ({"handicap": " 3 ", "komi": "-7"}, (3, -7)), ({"handicap": 625, "komi": -625}, (625, -625)),
     ({"handicap": 0.0, "komi": "+.5"}, (0, 0.5))],
)  # fmt: skip
def test_handicap_and_komi_may_be_text_and_a_fraction_of_a_stone_is_cut_off(
    server: Server, sent: dict[str, Any], stored: tuple[int, float]
) -> None:
    game = a_reported_game(server, **sent)
    assert (game["handicap"], game["komi"]) == stored


RESULTS = [
    *("0", "Draw", "Void", "?", "B+R", "W+R", "B+Resign", "W+Resign", "B+T", "W+T", "B+Time", "W+Time", "B+F", "W+F"),
    *("B+Forfeit", "W+Forfeit", "B+0.5", "W+0.5", "B+100", "B+42", "W+3.50", "B+0"),
]
NO_RESULTS = [
    *("", "B", "W", "B+", "B+W", "B-5", "Wx3", "B+-3", "B+nan", "B+inf", "B+1e2", "B+ 5", "b+R", "draw", "B+resign"),
    *(" B+R", "B+R ", "B+123456789", "B+\u0663", "Resign", "\0", "x" * 10_000),
]


def test_every_result_of_the_contract_is_taken_and_told_as_it_was_written(server: Server) -> None:
    club = a_go_server(server)
    assert [a_reported_game(server, club, result=result)["result"] for result in RESULTS] == RESULTS


def test_no_other_result_is_taken(server: Server) -> None:
    club = a_go_server(server)
    for result in NO_RESULTS:
        answer = send(server, club, a_report(club, result=result))
        assert refused(answer, 400, "invalid_result") == "format of result is incorrect", result


DATES = [
    ("2014-08-19T10:30:00", "2014-08-19T10:30:00"),
    ("2014-08-19T10:30:00.25", "2014-08-19T10:30:00.250000"),
    ("2014-08-19T10:30:00Z", "2014-08-19T10:30:00"),
    ("2014-08-19T10:30:00+00:00", "2014-08-19T10:30:00"),
    ("2014-08-19T10:30:00+02:00", "2014-08-19T08:30:00"),
    ("2014-08-19T23:30:00-0930", "2014-08-20T09:00:00"),
    ("2014-08-19T10:30:00.000001+05:45", "2014-08-19T04:45:00.000001"),
    ("2014-08-19 10:30", "2014-08-19T10:30:00"),
    ("20140819T103000Z", "2014-08-19T10:30:00"),
    ("2014-08-19", "2014-08-19T00:00:00"),
    ("2014-W34-2T10:30", "2014-08-19T10:30:00"),
    ("2014/08/19 10:30", "2014-08-19T10:30:00"),
    ("Aug 19, 2014 10:30 PM", "2014-08-19T22:30:00"),
    ("19 August 2014 10:30:15 UTC", "2014-08-19T10:30:15"),
    ("Tue, 19 Aug 2014 10:30:00 -0700", "2014-08-19T17:30:00"),
    ("1000-01-01T00:00:00", "1000-01-01T00:00:00"),
]
NO_DATES = [
    *("", " ", "yesterday", "2014-13-01T00:00:00", "2014-02-30T00:00:00", "2014-08-19T25:00:00", "T", "\0"),
    *("Aug 19, 2014 10:30 EST", "2014-08-19T10:30:00+25:00", "2014-08-19T10:30:00 Europe/Berlin"),
    *("0001-01-01T00:00:00+10:00", "10000-01-01T00:00:00", "2014-08-19T10:30:00" + " " * 64, "1408444200"),
]


def test_dates_are_answered_in_utc_and_one_without_offset_unchanged(server: Server) -> None:
    club = a_go_server(server)
    assert [a_reported_game(server, club, date_played=sent)["date_played"] for sent, _ in DATES] == [
        told for _, told in DATES
    ]


def test_what_is_no_date_is_refused(server: Server) -> None:
    club = a_go_server(server)
    said = {date: send(server, club, a_report(club, date_played=date)) for date in NO_DATES}
    for date, answer in said.items():
        assert (answer.status_code, answer.json()["message"]) == (400, "date_played must be in ISO 8601 format"), date


def test_missing_parts_of_a_date_are_todays(server: Server) -> None:
    before = utc_now().date()
    told = a_reported_game(server, date_played="00:01")["date_played"]
    assert told in {f"{day.isoformat()}T00:01:00" for day in (before, utc_now().date())}


def test_a_clock_may_be_half_a_day_ahead_but_not_a_week(server: Server) -> None:
    club = a_go_server(server)
    ahead = (utc_now() + timedelta(hours=14)).isoformat()
    assert send(server, club, a_report(club, date_played=ahead)).status_code == 201
    far = (utc_now() + timedelta(days=7)).isoformat()
    for date, where in ((far, "in the future"), ("9999-12-31T23:59:59", "in the future")):
        answer = send(server, club, a_report(club, date_played=date))
        assert refused(answer, 400, "invalid_date") == f"date_played lies {where}"


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00", "0014-08-19T10:30:00", "0999-12-31T23:59:59"])
def test_a_year_of_less_than_four_digits_is_a_slip(server: Server, date: str) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club, date_played=date))
    assert refused(answer, 400, "invalid_date") == "date_played lies before the year 1000"


def test_a_bearer_token_good_or_bad_changes_nothing(server: Server) -> None:
    club = a_go_server(server)
    for authorization in ("Bearer nonsense", "Bearer", "Basic !!!", "Digest x"):
        header = {"Authorization": authorization}
        answer = send(server, club, a_report(club), header)
        assert answer.status_code == 201
        for path in ("", "/sgf", "/rating", "/history"):
            read = server.get(f"{answer.headers['Location']}{path}", headers=header)
            assert read.status_code == 200
        assert server.get("/api/v1/games", params={"server_id": club.id}, headers=header).status_code == 200


# ── records ──


@pytest.mark.parametrize(
    "record",
    [SGF, "\n (;FF[4]\r\nPB[Ōta]\tPW[王]C[a\\]b]\r\n)\n trailing words ", "(;CA[GB2312]PB[王])", "(;CA[nonsense]PB[é])",
     "\ufeff(;PB[é])", "(;PB[\x00\x01])", "(;B[tt](;W[aa])(;W[bb]))"],
)  # fmt: skip
def test_the_record_comes_back_byte_for_byte(server: Server, record: str) -> None:
    game = a_reported_game(server, game_record=record)
    assert game["has_record"] is True
    answer = server.get(f"/api/v1/games/{game['id']}/sgf")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-go-sgf"
    assert answer.content == record.encode()


def test_the_record_wins_over_the_url_which_is_stored_beside_it(server: Server) -> None:
    game = a_reported_game(server, game_url=UNREACHABLE)
    assert game["game_url"] == UNREACHABLE
    assert server.get(f"/api/v1/games/{game['id']}/sgf").content == SGF.encode()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/x.sgf", "http://[::1]/x.sgf", "http://localhost/x.sgf", "http://169.254.169.254/latest",
            "ftp://a.example/x.sgf", "file:///etc/passwd", "x", "http://", "http://127.0.0.1:99999999999999999999/",
            "http://127.0.0.1:99999/", "http://[::1", "http://xn--\u0130../", "//a.example/x.sgf"],
)  # fmt: skip
def test_nothing_is_fetched_from_addresses_that_are_not_the_internets(server: Server, url: str) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club, game_record=None, game_url=url))
    assert refused(answer, 400, "game_url_unfetched") == f"game_url provided ({url}) was invalid!"


def test_a_record_may_have_a_mebibyte_and_no_more(server: Server) -> None:
    club = a_go_server(server)
    frame = "(;KM[7.5]C[%s])"
    largest = frame % ("x" * (MIB - len(frame) + 2))
    game = a_reported_game(server, club, game_record=largest)
    assert server.get(f"/api/v1/games/{game['id']}/sgf").content == largest.encode()
    answer = send(server, club, a_report(club, game_record=largest + "\n"))
    message = refused(answer, 400, "invalid_record")
    assert message == "game_record: the record has 1,048,577 bytes; at most 1,048,576 are kept."
    answer = send(server, club, a_report(club, game_record="x" * 4 * MIB))
    refused(answer, 413, "body_too_large")
    assert server.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("record", "message"),
    [("(;B[aa]", "The record ends too early: a closing parenthesis is missing."),
     ("(;\nB[aa]\n ?W[bb])", "The record cannot be read in line 3, character 2: unexpected '?'."),
     ("(;B[aa]\n;W[bb)", "The record ends too early: the bracket in line 2 is not closed."),
     ("(;GM[2])", "The record is of another game than Go: GM[2]."),
     ("(;SZ[40])", "The record's board cannot be used. A board has 2 to 25 lines a side, and not 40."),
     ("(" + ";" * 30_001 + ")", "The record has more than 30,000 nodes."),
     ("(" + ";B[]" * 5_001 + ")", "The record has more than 5,000 moves.")],
)  # fmt: skip
def test_an_unreadable_record_is_refused_with_the_place(server: Server, record: str, message: str) -> None:
    club = a_go_server(server)
    answer = send(server, club, a_report(club, game_record=record))
    assert refused(answer, 400, "invalid_record") == f"game_record: {message}"
    assert games_of(server, club) == []


def test_a_record_that_says_otherwise_is_taken_with_warnings(server: Server) -> None:
    record = "(;SZ[13]KM[6.5]HA[2]AB[dd][jj]RE[B+R])"
    game = a_reported_game(server, result="W+3.5", komi=7, handicap=0, size=19, game_record=record)
    assert game["record_warnings"] == [
        {"code": f"{what}_contradicts", "text": f"The record's {said}.", "move": None}
        for what, said in [
            ("result", "result is B+R, and the reported one is W+3.5"),
            ("komi", "komi is 6.5, and the reported one is 7"),
            ("handicap", "handicap is 2, and the reported one is 0"),
            ("size", "size of the board is 13, and the reported one is 19"),
        ]
    ]
    assert (game["width"], game["height"], game["rated"]) == (13, 13, True)
    assert the_game(server, game["id"])["record_warnings"] == game["record_warnings"]


def test_illegal_moves_are_told_by_their_number_and_the_game_counts(server: Server) -> None:
    game = a_reported_game(server, game_record="(;SZ[9]KM[7.5];B[aa];W[aa];W[zz];B[bb])")
    told = [(warning["code"], warning["move"]) for warning in game["record_warnings"]]
    assert told == [("outside_board", 3), ("point_occupied", 2), ("out_of_turn", 3)]
    assert game["rated"] is True
    assert "Move 2: White cannot play at A9" in game["record_warnings"][1]["text"]


def test_a_record_that_says_the_same_has_no_warnings(server: Server) -> None:
    record = a_long_record()
    result = record.partition("RE[")[2].partition("]")[0]
    game = a_reported_game(server, game_record=record, komi=6.5, result=result, size=19)
    assert game["record_warnings"] == []


# ── what is not there, and how it is asked for ──


@pytest.mark.parametrize("rest", ["", "/sgf", "/rating", "/history"])
@pytest.mark.parametrize(
    "game_id", ["0", "9223372036854775807", "9223372036854775808", "9" * 5000, "-1", "1.5", "x", "+1", "1e3", "%00",
                "%D9%A3", "batch"],
)  # fmt: skip
def test_a_game_that_is_not_there_is_not_found(server: Server, game_id: str, rest: str) -> None:
    answer = server.get(f"/api/v1/games/{game_id}{rest}")
    assert refused(answer, 404, "game_not_found") == "Not found."


@pytest.mark.parametrize("rest", ["", "/sgf", "/rating", "/history"])
def test_a_team_match_is_no_game_of_go(server: Server, rest: str) -> None:
    club = a_go_server(server)

    async def a_match(transaction: Transaction) -> int:
        teams = [Team(0, Race.BEAST, [-1], 0), Team(1, Race.HUMAN, [-2], 0)]
        return await team_matches.report_team_match(
            transaction, ServerId(club.id), TeamMatch(teams, winner=0), now=utc_now()
        )

    match_id = operate(server, a_match)
    refused(server.get(f"/api/v1/games/{match_id}{rest}"), 404, "game_not_found")
    assert games_of(server, club) == []


@pytest.mark.parametrize(
    ("method", "rest"),
    [("PUT", ""), ("DELETE", ""), ("PATCH", ""), ("DELETE", "/{}"), ("PUT", "/{}"), ("POST", "/{}"),
     ("POST", "/{}/sgf"), ("PUT", "/{}/sgf"), ("GET", "/{}/annul"), ("DELETE", "/batch")],
)  # fmt: skip
def test_other_methods_are_not_allowed(server: Server, method: str, rest: str) -> None:
    game = a_reported_game(server)
    answer = server.request(method, "/api/v1/games" + rest.format(game["id"]))
    assert refused(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("rest", ["", "/{}", "/{}/sgf", "/{}/rating", "/{}/history"])
def test_head_works_where_get_does(server: Server, rest: str) -> None:
    path = "/api/v1/games" + rest.format(a_reported_game(server)["id"])
    # A page of the list may have changed its length by another test's games: there are none of them meanwhile.
    read, looked = server.get(path), server.request("HEAD", path)
    assert (looked.status_code, looked.content) == (200, b"")
    for name in ("Content-Type", "Content-Length"):
        assert looked.headers[name] == read.headers[name]
    assert server.request("HEAD", "/api/v1/games/0").status_code == 404


def test_a_slash_more_leads_to_the_same_and_nothing_redirects(server: Server) -> None:
    club = a_go_server(server)
    answer = server.request("POST", "/api/v1/games/", json=a_report(club), headers=club.headers())
    assert answer.status_code == 201
    path = answer.headers["Location"]
    assert server.get(f"{path}/").content == server.get(path).content == answer.content
    assert server.get(f"/api//v1///games/{path.rpartition('/')[2]}//sgf/").content == SGF.encode()
    assert server.get("/api/v1/games/", params={"server_id": club.id}).json()["results"] == [answer.json()]


# ── the same again ──


def test_a_report_sent_again_is_the_same_game(server: Server) -> None:
    club = a_go_server(server)
    body = a_report(club)
    first = send(server, club, body)
    again = send(server, club, body)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [game["id"] for game in games_of(server, club)] == [first.json()["id"]]
    assert len(rated_games(server, club.black.id)) == 1


def test_twenty_identical_reports_at_once_are_one_game(server: Server) -> None:
    club = a_go_server(server)
    body = a_report(club)
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda _: send(server, club, body), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count("true") == 19
    assert len(rated_games(server, club.white.id)) == 1


def test_the_result_is_no_part_of_what_makes_a_report_the_same(server: Server) -> None:
    club = a_go_server(server)
    body = a_report(club, result="B+R")
    first = send(server, club, body)
    again = send(server, club, {**body, "result": "W+R", "komi": 0.5})
    assert (again.status_code, again.json()) == (201, first.json())


def test_another_time_record_player_or_server_is_another_game(server: Server) -> None:
    club, other = a_go_server(server), a_go_server(server)
    third = a_go_player(server, club)
    body = a_report(club)
    made = [
        send(server, club, body),
        send(server, club, {**body, "date_played": a_moment()}),
        send(server, club, {**body, "game_record": SGF + "\n"}),
        send(server, club, {**body, "white_id": third.id}, white=third.token),
        send(
            server,
            club,
            {**body, "black_id": club.white.id, "white_id": club.black.id},
            black=club.white.token,
            white=club.black.token,
        ),
        send(server, other, a_report(other, date_played=body["date_played"])),
    ]
    assert [answer.status_code for answer in made] == [201] * 6
    assert len({answer.json()["id"] for answer in made}) == 6
    assert not any("Idempotent-Replayed" in answer.headers for answer in made)


def test_a_key_names_the_report_whatever_its_record_is_by_now(server: Server) -> None:
    club = a_go_server(server)
    key = {"Idempotency-Key": unique("key-")}
    body = a_report(club)
    first = send(server, club, body, key)
    assert first.status_code == 201
    for again in (
        send(server, club, body, key),
        send(server, club, {**body, "game_record": SGF + "\n"}, key),
        send(server, club, {**body, "game_record": None, "game_url": UNREACHABLE}, key),
    ):
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        assert again.headers["Idempotent-Replayed"] == "true"
    assert len(games_of(server, club)) == 1


def test_a_key_and_the_content_lead_to_the_same_game(server: Server) -> None:
    club = a_go_server(server)
    body = a_report(club)
    first = send(server, club, body).json()["id"]
    assert send(server, club, body, {"Idempotency-Key": unique("key-")}).json()["id"] == first


def test_a_key_cannot_name_two_games(server: Server) -> None:
    club = a_go_server(server)
    third = a_go_player(server, club)
    key = {"Idempotency-Key": unique("key-")}
    body = a_report(club)
    assert send(server, club, body, key).status_code == 201
    others = [
        send(server, club, {**body, "date_played": a_moment()}, key),
        send(server, club, {**body, "white_id": third.id}, key, white=third.token),
    ]
    for answer in others:
        assert "Send a new key with a new game" in refused(answer, 409, "idempotency_key_reused")
    assert len(games_of(server, club)) == 1


def test_a_key_is_its_servers_own(server: Server) -> None:
    one, other = a_go_server(server), a_go_server(server)
    key = {"Idempotency-Key": unique("key-")}
    first, second = (send(server, club, a_report(club), key) for club in (one, other))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize(("key", "status"), [("k", 201), ("k" * 200, 201), ("k" * 201, 400), ("", 400)])
def test_a_key_has_up_to_200_characters(server: Server, key: str, status: int) -> None:
    club = a_go_server(server)
    assert send(server, club, a_report(club), {"Idempotency-Key": key}).status_code == status


# ── whose players ──


def test_players_of_another_server_are_not_this_servers_to_report(server: Server) -> None:
    club, other = a_go_server(server), a_go_server(server)
    stranger = other.black
    for color in ("black", "white"):
        body = a_report(club, **{f"{color}_id": stranger.id})
        message = refused(send(server, club, body, **{color: stranger.token}), 400, "invalid_report")
        assert message == f"{color}_id: player {stranger.id} is not a player of game server {club.id}."


def test_nobody_plays_against_himself(server: Server) -> None:
    club = a_go_server(server)
    body = a_report(club, white_id=club.black.id)
    message = refused(send(server, club, body, white=club.black.token), 400, "invalid_report")
    assert message == "black_id and white_id are the same account: nobody plays against himself."


# ── what rates nothing ──

UNRATED: list[tuple[dict[str, Any], str, str]] = [
    ({"ranked": False}, "unranked", "The players did not want it rated."),
    ({"result": "Void"}, "no_outcome", "Nobody won or drew it."),
    ({"result": "?"}, "no_outcome", "Nobody won or drew it."),
    ({"handicap": 10}, "handicap", "More than 9 handicap stones were given."),
    ({"komi": 20.5}, "komi", "The komi is beyond 20 points."),
    ({"komi": -20.5}, "komi", "The komi is beyond 20 points."),
    ({"game_record": "(;SZ[6])"}, "board", "Only square boards of 7 to 25 lines are rated."),
    ({"game_record": "(;SZ[13:15])"}, "board", "Only square boards of 7 to 25 lines are rated."),
    ({"date_played": "1970-01-01T00:00:00"}, "unknown_date", "It is not known when it was played."),
    ({"date_played": "1970-01-01T02:00:00+02:00"}, "unknown_date", "It is not known when it was played."),
    ({"ranked": False, "result": "Void", "handicap": 10}, "unranked", "The players did not want it rated."),
]


@pytest.mark.parametrize(("changes", "reason", "text"), UNRATED)
def test_some_games_are_kept_and_rate_nothing(server: Server, changes: dict[str, Any], reason: str, text: str) -> None:
    club = a_go_server(server)
    game = a_reported_game(server, club, **changes)
    assert (game["rated"], game["unrated_reason"], game["unrated_text"]) == (False, reason, text)
    assert the_rating(server, game["id"]) == {
        "game_id": game["id"],
        "pool": None,
        "unrated_reason": reason,
        "unrated_text": text,
        "advantage": None,
        "is_final": True,
        "black": None,
        "white": None,
    }
    for player in (club.black, club.white):
        assert server.get(f"/api/v1/players/{player.id}").json()["rating"] is None


@pytest.mark.parametrize(
    "changes",
    [{"ranked": True}, {"result": "0"}, {"result": "B+T"}, {"result": "W+F"}, {"handicap": 9}, {"komi": 20},
     {"komi": -20}, {"game_record": "(;SZ[7])"}, {"game_record": "(;SZ[25])"},
     {"date_played": "1970-01-01T00:00:00.000001"}],
)  # fmt: skip
def test_up_to_there_games_rate(server: Server, changes: dict[str, Any]) -> None:
    club = a_go_server(server)
    game = a_reported_game(server, club, **changes)
    assert (game["rated"], game["unrated_reason"], game["unrated_text"]) == (True, None, None)
    story = the_rating(server, game["id"])
    assert (story["pool"], story["black"]["player_id"], story["white"]["player_id"]) == (
        "go",
        club.black.id,
        club.white.id,
    )
    for side, player in (("black", club.black), ("white", club.white)):
        assert server.get(f"/api/v1/players/{player.id}").json()["rating"] == story[side]["rating_after"]


def test_a_rating_is_the_accounts_on_whatever_server_it_plays(server: Server) -> None:
    club = a_go_server(server)
    game = a_reported_game(server, club, result="B+R")
    shown = the_game(server, game["id"])["players"]["black"]
    assert shown["ranking"] == pytest.approx(the_rating(server, game["id"])["black"]["rank_after"])


def games_of(server: Server, club: GoServer) -> list[dict[str, Any]]:
    answer = server.get("/api/v1/games", params={"server_id": club.id, "limit": 100})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def rated_games(server: Server, player_id: int) -> list[dict[str, Any]]:
    answer = server.get("/api/v1/games", params={"player_id": player_id, "pool": "go"})
    found: list[dict[str, Any]] = answer.json()["results"]
    return found
