"""The OpenAPI document and the server keep to each other: Schemathesis tries every route, with whoever may use it."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.games.builders import a_go_server, a_reported_game
from tests.oauth.builders import a_program
from tests.support.builders import a_clan, a_clan_member, a_game_server, a_verified_user, an_unverified_user
from tests.support.server import Server
from tests.tournaments.builders import HOUR
from tests.tournaments.over_http import a_cup, a_player, a_submission, an_entrant

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))

CONFIGURATION = """
[generation]
max-examples = 6
deterministic = true
database = "none"

[checks]
# Texts must be clean, clans invite before somebody joins: not every rule is one that a schema can say.
positive_data_acceptance.enabled = false
# Integers may come as text and booleans as 0 and 1: old clients send them so.
negative_data_rejection.enabled = false

# It has no end.
[[operations]]
include-path = "{feed}"
enabled = false

[[operations]]
include-path = "/oauth2/token"
[operations.parameters]
"body.grant_type" = "password"
"body.username" = "{email}"
"body.password" = "{password}"

[auth.openapi]
user = {{ username = "{email}", password = "{password}" }}
server = {{ username = "{server_id}", password = "{secret}" }}
token = {{ api_key = "{email}:{login_token}" }}

[dictionaries]
accounts = {{ values = {accounts} }}
servers = {{ values = [{server_id}] }}
clans = {{ values = {clans} }}
game = {{ values = [{game}] }}
player = {{ values = {players} }}
friend = {{ values = [{friend}] }}
asker = {{ values = [{asker}] }}
server_token = {{ values = ["{server_token}"] }}
black = {{ values = [{black}] }}
white = {{ values = [{white}] }}
black_token = {{ values = ["{black_token}"] }}
white_token = {{ values = ["{white_token}"] }}
club = {{ values = [{club}] }}
pool = {{ values = ["go"] }}
caller = {{ values = [{caller}] }}
tournaments = {{ values = {tournaments} }}
submission = {{ values = [{submission}] }}
apps = {{ values = {apps} }}

[parameters]
"query.user_id" = {{ dictionary = "accounts", probability = 0.8 }}
"body.user_id" = {{ dictionary = "accounts", probability = 0.8 }}
"query.server_id" = {{ dictionary = "servers", probability = 0.8 }}
"query.clan_id" = {{ dictionary = "clans", probability = 0.8 }}
"path.clan_id" = {{ dictionary = "clans", probability = 0.8 }}
"body.clan_id" = {{ dictionary = "clans", probability = 0.8 }}
"path.game_id" = {{ dictionary = "game", probability = 0.8 }}
"path.player_id" = {{ dictionary = "player", probability = 0.8 }}
"body.player_id" = {{ dictionary = "friend", probability = 0.8 }}
"body.from_user" = {{ dictionary = "asker", probability = 0.8 }}
"path.server_id" = {{ dictionary = "servers", probability = 0.8 }}
"path.tournament_id" = {{ dictionary = "tournaments", probability = 0.8 }}
"path.client_id" = {{ dictionary = "apps", probability = 0.8 }}
"body.client_id" = "{program}"
"body.client_secret" = "{program_secret}"
"path.submission_id" = {{ dictionary = "submission", probability = 0.8 }}
"path.account_id" = {{ dictionary = "caller", probability = 0.8 }}
"body.account" = {{ dictionary = "caller", probability = 0.8 }}
"path.pool" = {{ dictionary = "pool", probability = 0.8 }}
"header.X-Auth-Server-Token" = {{ dictionary = "server_token", probability = 0.8 }}
"header.X-Auth-Black-Player-Token" = {{ dictionary = "black_token", probability = 0.8 }}
"header.X-Auth-White-Player-Token" = {{ dictionary = "white_token", probability = 0.8 }}
"body.black_id" = {{ dictionary = "black", probability = 0.9 }}
"body.white_id" = {{ dictionary = "white", probability = 0.9 }}
"body.server_id" = {{ dictionary = "club", probability = 0.9 }}
"""

# The ids that the document's examples name.
CALLER, OTHER, SERVER, CLAN, TOURNAMENT, SUBMISSION = 57, 58, 3, 9, 12, 5
SUCCESSES = (200, 201, 202)
FEED = ("GET", "/api/v2/tournaments/{tournament_id}/feed")
# A game may be private, and a player is told more of friends.
TELL_MORE_TO_WHO_LOGS_IN = {
    "/api/v1/ui/config",
    "/api/v1/players/{player_id}/full",
    *(f"/api/v1/games/{{game_id}}{rest}" for rest in ("", "/sgf", "/png", "/state", "/reviews")),
}


def what_the_examples_name(server: Server) -> dict[str, Any]:
    """Makes it on an empty platform, with what else is needed to get somewhere. Returns what to configure."""
    for _ in range(CALLER - 1):
        an_unverified_user(server)
    caller, other, member, invited, _ = accounts = [a_verified_user(server) for _ in range(5)]
    arena = [a_game_server(server, owner=caller, is_online=True) for _ in range(2)][-1]
    own = [a_clan(server, owner=caller) for _ in range(9)]
    inviting = a_clan(server, owner=other)
    a_clan_member(server, own[-1], user=other, rank="admin")
    a_clan_member(server, own[-1], user=member)
    for clan, user in ((own[-1], invited), (inviting, caller)):
        invitation = {"user_id": user.id, "clan_id": clan.id}
        assert server.post("/v1/clan/invite", invitation, auth=clan.owner.auth).status_code == 200
    assert (caller.id, other.id, arena.id, own[-1].id) == (CALLER, OTHER, SERVER, CLAN)
    club = a_go_server(server)
    game = a_reported_game(server, club)
    joined = server.post("/api/v1/players", {"server_id": club.id}, auth=caller.auth)
    assert joined.status_code == 201, joined.text
    at_home = [server.get("/api/v1/me", auth=account.auth).json()["id"] for account in (caller, other, member)]
    assert server.post("/api/v1/me/friends", {"player_id": at_home[0]}, auth=member.auth).status_code == 200
    upcoming, *entered = a_cup(server, host=caller, starts_in=HOUR), *(a_cup(server, host=other) for _ in range(10))
    for cup in entered:
        an_entrant(cup, caller)
    judged = a_cup(server, host=caller)
    a_player(judged, caller)
    submission = [a_submission(judged, caller) for _ in range(5)][-1]
    assert (judged.id, submission.id) == (TOURNAMENT, SUBMISSION)
    program = a_program(server, owner=other, client_type="confidential")
    obtained = server.post("/api/obtain_token", data={"username": caller.email, "password": caller.password})
    assert obtained.status_code == 200, obtained.text
    return {
        "email": caller.email,
        "password": caller.password,
        "login_token": obtained.json()["token"],
        "server_id": arena.id,
        "secret": arena.secret,
        "accounts": [account.id for account in accounts],
        "clans": [own[-1].id, own[-2].id, inviting.id],
        "caller": caller.id,
        "tournaments": [*[upcoming.id] * 3, *(cup.id for cup in entered[:4]), judged.id],
        "submission": submission.id,
        "apps": [a_program(server, owner=caller).client_id for _ in range(3)],
        "program": program.client_id,
        "program_secret": program.client_secret,
        "club": club.id,
        "game": game["id"],
        "players": [joined.json()["id"], at_home[0]],
        "friend": at_home[1],
        "asker": at_home[2],
        "server_token": club.secret,
        "black": club.black.id,
        "black_token": club.black.token,
        "white": club.white.id,
        "white_token": club.white.token,
    }


def answers(server: Server, *statuses: int) -> Counter[tuple[str, str]]:
    """How often each route has answered with one of these statuses."""
    pattern = r'^tengen_http_requests_total\{method="(\w+)",route="(\S+)",status="(\d+)"\} (\S+)$'
    counts: Counter[tuple[str, str]] = Counter()
    for method, route, status, count in re.findall(pattern, server.get("/metrics").text, re.MULTILINE):
        if int(status) in statuses:
            counts[method, route] += int(float(count))
    return counts


@pytest.mark.timeout(300)  # thousands of requests
def test_every_route_answers_as_the_document_says(start_server: Callable[..., Server], tmp_path: Path) -> None:
    # Wrong passwords are among what is tried, and one token is to be refreshed again and again.
    server = start_server(
        login_failures_per_account=1_000_000, tournament_token_refresh_seconds=0, tournament_token_grace_seconds=3600
    )
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(**what_the_examples_name(server), feed=FEED[1]))
    before = answers(server, *SUCCESSES)
    tried = subprocess.run(
        [SCHEMATHESIS, "--config-file", str(configuration), "run", f"{server.url}/openapi.json"],
        cwd=tmp_path,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    # Where GET is never answered 5xx, only the log tells.
    assert "unforeseen_error" not in server.new_log()
    # What is tried gets past the guards everywhere, and nearly everywhere it succeeds.
    routes = operations(server).keys() - {FEED}
    assert routes <= (answers(server, *SUCCESSES, 400, 403, 404, 409) - before).keys()
    failed = routes - (answers(server, *SUCCESSES) - before).keys()
    assert len(failed) < 0.2 * len(routes), str(sorted(failed))


# ── the document itself ──


def operations(server: Server) -> dict[tuple[str, str], dict[str, Any]]:
    """What the document says of each route, by method and path."""
    paths: dict[str, dict[str, Any]] = server.get("/openapi.json").json()["paths"]
    return {(method.upper(), path): said for path, methods in paths.items() for method, said in methods.items()}


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_route_says_what_it_does_and_where_it_belongs(server: Server) -> None:
    document = server.get("/openapi.json").json()
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(described.values())
    used = set()
    for route, said in operations(server).items():
        assert said["summary"], route
        assert said["description"].endswith("."), route
        (tag,) = said["tags"]
        used.add(tag)
    assert used == described.keys()


def asks_for_a_password(said: dict[str, Any]) -> bool:
    """Whether a password lets somebody in, and not only a token."""
    return any({"user", "server"} & scheme.keys() for scheme in said.get("security", ()))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_route_says_how_it_refuses(server: Server) -> None:
    models = server.get("/openapi.json").json()["components"]["schemas"]
    for (method, path), said in operations(server).items():
        route = (method, path)
        refusals = {int(status): answer for status, answer in said["responses"].items() if status >= "400"}
        is_threefold = path.startswith(("/api/v0", "/api/v1"))
        is_coded = path.startswith("/api/") and not is_threefold
        is_oauth = path.startswith("/oauth2/")
        # What is wrong with a request is 400 in the dialects of OGS and of OAuth2, and 422 elsewhere.
        assert {413, 400 if is_threefold or is_oauth else 422} <= refusals.keys(), route
        if is_coded and method == "GET":
            assert 403 in refusals, route
            assert all(status < 500 and status != 429 for status in refusals), route
        else:
            assert 503 in refusals, route
            assert 429 in refusals or not asks_for_a_password(said), route
        assert 401 in refusals or not asks_for_a_password(said), route
        # A password, or whatever else says who asks, may be sent and be wrong also where none is asked for.
        may_be_told = path.startswith(("/api/v0", "/api/v2", "/oauth2/")) or path in TELL_MORE_TO_WHO_LOGS_IN
        assert 401 not in refusals or asks_for_a_password(said) or may_be_told, route
        assert 403 in refusals or "token" not in str(said.get("security")), route
        for status, answer in refusals.items():
            model = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert answer["description"], (route, status)
            if is_coded:
                assert {"error", "detail"} <= models[model]["properties"].keys(), (route, status)
            elif is_threefold:
                assert model == "ThreefoldRefusal", (route, status)
            elif is_oauth:
                assert model == "OAuthRefusal", (route, status)
            else:
                assert model == ("InvalidRequest" if status == 422 else "Refusal"), (route, status)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_route_asks_for_what_its_guard_asks(server: Server) -> None:
    for (method, path), said in operations(server).items():
        body: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
        with server.client.stream(method, re.sub(r"\{\w+\}", "9", path), json=body) as answer:
            pass  # a feed has no end
        is_asked = answer.status_code == 401 or answer.headers.get("X-Tengen-Error") == "not_logged_in"
        assert is_asked == ("security" in said), path
