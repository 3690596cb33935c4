"""Rows of games and ratings to take away, on both databases: what they say, which, and what they cost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.games import corrections, exports
from tengen.games.exports import GAME_COLUMNS, RATING_COLUMNS, NotGamesOfGo, Row
from tengen.ratings import service as ratings
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.pools import STANDARD
from tests.games.builders import Club, a_club, a_game, report
from tests.games.test_recompute import deliver
from tests.support.builders import NOON

GO = STANDARD.go


async def rows_of(pages: AsyncIterator[list[Row]]) -> list[Row]:
    return [row async for page in pages for row in page]


async def games_of(database: Database, club: Club, **wanted: Any) -> list[dict[str, Any]]:
    names = [column.name for column in GAME_COLUMNS]
    async with database.read() as connection:
        rows = await rows_of(exports.games(connection, server_id=club.server_id, **wanted))
    return [dict(zip(names, row, strict=True)) for row in rows]


async def test_a_game_is_a_row_with_all_that_it_was(database: Database) -> None:
    club = await a_club(database)
    game = a_game(club, result="W+2.5", handicap=2, komi=0.5, rules="aga", width=13, height=13, speed=SpeedClass.LIVE)
    stored = (await report(database, game)).game
    (row,) = await games_of(database, club)
    assert row == {
        "game_id": stored.id,
        "server_id": club.server_id,
        "played_at": NOON,
        "black": club.players[0].name,
        "white": club.players[1].name,
        "result": "W+2.5",
        "handicap": 2,
        "komi": 0.5,
        "rules": "aga",
        "width": 13,
        "height": 13,
        "speed": "live",
        "ranked": True,
        "annulled_at": None,
        "pool": "go",
        "unrated": None,
        "fingerprint": game.fingerprint.hex() if game.fingerprint else None,
    }
    for column in GAME_COLUMNS:
        assert row[column.name] is None or isinstance(row[column.name], column.kind)


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_games_come_in_order_of_play_whatever_the_pages(database: Database, page: int) -> None:
    club = await a_club(database)
    hours = [5, 1, 3, 1, 1, 0]
    ids = [(await report(database, a_game(club, after=timedelta(hours=hour)))).game.id for hour in hours]
    expected = sorted(ids, key=lambda game_id: (hours[ids.index(game_id)], game_id))
    assert [row["game_id"] for row in await games_of(database, club, page=page)] == expected


async def test_games_of_the_pool_are_those_that_rate(database: Database) -> None:
    club = await a_club(database)
    rated = (await report(database, a_game(club))).game
    unranked = (await report(database, a_game(club, after=timedelta(hours=1), ranked=False))).game
    annulled = (await report(database, a_game(club, after=timedelta(hours=2)))).game
    async with database.write() as transaction:
        await corrections.annul(transaction, annulled.id, reason="A test.", account_id=None, now=NOON)
    everything = await games_of(database, club)
    assert [(row["game_id"], row["pool"], row["unrated"]) for row in everything] == [
        (rated.id, "go", None),
        (unranked.id, None, "unranked"),
        (annulled.id, None, "annulled"),
    ]
    assert everything[2]["annulled_at"] == NOON
    assert [row["game_id"] for row in await games_of(database, club, pool="go")] == [rated.id]


async def test_games_of_other_servers_are_left_out_of_a_servers(database: Database) -> None:
    club, other = await a_club(database), await a_club(database)
    await report(database, a_game(club))
    theirs = (await report(database, a_game(other))).game
    assert [row["game_id"] for row in await games_of(database, other)] == [theirs.id]


async def test_pools_of_team_matches_have_no_games_of_go(database: Database) -> None:
    club = await a_club(database)
    with pytest.raises(NotGamesOfGo, match="Pool team:3 is one of team matches"):
        await games_of(database, club, pool="team:3")


async def test_a_page_of_games_costs_three_statements(database: Database) -> None:
    club = await a_club(database)
    for hour in range(7):
        await report(database, a_game(club, after=timedelta(hours=hour)))
    counter = [0]
    token = statements_executed.set(counter)
    assert len(await games_of(database, club, page=7)) == 7
    statements_executed.reset(token)
    assert counter == [3 + 1]  # the last finds that there is no more


async def test_ratings_are_of_those_who_have_played(platform: Platform) -> None:
    club = await a_club(platform.database, players=3)
    for hour in range(3):
        await report(platform.database, a_game(club, after=timedelta(hours=hour)))
    await deliver(platform)
    async with platform.database.read() as connection:
        rows = await rows_of(exports.ratings_of_pool(connection, GO, page=2))
        accounts = [player.account_id for player in club.players[:2]]
        strengths = await ratings.strengths_of(connection, GO.name, accounts)
    names = [column.name for column in RATING_COLUMNS]
    black, white = (dict(zip(names, row, strict=True)) for row in rows)
    assert (black["account_id"], black["display_name"]) == (accounts[0], club.players[0].name)
    assert (black["pool"], black["games"], black["last_game_at"]) == ("go", 3, NOON + timedelta(hours=2))
    for row, account_id in ((black, accounts[0]), (white, accounts[1])):
        assert (row["value"], row["deviation"]) == (strengths[account_id].mean, strengths[account_id].deviation)
    assert black["value"] > white["value"]
    assert black["rank"][-1] in "kd"


async def test_ratings_of_a_server_are_of_those_who_play_there(platform: Platform) -> None:
    club, other = await a_club(platform.database), await a_club(platform.database)
    await report(platform.database, a_game(club))
    await report(platform.database, a_game(other))
    async with platform.database.read() as connection:
        rows = await rows_of(exports.ratings_of_pool(connection, GO, server_id=other.server_id, page=1))
    assert [row[0] for row in rows] == [player.account_id for player in other.players]


async def test_a_pool_that_nobody_has_played_in_has_no_rows(database: Database) -> None:
    await a_club(database)
    async with database.read() as connection:
        assert await rows_of(exports.ratings_of_pool(connection, GO)) == []
