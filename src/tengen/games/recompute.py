"""A pool's ratings from its games, replayed in order of play: what live rating would have reached in that order.

What has to be replayed begins with the first game that was late, corrected or annulled. A little is put right in place,
in one transaction for which the pool's games wait. More is computed beside the ratings that all see, as a generation of
its own, in pieces (`tengen.ratings.generations`): games go on meanwhile, whoever is interrupted goes on later, and at
the end the new ratings take the place of the old at once.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Self

from tengen.core.garbage import seldom_collected
from tengen.core.values import utc_now
from tengen.games.recompute_child import request
from tengen.games.replays import PlainRater, Rater, count
from tengen.ratings import generations
from tengen.ratings import service as ratings
from tengen.ratings.generations import START, Generation, Mark, Rated
from tengen.ratings.pairs import PairSystem
from tengen.ratings.pools import Pools
from tengen.ratings.systems import Strength

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from tengen.core.database import Database
    from tengen.core.platform import Platform
    from tengen.games.replays import Chunk
    from tengen.ratings.pools import Pool
    from tengen.ratings.service import PoolDisordered

A_FEW = 2_000
"""So many games are replayed in place: in a quarter of a second."""
COMMAND = (sys.executable, "-P", "-m", "tengen.games.recompute_child")
"""What replays more: `-P`, so that it imports what the server does, and nothing from the directory."""

QUIET_SECONDS = 3.0
"""So long a server hears nothing more of a pool before it has many games replayed. While games are imported it hears of
each portion: to replay them all after each would take more than the import, and the import would wait for it."""
PATIENCE_SECONDS = 60.0
"""So long it waits for that."""

LEAST_AT_ONCE = 1_000
"""Games that are replayed at once however often something has come between."""
STRENGTHS_AT_ONCE = 20_000
"""Ratings that are written in one transaction, for which the pool's games wait."""
MANY = 20_000
"""From so many games on it pays to compile the rules, which takes some seconds."""

Progress = Callable[[int], None]


class RecomputationFailed(Exception):
    """The process that was to recompute a pool has not done so; the log says why. The outbox has it tried again."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a recomputation did: how many games it replayed, and how many accounts have another rating now."""

    games: int
    changed: int


async def recompute(
    database: "Database",
    pool: "Pool",
    *,
    now: datetime,
    since: datetime | None = None,
    only_if_due: bool = False,
    chunk: int | None = None,
    a_few: int = A_FEW,
    many: int = MANY,
    progress: Progress = lambda _games: None,
    leave_many: Callable[[], None] | None = None,
) -> Recomputed | None:
    """Replay a pool from a moment on, or from its first game, and at least from where its ratings are wrong. None if
    there was nothing to do.

    `only_if_due`: only from where they are wrong, if they are. What was begun and interrupted is gone on with. `chunk`:
    how many games are read, replayed and written at once, instead of as many as is best; `a_few`: how many are replayed
    in place; `many`: from how many on the rules are compiled. `progress` is told how many are done. `leave_many` is
    called instead of replaying more than a few.
    """
    work = _Recomputation(database, pool, now, chunk, a_few, many, progress, leave_many)
    done = await work.run(since, only_if_due=only_if_due)
    await generations.delete_retired(database, pool.name)
    return done


def turn(database: "Database", pool: "Pool") -> AbstractAsyncContextManager[None]:
    """Recompute the pool while no other process does: two at once would get it right, too, each doing half in vain."""
    return database.turn(f"recomputation of {pool.name}")


@dataclass(slots=True)
class _Recomputation:
    database: "Database"
    pool: "Pool"
    now: datetime
    chunk: int | None
    a_few: int
    many: int
    progress: Progress
    leave_many: Callable[[], None] | None
    games: int = 0

    async def run(self, since: datetime | None, *, only_if_due: bool) -> Recomputed | None:
        async with self.database.read() as connection:
            found = await generations.generations(connection, self.pool.name)
        current, building = found.current, found.building
        if current is None:
            return None
        is_another_way = current.system != self.pool.description
        if only_if_due:
            if current.stale_from is None and building is None and not is_another_way:
                return None
            since = current.stale_from
        elif since is not None and current.stale_from is not None:
            since = min(since, current.stale_from)
        if is_another_way:
            since = None
        if building is None:
            done = await self._in_place(since)
            if done is not None:
                return done
        if self.leave_many is not None:
            self.leave_many()
            return None
        await self._begin(since, goes_on=only_if_due)
        with seldom_collected():
            changed = await self._build()
        return Recomputed(self.games, changed)

    async def _in_place(self, since: datetime | None) -> Recomputed | None:
        """Put the current generation right, if that is a matter of a few games; None if it is not."""
        after = None if since is None else Mark(since, -1)
        async with self.database.read() as connection:
            if await count(connection, self.pool, after, None, most=self.a_few + 1) > self.a_few:
                return None
        async with self.database.write() as transaction:
            found = await generations.alone(transaction, self.pool.name)
            current = found.current
            if current is None or found.building is not None or not _reaches(current, self.pool, since):
                return None
            rater = PlainRater(self.pool)
            chunk = await rater.read(transaction, after, self.a_few + 1)
            if chunk.size > self.a_few:
                return None
            place = START if after is None else after.position
            before = await generations.strengths_since(transaction, current.id, place.day)
            await generations.cut(transaction, current.id, place, now=self.now)
            await rater.know(transaction, current.id, chunk)
            rated = replace(rater.play(chunk), strengths=rater.strengths())
            await generations.write(transaction, current.id, rated, now=self.now)
            await generations.in_order(transaction, current, self.pool)
            affected = before.keys() | {row[0] for row in rated.strengths}
            found_now = await generations.strengths(transaction, current.id, affected)
        self._tell(chunk.size)
        return Recomputed(self.games, sum(_shown(before.get(who)) != _shown(found_now.get(who)) for who in affected))

    async def _begin(self, since: datetime | None, *, goes_on: bool) -> None:
        """Have a generation built, by the pool's system, and from that moment on or an earlier one."""
        async with self.database.write() as transaction:
            found = await generations.alone(transaction, self.pool.name)
            assert found.current is not None
            building = found.building
            if building is not None:
                is_another_way = building.system != self.pool.description
                if not is_another_way and (goes_on or _is_computed(building, since)):
                    return
                await generations.abandon(transaction, building)
            await generations.begin(transaction, self.pool, found.current, since=since, now=self.now)

    async def _build(self) -> int:
        """Bring the new generation to the end of the games, and let it be the current one. Returns how many accounts
        have another rating now."""
        await self.database.notice_growth()  # the games may be a minute old, or restored from a backup
        changed, refused = None, 0
        while changed is None:
            async with self.database.read() as connection:
                building = (await generations.generations(connection, self.pool.name)).building
            if building is None:
                return 0  # somebody else has done it
            # We have just begun, or a game was changed, or another is at it, too.
            if await self._cut(building):
                changed = await self._go_on(building, refused)
            refused += 1
        return changed

    async def _go_on(self, building: Generation, refused: int) -> int | None:
        """Bring it to the end, and change over; None if something came between.

        `refused`: how often something has: pieces become smaller, until one fits between two changes of games.

        While games are being rated, by a thread, those before them are being written: `building` is what the
        generation is when that is done. Nothing else of it may have changed since it was cut. Looking for what it is
        now would not do: a game behind us may have been changed, and another process have got to this very place again.
        """
        rater = await self._rater(building.mark)
        at_once = self.chunk or max(min(LEAST_AT_ONCE, rater.most), rater.most >> refused)
        async with _OneAtATime() as writing:
            while True:
                async with self.database.read() as connection:
                    chunk = await rater.read(connection, building.mark, at_once)
                    is_the_end = chunk.is_last and chunk.size <= self.a_few
                    if not is_the_end:
                        await rater.know(connection, building.id, chunk)
                if is_the_end:
                    is_well = await writing.has_succeeded() and await self._write_strengths(building, rater)
                    await self.database.notice_growth()  # in ratings that all will look into in a moment
                    return await self._end(building, rater) if is_well else None
                rated = await asyncio.to_thread(rater.play, chunk)
                if not await writing.has_succeeded():
                    return None
                writing.begin(self._write(building, rater, chunk, rated))
                building = replace(building, mark=chunk.end)

    async def _write(self, building: Generation, rater: "Rater[Any]", chunk: "Chunk[Any]", rated: "Rated") -> bool:
        """Write down what games did, if nothing came between."""
        assert chunk.end is not None
        async with self.database.write() as transaction:
            is_as_read = await self._is_as_read(transaction, building, chunk.end, chunk.size)
            if is_as_read:
                await generations.write(transaction, building.id, rated, now=self.now)
                await generations.advance(transaction, building, chunk.end)
                await rater.keep(transaction, building.mark, chunk)
            else:
                await rater.forget(transaction, building.mark)
        if is_as_read:
            self._tell(chunk.size)
        return is_as_read

    async def _write_strengths(self, building: Generation, rater: "Rater[Any]") -> bool:
        """Write down what everybody's rating is now, if nothing came between, and keep nobody waiting for long."""
        strengths = rater.strengths()
        for begin in range(0, len(strengths), STRENGTHS_AT_ONCE):
            rated = Rated(strengths[begin : begin + STRENGTHS_AT_ONCE])
            async with self.database.write() as transaction:
                if (await generations.alone(transaction, self.pool.name)).building != building:
                    return False
                await generations.write(transaction, building.id, rated, now=self.now)
        return True

    async def _end(self, building: Generation, rater: "Rater[Any]") -> int | None:
        """Rate the few games that are left, while no others come, and change over; None if something came between."""
        async with self.database.write() as transaction:
            found = await generations.alone(transaction, self.pool.name)
            if found.building != building or found.current is None:
                return None
            chunk = await rater.read(transaction, building.mark, self.chunk or rater.most)
            if not chunk.is_last:  # a great many came just now
                return None
            await rater.know(transaction, building.id, chunk)
            rated = replace(rater.play(chunk), strengths=rater.strengths())
            await generations.write(transaction, building.id, rated, now=self.now)
            changed = await generations.promote(transaction, building, found.current)
        self._tell(chunk.size)
        return changed

    async def _is_as_read(self, transaction: "Any", building: Generation, end: Mark, size: int) -> bool:
        """Whether the games of a chunk are still the same, and the generation as far as it was when they were read. No
        game is added or changed from here on until the transaction ends."""
        found = (await generations.alone(transaction, self.pool.name)).building
        return found == building and size == await count(transaction, self.pool, building.mark, end, most=size + 1)

    async def _cut(self, building: Generation) -> bool:
        """Let the generation end at its mark; false if it is not what it was any more."""
        async with self.database.write() as transaction:
            found = (await generations.alone(transaction, self.pool.name)).building
            if found == building and building.mark is not None:
                await generations.cut(transaction, building.id, building.mark.position, now=self.now)
            return found == building

    async def _rater(self, after: Mark | None) -> "Rater[Any]":
        """What is fastest for the games after that place."""
        if isinstance(self.pool.system, PairSystem) and not self.pool.is_of_teams:
            async with self.database.read() as connection:
                is_worth_it = await count(connection, self.pool, after, None, most=self.many) == self.many
            if is_worth_it:
                from tengen.games.fast_replays import FastRater  # takes a second, and memory that few processes need

                return FastRater(self.pool, self.pool.system)
        return PlainRater(self.pool)

    def _tell(self, games: int) -> None:
        self.games += games
        self.progress(self.games)


class _OneAtATime:
    """Something that is done meanwhile, and may fail. Leaving the context ends it."""

    def __init__(self) -> None:
        self._task: asyncio.Task[bool] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_why: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def begin(self, work: "Coroutine[Any, Any, bool]") -> None:
        self._task = asyncio.create_task(work)

    async def has_succeeded(self) -> bool:
        """What came of the last; true if there is none. Raises what it raised."""
        return self._task is None or await self._task


def _shown(strength: Strength | None) -> tuple[float, ...] | None:
    return None if strength is None else (strength.mean, strength.variance, strength.games)


def _is_computed(building: Generation, since: datetime | None) -> bool:
    """Whether a generation computes anew all that was played from that moment on."""
    return building.begun_from is None or (since is not None and building.begun_from <= since)


def _reaches(current: Generation, pool: "Pool", since: datetime | None) -> bool:
    """Whether to replay from that moment on puts all right."""
    if current.system != pool.description:
        return since is None
    return since is None or current.stale_from is None or current.stale_from >= since


# ── by itself ──


class Recomputer:
    """Puts pools right when they have been disordered: after a late game, or a changed one, or rules that changed."""

    def __init__(
        self,
        platform: "Platform",
        *,
        a_few: int = A_FEW,
        command: Sequence[str] = COMMAND,
        quiet: float = QUIET_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._platform = platform
        self._pools = Pools.of(platform.settings)
        self._a_few = a_few
        self._command = command
        self._quiet = quiet
        self._patience = patience
        self._turn = asyncio.Lock()
        self._is_due: dict[str, bool] = {}
        """Of the pools that wait for their turn or have it: whether they have been announced since it was looked."""

    async def put_in_order(self, event: "PoolDisordered") -> None:
        """Replay the pool, unless somebody else has done so since, or is at it here and looks again before the end.

        A few games are replayed at once, and more when nothing has been announced for a while.
        """
        if not self._pools.knows(event.pool):
            return  # nobody describes it any more: it keeps the ratings that it has
        is_under_way = event.pool in self._is_due
        self._is_due[event.pool] = True
        if is_under_way:
            return  # a hundred late games announce themselves a hundred times
        try:
            while self._is_due[event.pool]:
                await self._recompute(self._pools.named(event.pool))
        finally:
            del self._is_due[event.pool]

    async def _recompute(self, pool: "Pool") -> None:
        are_many = asyncio.Event()
        # One pool at a time: those that wait for a pool's lock in the database would each keep a connection from
        # everybody else, and those that are replayed by a process a processor.
        async with self._turn:
            self._is_due[pool.name] = False
            await recompute(
                self._platform.database,
                pool,
                now=utc_now(),
                only_if_due=True,
                a_few=self._a_few,
                leave_many=are_many.set,
            )
        if are_many.is_set():
            await self._until_quiet(pool.name)
            async with self._turn:
                self._is_due[pool.name] = False
                await self._in_a_process(pool)

    async def _until_quiet(self, pool: str) -> None:
        """Wait until nothing is announced of the pool any more, but not for ever."""
        give_up_at = time.monotonic() + self._patience
        while True:
            self._is_due[pool] = False
            await asyncio.sleep(self._quiet)
            if not self._is_due[pool] or time.monotonic() > give_up_at:
                return

    async def _in_a_process(self, pool: "Pool") -> None:
        """Replay many games where they are in nobody's way: this process has others to answer."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # who interrupts the server from a terminal does not mean its children
        )
        assert process.stdin is not None
        try:
            with suppress(ConnectionError):  # it has ended already
                process.stdin.write(request(self._platform.settings, pool.name))
                await process.stdin.drain()
            await process.wait()
        finally:
            process.stdin.close()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()  # nothing is lost: another will go on from there
                await process.wait()
        if process.returncode != 0:
            raise RecomputationFailed(f"The recomputation of pool {pool.name} ended with {process.returncode}.")


async def announce_due(platform: "Platform") -> None:
    """Have those pools replayed that are not rated as the settings say now, or whose replay was interrupted."""
    pools = Pools.of(platform.settings)
    async with platform.database.read() as connection:
        for name in filter(pools.knows, await ratings.pool_names(connection)):
            found = await generations.generations(connection, name)
            is_another_way = found.current is not None and found.current.system != pools.named(name).description
            if found.building is not None or is_another_way:
                async with platform.database.write() as transaction:
                    await transaction.announce(ratings.PoolDisordered(pool=name))
