"""Operations on members of associations: whose a member number is, and showing that it is one's own.

A number belongs to the account that has claimed it. Before that it may belong to a stand-in: an account that nobody
signs in by, which holds what an import knows of the member, and gives it up to whoever claims the number.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName
from tengen.accounts.service import AccountNotFound
from tengen.associations import mails
from tengen.associations.models import MemberClaimRow, MemberNumberRow
from tengen.associations.numbers import MemberNumber, parse_association, parse_number
from tengen.core.database import among
from tengen.core.errors import Conflict, NotFound
from tengen.core.events import Event
from tengen.core.rows import BulkInsert
from tengen.core.security import digest, new_secret
from tengen.core.values import AccountId

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from tengen.accounts.service import Account
    from tengen.associations.members import Member
    from tengen.core.database import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Membership:
    """Whose a member number is."""

    number: MemberNumber
    account_id: AccountId
    claimed_at: datetime | None
    """None: the account is a stand-in."""


@dataclass(frozen=True, slots=True)
class Link:
    """A mailed link that can still be followed: this account claims this number."""

    number: MemberNumber
    account_id: AccountId


@dataclass(frozen=True, kw_only=True)
class MemberClaimed(Event):
    """An account has shown that a number is its own, for which a stand-in has held the member's history so far."""

    association: str
    number: str
    account_id: int
    stand_in_id: int


class NumberClaimed(Conflict):
    """Another account has claimed the number."""

    code = "number_claimed"


class AlreadyMember(Conflict):
    """The account has a number of this association."""

    code = "already_member"


class MemberNotFound(NotFound):
    """The association has no member of this number."""

    code = "member_not_found"


class NoMailOnFile(Conflict):
    """The association has no address of the member to which the link could go."""

    code = "no_mail_on_file"


class LinkNotFound(NotFound):
    """No such link is open: it was followed or replaced, it is too old, or it is another account's."""

    code = "member_link_not_found"


class MembershipNotFound(NotFound):
    """Nobody has claimed the number, or the account has none of this association."""

    code = "membership_not_found"


# ── whose a number is ──

_MEMBERSHIP = (
    MemberNumberRow.association,
    MemberNumberRow.number,
    MemberNumberRow.account_id,
    MemberNumberRow.claimed_at,
)
_NUMBERS_OF = select(MemberNumberRow.account_id, MemberNumberRow.number).where(
    MemberNumberRow.association == bindparam("association"),
    MemberNumberRow.claimed_at.is_not(None),
    among(MemberNumberRow.account_id, "accounts"),
)


async def numbers_of(
    connection: "Connection", association: str, account_ids: Collection[AccountId]
) -> dict[AccountId, str]:
    """The member numbers that these accounts have shown to be theirs; accounts without one are left out."""
    rows = await connection.all(_NUMBERS_OF, {"association": association, "accounts": list(account_ids)})
    return {AccountId(row[0]): row[1] for row in rows}


async def memberships_of(connection: "Connection", account_id: AccountId) -> list[Membership]:
    """The numbers that the account has claimed, in the order of the associations."""
    rows = await connection.all(
        select(*_MEMBERSHIP)
        .where(MemberNumberRow.account_id == account_id, MemberNumberRow.claimed_at.is_not(None))
        .order_by(MemberNumberRow.association)
    )
    return [_membership(*row) for row in rows]


async def find_membership(connection: "Connection", number: MemberNumber) -> Membership:
    """Who has the number, stand-ins included. Raises `MembershipNotFound`."""
    row = await connection.first(select(*_MEMBERSHIP).where(*_is(number)))
    if row is None:
        raise MembershipNotFound(f"Nobody here has the number {number}.")
    return _membership(*row)


async def check_claimable(connection: "Connection", number: MemberNumber, account_id: AccountId) -> None:
    """Raises `AlreadyMember` or `NumberClaimed` if the account could not claim the number."""
    rows = await connection.all(
        select(*_MEMBERSHIP).where(
            MemberNumberRow.association == number.association,
            or_(MemberNumberRow.account_id == account_id, MemberNumberRow.number == number.number),
        )
    )
    found = [_membership(*row) for row in rows]
    own = next((membership for membership in found if membership.account_id == account_id), None)
    if own is not None and own.number == number:
        raise AlreadyMember(f"The account has the number {number} already.")
    if own is not None:
        raise AlreadyMember(f"The account has the number {own.number}. Remove that one first.")
    if any(membership.claimed_at is not None for membership in found):
        raise _claimed_by_another(number)


def _membership(association: str, number: str, account_id: int, claimed_at: datetime | None) -> Membership:
    return Membership(MemberNumber(association, number), AccountId(account_id), claimed_at)


def _is(number: MemberNumber) -> Any:
    return MemberNumberRow.association == number.association, MemberNumberRow.number == number.number


def _claimed_by_another(number: MemberNumber) -> NumberClaimed:
    return NumberClaimed(f"The number {number} has been claimed by another account. If it is yours, ask the operator.")


# ── claiming a number ──


async def send_link(
    transaction: "Transaction",
    account: "Account",
    number: MemberNumber,
    member: "Member",
    *,
    page: str,
    now: datetime,
    lifetime: timedelta,
) -> None:
    """Mail the member a link by which the account gets the number; it leads to `page` and its token.

    A link that the account had mailed before to a member of the same association is void. Raises `NoMailOnFile`,
    `AlreadyMember` and `NumberClaimed`.
    """
    if member.email is None:
        raise NoMailOnFile(
            f"There is no e-mail address on file for {number}. Ask the association to add yours, and come again."
        )
    await accounts.hold_account(transaction, account.id)
    await check_claimable(transaction, number, account.id)
    await _void_links(
        transaction,
        # And those that are too old, whoever asked for them.
        or_(_asked_for(number.association, account.id), MemberClaimRow.created_at <= now - lifetime),
    )
    token = new_secret()
    await transaction.run(
        insert(MemberClaimRow).values(
            token_digest=digest(token),
            association=number.association,
            number=number.number,
            account_id=account.id,
            created_at=now,
        )
    )
    await transaction.announce(
        mails.confirmation(member.email.address, member, number, account.display_name, page + token, lifetime)
    )


async def open_link(connection: "Connection", token: str, *, now: datetime, lifetime: timedelta) -> Link:
    """What the link with this token would do. Raises `LinkNotFound`."""
    row = await connection.first(
        select(MemberClaimRow.association, MemberClaimRow.number, MemberClaimRow.account_id).where(
            MemberClaimRow.token_digest == digest(token), MemberClaimRow.created_at > now - lifetime
        )
    )
    if row is None:
        raise _no_link()
    return Link(MemberNumber(row.association, row.number), AccountId(row.account_id))


async def confirm(
    transaction: "Transaction",
    token: str,
    *,
    now: datetime,
    lifetime: timedelta,
    signed_in: AccountId | None = None,
) -> Membership:
    """Follow a link: its account gets the number. It works once, and, if somebody is signed in, for its account alone.

    Raises `LinkNotFound`, `AlreadyMember` and `NumberClaimed`.
    """
    link = await open_link(transaction, token, now=now, lifetime=lifetime)
    if signed_in is not None and signed_in != link.account_id:
        raise _no_link()
    await accounts.hold_account(transaction, link.account_id)
    # Once more: until the account was held, the link could be followed by another request.
    await open_link(transaction, token, now=now, lifetime=lifetime)
    try:
        return await link_account(transaction, link.number, link.account_id, now=now)
    except AccountNotFound as error:
        raise _no_link() from error


async def link_account(
    transaction: "Transaction", number: MemberNumber, account_id: AccountId, *, now: datetime
) -> Membership:
    """Give the account the number, and what a stand-in holds for the member. Its links for the association are void.

    Raises `AccountNotFound` for an account that is deleted or never was, `AlreadyMember` and `NumberClaimed`.
    """
    await accounts.hold_account(transaction, account_id)
    account = (await accounts.accounts_by_ids(transaction, [account_id])).get(account_id)
    if account is None or account.deleted_at is not None:
        raise AccountNotFound("User not found")
    await check_claimable(transaction, number, account_id)
    stand_in_id = await _take_number(transaction, number, account_id, now)
    # Others' links for the number stay: whoever follows one is told that it has been claimed.
    await _void_links(transaction, _asked_for(number.association, account_id))
    if stand_in_id is not None:
        await transaction.announce(
            MemberClaimed(
                association=number.association, number=number.number, account_id=account_id, stand_in_id=stand_in_id
            )
        )
        await accounts.delete_account(transaction, stand_in_id, now)
    return Membership(number, account_id, now)


async def unlink_account(connection: "Connection", association: str, account_id: AccountId) -> None:
    """Take from the account its number of this association; games stay with it. Raises `MembershipNotFound`."""
    touched = await connection.run(
        delete(MemberNumberRow).where(
            MemberNumberRow.association == association,
            MemberNumberRow.account_id == account_id,
            MemberNumberRow.claimed_at.is_not(None),
        )
    )
    if not touched:
        raise MembershipNotFound(f"The account has no number of {association.upper()}.")


async def unlink_number(transaction: "Transaction", number: MemberNumber) -> Membership:
    """Take the number from the account that has claimed it; returns who had it. Raises `MembershipNotFound`."""
    row = await transaction.first(
        delete(MemberNumberRow).where(*_is(number), MemberNumberRow.claimed_at.is_not(None)).returning(*_MEMBERSHIP)
    )
    if row is None:
        raise MembershipNotFound(f"Nobody has claimed the number {number}.")
    return _membership(*row)


async def _take_number(
    transaction: "Transaction", number: MemberNumber, account_id: AccountId, now: datetime
) -> AccountId | None:
    """Enter the account as the one that has claimed the number; returns the stand-in that had it. `NumberClaimed`."""
    if await _enter(transaction, number, account_id, claimed_at=now):
        return None
    held = await transaction.first(select(*_MEMBERSHIP).where(*_is(number)).with_for_update())
    if held is None or held.claimed_at is not None:
        raise _claimed_by_another(number)
    await transaction.run(update(MemberNumberRow).where(*_is(number)).values(account_id=account_id, claimed_at=now))
    return AccountId(held.account_id)


async def _enter(
    transaction: "Transaction", number: MemberNumber, account_id: AccountId, *, claimed_at: datetime
) -> bool:
    """Enter the account for the number, unless there is one; also if somebody does so at this very moment."""
    insert_new = (sqlite if transaction.dialect == "sqlite" else postgresql).insert(MemberNumberRow)
    entered = await transaction.first(
        insert_new.on_conflict_do_nothing()
        .values(association=number.association, number=number.number, account_id=account_id, claimed_at=claimed_at)
        .returning(MemberNumberRow.account_id)
    )
    return entered is not None


def _asked_for(association: str, account_id: AccountId) -> "ColumnElement[bool]":
    return (MemberClaimRow.account_id == account_id) & (MemberClaimRow.association == association)


async def _void_links(transaction: "Transaction", which: "ColumnElement[bool]") -> None:
    # In one order, whichever they are: two transactions that void the same links never wait for each other.
    held = select(MemberClaimRow.token_digest).where(which).order_by(MemberClaimRow.token_digest).with_for_update()
    await transaction.run(delete(MemberClaimRow).where(MemberClaimRow.token_digest.in_(held)))


def _no_link() -> LinkNotFound:
    return LinkNotFound("This link does not work: it was used or replaced, is too old, or is another account's.")


# ── the history of members who have not come yet ──


async def ensure_stand_ins(
    transaction: "Transaction", association: str, numbers: Collection[str], *, now: datetime
) -> dict[str, AccountId]:
    """The accounts that members' histories belong to: whoever has claimed the number, else its stand-in.

    One statement when there are all. Until the transaction ends nobody else claims a number. So ask before ratings are
    held: a claim waits for them. Raises `InvalidAssociation` and `InvalidMemberNumber`.
    """
    code = parse_association(association)
    number_of = {text: parse_number(text) for text in numbers}
    # In one order: of two imports at once neither waits for a stand-in that the other makes while that one waits too.
    missing = sorted(set(number_of.values()))
    found: dict[str, AccountId] = {}
    again = 0
    while missing:
        found |= await _holders(transaction, code, missing)
        missing = [number for number in missing if number not in found]
        if missing:
            # Everybody tries the same names in the same order: whoever makes these stand-ins, too, is waited for here.
            again += 1
            await _add_stand_ins(transaction, code, missing, again, now)
    return {text: found[number] for text, number in number_of.items()}


_HOLDERS = (
    select(MemberNumberRow.number, MemberNumberRow.account_id)
    .where(MemberNumberRow.association == bindparam("association"), among(MemberNumberRow.number, "numbers"))
    .order_by(MemberNumberRow.number)
    .with_for_update(read=True)
)
_STAND_INS = BulkInsert(
    MemberNumberRow, (MemberNumberRow.association, MemberNumberRow.number, MemberNumberRow.account_id)
)


async def _holders(transaction: "Transaction", association: str, numbers: Sequence[str]) -> dict[str, AccountId]:
    """Who has these numbers, stand-ins included: they are held until the transaction ends."""
    rows = await transaction.all(_HOLDERS, {"association": association, "numbers": numbers})
    return {number: AccountId(account_id) for number, account_id in rows}


async def _add_stand_ins(
    transaction: "Transaction", association: str, numbers: Sequence[str], again: int, now: datetime
) -> None:
    """Make stand-ins for members, but where the name is taken that is tried at this attempt, counted from 1."""
    ending = "" if again == 1 else f" ({again})"
    names = {DisplayName.parse(f"{MemberNumber(association, number)}{ending}"): number for number in numbers}
    added = await accounts.add_stand_ins(transaction, [*names], now=now)
    if added:
        made = {names[name]: account_id for name, account_id in added.items()}
        rows = [(association, number, account_id) for number, account_id in made.items()]
        if await _STAND_INS.run(transaction, rows) < len(rows):  # somebody has just claimed a number
            holders = await _holders(transaction, association, [*made])
            for number, account_id in made.items():
                if holders.get(number) != account_id:
                    await accounts.delete_account(transaction, account_id, now)
