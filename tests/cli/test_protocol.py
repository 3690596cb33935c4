"""What the platform's processes accept as HTTP: no headers without end."""

import socket
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from tests.support.raw import RawRequest, exchange
from tests.support.server import Server

START = b"POST /v1/user/verify-user-proof HTTP/1.1\r\nHost: tengen\r\n"
MOST = 64 * 2**20


def accepted(server: Server, parts: Iterator[bytes]) -> int:
    """How many bytes of a request without end the server takes before it ends the connection."""
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                sent += len(part)
                if sent > MOST:
                    break
        except ConnectionError:
            pass
    return sent


def a_request(header_size: int) -> RawRequest:
    return RawRequest(b"GET", b"/healthz", [(b"X-Filler", b"x" * header_size)])


def test_headers_of_a_usual_size_are_read(server: Server) -> None:
    assert exchange(server, a_request(30_000)).status == 200


def test_headers_that_are_too_large_are_refused(server: Server) -> None:
    assert exchange(server, a_request(600_000)).status == 400


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (START + b"X-Filler: ", b"x" * 65_536),
        (START, b"X-Filler: x\r\n" * 4096),
        (START + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 65_536 + b"\r\n \r\n"),
        (START + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Filler: x\r\n" * 4096),
    ],
    ids=["a header", "headers", "chunks with extensions", "trailers"],
)
def test_nothing_but_the_body_may_go_on_and_on(server: Server, start: bytes, more: bytes) -> None:
    assert accepted(server, chain([start], repeat(more))) < MOST

    assert exchange(server, a_request(10)).status == 200  # and everybody else is served


def test_requests_sent_at_once_are_counted_one_by_one(server: Server) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: tengen\r\nX-Filler: " + b"x" * 20_000 + b"\r\n\r\n"

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(one * 9 + one.replace(b"Host:", b"Connection: close\r\nHost:"))
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert answers.count(b"HTTP/1.1 200 OK") == 10
