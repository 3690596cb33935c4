"""Games whose players are told by name, on both databases: who they are, that none comes twice, and their ratings."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.core.values import ServerId
from tengen.games import corrections, exports, service
from tengen.games.agagd import read_games as read_games_of_aga
from tengen.games.csv_games import read_games
from tengen.games.imports import import_games
from tengen.games.named_game import NamedGame
from tengen.games.named_games import NotImportable, import_named, server_for_import
from tengen.games.past_games import Imported
from tengen.games.rated_games import PlayedGame
from tengen.games.records import RecordFacts
from tengen.games.report import fingerprint
from tengen.games.result import Result
from tengen.games.service import Game, GameFilter
from tengen.listeners import connect_listeners
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.pools import STANDARD
from tengen.servers import service as servers
from tengen.servers.service import Server
from tests.games.agagd_dumps import a_round
from tests.games.builders import SGF, a_club, a_game, report, with_record
from tests.games.test_recompute import PLAYERS, deliver, games, made
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account, unique
from tests.support.settings import some_settings

GO = STANDARD.go


def a_named_game(black: str = "Tova", white: str = "Rin", *, hours: int = 0, **changes: Any) -> NamedGame:
    """A game of these players, so many hours after noon."""
    values: dict[str, Any] = {"result": "B+R", "handicap": 0, "komi": 6.5} | changes
    result = values.pop("result")
    return NamedGame(
        black,
        white,
        PlayedGame(NOON + timedelta(hours=hours), Result.parse(result), **values),
        result,
        hashlib.sha256(f"{black} {white} {hours}".encode()).digest(),
    )


@dataclass
class Club:
    """A game server to which games are brought."""

    database: Database
    server: Server
    refused: list[tuple[int, str]] = field(default_factory=list)

    async def load(self, *found: NamedGame, chunk: int = 1_000) -> Imported:
        """Import these games, each with its number."""
        return await import_named(
            self.database,
            self.server,
            enumerate(found),
            lambda number, reason: self.refused.append((number, reason)),
            now=NOON + timedelta(days=9),
            chunk=chunk,
        )

    async def games(self) -> list[Game]:
        """Those of the server, in the order in which they were stored."""
        async with self.database.read() as connection:
            found = await service.list_games(connection, GameFilter(server_id=self.server.id), limit=1_000)
        return sorted(found, key=lambda game: game.id)

    async def names(self) -> list[str]:
        """Of the players on the server, in the order in which they came."""
        async with self.database.read() as connection:
            listed = await players.list_players(connection, server_id=self.server.id)
        return [one.player.name for one in listed]


async def a_server(database: Database) -> Server:
    made = await a_new_server(database)
    async with database.read() as connection:
        return await servers.find_server(connection, made.id)


@pytest.fixture
async def club(database: Database) -> Club:
    return Club(database, await a_server(database))


async def test_a_game_is_stored_as_if_it_had_been_reported(club: Club) -> None:
    done = await club.load(
        a_named_game(handicap=2, komi=0.5, rules="chinese", width=13, height=13, speed=SpeedClass.LIVE)
    )
    assert done == Imported(read=1, stored=1, players=2)
    (game,) = await club.games()
    assert (game.result, game.handicap, game.komi, game.rules, game.width, game.height) == (
        "B+R", 2, 0.5, "chinese", 13, 13,
    )  # fmt: skip
    assert (game.played_at, game.reported_at, game.speed) == (NOON, NOON, SpeedClass.LIVE)
    assert (game.ranked, game.pool, game.unrated, game.record_hash) == (True, "go", None, None)
    async with club.database.read() as connection:
        people = await players.players_by_ids(connection, [game.black, game.white])
    assert [people[game.black].name, people[game.white].name] == ["Tova", "Rin"]


async def test_a_name_is_the_player_who_bears_it_on_the_server(club: Club) -> None:
    account = await an_account(club.database)
    async with club.database.write() as transaction:
        tova = (await players.add_player(transaction, account, club.server, name="Tova", now=NOON)).player
    assert (await club.load(a_named_game())).players == 1
    assert (await club.games())[0].black == tova.id


async def test_a_name_is_the_player_whose_account_bears_it(club: Club) -> None:
    name = unique("Tova")
    account = await an_account(club.database, display_name=name)
    async with club.database.write() as transaction:
        tova = (await players.add_player(transaction, account, club.server, name="T.", now=NOON)).player
    await club.load(a_named_game(name))
    assert (await club.games())[0].black == tova.id


async def test_a_name_that_is_somebodys_elsewhere_is_not_taken_for_him(club: Club) -> None:
    name = unique("Tova")
    account = await an_account(club.database, display_name=name)
    await club.load(a_named_game(name))
    (game,) = await club.games()
    async with club.database.read() as connection:
        (player,) = (await players.players_by_ids(connection, [game.black])).values()
        (home,) = (await players.home_players(connection, [player.account_id])).values()
    assert player.account_id != account.id
    assert (player.name, home.name) == (name, f"{name} (2)")


async def test_the_longest_name_still_gets_a_number_behind_it(club: Club) -> None:
    name = unique("x").ljust(64, "y")
    await an_account(club.database, display_name=name)
    await club.load(a_named_game(name))
    assert (await club.names())[0] in {name, "Rin"}
    assert (await club.load(a_named_game(name, hours=1))).players == 0


async def test_names_that_differ_in_their_capitals_are_two_players_each_time(club: Club) -> None:
    name = unique("tova")
    assert (await club.load(a_named_game(name, name.title()))).players == 2
    again = await club.load(a_named_game(name, name.title(), hours=1), a_named_game(name.title(), name, hours=2))
    assert (again.stored, again.players, again.refused) == (2, 0, 0)
    first, second, third = await club.games()
    assert (first.black, first.white) == (second.black, second.white) == (third.white, third.black)


async def test_a_name_of_several_players_is_refused_and_the_other_games_are_stored(club: Club) -> None:
    for _ in range(2):
        account = await an_account(club.database)
        async with club.database.write() as transaction:
            await players.add_player(transaction, account, club.server, name="Tova", now=NOON)
    done = await club.load(a_named_game(), a_named_game("Nils"), a_named_game("Rin", "Tova"), chunk=2)
    assert (done, done.known) == (Imported(read=3, stored=1, players=2, refused=2), 0)
    assert [number for number, _ in club.refused] == [0, 2]
    assert "'Tova' may be one of several players" in club.refused[0][1]


async def test_nobody_plays_against_himself(club: Club) -> None:
    done = await club.load(a_named_game("Rin", "Rin"))
    assert (done.stored, done.refused) == (0, 1)
    assert club.refused == [(0, "'Rin' and 'Rin' are the same account: nobody plays against himself.")]


async def test_the_same_games_again_add_nothing(club: Club) -> None:
    found = [a_named_game(hours=hour) for hour in range(5)]
    assert (await club.load(*found[:3], chunk=2)).stored == 3
    before = await club.games()
    again = await club.load(*found, chunk=2)
    assert (again.read, again.stored, again.known, again.players) == (5, 2, 3, 0)
    assert (await club.games())[:3] == before
    assert await club.names() == ["Rin", "Tova"]


async def test_a_game_that_comes_twice_in_one_file_is_stored_once(club: Club) -> None:
    done = await club.load(a_named_game(), a_named_game(), a_named_game(hours=1), a_named_game(), chunk=3)
    assert (done.stored, done.known) == (2, 2)


async def test_without_a_fingerprint_a_game_is_that_of_a_report_with_the_same_record(club: Club) -> None:
    reported_by = await a_club(club.database)
    club.server = replace(club.server, id=reported_by.server_id)
    content = SGF.encode()
    reported = with_record(a_game(reported_by))
    black, white = reported_by.players
    reported = replace(reported, fingerprint=fingerprint(black.id, white.id, NOON, content))
    await report(club.database, reported)
    game = a_named_game(black.name, white.name)._replace(
        fingerprint=None, content=content, facts=RecordFacts.read(content)
    )
    assert (await club.load(game)).known == 1
    other = content.replace(b"W[dp]", b"W[dd]")
    assert (await club.load(game._replace(content=other, facts=RecordFacts.read(other)))).stored == 1


async def test_the_record_is_stored_with_the_game_and_what_is_odd_about_it(club: Club) -> None:
    content = SGF.replace("W[dp]", "W[pd]").encode()
    await club.load(
        a_named_game()._replace(content=content, facts=RecordFacts.read(content)),
        a_named_game(hours=1)._replace(content=content, facts=RecordFacts.read(content)),
    )
    for game in await club.games():
        async with club.database.read() as connection:
            assert await service.record_of(connection, game.id) == content
        assert [warning.move for warning in game.warnings] == [2]


async def test_an_annulled_game_stays_annulled(club: Club) -> None:
    game = a_named_game(is_annulled=True)
    await club.load(game._replace(annulled_at=NOON))
    (stored,) = await club.games()
    assert (stored.annulled_at, stored.pool, stored.unrated) == (NOON, None, "annulled")


async def test_games_of_one_moment_keep_their_order(club: Club) -> None:
    found = [a_named_game(hours=0)._replace(fingerprint=bytes([number]) * 32) for number in range(40)]
    await club.load(*[game._replace(result=f"B+{number}.5") for number, game in enumerate(found)], chunk=16)
    assert [game.result for game in await club.games()] == [f"B+{number}.5" for number in range(40)]


async def test_the_pool_is_replayed_through_the_outbox(platform: Platform, club: Club) -> None:
    await club.load(a_named_game(), a_named_game("Rin", "Tova", hours=1, result="W+R"), chunk=1)
    await deliver(platform)
    (game, _) = await club.games()
    async with platform.database.read() as connection:
        people = await players.players_by_ids(connection, [game.black, game.white])
        found = await ratings.strengths_of(connection, GO.name, [player.account_id for player in people.values()])
    assert [strength.games for strength in found.values()] == [2, 2]


async def test_two_imports_at_once_store_each_game_and_player_once(club: Club) -> None:
    found = [a_named_game(f"Player {hour % 5}", f"Player {hour % 7 + 5}", hours=hour) for hour in range(40)]
    done = await asyncio.gather(club.load(*found, chunk=3), club.load(*reversed(found), chunk=4))
    assert sum(one.stored for one in done) == len(await club.games()) == 40
    assert sum(one.players for one in done) == len(await club.names()) == len(set(await club.names())) == 12


async def test_known_games_cost_one_statement_a_chunk(club: Club) -> None:
    found = [a_named_game(hours=hour) for hour in range(50)]
    await club.load(*found)
    counter = [0]
    token = statements_executed.set(counter)
    await club.load(*found)
    statements_executed.reset(token)
    assert counter == [1]


async def test_games_are_not_brought_to_this_platform_nor_to_strangers_servers(club: Club) -> None:
    stranger = await an_account(club.database)
    async with club.database.read() as connection:
        home = await servers.find_server(connection, ServerId(1))
        with pytest.raises(NotImportable, match="Server 1 is this platform"):
            await server_for_import(connection, home, None)
        with pytest.raises(NotImportable, match="does not look after it"):
            await server_for_import(connection, club.server, stranger)
        assert await server_for_import(connection, club.server, None) == club.server


# ── what is exported and imported ──


async def exported(database: Database, **wanted: Any) -> list[str]:
    """Lines of CSV, as the command writes them."""
    lines = [",".join(column.name for column in exports.GAME_COLUMNS)]
    async with database.read() as connection:
        async for rows in exports.games(connection, page=3, **wanted):
            lines += [",".join(map(cell, row)) for row in rows]
    return lines


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def named(lines: Sequence[str]) -> Iterator[tuple[int, NamedGame]]:
    def never(number: int, reason: str) -> None:
        raise AssertionError((number, reason))

    return read_games(enumerate(lines), reject=never, now=NOON + timedelta(days=3_000))


async def rated(database: Database) -> dict[str, tuple[Any, ...]]:
    """What is known of everybody who has played, by display name."""
    found: dict[str, tuple[Any, ...]] = {}
    async with database.read() as connection:
        async for rows in exports.ratings_of_pool(connection, GO, page=3):
            found |= {row[1]: row[2:] for row in rows}
    return found


@asynccontextmanager
async def elsewhere(new_database: Callable[..., str], directory: Path) -> AsyncIterator[Platform]:
    """Another platform, with a database of its own."""
    platform = Platform.of(some_settings(directory / "elsewhere", database_url=new_database()))
    connect_listeners(platform)
    yield platform
    await platform.close()


async def bring(platform: Platform, lines: Sequence[str]) -> Imported:
    """Import on a new game server, and rate."""
    club = Club(platform.database, await a_server(platform.database))
    done = await import_named(
        club.database, club.server, named(lines), lambda number, reason: club.refused.append((number, reason)),
        now=NOON + timedelta(days=3_000), chunk=4,
    )  # fmt: skip
    assert club.refused == []
    await deliver(platform)
    return done


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(drawn=st.lists(games, min_size=2, max_size=12))
async def test_what_is_exported_imports_to_the_same_ratings(
    platform: Platform, new_database: Callable[..., str], tmp_path: Path, drawn: list[dict[str, Any]]
) -> None:
    club = await a_club(platform.database, players=PLAYERS)
    ids = [(await report(platform.database, made(club, one))).game.id for one in drawn]
    async with platform.database.write() as transaction:
        await corrections.annul(transaction, ids[0], reason="A test.", account_id=None, now=NOON)
    await deliver(platform)
    lines = await exported(platform.database)
    async with elsewhere(new_database, tmp_path) as other:
        done = await bring(other, lines)
        assert done.stored == len(lines) - 1
        assert await rated(other.database) == await rated(platform.database)
        assert [line.split(",", 2)[2] for line in await exported(other.database)] == [
            line.split(",", 2)[2] for line in lines
        ]


async def test_who_plays_on_several_servers_stays_one_person(
    platform: Platform, new_database: Callable[..., str], tmp_path: Path
) -> None:
    club, second = await a_club(platform.database, players=3), await a_club(platform.database, players=1)
    account = await an_account(platform.database)
    sides = {}
    for place in (club, second):
        async with platform.database.write() as transaction:
            server = await servers.find_server(transaction, place.server_id)
            made_here = await players.add_player(transaction, account, server, name=unique("T"), now=NOON)
        sides[place.server_id] = made_here.player
    club.players.append(sides[club.server_id])
    second.players.append(sides[second.server_id])
    for hour, game in enumerate((a_game(club, 0, 3), a_game(second, 1, 0), a_game(club, 3, 1))):
        await report(
            platform.database, replace(game, played=game.played._replace(played_at=NOON + timedelta(hours=hour)))
        )
    async with elsewhere(new_database, tmp_path) as other:
        assert (await bring(other, await exported(platform.database))).players == 4
        found = await rated(other.database)
        assert found == await rated(platform.database)
        assert found[account.display_name][4] == 3


async def test_what_is_exported_of_a_server_adds_nothing_to_it(club: Club) -> None:
    reported_by = await a_club(club.database)
    for hour in range(3):
        game = a_game(reported_by, after=timedelta(hours=hour))
        await report(club.database, game)
    async with club.database.read() as connection:
        club.server = await servers.find_server(connection, reported_by.server_id)
    again = [game for _, game in named(await exported(club.database, server_id=reported_by.server_id))]
    assert (await club.load(*again)).known == 3
    assert len(await club.names()) == 2


async def test_games_of_the_agas_database_are_known_again_after_a_round_trip(
    platform: Platform, new_database: Callable[..., str], tmp_path: Path
) -> None:
    dump = a_round(1, (7201, 7202), (7202, 7203), (7203, 7201), Handicap=382, Komi=10**17)
    dump += a_round(4, (7201, 7202), (7202, 7203), Game_Date="'0000-00-00'")
    dump += a_round(6, (7201, 7203))
    aga = (await a_new_server(platform.database, display_name="AGA")).id
    await import_games(platform.database, aga, read_games_of_aga(dump, reject=print), {}, now=NOON)
    lines = await exported(platform.database)
    async with elsewhere(new_database, tmp_path) as other:
        assert (await bring(other, lines)).stored == 6
        await deliver(platform)
        assert await rated(other.database) == await rated(platform.database)
        async with other.database.read() as connection:
            (server,) = [s for s in await servers.list_servers(connection) if s.id != 1]
        done = await import_games(other.database, server.id, read_games_of_aga(dump, reject=print), {}, now=NOON)
        assert done.known == 6
