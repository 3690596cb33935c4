"""Which pool a game of Go moves: as the operator describes them, when it is reported, changed, brought, or moved."""

from datetime import timedelta

import pytest

from tengen.core.database import Database
from tengen.core.values import GameId
from tengen.games import corrections, past_games, service
from tengen.games.corrections import Correction
from tengen.games.past_games import PastGame, Side
from tengen.games.pool_games import move_games
from tengen.games.rating_story import story_of
from tengen.games.recompute import recompute
from tengen.games.service import Game, NewGame, find_game
from tengen.players.service import HOME
from tengen.ratings import service as ratings
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.pools import STANDARD, Pools
from tengen.ratings.ranks import rank_of
from tests.games.builders import Club, a_club, a_game
from tests.support.builders import NOON

SMALL = Pools.read(b"[go-small]\ngames = { sizes = [9, 13] }\nsystem = 'glicko2'")
FAST = Pools.read(b"[go-fast]\ngames = { speeds = ['blitz'] }")
DAY = timedelta(days=1)


async def reported(database: Database, game: NewGame, pools: Pools) -> Game:
    """The game, stored."""
    async with database.write() as transaction:
        return (await service.report(transaction, game, pools=pools, now=NOON + 30 * DAY)).game


async def pool_of(database: Database, game_id: GameId) -> str | None:
    async with database.read() as connection:
        return (await find_game(connection, game_id)).pool


async def rated(database: Database, club: Club, pool: str) -> int:
    """How many of the club have a rating in the pool."""
    async with database.read() as connection:
        return len(await ratings.strengths_of(connection, pool, [player.account_id for player in club.players]))


async def stale(database: Database, *pools: str) -> list[bool]:
    async with database.read() as connection:
        return [await ratings.is_stale(connection, pool) for pool in pools]


async def test_a_reported_game_moves_the_ratings_of_the_pool_that_it_belongs_to(database: Database) -> None:
    club = await a_club(database)
    small = await reported(database, a_game(club, width=9, height=9), SMALL)
    assert (small.pool, await rated(database, club, "go-small"), await rated(database, club, "go")) == (
        "go-small",
        2,
        0,
    )
    large = await reported(database, a_game(club, after=DAY), SMALL)
    assert (large.pool, await rated(database, club, "go")) == ("go", 2)


async def test_a_game_that_was_played_here_does_so_too(database: Database) -> None:
    club = await a_club(database)
    async with database.write() as transaction:
        game_id = await service.reserve(transaction, HOME, now=NOON)
        game = a_game(club, width=13, height=13)
        assert (await service.finish(transaction, game_id, game, pools=SMALL, now=NOON)).pool == "go-small"


async def test_a_game_that_rates_nothing_is_in_no_pool(database: Database) -> None:
    club = await a_club(database)
    game = await reported(database, a_game(club, width=9, height=9, ranked=False), SMALL)
    assert (game.pool, await rated(database, club, "go-small")) == (None, 0)


async def test_a_corrected_game_keeps_its_size_speed_and_pool(database: Database) -> None:
    club = await a_club(database)
    stored = await reported(database, a_game(club, width=9, height=9, speed=SpeedClass.BLITZ), SMALL)
    async with database.write() as transaction:
        fixed = await corrections.correct(
            transaction, stored.id, Correction(result="W+R"), reason="Typo.", account_id=None, pools=SMALL, now=NOON
        )
        assert await find_game(transaction, stored.id) == fixed
    assert list(fixed.played.conditions) == list(stored.played.conditions) == ["size:small", "speed:blitz"]
    assert fixed.pool == "go-small"
    assert await stale(database, "go-small", "go") == [True, False]


async def test_a_game_that_is_taken_back_and_restored_leaves_its_pool_and_comes_back(database: Database) -> None:
    club = await a_club(database)
    stored = await reported(database, a_game(club, width=9, height=9), SMALL)
    async with database.write() as transaction:
        gone = await corrections.annul(transaction, stored.id, reason="Help.", account_id=None, pools=SMALL, now=NOON)
        assert gone.pool is None
        back = await corrections.restore(transaction, stored.id, reason="None.", account_id=None, pools=SMALL, now=NOON)
        assert back.pool == "go-small"


async def test_a_game_changed_after_its_pool_was_described_no_more_is_in_another(database: Database) -> None:
    club = await a_club(database)
    stored = await reported(database, a_game(club, width=9, height=9), SMALL)
    await reported(database, a_game(club, after=DAY), STANDARD)
    async with database.write() as transaction:
        right = Correction(result="W+R")
        fixed = await corrections.correct(transaction, stored.id, right, reason="Typo.", account_id=None, now=NOON)
    assert fixed.pool == "go"
    # Nobody could replay a pool that is described no more.
    assert await stale(database, "go", "go-small") == [True, False]
    done = await recompute(database, STANDARD.go, now=NOON)
    assert done is not None
    assert done.games == 2


async def test_games_from_the_past_are_stored_each_in_its_pool(database: Database) -> None:
    club = await a_club(database)
    black, white = (Side(player.account_id, player.id) for player in club.players)
    games = [a_game(club, width=9, height=9), a_game(club, after=DAY), a_game(club, after=2 * DAY, ranked=False)]
    past = [PastGame(game.fingerprint or b"", black, white, game.played, game.result) for game in games]
    async with database.write() as transaction:
        assert await past_games.store(transaction, club.server_id, past, pools=SMALL, now=NOON) == 3
    assert await stale(database, "go", "go-small") == [True, True]
    for name in ("go", "go-small"):
        done = await recompute(database, SMALL.named(name), now=NOON)
        assert done is not None
        assert done.games == 1


@pytest.mark.parametrize("speed", [SpeedClass.BLITZ, None])
async def test_the_speed_of_a_game_tells_its_pool(database: Database, speed: SpeedClass | None) -> None:
    club = await a_club(database)
    game = await reported(database, a_game(club, speed=speed), FAST)
    assert game.pool == ("go" if speed is None else "go-fast")


async def test_the_story_of_a_game_tells_ranks_whatever_the_scale_of_its_pool(database: Database) -> None:
    club = await a_club(database)
    game = await reported(database, a_game(club, width=9, height=9), SMALL)
    async with database.read() as connection:
        story = await story_of(connection, game.id, pools=SMALL)
    assert story.black is not None
    assert story.black.rank_before == pytest.approx(rank_of(1500))
    assert story.black.rank_after > story.black.rank_before + 1
    assert story.black.deviation_before == pytest.approx(350 / 1500 * 23.15, rel=0.01)
    assert ": 6k against 6k, no handicap" in story.black.text


# ── pools described anew ──


async def test_games_are_moved_to_the_pool_that_takes_them_now(database: Database) -> None:
    club = await a_club(database)
    small = await reported(database, a_game(club, width=9, height=9), STANDARD)
    large = await reported(database, a_game(club, after=DAY), STANDARD)
    async with database.write() as transaction:
        assert await move_games(transaction, SMALL, now=NOON) == 1
    assert [await pool_of(database, game.id) for game in (small, large)] == ["go-small", "go"]
    assert await stale(database, "go", "go-small") == [True, True]
    for name in ("go-small", "go"):
        done = await recompute(database, SMALL.named(name), now=NOON)
        assert done is not None
        assert done.games == 1


async def test_games_come_back_from_a_pool_that_is_described_no_more(database: Database) -> None:
    club = await a_club(database)
    fast = await reported(database, a_game(club, speed=SpeedClass.BLITZ), FAST)
    unknown = await reported(database, a_game(club, after=DAY), FAST)
    async with database.write() as transaction:
        assert await move_games(transaction, STANDARD, now=NOON) == 1
    assert [await pool_of(database, game.id) for game in (fast, unknown)] == ["go", "go"]
    assert await stale(database, "go", "go-fast") == [True, False]
    done = await recompute(database, STANDARD.go, now=NOON)
    assert done is not None
    assert done.games == 2


async def test_where_every_game_is_in_its_pool_nothing_is_moved_or_replayed(database: Database) -> None:
    club = await a_club(database)
    await reported(database, a_game(club, width=13, height=13), SMALL)
    await reported(database, a_game(club, after=DAY), SMALL)
    await reported(database, a_game(club, after=2 * DAY, ranked=False), SMALL)
    async with database.write() as transaction:
        assert await move_games(transaction, SMALL, now=NOON) == 0
    assert await stale(database, "go", "go-small") == [False, False]


async def test_the_database_and_the_rule_agree_on_the_pool_of_every_game(database: Database) -> None:
    pools = Pools.read(
        b"[a]\ngames = { sizes = [9], speeds = ['blitz', 'live'] }\n"
        b"[b]\ngames = { sizes = [9, 19], speeds = ['correspondence'], servers = [1, 2] }\n"
        b"[c]\ngames = { speeds = ['live'] }"
    )
    club = await a_club(database)
    games = [
        a_game(club, after=number * DAY, width=lines, height=lines, speed=speed)
        for number, (lines, speed) in enumerate(
            (lines, speed) for lines in (9, 13, 19) for speed in (None, *SpeedClass)
        )
    ]
    stored = [await reported(database, game, STANDARD) for game in games]
    async with database.write() as transaction:
        await move_games(transaction, pools, now=NOON, chunk=4)
    for game in stored:
        assert await pool_of(database, game.id) == game.played.pool(pools, game.server_id).name
