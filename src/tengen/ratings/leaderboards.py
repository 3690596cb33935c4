"""Reading ratings a page at a time: a pool's accounts in order of strength, an account's games in order of play.

A leaderboard is read from the index of values, from where the page before ended. Only the place of one account costs
more: everybody ahead of it is counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Double, Integer, and_, bindparam, case, func, literal, not_, or_, select, union_all

from tengen.accounts.public import is_there, is_there_of_many
from tengen.core.values import AccountId, GameId
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.glicko2 import PROVISIONAL_DEVIATION
from tengen.ratings.models import PoolRow, RatingChangeRow, RatingRow
from tengen.ratings.outcomes import Change
from tengen.ratings.ranks import HIGHEST_RANK, LOWEST_RANK, RANKS_PER_FOLD, RATING_AT_ZERO
from tengen.ratings.systems import Day, RatingSystem, Strength
from tengen.ratings.team_elo import TeamElo

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from tengen.core.database import Connection
    from tengen.ratings.pools import Pool

INACTIVE_AFTER: Day = 365.0
"""Days without a rated game."""


@dataclass(frozen=True, slots=True)
class Board:
    """Whom the leaderboard of a pool shows: all, or without the provisional and the inactive."""

    pool: "Pool"
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
    ahead: int
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


# The statements. What tells them apart is in `Board`; all the rest are parameters.

_DAY = bindparam("day", type_=Double)
_GROWTH, _CEILING = bindparam("growth", type_=Double), bindparam("ceiling", type_=Double)
_STEEPNESS, _DOUBT = bindparam("steepness", type_=Double), bindparam("doubt", type_=Double)
_ME = bindparam("me", type_=BigInteger)


def _yardstick(system: RatingSystem) -> dict[str, float]:
    """The parameters of `_is_provisional` for a pool of this system.

    A rank's deviation √V is rating/23.15·√V on the scale of ratings, and the rating 525·e^(rank/23.15): so it is
    provisional from V·e^(2·rank/23.15) = (160·23.15/525)² on.
    """
    match system:
        case Gaussian(players=players, has_ranks=True):
            steepness, doubt = 2 / RANKS_PER_FOLD, (PROVISIONAL_DEVIATION * RANKS_PER_FOLD / RATING_AT_ZERO) ** 2
        case Gaussian(players=players):
            steepness, doubt = 0.0, PROVISIONAL_DEVIATION**2
        case TeamElo():  # it knows no doubt
            return {"growth": 0.0, "ceiling": 0.0, "steepness": 0.0, "doubt": 1.0}
        case _:
            raise TypeError(f"There is no leaderboard for pools of {type(system).__name__}.")
    return {
        "growth": players.drift * players.drift,
        "ceiling": players.variance,
        "steepness": steepness,
        "doubt": doubt,
    }


def _is_provisional() -> "ColumnElement[bool]":
    """What `system.rating(system.aged(strength, day)).deviation >= PROVISIONAL_DEVIATION` says, in SQL."""
    value, variance = RatingRow.value, RatingRow.variance
    grown = variance + _GROWTH * case((RatingRow.day < _DAY, _DAY - RatingRow.day), else_=0.0)
    aged = case((variance >= _CEILING, variance), (grown > _CEILING, _CEILING), else_=grown)
    rank = case((value < LOWEST_RANK, LOWEST_RANK), (value > HIGHEST_RANK, HIGHEST_RANK), else_=value)
    return aged * func.exp(_STEEPNESS * rank) >= _DOUBT


def _is_inactive() -> "ColumnElement[bool]":
    return RatingRow.day <= _DAY - INACTIVE_AFTER


def _in_pool() -> "ColumnElement[bool]":
    return RatingRow.pool_id == select(PoolRow.id).where(PoolRow.name == bindparam("pool")).scalar_subquery()


def _on_board(
    provisional: bool, inactive: bool, is_there: "Callable[[Any], ColumnElement[bool]]" = is_there
) -> "list[ColumnElement[bool]]":
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


def _placings() -> "Select[*tuple[Any, ...]]":
    return select(
        RatingRow.account_id,
        RatingRow.value,
        RatingRow.variance,
        RatingRow.volatility,
        RatingRow.games,
        RatingRow.day,
        _is_provisional().label("is_provisional"),
        _is_inactive().label("is_inactive"),
    )


@cache
def _page(provisional: bool, inactive: bool, is_first: bool) -> "Select[*tuple[Any, ...]]":
    statement = _placings().where(*_on_board(provisional, inactive))
    if not is_first:
        statement = statement.where(_behind(bindparam("value", type_=Double), bindparam("account", type_=BigInteger)))
    return statement.order_by(*_DOWN).limit(bindparam("limit", type_=Integer))


@cache
def _surroundings(provisional: bool, inactive: bool) -> "Select[*tuple[Any, ...]]":
    """The account `me` itself, with how many are ahead of it, and those next to it on both sides."""
    value = select(RatingRow.value).where(_in_pool(), RatingRow.account_id == _ME).scalar_subquery()
    board = _on_board(provisional, inactive)
    everybody = _on_board(provisional, inactive, is_there_of_many)
    count = select(func.count()).select_from(RatingRow).where(*everybody, _ahead(value, _ME)).scalar_subquery()
    itself = _placings().add_columns(count.label("ahead"))
    others = _placings().add_columns(literal(0).label("ahead")).where(*board)
    parts = [
        itself.where(_in_pool(), RatingRow.account_id == _ME, RatingRow.games > 0, is_there(RatingRow.account_id)),
        others.where(_ahead(value, _ME)).order_by(*_UP).limit(bindparam("above", type_=Integer)),
        others.where(_behind(value, _ME)).order_by(*_DOWN).limit(bindparam("below", type_=Integer)),
    ]
    # Each limit in a selection of its own: SQLite knows it only at the end of the whole.
    return union_all(*[select(part.subquery()) for part in parts])  # type: ignore[return-value]  # a compound is one


async def best(
    connection: "Connection", board: Board, *, day: Day, after: Mark | None = None, limit: int
) -> list[Placing]:
    """The best of a board on this day, or the next after the end of a page. One statement."""
    statement = _page(board.provisional, board.inactive, after is None)
    parameters = {"pool": board.pool.name, "day": day, "limit": limit, **_yardstick(board.pool.system)}
    if after is not None:
        parameters |= {"value": after.value, "account": after.account_id}
    rows = await connection.all(statement, parameters)
    ahead = 0 if after is None else after.placed
    return [_placing(row, ahead + number) for number, row in enumerate(rows)]


async def around(
    connection: "Connection", board: Board, account_id: AccountId, *, day: Day, above: int, below: int
) -> list[Placing]:
    """An account with up to `above` of those next ahead of it and up to `below` of those next behind.

    It is in it even if the board leaves it out; empty if it has no rated game in the pool, or is deleted. One
    statement, which counts everybody ahead.
    """
    rows = await connection.all(
        _surroundings(board.provisional, board.inactive),
        {
            "pool": board.pool.name,
            "day": day,
            "me": account_id,
            "above": above,
            "below": below,
            **_yardstick(board.pool.system),
        },
    )
    rows = sorted(rows, key=lambda row: (-row.value, row.account_id))
    middle = next((number for number, row in enumerate(rows) if row.account_id == account_id), None)
    if middle is None:
        return []
    ahead = rows[middle].ahead
    found = [_placing(row, ahead - middle + number) for number, row in enumerate(rows)]
    me = found[middle]
    if (me.is_provisional and not board.provisional) or (me.is_inactive and not board.inactive):
        behind = [replace(placing, ahead=placing.ahead - 1) for placing in found[middle + 1 :]]
        return [*found[:middle], replace(me, is_placed=False), *behind]
    return found


def _placing(row: Any, ahead: int) -> Placing:
    account_id, *strength = row[:6]
    return Placing(AccountId(account_id), Strength(*strength), bool(row[6]), bool(row[7]), ahead)


# ── the games of one account ──


@dataclass(frozen=True, slots=True)
class RatedGame:
    """A game in an account's history."""

    game_id: GameId
    played_at: datetime
    change: Change


_COLUMNS = (
    RatingChangeRow.game_id,
    RatingChangeRow.played_at,
    RatingChangeRow.account_id,
    RatingChangeRow.value_before,
    RatingChangeRow.variance_before,
    RatingChangeRow.expected,
    RatingChangeRow.value_after,
    RatingChangeRow.variance_after,
    RatingChangeRow.opponent_value,
    RatingChangeRow.opponent_variance,
)
_LATEST = (
    select(*_COLUMNS)
    .where(
        RatingChangeRow.pool_id == select(PoolRow.id).where(PoolRow.name == bindparam("pool")).scalar_subquery(),
        RatingChangeRow.account_id == bindparam("account"),
    )
    .order_by(RatingChangeRow.played_at.desc(), RatingChangeRow.game_id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_EARLIER = _LATEST.where(
    RatingChangeRow.played_at <= bindparam("at"),
    or_(RatingChangeRow.played_at < bindparam("at"), RatingChangeRow.game_id < bindparam("game")),
)


async def history(
    connection: "Connection",
    pool: str,
    account_id: AccountId,
    *,
    before: tuple[datetime, GameId] | None = None,
    limit: int,
) -> list[RatedGame]:
    """The account's rated games in the pool of this name, the last first: all, or those before a game. One statement.

    The strengths in it know neither volatility nor number of games.
    """
    parameters: dict[str, Any] = {"pool": pool, "account": account_id, "limit": limit}
    if before is None:
        return _games(await connection.all(_LATEST, parameters))
    return _games(await connection.all(_EARLIER, parameters | {"at": before[0], "game": before[1]}))


def _games(rows: Sequence[Any]) -> list[RatedGame]:
    return [
        RatedGame(
            GameId(row[0]),
            row[1],
            Change(
                AccountId(row[2]),
                before=Strength(row[3], row[4]),
                expected=row[5],
                after=Strength(row[6], row[7]),
                opponent=None if row[8] is None else Strength(row[8], row[9]),
            ),
        )
        for row in rows
    ]
