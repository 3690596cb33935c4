"""Builders for tests of the directory, in a database and, the last, over HTTP."""

from datetime import datetime
from typing import Any

from tengen.accounts import service as accounts
from tengen.accounts.service import Role
from tengen.core.database import Database
from tengen.core.values import AccountId, ServerId
from tengen.servers import service
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing
from tengen.servers.service import NewServer, Server
from tests.support.builders import NOON, User, a_verified_user, an_account
from tests.support.operations import operate
from tests.support.server import Server as Platform


def a_plain_listing(*, host_name: str = "203.0.113.20", **changes: Any) -> Listing:
    """How a server presents itself."""
    defaults: dict[str, Any] = {
        "port": 11235,
        "display_name": "Quiet Valley",
        "description": "beginners",
        "game_type": "RTSS",
        "max_player_count": 32,
    }
    return Listing(host_name=HostName.parse(host_name), **defaults | changes)


async def a_new_server(
    database: Database,
    *,
    owner_id: AccountId | None = None,
    limit: int | None = 5,
    now: datetime = NOON,
    **listing: Any,
) -> NewServer:
    """A registered server, of a new account unless `owner_id` says whose."""
    owner_id = owner_id or (await an_account(database)).id
    async with database.write() as transaction:
        return await service.register(transaction, owner_id, a_plain_listing(**listing), limit=limit, now=now)


async def a_heartbeat_of(
    database: Database,
    server_id: ServerId,
    *,
    now: datetime = NOON,
    current_map: str = "eden2",
    current_player_count: int = 7,
    **listing: Any,
) -> Server:
    """A server's sign of life at `now`."""
    async with database.write_one() as connection:
        return await service.heartbeat(
            connection,
            server_id,
            a_plain_listing(**listing),
            current_map=current_map,
            current_player_count=current_player_count,
            now=now,
        )


def an_administrator(server: Platform) -> User:
    """An account with the role `admin`."""
    user = a_verified_user(server)
    operate(server, lambda transaction: accounts.grant_roles(transaction, AccountId(user.id), [Role.ADMIN]))
    return user
