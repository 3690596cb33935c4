"""Operations on players."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tengen.accounts import service as accounts
from tengen.core.database import among
from tengen.core.errors import Invalid
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.players.models import PlayerRow

if TYPE_CHECKING:
    from tengen.accounts.service import AccountRegistered, AccountRenamed
    from tengen.core.database import Connection, Transaction


class UnknownAccounts(Invalid):
    """Accounts are named that do not exist."""

    code = "unknown_accounts"


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


async def rename_home_player(transaction: "Transaction", renamed: "AccountRenamed") -> None:
    """Let the player on this platform bear its account's new name. Names on other servers are theirs."""
    await transaction.run(
        update(PlayerRow)
        .where(PlayerRow.server_id == HOME, PlayerRow.account_id == renamed.account_id)
        .values(name=renamed.display_name)
    )


_PLAYER = (PlayerRow.id, PlayerRow.account_id, PlayerRow.name, PlayerRow.server_id)
_BY_IDS = select(*_PLAYER).where(among(PlayerRow.id, "players"))
_KEYS = select(*_PLAYER, PlayerRow.token_digest).where(among(PlayerRow.id, "players"))


async def players_by_ids(connection: "Connection", player_ids: Collection[PlayerId]) -> dict[PlayerId, Player]:
    """The players that exist among these."""
    rows = await connection.all(_BY_IDS, {"players": list(player_ids)})
    return {PlayerId(row[0]): _player(*row) for row in rows}


async def player_keys(connection: "Connection", player_ids: Collection[PlayerId]) -> dict[PlayerId, PlayerKey]:
    """The players that exist among these, with what their tokens are compared with."""
    rows = await connection.all(_KEYS, {"players": list(player_ids)})
    return {PlayerId(row[0]): PlayerKey(_player(*row[:4]), row[4]) for row in rows}


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
    known = await accounts.accounts_by_ids(transaction, missing)
    if len(known) < len(missing):
        unknown = ", ".join(str(account_id) for account_id in missing if account_id not in known)
        raise UnknownAccounts(f"There are no accounts with these ids: {unknown}.")
    insert_new = (sqlite if transaction.dialect == "sqlite" else postgresql).insert(PlayerRow).on_conflict_do_nothing()
    await transaction.run(
        insert_new,
        [
            {"server_id": server_id, "account_id": account.id, "name": account.display_name, "created_at": now}
            for account in known.values()
        ],
    )
    return await players_on(transaction, server_id, account_ids)
