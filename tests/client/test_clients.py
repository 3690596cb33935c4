"""Both clients, in front of a platform that records what is asked and answers what it is told."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest

import tengen.client
from tengen.client import (
    Account,
    AsyncClient,
    ChangeKind,
    Clan,
    ClanRank,
    Client,
    Credentials,
    CurrentRating,
    EndReason,
    Game,
    GameChange,
    GamePage,
    GameRating,
    GameReport,
    GameServer,
    Leaderboard,
    Listing,
    Membership,
    NewPlayer,
    OwnPlayer,
    Player,
    PlayerToken,
    Race,
    RatedGame,
    Rating,
    RatingHistory,
    RecordWarning,
    Reported,
    ServerAdmin,
    ServerOrder,
    SideRating,
    Skin,
    Standing,
    Team,
    TeamStats,
    UnexpectedAnswer,
    UnknownToken,
    Unreachable,
)
from tengen.client.resources import (
    accounts,
    clans,
    games,
    platform,
    play,
    players,
    servers,
    submissions,
    tokens,
    tournaments,
)
from tengen.proofs import KeySet
from tests.client.fake_platform import (
    MIRA,
    MIRA_HEADER,
    URL,
    APlatform,
    Ask,
    Case,
    at,
    check_case,
    check_methods,
    methods_of,
    operations_of,
)

pytestmark = pytest.mark.usefixtures("pauses")

# What the wire contract shows, and what it means.
SIGNED = jwt.encode({"exp": 1_777_746_000}, "a secret of thirty-two characters", algorithm="HS256")
ACCOUNT = {
    "id": 57,
    "display_name": "Mira",
    "created": "2026-05-02T18:04:11.220913",
    "last_online": None,
}
SIGNED_IN = ACCOUNT | {"last_online": "2026-05-02T18:10:00.000412", "proof": "9f1c" * 16, "signed_proof": SIGNED}
THE_ACCOUNT = Account(57, "Mira", at("2026-05-02T18:04:11.220913"), None)
MEMBERSHIP = {
    "clan_id": 9,
    "user_id": 58,
    "rank": "member",
    "invited": "2026-05-02T18:04:11",
    "joined": None,
    "deleted": None,
    "deleted_reason": None,
}
THE_MEMBERSHIP = Membership(9, 58, ClanRank.MEMBER, at("2026-05-02T18:04:11"), None, None, None)
PNG = b"\x89PNG..."
CLAN = {
    "id": 9,
    "created": "2026-05-02T18:04:11",
    "deleted": None,
    "tag": "^rFOX",
    "name": "Night Foxes",
    "icon": base64.b64encode(PNG).decode(),
}
THE_CLAN = Clan(9, "^rFOX", "Night Foxes", PNG, at("2026-05-02T18:04:11"), None)
SKIN = {"id": 2, "description": None, "kind": "shield", "unit": "nomad", "model_path": "units/nomad/shield_a.model"}
THE_SKIN = Skin(2, None, "shield", "nomad", "units/nomad/shield_a.model")
LISTED = {
    "host_name": "203.0.113.20",
    "port": 11235,
    "display_name": "Quiet Valley",
    "description": "beginners",
    "game_type": "RTSS",
    "max_player_count": 32,
}
LISTING = Listing("203.0.113.20", 11235, "Quiet Valley", "RTSS", 32, description="beginners")
SERVER = LISTED | {"id": 3, "current_map": "eden2", "current_player_count": 7, "updated": "2026-05-02T18:20:31.000120"}
THE_SERVER = GameServer(
    3, "203.0.113.20", 11235, "Quiet Valley", "beginners", "RTSS", 32, "eden2", 7, at("2026-05-02T18:20:31.000120")
)
STATS = {
    "user_id": 57,
    "server_id": 3,
    "first_seen": "2026-05-02T18:04:11",
    "last_seen": "2026-05-02T18:20:31",
    "matches_played_field": 4,
    "matches_played_command": 1,
    "matches_won_field": 3,
    "matches_won_command": 0,
    "skill_rating": 861,
}
THE_STATS = TeamStats(57, 3, at("2026-05-02T18:04:11"), at("2026-05-02T18:20:31"), 4, 1, 3, 0, 861)
TEAMS = [Team(0, Race.BEAST, [57, -1], commander=0), Team(1, Race.HUMAN, [58], commander=61)]
MATCH = {
    "teams": [
        {"id": 0, "race": "beast", "field_players": [{"user_id": 57}, {"user_id": -1}], "commander": 0},
        {"id": 1, "race": "human", "field_players": [{"user_id": 58}], "commander": 61},
    ]
}
TOKEN = {"token": "5d0c"}
SERVER_ADMIN = {"account_id": 58, "display_name": "Tova", "is_owner": False, "since": "2026-05-02T18:04:11"}
THE_SERVER_ADMIN = ServerAdmin(58, "Tova", is_owner=False, since_at=at("2026-05-02T18:04:11"))
NEW_PLAYER = {"id": 71, "name": "mossy_stone", "server_id": 3, "account_id": 57, "token": "5d0c"}
THE_NEW_PLAYER = NewPlayer(71, "mossy_stone", 3, 57, "5d0c")
OWN_PLAYER = {"id": 71, "name": "mossy_stone", "server_id": 3, "server_name": "Quiet Valley", "has_token": True}
THE_OWN_PLAYER = OwnPlayer(71, "mossy_stone", 3, "Quiet Valley", has_token=True)
PLAYER = {
    "id": 71,
    "name": "mossy_stone",
    "server_id": 3,
    "username": "Mira",
    "rating": 27.418,
    "rank": "3k",
    "is_bot": False,
    "aga_id": "10221",
    "registration_date": "2026-03-04T05:06:07.123456Z",
}
THE_PLAYER = Player(
    71,
    "mossy_stone",
    3,
    "Mira",
    27.418,
    "3k",
    is_bot=False,
    aga_id="10221",
    registered_at=at("2026-03-04T05:06:07.123456"),
)
RATING = {"rating": 27.418, "rank": "3k", "deviation": 0.84}
THE_RATING = Rating(27.418, "3k", 0.84)
CURRENT_RATING = RATING | {
    "games": 57,
    "last_played": "2026-03-14T19:05:00.000000Z",
    "provisional": False,
    "inactive": False,
}
THE_CURRENT_RATING = CurrentRating(THE_RATING, 57, at("2026-03-14T19:05:00"), is_provisional=False, is_inactive=False)
STANDING = CURRENT_RATING | {"position": 1, "account_id": 57, "player_id": 70, "name": "Mira"}
THE_STANDING = Standing(1, 57, 70, "Mira", THE_CURRENT_RATING)
RATED_GAME = {
    "game_id": 9003,
    "played_at": "2026-03-14T19:05:00.000000Z",
    "before": RATING,
    "after": RATING | {"rating": 27.9},
    "expected": 0.62,
    "opponent": None,
}
THE_RATED_GAME = RatedGame(9003, at("2026-03-14T19:05:00"), THE_RATING, replace(THE_RATING, value=27.9), 0.62, None)
HISTORY = {
    "pool": "go",
    "player_id": 71,
    "account_id": 57,
    "current": CURRENT_RATING,
    "next": None,
    "results": [RATED_GAME, RATED_GAME | {"opponent": RATING}],
}
THE_HISTORY = RatingHistory(
    "go", 71, 57, THE_CURRENT_RATING, (THE_RATED_GAME, replace(THE_RATED_GAME, opponent=THE_RATING)), None
)
BLACK, WHITE = PlayerToken(71, "b1ac"), PlayerToken(72, "3417e")
SGF = "(;FF[4]GM[1]SZ[19]KM[7.5];B[pd];W[dp])"
PLAYED = at("2026-03-14T19:05:00")
REPORT = GameReport(3, BLACK, WHITE, "W+3.5", PLAYED, record=SGF, handicap=0, komi=7.5, idempotency_key="table 7")
REPORTED = {
    "server_id": 3,
    "black_id": 71,
    "white_id": 72,
    "result": "W+3.5",
    "handicap": 0,
    "komi": 7.5,
    "date_played": "2026-03-14T19:05:00+00:00",
    "game_record": SGF,
}
IN_BATCH = REPORTED | {"black_token": "b1ac", "white_token": "3417e", "idempotency_key": "table 7"}
GAME = {
    "id": 9003,
    "server_id": 3,
    "black_id": 71,
    "white_id": 72,
    "players": {"black": {"username": "Mira"}, "white": {"username": "Tova"}},
    "date_played": "2026-03-14T19:05:00",
    "date_reported": "2026-03-14T19:41:22.104233",
    "result": "W+3.5",
    "handicap": 0,
    "komi": 7.5,
    "rules": "chinese",
    "width": 19,
    "height": 19,
    "ranked": True,
    "rated": True,
    "unrated_reason": None,
    "unrated_text": None,
    "annulled": False,
    "has_record": True,
    "game_url": None,
    "record_warnings": [{"code": "illegal_move", "text": "Move 7 is a suicide.", "move": 7}],
}
THE_GAME = Game(
    id=9003,
    server_id=3,
    black_id=71,
    black_name="Mira",
    white_id=72,
    white_name="Tova",
    played_at=PLAYED,
    reported_at=at("2026-03-14T19:41:22.104233"),
    result="W+3.5",
    handicap=0,
    komi=7.5,
    rules="chinese",
    width=19,
    height=19,
    is_ranked=True,
    is_rated=True,
    unrated_reason=None,
    unrated_text=None,
    is_annulled=False,
    has_record=True,
    url=None,
    warnings=(RecordWarning("illegal_move", "Move 7 is a suicide.", 7),),
)
LINES = b"".join(
    json.dumps(line).encode() + b"\n"
    for line in (
        {"index": 0, "status": 201, "is_new": True, "game": GAME},
        {"index": 1, "status": 404, "code": "unknown_token", "message": "white player token unknown or expired"},
    )
)
SIDE = {
    "player_id": 71,
    "color": "black",
    "rank_before": 32.4,
    "rank_after": 32.1,
    "deviation_before": 0.9,
    "deviation_after": 0.8,
    "rating_before": 32.4,
    "rating_after": 32.1,
    "expected": 0.6,
    "score": 0.0,
    "opponent_rank": 31.7,
    "opponent_deviation": 1.1,
    "text": "You were expected to win 60 %.",
}
THE_SIDE = SideRating(71, 32.4, 32.1, 0.9, 0.8, 0.6, 0.0, 31.7, 1.1, "You were expected to win 60 %.")
RATED = {"game_id": 9003, "pool": "go", "unrated_reason": None, "unrated_text": None, "advantage": -0.04}
UNRATED = {"game_id": 9003, "pool": None, "unrated_reason": "no_outcome", "unrated_text": "Nobody won.", "black": None}
CHANGE = {
    "kind": "correction",
    "reason": "Mistyped",
    "account_id": None,
    "changed_at": "2026-03-15T08:00:00.000000Z",
    "before": {"result": "W+R"},
    "after": {"result": "W+3.5"},
}
THE_CHANGE = GameChange(
    ChangeKind.CORRECTION, "Mistyped", None, at("2026-03-15T08:00:00"), {"result": "W+R"}, {"result": "W+3.5"}
)
JWK = {"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

REGISTRATION = {"username": "mira@example.org", "display_name": "Mira", "password": "correct horse"}
CASES = [
    Case("is_alive", [], "GET /", answer="OK", gives=True, is_authenticated=False),
    Case("is_alive", [], "GET /", answer="Hello", gives=False, is_authenticated=False),
    Case("register", list(REGISTRATION.values()), "POST /v1/user/register", REGISTRATION, SIGNED_IN, ...,
         is_authenticated=False),
    Case("verify_email", ["QZKWBD"], "POST /v1/user/email/verify", {"mail_token": "QZKWBD"}, SIGNED_IN, ...),
    Case("renew_mail_token", [], "POST /v1/user/email/renew-token", answer="Token sent", gives=None),
    Case("login", [], "POST /v1/user/login", answer=SIGNED_IN, gives=...),
    Case("login", [3], "POST /v1/user/login?server_id=3", answer=SIGNED_IN, gives=...),
    Case("verify_proof", [57, "c07a"], "POST /v1/user/verify-user-proof", {"user_id": 57, "user_proof": "c07a"}, True,
         is_authenticated=False),
    Case("verify_proof", [57, "c07a"], "POST /v1/user/verify-user-proof", {"user_id": 57, "user_proof": "c07a"}, False,
         is_authenticated=False),
    Case("account", [57], "GET /v1/user/by-id?user_id=57", answer=ACCOUNT, gives=THE_ACCOUNT),
    Case("accounts", [[57, 58]], "GET /v1/user/by-id/batch?user_ids=57&user_ids=58", None, [ACCOUNT], [THE_ACCOUNT]),
    Case("change_display_name", ["Mira II"], "POST /v1/user/change-display-name", {"display_name": "Mira II"}, ACCOUNT,
         THE_ACCOUNT),
    Case("team_stats", [57, 3], "GET /v1/user/stats?user_id=57&server_id=3", None, STATS, THE_STATS),
    Case("team_stats_of", [[57, 58], 3], "GET /v1/user/stats/batch?user_ids=57&user_ids=58&server_id=3", None, [STATS],
         [THE_STATS]),
    Case("clans", [], "GET /v1/clan/all", None, [CLAN], [THE_CLAN]),
    Case("clans", [], "GET /v1/clan/all?after_id=8&limit=20", None, [CLAN], [THE_CLAN],
         kwargs={"after_id": 8, "limit": 20}),
    Case("clan", [9], "GET /v1/clan/by-id?clan_id=9", None, CLAN, THE_CLAN),
    Case("clans_by_id", [[9, 10]], "GET /v1/clan/by-id/batch?clan_ids=9&clan_ids=10", None, [CLAN], [THE_CLAN]),
    Case("clan_icon", [9], "GET /v1/clan/icon/9.png", answer=PNG, is_authenticated=False),
    Case("memberships", [58], "GET /v1/clan/for-user/by-id?user_id=58", None, [MEMBERSHIP], [THE_MEMBERSHIP]),
    Case("my_clan_invitations", [], "GET /v1/user/clan-invites", None, [MEMBERSHIP], [THE_MEMBERSHIP]),
    Case("am_clan_member", [9], "POST /v1/user/verify-clan-membership", {"clan_id": 9}, False),
    Case("is_clan_member", [57, 9], "POST /v1/server/verify-clan-membership", {"user_id": 57, "clan_id": 9}, True),
    Case("register_clan", ["^rFOX", "Night Foxes", PNG], "POST /v1/clan/register",
         {"tag": "^rFOX", "name": "Night Foxes", "icon": CLAN["icon"]}, CLAN, THE_CLAN),
    Case("update_clan_icon", [9, PNG], "POST /v1/clan/update-icon", {"clan_id": 9, "icon": CLAN["icon"]}, CLAN,
         THE_CLAN),
    Case("clan_members", [9], "GET /v1/clan/members?clan_id=9", None, [MEMBERSHIP], [THE_MEMBERSHIP]),
    Case("clan_invitations", [9], "GET /v1/clan/invites?clan_id=9", None, [MEMBERSHIP], [THE_MEMBERSHIP]),
    Case("invite_to_clan", [58, 9], "POST /v1/clan/invite", {"user_id": 58, "clan_id": 9}),
    Case("retract_clan_invitation", [58, 9], "POST /v1/clan/retract-invite", {"user_id": 58, "clan_id": 9}),
    Case("respond_to_clan_invitation", [9], "POST /v1/clan/invite-response", {"clan_id": 9, "accept": True},
         kwargs={"accept": True}),
    Case("leave_clan", [9], "POST /v1/clan/leave", {"clan_id": 9}),
    Case("kick_from_clan", [58, 9], "POST /v1/clan/kick", {"user_id": 58, "clan_id": 9}),
    Case("update_clan_rank", [58, 9, ClanRank.ADMIN], "POST /v1/clan/update-rank",
         {"user_id": 58, "clan_id": 9, "rank": "admin"}, MEMBERSHIP, THE_MEMBERSHIP),
    Case("skins_of_account", [57], "GET /v1/skin/for-user/by-id?user_id=57", None, [SKIN], [THE_SKIN]),
    Case("skins_of_account", [57, 9], "GET /v1/skin/for-user/by-id?user_id=57&clan_id=9", None, [SKIN], [THE_SKIN]),
    Case("skins_of_clan", [9], "GET /v1/skin/for-clan/by-id?clan_id=9", None, [SKIN], [THE_SKIN]),
    Case("register_server", [LISTING], "POST /v1/server/register", LISTED, {"username": "3", "password": "5d0c"},
         Credentials("3", "5d0c")),
    Case("my_servers", [], "GET /v1/server/list/my", None, [SERVER], [THE_SERVER]),
    Case("online_servers", [], "GET /v1/server/list/online", None, [SERVER], [THE_SERVER], is_authenticated=False),
    Case("online_servers", [],
         "GET /v1/server/list/online?game_type=RTSS&search=quiet+valley&not_full=true&sort=players", None, [], [],
         kwargs={"game_type": "RTSS", "search": "quiet valley", "not_full": True, "sort": ServerOrder.PLAYERS},
         is_authenticated=False),
    Case("heartbeat", [LISTING], "POST /v1/server/update", LISTED | {"current_map": "eden2", "current_player_count": 7},
         SERVER, THE_SERVER, kwargs={"current_map": "eden2", "current_player_count": 7}),
    Case("report_match", [TEAMS, 1], "POST /v1/server/match-update", MATCH | {"winner": 1}),
    Case("report_match", [TEAMS, None], "POST /v1/server/match-update", MATCH | {"winner": -1}),
    Case("reset_server_token", [3], "POST /api/v1/game_servers/3/reset_token", None, TOKEN, Credentials("3", "5d0c")),
    Case("server_admins", [3], "GET /api/v1/game_servers/3/admins", None, [SERVER_ADMIN], [THE_SERVER_ADMIN]),
    Case("add_server_admin", [3, 58], "POST /api/v1/game_servers/3/admins", {"account_id": 58}, SERVER_ADMIN,
         THE_SERVER_ADMIN),
    Case("add_server_admin", [3], "POST /api/v1/game_servers/3/admins", {"display_name": "Tova"}, SERVER_ADMIN,
         THE_SERVER_ADMIN, kwargs={"display_name": "Tova"}),
    Case("remove_server_admin", [3, 58], "DELETE /api/v1/game_servers/3/admins/58"),
    Case("add_player", [3], "POST /api/v1/players", {"server_id": 3}, NEW_PLAYER, THE_NEW_PLAYER),
    Case("add_player", [], "POST /api/v1/players", {"game_server": "Quiet Valley", "name": "mossy_stone"}, NEW_PLAYER,
         THE_NEW_PLAYER, kwargs={"game_server": "Quiet Valley", "name": "mossy_stone"}),
    Case("my_players", [], "GET /api/v1/me/players", None, [OWN_PLAYER], [THE_OWN_PLAYER]),
    Case("rename_player", [71, "stone"], "PATCH /api/v1/players/71", {"name": "stone"}, OWN_PLAYER, THE_OWN_PLAYER),
    Case("reset_player_token", [71], "POST /api/v1/players/71/reset_token", None, TOKEN, "5d0c"),
    Case("player", [71], "GET /api/v1/players/71", None, PLAYER, THE_PLAYER, is_authenticated=False),
    Case("player", [71], "GET /api/v1/players/71", None, PLAYER | {"rating": None, "rank": None},
         replace(THE_PLAYER, rating=None, rank=None), is_authenticated=False),
    Case("player_by_token", ["5d0c"], "GET /api/v1/players", None, PLAYER, THE_PLAYER, is_authenticated=False),
    Case("leaderboard", [], "GET /api/v1/ratings/go", None, {"pool": "go", "next": None, "results": [STANDING]},
         Leaderboard("go", (THE_STANDING,), None), is_authenticated=False),
    Case("leaderboard", ["team:3"],
         "GET /api/v1/ratings/team:3?limit=1&after=QDk&provisional=true&inactive=true", None,
         {"pool": "team:3", "next": f"{URL}/api/v1/ratings/team:3?limit=1&after=QDm", "results": []},
         Leaderboard("team:3", (), "QDm"), is_authenticated=False,
         kwargs={"limit": 1, "after": "QDk", "provisional": True, "inactive": True}),
    Case("leaderboard", [], "GET /api/v1/ratings/go?around=71", None,
         {"pool": "go", "next": None, "results": [STANDING | {"position": None, "rank": None}]},
         Leaderboard("go", (replace(THE_STANDING, position=None, current=replace(THE_CURRENT_RATING, rating=replace(
             THE_RATING, rank=None))),), None), kwargs={"around": 71}, is_authenticated=False),
    Case("rating_history", [71], "GET /api/v1/players/71/ratings", None, HISTORY, THE_HISTORY,
         is_authenticated=False),
    Case("rating_history", [71, "team:3"], "GET /api/v1/players/71/ratings?pool=team%3A3&limit=1&after=AAZ", None,
         HISTORY | {"current": None, "next": f"{URL}/api/v1/players/71/ratings?after=AAY", "results": []},
         replace(THE_HISTORY, current=None, games=(), after="AAY"), kwargs={"limit": 1, "after": "AAZ"},
         is_authenticated=False),
    Case("report_game", [REPORT], "POST /api/v1/games", REPORTED, GAME, THE_GAME),
    Case("report_games", [[REPORT, REPORT]], "POST /api/v1/games/batch", [IN_BATCH, IN_BATCH], LINES, ...),
    Case("game", [9003], "GET /api/v1/games/9003", None, GAME, THE_GAME, is_authenticated=False),
    Case("game_record", [9003], "GET /api/v1/games/9003/sgf", answer=SGF.encode(), is_authenticated=False),
    Case("games", [], "GET /api/v1/games", None, {"next": None, "results": []}, GamePage((), None),
         is_authenticated=False),
    Case("games", [], "GET /api/v1/games?player_id=71&server_id=3&pool=go&since=2026-03-14T19%3A05%3A00%2B00%3A00"
         "&until=2026-03-14T20%3A05%3A00%2B00%3A00&limit=1&after=WzE",
         None, {"next": f"{URL}/api/v1/games?limit=1&after=WzI", "results": [GAME]}, GamePage((THE_GAME,), "WzI"),
         kwargs={"player_id": 71, "server_id": 3, "pool": "go", "since": PLAYED,
                 "until": PLAYED + timedelta(hours=1), "limit": 1, "after": "WzE"},
         is_authenticated=False),
    Case("game_rating", [9003], "GET /api/v1/games/9003/rating", None,
         RATED | {"is_final": True, "black": SIDE, "white": SIDE | {"player_id": 72}},
         GameRating(9003, "go", None, None, -0.04, True, THE_SIDE, replace(THE_SIDE, player_id=72)),
         is_authenticated=False),
    Case("game_rating", [9003], "GET /api/v1/games/9003/rating", None,
         UNRATED | {"advantage": None, "is_final": True, "white": None},
         GameRating(9003, None, "no_outcome", "Nobody won.", None, True, None, None), is_authenticated=False),
    Case("game_history", [9003], "GET /api/v1/games/9003/history", None, [CHANGE], [THE_CHANGE],
         is_authenticated=False),
    Case("correct_game", [9003, "Mistyped"], "PATCH /api/v1/games/9003", {"reason": "Mistyped", "result": "W+3.5"},
         GAME, THE_GAME, kwargs={"result": "W+3.5"}),
    Case("correct_game", [9003, "Mistyped"], "PATCH /api/v1/games/9003",
         {"reason": "Mistyped", "handicap": 0, "komi": 0.5, "date_played": "2026-03-14T19:05:00+00:00",
          "ranked": False, "swap_colors": True}, GAME, THE_GAME,
         kwargs={"handicap": 0, "komi": 0.5, "played_at": PLAYED, "is_ranked": False, "swap_colors": True}),
    Case("annul_game", [9003, "White had help."], "POST /api/v1/games/9003/annul", {"reason": "White had help."}, GAME,
         THE_GAME),
    Case("restore_game", [9003, "He had none."], "POST /api/v1/games/9003/restore", {"reason": "He had none."}, GAME,
         THE_GAME),
    Case("signing_keys", [], "GET /.well-known/jwks.json", None, {"keys": [JWK]}, ..., is_authenticated=False),
]  # fmt: skip


OPERATIONS = operations_of(platform, accounts, clans, servers, players, games)


def test_both_clients_have_every_operation_and_the_cases_walk_them_all() -> None:
    ours = set(OPERATIONS)
    assert ours == {case.method for case in CASES}
    others = set(operations_of(tournaments, submissions, tokens, play))
    assert ours | others == set(methods_of(Client)) == set(methods_of(AsyncClient))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_method_has_the_signature_and_the_text_of_its_operation(name: str) -> None:
    check_methods(name, OPERATIONS[name])


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_every_operation_sends_and_reads_what_the_wire_contract_says(ask: Ask, case: Case) -> None:
    await check_case(ask, case)


async def test_signing_in_gives_the_account_and_its_proof_in_both_forms(ask: Ask) -> None:
    signed_in = await ask(APlatform([httpx.Response(200, json=SIGNED_IN)]), "login")
    assert signed_in.account.last_online_at == at("2026-05-02T18:10:00.000412")
    assert signed_in.proof.account_id == 57
    assert signed_in.proof.opaque == "9f1c" * 16
    assert signed_in.proof.signed == SIGNED
    assert signed_in.proof.expires_at == datetime(2026, 5, 2, 18, 20, tzinfo=UTC)


async def test_a_platform_that_does_not_sign_gives_a_proof_without_signed_form(ask: Ask) -> None:
    answer = {name: value for name, value in SIGNED_IN.items() if name != "signed_proof"}
    signed_in = await ask(APlatform([httpx.Response(200, json=answer)]), "login")
    assert signed_in.proof.signed is None
    assert signed_in.proof.expires_at is None


async def test_an_ended_membership_says_how_it_ended(ask: Ask) -> None:
    ended = MEMBERSHIP | {"joined": "2026-05-03T00:00:00", "deleted": "2026-05-04T00:00:00", "deleted_reason": "left"}
    kept = MEMBERSHIP | {"joined": "2026-05-03T00:00:00"}
    platform = APlatform([httpx.Response(200, json=[ended, kept, MEMBERSHIP])])
    left, member, invited = await ask(platform, "clan_members", 9)
    assert left.end_reason is EndReason.LEFT
    assert [left.is_active, member.is_active, invited.is_active] == [False, True, False]


async def test_the_signing_keys_come_as_a_key_set(ask: Ask) -> None:
    keys = await ask(APlatform([httpx.Response(200, json={"keys": [JWK]})]), "signing_keys")
    assert isinstance(keys, KeySet)
    assert keys.to_jwks()["keys"][0]["x"] == JWK["x"]


async def test_the_paths_go_under_the_path_of_the_platforms_address() -> None:
    platform = APlatform([httpx.Response(200, json=ACCOUNT)])
    with Client("https://host.example/tengen/", MIRA, transport=platform.transport) as client:
        client.account(57)
    assert platform.requests[0].url == "https://host.example/tengen/v1/user/by-id?user_id=57"


async def test_a_client_without_credentials_sends_none() -> None:
    platform = APlatform([httpx.Response(200, json=ACCOUNT)])
    with Client(URL, transport=platform.transport) as client:
        client.account(57)
    assert "Authorization" not in platform.requests[0].headers


def test_a_password_is_sent_as_utf_8() -> None:
    platform = APlatform([httpx.Response(200, json=ACCOUNT)])
    with Client(URL, Credentials("mira@example.org", "grüner Stein 碁"), transport=platform.transport) as client:
        client.account(57)
    sent = platform.requests[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == "mira@example.org:grüner Stein 碁"


@pytest.mark.parametrize("secret", ["correct horse", "5d0c", SIGNED, "9f1c9f1c", "b1ac"])
def test_no_secret_shows_when_a_value_is_printed(secret: str) -> None:
    values = [MIRA, Credentials.of_server(3, "5d0c"), THE_NEW_PLAYER, tengen.client.SignIn.from_json(SIGNED_IN)]
    values += [accounts.register("mira@example.org", "Mira", "correct horse")]
    values += [REPORT, games.report_game(REPORT), games.report_games([REPORT])]
    assert secret not in repr(values)


# Reports of games of Go.

TOKENS = ("X-Auth-Server-Token", "X-Auth-Black-Player-Token", "X-Auth-White-Player-Token", "Idempotency-Key")


def _sent_tokens(request: httpx.Request) -> list[str | None]:
    return [request.headers.get(name) for name in TOKENS]


async def test_a_players_token_is_shown_in_a_header_and_in_no_address(ask: Ask) -> None:
    platform = APlatform([httpx.Response(200, json=PLAYER)])
    await ask(platform, "player_by_token", "5d0c")
    (request,) = platform.requests
    assert request.headers["X-Auth-Player-Token"] == "5d0c"
    assert "5d0c" not in str(request.url)
    assert "5d0c" not in repr(players.player_by_token("5d0c"))


def test_a_game_server_shows_its_secret_and_the_players_tokens_in_headers_and_no_password() -> None:
    platform = APlatform([httpx.Response(201, json=GAME)])
    with Client(URL, Credentials.of_server(3, "5d0c"), transport=platform.transport) as client:
        client.report_game(REPORT)
        client.report_game(replace(REPORT, idempotency_key=None))
        client.annul_game(9003, "White had help.")
        client.game(9003)
    assert [_sent_tokens(request) for request in platform.requests] == [
        ["5d0c", "b1ac", "3417e", "table 7"],
        ["5d0c", "b1ac", "3417e", None],
        ["5d0c", None, None, None],
        [None] * 4,
    ]
    assert not any("Authorization" in request.headers for request in platform.requests)


def test_an_account_that_looks_after_a_server_changes_games_with_its_password() -> None:
    platform = APlatform([httpx.Response(200, json=GAME)])
    with Client(URL, MIRA, transport=platform.transport) as client:
        client.correct_game(9003, "Mistyped", result="W+3.5")
    assert platform.requests[0].headers["Authorization"] == MIRA_HEADER
    assert _sent_tokens(platform.requests[0]) == [None] * 4


async def test_what_became_of_each_game_of_a_batch_is_told(ask: Ask) -> None:
    stored, refused = await ask(APlatform([httpx.Response(200, content=LINES)]), "report_games", [REPORT, REPORT])
    assert stored == Reported(0, THE_GAME, is_new=True, error=None)
    assert (refused.index, refused.game, refused.is_new) == (1, None, False)
    assert type(refused.error) is UnknownToken
    assert (refused.error.status, str(refused.error)) == (404, "white player token unknown or expired")


async def test_a_batch_that_is_refused_as_a_whole_raises(ask: Ask) -> None:
    refusal = httpx.Response(403, headers={"X-Tengen-Error": "missing_tokens"}, json={"detail": "No token."})
    with pytest.raises(tengen.client.MissingTokens, match="No token"):
        await ask(APlatform([refusal]), "report_games", [REPORT])


class _BreaksOff(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The first line of an answer, and then nothing more."""

    def __iter__(self) -> Iterator[bytes]:
        yield LINES[: LINES.index(b"\n") + 20]
        raise LOST

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


async def test_an_answer_that_breaks_off_gives_what_has_come_and_then_raises() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=_BreaksOff()))
    with Client(URL, MIRA, transport=transport) as client:
        outcomes = client.report_games([REPORT, REPORT])
        assert next(outcomes).game == THE_GAME
        with pytest.raises(Unreachable, match="connection lost") as refusal:
            next(outcomes)
    assert refusal.value.may_have_happened
    async with AsyncClient(URL, MIRA, transport=transport) as async_client:
        async_outcomes = async_client.report_games([REPORT, REPORT])
        assert (await anext(async_outcomes)).game == THE_GAME
        with pytest.raises(Unreachable, match="connection lost"):
            await anext(async_outcomes)


@pytest.mark.parametrize("line", [b"<html>\n", b"[]\n", b'{"index": 0, "status": 201}\n', b"\xff\n"])
async def test_a_line_that_cannot_be_read_is_unexpected(ask: Ask, line: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        await ask(APlatform([httpx.Response(200, content=line)]), "report_games", [REPORT])


def test_a_report_leaves_out_what_it_does_not_say() -> None:
    report = GameReport(3, BLACK, WHITE, "B+R", PLAYED, url="https://go.example/1.sgf", is_ranked=False)
    assert report.to_json_in_batch() == {
        "server_id": 3,
        "black_id": 71,
        "white_id": 72,
        "result": "B+R",
        "date_played": "2026-03-14T19:05:00+00:00",
        "game_url": "https://go.example/1.sgf",
        "ranked": False,
        "black_token": "b1ac",
        "white_token": "3417e",
    }


def test_a_time_without_an_offset_is_not_reported() -> None:
    with pytest.raises(ValueError, match="offset"):
        GameReport(3, BLACK, WHITE, "B+R", datetime(2026, 3, 14, 19, 5))  # noqa: DTZ001  # that is the mistake


@pytest.mark.parametrize("key", ["", "a" * 201, "Tisch 7 für Zwei", "a\nb", " a", "a "])
def test_a_key_that_no_header_can_hold_is_not_sent(key: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        replace(REPORT, idempotency_key=key)


# When the connection fails.

REFUSED = httpx.ConnectError("connection refused")
LOST = httpx.ReadError("connection lost")
SLOW = httpx.ReadTimeout("no answer in time")
DONE = httpx.Response(200, content=b"null")
FINE = httpx.Response(200, json=ACCOUNT)
GONE = httpx.Response(503, json={"detail": "The database is away."}, headers={"Retry-After": "7"})


@pytest.mark.parametrize("trouble", [REFUSED, LOST, SLOW, httpx.Response(502), GONE], ids=repr)
async def test_a_question_is_asked_again(ask: Ask, pauses: list[float], trouble: httpx.Response | Exception) -> None:
    platform = APlatform([trouble, trouble, FINE])
    assert await ask(platform, "account", 57) == THE_ACCOUNT
    assert len(platform.requests) == 3
    assert pauses == [0.2, 0.4]


async def test_what_never_left_is_sent_again(ask: Ask) -> None:
    platform = APlatform([REFUSED, DONE])
    await ask(platform, "report_match", TEAMS, 1)
    assert len(platform.requests) == 2


@pytest.mark.parametrize("trouble", [LOST, SLOW, httpx.Response(502), GONE], ids=repr)
async def test_what_may_have_happened_is_not_sent_again(ask: Ask, trouble: httpx.Response | Exception) -> None:
    platform = APlatform([trouble, DONE])
    with pytest.raises(tengen.client.Unavailable) as refusal:
        await ask(platform, "report_match", TEAMS, 1)
    assert len(platform.requests) == 1
    assert refusal.value.may_have_happened is (trouble is not GONE)


@pytest.mark.parametrize("trouble", [LOST, SLOW, httpx.Response(502), GONE], ids=repr)
@pytest.mark.parametrize("method", ["report_game", "report_games"])
async def test_a_report_of_a_game_is_sent_again_for_it_is_the_same_game(
    ask: Ask, trouble: httpx.Response | Exception, method: str
) -> None:
    fine = httpx.Response(201, json=GAME) if method == "report_game" else httpx.Response(200, content=LINES)
    platform = APlatform([trouble, fine])
    await ask(platform, method, REPORT if method == "report_game" else [REPORT])
    first, second = platform.requests
    assert (first.content, _sent_tokens(first)) == (second.content, _sent_tokens(second))


async def test_a_refusal_is_not_asked_again(ask: Ask) -> None:
    platform = APlatform([httpx.Response(404, json={"detail": "User not found"})])
    with pytest.raises(tengen.client.NotFound):
        await ask(platform, "account", 57)
    assert len(platform.requests) == 1


async def test_a_platform_that_stays_away_is_unreachable(ask: Ask, pauses: list[float]) -> None:
    platform = APlatform([REFUSED])
    with pytest.raises(Unreachable, match="connection refused") as refusal:
        await ask(platform, "account", 57)
    assert not refusal.value.may_have_happened
    assert len(platform.requests) == 3


async def test_the_wait_that_the_platform_asks_for_is_in_the_error(ask: Ask) -> None:
    with pytest.raises(tengen.client.Unavailable, match="The database is away") as refusal:
        await ask(APlatform([GONE]), "account", 57)
    assert refusal.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("account", b"<html>"),
        ("account", b"null"),
        ("account", b"[]"),
        ("account", b"{}"),
        ("account", json.dumps(ACCOUNT | {"created": "yesterday"}).encode()),
        ("login", json.dumps(SIGNED_IN | {"signed_proof": "no proof"}).encode()),
        ("login", json.dumps(SIGNED_IN | {"signed_proof": jwt.encode({}, "k" * 32)}).encode()),
        ("clan", json.dumps(CLAN | {"icon": "x"}).encode()),
        ("memberships", json.dumps([MEMBERSHIP | {"rank": "emperor"}]).encode()),
        ("memberships", b"{}"),
        ("am_clan_member", b"1"),
        ("is_alive", b"\xff"),
        ("signing_keys", b'{"keys": 1}'),
    ],
)
async def test_an_answer_that_cannot_be_read_is_unexpected(ask: Ask, method: str, answer: bytes) -> None:
    args = [] if method in {"login", "is_alive", "signing_keys"} else [57]
    with pytest.raises(UnexpectedAnswer):
        await ask(APlatform([httpx.Response(200, content=answer)]), method, *args)


async def test_a_redirect_is_not_followed(ask: Ask) -> None:
    platform = APlatform([httpx.Response(302, headers={"Location": "https://elsewhere.example/"})])
    with pytest.raises(UnexpectedAnswer):
        await ask(platform, "login")
    assert len(platform.requests) == 1
