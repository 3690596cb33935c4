"""The parts of this feature that live as long as the process: the reporter, and games for many requests at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tengen.core.batch import Batcher
from tengen.core.platform import Platform
from tengen.core.values import GameId
from tengen.games import service
from tengen.games.reporting import Reporter
from tengen.games.service import Game
from tengen.ratings.pools import Pools
from tengen.ratings.shown_pools import ShownPools

if TYPE_CHECKING:
    from tengen.core.database import Database
    from tengen.servers.runtime import Servers


class Games:
    """Reports and games of one process."""

    def __init__(self, database: "Database", reporter: Reporter, pools: Pools) -> None:
        self.reporter = reporter
        self.pools = pools
        self.shown_pools = ShownPools(pools)
        self._database = database
        self._batch: Batcher[GameId, Game] = Batcher(self._load)

    @classmethod
    def of(cls, platform: Platform, servers: "Servers") -> "Games":
        """Built once, from the platform and its log-in of servers."""
        reporter = Reporter(platform.database, servers.authenticator, platform.limiter, platform.settings)
        return cls(platform.database, reporter, Pools.of(platform.settings))

    async def get(self, game_id: GameId) -> Game | None:
        """The game of Go of this id; None if there is none. Requests at the same moment share a statement."""
        return await self._batch.get(game_id)

    async def _load(self, game_ids: Sequence[GameId]) -> dict[GameId, Game]:
        async with self._database.read() as connection:
            return await service.games_by_ids(connection, game_ids)
