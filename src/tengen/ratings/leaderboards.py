"""Reading ratings a page at a time: a pool's accounts in order of strength, an account's games in order of play.

A leaderboard is read from the index of values, from where the page before ended. Only the place of one account costs
more: everybody ahead of it is counted, once for all who are asked about at the same moment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Double, Integer, and_, bindparam, case, func, literal, not_, or_, select, union_all

from tengen.accounts.public import is_there
from tengen.core.values import AccountId, GameId
from tengen.ratings.entries import Entry, Position, unpacked
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.glicko2 import MAX_DEVIATION, PROVISIONAL_DEVIATION, SCALE, Glicko2
from tengen.ratings.history_plot import Step
from tengen.ratings.models import ENTRIES, PoolRow, PoolState, RatingRow, SpanRow
from tengen.ratings.outcomes import Change
from tengen.ratings.ranks import HIGHEST_RANK, LOWEST_RANK, RANKS_PER_FOLD, RATING_AT_ZERO
from tengen.ratings.systems import Day, RatingSystem, Strength, day_of, instant_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ScalarSelect, Select

    from tengen.core.database import Connection
    from tengen.ratings.pools import Pool

INACTIVE_AFTER: Day = 365.0
"""Days without a rated game."""


@dataclass(frozen=True, slots=True)
class Board:
    """Whom the leaderboard of a pool shows: all, or without the provisional and the inactive."""

    pool: "Pool" = field(hash=False)  # its system may hold what has no hash
    provisional: bool = False
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of a leaderboard ends: at the account with this value, with so many placed by then."""

    value: float
    account_id: AccountId
    placed: int


@dataclass(frozen=True, slots=True)
class Placing:
    """An account on a leaderboard."""

    account_id: AccountId
    strength: Strength
    """As of the last rated game."""
    is_provisional: bool
    is_inactive: bool
    ahead: int = 0
    """How many are placed ahead of it."""
    is_placed: bool = True
    """False for who is shown although the board leaves it out."""

    @property
    def position(self) -> int | None:
        """Its place, from 1; None if it has none."""
        return self.ahead + 1 if self.is_placed else None

    @property
    def mark(self) -> Mark:
        """The end of a page that it is the last of."""
        return Mark(self.strength.mean, self.account_id, self.ahead + self.is_placed)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """An account, those on the board next ahead of it, and those next behind, each in order. None has a place yet."""

    above: Sequence[Placing]
    middle: Placing
    below: Sequence[Placing]

    def placed(self, ahead: int) -> list[Placing]:
        """All of them with their places: so many are ahead of the account in the middle."""
        # They may have been counted a moment later than these were read.
        ahead = max(ahead, len(self.above))
        first = ahead - len(self.above)
        behind = ahead + self.middle.is_placed
        return [
            *[replace(placing, ahead=first + number) for number, placing in enumerate(self.above)],
            replace(self.middle, ahead=ahead),
            *[replace(placing, ahead=behind + number) for number, placing in enumerate(self.below)],
        ]


# The statements. What tells them apart is in `Board`; all the rest are parameters.

_DAY = bindparam("day", type_=Double)
_DOUBT, _SLOPE = bindparam("doubt", type_=Double), bindparam("slope", type_=Double)
_DRIFT, _SPREAD = bindparam("drift", type_=Double), bindparam("spread", type_=Double)
_CEILING, _RETURN = bindparam("ceiling", type_=Double), bindparam("reversion", type_=Double)
_CENTRE = bindparam("centre", type_=Double)
_VALUE, _ACCOUNT = bindparam("value", type_=Double), bindparam("account", type_=BigInteger)


def _yardstick(system: RatingSystem) -> dict[str, float]:
    """The parameters of `_is_provisional` for a pool of this system.

    A rank's deviation √V is rating/23.15·√V on the scale of ratings, and the rating 525·e^(rank/23.15): so it is
    provisional from V = (160·23.15/525)²·e^(−2·rank/23.15) on.
    """
    found = {"drift": 0.0, "spread": 0.0, "ceiling": inf, "reversion": 0.0, "centre": 0.0, "slope": 0.0}
    in_points = PROVISIONAL_DEVIATION * PROVISIONAL_DEVIATION
    match system:
        case Gaussian(players=players, mean=mean, reversion=reversion, has_ranks=has_ranks):
            found |= {"drift": players.drift**2, "ceiling": players.variance, "reversion": reversion, "centre": mean}
            if has_ranks:
                found |= {"slope": -2 / RANKS_PER_FOLD}
                return found | {"doubt": in_points * (RANKS_PER_FOLD / RATING_AT_ZERO) ** 2}
            return found | {"doubt": in_points}
        case Glicko2(period=period):
            return found | {"spread": SCALE * SCALE / period, "ceiling": MAX_DEVIATION**2, "doubt": in_points}
        case _:  # it knows no doubt, or not in a way that is known here
            return found | {"doubt": inf}


def _is_provisional() -> "ColumnElement[bool]":
    """What `system.rating(system.aged(strength, day)).deviation >= PROVISIONAL_DEVIATION` says, in SQL.

    The variance grows by `drift` and `spread`·σ² a day, and with κ, the reversion, goes to what it would be in the end.
    """
    value, variance, volatility = RatingRow.value, RatingRow.variance, RatingRow.volatility
    days = case((RatingRow.day < _DAY, _DAY - RatingRow.day), else_=0.0)
    kept = func.exp(-2.0 * _RETURN * days)
    felt = func.coalesce((1.0 - kept) / func.nullif(2.0 * _RETURN, 0.0), days)
    grown = variance * kept + (_DRIFT + _SPREAD * volatility * volatility) * felt
    aged = case((variance >= _CEILING, variance), (grown > _CEILING, _CEILING), else_=grown)
    mean = _CENTRE + (value - _CENTRE) * func.exp(-_RETURN * days)
    rank = case((mean < LOWEST_RANK, LOWEST_RANK), (mean > HIGHEST_RANK, HIGHEST_RANK), else_=mean)
    return aged >= _DOUBT * func.exp(_SLOPE * rank)


def _is_inactive() -> "ColumnElement[bool]":
    return RatingRow.day <= _DAY - INACTIVE_AFTER


def current_pool() -> "ScalarSelect[int]":
    """The id of the current generation of the pool that the parameter `pool` names."""
    return (
        select(PoolRow.id)
        .where(PoolRow.name == bindparam("pool"), PoolRow.state == PoolState.CURRENT)
        .scalar_subquery()
    )


def _in_pool() -> "ColumnElement[bool]":
    return RatingRow.pool_id == current_pool()


def _on_board(provisional: bool, inactive: bool) -> "list[ColumnElement[bool]]":
    """The cheapest first."""
    return [
        _in_pool(),
        RatingRow.games > 0,
        *([] if inactive else [not_(_is_inactive())]),
        *([] if provisional else [not_(_is_provisional())]),
        is_there(RatingRow.account_id),
    ]


def _behind(value: "ColumnElement[float]", account_id: "ColumnElement[int]") -> "ColumnElement[bool]":
    """Further down than this value and account. The first half is what the index is searched by."""
    return and_(RatingRow.value <= value, or_(RatingRow.value < value, RatingRow.account_id > account_id))


def _ahead(value: "ColumnElement[float]", account_id: "ColumnElement[int]") -> "ColumnElement[bool]":
    return and_(RatingRow.value >= value, or_(RatingRow.value > value, RatingRow.account_id < account_id))


_DOWN = (RatingRow.value.desc(), RatingRow.account_id.asc())
_UP = (RatingRow.value.asc(), RatingRow.account_id.desc())


def _placings(side: "ColumnElement[int] | None" = None) -> "Select[*tuple[Any, ...]]":
    return select(
        RatingRow.account_id,
        RatingRow.value,
        RatingRow.variance,
        RatingRow.volatility,
        RatingRow.games,
        RatingRow.day,
        _is_provisional().label("is_provisional"),
        _is_inactive().label("is_inactive"),
        *([] if side is None else [side.label("side")]),
    )


@cache
def _page(provisional: bool, inactive: bool, is_first: bool) -> "Select[*tuple[Any, ...]]":
    statement = _placings().where(*_on_board(provisional, inactive))
    if not is_first:
        statement = statement.where(_behind(_VALUE, _ACCOUNT))
    return statement.order_by(*_DOWN).limit(bindparam("limit", type_=Integer))


@cache
def _neighbourhood(provisional: bool, inactive: bool, account_id: "ColumnElement[int]") -> Any:
    value = select(RatingRow.value).where(_in_pool(), RatingRow.account_id == account_id).scalar_subquery()
    itself = _placings(literal(0)).where(
        _in_pool(), RatingRow.account_id == account_id, RatingRow.games > 0, is_there(RatingRow.account_id)
    )
    board = _on_board(provisional, inactive)
    above = _placings(literal(-1)).where(*board, _ahead(value, account_id)).order_by(*_UP)
    below = _placings(literal(1)).where(*board, _behind(value, account_id)).order_by(*_DOWN)
    parts = [itself, above.limit(bindparam("above", type_=Integer)), below.limit(bindparam("below", type_=Integer))]
    # Each limit in a selection of its own: SQLite knows it only at the end of the whole.
    return union_all(*[select(part.subquery()) for part in parts])


@cache
def _count_ahead(provisional: bool, inactive: bool, is_first: bool) -> "Select[int]":
    """How many are ahead of an account; unless it is the first, only those not ahead of another one further up."""
    statement = select(func.count()).select_from(RatingRow)
    statement = statement.where(*_on_board(provisional, inactive), _ahead(_VALUE, _ACCOUNT))
    if is_first:
        return statement
    return statement.where(
        not_(_ahead(bindparam("upper_value", type_=Double), bindparam("upper_account", type_=BigInteger))),
        RatingRow.value <= bindparam("upper_value", type_=Double),  # said again for the index
    )


async def best(
    connection: "Connection", board: Board, *, day: Day, after: Mark | None = None, limit: int
) -> list[Placing]:
    """The best of a board on this day, or the next after the end of a page. One statement."""
    statement = _page(board.provisional, board.inactive, after is None)
    parameters = {**_parameters(board, day), "limit": limit}
    if after is not None:
        parameters |= {"value": after.value, "account": after.account_id}
    rows = await connection.all(statement, parameters)
    ahead = 0 if after is None else after.placed
    return [_placing(row, ahead + number) for number, row in enumerate(rows)]


async def around(
    connection: "Connection",
    board: Board,
    account_id: "ColumnElement[int]",
    parameters: Mapping[str, Any],
    *,
    day: Day,
    above: int,
    below: int,
) -> Neighbourhood | None:
    """An account with up to `above` of those next ahead of it and up to `below` of those next behind. One statement.

    It is there even if the board leaves it out; None if it has no rated game in the pool, or is deleted. `account_id`
    is a part of a statement, always the same one, and `parameters` are its own.
    """
    rows = await connection.all(
        _neighbourhood(board.provisional, board.inactive, account_id),
        {**_parameters(board, day), **parameters, "above": above, "below": below},
    )
    sides: dict[int, list[Placing]] = {-1: [], 0: [], 1: []}
    for row in sorted(rows, key=lambda row: (-row.value, row.account_id)):
        sides[row.side].append(_placing(row))
    if not sides[0]:
        return None
    (me,) = sides[0]
    is_left_out = (me.is_provisional and not board.provisional) or (me.is_inactive and not board.inactive)
    return Neighbourhood(sides[-1], replace(me, is_placed=not is_left_out), sides[1])


async def count_ahead(connection: "Connection", board: Board, marks: Collection[Mark], *, day: Day) -> dict[Mark, int]:
    """How many on the board are ahead of the account of each mark. A statement each, which all together look at
    everybody ahead of the lowest once."""
    counts: dict[Mark, int] = {}
    ahead, upper = 0, None
    for mark in sorted(marks, key=lambda mark: (-mark.value, mark.account_id)):
        parameters = {**_parameters(board, day), "value": mark.value, "account": mark.account_id}
        if upper is not None:
            parameters |= {"upper_value": upper.value, "upper_account": upper.account_id}
        row = await connection.one(_count_ahead(board.provisional, board.inactive, upper is None), parameters)
        ahead, upper = ahead + row[0], mark
        counts[mark] = ahead
    return counts


def _parameters(board: Board, day: Day) -> dict[str, Any]:
    return {"pool": board.pool.name, "day": day, **_yardstick(board.pool.system)}


def _placing(row: Any, ahead: int = 0) -> Placing:
    account_id, *strength = row[:6]
    return Placing(AccountId(account_id), Strength(*strength), bool(row[6]), bool(row[7]), ahead)


# ── the games of one account ──


@dataclass(frozen=True, slots=True)
class RatedGame:
    """A game in an account's history."""

    game_id: GameId
    played_at: datetime
    change: Change


_LATEST = (
    select(SpanRow.day, SpanRow.game_id, SpanRow.kinds, ENTRIES)
    .where(SpanRow.pool_id == current_pool(), SpanRow.account_id == bindparam("account"))
    .order_by(SpanRow.day.desc(), SpanRow.game_id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_EARLIER = _LATEST.where(
    SpanRow.day <= bindparam("day", type_=Double),
    or_(SpanRow.day < bindparam("day", type_=Double), SpanRow.game_id < bindparam("game", type_=BigInteger)),
)
_A_FEW = 8
"""Spans that are read at once, of one game or many each, until there are enough games."""


async def history(
    connection: "Connection",
    pool: str,
    account_id: AccountId,
    *,
    before: tuple[datetime, GameId] | None = None,
    limit: int,
) -> list[RatedGame]:
    """The account's rated games in the pool of this name, the last first: all, or those before a game. One statement
    or a few.

    The strengths before them know neither volatility nor number of games.
    """
    end = None if before is None else Position(day_of(before[0]), before[1])
    return [
        RatedGame(entry.game_id, instant_of(entry.day), entry.change(account_id))
        for entry in await _entries(connection, pool, account_id, before=end, limit=limit)
    ]


async def _entries(
    connection: "Connection", pool: str, account_id: AccountId, *, before: Position | None, limit: int
) -> list[Entry]:
    """The last first. What is there of late games before a replay puts them into their places comes somewhere."""
    parameters: dict[str, Any] = {"pool": pool, "account": account_id}
    found: list[Entry] = []
    statement, size = _LATEST, _A_FEW
    if before is not None:
        statement, parameters = _EARLIER, parameters | {"day": before.day, "game": before.game_id}
    while len(found) < limit:
        rows = await connection.all(statement, parameters | {"limit": size})
        for row in rows:
            entries = unpacked(row.entries, row.kinds)
            found += [entry for entry in reversed(entries) if before is None or entry.position < before]
        if len(rows) < size:
            break
        statement, size = _EARLIER, max(_A_FEW, limit - len(found))
        parameters |= {"day": rows[-1].day, "game": rows[-1].game_id}
    return found[:limit]


async def steps(connection: "Connection", pool: str, account_id: AccountId, *, limit: int) -> list[Step]:
    """The account's last rated games in the pool of this name, the last first. One statement or a few."""
    return [
        Step(instant_of(entry.day), entry.mean_before, entry.variance_before, entry.mean_after, entry.variance_after)
        for entry in await _entries(connection, pool, account_id, before=None, limit=limit)
    ]
