"""The parts of this feature that live as long as the process: profiles and leaderboards for many requests at once."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from math import floor
from typing import TYPE_CHECKING

from tengen.core.batch import Batcher
from tengen.core.platform import Platform
from tengen.core.values import AccountId, Clock, PlayerId, utc_now
from tengen.players import service as players
from tengen.players.service import Player
from tengen.profiles import service
from tengen.profiles.service import BoardPage, Profile
from tengen.profiles.tokens import TokenReader
from tengen.ratings import leaderboards
from tengen.ratings.leaderboards import Board, Mark
from tengen.ratings.pools import Pool, Pools
from tengen.ratings.shown_pools import ShownPools
from tengen.ratings.systems import Day, day_of

if TYPE_CHECKING:
    from tengen.core.database import Database


class Profiles:
    """Gives profiles and leaderboards as they are now. One a process: requests at the same moment share statements."""

    def __init__(self, database: "Database", tokens: TokenReader, pools: Pools, *, clock: Clock = utc_now) -> None:
        self.tokens = tokens
        self.shown_pools = ShownPools(pools)
        self._database = database
        self._clock = clock
        self._profiles: Batcher[PlayerId, Profile] = Batcher(self._load)
        self._at_home: Batcher[AccountId, Player] = Batcher(self._load_at_home)
        self._tops: Batcher[tuple[Board, int], BoardPage] = Batcher(self._load_tops)
        self._counts: Batcher[tuple[Board, Mark], int] = Batcher(self._count)

    @classmethod
    def of(cls, platform: Platform) -> "Profiles":
        """Built once, from the platform and its settings."""
        settings = platform.settings
        tokens = TokenReader(platform.database, platform.limiter, settings)
        return cls(platform.database, tokens, Pools.of(settings))

    @property
    def today(self) -> Day:
        """The day that uncertainties are shown of: they grow at midnight (UTC), and not from one answer to the next."""
        return whole_day(self._clock())

    async def get(self, player_id: PlayerId) -> Profile | None:
        """The profile of this player; None if there is no such player."""
        return await self._profiles.get(player_id)

    async def player_of(self, account_id: AccountId) -> Player:
        """An account's player on this platform. The account must exist. One statement, which requests share."""
        player = await self._at_home.get(account_id)
        assert player is not None
        return player

    async def of_account(self, account_id: AccountId) -> Profile:
        """The profile of an account's player on this platform. The account must exist. Six statements."""
        return (await self.of_accounts([account_id]))[0]

    async def of_accounts(self, account_ids: Sequence[AccountId]) -> list[Profile]:
        """The profiles of accounts' players on this platform, in the same order. All must exist. Six statements."""
        async with self._database.read() as connection:
            pools = await self.shown_pools.now(connection)
            return await service.profiles_at_home(connection, account_ids, pools, day=self.today)

    async def named(self, name: str) -> list[Profile]:
        """The player on this platform of the account with this name; empty if there is none."""
        async with self._database.read() as connection:
            return await service.players_named(connection, name, await self.shown_pools.now(connection), day=self.today)

    async def owner_of(self, profile: Profile) -> PlayerId | None:
        """Whose bot the player is: its owner's player on this platform; None for persons, without a statement."""
        if profile.account.owner_id is None:
            return None
        async with self._database.read() as connection:
            return await service.owner_of(connection, profile)

    async def all(self, player_ids: Collection[PlayerId]) -> dict[PlayerId, Profile]:
        """The profiles of the players that exist among these."""
        wanted = list(dict.fromkeys(player_ids))
        found = await asyncio.gather(*[self.get(player_id) for player_id in wanted])
        return {player_id: profile for player_id, profile in zip(wanted, found, strict=True) if profile is not None}

    async def pool(self, name: str) -> Pool:
        """The pool of this name, with the system that looks into its ratings. Raises `PoolNotFound`."""
        pools = self.shown_pools.settled
        if pools is None:
            async with self._database.read() as connection:
                pools = await self.shown_pools.now(connection)
        return pools.named(name)

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
            pools = await self.shown_pools.now(connection)
            return await service.profiles_of(connection, player_ids, pools, day=self.today)

    async def _load_at_home(self, account_ids: Sequence[AccountId]) -> dict[AccountId, Player]:
        async with self._database.read() as connection:
            return await players.home_players(connection, account_ids)

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


def whole_day(now: datetime) -> Day:
    """The beginning (UTC) of the day that this instant lies in."""
    return float(floor(day_of(now)))
