"""Leaderboards and histories, read a page at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal

from tengen.core.database import Database
from tengen.core.values import AccountId, GameId
from tengen.profiles.shown import is_provisional as is_shown_provisional
from tengen.ratings import leaderboards
from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.glicko2 import PROVISIONAL_DEVIATION, Glicko2
from tengen.ratings.leaderboards import INACTIVE_AFTER, Board, Mark, Neighbourhood, Placing, RatedGame
from tengen.ratings.pools import Pool
from tengen.ratings.systems import RatingSystem, Strength
from tests.profiles.builders import GO, TODAY, a_quiet_pool, a_strength, delete, play, rate, rated_accounts
from tests.support.builders import NOON, an_account

MINUTE = timedelta(minutes=1)
BOARD = Board(GO)
EVERYBODY = Board(GO, provisional=True, inactive=True)

in_a_fresh_database = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def page(
    database: Database, board: Board = BOARD, *, after: Mark | None = None, limit: int = 100
) -> list[Placing]:
    async with database.read() as connection:
        return await leaderboards.best(connection, board, day=TODAY, after=after, limit=limit)


async def walk(database: Database, board: Board, limit: int) -> list[Placing]:
    """All pages, one after the other."""
    found: list[Placing] = []
    while next_page := await page(database, board, after=found[-1].mark if found else None, limit=limit):
        found += next_page
    return found


async def around(
    database: Database, who: AccountId, board: Board = BOARD, *, above: int = 2, below: int = 2
) -> list[Placing]:
    async with database.read() as connection:
        found = await leaderboards.around(connection, board, literal(who), {}, day=TODAY, above=above, below=below)
        if found is None:
            return []
        mark = found.middle.mark
        counts = await leaderboards.count_ahead(connection, board, [mark], day=TODAY)
    return found.placed(counts[mark])


def places(found: Sequence[Placing]) -> list[tuple[int | None, AccountId]]:
    return [(placing.position, placing.account_id) for placing in found]


# ── who is on it, and where ──


async def test_the_strongest_come_first_and_equals_in_the_order_of_their_ids(database: Database) -> None:
    low, high, even, also = await rated_accounts(database, 20.0, 31.5, 25.0, 25.0)
    assert places(await page(database)) == [(1, high), (2, even), (3, also), (4, low)]


async def test_a_page_goes_on_where_the_one_before_ended_and_counts_on(database: Database) -> None:
    best, second, third = await rated_accounts(database, 31.5, 30.0, 30.0)
    first_page = await page(database, limit=2)
    assert places(first_page) == [(1, best), (2, second)]
    assert places(await page(database, after=first_page[-1].mark, limit=2)) == [(3, third)]
    assert await page(database, after=Mark(30.0, third, 3)) == []


async def test_a_pool_that_nobody_has_played_in_has_an_empty_leaderboard(database: Database) -> None:
    assert await page(database) == []
    assert await page(database, Board(a_quiet_pool())) == []


async def test_a_leaderboard_holds_the_accounts_of_its_pool_alone(database: Database) -> None:
    pool = a_quiet_pool()
    (at_go,) = await rated_accounts(database, 25.0)
    (at_teams,) = await rated_accounts(database, 812.0, pool=pool)
    assert places(await page(database)) == [(1, at_go)]
    (shown,) = await page(database, Board(pool))
    assert (shown.account_id, shown.strength.mean, shown.is_provisional) == (at_teams, 812.0, False)


async def test_the_provisional_the_inactive_and_those_without_a_game_are_left_out(database: Database) -> None:
    sure, vague, idle, both, new = [(await an_account(database)).id for _ in range(5)]
    strengths = {
        sure: a_strength(20.0),
        vague: a_strength(28.0, deviation=5.0),
        idle: a_strength(27.0, deviation=0.5, days_ago=INACTIVE_AFTER),
        both: a_strength(26.0, deviation=5.0, days_ago=INACTIVE_AFTER + 1),
        new: replace(GO.system.prior(), games=0),
    }
    await rate(database, strengths)
    assert places(await page(database)) == [(1, sure)]
    assert places(await page(database, Board(GO, provisional=True))) == [(1, vague), (2, sure)]
    assert places(await page(database, Board(GO, inactive=True))) == [(1, idle), (2, sure)]
    everybody = await page(database, EVERYBODY)
    assert places(everybody) == [(1, vague), (2, idle), (3, both), (4, sure)]
    assert [(placing.is_provisional, placing.is_inactive) for placing in everybody] == [
        (True, False),
        (False, True),
        (True, True),
        (False, False),
    ]
    assert [placing.strength for placing in everybody] == [strengths[who] for who in (vague, idle, both, sure)]


async def test_whoever_has_played_within_the_year_is_active(database: Database) -> None:
    (account,) = await rated_accounts(database, 25.0)
    await rate(database, {account: a_strength(deviation=0.5, days_ago=INACTIVE_AFTER - 0.001)})
    assert places(await page(database)) == [(1, account)]


async def test_ratings_grow_provisional_by_idleness(database: Database) -> None:
    (account,) = await rated_accounts(database, 25.0)
    fresh = a_strength(28.0, deviation=2.095, days_ago=0.0)
    await rate(database, {account: fresh})
    assert places(await page(database)) == [(1, account)]
    await rate(database, {account: replace(fresh, day=TODAY - 300)})
    assert await page(database) == []


async def test_deleted_accounts_are_not_shown_and_take_no_place(database: Database) -> None:
    first, gone, last = await rated_accounts(database, 31.0, 30.0, 29.0)
    await delete(database, gone)
    for board in (BOARD, EVERYBODY):
        assert places(await page(database, board)) == [(1, first), (2, last)]
        assert places(await around(database, last, board)) == [(1, first), (2, last)]
        assert await around(database, gone, board) == []


SYSTEMS: list[RatingSystem] = [
    Gaussian(reversion=0.002),
    replace(Gaussian.in_points(), reversion=0.01),
    Glicko2(),
    Glicko2(period=3.0, has_ranks=False),
    Elo(),
]


@pytest.mark.parametrize("system", SYSTEMS)
async def test_every_system_has_leaderboards_that_leave_out_whom_it_does_not_know_well(
    database: Database, system: RatingSystem
) -> None:
    pool = Pool("other", "other", system)
    prior = system.prior()
    people = {
        (await an_account(database)).id: Strength(
            prior.mean * (0.8 + share), prior.variance * share, prior.volatility, 30, TODAY - 300 * share
        )
        for share in (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
    }
    await rate(database, people, pool=pool)
    found = {placing.account_id for placing in await page(database, Board(pool, inactive=True))}
    aged = {who: system.aged(strength, TODAY) for who, strength in people.items()}
    assert found == {who for who, strength in aged.items() if not is_shown_provisional(system, strength)}


# ── around somebody ──


async def test_an_account_stands_between_its_neighbours(database: Database) -> None:
    made = await rated_accounts(database, *[35.0 - number for number in range(7)])
    assert places(await around(database, made[3], above=2, below=1)) == [
        (2, made[1]),
        (3, made[2]),
        (4, made[3]),
        (5, made[4]),
    ]
    assert places(await around(database, made[0])) == [(1, made[0]), (2, made[1]), (3, made[2])]
    assert places(await around(database, made[6])) == [(5, made[4]), (6, made[5]), (7, made[6])]


async def test_an_account_that_the_board_leaves_out_stands_there_without_a_place(database: Database) -> None:
    best, middle, last = await rated_accounts(database, 31.0, 30.0, 29.0)
    vague = a_strength(30.0, deviation=5.0)
    await rate(database, {best: a_strength(31.0), middle: vague, last: a_strength(29.0)})
    found = await around(database, middle)
    assert places(found) == [(1, best), (None, middle), (2, last)]
    assert (found[1].is_provisional, found[1].mark) == (True, Mark(30.0, middle, 1))
    assert places(await page(database, after=found[1].mark)) == [(2, last)]
    assert places(await around(database, middle, Board(GO, provisional=True))) == [(1, best), (2, middle), (3, last)]


async def test_nobody_stands_around_who_has_no_rated_game(database: Database) -> None:
    rated, new = await rated_accounts(database, 31.0, 30.0)
    await rate(database, {rated: a_strength(), new: GO.system.prior()})
    stranger = await an_account(database)
    for who in (new, stranger.id, AccountId(2**62)):
        assert await around(database, who) == []


def test_no_place_is_less_than_the_first_whatever_happens_between_reading_and_counting() -> None:
    one, two, three = (Placing(AccountId(n), a_strength(), False, False) for n in (1, 2, 3))
    assert places(Neighbourhood([one], two, [three]).placed(0)) == [(1, 1), (2, 2), (3, 3)]
    assert places(Neighbourhood([one], two, [three]).placed(7)) == [(7, 1), (8, 2), (9, 3)]


# ── whatever the pages ──

drawn_strengths = st.builds(
    a_strength,
    st.sampled_from([-3.0, 20.0, 25.0, 25.0, 30.5, 38.0]),
    deviation=st.sampled_from([0.5, 1.0, 2.05, 5.4]),
    games=st.sampled_from([0, 1, 200]),
    days_ago=st.sampled_from([-3.0, 0.0, 100.0, 364.9, 365.0, 5000.0]),
)
boards = st.builds(Board, st.just(GO), provisional=st.booleans(), inactive=st.booleans())


async def made(database: Database, drawn: Sequence[Strength], closed: Sequence[int]) -> dict[AccountId, Strength]:
    """Accounts with these strengths, some of them closed. Returns those that may be shown."""
    strengths = {(await an_account(database)).id: strength for strength in drawn}
    await rate(database, strengths)
    gone = {list(strengths)[number] for number in closed if number < len(strengths)}
    for account_id in gone:
        await delete(database, account_id)
    return {who: strength for who, strength in strengths.items() if who not in gone and strength.games > 0}


def is_provisional(strength: Strength) -> bool:
    return GO.system.rating(GO.system.aged(strength, TODAY)).deviation >= PROVISIONAL_DEVIATION


def is_on(board: Board, strength: Strength) -> bool:
    assert strength.day is not None
    is_inactive = strength.day <= TODAY - INACTIVE_AFTER
    return (board.provisional or not is_provisional(strength)) and (board.inactive or not is_inactive)


@in_a_fresh_database
@given(
    drawn=st.lists(drawn_strengths, max_size=14),
    closed=st.lists(st.integers(0, 13), max_size=2),
    board=boards,
    limit=st.integers(1, 5),
)
async def test_walking_the_pages_gives_everybody_once_in_order_whatever_the_size(
    database: Database, drawn: list[Strength], closed: list[int], board: Board, limit: int
) -> None:
    shown = await made(database, drawn, closed)
    ranked = sorted((-strength.mean, who) for who, strength in shown.items() if is_on(board, strength))
    found = await walk(database, board, limit)
    assert places(found) == [(place, who) for place, (_, who) in enumerate(ranked, 1)]
    assert all(placing.strength == shown[placing.account_id] for placing in found)


@in_a_fresh_database
@given(
    drawn=st.lists(drawn_strengths, max_size=12),
    closed=st.lists(st.integers(0, 11), max_size=2),
    board=boards,
    above=st.integers(0, 3),
    below=st.integers(0, 3),
)
async def test_who_stands_around_somebody_stands_as_on_the_pages(
    database: Database, drawn: list[Strength], closed: list[int], board: Board, above: int, below: int
) -> None:
    shown = await made(database, drawn, closed)
    ladder = places(await walk(database, board, 5))
    for who, strength in shown.items():
        found = places(await around(database, who, board, above=above, below=below))
        if is_on(board, strength):
            place = [account_id for _, account_id in ladder].index(who)
            assert found == ladder[max(0, place - above) : place + below + 1]
        else:
            place = sum((-shown[other].mean, other) < (-strength.mean, who) for _, other in ladder)
            assert found == [*ladder[max(0, place - above) : place], (None, who), *ladder[place : place + below]]


@in_a_fresh_database
@given(drawn=st.lists(drawn_strengths, min_size=2, max_size=10), board=boards)
async def test_those_ahead_of_many_are_counted_as_those_ahead_of_each(
    database: Database, drawn: list[Strength], board: Board
) -> None:
    shown = await made(database, drawn, [])
    marks = [Mark(strength.mean, who, 0) for who, strength in shown.items()]
    async with database.read() as connection:
        together = await leaderboards.count_ahead(connection, board, marks, day=TODAY)
        for mark in marks:
            assert await leaderboards.count_ahead(connection, board, [mark], day=TODAY) == {mark: together[mark]}
    assert together.keys() == set(marks)


any_strength = st.builds(
    Strength,
    st.floats(-60, 70),
    st.floats(0, 40),
    st.just(0.0),
    st.just(5),
    st.floats(TODAY - 20_000, TODAY + 100),
)


@in_a_fresh_database
@given(drawn=st.lists(any_strength, min_size=1, max_size=20), in_points=st.booleans())
async def test_the_database_finds_provisional_what_the_system_shows_so(
    database: Database, drawn: list[Strength], in_points: bool
) -> None:
    system = Gaussian.in_points() if in_points else Gaussian()
    if in_points:
        drawn = [replace(strength, variance=strength.variance * 2000) for strength in drawn]
    strengths = {(await an_account(database)).id: strength for strength in drawn}
    await rate(database, strengths)
    for placing in await page(database, Board(Pool("go", "gaussian", system), provisional=True, inactive=True)):
        strength = strengths[placing.account_id]
        deviation = system.rating(system.aged(strength, TODAY)).deviation
        if abs(deviation - PROVISIONAL_DEVIATION) > 1e-9:
            assert placing.is_provisional == (deviation > PROVISIONAL_DEVIATION), strength


# ── the history of one ──


async def history(database: Database, who: AccountId, pool: str = "go", **how: Any) -> list[RatedGame]:
    async with database.read() as connection:
        return await leaderboards.history(connection, pool, who, **{"limit": 100, **how})


async def test_a_history_has_what_each_game_did_the_last_played_first(database: Database) -> None:
    me, other = (await an_account(database)).id, (await an_account(database)).id
    first, (mine, _) = await play(database, me, other)
    second, (again, _) = await play(database, me, other, score=0.0, played_at=NOON + MINUTE)
    latest, earliest = await history(database, me)
    assert (latest.game_id, latest.played_at) == (second, NOON + MINUTE)
    assert (earliest.game_id, earliest.played_at) == (first, NOON)
    for shown, change in ((earliest, mine), (latest, again)):
        assert shown.change.account_id == me
        assert shown.change.expected == change.expected
        assert (shown.change.before.mean, shown.change.after.mean) == (change.before.mean, change.after.mean)
        assert shown.change.after.variance == change.after.variance
        assert shown.change.opponent is not None
        assert change.opponent is not None
        assert shown.change.opponent.mean == change.opponent.mean
    assert mine.after.mean > mine.before.mean > again.after.mean - 10


async def test_a_history_is_of_one_account_in_one_pool(database: Database) -> None:
    me, other = (await an_account(database)).id, (await an_account(database)).id
    game, _ = await play(database, me, other, pool=a_quiet_pool())
    assert await history(database, me) == []
    assert await history(database, me, "nobody's") == []
    at_go, _ = await play(database, me, other)
    assert [shown.game_id for shown in await history(database, me)] == [at_go]
    assert game != at_go


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_a_history_goes_on_before_a_game_also_among_games_of_the_same_moment(
    database: Database, limit: int
) -> None:
    me, other = (await an_account(database)).id, (await an_account(database)).id
    moments = [NOON, NOON + MINUTE, NOON + MINUTE, NOON + MINUTE, NOON + 2 * MINUTE]
    games = [(await play(database, me, other, played_at=at))[0] for at in moments]
    found: list[RatedGame] = []
    while next_page := await history(
        database, me, before=(found[-1].played_at, found[-1].game_id) if found else None, limit=limit
    ):
        assert len(next_page) <= limit
        found += next_page
    assert [game.game_id for game in found] == games[::-1]
    assert await history(database, me, before=(NOON, GameId(0))) == []
