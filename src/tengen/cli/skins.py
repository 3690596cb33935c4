"""`tengen skin`: looks for the units of games, and who may wear them."""

import dataclasses
from typing import Annotated

import typer

from tengen.accounts.service import find_account
from tengen.clans.membership import ClanId
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.options import After, Limit
from tengen.cli.platforms import platform_command
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.skins import service
from tengen.skins.service import SkinId

app = new_group("Skins: make them, and give them to accounts and clans.")

_COLUMNS = ("id", "kind", "unit", "model_path", "description")

Account = Annotated[str | None, typer.Option(help="E-mail, display name or id of an account.")]
Clan = Annotated[int | None, typer.Option(help="Id of a clan.")]


@platform_command(app, "add")
async def add(
    platform: Platform,
    kind: Annotated[str, typer.Option(help="What kind of look it is, as the game names it.")],
    unit: Annotated[str, typer.Option(help="The unit that wears it.")],
    model_path: Annotated[str, typer.Option(help="Where the game's files have it, from their root.")],
    description: Annotated[str | None, typer.Option(help="What people are told about it.")] = None,
) -> Answer:
    """Make a skin. Nobody wears it until it is given."""
    async with platform.database.write() as transaction:
        skin = await service.create_skin(
            transaction, kind=kind, unit=unit, model_path=model_path, description=description, now=utc_now()
        )
    return thing(dataclasses.asdict(skin))


@platform_command(app, "give")
async def give(
    platform: Platform,
    skin_id: Annotated[int, typer.Argument(metavar="SKIN", help="Id of the skin.")],
    account: Account = None,
    clan: Clan = None,
) -> Answer:
    """Let an account, or every member of a clan, wear a skin."""
    async with platform.database.write() as transaction:
        if account is not None and clan is None:
            wearer = await find_account(transaction, account)
            await service.give_to_account(transaction, SkinId(skin_id), wearer.id, utc_now())
            given: dict[str, int] = {"skin_id": skin_id, "account_id": wearer.id}
        elif clan is not None and account is None:
            await service.give_to_clan(transaction, SkinId(skin_id), ClanId(clan), utc_now())
            given = {"skin_id": skin_id, "clan_id": clan}
        else:
            raise typer.BadParameter("say who gets it: --account or --clan")
    return Answer(given, f"Skin {skin_id} is given.")


@platform_command(app, "list")
async def list_(
    platform: Platform, account: Account = None, clan: Clan = None, after: After = 0, limit: Limit = 100
) -> Answer:
    """List skins: all of them, or those given to an account itself or to a clan."""
    if account is not None and clan is not None:
        raise typer.BadParameter("give --account or --clan, or neither")
    async with platform.database.read() as connection:
        if account is not None:
            skins = await service.skins_of_account(connection, (await find_account(connection, account)).id)
        elif clan is not None:
            skins = await service.skins_of_clan(connection, clan)
        else:
            skins = await service.list_skins(connection, after_id=after, limit=limit)
    return listing(list(map(dataclasses.asdict, skins)), _COLUMNS, empty="There are no skins.")
