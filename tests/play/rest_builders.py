"""Builders of live games on a running server, made in its database as another process would make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from tengen.core.database import Transaction
from tengen.core.values import GameId, PlayerId, utc_now
from tengen.games import service as games
from tengen.go.points import Size
from tengen.go.rulesets import JAPANESE, Ruleset
from tengen.play import service
from tengen.play.commands import Command, PlayMove
from tengen.play.decisions import decide
from tengen.play.service import Append, NewLiveGame
from tengen.play.state import LiveGame, evolve_all
from tengen.play.terms import GameTerms
from tengen.play.time_systems import Byoyomi
from tengen.players.service import HOME
from tests.play.builders import HOUR, SECOND, a_control, a_point
from tests.support.builders import User, a_verified_user
from tests.support.operations import operate
from tests.support.server import Server

LIVE = Byoyomi(HOUR, 30 * SECOND, 5)


@dataclass(frozen=True)
class Person:
    """Somebody who plays on a running server."""

    user: User
    id: PlayerId

    @property
    def name(self) -> str:
        """As others see it."""
        return self.user.display_name

    def get(self, server: Server, path: str, **how: Any) -> httpx.Response:
        """GET a path, signed in."""
        return server.get(path, auth=self.user.auth, **how)


def a_person(server: Server) -> Person:
    """Somebody who has just registered."""
    user = a_verified_user(server)
    answer = server.get("/api/v1/me", auth=user.auth)
    assert answer.status_code == 200, answer.text
    return Person(user, PlayerId(answer.json()["id"]))


@dataclass(frozen=True)
class Pair:
    """Two who play each other."""

    black: Person
    white: Person


def a_pair(server: Server) -> Pair:
    """Two who have just registered."""
    return Pair(a_person(server), a_person(server))


def a_game_on(
    server: Server,
    pair: Pair,
    *,
    moves: str = "",
    then: Sequence[Command] = (),
    rules: Ruleset = JAPANESE,
    side: int = 9,
    is_private: bool = False,
    is_ranked: bool = False,
    name: str = "Evening game",
) -> GameId:
    """A game that began a minute ago, after these moves and commands; finished, if one of them ends it."""
    size = Size.of(side)
    terms = GameTerms.agreed(size=size, rules=rules, control=a_control(LIVE), black=pair.black.id, white=pair.white.id)

    async def make(transaction: Transaction) -> GameId:
        now = utc_now() - timedelta(minutes=1)
        game_id = await games.reserve(transaction, HOME, now=now)
        new = NewLiveGame(game_id, name, terms, pair.white.id, is_ranked=is_ranked, is_private=is_private)
        game = await service.start(transaction, new, now=now)
        for vertex in moves.split():
            now += SECOND
            game = await _do(transaction, new, game, PlayMove(game.to_move, a_point(vertex, size)), now)
        for command in then:
            now += SECOND
            game = await _do(transaction, new, game, command, now)
        return game_id

    return operate(server, make)


async def _do(
    transaction: Transaction, new: NewLiveGame, before: LiveGame, command: Command, now: datetime
) -> LiveGame:
    happened = decide(before, command, now)
    after = evolve_all(before, happened)
    append = Append.of(new.game_id, before, happened, after, now)
    if after.is_over and not before.is_over:
        assert await service.finish(transaction, append, new, after, b"(;GM[1]FF[4])", now=now)
    else:
        assert await service.append(transaction, [append])
    return after
