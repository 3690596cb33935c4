"""Ends games in which somebody's time is up, whether anybody is there or not.

The database says when time decides something in a game next. It is asked every second for what is due soon, so that no
game is forgotten: not one that no process has in memory, not after a restart. What is due soon waits here for its
moment, to the millisecond.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tengen.core.values import Clock, GameId, utc_now
from tengen.play import service

if TYPE_CHECKING:
    from tengen.core.database import Database

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0
"""Between two looks into the database."""
AHEAD = timedelta(seconds=3)
"""So far ahead it looks: further than to the look after the next, for one may be late."""
AT_ONCE = 200
"""So many games are looked for at once; the others come after them."""
CHECKS_AT_ONCE = 20

Check = Callable[[GameId], Awaitable[None]]


class Timekeeper:
    """Calls `check` for each game at the time at which it wants to be looked at. One a process."""

    def __init__(
        self,
        database: "Database",
        check: Check,
        *,
        tidy: Callable[[], None] = lambda: None,
        at_once: int = AT_ONCE,
        clock: Clock = utc_now,
    ) -> None:
        """`tidy` is called at each look, for what else is to be done now and then; `at_once` games are looked for."""
        self._database = database
        self._check = check
        self._tidy = tidy
        self._at_once = at_once
        self._clock = clock
        self._alarms: dict[GameId, tuple[datetime, asyncio.TimerHandle]] = {}
        self._slots = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._checks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._look_again_and_again())

    async def stop(self) -> None:
        """Look no more; checks under way are finished."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for _, alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()
        await asyncio.gather(*self._checks, return_exceptions=True)

    def watch(self, game_id: GameId, at: datetime | None) -> None:
        """A game wants to be looked at then; None: not at all. What is far ahead is left to the looks."""
        known = self._alarms.get(game_id)
        if known is not None:
            if known[0] == at:
                return
            known[1].cancel()
            del self._alarms[game_id]
        if at is None:
            return
        wait = at - self._clock()
        if wait <= AHEAD:
            alarm = asyncio.get_running_loop().call_later(max(0.0, wait.total_seconds()), self._ring, game_id)
            self._alarms[game_id] = (at, alarm)

    def _ring(self, game_id: GameId) -> None:
        self._alarms.pop(game_id, None)
        task = asyncio.create_task(self._checked(game_id))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _checked(self, game_id: GameId) -> None:
        async with self._slots:
            try:
                await self._check(game_id)
            except Exception:  # the next look finds the game again
                log.exception("time_check_failed", game=game_id)

    async def _look_again_and_again(self) -> None:
        is_away = False
        while True:
            try:
                found = await self._look()
                self._tidy()
                is_away = False
            except (SQLAlchemyError, PoolTimeout, OSError):
                if not is_away:  # it is said once
                    log.warning("time_look_failed", exc_info=True)
                found, is_away = 0, True
            if found < self._at_once:
                await asyncio.sleep(PAUSE_SECONDS)
            else:  # there are more: those that are due already make room first
                await asyncio.gather(*self._checks, return_exceptions=True)
                await asyncio.sleep(0.02)

    async def _look(self) -> int:
        async with self._database.read() as connection:
            due = await service.due(connection, self._clock() + AHEAD, limit=self._at_once)
        for game_id, at in due:
            if game_id not in self._alarms:
                self.watch(game_id, at)
        return len(due)
