"""How many rows a second go into an SQLite database and out of it, beside what the database itself needs for them."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks import crowd
from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.cli.row_files import Format, row_file
from tengen.cli.sources import Source
from tengen.core import migrations
from tengen.core.database import Connection, Database
from tengen.core.garbage import seldom_collected
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.core.values import utc_now
from tengen.games import agagd, csv_games, exports
from tengen.games.exports import Column, Row
from tengen.games.imports import aga_server, import_games
from tengen.games.named_games import import_named
from tengen.games.past_games import CHUNK_ALONE, Imported
from tengen.listeners import connect_listeners
from tengen.ratings.pools import STANDARD
from tengen.servers import service as servers
from tengen.servers.service import Server

T = TypeVar("T")

GOAL = 20_000.0
"""Rows a second, in or out."""
GAMES = 50_000
PLAYERS = 3_000
"""Who play them: none is there before."""
RATED = 50_000
"""Accounts whose ratings are exported."""
_FIRST = datetime(2011, 1, 1, tzinfo=UTC)
_EVERY = timedelta(minutes=97)


@dataclass(frozen=True, slots=True)
class RowSpeed:
    """What goes in or out, and how fast: rows a second."""

    name: str
    per_second: float
    bare_per_second: float
    """Of the same rows, by the driver alone: inserted into the same tables with the same indexes, or fetched."""

    @property
    def ratio(self) -> float:
        """Of the driver's speed."""
        return self.per_second / self.bare_per_second

    @property
    def has_missed(self) -> bool:
        """Whether the goal is missed."""
        return self.per_second < GOAL


def measure(directory: Path, *, rounds: int) -> list[RowSpeed]:
    """Each way in and out; the fastest round of each counts, as whatever else runs only ever adds time."""
    directory.mkdir()
    dump, csv = directory / "dump.sql", directory / "games.csv"
    dump.write_text("".join(_dump_lines()))
    csv.write_text("".join(_csv_lines()))
    runs = []
    for number in range(rounds):
        home = directory / f"round-{number}"
        runs.append([*asyncio.run(_ways_in(home / "agagd", dump)), *asyncio.run(_ways_in_and_out(home / "csv", csv))])
    return [
        RowSpeed(ways[0].name, max(way.per_second for way in ways), max(way.bare_per_second for way in ways))
        for ways in zip(*runs, strict=True)
    ]


async def _ways_in(home: Path, dump: Path) -> list[RowSpeed]:
    async with _opened(home) as (database, server):
        return await _measured("agagd", home, partial(_load_dump, database, server, dump))


async def _ways_in_and_out(home: Path, csv: Path) -> list[RowSpeed]:
    async with _opened(home) as (database, server):
        found = await _measured("csv", home, partial(_load_csv, database, server, csv))
        await crowd.gather(database, RATED, now=utc_now())
        for name, columns, pages in (
            ("games", exports.GAME_COLUMNS, exports.games),
            ("ratings", exports.RATING_COLUMNS, _ratings),
        ):
            bare = _seconds_to_fetch(home, _FETCH[name])
            for form in Format:
                seconds, rows = await _seconds(partial(_export, database, home / "out", form, columns, pages))
                found.append(RowSpeed(f"export {name} as {form}", rows / seconds, rows / bare))
        return found


@asynccontextmanager
async def _opened(home: Path) -> AsyncIterator[tuple[Database, Server]]:
    """A new platform's database, and a game server."""
    platform = Platform.of(Settings(data_dir=home))
    connect_listeners(platform)
    await migrations.upgrade(platform.database)
    async with platform.database.write() as transaction:
        owner = await accounts.register(
            transaction,
            email=Email.parse("owner@example.org"),
            display_name=DisplayName.parse("Owner"),
            password_hash="!",
            now=utc_now(),
            mail_tokens=None,
        )
        server_id = await aga_server(transaction, owner, now=utc_now())
        server = await servers.find_server(transaction, server_id)
    try:
        with seldom_collected():
            yield platform.database, server
    finally:
        await platform.close()


async def _measured(name: str, home: Path, load: Callable[[], Awaitable[Imported]]) -> list[RowSpeed]:
    new, first = await _seconds(load)
    known, second = await _seconds(load)
    assert (first.stored, first.players, second.known) == (GAMES, PLAYERS, GAMES)
    bare = GAMES / _seconds_to_insert(home)
    return [
        RowSpeed(f"import {name}, new games", GAMES / new, bare),
        RowSpeed(f"import {name}, known games", GAMES / known, bare),
    ]


async def _load_dump(database: Database, server: Server, path: Path) -> Imported:
    source = Source(path, max_line=agagd.MAX_LINE)
    games = agagd.read_games(source.lines(), reject=_refuse)
    return await import_games(database, server.id, games, {}, now=utc_now())


async def _load_csv(database: Database, server: Server, path: Path) -> Imported:
    source, now = Source(path, max_line=csv_games.MAX_LINE), utc_now()
    games = csv_games.read_games(source.spanned_lines(), reject=_refuse, now=now)
    return await import_named(database, server, games, _refuse, now=now)


def _refuse(*what: object) -> None:
    raise SystemExit(f"A line was refused: {what}")


def _ratings(connection: Connection) -> AsyncIterator[list[Row]]:
    return exports.ratings_of_pool(connection, STANDARD.go)


async def _export(
    database: Database,
    out: Path,
    form: Format,
    columns: Sequence[Column],
    pages: Callable[[Connection], AsyncIterator[list[Row]]],
) -> int:
    count = 0
    async with database.read() as connection:
        with row_file(out, form, columns) as file:
            async for rows in pages(connection):
                file.write(rows)
                count += len(rows)
    return count


# ── the driver alone ──

_FETCH = {
    "games": (
        "SELECT games.*, black.name, white.name FROM games "
        "JOIN seats one ON one.game_id = games.id AND one.number = 0 JOIN players black ON black.id = one.player_id "
        "JOIN seats two ON two.game_id = games.id AND two.number = 1 JOIN players white ON white.id = two.player_id "
        "ORDER BY games.played_at, games.id"
    ),
    "ratings": "SELECT * FROM ratings JOIN accounts ON accounts.id = ratings.account_id ORDER BY accounts.id",
}


def _seconds_to_fetch(home: Path, statement: str) -> float:
    with closing(sqlite3.connect(home / "tengen.db")) as connection:
        started = time.perf_counter()
        for _ in connection.execute(statement):
            pass
        return time.perf_counter() - started


def _seconds_to_insert(home: Path) -> float:
    """Games and seats as they stand there, into such tables, as many in a transaction as an import stores at once."""
    with closing(sqlite3.connect(home / "tengen.db")) as there, closing(sqlite3.connect(home / "bare.db")) as here:
        schema = there.execute("SELECT sql FROM sqlite_master WHERE tbl_name IN ('games', 'seats') AND sql NOT NULL")
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-16384"):
            here.execute(statement)
        for (statement,) in schema:
            here.execute(statement)
        games = there.execute("SELECT * FROM games ORDER BY id").fetchall()
        seats = there.execute("SELECT * FROM seats ORDER BY game_id, number").fetchall()
        started = time.perf_counter()
        for start in range(0, len(games), CHUNK_ALONE):
            here.executemany(_insert("games", games), games[start : start + CHUNK_ALONE])
            here.executemany(_insert("seats", seats), seats[2 * start : 2 * (start + CHUNK_ALONE)])
            here.commit()
        return time.perf_counter() - started


def _insert(table: str, rows: Sequence[Sequence[object]]) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"  # noqa: S608


async def _seconds(work: Callable[[], Awaitable[T]]) -> tuple[float, T]:
    """By the clock, for this work; and what it gives."""
    started = time.perf_counter()
    done = await work()
    return time.perf_counter() - started, done


# ── what is imported ──


def _csv_lines() -> Iterator[str]:
    yield "played_at,black,white,result,komi,handicap,rules,game_id\n"
    for number, (black, white, result) in enumerate(_games()):
        at = _FIRST + number * _EVERY
        yield f"{at.isoformat()},Player {black},Player {white},{result},6.5,0,japanese,{number}\n"


def _dump_lines() -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name, _, _ in agagd.FIELDS)
    for number, (black, white, result) in enumerate(_games()):
        day = (_FIRST + number * _EVERY).date()
        seats = f"{black + 1}, 'B', '2d', {white + 1}, 'W', '2d'"
        yield (
            f"INSERT INTO `games` ({names}) VALUES({number}, 'cup', '{day}', 1, {seats}, 0, 7, "
            f"'{result[0]}', NULL, 0, 0, 1, '{day}');\n"
        )


def _games() -> Iterator[tuple[int, int, str]]:
    """Black, White, and the result of each game. Everybody plays."""
    chance = random.Random(7)  # noqa: S311  # plays, guards nothing
    for number in range(GAMES):
        black = number % PLAYERS
        white = (black + chance.randrange(1, PLAYERS)) % PLAYERS
        margin = chance.choice(("R", "T", f"{chance.randrange(60)}.5"))
        yield black, white, f"{chance.choice('BW')}+{margin}"
