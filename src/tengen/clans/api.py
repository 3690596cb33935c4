"""Clans in the dialect of the metaserver: `/v1/clan/*`, and what the other parts of it ask about clans."""

from typing import Annotated

from fastapi import Query, Response

from tengen.accounts.guards import CurrentUser
from tengen.clans import service
from tengen.clans.membership import ClanId, Membership
from tengen.clans.schemas import (
    ClanChoice,
    ClanCreate,
    ClanRead,
    ClanUpdateIcon,
    ClanUserChoice,
    InviteResponse,
    UpdateRank,
    UserClanLink,
)
from tengen.core.errors import Invalid
from tengen.core.values import AccountId, utc_now
from tengen.servers.guards import CurrentServer, UserOrServer
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import Id, refusals
from tengen.web.routing import lenient_router

router = lenient_router("/v1", "clans")

ClanIdParameter = Annotated[Id, Query(examples=[9])]


@router.get("/clan/all", responses=refusals(401, 429))
async def all_clans(
    _caller: CurrentUser,
    platform: CurrentPlatform,
    after_id: Annotated[Id, Query(description="Only clans with a greater id: the last one of the page before.")] = 0,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="Most clans to send; all if left out.")] = None,
) -> list[ClanRead]:
    """Every clan that has members, in the order of their ids; page by page with `after_id` and `limit`."""
    async with platform.database.read() as connection:
        clans = await service.list_clans(connection, after_id=after_id, limit=limit)
    return [ClanRead.of(clan) for clan in clans]


@router.get(
    "/clan/icon/{clan_id}.png",
    response_class=Response,
    responses={**refusals(404), 200: {"content": {"image/png": {}}, "description": "The icon."}},
)
async def clan_icon(clan_id: Id, platform: CurrentPlatform) -> Response:
    """A clan's icon, for anybody. May be kept for a minute."""
    async with platform.database.read() as connection:
        icon = await service.icon_of(connection, clan_id)
    return Response(icon.png, media_type="image/png", headers={"Cache-Control": "public, max-age=60"})


@router.get("/clan/by-id", responses=refusals(401, 404, 429))
async def clan_by_id(_caller: UserOrServer, platform: CurrentPlatform, clan_id: ClanIdParameter) -> ClanRead:
    """One clan."""
    async with platform.database.read() as connection:
        return ClanRead.of(await service.clan_by_id(connection, clan_id))


@router.get("/clan/by-id/batch", responses=refusals(401, 429))
async def clans_by_id(
    _caller: UserOrServer,
    platform: CurrentPlatform,
    clan_ids: Annotated[list[Id], Query(min_length=1, examples=[[9, 10]])],
) -> list[ClanRead]:
    """Several clans, in the order of their ids. Unknown ones are left out."""
    limit = platform.settings.max_batch_ids
    if len(clan_ids) > limit:
        raise Invalid(f"At most {limit} ids can be asked for at once.")
    async with platform.database.read() as connection:
        return [ClanRead.of(clan) for clan in await service.clans_by_ids(connection, set(clan_ids))]


@router.get("/clan/for-user/by-id", responses=refusals(401, 404, 429))
async def clans_of_user(
    _caller: CurrentUser, platform: CurrentPlatform, user_id: Annotated[Id, Query(examples=[57])]
) -> list[UserClanLink]:
    """An account's current memberships."""
    async with platform.database.read() as connection:
        return _links(await service.memberships_of(connection, user_id))


@router.get("/clan/members", responses=refusals(401, 404, 429))
async def clan_members(_caller: CurrentUser, platform: CurrentPlatform, clan_id: ClanIdParameter) -> list[UserClanLink]:
    """A clan's current members."""
    async with platform.database.read() as connection:
        return _links(await service.members(connection, clan_id))


@router.get("/clan/invites", responses=refusals(401, 403, 429))
async def clan_invites(caller: CurrentUser, platform: CurrentPlatform, clan_id: ClanIdParameter) -> list[UserClanLink]:
    """A clan's open invitations, for its members."""
    async with platform.database.read() as connection:
        return _links(await service.invitations_by(connection, clan_id, caller.id))


@router.post("/clan/register", responses=refusals(401, 409, 429))
async def register_clan(clan: ClanCreate, caller: CurrentUser, platform: CurrentPlatform) -> ClanRead:
    """Found a clan, and own it."""
    async with platform.database.write() as transaction:
        founded = await service.found_clan(
            transaction, caller.id, tag=clan.tag, name=clan.name, icon=clan.icon, now=utc_now()
        )
    return ClanRead.of(founded)


@router.post("/clan/update-icon", responses=refusals(401, 403, 429))
async def update_icon(change: ClanUpdateIcon, caller: CurrentUser, platform: CurrentPlatform) -> ClanRead:
    """Change the icon of a clan of which one is admin or owner."""
    async with platform.database.write() as transaction:
        clan = await service.update_icon(transaction, ClanId(change.clan_id), caller.id, change.icon)
    return ClanRead.of(clan)


@router.post("/clan/invite", responses=refusals(401, 403, 429))
async def invite(invitation: ClanUserChoice, caller: CurrentUser, platform: CurrentPlatform) -> None:
    """Invite an account to a clan of which one is admin or owner, also one that has left or was kicked before."""
    async with platform.database.write() as transaction:
        await service.invite(
            transaction, ClanId(invitation.clan_id), caller.id, AccountId(invitation.user_id), utc_now()
        )


@router.post("/clan/invite-response", responses=refusals(401, 429))
async def answer_invitation(answer: InviteResponse, caller: CurrentUser, platform: CurrentPlatform) -> None:
    """Accept or decline one's own invitation."""
    async with platform.database.write() as transaction:
        await service.answer_invitation(
            transaction, ClanId(answer.clan_id), caller.id, accept=answer.accept, now=utc_now()
        )


@router.post("/clan/retract-invite", responses=refusals(401, 403, 429))
async def retract_invitation(invitation: ClanUserChoice, caller: CurrentUser, platform: CurrentPlatform) -> None:
    """Take back an open invitation to a clan of which one is admin or owner."""
    async with platform.database.write() as transaction:
        await service.retract_invitation(
            transaction, ClanId(invitation.clan_id), caller.id, AccountId(invitation.user_id), utc_now()
        )


@router.post("/clan/leave", responses=refusals(401, 403, 429))
async def leave(choice: ClanChoice, caller: CurrentUser, platform: CurrentPlatform) -> None:
    """Leave a clan. The last owner cannot leave other members behind; with its last member a clan ends."""
    async with platform.database.write() as transaction:
        await service.leave(transaction, ClanId(choice.clan_id), caller.id, utc_now())


@router.post("/clan/kick", responses=refusals(401, 403, 429))
async def kick(target: ClanUserChoice, caller: CurrentUser, platform: CurrentPlatform) -> None:
    """End the membership or the invitation of somebody who is neither admin nor owner."""
    async with platform.database.write() as transaction:
        await service.kick(transaction, ClanId(target.clan_id), caller.id, AccountId(target.user_id), utc_now())


@router.post("/clan/update-rank", responses=refusals(401, 403, 429))
async def update_rank(change: UpdateRank, caller: CurrentUser, platform: CurrentPlatform) -> UserClanLink:
    """Change the rank of a member whom one outranks, up to one's own rank."""
    async with platform.database.write() as transaction:
        relation = await service.update_rank(
            transaction, ClanId(change.clan_id), caller.id, AccountId(change.user_id), change.rank
        )
    return UserClanLink.of(relation)


@router.get("/user/clan-invites", responses=refusals(401, 429))
async def own_invitations(caller: CurrentUser, platform: CurrentPlatform) -> list[UserClanLink]:
    """One's own open invitations."""
    async with platform.database.read() as connection:
        return _links(await service.invitations_to(connection, caller.id))


@router.post("/user/verify-clan-membership", responses=refusals(401, 429))
async def verify_own_membership(choice: ClanChoice, caller: CurrentUser, platform: CurrentPlatform) -> bool:
    """Whether one is a member of this clan now."""
    async with platform.database.read() as connection:
        return await service.is_member(connection, choice.clan_id, caller.id)


@router.post("/server/verify-clan-membership", responses=refusals(401, 429))
async def verify_membership(choice: ClanUserChoice, _server: CurrentServer, platform: CurrentPlatform) -> bool:
    """Whether an account is a member of this clan now. Game servers call it."""
    async with platform.database.read() as connection:
        return await service.is_member(connection, choice.clan_id, choice.user_id)


def _links(relations: list[Membership]) -> list[UserClanLink]:
    return [UserClanLink.of(relation) for relation in relations]
