"""What one client may cost, and what it costs others."""

import asyncio
import base64
import json
import os
import socket
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tengen.cli import protocol
from tengen.cli.protocol import RealtimeWebSocket
from tengen.realtime.allowance import Allowance, Verdict
from tengen.realtime.clients import MOST_SUBSCRIPTIONS, Client, TooManySubscriptions
from tengen.realtime.runtime import SocketsFull, TooManySockets
from tests.realtime.builders import NEWER, RawClient, SocketServer, a_realtime, a_socket_server
from tests.support.waiting import until


class DeafClient:
    """A socket that sends bytes as they are and reads nothing after the handshake."""

    def __init__(self, server: SocketServer) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(("127.0.0.1", server.port))
        self._socket.setblocking(False)

    async def __aenter__(self) -> "DeafClient":
        key = base64.b64encode(os.urandom(16)).decode()
        await self.send(
            f"GET /socket.io/?{NEWER} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await asyncio.get_running_loop().sock_recv(self._socket, 1)
        assert answer.startswith(b"HTTP/1.1 101 ")
        await self.send(a_frame(b"40"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def is_cut(self) -> bool:
        """Read all there is, and see whether the server has let go."""
        try:
            async with asyncio.timeout(10):
                while await asyncio.get_running_loop().sock_recv(self._socket, 65536):
                    pass
        except ConnectionResetError:
            pass
        return True


class SeenWebSocket(RealtimeWebSocket):
    """Can be looked at from outside."""

    seen: ClassVar[list["SeenWebSocket"]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.seen.append(self)


def a_frame(payload: bytes, *, opcode: int = 1, is_last: bool = True) -> bytes:
    """A frame as a client sends it, masked by zeros."""
    head = bytes([opcode | (0x80 if is_last else 0)])
    length = len(payload)
    if length < 126:
        head += bytes([0x80 | length])
    else:
        head += b"\xfe" + length.to_bytes(2)
    return head + bytes(4) + payload


async def test_who_does_not_read_is_dropped_and_others_get_everything() -> None:
    realtime = a_realtime()
    arrived: dict[str, Client] = {}

    async def arrive(client: Client, payload: Any) -> None:
        arrived[payload] = client

    realtime.commands.on("arrive", arrive)
    line = "x" * 4000
    async with a_socket_server(realtime) as server, server.client() as other, DeafClient(server) as deaf:
        await deaf.send(a_frame(b'42["arrive","deaf"]'))
        await other.emit("arrive", "other")
        await until(lambda: len(arrived) == 2)
        sent = 0
        while arrived["deaf"] in realtime.clients:
            for client in tuple(realtime.clients):
                client.send("line", [sent, line])
            assert await other.event() == ["line", [sent, line]]
            sent += 1
            # What the systems of both ends hold for it may be some megabytes; here waits one.
            assert sent < 5000
        assert realtime.clients == {arrived["other"]}
        assert await deaf.is_cut()


async def test_a_burst_that_is_larger_than_the_queue_reaches_who_reads() -> None:
    realtime = a_realtime()

    async def burst(client: Client, payload: Any) -> None:
        for number in range(payload):
            client.send("n", number)

    realtime.commands.on("burst", burst)
    async with a_socket_server(realtime) as server, server.client() as client:
        await client.emit("burst", 3000)
        assert [await client.event() for _ in range(3000)] == [["n", number] for number in range(3000)]


async def test_one_frame_may_be_larger_than_the_queue() -> None:
    realtime = a_realtime()

    async def much(client: Client, _payload: Any) -> None:
        client.send("much", "x" * 3_000_000)

    realtime.commands.on("much", much)
    async with a_socket_server(realtime) as server, server.client() as client:
        await client.emit("much")
        assert len((await client.event())[1]) == 3_000_000


@pytest.mark.parametrize("length", [100, 117, 118, 119, 65_526, 65_527, 65_528, 100_000])
async def test_frames_of_every_length_arrive_whole(length: int) -> None:
    # '42["echo","…"]' is 12 more: the header of a frame changes at 126 and 65,536.
    async with a_socket_server() as server, server.client() as client:
        await client.emit("echo", "x" * length)
        assert await client.event() == ["echo", "x" * length]


async def test_who_sends_pings_and_never_reads_keeps_no_memory() -> None:
    async with a_socket_server(ws=SeenWebSocket) as server, DeafClient(server) as deaf:
        link = SeenWebSocket.seen[-1]
        link.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        pings = a_frame(b"x" * 125, opcode=9) * 60
        most = 0
        for _ in range(300):
            await deaf.send(pings)
            await asyncio.sleep(0.001)  # meanwhile they are read
            most = max(most, link.transport.get_write_buffer_size())
        assert 0 < most < 200_000  # of two megabytes


@pytest.mark.parametrize("frame", [a_frame(b"3"), a_frame(b"", opcode=9), a_frame(b"", opcode=10)])
async def test_a_flood_of_tiny_frames_ends_the_connection_it_comes_over(
    monkeypatch: pytest.MonkeyPatch, frame: bytes
) -> None:
    monkeypatch.setattr(protocol, "_PATIENCE_SECONDS", 0.1)
    async with a_socket_server() as server, server.client() as other, DeafClient(server) as deaf:
        await deaf.send(frame * 20_000)
        assert await deaf.is_cut()
        await server.gone(1)
        await other.emit("echo", 1)
        assert await other.event() == ["echo", 1]


async def test_a_message_in_endless_parts_ends_the_connection_it_comes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_PATIENCE_SECONDS", 0.1)
    async with a_socket_server() as server, DeafClient(server) as deaf:
        await deaf.send(a_frame(b"42", is_last=False))
        for _ in range(40):
            await deaf.send(a_frame(b"", opcode=0, is_last=False) * 50)
            await asyncio.sleep(0.001)
        assert await deaf.is_cut()
        await server.gone()


async def test_text_that_is_not_utf8_closes_with_1007_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async with a_socket_server() as server, server.client() as client:
        client.connection.protocol.send_text(b'42["echo","\xff"]')
        client.connection.transport.write(b"".join(client.connection.protocol.data_to_send()))
        assert await client.closed() == 1007
        assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


@given(st.lists(st.binary(max_size=200), max_size=5))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_harm_the_server(hostile: "HostileServer", chunks: list[bytes]) -> None:
    hostile.survives(chunks, as_frames=False)


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=100),
            st.text(max_size=100).map(str.encode),
            st.from_regex(rb"\A[0-9]{0,4}(/[a-z]*,)?[0-9]{0,30}[\[{\"a-z0-9,:\]}-]{0,40}\Z"),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                max_leaves=20,
            ).map(lambda value: b"42" + json.dumps(["echo", value]).encode()),
        ),
        max_size=8,
    )
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_frames_whatever_harm_the_server(hostile: "HostileServer", frames: list[bytes]) -> None:
    hostile.survives(frames, as_frames=True)


class HostileServer:
    """A server to which anything is sent, while somebody else goes on playing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server: SocketServer, other: RawClient) -> None:
        self._loop = loop
        self._server = server
        self._other = other
        self.failures: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _loop, context: self.failures.append(context))

    def survives(self, chunks: list[bytes], *, as_frames: bool) -> None:
        asyncio.run_coroutine_threadsafe(self._survives(chunks, as_frames=as_frames), self._loop).result(20)

    async def _survives(self, chunks: list[bytes], *, as_frames: bool) -> None:
        async with DeafClient(self._server) as client:
            for chunk in chunks:
                try:
                    await client.send(a_frame(chunk) if as_frames else chunk)
                except ConnectionError:
                    break
            await self._other.emit("echo", 1)
            assert await self._other.event() == ["echo", 1]
        await self._server.gone(1)
        assert not self.failures


@pytest.fixture(scope="module")
def hostile() -> Any:
    """A server in a thread of its own, for hypothesis is not asynchronous."""
    import threading

    ready: list[HostileServer] = []
    started, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with a_socket_server() as server, server.client() as other:
            ready.append(HostileServer(asyncio.get_running_loop(), server, other))
            started.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield ready[0]
    over.set()
    thread.join()


async def test_too_many_messages_are_told_once_and_then_end_the_connection() -> None:
    realtime = a_realtime(messages_per_second=5)
    async with a_socket_server(realtime) as server, server.client() as client:
        for number in range(40):
            await client.emit("echo", number)
        heard = [await client.event() for _ in range(20)]
        assert heard[:19] == [["echo", number] for number in range(19)]  # one message was the connection itself
        assert (heard[19][0], heard[19][1]["errcode"]) == ("ERROR", "too_many_messages")
        for number in range(60):
            await client.emit("echo", number)
        assert await client.closed() == 1008


def test_an_allowance_fills_again_with_time() -> None:
    allowance = Allowance(rate=10, now=0)
    assert [allowance.spend(0) for _ in range(42)] == [Verdict.FINE] * 40 + [Verdict.WARN, Verdict.DROP]
    assert [allowance.spend(1) for _ in range(11)] == [Verdict.FINE] * 10 + [Verdict.DROP]
    assert allowance.spend(100) is Verdict.FINE
    assert [allowance.spend(100) for _ in range(40)] == [Verdict.FINE] * 39 + [Verdict.WARN]


def test_persistent_abuse_is_called_so() -> None:
    allowance = Allowance(rate=10, now=0)
    verdicts = [allowance.spend(0) for _ in range(141)]
    assert verdicts[-1] is Verdict.ABUSE
    assert Verdict.ABUSE not in verdicts[:-1]


async def test_an_address_has_so_many_sockets_and_this_machine_any_number() -> None:
    realtime = a_realtime(per_address=2)
    with realtime.seat("192.0.2.1"), realtime.seat("192.0.2.1"), realtime.seat("192.0.2.2"):
        with pytest.raises(TooManySockets), realtime.seat("192.0.2.1"):
            pass
        with realtime.seat("127.0.0.1"), realtime.seat("127.0.0.1"), realtime.seat("127.0.0.1"):
            pass
    with realtime.seat("192.0.2.1"):
        pass


async def test_a_full_process_says_so_in_its_answer() -> None:
    realtime = a_realtime(in_all=1)
    async with a_socket_server(realtime) as server:
        async with server.client():
            with pytest.raises(SocketsFull), realtime.seat("192.0.2.1"):
                pass
            headers = {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            }
            async with httpx.AsyncClient(trust_env=False) as http:
                answer = await http.get(f"http://{server.address}/socket.io/?{NEWER}", headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (503, "sockets_full")
        await server.gone()
        async with server.client():
            pass


async def test_a_client_follows_so_much_and_no_more() -> None:
    realtime = a_realtime()
    seen: list[Client] = []

    async def follow(client: Client, payload: Any) -> None:
        seen.append(client)
        for number in range(payload):
            topic = f"game:{number}"
            client.subscriptions.add(topic, realtime.hub.subscribe(topic, lambda _message: None))

    realtime.commands.on("follow", follow)
    async with a_socket_server(realtime) as server:
        async with server.client() as client:
            await client.emit("follow", MOST_SUBSCRIPTIONS)
            await client.emit("follow", MOST_SUBSCRIPTIONS + 1)
            name, told = await client.event()
            assert (name, told["errcode"]) == ("ERROR", TooManySubscriptions.code)
            assert realtime.hub.has_subscribers("game:0")
            assert not realtime.hub.has_subscribers(f"game:{MOST_SUBSCRIPTIONS}")
        await server.gone()
        assert not realtime.hub.has_subscribers("game:0")


async def test_clients_are_told_to_come_again_when_the_server_stops() -> None:
    async with a_socket_server() as server, server.client() as client:
        server.begin_to_stop()
        assert await client.closed() == 1012


async def test_a_client_that_does_not_read_does_not_keep_the_server_from_stopping() -> None:
    realtime = a_realtime()
    arrived: list[Client] = []

    async def arrive(client: Client, _payload: Any) -> None:
        arrived.append(client)

    realtime.commands.on("arrive", arrive)
    async with a_socket_server(realtime, timeout_graceful_shutdown=60) as server, DeafClient(server) as deaf:
        await deaf.send(a_frame(b'42["arrive",1]'))
        await until(lambda: bool(arrived))
        arrived[0].send("much", "x" * 30_000_000)
        server.begin_to_stop()
        await until(lambda: not server.is_running)


UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /socket.io/?\xff\xfe HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n",
        b"GET /socket.io/\xc3\xa9 HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n",
        b"GET /socket.io/%ff%00 HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n",
        b"GET /socket.io/?EIO=%ff&transport=%00 HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n",
        b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n",
        b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"Sec-WebSocket-Key: x\r\n\r\n",
        b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"X-Odd: \xff\xfe\r\n\r\n",
        b"POST /socket.io/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n" + UPGRADE + KEY + b"\r\nabc",
        b"GET /socket.io/ HTTP/1.0\r\n" + UPGRADE + KEY + b"\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n",
        b"GET http://x/socket.io/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n" + b"\x00" * 500,
        b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE + KEY + b"\r\n" + b"\x8a\x80" * 300,
        b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE.replace(b"13", b"8") + KEY + b"\r\n",
    ],
)
async def test_no_request_for_a_socket_whatever_harms_the_server(request_: bytes) -> None:
    failures: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context))
    async with a_socket_server() as server, server.client() as other:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request_)
        writer.write_eof()
        answer = await reader.read(1000)
        writer.close()
        assert not answer.startswith(b"HTTP/1.1 5")
        await other.emit("echo", 1)
        assert await other.event() == ["echo", 1]
    assert not failures
