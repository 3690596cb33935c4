"""The relation of an account to a clan: the rules one by one, and all of them against a second, tiny model."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tengen.clans import membership
from tengen.clans.membership import (
    AlreadyRelated,
    ClanAdminStays,
    ClanId,
    ClanRank,
    EndReason,
    LastOwner,
    Membership,
    NoSuchInvitee,
    NotClanAdmin,
    NotInClan,
    NotInvited,
    NotOutranked,
    RankTooHigh,
)
from tengen.core.errors import TengenError
from tengen.core.values import AccountId

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
CLAN = ClanId(9)
OWNER, ADMIN, MEMBER = ClanRank.OWNER, ClanRank.ADMIN, ClanRank.MEMBER


def a_member(rank: ClanRank = MEMBER, account: int = 57) -> Membership:
    return Membership(CLAN, AccountId(account), rank, invited_at=NOON, joined_at=NOON)


def an_invitation(rank: ClanRank = MEMBER, account: int = 58) -> Membership:
    return Membership(CLAN, AccountId(account), rank, invited_at=NOON)


def ended(relation: Membership, reason: EndReason) -> Membership:
    return relation.ended(reason, NOON)


DECLINED = ended(an_invitation(), EndReason.DECLINED)
RETRACTED = ended(an_invitation(), EndReason.RETRACTED)
KICKED_INVITATION = ended(an_invitation(), EndReason.KICKED)
KICKED = ended(a_member(), EndReason.KICKED)
LEFT = ended(a_member(), EndReason.LEFT)
ENDED = [DECLINED, RETRACTED, KICKED_INVITATION, KICKED, LEFT]
FORMER_OWNER = ended(a_member(OWNER), EndReason.LEFT)
NO_MEMBERS = [None, an_invitation(OWNER), FORMER_OWNER, ended(a_member(ADMIN), EndReason.KICKED)]


def refused(refusal: type[TengenError], text: str, status: int, command: Callable[..., object], *with_: object) -> None:
    with pytest.raises(refusal) as caught:
        command(*with_)
    assert (caught.value.message, caught.value.status) == (text, status)


def test_a_founder_is_owner_and_member_at_once() -> None:
    founder = membership.found(CLAN, AccountId(57), NOON)
    assert founder == Membership(CLAN, AccountId(57), OWNER, invited_at=NOON, joined_at=NOON)
    assert founder.is_current
    assert founder.is_admin


@pytest.mark.parametrize("rank", [ADMIN, OWNER])
@pytest.mark.parametrize("before", [None, *ENDED])
def test_admins_invite_strangers_and_those_whose_relation_has_ended(rank: ClanRank, before: Membership | None) -> None:
    invitation = membership.invite(a_member(rank), AccountId(58), before, LATER)
    assert invitation == Membership(CLAN, AccountId(58), MEMBER, invited_at=LATER)
    assert invitation.is_invitation


@pytest.mark.parametrize("inviter", NO_MEMBERS)
def test_only_current_members_invite(inviter: Membership | None) -> None:
    text = "Clan doesn't exist or inviter isn't in it"
    refused(NotInClan, text, 403, membership.invite, inviter, AccountId(58), None, LATER)


def test_plain_members_do_not_invite() -> None:
    text = "Inviter is not clan admin"
    refused(NotClanAdmin, text, 403, membership.invite, a_member(), None, None, LATER)


def test_an_account_that_is_not_there_cannot_be_invited() -> None:
    text = "Invitee doesn't exist"
    refused(NoSuchInvitee, text, 422, membership.invite, a_member(ADMIN), None, None, LATER)


@pytest.mark.parametrize("relation", [an_invitation(), a_member(), a_member(OWNER)])
def test_nobody_is_invited_twice_at_a_time(relation: Membership) -> None:
    text = "Invitee has an existing relation to clan (invited/member/left/kicked)"
    refused(AlreadyRelated, text, 422, membership.invite, a_member(OWNER), AccountId(58), relation, LATER)


def test_an_invitation_is_accepted_or_declined() -> None:
    assert membership.accept(an_invitation(), LATER) == Membership(
        CLAN, AccountId(58), MEMBER, invited_at=NOON, joined_at=LATER
    )
    assert membership.decline(an_invitation(), LATER) == Membership(
        CLAN, AccountId(58), MEMBER, invited_at=NOON, ended_at=LATER, end_reason=EndReason.DECLINED
    )


@pytest.mark.parametrize(
    ("relation", "text"),
    [
        (None, "User is not invited to join clan"),
        (DECLINED, "User previously declined this invitation"),
        (RETRACTED, "This invitation has been retracted"),
        (a_member(), "User is already a member of clan"),
        (LEFT, "User has left clan and was not reinvited"),
        (KICKED, "User was kicked from clan and was not reinvited"),
        (KICKED_INVITATION, "User is not invited to join clan"),
    ],
)
def test_who_has_no_open_invitation_is_told_why(relation: Membership | None, text: str) -> None:
    refused(NotInvited, text, 422, membership.accept, relation, LATER)
    refused(NotInvited, text, 422, membership.decline, relation, LATER)


@pytest.mark.parametrize("rank", [ADMIN, OWNER])
def test_admins_retract_invitations(rank: ClanRank) -> None:
    assert membership.retract(a_member(rank), an_invitation(), LATER) == Membership(
        CLAN, AccountId(58), MEMBER, invited_at=NOON, ended_at=LATER, end_reason=EndReason.RETRACTED
    )


def test_retracting_wants_an_admin_and_an_open_invitation() -> None:
    for nobody in NO_MEMBERS:
        text = "Clan doesn't exist or user is not in it."
        refused(NotInClan, text, 403, membership.retract, nobody, an_invitation(), LATER)
    text = "User is not authorized to retract invitations of this clan"
    refused(NotClanAdmin, text, 403, membership.retract, a_member(), an_invitation(), LATER)
    for relation in (None, a_member(), *ENDED):
        text = "User is not invited to join clan"
        refused(NotInvited, text, 422, membership.retract, a_member(ADMIN), relation, LATER)


def test_a_member_leaves() -> None:
    changes = membership.leave(a_member(), [a_member(OWNER, 1), an_invitation()], LATER)
    assert changes == [a_member().ended(EndReason.LEFT, LATER)]


def test_an_owner_leaves_while_another_stays() -> None:
    changes = membership.leave(a_member(OWNER), [a_member(OWNER, 1), a_member(MEMBER, 2)], LATER)
    assert changes == [a_member(OWNER).ended(EndReason.LEFT, LATER)]


def test_the_last_owner_does_not_leave_other_members_behind() -> None:
    text = "The last owner cannot leave while the clan has other members: make one of them owner first."
    refused(LastOwner, text, 403, membership.leave, a_member(OWNER), [a_member(ADMIN, 1)], LATER)


def test_an_invited_owner_to_be_is_no_owner_yet() -> None:
    others = [an_invitation(OWNER), a_member(MEMBER, 1)]
    with pytest.raises(LastOwner):
        membership.leave(a_member(OWNER), others, LATER)


def test_when_the_last_member_leaves_open_invitations_are_retracted() -> None:
    changes = membership.leave(a_member(OWNER), [an_invitation()], LATER)
    assert changes == [
        a_member(OWNER).ended(EndReason.LEFT, LATER),
        an_invitation().ended(EndReason.RETRACTED, LATER),
    ]


@pytest.mark.parametrize("relation", NO_MEMBERS)
def test_only_members_leave(relation: Membership | None) -> None:
    text = "Clan doesn't exist or user is not in it."
    refused(NotInClan, text, 403, membership.leave, relation, [], LATER)


@pytest.mark.parametrize("rank", [ADMIN, OWNER])
@pytest.mark.parametrize("target", [a_member(), an_invitation()])
def test_admins_kick_members_and_the_invited(rank: ClanRank, target: Membership) -> None:
    assert membership.kick(a_member(rank, 1), target, LATER) == target.ended(EndReason.KICKED, LATER)


def test_kicking_wants_two_who_are_in_the_clan() -> None:
    text = "Clan doesn't exist or user is not in it."
    for nobody in NO_MEMBERS:
        refused(NotInClan, text, 403, membership.kick, nobody, a_member(), LATER)
    for gone in (None, *ENDED):
        refused(NotInClan, text, 403, membership.kick, a_member(OWNER), gone, LATER)


def test_plain_members_kick_nobody() -> None:
    text = "User is not authorized to kick members of this clan"
    for rank in ClanRank:
        refused(NotClanAdmin, text, 403, membership.kick, a_member(), a_member(rank, 1), LATER)


@pytest.mark.parametrize("rank", [ADMIN, OWNER])
def test_admins_and_owners_cannot_be_kicked(rank: ClanRank) -> None:
    text = "Clan admins cannot be kicked"
    refused(ClanAdminStays, text, 403, membership.kick, a_member(OWNER, 1), a_member(rank), LATER)


# (actor, subject, new rank) of every change that is allowed: who outranks the subject gives ranks up to his own.
ALLOWED = {(OWNER, subject, rank) for subject in (ADMIN, MEMBER) for rank in ClanRank} | {
    (ADMIN, MEMBER, ADMIN),
    (ADMIN, MEMBER, MEMBER),
}


@pytest.mark.parametrize("actor", ClanRank)
@pytest.mark.parametrize("subject", ClanRank)
@pytest.mark.parametrize("rank", ClanRank)
def test_ranks_are_given_downwards_up_to_the_own(actor: ClanRank, subject: ClanRank, rank: ClanRank) -> None:
    def command() -> Membership:
        return membership.update_rank(a_member(actor, 1), a_member(subject), rank)

    if (actor, subject, rank) in ALLOWED:
        assert command() == a_member(rank)
    elif actor.level <= subject.level:
        refused(NotOutranked, "Modifying user does not outrank subject user.", 403, command)
    else:
        refused(RankTooHigh, "New rank is above the modifying user's rank.", 403, command)


def test_changing_ranks_wants_two_current_members() -> None:
    for nobody in NO_MEMBERS:
        text = "Clan doesn't exist or modifying user is not in it."
        refused(NotInClan, text, 403, membership.update_rank, nobody, a_member(), ADMIN)
    for nobody in (None, an_invitation(), *ENDED):
        text = "Clan doesn't exist or subject user is not in it."
        refused(NotInClan, text, 403, membership.update_rank, a_member(OWNER), nobody, ADMIN)


def test_members_see_the_invitations_and_admins_change_the_icon() -> None:
    for rank in ClanRank:
        membership.check_may_see_invitations(a_member(rank))
    membership.check_may_change_icon(a_member(ADMIN))
    membership.check_may_change_icon(a_member(OWNER))
    text = "User is not authorized to change icon for this clan"
    refused(NotClanAdmin, text, 403, membership.check_may_change_icon, a_member())
    for nobody in NO_MEMBERS:
        refused(NotClanAdmin, text, 403, membership.check_may_change_icon, nobody)
        text_of_list = "User is not authorized to view clan invites for this clan"
        refused(NotInClan, text_of_list, 403, membership.check_may_see_invitations, nobody)


ACCOUNTS = st.integers(0, 4)
_LEVEL = {"member": 1, "admin": 2, "owner": 3}


class Clans(RuleBasedStateMachine):
    """Any sequence of commands on one clan, beside a model that knows each account by two words: where, what rank.

    The model is written from the rules as people say them, and shares nothing with the code but the words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.relations: dict[int, Membership] = {}
        self.model: dict[int, tuple[str, str]] = {}

    def does(self, allowed: bool, command: Callable[[], Membership | list[Membership]]) -> bool:
        """Run a command that the model allows or not; whether it did something."""
        self.now += timedelta(minutes=1)
        before = dict(self.relations)
        changed: Membership | list[Membership] | None
        try:
            changed = command()
        except TengenError:
            changed = None
        assert allowed == (changed is not None)
        if changed is None:
            assert self.relations == before
            return False
        for relation in changed if isinstance(changed, list) else [changed]:
            self.relations[relation.account_id] = relation
        return True

    def level(self, who: int) -> int:
        """How much a current member may do; 0 for everybody else."""
        where, rank = self.model.get(who, ("none", "member"))
        return _LEVEL[rank] if where == "in" else 0

    def where(self, who: int) -> str:
        return self.model.get(who, ("none", ""))[0]

    @initialize()
    def found(self) -> None:
        self.does(True, lambda: membership.found(CLAN, AccountId(0), self.now))
        self.model[0] = ("in", "owner")

    @rule(who=ACCOUNTS, whom=ACCOUNTS)
    def invite(self, who: int, whom: int) -> None:
        allowed = self.level(who) >= 2 and self.where(whom) not in {"in", "invited"}
        relations = self.relations
        if self.does(
            allowed,
            lambda: membership.invite(relations.get(who), AccountId(whom), relations.get(whom), self.now),
        ):
            self.model[whom] = ("invited", "member")

    @rule(who=ACCOUNTS)
    def accept(self, who: int) -> None:
        if self.does(self.where(who) == "invited", lambda: membership.accept(self.relations.get(who), self.now)):
            self.model[who] = ("in", "member")

    @rule(who=ACCOUNTS)
    def decline(self, who: int) -> None:
        if self.does(self.where(who) == "invited", lambda: membership.decline(self.relations.get(who), self.now)):
            self.model[who] = ("declined", "member")

    @rule(who=ACCOUNTS, whom=ACCOUNTS)
    def retract(self, who: int, whom: int) -> None:
        allowed = self.level(who) >= 2 and self.where(whom) == "invited"
        relations = self.relations
        if self.does(allowed, lambda: membership.retract(relations.get(who), relations.get(whom), self.now)):
            self.model[whom] = ("retracted", "member")

    @rule(who=ACCOUNTS)
    def leave(self, who: int) -> None:
        levels = [self.level(other) for other in self.model if other != who and self.level(other)]
        allowed = self.level(who) > 0 and (not levels or max(levels) == 3 or self.level(who) < 3)
        others = [relation for account, relation in self.relations.items() if account != who and not relation.ended_at]
        if self.does(allowed, lambda: membership.leave(self.relations.get(who), others, self.now)):
            self.model[who] = ("left", self.model[who][1])
            if not levels:
                self.model = {a: ("retracted" if w == "invited" else w, r) for a, (w, r) in self.model.items()}

    @rule(who=ACCOUNTS, whom=ACCOUNTS)
    def kick(self, who: int, whom: int) -> None:
        allowed = self.level(who) >= 2 and (self.level(whom) == 1 or self.where(whom) == "invited")
        relations = self.relations
        if self.does(allowed, lambda: membership.kick(relations.get(who), relations.get(whom), self.now)):
            self.model[whom] = ("kicked", "member")

    @rule(who=ACCOUNTS, whom=ACCOUNTS, rank=st.sampled_from(ClanRank))
    def update_rank(self, who: int, whom: int, rank: ClanRank) -> None:
        allowed = self.level(who) > self.level(whom) > 0 and _LEVEL[rank.value] <= self.level(who)
        relations = self.relations
        if self.does(allowed, lambda: membership.update_rank(relations.get(who), relations.get(whom), rank)):
            self.model[whom] = ("in", rank.value)

    @invariant()
    def code_and_model_agree(self) -> None:
        seen = {account: (_where(relation), relation.rank.value) for account, relation in self.relations.items()}
        assert seen == self.model

    @invariant()
    def every_relation_is_one_of_the_states_that_exist(self) -> None:
        for relation in self.relations.values():
            assert (relation.ended_at is None) == (relation.end_reason is None)
            assert relation.joined_at is None or relation.joined_at >= relation.invited_at
            assert relation.ended_at is None or relation.ended_at >= (relation.joined_at or relation.invited_at)
            if relation.joined_at is None:
                assert relation.rank is MEMBER
                assert relation.end_reason is not EndReason.LEFT
            else:
                assert relation.end_reason in {None, EndReason.LEFT, EndReason.KICKED}

    @invariant()
    def a_clan_with_members_has_an_owner_and_one_without_has_no_invitations(self) -> None:
        current = [relation for relation in self.relations.values() if relation.is_current]
        if current:
            assert any(relation.rank is OWNER for relation in current)
        else:
            assert not any(relation.is_invitation for relation in self.relations.values())


def _where(relation: Membership) -> str:
    if relation.end_reason is not None:
        return relation.end_reason.value
    return "in" if relation.joined_at is not None else "invited"


TestAnySequenceOfCommands = Clans.TestCase


def test_of_two_ranks_one_outranks_the_other() -> None:
    assert [(a, b) for a, b in permutations(ClanRank, 2) if a.outranks(b)] == [
        (OWNER, ADMIN),
        (OWNER, MEMBER),
        (ADMIN, MEMBER),
    ]
