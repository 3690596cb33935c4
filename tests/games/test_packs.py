"""Games packed for recomputations: read from their rows once, and never what they are no more."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from tengen.core.database import Database
from tengen.core.values import GameId
from tengen.games import corrections, packs
from tengen.games.corrections import Correction
from tengen.games.models import GamePackRow, GameRow
from tengen.games.pool_games import move_games
from tengen.games.recompute import recompute
from tengen.ratings.generations import Mark
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.pools import Pools
from tests.games.builders import Club, a_club, a_game, report
from tests.games.test_generations import are_right, rebuilt
from tests.games.test_recompute import GO, PLAYERS, books, games, made
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
FAST = Pools.read(b"[go-fast]\ngames = { speeds = ['blitz'] }\nsystem = 'gaussian'\n")


async def played_hourly(database: Database, *, length: int = 8) -> tuple[Club, list[GameId]]:
    """A club with a game each hour, and their packs."""
    club = await a_club(database, players=PLAYERS)
    ids = []
    for n in range(length):
        size = 9 if n % 2 else 19
        game = a_game(club, n % 4, (n + 1) % 4, after=n * HOUR, width=size, height=size)
        ids.append((await report(database, game)).game.id)
    await rebuilt(database)
    return club, ids


async def packed(database: Database) -> list[tuple[datetime | None, datetime]]:
    """From when to when there are packs."""
    statement = select(GamePackRow.after_at, GamePackRow.upto_at).order_by(GamePackRow.upto_at)
    async with database.read() as connection:
        return [(row[0], row[1]) for row in await connection.all(statement)]


async def spoil_rows(database: Database) -> None:
    """Let the rows of games say what nobody ever reported, so that whoever reads them can be told."""
    async with database.write() as transaction:
        await transaction.run(update(GameRow).values(result="W+R", komi=-20.0))


async def test_what_was_read_once_is_not_read_again(database: Database) -> None:
    await played_hourly(database)
    right = await books(database)
    assert await packed(database) == [
        (None, NOON + 2 * HOUR),
        (NOON + 2 * HOUR, NOON + 5 * HOUR),
        (NOON + 5 * HOUR, NOON + 7 * HOUR),
    ]
    await spoil_rows(database)
    await rebuilt(database)
    assert await books(database) == right
    await rebuilt(database, since=NOON + 4 * HOUR)  # amid a pack
    assert await books(database) == right


async def test_pieces_need_not_be_those_that_were_packed(database: Database) -> None:
    await played_hourly(database)
    right = await books(database)
    await spoil_rows(database)
    for chunk in (1, 2, 5, 100):
        await recompute(database, GO, now=NOON, chunk=chunk, a_few=0, many=0)
        assert await books(database) == right


CORRECTIONS = [Correction(result="W+R"), Correction(handicap=3), Correction(komi=0.5), Correction(swap_colors=True)]
CORRECTIONS += [Correction(played_at=NOON - HOUR), Correction(played_at=NOON + 9 * HOUR), Correction(ranked=False)]


@pytest.mark.parametrize("correction", [*CORRECTIONS, None], ids=str)
async def test_a_game_that_was_changed_is_read_anew(database: Database, correction: Correction | None) -> None:
    _, ids = await played_hourly(database)
    async with database.write() as transaction:
        if correction is None:
            await corrections.annul(transaction, ids[4], reason="A test.", account_id=None, now=NOON)
        else:
            await corrections.correct(transaction, ids[4], correction, reason="A test.", account_id=None, now=NOON)
    assert all(upto < NOON + 4 * HOUR for _, upto in await packed(database))
    await rebuilt(database)
    assert await books(database) == await are_right(database)


async def test_a_game_that_was_late_is_seen_although_no_pack_has_it(database: Database) -> None:
    club, _ = await played_hourly(database)
    await report(database, a_game(club, 0, 2, after=timedelta(minutes=90)))
    await rebuilt(database)
    assert await books(database) == await are_right(database)
    await spoil_rows(database)
    right = await books(database)
    await rebuilt(database)
    assert await books(database) == right  # from packs again


async def test_a_game_between_people_who_had_not_played_is_seen_although_it_is_late_to_nobody(
    database: Database,
) -> None:
    club = await a_club(database, players=4)
    await report(database, a_game(club, 0, 1))
    await report(database, a_game(club, 0, 1, after=2 * HOUR))
    await rebuilt(database)
    await report(database, a_game(club, 2, 3, after=HOUR))
    done = await rebuilt(database)
    assert (done.games, done.changed) == (3, 0)


async def test_what_was_not_packed_before_a_date_is_packed_by_the_next_who_reads_it(database: Database) -> None:
    _, ids = await played_hourly(database)
    async with database.write() as transaction:
        await corrections.annul(transaction, ids[1], reason="A test.", account_id=None, now=NOON)
    await rebuilt(database, since=NOON + 4 * HOUR)  # from the first hour on, where ratings are wrong
    await rebuilt(database)
    right = await are_right(database)
    assert await books(database) == right
    await spoil_rows(database)
    await rebuilt(database)
    assert await books(database) == right


async def test_a_pack_that_begins_with_a_date_is_used_where_nothing_was_played_before_it(database: Database) -> None:
    await played_hourly(database)
    right = await books(database)
    async with database.write() as transaction:
        await transaction.run(update(GamePackRow).where(GamePackRow.after_at.is_(None)).values(_BEFORE_NOON))
    await spoil_rows(database)
    await rebuilt(database)
    assert await books(database) == right


_BEFORE_NOON = {"after_at": NOON, "after_game": -1}


async def test_games_that_are_moved_to_another_pool_leave_its_packs(database: Database) -> None:
    club = await a_club(database)
    for n in range(6):
        await report(database, a_game(club, after=n * HOUR, speed=SpeedClass.BLITZ if n == 2 else None))
    await rebuilt(database)
    async with database.write() as transaction:
        assert await move_games(transaction, FAST, now=NOON) == 1
    assert await packed(database) == []
    done = await recompute(database, FAST.go, now=NOON, chunk=3, a_few=0, many=0)
    assert done is not None
    assert done.games == 5


moments = st.integers(0, 5)


@settings(
    max_examples=10,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(games, min_size=1, max_size=10), chunk=st.integers(1, 4), place=st.tuples(moments, moments))
async def test_games_read_from_packs_are_those_of_their_rows_from_every_place_on(
    database: Database, drawn: Sequence[Any], chunk: int, place: tuple[int, int]
) -> None:
    club = await a_club(database, players=PLAYERS)
    for one in drawn:
        await report(database, made(club, {**one, "minutes": one["minutes"] % 5}))  # many at one moment
    async with database.write() as transaction:  # of the example before
        await transaction.run(delete(GamePackRow))
    after = Mark(NOON + timedelta(minutes=place[0]), place[1])
    from_rows = await all_after(database, after, chunk)
    await recompute(database, GO, now=NOON, chunk=chunk, a_few=0, many=0)
    assert await all_after(database, after, chunk) == from_rows


async def all_after(database: Database, mark: Mark, chunk: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    place: Mark | None = mark
    async with database.read() as connection:
        while place is not None:
            read = await packs.read(connection, GO, place, chunk)
            terms = read.games.terms
            found += [(*game[:5], terms[game[5]]) for game in read.games.games.tolist()]
            place = read.end
    return found
