"""The parts of this feature that live as long as the process: profiles and leaderboards for many requests at once."""

import asyncio
from collections.abc import Collection, Sequence
from math import floor
from typing import TYPE_CHECKING

from tengen.core.batch import Batcher
from tengen.core.platform import Platform
from tengen.core.values import Clock, PlayerId, utc_now
from tengen.profiles import service
from tengen.profiles.service import BoardPage, Profile
from tengen.profiles.tokens import TokenReader
from tengen.ratings.leaderboards import Board
from tengen.ratings.pools import Pools
from tengen.ratings.systems import Day, day_of

if TYPE_CHECKING:
    from tengen.core.database import Database

_Top = tuple[str, bool, bool, int]
"""Pool, whether with the provisional, whether with the inactive, and how many."""


class Profiles:
    """Gives the profiles of players as they are now. One a process: requests at the same moment share statements."""

    def __init__(self, database: "Database", tokens: TokenReader, pools: Pools, *, clock: Clock = utc_now) -> None:
        self.tokens = tokens
        self.pools = pools
        self._database = database
        self._clock = clock
        self._batch: Batcher[PlayerId, Profile] = Batcher(self._load)
        self._boards: Batcher[_Top, BoardPage] = Batcher(self._load_boards)

    @classmethod
    def of(cls, platform: Platform) -> "Profiles":
        """Built once, from the platform and its settings."""
        settings = platform.settings
        tokens = TokenReader(platform.database, platform.limiter, settings)
        return cls(platform.database, tokens, Pools(settings.team_rating_rule))

    @property
    def today(self) -> Day:
        """The day that uncertainties are shown of: they grow at midnight (UTC), and not from one answer to the next."""
        return float(floor(day_of(self._clock())))

    async def get(self, player_id: PlayerId) -> Profile | None:
        """The profile of this player; None if there is no such player."""
        return await self._batch.get(player_id)

    async def all(self, player_ids: Collection[PlayerId]) -> dict[PlayerId, Profile]:
        """The profiles of the players that exist among these."""
        wanted = list(dict.fromkeys(player_ids))
        found = await asyncio.gather(*[self.get(player_id) for player_id in wanted])
        return {player_id: profile for player_id, profile in zip(wanted, found, strict=True) if profile is not None}

    async def top(self, board: Board, limit: int) -> BoardPage:
        """The first page of a leaderboard, which everybody asks for."""
        page = await self._boards.get((board.pool.name, board.provisional, board.inactive, limit))
        assert page is not None
        return page

    async def around(self, board: Board, player_id: PlayerId, limit: int) -> BoardPage:
        """The page of a leaderboard around a player's account. Raises `PlayerNotFound` and `NotRated`."""
        async with self._database.read() as connection:
            found = await service.neighbourhood(connection, board, player_id, day=self.today, limit=limit)
        # Without a connection: whoever counts needs one, and all may be in the hands of those who wait for the count.
        ahead = await self._counts.get((*_key(board), found.middle.mark))
        assert ahead is not None
        async with self._database.read() as connection:
            return await service.leaderboard_around(connection, found, ahead=ahead, limit=limit)

    async def _load(self, player_ids: Sequence[PlayerId]) -> dict[PlayerId, Profile]:
        async with self._database.read() as connection:
            return await service.profiles_of(connection, player_ids, day=self.today)

    async def _load_boards(self, wanted: Sequence[tuple[*_Key, int]]) -> dict[tuple[*_Key, int], BoardPage]:
        async with self._database.read() as connection:
            return {
                (*key, limit): await service.leaderboard(connection, self._board(*key), day=self.today, limit=limit)
                for *key, limit in wanted
            }

    async def _count(self, wanted: Sequence[tuple[*_Key, Mark]]) -> dict[tuple[*_Key, Mark], int]:
        marks: dict[_Key, list[Mark]] = {}
        for *key, mark in wanted:
            marks.setdefault(tuple(key), []).append(mark)
        async with self._database.read() as connection:
            return {
                (*key, mark): ahead
                for key, some in marks.items()
                for mark, ahead in (
                    await leaderboards.count_ahead(connection, self._board(*key), some, day=self.today)
                ).items()
            }

    def _board(self, pool: str, provisional: bool, inactive: bool) -> Board:
        return Board(self.pools.named(pool), provisional, inactive)
