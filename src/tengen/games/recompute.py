"""A pool's ratings from its games, replayed in order of play: what live rating would have reached in that order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, tuple_

from tengen.core.database import among
from tengen.core.values import AccountId, GameId, PlayerId, utc_now
from tengen.games.models import GameRow, SeatRow
from tengen.games.service import GO, games_by_ids
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.outcomes import Change, Outcome, Replay
from tengen.ratings.pools import Pools

if TYPE_CHECKING:
    from tengen.core.database import Connection, Database
    from tengen.core.platform import Platform
    from tengen.players.service import Player
    from tengen.ratings.pools import Pool
    from tengen.ratings.service import PoolDisordered

CHUNK = 500
"""Games that are read, replayed and written at once. Between chunks others have their turn."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a replay found: the games that rate, those whose history was another, and the accounts rated."""

    games: int
    corrected: int
    accounts: int


async def recompute(
    database: "Database",
    pool: "Pool",
    *,
    now: datetime,
    only_if_stale: bool = False,
    chunk: int = CHUNK,
    progress: Callable[[int], None] = lambda _games: None,
) -> Recomputed | None:
    """Replay a pool in one transaction, during which its games wait. None if there was nothing to do.

    `chunk`: how many games are read, replayed and written at once. `progress` is told how many are done.
    """
    async with database.write() as transaction:
        held = await ratings.hold_pool(transaction, pool.name)
        if held is None or (only_if_stale and not held.is_stale):
            return None
        replay = Replay(pool.system)
        game_ids: list[GameId] = []
        corrected = 0
        async for outcomes in _outcomes(transaction, pool.name, chunk):
            replayed: list[tuple[Outcome, Sequence[Change]]] = [(outcome, replay.play(outcome)) for outcome in outcomes]
            corrected += await ratings.settle_changes(transaction, held, replayed)
            game_ids += [outcome.game_id for outcome in outcomes]
            progress(len(game_ids))
            await asyncio.sleep(0)
        await ratings.settle(transaction, held, replay.strengths, game_ids, now=now)
    return Recomputed(len(game_ids), corrected, len(replay.strengths))


class Recomputer:
    """Puts pools right when they have been disordered: after a late game, or a changed one."""

    def __init__(self, platform: "Platform") -> None:
        self._database = platform.database
        self._pools = Pools(team_rule=platform.settings.team_rating_rule)
        self._turn = asyncio.Lock()

    async def put_in_order(self, event: "PoolDisordered") -> None:
        """Replay the pool, unless somebody else has done so since."""
        # One at a time: a hundred late games announce themselves a hundred times, and those that wait for the pool's
        # lock in the database would each keep a connection from everybody else.
        async with self._turn:
            async with self._database.read() as connection:
                if not await ratings.is_stale(connection, event.pool):
                    return
            await recompute(self._database, self._pools.named(event.pool), now=utc_now(), only_if_stale=True)


_NEXT = (
    select(GameRow.id, GameRow.kind, GameRow.played_at)
    .where(
        GameRow.pool == bindparam("pool"),
        tuple_(GameRow.played_at, GameRow.id)
        > tuple_(bindparam("played_at", type_=GameRow.played_at.type), bindparam("game")),
    )
    .order_by(GameRow.played_at, GameRow.id)
    .limit(bindparam("chunk"))
)
_FIRST = (
    select(GameRow.id, GameRow.kind, GameRow.played_at)
    .where(GameRow.pool == bindparam("pool"))
    .order_by(GameRow.played_at, GameRow.id)
    .limit(bindparam("chunk"))
)


async def _outcomes(connection: "Connection", pool: str, chunk: int) -> AsyncIterator[list[Outcome]]:
    """The pool's games in order of play, some at a time; those that move nobody's rating are left out."""
    rows = await connection.all(_FIRST, {"pool": pool, "chunk": chunk})
    while rows:
        read = _go_outcomes if rows[0][1] == GO else _team_outcomes
        yield await read(connection, {GameId(row[0]): row[2] for row in rows})
        rows = await connection.all(
            _NEXT, {"pool": pool, "played_at": rows[-1][2], "game": rows[-1][0], "chunk": chunk}
        )


async def _go_outcomes(connection: "Connection", order: dict[GameId, datetime]) -> list[Outcome]:
    games = await games_by_ids(connection, order.keys())
    people = await players.players_by_ids(connection, {who for g in games.values() for who in (g.black, g.white)})
    outcomes = []
    for game_id in order:
        game = games[game_id]
        black, white = people[game.black].account_id, people[game.white].account_id
        if black != white:  # so it is when somebody turns out to be his own opponent
            outcomes.append(game.played.outcome(game_id, black, white))
    return outcomes


_SEATS = (
    select(SeatRow.game_id, SeatRow.team, SeatRow.outcome, SeatRow.player_id)
    .where(among(SeatRow.game_id, "games"), ~SeatRow.is_commander)
    .order_by(SeatRow.game_id, SeatRow.number)
)


async def _team_outcomes(connection: "Connection", order: dict[GameId, datetime]) -> list[Outcome]:
    rows = await connection.all(_SEATS, {"games": list(order)})
    people = await players.players_by_ids(connection, {PlayerId(row[3]) for row in rows if row[3] is not None})
    seats = {GameId(game_id): list(seats) for game_id, seats in groupby(rows, key=lambda row: row[0])}
    return [_team_outcome(game_id, played_at, seats[game_id], people) for game_id, played_at in order.items()]


def _team_outcome(
    game_id: GameId, played_at: datetime, seats: Sequence[Any], people: "dict[PlayerId, Player]"
) -> Outcome:
    teams = [list(team) for _, team in groupby(seats, key=lambda row: row[1])]
    return Outcome(
        game_id,
        played_at,
        teams=[[_account(row[3], people) for row in team] for team in teams],
        scores=[team[0][2] for team in teams],
    )


def _account(player_id: int | None, people: "dict[PlayerId, Player]") -> AccountId | None:
    return None if player_id is None else people[PlayerId(player_id)].account_id
