"""Accounts as anybody may see them: without e-mail, and without the deleted ones where people are listed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from tengen.accounts.models import AccountRow, RoleRow
from tengen.accounts.service import Role
from tengen.core.database import among
from tengen.core.values import AccountId, name_key

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ColumnExpressionArgument

    from tengen.core.database import Connection


@dataclass(frozen=True, slots=True)
class PublicAccount:
    """What anybody may know of an account."""

    id: AccountId
    display_name: str
    roles: frozenset[Role]
    registered_at: datetime
    is_verified: bool
    is_deleted: bool
    owner_id: AccountId | None
    """Whose bot it is; None for persons."""

    @property
    def is_bot(self) -> bool:
        """Whether a program plays."""
        return Role.BOT in self.roles or self.owner_id is not None


_BY_IDS = (
    select(
        AccountRow.id,
        AccountRow.display_name,
        AccountRow.created_at,
        AccountRow.verified_at,
        AccountRow.deleted_at,
        AccountRow.owner_id,
        func.coalesce(RoleRow.role, ""),
    )
    .outerjoin(RoleRow, RoleRow.account_id == AccountRow.id)
    .where(among(AccountRow.id, "ids"))
)


async def public_accounts(connection: "Connection", ids: Collection[AccountId]) -> dict[AccountId, PublicAccount]:
    """What anybody may know of the accounts that exist among `ids`, deleted ones included. One statement."""
    found: dict[AccountId, PublicAccount] = {}
    for number, name, registered_at, verified_at, deleted_at, owner_id, role in await connection.all(
        _BY_IDS, {"ids": list(ids)}
    ):
        account_id = AccountId(number)
        known = found[account_id].roles if account_id in found else frozenset()
        found[account_id] = PublicAccount(
            id=account_id,
            display_name=name,
            roles=known | {Role(role)} if role else known,
            registered_at=registered_at,
            is_verified=verified_at is not None,
            is_deleted=deleted_at is not None,
            owner_id=None if owner_id is None else AccountId(owner_id),
        )
    return found


class Order(StrEnum):
    """How accounts are listed; a leading `-` turns it round."""

    ID = "id"
    ID_DOWN = "-id"
    NAME = "username"
    NAME_DOWN = "-username"


_ORDERS: "dict[Order, ColumnElement[Any]]" = {
    Order.ID: AccountRow.id.asc(),
    Order.ID_DOWN: AccountRow.id.desc(),
    Order.NAME: AccountRow.name_key.asc(),
    Order.NAME_DOWN: AccountRow.name_key.desc(),
}


async def list_public(connection: "Connection", *, order: Order, offset: int, limit: int) -> list[AccountId]:
    """Accounts that are not deleted, from the one after the first `offset`."""
    rows = await connection.all(
        select(AccountRow.id)
        .where(AccountRow.deleted_at.is_(None))
        .order_by(_ORDERS[order])
        .offset(offset)
        .limit(limit)
    )
    return [AccountId(row[0]) for row in rows]


async def count_public(connection: "Connection") -> int:
    """How many accounts are not deleted."""
    return (await connection.one(select(func.count()).where(AccountRow.deleted_at.is_(None))))[0]


async def public_by_name(connection: "Connection", name: str) -> AccountId | None:
    """The account of this display name, unless it is deleted: spelt so, or in a way that reads the same."""
    # What no database can hold is in no name.
    clean = name.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    row = await connection.first(
        select(AccountRow.id).where(AccountRow.name_key == name_key(clean), AccountRow.deleted_at.is_(None))
    )
    return None if row is None else AccountId(row[0])


def is_there(account_id: "ColumnExpressionArgument[int]") -> "ColumnElement[bool]":
    """For other features' statements: whether the account of this id is not deleted."""
    # Looked up for each row that gets so far. As a join, databases read all accounts to find the few deleted ones.
    deleted_at = select(AccountRow.deleted_at).where(AccountRow.id == account_id).scalar_subquery()
    return deleted_at.is_(None)


def name_of(account_id: "ColumnExpressionArgument[int]") -> "ColumnElement[str]":
    """For other features' statements: the display name of the account of this id, be it deleted or not."""
    return select(AccountRow.display_name).where(AccountRow.id == account_id).scalar_subquery()
