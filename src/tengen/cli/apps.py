"""`tengen app`: the OAuth2 clients, programs that ask accounts for access."""

from typing import Annotated, Any

import typer

from tengen.accounts import service as accounts
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.options import Owner
from tengen.cli.platforms import platform_command
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.oauth import apps
from tengen.oauth.registration import App, AppForm, Grant

app = new_group("OAuth2 clients: programs that ask accounts for access.")

_COLUMNS = ("client_id", "name", "grant", "is_public", "owner_id", "redirect_uris", "created_at")


def _grant(text: str) -> Grant:
    """The grant of this name, with either - or _ between its words."""
    try:
        return Grant(text.lower().replace("-", "_"))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(Grant)}.") from None


@platform_command(app, "create")
async def create(
    platform: Platform,
    owner: Owner,
    name: Annotated[str, typer.Option(help="Name that people see when the program asks them.")],
    grant: Annotated[
        Grant, typer.Option(parser=_grant, metavar="|".join(Grant), help="How the program gets its access tokens.")
    ],
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Where it may have people sent back to; repeatable.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="It is in its users' hands, where nothing stays secret: it gets no secret.")
    ] = False,
) -> Answer:
    """Register an OAuth2 client, and print its id and secret."""
    form = AppForm.parse(name=name, grant=grant, is_public=public, redirect_uris=" ".join(redirect_uri or ()))
    async with platform.database.write() as transaction:
        account = await accounts.find_active_account(transaction, owner)
        made = await apps.create_app(transaction, account.id, form, limit=None, now=utc_now())
    item = _item(made.app) | {"client_secret": made.client_secret}
    return thing(item, "" if public else "The client secret is shown this once.")


@platform_command(app, "list")
async def list_(platform: Platform) -> Answer:
    """List the OAuth2 clients of everybody."""
    async with platform.database.read() as connection:
        found = await apps.list_apps(connection)
    return listing([_item(each) for each in found], _COLUMNS, empty="There are no apps yet.")


@platform_command(app, "delete")
async def delete(
    platform: Platform, client_id: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Id of the app.")]
) -> Answer:
    """Remove an OAuth2 client. Its tokens hold no more."""
    async with platform.database.write() as transaction:
        await apps.delete_app(transaction, client_id)
    return Answer({"client_id": client_id}, f"App {client_id} is deleted.")


def _item(found: App) -> dict[str, Any]:
    return {
        "id": found.client_id,
        "client_id": found.client_id,
        "owner_id": found.owner_id,
        "name": found.name,
        "grant": found.grant.value,
        "is_public": found.is_public,
        "redirect_uris": list(found.redirect_uris),
        "created_at": found.created_at,
    }
