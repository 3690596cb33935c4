"""Games of Go from the past, in great number: stored as they were played elsewhere, rated by a replay of the pool."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.ahead import in_portions
from tengen.core.database import among
from tengen.core.rows import BulkInsert, NewIds
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.games.disorder import disorder
from tengen.games.models import GameRow, RecordRow, SeatRow
from tengen.games.rated_games import PlayedGame
from tengen.games.records import write_warnings
from tengen.games.service import BLACK, GO, WHITE, Record
from tengen.go.points import Color
from tengen.go.replay import RecordWarning
from tengen.ratings import service as ratings
from tengen.ratings.pools import Pools

if TYPE_CHECKING:
    from tengen.core.database import Database, Transaction

T = TypeVar("T")

CHUNK = 5_000
"""Games that are stored in one transaction, where others can change something meanwhile."""
CHUNK_SHARED, CHUNK_ALONE = 1_000, 20_000
"""As many where others have to wait meanwhile: if there are some, and if there seem to be none.

Many are stored faster. The keys of games lie all over their index: few of them write a page of it each, and many write
a page once for several.
"""
_GAP_SECONDS = 0.010
"""Between two chunks, for others to have their turn: they look every 5 ms."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the games so far."""

    read: int = 0
    stored: int = 0
    players: int = 0
    """Those who got a player on the server."""
    refused: int = 0
    """Games whose players cannot be told."""

    @property
    def known(self) -> int:
        """Those that an earlier import, or an earlier row, has stored."""
        return self.read - self.stored - self.refused

    def __add__(self, more: "Imported") -> "Imported":
        """Both together."""
        return Imported(
            self.read + more.read, self.stored + more.stored, self.players + more.players, self.refused + more.refused
        )


class Side(NamedTuple):
    """Who had a colour: an account, and its player on the server of the game."""

    account_id: AccountId
    player_id: PlayerId


class PastGame(NamedTuple):
    """A game to be stored, its players known."""

    fingerprint: bytes
    black: Side
    white: Side
    played: PlayedGame
    result: str
    """As it is to be shown."""
    annulled_at: datetime | None = None
    record: Record | None = None
    warnings: tuple[RecordWarning, ...] = ()


async def store_all(
    database: "Database",
    server_id: ServerId,
    items: Iterable[T],
    new_games: "Callable[[Transaction, list[T]], Awaitable[tuple[list[PastGame], Imported]]]",
    *,
    pools: Pools,
    now: datetime,
    chunk: int | None = None,
    progress: Callable[[int], None] = lambda _games: None,
) -> Imported:
    """Store the games that `new_games` finds in items, many in a transaction; the items are read by another thread.

    `new_games` is given some of the items: it returns the games that are not on the server yet, each once, and what
    else became of the items. `chunk`: so many items in a transaction, instead of as many as keep nobody waiting.
    `progress` is told how many items are dealt with.
    """
    smallest, largest = (CHUNK_SHARED, CHUNK_ALONE) if database.has_one_writer else (CHUNK, CHUNK)
    size = smallest = chunk or smallest
    largest = chunk or largest
    done = Imported()
    grown = CHUNK
    await database.expect_much()
    await database.others_have_written()  # from here on
    async with in_portions(items) as portions:
        while left := await portions.next(size):
            while left:
                part, left = left[:size], left[size:]
                async with database.write() as transaction:
                    new, found = await new_games(transaction, part)
                    if not left:
                        portions.begin(min(2 * size, largest))
                    stored = await store(transaction, server_id, new, pools=pools, now=now)
                done += found + Imported(stored=stored)
                if done.stored >= grown:
                    await database.notice_growth()
                    grown = 2 * done.stored  # less makes no difference
                progress(done.read)
                if database.has_one_writer:
                    await asyncio.sleep(_GAP_SECONDS)
                size = smallest if await database.others_have_written() else min(2 * size, largest)
    return done


async def stored_among(transaction: "Transaction", server_id: ServerId, fingerprints: Collection[bytes]) -> set[bytes]:
    """The fingerprints among these whose games are on the server already."""
    rows = await transaction.all(_STORED, {"server": server_id, "fingerprints": fingerprints})
    return {fingerprint for (fingerprint,) in rows if fingerprint is not None}


_STORED = select(GameRow.fingerprint).where(
    GameRow.server_id == bindparam("server"), among(GameRow.fingerprint, "fingerprints")
)


async def store(
    transaction: "Transaction", server_id: ServerId, games: Sequence[PastGame], *, pools: Pools, now: datetime
) -> int:
    """Store games that are not on the server yet, by `stored_among`, each with another fingerprint.

    Pools whose games are among them are marked to be replayed. Returns how many were stored: all, but for those that
    another import stores at this very moment.
    """
    if not games:
        return 0
    await _keep_records(transaction, games, now)
    ids = await _NEW_IDS.draw(transaction, len(games))
    placed = [_placed(game_id, server_id, game, pools) for game_id, game in zip(ids, games, strict=True)]
    if await _GAMES.run(transaction, [new.row for new in placed]) < len(placed):
        made = await _NEW_IDS.present(transaction, ids)  # another import stores some of them at this very moment
        placed = [new for new in placed if new.row[0] in made]
    if placed:
        await _SEATS.put(transaction, [seat for new in placed for seat in new.seats])
    rated: dict[str, list[PastGame]] = {}
    for new in placed:
        if new.pool is not None:
            rated.setdefault(new.pool, []).append(new.game)
    for name, its_games in sorted(rated.items()):
        # A pool in which nobody has played has to be there before it can be out of order.
        await ratings.hold(transaction, pools.named(name), [its_games[0].black.account_id], now=now)
    since = {name: min([game.played.played_at for game in its_games]) for name, its_games in rated.items()}
    await disorder(transaction, pools, since)
    return len(placed)


_NEW_IDS = NewIds(GameRow.id)
_GAMES = BulkInsert(
    GameRow,
    (
        GameRow.id,
        GameRow.server_id,
        GameRow.kind,
        GameRow.reported_at,
        GameRow.played_at,
        GameRow.pool,
        GameRow.unrated,
        GameRow.annulled_at,
        GameRow.ranked,
        GameRow.result,
        GameRow.handicap,
        GameRow.komi,
        GameRow.rules,
        GameRow.width,
        GameRow.height,
        GameRow.speed,
        GameRow.record_hash,
        GameRow.warnings,
        GameRow.fingerprint,
    ),
)
_SEATS = BulkInsert(
    SeatRow,
    (SeatRow.game_id, SeatRow.number, SeatRow.player_id, SeatRow.team, SeatRow.is_commander, SeatRow.outcome),
)


@cache
def _new_records(dialect: str) -> Any:
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(RecordRow).on_conflict_do_nothing()


async def _keep_records(transaction: "Transaction", games: Sequence[PastGame], now: datetime) -> None:
    records = {game.record.hash: game.record for game in games if game.record is not None}
    if records:
        await transaction.run(
            _new_records(transaction.dialect),
            [
                {"hash": key, "content": record.content, "facts": record.facts.to_json(), "stored_at": now}
                for key, record in sorted(records.items())  # in one order: two imports do not wait for each other
            ],
        )


class _Placed(NamedTuple):
    """A game with the number that it gets."""

    game: PastGame
    pool: str | None
    """Whose ratings it moves; None if it rates nothing."""
    row: tuple[Any, ...]
    """Of `_GAMES`; the number is the first."""
    seats: tuple[tuple[Any, ...], tuple[Any, ...]]
    """Of `_SEATS`."""


def _placed(game_id: int, server_id: ServerId, game: PastGame, pools: Pools) -> _Placed:
    fingerprint, (_, black), (_, white), played, result, annulled_at, record, warnings = game
    played_at, how, handicap, komi, width, height, rules, ranked, _, speed = played
    unrated = played.unrated
    pool = None if unrated is not None else played.pool(pools, server_id).name
    row = (
        game_id,
        server_id,
        GO,
        played_at,
        played_at,
        pool,
        unrated,
        annulled_at,
        ranked,
        result,
        handicap,
        komi,
        rules,
        width,
        height,
        speed,
        None if record is None else record.hash,
        write_warnings(warnings),
        fingerprint,
    )
    score = how.outcome(Color.BLACK)
    seats = (
        (game_id, BLACK, black, BLACK, False, score),
        (game_id, WHITE, white, WHITE, False, None if score is None else 1.0 - score),
    )
    return _Placed(game, pool, row, seats)
