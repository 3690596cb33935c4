"""The client library that `ogsapi` uses, as `ogsapi` uses it."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

import socketio

from tengen.realtime.clients import Client
from tests.realtime.builders import SocketServer, a_realtime, a_socket_server
from tests.support.waiting import until


class LibraryClient:
    """A client of the library, which lives in threads of its own."""

    def __init__(self, server: SocketServer) -> None:
        self._url = f"http://{server.address}/socket.io/?EIO=4"
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.socket = socketio.Client(reconnection_delay=0.05, randomization_factor=0)
        self._threads: list[threading.Thread] = []
        self.socket.start_background_task = self.socket.eio.start_background_task = self._start
        self.socket.on("connect", lambda: self.heard.put(("connect", None)))
        self.socket.on("disconnect", lambda: self.heard.put(("disconnect", None)))

    def _start(self, target: Callable[..., object], *args: Any, **kwargs: Any) -> threading.Thread:
        """Start one of the library's threads; of these one may still write when another has closed the connection."""

        def run() -> None:
            with contextlib.suppress(OSError):
                target(*args, **kwargs)

        thread = threading.Thread(target=run)
        self._threads.append(thread)
        thread.start()
        return thread

    def listen(self, *names: str) -> None:
        """Hear the events of these names."""
        for name in names:
            self.socket.on(name, lambda payload, name=name: self.heard.put((name, payload)))

    async def __aenter__(self) -> "LibraryClient":
        await asyncio.to_thread(
            self.socket.connect, self._url, transports="websocket", headers={"Authorization": "Bearer x"}
        )
        assert await self.next() == ("connect", None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.socket.disconnect)
        for thread in self._threads:
            await asyncio.to_thread(thread.join, timeout=10)
            assert not thread.is_alive()

    async def next(self) -> tuple[str, Any]:
        """What has happened next."""
        return await asyncio.to_thread(self.heard.get, timeout=10)

    async def emit(self, name: str, *data: Any) -> None:
        """Send an event."""
        await asyncio.to_thread(self.socket.emit, name, *data)


async def test_it_connects_sends_and_hears() -> None:
    async with a_socket_server() as server:
        client = LibraryClient(server)
        client.listen("echo", "net/pong", "hostinfo")
        async with client:
            await client.emit("echo", {"game_id": 7, "text": "碁"})
            assert await client.next() == ("echo", {"game_id": 7, "text": "碁"})
            await client.emit("hostinfo")
            assert (await client.next())[0] == "hostinfo"
            await client.emit("net/ping", {"client": 123, "drift": 0.0, "latency": 0.0})
            name, pong = await client.next()
            assert (name, pong["client"]) == ("net/pong", 123)
        await server.gone()


async def test_its_call_is_answered() -> None:
    async with a_socket_server() as server, LibraryClient(server) as client:
        assert await asyncio.to_thread(client.socket.call, "echo", [1, 2]) == [1, 2]


async def test_what_is_published_reaches_all_who_watch() -> None:
    realtime = a_realtime()

    async def watch(client: Client, _payload: Any) -> None:
        client.subscriptions.add("game:1", realtime.hub.subscribe("game:1", client.forward))
        client.send("watching", 0)

    realtime.commands.on("watch", watch)
    async with a_socket_server(realtime) as server:
        one, two = LibraryClient(server), LibraryClient(server)
        for client in (one, two):
            client.listen("watching", "game/1/move")
        async with one, two:
            for client in (one, two):
                await client.emit("watch")
                assert await client.next() == ("watching", 0)
            realtime.hub.publish("game:1", {"event": "game/1/move", "payload": {"move": [3, 3, 100]}})
            for client in (one, two):
                assert await client.next() == ("game/1/move", {"move": [3, 3, 100]})


async def test_it_comes_again_by_itself_when_the_server_closes() -> None:
    realtime = a_realtime()

    async def leave(client: Client, _payload: Any) -> None:
        client.close(1012)

    realtime.commands.on("leave", leave)
    async with a_socket_server(realtime) as server:
        client = LibraryClient(server)
        client.listen("echo")
        async with client:
            await client.emit("leave")
            assert await client.next() == ("disconnect", None)
            assert await client.next() == ("connect", None)
            await client.emit("echo", 1)
            assert await client.next() == ("echo", 1)


async def test_its_lag_is_known() -> None:
    realtime = a_realtime()
    async with a_socket_server(realtime) as server, LibraryClient(server):
        (client,) = realtime.clients
        await until(lambda: bool(client.lag))
        assert 0 < client.lag.total_seconds() < 2
