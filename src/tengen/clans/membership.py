"""Who belongs to a clan: invitations, memberships and ranks as a state machine.

Each account has at most one relation to each clan, and a relation is one of

    none ── invite ──> invited ── accept ──> member ── leave ──> ended (left)
                          │                     └───── kick ───> ended (kicked)
                          ├── decline ──> ended (declined)
                          ├── retract ──> ended (retracted)
                          └── kick ─────> ended (kicked, never joined)

and whoever's relation has ended can be invited again. A founder is a member, and owner, from the start. Only current
members have powers: admins and owners invite, retract and kick, and whoever outranks another may change the other's
rank, up to their own. A clan with members has an owner: owners cannot be kicked or demoted, the last one cannot leave
while others stay, and when the last member leaves, the open invitations go, too.

Every command is a function from the relations it touches to the new relation; it raises the refusal of the first rule
that is broken, with the text that clients have always been shown. `None` stands for no relation at all.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from tengen.core.errors import Forbidden, Invalid
from tengen.core.values import AccountId

ClanId = NewType("ClanId", int)


class ClanRank(StrEnum):
    """What a member may do; the value is the word on the wire."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"

    @property
    def level(self) -> int:
        """3 for an owner, 2 for an admin, 1 for a plain member."""
        return {ClanRank.OWNER: 3, ClanRank.ADMIN: 2, ClanRank.MEMBER: 1}[self]

    def outranks(self, other: "ClanRank") -> bool:
        """Whether this rank is above `other`; none is above itself."""
        return self.level > other.level


class EndReason(StrEnum):
    """How a relation ended; the value is the word on the wire."""

    DECLINED = "declined"
    KICKED = "kicked"
    LEFT = "left"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Membership:
    """The relation of an account to a clan: an open invitation, a membership, or one of these that has ended.

    `joined_at` is set once the account is a member and stays when the membership ends; `ended_at` and `end_reason`
    are set together.
    """

    clan_id: ClanId
    account_id: AccountId
    rank: ClanRank
    invited_at: datetime
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def is_invitation(self) -> bool:
        """Whether it is an invitation that waits for an answer."""
        return self.joined_at is None and self.ended_at is None

    @property
    def is_current(self) -> bool:
        """Whether the account is a member now."""
        return self.joined_at is not None and self.ended_at is None

    @property
    def is_admin(self) -> bool:
        """Whether the account has an admin's powers now: a current admin or owner."""
        return self.is_current and not ClanRank.ADMIN.outranks(self.rank)

    def ended(self, reason: EndReason, now: datetime) -> "Membership":
        """The relation as it is after it has ended."""
        return replace(self, ended_at=now, end_reason=reason)


class NotInClan(Forbidden):
    """Somebody who has to be a member of the clan is none, or there is no such clan."""

    code = "not_in_clan"


class NotClanAdmin(Forbidden):
    """The caller is a plain member, and only admins and owners may do this."""

    code = "not_clan_admin"


class ClanAdminStays(Forbidden):
    """Admins and owners cannot be kicked."""

    code = "clan_admin_stays"


class NotOutranked(Forbidden):
    """The caller does not outrank the member whose rank is to change."""

    code = "not_outranked"


class RankTooHigh(Forbidden):
    """Nobody gives a rank above their own."""

    code = "rank_too_high"


class LastOwner(Forbidden):
    """The last owner cannot leave other members behind."""

    code = "last_owner"


class NoSuchInvitee(Invalid):
    """There is no account to invite."""

    code = "no_such_invitee"


class AlreadyRelated(Invalid):
    """The account is invited already, or a member."""

    code = "already_related"


class NotInvited(Invalid):
    """There is no open invitation to answer or retract."""

    code = "not_invited"


def found(clan_id: ClanId, founder: AccountId, now: datetime) -> Membership:
    """The membership of a new clan's founder: its owner, at once."""
    return Membership(clan_id, founder, ClanRank.OWNER, invited_at=now, joined_at=now)


def invite(
    inviter: Membership | None, invitee: AccountId | None, relation: Membership | None, now: datetime
) -> Membership:
    """The invitation of `invitee`, whose relation to the clan has been `relation`; None is an account unknown here.

    A relation that has ended begins anew, at the rank of a plain member. Raises `NotInClan`, `NotClanAdmin`,
    `NoSuchInvitee`, `AlreadyRelated`.
    """
    if inviter is None or not inviter.is_current:
        raise NotInClan("Clan doesn't exist or inviter isn't in it")
    if not inviter.is_admin:
        raise NotClanAdmin("Inviter is not clan admin")
    if invitee is None:
        raise NoSuchInvitee("Invitee doesn't exist")
    if relation is not None and (relation.is_invitation or relation.is_current):
        raise AlreadyRelated("Invitee has an existing relation to clan (invited/member/left/kicked)")
    return Membership(inviter.clan_id, invitee, ClanRank.MEMBER, invited_at=now)


def accept(relation: Membership | None, now: datetime) -> Membership:
    """The membership that the invited account gets. Raises `NotInvited`."""
    return replace(_open_invitation(relation), joined_at=now)


def decline(relation: Membership | None, now: datetime) -> Membership:
    """The invitation, ended by the invited account. Raises `NotInvited`."""
    return _open_invitation(relation).ended(EndReason.DECLINED, now)


def retract(actor: Membership | None, invitation: Membership | None, now: datetime) -> Membership:
    """The invitation, taken back by any admin of the clan. Raises `NotInClan`, `NotClanAdmin`, `NotInvited`."""
    if actor is None or not actor.is_current:
        raise NotInClan("Clan doesn't exist or user is not in it.")
    if not actor.is_admin:
        raise NotClanAdmin("User is not authorized to retract invitations of this clan")
    if invitation is None or not invitation.is_invitation:
        raise NotInvited("User is not invited to join clan")
    return invitation.ended(EndReason.RETRACTED, now)


def leave(member: Membership | None, others: Collection[Membership], now: datetime) -> list[Membership]:
    """What changes when a member leaves: the own membership, and more if the clan ends with it.

    `others`: every other current membership and open invitation of the clan. If there is no other member, nobody could
    own the clan any more, so its open invitations are retracted. Raises `NotInClan`, `LastOwner`.
    """
    if member is None or not member.is_current:
        raise NotInClan("Clan doesn't exist or user is not in it.")
    staying = [other.rank for other in others if other.is_current]
    if member.rank is ClanRank.OWNER and staying and ClanRank.OWNER not in staying:
        raise LastOwner("The last owner cannot leave while the clan has other members: make one of them owner first.")
    changes = [member.ended(EndReason.LEFT, now)]
    if not staying:
        changes += [other.ended(EndReason.RETRACTED, now) for other in others if other.is_invitation]
    return changes


def kick(actor: Membership | None, target: Membership | None, now: datetime) -> Membership:
    """The membership or open invitation of `target`, ended by an admin.

    Raises `NotInClan`, `NotClanAdmin`, `ClanAdminStays`.
    """
    if actor is None or not actor.is_current or target is None or target.ended_at is not None:
        raise NotInClan("Clan doesn't exist or user is not in it.")
    if not actor.is_admin:
        raise NotClanAdmin("User is not authorized to kick members of this clan")
    if target.is_admin:
        raise ClanAdminStays("Clan admins cannot be kicked")
    return target.ended(EndReason.KICKED, now)


def update_rank(actor: Membership | None, subject: Membership | None, rank: ClanRank) -> Membership:
    """The membership of `subject` with its new rank.

    Raises `NotInClan`, `NotOutranked` (so nobody changes their own rank, and no owner another's), `RankTooHigh`.
    """
    if actor is None or not actor.is_current:
        raise NotInClan("Clan doesn't exist or modifying user is not in it.")
    if subject is None or not subject.is_current:
        raise NotInClan("Clan doesn't exist or subject user is not in it.")
    if not actor.rank.outranks(subject.rank):
        raise NotOutranked("Modifying user does not outrank subject user.")
    if rank.outranks(actor.rank):
        raise RankTooHigh("New rank is above the modifying user's rank.")
    return replace(subject, rank=rank)


def check_may_see_invitations(actor: Membership | None) -> None:
    """Any member may list the clan's open invitations. Raises `NotInClan` for everybody else."""
    if actor is None or not actor.is_current:
        raise NotInClan("User is not authorized to view clan invites for this clan")


def check_may_change_icon(actor: Membership | None) -> None:
    """Admins and owners may change the clan's icon. Raises `NotClanAdmin` for everybody else."""
    if actor is None or not actor.is_admin:
        raise NotClanAdmin("User is not authorized to change icon for this clan")


def _open_invitation(relation: Membership | None) -> Membership:
    """The relation if it is an open invitation. Raises `NotInvited`, which says what happened to it instead."""
    if relation is not None and relation.is_invitation:
        return relation
    raise NotInvited(_why_not_invited(relation))


def _why_not_invited(relation: Membership | None) -> str:
    if relation is None:
        return "User is not invited to join clan"
    if relation.is_current:
        return "User is already a member of clan"
    match relation.end_reason:
        case EndReason.DECLINED:
            return "User previously declined this invitation"
        case EndReason.RETRACTED:
            return "This invitation has been retracted"
        case EndReason.LEFT:
            return "User has left clan and was not reinvited"
        case EndReason.KICKED if relation.joined_at is not None:
            return "User was kicked from clan and was not reinvited"
    return "User is not invited to join clan"  # a kicked invitation counts as none
