"""Who watches a live game in this process, and what they are shown."""

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from tengen.core.errors import Conflict, Forbidden
from tengen.core.values import Clock, GameId, PlayerId
from tengen.play import service
from tengen.play.chat import Line
from tengen.play.event_messages import Message, first_messages, line_message, messages
from tengen.play.events import LineSaid
from tengen.play.state import evolve_all
from tengen.play.time_systems import NO_TIME
from tengen.realtime.clients import Push

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tengen.core.database import Database
    from tengen.go.points import Color
    from tengen.play.service import NumberedEvent
    from tengen.play.state import LiveGame
    from tengen.play.tables import Table, Tables
    from tengen.realtime.clients import Client
    from tengen.realtime.hub import Hub

MOST_WATCHED = 500
"""So many games one client may watch at once."""

PROTECTED = "This is a protected game"
"""What OGS' page expects to read, to the letter."""


class PrivateGame(Forbidden):
    """Only the players of a private game may watch it."""

    code = "private_game"


class TooManyWatched(Conflict):
    """The client watches as many games as one may."""

    code = "too_many_watched"


class Room:
    """Those who watch the game at one table."""

    def __init__(self, table: "Table", *, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._clients: dict[Client, bool] = {}
        """Each with whether it wants to read what is said."""
        self._latencies: dict[PlayerId, int] = {}
        """What players' programs tell of their way here, in milliseconds."""

    # ── coming and going ──

    def enter(self, client: "Client", *, wants_chat: bool) -> None:
        """Show it the game as it is now, and from now on what happens. Entering again shows all again."""
        self._clients[client] = wants_chat
        self._table.watcher = self
        self.show(client)
        info = self._table.info
        for player_id, latency in self._latencies.items():
            client.push(self._latency(player_id, latency))
        if wants_chat:
            for said in self._table.lines:
                self._tell_one(client, line_message(info, said.number, said.at, _line(said), names=self._table.names))

    def leave(self, client: "Client") -> None:
        """It no longer watches."""
        self._clients.pop(client, None)
        if not self._clients:
            self._table.watcher = None

    def show(self, client: "Client") -> None:
        """The whole game, to one of those who watch."""
        for message in first_messages(self._table.info, self._table.game, self._clock()):
            self._tell_one(client, message)

    def seat_of(self, client: "Client") -> "Color | None":
        """The colour that the client plays, None for one who watches."""
        return self._table.info.terms.seat_of(_reader(client))

    # ── what happens ──

    def see(self, table: "Table", before: "LiveGame", happened: "Sequence[NumberedEvent]") -> None:
        """Show to each what it may see, as it was seen when it happened: in every process the same."""
        # Commands that were missed are caught up with together, and are told one after the other nevertheless.
        commands = [(at, [one.event for one in events]) for at, events in groupby(happened, key=lambda one: one.at)]
        for number, (at, events) in enumerate(commands, 1):
            after = table.game if number == len(commands) else evolve_all(before, events)
            for message in messages(table.info, before, events, at, names=table.names, result=after):
                self._tell(message, is_over=after.is_over)
            before = after

    def tell_latency(self, player_id: PlayerId, latency: int) -> None:
        """A player's program says how far away it is, in milliseconds."""
        self._latencies[player_id] = latency
        push = self._latency(player_id, latency)
        for client in self._clients:
            client.push(push)

    def lag_of(self, color: "Color") -> timedelta:
        """How long messages of this player take to come here, as measured; nothing if the player is not here."""
        player_id = self._table.info.opponent(color).id
        return max([client.lag for client in self._clients if _reader(client) == player_id], default=NO_TIME)

    # ── how ──

    def _tell(self, message: Message, *, is_over: bool) -> None:
        push = Push(message.name, message.payload)
        if message.audience is None:
            for client in self._clients:
                client.push(push)
            return
        for client in self._clients:
            if self._may_see(client, message, is_over=is_over):
                client.push(push)

    def _tell_one(self, client: "Client", message: Message) -> None:
        if self._may_see(client, message, is_over=self._table.game.is_over):
            client.push(Push(message.name, message.payload))

    def _may_see(self, client: "Client", message: Message, *, is_over: bool) -> bool:
        seat = self.seat_of(client)
        if isinstance(message.audience, Line) and seat is None and not self._clients[client]:
            return False
        return message.is_for(_reader(client), seat, is_over=is_over)

    def _latency(self, player_id: PlayerId, latency: int) -> Push:
        game_id = self._table.info.id
        return Push(f"game/{game_id}/latency", {"game_id": game_id, "player_id": player_id, "latency": latency})


class _Watched:
    """What one client watches."""

    def __init__(self) -> None:
        self.rooms: dict[GameId, Room] = {}


class Rooms:
    """The rooms of this process, by who is in them."""

    def __init__(self, tables: "Tables", hub: "Hub", database: "Database") -> None:
        self._tables = tables
        self._hub = hub
        self._database = database

    async def connect(self, client: "Client", game_id: GameId, *, wants_chat: bool) -> None:
        """Let the client watch a game; one that is only offered yet, from its beginning.

        Raises `LiveGameNotFound`, `PrivateGame` and `TooManyWatched`.
        """
        if not await self._enter(client, game_id, wants_chat=wants_chat):
            await self._wait_for(client, game_id, wants_chat=wants_chat)

    def disconnect(self, client: "Client", game_id: GameId) -> None:
        """The client watches this game no more; nothing, if it did not."""
        client.subscriptions.end(_topic(game_id))
        watched = client.get(_Watched)
        room = None if watched is None else watched.rooms.pop(game_id, None)
        if room is not None:
            room.leave(client)

    def room_of(self, client: "Client", game_id: GameId) -> Room | None:
        """The room in which the client watches this game; None if it does not."""
        watched = client.get(_Watched)
        return None if watched is None else watched.rooms.get(game_id)

    def show_again(self, client: "Client") -> None:
        """The client has said who it is: show it again the games in which it plays, of which it may see more now."""
        for room in self._watched(client).rooms.values():
            if room.seat_of(client) is not None:
                room.show(client)

    async def _enter(self, client: "Client", game_id: GameId, *, wants_chat: bool) -> bool:
        """Whether there is such a game."""
        try:
            table = await self._tables.table(game_id)
        except service.LiveGameNotFound:
            return False
        check_may_watch(table, _reader(client))
        if client.is_gone:
            return True
        rooms = self._watched(client).rooms
        if game_id not in rooms and len(rooms) >= MOST_WATCHED:
            raise TooManyWatched(f"You watch {MOST_WATCHED} games, which is as many as one may: leave one first.")
        room = table.watcher if isinstance(table.watcher, Room) else Room(table, clock=self._tables.clock)
        rooms[game_id] = room
        room.enter(client, wants_chat=wants_chat)
        return True

    async def _wait_for(self, client: "Client", game_id: GameId, *, wants_chat: bool) -> None:
        async with self._database.read() as connection:
            is_offered = await service.is_offered(connection, game_id)
        if not is_offered:
            raise service.no_such_game()

        def begin(_news: object) -> None:
            client.subscriptions.end(_topic(game_id))
            self._tables.in_background(self._begin(client, game_id, wants_chat=wants_chat))

        subscription = self._hub.subscribe(_topic(game_id), begin)
        client.subscriptions.add(_topic(game_id), subscription)
        await subscription.begun()
        if await self._enter(client, game_id, wants_chat=wants_chat):  # it was accepted while we asked
            client.subscriptions.end(_topic(game_id))

    async def _begin(self, client: "Client", game_id: GameId, *, wants_chat: bool) -> None:
        if self.room_of(client, game_id) is None:
            await self._enter(client, game_id, wants_chat=wants_chat)

    def _watched(self, client: "Client") -> _Watched:
        watched = client.get(_Watched)
        if watched is None:
            watched = _Watched()
            client.put(watched)
            client.when_gone(lambda: self._leave_all(client, watched))
        return watched

    def _leave_all(self, client: "Client", watched: _Watched) -> None:
        for room in watched.rooms.values():
            room.leave(client)


def check_may_watch(table: "Table", reader: PlayerId | None) -> None:
    """Raises `PrivateGame` if this is not for the eyes of `reader`; None is a guest."""
    if table.info.is_private and table.info.terms.seat_of(reader) is None:
        raise PrivateGame(PROTECTED)


def _topic(game_id: GameId) -> str:
    return f"game:{game_id}"


def _reader(client: "Client") -> PlayerId | None:
    return None if client.identity is None else PlayerId(client.identity.player_id)


def _line(said: "NumberedEvent") -> Line:
    assert isinstance(said.event, LineSaid)  # a table's lines are these
    return said.event.line
