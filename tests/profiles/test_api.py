"""Players, leaderboards and histories over HTTP, in the dialects of online-ratings and OGS."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tengen.accounts import service as accounts
from tengen.core.values import AccountId
from tengen.ratings.systems import Strength
from tests.games.builders import GoPlayer, GoServer, a_go_player, a_go_server, a_reported_game, refused
from tests.profiles.builders import a_bot_of, a_quiet_pool, rated_on
from tests.support.builders import NOON, a_verified_user, unique
from tests.support.operations import operate
from tests.support.server import Server

UNKNOWN = 2**62
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ONLINE_RATINGS = {"id", "name", "server_id", "rating"}
# The tables of PlayerDetail and MinimalPlayer in the contract of OGS.
MINIMAL: dict[str, type] = {
    "id": int,
    "username": str,
    "country": str,
    "icon": str,
    "ratings": dict,
    "ranking": float,
    "professional": bool,
    "ui_class": str,
}
DETAIL: dict[str, type] = MINIMAL | {
    "related": dict,
    "language": str,
    "about": str,
    "supporter": bool,
    "is_bot": bool,
    "website": str,
    "registration_date": str,
    "name": str,
    "timeout_provisional": bool,
    "is_friend": bool,
}


def ask(server: Server, path: str, **how: Any) -> Any:
    """The JSON of an answer that is no refusal."""
    answer = server.get(path, **how)
    assert answer.status_code == 200, answer.text
    return answer.json()


# ── a player by its id (online-ratings 1.4; section 4, rules 4, 6 and 7) ──


def test_a_player_has_its_name_its_server_and_the_rating_of_its_account(server: Server) -> None:
    club = a_go_server(server)
    before = ask(server, f"/api/v1/players/{club.black.id}")
    assert {key: before[key] for key in ONLINE_RATINGS} == {
        "id": club.black.id,
        "name": club.black.name,
        "server_id": club.id,
        "rating": None,
    }
    assert before["rank"] is None
    a_reported_game(server, club, result="B+R")
    after = ask(server, f"/api/v1/players/{club.black.id}")
    assert 24.3 < after["rating"] < 40
    assert re.fullmatch(r"[1-9]k|[1-9]d", after["rank"])
    (history,) = ask(server, f"/api/v1/players/{club.black.id}/ratings")["results"]
    assert history["after"]["rating"] == after["rating"]


def test_a_player_has_the_fields_that_clients_of_ogs_read(server: Server) -> None:
    club = a_go_server(server)
    player = ask(server, f"/api/v1/players/{club.black.id}")
    for key, kind in DETAIL.items():
        assert type(player[key]) is kind, key
    assert player["username"] != player["name"] == club.black.name
    assert (player["bot_ai"], player["bot_owner"], player["aga_id"]) == (None, None, None)
    assert INSTANT.fullmatch(player["registration_date"])
    assert player["related"]["games"] == f"/api/v1/players/{club.black.id}/games"


def test_a_new_player_is_shown_as_ogs_shows_them(server: Server) -> None:
    player = ask(server, f"/api/v1/players/{a_go_server(server).black.id}")
    assert player["ratings"] == {"version": 5, "overall": {"rating": 1500, "deviation": 350, "volatility": 0.06}}
    assert player["ranking"] == pytest.approx(24.303, abs=0.001)
    assert (player["country"], player["ui_class"]) == ("un", "provisional")


def test_a_bot_says_so_and_whose_it_is(server: Server) -> None:
    club = a_go_server(server)
    bot = ask(server, f"/api/v1/players/{a_bot_of(server, club.white.account_id)}")
    assert (bot["is_bot"], bot["ui_class"]) == (True, "moderator bot provisional")
    owner = ask(server, f"/api/v1/players/{bot['bot_owner']}")
    assert (owner["server_id"], owner["username"]) == (1, username(server, club.white))
    assert (owner["is_bot"], owner["ui_class"]) == (False, "provisional")


def username(server: Server, player: GoPlayer) -> str:
    name: str = ask(server, f"/api/v1/players/{player.id}")["username"]
    return name


@pytest.mark.parametrize(
    "number", [str(UNKNOWN), "0", "-1", "1.5", "abc", "%20", "1e3", "٣", "9" * 400, "%00", "0x10", "+1"]
)
def test_what_is_no_players_id_is_not_found(server: Server, number: str) -> None:
    for path in (f"/api/v1/players/{number}", f"/api/v1/players/{number}/ratings"):
        assert refused(server.get(path), 404, "player_not_found") == "There is no such player."


@pytest.mark.parametrize(
    "authorization", ["Bearer wrong", "Bearer", "Basic !!!", "Digest x", "Basic bWlyYTp3cm9uZw==", "\xff"]
)
def test_who_asks_makes_no_difference(server: Server, authorization: str) -> None:
    club = a_go_server(server)
    headers = {"Authorization": authorization.encode("latin-1"), "Content-Type": "application/json"}
    for path in (
        f"/api/v1/players/{club.black.id}",
        f"/api/v1/players?token={club.black.token}",
        "/api/v1/players/?page_size=1&ordering=id",
        f"/api/v1/players/{club.black.id}/ratings",
        "/api/v1/ratings/team:9",
    ):
        assert ask(server, path, headers=headers) == ask(server, path), path


def test_paths_are_the_same_with_and_without_a_slash_and_with_head(server: Server) -> None:
    club = a_go_server(server)
    a_reported_game(server, club)
    for path in (
        f"/api/v1/players/{club.black.id}",
        f"/api/v1/players/{club.black.id}/ratings",
        "/api/v1/ratings/go",
        "/api/v1/ratings/team:9",
        "/api/v1",
    ):
        plain, slashed, head = server.get(path), server.get(f"{path}/"), server.request("HEAD", path)
        assert plain.status_code == slashed.status_code == head.status_code == 200
        assert slashed.json() == plain.json()
        assert head.content == b""
        assert head.headers["Content-Type"] == plain.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/api/v1/players/{}", "/api/v1/players/{}/ratings", "/api/v1/ratings/go", "/api/v1"])
def test_other_methods_are_refused(server: Server, path: str) -> None:
    path = path.format(a_go_server(server).black.id)
    for method in ("POST", "DELETE"):
        assert server.request(method, path).status_code == 405


# ── a player by its token (online-ratings 1.5; section 4, rule 1) ──


def test_a_player_is_found_by_its_token(server: Server) -> None:
    club = a_go_server(server)
    player = ask(server, f"/api/v1/players/{club.black.id}")
    for path in ("/api/v1/players", "/api/v1/players/"):
        answer = server.get(path, params={"token": club.black.token})
        assert (answer.status_code, answer.json()) == (200, player)
        assert answer.headers["Cache-Control"] == "no-store"
        answer = server.get(path, headers={"X-Auth-Player-Token": club.black.token})
        assert (answer.status_code, answer.json()) == (200, player)
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["", "0" * 32, "secret_kgs", "ß", "\0", "a" * 5000, "\ud800"])
def test_an_unknown_token_is_nobodys(server: Server, token: str) -> None:
    text = token.encode("utf-8", "surrogatepass")
    query = "".join(f"%{byte:02x}" for byte in text)
    for path in (f"/api/v1/players?token={query}", f"/api/v1/players/?token={query}"):
        answer = server.get(path)
        assert refused(answer, 404, "player_not_found") == "player token unknown or expired"
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_unknown_token_in_the_header_is_nobodys(server: Server) -> None:
    for token in (b"", b"0" * 32, b"\xff"):
        answer = server.get("/api/v1/players", headers={"X-Auth-Player-Token": token})
        assert refused(answer, 404, "player_not_found") == "player token unknown or expired"


def test_without_a_token_there_is_nothing_to_find(server: Server) -> None:
    for path in ("/api/v1/players", "/api/v1/players?page=1"):
        sentence = refused(server.get(path), 400, "missing_token")
        assert sentence == "Must provide ?token=[player's token] to search for a player"


def test_the_token_wins_over_the_name_and_over_whatever_else_is_asked(server: Server) -> None:
    club = a_go_server(server)
    query = {"token": club.black.token, "username": username(server, club.white), "page": "x"}
    for path in ("/api/v1/players", "/api/v1/players/"):
        assert ask(server, path, params=query)["id"] == club.black.id
        assert refused(server.get(path, params=query | {"token": "x"}), 404, "player_not_found")
    headers = {"X-Auth-Player-Token": club.white.token}
    assert ask(server, "/api/v1/players", params={"token": club.black.token}, headers=headers)["id"] == club.black.id


def test_tokens_stay_out_of_the_log(server: Server) -> None:
    club = a_go_server(server)
    server.new_log()
    for token in (club.black.token, unique("wrong")):
        server.get("/api/v1/players", params={"token": token})
        server.get("/api/v1/players", headers={"X-Auth-Player-Token": token})
    log = server.requests_logged("/api/v1/players", 4)
    assert club.black.token not in log
    assert "wrong" not in log


@pytest.mark.parametrize("engine", ["sqlite"])
def test_wrong_tokens_from_one_address_are_answered_with_429_in_the_end(start_server: Callable[..., Server]) -> None:
    server = start_server(login_failures_per_address=2)
    club = a_go_server(server)

    def ask_from(address: str, token: str) -> httpx.Response:
        return server.get("/api/v1/players", params={"token": token}, headers={"X-Forwarded-For": address})

    assert [ask_from("198.51.100.7", str(number)).status_code for number in range(4)] == [404, 404, 429, 429]
    answer = ask_from("198.51.100.7", "again")
    assert refused(answer, 429, "too_many_requests").startswith("Too many wrong tokens.")
    assert int(answer.headers["Retry-After"]) > 0
    assert ask_from("198.51.100.7", club.black.token).status_code == 200
    assert ask_from("198.51.100.8", "first").status_code == 404


# ── players by name, and all of them (OGS; online-ratings section 4, rule 1) ──


def test_a_player_is_found_by_the_name_of_its_account(server: Server) -> None:
    name = username(server, a_go_server(server).black)
    for path in ("/api/v1/players", "/api/v1/players/"):
        page = ask(server, path, params={"username": name})
        assert (page["count"], page["next"], page["previous"]) == (1, None, None)
        (player,) = page["results"]
        assert player["username"] == name
        assert player.keys() == MINIMAL.keys()
        for key, kind in MINIMAL.items():
            assert type(player[key]) is kind, key
        assert ask(server, f"/api/v1/players/{player['id']}")["server_id"] == 1


def test_a_name_that_nobody_has_gives_an_empty_page(server: Server) -> None:
    user = a_verified_user(server)
    for name in ("", unique("nobody"), user.email, "%00", "a" * 3000, "\ud800".encode("utf-8", "replace").decode()):
        page = ask(server, "/api/v1/players/", params={"username": name})
        assert page == {"count": 0, "next": None, "previous": None, "results": []}


def test_all_players_come_in_pages(start_server: Callable[..., Server]) -> None:
    server = start_server()
    people = sorted(a_verified_user(server).display_name for _ in range(5))
    page = ask(server, "/api/v1/players/", params={"page_size": 2, "ordering": "username"})
    assert (page["count"], page["previous"]) == (5, None)
    names = [player["username"] for player in page["results"]]
    assert page["next"] == f"{server.url}/api/v1/players/?page_size=2&ordering=username&page=2"
    while page["next"]:
        before = page["results"]
        page = ask(server, page["next"])
        names += [player["username"] for player in page["results"]]
        assert ask(server, page["previous"])["results"] == before
    assert names == people
    down = ask(server, "/api/v1/players/", params={"ordering": "-username"})
    assert [player["username"] for player in down["results"]] == people[::-1]
    ids = [player["id"] for player in ask(server, "/api/v1/players/")["results"]]
    assert ids == sorted(ids)
    assert [player["id"] for player in ask(server, "/api/v1/players/?ordering=-id")["results"]] == ids[::-1]
    assert len(ask(server, "/api/v1/players/?page_size=100000")["results"]) == 5
    beyond = ask(server, "/api/v1/players/?page=100000000")
    assert (beyond["results"], beyond["next"]) == ([], None)
    assert ask(server, "/api/v1/players?username=" + people[0] + "&page=2")["results"] == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=-1", f"page={2**63}", "page_size=0", "page_size=1.5", "ordering=email", "page="]
)
def test_pages_that_cannot_be_are_refused(server: Server, query: str) -> None:
    sentence = refused(server.get(f"/api/v1/players/?{query}"), 400, "invalid")
    assert sentence.startswith(query.partition("=")[0])


# ── leaderboards ──


def a_ladder(server: Server, *values: float) -> tuple[str, GoServer, list[GoPlayer]]:
    """A pool of its own in which players have these ratings, and the server that they also play on."""
    club, pool = a_go_server(server), a_quiet_pool()
    players = [a_go_player(server, club) for _ in values]
    strengths = {
        player.account_id: Strength(value, games=3, day=20_000.0) for player, value in zip(players, values, strict=True)
    }
    rated_on(server, strengths, pool)
    return f"/api/v1/ratings/{pool.name}?inactive=true", club, players


def test_a_leaderboard_has_the_strongest_first_each_with_its_player_on_this_platform(server: Server) -> None:
    path, _, (low, high) = a_ladder(server, 790.0, 832.5)
    board = ask(server, path)
    assert path.startswith(f"/api/v1/ratings/{board['pool']}?")
    assert board["next"] is None
    assert [row["account_id"] for row in board["results"]] == [high.account_id, low.account_id]
    first = board["results"][0]
    home = ask(server, f"/api/v1/players/{first['player_id']}")
    assert (home["server_id"], home["name"]) == (1, first["name"])
    assert first == {
        "position": 1,
        "player_id": first["player_id"],
        "account_id": high.account_id,
        "name": username(server, high),
        "rating": 832.5,
        "rank": None,
        "deviation": 0.0,
        "games": 3,
        "last_played": "2024-10-04T00:00:00.000000Z",
        "provisional": False,
        "inactive": True,
    }


def test_a_walk_over_the_pages_meets_everybody_once(server: Server) -> None:
    path, _, players = a_ladder(server, 800.0, 800.0, 900.0, 800.0, 700.0, 800.0, 900.0)
    expected = sorted(players, key=lambda player: ([900, 800, 700].index(value_of(players, player)), player.account_id))
    for limit in (1, 2, 3, 7, 100):
        board = ask(server, f"{path}&limit={limit}")
        rows = board["results"]
        while board["next"]:
            assert board["next"].startswith(f"{server.url}/api/v1/ratings/")
            assert len(board["results"]) == limit
            board = ask(server, board["next"])
            rows += board["results"]
        assert [row["account_id"] for row in rows] == [player.account_id for player in expected]
        assert [row["position"] for row in rows] == list(range(1, 8))


def value_of(players: list[GoPlayer], player: GoPlayer) -> int:
    return [800, 800, 900, 800, 700, 800, 900][players.index(player)]


def test_the_page_around_a_player_has_its_account_in_the_middle(server: Server) -> None:
    path, _, players = a_ladder(server, *[900.0 - number for number in range(6)])
    board = ask(server, f"{path}&limit=3&around={players[2].id}")
    assert [(row["position"], row["account_id"]) for row in board["results"]] == [
        (place, players[place - 1].account_id) for place in (2, 3, 4)
    ]
    assert "around" not in board["next"]
    rest = ask(server, board["next"])
    assert [row["position"] for row in rest["results"]] == [5, 6]


def test_who_is_left_out_is_shown_on_request_and_to_those_who_look_for_him(server: Server) -> None:
    path, _, players = a_ladder(server, 900.0, 800.0)
    active_only = path.removesuffix("?inactive=true")
    assert ask(server, active_only)["results"] == []
    (row,) = ask(server, f"{active_only}?around={players[1].id}")["results"]
    assert (row["account_id"], row["position"], row["inactive"]) == (players[1].account_id, None, True)
    assert [row["position"] for row in ask(server, f"{path}&around={players[1].id}")["results"]] == [1, 2]


def test_a_first_game_leads_to_the_leaderboard_of_go_among_the_provisional(server: Server) -> None:
    club = a_go_server(server)
    a_reported_game(server, club, result="B+R")
    board = ask(server, "/api/v1/ratings/go", params={"provisional": True, "around": club.black.id, "limit": 1})
    (row,) = board["results"]
    player = ask(server, f"/api/v1/players/{club.black.id}")
    assert (board["pool"], row["account_id"], row["games"]) == ("go", club.black.account_id, 1)
    assert (row["rating"], row["rank"]) == (player["rating"], player["rank"])
    assert row["provisional"]
    assert not row["inactive"]
    assert row["position"] >= 1
    (hidden,) = ask(server, "/api/v1/ratings/go", params={"around": club.black.id, "limit": 1})["results"]
    assert (hidden["account_id"], hidden["position"]) == (club.black.account_id, None)


def test_who_has_no_rating_or_does_not_exist_is_not_found_on_a_leaderboard(server: Server) -> None:
    path, club, _ = a_ladder(server, 800.0)
    assert refused(server.get(f"{path}&around={club.black.id}"), 404, "not_rated").startswith(
        "This player has no rating"
    )
    assert refused(server.get(f"{path}&around={UNKNOWN}"), 404, "player_not_found")


def test_deleted_accounts_leave_the_leaderboard(server: Server) -> None:
    path, _, (stays, goes) = a_ladder(server, 800.0, 900.0)
    operate(server, lambda transaction: accounts.delete_account(transaction, AccountId(goes.account_id), NOON))
    assert [row["account_id"] for row in ask(server, path)["results"]] == [stays.account_id]
    assert refused(server.get(f"{path}&around={goes.id}"), 404, "not_rated")


@pytest.mark.parametrize(
    "pool", ["chess", "GO", "team:", "team:x", "team:-1", "%00", "team:" + "9" * 400, "go%20", "ß"]
)
def test_an_unknown_pool_is_not_found(server: Server, pool: str) -> None:
    player = a_go_server(server).black
    assert refused(server.get(f"/api/v1/ratings/{pool}"), 404, "pool_not_found").startswith("There is no pool")
    if len(pool) < 40:
        assert refused(server.get(f"/api/v1/players/{player.id}/ratings?pool={pool}"), 404, "pool_not_found")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid"),
        ("limit=101", "invalid"),
        ("limit=x", "invalid"),
        ("around=x", "invalid"),
        ("around=-1", "invalid"),
        (f"around={2**63}", "invalid"),
        ("around=1&after=x", "invalid"),
        ("provisional=perhaps", "invalid"),
        ("after=x", "invalid_cursor"),
        ("after=", "invalid_cursor"),
        ("after=%00", "invalid_cursor"),
        ("after=" + "x" * 5000, "invalid"),
    ],
)
def test_pages_of_leaderboards_that_cannot_be_are_refused(server: Server, query: str, code: str) -> None:
    assert refused(server.get(f"/api/v1/ratings/go?{query}"), 400, code)


# ── histories ──


def test_a_history_has_what_each_game_did_on_the_scale_that_is_shown(server: Server) -> None:
    club = a_go_server(server)
    first = a_reported_game(server, club, result="B+R")
    second = a_reported_game(server, club, result="W+3.5")
    path = f"/api/v1/players/{club.black.id}/ratings"
    history = ask(server, path)
    assert (history["pool"], history["player_id"], history["account_id"]) == (
        "go",
        club.black.id,
        club.black.account_id,
    )
    latest, earliest = history["results"]
    assert [latest["game_id"], earliest["game_id"]] == [second["id"], first["id"]]
    assert earliest["played_at"] == f"{first['date_played']}.000000Z"
    assert earliest["before"]["rating"] == earliest["opponent"]["rating"] == 24.3
    assert earliest["before"]["rank"] == "6k"
    assert earliest["before"]["deviation"] == pytest.approx(5.4)
    assert earliest["after"]["rating"] > 24.3 > latest["after"]["rating"] - 1
    assert earliest["expected"] == pytest.approx(0.5, abs=0.1)
    assert latest["expected"] > 0.5
    current = history["current"]
    assert current["rating"] == latest["after"]["rating"]
    assert current["deviation"] == pytest.approx(latest["after"]["deviation"], abs=0.01)
    assert (current["games"], current["last_played"]) == (2, latest["played_at"])
    assert (current["provisional"], current["inactive"], history["next"]) == (True, False, None)


def test_a_history_comes_in_pages(server: Server) -> None:
    club = a_go_server(server)
    games = [a_reported_game(server, club)["id"] for _ in range(5)]
    page = ask(server, f"/api/v1/players/{club.white.id}/ratings?limit=2")
    found = [row["game_id"] for row in page["results"]]
    while page["next"]:
        assert page["next"].startswith(f"{server.url}/api/v1/players/{club.white.id}/ratings?limit=2&after=")
        page = ask(server, page["next"])
        found += [row["game_id"] for row in page["results"]]
    assert found == games[::-1]


def test_a_history_in_a_pool_without_ranks_has_plain_values(server: Server) -> None:
    path, _, (player,) = a_ladder(server, 832.0)
    pool = path.removeprefix("/api/v1/ratings/").partition("?")[0]
    history = ask(server, f"/api/v1/players/{player.id}/ratings", params={"pool": pool})
    assert history["results"] == []
    assert (history["current"]["rating"], history["current"]["rank"], history["current"]["inactive"]) == (
        832,
        None,
        True,
    )
    unplayed = ask(server, f"/api/v1/players/{player.id}/ratings")
    assert (unplayed["current"], unplayed["results"], unplayed["next"]) == (None, [], None)


@pytest.mark.parametrize(
    ("query", "code"),
    [("limit=0", "invalid"), ("limit=101", "invalid"), ("after=x", "invalid_cursor"), ("pool=" + "x" * 41, "invalid")],
)
def test_pages_of_histories_that_cannot_be_are_refused(server: Server, query: str, code: str) -> None:
    player = a_go_server(server).black
    assert refused(server.get(f"/api/v1/players/{player.id}/ratings?{query}"), 400, code)


# ── what online-ratings has beside (1.6 and 1.7) ──


def test_the_index_tells_each_route_by_its_name(server: Server) -> None:
    index = ask(server, "/api/v1/")
    assert index == ask(server, "/api/v1")
    assert index["api.api_list"] == {"methods": "GET,HEAD", "url": "/api/v1/"}
    assert index["api.get_player"] == {"methods": "GET,HEAD", "url": "/api/v1/players/[player_id]"}
    assert index["api.get_player_by_token"] == {"methods": "GET,HEAD", "url": "/api/v1/players"}
    for name, route in index.items():
        assert name.startswith("api.")
        assert route["url"].startswith("/api/v1/")
        path = re.sub(r"\[\w+\]", "0", route["url"])
        assert server.request("TRACE", path).status_code == 405, name


def test_there_is_a_greeting_for_tournaments(server: Server) -> None:
    for path in ("/tournament/", "/tournament"):
        answer = server.get(path)
        assert (answer.status_code, answer.text) == (200, "Welcome to the tournaments of Tengen.")
        assert server.request("HEAD", path).status_code == 200
