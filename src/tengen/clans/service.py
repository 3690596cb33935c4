"""Operations on clans: found one, look them up, and every command on who belongs to them.

A command locks its clan first, so that commands on one clan take turns: each decides on what the one before it left,
and no two of them together can do what neither may do alone (two last owners leaving at the same moment).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, bindparam, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from tengen.accounts import service as accounts
from tengen.clans import membership
from tengen.clans.icons import Icon
from tengen.clans.membership import ClanId, ClanRank, EndReason, Membership
from tengen.clans.models import ClanRow, MembershipRow
from tengen.core.database import violates
from tengen.core.errors import Conflict, NotFound
from tengen.core.values import AccountId

if TYPE_CHECKING:
    from sqlalchemy import Row

    from tengen.clans.tags import ClanName, ClanTag
    from tengen.core.database import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Clan:
    """A team of accounts. `deleted_at` is when its last member left; None while it has members."""

    id: ClanId
    tag: str
    name: str
    icon: Icon
    created_at: datetime
    deleted_at: datetime | None


class ClanNotFound(NotFound):
    """There is no such clan."""

    code = "clan_not_found"


class TagTaken(Conflict):
    """Another clan has this tag."""

    code = "clan_tag_taken"


class ClanNameTaken(Conflict):
    """Another clan has this name, or one that reads the same."""

    code = "clan_name_taken"


_CLAN_COLUMNS = (ClanRow.id, ClanRow.tag, ClanRow.name, ClanRow.icon, ClanRow.created_at, ClanRow.deleted_at)
_MEMBERSHIP_COLUMNS = (
    MembershipRow.clan_id,
    MembershipRow.account_id,
    MembershipRow.rank,
    MembershipRow.invited_at,
    MembershipRow.joined_at,
    MembershipRow.ended_at,
    MembershipRow.end_reason,
)
_IS_CURRENT = and_(MembershipRow.joined_at.is_not(None), MembershipRow.ended_at.is_(None))
_IS_INVITATION = and_(MembershipRow.joined_at.is_(None), MembershipRow.ended_at.is_(None))


def _clan(row: "Row[int, str, str, bytes, datetime, datetime | None]") -> Clan:
    return Clan(ClanId(row[0]), row[1], row[2], Icon(row[3]), row[4], row[5])


def _membership(
    row: "Row[int, int, str, datetime, datetime | None, datetime | None, str | None]",
) -> Membership:
    return Membership(
        ClanId(row[0]),
        AccountId(row[1]),
        ClanRank(row[2]),
        invited_at=row[3],
        joined_at=row[4],
        ended_at=row[5],
        end_reason=None if row[6] is None else EndReason(row[6]),
    )


async def found_clan(
    transaction: "Transaction", founder: AccountId, *, tag: "ClanTag", name: "ClanName", icon: Icon, now: datetime
) -> Clan:
    """Make a clan, owned by its founder. Raises `TagTaken` (first) or `ClanNameTaken`. Three statements."""
    taken = await transaction.all(
        select(ClanRow.tag, ClanRow.name_key).where(
            or_(ClanRow.tag == tag.text, ClanRow.name_key == name.key), ClanRow.deleted_at.is_(None)
        )
    )
    if any(row.tag == tag.text for row in taken):
        raise TagTaken("Clan tag taken")
    if taken:
        raise ClanNameTaken("Clan name taken")
    try:
        row = await transaction.one(
            insert(ClanRow)
            .values(tag=tag.text, name=name.text, name_key=name.key, icon=icon.png, created_at=now)
            .returning(*_CLAN_COLUMNS)
        )
    except IntegrityError as error:  # somebody else was faster by a moment
        if violates(error, "clans", "tag"):
            raise TagTaken("Clan tag taken") from error
        raise ClanNameTaken("Clan name taken") from error
    clan = _clan(row)
    await _add(transaction, membership.found(clan.id, founder, now))
    return clan


async def update_icon(transaction: "Transaction", clan_id: ClanId, actor: AccountId, icon: Icon) -> Clan:
    """Give the clan another icon. Raises `NotClanAdmin` for all but its admins and owners. Three statements."""
    relations = await _locked(transaction, clan_id, actor)
    membership.check_may_change_icon(relations.get(actor))
    row = await transaction.one(
        update(ClanRow).where(ClanRow.id == clan_id).values(icon=icon.png).returning(*_CLAN_COLUMNS)
    )
    return _clan(row)


async def invite(
    transaction: "Transaction", clan_id: ClanId, inviter: AccountId, invitee: AccountId, now: datetime
) -> Membership:
    """Invite an account to a clan. Raises what `membership.invite` raises. Four statements."""
    relations = await _locked(transaction, clan_id, inviter, invitee)
    account = (await accounts.accounts_by_ids(transaction, [invitee])).get(invitee)
    invitation = membership.invite(
        relations.get(inviter),
        None if account is None or account.deleted_at is not None else invitee,
        relations.get(invitee),
        now,
    )
    if invitee in relations:
        await _store(transaction, [invitation])
    else:
        await _add(transaction, invitation)
    return invitation


async def answer_invitation(
    transaction: "Transaction", clan_id: ClanId, invitee: AccountId, *, accept: bool, now: datetime
) -> Membership:
    """Accept or decline one's invitation. Raises `NotInvited`. Three statements."""
    relation = (await _locked(transaction, clan_id, invitee)).get(invitee)
    return await _store(transaction, [(membership.accept if accept else membership.decline)(relation, now)])


async def retract_invitation(
    transaction: "Transaction", clan_id: ClanId, actor: AccountId, invitee: AccountId, now: datetime
) -> Membership:
    """Take back an invitation. Raises what `membership.retract` raises. Three statements."""
    relations = await _locked(transaction, clan_id, actor, invitee)
    return await _store(transaction, [membership.retract(relations.get(actor), relations.get(invitee), now)])


async def kick(
    transaction: "Transaction", clan_id: ClanId, actor: AccountId, target: AccountId, now: datetime
) -> Membership:
    """End another's membership or invitation. Raises what `membership.kick` raises. Three statements."""
    relations = await _locked(transaction, clan_id, actor, target)
    return await _store(transaction, [membership.kick(relations.get(actor), relations.get(target), now)])


async def update_rank(
    transaction: "Transaction", clan_id: ClanId, actor: AccountId, subject: AccountId, rank: ClanRank
) -> Membership:
    """Change another member's rank. Raises what `membership.update_rank` raises. Three statements."""
    relations = await _locked(transaction, clan_id, actor, subject)
    return await _store(transaction, [membership.update_rank(relations.get(actor), relations.get(subject), rank)])


async def leave(transaction: "Transaction", clan_id: ClanId, member: AccountId, now: datetime) -> Membership:
    """End one's own membership. With the last member goes the clan: its tag and its name are free again.

    Raises `NotInClan` and `LastOwner`. Three statements, four if the clan goes.
    """
    await _lock(transaction, clan_id)
    rows = await transaction.all(
        select(*_MEMBERSHIP_COLUMNS).where(
            MembershipRow.clan_id == clan_id,
            MembershipRow.ended_at.is_(None),
        )
    )
    relations = {relation.account_id: relation for relation in map(_membership, rows)}
    leaver = relations.pop(member, None)
    left = await _store(transaction, membership.leave(leaver, relations.values(), now))
    if not any(other.is_current for other in relations.values()):
        await transaction.run(update(ClanRow).where(ClanRow.id == clan_id).values(deleted_at=now))
    return left


async def _lock(transaction: "Transaction", clan_id: ClanId) -> None:
    """Wait for this transaction's turn with the clan. On SQLite it has had it since it began."""
    # A statement of its own: one that also read the relations would see them as they were before it had to wait.
    await transaction.all(select(ClanRow.id).where(ClanRow.id == clan_id).with_for_update())


async def _locked(transaction: "Transaction", clan_id: ClanId, *account_ids: AccountId) -> dict[AccountId, Membership]:
    """The relations of these accounts to the clan, as they stay until the transaction ends."""
    await _lock(transaction, clan_id)
    rows = await transaction.all(
        select(*_MEMBERSHIP_COLUMNS).where(
            MembershipRow.clan_id == clan_id, MembershipRow.account_id.in_(set(account_ids))
        )
    )
    return {relation.account_id: relation for relation in map(_membership, rows)}


async def _add(transaction: "Transaction", relation: Membership) -> None:
    await transaction.run(
        insert(MembershipRow).values(clan_id=relation.clan_id, account_id=relation.account_id, **_state(relation))
    )


_UPDATE = (
    update(MembershipRow)
    .where(MembershipRow.clan_id == bindparam("of_clan"), MembershipRow.account_id == bindparam("of_account"))
    .values({column: bindparam(column) for column in ("rank", "invited_at", "joined_at", "ended_at", "end_reason")})
)


async def _store(transaction: "Transaction", relations: Sequence[Membership]) -> Membership:
    """Store what has changed; returns the first, which is what the command was about."""
    await transaction.run(
        _UPDATE,
        [
            {"of_clan": relation.clan_id, "of_account": relation.account_id, **_state(relation)}
            for relation in relations
        ],
    )
    return relations[0]


def _state(relation: Membership) -> dict[str, datetime | str | None]:
    return {
        "rank": relation.rank.value,
        "invited_at": relation.invited_at,
        "joined_at": relation.joined_at,
        "ended_at": relation.ended_at,
        "end_reason": None if relation.end_reason is None else relation.end_reason.value,
    }


async def list_clans(connection: "Connection", *, after_id: int = 0, limit: int | None = None) -> list[Clan]:
    """The clans that have members, in the order of their ids, from the first after `after_id`."""
    rows = await connection.all(
        select(*_CLAN_COLUMNS)
        .where(ClanRow.id > after_id, ClanRow.deleted_at.is_(None))
        .order_by(ClanRow.id)
        .limit(limit)
    )
    return [_clan(row) for row in rows]


async def clans_by_ids(connection: "Connection", ids: Collection[int]) -> list[Clan]:
    """The clans that exist, or once did, among `ids`, in the order of their ids."""
    rows = await connection.all(select(*_CLAN_COLUMNS).where(ClanRow.id.in_(ids)).order_by(ClanRow.id))
    return [_clan(row) for row in rows]


async def clan_by_id(connection: "Connection", clan_id: int) -> Clan:
    """One clan, also one that has ended. Raises `ClanNotFound`."""
    clans = await clans_by_ids(connection, [clan_id])
    if not clans:
        raise ClanNotFound("Clan not found")
    return clans[0]


async def icon_of(connection: "Connection", clan_id: int) -> Icon:
    """The clan's icon. Raises `ClanNotFound`."""
    row = await connection.first(select(ClanRow.icon).where(ClanRow.id == clan_id))
    if row is None:
        raise ClanNotFound("Not Found")
    return Icon(row[0])


async def check_exists(connection: "Connection", clan_id: int) -> None:
    """Raises `ClanNotFound` unless there is, or was, such a clan."""
    if await connection.first(select(literal(1)).select_from(ClanRow).where(ClanRow.id == clan_id)) is None:
        raise ClanNotFound("Clan not found")


async def is_member(connection: "Connection", clan_id: int, account_id: int) -> bool:
    """Whether the account is a member of the clan now; of an unknown clan nobody is."""
    row = await connection.first(
        select(literal(1))
        .select_from(MembershipRow)
        .where(MembershipRow.clan_id == clan_id, MembershipRow.account_id == account_id, _IS_CURRENT)
    )
    return row is not None


async def members(connection: "Connection", clan_id: int) -> list[Membership]:
    """The clan's current members, in the order of their ids. Raises `ClanNotFound`."""
    found = await _relations(connection, MembershipRow.clan_id == clan_id, _IS_CURRENT)
    if not found:  # a clan that has ended, or none
        await check_exists(connection, clan_id)
    return found


async def memberships_of(connection: "Connection", account_id: int) -> list[Membership]:
    """The account's current memberships, in the order of the clans' ids. Raises `AccountNotFound`."""
    found = await _relations(connection, MembershipRow.account_id == account_id, _IS_CURRENT)
    if not found and not await accounts.accounts_by_ids(connection, [account_id]):
        raise accounts.AccountNotFound("User not found")
    return found


async def invitations_to(connection: "Connection", account_id: AccountId) -> list[Membership]:
    """The account's open invitations, in the order of the clans' ids."""
    return await _relations(connection, MembershipRow.account_id == account_id, _IS_INVITATION)


async def invitations_by(connection: "Connection", clan_id: int, viewer: AccountId) -> list[Membership]:
    """The clan's open invitations, in the order of the accounts' ids. Raises `NotInClan` for all but its members."""
    found = await _relations(
        connection,
        MembershipRow.clan_id == clan_id,
        or_(MembershipRow.account_id == viewer, _IS_INVITATION),
    )
    own = next((relation for relation in found if relation.account_id == viewer), None)
    membership.check_may_see_invitations(own)
    return [relation for relation in found if relation.is_invitation]


async def _relations(connection: "Connection", *conditions: "ColumnElement[bool]") -> list[Membership]:
    rows = await connection.all(
        select(*_MEMBERSHIP_COLUMNS).where(*conditions).order_by(MembershipRow.clan_id, MembershipRow.account_id)
    )
    return [_membership(row) for row in rows]
