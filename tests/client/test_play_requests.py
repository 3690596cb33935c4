"""What the clients send and read for tokens, challenges and games that are played on the platform."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from tengen.client import (
    AccessToken,
    App,
    Challenge,
    Client,
    InvalidGrant,
    MadeChallenge,
    Offer,
    Opponent,
    PlayedGame,
    Tokens,
    UnexpectedAnswer,
)
from tengen.client.resources import play, tokens
from tengen.go.points import Color, Point, Size
from tests.client.fake_platform import (
    MIRA,
    URL,
    APlatform,
    Ask,
    Case,
    at,
    check_case,
    check_methods,
    operations_of,
)

pytestmark = pytest.mark.usefixtures("pauses")

# What docs/protocol/ogs.md describes.
MIZUKI = {"id": 4711, "username": "mizuki", "ranking": 24.3, "country": "jp", "professional": False, "ui_class": ""}
THE_MIZUKI, THE_TOVA = Opponent(4711, "mizuki", 24.3), Opponent(4712, "tova", 22.1)
TOKENS = {
    "access_token": "b0a1",
    "refresh_token": "5d0c",
    "token_type": "Bearer",
    "expires_in": 36000,
    "scope": "read write",
}
THE_TOKENS = Tokens("b0a1", "5d0c", timedelta(hours=10), "read write")
APP = {"client_id": "5f0e", "name": "Go Stones", "client_type": "public", "client_secret": None}
OFFERED = {
    "id": 90456,
    "name": "Evening game",
    "width": 9,
    "height": 9,
    "rules": "japanese",
    "ranked": False,
    "handicap": 0,
    "komi": "6.50",
}
CHALLENGE = {
    "id": 50123,
    "challenger": MIZUKI,
    "challenged": MIZUKI | {"id": 4712, "username": "tova", "ranking": 22.1},
    "game": OFFERED,
    "challenger_color": "white",
    "created": "2026-03-04T05:06:07.123456Z",
}
THE_CHALLENGE = Challenge(
    id=50123,
    game_id=90456,
    challenger=THE_MIZUKI,
    challenged=THE_TOVA,
    name="Evening game",
    width=9,
    height=9,
    rules="japanese",
    is_ranked=False,
    handicap=0,
    komi=6.5,
    color="white",
    created_at=at("2026-03-04T05:06:07.123456"),
)
MADE = {"status": "ok", "challenge": 50123, "game": 90456, "uuid": "3tiGdpJSds8kbo3ZBCbqv6"}
THE_MADE = MadeChallenge(50123, 90456, "3tiGdpJSds8kbo3ZBCbqv6")
SMALL = Offer(
    width=9,
    height=9,
    rules="chinese",
    name="Evening game",
    is_ranked=True,
    handicap=None,
    komi=3.5,
    color="black",
    time={"system": "simple", "per_move": 30},
    is_private=True,
    lowest_rank=20,
    highest_rank=30,
    is_invite_only=True,
)
SMALL_BODY = {
    "game": {
        "width": 9,
        "height": 9,
        "rules": "chinese",
        "name": "Evening game",
        "ranked": True,
        "handicap": -1,
        "komi_auto": "custom",
        "komi": 3.5,
        "time_control": "simple",
        "time_control_parameters": {"system": "simple", "per_move": 30},
        "private": True,
    },
    "challenger_color": "black",
    "invite_only": True,
    "min_ranking": 20,
    "max_ranking": 30,
}
PLAIN_GAME = {"width": 19, "height": 19, "rules": "japanese", "ranked": False, "handicap": 0, "private": False}
PLAIN_BODY = {"game": PLAIN_GAME, "challenger_color": "automatic", "invite_only": False}


def gamedata(**changes: Any) -> dict[str, Any]:
    """As much of the object as programs read."""
    return {
        "game_id": 90456,
        "game_name": "Evening game",
        "width": 9,
        "height": 9,
        "rules": "japanese",
        "komi": 6.5,
        "handicap": 0,
        "free_handicap_placement": False,
        "initial_player": "black",
        "initial_state": {"black": "", "white": ""},
        "phase": "play",
        "moves": [[2, 2, 0], [-1, -1, 7000]],
        "players": {
            "black": {"id": 4711, "username": "mizuki", "rank": 24.3},
            "white": {"id": 4712, "username": "tova", "rank": 22.1},
        },
    } | changes


CASES = [
    Case("register_app", ["Go Stones"], "POST /api/v1/me/api_clients",
         {"name": "Go Stones", "client_type": "public", "authorization_grant_type": "password"}, APP,
         App("5f0e", "Go Stones", None)),
    Case("me", [], "GET /api/v1/me", None, MIZUKI, THE_MIZUKI),
    Case("opponent_named", ["Mizuki"], "GET /api/v1/players/?username=Mizuki", None, {"results": [MIZUKI]}, THE_MIZUKI,
         is_authenticated=False),
    Case("opponent_named", ["miz"], "GET /api/v1/players/?username=miz", None, {"results": [MIZUKI]}, None,
         is_authenticated=False),
    Case("challenge_player", [4712, SMALL], "POST /api/v1/players/4712/challenge", SMALL_BODY, MADE, THE_MADE),
    Case("challenge_all", [Offer()], "POST /api/v1/challenges", PLAIN_BODY, MADE, THE_MADE),
    Case("my_challenges", [], "GET /api/v1/me/challenges?page_size=100", None, {"next": None, "results": [CHALLENGE]},
         [THE_CHALLENGE]),
    Case("open_challenges", [], "GET /api/v1/challenges?page_size=100", None, {"next": None, "results": []}, []),
    Case("challenge", [50123], "GET /api/v1/me/challenges/50123", None, CHALLENGE, THE_CHALLENGE),
    Case("accept_challenge", [50123], "POST /api/v1/me/challenges/50123/accept", None,
         {"success": "Challenge accepted", "game": 90456, "time_per_move": 41}, 90456),
    Case("decline_challenge", [50123], "POST /api/v1/me/challenges/50123", {"delete": True},
         {"success": "Challenge declined"}, None),
    Case("decline_challenge", [50123, "Too late for me."], "POST /api/v1/me/challenges/50123",
         {"delete": True, "message": "Too late for me."}, {"success": "Challenge declined"}, None),
    Case("played_game", [90456], "GET /api/v1/games/90456", None, {"id": 90456, "gamedata": gamedata()},
         PlayedGame.from_json(gamedata())),
    Case("game_picture", [90456], "GET /api/v1/games/90456/png", answer=b"\x89PNG..."),
]  # fmt: skip

OPERATIONS = operations_of(tokens, play)


def test_the_cases_walk_what_is_json_and_the_rest_is_told_below() -> None:
    assert set(OPERATIONS) == {case.method for case in CASES} | {"tokens", "refresh_tokens"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_method_has_the_signature_and_the_text_of_its_operation(name: str) -> None:
    check_methods(name, OPERATIONS[name])


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_every_operation_sends_and_reads_what_the_protocol_says(ask: Ask, case: Case) -> None:
    await check_case(ask, case)


@pytest.mark.parametrize("secret", [None, "4be1"])
async def test_tokens_are_asked_for_by_a_form_and_without_credentials(ask: Ask, secret: str | None) -> None:
    platform = APlatform([httpx.Response(200, json=TOKENS)])
    assert await ask(platform, "tokens", "5f0e", "Mizuki", "correct horse", client_secret=secret) == THE_TOKENS
    assert await ask(platform, "refresh_tokens", "5f0e", "5d0c", client_secret=secret) == THE_TOKENS
    app = {"client_id": "5f0e"} | ({} if secret is None else {"client_secret": secret})
    assert [dict(parse_qsl(request.content.decode())) for request in platform.requests] == [
        app | {"grant_type": "password", "username": "Mizuki", "password": "correct horse"},
        app | {"grant_type": "refresh_token", "refresh_token": "5d0c"},
    ]
    assert {(request.url.path, request.headers.get("Authorization")) for request in platform.requests} == {
        ("/oauth2/token", None)
    }


def test_a_client_logs_in_by_an_access_token_where_it_would_by_a_password() -> None:
    platform = APlatform([httpx.Response(200, json=MIZUKI), httpx.Response(200, json={"results": []})])
    with Client(URL, THE_TOKENS.credentials, transport=platform.transport) as client:
        client.me()
        client.opponent_named("tova")
    assert [request.headers.get("Authorization") for request in platform.requests] == ["Bearer b0a1", None]


def test_no_token_shows_when_it_is_printed() -> None:
    values = [THE_TOKENS, THE_TOKENS.credentials, App("5f0e", "Go Stones", "4be1"), MIRA]
    values += [tokens.tokens("5f0e", "Mizuki", "correct horse"), tokens.refresh_tokens("5f0e", "5d0c")]
    assert not any(secret in repr(values) for secret in ("b0a1", "5d0c", "4be1", "correct horse"))
    assert THE_TOKENS.credentials == AccessToken("b0a1")


async def test_a_refusal_of_oauth_has_its_sentence(ask: Ask) -> None:
    body = {"error": "invalid_grant", "error_description": "There is no such account."}
    answer = httpx.Response(400, headers={"X-Tengen-Error": "invalid_grant"}, json=body)
    with pytest.raises(InvalidGrant, match="no such account"):
        await ask(APlatform([answer]), "tokens", "5f0e", "Mizuki", "wrong")


async def test_challenges_are_read_page_by_page_to_their_end(ask: Ask) -> None:
    address = f"{URL}/api/v1/me/challenges?page=2&page_size=100"
    pages = [{"next": address, "results": [CHALLENGE]}, {"next": None, "results": [CHALLENGE]}]
    platform = APlatform([httpx.Response(200, json=page) for page in pages])
    assert await ask(platform, "my_challenges") == [THE_CHALLENGE] * 2
    assert [request.url.params.get("page") for request in platform.requests] == [None, "2"]


async def test_what_is_left_open_in_a_challenge_is_none(ask: Ask) -> None:
    game = OFFERED | {"handicap": -1, "komi": None}
    answer = httpx.Response(200, json=CHALLENGE | {"challenged": None, "game": game})
    challenge = await ask(APlatform([answer]), "challenge", 50123)
    assert (challenge.challenged, challenge.handicap, challenge.komi) == (None, None, None)


@pytest.mark.parametrize("wrong", [{"width": 99}, {"moves": [["a"]]}, {"players": None}, {"removed": "abc"}])
async def test_a_game_that_cannot_be_read_is_unexpected(ask: Ask, wrong: dict[str, Any]) -> None:
    answer = httpx.Response(200, json={"gamedata": gamedata(**wrong)})
    with pytest.raises(UnexpectedAnswer):
        await ask(APlatform([answer]), "played_game", 90456)


# ── a game as a value ──


def test_a_game_is_read_with_its_moves_and_position() -> None:
    game = PlayedGame.from_json(gamedata())
    assert (game.size, game.komi, game.black, game.white) == (Size.of(9), 6.5, THE_MIZUKI, THE_TOVA)
    assert game.moves == (Point(2, 2), None)
    assert (game.to_move, game.is_over, game.winner) == (Color.BLACK, False, None)
    board = game.board()
    assert board.stones(Color.BLACK) == {Point(2, 2)}
    assert (board.stones(Color.WHITE), board.to_move) == (frozenset(), Color.BLACK)
    assert [game.color_of(player) for player in (4711, 4712, 1, None)] == [Color.BLACK, Color.WHITE, None, None]


def test_a_game_that_is_over_says_how_it_ended() -> None:
    ended = gamedata(phase="finished", outcome="15.5 points", winner=4712, removed="aabb")
    game = PlayedGame.from_json(ended)
    assert (game.is_over, game.outcome, game.winner) == (True, "15.5 points", Color.WHITE)
    assert game.marked == {Point(0, 0), Point(1, 1)}
    assert PlayedGame.from_json(ended | {"winner": 0}).winner is None


@pytest.mark.parametrize(
    ("changes", "colors"),
    [
        ({}, "BWBW"),
        ({"handicap": 1}, "BWBW"),
        ({"handicap": 3, "free_handicap_placement": True}, "BBBWBW"),
        ({"handicap": 2, "initial_player": "white", "initial_state": {"black": "ccgg", "white": ""}}, "WBWB"),
        ({"rules": "of the house"}, "BWBW"),
    ],
)
def test_who_moves_follows_from_the_handicap(changes: dict[str, Any], colors: str) -> None:
    # The table of docs/protocol/ogs.md: Black puts free handicap stones in a row; White begins after fixed ones.
    moves = [[column, 0, 0] for column in range(len(colors) - 1)]
    game = PlayedGame.from_json(gamedata(**changes, moves=moves))
    assert "".join(game.mover(number).value for number in range(len(colors))) == colors
    assert game.to_move.value == colors[-1]
    assert len(game.board().stones(Color.WHITE)) == colors[:-1].count("W")
