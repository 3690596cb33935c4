"""Builders for tests of games of Go: servers that report, players with tokens, reports."""

import itertools
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.service import Account, AccountRegistered
from tengen.core.database import Database, Transaction
from tengen.core.values import AccountId, ServerId, naive_iso, utc_now
from tengen.demo.random_play import play_game
from tengen.games import service
from tengen.games.rated_games import PlayedGame
from tengen.games.records import RecordFacts
from tengen.games.result import Result
from tengen.games.service import NewGame, Record, Reported
from tengen.go.points import Size
from tengen.go.rulesets import Ruleset
from tengen.go.sgf import SgfRecord
from tengen.players import service as players
from tengen.players.service import Player
from tengen.servers import service as servers
from tests.servers.builders import a_new_server, a_plain_listing
from tests.support.builders import NOON, GameServer, an_account, unique
from tests.support.operations import operate
from tests.support.server import Server

SGF = "(;FF[4]GM[1]SZ[19]KM[7.5];B[pd];W[dp])"
_moments = itertools.count()


@cache
def a_long_record(seed: int = 19, *, size: int = 19) -> str:
    """The SGF text of a whole game made by our own board."""
    chance = random.Random(seed)  # noqa: S311  # plays, guards nothing
    played = play_game(chance, size=Size.of(size), rules=Ruleset.parse("japanese"), komi=6.5)
    return str(SgfRecord(size=Size.of(size), steps=played.steps, komi=6.5, rules="Japanese", result=str(played.result)))


# ── in a database ──


async def a_player(database: Database, server_id: ServerId) -> Player:
    """A new account's player on a server."""
    account = await an_account(database)
    async with database.write() as transaction:
        server = (await servers.servers_by_ids(transaction, [server_id]))[server_id]
        made = await players.add_player(transaction, account, server, name=None, now=NOON)
    return made.player


@dataclass(frozen=True)
class Club:
    """A server with some players."""

    server_id: ServerId
    players: list[Player]


async def a_club(database: Database, *, players: int = 2) -> Club:
    """A game server on which so many accounts play."""
    server_id = (await a_new_server(database)).id
    return Club(server_id, [await a_player(database, server_id) for _ in range(players)])


def a_game(club: Club, black: int = 0, white: int = 1, *, after: timedelta = timedelta(), **changes: Any) -> NewGame:
    """A game between two of the club's players, `after` noon, each with a fingerprint of its own."""
    played: dict[str, Any] = {"result": "B+R", "handicap": 0, "komi": 6.5}
    played |= changes
    result = played.pop("result")
    return NewGame(
        server_id=club.server_id,
        black=club.players[black],
        white=club.players[white],
        played=PlayedGame(NOON + after, Result.parse(result), **played),
        result=result,
        fingerprint=next(_moments).to_bytes(32, "big"),
    )


def with_record(game: NewGame, text: str = SGF) -> NewGame:
    """The game with this record."""
    content = text.encode()
    return replace(game, record=Record(content, RecordFacts.read(content)))


async def report(database: Database, game: NewGame) -> Reported:
    """Store the game."""
    async with database.write() as transaction:
        return await service.report(transaction, game, now=NOON + timedelta(days=30))


# ── over HTTP ──


@dataclass(frozen=True)
class GoPlayer:
    """A player with the token that lets its server report for it."""

    id: int
    account_id: int
    name: str
    token: str


@dataclass(frozen=True)
class GoServer:
    """A game server that reports, and two of its players."""

    id: int
    name: str
    secret: str
    black: GoPlayer
    white: GoPlayer

    def headers(self, **changes: str | None) -> dict[str, str]:
        """The three tokens; None leaves one out."""
        tokens: dict[str, str | None] = {"server": self.secret, "black": self.black.token, "white": self.white.token}
        tokens |= changes
        names = {
            "server": "X-Auth-Server-Token",
            "black": "X-Auth-Black-Player-Token",
            "white": "X-Auth-White-Player-Token",
        }
        return {names[who]: token for who, token in tokens.items() if token is not None}


def a_go_server(server: Server, *, registered: GameServer | None = None) -> GoServer:
    """A game server with two players, made by an administrator's commands: no password is hashed for it.

    `registered`: one that is there already, whose owner can sign in.
    """

    async def make(transaction: Transaction) -> GoServer:
        if registered is None:
            name = unique("Go Club")
            listing = a_plain_listing(display_name=name, game_type="Go")
            owner = await _an_account(transaction)
            made = await servers.register(transaction, owner.id, listing, limit=None, now=utc_now())
            server_id, secret = made.id, made.secret
        else:
            server_id, secret, name = ServerId(registered.id), registered.secret, registered.listing["display_name"]
        black, white = [await _a_go_player(transaction, server_id) for _ in range(2)]
        return GoServer(server_id, name, secret, black, white)

    return operate(server, make)


def a_go_player(server: Server, club: GoServer) -> GoPlayer:
    """One more player of the club."""
    return operate(server, lambda transaction: _a_go_player(transaction, ServerId(club.id)))


async def _a_go_player(transaction: Transaction, server_id: ServerId) -> GoPlayer:
    place = (await servers.servers_by_ids(transaction, [server_id]))[server_id]
    account = await _an_account(transaction)
    new = await players.add_player(transaction, account, place, name=unique("stone"), now=utc_now())
    return GoPlayer(new.player.id, new.player.account_id, new.player.name, new.token)


async def _an_account(transaction: Transaction) -> Account:
    account = await accounts.register(
        transaction,
        email=Email.parse(f"{unique('stone')}@tengen.example"),
        display_name=DisplayName.parse(unique("Stone")),
        password_hash="none",
        now=utc_now(),
        mail_tokens=None,
    )
    await players.add_home_player(transaction, _registered(account.id, account.display_name))
    return account


def _registered(account_id: AccountId, name: str) -> AccountRegistered:
    return AccountRegistered(account_id=account_id, display_name=name, at=utc_now().isoformat())


def a_moment() -> str:
    """A time of play that no other report has, as it is written on the wire."""
    moment = datetime(2026, 3, 14, 19, 5, tzinfo=UTC) + timedelta(seconds=next(_moments))
    return naive_iso(moment)


def a_report(club: GoServer, **changes: Any) -> dict[str, Any]:
    """The body of a report; None leaves a field out. The time is its own."""
    body: dict[str, Any] = {
        "server_id": club.id,
        "black_id": club.black.id,
        "white_id": club.white.id,
        "result": "W+3.5",
        "handicap": 0,
        "komi": 7.5,
        "date_played": a_moment(),
        "game_record": SGF,
    }
    body |= changes
    return {name: value for name, value in body.items() if value is not None}


def send(
    server: Server, club: GoServer, body: Any, headers: Mapping[str, str] | None = None, /, **tokens: str | None
) -> httpx.Response:
    """Report a game. `tokens` are those of `GoServer.headers`."""
    return server.request("POST", "/api/v1/games", json=body, headers={**club.headers(**tokens), **(headers or {})})


def a_reported_game(server: Server, club: GoServer | None = None, **changes: Any) -> dict[str, Any]:
    """A game that was reported, as the answer has it."""
    club = club or a_go_server(server)
    answer = send(server, club, a_report(club, **changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The sentence of a refusal, which has it under three names."""
    assert (answer.status_code, answer.headers.get("X-Tengen-Error")) == (status, code), answer.text
    body = answer.json()
    assert list(body) == ["message", "detail", "error"]
    (sentence,) = set(body.values())
    return str(sentence)


def the_game(server: Server, game_id: int) -> dict[str, Any]:
    """The game as everybody may read it."""
    answer = server.get(f"/api/v1/games/{game_id}")
    assert answer.status_code == 200, answer.text
    game: dict[str, Any] = answer.json()
    return game


def the_rating(server: Server, game_id: int) -> dict[str, Any]:
    """What the game did to ratings, once no replay of its pool is due. Of one that rates nothing: that, at once."""
    give_up_at = time.monotonic() + 20
    while True:
        answer = server.get(f"/api/v1/games/{game_id}/rating")
        assert answer.status_code == 200, answer.text
        story: dict[str, Any] = answer.json()
        if story["is_final"]:
            return story
        assert time.monotonic() < give_up_at, story
        time.sleep(0.02)
