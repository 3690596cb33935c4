"""HTTP requests of bytes that no client library would send."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse

from tests.support.server import Server


@dataclass(frozen=True)
class RawRequest:
    """A request as it goes over the wire. `Host`, the length of the body and the end of the connection are added."""

    method: bytes
    target: bytes
    headers: Iterable[tuple[bytes, bytes]] = ()
    body: bytes = b""

    def encode(self) -> bytes:
        """The bytes that are sent."""
        fixed = ((b"Host", b"tengen"), (b"Connection", b"close"), (b"Content-Length", b"%d" % len(self.body)))
        lines = [b"%b %b HTTP/1.1" % (self.method, self.target), *(b"%b: %b" % h for h in (*fixed, *self.headers))]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class RawAnswer:
    """An answer with what its body is said to be."""

    status: int
    content_type: str
    body: bytes


def exchange(server: Server, request: RawRequest) -> RawAnswer:
    """Send one request on a connection of its own. There must be an answer, whatever was sent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        with suppress(ConnectionError):  # it may have answered before it had read everything
            connection.sendall(request.encode())
        with HTTPResponse(connection, method=request.method.decode("latin-1")) as answer:
            answer.begin()
            return RawAnswer(answer.status, answer.getheader("Content-Type") or "", answer.read())
