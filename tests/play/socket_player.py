"""A player at a socket of a running server: packets of Socket.IO by hand, so that a test sees just what comes.

async with await SocketPlayer.connect(server, jwt_of(server, person)) as player:
    await player.watch(game_id)
    await player.ask("game/move", {"game_id": game_id, "move": "dd"})  # returns once it is acknowledged
    await until(lambda: player.moves_of(game_id) == 1)
"""

import asyncio
import json
import re
from collections import defaultdict
from contextlib import suppress
from itertools import count
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.play.rest_builders import Person
from tests.support.server import Server

QUERY = "EIO=4&transport=websocket"
_ACKNOWLEDGEMENT = re.compile(r"43(\d+)(.*)", re.DOTALL)
_OF_GAME = re.compile(r"game/(\d+)/(.+)")
_PATIENCE_SECONDS = 20.0


class Refused(Exception):
    """The server has acknowledged a command and told by an event that it was not carried out: its sentence."""


class ConnectionLost(Exception):
    """The connection has ended. What was not acknowledged may have been carried out or not."""


def jwt_of(server: Server, person: Person) -> str:
    """What this person authenticates a socket by."""
    answer = person.get(server, "/api/v1/ui/config")
    assert answer.status_code == 200, answer.text
    jwt: str = answer.json()["user_jwt"]
    return jwt


class SocketPlayer:
    """One connection, and everything that has come over it."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[tuple[str, Any]] = []
        """Every event with its payload, in order."""
        self.games: defaultdict[int, list[tuple[str, Any]]] = defaultdict(list)
        """Those of each game, with what follows `game/<id>/` for a name."""
        self._ids = count(1)
        self._asked: dict[int, tuple[int | None, asyncio.Future[Any]]] = {}
        self._refusals: dict[int | None, str] = {}
        """The last one, of each game and of none, since something was acknowledged there."""
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, server: Server, jwt: str | None = None) -> Self:
        """Connected to the namespace, and authenticated if there is a `jwt`."""
        url = f"ws://127.0.0.1:{server.port}/socket.io/?{QUERY}"
        player = cls(await connect(url, compression=None, max_size=None, ping_interval=None, proxy=None))
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                assert str(await player.connection.recv()).startswith("0{")
                await player.connection.send("40")
                assert str(await player.connection.recv()).startswith("40{")
                player._reading = asyncio.create_task(player._read())
                if jwt is not None:
                    assert await player.ask("authenticate", {"jwt": jwt}) is not None, "the server knows nobody by this"
        except BaseException:
            await player.close()
            raise
        return player

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def is_gone(self) -> bool:
        """Whether the connection has ended."""
        return self._reading is None or self._reading.done()

    # ── saying ──

    async def emit(self, name: str, payload: Any = None) -> None:
        """Send a command, and ask for no acknowledgement. Raises `ConnectionLost`.

        Its refusal would be taken for that of what is asked next.
        """
        await self._send("42" + json.dumps([name, payload]))

    async def ask(self, name: str, payload: Any = None) -> Any:
        """Send a command; returns what acknowledges it. Raises `Refused` and `ConnectionLost`."""
        number = next(self._ids)
        game = payload.get("game_id") if isinstance(payload, dict) else None
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[number] = (game, answer)
        try:
            await self._send(f"42{number}" + json.dumps([name, payload]))
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await answer
        finally:
            self._asked.pop(number, None)

    async def have_answered(self) -> None:
        """Return when all that was sent has been carried out or refused."""
        with suppress(Refused):  # of what was emitted
            await self.ask("net/ping", {})

    async def watch(self, game_id: int, *, chat: bool = True) -> None:
        """Connect to a game: its `gamedata` and its `clock` have come when this returns."""
        await self.ask("game/connect", {"game_id": game_id, "chat": chat})

    async def close(self) -> None:
        """End the connection."""
        await self.connection.close()
        if self._reading is not None:
            await self._reading

    # ── hearing ──

    def last(self, game_id: int, name: str) -> Any:
        """The payload of the last event of this name in a game. Raises `LookupError` if there was none."""
        return next(payload for told, payload in reversed(self.games[game_id]) if told == name)

    def moves_of(self, game_id: int) -> int:
        """How many moves the game has, as far as it was told."""
        for name, payload in reversed(self.games[game_id]):
            match name:
                case "gamedata":
                    return len(payload["moves"])
                case "move" | "undo_accepted":
                    number: int = payload["move_number"]
                    return number
        return 0

    async def _send(self, frame: str) -> None:
        if self.is_gone:
            raise ConnectionLost
        try:
            await self.connection.send(frame)
        except ConnectionClosed as closed:
            raise ConnectionLost from closed

    async def _read(self) -> None:
        try:
            with suppress(ConnectionClosed):
                while True:
                    frame = await self.connection.recv()
                    assert isinstance(frame, str)
                    await self._hear(frame)
        finally:
            for _, answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(ConnectionLost())

    async def _hear(self, frame: str) -> None:
        if frame == "2":
            await self.connection.send("3")
        elif frame.startswith("42"):
            self._take(*json.loads(frame[2:]))
        elif (acknowledged := _ACKNOWLEDGEMENT.fullmatch(frame)) is not None:
            self._acknowledge(int(acknowledged[1]), json.loads(acknowledged[2])[0])

    def _take(self, event: str, payload: Any) -> None:
        self.told.append((event, payload))
        of_game = _OF_GAME.fullmatch(event)
        if of_game is not None:
            self.games[int(of_game[1])].append((of_game[2], payload))
        if event == "ERROR":
            self._refusals[None] = str(payload)
        elif of_game is not None and of_game[2] == "error":
            self._refusals[int(of_game[1])] = payload

    def _acknowledge(self, number: int, value: Any) -> None:
        # The commands of a connection are carried out one at a time: a refusal that came since is of this one.
        game, answer = self._asked[number]
        refusal = self._refusals.pop(game, None)
        if answer.done():  # nobody waits any more
            return
        if refusal is None:
            answer.set_result(value)
        else:
            answer.set_exception(Refused(refusal))
