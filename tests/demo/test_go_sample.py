"""The sample's games of Go: who meets whom, who wins, and what the records say."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from tengen.client import GameReport
from tengen.core.database import Database
from tengen.demo.go_sample import EVENINGS, GAMES, GoPlayer, SampleGame, planned_games, some_pairs, unreported
from tengen.go.points import Color
from tengen.go.replay import Setup
from tengen.go.sgf import SgfRecord
from tests.demo.builders import RULES, a_sample, chance, settled
from tests.support.builders import NOON

SAMPLE = a_sample()
PLANNED = list(planned_games(SAMPLE))


def a_game(
    *, handicap: int = 0, size: int = 9, server: int = 0, difference: float = 0.0, name: str = "game"
) -> SampleGame:
    """A game of a player who is stronger than another by so many ranks."""
    weaker = GoPlayer(71, SAMPLE.servers[server].id, "mira@tengen.example", "Mira", 24.5, "b1ac")
    stronger = GoPlayer(72, weaker.server_id, "tova@tengen.example", "Tova", 24.5 + difference, "3417e")
    return SampleGame(name, SAMPLE.servers[server], stronger, weaker, size, handicap, NOON)


def winner_of(report: GameReport) -> int:
    return (report.black if report.result.startswith("B") else report.white).player_id


def read(report: GameReport) -> SgfRecord:
    assert report.record is not None
    return SgfRecord.parse(report.record)


def test_the_games_fill_four_weeks_in_order_of_play() -> None:
    assert len(PLANNED) == GAMES
    times = [game.played_at for game in PLANNED]
    assert times == sorted(set(times))
    assert {time.date() for time in times} == {(NOON - timedelta(days=days)).date() for days in range(1, EVENINGS + 1)}
    assert len({game.name for game in PLANNED}) == GAMES


def test_each_evening_one_server_has_its_turn_and_only_its_players_meet() -> None:
    servers: dict[datetime, set[int]] = {}
    for game in PLANNED:
        day = game.played_at.replace(hour=0, minute=0, second=0)
        servers.setdefault(day, set()).add(game.server.id)
        assert {game.stronger.server_id, game.weaker.server_id} == {game.server.id}
    assert {len(there) for there in servers.values()} == {1}
    assert Counter(server for there in servers.values() for server in there).keys() == RULES.keys()


def test_boards_are_mostly_full_sized_and_strength_is_evened_out_by_stones() -> None:
    sizes = Counter(game.size for game in PLANNED)
    assert sizes.keys() == {19, 13, 9}
    assert sizes[19] > GAMES / 2
    stones = Counter(game.handicap for game in PLANNED)
    assert stones.keys() <= {0, 2, 3, 4, 5, 6}
    assert stones.keys() >= {0, 2, 3}
    for game in PLANNED:
        assert game.stronger.strength >= game.weaker.strength
        assert not game.handicap or game.size == 19


def test_neighbours_in_strength_meet_and_nobody_plays_twice_at_once() -> None:
    pairs = some_pairs(SAMPLE.by_server[5], chance())
    assert len(pairs) == 5
    assert len({player.id for pair in pairs for player in pair}) == 10
    by_strength = sorted(pairs, key=lambda pair: pair[0].strength)
    order = [player.strength for pair in by_strength for player in pair]
    assert order == sorted(order)


@pytest.mark.parametrize("number", [0, 7, 60, 399])
def test_a_game_is_the_same_whenever_it_is_played(number: int) -> None:
    again = list(planned_games(a_sample()))[number]
    assert again == PLANNED[number]
    assert again.played() == PLANNED[number].played()


@pytest.mark.parametrize("server", [0, 1, 2])
@pytest.mark.parametrize(("size", "handicap"), [(9, 0), (13, 0), (19, 4)])
def test_a_record_says_what_its_report_says_and_can_be_replayed(server: int, size: int, handicap: int) -> None:
    report = a_game(server=server, size=size, handicap=handicap, difference=handicap).played()
    record = read(report)
    assert record.replay().warnings == ()
    assert record.ruleset is not None
    assert record.ruleset.name == list(RULES.values())[server]
    assert (record.komi, record.handicap or 0, record.result) == (report.komi, report.handicap, report.result)
    assert report.komi == (0.5 if handicap else record.ruleset.komi)
    names = {71: "Mira", 72: "Tova"}
    assert (record.black.name, record.white.name) == (names[report.black.player_id], names[report.white.player_id])
    assert record.dates == (NOON.date(),)
    assert (report.server_id, report.played_at, report.idempotency_key) == (server + 5, NOON, "game")


def test_the_weaker_player_has_black_and_the_stones() -> None:
    report = a_game(size=19, handicap=3, difference=3).played()
    assert report.black.player_id == 71
    stones = read(report).steps[0]
    assert isinstance(stones, Setup)
    assert (len(stones.black), len(stones.white)) == (3, 0)
    assert read(report).black.rank == "6k"
    assert read(report).white.rank == "3k"


def test_in_even_games_either_has_black() -> None:
    reports = [a_game(name=f"game {number}").played() for number in range(30)]
    assert {report.black.player_id for report in reports} == {71, 72}


@pytest.mark.parametrize(
    ("difference", "least", "most"), [(0.0, 20, 40), (1.0, 34, 58), (8.0, 60, 60)]
)  # of 60; one rank wins four games of five
def test_the_stronger_player_is_likelier_to_win(difference: float, least: int, most: int) -> None:
    games = [a_game(difference=difference, name=f"game {number}") for number in range(60)]
    wins = sum(winner_of(game.played()) == 72 for game in games)
    assert least <= wins <= most


def test_who_must_win_a_handicap_game_wins_it_on_time_if_not_otherwise() -> None:
    # Nine ranks stronger, and giving two stones: White wins always, which our board does not always play.
    reports = [a_game(size=19, handicap=2, difference=9, name=f"game {number}").played() for number in range(16)]
    assert {winner_of(report) for report in reports} == {72}
    on_time = [report for report in reports if report.result == "W+T"]
    assert on_time
    assert {read(report).moves[-1].color for report in on_time} == {Color.WHITE}


async def test_people_play_on_one_two_or_three_servers_under_other_names(database: Database) -> None:
    async with database.write() as transaction:
        sample = await settled(transaction, people=6, now=NOON)
    homes = Counter(player.email for player in sample.players)
    assert sorted(homes.values()) == [1, 1, 2, 2, 3, 3]
    assert len({player.token for player in sample.players}) == 12
    everywhere = [player for player in sample.players if homes[player.email] == 3][:3]
    assert len({player.name for player in everywhere}) == 3
    assert len({player.strength for player in everywhere}) == 1
    async with database.read() as connection:
        assert len(await unreported(connection, sample)) == GAMES
