"""Operations on ratings. They know accounts and pools; what kind of game moved a rating is not their business."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NewType

from sqlalchemy import bindparam, insert, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.database import among
from tengen.core.values import AccountId, GameId
from tengen.ratings.models import PoolRow, RatingChangeRow, RatingRow

if TYPE_CHECKING:
    from sqlalchemy import Select

    from tengen.core.database import Connection, Transaction

PoolId = NewType("PoolId", int)


@dataclass(frozen=True, slots=True)
class Change:
    """What a game did to one account's rating."""

    account_id: AccountId
    before: float
    expected: float
    after: float


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's place in a pool."""

    account_id: AccountId
    value: float
    games: int


_POOL = select(PoolRow.id).where(PoolRow.name == bindparam("name"))


async def find_pool(connection: "Connection", name: str) -> PoolId | None:
    """The pool of this name, or None."""
    row = await connection.first(_POOL, {"name": name})
    return None if row is None else PoolId(row[0])


async def ensure_pool(transaction: "Transaction", name: str, system: str) -> PoolId:
    """The pool of this name; made if there is none, whoever else makes it at the same moment."""
    found = await find_pool(transaction, name)
    if found is None:
        await transaction.run(_insert(transaction)(PoolRow).on_conflict_do_nothing().values(name=name, system=system))
        found = await find_pool(transaction, name)
        assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """Ratings of a pool that nobody else changes until the transaction ends."""

    pool_id: PoolId
    ratings: dict[AccountId, float]


_HELD = (
    select(RatingRow.account_id, RatingRow.value, RatingRow.pool_id)
    .join(PoolRow, PoolRow.id == RatingRow.pool_id)
    .where(PoolRow.name == bindparam("pool"), among(RatingRow.account_id, "accounts"))
    .order_by(RatingRow.account_id)
    .with_for_update(of=RatingRow)
)


async def hold_ratings(
    transaction: "Transaction",
    pool: str,
    account_ids: Collection[AccountId],
    *,
    system: str,
    start: float,
    now: datetime,
) -> Held:
    """The accounts' ratings in the pool of this name, held until the transaction ends.

    Newcomers are entered at `start`, and the pool, rated by `system`, is made if there is none. One statement when all
    are known. There must be at least one account.

    Rows are locked in the order of the accounts' ids: two games of the same players wait for each other, and never
    both for the other.
    """
    wanted = sorted(account_ids)
    parameters = {"pool": pool, "accounts": wanted}
    rows = await transaction.all(_HELD, parameters)
    if len(rows) < len(wanted):
        pool_id = await ensure_pool(transaction, pool, system)
        known = {row[0] for row in rows}
        newcomers = [
            {"pool_id": pool_id, "account_id": account_id, "value": start, "games": 0, "updated_at": now}
            for account_id in wanted
            if account_id not in known
        ]
        await transaction.run(_insert(transaction)(RatingRow).on_conflict_do_nothing(), newcomers)
        rows = await transaction.all(_HELD, parameters)
    return Held(PoolId(rows[0][2]), {AccountId(row[0]): row[1] for row in rows})


_UPDATE = (
    update(RatingRow)
    .where(RatingRow.pool_id == bindparam("pool"), RatingRow.account_id == bindparam("account"))
    .values(value=bindparam("after"), games=RatingRow.games + 1, updated_at=bindparam("now"))
)


_NEW_CHANGES = insert(RatingChangeRow)


async def record_changes(
    transaction: "Transaction", pool_id: PoolId, game_id: GameId, changes: Sequence[Change], now: datetime
) -> None:
    """Store what a game did to ratings that `hold_ratings` holds: the new values, and a row of history each."""
    ordered = sorted(changes, key=lambda change: change.account_id)
    await transaction.run(
        _UPDATE, [{"pool": pool_id, "account": c.account_id, "after": c.after, "now": now} for c in ordered]
    )
    await transaction.run(
        _NEW_CHANGES,
        [
            {
                "game_id": game_id,
                "account_id": change.account_id,
                "pool_id": pool_id,
                "value_before": change.before,
                "value_after": change.after,
                "expected": change.expected,
            }
            for change in ordered
        ],
    )


async def ratings_of(
    connection: "Connection", pool: str, account_ids: Collection[AccountId]
) -> Mapping[AccountId, float]:
    """The accounts' ratings in the pool of this name; unrated ones are left out."""
    rows = await connection.all(
        select(RatingRow.account_id, RatingRow.value)
        .join(PoolRow, PoolRow.id == RatingRow.pool_id)
        .where(PoolRow.name == pool, RatingRow.account_id.in_(account_ids))
    )
    return {AccountId(row[0]): row[1] for row in rows}


async def leaderboard(connection: "Connection", pool: str, *, limit: int = 20) -> list[Standing]:
    """The best of a pool who have played, the best first."""
    return (await leaderboards(connection, [pool], limit=limit))[pool]


async def leaderboards(
    connection: "Connection", pools: Collection[str], *, limit: int = 20
) -> Mapping[str, list[Standing]]:
    """The best of each of these few pools, in one statement. A pool that nobody has played in has an empty list."""
    found: dict[str, list[Standing]] = {pool: [] for pool in pools}
    if found:
        best = [_best_of(pool, limit) for pool in found]
        for pool, account_id, value, games in await connection.all(union_all(*best)):
            found[pool].append(Standing(AccountId(account_id), value, games))
    for standings in found.values():
        standings.sort(key=lambda standing: (-standing.value, standing.account_id))
    return found


def _best_of(pool: str, limit: int) -> "Select[str, int, float, int]":
    # Each pool's limit in a selection of its own: the index then gives just these rows, however large the pool is.
    best = (
        select(PoolRow.name, RatingRow.account_id, RatingRow.value, RatingRow.games)
        .join(PoolRow, PoolRow.id == RatingRow.pool_id)
        .where(PoolRow.name == pool, RatingRow.games > 0)
        .order_by(RatingRow.value.desc(), RatingRow.account_id)
        .limit(limit)
        .subquery()
    )
    return select(best.c.name, best.c.account_id, best.c.value, best.c.games)


async def changes_of_games(connection: "Connection", game_ids: Collection[GameId]) -> Mapping[GameId, list[Change]]:
    """What each game did to ratings."""
    rows = await connection.all(
        select(
            RatingChangeRow.game_id,
            RatingChangeRow.account_id,
            RatingChangeRow.value_before,
            RatingChangeRow.expected,
            RatingChangeRow.value_after,
        )
        .where(RatingChangeRow.game_id.in_(game_ids))
        .order_by(RatingChangeRow.game_id, RatingChangeRow.account_id)
    )
    found: dict[GameId, list[Change]] = {}
    for row in rows:
        found.setdefault(GameId(row[0]), []).append(Change(AccountId(row[1]), row[2], row[3], row[4]))
    return found


def _insert(connection: "Connection") -> type[postgresql.Insert] | type[sqlite.Insert]:
    return sqlite.Insert if connection.dialect == "sqlite" else postgresql.Insert
