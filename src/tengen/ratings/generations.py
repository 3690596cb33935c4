"""A pool's ratings computed anew beside those that all see: a generation of its own, which takes their place at once.

A generation knows how far in the order of play it has got, and its histories end there. Its ratings may be those of an
earlier moment as long as it is built (`cut` makes them follow), but are all written in the order of their last games.
So whoever goes on, now or after an interruption, needs nothing but what is stored.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Delete,
    Double,
    Integer,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from tengen.core.database import among
from tengen.core.rows import BulkInsert, NewIds
from tengen.core.values import AccountId
from tengen.ratings.entries import Position, Span, read_names, read_offsets, unpacked, written_offsets
from tengen.ratings.models import ENTRIES, PoolRow, PoolState, RatingRow, SegmentRow, SpanRow
from tengen.ratings.service import STRENGTH, PoolId, lock, span_columns, strength_of_row
from tengen.ratings.systems import Day, Strength, day_of

if TYPE_CHECKING:
    from tengen.core.database import Connection, Database, Transaction
    from tengen.ratings.packing import Packed
    from tengen.ratings.pools import Pool

START = Position(float("-inf"))
"""Before all games."""
SPAN_COLUMNS = ("account_id", "day", "game_id", "last_day", "kinds", "conditions", "offsets", "entries")
"""Those of a span's row, but for its pool, in the order of `write`."""
PACKED_SPAN_COLUMNS = ("segment_id", "begin", "size", *(name for name in SPAN_COLUMNS if name != "entries"))
"""The same of one whose entries are in a segment (`packing.PackedSpan`)."""
STRENGTH_COLUMNS = ("account_id", "value", "variance", "volatility", "games", "day", "offsets")
"""Those of a rating's row, but for its pool and moment, in the order of `write`."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """How far a generation has got: this game of that moment is the last that is done; −1: none of that moment."""

    at: datetime
    game_id: int

    @property
    def position(self) -> Position:
        """The same as histories count."""
        return Position(day_of(self.at), self.game_id)


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of a pool's ratings."""

    id: PoolId
    name: str
    system: str
    """By what it is rated (`Pool.description`)."""
    state: PoolState
    stale_from: datetime | None
    begun_from: datetime | None
    """Of one that is being built: from when on it is computed anew; None: all of it."""
    mark: Mark | None
    """Of one that is being built; None: nothing is done."""
    disorders: int


@dataclass(frozen=True, slots=True)
class Generations:
    """Those of a pool that are alive."""

    current: Generation | None
    building: Generation | None


async def generations(connection: "Connection", pool: str) -> Generations:
    """Those of the pool of this name."""
    found = {
        PoolState(row.state): Generation(
            PoolId(row.id),
            pool,
            row.system,
            PoolState(row.state),
            row.stale_from,
            row.begun_from,
            None if row.settled_to is None else Mark(row.settled_to, row.settled_game),
            row.disorders,
        )
        for row in await connection.all(_ALIVE, {"name": pool})
    }
    return Generations(found.get(PoolState.CURRENT), found.get(PoolState.BUILDING))


_ALIVE = select(
    PoolRow.id,
    PoolRow.state,
    PoolRow.system,
    PoolRow.stale_from,
    PoolRow.begun_from,
    PoolRow.settled_to,
    PoolRow.settled_game,
    PoolRow.disorders,
).where(PoolRow.name == bindparam("name"), PoolRow.state != PoolState.RETIRED)


async def alone(transaction: "Transaction", pool: str) -> Generations:
    """Hold the pool of this name against every game until the transaction ends."""
    await lock(transaction, pool, alone=True)
    return await generations(transaction, pool)


# ── what a generation knows ──


async def strengths(
    connection: "Connection", pool_id: PoolId, account_ids: Collection[AccountId]
) -> dict[AccountId, Strength]:
    """Those of these accounts that have played."""
    rows = await connection.all(_STRENGTHS, {"pool": pool_id, "accounts": list(account_ids)})
    return {AccountId(row[0]): strength_of_row(row[1:]) for row in rows}


_STRENGTHS = select(RatingRow.account_id, *STRENGTH).where(
    RatingRow.pool_id == bindparam("pool"), among(RatingRow.account_id, "accounts"), RatingRow.games > 0
)


async def strengths_since(connection: "Connection", pool_id: PoolId, day: Day) -> dict[AccountId, Strength]:
    """Those of all who have played on that day or later."""
    rows = await connection.all(_STRENGTHS_SINCE, {"pool": pool_id, "day": day})
    return {AccountId(row[0]): strength_of_row(row[1:]) for row in rows}


_STRENGTHS_SINCE = select(RatingRow.account_id, *STRENGTH).where(
    RatingRow.pool_id == bindparam("pool"),
    RatingRow.games > 0,
    or_(RatingRow.day >= bindparam("day", type_=Double), RatingRow.day.is_(None)),
)


@dataclass(frozen=True, slots=True)
class Rated:
    """What games did, as rows."""

    strengths: Sequence[Sequence[Any]] = ()
    """What accounts' ratings are now (`STRENGTH_COLUMNS`)."""
    spans: Sequence[Sequence[Any]] = ()
    """More of their histories (`SPAN_COLUMNS`)."""
    packed: "Packed | None" = None
    """The same of many."""


async def write(transaction: "Transaction", pool_id: PoolId, rated: Rated, *, now: datetime) -> None:
    """Write down what games did that nothing is written of yet."""
    if rated.spans:
        await _SPANS.put(transaction, [(pool_id, *span) for span in rated.spans])
    if rated.packed is not None:
        await _write_packed(transaction, pool_id, rated.packed)
    if rated.strengths:
        await _forget(transaction, pool_id, [row[0] for row in rated.strengths])
        await _RATINGS.put(transaction, [(pool_id, now, *row) for row in rated.strengths])


async def _write_packed(transaction: "Transaction", pool_id: PoolId, packed: "Packed") -> None:
    ids = await _SEGMENT_IDS.draw(transaction, len(packed.segments))
    segments = [(segment_id, pool_id, entries) for segment_id, entries in zip(ids, packed.segments, strict=True)]
    await _SEGMENTS.put(transaction, segments)
    await _PACKED_SPANS.put(transaction, [(pool_id, ids[span.segment], *span[1:]) for span in packed.spans])


_SPANS = BulkInsert(SpanRow, [SpanRow.pool_id, *(getattr(SpanRow, name) for name in SPAN_COLUMNS)])
_SEGMENT_IDS = NewIds(SegmentRow.id)
_SEGMENTS = BulkInsert(SegmentRow, [SegmentRow.id, SegmentRow.pool_id, SegmentRow.entries])
_PACKED_SPANS = BulkInsert(SpanRow, [SpanRow.pool_id, *(getattr(SpanRow, name) for name in PACKED_SPAN_COLUMNS)])
_RATINGS = BulkInsert(
    RatingRow, [RatingRow.pool_id, RatingRow.updated_at, *(getattr(RatingRow, name) for name in STRENGTH_COLUMNS)]
)


def span_values(span: Span) -> tuple[Any, ...]:
    """A span as a row of `SPAN_COLUMNS`."""
    columns = span_columns(PoolId(0), span)
    return tuple(columns[name] for name in SPAN_COLUMNS)


async def _forget(transaction: "Transaction", pool_id: PoolId, account_ids: Collection[AccountId]) -> None:
    statement = delete(RatingRow).where(RatingRow.pool_id == pool_id, among(RatingRow.account_id, "accounts"))
    await transaction.run(statement, {"accounts": list(account_ids)})


def strength_values(account_id: AccountId, strength: Strength) -> tuple[Any, ...]:
    """A strength as a row of `STRENGTH_COLUMNS`."""
    offsets = written_offsets(strength.offsets)
    return account_id, strength.mean, strength.variance, strength.volatility, strength.games, strength.day, offsets


async def cut(
    transaction: "Transaction", pool_id: PoolId, position: Position, *, now: datetime, of: PoolId | None = None
) -> None:
    """Let a generation end at this place, and its ratings be those of that moment, also if they were of an earlier one.

    `of`: the one that it was copied from up to there.
    """
    written_to = (await transaction.one(_WRITTEN_TO, {"pool": pool_id}))[0]
    behind = START.day if written_to is None else min(written_to, position.day)
    touched = await transaction.all(_TOUCHED, {"pool": of or pool_id, "day": behind})
    accounts = [AccountId(row[0]) for row in touched]
    place = {"pool": pool_id, "day": position.day, "game": position.game_id}
    await transaction.run(_FORGET_SPANS, place)
    for row in await transaction.all(_STRADDLING, place):
        kept = _span(row[1:]).upto(position)
        assert kept is not None  # it begins before
        columns = span_columns(pool_id, kept)
        await transaction.run(
            update(SpanRow)
            .where(SpanRow.id == row[0])
            .values(last_day=columns["last_day"], entries=columns["entries"], **_NO_SEGMENT)
        )
    for begin in range(0, len(accounts), _AT_ONCE):
        some = {"pool": pool_id, "accounts": accounts[begin : begin + _AT_ONCE]}
        last = [_span(row) for row in await transaction.all(_LAST_SPANS, some)]
        strengths = [strength_values(span.account_id, span.strength) for span in last]
        await _forget(transaction, pool_id, accounts[begin : begin + _AT_ONCE])
        await write(transaction, pool_id, Rated(strengths), now=now)


_AT_ONCE = 5_000
"""Accounts whose last spans are read at once: some kilobytes each."""


def _span(row: Sequence[Any]) -> Span:
    account_id, kinds, conditions, offsets, entries = row
    return Span(AccountId(account_id), unpacked(entries, kinds), read_names(conditions), read_offsets(offsets))


_SPAN = (SpanRow.account_id, SpanRow.kinds, SpanRow.conditions, SpanRow.offsets, ENTRIES)
_NO_SEGMENT = {"segment_id": None, "begin": None, "size": None}
_DAY, _GAME = bindparam("day", type_=Double), bindparam("game", type_=BigInteger)
_OF_POOL = SpanRow.pool_id == bindparam("pool")
_BEGINS_AFTER = or_(SpanRow.day > _DAY, and_(SpanRow.day == _DAY, SpanRow.game_id > _GAME))
_TOUCHED = select(SpanRow.account_id).distinct().where(_OF_POOL, SpanRow.last_day >= _DAY)
_FORGET_SPANS = delete(SpanRow).where(_OF_POOL, SpanRow.last_day >= _DAY, _BEGINS_AFTER)
_STRADDLING = select(SpanRow.id, *_SPAN).where(_OF_POOL, SpanRow.last_day >= _DAY)
_Other = aliased(SpanRow)
_Account = select(SpanRow.account_id).distinct().where(_OF_POOL, among(SpanRow.account_id, "accounts")).subquery()
_LAST_SPAN = (
    select(_Other.id)
    .where(_Other.pool_id == bindparam("pool"), _Other.account_id == _Account.c.account_id)
    .order_by(_Other.day.desc(), _Other.game_id.desc())
    .limit(1)
    .correlate(_Account)
    .scalar_subquery()
)
_LAST_SPANS = select(*_SPAN).select_from(_Account).join(SpanRow, SpanRow.id == _LAST_SPAN)
_WRITTEN_TO = select(func.max(RatingRow.day)).where(RatingRow.pool_id == bindparam("pool"))


# ── from one generation to the next ──


async def begin(
    transaction: "Transaction", pool: "Pool", current: Generation, *, since: datetime | None, now: datetime
) -> None:
    """Begin a new generation, which nobody sees: from the start, or with what is right up to that moment."""
    row = await transaction.one(
        insert(PoolRow).returning(PoolRow.id),
        {
            "name": pool.name,
            "system": pool.description,
            "state": PoolState.BUILDING,
            "disorders": 0,
            "begun_from": since,
            "settled_to": since,
            "settled_game": None if since is None else -1,
        },
    )
    pool_id = PoolId(row[0])
    if since is not None:
        mark = Mark(since, -1)
        parameters = {"pool": current.id, "new": pool_id, "day": mark.position.day}
        await transaction.run(_COPY_SPANS, parameters)
        await transaction.run(_COPY_RATINGS, parameters)
        await cut(transaction, pool_id, mark.position, now=now, of=current.id)


_NEW = bindparam("new", type_=BigInteger)
_COPY_SPANS = insert(SpanRow).from_select(
    ["pool_id", *SPAN_COLUMNS],
    # Entries as they are: segments go with their generation.
    select(_NEW, *(getattr(SpanRow, name) for name in SPAN_COLUMNS[:-1]), ENTRIES).where(_OF_POOL, SpanRow.day < _DAY),
)
_COPIED_RATING = [column for column in RatingRow.__table__.c if column.name != "pool_id"]
_COPY_RATINGS = insert(RatingRow).from_select(
    ["pool_id", *(column.name for column in _COPIED_RATING)],
    select(_NEW, *_COPIED_RATING).where(RatingRow.pool_id == bindparam("pool"), RatingRow.games > 0),
)


async def advance(transaction: "Transaction", building: Generation, mark: Mark) -> None:
    """The generation has got to here."""
    await transaction.run(
        update(PoolRow).where(PoolRow.id == building.id).values(settled_to=mark.at, settled_game=mark.game_id)
    )


async def abandon(transaction: "Transaction", building: Generation) -> None:
    """Give up one that is being built."""
    await transaction.run(update(PoolRow).where(PoolRow.id == building.id).values(state=PoolState.RETIRED))


async def promote(transaction: "Transaction", building: Generation, current: Generation) -> int:
    """Let the new generation be the one that all see, at once. Returns how many accounts have another rating now."""
    changed = await changed_accounts(transaction, building.id, current.id)
    await abandon(transaction, current)
    done = {"begun_from": None, "settled_to": None, "settled_game": None, "disorders": 0}
    await transaction.run(update(PoolRow).where(PoolRow.id == building.id).values(state=PoolState.CURRENT, **done))
    return changed


async def in_order(transaction: "Transaction", current: Generation, pool: "Pool") -> None:
    """The current generation follows from its games, by the pool's system."""
    await transaction.run(
        update(PoolRow).where(PoolRow.id == current.id).values(stale_from=None, system=pool.description)
    )


async def changed_accounts(connection: "Connection", new: PoolId, old: PoolId) -> int:
    """How many accounts have not the same rating in two generations."""
    return (await connection.one(_CHANGED, {"new": new, "old": old}))[0]


# Not a join: PostgreSQL, which has not looked yet at rows that were written a second ago, would take each of one side
# for the only one.
_IS_ANOTHER = or_(
    func.count() == 1,
    *(func.min(column) != func.max(column) for column in (RatingRow.value, RatingRow.variance, RatingRow.games)),
)
_CHANGED = select(func.count()).select_from(
    select(RatingRow.account_id)
    .where(or_(RatingRow.pool_id == bindparam("new"), RatingRow.pool_id == bindparam("old")), RatingRow.games > 0)
    .group_by(RatingRow.account_id)
    .having(_IS_ANOTHER)
    .subquery()
)


async def delete_retired(database: "Database", pool: str, *, at_once: int = 2000) -> None:
    """Delete what other generations have replaced; where there is one writer, a little at a time.

    PostgreSQL keeps nobody waiting, and is told of all at once: which rows are the next few it may look for in a way
    that takes minutes, if it has last looked at the tables when there was little in them.
    """
    async with database.read() as connection:
        rows = await connection.all(_RETIRED, {"name": pool})
    for row in rows:
        for everything, some in _OF_A_GENERATION:
            deleted = at_once
            while deleted == at_once:
                async with database.write() as transaction:
                    if database.has_one_writer:
                        deleted = await transaction.run(some, {"pool": row[0], "limit": at_once})
                    else:
                        deleted = await transaction.run(everything, {"pool": row[0]})
        async with database.write() as transaction:
            # Whoever was waiting to report a game when it was replaced may have entered newcomers.
            await lock(transaction, pool, alone=True)
            for everything, _some_of_it in _OF_A_GENERATION:
                await transaction.run(everything, {"pool": row[0]})
            await transaction.run(delete(PoolRow).where(PoolRow.id == row[0]))


def _some(table: type[SpanRow | SegmentRow | RatingRow]) -> Delete:
    """Deletes a few of a generation's rows, on SQLite."""
    rowid = literal_column("rowid", Integer)
    few = select(rowid).select_from(table).where(table.pool_id == bindparam("pool"))
    return delete(table).where(rowid.in_(few.limit(bindparam("limit", type_=Integer)).correlate(None)))


_RETIRED = select(PoolRow.id).where(PoolRow.name == bindparam("name"), PoolRow.state == PoolState.RETIRED)
_OF_A_GENERATION = [
    (delete(table).where(table.pool_id == bindparam("pool")), _some(table))
    for table in (SpanRow, SegmentRow, RatingRow)
]
