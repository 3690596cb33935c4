"""Who looks after a game server: its owner, and the admins that they add."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from tengen.accounts import service as accounts
from tengen.accounts.names import LoginName
from tengen.accounts.service import AccountNotFound
from tengen.core.errors import Conflict, Forbidden, NotFound, TengenError
from tengen.core.values import AccountId, ServerId
from tengen.servers.models import ServerAdminRow, ServerRow
from tengen.servers.service import ServerNotFound, may_manage

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Transaction


@dataclass(frozen=True, slots=True)
class ServerAdmin:
    """An account that looks after a game server. `since`: when it was added; for the owner, when the server was."""

    account_id: AccountId
    display_name: str
    is_owner: bool
    since: datetime


class NotServerAdmin(Forbidden):
    """The caller is neither the server's owner nor one of its admins."""

    code = "not_server_admin"


class AccountNotNamed(TengenError):
    """An account has to be named, and none is."""

    code, status = "account_not_named", 400


class TooManyServerAdmins(TengenError):
    """The server has as many admins as it may."""

    code, status = "too_many_server_admins", 400


class AlreadyServerAdmin(Conflict):
    """The account is an admin of the server already, or its owner."""

    code = "already_server_admin"


class ServerAdminNotFound(NotFound):
    """The account is no admin of the server."""

    code = "server_admin_not_found"


class OwnerStays(Forbidden):
    """The owner of a server cannot be removed from its admins."""

    code = "owner_stays"


async def check_may_manage(connection: "Connection", server_id: ServerId, account: "Account") -> None:
    """Raises `NotServerAdmin` for an account that may not decide for the server, and `ServerNotFound`.

    There is nothing to decide for server 1, this platform, and for deleted ones.
    """
    await _owner_of(connection, server_id)
    if not await may_manage(connection, server_id, account):
        raise NotServerAdmin("Only the owner and the admins of this server may do this.")


async def admins_of(connection: "Connection", server_id: ServerId) -> list[ServerAdmin]:
    """The owner, and after them the admins in the order in which they were added. Raises `ServerNotFound`."""
    owner_id, created_at = await _owner_of(connection, server_id)
    rows = await connection.all(
        select(ServerAdminRow.account_id, ServerAdminRow.added_at)
        .where(ServerAdminRow.server_id == server_id)
        .order_by(ServerAdminRow.added_at, ServerAdminRow.account_id)
    )
    since = {owner_id: created_at} | {AccountId(account_id): added_at for account_id, added_at in rows}
    people = await accounts.accounts_by_ids(connection, since)
    return [
        ServerAdmin(account_id, people[account_id].display_name, account_id == owner_id, instant)
        for account_id, instant in since.items()
    ]


async def find_new_admin(connection: "Connection", account_id: int | None, display_name: str | None) -> "Account":
    """The account with this id, or without an id that of this display name.

    An e-mail address finds nobody: whose it is is not told. Raises `AccountNotFound`, and `AccountNotNamed` without
    id and name.
    """
    if account_id is not None:
        found = (await accounts.accounts_by_ids(connection, [account_id])).get(AccountId(account_id))
    elif display_name is not None:
        name = LoginName.parse(display_name)
        known = None if name.is_email else await accounts.account_by_login(connection, name)
        found = None if known is None else known[0]
    else:
        raise AccountNotNamed("Name the account: its account_id or its display_name is missing.")
    if found is None or found.deleted_at is not None:
        raise AccountNotFound("User not found")
    return found


async def add_admin(
    transaction: "Transaction", server_id: ServerId, account: "Account", *, limit: int | None, now: datetime
) -> ServerAdmin:
    """Let an account look after a server. `limit`: how many may, its owner not counted; None for any number.

    Raises `ServerNotFound`, `AlreadyServerAdmin`, `TooManyServerAdmins`.
    """
    # Held until the commit, so that two at the same moment cannot both be the last one allowed.
    owner_id, _ = await _owner_of(transaction, server_id, hold=True)
    rows = await transaction.all(select(ServerAdminRow.account_id).where(ServerAdminRow.server_id == server_id))
    if account.id == owner_id or any(row[0] == account.id for row in rows):
        raise AlreadyServerAdmin(f"{account.display_name} looks after this server already.")
    if limit is not None and len(rows) >= limit:
        raise TooManyServerAdmins(f"This server has {limit} admins, as many as it may: remove one first.")
    await transaction.run(insert(ServerAdminRow).values(server_id=server_id, account_id=account.id, added_at=now))
    return ServerAdmin(account.id, account.display_name, is_owner=False, since=now)


async def remove_admin(transaction: "Transaction", server_id: ServerId, account_id: AccountId) -> None:
    """End an account's looking after a server. Raises `ServerNotFound`, `OwnerStays`, `ServerAdminNotFound`."""
    owner_id, _ = await _owner_of(transaction, server_id)
    if account_id == owner_id:
        raise OwnerStays("The owner of a server is always among its admins, and cannot be removed.")
    touched = await transaction.run(
        delete(ServerAdminRow).where(ServerAdminRow.server_id == server_id, ServerAdminRow.account_id == account_id)
    )
    if not touched:
        raise ServerAdminNotFound("This account is no admin of the server.")


async def _owner_of(connection: "Connection", server_id: ServerId, *, hold: bool = False) -> tuple[AccountId, datetime]:
    """The owner, and when the server was made. Raises `ServerNotFound` for deleted ones and server 1, too."""
    statement = select(ServerRow.owner_id, ServerRow.created_at).where(
        ServerRow.id == server_id, ServerRow.deleted_at.is_(None)
    )
    row = await connection.first(statement.with_for_update(key_share=True) if hold else statement)
    if row is None or row[0] is None:
        raise ServerNotFound("Server not found")
    return AccountId(row[0]), row[1]
