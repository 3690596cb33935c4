"""Socket.IO over WebSocket, as much of it as live play needs: one namespace, text, events and acknowledgements.

Sources: engine.io-protocol 4 and socket.io-protocol 5, the documents at socket.io.
"""

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from tengen.client.errors import TengenError, UnexpectedAnswer, Unreachable, refusal, refused_command

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

Hear = Callable[[str, Any], None]
"""Takes each event: its name, and its payload."""

_PATH = "/socket.io/?EIO=4&transport=websocket"
_LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes: a long game with all that was said in it is some hundred kilobytes."""
_ACKNOWLEDGEMENT = re.compile(r"43(\d+)(\[.*)", re.DOTALL)
_MISSING = "Live play needs the library websockets: pip install 'tengen[play]'."


class SocketIo:
    """One connection, which lasts until it is lost or closed. Make it with `connect`."""

    def __init__(self, connection: "ClientConnection", hear: Hear, timeout: float) -> None:
        self._connection = connection
        self._hear = hear
        self._timeout = timeout
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[list[Any]]] = {}
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, url: str, hear: Hear, *, timeout: float) -> "SocketIo":  # noqa: ASYNC109  # of every call
        """Connect to the platform at `url`. `timeout`, in seconds, is for this and for every answer.

        Raises what the platform refuses with, `Unreachable`, and `ImportError` where `websockets` is not installed.
        """
        try:
            from websockets.asyncio.client import connect
            from websockets.exceptions import InvalidStatus, WebSocketException
        except ImportError as error:
            raise ImportError(_MISSING, name="websockets") from error
        address = re.sub("^http", "ws", url) + _PATH
        try:
            async with asyncio.timeout(timeout):
                connection = await connect(address, max_size=_LARGEST_FRAME)
        except InvalidStatus as error:
            answer = error.response
            raise refusal(answer.status_code, answer.headers, _json_or_none(bytes(answer.body or b""))) from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise _unreachable(error, may_have_happened=False) from error
        made = cls(connection, hear, timeout)
        try:
            await made._open()
        except BaseException:
            await connection.close()
            raise
        return made

    async def call(self, name: str, payload: Any) -> Any:
        """Send a command, and wait until it is carried out: what acknowledges it.

        Raises what it is refused with, and `Unreachable` where no answer comes.
        """
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout):
                await self._send(f"42{number}" + json.dumps([name, payload]))
                value, *refused = await answer
        except TimeoutError as error:
            raise Unreachable(f"{name} was not answered in time.", may_have_happened=True) from error
        finally:
            self._waiting.pop(number, None)
        if refused:
            raise refused_command(str(refused[0]["code"]), str(refused[0]["message"]))
        return value

    async def lost(self) -> None:
        """Wait until the connection is no more."""
        assert self._reader is not None
        await asyncio.wait([self._reader])

    async def close(self) -> None:
        """Close it."""
        await self._connection.close()
        await self.lost()

    async def _open(self) -> None:
        """Be opened, and connect to the namespace."""
        from websockets.exceptions import WebSocketException

        try:
            async with asyncio.timeout(self._timeout):
                opening = await self._connection.recv()
                await self._connection.send("40")
                joined = await self._connection.recv()
        except (OSError, TimeoutError, WebSocketException) as error:
            raise _unreachable(error, may_have_happened=False) from error
        if not (str(opening).startswith("0{") and str(joined).startswith("40")):
            raise UnexpectedAnswer("This is no Socket.IO, or none of a version that is known here.")
        self._reader = asyncio.create_task(self._read())

    async def _send(self, frame: str) -> None:
        from websockets.exceptions import WebSocketException

        try:
            await self._connection.send(frame)
        except (OSError, WebSocketException) as error:
            raise _unreachable(error, may_have_happened=True) from error

    async def _read(self) -> None:
        """Read until the connection is no more; whoever waits for an answer then is told so."""
        from websockets.exceptions import WebSocketException

        why: Exception = ConnectionResetError("the connection was closed")
        try:
            async for frame in self._connection:
                await self._take(str(frame))
        except (OSError, WebSocketException, TengenError, *_UNREADABLE) as error:
            why = error
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(_unreachable(why, may_have_happened=True))
            with suppress(OSError, WebSocketException):
                await self._connection.close()

    async def _take(self, frame: str) -> None:
        if frame.startswith("42["):
            name, *arguments = json.loads(frame[2:])
            self._hear(name, arguments[0] if arguments else None)
        elif frame == "2":
            await self._send("3")
        elif (acknowledged := _ACKNOWLEDGEMENT.fullmatch(frame)) is not None:
            answer = self._waiting.get(int(acknowledged[1]))
            if answer is not None and not answer.done():
                answer.set_result(json.loads(acknowledged[2]))


_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError)


def _unreachable(error: Exception, *, may_have_happened: bool) -> Unreachable:
    why = str(error) or type(error).__name__
    return Unreachable(f"The live connection failed: {why}.", may_have_happened=may_have_happened)


def _json_or_none(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
