"""The list of games over HTTP: what it leaves out, and how it is walked."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.games.builders import GoServer, a_go_player, a_go_server, a_report, a_reported_game, refused, send
from tests.support.server import Server


def ids(server: Server, **wanted: Any) -> list[int]:
    answer = server.get("/api/v1/games", params=wanted)
    assert answer.status_code == 200, answer.text
    return [game["id"] for game in answer.json()["results"]]


def pages(server: Server, **wanted: Any) -> Iterator[list[int]]:
    """Page by page, by the addresses that the pages tell."""
    url: str | None = str(server.client.build_request("GET", "/api/v1/games", params=wanted).url)
    while url:
        page = server.get(url).json()
        assert page["previous"] is None
        yield [game["id"] for game in page["results"]]
        url = page["next"]


def games_on(server: Server, club: GoServer, *dates: str) -> list[int]:
    """Games of the club played then; their records differ, for two of them may be played at the same moment."""
    return [
        a_reported_game(server, club, date_played=date, game_record=f"(;KM[7.5]C[{number}])")["id"]
        for number, date in enumerate(dates)
    ]


def test_games_played_last_come_first_and_of_one_moment_the_newest(server: Server) -> None:
    club = a_go_server(server)
    second, first, third, fourth = games_on(
        server, club, "2020-01-02T00:00:00", "2020-01-01T00:00:00", "2020-01-02T00:00:00", "2020-01-02T00:00:00.000001"
    )
    assert ids(server, server_id=club.id) == [fourth, third, second, first]


def test_each_game_is_listed_as_it_is_read(server: Server) -> None:
    club = a_go_server(server)
    a_reported_game(server, club)
    a_reported_game(server, club, ranked=False)
    page = server.get("/api/v1/games", params={"server_id": club.id}).json()
    assert (page["next"], page["previous"]) == (None, None)
    assert page["results"] == [server.get(f"/api/v1/games/{game['id']}").json() for game in page["results"]]


def test_a_players_games_are_those_of_either_colour(server: Server) -> None:
    club = a_go_server(server)
    third = a_go_player(server, club)
    first = a_reported_game(server, club)["id"]
    body = a_report(club, black_id=third.id, white_id=club.black.id)
    second = send(server, club, body, black=third.token, white=club.black.token).json()["id"]
    assert ids(server, player_id=club.black.id) == [second, first]
    assert ids(server, player_id=club.white.id) == [first]
    assert ids(server, player_id=third.id) == [second]
    assert ids(server, player_id=third.id, server_id=a_go_server(server).id) == []


def test_a_pools_games_are_those_that_rate(server: Server) -> None:
    club = a_go_server(server)
    rated = a_reported_game(server, club)["id"]
    unrated = a_reported_game(server, club, result="Void")["id"]
    assert ids(server, server_id=club.id) == [unrated, rated]
    assert ids(server, server_id=club.id, pool="go") == [rated]
    assert ids(server, server_id=club.id, pool="team:1") == []
    assert ids(server, server_id=club.id, pool="no pool") == []


def test_a_stretch_of_time_begins_with_its_first_moment_and_ends_before_its_last(server: Server) -> None:
    club = a_go_server(server)
    first, second, third = games_on(server, club, "2020-01-01T00:00:00", "2020-01-01T12:00:00", "2020-01-02T00:00:00")
    assert ids(server, server_id=club.id, since="2020-01-01T00:00:00", until="2020-01-02T00:00:00") == [second, first]
    assert ids(server, server_id=club.id, since="2020-01-01T00:00:00.000001") == [third, second]
    assert ids(server, server_id=club.id, since="2020-01-01T14:00:00+02:00") == [third, second]
    assert ids(server, server_id=club.id, until="2020-01-01T12:00:00Z") == [first]
    assert ids(server, server_id=club.id, until="2020-01-02") == [second, first]
    assert ids(server, server_id=club.id, since="2020-01-02", until="2020-01-01") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_a_walk_through_the_pages_meets_every_game_once(server: Server, limit: int) -> None:
    club = a_go_server(server)
    made = games_on(server, club, *["2020-01-01T00:00:00"] * 3, *["2020-01-02T00:00:00"] * 2, "2019-01-01T00:00:00")
    expected = [made[4], made[3], made[2], made[1], made[0], made[5]]
    found = list(pages(server, server_id=club.id, limit=limit))
    assert [game for page in found for game in page] == expected
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


def test_what_is_played_meanwhile_disturbs_no_walk(server: Server) -> None:
    club = a_go_server(server)
    made = games_on(server, club, "2020-01-01T00:00:00", "2020-01-02T00:00:00", "2020-01-03T00:00:00")
    walk = pages(server, server_id=club.id, since="2020-01-01", limit=1)
    seen = next(walk)
    games_on(server, club, "2020-01-04T00:00:00")
    assert [*seen, *(game for page in walk for game in page)] == made[::-1]


def test_the_next_page_keeps_to_what_was_wanted(server: Server) -> None:
    club = a_go_server(server)
    rated = [a_reported_game(server, club)["id"] for _ in range(2)]
    a_reported_game(server, club, ranked=False)
    found = list(pages(server, server_id=club.id, player_id=club.black.id, pool="go", limit=1))
    assert found == [[rated[1]], [rated[0]]]
    page = server.get("/api/v1/games/", params={"server_id": club.id, "limit": 1}).json()
    assert page["next"].startswith(f"{server.url}/api/v1/games?")


def test_a_page_has_thirty_games_unless_more_are_wanted_and_a_hundred_at_most(server: Server) -> None:
    club = a_go_server(server)
    for _ in range(31):
        a_reported_game(server, club)
    assert len(ids(server, server_id=club.id)) == 30
    assert len(ids(server, server_id=club.id, limit=100)) == 31


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "101"), ("limit", "x"), ("player_id", "-1"), ("player_id", "9223372036854775808"),
     ("server_id", "x"), ("since", "x"), ("until", ""), ("since", "0001-01-01T00:00:00+10:00"),
     ("until", "9999-12-31T23:59:59-10:00"), ("pool", "x" * 41), ("after", "x" * 101)],
)  # fmt: skip
def test_what_cannot_be_wanted_is_refused_by_its_name(server: Server, name: str, value: str) -> None:
    answer = server.get("/api/v1/games", params={name: value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"].startswith(name)


def test_an_odd_pool_has_no_games(server: Server) -> None:
    for pool in ("", "\u0663", "go ", "GO", "team:", "%", "\ud7ff"):
        assert ids(server, pool=pool) == []


def _cursor(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    ["", "x", "!!!", "\u00e9", "W10", _cursor([]), _cursor([1]), _cursor([1, 2, 3]), _cursor(["1", "2"]),
     _cursor([1.5, 2]), _cursor([True, 2]), _cursor([1, -1]), _cursor([1, 2**63]), _cursor([10**30, 1]),
     _cursor({"a": 1, "b": 2}), _cursor(None), "W1tb" * 20],
)  # fmt: skip
def test_a_made_up_place_is_no_page(server: Server, after: str) -> None:
    answer = server.get("/api/v1/games", params={"after": after})
    assert "There is no such page" in refused(answer, 404, "not_found")
