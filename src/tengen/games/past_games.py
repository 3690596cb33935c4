"""Games of Go from the past, in great number: stored as they were played elsewhere, rated by a replay of the pool."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.database import among
from tengen.core.rows import BulkInsert, NewIds
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.games.disorder import disorder
from tengen.games.models import GameRow, RecordRow, SeatRow
from tengen.games.rated_games import PlayedGame, Unrated
from tengen.games.records import write_warnings
from tengen.games.service import BLACK, GO, WHITE, Record
from tengen.go.points import Color
from tengen.go.replay import RecordWarning
from tengen.ratings import service as ratings
from tengen.ratings.pools import Pools

if TYPE_CHECKING:
    from tengen.core.database import Transaction

CHUNK = 5_000
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
    new = dict(zip(await _NEW_IDS.draw(transaction, len(games)), games, strict=True))
    unrated = {game_id: game.played.unrated for game_id, game in new.items()}
    pool_of = {game_id: new[game_id].played.pool(pools, server_id).name for game_id in new if unrated[game_id] is None}
    rows = [_game(game_id, server_id, game, pool_of.get(game_id), unrated[game_id]) for game_id, game in new.items()]
    if await _GAMES.run(transaction, rows) < len(rows):  # another import stores some of them at this very moment
        made = await _NEW_IDS.present(transaction, new)
        new = {game_id: game for game_id, game in new.items() if game_id in made}
    if new:
        await _SEATS.run(transaction, [seat for game_id, game in new.items() for seat in _seats(game_id, game)])
    rated: dict[str, list[PastGame]] = {}
    for game_id, game in new.items():
        if game_id in pool_of:
            rated.setdefault(pool_of[game_id], []).append(game)
    for name, its_games in sorted(rated.items()):
        # A pool in which nobody has played has to be there before it can be out of order.
        await ratings.hold(transaction, pools.named(name), [its_games[0].black.account_id], now=now)
    since = {name: min(game.played.played_at for game in its_games) for name, its_games in rated.items()}
    await disorder(transaction, pools, since)
    return len(new)


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


def _game(
    game_id: int, server_id: ServerId, game: PastGame, pool: str | None, unrated: Unrated | None
) -> tuple[Any, ...]:
    """A row of `_GAMES`."""
    played = game.played
    return (
        game_id,
        server_id,
        GO,
        played.played_at,
        played.played_at,
        pool,
        unrated,
        game.annulled_at,
        played.ranked,
        game.result,
        played.handicap,
        played.komi,
        played.rules,
        played.width,
        played.height,
        played.speed,
        None if game.record is None else game.record.hash,
        write_warnings(game.warnings),
        game.fingerprint,
    )


def _seats(game_id: int, game: PastGame) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Two rows of `_SEATS`."""
    score = game.played.result.outcome(Color.BLACK)
    return (
        (game_id, BLACK, game.black.player_id, BLACK, False, score),
        (game_id, WHITE, game.white.player_id, WHITE, False, None if score is None else 1.0 - score),
    )
