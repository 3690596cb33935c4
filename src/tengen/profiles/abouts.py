"""What accounts have told of themselves, and how they want to be notified: kept and looked up."""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName
from tengen.core.database import among
from tengen.core.values import AccountId
from tengen.profiles.about import About, InvalidProfile
from tengen.profiles.models import AboutRow

if TYPE_CHECKING:
    from tengen.accounts.service import Account, AccountClosed
    from tengen.core.database import Connection, Transaction

MAX_SETTINGS = 8_192
"""Bytes of an account's settings of notifications, as JSON."""

_ABOUTS = select(
    AboutRow.account_id,
    AboutRow.first_name,
    AboutRow.last_name,
    AboutRow.is_real_name_private,
    AboutRow.country,
    AboutRow.language,
    AboutRow.website,
    AboutRow.about,
).where(among(AboutRow.account_id, "accounts"))


async def abouts_of(connection: "Connection", account_ids: Collection[AccountId]) -> dict[AccountId, About]:
    """What those of these accounts tell that tell something. One statement."""
    rows = await connection.all(_ABOUTS, {"accounts": list(account_ids)})
    return {AccountId(row[0]): About(*row[1:]) for row in rows}


async def change_profile(
    transaction: "Transaction", account: "Account", *, name: DisplayName | None = None, told: Mapping[str, str | bool]
) -> None:
    """Let an account tell this from now on: its name, and fields of `About`, parsed. What is not named stays.

    One statement, and those of a new name. Raises `NameTaken`.
    """
    if name is not None and name.text != account.display_name:
        await accounts.change_display_name(transaction, account.id, name)
    if told:
        await _put(transaction, account.id, told)


async def settings_of(connection: "Connection", account_id: AccountId) -> dict[str, Any]:
    """How an account wants to be notified: its clients know what it means. One statement."""
    row = await connection.first(select(AboutRow.settings).where(AboutRow.account_id == account_id))
    return {} if row is None else dict(json.loads(row[0]))


async def change_settings(transaction: "Transaction", account_id: AccountId, changes: Mapping[str, Any]) -> None:
    """Set members of these settings; null takes one away. Raises `InvalidProfile` if they become too large.

    Three statements.
    """
    await accounts.hold_account(transaction, account_id)
    before = await settings_of(transaction, account_id)
    settings = {name: value for name, value in {**before, **changes}.items() if value is not None}
    try:
        text = json.dumps(settings, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except (ValueError, RecursionError) as error:  # not a number, half a surrogate, or too deep
        raise InvalidProfile("A value among the settings is none that JSON has.") from error
    if size > MAX_SETTINGS:
        raise InvalidProfile(f"The settings of notifications are larger than {MAX_SETTINGS:,} bytes.")
    await _put(transaction, account_id, {"settings": text})


async def forget(transaction: "Transaction", closed: "AccountClosed") -> None:
    """An account that is closed tells nothing any more."""
    await transaction.run(delete(AboutRow).where(AboutRow.account_id == closed.account_id))


async def _put(transaction: "Transaction", account_id: AccountId, values: Mapping[str, str | bool]) -> None:
    insert = (sqlite if transaction.dialect == "sqlite" else postgresql).insert(AboutRow)
    await transaction.run(
        insert.values(account_id=account_id, **values).on_conflict_do_update(
            index_elements=[AboutRow.account_id], set_=dict(values)
        )
    )
