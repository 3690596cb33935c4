"""Sockets of the platform itself, as `tengen serve` serves them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from tests.realtime.builders import NEWER, RawClient
from tests.support.server import Server


@asynccontextmanager
async def a_client(server: Server, path: str = "/socket.io/") -> AsyncIterator[RawClient]:
    """Connected to the platform."""
    url = f"ws://127.0.0.1:{server.port}{path}?{NEWER}"
    async with connect(url, compression="deflate", ping_interval=None) as connection:
        client = RawClient(connection)
        await client.greet()
        yield client


@pytest.mark.parametrize("path", ["/socket.io/", "/socket.io", "//socket.io/"])
async def test_the_platform_speaks_socketio(server: Server, path: str) -> None:
    async with a_client(server, path) as client:
        await client.emit("hostinfo")
        name, info = await client.event()
        assert (name, info["hostname"]) == ("hostinfo", f"127.0.0.1:{server.port}")
        assert info["clients"] >= 1
        assert client.connection.protocol.extensions == []  # nothing is compressed


async def test_polling_is_refused_and_nothing_else_is_below_the_path(server: Server) -> None:
    answer = server.get("/socket.io/?EIO=4&transport=polling")
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert server.get("/socket.io/elsewhere").status_code == 404


async def test_connected_clients_are_counted(start_server: Callable[..., Server]) -> None:
    server = start_server()
    async with a_client(server) as client:
        await client.emit("net/ping", {"client": 1})
        await client.event()
        assert await asyncio.to_thread(server.metric, "tengen_sockets") == 1
        assert await asyncio.to_thread(server.metric, "tengen_socket_commands_total") == 1


async def test_clients_are_told_to_come_again_when_the_platform_stops(start_server: Callable[..., Server]) -> None:
    server = start_server()
    async with a_client(server) as client:
        stopped = asyncio.create_task(asyncio.to_thread(server.stop))
        assert await client.closed() == 1012
        assert await stopped == 0


async def test_a_client_may_send_so_many_messages_as_the_settings_say(start_server: Callable[..., Server]) -> None:
    server = start_server(socket_messages_per_second=2)
    async with a_client(server) as client:
        for number in range(8):  # one was the connection itself
            await client.say(f'42{number}["no/such"]')
        heard = [await client.hear() for _ in range(8)]
        assert heard[:7] == [f"43{number}[null]" for number in range(7)]
        assert json.loads(heard[7][2:])[1]["errcode"] == "too_many_messages"
