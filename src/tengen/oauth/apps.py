"""Operations on programs that ask accounts for access: register, list, remove, recognise (`registration`)."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select

from tengen.accounts import service as accounts
from tengen.accounts.public import is_there
from tengen.core.errors import NotFound, TengenError
from tengen.core.security import digest, matches, new_secret
from tengen.core.values import AccountId
from tengen.oauth.models import AppRow, OAuthCodeRow, OAuthTokenRow
from tengen.oauth.refusals import InvalidClient
from tengen.oauth.registration import App, AppForm, Client, Grant

if TYPE_CHECKING:
    from tengen.core.database import Connection, Transaction
    from tengen.oauth.clients import ClientCredentials


class TooManyApps(TengenError):
    """The account has registered as many programs as it may."""

    code, status = "too_many_apps", 400


class AppNotFound(NotFound):
    """The account has no such program."""

    code = "app_not_found"


@dataclass(frozen=True, slots=True)
class NewApp:
    """A program as it is registered: `client_secret` is told here and never again; public ones have none."""

    app: App
    client_secret: str | None = field(repr=False)


_CLIENT_ID = re.compile(r"[0-9a-f]{32}")
_COLUMNS = (
    AppRow.client_id,
    AppRow.owner_id,
    AppRow.name,
    AppRow.grant,
    AppRow.secret_digest,
    AppRow.redirect_uris,
    AppRow.created_at,
)
# Whoever has closed his account looks after no program any more.
_BY_CLIENT_ID = select(*_COLUMNS).where(AppRow.client_id == bindparam("sent"), is_there(AppRow.owner_id))


def _app(row: Any) -> App:
    client_id, owner_id, name, grant, secret_digest, redirect_uris, created_at = row
    return App(
        client_id,
        AccountId(owner_id),
        name,
        Grant(grant),
        secret_digest is None,
        tuple(redirect_uris.split()),
        created_at,
    )


async def create_app(
    transaction: "Transaction", owner_id: AccountId, form: AppForm, *, limit: int | None, now: datetime
) -> NewApp:
    """Register a program of this owner. `limit`: how many the owner may have; None for any number.

    Raises `TooManyApps`.
    """
    if limit is not None:
        # Held until the commit, so that two registrations at the same moment cannot both be the last one allowed.
        await accounts.hold_account(transaction, owner_id)
        count = await transaction.one(select(func.count()).where(AppRow.owner_id == owner_id))
        if count[0] >= limit:
            raise TooManyApps(f"You have {limit} apps, and may have no more: delete one first.")
    app = App(new_secret(), owner_id, form.name, form.grant, form.is_public, form.redirect_uris, now)
    secret = None if form.is_public else new_secret() + new_secret()
    await transaction.run(
        insert(AppRow).values(
            client_id=app.client_id,
            owner_id=owner_id,
            name=app.name,
            grant=app.grant.value,
            secret_digest=None if secret is None else digest(secret),
            redirect_uris=" ".join(app.redirect_uris),
            created_at=now,
        )
    )
    return NewApp(app, secret)


async def list_apps(connection: "Connection", *, owner_id: AccountId | None = None) -> list[App]:
    """The programs of an account, or of all, in the order of their registration."""
    statement = select(*_COLUMNS).order_by(AppRow.created_at, AppRow.client_id)
    if owner_id is not None:
        statement = statement.where(AppRow.owner_id == owner_id)
    return [_app(row) for row in await connection.all(statement)]


async def delete_app(transaction: "Transaction", client_id: str, *, owner_id: AccountId | None = None) -> None:
    """Remove a program, of this owner if one is named, with all of its tokens. Raises `AppNotFound`."""
    statement = select(AppRow.owner_id).where(AppRow.client_id == client_id).with_for_update()
    found = await transaction.first(statement) if _CLIENT_ID.fullmatch(client_id) else None
    if found is None or owner_id not in {None, found.owner_id}:
        raise AppNotFound("There is no such app.")
    for table in (OAuthCodeRow, OAuthTokenRow, AppRow):
        await transaction.run(delete(table).where(table.client_id == client_id))


async def app_by_client_id(connection: "Connection", client_id: str) -> App | None:
    """The program with this id; None for any other text."""
    found = await _find(connection, client_id)
    return None if found is None else _app(found)


async def client_of(connection: "Connection", sent: "ClientCredentials") -> Client:
    """The program that asks. Raises `InvalidClient` if there is none, or if it shows a secret that is not its own."""
    found = await _find(connection, sent.client_id)
    if found is None:
        raise InvalidClient("There is no app with this client_id.")
    if sent.client_secret and (found.secret_digest is None or not matches(sent.client_secret, found.secret_digest)):
        raise InvalidClient("That is not the client_secret of this app. Public apps have none.")
    return Client(_app(found), has_shown_secret=bool(sent.client_secret))


async def _find(connection: "Connection", client_id: str) -> Any:
    # Other texts are no ids of ours. They need not be looked up, and some of them could not be.
    return await connection.first(_BY_CLIENT_ID, {"sent": client_id}) if _CLIENT_ID.fullmatch(client_id) else None
