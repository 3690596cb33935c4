"""Operations on players: an account joins a server and gets a token there, renews it, takes another name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from tengen.accounts import service as accounts
from tengen.accounts.service import Role
from tengen.core.database import among
from tengen.core.errors import Conflict, Forbidden, Invalid, NotFound
from tengen.core.rows import BulkInsert, NewIds
from tengen.core.security import digest, new_secret
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.players.models import PlayerRow
from tengen.players.names import usual_name
from tengen.servers import service as servers

if TYPE_CHECKING:
    from sqlalchemy import Row, ScalarSelect

    from tengen.accounts.service import Account, AccountClosed, AccountRegistered, AccountRenamed, StandInsAdded
    from tengen.core.database import Connection, Transaction
    from tengen.servers.service import Server


class UnknownAccounts(Invalid):
    """Accounts are named that do not exist."""

    code = "unknown_accounts"


class PlayerNotFound(NotFound):
    """There is no such player."""

    code = "player_not_found"


class PlayerExists(Conflict):
    """The account has a player with a token on the server already."""

    code = "player_exists"


class IsHomePlayer(Conflict):
    """It is an account's player on this platform, which has its account's name and needs no token."""

    code = "is_home_player"


class NotPlayersOwner(Forbidden):
    """The player is another account's."""

    code = "not_players_owner"


class PlayerMadeMeanwhile(Conflict):
    """An account got a player on a server while it was to be given another one there."""

    code = "player_made_meanwhile"


HOME = ServerId(1)
"""This platform, as a server: every account has a player here."""


@dataclass(frozen=True, slots=True)
class Player:
    """An account on a server, by the name it has there."""

    id: PlayerId
    account_id: AccountId
    name: str
    server_id: ServerId


@dataclass(frozen=True, slots=True)
class PlayerKey:
    """A player with the digest of its report token; None if it has none."""

    player: Player
    token_digest: bytes | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A player with its token as it is made: told here and never again."""

    player: Player
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedPlayer:
    """A player as its owner sees it, or an administrator."""

    player: Player
    server_name: str
    has_token: bool
    created_at: datetime


async def add_home_player(transaction: "Transaction", registered: "AccountRegistered") -> None:
    """Give a new account its player on this platform, in the transaction that makes the account."""
    await transaction.run(
        insert(PlayerRow).values(
            server_id=HOME,
            account_id=registered.account_id,
            name=registered.display_name,
            created_at=datetime.fromisoformat(registered.at),
        )
    )


async def add_home_players(transaction: "Transaction", added: "StandInsAdded") -> None:
    """The same for many accounts that nobody signs in by."""
    await _enter(transaction, HOME, added.accounts, datetime.fromisoformat(added.at))


async def forget_tokens(transaction: "Transaction", closed: "AccountClosed") -> None:
    """Let no server report for an account that is closed."""
    await transaction.run(update(PlayerRow).where(PlayerRow.account_id == closed.account_id).values(token_digest=None))


async def rename_home_player(transaction: "Transaction", renamed: "AccountRenamed") -> None:
    """Let the player on this platform bear its account's new name. Names on other servers are theirs."""
    await transaction.run(
        update(PlayerRow)
        .where(PlayerRow.server_id == HOME, PlayerRow.account_id == renamed.account_id)
        .values(name=renamed.display_name)
    )


# ── joining a server ──


async def add_player(
    transaction: "Transaction", account: "Account", server: "Server", *, name: str | None, now: datetime
) -> NewToken:
    """Make the account a player on a server, by this name (`parse_name`) or by its own, with a token.

    One whom the platform made when the server reported a match has no token yet: it gets one, and the name. Raises
    `IsHomePlayer` and `PlayerExists`.
    """
    if server.id == HOME:
        raise IsHomePlayer(
            "Server 1 is this platform, where every account is a player from the start, without a token."
        )
    token = new_secret()
    chosen = {"name": name or usual_name(account.display_name), "token_digest": digest(token)}
    statement = (
        (sqlite if transaction.dialect == "sqlite" else postgresql)
        .insert(PlayerRow)
        .values(server_id=server.id, account_id=account.id, created_at=now, **chosen)
        .on_conflict_do_update(
            index_elements=[PlayerRow.server_id, PlayerRow.account_id],
            set_=chosen,
            where=PlayerRow.token_digest.is_(None),
        )
        .returning(*_PLAYER)
    )
    row = await transaction.first(statement)
    if row is None:
        known = (await players_on(transaction, server.id, [account.id]))[account.id]
        raise PlayerExists(
            f"The account is a player on this server already, number {known}: if the token was lost, reset it."
        )
    return NewToken(_player(*row), token)


async def reset_token(transaction: "Transaction", player_id: PlayerId) -> NewToken:
    """Give a player another token, or its first; the old one is void from the commit on.

    Raises `PlayerNotFound` and `IsHomePlayer`.
    """
    token = new_secret()
    return NewToken(await _change(transaction, player_id, token_digest=digest(token)), token)


async def rename_player(transaction: "Transaction", player_id: PlayerId, name: str) -> ListedPlayer:
    """Give a player another name on its server (`parse_name`). Raises `PlayerNotFound` and `IsHomePlayer`."""
    await _change(transaction, player_id, name=name)
    (renamed,) = await _listed(transaction, await transaction.all(_LISTED.where(PlayerRow.id == player_id)))
    return renamed


async def _change(transaction: "Transaction", player_id: PlayerId, **columns: str | bytes) -> Player:
    row = await transaction.first(
        update(PlayerRow)
        .where(PlayerRow.id == player_id, PlayerRow.server_id != HOME)
        .values(**columns)
        .returning(*_PLAYER)
    )
    if row is not None:
        return _player(*row)
    if player_id in await players_by_ids(transaction, [player_id]):
        raise IsHomePlayer("This is a player on this platform: it has its account's name, and needs no token.")
    raise PlayerNotFound("Player not found")


async def check_may_manage(connection: "Connection", player_id: PlayerId, account: "Account") -> None:
    """Raises `NotPlayersOwner` for whoever is neither the player nor an administrator, and `PlayerNotFound`."""
    player = (await players_by_ids(connection, [player_id])).get(player_id)
    if player is None:
        raise PlayerNotFound("Player not found")
    if player.account_id != account.id and not await accounts.has_role(connection, account.id, Role.ADMIN):
        raise NotPlayersOwner("This player is another account's.")


# ── looking them up ──

_PLAYER = (PlayerRow.id, PlayerRow.account_id, PlayerRow.name, PlayerRow.server_id)
_BY_IDS = select(*_PLAYER).where(among(PlayerRow.id, "players"))
_KEYS = select(*_PLAYER, PlayerRow.token_digest).where(among(PlayerRow.id, "players"))


async def players_by_ids(connection: "Connection", player_ids: Collection[PlayerId]) -> dict[PlayerId, Player]:
    """The players that exist among these."""
    rows = await connection.all(_BY_IDS, {"players": list(player_ids)})
    return {PlayerId(row[0]): _player(*row) for row in rows}


async def accounts_of(connection: "Connection", player_ids: Collection[PlayerId]) -> dict[PlayerId, AccountId]:
    """The accounts of the players that exist among these."""
    rows = await connection.all(_ACCOUNTS, {"players": list(player_ids)})
    return {PlayerId(row[0]): AccountId(row[1]) for row in rows}


_ACCOUNTS = select(PlayerRow.id, PlayerRow.account_id).where(among(PlayerRow.id, "players"))


async def player_keys(connection: "Connection", player_ids: Collection[PlayerId]) -> dict[PlayerId, PlayerKey]:
    """The players that exist among these, with what their tokens are compared with."""
    rows = await connection.all(_KEYS, {"players": list(player_ids)})
    return {PlayerId(row[0]): PlayerKey(_player(*row[:4]), row[4]) for row in rows}


_BY_TOKEN = select(*_PLAYER).where(PlayerRow.token_digest == bindparam("digest"))


async def player_by_token(connection: "Connection", token: str) -> Player | None:
    """The player whose token this is, if anybody's. It is found by its digest, so that time tells nothing of it."""
    if not token.isascii():  # it may even hold what cannot be encoded
        return None
    row = await connection.first(_BY_TOKEN, {"digest": digest(token)})
    return None if row is None else _player(*row)


_LISTED = select(*_PLAYER, PlayerRow.token_digest.is_not(None), PlayerRow.created_at)


async def list_players(
    connection: "Connection",
    *,
    server_id: ServerId | None = None,
    account_id: AccountId | None = None,
    after_id: int = 0,
    limit: int | None = None,
) -> list[ListedPlayer]:
    """Players in the order of their ids, from the first after `after_id`: all, or a server's, or an account's."""
    statement = _LISTED.where(PlayerRow.id > after_id)
    if server_id is not None:
        statement = statement.where(PlayerRow.server_id == server_id)
    if account_id is not None:
        statement = statement.where(PlayerRow.account_id == account_id)
    rows = await connection.all(statement.order_by(PlayerRow.id).limit(limit))
    return await _listed(connection, rows)


async def _listed(
    connection: "Connection", rows: "Sequence[Row[int, int, str, int, bool, datetime]]"
) -> list[ListedPlayer]:
    places = await servers.servers_by_ids(connection, {ServerId(row[3]) for row in rows})
    return [ListedPlayer(_player(*row[:4]), places[ServerId(row[3])].display_name, row[4], row[5]) for row in rows]


def _player(player_id: int, account_id: int, name: str, server_id: int) -> Player:
    return Player(PlayerId(player_id), AccountId(account_id), name, ServerId(server_id))


_PLAYERS_ON = select(PlayerRow.account_id, PlayerRow.id).where(
    PlayerRow.server_id == bindparam("server"), among(PlayerRow.account_id, "accounts")
)


async def players_on(
    connection: "Connection", server_id: ServerId, account_ids: Collection[AccountId]
) -> dict[AccountId, PlayerId]:
    """The players that these accounts have on a server; accounts without one are left out."""
    rows = await connection.all(_PLAYERS_ON, {"server": server_id, "accounts": list(account_ids)})
    return {AccountId(row[0]): PlayerId(row[1]) for row in rows}


_AT_HOME = select(*_PLAYER).where(PlayerRow.server_id == HOME, among(PlayerRow.account_id, "accounts"))


async def home_players(connection: "Connection", account_ids: Collection[AccountId]) -> dict[AccountId, Player]:
    """The players of these accounts on this platform, which bear their accounts' names."""
    rows = await connection.all(_AT_HOME, {"accounts": list(account_ids)})
    return {AccountId(row[1]): _player(*row) for row in rows}


def account_of(parameter: str) -> "ScalarSelect[int]":
    """For other features' statements: the account of the player whose id is in the parameter of this name."""
    return select(PlayerRow.account_id).where(PlayerRow.id == bindparam(parameter, type_=BigInteger)).scalar_subquery()


async def ensure_players(
    transaction: "Transaction", server_id: ServerId, account_ids: Collection[AccountId], now: datetime
) -> dict[AccountId, PlayerId]:
    """The players of these accounts on a server; those who have none get one, by their account's name.

    One statement when all have one already. Raises `UnknownAccounts`.
    """
    if not account_ids:
        return {}
    found = await players_on(transaction, server_id, account_ids)
    missing = sorted(set(account_ids) - found.keys())
    if not missing:
        return found
    known = await accounts.names_of(transaction, missing)
    if len(known) < len(missing):
        unknown = ", ".join(str(account_id) for account_id in missing if account_id not in known)
        raise UnknownAccounts(f"There are no accounts with these ids: {unknown}.")
    await _enter(transaction, server_id, [*known.items()], now)
    return await players_on(transaction, server_id, account_ids)


_NAMED = select(*_PLAYER).where(PlayerRow.server_id == bindparam("server"), among(PlayerRow.name, "names"))


async def players_named(connection: "Connection", server_id: ServerId, names: Collection[str]) -> list[Player]:
    """The players on a server who bear these very names there. Several may bear one."""
    rows = await connection.all(_NAMED, {"server": server_id, "names": list(names)})
    return [_player(*row) for row in rows]


async def enter_players(
    transaction: "Transaction", server_id: ServerId, names: Mapping[AccountId, str], now: datetime
) -> dict[AccountId, PlayerId]:
    """Make these accounts, at least one, players on a server by these names (not checked). None has a player there."""
    await _enter(transaction, server_id, [*names.items()], now)
    return await players_on(transaction, server_id, names.keys())


_NEW_IDS = NewIds(PlayerRow.id)
_NEW_PLAYERS = BulkInsert(
    PlayerRow, (PlayerRow.id, PlayerRow.server_id, PlayerRow.account_id, PlayerRow.name, PlayerRow.created_at)
)


async def _enter(
    transaction: "Transaction", server_id: ServerId, named: Sequence[tuple[int, str]], now: datetime
) -> None:
    """Make accounts, at least one, players on a server, each by a name; those who are already stay what they are."""
    ids = await _NEW_IDS.draw(transaction, len(named))
    rows = [
        (player_id, server_id, account_id, name, now) for player_id, (account_id, name) in zip(ids, named, strict=True)
    ]
    await _NEW_PLAYERS.run(transaction, rows)


_Old, _New = aliased(PlayerRow), aliased(PlayerRow)
_ELSEWHERE = (
    update(PlayerRow)
    .where(
        PlayerRow.account_id == bindparam("from_account"),
        PlayerRow.server_id.not_in(select(_New.server_id).where(_New.account_id == bindparam("to_account"))),
    )
    .values(account_id=bindparam("to_account"))
)
_ON_THE_SAME = (
    select(_Old.id, _New.id)
    .join(_New, _New.server_id == _Old.server_id)
    .where(_Old.account_id == bindparam("from_account"), _New.account_id == bindparam("to_account"))
)


async def take_over(
    transaction: "Transaction", from_account: AccountId, to_account: AccountId
) -> dict[PlayerId, PlayerId]:
    """Give an account the players of another, which turned out to be the same person.

    Players keep their ids, names and tokens. Where the account has a player already, the other's is merged into it: it
    stays behind, and the result says, by its id, whose id stands for it now. Raises `PlayerMadeMeanwhile`.
    """
    accounts_named = {"from_account": from_account, "to_account": to_account}
    try:
        await transaction.run(_ELSEWHERE, accounts_named)
    except IntegrityError as error:
        raise PlayerMadeMeanwhile("The account got a player at this very moment. Try again.") from error
    merged = await transaction.all(_ON_THE_SAME, accounts_named)
    return {PlayerId(old): PlayerId(new) for old, new in merged}
