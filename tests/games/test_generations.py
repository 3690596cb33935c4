"""A pool computed anew in pieces, beside the ratings that all see: the same bits as in one go, whatever happens."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import GameId
from tengen.games import corrections, replays, service
from tengen.games import recompute as recomputation
from tengen.games.recompute import RecomputationFailed, Recomputed, Recomputer, announce_due, recompute, turn
from tengen.games.recompute_child import request
from tengen.games.replays import PlainRater
from tengen.ratings import generations
from tengen.ratings import service as ratings
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.pools import STANDARD, Pool, Pools
from tengen.ratings.service import PoolDisordered
from tests.games.builders import Club, a_club, a_game, report
from tests.games.test_recompute import GO, PLAYERS, Books, books, clear, deliver, games, made, replayed
from tests.support import histories
from tests.support.builders import NOON
from tests.support.waiting import until

OTHERWISE = Pool("go", "gaussian", Gaussian(noise=2.0, reversion=0.01))
"""The pool of Go as an operator may have it who has tuned its parameters."""

in_a_fresh_database = settings(
    max_examples=8,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def rebuilt(database: Database, pool: Pool = GO, **options: Any) -> Recomputed:
    """Compute the pool anew in a generation of its own, three games at a time."""
    done = await recompute(database, pool, now=NOON, chunk=3, a_few=0, many=0, **options)
    assert done is not None
    return done


class Interruption(Exception):
    """Stands for whatever ends a process."""


async def interrupted(database: Database, pool: Pool = GO, *, after: int, **options: Any) -> None:
    """Begin to compute the pool anew, and be ended after so many games."""

    def end(done: int) -> None:
        if done >= after:
            raise Interruption

    try:
        await rebuilt(database, pool, progress=end, **options)
    except Interruption:
        return


async def a_history(database: Database, drawn: Sequence[Any]) -> tuple[Club, list[GameId]]:
    """A club whose games were reported in any order, some of them taken back, and that nobody has put in order."""
    club = await a_club(database, players=PLAYERS)
    ids = [(await report(database, made(club, one))).game.id for one in drawn]
    async with database.write() as transaction:
        for game_id in ids[::4]:
            await corrections.annul(transaction, game_id, reason="A test.", account_id=None, now=NOON)
    return club, ids


async def are_right(database: Database) -> Books:
    """What a replay of everything in one go makes of the games."""
    await clear(database)
    await replayed(database)
    return await books(database)


@in_a_fresh_database
@given(drawn=st.lists(games, min_size=1, max_size=14), since=st.integers(0, 60 * 24 * 400), stop=st.integers(0, 12))
async def test_a_history_ends_in_the_same_bits_however_it_is_computed(
    database: Database, drawn: list[Any], since: int, stop: int
) -> None:
    await a_history(database, drawn)
    right = await are_right(database)
    if not right.changes:
        return
    await rebuilt(database)
    assert await books(database) == right
    await rebuilt(database, since=NOON + timedelta(minutes=since))
    assert await books(database) == right
    await recompute(database, GO, now=NOON, since=NOON + timedelta(minutes=since))
    assert await books(database) == right
    await interrupted(database, after=stop)
    await recompute(database, GO, now=NOON, only_if_due=True, chunk=3, a_few=0)
    assert await books(database) == right


@in_a_fresh_database
@given(
    drawn=st.lists(games, min_size=4, max_size=12), more=st.lists(games, min_size=1, max_size=6), stop=st.integers(1, 9)
)
async def test_games_that_come_and_are_taken_back_while_it_is_interrupted_end_up_in_the_result(
    database: Database, drawn: list[Any], more: list[Any], stop: int
) -> None:
    club, ids = await a_history(database, drawn)
    await interrupted(database, after=stop)
    for one in more:
        await report(database, made(club, one))
    async with database.write() as transaction:
        await corrections.annul(transaction, ids[1], reason="A test.", account_id=None, now=NOON)
    await recompute(database, GO, now=NOON, only_if_due=True, chunk=3, a_few=0)
    found = await books(database)
    assert found == await are_right(database)


async def a_long_history(database: Database, *, length: int = 12) -> Club:
    club = await a_club(database, players=PLAYERS)
    for number in range(length):
        await report(database, a_game(club, number % 4, (number + 1) % 4, after=timedelta(hours=number)))
    return club


async def test_reports_during_a_recomputation_are_accepted_and_end_up_in_it(database: Database) -> None:
    club = await a_long_history(database)

    async def a_reporter(number: int) -> None:
        for n in range(8):
            black = (number + n) % 4
            at = timedelta(hours=(n * 7 + number * 3) % 30)
            await report(database, a_game(club, black, (black + 1 + n % 3) % 4, after=at))

    await asyncio.gather(*(a_reporter(number) for number in range(3)), *(rebuilt(database) for _ in range(3)))
    await recompute(database, GO, now=NOON, only_if_due=True, chunk=3, a_few=0)
    async with database.read() as connection:
        assert not await ratings.is_stale(connection, GO.name)
    found = await books(database)
    assert len(found.changes) == 2 * (12 + 24)
    assert found == await are_right(database)


async def test_old_ratings_stay_until_the_new_are_complete_and_then_all_change_at_once(database: Database) -> None:
    club = await a_long_history(database)
    old = await books(database)
    await interrupted(database, OTHERWISE, after=6)
    assert await books(database) == old
    async with database.read() as connection:
        assert await ratings.is_stale(connection, GO.name)
    done = await rebuilt(database, OTHERWISE, only_if_due=True)
    assert done == Recomputed(games=6, changed=4)
    new = await books(database)
    assert len(new.ratings) == len(old.ratings)
    assert not set(new.changes) & set(old.changes)
    # Back again, in one transaction this time.
    await recompute(database, GO, now=NOON, only_if_due=True)
    assert await books(database) == old
    assert len(club.players) == PLAYERS


async def test_a_game_under_new_parameters_is_rated_when_all_others_are(database: Database) -> None:
    club = await a_long_history(database)
    old = await books(database)
    async with database.write() as transaction:
        new = a_game(club, 0, 2, after=timedelta(days=9))
        game = await service.report(transaction, new, pools=Pools(go=OTHERWISE), now=NOON)
    assert await books(database) == old
    await rebuilt(database, OTHERWISE, only_if_due=True)
    async with database.read() as connection:
        assert len((await histories.changes_of(connection, [game.game.id]))[game.game.id]) == 2


async def test_a_recomputation_that_was_interrupted_goes_on_where_it_was(database: Database) -> None:
    await a_long_history(database)
    right = await books(database)
    await interrupted(database, after=6)
    assert await rebuilt(database) == Recomputed(games=6, changed=0)
    assert await books(database) == right


@pytest.mark.parametrize("many", [0, 10**9])
@pytest.mark.parametrize("written", range(PLAYERS))
async def test_whoever_is_interrupted_when_writing_ratings_writes_them_later(
    database: Database, monkeypatch: pytest.MonkeyPatch, written: int, many: int
) -> None:
    await a_long_history(database)
    right = await books(database)
    left = iter(range(written))

    async def write(transaction: Any, pool_id: Any, rated: generations.Rated, **how: Any) -> None:
        if rated.strengths and next(left, None) is None:
            raise Interruption
        await real_write(transaction, pool_id, rated, **how)

    real_write = generations.write
    with monkeypatch.context() as patch:
        patch.setattr(recomputation, "STRENGTHS_AT_ONCE", 1)
        patch.setattr(generations, "write", write)
        with pytest.raises(Interruption):
            await recompute(database, GO, now=NOON, chunk=3, a_few=0, many=many)
    assert await rebuilt(database) == Recomputed(games=0, changed=0)
    assert await books(database) == right


@pytest.mark.parametrize("many", [0, 10**9])
async def test_who_comes_to_the_same_place_by_other_games_is_not_taken_for_who_was_there(
    database: Database, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    club = await a_club(database, players=PLAYERS)
    ids = [
        (await report(database, a_game(club, n % 4, (n + 1) % 4, after=timedelta(hours=n)))).game.id for n in range(12)
    ]
    await interrupted(database, after=6)
    events = iter(["others are faster"])

    async def count(*of_what: Any, **how: Any) -> int:
        """Just before games are read from the place on where we go on."""
        if next(events, None):
            async with database.write() as transaction:
                for game_id in ids[:3]:
                    await corrections.annul(transaction, game_id, reason="A test.", account_id=None, now=NOON)
            await interrupted(database, after=3, only_if_due=True)
        return await real_count(*of_what, **how)

    real_count = replays.count
    monkeypatch.setattr(recomputation, "count", count)
    await recompute(database, GO, now=NOON, chunk=3, a_few=0, many=many)
    found = await books(database)
    assert len(found.changes) == 2 * 9
    assert found == await are_right(database)


async def test_a_recomputation_comes_to_an_end_although_games_are_changed_all_the_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    club = await a_long_history(database)
    game = (await report(database, a_game(club, 0, 2, after=timedelta(days=9)))).game
    sizes = list[int]()

    class Rater(PlainRater):
        most = 8

        async def know(self, connection: Any, pool_id: Any, chunk: Any) -> None:
            await super().know(connection, pool_id, chunk)
            sizes.append(chunk.size)
            if chunk.size > 2:  # that takes so long that somebody changes a game meanwhile
                change = corrections.annul if len(sizes) % 2 else corrections.restore
                async with database.write() as transaction:
                    await change(transaction, game.id, reason="A test.", account_id=None, now=NOON)

    with monkeypatch.context() as patch:
        patch.setattr(recomputation, "PlainRater", Rater)
        patch.setattr(recomputation, "LEAST_AT_ONCE", 1)
        await recompute(database, GO, now=NOON, a_few=0)
    assert sizes[0] == 8
    assert 2 in sizes
    found = await books(database)
    assert found == await are_right(database)


async def test_what_is_rated_in_plain_python_is_told_more_often(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_long_history(database)
    right, told = await books(database), list[int]()
    monkeypatch.setattr(PlainRater, "most", 5)
    await recompute(database, GO, now=NOON, a_few=0, progress=told.append)
    assert told == [5, 10, 12, 12]
    assert await books(database) == right


async def test_games_are_rated_while_those_before_them_are_being_written(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_long_history(database)
    right = await books(database)
    begun, written = list[int](), list[int]()

    class Rater(PlainRater):
        def play(self, chunk: Any) -> Any:
            begun.append(chunk.size)
            return super().play(chunk)

    async def write(transaction: Any, pool_id: Any, rated: generations.Rated, **how: Any) -> None:
        if rated.spans and len(written) < 3:  # of four pieces; after the last there is nothing to rate
            await until(lambda: len(begun) == len(written) + 2)
        written.append(len(rated.spans))
        await real_write(transaction, pool_id, rated, **how)

    real_write = generations.write
    monkeypatch.setattr(recomputation, "PlainRater", Rater)
    monkeypatch.setattr(generations, "write", write)
    await recompute(database, GO, now=NOON, chunk=3, a_few=0)
    assert written[:4] == [6, 6, 6, 6]
    assert await books(database) == right


@pytest.mark.parametrize("hours", [3, 4])
async def test_a_recomputation_from_a_date_that_was_interrupted_goes_on_for_who_asks_for_no_more(
    database: Database, hours: int
) -> None:
    await a_long_history(database)
    right = await books(database)
    await interrupted(database, after=6, since=NOON + timedelta(hours=3))
    assert await rebuilt(database, since=NOON + timedelta(hours=hours)) == Recomputed(games=3, changed=0)
    assert await books(database) == right


@pytest.mark.parametrize(("hours", "games"), [(2, 10), (None, 12)])
async def test_who_asks_for_more_than_was_interrupted_gets_it(
    database: Database, hours: int | None, games: int
) -> None:
    await a_long_history(database)
    right = await books(database)
    await interrupted(database, after=6, since=NOON + timedelta(hours=3))
    since = None if hours is None else NOON + timedelta(hours=hours)
    assert await rebuilt(database, since=since) == Recomputed(games=games, changed=0)
    assert await books(database) == right
    async with database.read() as connection:
        assert (await generations.generations(connection, GO.name)).building is None


async def test_nothing_is_left_of_ratings_that_were_replaced_or_given_up(database: Database) -> None:
    await a_long_history(database)
    await interrupted(database, OTHERWISE, after=3)
    await rebuilt(database)
    async with database.read() as connection:
        found = await generations.generations(connection, GO.name)
        counted = await histories.count_changes(connection)
        every = [await connection.all(statement) for statement in histories.EVERY_POOL]
    assert found.building is None
    assert counted == 24
    assert [{row[0] for row in rows} for rows in every] == [{found.current.id if found.current else None}] * 3


async def test_what_is_right_before_the_first_affected_game_is_not_computed_again(database: Database) -> None:
    club = await a_long_history(database)
    await report(database, a_game(club, 0, 3, after=timedelta(hours=8, minutes=30)))
    done = await recompute(database, GO, now=NOON, only_if_due=True)
    assert done is not None
    assert done.games == 4  # the late one, and those of the ninth to the eleventh hour
    await report(database, a_game(club, 0, 3, after=timedelta(hours=9, minutes=30)))
    assert (await rebuilt(database, only_if_due=True)).games == 3
    assert await books(database) == await are_right(database)


async def test_a_recomputation_from_a_date_begins_earlier_if_ratings_are_wrong_before_it(database: Database) -> None:
    club = await a_long_history(database)
    await report(database, a_game(club, 0, 3, after=timedelta(hours=5, minutes=30)))
    done = await recompute(database, GO, now=NOON, since=NOON + timedelta(hours=10))
    assert done is not None
    assert done.games == 7
    assert await books(database) == await are_right(database)


async def test_team_matches_are_computed_anew_in_pieces_too(database: Database) -> None:
    from tengen.games.team_match import Race, Team, TeamMatch
    from tengen.games.team_matches import report_team_match

    club = await a_club(database, players=PLAYERS)
    ids = [player.account_id for player in club.players]
    for number in range(10):
        first, second = [ids[number % 4]], [ids[(number + 1) % 4], -1]
        match = TeamMatch([Team(0, Race.HUMAN, first, 0), Team(1, Race.BEAST, second, 0)], number % 2)
        async with database.write() as transaction:
            await report_team_match(transaction, club.server_id, match, now=NOON)
    before = await books(database)
    assert await rebuilt(database, STANDARD.team(club.server_id)) == Recomputed(games=10, changed=0)
    assert await books(database) == before


async def test_many_games_are_put_in_order_by_another_process(platform: Platform) -> None:
    club = await a_long_history(platform.database, length=6)
    await report(platform.database, a_game(club, 0, 3, after=timedelta(hours=1, minutes=30)))
    await Recomputer(platform, quiet=0, a_few=0).put_in_order(PoolDisordered(pool="go"))
    found = await books(platform.database)
    async with platform.database.read() as connection:
        assert not await ratings.is_stale(connection, GO.name)
    assert found == await are_right(platform.database)


async def test_a_process_that_fails_is_an_error_that_has_it_tried_again(platform: Platform) -> None:
    club = await a_long_history(platform.database, length=3)
    await report(platform.database, a_game(club, 0, 3, after=timedelta(minutes=30)))
    with pytest.raises(RecomputationFailed, match="pool go ended with 3"):
        await Recomputer(platform, quiet=0, a_few=0, command=python("exit(3)")).put_in_order(PoolDisordered(pool="go"))


async def test_many_games_are_replayed_once_nothing_more_is_announced(
    platform: Platform, replays_begun: "ReplaysBegun", naps: "Naps"
) -> None:
    await many_are_due(platform)
    recomputer = Recomputer(platform, a_few=0, command=replays_begun.command, quiet=naps.LENGTH)
    replay = asyncio.create_task(recomputer.put_in_order(PoolDisordered(pool="go")))
    for begun in (1, 2, 3):  # an import goes on
        await until(partial(naps.have_begun, begun))
        await recomputer.put_in_order(PoolDisordered(pool="go"))
        naps.end()
    await until(partial(naps.have_begun, 4))
    assert replays_begun.count() == 0
    naps.end()
    await replay
    assert replays_begun.count() == 1


async def test_it_is_not_waited_for_ever_until_nothing_more_is_announced(
    platform: Platform, replays_begun: "ReplaysBegun", naps: "Naps"
) -> None:
    await many_are_due(platform)
    recomputer = Recomputer(platform, a_few=0, command=replays_begun.command, quiet=naps.LENGTH, patience=0.001)
    replay = asyncio.create_task(recomputer.put_in_order(PoolDisordered(pool="go")))
    await until(partial(naps.have_begun, 1))
    await recomputer.put_in_order(PoolDisordered(pool="go"))
    await asyncio.sleep(0.01)
    naps.end()
    await replay
    assert naps.have_begun(1)
    assert replays_begun.count() == 1


async def test_a_few_games_are_replayed_without_delay(platform: Platform, naps: "Naps") -> None:
    await many_are_due(platform)
    await Recomputer(platform, quiet=naps.LENGTH).put_in_order(PoolDisordered(pool="go"))
    assert naps.have_begun(0)
    async with platform.database.read() as connection:
        assert not await ratings.is_stale(connection, "go")


class Naps:
    """Stand for the time for which it is waited: they end when they are told to."""

    LENGTH = 4711.0

    def __init__(self) -> None:
        self._begun = 0
        self._ends = asyncio.Semaphore(0)

    def have_begun(self, count: int) -> bool:
        """Whether it are so many."""
        return self._begun == count

    async def take(self) -> None:
        self._begun += 1
        await self._ends.acquire()

    def end(self) -> None:
        """Have one end."""
        self._ends.release()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Naps:
    """What is taken instead of a sleep of that length."""
    found, sleep = Naps(), asyncio.sleep

    async def some_sleep(seconds: float) -> None:
        await (found.take() if seconds == found.LENGTH else sleep(seconds))

    monkeypatch.setattr(asyncio, "sleep", some_sleep)
    return found


async def many_are_due(platform: Platform) -> None:
    """A pool is to be replayed."""
    club = await a_long_history(platform.database, length=3)
    await report(platform.database, a_game(club, 0, 3, after=timedelta(minutes=30)))


class ReplaysBegun:
    """Stand for the processes that replay: each does nothing but leave a file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.command = python(f"import os, pathlib; pathlib.Path({str(directory)!r}, str(os.getpid())).touch()")

    def count(self) -> int:
        return len(list(self._directory.iterdir()))


@pytest.fixture
def replays_begun(tmp_path: Path) -> ReplaysBegun:
    directory = tmp_path / "replays"
    directory.mkdir()
    return ReplaysBegun(directory)


def python(program: str) -> Sequence[str]:
    """A command that runs this program in place of the real one."""
    return (sys.executable, "-c", program)


class SlowReplay:
    """Stands for the replay of a pool: it ends when it may, and fails if it is to."""

    def __init__(self) -> None:
        self.pools: list[str] = []
        self.most_at_once = 0
        self.at_once = 0
        self.fails = False
        self.may_end = asyncio.Event()

    async def __call__(self, _database: Database, pool: Pool, **_how: Any) -> None:
        self.pools.append(pool.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.may_end.wait()
            if self.fails:
                raise RecomputationFailed(pool.name)
        finally:
            self.at_once -= 1


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowReplay:
    """What is done instead of a replay."""
    replay = SlowReplay()
    monkeypatch.setattr(recomputation, "recompute", replay)
    return replay


async def test_who_announces_a_pool_that_is_being_replayed_has_it_looked_at_again_and_waits_for_nothing(
    platform: Platform, slow: SlowReplay
) -> None:
    recomputer = Recomputer(platform)
    first = asyncio.create_task(recomputer.put_in_order(PoolDisordered(pool="go")))
    await until(lambda: slow.pools == ["go"])
    for _ in range(100):
        async with asyncio.timeout(10):
            await recomputer.put_in_order(PoolDisordered(pool="go"))
    slow.may_end.set()
    await first
    assert slow.pools == ["go", "go"]
    await recomputer.put_in_order(PoolDisordered(pool="go"))
    assert slow.pools == ["go", "go", "go"]


async def test_pools_are_replayed_one_after_the_other(platform: Platform, slow: SlowReplay) -> None:
    recomputer = Recomputer(platform)
    names = ["go", "team:1", "team:2"]
    events = [PoolDisordered(pool=name) for name in [*names, *names]]
    waiting = [asyncio.create_task(recomputer.put_in_order(event)) for event in events]
    await until(lambda: slow.pools == ["go"])
    slow.may_end.set()
    await asyncio.gather(*waiting)
    assert slow.pools == [*names, "go"]
    assert slow.most_at_once == 1


async def test_a_replay_that_fails_leaves_the_pool_to_the_next_announcement(
    platform: Platform, slow: SlowReplay
) -> None:
    recomputer = Recomputer(platform)
    slow.may_end.set()
    slow.fails = True
    with pytest.raises(RecomputationFailed):
        await recomputer.put_in_order(PoolDisordered(pool="go"))
    slow.fails = False
    await recomputer.put_in_order(PoolDisordered(pool="go"))
    assert slow.pools == ["go", "go"]


async def test_a_replay_that_is_no_longer_wanted_leaves_no_process(platform: Platform, tmp_path: Path) -> None:
    club = await a_long_history(platform.database, length=3)
    await report(platform.database, a_game(club, 0, 3, after=timedelta(minutes=30)))
    told = tmp_path / "pid"
    program = f"import os, pathlib, time; pathlib.Path({str(told)!r}).write_text(f'{{os.getpid()}}.'); time.sleep(600)"
    recomputer = Recomputer(platform, quiet=0, a_few=0, command=python(program))
    under_way = asyncio.create_task(recomputer.put_in_order(PoolDisordered(pool="go")))
    await until(lambda: told.exists() and told.read_text().endswith("."))
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    assert not psutil.pid_exists(int(told.read_text()[:-1]))


async def test_the_process_that_replays_ends_with_whoever_wants_it(platform: Platform) -> None:
    club = await a_long_history(platform.database, length=3)
    await report(platform.database, a_game(club, 0, 3, after=timedelta(minutes=30)))
    child = await asyncio.create_subprocess_exec(
        *recomputation.COMMAND, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60), platform.database.write() as transaction:
        await generations.alone(transaction, "go")  # so that it does not come to its end by itself
        _, errors = await child.communicate(request(platform.settings, "go"))
    assert (child.returncode, errors) == (1, b"")


async def test_the_process_that_replays_says_in_the_log_why_it_failed(platform: Platform) -> None:
    child = await asyncio.create_subprocess_exec(
        *recomputation.COMMAND, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stderr is not None
    child.stdin.write(request(platform.settings.model_copy(update={"log_format": "json"}), "chess"))
    (line,) = (await child.stderr.read()).splitlines()
    assert await child.wait() == 1
    told = json.loads(line)
    assert (told["event"], told["pool"]) == ("recomputation_failed", "chess")
    assert "PoolNotFound" in told["exception"]


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_two_processes_do_not_replay_the_same_pool_at_once(platform: Platform) -> None:
    club = await a_long_history(platform.database, length=3)
    await report(platform.database, a_game(club, 0, 3, after=timedelta(minutes=30)))

    async def somebody_waits() -> bool:
        waiting = (
            select(func.count()).select_from(text("pg_locks")).where(text("locktype = 'advisory' AND NOT granted"))
        )
        async with platform.database.read() as connection:
            return (await connection.one(waiting))[0] > 0

    async with turn(platform.database, GO):
        second = asyncio.create_task(Recomputer(platform, quiet=0, a_few=0).put_in_order(PoolDisordered(pool="go")))
        await until(somebody_waits, seconds=60)
        async with platform.database.read() as connection:
            assert await ratings.is_stale(connection, "go")
        assert not second.done()
    await second
    async with platform.database.read() as connection:
        assert not await ratings.is_stale(connection, "go")


async def test_a_platform_that_starts_with_other_parameters_has_its_pools_computed_anew(platform: Platform) -> None:
    await a_long_history(platform.database)
    right = await books(platform.database)
    await recompute(platform.database, OTHERWISE, now=NOON)
    await announce_due(platform)
    await deliver(platform)
    assert await books(platform.database) == right
    await announce_due(platform)  # nothing is due
    await deliver(platform)
    assert await books(platform.database) == right
