"""What is stored of how games moved ratings, however it is packed."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from tengen.core.database import Connection
from tengen.core.values import AccountId, GameId
from tengen.ratings.entries import Entry, read_names, unpacked
from tengen.ratings.models import ENTRIES, PoolRow, PoolState, RatingRow, SpanRow
from tengen.ratings.outcomes import Change

_SPANS = (
    select(PoolRow.name, SpanRow.account_id, SpanRow.kinds, SpanRow.conditions, ENTRIES)
    .join(PoolRow, PoolRow.id == SpanRow.pool_id)
    .where(PoolRow.state == PoolState.CURRENT)
    .order_by(SpanRow.account_id, SpanRow.day, SpanRow.game_id)
)


async def entries(connection: Connection) -> list[tuple[str, AccountId, Entry, dict[str, Any]]]:
    """Every game of every history that people see: pool, account, what it did, and to which offsets."""
    found = []
    for pool, account_id, kinds, conditions, data in await connection.all(_SPANS):
        names = read_names(conditions)
        for entry in unpacked(data, kinds):
            offsets = {names[place]: numbers for place, *numbers in entry.offsets if place >= 0}
            found.append((pool, AccountId(account_id), entry._replace(offsets=()), offsets))
    return sorted(found, key=lambda each: (each[0], each[1], each[2].position))


async def changes_of(connection: Connection, game_ids: Collection[GameId]) -> dict[GameId, list[Change]]:
    """What these games did to ratings, by the accounts' ids."""
    found: dict[GameId, list[Change]] = {}
    for _, account_id, entry, _ in await entries(connection):
        if entry.game_id in game_ids:
            found.setdefault(entry.game_id, []).append(entry.change(account_id))
    return found


async def count_changes(connection: Connection) -> int:
    """How many ratings have been moved, by how many games."""
    return len(await entries(connection))


EVERY_POOL = [select(PoolRow.id), select(SpanRow.pool_id).distinct(), select(RatingRow.pool_id).distinct()]
"""Which generations of pools there is anything of."""
