"""Games end when somebody's time is up: on time, with nobody there, in no process's memory, after a restart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tengen.core.platform import Platform
from tengen.core.values import GameId, utc_now
from tengen.games import service as games
from tengen.games.models import SeatRow
from tengen.play import service
from tengen.play.commands import PlayMove
from tengen.play.models import LiveGameRow
from tengen.play.runtime import Play
from tengen.play.state import LiveGame
from tengen.play.time_systems import Absolute
from tengen.play.timekeeper import Timekeeper
from tests.play.builders import HOUR, SECOND, a_point
from tests.play.live_builders import BLACK, a_live_game, a_process
from tests.support.waiting import until

SHORT = Absolute(2 * SECOND)
BOUND = timedelta(milliseconds=250)


@pytest.fixture
async def process(platform: Platform) -> AsyncIterator[Callable[[], Awaitable[Play]]]:
    """Makes processes that play, and go by the wall clock."""
    made: list[Play] = []

    async def make() -> Play:
        made.append(a_process(platform))
        return made[-1]

    yield make
    for play in made:
        await play.stop()


async def a_game_under_way(platform: Platform, play: Play, system: Absolute = SHORT) -> GameId:
    """A game in which White's time runs."""
    new = await a_live_game(platform.database, system=system, now=utc_now())
    await play.tables.do(new.game_id, PlayMove(BLACK, a_point("C3", new.terms.size)))
    return new.game_id


async def the_end_of(platform: Platform, game_id: GameId) -> LiveGame:
    """The game, once it is over."""
    found: list[LiveGame] = []

    async def is_over() -> bool:
        async with platform.database.read() as connection:
            found[:] = [(await service.find(connection, game_id)).game]
        return found[0].is_over

    await until(is_over)
    return found[0]


async def test_a_game_ends_on_time_with_nobody_there(
    platform: Platform, process: Callable[[], Awaitable[Play]]
) -> None:
    play = await process()
    await play.start()
    game_id = await a_game_under_way(platform, play)
    game = await the_end_of(platform, game_id)
    assert str(game.outcome) == "Timeout"
    assert game.ended_at is not None
    assert game.clock.expires_at is not None
    assert timedelta(0) <= game.ended_at - game.clock.expires_at < BOUND


async def test_a_game_that_no_process_has_in_memory_ends_on_time(
    platform: Platform, process: Callable[[], Awaitable[Play]]
) -> None:
    gone = await process()
    game_id = await a_game_under_way(platform, gone)
    await gone.stop()
    heir = await process()
    await heir.start()
    game = await the_end_of(platform, game_id)
    assert game.ended_at is not None
    assert game.clock.expires_at is not None
    assert timedelta(0) <= game.ended_at - game.clock.expires_at < BOUND
    async with platform.database.read() as connection:
        assert (await games.find_game(connection, game_id)).result == "B+T"


async def test_what_fell_due_while_nothing_ran_ends_at_the_start(
    platform: Platform, process: Callable[[], Awaitable[Play]]
) -> None:
    earlier = utc_now() - timedelta(days=2)
    started = [await a_live_game(platform.database, system=SHORT, now=earlier) for _ in range(3)]
    play = await process()
    await play.start()
    for new in started:
        game = await the_end_of(platform, new.game_id)
        assert str(game.outcome) == "Cancellation"  # its first move never came


async def test_of_two_processes_that_keep_the_time_one_ends_the_game(
    platform: Platform, process: Callable[[], Awaitable[Play]]
) -> None:
    plays = [await process(), await process()]
    for play in plays:
        await play.start()
    game_id = await a_game_under_way(platform, plays[0])
    await the_end_of(platform, game_id)
    await asyncio.sleep(0.2)  # the other one looks, too
    async with platform.database.read() as connection:
        assert await service.versions_of(connection, [game_id]) == {game_id: 2}
        seats = await connection.one(select(func.count()).select_from(SeatRow).where(SeatRow.game_id == game_id))
    assert seats[0] == 2


async def test_a_move_puts_the_alarm_off(platform: Platform, process: Callable[[], Awaitable[Play]]) -> None:
    play = await process()
    game_id = await a_game_under_way(platform, play)
    _, before = await play.tables.see(game_id)
    await play.tables.do(game_id, PlayMove(before.to_move, a_point("G7", before.terms.size)))
    async with platform.database.read() as connection:
        ((found, at),) = await service.due(connection, utc_now() + HOUR, limit=10)
    _, after = await play.tables.see(game_id)
    assert (found, at) == (game_id, after.clock.expires_at)


async def test_more_games_than_are_looked_for_at_once_are_all_checked(platform: Platform) -> None:
    earlier = utc_now() - timedelta(days=2)
    started = {(await a_live_game(platform.database, now=earlier)).game_id for _ in range(7)}
    checked: set[GameId] = set()

    async def check(game_id: GameId) -> None:
        checked.add(game_id)
        async with platform.database.write_one() as connection:
            await connection.run(update(LiveGameRow).where(LiveGameRow.id == game_id).values(next_check_at=None))

    keeper = Timekeeper(platform.database, check, at_once=3)
    await keeper.start()
    try:
        await until(lambda: checked == started)
    finally:
        await keeper.stop()


async def test_a_check_that_fails_is_made_again(platform: Platform) -> None:
    new = await a_live_game(platform.database, now=utc_now() - timedelta(days=2))
    checks = 0

    async def check(_game_id: GameId) -> None:
        nonlocal checks
        checks += 1
        raise RuntimeError("not now")

    keeper = Timekeeper(platform.database, check)
    await keeper.start()
    try:
        await until(lambda: checks >= 2)
    finally:
        await keeper.stop()
    async with platform.database.read() as connection:
        assert not (await service.find(connection, new.game_id)).game.is_over
