"""Both clients, in front of a platform that records what is asked and answers what it is told."""

import base64
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any

import httpx
import jwt
import pytest

import tengen.client
from tengen.client import (
    Account,
    AsyncClient,
    Clan,
    ClanRank,
    Client,
    Credentials,
    EndReason,
    GameServer,
    Listing,
    Membership,
    NewPlayer,
    OwnPlayer,
    Race,
    ServerAdmin,
    ServerOrder,
    Skin,
    Team,
    TeamStats,
    UnexpectedAnswer,
    Unreachable,
    operations,
)
from tengen.proofs import KeySet

URL = "https://tengen.example"
MIRA = Credentials("mira@example.org", "correct horse")
MIRA_HEADER = "Basic " + base64.b64encode(b"mira@example.org:correct horse").decode()


@dataclass
class APlatform:
    """Answers with each of `answers` in turn, and with the last for ever; `requests` is what it was asked."""

    answers: Sequence[httpx.Response | Exception]
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)


Ask = Callable[..., Any]
"""Calls a method of a client by its name: `await ask(platform, "account", 57)`."""


async def _ask_client(platform: APlatform, method: str, *args: Any, **kwargs: Any) -> Any:
    with Client(URL, MIRA, transport=platform.transport) as client:
        return getattr(client, method)(*args, **kwargs)


async def _ask_async_client(platform: APlatform, method: str, *args: Any, **kwargs: Any) -> Any:
    async with AsyncClient(URL, MIRA, transport=platform.transport) as client:
        return await getattr(client, method)(*args, **kwargs)


@pytest.fixture(params=[_ask_client, _ask_async_client], ids=["Client", "AsyncClient"])
def ask(request: pytest.FixtureRequest) -> Ask:
    ask: Ask = request.param
    return ask


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No test waits; what was to be waited is noted."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr("tengen.client.clients.time.sleep", noted.append)
    monkeypatch.setattr("tengen.client.clients.asyncio.sleep", note)
    return noted


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


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
JWK = {"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

_SAME = object()


@dataclass(frozen=True)
class Case:
    """A call, what must go out, what comes back, and what the call must give (`_SAME`: the same)."""

    method: str
    args: Sequence[Any]
    sent: str  # method, path and query
    body: Any = None
    answer: Any = None
    gives: Any = _SAME
    kwargs: dict[str, Any] = field(default_factory=dict)
    is_authenticated: bool = True

    def __str__(self) -> str:
        return f"{self.method} -> {self.sent}"


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
    Case("signing_keys", [], "GET /.well-known/jwks.json", None, {"keys": [JWK]}, ..., is_authenticated=False),
]  # fmt: skip


def methods_of(client: type) -> dict[str, Any]:
    """A client's operations: its public methods but those that every client of anything has."""
    return {
        name: method
        for name, method in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_") and name not in {"run", "close"}
    }


def all_operations() -> dict[str, Any]:
    return {
        name: function
        for name, function in inspect.getmembers(operations, inspect.isfunction)
        if function.__module__ == operations.__name__ and not name.startswith("_")
    }


def test_both_clients_have_every_operation_and_the_cases_walk_them_all() -> None:
    walked = {case.method for case in CASES}
    assert set(all_operations()) == set(methods_of(Client)) == set(methods_of(AsyncClient)) == walked


@pytest.mark.parametrize("name", sorted(all_operations()))
def test_a_method_has_the_signature_and_the_text_of_its_operation(name: str) -> None:
    operation = all_operations()[name]
    expected = dict(inspect.signature(operation).parameters)
    (result,) = operation.__annotations__["return"].__args__
    for client in (Client, AsyncClient):
        method = methods_of(client)[name]
        parameters = dict(inspect.signature(method).parameters)
        del parameters["self"]
        assert parameters == expected
        assert method.__annotations__["return"] in (result, None if result is NoneType else result)
        assert inspect.getdoc(method) == inspect.getdoc(operation)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_every_operation_sends_and_reads_what_the_wire_contract_says(ask: Ask, case: Case) -> None:
    is_binary = isinstance(case.answer, bytes)
    content = case.answer if is_binary else json.dumps(case.answer).encode()
    platform = APlatform([httpx.Response(200, content=content)])
    result = await ask(platform, case.method, *case.args, **case.kwargs)
    (request,) = platform.requests
    assert f"{request.method} {request.url.raw_path.decode()}" == case.sent
    assert (json.loads(request.content) if request.content else None) == case.body
    assert request.headers.get("Authorization") == (MIRA_HEADER if case.is_authenticated else None)
    if case.gives is not ...:
        assert result == (case.answer if case.gives is _SAME else case.gives)


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


@pytest.mark.parametrize("secret", ["correct horse", "5d0c", SIGNED, "9f1c9f1c"])
def test_no_secret_shows_when_a_value_is_printed(secret: str) -> None:
    values = [MIRA, Credentials.of_server(3, "5d0c"), THE_NEW_PLAYER, tengen.client.SignIn.from_json(SIGNED_IN)]
    values += [operations.register("mira@example.org", "Mira", "correct horse")]
    assert secret not in repr(values)


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
