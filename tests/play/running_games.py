"""Live games that begin now on a running server, made in its database as another process would make them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func, select

from tengen.core.database import Database, Transaction, open_database
from tengen.core.values import GameId, utc_now
from tengen.games import service as games
from tengen.games.models import SeatRow
from tengen.games.recompute import recompute
from tengen.go.points import Size
from tengen.go.rulesets import CHINESE
from tengen.play import service
from tengen.play.service import NewLiveGame
from tengen.play.terms import GameTerms
from tengen.play.time_systems import TimeSystem
from tengen.players.service import HOME
from tengen.ratings import service as ratings
from tengen.ratings.pools import GO, STANDARD
from tests.play.builders import a_control
from tests.play.rest_builders import Pair
from tests.support.operations import operate
from tests.support.server import Server
from tests.support.settings import some_settings


def games_that_begin(server: Server, seats: Sequence[tuple[Pair, TimeSystem]], *, side: int = 19) -> list[GameId]:
    """A ranked game for each of these, in which Black's first move is waited for."""
    now = utc_now()

    async def make(transaction: Transaction) -> list[GameId]:
        made: list[GameId] = []
        for pair, system in seats:
            terms = GameTerms.agreed(
                size=Size.of(side),
                rules=CHINESE,
                control=a_control(system),
                black=pair.black.id,
                white=pair.white.id,
            )
            game_id = await games.reserve(transaction, HOME, now=now)
            new = NewLiveGame(game_id, f"Game {len(made)}", terms, pair.white.id, is_ranked=True)
            await service.start(transaction, new, now=now)
            made.append(game_id)
        return made

    return operate(server, make)


@asynccontextmanager
async def database_of(server: Server) -> AsyncIterator[Database]:
    """The database of a server, beside it."""
    database = open_database(some_settings(server.data_dir, database_url=server.settings["database_url"]))
    try:
        yield database
    finally:
        await database.close()


async def check_rated_once(database: Database, ended: Sequence[tuple[GameId, Pair]]) -> None:
    """These are all ranked games that have ended on the server: each has two seats, and has moved two ratings once."""
    accounts: dict[Any, int] = {}
    for _, pair in ended:
        for person in (pair.black, pair.white):
            accounts[person.user.id] = accounts.get(person.user.id, 0) + 1
    async with database.read() as connection:
        seats = await connection.all(select(SeatRow.game_id, func.count()).group_by(SeatRow.game_id))
        strengths = await ratings.strengths_of(connection, GO, list(accounts))
    assert {row[0]: row[1] for row in seats} == {game_id: 2 for game_id, _ in ended}
    assert {account: strength.games for account, strength in strengths.items()} == accounts
    replayed = await recompute(database, STANDARD.go, now=utc_now())
    assert replayed is not None
    assert (replayed.games, replayed.changed) == (len(ended), 0)


def own_points(column: int, columns: int = 9, side: int = 19) -> list[str]:
    """The points of some columns, as pairs of letters: in any order these are legal moves of one player.

    One column beside them stays free, so that whatever stands here has a liberty.
    """
    return [chr(97 + x) + chr(97 + y) for x in range(column, column + columns) for y in range(side)]
