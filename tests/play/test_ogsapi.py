"""OGS' own client library for Python, unmodified, against this platform: all that its documentation promises."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.oauth.builders import a_program
from tests.play.ogs_clients import ClientRaised, OgsClient
from tests.support.builders import a_verified_user, unique
from tests.support.server import Server

NewClient = Callable[[], OgsClient]


@pytest.fixture
def new_client(server: Server) -> Iterator[NewClient]:
    """Makes accounts, each with the library in a process of its own, logged in."""
    made: list[OgsClient] = []
    program = a_program(server)

    def make() -> OgsClient:
        user = a_verified_user(server)
        client = OgsClient(server.url, app=program.client_id, username=user.display_name, password=user.password)
        made.append(client)
        return client

    yield make
    for client in made:
        errors = client.close()
        assert "Traceback" not in errors, errors


@pytest.fixture(scope="module")
def pairs() -> Iterator[dict[str, tuple[OgsClient, OgsClient]]]:
    """Two clients for each server, with their sockets connected. Starting them takes seconds, so tests share them."""
    made: dict[str, tuple[OgsClient, OgsClient]] = {}
    yield made
    for pair in made.values():
        for client in pair:
            client.close()


@pytest.fixture
def pair(clients: tuple[OgsClient, OgsClient]) -> Iterator[tuple[OgsClient, OgsClient]]:
    """Two clients, with no game under way between them, in which nothing goes wrong."""
    yield clients
    for client in clients:
        errors = client.new_errors()
        assert "Traceback" not in errors, errors


@pytest.fixture
def clients(server: Server, pairs: dict[str, tuple[OgsClient, OgsClient]]) -> Iterator[tuple[OgsClient, OgsClient]]:
    """Two clients, with no game under way between them. The library writes down what it catches."""
    if server.url not in pairs:
        program = a_program(server)
        users = [a_verified_user(server) for _ in range(2)]
        first, second = (
            OgsClient(server.url, app=program.client_id, username=user.display_name, password=user.password)
            for user in users
        )
        for client in (first, second):
            assert client.call("sock.connect") is True
        pairs[server.url] = first, second
    first, second = pairs[server.url]
    yield first, second
    for game in first.call("active_games"):
        first.call("sock.emit", "game/resign", {"game_id": game["id"]})
        end = (game["id"], "finished")
        second.wait_for("active_game", partial(_is_at, end))
    for client in (first, second):
        client.forget()
        client.new_errors()


def _is_at(end: tuple[int, str], entry: Any) -> bool:
    return (entry["id"], entry["phase"]) == end


def a_challenge(challenger: OgsClient, challenged: OgsClient, **settings: Any) -> tuple[int, int]:
    """Challenges, by default with all defaults; returns the ids of the challenge and of its game.

    The library loses the settings of the game on their way, unless they are sent as it means to.
    """
    method = "create_challenge_as_meant" if settings else "create_challenge"
    challenge, game = challenger.call(method, challenged.name, **settings)
    return challenge, game


def begun(black: OgsClient, white: OgsClient, **settings: Any) -> int:
    """A game that has begun, with both connected to it; returns its id. White has challenged, as by default."""
    challenge, game = a_challenge(white, black, **settings)
    for client in (black, white):
        client.call("sock.game_connect", game)
    black.call("accept_challenge", challenge)
    for client in (black, white):
        client.wait_for("gamedata")
        client.wait_for("clock")
    return game


def play(game: int, *moves: tuple[OgsClient, str], watcher: OgsClient) -> None:
    """Plays these moves, each once the one before has come to the watcher."""
    for client, move in moves:
        client.call("game.move", game, move)
        watcher.wait_for("move")


# ── the account ──


def test_the_client_knows_who_it_is(new_client: NewClient) -> None:
    client = new_client()
    vitals = client.call("user_vitals")
    assert vitals["id"] == client.id
    assert vitals["username"] == client.name
    assert type(vitals["ranking"]) is float


def test_a_wrong_password_is_a_failed_log_in(server: Server) -> None:
    program = a_program(server)
    user = a_verified_user(server)
    with pytest.raises(ClientRaised):
        OgsClient(server.url, app=program.client_id, username=user.display_name, password="wrong")


def test_settings_are_read_and_changed(new_client: NewClient) -> None:
    client = new_client()
    client.call(
        "update_user_settings",
        first_name="Mizuki",
        last_name="Tanaka",
        private_name=False,
        country="jp",
        website="https://stones.example",
        about="Plays at night.",
    )
    profile = client.call("user_settings")["profile"]
    assert (profile["first_name"], profile["last_name"], profile["country"]) == ("Mizuki", "Tanaka", "jp")
    assert (profile["website"], profile["about"]) == ("https://stones.example", "Plays at night.")
    renamed = unique("Mizuki")
    client.call("update_user_settings", username=renamed)
    assert client.call("user_vitals")["username"] == renamed


def test_friends_are_asked_found_and_removed(pair: tuple[OgsClient, OgsClient]) -> None:
    mizuki, okabot = pair
    assert mizuki.call("user_friends")["results"] == []
    mizuki.call("send_friend_request", okabot.name)
    asked = okabot.wait_for("notification", lambda news: news["type"] == "friendRequest")
    assert asked["user"]["id"] == mizuki.id
    okabot.call("send_friend_request", mizuki.name)  # asking back is agreeing
    assert [friend["id"] for friend in mizuki.call("user_friends")["results"]] == [okabot.id]
    assert [friend["id"] for friend in mizuki.call("user_friends", username=okabot.name)["results"]] == [okabot.id]
    mizuki.call("remove_friend", okabot.name)
    assert mizuki.call("user_friends")["results"] == []


def test_players_and_their_games_are_found(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    assert black.call("get_player", white.name)["id"] == white.id
    assert black.call("active_games") == []
    game = begun(black, white)
    assert [entry["id"] for entry in black.call("active_games")] == [game]
    assert [entry["id"] for entry in black.call("active_games", white.id)] == [game]
    assert black.call("active_games")[0]["json"]["phase"] == "play"
    for found in (black.call("user_games", page=1, page_size=5), black.call("get_player_games", white.name)):
        assert [row["id"] for row in found["results"]] == [game]
        assert found["results"][0]["komi"] == "6.50"
    black.call("game.resign", game)
    black.wait_for("phase", lambda phase: phase == "finished")
    assert black.call("active_games") == []


# ── challenges ──


def test_a_challenge_with_all_defaults_is_accepted_and_the_game_begins(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    challenge, game = a_challenge(white, black)
    told = black.wait_for("notification", lambda news: news["type"] == "challenge")
    assert (told["challenge_id"], told["game_id"], told["user"]["id"]) == (challenge, game, white.id)
    assert [one["id"] for one in black.call("received_challenges")] == [challenge]
    assert [one["id"] for one in white.call("sent_challenges")] == [challenge]
    assert white.call("challenge_details", challenge)["game"]["id"] == game
    for client in (black, white):
        client.call("sock.game_connect", game)
    assert black.call("accept_challenge", challenge)["game"] == game
    data = white.wait_for("gamedata")
    assert data["players"]["black"]["id"] == black.id
    assert (data["width"], data["komi"], data["time_control"]["main_time"]) == (19, 6.5, 2400)
    assert white.wait_for("active_game", lambda entry: entry["id"] == game)["player_to_move"] == black.id
    assert black.call("received_challenges") == []


def test_a_challenge_can_be_declined_and_withdrawn(pair: tuple[OgsClient, OgsClient]) -> None:
    first, second = pair
    for who, others in ((second, first), (first, first)):
        challenge, _ = a_challenge(first, second)
        assert isinstance(who.call("decline_challenge", challenge), dict)
        assert others.call("sent_challenges") == []
        assert second.call("received_challenges") == []


SETTINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"game_width": 9, "game_height": 9}, {"width": 9, "height": 9}),
    ({"game_width": 13, "game_height": 7}, {"width": 13, "height": 7}),
    ({"game_name": "Tea house"}, {"game_name": "Tea house"}),
    ({"game_rules": "chinese"}, {"rules": "chinese", "komi": 7.5}),
    ({"game_rules": "aga", "game_handicap": 4}, {"rules": "aga", "handicap": 4, "komi": 0.5}),
    ({"game_handicap": "2"}, {"handicap": 2, "initial_player": "white"}),
    ({"game_komi_auto": False, "game_komi": 3.5}, {"komi": 3.5}),
    ({"game_komi_auto": "custom", "game_komi": "-4"}, {"komi": -4}),
    ({"game_disable_analysis": True}, {"disable_analysis": True}),
    ({"game_private": True}, {"private": True}),
    ({"game_ranked": True, "min_ranking": 0, "max_ranking": 38}, {"ranked": True}),
    ({"challenger_color": "black"}, {}),
    ({"challenger_color": "random", "aga_ranked": True, "invite_only": True}, {}),
    ({"byoyomi_main_time": 60, "byoyomi_period_time": 10, "byoyomi_periods": 3}, {}),
    ({"time_control": "fischer"}, {}),
    ({"time_control": "none"}, {}),
]


@pytest.mark.parametrize(("settings", "expected"), SETTINGS, ids=[" ".join(settings) for settings, _ in SETTINGS])
def test_every_documented_setting_is_kept(
    pair: tuple[OgsClient, OgsClient], settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    first, second = pair
    challenge, game = a_challenge(first, second, **settings)
    second.call("accept_challenge", challenge)
    data = second.call("game_details", game)["gamedata"]
    assert {name: data[name] for name in expected} == expected


@pytest.mark.parametrize("system", ["canadian", "absolute"])
def test_time_controls_that_the_library_leaves_empty_are_refused(
    clients: tuple[OgsClient, OgsClient], system: str
) -> None:
    first, second = clients
    with pytest.raises(ClientRaised, match="'NoneType' object has no attribute 'json'"):
        first.call("create_challenge_as_meant", second.name, time_control=system)


def test_an_open_challenge_has_a_game_too(pair: tuple[OgsClient, OgsClient]) -> None:
    challenge, game = pair[0].call("create_challenge")
    assert challenge > 0
    assert game > 0


# ── a game ──


def test_two_play_with_everything_that_a_game_offers(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    game = begun(black, white, game_width=9, game_height=9)
    black.call("game.move", game, "cc")
    assert white.wait_for("move")["move"][:2] == [2, 2]
    white.call("game.move", game, "B2")
    assert black.wait_for("move", lambda move: move["move_number"] == 2)["move"][:2] == [1, 7]
    black.call("game.pass_turn", game)
    assert white.wait_for("move", lambda move: move["move_number"] == 3)["move"][:2] == [-1, -1]

    black.call("game.undo", game, 3)
    assert white.wait_for("undo_requested")["requested_by"] == black.id
    black.call("game.cancel_undo", game, 3)
    white.wait_for("undo_canceled")
    black.call("game.undo", game, 3)
    white.wait_for("undo_requested")
    white.call("game.accept_undo", game, 3)
    assert black.wait_for("undo_accepted") == {"move_number": 2, "undo_move_count": 1}

    white.call("game.pause", game)
    paused = black.wait_for("clock", lambda clock: "pause" in clock and clock["pause"]["paused"])
    assert paused["pause"]["pause_control"]["paused"]["pausing_player_id"] == white.id
    black.call("game.resume", game)
    white.wait_for("clock", lambda clock: "pause" in clock and not clock["pause"]["paused"])

    white.call("sock.listen", f"game/{game}/chat")
    black.call("game.send_chat", game, "Have a good game", "main", 2)
    line = white.wait_for(f"game/{game}/chat")["line"]
    assert (line["body"], line["username"], line["move_number"]) == ("Have a good game", black.name, 2)

    white.call("game.get_gamedata", game)
    white.wait_for("gamedata", lambda data: len(data["moves"]) == 2)
    state = white.call("sock.game_state", game)
    assert (state["phase"], state["width"], len(state["moves"])) == ("play", 9, 2)

    black.call("game.resign", game)
    assert white.wait_for("gamedata", lambda data: data["phase"] == "finished")["outcome"] == "Resignation"
    white.wait_for("notification", lambda news: news["type"] == "gameEnded")

    details = white.call("game_details", game)
    assert (details["outcome"], details["black_lost"], details["white_lost"]) == ("Resignation", True, False)
    assert details["gamedata"]["winner"] == white.id
    sgf = white.call("game_sgf", game)
    assert "RE[W+R]" in sgf
    assert "B[cc]" in sgf
    assert bytes.fromhex(white.call("game_png", game)).startswith(b"\x89PNG")
    assert white.call("game_reviews", game)["results"] == []


def test_a_whole_game_is_counted_and_ends(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    game = begun(black, white, game_width=9, game_height=9)
    # Two walls: Black has three columns and the wall, White four and the wall.
    moves = [move for row in range(1, 10) for move in ((black, f"D{row}"), (white, f"E{row}"))]
    play(game, *moves, (black, ".."), (white, "pass"), watcher=black)
    white.wait_for("phase", lambda phase: phase == "stone removal")
    for client in (black, white):
        client.call("sock.emit", "game/removed_stones/accept", {"game_id": game, "stones": ""})
    done = white.wait_for("gamedata", lambda data: data["phase"] == "finished")
    # 27 points for Black; 36 and the komi for White.
    assert (done["outcome"], done["winner"]) == ("15.5 points", white.id)
    assert done["score"]["black"]["territory"] == 27


def test_a_game_is_cancelled_while_it_is_young(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    game = begun(black, white)
    white.call("game.cancel", game)
    assert black.wait_for("gamedata", lambda data: data["phase"] == "finished")["outcome"] == "Cancellation"
    assert black.call("game_details", game)["annulled"] is True


def test_a_refused_move_is_told_to_the_sender_alone(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    game = begun(black, white)
    for client in pair:
        client.call("sock.listen", f"game/{game}/error")
    white.call("game.move", game, "pd")
    assert "turn" in white.wait_for(f"game/{game}/error")
    black.call("game.move", game, "zz")
    assert "outside the board" in black.wait_for(f"game/{game}/error")
    assert not [told for told in black.told if told.event == "move"]


def test_the_socket_pings_and_names_its_host(pair: tuple[OgsClient, OgsClient]) -> None:
    client, _ = pair
    client.call("sock.ping")
    client.call("sock.host_info")
    client.call("sock.notification_connect")
    client.call("sock.chat_connect")
    client.call("sock.ping")
    # Answers come in order: after this one all are there.
    client.call("sock.emit", "game/move", {"game_id": "none"})
    client.wait_for("ERROR")
    state = client.call("sock.state")
    assert state["last_ping"] > 0
    assert abs(state["drift"]) < 1


def test_a_client_that_comes_again_sees_the_game_as_it_is(pair: tuple[OgsClient, OgsClient]) -> None:
    black, white = pair
    game = begun(black, white)
    play(game, (black, "pd"), watcher=white)
    black.call("sock.disconnect")
    play(game, (white, "dp"), watcher=white)
    black.call("sock.connect")
    black.wait_for("active_game", lambda entry: entry["id"] == game and entry["move_number"] == 2)
    black.call("sock.game_connect", game)
    assert len(black.wait_for("gamedata")["moves"]) == 2
