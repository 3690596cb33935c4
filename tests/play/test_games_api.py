"""Games by their numbers over HTTP: being played, played here, and reported; and the games of a player."""

import json
from io import BytesIO
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from PIL import Image
from sgfmill import sgf

from tengen.core.database import statements_executed
from tengen.core.platform import Platform
from tengen.core.values import GameId
from tengen.games.runtime import Games
from tengen.play.chat import Channel
from tengen.play.commands import AcceptMarking, CancelGame, MarkPoints, Resign, Say
from tengen.play.drawing import LINE_SPACING
from tengen.play.game_rows import ROW_FIELDS
from tengen.play.guards import find_game
from tengen.servers.runtime import Servers
from tests.games.builders import SGF, a_club, a_game, a_go_server, a_reported_game, refused, report
from tests.play.builders import BLACK, WHITE, points
from tests.play.rest_builders import Pair, a_game_on, a_pair, a_person
from tests.support.server import Server

# Contract of OGS' wire, section 2.4: the fields of a game in a list.
CONTRACT_ROW = {
    *("related", "players", "id", "name", "creator", "mode", "source", "black", "white", "width", "height", "rules"),
    *("ranked", "handicap_rank_difference", "handicap", "komi", "time_control", "black_player_rank"),
    *("white_player_rank", "black_player_rating", "white_player_rating", "time_per_move", "time_control_parameters"),
    *("disable_analysis", "tournament", "tournament_round", "ladder", "pause_on_weekends", "outcome", "black_lost"),
    *("white_lost", "annulled", "annulment_reason", "started", "ended", "sgf_filename", "historical_ratings", "rengo"),
    *("rengo_casual_mode", "rengo_black_team", "rengo_white_team", "flags", "bot_detection_results"),
}
# What a game alone has beside.
CONTRACT_ALONE = {"all_players", "gamedata", "auth", "simul_black", "simul_white"}


@pytest.fixture
def pair(server: Server) -> Pair:
    """Two who play here."""
    return a_pair(server)


def got(server: Server, path: str, **how: Any) -> Any:
    """The JSON of an answer that is one."""
    answer = server.get(path, **how)
    assert answer.status_code == 200, answer.text
    return answer.json()


def path_of(game_id: GameId, rest: str = "") -> str:
    """Of a game."""
    return f"/api/v1/games/{game_id}{rest}"


# ── one game ──


def test_a_running_game_is_shown_to_everybody(server: Server, pair: Pair) -> None:
    game_id = a_game_on(server, pair, moves="D4 E5 pass")
    game = got(server, path_of(game_id))
    reported = a_reported_game(server)
    assert game.keys() >= (CONTRACT_ROW - {"sgf_filename"}) | CONTRACT_ALONE | reported.keys()
    assert (game["id"], game["name"], game["creator"], game["source"]) == (
        game_id,
        "Evening game",
        pair.white.id,
        "play",
    )
    assert (game["black"], game["white"], game["all_players"]) == (
        pair.black.id,
        pair.white.id,
        [pair.black.id, pair.white.id],
    )
    assert game["players"]["black"]["username"] == pair.black.name
    assert (game["result"], game["outcome"], game["black_lost"], game["white_lost"]) == ("?", "", True, True)
    assert (game["ended"], game["started"][-1], game["rated"]) == (None, "Z", False)
    assert (game["time_control"], game["time_per_move"]) == ("byoyomi", 157)  # 3600 / (0.35 * 81) + 30
    assert json.loads(game["time_control_parameters"])["periods"] == 5
    data = game["gamedata"]
    assert (data["game_id"], data["phase"], data["moves"]) == (
        game_id,
        "play",
        [[3, 5, 0], [4, 4, 1000], [-1, -1, 1000]],
    )
    assert data["clock"]["current_player"] == pair.white.id


def test_a_move_is_seen_at_once_whoever_made_it(server: Server, pair: Pair) -> None:
    game_id = a_game_on(server, pair)
    assert got(server, path_of(game_id))["gamedata"]["moves"] == []
    game_id = a_game_on(server, pair, moves="D4")
    assert len(got(server, path_of(game_id))["gamedata"]["moves"]) == 1


def test_a_finished_game_has_its_outcome_and_all_its_moves(server: Server, pair: Pair) -> None:
    dead = MarkPoints(BLACK, points("D4"), is_marked=True)
    agreed = [AcceptMarking(seat, points("D4")) for seat in (BLACK, WHITE)]
    game_id = a_game_on(server, pair, moves="D4 E5 pass pass", then=[dead, *agreed])
    game = got(server, path_of(game_id))
    assert (game["result"], game["outcome"], game["source"]) == ("W+87.5", "87.5 points", "play")
    assert (game["black_lost"], game["white_lost"], game["annulled"]) == (True, False, False)
    assert game["ended"] > game["started"]
    data = game["gamedata"]
    assert (data["phase"], data["outcome"], data["winner"]) == ("finished", "87.5 points", pair.white.id)
    assert (len(data["moves"]), data["removed"]) == (4, "df")


def test_who_calls_a_game_off_has_lost_it_and_it_counts_for_nothing(server: Server, pair: Pair) -> None:
    game_id = a_game_on(server, pair, moves="D4", then=[CancelGame(WHITE)], is_ranked=True)
    game = got(server, path_of(game_id))
    assert (game["outcome"], game["annulled"], game["rated"]) == ("Cancellation", True, False)
    assert (game["black_lost"], game["white_lost"]) == (False, True)
    assert (game["gamedata"]["outcome"], game["gamedata"]["winner"]) == ("Cancellation", pair.black.id)


def test_a_ranked_game_that_is_over_has_moved_ratings(server: Server, pair: Pair) -> None:
    game_id = a_game_on(server, pair, moves="D4 E5", then=[Resign(BLACK)], is_ranked=True)
    assert got(server, path_of(game_id))["rated"] is True
    assert got(server, path_of(game_id, "/rating"))["black"]["score"] == 0


@pytest.mark.parametrize("rest", ["", "/sgf", "/png", "/state", "/reviews", "/sgf/some.sgf"])
@pytest.mark.parametrize("game_id", ["9223372036854775807", "0", "x", "99999999999999999999"])
def test_a_game_that_does_not_exist_is_refused(server: Server, game_id: str, rest: str) -> None:
    refused(server.get(f"/api/v1/games/{game_id}{rest}"), 404, "game_not_found")


async def test_a_reported_game_costs_no_statement_for_the_games_played_here(platform: Platform) -> None:
    club = await a_club(platform.database)
    reported = await report(platform.database, a_game(club))
    app = FastAPI()
    app.state.games = Games.of(platform, Servers.of(platform))
    counter = [0]
    statements_executed.set(counter)
    found = await find_game(reported.game.id, Request({"type": "http", "app": app, "headers": []}))
    assert (found.reported, found.table) == (reported.game, None)
    assert counter == [1]


# ── its record ──


def the_sgf(answer: httpx.Response) -> sgf.Sgf_game:
    """The record in an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-go-sgf"
    return sgf.Sgf_game.from_bytes(answer.content)


def test_the_record_of_a_running_game_ends_where_it_stands(server: Server, pair: Pair) -> None:
    game_id = a_game_on(
        server, pair, moves="D4 E5", then=[Say(pair.black.id, BLACK, Channel.MALKOVICH, "I have a plan")]
    )
    answer = server.get(path_of(game_id, "/sgf"))
    record = the_sgf(answer)
    assert [node.get_move() for node in record.get_main_sequence()[1:]] == [("b", (3, 3)), ("w", (4, 4))]
    root = record.get_root()
    assert (root.get("RE"), root.get("PB"), root.get("PW")) == ("?", pair.black.name, pair.white.name)
    assert root.get("PC") == f"Tengen: {server.url}/game/{game_id}"
    assert b"I have a plan" not in answer.content


def test_what_was_said_is_in_the_record_when_the_game_is_over(server: Server, pair: Pair) -> None:
    watcher = a_person(server)
    said = [
        Say(pair.black.id, BLACK, Channel.MALKOVICH, "I have a plan"),
        Say(watcher.id, None, Channel.MAIN, "Really?"),
    ]
    game_id = a_game_on(server, pair, moves="D4 E5", then=[*said, Resign(WHITE)])
    node = the_sgf(server.get(path_of(game_id, "/sgf"))).get_main_sequence()[-1]
    assert node.get("C") == f"{pair.black.name}: I have a plan\n{watcher.name}: Really?"
    without = the_sgf(server.get(path_of(game_id, "/sgf"), params={"without-comments": 1}))
    assert not without.get_main_sequence()[-1].has_property("C")


def test_a_record_is_found_at_all_addresses_of_ogs(server: Server, pair: Pair) -> None:
    game_id = a_game_on(server, pair, moves="D4", then=[Resign(WHITE)])
    expected = server.get(path_of(game_id, "/sgf")).content
    for path in (path_of(game_id, "/sgf/"), path_of(game_id, "/sgf/mizuki-okabot.sgf"), f"/sgf/{game_id}.sgf"):
        answer = server.get(path)
        assert the_sgf(answer)
        assert answer.content == expected


def test_a_reported_record_is_given_byte_for_byte_there_too(server: Server) -> None:
    game = a_reported_game(server)
    for path in (path_of(game["id"], "/sgf/"), path_of(game["id"], "/sgf/a.sgf"), f"/sgf/{game['id']}.sgf"):
        assert server.get(path).content == SGF.encode()


# ── its position ──


def the_png(answer: httpx.Response) -> Image.Image:
    """The picture in an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/png"
    return Image.open(BytesIO(answer.content))


def test_a_picture_of_the_position(server: Server, pair: Pair) -> None:
    game_id = a_game_on(server, pair, moves="D4 E5")
    side = LINE_SPACING * 8 + 32
    for path in (path_of(game_id, "/png"), path_of(game_id, "/png/"), f"/png/{game_id}.png"):
        assert the_png(server.get(path)).size == (side, side)


def test_a_reported_game_has_a_picture_too(server: Server) -> None:
    side = LINE_SPACING * 18 + 32
    assert the_png(server.get(path_of(a_reported_game(server)["id"], "/png"))).size == (side, side)


def test_the_state_of_a_game_point_by_point(server: Server, pair: Pair) -> None:
    dead = MarkPoints(BLACK, points("A9"), is_marked=True)
    game_id = a_game_on(server, pair, moves="D4 E5 A9 pass pass", then=[dead])
    state = got(server, path_of(game_id, "/state/"))
    assert state["phase"] == "stone removal"
    assert (state["move_number"], state["last_move"]) == (5, {"x": -1, "y": -1})
    assert (state["outcome"], state["player_to_move"]) == ("", pair.white.id)
    assert state["board"][0] == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert state["board"][4] == [0, 0, 0, 0, 2, 0, 0, 0, 0]
    assert state["board"][5] == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert state["removal"][0] == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert sum(map(sum, state["removal"])) == 1
    fresh = got(server, path_of(a_game_on(server, pair), "/state"))
    assert (fresh["last_move"], fresh["player_to_move"]) == (None, pair.black.id)


def test_the_state_of_a_reported_game_is_how_its_record_ends(server: Server) -> None:
    game = a_reported_game(server)
    state = got(server, path_of(game["id"], "/state"))
    assert (state["phase"], state["move_number"], state["outcome"]) == ("finished", 2, game["outcome"])
    assert state["last_move"] == {"x": 3, "y": 15}
    assert (state["board"][3][15], state["board"][15][3], state["player_to_move"]) == (1, 2, 0)


def test_no_game_has_reviews(server: Server, pair: Pair) -> None:
    for game_id in (a_game_on(server, pair), a_reported_game(server)["id"]):
        assert got(server, path_of(game_id, "/reviews")) == {
            "count": 0,
            "next": None,
            "previous": None,
            "results": [],
        }


# ── private games ──


@pytest.mark.parametrize("is_over", [False, True], ids=["running", "over"])
def test_only_its_players_see_a_private_game(server: Server, pair: Pair, is_over: bool) -> None:
    game_id = a_game_on(server, pair, moves="D4", is_private=True, then=[Resign(WHITE)] if is_over else [])
    paths = [path_of(game_id, rest) for rest in ("", "/sgf", "/sgf/a.sgf", "/png", "/state", "/reviews")]
    stranger = a_person(server)
    for path in (*paths, f"/sgf/{game_id}.sgf", f"/png/{game_id}.png"):
        answers = [server.get(path), stranger.get(server, path)]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert {answer.headers["X-Tengen-Error"] for answer in answers} == {"private_game"}
        assert answers[0].json()["error" if path.startswith("/api") else "detail"] == "This is a protected game"
        for player in (pair.black, pair.white):
            assert player.get(server, path).status_code == 200


def test_a_wrong_password_matters_to_a_private_game_alone(server: Server, pair: Pair) -> None:
    public, private = a_game_on(server, pair), a_game_on(server, pair, is_private=True)
    wrong = httpx.BasicAuth(pair.black.user.email.encode(), b"wrong")
    assert server.get(path_of(public), auth=wrong).status_code == 200
    assert server.get(path_of(private), auth=wrong).status_code == 401


# ── games of a player ──


def test_the_overview_has_the_games_that_the_caller_is_playing(server: Server, pair: Pair) -> None:
    a_game_on(server, pair, moves="D4", then=[Resign(WHITE)])
    first, second = a_game_on(server, pair, moves="D4"), a_game_on(server, pair, is_private=True)
    answer = pair.black.get(server, "/api/v1/ui/overview")
    active = answer.json()["active_games"]
    assert [game["id"] for game in active] == [second, first]
    game = active[1]
    assert game["json"] == got(server, path_of(first))["gamedata"] | {"clock": game["json"]["clock"]}
    assert game["black"].keys() == {"id", "username", "ranking", "pro", "ratings"}
    assert (game["black"]["id"], game["white"]["username"]) == (pair.black.id, pair.white.name)
    assert (game["width"], game["height"], game["time_per_move"]) == (9, 9, 157)
    refused(server.get("/api/v1/ui/overview"), 401, "not_authenticated")


def test_a_player_in_full_has_the_games_that_all_may_see(server: Server, pair: Pair) -> None:
    public, private = a_game_on(server, pair), a_game_on(server, pair, is_private=True)
    path = f"/api/v1/players/{pair.black.id}/full"
    full = got(server, path)
    assert [game["id"] for game in full["active_games"]] == [public]
    assert full["user"]["username"] == pair.black.name
    of_opponent = pair.white.get(server, path).json()["active_games"]
    assert [game["id"] for game in of_opponent] == [private, public]
    assert got(server, f"/api/v1/players/{a_person(server).id}/full")["active_games"] == []
    refused(server.get(f"/api/v1/players/{2**62}/full"), 404, "player_not_found")


def test_a_players_games_running_and_over_the_latest_first(server: Server, pair: Pair) -> None:
    over = a_game_on(server, pair, moves="D4", then=[Resign(WHITE)])
    running = a_game_on(server, pair, name="The second")
    called_off = a_game_on(server, pair, then=[CancelGame(BLACK)])
    page = got(server, f"/api/v1/players/{pair.black.id}/games/")
    assert (page["count"], page["next"], page["previous"]) == (3, None, None)
    assert [row["id"] for row in page["results"]] == [called_off, running, over]
    assert all(row.keys() == CONTRACT_ROW for row in page["results"])
    off, now, then = page["results"]
    assert (then["outcome"], then["white_lost"], then["black_lost"], then["komi"]) == (
        "Resignation",
        True,
        False,
        "6.50",
    )
    assert (now["outcome"], now["black_lost"], now["white_lost"]) == ("", True, True)
    assert (now["name"], now["ended"], now["source"], then["source"]) == ("The second", None, "play", "play")
    assert (off["outcome"], off["annulled"]) == ("Cancellation", True)
    assert now["related"] == {"detail": f"/api/v1/games/{running}"}
    assert now["players"]["white"]["username"] == pair.white.name
    mine = pair.white.get(server, "/api/v1/me/games", params={"page": 1, "page_size": 2}).json()
    assert [row["id"] for row in mine["results"]] == [called_off, running]
    assert mine["next"] == f"{server.url}/api/v1/me/games?page=2&page_size=2"


def test_reported_games_are_listed_for_their_players(server: Server) -> None:
    club = a_go_server(server)
    reported = [a_reported_game(server, club)["id"] for _ in range(3)]
    path = f"/api/v1/players/{club.black.id}/games"
    page = got(server, path, params={"page_size": 2, "page": 2, "ordering": "id"})
    assert (page["count"], [row["id"] for row in page["results"]]) == (3, reported[2:])
    assert page["previous"] == f"{server.url}{path}?page_size=2&page=1&ordering=id"
    row = page["results"][0]
    assert row.keys() == CONTRACT_ROW == {*ROW_FIELDS, "related", "komi", "sgf_filename"}
    assert (row["komi"], row["source"], row["time_control_parameters"]) == ("7.50", "sgf", None)
    beyond = got(server, path, params={"page": 9})
    assert (beyond["count"], beyond["results"]) == (3, [])


@pytest.mark.parametrize("query", [{"page": 0}, {"page": "x"}, {"page_size": -1}, {"ordering": "komi"}])
def test_a_page_that_there_cannot_be_is_refused(server: Server, query: dict[str, Any]) -> None:
    club = a_go_server(server)
    assert server.get(f"/api/v1/players/{club.black.id}/games", params=query).status_code == 400


def test_games_of_nobody_are_refused(server: Server) -> None:
    refused(server.get(f"/api/v1/players/{2**62}/games"), 404, "player_not_found")
    refused(server.get("/api/v1/me/games"), 401, "not_authenticated")
