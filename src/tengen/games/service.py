"""Operations on games of Go: a server reports one, and both players' ratings move with it, in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from tengen.core.database import among
from tengen.core.errors import Conflict, NotFound
from tengen.core.values import GameId, PlayerId, ServerId
from tengen.games.models import GameRow, RecordRow, SeatRow
from tengen.games.rated_games import PlayedGame, Unrated
from tengen.games.records import RecordFacts, read_warnings, record_hash, write_warnings
from tengen.games.result import Result
from tengen.go.points import Color
from tengen.go.replay import RecordWarning
from tengen.ratings import service as ratings
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.pools import STANDARD, Pools

if TYPE_CHECKING:
    from sqlalchemy import Select

    from tengen.core.database import Connection, Transaction
    from tengen.players.service import Player
    from tengen.ratings.service import Held

GO = "go"
LIVE = "live"
"""The kind of a game that is still to be played here, or is being played: nothing but its number stands yet."""
BLACK, WHITE = 0, 1
"""The numbers of the seats."""


class GameNotFound(NotFound):
    """There is no such game."""

    code = "game_not_found"


class KeyReused(Conflict):
    """An `Idempotency-Key` came with another report than the first time."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Record:
    """A record's bytes and what they say."""

    content: bytes
    facts: RecordFacts

    @property
    def hash(self) -> bytes:
        """By which it is stored and found."""
        return record_hash(self.content)


@dataclass(frozen=True, slots=True)
class NewGame:
    """A game of Go to be stored, with everything checked."""

    server_id: ServerId
    black: "Player"
    white: "Player"
    played: PlayedGame
    result: str
    """As it was reported."""
    record: Record | None = None
    url: str | None = None
    warnings: tuple[RecordWarning, ...] = ()
    fingerprint: bytes | None = None
    idempotency_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Game:
    """A stored game of Go."""

    id: GameId
    server_id: ServerId
    black: PlayerId
    white: PlayerId
    reported_at: datetime
    played_at: datetime
    result: str
    handicap: int
    komi: float
    rules: str | None
    width: int
    height: int
    speed: SpeedClass | None
    ranked: bool
    annulled_at: datetime | None
    pool: str | None
    unrated: Unrated | None
    record_hash: bytes | None
    url: str | None
    warnings: tuple[RecordWarning, ...]

    @property
    def played(self) -> PlayedGame:
        """The game as far as it matters to ratings."""
        return PlayedGame(
            played_at=self.played_at,
            result=Result.parse(self.result),
            handicap=self.handicap,
            komi=self.komi,
            width=self.width,
            height=self.height,
            rules=self.rules,
            speed=self.speed,
            ranked=self.ranked,
            is_annulled=self.annulled_at is not None,
        )


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report: the game, and whether it was there before."""

    game: Game
    is_new: bool


# ── reporting ──


async def report(transaction: "Transaction", new: NewGame, *, pools: Pools = STANDARD, now: datetime) -> Reported:
    """Store a game and move its players' ratings. Seven statements, when all is known but the game.

    A report that came before, by its fingerprint or its `Idempotency-Key`, gives the game that it made and changes
    nothing. Raises `KeyReused`.
    """
    pool = new.played.pool(pools, new.server_id)
    unrated = new.played.unrated
    accounts = [new.black.account_id, new.white.account_id]
    # Held before the game gets its number: then numbers are in the order in which ratings moved.
    held = None if unrated else await ratings.hold(transaction, pool, accounts, now=now)
    if new.record is not None:
        await _keep(transaction, new.record, now)
    columns = _columns(new, pool.name if held else None, unrated, now)
    row = await transaction.first(_new_game(transaction.dialect), columns)
    if row is None:
        return Reported(await _reported_before(transaction, new), is_new=False)
    game_id = GameId(row[0])
    await _seat_and_rate(transaction, game_id, new, held, now)
    return Reported(_game_of(game_id, new, columns), is_new=True)


async def _seat_and_rate(
    transaction: "Transaction", game_id: GameId, new: NewGame, held: "Held | None", now: datetime
) -> None:
    await transaction.run(_NEW_SEATS, _seats(game_id, new))
    if held is not None:
        outcome = new.played.outcome(game_id, new.black.account_id, new.white.account_id)
        await ratings.record(transaction, held, outcome, now=now)


_NEW_SEATS = insert(SeatRow)


# ── games that are played here ──


async def reserve(transaction: "Transaction", server_id: ServerId, *, now: datetime) -> GameId:
    """A number for a game that may be played: it is no game of Go until it is finished."""
    row = await transaction.one(_RESERVED, {"server_id": server_id, "kind": LIVE, "reported_at": now, "played_at": now})
    return GameId(row[0])


async def finish(
    transaction: "Transaction", game_id: GameId, new: NewGame, *, pools: Pools = STANDARD, now: datetime
) -> Game:
    """Make a game of Go of the number that was reserved for it, and move its players' ratings. Seven statements.

    It counts as played last of its players' games: where another one ended in the same moment, just after that.
    Raises `GameNotFound` if no such number is reserved, or it was finished before.
    """
    pool = new.played.pool(pools, new.server_id)
    unrated = new.played.unrated
    accounts = [new.black.account_id, new.white.account_id]
    held = None if unrated else await ratings.hold(transaction, pool, accounts, now=now)
    if held is not None:
        new = replace(new, played=new.played._replace(played_at=held.after(new.played.played_at)))
    if new.record is not None:
        await _keep(transaction, new.record, now)
    columns = _columns(new, pool.name if held else None, unrated, now)
    if await transaction.run(_FINISHED, {**columns, "annulled_at": None, "game": game_id}) == 0:
        raise GameNotFound("Not found.")
    await _seat_and_rate(transaction, game_id, new, held, now)
    return _game_of(game_id, new, columns)


_RESERVED = insert(GameRow).returning(GameRow.id)
_FINISHED = (
    update(GameRow)
    .where(GameRow.id == bindparam("game"), GameRow.kind == LIVE)
    .values({column.name: bindparam(column.name) for column in GameRow.__table__.c if not column.primary_key})
)


@cache
def _new_game(dialect: str) -> Any:
    """Stores a game unless the same was reported before, also at this very moment. Built once, for it is not cheap."""
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(GameRow)
    return statement.on_conflict_do_nothing().returning(GameRow.id)


@cache
def _new_record(dialect: str) -> Any:
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(RecordRow).on_conflict_do_nothing()


async def _keep(transaction: "Transaction", record: Record, now: datetime) -> None:
    columns = {"hash": record.hash, "content": record.content, "facts": record.facts.to_json(), "stored_at": now}
    await transaction.run(_new_record(transaction.dialect), columns)


def _columns(new: NewGame, pool: str | None, unrated: Unrated | None, now: datetime) -> dict[str, Any]:
    return {
        "server_id": new.server_id,
        "kind": GO,
        "reported_at": now,
        "played_at": new.played.played_at,
        "pool": pool,
        "unrated": unrated,
        "ranked": new.played.ranked,
        "result": new.result,
        "handicap": new.played.handicap,
        "komi": new.played.komi,
        "rules": new.played.rules,
        "width": new.played.width,
        "height": new.played.height,
        "speed": new.played.speed,
        "record_hash": new.record.hash if new.record else None,
        "url": new.url,
        "warnings": write_warnings(new.warnings),
        "fingerprint": new.fingerprint,
        "idempotency_digest": new.idempotency_digest,
    }


def _seats(game_id: GameId, new: NewGame) -> list[dict[str, Any]]:
    sides = ((BLACK, new.black, Color.BLACK), (WHITE, new.white, Color.WHITE))
    return [
        {
            "game_id": game_id,
            "number": number,
            "player_id": player.id,
            "team": number,
            "race": None,
            "is_commander": False,
            "outcome": new.played.result.outcome(color),
        }
        for number, player, color in sides
    ]


def _game_of(game_id: GameId, new: NewGame, columns: dict[str, Any]) -> Game:
    return Game(
        id=game_id,
        server_id=new.server_id,
        black=new.black.id,
        white=new.white.id,
        reported_at=columns["reported_at"],
        played_at=new.played.played_at,
        result=new.result,
        handicap=new.played.handicap,
        komi=new.played.komi,
        rules=new.played.rules,
        width=new.played.width,
        height=new.played.height,
        speed=new.played.speed,
        ranked=new.played.ranked,
        annulled_at=None,
        pool=columns["pool"],
        unrated=columns["unrated"],
        record_hash=columns["record_hash"],
        url=new.url,
        warnings=new.warnings,
    )


async def _reported_before(connection: "Connection", new: NewGame) -> Game:
    if new.idempotency_digest is not None:
        game = await reported_with_key(
            connection,
            new.server_id,
            new.idempotency_digest,
            black=new.black.id,
            white=new.white.id,
            played_at=new.played.played_at,
        )
        if game is not None:
            return game
    row = await connection.one(_BY_FINGERPRINT, {"server": new.server_id, "fingerprint": new.fingerprint})
    return _game(row)


# ── reading ──

_Black, _White = aliased(SeatRow), aliased(SeatRow)
_GAMES = (
    select(
        GameRow.id,
        GameRow.server_id,
        _Black.player_id,
        _White.player_id,
        GameRow.reported_at,
        GameRow.played_at,
        GameRow.result,
        GameRow.handicap,
        GameRow.komi,
        GameRow.rules,
        GameRow.width,
        GameRow.height,
        GameRow.speed,
        GameRow.ranked,
        GameRow.annulled_at,
        GameRow.pool,
        GameRow.unrated,
        GameRow.record_hash,
        GameRow.url,
        GameRow.warnings,
    )
    .join(_Black, (_Black.game_id == GameRow.id) & (_Black.number == BLACK))
    .join(_White, (_White.game_id == GameRow.id) & (_White.number == WHITE))
    .where(GameRow.kind == GO)
)
_BY_IDS = _GAMES.where(among(GameRow.id, "games"))
_BY_KEY = _GAMES.where(GameRow.server_id == bindparam("server"), GameRow.idempotency_digest == bindparam("key"))
_BY_FINGERPRINT = _GAMES.where(
    GameRow.server_id == bindparam("server"), GameRow.fingerprint == bindparam("fingerprint")
)


def _game(row: Sequence[Any]) -> Game:
    values = list(row[:20])
    values[12] = None if values[12] is None else SpeedClass(values[12])
    values[16] = None if values[16] is None else Unrated(values[16])
    values[19] = read_warnings(values[19])
    return Game(*values)


async def games_by_ids(connection: "Connection", game_ids: Collection[GameId]) -> dict[GameId, Game]:
    """The games of Go that exist among these."""
    return {GameId(row[0]): _game(row) for row in await connection.all(_BY_IDS, {"games": list(game_ids)})}


async def find_game(connection: "Connection", game_id: GameId) -> Game:
    """The game of Go of this id. Raises `GameNotFound`."""
    found = await games_by_ids(connection, [game_id])
    if game_id not in found:
        raise GameNotFound("Not found.")
    return found[game_id]


async def reported_with_key(
    connection: "Connection",
    server_id: ServerId,
    digest: bytes,
    *,
    black: PlayerId,
    white: PlayerId,
    played_at: datetime,
) -> Game | None:
    """The game that a report of this server made when it came with this `Idempotency-Key` before; None if none did.

    Raises `KeyReused` if that was a game of other players or of another time.
    """
    row = await connection.first(_BY_KEY, {"server": server_id, "key": digest})
    if row is None:
        return None
    game = _game(row)
    if (game.black, game.white, game.played_at) != (black, white, played_at):
        raise KeyReused("This Idempotency-Key came with another report before. Send a new key with a new game.")
    return game


_CONTENT = (
    select(GameRow.id, RecordRow.content)
    .outerjoin(RecordRow, RecordRow.hash == GameRow.record_hash)
    .where(GameRow.id == bindparam("game"), GameRow.kind == GO)
)


async def record_of(connection: "Connection", game_id: GameId) -> bytes:
    """The bytes of a game's record, none if it has no record. Raises `GameNotFound`."""
    row = await connection.first(_CONTENT, {"game": game_id})
    if row is None:
        raise GameNotFound("Not found.")
    return row[1] or b""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of games ends: the next goes on behind this game."""

    played_at: datetime
    game_id: GameId


@dataclass(frozen=True, slots=True)
class GameFilter:
    """Which games are wanted; what is None does not matter. `until` itself is left out."""

    player_ids: Collection[PlayerId] | None = None
    server_id: ServerId | None = None
    pool: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_games(
    connection: "Connection", wanted: GameFilter, *, after: Place | None = None, limit: int = 30
) -> list[Game]:
    """Games of Go, those played last first, from the first behind `after`."""
    statement = _filtered(wanted)
    if after is not None:
        statement = statement.where(
            (GameRow.played_at < after.played_at)
            | ((GameRow.played_at == after.played_at) & (GameRow.id < after.game_id))
        )
    statement = statement.order_by(GameRow.played_at.desc(), GameRow.id.desc()).limit(limit)
    return [_game(row) for row in await connection.all(statement)]


def _filtered(wanted: GameFilter) -> "Select[*tuple[Any, ...]]":
    statement: Select[*tuple[Any, ...]] = _GAMES
    if wanted.player_ids is not None:
        seats = select(SeatRow.game_id).where(SeatRow.player_id.in_(wanted.player_ids))
        statement = statement.where(GameRow.id.in_(seats))
    if wanted.server_id is not None:
        statement = statement.where(GameRow.server_id == wanted.server_id)
    if wanted.pool is not None:
        statement = statement.where(GameRow.pool == wanted.pool)
    if wanted.since is not None:
        statement = statement.where(GameRow.played_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(GameRow.played_at < wanted.until)
    return statement
