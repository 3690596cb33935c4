"""Operations on the game-server directory: register, heartbeat, lists, administration."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, literal, select, update

from tengen.accounts import service as accounts
from tengen.accounts.service import Role
from tengen.core.database import among
from tengen.core.errors import Conflict, NotFound, TengenError
from tengen.core.security import digest, new_secret
from tengen.core.values import AccountId, ServerId
from tengen.servers.hosts import HostName
from tengen.servers.listing import InvalidListing, Listing, parse_name
from tengen.servers.models import ServerAdminRow, ServerRow

if TYPE_CHECKING:
    from sqlalchemy import Row

    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Server:
    """A game server, without its secret."""

    id: ServerId
    owner_id: AccountId | None
    host_name: str
    port: int
    display_name: str
    description: str
    game_type: str
    max_player_count: int
    current_map: str
    current_player_count: int
    created_at: datetime
    heard_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A server and what its secret is compared with. Server 1, this platform, has no secret, and so nothing matches."""

    server: Server
    secret_digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewServer:
    """A game server as it is made: `secret` is told here and never again."""

    id: ServerId
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeartbeatSign:
    """How many servers were heard from after `since`, and when the newest."""

    since: datetime
    count: int
    newest: datetime


class TooManyServers(TengenError):
    """The account has registered as many game servers as it may, those deleted since included."""

    code, status = "too_many_servers", 400


class ServerNotFound(NotFound):
    """There is no such game server, or no longer."""

    code = "server_not_found"


class ServerNotNamed(TengenError):
    """A game server has to be named, and none is."""

    code, status = "server_not_named", 400


class SeveralServersNamed(Conflict):
    """More than one game server bears the name."""

    code = "several_servers_named"


_COLUMNS = (
    ServerRow.id,
    ServerRow.owner_id,
    ServerRow.host_name,
    ServerRow.port,
    ServerRow.display_name,
    ServerRow.description,
    ServerRow.game_type,
    ServerRow.max_player_count,
    ServerRow.current_map,
    ServerRow.current_player_count,
    ServerRow.created_at,
    ServerRow.heard_at,
    ServerRow.deleted_at,
)

if TYPE_CHECKING:
    ServerRowTuple = Row[
        int, int | None, str, int, str, str, str, int, str, int, datetime, datetime | None, datetime | None
    ]


def _server(row: "ServerRowTuple") -> Server:
    return Server(ServerId(row[0]), None if row[1] is None else AccountId(row[1]), *row[2:13])


async def register(
    transaction: "Transaction", owner_id: AccountId, listing: Listing, *, limit: int | None, now: datetime
) -> NewServer:
    """Enter a game server into the directory. `limit`: how many the owner may ever register; None for any number.

    Raises `TooManyServers`.
    """
    if limit is not None:
        # Held until the commit, so that two registrations at the same moment cannot both be the last one allowed.
        await accounts.hold_account(transaction, owner_id)
        count = await transaction.one(select(func.count()).where(ServerRow.owner_id == owner_id))
        if count[0] >= limit:
            raise TooManyServers(f"User has reached the max number of servers of {limit}")
    secret = new_secret()
    row = await transaction.one(
        insert(ServerRow)
        .values(
            owner_id=owner_id,
            secret_digest=digest(secret),
            current_map="",
            current_player_count=0,
            created_at=now,
            **_columns_of(listing),
        )
        .returning(ServerRow.id)
    )
    return NewServer(ServerId(row[0]), secret)


async def create(transaction: "Transaction", owner_id: AccountId, *, name: str, url: str, now: datetime) -> NewServer:
    """Enter a game server on an administrator's word, who need not know more than where it is.

    `url` as for `HostName.of_site`. Raises `InvalidListing` and `InvalidHostName`.
    """
    site = HostName.of_site(url)
    listing = Listing(host_name=site, port=site.usual_port, display_name=parse_name(name))
    return await register(transaction, owner_id, listing, limit=None, now=now)


# What is set comes with the parameters, by the names of the columns.
_HEARTBEAT = (
    update(ServerRow).where(ServerRow.id == bindparam("server_id"), ServerRow.deleted_at.is_(None)).returning(*_COLUMNS)
)


async def heartbeat(
    connection: "Connection",
    server_id: ServerId,
    listing: Listing,
    *,
    current_map: str,
    current_player_count: int,
    now: datetime,
) -> Server:
    """Note a server's sign of life, with its state. One statement. Raises `ServerNotFound`."""
    state = {"current_map": current_map, "current_player_count": current_player_count, "heard_at": now}
    row = await connection.first(_HEARTBEAT, {"server_id": server_id, **state, **_columns_of(listing)})
    if row is None:
        raise _not_found()
    return _server(row)


_KEYS = select(*_COLUMNS, ServerRow.secret_digest).where(among(ServerRow.id, "ids"))


async def server_keys(connection: "Connection", ids: Collection[int]) -> dict[ServerId, ServerKey]:
    """The servers that exist among `ids`, deleted ones included, with what their secrets are compared with."""
    rows = await connection.all(_KEYS, {"ids": list(ids)})
    return {ServerId(row[0]): ServerKey(_server(row[:13]), row[13]) for row in rows}  # type: ignore[arg-type]  # a slice loses the types


_KEYS_NAMED = (
    select(*_COLUMNS, ServerRow.secret_digest)
    .where(ServerRow.display_name.in_(bindparam("names", expanding=True)), ServerRow.deleted_at.is_(None))
    .order_by(ServerRow.id)
)


async def server_keys_named(connection: "Connection", names: Collection[str]) -> dict[str, list[ServerKey]]:
    """The servers listed under these very names, with what their secrets are compared with; deleted ones left out.

    A name may be several servers', so each gives a list, in the order of ids.
    """
    rows = await connection.all(_KEYS_NAMED, {"names": list(names)})
    keys: dict[str, list[ServerKey]] = {}
    for row in rows:
        key = ServerKey(_server(row[:13]), row[13])  # type: ignore[arg-type]  # a slice loses the types
        keys.setdefault(key.server.display_name, []).append(key)
    return keys


_BY_IDS = select(*_COLUMNS).where(among(ServerRow.id, "ids"))


async def servers_by_ids(connection: "Connection", ids: Collection[ServerId]) -> dict[ServerId, Server]:
    """The servers that exist among `ids`, deleted ones included."""
    return {ServerId(row[0]): _server(row) for row in await connection.all(_BY_IDS, {"ids": list(ids)})}


async def find_server(connection: "Connection", server_id: ServerId | None, name: str | None = None) -> Server:
    """The server with this id, or without an id the one that is listed under this very name.

    Raises `ServerNotFound`, also for deleted ones, `SeveralServersNamed`, and `ServerNotNamed` without id and name.
    """
    if server_id is not None:
        found = [*(await servers_by_ids(connection, [server_id])).values()]
    elif name is not None:
        found = await _servers_named(connection, name)
    else:
        raise ServerNotNamed("Name the game server: server_id, or game_server with its name, is missing.")
    present = [server for server in found if server.deleted_at is None]
    if not present:
        raise _not_found()
    if len(present) > 1:
        ids = ", ".join(str(server.id) for server in present[:5])
        raise SeveralServersNamed(f"{len(present)} servers have this name: name yours by its id. The first are {ids}.")
    return present[0]


async def _servers_named(connection: "Connection", name: str) -> list[Server]:
    try:
        listed = parse_name(name)
    except InvalidListing:
        return []  # no server is listed by that
    return [key.server for key in (await server_keys_named(connection, [listed])).get(listed, [])]


async def servers_of(connection: "Connection", owner_id: AccountId) -> list[Server]:
    """The servers of this owner, in the order of their ids, without deleted ones."""
    rows = await connection.all(
        select(*_COLUMNS).where(ServerRow.owner_id == owner_id, ServerRow.deleted_at.is_(None)).order_by(ServerRow.id)
    )
    return [_server(row) for row in rows]


_HEARD_SINCE = select(*_COLUMNS).where(ServerRow.heard_at > bindparam("since"), ServerRow.deleted_at.is_(None))


async def heard_since(connection: "Connection", since: datetime) -> list[Server]:
    """The servers heard from later than `since`, in no order. Server 1, this platform, sends no heartbeats."""
    return [_server(row) for row in await connection.all(_HEARD_SINCE, {"since": since})]


_SIGN = select(func.count(), func.max(ServerRow.heard_at)).where(
    ServerRow.heard_at > bindparam("since"), ServerRow.deleted_at.is_(None)
)


async def has_changed(connection: "Connection", sign: HeartbeatSign) -> bool:
    """Whether there are other heartbeats than the `sign` tells. Cheaper than reading the servers."""
    count, newest = await connection.one(_SIGN, {"since": sign.since})
    return count != sign.count or newest != sign.newest


async def list_servers(connection: "Connection", *, after_id: int = 0, limit: int = 100) -> list[Server]:
    """Servers in the order of their ids, from the first after `after_id`; this platform and deleted ones included."""
    rows = await connection.all(select(*_COLUMNS).where(ServerRow.id > after_id).order_by(ServerRow.id).limit(limit))
    return [_server(row) for row in rows]


_IS_OWNER = ServerRow.owner_id == bindparam("account")
_IS_ADMIN = (
    select(literal(1))
    .where(ServerAdminRow.server_id == ServerRow.id, ServerAdminRow.account_id == bindparam("account"))
    .exists()
)
_LOOKED_AFTER = select(ServerRow.id).where(
    ServerRow.id == bindparam("server"), ServerRow.deleted_at.is_(None), _IS_OWNER | _IS_ADMIN
)


async def may_manage(connection: "Connection", server_id: ServerId, account: "Account") -> bool:
    """Whether the account may decide for the game server: its owner, its admins, and administrators of the platform.

    Those alone may for this platform, which is server 1, and for deleted and unknown servers.
    """
    if await connection.first(_LOOKED_AFTER, {"server": server_id, "account": account.id}) is not None:
        return True
    return await accounts.has_role(connection, account.id, Role.ADMIN)


async def reset_secret(transaction: "Transaction", server_id: ServerId) -> NewServer:
    """Give a server another secret; the old one is void from the commit on. Raises `ServerNotFound`."""
    secret = new_secret()
    touched = await transaction.run(
        update(ServerRow)
        .where(ServerRow.id == server_id, ServerRow.owner_id.is_not(None), ServerRow.deleted_at.is_(None))
        .values(secret_digest=digest(secret))
    )
    if not touched:
        raise _not_found()
    return NewServer(server_id, secret)


async def delete_server(transaction: "Transaction", server_id: ServerId, now: datetime) -> None:
    """Take a server out of the directory: it neither signs in nor appears any more. Its games remain.

    Raises `ServerNotFound`, also for server 1: this platform takes part as long as it runs.
    """
    touched = await transaction.run(
        update(ServerRow)
        .where(ServerRow.id == server_id, ServerRow.owner_id.is_not(None), ServerRow.deleted_at.is_(None))
        .values(deleted_at=now)
    )
    if not touched:
        raise _not_found()


def _not_found() -> ServerNotFound:
    return ServerNotFound("Server not found")


def _columns_of(listing: Listing) -> dict[str, str | int]:
    return {
        "host_name": listing.host_name.text,
        "port": listing.port,
        "display_name": listing.display_name,
        "description": listing.description,
        "game_type": listing.game_type,
        "max_player_count": listing.max_player_count,
    }
