"""Games of a pool read in order of play and rated, some at a time: what a recomputation is made of.

Here they are rated in plain Python, which does for a few games, and for systems of any kind. For millions of games of
two `tengen.games.fast_replays` does the same, and ends in the same numbers to the last bit.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from sqlalchemy import Integer, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased

from tengen.core.database import among, as_written, microseconds_of
from tengen.core.values import AccountId, GameId, PlayerId
from tengen.games.models import GameRow, SeatRow
from tengen.games.rated_games import PlayedGame
from tengen.games.result import Result
from tengen.games.service import BLACK, WHITE
from tengen.go.points import Color
from tengen.players import service as players
from tengen.ratings import generations
from tengen.ratings.entries import Span, span_of
from tengen.ratings.generations import Mark, Rated, span_values, strength_values
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.outcomes import Outcome, Replay

if TYPE_CHECKING:
    from sqlalchemy import Select

    from tengen.core.database import Connection, Transaction
    from tengen.ratings.pools import Pool
    from tengen.ratings.service import PoolId

G = TypeVar("G")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SOME_TIME = _EPOCH
"""For what does not depend on when a game was played."""


@dataclass(frozen=True, slots=True)
class Chunk(Generic[G]):
    """Some games in order of play, not rated yet."""

    size: int
    end: Mark | None
    """The place of the last one; None if there is none."""
    games: G
    is_last: bool
    """Whether there was none after them."""


class Rater(ABC, Generic[G]):
    """Rates the games of a pool in order of play, which are to it what `G` says."""

    most: ClassVar[int]
    """Games that it is best given at once, at the most."""

    def __init__(self, pool: "Pool") -> None:
        self.pool = pool

    @abstractmethod
    async def read(self, connection: "Connection", after: Mark | None, limit: int) -> Chunk[G]:
        """The next games after a place, or the first of all."""

    @abstractmethod
    async def know(self, connection: "Connection", pool_id: "PoolId", chunk: Chunk[G]) -> None:
        """Look up what a generation knows of those in these games of whom nothing is known here."""

    @abstractmethod
    def play(self, chunk: Chunk[G]) -> Rated:
        """Rate these games, which come next: what they did, without the `strengths` that they led to."""

    @abstractmethod
    def strengths(self) -> Sequence[Sequence[Any]]:
        """What is known now of all who have played since this was asked last, as `Rated` has it; the longer ago their
        last games are, the earlier they come."""

    async def keep(self, transaction: "Transaction", after: Mark | None, chunk: Chunk[G]) -> None:
        """These games are the right ones after that place: what has been read may be used again."""

    async def forget(self, transaction: "Transaction", after: Mark | None) -> None:
        """Games were not the right ones after that place: what was kept is to be read again."""


class PlainRater(Rater[Sequence[Outcome]]):
    """In plain Python."""

    most = 5_000  # half a second, in which nothing is heard of it and nothing ends it

    def __init__(self, pool: "Pool") -> None:
        super().__init__(pool)
        self._replay = Replay(pool.system)
        self._met = set[AccountId]()
        self._moved = set[AccountId]()

    async def read(self, connection: "Connection", after: Mark | None, limit: int) -> Chunk[Sequence[Outcome]]:
        statement = _page(self.pool.is_of_teams, after is not None)
        rows = await connection.all(statement, _parameters(self.pool, limit, after))
        outcomes = await (_team_outcomes if self.pool.is_of_teams else _go_outcomes)(connection, rows)
        return Chunk(len(rows), end_of(rows), outcomes, is_last=len(rows) < limit)

    async def know(self, connection: "Connection", pool_id: "PoolId", chunk: Chunk[Sequence[Outcome]]) -> None:
        new = {who for outcome in chunk.games for who in outcome.accounts} - self._met
        if new:
            self._met |= new
            self._replay.strengths.update(await generations.strengths(connection, pool_id, new))

    def play(self, chunk: Chunk[Sequence[Outcome]]) -> Rated:
        spans: list[Span] = []
        for outcome in chunk.games:
            known = {who: self._replay.strengths.get(who) for who in outcome.accounts}
            spans += [span_of(outcome, change, known[change.account_id]) for change in self._replay.play(outcome)]
        self._moved |= {span.account_id for span in spans}
        return Rated(spans=[span_values(span) for span in spans])

    def strengths(self) -> Sequence[Sequence[Any]]:
        known = [(who, self._replay.strengths[who]) for who in sorted(self._moved)]
        known.sort(key=lambda one: one[1].day or 0.0)
        self._moved.clear()
        return [strength_values(who, strength) for who, strength in known]


# ── reading ──

_Black, _White = aliased(SeatRow), aliased(SeatRow)
_AT = as_written(GameRow.played_at)
_TERMS = (GameRow.handicap, GameRow.komi, GameRow.rules, GameRow.width, GameRow.height, GameRow.speed)
_TEAM_MATCHES = select(GameRow.id, _AT)
_GO_GAMES = (
    select(GameRow.id, _AT, _Black.player_id, _White.player_id, GameRow.result, *_TERMS)
    .join(_Black, (_Black.game_id == GameRow.id) & (_Black.number == BLACK))
    .join(_White, (_White.game_id == GameRow.id) & (_White.number == WHITE))
)
_PLACE = tuple_(GameRow.played_at, GameRow.id)
_AFTER = tuple_(bindparam("at", type_=GameRow.played_at.type), bindparam("game"))
_UPTO = tuple_(bindparam("end", type_=GameRow.played_at.type), bindparam("last"))


@cache
def _page(is_of_teams: bool, is_after: bool, is_bounded: bool = False) -> "Select[*tuple[Any, ...]]":
    statement = (_TEAM_MATCHES if is_of_teams else _GO_GAMES).where(GameRow.pool == bindparam("pool"))
    if is_after:
        statement = statement.where(_PLACE > _AFTER)
    if is_bounded:
        statement = statement.where(_PLACE <= _UPTO)
    return statement.order_by(GameRow.played_at, GameRow.id).limit(bindparam("limit", type_=Integer))


def _parameters(pool: "Pool", limit: int, after: Mark | None, upto: Mark | None = None) -> dict[str, Any]:
    begin = {} if after is None else {"at": after.at, "game": after.game_id}
    end = {} if upto is None else {"end": upto.at, "last": upto.game_id}
    return {"pool": pool.name, "limit": limit, **begin, **end}


async def go_games(
    connection: "Connection", pool: "Pool", after: Mark | None, limit: int, *, upto: Mark | None = None
) -> Sequence[Sequence[Any]]:
    """The next games of Go: id, time (`as_written`), players, result, and what `terms_of` is told."""
    statement = _page(pool.is_of_teams, after is not None, upto is not None)
    return await connection.raw(statement, _parameters(pool, limit, after, upto))


def end_of(rows: Sequence[Sequence[Any]]) -> Mark | None:
    """The place of the last of these games, whose columns begin with id and time."""
    return Mark(instant_of(rows[-1][1]), rows[-1][0]) if rows else None


def instant_of(written: int | str) -> datetime:
    """An instant from what stands for it `as_written`."""
    return _EPOCH + microseconds_of(written) * _MICROSECOND


def microseconds_to(instant: datetime) -> int:
    """Since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


@cache
def score_of(result: str) -> float:
    """Black's score in a game that rates."""
    score = Result.parse(result).outcome(Color.BLACK)
    assert score is not None
    return score


async def _go_outcomes(connection: "Connection", rows: Sequence[Sequence[Any]]) -> list[Outcome]:
    accounts = await players.accounts_of(connection, {PlayerId(who) for row in rows for who in row[2:4]})
    outcomes = []
    for game_id, at, black_player, white_player, result, *terms in rows:
        black, white = accounts[black_player], accounts[white_player]
        if black != white:  # so it is when somebody turns out to be his own opponent
            game = _played(instant_of(at), result, *terms)
            outcomes.append(game.outcome(game_id, black, white))
    return outcomes


def terms_of(*terms: Any) -> Outcome:
    """What the terms of a game mean, as an outcome of nobody's game."""
    return _played(_SOME_TIME, "B+R", *terms).outcome(GameId(0), AccountId(0), AccountId(1))


def _played(
    at: datetime,
    result: str,
    handicap: int,
    komi: float,
    rules: str | None,
    width: int,
    height: int,
    speed: str | None,
) -> PlayedGame:
    known = None if speed is None else SpeedClass(speed)
    return PlayedGame(at, Result.parse(result), handicap, komi, width, height, rules, speed=known)


_SEATS = (
    select(SeatRow.game_id, SeatRow.team, SeatRow.outcome, SeatRow.player_id)
    .where(among(SeatRow.game_id, "games"), ~SeatRow.is_commander)
    .order_by(SeatRow.game_id, SeatRow.number)
)


async def _team_outcomes(connection: "Connection", games: Sequence[Sequence[Any]]) -> list[Outcome]:
    rows = await connection.all(_SEATS, {"games": [game[0] for game in games]})
    accounts = await players.accounts_of(connection, {PlayerId(row[3]) for row in rows if row[3] is not None})
    seats = {game_id: list(seats) for game_id, seats in groupby(rows, key=lambda row: row[0])}
    outcomes = []
    for game_id, at in games:
        teams = [list(team) for _, team in groupby(seats[game_id], key=lambda row: row[1])]
        outcomes.append(
            Outcome(
                game_id,
                instant_of(at),
                teams=[[None if seat[3] is None else accounts[PlayerId(seat[3])] for seat in team] for team in teams],
                scores=[team[0].outcome or 0.0 for team in teams],
            )
        )
    return outcomes


async def count(connection: "Connection", pool: "Pool", after: Mark | None, upto: Mark | None, *, most: int) -> int:
    """How many games there are after a place and up to another, or in all; no more than `most` are counted."""
    games = select(GameRow.id).where(GameRow.pool == bindparam("pool"))
    if after is not None:
        games = games.where(_PLACE > _AFTER)
    if upto is not None:
        games = games.where(_PLACE <= _UPTO)
    counted = select(func.count()).select_from(games.limit(bindparam("limit", type_=Integer)).subquery())
    return (await connection.one(counted, _parameters(pool, most, after, upto)))[0]
