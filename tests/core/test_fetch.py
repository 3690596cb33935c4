"""Fetching strangers' addresses: what comes through, and what never does."""

import asyncio
import gc
import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tengen.core.fetch import Address, Fetcher, FetchFailed, FetchTimedOut, is_public

HERE = ipaddress.ip_address("127.0.0.1")
PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "8.8.8.8"]
PRIVATE = [
    *("127.0.0.1", "10.0.0.67", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
    *(
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "::ffff:0:0",
    ),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_other_addresses_are_not_however_they_are_dressed_up(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@asynccontextmanager
async def a_site(answer: bytes, *, pause: float = 0, endless: bytes = b"") -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that gives one answer to everybody; its port, and the requests it has got."""
    seen: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(pause)
        writer.write(answer)
        try:
            while endless:
                writer.write(endless)
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0.02)


def a_fetcher(**options: object) -> Fetcher:
    """One that may reach this machine, as 127.0.0.1 alone: every other address of it counts as private."""
    defaults: dict[str, object] = {"max_bytes": 1000, "timeout_seconds": 2, "is_allowed": lambda a: a == HERE}
    return Fetcher(**defaults | options)  # type: ignore[arg-type]  # a builder takes what its caller gives


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def to(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_the_body_of_a_200_comes_back_as_it_is() -> None:
    async with a_site(ok(b"(;FF[4])")) as (port, seen):
        assert await a_fetcher().fetch(f"http://127.0.0.1:{port}/game.sgf?x=1") == b"(;FF[4])"
    assert seen[0].startswith(b"GET /game.sgf?x=1 HTTP/1.1\r\n")


async def test_the_server_sees_its_own_name_and_no_passwords() -> None:
    async def to_here(_host: str, _port: int) -> Sequence[Address]:
        return [HERE]

    async with a_site(ok(b"x")) as (port, seen):
        await a_fetcher(resolve=to_here).fetch(f"http://me:secret@records.example:{port}/")
    assert f"host: records.example:{port}\r\n".encode() in seen[0].lower()
    assert b"secret" not in seen[0]
    assert b"authorization" not in seen[0].lower()


async def test_redirects_are_followed_a_few_times() -> None:
    async with a_site(ok(b"there")) as (there, _), a_site(to(f"http://127.0.0.1:{there}/")) as (here, _):
        assert await a_fetcher().fetch(f"http://127.0.0.1:{here}/") == b"there"
    async with a_site(to("/again")) as (port, seen):
        with pytest.raises(FetchFailed, match="redirects more than 3 times"):
            await a_fetcher(max_redirects=3).fetch(f"http://127.0.0.1:{port}/")
    assert len(seen) == 4


@pytest.mark.parametrize("url", ["http://127.0.0.2/", "http://[::1]/", "http://10.0.0.1/x", "http://169.254.169.254/"])
async def test_a_private_address_is_refused_at_once_and_after_a_redirect(url: str) -> None:
    with pytest.raises(FetchFailed, match="not a public address"):
        await a_fetcher().fetch(url)
    async with a_site(to(url)) as (port, _):
        with pytest.raises(FetchFailed, match="not a public address"):
            await a_fetcher().fetch(f"http://127.0.0.1:{port}/")


async def test_a_name_with_any_private_address_is_refused() -> None:
    async def both(_host: str, _port: int) -> Sequence[Address]:
        return [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]

    with pytest.raises(FetchFailed, match="not a public address"):
        await Fetcher(max_bytes=10, resolve=both).fetch("http://records.example/")


async def test_a_name_is_looked_up_once_so_it_cannot_change_its_meaning() -> None:
    asked = []

    async def changing(host: str, _port: int) -> Sequence[Address]:
        asked.append(host)
        return [HERE if len(asked) == 1 else ipaddress.ip_address("127.0.0.2")]

    async with a_site(ok(b"x")) as (port, _):
        assert await a_fetcher(resolve=changing).fetch(f"http://records.example:{port}/") == b"x"
    assert asked == ["records.example"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://x/",
        "127.0.0.1",
        "",
        "http://",
        "\0",
        "http://127.0.0.1:99999999999999999999/",
    ],
)
async def test_other_schemes_and_nonsense_are_refused(url: str) -> None:
    with pytest.raises(FetchFailed):
        await a_fetcher().fetch(url)


async def test_too_much_is_not_read_to_the_end() -> None:
    async with a_site(ok(b"x" * 1001)) as (port, _):
        with pytest.raises(FetchFailed, match="more than 1000 bytes"):
            await a_fetcher().fetch(f"http://127.0.0.1:{port}/")
    endless = b"HTTP/1.1 200 OK\r\n\r\n"
    async with a_site(endless, endless=b"x" * 100) as (port, _):
        with pytest.raises(FetchFailed, match="more than 1000 bytes"):
            await a_fetcher().fetch(f"http://127.0.0.1:{port}/")


async def test_the_slow_and_the_trickling_are_given_up() -> None:
    async with a_site(ok(b"x"), pause=1) as (port, _):
        with pytest.raises(FetchTimedOut, match=r"within 0\.1 seconds"):
            await a_fetcher(timeout_seconds=0.1).fetch(f"http://127.0.0.1:{port}/")
    async with a_site(b"HTTP/1.1 200 OK\r\n\r\n", endless=b"x") as (port, _):
        with pytest.raises(FetchTimedOut):
            await a_fetcher(timeout_seconds=0.2).fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content"])
async def test_an_error_page_is_no_record(status: str) -> None:
    async with a_site(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as (port, _):
        with pytest.raises(FetchFailed, match=f"status {status[:3]}"):
            await a_fetcher().fetch(f"http://127.0.0.1:{port}/")


async def test_what_is_not_http_and_nobody_at_home_are_failures() -> None:
    async with a_site(b"SSH-2.0-hello\r\n") as (port, _):
        with pytest.raises(FetchFailed):
            await a_fetcher().fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(FetchFailed):
        await a_fetcher().fetch(f"http://127.0.0.1:{port}/")


# httpcore leaves the socket of a failed TLS handshake to the garbage collector, which is made to run here.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
async def test_what_speaks_no_tls_is_refused_over_https() -> None:
    async with a_site(b"no TLS here") as (port, _):
        with pytest.raises(FetchFailed):
            await a_fetcher().fetch(f"https://127.0.0.1:{port}/")
    gc.collect()
