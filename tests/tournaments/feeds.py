"""Builders and followers of feeds: changes without replays, and what is told of them."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from tengen.accounts.service import Account
from tengen.core.database import Database, Transaction
from tengen.core.values import AccountId
from tengen.tournaments import service
from tengen.tournaments.feed import Feed, Told
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.notices import NoticeKind
from tengen.tournaments.plans import Plan
from tengen.tournaments.positions import Position
from tengen.tournaments.service import Kind, Noted, Tournament
from tests.tournaments.builders import HOUR, MINUTE, NOON


def a_plan(*, now: datetime = NOON, **changes: Any) -> Plan:
    """A tournament that starts at noon and lasts two hours."""
    plan: dict[str, Any] = {
        "name": "Spring Sprint",
        "location": "online",
        "mode": "sum",
        "parameters": "1+1+1",
        "starts_at": NOON,
        "ends_at": NOON + 2 * HOUR,
    }
    return Plan.of(**plan | changes, now=now)


async def a_tournament(
    database: Database, host_id: AccountId, *, now: datetime = NOON - HOUR, **changes: Any
) -> Tournament:
    """A tournament of this host: number 1 of its changes."""
    async with database.write() as transaction:
        return await service.create(transaction, a_plan(now=now, **changes), host_id, now)


async def change(
    transaction: Transaction,
    tournament_id: TournamentId,
    kind: Kind = Kind.SUBMISSION,
    *,
    account_id: AccountId | None = None,
    text: str | None = None,
    at: datetime = NOON + MINUTE,
) -> int:
    """Something changes as far as the feed can see it. Returns its number."""
    held = await service.hold(transaction, tournament_id)
    change = Noted(kind=kind, at=at, actor_id=account_id, account_id=account_id, text=text)
    await service.note(transaction, held, change)
    return held.version


async def a_change(database: Database, tournament: Tournament, kind: Kind = Kind.SUBMISSION, **what: Any) -> int:
    """A change in a transaction of its own. Returns its number."""
    async with database.write() as transaction:
        return await change(transaction, tournament.id, kind, **what)


class Ear:
    """Hears what one follower is told."""

    def __init__(self, parts: AsyncGenerator[Sequence[Told], None]) -> None:
        self._parts = parts
        self._heard: deque[Told] = deque()

    async def next(self) -> Told:
        """The next thing that is told, signs of life included."""
        async with asyncio.timeout(10):
            while not self._heard:
                self._heard.extend(await anext(self._parts))
        return self._heard.popleft()

    async def hear(self, count: int) -> list[Told]:
        """The next notices, without signs of life."""
        found: list[Told] = []
        while len(found) < count:
            told = await self.next()
            found += [told] if told.notice is not None else []
        return found

    async def kinds(self, count: int) -> list[str]:
        """What the next notices are about."""
        return [told.notice.kind.value for told in await self.hear(count) if told.notice is not None]

    async def rest(self) -> list[Told]:
        """What is told until the feed ends."""
        async with asyncio.timeout(10):
            return [*self._heard, *[told async for part in self._parts for told in part]]


@asynccontextmanager
async def follow(
    feed: Feed,
    tournament: Tournament,
    account: Account | None = None,
    *,
    after: Position | None = None,
    address: str = "127.0.0.1",
) -> AsyncIterator[Ear]:
    """Somebody follows. Whoever does not come with a position has been told to load everything."""
    async with feed.following(tournament.id, account, address=address, after=after) as follower:
        parts = follower.told()
        ear = Ear(parts)
        if after is None:
            (told,) = await ear.hear(1)
            assert told.notice is not None
            assert told.notice.kind is NoticeKind.RESYNC
        yield ear
        await parts.aclose()
