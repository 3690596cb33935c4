"""The part of this feature that lives as long as the process: telling accounts, wherever they are connected."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.notifications import service
from tengen.notifications.service import Notification

if TYPE_CHECKING:
    from tengen.core.database import Connection, Database, Transaction
    from tengen.realtime.hub import Hub
    from tengen.realtime.messages import Json

EVENT = "notification"
"""By which clients are told."""


class Notifications:
    """Keeps what accounts are told, and tells those that are connected at once."""

    def __init__(self, database: "Database", hub: "Hub") -> None:
        self._database = database
        self._hub = hub

    @classmethod
    def of(cls, platform: Platform, hub: "Hub") -> "Notifications":
        """Built once, from the platform and its hub."""
        return cls(platform.database, hub)

    async def put(
        self,
        transaction: "Transaction",
        account_id: AccountId,
        kind: str,
        members: Mapping[str, Any],
        *,
        id: str,  # noqa: A002  # its name on the wire
        now: datetime,
    ) -> None:
        """Tell an account something, once the transaction is committed.

        `id` is the same for the same news: it replaces what the account had with it. `members` are those of the kind,
        as JSON has them. Two statements.
        """
        notification = Notification(id, kind, now, members)
        await service.store(transaction, account_id, notification)
        self._push_later(transaction, account_id, notification.to_wire())

    async def drop(self, transaction: "Transaction", account_id: AccountId, id: str) -> None:  # noqa: A002
        """Take it back, or forget it because it was read; every client of the account forgets it, too.

        It may be unknown. One statement.
        """
        if await service.drop(transaction, account_id, id):
            self._push_later(transaction, account_id, {"id": id, "type": "delete"})

    async def list_of(self, connection: "Connection", account_id: AccountId) -> list[Notification]:
        """What an account has not read yet, the oldest first. One statement."""
        return await service.notifications_of(connection, account_id)

    async def unread(self, account_id: AccountId) -> list[Notification]:
        """`list_of`, on a connection of its own."""
        async with self._database.read() as connection:
            return await self.list_of(connection, account_id)

    async def read(self, account_id: AccountId, notification_id: str) -> None:
        """`drop` for who says that it has read it, in a transaction of its own."""
        async with self._database.write() as transaction:
            await self.drop(transaction, account_id, notification_id)

    def _push_later(self, transaction: "Transaction", account_id: AccountId, payload: "Json") -> None:
        message: Json = {"event": EVENT, "payload": payload}
        transaction.when_committed(lambda: self._hub.publish(f"user:{account_id}", message))
