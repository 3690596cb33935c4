"""Operations on ratings. They know accounts and pools; what kind of game moved a rating is not their business."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NewType

from sqlalchemy import bindparam, case, exists, func, insert, select, text, tuple_, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from tengen.core.database import among
from tengen.core.events import Event
from tengen.core.values import AccountId, GameId
from tengen.ratings.entries import Span, packed, read_offsets, span_of, unpacked, written_names, written_offsets
from tengen.ratings.models import ENTRIES, PoolRow, PoolState, RatingRow, SpanRow
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
    is_rated_so: bool = True
    """Whether these are ratings of the pool's system, and not those of another that it had before."""
    is_being_built: bool = False
    """Whether another generation of the pool is being computed."""

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


# Games of a pool share it, and whoever replays it has it for itself now and then; whoever comes second waits. On
# PostgreSQL that is a lock on the pool's name rather than on its row: a game that disorders the pool also changes the
# row, and a lock that grows is how two transactions come to wait for each other. SQLite has one writer in any case.
_LOCK_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")
_LOCK_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_KNOWN = (
    select(func.count())
    .select_from(RatingRow)
    .where(RatingRow.pool_id == PoolRow.id, among(RatingRow.account_id, "accounts"))
    .correlate(PoolRow)
    .scalar_subquery()
)
_POOL_AND_KNOWN = select(PoolRow.id, _KNOWN).where(
    PoolRow.name == bindparam("name"), PoolRow.state == PoolState.CURRENT
)
_LOCKED_POOL_AND_KNOWN = _POOL_AND_KNOWN.add_columns(
    func.pg_advisory_xact_lock_shared(func.hashtextextended(PoolRow.name, 0))
)
STRENGTH = (
    RatingRow.value,
    RatingRow.variance,
    RatingRow.volatility,
    RatingRow.games,
    RatingRow.day,
    RatingRow.offsets,
)
"""The columns that `strength_of_row` reads."""
_Other = aliased(PoolRow)
_IS_BEING_BUILT = (
    exists().where(_Other.name == PoolRow.name, _Other.state == PoolState.BUILDING).correlate(PoolRow).label("building")
)
_HELD = (
    select(RatingRow.account_id, PoolRow.state, PoolRow.system, _IS_BEING_BUILT, *STRENGTH)
    .join(PoolRow, PoolRow.id == RatingRow.pool_id)
    .where(RatingRow.pool_id == bindparam("pool"), among(RatingRow.account_id, "accounts"))
    .order_by(RatingRow.account_id)
    .with_for_update(of=RatingRow)
)


def strength_of_row(row: Sequence[Any]) -> Strength:
    """A strength from its columns."""
    mean, variance, volatility, games, day, offsets = row
    return Strength(mean, variance, volatility, games, day, read_offsets(offsets))


async def hold(transaction: "Transaction", pool: "Pool", account_ids: Collection[AccountId], *, now: datetime) -> Held:
    """The accounts' strengths in the pool, held until the transaction ends. Two statements when all are known.

    Newcomers are entered as the system sees them, and the pool if there is none. There must be at least one account.
    Rows are locked in the order of the accounts' ids: two games of the same players wait for each other, and never
    both for the other. Newcomers are entered before any row is locked, for the same reason: whoever waits for another
    to enter them holds nothing that the other could want.
    """
    wanted = sorted(set(account_ids))
    while True:
        pool_id, known = await _share_pool(transaction, pool, wanted)
        if known < len(wanted):
            await _enter(transaction, pool, pool_id, wanted, now)
        rows = await transaction.all(_HELD, {"pool": pool_id, "accounts": wanted})
        # A replay that ended while this waited for it has taken out those who have no game left, or made a new
        # generation the current one. From here on there is none: the pool is shared.
        if len(rows) == len(wanted) and rows[0].state == PoolState.CURRENT:
            strengths = {AccountId(row[0]): strength_of_row(row[4:]) for row in rows}
            return Held(pool, pool_id, strengths, rows[0].system == pool.description, bool(rows[0].building))


async def _share_pool(transaction: "Transaction", pool: "Pool", account_ids: Sequence[AccountId]) -> tuple[PoolId, int]:
    """The pool, shared with other games, and how many of these accounts it knew when it was asked for."""
    statement = _LOCKED_POOL_AND_KNOWN if transaction.dialect == "postgresql" else _POOL_AND_KNOWN
    parameters = {"name": pool.name, "accounts": account_ids}
    row = await transaction.first(statement, parameters)
    if row is None:
        # Whoever else makes it at the same moment: there will be one.
        await transaction.run(
            _insert(transaction)(PoolRow)
            .on_conflict_do_nothing()
            .values(name=pool.name, system=pool.description, state=PoolState.CURRENT, disorders=0)
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


async def lock(transaction: "Transaction", pool: str, *, alone: bool = False) -> None:
    """Share the pool of this name with other games until the transaction ends, or have it alone."""
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
        offsets=bindparam("new_offsets"),
        updated_at=bindparam("now"),
    )
)
_NEW_SPANS = insert(SpanRow)


async def record(transaction: "Transaction", held: Held, outcome: Outcome, *, now: datetime) -> list[Change]:
    """Rate a game with the strengths that `hold` holds: the new ones, and its place in each player's history.

    A game that was played before one that is rated already is rated at once, too, and the pool is marked to be
    replayed in order. While the pool is rated another way than before, it moves nothing until that is done.
    """
    if held.is_being_built:
        parameters = {"pool": held.pool.name, "at": outcome.played_at, "game": outcome.game_id}
        await transaction.run(_BUILD_AGAIN_FROM_GAME, parameters)
    if not held.is_rated_so:
        return []
    changes = sorted(rate(held.pool.system, held.strengths, outcome), key=lambda change: change.account_id)
    await transaction.run(_UPDATE, [_new_strength(held.pool_id, c.account_id, c.after, now) for c in changes])
    spans = [span_of(outcome, change, held.strengths.get(change.account_id)) for change in changes]
    await transaction.run(_NEW_SPANS, [span_columns(held.pool_id, span) for span in spans])
    if is_late(held.strengths, outcome):
        await disorder(transaction, held.pool.name, outcome.played_at)
    return changes


_IS_BUILDING = (PoolRow.name == bindparam("pool"), PoolRow.state == PoolState.BUILDING)
_IS_PAST = PoolRow.settled_to >= bindparam("at")
_SETTLED_BEFORE = {
    "settled_to": case((_IS_PAST, bindparam("at")), else_=PoolRow.settled_to),
    "settled_game": case((_IS_PAST, -1), else_=PoolRow.settled_game),
    "disorders": PoolRow.disorders + 1,
}
_DISORDER = (
    update(PoolRow)
    .where(
        PoolRow.name == bindparam("pool"),
        PoolRow.state == PoolState.CURRENT,
        (PoolRow.stale_from.is_(None)) | (PoolRow.stale_from > bindparam("at")),
    )
    .values(stale_from=bindparam("at"))
)
_BUILD_AGAIN = update(PoolRow).where(*_IS_BUILDING).values(_SETTLED_BEFORE)
_BUILD_AGAIN_FROM_GAME = (
    update(PoolRow)
    .where(
        *_IS_BUILDING,
        tuple_(PoolRow.settled_to, PoolRow.settled_game)
        >= tuple_(bindparam("at", type_=PoolRow.settled_to.type), bindparam("game")),
    )
    .values(_SETTLED_BEFORE)
)


async def disorder(transaction: "Transaction", pool: str, since: datetime) -> None:
    """The pool's games of this time and later do not stand as they were rated: have it replayed after the commit."""
    await lock(transaction, pool)  # a replay under way has not seen what disorders it: it must not call all right
    await transaction.run(_DISORDER, {"pool": pool, "at": since})
    await transaction.run(_BUILD_AGAIN, {"pool": pool, "at": since})
    await transaction.announce(PoolDisordered(pool=pool))


def _columns(strength: Strength) -> dict[str, Any]:
    return {
        "value": strength.mean,
        "variance": strength.variance,
        "volatility": strength.volatility,
        "games": strength.games,
        "day": strength.day,
        "offsets": written_offsets(strength.offsets),
    }


def _new_strength(pool_id: PoolId, account_id: AccountId, strength: Strength, now: datetime) -> dict[str, Any]:
    columns = {f"new_{name}": value for name, value in _columns(strength).items()}
    return {"pool": pool_id, "account": account_id, "now": now, **columns}


def span_columns(pool_id: PoolId, span: Span) -> dict[str, Any]:
    """A span as its row."""
    first, last = span.entries[0], span.entries[-1]
    kinds = len(first.offsets)
    return {
        "pool_id": pool_id,
        "account_id": span.account_id,
        "day": first.day,
        "game_id": first.game_id,
        "last_day": last.day,
        "kinds": kinds,
        "conditions": written_names(span.conditions),
        "offsets": written_offsets(span.before),
        "entries": packed(span.entries, kinds),
    }


# ── reading ──


_STALE = select(PoolRow.stale_from.is_not(None) | _IS_BEING_BUILT).where(
    PoolRow.name == bindparam("name"), PoolRow.state == PoolState.CURRENT
)


async def is_stale(connection: "Connection", pool: str) -> bool:
    """Whether the pool of this name waits to be replayed, or is being replayed."""
    row = await connection.first(_STALE, {"name": pool})
    return row is not None and bool(row[0])


async def pools_of(connection: "Connection", account_id: AccountId) -> list[str]:
    """The pools in which the account has a rating."""
    statement = select(PoolRow.name).join(RatingRow, RatingRow.pool_id == PoolRow.id)
    statement = statement.where(PoolRow.state == PoolState.CURRENT)
    return [row[0] for row in await connection.all(statement.where(RatingRow.account_id == account_id))]


_POOL_NAMES = select(PoolRow.name).where(PoolRow.state == PoolState.CURRENT).order_by(PoolRow.name)


async def pool_names(connection: "Connection") -> list[str]:
    """The pools in which somebody has played, by name."""
    return [row[0] for row in await connection.all(_POOL_NAMES)]


_STRENGTHS = (
    select(RatingRow.account_id, *STRENGTH)
    .join(PoolRow, PoolRow.id == RatingRow.pool_id)
    .where(
        PoolRow.name == bindparam("pool"),
        PoolRow.state == PoolState.CURRENT,
        among(RatingRow.account_id, "accounts"),
        RatingRow.games > 0,
    )
)


async def strengths_of(
    connection: "Connection", pool: str, account_ids: Collection[AccountId]
) -> dict[AccountId, Strength]:
    """What the pool's system knows of these accounts; those without a rated game are left out."""
    rows = await connection.all(_STRENGTHS, {"pool": pool, "accounts": list(account_ids)})
    return {AccountId(row[0]): strength_of_row(row[1:]) for row in rows}


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
        .where(PoolRow.name == pool, PoolRow.state == PoolState.CURRENT, RatingRow.games > 0)
        .order_by(RatingRow.value.desc(), RatingRow.account_id)
        .limit(limit)
        .subquery()
    )
    return select(best.c.name, best.c.account_id, best.c.value, best.c.games)


@dataclass(frozen=True, slots=True)
class Rated:
    """A game that moved ratings, and where to look for what it did."""

    game_id: GameId
    pool: str
    played_at: datetime
    account_ids: Collection[AccountId]


async def changes_of_games(connection: "Connection", games: Collection[Rated]) -> Mapping[GameId, list[Change]]:
    """What each game did to the ratings of these accounts, in the order of their ids. One statement."""
    if not games:
        return {}
    days = [day_of(game.played_at) for game in games]
    rows = await connection.all(
        _SPANS_AROUND,
        {
            "pools": sorted({game.pool for game in games}),
            "accounts": sorted({who for game in games for who in game.account_ids}),
            "first": min(days),
            "last": max(days),
        },
    )
    pools = {game.game_id: game.pool for game in games}
    found: dict[GameId, list[Change]] = {}
    for pool, account_id, kinds, entries in rows:
        for entry in unpacked(entries, kinds):
            if pools.get(entry.game_id) == pool:
                found.setdefault(entry.game_id, []).append(entry.change(AccountId(account_id)))
    return found


_SPANS_AROUND = (
    select(PoolRow.name, SpanRow.account_id, SpanRow.kinds, ENTRIES)
    .join(PoolRow, PoolRow.id == SpanRow.pool_id)
    .where(
        PoolRow.name.in_(bindparam("pools", expanding=True)),
        PoolRow.state == PoolState.CURRENT,
        among(SpanRow.account_id, "accounts"),
        SpanRow.day <= bindparam("last"),
        SpanRow.last_day >= bindparam("first"),
    )
    .order_by(SpanRow.account_id, SpanRow.day)
)


def _insert(connection: "Connection") -> type[postgresql.Insert] | type[sqlite.Insert]:
    return sqlite.Insert if connection.dialect == "sqlite" else postgresql.Insert
