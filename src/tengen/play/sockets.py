"""Live games over live connections, whatever transport the client speaks."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tengen.core.errors import Unauthenticated
from tengen.core.values import GameId, PlayerId
from tengen.play import requests
from tengen.play.requests import NotInGame, command_of, game_id_of, line_of, payload_of
from tengen.play.rooms import check_may_watch

if TYPE_CHECKING:
    from tengen.go.points import Color
    from tengen.play.runtime import Play
    from tengen.play.tables import Table
    from tengen.realtime.clients import Client
    from tengen.realtime.commands import Commands
    from tengen.realtime.messages import Json

MAX_LATENCY = 60_000
"""Milliseconds: what is further away is a slip."""


class NotIdentified(Unauthenticated):
    """The client has not said who it is."""

    code = "not_identified"


def register(commands: "Commands", play: "Play") -> None:
    """Let the commands about live games be carried out."""
    sockets = GameSockets(play)
    for name in requests.COMMANDS:
        commands.on(f"game/{name}", sockets.player_command(name), refusals_to=_to_game)
    commands.on("game/connect", sockets.connect, refusals_to=_to_game)
    commands.on("game/disconnect", sockets.disconnect)
    commands.on("game/{id}/gamedata", sockets.show)
    commands.on("game/chat", sockets.say, refusals_to=_to_game)
    commands.on("game/latency", sockets.tell_latency)
    commands.on("game/timed_out", sockets.check_time)
    commands.ignore(
        "game/delayed_resign",
        "game/clear_delayed_resign",
        "game/annul",
        "game/prevent_stalling",
        "game/prevent_escaping",
    )


def _to_game(payload: Any) -> str | None:
    """The event by which a refusal is told."""
    try:
        return f"game/{game_id_of(payload_of(payload))}/error"
    except requests.InvalidRequest:
        return None


class GameSockets:
    """What clients ask of live games."""

    def __init__(self, play: "Play") -> None:
        self._play = play

    # ── watching ──

    async def connect(self, client: "Client", payload: Any) -> None:
        """`game/connect`: see the game, and what happens in it. One that has not begun is waited for."""
        wanted = payload_of(payload)
        await self._play.rooms.connect(client, game_id_of(wanted), wants_chat=wanted.get("chat") is True)

    async def disconnect(self, client: "Client", payload: Any) -> None:
        """`game/disconnect`: see it no more."""
        self._play.rooms.disconnect(client, game_id_of(payload_of(payload)))

    async def show(self, client: "Client", payload: Any) -> None:
        """`game/<id>/gamedata`: see all of it again."""
        game_id = GameId(payload_of(payload)["id"])
        room = self._play.rooms.room_of(client, game_id)
        if room is not None:
            room.show(client)

    # ── playing ──

    def player_command(self, name: str) -> Callable[["Client", Any], Awaitable["Json"]]:
        """What carries out `game/<name>` for the players."""

        async def carry_out(client: "Client", payload: Any) -> None:
            now = self._play.tables.clock()
            wanted = payload_of(payload)
            table, seat = await self._seat(client, wanted)
            command = command_of(name, wanted, table.game, seat)
            await self._play.tables.do(table.info.id, command, now=now)

        return carry_out

    async def say(self, client: "Client", payload: Any) -> None:
        """`game/chat`: players and others, once they have said who they are."""
        wanted = payload_of(payload)
        table = await self._play.tables.table(game_id_of(wanted))
        author = _player(client)
        check_may_watch(table, author)
        await self._play.tables.do(table.info.id, line_of(wanted, author, table.info.terms.seat_of(author)))

    async def check_time(self, client: "Client", payload: Any) -> None:
        """`game/timed_out`: a client thinks that its time is up."""
        table, _ = await self._seat(client, payload_of(payload))
        await self._play.tables.check(table.info.id)

    async def tell_latency(self, client: "Client", payload: Any) -> None:
        """`game/latency`: how far away a player is. Only told to others: what is credited is measured here."""
        wanted = payload_of(payload)
        room = self._play.rooms.room_of(client, game_id_of(wanted))
        latency = wanted.get("latency")
        if room is None or client.identity is None or isinstance(latency, bool) or not isinstance(latency, int | float):
            return
        player_id = PlayerId(client.identity.player_id)
        if room.seat_of(client) is not None and 0 <= latency <= MAX_LATENCY:
            room.tell_latency(player_id, round(latency))

    async def _seat(self, client: "Client", wanted: requests.Payload) -> tuple["Table", "Color"]:
        """The table that the message is about, and the client's colour. Raises `NotInGame`, and `NotIdentified`."""
        table = await self._play.tables.table(game_id_of(wanted))
        seat = table.info.terms.seat_of(_player(client))
        if seat is None:
            raise NotInGame("Only the two who play this game may do that.")
        return table, seat


def _player(client: "Client") -> PlayerId:
    if client.identity is None:
        raise NotIdentified("Say who you are first: send authenticate.")
    return PlayerId(client.identity.player_id)
