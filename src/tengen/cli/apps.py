"""`tengen app`: the OAuth2 clients, programs that ask accounts for access."""

from typing import Annotated

import typer

from tengen.accounts import service
from tengen.accounts.service import Grant
from tengen.cli.answers import Answer, thing
from tengen.cli.commands import new_group
from tengen.cli.options import Owner
from tengen.cli.platforms import platform_command
from tengen.core.errors import Invalid
from tengen.core.platform import Platform
from tengen.core.values import clean_line, utc_now

app = new_group("OAuth2 clients: programs that ask accounts for access.")

_LONGEST_NAME = 100


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
) -> Answer:
    """Register an OAuth2 client, and print its id and secret."""
    name = clean_line(name, what="The app's name")
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise Invalid(f"The app's name must have 1 to {_LONGEST_NAME} characters.")
    async with platform.database.write() as transaction:
        account = await service.find_active_account(transaction, owner)
        made = await service.create_app(transaction, account.id, name=name, grant=grant, now=utc_now())
    item = {
        "id": made.client_id,
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "owner_id": account.id,
        "name": made.name,
        "grant": made.grant.value,
    }
    return thing(item, "The client secret is shown this once.")
