"""Live games in memory: each that is played or watched in this process has a table, and takes one command at a time.

A table holds the state after the last event that it has seen. A command is decided on that state, what follows is
stored behind that event, and then told to those who watch. Whether somebody else has appended to the game shows when
it is stored: then the table reads what it missed, and the command is decided again. So any process can serve any game,
and a table that was left behind, by a crash or a lost message, catches up by itself.

What happens in many games at the same moment is stored together (`tengen.core.batch`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

import structlog

from tengen.core.batch import Batcher
from tengen.core.errors import TengenError
from tengen.core.values import Clock, GameId, PlayerId, utc_now
from tengen.play import service
from tengen.play.clocks import MAX_LAG_CREDIT
from tengen.play.commands import CheckTime, Command
from tengen.play.decisions import decide
from tengen.play.events import GameEnded, LineSaid, MarkingRejected, StoneRemovalBegan
from tengen.play.info import GameInfo
from tengen.play.opponents import opponent_of
from tengen.play.service import Append, NewLiveGame, NumberedEvent, StoredGame
from tengen.play.state import LiveGame, evolve_all
from tengen.play.time_systems import NO_TIME

if TYPE_CHECKING:
    from datetime import timedelta

    from tengen.core.database import Database, Transaction
    from tengen.go.points import Color
    from tengen.profiles.runtime import Profiles
    from tengen.realtime.hub import Hub, Subscription

log = structlog.get_logger(__name__)

MOST_TABLES = 2_000
"""So many games nobody watches are kept in memory, beside those that somebody does."""
IDLE_SECONDS = 120.0
"""A game nobody watches is kept for so long after it was last asked for."""

_NEWS = (StoneRemovalBegan, MarkingRejected, GameEnded)
"""What players are notified of, wherever they are."""


class Watcher(Protocol):
    """Shows what happens at a table to those who watch it in this process."""

    def see(self, table: "Table", before: LiveGame, happened: Sequence[NumberedEvent]) -> None:
        """These events have happened together; the table is in the state after them."""

    def lag_of(self, color: "Color") -> "timedelta":
        """How long messages of this player take to come here, as measured; nothing if the player is not here."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Table:
    """A live game in memory."""

    info: GameInfo
    start: NewLiveGame
    game: LiveGame
    lines: list[NumberedEvent]
    """What was said, in order."""
    names: dict[PlayerId, str]
    """Of those who have said something."""
    watcher: Watcher | None = None
    """None if nobody does."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    used_at: float = 0.0
    subscription: "Subscription | None" = None

    def take(self, happened: Sequence[NumberedEvent], after: LiveGame | None = None) -> None:
        """Go on to the state after these events, and show them to those who watch. `after`: that state, if known."""
        before = self.game
        self.game = after or evolve_all(before, [one.event for one in happened])
        self.lines += [one for one in happened if isinstance(one.event, LineSaid)]
        if self.watcher is not None and happened:
            self.watcher.see(self, before, happened)

    def lag(self) -> "timedelta":
        """How long messages of the player to move take to come here."""
        return NO_TIME if self.watcher is None else self.watcher.lag_of(self.game.to_move)


News = Callable[["Transaction", Table, Sequence[NumberedEvent], datetime], Awaitable[None]]
"""Tells players of what happened at a table, in the transaction that stores it."""


_WORTH_A_SECOND = 20
"""Moves that need not wait until others are stored: with fewer, a transaction of their own costs too much."""


class Tables:
    """The live games of this process. One a process."""

    def __init__(
        self,
        database: "Database",
        hub: "Hub",
        profiles: "Profiles",
        *,
        record_of: Callable[[GameInfo, LiveGame], bytes],
        news: News,
        clock: Clock = utc_now,
    ) -> None:
        self.clock = clock
        self.after_commit: Callable[[Table, Sequence[NumberedEvent]], None] = lambda _table, _happened: None
        """Called when this process has stored something: what follows from it is this process's to do."""
        self.when_due: Callable[[GameId, datetime | None], None] = lambda _game_id, _at: None
        """Called with the time at which a game wants to be looked at next."""
        self.when_loaded: Callable[[Table], None] = lambda _table: None
        """Called with a table that was read from the database."""
        self._database = database
        self._hub = hub
        self._profiles = profiles
        self._record_of = record_of
        self._news = news
        self._tables: dict[GameId, Table] = {}
        self._loading: WeakValueDictionary[GameId, asyncio.Lock] = WeakValueDictionary()
        # What a game does waits for what it did before: no two batches have the same game.
        beside = None if database.has_one_writer else _WORTH_A_SECOND
        self._appends: Batcher[Append, bool] = Batcher(self._append, beside=beside)
        self._versions: Batcher[GameId, int] = Batcher(self._load_versions)
        self._tasks: set[asyncio.Task[None]] = set()
        hub.on_reconnect(self._look_everywhere)

    # ── looking ──

    async def see(self, game_id: GameId) -> tuple[GameInfo, LiveGame]:
        """The game as it is now. One statement, shared with others of the moment; more if it is not in memory.

        Raises `LiveGameNotFound`.
        """
        table = await self.table(game_id)
        async with table.turn:
            await self._was_behind(table)
        return table.info, table.game

    async def table(self, game_id: GameId) -> Table:
        """The game's table, as far as it knows what has happened. Raises `LiveGameNotFound`."""
        table = self._tables.get(game_id)
        if table is None:
            async with self._loading.setdefault(game_id, asyncio.Lock()):
                table = self._tables.get(game_id) or await self._load(game_id)
        table.used_at = time.monotonic()
        return table

    def in_memory(self, game_id: GameId) -> Table | None:
        """The game's table if it is in memory."""
        return self._tables.get(game_id)

    # ── what happens ──

    async def do(self, game_id: GameId, command: Command, *, now: datetime | None = None) -> None:
        """Carry out a command that came at `now`. Raises `LiveGameNotFound`, and what `decide` raises.

        When this returns, what follows from it is stored, and told to those who watch here.
        """
        now = now or self.clock()
        table = await self.table(game_id)
        async with table.turn:
            while True:
                before = table.game
                try:
                    happened = decide(before, command, now, lag=table.lag())
                except TengenError:
                    if not await self._was_behind(table):
                        raise
                    continue
                if not happened:
                    break
                after = evolve_all(before, happened)
                append = Append.of(game_id, before, happened, after, now)
                await self._learn_names(table, append.events)
                if await self._store(table, append, after, now):
                    self._told(table, append, after)
                    break
                await self._catch_up(table)
        self._set_alarm(table)

    async def check(self, game_id: GameId) -> None:
        """See whether somebody's time is up in this game."""
        await self.do(game_id, CheckTime())

    def _told(self, table: Table, append: Append, after: LiveGame) -> None:
        table.take(append.events, after)
        if self._hub.is_shared:
            self._hub.publish(f"game:{append.game_id}", _notice(append.events))
        self.after_commit(table, append.events)

    async def _store(self, table: Table, append: Append, after: LiveGame, now: datetime) -> bool:
        """Whether it is stored; if not, the table has missed something."""
        if not any(isinstance(one.event, _NEWS) for one in append.events):
            return await self._appends.get(append) is True
        async with self._database.write() as transaction:
            if after.is_over and not table.game.is_over:
                record = self._record_of(table.info, after)
                pools = self._profiles.shown_pools.configured
                stored = await service.finish(transaction, append, table.start, after, record, pools=pools, now=now)
            else:
                stored = bool(await service.append(transaction, [append]))
            if stored:
                await self._news(transaction, table, append.events, now)
        return stored

    async def _append(self, appends: Sequence[Append]) -> dict[Append, bool]:
        return dict.fromkeys(await service.append_all(self._database, appends), True)

    def _set_alarm(self, table: Table) -> None:
        # A flag falls so much later as its player's move may be on its way.
        at = table.game.next_check_at
        self.when_due(table.info.id, None if at is None else at + min(table.lag(), MAX_LAG_CREDIT))

    # ── other processes ──

    async def _was_behind(self, table: Table) -> bool:
        """Whether the table had missed something, and has read it now. The table's turn is held."""
        version = await self._versions.get(table.info.id)
        if version is None or version <= table.game.version:
            return False
        await self._catch_up(table)
        return True

    async def _catch_up(self, table: Table) -> None:
        """Read and show what was stored by others. The table's turn is held."""
        async with self._database.read() as connection:
            missed = await service.events_after(connection, table.info.id, table.game.version, table.info.terms)
        await self._learn_names(table, missed)
        table.take(missed)
        self._set_alarm(table)

    def _hear(self, table: Table, notice: Any) -> None:
        """Another process tells what it has stored."""
        if isinstance(notice, dict) and isinstance(notice.get("events"), list):
            told: list[list[Any]] = notice["events"]
            if told[-1][0] > table.game.version:  # what this process has stored itself is known already
                self.in_background(self._follow(table, told))

    async def _follow(self, table: Table, told: "list[list[Any]]") -> None:
        async with table.turn:
            news = [one for one in _noticed(told, table) if one.number > table.game.version]
            if news and news[0].number == table.game.version + 1:
                await self._learn_names(table, news)
                table.take(news)
                self._set_alarm(table)
            elif news:
                await self._catch_up(table)

    def _look_everywhere(self) -> None:
        """Messages of others may be lost: look what was stored in the games that somebody watches here."""
        for table in list(self._tables.values()):
            if table.watcher is not None:
                self.in_background(self._look(table))

    async def _look(self, table: Table) -> None:
        async with table.turn:
            await self._catch_up(table)

    async def _load_versions(self, game_ids: Sequence[GameId]) -> dict[GameId, int]:
        async with self._database.read() as connection:
            return await service.versions_of(connection, game_ids)

    # ── coming and going ──

    async def _load(self, game_id: GameId) -> Table:
        async with self._database.read() as connection:
            stored = await service.find(connection, game_id)
        lines = [one for one in stored.events if isinstance(one.event, LineSaid)]
        table = Table(await self._info(stored), stored.start, stored.game, lines, {})
        await self._learn_names(table, lines)
        table.subscription = self._hub.subscribe(f"game:{game_id}", lambda notice: self._hear(table, notice))
        self._tables[game_id] = table
        await table.subscription.begun()
        async with table.turn:  # what was stored while it was read and nobody listened
            await self._catch_up(table)
        self.when_loaded(table)
        return table

    async def _learn_names(self, table: Table, happened: Sequence[NumberedEvent]) -> None:
        authors = {one.event.line.author for one in happened if isinstance(one.event, LineSaid)}
        unknown = authors - table.names.keys()
        if unknown:
            found = await self._profiles.all(unknown)
            table.names |= {player_id: profile.account.display_name for player_id, profile in found.items()}

    async def _info(self, stored: StoredGame) -> GameInfo:
        new, terms = stored.start, stored.start.terms
        profiles = await self._profiles.all([terms.black, terms.white])
        return GameInfo(
            id=new.game_id,
            name=new.name,
            terms=terms,
            black=opponent_of(profiles[terms.black]),
            white=opponent_of(profiles[terms.white]),
            creator=new.creator,
            started_at=stored.started_at,
            is_ranked=new.is_ranked,
            is_private=new.is_private,
            is_analysis_disabled=new.is_analysis_disabled,
            handicap_rank_difference=new.handicap_rank_difference,
        )

    def sweep(self) -> None:
        """Forget games that nobody watches and nobody has asked for lately."""
        now = time.monotonic()
        unwatched = [table for table in self._tables.values() if table.watcher is None and not table.turn.locked()]
        unwatched.sort(key=lambda table: table.used_at)
        crowd = len(unwatched) - MOST_TABLES
        for place, table in enumerate(unwatched):
            if place < crowd or now - table.used_at > IDLE_SECONDS:
                self._forget(table)

    def _forget(self, table: Table) -> None:
        del self._tables[table.info.id]
        if table.subscription is not None:
            table.subscription.end()

    def in_background(self, work: "Awaitable[None]") -> None:
        """Do this without anybody waiting for it. What it raises is logged."""
        task = asyncio.ensure_future(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way in the background, and forget all games."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for table in list(self._tables.values()):
            self._forget(table)


async def _logged(work: "Awaitable[None]") -> None:
    try:
        await work
    except Exception:
        log.exception("live_game_background_failed")


def _notice(events: Sequence[NumberedEvent]) -> dict[str, Any]:
    return {"events": [[one.number, one.at.isoformat(), service.written(one.event)] for one in events]}


def _noticed(told: "list[list[Any]]", table: Table) -> list[NumberedEvent]:
    terms = table.info.terms
    return [NumberedEvent(number, datetime.fromisoformat(at), service.read(body, terms)) for number, at, body in told]
