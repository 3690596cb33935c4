"""Sockets for tests: a small application built of the platform's parts, in this process, and clients for it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from tengen.realtime import host
from tengen.realtime.clients import Client
from tengen.realtime.hub import Hub
from tengen.realtime.link import MAX_FRAME_BYTES
from tengen.realtime.runtime import Realtime
from tengen.realtime.socketio import SocketIo
from tengen.realtime.websocket import SocketRoute
from tests.support.waiting import until

NEWER = "EIO=4&transport=websocket&EIO=4&t=1.5"
"""The query of a client that speaks Engine.IO 4, given the address that `ogsapi` has."""
OLDER = "EIO=4&transport=websocket&EIO=3&t=1.5"
"""The query of `ogsapi` 1.3.0 itself."""


def a_realtime(
    hub: Hub | None = None, *, per_address: int = 100, in_all: int = 1000, messages_per_second: float = 1000
) -> Realtime:
    """The feature with the commands that every client has, and `echo`, which sends its payload back."""
    realtime = Realtime(
        hub or Hub(), per_address=per_address, in_all=in_all, messages_per_second=messages_per_second, site="go.test"
    )
    host.register(realtime)

    async def echo(client: Client, payload: Any) -> Any:
        client.send("echo", payload)
        return payload

    realtime.commands.on("echo", echo)
    return realtime


class SocketServer:
    """A running server of the small application."""

    def __init__(self, realtime: Realtime, server: uvicorn.Server, task: "asyncio.Task[None]", port: int) -> None:
        self.realtime = realtime
        self.address = f"127.0.0.1:{port}"
        self.port = port
        self._server = server
        self._task = task

    @property
    def is_running(self) -> bool:
        """Whether it serves, or waits for connections to end."""
        return not self._task.done()

    def begin_to_stop(self) -> None:
        """As at SIGTERM."""
        self._server.should_exit = True

    @asynccontextmanager
    async def raw(self, query: str = NEWER) -> AsyncIterator["RawClient"]:
        """A WebSocket, on which nothing is said yet."""
        url = f"ws://{self.address}/socket.io/?{query}"
        async with connect(url, compression=None, max_size=None, ping_interval=None) as connection:
            yield RawClient(connection)

    @asynccontextmanager
    async def client(self) -> AsyncIterator["RawClient"]:
        """A client that is connected to the namespace."""
        async with self.raw() as client:
            await client.greet()
            yield client

    async def gone(self, count: int = 0) -> None:
        """Wait until no more than `count` clients are connected."""
        await until(lambda: len(self.realtime.clients) <= count)


class RawClient:
    """Says and hears packets as they are."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, *frames: str | bytes) -> None:
        """Send frames."""
        for frame in frames:
            await self.connection.send(frame)

    async def hear(self) -> str:
        """The next frame."""
        async with asyncio.timeout(10):
            frame = await self.connection.recv()
        assert isinstance(frame, str)
        return frame

    async def greet(self) -> dict[str, Any]:
        """Connect to the namespace; returns what the opening packet says."""
        opening = await self.hear()
        await self.say("40{}")
        assert (await self.hear()).startswith('40{"sid":"')
        assert opening.startswith("0{")
        told: dict[str, Any] = json.loads(opening[1:])
        return told

    async def emit(self, name: str, *arguments: Any) -> None:
        """Send an event."""
        await self.say("42" + json.dumps([name, *arguments]))

    async def event(self) -> Any:
        """The next event, as a list."""
        frame = await self.hear()
        assert frame.startswith("42["), frame
        return json.loads(frame[2:])

    async def closed(self) -> int | None:
        """Wait until the server has closed the connection; returns the code."""
        async with asyncio.timeout(10):
            await self.connection.wait_closed()
        return self.connection.close_code


@asynccontextmanager
async def a_socket_server(realtime: Realtime | None = None, **settings: Any) -> AsyncIterator[SocketServer]:
    """Serves the small application while the block lasts, with uvicorn as `tengen serve` has it."""
    realtime = realtime or a_realtime()
    app = Starlette(routes=[SocketRoute("/socket.io", SocketIo()), SocketRoute("/socket.io/", SocketIo())])
    app.state.realtime = realtime
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        **{
            "lifespan": "off",
            "log_config": None,
            "http": "tengen.cli.protocol:BoundedHttp",
            "ws": "tengen.cli.protocol:RealtimeWebSocket",
            "ws_max_size": MAX_FRAME_BYTES,
            "ws_per_message_deflate": False,
            "timeout_graceful_shutdown": 5,
        }
        | settings,
    )
    server = uvicorn.Server(config)
    await realtime.hub.start()
    task = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started)
    try:
        yield SocketServer(realtime, server, task, listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        await realtime.hub.stop()
