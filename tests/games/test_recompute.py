"""Replaying a pool: the same bits as in-order reports, however they came in."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from tengen.core import outbox
from tengen.core.database import Connection, Database
from tengen.core.outbox import Dispatcher
from tengen.core.platform import Platform
from tengen.core.values import AccountId, GameId, ServerId
from tengen.games import corrections, service
from tengen.games.corrections import Correction, NothingToChange
from tengen.games.rating_story import story_of
from tengen.games.recompute import Recomputed, recompute
from tengen.games.service import NewGame
from tengen.games.team_match import Race, Team, TeamMatch
from tengen.games.team_matches import report_team_match
from tengen.ratings import service as ratings
from tengen.ratings.entries import NUMBERS
from tengen.ratings.models import PoolRow, PoolState, RatingRow, SpanRow
from tengen.ratings.outcomes import Change
from tengen.ratings.pools import STANDARD
from tengen.ratings.service import Held, PoolId, Rated
from tengen.ratings.systems import Strength, day_of
from tests.games.builders import Club, a_club, a_game, report
from tests.support import histories
from tests.support.builders import NOON

PLAYERS = 4
GO = STANDARD.go


@dataclass(frozen=True)
class Books:
    """What is written about ratings, without the moment of writing."""

    ratings: Sequence[Any]
    changes: Sequence[Any]


async def books(database: Database) -> Books:
    columns = [column for column in RatingRow.__table__.columns if column.name not in {"updated_at", "pool_id"}]
    statement = select(PoolRow.name, *columns).join(PoolRow, PoolRow.id == RatingRow.pool_id)
    statement = statement.where(PoolRow.state == PoolState.CURRENT, RatingRow.games > 0)
    async with database.read() as connection:
        rows = await connection.all(statement.order_by(PoolRow.name, RatingRow.account_id))
        # As text: what is missing is not a number, and not equal to itself.
        return Books([tuple(row) for row in rows], [repr(entry) for entry in await histories.entries(connection)])


async def replayed(database: Database) -> Recomputed:
    done = await recompute(database, GO, now=NOON, chunk=2)
    assert done is not None
    return done


async def deliver(platform: Platform) -> None:
    """Do what waits in the outbox."""
    dispatcher = Dispatcher(platform.database, platform.events.deliver)
    while await dispatcher.deliver_due():
        pass
    async with platform.database.read() as connection:
        assert await outbox.count(connection) == (0, 0)


async def clear(database: Database) -> None:
    """Spoil everything that a replay is to find out by itself."""
    async with database.write() as transaction:
        await transaction.run(update(RatingRow).values(value=1.0, variance=2.0, games=7, day=3.0))
        await transaction.run(update(SpanRow).values(entries=bytes(NUMBERS * 8), segment_id=None))


seats = st.permutations(range(PLAYERS)).map(lambda order: order[:2])
games: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    seats=seats,
    minutes=st.integers(0, 60 * 24 * 400),
    result=st.sampled_from(["B+R", "W+R", "B+0.5", "W+12.5", "0", "B+T", "W+F", "Void", "?"]),
    handicap=st.sampled_from([0, 0, 0, 1, 2, 5, 9, 10]),
    komi=st.sampled_from([6.5, 7.5, 0.5, 0.0, -10.5, 21.0]),
    width=st.sampled_from([19, 19, 13, 9, 5]),
    rules=st.sampled_from([None, "japanese", "chinese", "aga"]),
    ranked=st.sampled_from([True, True, True, False]),
)


def made(club: Club, drawn: dict[str, Any]) -> NewGame:
    terms = {**drawn, "height": drawn["width"]}
    black, white = terms.pop("seats")
    return a_game(club, black, white, after=timedelta(minutes=terms.pop("minutes")), **terms)


in_a_fresh_database = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@in_a_fresh_database
@given(drawn=st.lists(games, min_size=1, max_size=12))
async def test_a_replay_of_games_reported_in_order_changes_not_a_bit(database: Database, drawn: list[Any]) -> None:
    club = await a_club(database, players=PLAYERS)
    for game in sorted((made(club, one) for one in drawn), key=lambda game: game.played.played_at):
        await report(database, await after_all(database, game))
    before = await books(database)
    await replayed(database)
    assert await books(database) == before


@in_a_fresh_database
@given(drawn=st.lists(games, min_size=1, max_size=12))
async def test_a_replay_needs_nothing_but_the_games(database: Database, drawn: list[Any]) -> None:
    club = await a_club(database, players=PLAYERS)
    for one in drawn:
        await report(database, made(club, one))
    await replayed(database)
    right = await books(database)
    await clear(database)
    await replayed(database)
    assert await books(database) == right


async def after_all(database: Database, game: NewGame) -> NewGame:
    """The game, moved behind all that were played on this database: an example must not disorder those before."""
    async with database.read() as connection:
        newest = await service.list_games(connection, service.GameFilter(), limit=1)
    played_at = max([game.played.played_at, *(one.played_at + timedelta(minutes=1) for one in newest)])
    return replace(game, played=game.played._replace(played_at=played_at))


@in_a_fresh_database
@given(drawn=st.lists(games, min_size=2, max_size=8), order=st.randoms(use_true_random=False))
async def test_games_that_come_late_are_put_right_through_the_outbox(
    platform: Platform, drawn: list[Any], order: Any
) -> None:
    database = platform.database
    in_order, shuffled = await a_club(database, players=PLAYERS), await a_club(database, players=PLAYERS)
    chosen = sorted(drawn, key=lambda one: one["minutes"])
    for one in chosen:
        await report(database, made(in_order, one))
    mixed = list(chosen)
    order.shuffle(mixed)
    for one in mixed:
        await report(database, made(shuffled, one))
    await deliver(platform)
    async with database.read() as connection:
        assert not await ratings.is_stale(connection, GO.name)
        for one, other in zip(in_order.players, shuffled.players, strict=True):
            found = await ratings.strengths_of(connection, GO.name, [one.account_id, other.account_id])
            # Games of the same minute keep the order of their reports.
            if len({game["minutes"] for game in chosen}) == len(chosen):
                assert found.get(one.account_id) == found.get(other.account_id)


async def test_to_annul_and_restore_a_game_is_to_do_nothing(platform: Platform) -> None:
    club = await a_club(platform.database, players=3)
    ids = await some_games(platform.database, club)
    await deliver(platform)
    before = await books(platform.database)
    async with platform.database.write() as transaction:
        await corrections.annul(transaction, ids[1], reason="A mistake.", account_id=None, now=NOON)
    await deliver(platform)
    annulled = await books(platform.database)
    assert annulled != before
    assert not any(f"game_id={ids[1]}," in change for change in annulled.changes)
    async with platform.database.write() as transaction:
        await corrections.restore(transaction, ids[1], reason="It was none.", account_id=None, now=NOON)
    await deliver(platform)
    assert await books(platform.database) == before


async def test_a_story_read_while_its_pool_is_put_in_order_is_not_called_final_with_old_numbers(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    club = await a_club(platform.database, players=3)
    first, second, _ = await some_games(platform.database, club)
    await deliver(platform)
    async with platform.database.write() as transaction:
        await corrections.annul(transaction, first, reason="A mistake.", account_id=None, now=NOON)
    read = ratings.changes_of_games

    async def read_just_before_the_replay(
        connection: Connection, games: Sequence[Rated]
    ) -> Mapping[GameId, list[Change]]:
        found = await read(connection, games)
        await deliver(platform)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(ratings, "changes_of_games", read_just_before_the_replay)
        async with platform.database.read() as connection:
            assert not (await story_of(connection, second)).is_final
    async with platform.database.read() as connection:
        assert (await story_of(connection, second)).is_final


async def test_an_annulled_only_game_leaves_its_players_unrated(platform: Platform) -> None:
    club = await a_club(platform.database)
    game = (await report(platform.database, a_game(club))).game
    async with platform.database.write() as transaction:
        await corrections.annul(transaction, game.id, reason="A test.", account_id=None, now=NOON)
    await deliver(platform)
    async with platform.database.read() as connection:
        assert await ratings.strengths_of(connection, GO.name, [p.account_id for p in club.players]) == {}


async def test_a_corrected_result_rates_as_if_it_had_been_reported_so(platform: Platform) -> None:
    database = platform.database
    wrong, right = await a_club(database, players=3), await a_club(database, players=3)
    ids = await some_games(database, wrong)
    await some_games(database, right, second="W+R")
    async with database.write() as transaction:
        await corrections.correct(
            transaction, ids[1], Correction(result="W+R"), reason="Mistyped.", account_id=None, now=NOON
        )
    await deliver(platform)
    async with database.read() as connection:
        for one, other in zip(wrong.players, right.players, strict=True):
            found = await ratings.strengths_of(connection, GO.name, [one.account_id, other.account_id])
            assert found[one.account_id] == found[other.account_id]
        (change,) = await corrections.history(connection, ids[1])
    assert (change.kind, change.reason, change.before, change.after) == (
        "correction",
        "Mistyped.",
        {"result": "B+R"},
        {"result": "W+R"},
    )


async def test_swapped_colours_are_put_right_on_the_seats_and_in_the_ratings(platform: Platform) -> None:
    database = platform.database
    club = await a_club(database)
    game = (await report(database, a_game(club, result="B+R"))).game
    async with database.write() as transaction:
        fixed = await corrections.correct(
            transaction, game.id, Correction(swap_colors=True), reason="Swapped.", account_id=None, now=NOON
        )
    await deliver(platform)
    assert (fixed.black, fixed.white) == (game.white, game.black)
    async with database.read() as connection:
        assert await service.find_game(connection, game.id) == fixed
        found = await ratings.strengths_of(connection, GO.name, [p.account_id for p in club.players])
    assert found[club.players[1].account_id].mean > found[club.players[0].account_id].mean


async def test_a_correction_of_nothing_is_refused(platform: Platform) -> None:
    club = await a_club(platform.database)
    game = (await report(platform.database, a_game(club))).game
    for same in (Correction(), Correction(result="B+R"), Correction(komi=6.5)):
        with pytest.raises(NothingToChange):
            async with platform.database.write() as transaction:
                await corrections.correct(transaction, game.id, same, reason="None.", account_id=None, now=NOON)
    async with platform.database.read() as connection:
        assert await corrections.history(connection, game.id) == []


async def test_a_corrected_date_moves_the_game_in_the_order(platform: Platform) -> None:
    database = platform.database
    moved, right = await a_club(database, players=3), await a_club(database, players=3)
    ids = await some_games(database, moved)
    await some_games(database, right, first_after=timedelta(days=9))
    async with database.write() as transaction:
        later = Correction(played_at=NOON + timedelta(days=9))
        await corrections.correct(transaction, ids[0], later, reason="Wrong day.", account_id=None, now=NOON)
    await deliver(platform)
    async with database.read() as connection:
        for one, other in zip(moved.players, right.players, strict=True):
            found = await ratings.strengths_of(connection, GO.name, [one.account_id, other.account_id])
            assert found[one.account_id] == found[other.account_id]


async def test_reports_during_a_replay_wait_for_it_and_lose_nothing(database: Database) -> None:
    club = await a_club(database, players=PLAYERS)
    first = [a_game(club, n % 4, (n + 1) % 4, after=timedelta(hours=n)) for n in range(8)]
    for game in first:
        await report(database, game)
    more = [a_game(club, n % 4, (n + 1) % 4, after=timedelta(hours=10 + n)) for n in range(8)]

    async def one_after_the_other() -> None:
        for game in more:
            await report(database, game)

    await asyncio.gather(one_after_the_other(), *(recompute(database, GO, now=NOON) for _ in range(4)))
    live = await books(database)
    await replayed(database)
    assert await books(database) == live


async def test_a_storm_of_late_games_during_replays_loses_nothing(database: Database) -> None:
    club = await a_club(database, players=8)
    is_over = False

    async def a_reporter(number: int) -> None:
        for n in range(12):
            black = (number + n) % 8
            late = timedelta(hours=(n * 37 + number * 11) % 500)
            await report(database, a_game(club, black, (black + 1 + n % 7) % 8, after=late))

    async def a_replayer() -> None:
        while not is_over:
            await recompute(database, GO, now=NOON, chunk=5)
            await asyncio.sleep(0)

    replayers = [asyncio.create_task(a_replayer()) for _ in range(2)]
    await asyncio.gather(*(a_reporter(number) for number in range(8)))
    is_over = True
    await asyncio.gather(*replayers)
    assert (await replayed(database)).games == 96
    right = await books(database)
    await clear(database)
    await replayed(database)
    assert await books(database) == right


async def test_a_replay_in_order_tells_how_much_was_wrong(database: Database) -> None:
    club = await a_club(database, players=3)
    await some_games(database, club)
    assert await replayed(database) == Recomputed(games=3, changed=0)
    await clear(database)
    assert await replayed(database) == Recomputed(games=3, changed=3)


async def some_games(
    database: Database, club: Club, *, second: str = "B+R", first_after: timedelta = timedelta()
) -> list[GameId]:
    """Three games of three players in turn; the ids in the order of play, unless the first is moved behind."""
    games = [
        a_game(club, 0, 1, after=first_after),
        a_game(club, 1, 2, after=timedelta(days=1), result=second),
        a_game(club, 2, 0, after=timedelta(days=2), result="0"),
    ]
    return [(await report(database, game)).game.id for game in sorted(games, key=lambda game: game.played.played_at)]


team_games = st.lists(
    st.tuples(st.permutations(range(PLAYERS)), st.sampled_from([0, 1, None]), st.integers(0, 3)), min_size=1, max_size=8
)


@in_a_fresh_database
@given(drawn=team_games)
async def test_team_matches_replayed_have_the_ratings_of_their_reports(database: Database, drawn: list[Any]) -> None:
    club = await a_club(database, players=PLAYERS)
    ids = [player.account_id for player in club.players]
    for order, winner, guests in drawn:
        field = [ids[place] for place in order]
        teams = [Team(0, Race.HUMAN, [*field[:2], *range(-guests, 0)], 0), Team(1, Race.BEAST, field[2:], field[0])]
        async with database.write() as transaction:
            await report_team_match(transaction, club.server_id, TeamMatch(teams, winner), now=NOON)
    before = await books(database)
    done = await recompute(database, STANDARD.team(club.server_id), now=NOON, chunk=3)
    assert done == Recomputed(games=len(drawn), changed=0)
    assert await books(database) == before


async def test_a_team_match_of_guests_alone_rates_nothing(database: Database) -> None:
    club = await a_club(database, players=0)
    match = TeamMatch([Team(0, Race.HUMAN, [-1], 0), Team(1, Race.BEAST, [-2], 0)], 0)
    async with database.write() as transaction:
        await report_team_match(transaction, club.server_id, match, now=NOON)
    assert await recompute(database, STANDARD.team(club.server_id), now=NOON) is None


def test_a_report_at_an_earlier_time_than_the_last_game_counts_as_played_after_it() -> None:
    later = Strength(800.0, day=day_of(NOON + timedelta(seconds=5)))
    held = Held(STANDARD.team(ServerId(3)), PoolId(1), {AccountId(57): later, AccountId(58): Strength(800.0)})
    moved = held.not_before(NOON)
    assert timedelta(seconds=5) < moved - NOON < timedelta(seconds=5, microseconds=3)
    assert day_of(moved) > day_of(NOON + timedelta(seconds=5))
    assert held.not_before(NOON + timedelta(minutes=1)) == NOON + timedelta(minutes=1)
