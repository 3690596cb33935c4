"""Which games each pool holds, put right when pools have been described anew."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, literal, select, true, update

from tengen.core.database import among
from tengen.core.values import PlayerId
from tengen.games.disorder import disorder
from tengen.games.models import GameRow, SeatRow
from tengen.games.service import BLACK, GO
from tengen.players import service as players
from tengen.ratings import service as ratings

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from tengen.core.database import Transaction
    from tengen.ratings.pool_files import Selection
    from tengen.ratings.pools import Pools

CHUNK = 1_000
"""Games that are moved by one statement."""


async def move_games(transaction: "Transaction", pools: "Pools", *, now: datetime, chunk: int = CHUNK) -> int:
    """Let each game of Go that rates be in the pool that it belongs to. Returns how many were in another.

    The pools that get or lose games are marked to be replayed, but for those that are described no more: they keep the
    ratings that they had.
    """
    target = _target(pools)
    stray = (
        select(GameRow.id, GameRow.pool, target.label("target"), GameRow.played_at)
        .where(GameRow.kind == GO, GameRow.pool.is_not(None), GameRow.pool != target)
        .order_by(GameRow.id)
    )
    await _disorder(transaction, pools, stray.order_by(None), now)
    moved = 0
    while rows := await transaction.all(stray.limit(chunk)):
        for name in {row[2] for row in rows}:
            await transaction.run(_MOVED, {"games": [row[0] for row in rows if row[2] == name], "name": name})
        moved += len(rows)
    return moved


_MOVED = update(GameRow).where(among(GameRow.id, "games")).values(pool=bindparam("name"))


async def _disorder(
    transaction: "Transaction", pools: "Pools", stray: "Select[int, str | None, str, datetime]", now: datetime
) -> None:
    """Mark the pools that get or lose these games, each from the first of them on."""
    games = stray.subquery()
    moves = await transaction.all(
        select(games.c.pool, games.c.target, func.min(games.c.played_at), func.min(games.c.id)).group_by(
            games.c.pool, games.c.target
        )
    )
    since: dict[str, datetime] = {}
    for old, new, played_at, game_id in moves:
        await _make_pool(transaction, pools, new, game_id, now)
        for name in (old, new):
            since[name] = min(played_at, since.get(name, played_at))
    await disorder(transaction, pools, since)


async def _make_pool(transaction: "Transaction", pools: "Pools", name: str, game_id: int, now: datetime) -> None:
    """A pool in which nobody has played has to be there before it can be out of order."""
    seat = select(SeatRow.player_id).where(SeatRow.game_id == game_id, SeatRow.number == BLACK)
    player_id = (await transaction.one(seat))[0]
    assert player_id is not None  # in a game of Go nobody is a guest
    black = (await players.players_by_ids(transaction, [PlayerId(player_id)]))[PlayerId(player_id)]
    await ratings.hold(transaction, pools.named(name), [black.account_id], now=now)


def _target(pools: "Pools") -> "ColumnElement[str]":
    """The name of the pool that a row's game belongs to, as `Pools.of_game` tells it of values."""
    if not pools.others:
        return literal(pools.go.name)
    return case(*((_among(games), pool.name) for games, pool in pools.others), else_=pools.go.name)


def _among(games: "Selection") -> "ColumnElement[bool]":
    found: ColumnElement[bool] = true()
    if games.sizes is not None:
        found &= (GameRow.width == GameRow.height) & GameRow.width.in_(games.sizes)
    if games.speeds is not None:
        found &= GameRow.speed.in_(games.speeds)
    if games.servers is not None:
        found &= GameRow.server_id.in_(games.servers)
    return found
