"""Operations on ratings. They know accounts and pools; what kind of game moved a rating is not their business."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NewType

from sqlalchemy import bindparam, delete, func, insert, select, text, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.database import among
from tengen.core.events import Event
from tengen.core.values import AccountId, GameId
from tengen.ratings.models import PoolRow, RatingChangeRow, RatingRow
from tengen.ratings.outcomes import Change, Outcome, is_late, rate
from tengen.ratings.systems import Strength, day_of, instant_of

if TYPE_CHECKING:
    from sqlalchemy import Select

    from tengen.core.database import Connection, Transaction
    from tengen.ratings.pools import Pool

PoolId = NewType("PoolId", int)


@dataclass(frozen=True, kw_only=True)
class PoolDisordered(Event):
    """A pool's ratings no longer follow from its games in order of play: it has to be replayed."""

    pool: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's place in a pool."""

    account_id: AccountId
    value: float
    games: int


@dataclass(frozen=True, slots=True)
class Held:
    """Ratings of a pool that nobody else changes until the transaction ends."""

    pool: "Pool"
    pool_id: PoolId
    strengths: Mapping[AccountId, Strength]

    def not_before(self, now: datetime) -> datetime:
        """Now, or just after the last game of these accounts if that was dated later, by another clock or in between.

        For games whose time of play is that of their report: in the order in which they get here they were played.
        """
        last = max((strength.day for strength in self.strengths.values() if strength.day is not None), default=None)
        return now if last is None or day_of(now) >= last else instant_of(last) + timedelta(microseconds=1)

    def after(self, played_at: datetime) -> datetime:
        """`played_at`, or just after the last game of these accounts if that was not before.

        For games that had numbers before they were played, which do not tell which of two of one moment was first.
        """
        last = max((strength.day for strength in self.strengths.values() if strength.day is not None), default=None)
        if last is None or day_of(played_at) > last:
            return played_at
        return instant_of(last) + timedelta(microseconds=1)


# Games of a pool share it and a replay has it for itself; whoever comes second waits. On PostgreSQL that is a lock on
# the pool's name rather than on its row: a game that disorders the pool also changes the row, and a lock that grows is
# how two transactions come to wait for each other. SQLite has one writer in any case.
_LOCK_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")
_LOCK_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_POOL = select(PoolRow.id, PoolRow.stale_from).where(PoolRow.name == bindparam("name"))
_KNOWN = (
    select(func.count())
    .select_from(RatingRow)
    .where(RatingRow.pool_id == PoolRow.id, among(RatingRow.account_id, "accounts"))
    .correlate(PoolRow)
    .scalar_subquery()
)
_POOL_AND_KNOWN = select(PoolRow.id, _KNOWN).where(PoolRow.name == bindparam("name"))
_LOCKED_POOL_AND_KNOWN = _POOL_AND_KNOWN.add_columns(
    func.pg_advisory_xact_lock_shared(func.hashtextextended(PoolRow.name, 0))
)
_STRENGTH = (RatingRow.value, RatingRow.variance, RatingRow.volatility, RatingRow.games, RatingRow.day)
_HELD = (
    select(RatingRow.account_id, *_STRENGTH)
    .where(RatingRow.pool_id == bindparam("pool"), among(RatingRow.account_id, "accounts"))
    .order_by(RatingRow.account_id)
    .with_for_update()
)


async def hold(transaction: "Transaction", pool: "Pool", account_ids: Collection[AccountId], *, now: datetime) -> Held:
    """The accounts' strengths in the pool, held until the transaction ends. Two statements when all are known.

    Newcomers are entered as the system sees them, and the pool if there is none. There must be at least one account.
    Rows are locked in the order of the accounts' ids: two games of the same players wait for each other, and never
    both for the other. Newcomers are entered before any row is locked, for the same reason: whoever waits for another
    to enter them holds nothing that the other could want.
    """
    wanted = sorted(account_ids)
    pool_id, known = await _share_pool(transaction, pool, wanted)
    if known < len(wanted):
        await _enter(transaction, pool, pool_id, wanted, now)
    parameters = {"pool": pool_id, "accounts": wanted}
    rows = await transaction.all(_HELD, parameters)
    if len(rows) < len(wanted):  # a replay that ended meanwhile has found some to have no game left
        await _enter(transaction, pool, pool_id, wanted, now)
        rows = await transaction.all(_HELD, parameters)
    return Held(pool, pool_id, {AccountId(row[0]): Strength(*row[1:]) for row in rows})


async def _share_pool(transaction: "Transaction", pool: "Pool", account_ids: Sequence[AccountId]) -> tuple[PoolId, int]:
    """The pool, shared with other games, and how many of these accounts it knew when it was asked for."""
    statement = _LOCKED_POOL_AND_KNOWN if transaction.dialect == "postgresql" else _POOL_AND_KNOWN
    parameters = {"name": pool.name, "accounts": account_ids}
    row = await transaction.first(statement, parameters)
    if row is None:
        # Whoever else makes it at the same moment: there will be one.
        await transaction.run(
            _insert(transaction)(PoolRow).on_conflict_do_nothing().values(name=pool.name, system=pool.system_name)
        )
        row = await transaction.one(statement, parameters)
    return PoolId(row[0]), row[1]


async def _enter(
    transaction: "Transaction", pool: "Pool", pool_id: PoolId, account_ids: Sequence[AccountId], now: datetime
) -> None:
    prior = _columns(pool.system.prior())
    await transaction.run(
        _insert(transaction)(RatingRow).on_conflict_do_nothing(),
        [{"pool_id": pool_id, "account_id": account_id, "updated_at": now, **prior} for account_id in account_ids],
    )


async def _lock(transaction: "Transaction", pool: str, *, alone: bool = False) -> None:
    if transaction.dialect == "postgresql":
        await transaction.run(_LOCK_ALONE if alone else _LOCK_SHARED, {"name": pool})


_UPDATE = (
    update(RatingRow)
    .where(RatingRow.pool_id == bindparam("pool"), RatingRow.account_id == bindparam("account"))
    .values(
        value=bindparam("new_value"),
        variance=bindparam("new_variance"),
        volatility=bindparam("new_volatility"),
        games=bindparam("new_games"),
        day=bindparam("new_day"),
        updated_at=bindparam("now"),
    )
)
_NEW_CHANGES = insert(RatingChangeRow)


async def record(transaction: "Transaction", held: Held, outcome: Outcome, *, now: datetime) -> list[Change]:
    """Rate a game with the strengths that `hold` holds: the new ones, and a row of history each.

    A game that was played before one that is rated already is rated at once, too, and the pool is marked to be
    replayed in order.
    """
    changes = sorted(rate(held.pool.system, held.strengths, outcome), key=lambda change: change.account_id)
    await transaction.run(_UPDATE, [_new_strength(held.pool_id, c.account_id, c.after, now) for c in changes])
    await transaction.run(_NEW_CHANGES, [_change_columns(held.pool_id, outcome, change) for change in changes])
    if is_late(held.strengths, outcome):
        await disorder(transaction, held.pool.name, outcome.played_at)
    return changes


_DISORDER = (
    update(PoolRow)
    .where(PoolRow.name == bindparam("pool"), (PoolRow.stale_from.is_(None)) | (PoolRow.stale_from > bindparam("at")))
    .values(stale_from=bindparam("at"))
)


async def disorder(transaction: "Transaction", pool: str, since: datetime) -> None:
    """The pool's games of this time and later do not stand as they were rated: have it replayed after the commit."""
    await _lock(transaction, pool)  # a replay under way has not seen what disorders it: it must not call all right
    await transaction.run(_DISORDER, {"pool": pool, "at": since})
    await transaction.announce(PoolDisordered(pool=pool))


# ── replaying a pool ──


@dataclass(frozen=True, slots=True)
class HeldPool:
    """A whole pool that no game touches until the transaction ends."""

    pool_id: PoolId
    is_stale: bool


async def hold_pool(transaction: "Transaction", name: str) -> HeldPool | None:
    """Hold the pool of this name against every game; None if there is none."""
    await _lock(transaction, name, alone=True)
    row = await transaction.first(_POOL, {"name": name})
    return None if row is None else HeldPool(PoolId(row[0]), row[1] is not None)


async def settle_changes(
    transaction: "Transaction", held: HeldPool, replayed: Sequence[tuple[Outcome, Sequence[Change]]]
) -> int:
    """Let the history of these games be as it was replayed. Returns the number of games it was not so before."""
    stored: dict[GameId, dict[int, Mapping[str, Any]]] = {}
    game_ids = [outcome.game_id for outcome, _ in replayed]
    for row in await transaction.all(_STORED, {"pool": held.pool_id, "games": game_ids}):
        stored.setdefault(GameId(row[0]), {})[row[1]] = dict(zip(_CHANGE_NAMES, row, strict=True))
    wrong: list[GameId] = []
    right: list[dict[str, Any]] = []
    for outcome, changes in replayed:
        columns = [_change_columns(held.pool_id, outcome, change) for change in changes]
        if stored.get(outcome.game_id, {}) != {row["account_id"]: row for row in columns}:
            wrong.append(outcome.game_id)
            right += columns
    if wrong:
        await transaction.run(_FORGET, {"pool": held.pool_id, "games": wrong})
        await transaction.run(_NEW_CHANGES, right)
    return len(wrong)


_CHANGE_COLUMNS = list(RatingChangeRow.__table__.columns)
_CHANGE_NAMES = [column.name for column in _CHANGE_COLUMNS]
_STORED = select(*_CHANGE_COLUMNS).where(
    RatingChangeRow.pool_id == bindparam("pool"), among(RatingChangeRow.game_id, "games")
)
_FORGET = delete(RatingChangeRow).where(
    RatingChangeRow.pool_id == bindparam("pool"), among(RatingChangeRow.game_id, "games")
)


async def settle(
    transaction: "Transaction",
    held: HeldPool,
    strengths: Mapping[AccountId, Strength],
    game_ids: Collection[GameId],
    *,
    now: datetime,
) -> None:
    """End a replay: `strengths` are the pool's ratings, `game_ids` all of its games, and it is in order."""
    kept = set(game_ids)
    rows = await transaction.all(
        select(RatingChangeRow.game_id).distinct().where(RatingChangeRow.pool_id == held.pool_id)
    )
    stray = [row[0] for row in rows if row[0] not in kept]
    if stray:
        await transaction.run(_FORGET, {"pool": held.pool_id, "games": stray})
    stored = {
        AccountId(row[0]): Strength(*row[1:])
        for row in await transaction.all(
            select(RatingRow.account_id, *_STRENGTH).where(RatingRow.pool_id == held.pool_id)
        )
    }
    changed = [(who, strength) for who, strength in strengths.items() if stored.get(who) not in (None, strength)]
    if changed:
        await transaction.run(_UPDATE, [_new_strength(held.pool_id, who, new, now) for who, new in changed])
    new = [(who, strength) for who, strength in strengths.items() if who not in stored]
    if new:
        await transaction.run(
            insert(RatingRow),
            [
                {"pool_id": held.pool_id, "account_id": who, "updated_at": now, **_columns(strength)}
                for who, strength in new
            ],
        )
    gone = stored.keys() - strengths.keys()
    if gone:
        await transaction.run(
            delete(RatingRow).where(RatingRow.pool_id == held.pool_id, among(RatingRow.account_id, "gone")),
            {"gone": sorted(gone)},
        )
    await transaction.run(update(PoolRow).where(PoolRow.id == held.pool_id).values(stale_from=None))


def _columns(strength: Strength) -> dict[str, Any]:
    return {
        "value": strength.mean,
        "variance": strength.variance,
        "volatility": strength.volatility,
        "games": strength.games,
        "day": strength.day,
    }


def _new_strength(pool_id: PoolId, account_id: AccountId, strength: Strength, now: datetime) -> dict[str, Any]:
    columns = {f"new_{name}": value for name, value in _columns(strength).items()}
    return {"pool": pool_id, "account": account_id, "now": now, **columns}


def _change_columns(pool_id: PoolId, outcome: Outcome, change: Change) -> dict[str, Any]:
    return {
        "game_id": outcome.game_id,
        "account_id": change.account_id,
        "pool_id": pool_id,
        "played_at": outcome.played_at,
        "value_before": change.before.mean,
        "variance_before": change.before.variance,
        "value_after": change.after.mean,
        "variance_after": change.after.variance,
        "expected": change.expected,
        "opponent_value": None if change.opponent is None else change.opponent.mean,
        "opponent_variance": None if change.opponent is None else change.opponent.variance,
    }


# ── reading ──


async def is_stale(connection: "Connection", pool: str) -> bool:
    """Whether the pool of this name waits to be replayed."""
    row = await connection.first(select(PoolRow.stale_from).where(PoolRow.name == pool))
    return row is not None and row[0] is not None


async def pools_of(connection: "Connection", account_id: AccountId) -> list[str]:
    """The pools in which the account has a rating."""
    statement = select(PoolRow.name).join(RatingRow, RatingRow.pool_id == PoolRow.id)
    return [row[0] for row in await connection.all(statement.where(RatingRow.account_id == account_id))]


async def pool_names(connection: "Connection") -> list[str]:
    """The pools in which somebody has played, in the order in which they were made."""
    return [row[0] for row in await connection.all(select(PoolRow.name).order_by(PoolRow.id))]


_STRENGTHS = (
    select(RatingRow.account_id, *_STRENGTH)
    .join(PoolRow, PoolRow.id == RatingRow.pool_id)
    .where(PoolRow.name == bindparam("pool"), among(RatingRow.account_id, "accounts"), RatingRow.games > 0)
)


async def strengths_of(
    connection: "Connection", pool: str, account_ids: Collection[AccountId]
) -> dict[AccountId, Strength]:
    """What the pool's system knows of these accounts; those without a rated game are left out."""
    rows = await connection.all(_STRENGTHS, {"pool": pool, "accounts": list(account_ids)})
    return {AccountId(row[0]): Strength(*row[1:]) for row in rows}


async def ratings_of(
    connection: "Connection", pool: str, account_ids: Collection[AccountId]
) -> Mapping[AccountId, float]:
    """The accounts' ratings in the pool of this name; unrated ones are left out."""
    return {who: strength.mean for who, strength in (await strengths_of(connection, pool, account_ids)).items()}


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
    rows = await connection.all(_CHANGES_OF_GAMES, {"games": list(game_ids)})
    found: dict[GameId, list[Change]] = {}
    for game_id, account_id, value, variance, new_value, new_variance, expected, other, other_variance in rows:
        opponent = None if other is None or other_variance is None else Strength(other, other_variance)
        before, after = Strength(value, variance), Strength(new_value, new_variance)
        found.setdefault(GameId(game_id), []).append(Change(AccountId(account_id), before, expected, after, opponent))
    return found


_CHANGES_OF_GAMES = (
    select(
        RatingChangeRow.game_id,
        RatingChangeRow.account_id,
        RatingChangeRow.value_before,
        RatingChangeRow.variance_before,
        RatingChangeRow.value_after,
        RatingChangeRow.variance_after,
        RatingChangeRow.expected,
        RatingChangeRow.opponent_value,
        RatingChangeRow.opponent_variance,
    )
    .where(among(RatingChangeRow.game_id, "games"))
    .order_by(RatingChangeRow.game_id, RatingChangeRow.account_id)
)


def _insert(connection: "Connection") -> type[postgresql.Insert] | type[sqlite.Insert]:
    return sqlite.Insert if connection.dialect == "sqlite" else postgresql.Insert
