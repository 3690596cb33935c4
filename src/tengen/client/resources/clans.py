"""Clans, their members, and the skins that are given to accounts and clans."""

from collections.abc import Iterable

from tengen.client.models import (
    Clan,
    ClanRank,
    Membership,
    Skin,
)
from tengen.client.operations import Operation
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import as_base64, given, list_of, many, nothing, raw, truth


def clans(*, after_id: int | None = None, limit: int | None = None) -> Operation[list[Clan]]:
    """All clans in the order of their ids, or `limit` of those after the clan `after_id`."""
    query = given(after_id=after_id, limit=limit)
    return Operation("GET", "/v1/clan/all", list_of(Clan.from_json), query=query)


def clan(clan_id: int) -> Operation[Clan]:
    """A clan by its id."""
    return Operation("GET", "/v1/clan/by-id", Clan.from_json, query=given(clan_id=clan_id))


def clans_by_id(clan_ids: Iterable[int]) -> Operation[list[Clan]]:
    """Clans by their ids, one at least; unknown ones are left out."""
    return Operation("GET", "/v1/clan/by-id/batch", list_of(Clan.from_json), query=many("clan_ids", clan_ids))


def clan_icon(clan_id: int) -> Operation[bytes]:
    """A clan's icon, a PNG."""
    return Operation("GET", f"/v1/clan/icon/{clan_id}.png", raw, is_authenticated=False, is_binary=True)


def memberships(account_id: int) -> Operation[list[Membership]]:
    """The clans an account is a member of now."""
    query = given(user_id=account_id)
    return Operation("GET", "/v1/clan/for-user/by-id", list_of(Membership.from_json), query=query)


def my_clan_invitations() -> Operation[list[Membership]]:
    """The caller's open invitations."""
    return Operation("GET", "/v1/user/clan-invites", list_of(Membership.from_json))


def am_clan_member(clan_id: int) -> Operation[bool]:
    """Whether the caller, an account, is a member of the clan now."""
    return Operation("POST", "/v1/user/verify-clan-membership", truth, body={"clan_id": clan_id})


def is_clan_member(account_id: int, clan_id: int) -> Operation[bool]:
    """Whether an account is a member of the clan now. For game servers."""
    body = {"user_id": account_id, "clan_id": clan_id}
    return Operation("POST", "/v1/server/verify-clan-membership", truth, body=body)


def register_clan(tag: str, name: str, icon: bytes) -> Operation[Clan]:
    """Found a clan; the caller becomes its owner. `icon` is a square PNG of at most 64 by 64."""
    body = {"tag": tag, "name": name, "icon": as_base64(icon)}
    return Operation("POST", "/v1/clan/register", Clan.from_json, body=body)


def update_clan_icon(clan_id: int, icon: bytes) -> Operation[Clan]:
    """Give a clan another icon. For its owner and admins."""
    body = {"clan_id": clan_id, "icon": as_base64(icon)}
    return Operation("POST", "/v1/clan/update-icon", Clan.from_json, body=body)


def clan_members(clan_id: int) -> Operation[list[Membership]]:
    """The members of a clan."""
    return Operation("GET", "/v1/clan/members", list_of(Membership.from_json), query=given(clan_id=clan_id))


def clan_invitations(clan_id: int) -> Operation[list[Membership]]:
    """A clan's open invitations. For those who belong to it."""
    return Operation("GET", "/v1/clan/invites", list_of(Membership.from_json), query=given(clan_id=clan_id))


def invite_to_clan(account_id: int, clan_id: int) -> Operation[None]:
    """Invite an account. For the clan's owner and admins."""
    return Operation("POST", "/v1/clan/invite", nothing, body={"user_id": account_id, "clan_id": clan_id})


def retract_clan_invitation(account_id: int, clan_id: int) -> Operation[None]:
    """Take an open invitation back. For the clan's owner and admins."""
    return Operation("POST", "/v1/clan/retract-invite", nothing, body={"user_id": account_id, "clan_id": clan_id})


def respond_to_clan_invitation(clan_id: int, *, accept: bool) -> Operation[None]:
    """Accept the caller's open invitation, or decline it."""
    return Operation("POST", "/v1/clan/invite-response", nothing, body={"clan_id": clan_id, "accept": accept})


def leave_clan(clan_id: int) -> Operation[None]:
    """End the caller's own membership."""
    return Operation("POST", "/v1/clan/leave", nothing, body={"clan_id": clan_id})


def kick_from_clan(account_id: int, clan_id: int) -> Operation[None]:
    """End a member's membership. For the clan's owner and admins, who cannot be kicked themselves."""
    return Operation("POST", "/v1/clan/kick", nothing, body={"user_id": account_id, "clan_id": clan_id})


def update_clan_rank(account_id: int, clan_id: int, rank: ClanRank) -> Operation[Membership]:
    """Give a member another rank, at most the caller's own. For those who outrank the member."""
    body = {"user_id": account_id, "clan_id": clan_id, "rank": rank.value}
    return Operation("POST", "/v1/clan/update-rank", Membership.from_json, body=body)


def skins_of_account(account_id: int, clan_id: int | None = None) -> Operation[list[Skin]]:
    """The skins given to an account, and after them, with `clan_id`, those given to that clan."""
    query = given(user_id=account_id, clan_id=clan_id)
    return Operation("GET", "/v1/skin/for-user/by-id", list_of(Skin.from_json), query=query)


def skins_of_clan(clan_id: int) -> Operation[list[Skin]]:
    """The skins given to a clan."""
    return Operation("GET", "/v1/skin/for-clan/by-id", list_of(Skin.from_json), query=given(clan_id=clan_id))


class ClanMethods(Runner):
    """The methods of `Client` for clans and skins."""

    def clans(self, *, after_id: int | None = None, limit: int | None = None) -> list[Clan]:
        """All clans in the order of their ids, or `limit` of those after the clan `after_id`."""
        return self.run(clans(after_id=after_id, limit=limit))

    def clan(self, clan_id: int) -> Clan:
        """A clan by its id."""
        return self.run(clan(clan_id))

    def clans_by_id(self, clan_ids: Iterable[int]) -> list[Clan]:
        """Clans by their ids, one at least; unknown ones are left out."""
        return self.run(clans_by_id(clan_ids))

    def clan_icon(self, clan_id: int) -> bytes:
        """A clan's icon, a PNG."""
        return self.run(clan_icon(clan_id))

    def memberships(self, account_id: int) -> list[Membership]:
        """The clans an account is a member of now."""
        return self.run(memberships(account_id))

    def my_clan_invitations(self) -> list[Membership]:
        """The caller's open invitations."""
        return self.run(my_clan_invitations())

    def am_clan_member(self, clan_id: int) -> bool:
        """Whether the caller, an account, is a member of the clan now."""
        return self.run(am_clan_member(clan_id))

    def is_clan_member(self, account_id: int, clan_id: int) -> bool:
        """Whether an account is a member of the clan now. For game servers."""
        return self.run(is_clan_member(account_id, clan_id))

    def register_clan(self, tag: str, name: str, icon: bytes) -> Clan:
        """Found a clan; the caller becomes its owner. `icon` is a square PNG of at most 64 by 64."""
        return self.run(register_clan(tag, name, icon))

    def update_clan_icon(self, clan_id: int, icon: bytes) -> Clan:
        """Give a clan another icon. For its owner and admins."""
        return self.run(update_clan_icon(clan_id, icon))

    def clan_members(self, clan_id: int) -> list[Membership]:
        """The members of a clan."""
        return self.run(clan_members(clan_id))

    def clan_invitations(self, clan_id: int) -> list[Membership]:
        """A clan's open invitations. For those who belong to it."""
        return self.run(clan_invitations(clan_id))

    def invite_to_clan(self, account_id: int, clan_id: int) -> None:
        """Invite an account. For the clan's owner and admins."""
        return self.run(invite_to_clan(account_id, clan_id))

    def retract_clan_invitation(self, account_id: int, clan_id: int) -> None:
        """Take an open invitation back. For the clan's owner and admins."""
        return self.run(retract_clan_invitation(account_id, clan_id))

    def respond_to_clan_invitation(self, clan_id: int, *, accept: bool) -> None:
        """Accept the caller's open invitation, or decline it."""
        return self.run(respond_to_clan_invitation(clan_id, accept=accept))

    def leave_clan(self, clan_id: int) -> None:
        """End the caller's own membership."""
        return self.run(leave_clan(clan_id))

    def kick_from_clan(self, account_id: int, clan_id: int) -> None:
        """End a member's membership. For the clan's owner and admins, who cannot be kicked themselves."""
        return self.run(kick_from_clan(account_id, clan_id))

    def update_clan_rank(self, account_id: int, clan_id: int, rank: ClanRank) -> Membership:
        """Give a member another rank, at most the caller's own. For those who outrank the member."""
        return self.run(update_clan_rank(account_id, clan_id, rank))

    def skins_of_account(self, account_id: int, clan_id: int | None = None) -> list[Skin]:
        """The skins given to an account, and after them, with `clan_id`, those given to that clan."""
        return self.run(skins_of_account(account_id, clan_id))

    def skins_of_clan(self, clan_id: int) -> list[Skin]:
        """The skins given to a clan."""
        return self.run(skins_of_clan(clan_id))


class AsyncClanMethods(AsyncRunner):
    """The methods of `AsyncClient` for clans and skins."""

    async def clans(self, *, after_id: int | None = None, limit: int | None = None) -> list[Clan]:
        """All clans in the order of their ids, or `limit` of those after the clan `after_id`."""
        return await self.run(clans(after_id=after_id, limit=limit))

    async def clan(self, clan_id: int) -> Clan:
        """A clan by its id."""
        return await self.run(clan(clan_id))

    async def clans_by_id(self, clan_ids: Iterable[int]) -> list[Clan]:
        """Clans by their ids, one at least; unknown ones are left out."""
        return await self.run(clans_by_id(clan_ids))

    async def clan_icon(self, clan_id: int) -> bytes:
        """A clan's icon, a PNG."""
        return await self.run(clan_icon(clan_id))

    async def memberships(self, account_id: int) -> list[Membership]:
        """The clans an account is a member of now."""
        return await self.run(memberships(account_id))

    async def my_clan_invitations(self) -> list[Membership]:
        """The caller's open invitations."""
        return await self.run(my_clan_invitations())

    async def am_clan_member(self, clan_id: int) -> bool:
        """Whether the caller, an account, is a member of the clan now."""
        return await self.run(am_clan_member(clan_id))

    async def is_clan_member(self, account_id: int, clan_id: int) -> bool:
        """Whether an account is a member of the clan now. For game servers."""
        return await self.run(is_clan_member(account_id, clan_id))

    async def register_clan(self, tag: str, name: str, icon: bytes) -> Clan:
        """Found a clan; the caller becomes its owner. `icon` is a square PNG of at most 64 by 64."""
        return await self.run(register_clan(tag, name, icon))

    async def update_clan_icon(self, clan_id: int, icon: bytes) -> Clan:
        """Give a clan another icon. For its owner and admins."""
        return await self.run(update_clan_icon(clan_id, icon))

    async def clan_members(self, clan_id: int) -> list[Membership]:
        """The members of a clan."""
        return await self.run(clan_members(clan_id))

    async def clan_invitations(self, clan_id: int) -> list[Membership]:
        """A clan's open invitations. For those who belong to it."""
        return await self.run(clan_invitations(clan_id))

    async def invite_to_clan(self, account_id: int, clan_id: int) -> None:
        """Invite an account. For the clan's owner and admins."""
        return await self.run(invite_to_clan(account_id, clan_id))

    async def retract_clan_invitation(self, account_id: int, clan_id: int) -> None:
        """Take an open invitation back. For the clan's owner and admins."""
        return await self.run(retract_clan_invitation(account_id, clan_id))

    async def respond_to_clan_invitation(self, clan_id: int, *, accept: bool) -> None:
        """Accept the caller's open invitation, or decline it."""
        return await self.run(respond_to_clan_invitation(clan_id, accept=accept))

    async def leave_clan(self, clan_id: int) -> None:
        """End the caller's own membership."""
        return await self.run(leave_clan(clan_id))

    async def kick_from_clan(self, account_id: int, clan_id: int) -> None:
        """End a member's membership. For the clan's owner and admins, who cannot be kicked themselves."""
        return await self.run(kick_from_clan(account_id, clan_id))

    async def update_clan_rank(self, account_id: int, clan_id: int, rank: ClanRank) -> Membership:
        """Give a member another rank, at most the caller's own. For those who outrank the member."""
        return await self.run(update_clan_rank(account_id, clan_id, rank))

    async def skins_of_account(self, account_id: int, clan_id: int | None = None) -> list[Skin]:
        """The skins given to an account, and after them, with `clan_id`, those given to that clan."""
        return await self.run(skins_of_account(account_id, clan_id))

    async def skins_of_clan(self, clan_id: int) -> list[Skin]:
        """The skins given to a clan."""
        return await self.run(skins_of_clan(clan_id))
