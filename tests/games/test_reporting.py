"""Taking a report: what is fetched from its URL, and what never is; and that a refused one leaves nothing."""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from tengen.core.fetch import Address, Fetcher
from tengen.core.platform import Platform
from tengen.core.values import ServerId
from tengen.games import service
from tengen.games.models import GameRow, RecordRow, SeatRow
from tengen.games.report import InvalidReport, MissingParameters, Tokens, UnknownToken, UnreadableRecord
from tengen.games.reporting import Reporter
from tengen.games.service import Game, KeyReused, Reported
from tengen.players import service as players
from tengen.players.service import NewToken
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.models import RatingRow
from tengen.servers import service as servers
from tengen.servers.runtime import Servers
from tengen.servers.service import NewServer
from tests.core.test_fetch import HERE, a_site, ok, to
from tests.games.builders import SGF, a_moment
from tests.players.builders import a_new_player
from tests.servers.builders import a_new_server
from tests.support.builders import NOON
from tests.support.histories import count_changes

MIB = 1024 * 1024
ELSEWHERE = ipaddress.ip_address("10.0.0.1")


@dataclass(frozen=True)
class Desk:
    """Where a server's reports are taken in this process."""

    platform: Platform
    reporter: Reporter
    server: NewServer
    black: NewToken
    white: NewToken

    def body(self, **changes: Any) -> dict[str, Any]:
        """A report; None leaves a field out."""
        body = {
            "server_id": self.server.id,
            "black_id": self.black.player.id,
            "white_id": self.white.player.id,
            "result": "W+3.5",
            "handicap": 0,
            "komi": 7.5,
            "date_played": a_moment(),
        }
        return {name: value for name, value in (body | changes).items() if value is not None}

    async def accept(self, body: Any, *, key: str | None = None, **tokens: str) -> Reported:
        """Report a game."""
        ours = {"server": self.server.secret, "black": self.black.token, "white": self.white.token}
        return await self.reporter.accept(body, Tokens(**ours | tokens), key=key, address="203.0.113.9", now=NOON)

    async def content(self, game: Game) -> bytes:
        """The record that was stored."""
        async with self.platform.database.read() as connection:
            return await service.record_of(connection, game.id)

    async def rows(self) -> list[int]:
        """How many rows there are in the tables that a report writes."""
        tables = (GameRow, SeatRow, RecordRow, RatingRow)
        async with self.platform.database.read() as connection:
            counts = [(await connection.one(select(func.count()).select_from(table)))[0] for table in tables]
            return [*counts, await count_changes(connection)]


async def a_desk(platform: Platform, **fetching: Any) -> Desk:
    """A desk whose fetcher may reach this machine, as 127.0.0.1 alone."""
    database = platform.database
    server = await a_new_server(database)
    black, white = [await a_new_player(database, server_id=server.id) for _ in range(2)]
    options: dict[str, Any] = {"max_bytes": MIB, "timeout_seconds": 5, "is_allowed": lambda a: a == HERE}
    fetcher = Fetcher(**options | fetching)
    authenticator = Servers.of(platform).authenticator
    reporter = Reporter(database, authenticator, platform.limiter, platform.settings, fetcher)
    return Desk(platform, reporter, server, black, white)


async def refusal(desk: Desk, url: str) -> str:
    """What is said to a report with this URL, of which nothing stays."""
    with pytest.raises(InvalidReport) as refused:
        await desk.accept(desk.body(game_url=url))
    assert (refused.value.code, refused.value.status) == ("game_url_unfetched", 400)
    assert await desk.rows() == [0] * 5
    return refused.value.message


# ── what is at the URL ──


async def test_the_record_at_the_url_is_stored_byte_for_byte_with_the_url(platform: Platform) -> None:
    record = b"\xef\xbb\xbf (;CA[Shift_JIS]KM[6.5]TM[1800]RE[W+3.5]PB[\x96\xc0]\r\n;B[aa])\n"
    desk = await a_desk(platform)
    async with a_site(ok(record)) as (port, seen):
        url = f"http://127.0.0.1:{port}/games/9.sgf"
        reported = await desk.accept(desk.body(game_url=url, komi=None, handicap=None))
    assert (reported.is_new, reported.game.url) == (True, url)
    assert (reported.game.komi, reported.game.handicap) == (6.5, 0)
    assert await desk.content(reported.game) == record
    assert reported.game.speed is SpeedClass.LIVE
    assert len(seen) == 1


async def test_a_record_that_came_along_wins_and_nothing_is_fetched(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(b"(;KM[0.5])")) as (port, seen):
        url = f"http://127.0.0.1:{port}/"
        reported = await desk.accept(desk.body(game_url=url, game_record=SGF))
    assert seen == []
    assert reported.game.url == url
    assert await desk.content(reported.game) == SGF.encode()


async def test_a_redirect_within_the_internet_is_followed(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(b"(;)")) as (there, _), a_site(to(f"http://127.0.0.1:{there}/x")) as (here, _):
        url = f"http://127.0.0.1:{here}/"
        reported = await desk.accept(desk.body(game_url=url))
    assert reported.game.url == url
    assert await desk.content(reported.game) == b"(;)"


async def test_a_redirect_to_a_private_address_is_not(platform: Platform) -> None:
    desk = await a_desk(platform)
    for target in (
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ):
        async with a_site(to(target)) as (port, seen):
            url = f"http://127.0.0.1:{port}/"
            assert await refusal(desk, url) == f"game_url provided ({url}) was invalid!"
        assert len(seen) == 1


async def test_a_name_that_means_a_private_address_is_not_connected_to(platform: Platform) -> None:
    asked: list[tuple[str, int]] = []

    async def inside(host: str, port: int) -> Sequence[Address]:
        asked.append((host, port))
        return [HERE, ELSEWHERE]

    desk = await a_desk(platform, resolve=inside)
    async with a_site(ok(b"(;)")) as (port, seen):
        url = f"http://records.example:{port}/"
        assert await refusal(desk, url) == f"game_url provided ({url}) was invalid!"
    assert (asked, seen) == ([("records.example", port)], [])


async def test_a_name_that_nobody_has_is_invalid(platform: Platform) -> None:
    async def unknown(_host: str, _port: int) -> Sequence[Address]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    desk = await a_desk(platform, resolve=unknown)
    assert await refusal(desk, "http://no.example/") == "game_url provided (http://no.example/) was invalid!"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "403 Forbidden", "204 No Content"])
async def test_an_error_page_is_no_record(platform: Platform, status: str) -> None:
    desk = await a_desk(platform)
    page = f"HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\n(;)".encode()
    async with a_site(page) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert await refusal(desk, url) == f"game_url provided ({url}) was invalid!"


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><title>Sign in</title>", b"", b"{}", b"not found", b"\xff\xd8\xff", b"(", b"x(;)"]
)
async def test_a_page_that_does_not_begin_like_a_record_is_none(platform: Platform, body: bytes) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(body)) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert await refusal(desk, url) == f"game_url provided ({url}) was invalid!"


async def test_what_begins_like_a_record_and_is_none_is_refused_with_the_place(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(b"(;\nB[aa]\n?)")) as (port, _):
        with pytest.raises(UnreadableRecord, match="game_record: The record cannot be read in line 3, character 1"):
            await desk.accept(desk.body(game_url=f"http://127.0.0.1:{port}/"))
    assert await desk.rows() == [0] * 5


@pytest.mark.parametrize(
    ("record", "missing"), [(b"(;HA[2])", "komi"), (b"(;KM[six])", "komi"), (b"(;KM[6.5]", "handicap, komi")]
)
async def test_what_neither_report_nor_fetched_record_says_is_missing(
    platform: Platform, record: bytes, missing: str
) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(record)) as (port, _):
        body = desk.body(game_url=f"http://127.0.0.1:{port}/", komi=None, handicap=None)
        with pytest.raises(MissingParameters) as refused:
            await desk.accept(body)
    assert refused.value.message == f"Missing required parameters: {missing}"


async def test_who_is_slow_has_timed_out(platform: Platform) -> None:
    desk = await a_desk(platform, timeout_seconds=0.1)
    async with a_site(ok(b"(;)"), pause=1) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert await refusal(desk, url) == f"game_url provided ({url}) timed out upon fetch"


async def test_who_never_ends_has_timed_out_or_sent_too_much(platform: Platform) -> None:
    desk = await a_desk(platform, timeout_seconds=0.2)
    async with a_site(b"HTTP/1.1 200 OK\r\n\r\n(;", endless=b" ") as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert await refusal(desk, url) == f"game_url provided ({url}) timed out upon fetch"
    desk = await a_desk(platform)
    async with a_site(b"HTTP/1.1 200 OK\r\n\r\n(;", endless=b" " * MIB) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        assert await refusal(desk, url) == f"game_url provided ({url}) was invalid!"


async def test_a_mebibyte_is_taken_and_not_a_byte_more(platform: Platform) -> None:
    desk = await a_desk(platform)
    frame = b"(;KM[7.5]C[%b])"
    largest = frame % (b"x" * (MIB - len(frame) + 2))
    async with a_site(ok(largest)) as (port, _):
        reported = await desk.accept(desk.body(game_url=f"http://127.0.0.1:{port}/"))
    assert await desk.content(reported.game) == largest
    async with a_site(ok(largest + b"\n")) as (port, _):
        with pytest.raises(InvalidReport, match="was invalid!"):
            await desk.accept(desk.body(game_url=f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "file:///etc/passwd", "x", "http://", "http://127.0.0.1:99999/",
            "http://[::1", "http://\u0130../", "http://a b/", "http://%00/",
            "http://127.0.0.1:-1/", "http://" + "a" * 1990, "http://xn--a/", "https://\u2488.example/"],
)  # fmt: skip
async def test_what_is_no_address_is_invalid(platform: Platform, url: str) -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[Address]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    desk = await a_desk(platform, resolve=nowhere)
    assert await refusal(desk, url) == f"game_url provided ({url}) was invalid!"


async def test_nothing_is_fetched_for_who_has_no_token(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(b"(;)")) as (port, seen):
        for wrong in ("server", "black", "white"):
            with pytest.raises(UnknownToken):
                await desk.accept(desk.body(game_url=f"http://127.0.0.1:{port}/"), **{wrong: "guess"})
    assert seen == []


async def test_a_retry_by_its_key_needs_the_url_no_more(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(b"(;)")) as (port, seen):
        body = desk.body(game_url=f"http://127.0.0.1:{port}/")
        first = await desk.accept(body, key="report 9")
    again = await desk.accept(body, key="report 9")  # there is nobody at the URL any more
    assert (first.is_new, again.is_new) == (True, False)
    assert again.game == first.game
    assert len(seen) == 1


async def test_a_retry_without_a_key_is_known_by_what_is_fetched(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with a_site(ok(b"(;)")) as (port, seen):
        body = desk.body(game_url=f"http://127.0.0.1:{port}/")
        first, again = await desk.accept(body), await desk.accept(body)
        assert again.game == first.game
        with_record = await desk.accept({**body, "game_record": "(;)"})
    assert (again.is_new, with_record.is_new, with_record.game) == (False, False, first.game)
    assert len(seen) == 2


# ── who reports ──


async def test_a_player_without_a_token_cannot_be_reported(platform: Platform) -> None:
    desk = await a_desk(platform)
    async with platform.database.read() as connection:
        (home,) = (await players.home_players(connection, [desk.black.player.account_id])).values()
    for token in ("", "None", "0" * 64):
        with pytest.raises(UnknownToken):
            await desk.accept(desk.body(black_id=home.id, game_record=SGF), black=token)


async def test_this_platform_has_no_token_and_a_deleted_server_has_lost_it(platform: Platform) -> None:
    desk = await a_desk(platform)
    for token in ("", "None", desk.server.secret):
        with pytest.raises(UnknownToken, match="server access token"):
            await desk.accept(desk.body(server_id=1, game_record=SGF), server=token)
    async with platform.database.write() as transaction:
        await servers.delete_server(transaction, ServerId(desk.server.id), NOON)
    with pytest.raises(UnknownToken, match="server access token"):
        await desk.accept(desk.body(game_record=SGF))


# ── all or nothing ──


async def test_a_report_writes_two_of_each_and_a_refused_one_nothing(platform: Platform) -> None:
    desk = await a_desk(platform)
    body = desk.body(game_record=SGF)
    await desk.accept(body, key="report 9")
    games_seats_records_ratings_changes = [1, 2, 1, 2, 2]
    assert await desk.rows() == games_seats_records_ratings_changes
    await desk.accept(body)
    with pytest.raises(KeyReused):
        await desk.accept(desk.body(game_record="(;KM[1])"), key="report 9")
    with pytest.raises(UnreadableRecord):
        await desk.accept(desk.body(game_record="(;KM[1]"))
    assert await desk.rows() == games_seats_records_ratings_changes
