"""The players: a process of its own in which pairs of sockets play games against each other by a script.

`python -m benchmarks.players` reads a plan as JSON from standard input and writes what it measured as JSON to standard
output. In each game one move is under way at a time: who receives it plays the next. What is timed is the way of a move
from its sender to the opponent. The WebSocket is spoken here by hand, for a comfortable library would cost more than
the server that is measured.
"""

import asyncio
import json
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import uvloop

_NUMBER = b'"move_number":'
_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A
_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def frame(payload: bytes, kind: int = _TEXT) -> bytes:
    """A frame of a client, masked with zeros: the payload goes out as it is."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return bytes([kind]) + length + b"\0\0\0\0" + payload


class Socket(asyncio.Protocol):
    """One client's end of a WebSocket."""

    def __init__(self, request: bytes, game: "Game", seat: int) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._game = game
        self._seat = seat
        self._buffer = bytearray()
        self._is_open = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        self.transport = transport
        self.transport.write(self._request)

    def send(self, payload: bytes) -> None:
        """Send one text frame."""
        self.transport.write(frame(payload))

    def data_received(self, data: bytes) -> None:
        """Take apart what came."""
        buffer = self._buffer
        buffer += data
        if not self._is_open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not buffer.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"no WebSocket: {bytes(buffer[:300])!r}")
            del buffer[: end + 4]
            self._is_open = True
            self.opened.set_result(None)
        at = 0
        while len(buffer) >= at + 2:
            size, start = buffer[at + 1] & 0x7F, at + 2
            if size == 126:
                size, start = int.from_bytes(buffer[at + 2 : at + 4]), at + 4
            elif size == 127:
                size, start = int.from_bytes(buffer[at + 2 : at + 10]), at + 10
            if len(buffer) < start + size:
                break
            self._frame(buffer[at], bytes(buffer[start : start + size]))
            at = start + size
        del buffer[:at]

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self.transport.write(frame(payload, _PONG))
        elif kind == _TEXT:
            self._game.hear(self._seat, payload)
        elif kind & 0x0F == 8:
            self._game.fail(f"closed: {payload!r}")


@dataclass(eq=False)
class Game:
    """Two sockets, and the script."""

    number: int
    moves: list[str]
    latencies: list[float]
    done: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    sockets: list[Socket] = field(default_factory=list)
    ready: list[asyncio.Event] = field(default_factory=lambda: [asyncio.Event(), asyncio.Event()])
    played: int = 0
    sent_at: float = 0.0

    def start(self) -> None:
        """Send the first move."""
        self._play()

    def hear(self, seat: int, payload: bytes) -> None:
        """A frame has come to one of the two."""
        head = payload[:48]
        if b'/move"' in head:
            if seat == (self.played - 1) % 2 or not self._is_last(payload):
                return  # the mover's own, of this move or the one before
            self.latencies.append(time.perf_counter() - self.sent_at)
            if self.played < len(self.moves):
                self._play()
            elif not self.done.done():
                self.done.set_result(None)
        elif b'/gamedata"' in head:
            self.ready[seat].set()
        elif b'/error"' in head or b"ERROR" in head or payload.startswith(b"44"):
            self.fail(payload.decode())
        elif payload == b"2":
            self.sockets[seat].send(b"3")

    def _is_last(self, payload: bytes) -> bool:
        at = payload.index(_NUMBER) + len(_NUMBER)
        return payload[at : payload.index(b",", at)] == b"%d" % self.played

    def fail(self, why: str) -> None:
        """Break off."""
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))

    def _play(self) -> None:
        move = self.moves[self.played]
        seat = self.played % 2
        self.played += 1
        self.sent_at = time.perf_counter()
        self.sockets[seat].send(b'42["game/move",{"game_id":%d,"move":"%b"}]' % (self.number, move.encode()))


async def _open(plan: dict[str, Any], game: Game, seat: int, jwt: str) -> None:
    loop = asyncio.get_running_loop()
    path = plan["path"].format(game=game.number, seat=seat)
    request = _HANDSHAKE.format(path=path, host=plan["host"], port=plan["port"]).encode()
    _, protocol = await loop.create_connection(lambda: Socket(request, game, seat), plan["host"], plan["port"])
    game.sockets.append(protocol)
    await protocol.opened
    protocol.send(b"40")
    if jwt:
        protocol.send(b"42" + json.dumps(["authenticate", {"jwt": jwt}]).encode())
        protocol.send(b"42" + json.dumps(["game/connect", {"game_id": game.number}]).encode())
        await game.ready[seat].wait()


async def _run(plan: dict[str, Any]) -> dict[str, float]:
    latencies: list[float] = []
    games = [Game(one["game"], plan["moves"], latencies) for one in plan["games"]]
    for game, one in zip(games, plan["games"], strict=True):
        for seat in (0, 1):
            await asyncio.wait_for(_open(plan, game, seat, one["jwts"][seat]), 20)
    await asyncio.sleep(0.5)
    started = time.perf_counter()
    for game in games:
        game.start()
    await asyncio.wait_for(asyncio.gather(*(game.done for game in games)), 300)
    elapsed = time.perf_counter() - started
    latencies.sort()
    return {
        "per_second": len(latencies) / elapsed,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "failures": 0,
    }


if __name__ == "__main__":
    json.dump(uvloop.run(_run(json.load(sys.stdin))), sys.stdout)
