"""Operations on skins: administrators make them and give them away, everybody may ask who has which."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NewType

from sqlalchemy import Insert, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.accounts import service as accounts
from tengen.clans import service as clans
from tengen.core.errors import Invalid, NotFound
from tengen.core.values import AccountId, clean_line
from tengen.skins.models import AccountSkinRow, ClanSkinRow, SkinRow

if TYPE_CHECKING:
    from sqlalchemy import Row

    from tengen.clans.membership import ClanId
    from tengen.core.database import Connection, Transaction

SkinId = NewType("SkinId", int)

MAX_LENGTH = 200
"""Characters of each text of a skin."""


@dataclass(frozen=True, slots=True)
class Skin:
    """A look for a unit of the game. `model_path` is where the game's own files have it, relative to their root."""

    id: SkinId
    description: str | None
    kind: str
    unit: str
    model_path: str


class InvalidSkin(Invalid):
    """A text of the skin is not what it must be."""

    code = "invalid_skin"


class SkinNotFound(NotFound):
    """There is no such skin."""

    code = "skin_not_found"


_SKIN_COLUMNS = (SkinRow.id, SkinRow.description, SkinRow.kind, SkinRow.unit, SkinRow.model_path)


def _skin(row: "Row[int, str | None, str, str, str]") -> Skin:
    return Skin(SkinId(row[0]), *row[1:])


async def create_skin(
    transaction: "Transaction", *, kind: str, unit: str, model_path: str, description: str | None = None, now: datetime
) -> Skin:
    """Make a skin. Raises `InvalidSkin` for texts that are empty, too long or no plain line. One statement.

    `model_path` leads down from the root of the game's files: game clients open what it names.
    """
    path = _line(model_path, "The model path")
    if path.startswith("/") or "\\" in path or ":" in path or ".." in path.split("/"):
        raise InvalidSkin("The model path must lead down from the root of the game's files, with / between folders.")
    row = await transaction.one(
        insert(SkinRow)
        .values(
            kind=_line(kind, "The kind"),
            unit=_line(unit, "The unit"),
            model_path=path,
            description=None if description is None else _line(description, "The description"),
            created_at=now,
        )
        .returning(*_SKIN_COLUMNS)
    )
    return _skin(row)


async def give_to_account(transaction: "Transaction", skin_id: SkinId, account_id: AccountId, now: datetime) -> None:
    """Let an account wear a skin; it may do so already. Raises `SkinNotFound` and `AccountNotFound`."""
    await _check_exists(transaction, skin_id)
    if not await accounts.accounts_by_ids(transaction, [account_id]):
        raise accounts.AccountNotFound("User not found")
    await transaction.run(_give(transaction, AccountSkinRow, account_id=account_id, skin_id=skin_id, given_at=now))


async def give_to_clan(transaction: "Transaction", skin_id: SkinId, clan_id: "ClanId", now: datetime) -> None:
    """Let the members of a clan wear a skin; they may do so already. Raises `SkinNotFound` and `ClanNotFound`."""
    await _check_exists(transaction, skin_id)
    await clans.check_exists(transaction, clan_id)
    await transaction.run(_give(transaction, ClanSkinRow, clan_id=clan_id, skin_id=skin_id, given_at=now))


async def list_skins(connection: "Connection", *, after_id: int = 0, limit: int = 100) -> list[Skin]:
    """Skins in the order of their ids, from the first after `after_id`."""
    rows = await connection.all(select(*_SKIN_COLUMNS).where(SkinRow.id > after_id).order_by(SkinRow.id).limit(limit))
    return [_skin(row) for row in rows]


async def skins_of_account(connection: "Connection", account_id: int) -> list[Skin]:
    """The skins given to an account itself, in the order of their ids. Raises `AccountNotFound`."""
    rows = await connection.all(
        select(*_SKIN_COLUMNS)
        .join(AccountSkinRow, AccountSkinRow.skin_id == SkinRow.id)
        .where(AccountSkinRow.account_id == account_id)
        .order_by(SkinRow.id)
    )
    if not rows and not await accounts.accounts_by_ids(connection, [account_id]):
        raise accounts.AccountNotFound("User not found")
    return [_skin(row) for row in rows]


async def skins_of_clan(connection: "Connection", clan_id: int) -> list[Skin]:
    """The skins given to a clan, in the order of their ids. Raises `ClanNotFound`."""
    rows = await connection.all(
        select(*_SKIN_COLUMNS)
        .join(ClanSkinRow, ClanSkinRow.skin_id == SkinRow.id)
        .where(ClanSkinRow.clan_id == clan_id)
        .order_by(SkinRow.id)
    )
    if not rows:
        await clans.check_exists(connection, clan_id)
    return [_skin(row) for row in rows]


async def _check_exists(connection: "Connection", skin_id: SkinId) -> None:
    if await connection.first(select(literal(1)).select_from(SkinRow).where(SkinRow.id == skin_id)) is None:
        raise SkinNotFound(f"There is no skin {skin_id}.")


def _give(
    transaction: "Transaction", table: type[AccountSkinRow] | type[ClanSkinRow], **values: int | datetime
) -> Insert:
    if transaction.dialect == "sqlite":
        return sqlite.insert(table).values(**values).on_conflict_do_nothing()
    return postgresql.insert(table).values(**values).on_conflict_do_nothing()


def _line(text: str, what: str) -> str:
    try:
        line = clean_line(text, what=what)
    except Invalid as error:
        raise InvalidSkin(error.message) from error
    if not 1 <= len(line) <= MAX_LENGTH:
        raise InvalidSkin(f"{what} must have 1 to {MAX_LENGTH} characters.")
    return line
