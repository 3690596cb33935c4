"""Games of Go from the past, in great number: stored as they were played elsewhere, rated by a replay of the pool."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.values import AccountId, GameId, PlayerId, ServerId
from tengen.games.models import GameRow, RecordRow, SeatRow
from tengen.games.rated_games import PlayedGame
from tengen.games.records import write_warnings
from tengen.games.service import BLACK, GO, WHITE, Record
from tengen.go.points import Color
from tengen.go.replay import RecordWarning
from tengen.ratings import service as ratings
from tengen.ratings.pools import Pool, Pools

if TYPE_CHECKING:
    from tengen.core.database import Transaction

CHUNK = 1_000
"""Games that are stored in one transaction."""


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


@dataclass(frozen=True, slots=True)
class Side:
    """Who had a colour: an account, and its player on the server of the game."""

    account_id: AccountId
    player_id: PlayerId


@dataclass(frozen=True, slots=True)
class PastGame:
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


async def stored_among(transaction: "Transaction", server_id: ServerId, fingerprints: Collection[bytes]) -> set[bytes]:
    """The fingerprints among these whose games are on the server already."""
    rows = await transaction.all(_STORED, {"server": server_id, "fingerprints": list(fingerprints)})
    return {row[0] for row in rows if row[0] is not None}


_STORED = select(GameRow.fingerprint).where(
    GameRow.server_id == bindparam("server"), GameRow.fingerprint.in_(bindparam("fingerprints", expanding=True))
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
    pool_of = {game.fingerprint: game.played.pool(pools, server_id) for game in games if game.played.unrated is None}
    columns = [_columns(server_id, game, pool_of.get(game.fingerprint)) for game in games]
    rows = await transaction.all(_new_games(transaction.dialect), columns)
    by_fingerprint = {game.fingerprint: game for game in games}
    stored = [(GameId(row[0]), by_fingerprint[row[1]]) for row in rows if row[1] is not None]
    if stored:
        await transaction.run(_NEW_SEATS, [seat for game_id, game in stored for seat in _seats(game_id, game)])
    rated: dict[str, list[PastGame]] = {}
    for _, game in stored:
        if game.fingerprint in pool_of:
            rated.setdefault(pool_of[game.fingerprint].name, []).append(game)
    for name, its_games in sorted(rated.items()):
        # A pool in which nobody has played has to be there before it can be out of order.
        await ratings.hold(transaction, pools.named(name), [its_games[0].black.account_id], now=now)
        await ratings.disorder(transaction, name, min(game.played.played_at for game in its_games))
    return len(stored)


@cache
def _new_games(dialect: str) -> Any:
    """Stores games, but none that another import stores at this very moment."""
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(GameRow)
    return statement.on_conflict_do_nothing().returning(GameRow.id, GameRow.fingerprint)


_NEW_SEATS = insert(SeatRow)


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


def _columns(server_id: ServerId, game: PastGame, pool: Pool | None) -> dict[str, Any]:
    played = game.played
    return {
        "server_id": server_id,
        "kind": GO,
        "reported_at": played.played_at,
        "played_at": played.played_at,
        "pool": None if pool is None else pool.name,
        "unrated": played.unrated,
        "annulled_at": game.annulled_at,
        "ranked": played.ranked,
        "result": game.result,
        "handicap": played.handicap,
        "komi": played.komi,
        "rules": played.rules,
        "width": played.width,
        "height": played.height,
        "speed": played.speed,
        "record_hash": None if game.record is None else game.record.hash,
        "warnings": write_warnings(game.warnings),
        "fingerprint": game.fingerprint,
    }


def _seats(game_id: GameId, game: PastGame) -> tuple[dict[str, Any], dict[str, Any]]:
    return _seat(game_id, BLACK, game, game.black, Color.BLACK), _seat(game_id, WHITE, game, game.white, Color.WHITE)


def _seat(game_id: GameId, number: int, game: PastGame, side: Side, color: Color) -> dict[str, Any]:
    return {
        "game_id": game_id,
        "number": number,
        "player_id": side.player_id,
        "team": number,
        "is_commander": False,
        "outcome": game.played.result.outcome(color),
    }
