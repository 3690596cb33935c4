"""`tengen ratings`."""

import pytest

from tests.cli.program import Program
from tests.games.builders import a_go_server, a_reported_game
from tests.support.server import Server


@pytest.mark.parametrize("as_json", [True, False])
def test_a_pool_is_replayed_and_nothing_was_wrong(server: Server, as_json: bool) -> None:
    a_reported_game(server)
    (row,) = Program(server, as_json=as_json).rows("ratings", "recompute", "--pool", "go")
    pool, games, corrected, accounts = row.split()
    assert (pool, corrected) == ("go", "0")
    assert int(games) >= 1
    assert int(accounts) >= 2


def test_every_pool_is_replayed_unless_one_is_named(server: Server) -> None:
    a_reported_game(server)
    assert "go" in {row["pool"] for row in Program(server, as_json=True).json("ratings", "recompute")}


def test_a_pool_that_nobody_has_played_in_says_so(server: Server) -> None:
    assert "Nobody has played" in Program(server, as_json=False).text("ratings", "recompute", "--pool", "team:987654")


def test_an_unknown_pool_is_refused(program: Program) -> None:
    assert "There is no pool 'chess'" in program.refusal("ratings", "recompute", "--pool", "chess")
    assert "There is no pool 'chess'" in program.refusal("ratings", "leaderboard", "--pool", "chess")


def test_the_leaderboard_shows_names_ranks_and_games(server: Server) -> None:
    club = a_go_server(server)
    for _ in range(3):
        a_reported_game(server, club, result="B+R")
    rows = Program(server, as_json=True).json("ratings", "leaderboard", "--limit", "10000")
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["rating"] for row in rows] == sorted((row["rating"] for row in rows), reverse=True)
    (winner,) = (row for row in rows if row["account_id"] == club.black.account_id)
    assert winner["games"] == 3
    assert winner["rank"].endswith(("k", "d"))
