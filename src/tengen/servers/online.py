"""Who is online: the part of the directory that everybody asks for, kept ready to send.

A server is online for a while after each heartbeat. Each worker keeps the online servers in memory, already in wire
form. Before it answers it asks the database for what is new, with one small statement that all requests of the moment
share: so an answer never lies behind any worker's heartbeats, and a crowd costs next to nothing.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from tengen.core.batch import Batcher
from tengen.core.values import Clock, name_key, utc_now
from tengen.servers import service
from tengen.servers.schemas import ServerRead
from tengen.servers.service import HeartbeatSign, Server

if TYPE_CHECKING:
    from tengen.core.database import Database

# News is looked for from a little before the newest heartbeat known: those of the same moment become visible one after
# the other. What comes later still (workers' clocks differ), and what was deleted, is found by reading the whole.
_OVERLAP = timedelta(seconds=0.5)
_SECONDS_BETWEEN_WHOLE_READS = 0.5


class Entry:
    """An online server in wire form. Never changed: the next heartbeat makes another."""

    def __init__(self, server: Server, heard_at: datetime) -> None:
        self.server = server
        self.heard_at = heard_at
        self.json = ServerRead.of(server).model_dump_json().encode()

    @cached_property
    def searchable(self) -> str:
        """What a search looks at."""
        server = self.server
        return name_key(f"{server.display_name}\n{server.description}\n{server.current_map}")


class Choice(BaseModel):
    """Which of the online servers somebody wants, and in which order. Texts are compared as names are."""

    model_config = ConfigDict(frozen=True)

    game_type: str = Field(default="", description="Only of this type.", examples=["RTSS"])
    search: str = Field(default="", description="Only with this in name, description or map.", examples=["valley"])
    not_full: bool = Field(default=False, description="Only with room for another player.")
    sort: Literal["id", "name", "players", "updated"] = Field(
        default="id", description="By id, by name, most players first, or last heard from first."
    )


_SORT_KEYS: dict[str, Callable[[Entry], tuple[str | float, int]]] = {
    "name": lambda entry: (name_key(entry.server.display_name), entry.server.id),
    "players": lambda entry: (-entry.server.current_player_count, entry.server.id),
    "updated": lambda entry: (-entry.heard_at.timestamp(), entry.server.id),
}


class OnlineList:
    """The online servers of one moment, in the order of their ids. Never changed."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {entry.server.id: entry for entry in sorted(entries, key=lambda entry: entry.server.id)}
        heard = [entry.heard_at for entry in self._entries.values()]
        self.oldest, self.newest = min(heard, default=None), max(heard, default=None)

    @cached_property
    def sign(self) -> HeartbeatSign:
        """What the database says of the newest heartbeats as long as there are no others."""
        assert self.newest is not None, "nobody is online"
        since = self.newest - _OVERLAP
        recent = sum(entry.heard_at > since for entry in self._entries.values())
        return HeartbeatSign(since, recent, self.newest)

    @cached_property
    def json(self) -> bytes:
        """All of them, ready to send."""
        return _array(self._entries.values())

    def choose(self, choice: Choice) -> bytes:
        """Those wanted, ready to send."""
        entries = list(self._entries.values())
        if choice.game_type:
            game_type = name_key(choice.game_type)
            entries = [entry for entry in entries if name_key(entry.server.game_type) == game_type]
        if choice.search:
            wanted = name_key(choice.search)
            entries = [entry for entry in entries if wanted in entry.searchable]
        if choice.not_full:
            entries = [e for e in entries if e.server.current_player_count < e.server.max_player_count]
        if choice.sort in _SORT_KEYS:
            entries.sort(key=_SORT_KEYS[choice.sort])
        return _array(entries)

    def updated(self, found: Sequence[Server], *, cutoff: datetime, is_whole: bool) -> "OnlineList":
        """The list after a look into the database, which found everybody online (`is_whole`) or what may be news.

        Who was not heard from after `cutoff` is no longer online. It is this very list if nothing has changed.
        """
        known = self._entries
        if not (is_whole or found) and self.oldest is not None and self.oldest > cutoff:
            return self  # by far the most frequent
        entries = {} if is_whole else {i: entry for i, entry in known.items() if entry.heard_at > cutoff}
        for server in found:
            assert server.heard_at is not None, "who is online was heard from"
            before = known.get(server.id)
            is_news = before is None or before.heard_at != server.heard_at
            entries[server.id] = Entry(server, server.heard_at) if before is None or is_news else before
        return self if entries == known else OnlineList(entries.values())


def _array(entries: Iterable[Entry]) -> bytes:
    return b"[" + b",".join([entry.json for entry in entries]) + b"]"


class OnlineServers:
    """Gives the `OnlineList` of now. One a process."""

    def __init__(self, database: "Database", *, window: timedelta, clock: Clock = utc_now) -> None:
        self._database = database
        self._window = window
        self._clock = clock
        self._list = OnlineList()
        self._whole_read_due = 0.0
        self._requests: Batcher[None, OnlineList] = Batcher(self._refresh)

    async def now(self) -> OnlineList:
        """Who is online. Requests at the same moment share a statement."""
        online = await self._requests.get(None)
        assert online is not None
        return online

    async def _refresh(self, keys: Sequence[None]) -> dict[None, OnlineList]:
        cutoff = self._clock() - self._window
        started = time.monotonic()
        is_whole = self._list.newest is None or started >= self._whole_read_due
        async with self._database.read() as connection:
            if is_whole:
                found = await service.heard_since(connection, cutoff)
                self._whole_read_due = started + _SECONDS_BETWEEN_WHOLE_READS
            elif await service.has_changed(connection, self._list.sign):
                found = await service.heard_since(connection, self._list.sign.since)
            else:
                found = []
        self._list = self._list.updated(found, cutoff=cutoff, is_whole=is_whole)
        return dict.fromkeys(keys, self._list)
