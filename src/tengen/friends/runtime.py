"""The part of this feature that lives as long as the process: friends ask and answer, and hear of each other."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from tengen.core.platform import Platform
from tengen.core.values import AccountId, PlayerId, utc_now
from tengen.friends import service
from tengen.friends.friendship import News, Step
from tengen.friends.schemas import FullPlayerRead, InvitationRead
from tengen.friends.service import Relation
from tengen.players import service as players
from tengen.profiles.schemas import MinimalPlayer
from tengen.profiles.service import no_such_player

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Database, Transaction
    from tengen.notifications.runtime import Notifications
    from tengen.profiles.runtime import Profiles
    from tengen.profiles.service import Profile

Operation: TypeAlias = Callable[["Transaction", AccountId, AccountId], Awaitable[Step]]


class Friends:
    """Friendships between accounts, each of which is named by one of its players.

    The commands return a sentence for who gave them. All raise `PlayerNotFound`, also for players of deleted accounts.
    """

    def __init__(self, database: "Database", profiles: "Profiles", notifications: "Notifications") -> None:
        self._database = database
        self._profiles = profiles
        self._notifications = notifications

    @classmethod
    def of(cls, platform: Platform, profiles: "Profiles", notifications: "Notifications") -> "Friends":
        """Built once, from the platform, its profiles and its notifications."""
        return cls(platform.database, profiles, notifications)

    # ── asking and answering ──

    async def ask(self, caller: "Account", player_id: PlayerId) -> str:
        """Ask somebody to be friends; who asks back agrees. Raises `FriendOfOneself` and `TooManyOpenRequests`."""
        now = utc_now()
        return await self._carry_out(caller, player_id, partial(service.ask, now=now), now)

    async def agree(self, caller: "Account", player_id: PlayerId) -> str:
        """Say yes to somebody who has asked. Raises `RequestNotFound`."""
        now = utc_now()
        return await self._carry_out(caller, player_id, partial(service.agree, now=now), now)

    async def decline(self, caller: "Account", player_id: PlayerId) -> str:
        """Say no to somebody who has asked. Raises `RequestNotFound`."""
        return await self._carry_out(caller, player_id, service.decline, utc_now())

    async def remove(self, caller: "Account", player_id: PlayerId) -> str:
        """Be friends no more, take one's request back, or decline."""
        return await self._carry_out(caller, player_id, service.remove, utc_now())

    async def _carry_out(self, caller: "Account", player_id: PlayerId, operation: Operation, now: datetime) -> str:
        async with self._database.read() as connection:
            player = (await players.players_by_ids(connection, [player_id])).get(player_id)
        if player is None:
            raise no_such_player()
        me, other = await self._profiles.of_accounts([caller.id, player.account_id])
        if other.account.is_deleted:
            raise no_such_player()
        async with self._database.write() as transaction:
            step = await operation(transaction, me.account.id, other.account.id)
            await self._tell(transaction, me, other, step, now)
        return step.said

    async def _tell(
        self, transaction: "Transaction", me: "Profile", other: "Profile", step: Step, now: datetime
    ) -> None:
        if step.is_answered:
            await self._notifications.drop(transaction, me.account.id, _id(News.REQUEST, other))
        if step.is_withdrawn:
            await self._notifications.drop(transaction, other.account.id, _id(News.REQUEST, me))
        if step.news is not None:
            members = {"user": MinimalPlayer.of(me).model_dump()}
            await self._notifications.put(
                transaction, other.account.id, step.news, members, id=_id(step.news, me), now=now
            )

    # ── looking them up ──

    async def page(self, account: "Account", *, offset: int, limit: int) -> tuple[int, list["Profile"]]:
        """How many friends an account has, and some of them, the oldest friendship first."""
        async with self._database.read() as connection:
            count, ids = await service.page_of_friends(connection, account.id, offset=offset, limit=limit)
        return count, await self._profiles.of_accounts(ids)

    async def named(self, account: "Account", name: str) -> list["Profile"]:
        """The friend of this name; empty if no friend has it."""
        found = await self._profiles.named(name)
        async with self._database.read() as connection:
            friends = await service.friends_among(connection, account.id, [one.account.id for one in found])
        return [one for one in found if one.account.id in friends]

    async def requests_to(self, account: "Account") -> list[InvitationRead]:
        """Who waits for this account's answer, the oldest request first."""
        async with self._database.read() as connection:
            waiting = await service.requests_to(connection, account.id)
        askers = await self._profiles.of_accounts([request.asker_id for request in waiting])
        return [InvitationRead.of(request, asker) for request, asker in zip(waiting, askers, strict=True)]

    async def full(self, player_id: PlayerId, viewer: "Account | None") -> FullPlayerRead:
        """Everything about a player, as this account sees it, but for its games. Raises `PlayerNotFound`."""
        profile = await self._profiles.get(player_id)
        if profile is None:
            raise no_such_player()
        relation = Relation()
        if viewer is not None and viewer.id != profile.account.id:
            async with self._database.read() as connection:
                relation = await service.relation(connection, viewer.id, profile.account.id)
        is_own = viewer is not None and viewer.id == profile.account.id
        return FullPlayerRead.of(profile, await self._profiles.owner_of(profile), relation, is_own=is_own)


def _id(news: News, by: "Profile") -> str:
    """The notification's: one of each kind from each player."""
    return f"{news}:{by.player.id}"
