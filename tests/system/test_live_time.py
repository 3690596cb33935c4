"""Games end on time at a running server, whether anybody is there or not, and whatever happens to the server."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tengen.core.database import Database
from tengen.core.values import GameId, utc_now
from tengen.go.points import Color
from tengen.play import service
from tengen.play.clocks import from_epoch_milliseconds
from tengen.play.outcomes import GameEnding, Outcome
from tengen.play.state import LiveGame
from tengen.play.time_systems import Absolute
from tests.play.builders import MILLISECOND, SECOND
from tests.play.rest_builders import Pair, a_pair
from tests.play.running_games import check_rated_once, database_of, games_that_begin
from tests.play.socket_player import SocketPlayer, jwt_of
from tests.support.server import Server
from tests.support.waiting import until

BOUND = 250 * MILLISECOND
"""So much after its expiration is a game over, at most."""


async def one_move_each(server: Server, pair: Pair, system: Absolute, *, games: int = 1) -> dict[GameId, datetime]:
    """Games that have begun, left by their players. Returns when Black's time is up, as the clock has told."""
    game_ids = games_that_begin(server, [(pair, system)] * games)
    expirations = {}
    async with (
        await SocketPlayer.connect(server, jwt_of(server, pair.black)) as black,
        await SocketPlayer.connect(server, jwt_of(server, pair.white)) as white,
    ):
        for game_id in game_ids:
            for player, move in ((black, "dd"), (white, "pp")):
                await player.watch(game_id)
                await player.ask("game/move", {"game_id": game_id, "move": move})
            clock = white.last(game_id, "clock")
            assert clock["current_player"] == pair.black.id
            expirations[game_id] = from_epoch_milliseconds(clock["expiration"])
    return expirations


async def the_end_of(database: Database, game_id: GameId) -> LiveGame:
    """The game, as it is stored, once it is over."""
    found: list[LiveGame] = []

    async def is_over() -> bool:
        async with database.read() as connection:
            found[:] = [(await service.find(connection, game_id)).game]
        return found[0].is_over

    await until(is_over, seconds=30)
    return found[0]


async def check_ended_on_time(server: Server, pair: Pair, expirations: dict[GameId, datetime], ready: datetime) -> None:
    """Black has lost all games on time: at the expiration, or once the server was ready again."""
    async with database_of(server) as database:
        for game_id, expires_at in expirations.items():
            game = await the_end_of(database, game_id)
            assert game.outcome == Outcome(GameEnding.TIMEOUT, Color.WHITE)
            assert game.ended_at is not None
            assert expires_at <= game.ended_at < max(expires_at, ready) + BOUND
            shown = server.get(f"/api/v1/games/{game_id}").json()
            assert datetime.fromisoformat(shown["ended"]) == game.ended_at
            assert shown["gamedata"]["outcome"] == "Timeout"
            assert shown["gamedata"]["winner"] == pair.white.id
        await check_rated_once(database, [(game_id, pair) for game_id in expirations])


async def test_games_end_on_time_with_nobody_there(
    engine: str, start_server: Callable[..., Server], request: pytest.FixtureRequest
) -> None:
    two_workers = {"workers": 2, "redis_url": request.getfixturevalue("redis_url")} if engine == "postgresql" else {}
    server = start_server(**two_workers)  # both keep the time
    pair = a_pair(server)
    expirations = await one_move_each(server, pair, Absolute(2 * SECOND), games=4)
    await check_ended_on_time(server, pair, expirations, datetime.min.replace(tzinfo=UTC))


async def test_games_end_on_time_after_the_server_was_killed_and_started_again(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    pair = a_pair(server)
    expirations = await one_move_each(server, pair, Absolute(2 * SECOND))  # before it is there again
    expirations |= await one_move_each(server, pair, Absolute(8 * SECOND), games=3)  # after that
    server.kill()
    await asyncio.sleep(max(0.0, (min(expirations.values()) - utc_now()) / SECOND))
    server.reconnect()
    await asyncio.to_thread(server.start)
    await check_ended_on_time(server, pair, expirations, utc_now())
