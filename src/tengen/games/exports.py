"""Games and ratings to take away: rows of plain values, read in pages, so that any number of them takes little memory.

Players are told by their accounts' display names, which are theirs alone: whoever plays on several servers is one
person, and the games of one platform, imported on another in this order, make the same ratings there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, select, tuple_
from sqlalchemy.orm import aliased

from tengen.accounts import service as accounts
from tengen.core.errors import Invalid
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.games.models import GameRow, SeatRow
from tengen.games.report import EARLIEST
from tengen.games.service import BLACK, GO, WHITE
from tengen.players import service as players
from tengen.ratings import pools
from tengen.ratings import service as ratings
from tengen.ratings.ranks import Rank
from tengen.ratings.systems import instant_of

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.ratings.pools import Pool
    from tengen.ratings.systems import Strength

PAGE = 2_000
"""Rows that are read at once."""
_NAMES_KEPT = 50_000

Row = tuple[Any, ...]


class NotGamesOfGo(Invalid):
    """The pool is one of team matches, which have more than a Black and a White."""

    code = "not_games_of_go"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of what is exported: its name, and the type of its values, any of which may be None."""

    name: str
    kind: type


GAME_COLUMNS = (
    Column("game_id", int),
    Column("server_id", int),
    Column("played_at", datetime),
    Column("black", str),
    Column("white", str),
    Column("result", str),
    Column("handicap", int),
    Column("komi", float),
    Column("rules", str),
    Column("width", int),
    Column("height", int),
    Column("speed", str),
    Column("ranked", bool),
    Column("annulled_at", datetime),
    Column("pool", str),
    Column("unrated", str),
    Column("fingerprint", str),
)
"""What `games` gives. `tengen.games.csv_games` says what the columns mean; `pool` is whose ratings the game moves, or
empty, and then `unrated` says why."""

RATING_COLUMNS = (
    Column("account_id", int),
    Column("display_name", str),
    Column("pool", str),
    Column("value", float),
    Column("deviation", float),
    Column("rank", str),
    Column("games", int),
    Column("last_game_at", datetime),
)
"""What `ratings_of_pool` gives: value and deviation on the pool's own scale, which in `go` is that of ranks."""

_Black, _White = aliased(SeatRow), aliased(SeatRow)
_PLAYED_AT, _ID = bindparam("played_at", type_=GameRow.played_at.type), bindparam("game", type_=BigInteger)
_GAMES = (
    select(
        GameRow.id,
        GameRow.server_id,
        GameRow.played_at,
        _Black.player_id,
        _White.player_id,
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
        GameRow.fingerprint,
    )
    .join(_Black, (_Black.game_id == GameRow.id) & (_Black.number == BLACK))
    .join(_White, (_White.game_id == GameRow.id) & (_White.number == WHITE))
    .where(GameRow.kind == GO, tuple_(GameRow.played_at, GameRow.id) > tuple_(_PLAYED_AT, _ID))
    .order_by(GameRow.played_at, GameRow.id)
    .limit(bindparam("page"))
)


async def games(
    connection: "Connection", *, pool: str | None = None, server_id: ServerId | None = None, page: int = PAGE
) -> AsyncIterator[list[Row]]:
    """Games of Go in order of play, `page` at a time, with the values of `GAME_COLUMNS`.

    `pool`: only those that move its ratings. Raises `NotGamesOfGo`.
    """
    if pool is not None and pools.is_team_pool(pool):
        raise NotGamesOfGo(f"Pool {pool} is one of team matches. Games can be exported of pools of Go, as {pools.GO}.")
    statement = _GAMES
    if pool is not None:
        statement = statement.where(GameRow.pool == pool)
    if server_id is not None:
        statement = statement.where(GameRow.server_id == server_id)
    names: dict[int | None, str] = {}
    played_at, game_id = EARLIEST, 0
    while rows := await connection.all(statement, {"played_at": played_at, "game": game_id, "page": page}):
        played_at, game_id = rows[-1][2], rows[-1][0]
        await _learn_names(connection, names, {PlayerId(who) for row in rows for who in row[3:5] if who is not None})
        yield [
            (*row[:3], names.get(row[3]), names.get(row[4]), *row[5:16], None if row[16] is None else row[16].hex())
            for row in map(tuple, rows)
        ]


async def _learn_names(connection: "Connection", names: dict[int | None, str], player_ids: set[PlayerId]) -> None:
    """Let `names` have those of these players' accounts. It forgets the others when it has grown large."""
    if len(names) > _NAMES_KEPT:
        names.clear()
    unknown = player_ids - names.keys()
    if unknown:
        found = await players.players_by_ids(connection, unknown)
        people = await accounts.accounts_by_ids(connection, {player.account_id for player in found.values()})
        names.update((player_id, people[player.account_id].display_name) for player_id, player in found.items())


async def ratings_of_pool(
    connection: "Connection", pool: "Pool", *, server_id: ServerId | None = None, page: int = PAGE
) -> AsyncIterator[list[Row]]:
    """Who has played a rated game in a pool, `page` at a time, with the values of `RATING_COLUMNS`.

    `server_id`: only those who have a player on this server.
    """
    async for names in _names_of_accounts(connection, server_id, page):
        strengths = await ratings.strengths_of(connection, pool.name, names.keys())
        yield [
            _rating(account_id, name, pool, strengths[account_id])
            for account_id, name in names.items()
            if account_id in strengths
        ]


async def _names_of_accounts(
    connection: "Connection", server_id: ServerId | None, page: int
) -> AsyncIterator[dict[AccountId, str]]:
    """All accounts, or those that have a player on the server, some at a time."""
    last = 0
    if server_id is None:
        while found := await accounts.list_accounts(connection, after_id=last, limit=page):
            last = found[-1].id
            yield {account.id: account.display_name for account in found}
        return
    while here := await players.list_players(connection, server_id=server_id, after_id=last, limit=page):
        last = here[-1].player.id
        people = await accounts.accounts_by_ids(connection, [listed.player.account_id for listed in here])
        yield {account.id: account.display_name for account in people.values()}


def _rating(account_id: AccountId, name: str, pool: "Pool", strength: "Strength") -> Row:
    number = pool.system.rank(strength)
    rank = None if number is None else str(Rank.of(number))
    last_game_at = None if strength.day is None else instant_of(strength.day)
    return account_id, name, pool.name, strength.mean, strength.deviation, rank, strength.games, last_game_at
