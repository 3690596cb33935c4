"""A whole pool rated anew from the database, reading and writing included, beside openskill's Plackett–Luce model."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, text

from benchmarks.ratings import peer_games_per_second
from tengen.accounts.models import AccountRow
from tengen.core import migrations
from tengen.core.database import Database, open_database
from tengen.core.rows import BulkInsert
from tengen.core.settings import Settings
from tengen.core.values import AccountId
from tengen.games.models import GameRow, SeatRow
from tengen.games.recompute import recompute
from tengen.players.models import PlayerRow
from tengen.players.service import HOME
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD

GAMES = 500_000
PLAYERS = 10_000
GOAL = 5.0
"""How many times as fast as the peer."""
_BEGIN = datetime(2010, 1, 1, tzinfo=UTC)
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class RecomputationSpeed:
    """What a recomputation can do."""

    per_second: float
    """Games."""
    peer_per_second: float

    @property
    def ratio(self) -> float:
        """Of the peer's speed."""
        return self.per_second / self.peer_per_second


async def measure(settings: Settings, *, rounds: int) -> RecomputationSpeed:
    """The best round counts, as whatever else runs only ever takes time.

    With SQLite processor time is measured, all of which is this process'; with PostgreSQL, another process, the clock.
    """
    database = open_database(settings)
    clock = time.process_time if settings.is_sqlite else time.perf_counter
    now = datetime.now(UTC)
    try:
        await migrations.upgrade(database)
        await _fill(database, now)
        await recompute(database, STANDARD.go, now=now)  # compiles, and makes the first generation
        found = []
        for _ in range(rounds):
            peer = peer_games_per_second()
            started = clock()
            done = await recompute(database, STANDARD.go, now=now)
            seconds = clock() - started
            assert done is not None
            assert (done.games, done.changed) == (GAMES, 0)
            found.append(RecomputationSpeed(GAMES / seconds, peer))
    finally:
        await database.close()
    return max(found, key=lambda each: each.ratio)


async def _fill(database: Database, now: datetime) -> None:
    """A pool of many games, written into the tables: each is played some minutes after the one before."""
    chance = random.Random(5)  # noqa: S311  # plays, guards nothing
    async with database.write() as transaction:
        accounts = [_account(number, now) for number in range(PLAYERS)]
        await transaction.run(insert(AccountRow), accounts)
        ids = [
            AccountId(row[0])
            for row in await transaction.all(select(AccountRow.id).where(AccountRow.password_hash == "-"))
        ]
        at_home = [{"server_id": HOME, "account_id": who, "name": f"P{who}", "created_at": now} for who in ids]
        await transaction.run(insert(PlayerRow), at_home)
        players = [row[0] for row in await transaction.all(select(PlayerRow.id).where(PlayerRow.name.like("P%")))]
        await ratings.hold(transaction, STANDARD.go, ids[:1], now=now)
    for begin in range(1, GAMES + 1, _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, GAMES + 1))
        async with database.write() as transaction:
            moments = [_BEGIN + timedelta(minutes=7 * number) for number in numbers]
            games = [
                (number, HOME, "go", at, at, STANDARD.go.name, True, chance.choice(_RESULTS), 0, 6.5, 19, 19)
                for number, at in zip(numbers, moments, strict=True)
            ]
            await _GAME.put(transaction, games)
            seats = [
                (number, place, player, place, False, 0.5)
                for number in numbers
                for place, player in enumerate(chance.sample(players, 2))
            ]
            await _SEAT.put(transaction, seats)
    if not database.has_one_writer:
        async with database.write_one() as connection:
            await connection.run(text("VACUUM ANALYZE"))  # as PostgreSQL does by itself with games of a minute ago


_RESULTS = ("B+R", "W+R", "B+3.5", "W+0.5", "B+T")
_GAME = BulkInsert(
    GameRow,
    (
        GameRow.id,
        GameRow.server_id,
        GameRow.kind,
        GameRow.reported_at,
        GameRow.played_at,
        GameRow.pool,
        GameRow.ranked,
        GameRow.result,
        GameRow.handicap,
        GameRow.komi,
        GameRow.width,
        GameRow.height,
    ),
)
_SEAT = BulkInsert(
    SeatRow,
    (SeatRow.game_id, SeatRow.number, SeatRow.player_id, SeatRow.team, SeatRow.is_commander, SeatRow.outcome),
)


def _account(number: int, now: datetime) -> dict[str, object]:
    email = f"player{number}@example.org"
    return {
        "email": email,
        "email_key": email,
        "display_name": f"Player {number}",
        "name_key": f"player {number}",
        "password_hash": "-",
        "created_at": now,
        "verified_at": now,
    }
