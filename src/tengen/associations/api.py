"""One's own member numbers, beside what OGS has of oneself: `/api/v1/me/memberships`."""

from typing import Annotated

from fastapi import Path

from tengen.accounts.guards import CurrentUser
from tengen.associations import service
from tengen.associations.guards import CurrentAssociations
from tengen.associations.numbers import MemberNumber, parse_association
from tengen.associations.schemas import LinkMailed, LinkTokenIn, MembershipIn, MembershipRead
from tengen.associations.service import MemberNotFound
from tengen.core.values import utc_now
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import api_refusals
from tengen.web.routing import lenient_router

router = lenient_router("/api/v1/me/memberships", "members")


@router.post("", status_code=202, responses=api_refusals(401, 404, 409, 429))
async def ask_for_link(
    claim: MembershipIn, account: CurrentUser, platform: CurrentPlatform, associations: CurrentAssociations
) -> LinkMailed:
    """Say which member number is one's own. A link to confirm it is mailed to the address the association has on file.

    404 if the association has no such member, 409 if another account has claimed the number.
    """
    number = MemberNumber.parse(claim.association, claim.number)
    provider = associations.provider(number.association)
    async with platform.database.read() as connection:
        await service.check_claimable(connection, number, account.id)
    await platform.limiter.spend(
        associations.requests_per_account,
        str(account.id),
        "You have asked for too many numbers in a day. Try again later.",
    )
    member = await provider.find(number.number)
    if member is None:
        raise MemberNotFound(f"{number.association.upper()} has no member with the number {number.number}.")
    await platform.limiter.spend(
        associations.mails_per_number,
        str(number),
        f"The holder of {number} has got enough mail for a day. Try again later.",
    )
    async with platform.database.write() as transaction:
        await service.send_link(
            transaction,
            account,
            number,
            member,
            page=associations.link_page,
            now=utc_now(),
            lifetime=associations.link_lifetime,
        )
    return LinkMailed.of(number)


@router.post("/confirm", responses=api_refusals(401, 404, 409, 429))
async def confirm(
    link: LinkTokenIn, account: CurrentUser, platform: CurrentPlatform, associations: CurrentAssociations
) -> MembershipRead:
    """Follow the mailed link, by its token. What is known of the member becomes the account's."""
    async with platform.database.write() as transaction:
        membership = await service.confirm(
            transaction, link.token, now=utc_now(), lifetime=associations.link_lifetime, signed_in=account.id
        )
    return MembershipRead.of(membership)


@router.get("", responses=api_refusals(401, 429))
async def own_memberships(account: CurrentUser, platform: CurrentPlatform) -> list[MembershipRead]:
    """The member numbers that one's account has, in the order of the associations."""
    async with platform.database.read() as connection:
        return [MembershipRead.of(found) for found in await service.memberships_of(connection, account.id)]


@router.delete("/{association}", status_code=204, responses=api_refusals(401, 404, 429))
async def remove_membership(
    association: Annotated[str, Path(examples=["aga"])], account: CurrentUser, platform: CurrentPlatform
) -> None:
    """Give up one's number of an association. Games that came with it stay with the account."""
    async with platform.database.write_one() as connection:
        await service.unlink_account(connection, parse_association(association), account.id)
