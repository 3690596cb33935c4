"""Live games in memory and in the database: one command at a time, whoever asks, and nothing acknowledged is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tengen.core.platform import Platform
from tengen.core.values import GameId
from tengen.games import service as games
from tengen.games.models import SeatRow
from tengen.go.board import IllegalMove
from tengen.play import service
from tengen.play.chat import Channel
from tengen.play.clocks import NotYourTurn
from tengen.play.commands import AcceptMarking, CheckTime, PlayMove, RequestUndo, Resign, Say
from tengen.play.models import LiveEventRow
from tengen.play.refusals import GameIsOver
from tengen.play.state import Phase
from tengen.play.time_controls import class_of
from tengen.play.time_systems import Absolute
from tengen.ratings import service as ratings
from tests.play.builders import MINUTE, NOON, SECOND, a_point
from tests.play.live_builders import BLACK, WHITE, Worker, a_live_game, a_worker, the_moves, two_opponents


@pytest.fixture
async def worker(platform: Platform) -> AsyncIterator[Worker]:
    """A process that plays."""
    worker = a_worker(platform)
    yield worker
    await worker.play.stop()


@pytest.fixture
async def other(platform: Platform, worker: Worker) -> AsyncIterator[Worker]:
    """Another process on the same database, from which nothing is heard."""
    other = a_worker(platform, watch=worker.watch)
    yield other
    await other.play.stop()


async def test_moves_are_stored_in_order_and_numbered(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database)
    await worker.move(new.game_id, "C3", "G7", "pass")
    async with platform.database.read() as connection:
        rows = await connection.all(
            select(LiveEventRow.number).where(LiveEventRow.game_id == new.game_id).order_by(LiveEventRow.number)
        )
        stored = await service.find(connection, new.game_id)
    assert [row[0] for row in rows] == [1, 2, 3]
    assert the_moves(stored.game) == ["C3", "G7", "pass"]


async def test_a_game_read_from_the_database_is_the_game_in_memory(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database)
    await worker.move(new.game_id, "C3", "G7", "C7", "G3")
    await worker.do(new.game_id, RequestUndo(WHITE, 4))
    _, in_memory = await worker.play.tables.see(new.game_id)
    async with platform.database.read() as connection:
        assert (await service.find(connection, new.game_id)).game == in_memory


async def test_a_refused_command_changes_nothing(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database)
    await worker.move(new.game_id, "C3")
    with pytest.raises(NotYourTurn):
        await worker.do(new.game_id, PlayMove(BLACK, a_point("D4", new.terms.size)))
    with pytest.raises(IllegalMove):
        await worker.do(new.game_id, PlayMove(WHITE, a_point("C3", new.terms.size)))
    async with platform.database.read() as connection:
        assert (await service.versions_of(connection, [new.game_id])) == {new.game_id: 1}


async def test_a_game_that_does_not_exist_is_refused(worker: Worker) -> None:
    with pytest.raises(service.LiveGameNotFound):
        await worker.play.tables.see(GameId(10**12))


async def test_of_several_moves_at_once_one_is_played(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database)
    moves = [
        PlayMove(BLACK, a_point(vertex, new.terms.size))
        for vertex in ["A1", "B2", "C3", "D4", "E5", "F6", "G7", "H8", "J9"]
    ]
    results = await asyncio.gather(
        *(worker.play.tables.do(new.game_id, move, now=NOON + SECOND) for move in moves), return_exceptions=True
    )
    assert results[0] is None
    assert all(isinstance(result, NotYourTurn) for result in results[1:])


async def test_two_processes_that_hear_nothing_of_each_other_play_one_game(
    platform: Platform, worker: Worker, other: Worker
) -> None:
    new = await a_live_game(platform.database)
    await worker.move(new.game_id, "C3")
    await other.do(new.game_id, PlayMove(WHITE, a_point("G7", new.terms.size)))
    await worker.do(new.game_id, PlayMove(BLACK, a_point("D4", new.terms.size)))
    for process in (worker, other):
        _, game = await process.play.tables.see(new.game_id)
        assert the_moves(game) == ["C3", "G7", "D4"]


async def test_of_moves_of_two_processes_at_once_one_is_played(
    platform: Platform, worker: Worker, other: Worker
) -> None:
    new = await a_live_game(platform.database)
    size, at = new.terms.size, NOON + SECOND
    results = await asyncio.gather(
        *(
            process.play.tables.do(new.game_id, PlayMove(BLACK, a_point(vertex, size)), now=at)
            for process, vertex in ((worker, "A1"), (other, "B2"), (worker, "C3"), (other, "D4"))
        ),
        return_exceptions=True,
    )
    assert [result for result in results if not isinstance(result, NotYourTurn)] == [None]
    seen = [(await process.play.tables.see(new.game_id))[1] for process in (worker, other)]
    assert seen[0] == seen[1]
    assert len(seen[0].moves) == 1


async def test_what_happens_in_many_games_at_once_is_stored_with_few_statements(
    platform: Platform, worker: Worker
) -> None:
    started = [await a_live_game(platform.database) for _ in range(12)]
    for new in started:
        await worker.play.tables.table(new.game_id)
    batches: list[int] = []
    append_all = service.append_all

    async def counted(database, appends):  # type: ignore[no-untyped-def]
        batches.append(len(appends))
        return await append_all(database, appends)

    service.append_all = counted
    try:
        await asyncio.gather(
            *(
                worker.play.tables.do(new.game_id, PlayMove(BLACK, a_point("C3", new.terms.size)), now=NOON + SECOND)
                for new in started
            )
        )
    finally:
        service.append_all = append_all
    assert sum(batches) == 12
    assert len(batches) <= 2


# ── the end ──


async def test_a_resigned_game_is_a_game_on_this_platform_and_moves_ratings(platform: Platform, worker: Worker) -> None:
    opponents = await two_opponents(platform.database)
    new = await a_live_game(platform.database, opponents)
    await worker.move(new.game_id, "C3", "G7")
    await worker.do(new.game_id, Resign(BLACK))
    async with platform.database.read() as connection:
        game = await games.find_game(connection, new.game_id)
        record = await games.record_of(connection, new.game_id)
        strengths = await ratings.strengths_of(connection, "go", opponents.accounts)
        outcomes = await connection.all(
            select(SeatRow.player_id, SeatRow.outcome).where(SeatRow.game_id == new.game_id).order_by(SeatRow.number)
        )
    assert (game.result, game.server_id, game.pool) == ("W+R", 1, "go")
    assert game.speed is class_of(new.terms.control.system, new.terms.size)
    assert record.startswith(b"(;")
    assert b"B[cg]" in record
    assert [tuple(row) for row in outcomes] == [(opponents.players[0], 0.0), (opponents.players[1], 1.0)]
    black, white = (strengths[account] for account in opponents.accounts)
    assert black.mean < white.mean


async def test_a_game_moves_the_pool_that_the_operator_has_described_for_it(platform: Platform) -> None:
    (platform.settings.data_dir / "pools.toml").write_text("[go-small]\ngames = { sizes = [9], servers = [1] }\n")
    opponents = await two_opponents(platform.database)
    new = await a_live_game(platform.database, opponents)
    worker = a_worker(platform)
    await worker.move(new.game_id, "C3", "G7")
    await worker.do(new.game_id, Resign(BLACK))
    await worker.play.stop()
    async with platform.database.read() as connection:
        assert (await games.find_game(connection, new.game_id)).pool == "go-small"
        assert await ratings.pools_of(connection, opponents.accounts[0]) == ["go-small"]


async def test_an_unranked_game_moves_no_rating(platform: Platform, worker: Worker) -> None:
    opponents = await two_opponents(platform.database)
    new = await a_live_game(platform.database, opponents, is_ranked=False)
    await worker.do(new.game_id, Resign(WHITE))
    async with platform.database.read() as connection:
        game = await games.find_game(connection, new.game_id)
        assert await ratings.strengths_of(connection, "go", opponents.accounts) == {}
    assert (game.result, game.pool, game.unrated) == ("B+R", None, "unranked")


async def test_a_game_that_ends_twice_at_once_ends_once(platform: Platform, worker: Worker, other: Worker) -> None:
    opponents = await two_opponents(platform.database)
    new = await a_live_game(platform.database, opponents)
    await worker.move(new.game_id, "C3", "G7")
    at = worker.watch.forward()
    results = await asyncio.gather(
        worker.play.tables.do(new.game_id, Resign(BLACK), now=at),
        other.play.tables.do(new.game_id, Resign(WHITE), now=at),
        return_exceptions=True,
    )
    assert [type(result) for result in results if result is not None] == [GameIsOver]
    async with platform.database.read() as connection:
        count = await connection.one(select(func.count()).select_from(SeatRow).where(SeatRow.game_id == new.game_id))
        strengths = await ratings.strengths_of(connection, "go", opponents.accounts)
    assert count[0] == 2
    assert {strength.games for strength in strengths.values()} == {1}


async def test_the_loser_on_time_is_found_when_the_time_is_up(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database, system=Absolute(MINUTE))
    await worker.move(new.game_id, "C3")
    worker.watch.forward(MINUTE - timedelta(milliseconds=1))
    await worker.play.tables.check(new.game_id)
    assert not (await worker.play.tables.see(new.game_id))[1].is_over
    worker.watch.forward(timedelta(milliseconds=1))
    await worker.play.tables.check(new.game_id)
    _, game = await worker.play.tables.see(new.game_id)
    assert str(game.outcome) == "Timeout"
    async with platform.database.read() as connection:
        assert (await games.find_game(connection, new.game_id)).result == "B+T"


async def test_a_counted_game_ends_with_its_score(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database, side=5)
    await worker.move(new.game_id, *["C1", "B1", "C2", "B2", "C3", "B3", "C4", "B4", "C5", "B5"], "pass", "pass")
    _, game = await worker.play.tables.see(new.game_id)
    assert game.phase is Phase.STONE_REMOVAL
    await worker.do(new.game_id, AcceptMarking(BLACK, game.marked))
    await worker.do(new.game_id, AcceptMarking(WHITE, game.marked))
    # Black has ten points, White five and the komi of 6.5.
    async with platform.database.read() as connection:
        assert (await games.find_game(connection, new.game_id)).result == "W+1.5"


async def test_players_are_notified_of_the_end(platform: Platform, worker: Worker) -> None:
    opponents = await two_opponents(platform.database)
    new = await a_live_game(platform.database, opponents)
    heard: list[object] = []
    worker.hub.subscribe(f"user:{opponents.accounts[1]}", heard.append)
    await worker.do(new.game_id, Resign(BLACK))
    events = [message["event"] for message in heard if isinstance(message, dict)]
    assert events == ["notification", "active_game"]


async def test_what_is_said_is_kept_with_its_author(platform: Platform, worker: Worker, other: Worker) -> None:
    new = await a_live_game(platform.database)
    spectator = await two_opponents(platform.database)
    await worker.do(new.game_id, Say(spectator.players[0], None, Channel.MAIN, "good luck"))
    table = await other.play.tables.table(new.game_id)
    assert [line.event.line.body for line in table.lines] == ["good luck"]  # type: ignore[union-attr]
    assert set(table.names) == {spectator.players[0]}


async def test_looking_at_the_time_of_a_finished_game_does_nothing(platform: Platform, worker: Worker) -> None:
    new = await a_live_game(platform.database)
    await worker.do(new.game_id, Resign(BLACK))
    await worker.do(new.game_id, CheckTime())
    async with platform.database.read() as connection:
        assert (await service.versions_of(connection, [new.game_id])) == {new.game_id: 1}
        assert await service.due(connection, NOON + timedelta(days=3650), limit=10) == []
