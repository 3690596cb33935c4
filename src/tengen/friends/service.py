"""Operations on friends: accounts ask each other, answer, and go their ways; and who is whose."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, and_, bindparam, case, delete, func, insert, or_, select, update

from tengen.accounts import service as accounts
from tengen.core.database import among
from tengen.core.errors import Conflict
from tengen.core.values import AccountId
from tengen.friends import friendship as rules
from tengen.friends.friendship import Friendship, News, Step
from tengen.friends.models import FriendshipRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from tengen.accounts.service import AccountClosed
    from tengen.core.database import Connection, Transaction

MOST_OPEN = 100
"""Requests of one account that wait for an answer."""
MOST_SHOWN = 200
"""Requests to one account that it is shown at once."""


class TooManyOpenRequests(Conflict):
    """The account has asked many who have not answered."""

    code = "too_many_friend_requests"


@dataclass(frozen=True, slots=True)
class Relation:
    """How one account stands to another."""

    is_friend: bool = False
    has_asked: bool = False
    """The one has asked the other, who has not answered."""
    is_asked: bool = False
    """The other way round."""


# ── asking and answering ──


async def ask(transaction: "Transaction", account_id: AccountId, other_id: AccountId, *, now: datetime) -> Step:
    """Ask another account to be friends; who asks back agrees. Returns what came of it, stored.

    Raises `FriendOfOneself` and `TooManyOpenRequests`.
    """
    step = await _decide(
        transaction, account_id, other_id, lambda friendship: rules.ask(friendship, account_id, other_id, now)
    )
    if step.news is News.REQUEST:
        await _check_open(transaction, account_id)
    return step


async def agree(transaction: "Transaction", account_id: AccountId, other_id: AccountId, *, now: datetime) -> Step:
    """Say yes to an account that has asked. Returns what came of it, stored. Raises `RequestNotFound`."""
    return await _decide(transaction, account_id, other_id, lambda friendship: rules.agree(friendship, account_id, now))


async def decline(transaction: "Transaction", account_id: AccountId, other_id: AccountId) -> Step:
    """Say no to an account that has asked. Returns what came of it, stored. Raises `RequestNotFound`."""
    return await _decide(transaction, account_id, other_id, lambda friendship: rules.decline(friendship, account_id))


async def remove(transaction: "Transaction", account_id: AccountId, other_id: AccountId) -> Step:
    """End a friendship, take back one's own request, or decline the other's. Returns what came of it, stored."""
    return await _decide(transaction, account_id, other_id, lambda friendship: rules.remove(friendship, account_id))


async def _decide(
    transaction: "Transaction",
    account_id: AccountId,
    other_id: AccountId,
    decide: Callable[[Friendship | None], Step],
) -> Step:
    # Both, and always in the same order: two who ask each other at the same moment have one relation, not two.
    for held in sorted({account_id, other_id}):
        await accounts.hold_account(transaction, held)
    before = await friendship_of(transaction, account_id, other_id)
    step = decide(before)
    await _store(transaction, before, step.friendship)
    return step


async def _store(transaction: "Transaction", before: Friendship | None, after: Friendship | None) -> None:
    if before == after:
        return
    if after is None:
        assert before is not None
        await transaction.run(delete(FriendshipRow).where(_is(before)))
    elif before is None:
        await transaction.run(
            insert(FriendshipRow).values(
                asker_id=after.asker_id, asked_id=after.asked_id, asked_at=after.asked_at, agreed_at=after.agreed_at
            )
        )
    else:
        await transaction.run(update(FriendshipRow).where(_is(before)).values(agreed_at=after.agreed_at))


async def _check_open(transaction: "Transaction", account_id: AccountId) -> None:
    row = await transaction.one(
        select(func.count()).where(FriendshipRow.asker_id == account_id, FriendshipRow.agreed_at.is_(None))
    )
    if row[0] > MOST_OPEN:
        raise TooManyOpenRequests(
            f"{MOST_OPEN} of your friend requests wait for an answer: take one back before you send another."
        )


async def forget(transaction: "Transaction", closed: "AccountClosed") -> None:
    """An account that is closed is nobody's friend any more."""
    await transaction.run(
        delete(FriendshipRow).where(
            or_(FriendshipRow.asker_id == closed.account_id, FriendshipRow.asked_id == closed.account_id)
        )
    )


# ── looking them up ──

_ROW = (FriendshipRow.asker_id, FriendshipRow.asked_id, FriendshipRow.asked_at, FriendshipRow.agreed_at)
_ME, _OTHER = bindparam("account", type_=BigInteger), bindparam("other", type_=BigInteger)
_BETWEEN = select(*_ROW).where(
    or_(
        and_(FriendshipRow.asker_id == _ME, FriendshipRow.asked_id == _OTHER),
        and_(FriendshipRow.asker_id == _OTHER, FriendshipRow.asked_id == _ME),
    )
)


async def friendship_of(connection: "Connection", account_id: AccountId, other_id: AccountId) -> Friendship | None:
    """The relation of two accounts; None if there is none. One statement."""
    row = await connection.first(_BETWEEN, {"account": account_id, "other": other_id})
    return None if row is None else Friendship(AccountId(row[0]), AccountId(row[1]), row[2], row[3])


async def relation(connection: "Connection", account_id: AccountId, other_id: AccountId) -> Relation:
    """How an account stands to another. One statement."""
    friendship = await friendship_of(connection, account_id, other_id)
    if friendship is None:
        return Relation()
    return Relation(
        is_friend=friendship.is_agreed,
        has_asked=friendship.waits_for(other_id),
        is_asked=friendship.waits_for(account_id),
    )


_FRIEND = case((FriendshipRow.asker_id == _ME, FriendshipRow.asked_id), else_=FriendshipRow.asker_id)
_IS_MINE = and_(or_(FriendshipRow.asker_id == _ME, FriendshipRow.asked_id == _ME), FriendshipRow.agreed_at.is_not(None))
_COUNT = select(func.count()).where(_IS_MINE)
_FRIENDS = (
    select(_FRIEND)
    .where(_IS_MINE)
    .order_by(FriendshipRow.agreed_at, _FRIEND)
    .offset(bindparam("offset"))
    .limit(bindparam("limit"))
)
_AMONG_FRIENDS = select(_FRIEND).where(_IS_MINE, among(_FRIEND, "others"))


async def page_of_friends(
    connection: "Connection", account_id: AccountId, *, offset: int, limit: int
) -> tuple[int, list[AccountId]]:
    """How many friends an account has, and some of them, the oldest friendship first. Two statements."""
    count = (await connection.one(_COUNT, {"account": account_id}))[0]
    rows = await connection.all(_FRIENDS, {"account": account_id, "offset": offset, "limit": limit})
    return count, [AccountId(row[0]) for row in rows]


async def friends_among(
    connection: "Connection", account_id: AccountId, others: Collection[AccountId]
) -> set[AccountId]:
    """Which of these accounts are friends of an account. One statement."""
    rows = await connection.all(_AMONG_FRIENDS, {"account": account_id, "others": list(others)})
    return {AccountId(row[0]) for row in rows}


async def requests_to(connection: "Connection", account_id: AccountId) -> list[Friendship]:
    """The requests that wait for an account's answer, the oldest first, `MOST_SHOWN` at most. One statement."""
    rows = await connection.all(
        select(*_ROW)
        .where(FriendshipRow.asked_id == account_id, FriendshipRow.agreed_at.is_(None))
        .order_by(FriendshipRow.asked_at, FriendshipRow.asker_id)
        .limit(MOST_SHOWN)
    )
    return [Friendship(AccountId(row[0]), AccountId(row[1]), row[2], row[3]) for row in rows]


def _is(friendship: Friendship) -> "ColumnElement[bool]":
    return and_(
        FriendshipRow.asker_id == friendship.asker_id,
        FriendshipRow.asked_id == friendship.asked_id,
    )
