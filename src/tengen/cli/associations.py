"""`tengen member`: whose the member numbers of associations are, on an administrator's word."""

import asyncio
from typing import Annotated, Any

import typer

from tengen.accounts.service import accounts_by_ids, find_active_account
from tengen.associations import service
from tengen.associations.member_file import MemberFile
from tengen.associations.numbers import MemberNumber
from tengen.associations.runtime import Associations
from tengen.associations.service import Membership
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import Call, command, new_group
from tengen.cli.options import Who
from tengen.cli.platforms import platform_command
from tengen.core.database import Connection
from tengen.core.platform import Platform
from tengen.core.values import utc_now

app = new_group("Member numbers of associations: look whose they are, link them to accounts by hand.")

_Association = Annotated[str, typer.Argument(metavar="ASSOCIATION", help="Short name of the association, such as aga.")]
_Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the member.")]


@platform_command(app, "show")
async def show(platform: Platform, association: _Association, number: _Number) -> Answer:
    """Show which account has a number. A stand-in holds the games of a member who has not come yet."""
    async with platform.database.read() as connection:
        membership = await service.find_membership(connection, MemberNumber.parse(association, number))
        return thing(await _described(connection, membership))


@platform_command(app, "link")
async def link(platform: Platform, association: _Association, number: _Number, who: Who) -> Answer:
    """Give an account a number, for a member who cannot read the mail. Nothing is asked of the association."""
    async with platform.database.write() as transaction:
        account = await find_active_account(transaction, who)
        membership = await service.link_account(
            transaction, MemberNumber.parse(association, number), account.id, now=utc_now()
        )
        item = await _described(transaction, membership)
    return Answer(item, f"Account {account.id} ({account.display_name}) has the number {membership.number}.")


@platform_command(app, "unlink")
async def unlink(platform: Platform, association: _Association, number: _Number) -> Answer:
    """Take a number from the account that has claimed it. Games that came with it stay with the account."""
    async with platform.database.write() as transaction:
        membership = await service.unlink_number(transaction, MemberNumber.parse(association, number))
        item = await _described(transaction, membership)
    return Answer(item, f"The number {membership.number} is nobody's.")


@command(app, "check")
def check(call: Call) -> Answer:
    """List the associations whose members can be linked, and read their lists: what is wrong with one is told."""
    return asyncio.run(_known(Associations.of(call.settings)))


async def _known(associations: Associations) -> Answer:
    items = [
        {
            "association": association,
            "source": provider.source,
            "members": len(await provider.members()) if isinstance(provider, MemberFile) else None,
        }
        for association, provider in sorted(associations.providers.items())
    ]
    return listing(items, ("association", "source", "members"), empty="No association is set up.")


async def _described(connection: Connection, membership: Membership) -> dict[str, Any]:
    account = (await accounts_by_ids(connection, [membership.account_id]))[membership.account_id]
    return {
        "association": membership.number.association,
        "number": membership.number.number,
        "account_id": account.id,
        "display_name": account.display_name,
        "is_stand_in": membership.claimed_at is None,
        "claimed_at": membership.claimed_at,
    }
