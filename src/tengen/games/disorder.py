"""What follows when games that rate were changed: their pools are to be replayed, from the first of them on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete

from tengen.games.models import GamePackRow
from tengen.ratings import service as ratings

if TYPE_CHECKING:
    from tengen.core.database import Transaction
    from tengen.ratings.pools import Pools


BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)
"""No game was played before. (The first day of all is endlessly far away to PostgreSQL's driver.)"""


async def disorder(transaction: "Transaction", pools: "Pools", since: Mapping[str, datetime]) -> None:
    """In these pools games of that time or later are others now, or other people's.

    Pools that are described no more keep the ratings that they have.
    """
    for name in sorted(since):  # in one order, so that no two transactions wait for each other
        if pools.knows(name):
            await ratings.disorder(transaction, name, since[name])
        else:
            await ratings.lock(transaction, name)
        await forget_packs(transaction, name, since[name])


async def forget_packs(transaction: "Transaction", pool: str, since: datetime) -> None:
    """Forget what is packed of the pool's games of that time and later (`tengen.games.packs`).

    The pool is locked before: a replay under way packs what it has read until it lets go of the pool.
    """
    await transaction.run(_FORGET, {"pool": pool, "since": since})


_FORGET = delete(GamePackRow).where(
    GamePackRow.pool == bindparam("pool"), GamePackRow.upto_at >= bindparam("since", type_=GamePackRow.upto_at.type)
)
