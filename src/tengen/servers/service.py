"""Operations on the game-server directory: register, heartbeat, lists, administration."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from tengen.accounts import service as accounts
from tengen.core.database import among
from tengen.core.errors import NotFound, TengenError
from tengen.core.security import digest, new_secret
from tengen.core.values import AccountId, ServerId
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing, parse_name
from tengen.servers.models import ServerRow

if TYPE_CHECKING:
    from sqlalchemy import Row

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


_BY_IDS = select(*_COLUMNS).where(among(ServerRow.id, "ids"))


async def servers_by_ids(connection: "Connection", ids: Collection[ServerId]) -> dict[ServerId, Server]:
    """The servers that exist among `ids`, deleted ones included."""
    return {ServerId(row[0]): _server(row) for row in await connection.all(_BY_IDS, {"ids": list(ids)})}


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
