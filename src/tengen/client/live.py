"""Go played live: `AsyncClient.live` gives a connection, `Live.join` a game on it.

    async with client.live() as live:
        game = await live.join(game_id)
        await game.play("Q16")
        async for event in game.events():
            print(event.kind, game.phase)

A lost connection is made anew, and all games are joined again: what happened meanwhile is told by an event `gamedata`.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from tengen.client.errors import TengenError, TooManyRequests, Unavailable, Unreachable
from tengen.client.operations import Operation
from tengen.client.play_models import PlayedGame, move_in, points_in, put
from tengen.client.runners import AsyncRunner
from tengen.client.socketio import SocketIo
from tengen.go.board import Board
from tengen.go.points import Color, Point, ogs_moves, ogs_points

GAMEDATA = "gamedata"
"""The kind of the event that tells the whole game."""
TIMEOUT = timedelta(seconds=10)
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0
_MOST_WAITING = 1000
"""Events that wait for who does not take them: then they give way to the whole game."""

_COMES_AGAIN_AFTER = (Unavailable, TooManyRequests)


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What happened: the kind, as `docs/protocol/play-messages.md` names it (`move`, `clock`…), and what was told."""

    kind: str
    payload: Any


class _Ears:
    """One who takes events, at leisure."""

    def __init__(self) -> None:
        self._events: deque[LiveEvent] = deque()
        self._news = asyncio.Event()
        self._end: TengenError | None = None
        self._is_over = False

    def hear(self, event: LiveEvent) -> bool:
        """Something has happened. Returns false if too much waits already: all of that is dropped."""
        if len(self._events) >= _MOST_WAITING:
            self._events.clear()
            return False
        self._events.append(event)
        self._news.set()
        return True

    def end(self, error: TengenError | None) -> None:
        """Nothing comes any more; `error` says why, if it should."""
        self._is_over, self._end = True, error
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[LiveEvent]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._is_over:
                break
            self._news.clear()
            await self._news.wait()
        if self._end is not None:
            raise self._end


class _Stage:
    """Where events happen, and those who take them."""

    def __init__(self) -> None:
        self._listeners: set[_Ears] = set()

    @contextmanager
    def _listening(self) -> Iterator[_Ears]:
        ears = _Ears()
        self._listeners.add(ears)
        try:
            yield ears
        finally:
            self._listeners.discard(ears)

    def _tell(self, event: LiveEvent, instead: LiveEvent | None = None) -> None:
        """Tell all. Who has not listened for long is told `instead`."""
        for ears in self._listeners:
            if not ears.hear(event) and instead is not None:
                ears.hear(instead)

    def end(self, error: TengenError | None) -> None:
        """The connection's word that nothing more will happen."""
        for ears in self._listeners:
            ears.end(error)


class LiveGame(_Stage):
    """A game that is being played or watched. Made by `Live.join`.

    Every command waits until the platform has carried it out, and raises what it is refused with: `NotYourTurn`,
    `IllegalMove`, `GameIsOver`… `Unreachable` says by `may_have_happened` whether it may have been carried out.
    """

    def __init__(self, live: "Live", game_id: int) -> None:
        super().__init__()
        self.id = game_id
        self._live = live
        self._game: PlayedGame | None = None
        self._board: Board | None = None
        self._seen = asyncio.Event()

    # ── how it stands ──

    @property
    def game(self) -> PlayedGame:
        """The game as it stands."""
        assert self._game is not None, "a game is joined when it was told"
        return self._game

    @property
    def board(self) -> Board:
        """The position. Not to be changed: `copy` it."""
        if self._board is None:
            self._board = self.game.board()
        return self._board

    @property
    def phase(self) -> str:
        """`play`, `stone removal` or `finished`."""
        return self.game.phase

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.game.is_over

    @property
    def color(self) -> Color | None:
        """The colour that one plays; None for one who watches."""
        return self.game.color_of(self._live.player_id)

    @property
    def is_my_turn(self) -> bool:
        """Whether one is to move."""
        return self.phase == "play" and self.game.to_move is self.color

    async def events(self) -> AsyncIterator[LiveEvent]:
        """What happens, until the game is over: first an event `gamedata`, the game as it stands.

        What an event changes is changed already when it comes. After a loss of the connection, and for one who does
        not take them for long, `gamedata` stands for what happened meanwhile. Raises `Unreachable` if the connection
        is not to be had again.
        """
        with self._listening() as ears:
            ears.hear(LiveEvent(GAMEDATA, self.game.data))
            if self.is_over:
                ears.end(None)
            async for event in ears:
                yield event

    # ── what players do ──

    async def play(self, move: str | Point | None) -> None:
        """Play at a point, `Q16` or `pd` or a `Point`; `pass` or None passes."""
        text = move if isinstance(move, str) else ogs_moves([move])
        await self._do("move", move=text)

    async def resign(self) -> None:
        """Give up."""
        await self._do("resign")

    async def cancel(self) -> None:
        """Call the game off, while it is young."""
        await self._do("cancel")

    async def request_undo(self) -> None:
        """Ask to take back one's last move."""
        await self._do("undo/request", move_number=len(self.game.moves))

    async def accept_undo(self) -> None:
        """Let the opponent take the move back."""
        await self._do("undo/accept", move_number=len(self.game.moves))

    async def cancel_undo(self) -> None:
        """Withdraw one's request, or decline the opponent's."""
        await self._do("undo/cancel", move_number=len(self.game.moves))

    async def pause(self) -> None:
        """Stop the clock."""
        await self._do("pause")

    async def resume(self) -> None:
        """Let the clock go on."""
        await self._do("resume")

    async def mark(self, points: Sequence[Point] | frozenset[Point], *, is_marked: bool = True) -> None:
        """After both have passed: mark dead stones, or take marks away."""
        await self._do("removed_stones/set", stones=ogs_points(points), removed=is_marked)

    async def accept_score(self) -> None:
        """Agree with what is marked now. When both have, the game is counted and over."""
        await self._do("removed_stones/accept", stones=ogs_points(self.game.marked))

    async def play_on(self) -> None:
        """Do not agree with what is marked: play on."""
        await self._do("removed_stones/reject")

    async def say(self, text: str, channel: str = "main") -> None:
        """Say something: to all (`main`), to those who watch (`malkovich`), or to oneself (`personal`)."""
        await self._do("chat", body=text, type=channel, move_number=len(self.game.moves))

    async def leave(self) -> None:
        """See it no more. Players may: their time runs on."""
        await self._live.leave(self)

    async def _do(self, command: str, **members: Any) -> None:
        await self._live.call(f"game/{command}", {"game_id": self.id, **members})

    # ── what the connection says ──

    async def appear(self) -> None:
        """Wait until the game is told."""
        await self._seen.wait()

    def happen(self, kind: str, payload: Any) -> None:
        """The connection's word that something has happened."""
        if kind == GAMEDATA:
            self._game, self._board = PlayedGame.from_json(payload), None
            self._seen.set()
        elif self._game is not None:
            self._change(self._game, kind, payload)
        if self._game is None:
            return
        self._tell(LiveEvent(kind, payload), LiveEvent(GAMEDATA, self._game.data))
        if self.is_over and kind == GAMEDATA:
            self.end(None)

    def _change(self, game: PlayedGame, kind: str, payload: Any) -> None:
        match kind:
            case "move":
                move = move_in(payload["move"])
                if self._board is not None:
                    put(self._board, game.to_move, move)
                self._game = replace(game, moves=(*game.moves, move))
            case "undo_accepted":
                self._game, self._board = replace(game, moves=game.moves[: payload["move_number"]]), None
            case "phase":
                self._game = replace(game, phase=str(payload), marked=frozenset())
            case "removed_stones":
                self._game = replace(game, marked=points_in(payload["all_removed"]))


class Live(_Stage):
    """A live connection. Made by `AsyncClient.live`, and used as an asynchronous context manager.

    `player_id` is that of one's player on the platform; None for a client without credentials, which can only watch.
    """

    def __init__(self, client: AsyncRunner, *, patience: timedelta) -> None:
        super().__init__()
        self.player_id: int | None = None
        self._client = client
        self._patience = patience.total_seconds()
        self._games: dict[int, LiveGame] = {}
        self._socket: SocketIo | None = None
        self._is_connected = asyncio.Event()
        self._failure: TengenError | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def join(self, game_id: int) -> LiveGame:
        """Play or watch a game. One that is only offered yet is waited for until it begins.

        Raises `GameNotFound`, and `PrivateGame` for others' private games.
        """
        known = self._games.get(game_id)
        if known is not None:
            await known.appear()
            return known
        game = self._games[game_id] = LiveGame(self, game_id)
        try:
            await self.call("game/connect", _watch(game_id))
            await game.appear()
        except BaseException:
            self._games.pop(game_id, None)
            raise
        return game

    async def leave(self, game: LiveGame) -> None:
        """See a game no more."""
        self._games.pop(game.id, None)
        game.end(None)
        await self.call("game/disconnect", {"game_id": game.id})

    async def events(self) -> AsyncIterator[LiveEvent]:
        """What one is told wherever one is: `notification`, of challenges and games, and `active_game`.

        Notifications come again with each connection, until `forget` is called for them.
        """
        with self._listening() as ears:
            async for event in ears:
                yield event

    async def forget(self, notification_id: str) -> None:
        """Be told of this notification no more."""
        await self.call("notification/delete", {"notification_id": notification_id})

    async def call(self, name: str, payload: Mapping[str, Any]) -> Any:
        """Send any command, and wait until it is carried out; what acknowledges it.

        While the connection is away it waits for it, for some seconds. Raises what the command is refused with, and
        `Unreachable`.
        """
        try:
            async with asyncio.timeout(TIMEOUT.total_seconds()):
                await self._is_connected.wait()
        except TimeoutError as error:
            raise Unreachable("The live connection is away.", may_have_happened=False) from error
        if self._failure is not None or self._socket is None:
            raise self._failure or Unreachable("The live connection is closed.", may_have_happened=False)
        return await self._socket.call(name, payload)

    async def __aenter__(self) -> Self:
        await self._connect()
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._keeper is not None
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        socket, self._socket = self._socket, None
        self._end_all(None)
        if socket is not None:
            await socket.close()

    # ── how ──

    async def _connect(self) -> None:
        """Connect, say who we are, and see all games."""
        jwt = await self._client.run(_user_jwt())
        socket = await SocketIo.connect(self._client.url, self._hear, timeout=TIMEOUT.total_seconds())
        try:
            if jwt:
                identity = await socket.call("authenticate", {"jwt": jwt})
                self.player_id = int(identity["id"])
            for game_id in [*self._games]:
                await socket.call("game/connect", _watch(game_id))
        except BaseException:
            await socket.close()
            raise
        self._socket = socket
        self._is_connected.set()

    async def _keep(self) -> None:
        """Connect again whenever the connection is lost, until that has been in vain for too long."""
        try:
            while self._socket is not None:
                await self._socket.lost()
                self._is_connected.clear()
                await self._come_again()
        except TengenError as error:
            self._socket, self._failure = None, error
            self._is_connected.set()
            self._end_all(error)

    async def _come_again(self) -> None:
        """Raises why not, once it is clear that it is of no use."""
        pause, away = _FIRST_PAUSE_SECONDS, 0.0
        while True:
            wait = pause * random.uniform(0.8, 1.2)  # noqa: S311  # so that not all come back at once
            await asyncio.sleep(wait)
            away += wait
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            try:
                return await self._connect()
            except _COMES_AGAIN_AFTER:
                if away >= self._patience:
                    raise

    def _hear(self, name: str, payload: Any) -> None:
        if name == "ERROR" or name.endswith("/error"):
            return  # a refusal, which whoever has sent the command is told by its acknowledgement
        if not name.startswith("game/"):
            self._tell(LiveEvent(name, payload))
            return
        _, number, kind = name.split("/", 2)
        game = self._games.get(int(number))
        if game is not None:
            game.happen(kind, payload)

    def _end_all(self, error: TengenError | None) -> None:
        for game in self._games.values():
            game.end(error)
        self.end(error)


def _watch(game_id: int) -> dict[str, Any]:
    return {"game_id": game_id, "chat": True}


def _user_jwt() -> Operation[str]:
    """By which the platform knows us on a live connection; empty for nobody."""
    return Operation("GET", "/api/v1/ui/config", lambda json: str(json["user_jwt"]))
