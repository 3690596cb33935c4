"""Two servers on one PostgreSQL and one Redis play one game: whoever is connected to whichever, all see the same.

They are what two workers behind one port are; here each client is connected to the one of the test's choice.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import redis as library

from tengen.core.values import GameId
from tengen.play.time_systems import Byoyomi
from tests.play.builders import HOUR, SECOND
from tests.play.rest_builders import Person, a_pair, a_person
from tests.play.running_games import games_that_begin, own_points
from tests.play.socket_player import Refused, SocketPlayer, jwt_of
from tests.support.postgres import PostgresInstance
from tests.support.redis import RedisInstance
from tests.support.server import Server
from tests.support.waiting import until

GAMES = 5
SLOW = Byoyomi(HOUR, 30 * SECOND, 5)
SHOWN = {"move", "clock", "undo_requested", "undo_accepted", "undo_canceled", "chat", "phase", "gamedata"}
"""What happens in every game here."""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisInstance]:
    """A Redis of these tests' own: what is published there is of these two servers alone, and it may be stopped."""
    instance = RedisInstance(tmp_path_factory.mktemp("redis"))
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def servers(
    postgres: PostgresInstance, redis: RedisInstance, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two servers of one platform."""
    url = postgres.create_database()
    common: dict[str, Any] = {
        "database_url": url,
        "redis_url": redis.url,
        "secret_key": "of both servers " * 4,
        "socket_messages_per_second": 10_000,
    }
    first = Server(tmp_path_factory.mktemp("first"), **common).start()
    second = Server(tmp_path_factory.mktemp("second"), **{**common, "public_url": first.url}).start()
    yield first, second
    for server in (first, second):
        server.close()
        errors = [line for line in server.new_log().splitlines() if '"level": "error"' in line]
        assert [line for line in errors if "bus_unavailable" not in line] == []
    postgres.drop_database(url)


@dataclass
class Scene:
    """A game: Black at one server, White at the other, and somebody who watches at each."""

    game_id: GameId
    black: SocketPlayer
    white: SocketPlayer
    watchers: tuple[SocketPlayer, SocketPlayer]

    @property
    def players(self) -> tuple[SocketPlayer, SocketPlayer]:
        """Black and White."""
        return self.black, self.white

    @property
    def everybody(self) -> tuple[SocketPlayer, ...]:
        """All who see the game."""
        return (*self.players, *self.watchers)

    async def ask(self, who: SocketPlayer, name: str, **payload: Any) -> None:
        """Send a command about this game, which is carried out."""
        await who.ask(f"game/{name}", {"game_id": self.game_id, **payload})

    async def try_(self, who: SocketPlayer, name: str, **payload: Any) -> bool:
        """Send a command about this game; returns whether it was carried out."""
        try:
            await self.ask(who, name, **payload)
        except Refused:
            return False
        return True

    async def begin(self) -> None:
        """Everything that can happen, once, mostly each at another server than what was before it."""
        black, white = self.players
        await self.ask(black, "move", move="aa")
        await self.ask(white, "move", move="sa")
        await self.ask(black, "undo/request", move_number=2)
        await self.ask(white, "undo/accept", move_number=2)
        await self.ask(black, "move", move="ab")
        await self.ask(black, "undo/request", move_number=1)
        await self.ask(white, "undo/cancel", move_number=1)
        await self.ask(white, "pause")
        await self.ask(black, "resume")
        for who in self.everybody:
            await self.ask(who, "chat", type="main", body="hello")

    async def go_on(self, chance: random.Random, is_over: asyncio.Event) -> None:
        """All do something all the time, whoever's turn it is, and nobody waits for anybody."""
        points = {self.black: own_points(0), self.white: own_points(10)}

        async def play(player: SocketPlayer) -> None:
            while not is_over.is_set():
                match chance.randrange(12):
                    case 0:
                        await self.try_(player, "undo/request")
                    case 1:
                        await self.try_(player, "undo/accept")
                    case 2:
                        await self.try_(player, "pause")
                    case 3:
                        await self.try_(player, "chat", type="main", body=f"{chance.random()}")
                    case _:
                        await self.try_(player, "move", move=chance.choice(points[player]))
                await asyncio.sleep(chance.uniform(0, 0.02))

        async def talk(watcher: SocketPlayer) -> None:
            while not is_over.is_set():
                await self.ask(watcher, "chat", type="main", body=f"{chance.random()}")
                await asyncio.sleep(chance.uniform(0, 0.1))

        await asyncio.gather(*map(play, self.players), *map(talk, self.watchers))

    async def end(self) -> None:
        """White resigns; returns when all have seen it."""
        await self.ask(self.white, "resign")
        # The game as a whole is told at its end, and then its clock.
        await until(lambda: all(_has_ended(who.games[self.game_id]) for who in self.everybody), seconds=20)

    def check_all_saw_the_same(self) -> None:
        """The same events, in the same order, word for word."""
        black, white = (_seen(who.games[self.game_id]) for who in self.players)
        first, second = (_seen(who.games[self.game_id]) for who in self.watchers)
        assert first == second
        assert black == white
        assert black == [told for told in first if not _is_of_watchers(told)]
        assert {name for name, _ in first} == SHOWN
        moves = [payload["move_number"] for name, payload in first if name in {"move", "undo_accepted"}]
        assert moves[:4] == [1, 2, 0, 1]
        assert len(moves) > 20


def _seen(heard: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What happened, as it was shown: not the game as a whole at the beginning, and nothing that concerns one alone."""
    events = iter(heard)
    seen = []
    for name, payload in events:
        if name == "gamedata" and payload["phase"] == "play":
            assert next(events)[0] == "clock"
        elif name not in {"error", "conditional_moves"}:
            seen.append((name, payload))
    return seen


def _is_of_watchers(told: tuple[str, Any]) -> bool:
    """Whether it is said among those who watch, which players do not hear before the end."""
    return told[0] == "chat" and told[1]["channel"] == "spectator"


def _has_ended(heard: list[tuple[str, Any]]) -> bool:
    return [name for name, _ in heard[-3:]] == ["phase", "gamedata", "clock"]


@pytest.fixture
async def scenes(servers: tuple[Server, Server]) -> AsyncIterator[list[Scene]]:
    """Several games, each with a player at each server, and all watched from both."""
    first, second = servers
    pairs = [a_pair(first) for _ in range(GAMES)]
    game_ids = games_that_begin(first, [(pair, SLOW) for pair in pairs])
    async with AsyncExitStack() as stack:

        async def connect(server: Server, person: Person, *games: GameId) -> SocketPlayer:
            player = await stack.enter_async_context(await SocketPlayer.connect(server, jwt_of(server, person)))
            for game_id in games:
                await player.watch(game_id)
            return player

        watchers = (await connect(first, a_person(first), *game_ids), await connect(second, a_person(first), *game_ids))
        yield [
            Scene(
                game_id, await connect(first, pair.black, game_id), await connect(second, pair.white, game_id), watchers
            )
            for game_id, pair in zip(game_ids, pairs, strict=True)
        ]


async def play_all(scenes: list[Scene], meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Play the games at once, from their beginning to their end."""
    is_over = asyncio.Event()
    await asyncio.gather(*(scene.begin() for scene in scenes))
    under_way = [asyncio.create_task(scene.go_on(random.Random(seed), is_over)) for seed, scene in enumerate(scenes)]  # noqa: S311
    try:
        await until(lambda: _moves(scenes) > 40 * GAMES, seconds=30)
        await meanwhile()
    finally:
        is_over.set()
        await asyncio.gather(*under_way)
    await asyncio.gather(*(scene.end() for scene in scenes))
    for scene in scenes:
        scene.check_all_saw_the_same()


def _moves(scenes: list[Scene]) -> int:
    """How many moves were told to the players at the first server."""
    return sum(name == "move" for scene in scenes for name, _ in scene.black.games[scene.game_id])


async def test_all_see_the_same_wherever_they_are_connected(scenes: list[Scene]) -> None:
    async def nothing() -> None:
        return

    await play_all(scenes, nothing)


async def test_all_have_seen_the_same_once_redis_was_away_and_is_back(
    scenes: list[Scene], redis: RedisInstance
) -> None:
    async def outage() -> None:
        redis.stop()
        moves = _moves(scenes)
        await until(lambda: _moves(scenes) > moves + 10 * GAMES, seconds=30)  # they play on
        redis.start()

    await play_all(scenes, outage)


async def test_all_have_seen_the_same_when_connections_to_redis_were_cut(
    scenes: list[Scene], redis: RedisInstance
) -> None:
    async def cut() -> None:
        with library.Redis.from_url(redis.url) as control:
            for kind in ("pubsub", "normal", "pubsub"):
                control.client_kill_filter(_type=kind)
                moves = _moves(scenes)
                await until(lambda moves=moves: _moves(scenes) > moves + 5 * GAMES, seconds=30)  # type: ignore[misc]

    await play_all(scenes, cut)
