"""By which systems the ratings that everybody sees were made.

Until a pool that the operator wants to be rated another way has been computed anew, its ratings are those of the system
before, which may have another scale: only that one knows what they mean.
"""

from typing import TYPE_CHECKING

from sqlalchemy import select

from tengen.core.database import among
from tengen.ratings.models import PoolRow, PoolState
from tengen.ratings.pools import Pools

if TYPE_CHECKING:
    from tengen.core.database import Connection


class ShownPools:
    """The pools of one process with the systems that look into their ratings."""

    def __init__(self, configured: Pools) -> None:
        self.configured = configured
        """With the systems by which games are rated."""
        self.settled: Pools | None = None
        """The pools as their ratings are, once all have those that the operator wants."""

    async def now(self, connection: "Connection") -> Pools:
        """The pools as their ratings are. One statement; none once that is settled.

        What is read after it may be ratings that have taken the place of these a moment ago.
        """
        if self.settled is not None:
            return self.settled
        names = [pool.name for pool in self.configured.of_go]
        rows = await connection.all(_RATED_BY, {"names": names})
        found = {row.name: row.system for row in rows}
        # One that nobody has played in is as it will be.
        if all(found.get(pool.name, pool.description) == pool.description for pool in self.configured.of_go):
            self.settled = self.configured
        return self.configured.as_described(found)


_RATED_BY = select(PoolRow.name, PoolRow.system).where(among(PoolRow.name, "names"), PoolRow.state == PoolState.CURRENT)
