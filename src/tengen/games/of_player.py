"""The games of one player by their numbers, for lists in pages that are counted."""

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, func, select

from tengen.core.values import GameId, PlayerId
from tengen.games.models import GameRow, SeatRow
from tengen.games.service import GO

if TYPE_CHECKING:
    from tengen.core.database import Connection

_LIMIT = bindparam("limit", type_=BigInteger())
_IDS = (
    select(SeatRow.game_id)
    .join(GameRow, GameRow.id == SeatRow.game_id)
    .where(SeatRow.player_id == bindparam("player", type_=BigInteger()), GameRow.kind == GO)
    .limit(_LIMIT)
)
_NEWEST = _IDS.order_by(SeatRow.game_id.desc())
_OLDEST = _IDS.order_by(SeatRow.game_id)
_COUNT = select(func.count()).select_from(_IDS.subquery())


async def ids_of_player(
    connection: "Connection", player_id: PlayerId, *, newest_first: bool, limit: int
) -> list[GameId]:
    """The numbers of a player's games of Go, in their order or the other way round. One statement."""
    rows = await connection.all(_NEWEST if newest_first else _OLDEST, {"player": player_id, "limit": limit})
    return [GameId(row[0]) for row in rows]


async def count_of_player(connection: "Connection", player_id: PlayerId, *, most: int) -> int:
    """How many games of Go a player has; nobody counts further than `most`. One statement."""
    return int((await connection.one(_COUNT, {"player": player_id, "limit": most}))[0])
