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
from tengen.ratings import leaderboards
from tengen.ratings.leaderboards import Board, Mark
from tengen.ratings.pools import Pools
from tengen.ratings.systems import Day, day_of

if TYPE_CHECKING:
    from tengen.core.database import Database


class Profiles:
    """Gives profiles and leaderboards as they are now. One a process: requests at the same moment share statements."""

    def __init__(self, database: "Database", tokens: TokenReader, pools: Pools, *, clock: Clock = utc_now) -> None:
        self.tokens = tokens
        self.pools = pools
        self._database = database
        self._clock = clock
        self._profiles: Batcher[PlayerId, Profile] = Batcher(self._load)
        self._tops: Batcher[tuple[Board, int], BoardPage] = Batcher(self._load_tops)
        self._counts: Batcher[tuple[Board, Mark], int] = Batcher(self._count)

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
        return await self._profiles.get(player_id)

    async def all(self, player_ids: Collection[PlayerId]) -> dict[PlayerId, Profile]:
        """The profiles of the players that exist among these."""
        wanted = list(dict.fromkeys(player_ids))
        found = await asyncio.gather(*[self.get(player_id) for player_id in wanted])
        return {player_id: profile for player_id, profile in zip(wanted, found, strict=True) if profile is not None}

    async def top(self, board: Board, limit: int) -> BoardPage:
        """The first page of a leaderboard, which everybody asks for."""
        page = await self._tops.get((board, limit))
        assert page is not None
        return page

    async def after(self, board: Board, mark: Mark, limit: int) -> BoardPage:
        """The next page after this mark."""
        async with self._database.read() as connection:
            return await service.leaderboard(connection, board, day=self.today, after=mark, limit=limit)

    async def around(self, board: Board, player_id: PlayerId, limit: int) -> BoardPage:
        """The page with a player's account in its middle. Three statements. Raises `PlayerNotFound` and `NotRated`."""
        async with self._database.read() as connection:
            found = await service.neighbourhood(connection, board, player_id, day=self.today, limit=limit)
        # Without a connection: whoever counts needs one, and all may be in the hands of those who wait for the count.
        ahead = await self._counts.get((board, found.middle.mark))
        assert ahead is not None
        async with self._database.read() as connection:
            return await service.leaderboard_around(connection, found, ahead=ahead, limit=limit)

    async def _load(self, player_ids: Sequence[PlayerId]) -> dict[PlayerId, Profile]:
        async with self._database.read() as connection:
            return await service.profiles_of(connection, player_ids, day=self.today)

    async def _load_tops(self, wanted: Sequence[tuple[Board, int]]) -> dict[tuple[Board, int], BoardPage]:
        async with self._database.read() as connection:
            return {
                (board, limit): await service.leaderboard(connection, board, day=self.today, limit=limit)
                for board, limit in wanted
            }

    async def _count(self, wanted: Sequence[tuple[Board, Mark]]) -> dict[tuple[Board, Mark], int]:
        marks: dict[Board, list[Mark]] = {}
        for board, mark in wanted:
            marks.setdefault(board, []).append(mark)
        found: dict[tuple[Board, Mark], int] = {}
        async with self._database.read() as connection:
            for board, some in marks.items():
                counts = await leaderboards.count_ahead(connection, board, some, day=self.today)
                found |= {(board, mark): ahead for mark, ahead in counts.items()}
        return found
