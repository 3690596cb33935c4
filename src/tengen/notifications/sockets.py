"""Notifications over live connections."""

from typing import TYPE_CHECKING, Any

from tengen.core.errors import TengenError
from tengen.core.values import AccountId
from tengen.notifications.runtime import EVENT

if TYPE_CHECKING:
    from tengen.notifications.runtime import Notifications
    from tengen.realtime.clients import Client
    from tengen.realtime.commands import Commands
    from tengen.realtime.sessions import Sessions


class InvalidNotificationId(TengenError):
    """The message does not say which notification is meant."""

    code, status = "invalid_notification_id", 400


def register(commands: "Commands", sessions: "Sessions", notifications: "Notifications") -> None:
    """Let accounts be told what they have not read yet, and say that they have read it."""
    sockets = NotificationSockets(notifications)
    commands.on("notification/delete", sockets.delete)
    sessions.when_authenticated(sockets.tell_unread)


class NotificationSockets:
    """What clients ask of notifications."""

    def __init__(self, notifications: "Notifications") -> None:
        self._notifications = notifications

    async def tell_unread(self, client: "Client") -> None:
        """Send everything that the account has not read yet, the oldest first."""
        if client.identity is None:
            return
        for notification in await self._notifications.unread(AccountId(client.identity.account_id)):
            client.send(EVENT, notification.to_wire())

    async def delete(self, client: "Client", payload: Any) -> None:
        """`notification/delete`: the account has read it. One that it does not have is no mistake.

        Guests have none. Raises `InvalidNotificationId`.
        """
        wanted = payload.get("notification_id") if isinstance(payload, dict) else None
        if not isinstance(wanted, str):
            raise InvalidNotificationId("notification_id must be the id of a notification, as text.")
        if client.identity is not None:
            await self._notifications.read(AccountId(client.identity.account_id), wanted)
