"""Operations on notifications: what an account is told is kept until it says that it has read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.values import AccountId
from tengen.notifications.models import NotificationRow

if TYPE_CHECKING:
    from tengen.accounts.service import AccountClosed
    from tengen.core.database import Connection, Transaction

MOST_KEPT = 200
"""Of one account: what nobody reads is forgotten, the oldest first."""


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that an account is told. `members` are those of its kind, as JSON has them."""

    id: str
    kind: str
    told_at: datetime
    members: Mapping[str, Any]

    def to_wire(self) -> dict[str, Any]:
        """As OGS writes it: `timestamp` in seconds since 1970."""
        return {"id": self.id, "type": self.kind, "timestamp": int(self.told_at.timestamp()), **self.members}


_LIST = (
    select(NotificationRow.id, NotificationRow.kind, NotificationRow.told_at, NotificationRow.body)
    .where(NotificationRow.account_id == bindparam("account"))
    .order_by(NotificationRow.told_at, NotificationRow.id)
)
_SURPLUS = (
    select(NotificationRow.id)
    .where(NotificationRow.account_id == bindparam("account"))
    .order_by(NotificationRow.told_at.desc(), NotificationRow.id.desc())
    .offset(MOST_KEPT)
)
# Who tells two accounts something at the same moment, each in another order, must not wait for the other here.
_FORGET_SURPLUS = delete(NotificationRow).where(
    NotificationRow.account_id == bindparam("account"),
    NotificationRow.id.in_(
        select(NotificationRow.id)
        .where(NotificationRow.account_id == bindparam("account"), NotificationRow.id.in_(_SURPLUS))
        .with_for_update(skip_locked=True)
    ),
)
_DROP = delete(NotificationRow).where(
    NotificationRow.account_id == bindparam("account"), NotificationRow.id == bindparam("notification")
)


async def store(transaction: "Transaction", account_id: AccountId, notification: Notification) -> None:
    """Keep it for the account, instead of what it had with this id. Two statements."""
    insert = (sqlite if transaction.dialect == "sqlite" else postgresql).insert(NotificationRow)
    values = {
        "kind": notification.kind,
        "told_at": notification.told_at,
        "body": json.dumps(notification.members, separators=(",", ":"), allow_nan=False),
    }
    await transaction.run(
        insert.values(account_id=account_id, id=notification.id, **values).on_conflict_do_update(
            index_elements=[NotificationRow.account_id, NotificationRow.id], set_=values
        )
    )
    await transaction.run(_FORGET_SURPLUS, {"account": account_id})


async def drop(transaction: "Transaction", account_id: AccountId, notification_id: str) -> bool:
    """Forget one. Returns whether there was one."""
    return await transaction.run(_DROP, {"account": account_id, "notification": notification_id}) > 0


async def notifications_of(connection: "Connection", account_id: AccountId) -> list[Notification]:
    """What the account has not read yet, the oldest first. One statement."""
    rows = await connection.all(_LIST, {"account": account_id})
    return [Notification(number, kind, told_at, json.loads(body)) for number, kind, told_at, body in rows]


async def forget(transaction: "Transaction", closed: "AccountClosed") -> None:
    """An account that is closed is told nothing any more."""
    await transaction.run(delete(NotificationRow).where(NotificationRow.account_id == closed.account_id))
