"""Games in the database: all or nothing, nothing lost and nothing twice, and no more statements than needed."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.core.values import GameId, ServerId
from tengen.games import service
from tengen.games.models import GameRow, RecordRow, SeatRow
from tengen.games.recompute import recompute
from tengen.games.report import Tokens
from tengen.games.reporting import Reporter
from tengen.games.service import GameFilter, GameNotFound, KeyReused, Place, Reported
from tengen.ratings import service as ratings
from tengen.ratings.models import RatingRow
from tengen.ratings.outcomes import Change
from tengen.ratings.pools import STANDARD
from tengen.servers.runtime import Servers
from tests.games.builders import SGF, Club, a_club, a_game, report, with_record
from tests.players.builders import a_new_player
from tests.servers.builders import a_new_server
from tests.support import histories
from tests.support.builders import NOON

GO = STANDARD.go


async def rows(database: Database) -> list[int]:
    """How many there are of games, seats, records, ratings and their changes."""
    tables = (GameRow, SeatRow, RecordRow, RatingRow)
    async with database.read() as connection:
        counts = [(await connection.one(select(func.count()).select_from(table)))[0] for table in tables]
        return [*counts, await histories.count_changes(connection)]


async def changes_of(database: Database, reported: Sequence[Reported]) -> dict[GameId, list[Change]]:
    async with database.read() as connection:
        return await histories.changes_of(connection, [each.game.id for each in reported])


async def check_chains(database: Database, club: Club, reported: Sequence[Reported]) -> None:
    """Every rating is where the chain of its changes ends, and each change begins where the one before has ended."""
    changes = await changes_of(database, reported)
    assert all(len(moved) == 2 for moved in changes.values())
    accounts = [player.account_id for player in club.players]
    async with database.read() as connection:
        now = await ratings.strengths_of(connection, GO.name, accounts)
    for account_id in accounts:
        course = [
            change for game_id in sorted(changes) for change in changes[game_id] if change.account_id == account_id
        ]
        prior = GO.system.prior()
        assert [change.before.mean for change in course] == [prior.mean, *(change.after.mean for change in course[:-1])]
        assert (now[account_id].mean, now[account_id].games) == (course[-1].after.mean, len(course))


# ── at the same moment ──


async def test_twenty_identical_reports_at_once_are_one_game(database: Database) -> None:
    club = await a_club(database)
    game = with_record(a_game(club))
    reported = await asyncio.gather(*(report(database, game) for _ in range(20)))
    assert sorted(each.is_new for each in reported) == [False] * 19 + [True]
    assert len({each.game.id for each in reported}) == 1
    assert all(each.game == reported[0].game for each in reported)
    assert await rows(database) == [1, 2, 1, 2, 2]
    await check_chains(database, club, reported[:1])


async def test_twenty_reports_with_one_key_at_once_are_one_game(database: Database) -> None:
    club = await a_club(database)
    # Each try has fetched a record that says when it was fetched.
    tries = [
        replace(with_record(a_game(club), f"(;C[{number}])"), idempotency_digest=bytes(32)) for number in range(20)
    ]
    reported = await asyncio.gather(*(report(database, game) for game in tries))
    assert sorted(each.is_new for each in reported) == [False] * 19 + [True]
    assert len({each.game.id for each in reported}) == 1
    games, seats, _, _, changes = await rows(database)
    assert (games, seats, changes) == (1, 2, 2)


async def test_of_two_games_with_one_key_at_once_one_is_refused_and_leaves_nothing(database: Database) -> None:
    club = await a_club(database, players=4)
    games = [
        replace(with_record(a_game(club, *seats), f"(;C[{seats}])"), idempotency_digest=bytes(32))
        for seats in ((0, 1), (2, 3))
    ]
    found = await asyncio.gather(*(report(database, game) for game in games), return_exceptions=True)
    assert {type(each) for each in found} == {Reported, KeyReused}
    assert await rows(database) == [1, 2, 1, 2, 2]


async def test_games_of_the_same_players_at_once_lose_no_update(database: Database) -> None:
    club = await a_club(database, players=4)
    seats = list(itertools.permutations(range(4), 2)) * 3
    results = itertools.cycle(["B+R", "W+0.5", "0", "W+T", "B+F"])
    # Played at one moment: then their order is that in which they were stored, whichever comes first.
    games = [a_game(club, *pair, result=result) for pair, result in zip(seats, results, strict=False)]
    reported = await asyncio.gather(*(report(database, game) for game in games))
    assert all(each.is_new for each in reported)
    await check_chains(database, club, reported)
    async with database.read() as connection:
        assert not await ratings.is_stale(connection, GO.name)
    replayed = await recompute(database, GO, now=NOON)
    assert replayed is not None
    assert (replayed.games, replayed.changed) == (len(games), 0)


async def test_late_games_and_replays_at_once_end_in_the_ratings_of_one_more_replay(database: Database) -> None:
    club = await a_club(database, players=4)
    seats = list(itertools.permutations(range(4), 2))
    # Each is played before the one that is reported before it: all but the first come late.
    games = [a_game(club, *pair, after=-timedelta(hours=number)) for number, pair in enumerate(seats)]
    await asyncio.gather(
        *(report(database, game) for game in games), *(recompute(database, GO, now=NOON) for _ in range(3))
    )
    replayed = await recompute(database, GO, now=NOON)
    again = await recompute(database, GO, now=NOON)
    assert replayed is not None
    assert again is not None
    assert (replayed.games, again.changed) == (len(games), 0)
    assert await rows(database) == [12, 24, 0, 4, 24]


# ── all or nothing ──


async def test_a_game_is_stored_with_its_seats_record_and_rating_changes(database: Database) -> None:
    club = await a_club(database)
    reported = await report(database, with_record(a_game(club, result="W+3.5", komi=7.5)))
    assert reported.is_new
    async with database.read() as connection:
        assert await service.find_game(connection, reported.game.id) == reported.game
        assert await service.record_of(connection, reported.game.id) == SGF.encode()
        seats = await connection.all(select(SeatRow.player_id, SeatRow.outcome).order_by(SeatRow.number))
    assert [tuple(seat) for seat in seats] == [(club.players[0].id, 0.0), (club.players[1].id, 1.0)]
    (moved,) = (await changes_of(database, [reported])).values()
    assert {change.account_id: change.after.mean > change.before.mean for change in moved} == {
        club.players[0].account_id: False,
        club.players[1].account_id: True,
    }


async def test_a_game_that_cannot_be_stored_leaves_nothing(database: Database) -> None:
    club = await a_club(database)
    with pytest.raises(IntegrityError):
        await report(database, replace(with_record(a_game(club)), server_id=ServerId(10**12)))
    assert await rows(database) == [0] * 5


async def test_what_comes_after_a_report_in_its_transaction_takes_it_back(database: Database) -> None:
    club = await a_club(database)
    game = with_record(a_game(club))

    async def cut_short() -> None:
        async with database.write() as transaction:
            await service.report(transaction, game, now=NOON)
            raise RuntimeError("the power is cut")

    with pytest.raises(RuntimeError, match="the power is cut"):
        await cut_short()
    assert await rows(database) == [0] * 5
    assert (await report(database, game)).is_new


async def test_a_game_that_rates_nothing_touches_no_rating(database: Database) -> None:
    club = await a_club(database)
    reported = await report(database, a_game(club, ranked=False))
    assert reported.game.pool is None
    assert await rows(database) == [1, 2, 0, 0, 0]


async def test_a_record_is_stored_once_however_many_games_have_it(database: Database) -> None:
    club = await a_club(database)
    for _ in range(3):
        await report(database, with_record(a_game(club)))
    assert (await rows(database))[:3] == [3, 6, 1]


async def test_a_game_without_a_record_has_an_empty_one(database: Database) -> None:
    club = await a_club(database)
    reported = await report(database, a_game(club))
    async with database.read() as connection:
        assert await service.record_of(connection, reported.game.id) == b""
        with pytest.raises(GameNotFound):
            await service.record_of(connection, GameId(10**12))
        with pytest.raises(GameNotFound):
            await service.find_game(connection, GameId(10**12))


# ── what it costs ──


def counting() -> list[int]:
    """Counts this task's statements from here on."""
    counter = [0]
    statements_executed.set(counter)
    return counter


async def test_a_report_between_known_players_costs_seven_statements(database: Database) -> None:
    club = await a_club(database)
    await report(database, with_record(a_game(club)))
    counter = counting()
    await report(database, with_record(a_game(club)))
    # pool held, ratings held; record, game, seats; ratings moved, explained
    assert counter == [7]


async def test_the_same_report_again_costs_five_statements(database: Database) -> None:
    club = await a_club(database)
    game = with_record(a_game(club))
    await report(database, game)
    counter = counting()
    await report(database, game)
    # pool held, ratings held; record, game, which is there already, and is read
    assert counter == [5]


async def test_taking_a_report_costs_its_checks_three_statements_and_no_more(platform: Platform) -> None:
    database = platform.database
    server = await a_new_server(database)
    black, white = [await a_new_player(database, server_id=server.id) for _ in range(2)]
    reporter = Reporter(database, Servers.of(platform).authenticator, platform.limiter, platform.settings)
    body = {
        "server_id": server.id,
        "black_id": black.player.id,
        "white_id": white.player.id,
        "result": "B+R",
        "game_record": SGF,
        "date_played": "2026-03-14T19:05:00",
    }
    tokens = Tokens(server.secret, black.token, white.token)
    await reporter.accept(body, tokens, key="first", address="203.0.113.9", now=NOON)
    counter = counting()
    again = {**body, "date_played": "2026-03-14T20:05:00"}
    await reporter.accept(again, tokens, key="second", address="203.0.113.9", now=NOON)
    # the server, both players; the key; then the game
    assert counter == [3 + 7]


async def test_a_page_of_games_costs_one_statement(database: Database) -> None:
    club = await a_club(database, players=3)
    for number in range(8):
        await report(database, a_game(club, number % 3, (number + 1) % 3, after=timedelta(hours=number)))
    wanted = GameFilter(
        player_ids=[club.players[0].id], server_id=club.server_id, pool=GO.name, since=NOON, until=NOON + timedelta(9)
    )
    async with database.read() as connection:
        counter = counting()
        first = await service.list_games(connection, wanted, limit=2)
        assert counter == [1]
        place = Place(first[-1].played_at, first[-1].id)
        rest = await service.list_games(connection, wanted, after=place, limit=100)
        assert counter == [2]
    hours = [(game.played_at - NOON) / timedelta(hours=1) for game in (*first, *rest)]
    assert hours == [6, 5, 3, 2, 0]


async def test_nobodys_games_are_none(database: Database) -> None:
    club = await a_club(database)
    await report(database, a_game(club))
    async with database.read() as connection:
        assert await service.list_games(connection, GameFilter(player_ids=[])) == []
        assert await service.games_by_ids(connection, []) == {}
