"""`tengen ratings`."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.games.builders import a_go_server, a_reported_game
from tests.support.server import Server


@pytest.mark.parametrize("as_json", [True, False])
def test_a_pool_is_replayed_and_nothing_was_wrong(server: Server, as_json: bool) -> None:
    a_reported_game(server)
    (row,) = Program(server, as_json=as_json).rows("ratings", "recompute", "--pool", "go")
    pool, games, changed = row.split()
    assert (pool, changed) == ("go", "0")
    assert int(games) >= 1


def test_a_replay_from_a_moment_takes_the_games_from_there_on(server: Server) -> None:
    club = a_go_server(server)
    for at in ("1987-03-01T10:00:00", "1987-03-02T10:00:00", "1987-03-03T10:00:00"):
        a_reported_game(server, club, date_played=at)
    program = Program(server, as_json=True)
    (three,), (two,) = (
        program.json("ratings", "recompute", "--pool", "go", "--from", f"1987-03-0{day}T09:00") for day in (1, 2)
    )
    assert three["games"] == two["games"] + 1
    assert (two["pool"], two["changed"]) == ("go", 0)
    assert "--from is not written as" in program.refusal("ratings", "recompute", "--from", "yesterday")


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


# ── pools that the operator describes ──

_PAST = """played_at,black,white,result,komi,width,speed
2026-03-14,Tova,Rin,B+R,6.5,9,blitz
2026-03-15,Rin,Tova,W+2.5,6.5,19,
"""


@pytest.fixture
def club(tmp_path: Path) -> Iterator[Server]:
    """A platform of its own that is not running, with two old games."""
    server = Server(tmp_path / "data")
    program = Program(server, as_json=False)
    owner = ("--email", "sai@tengen.example", "--display-name", "Sai", "--password", "correct horse", "--verified")
    program.do("account", "create", *owner)
    program.do("server", "create", "--owner", "Sai", "--name", "Old Club", "--url", "https://kaya.example")
    (tmp_path / "past.csv").write_text(_PAST)
    program.do("import", "csv", str(tmp_path / "past.csv"), "--server", "Old Club")
    yield server
    server.close()


def test_games_are_moved_to_the_pools_of_the_file_and_back(club: Server) -> None:
    program = Program(club, as_json=True)
    assert counts(program) == {"go": 2}
    pools = club.data_dir / "pools.toml"
    pools.write_text("[go-fast]\ngames = { speeds = ['blitz'] }\nsystem = 'glicko2'\n")
    assert counts(program) == {"go": 1, "go-fast": 1}
    (winner, loser) = program.json("ratings", "leaderboard", "--pool", "go-fast")
    assert (winner["display_name"], loser["display_name"]) == ("Tova", "Rin")
    assert winner["rating"] > 1500 > loser["rating"]
    assert winner["rank"].endswith("k")
    pools.unlink()
    assert counts(program) == {"go": 2}
    assert "There is no pool 'go-fast'. There are 'go', and 'team:3'" in program.refusal(
        "ratings", "leaderboard", "--pool", "go-fast"
    )


def test_what_is_packed_of_games_is_read_again_on_request(club: Server) -> None:
    program = Program(club, as_json=True)
    days = ["2026-03-14 00:00:00.000000", "2026-03-15 00:00:00.000000"]
    with closing(sqlite3.connect(club.data_dir / "tengen.db")) as database, database:
        packs = "INSERT INTO game_packs (pool, upto_at, upto_game, terms, games) VALUES ('go', ?, 1, '[]', x'')"
        database.executemany(packs, [(day,) for day in days])
    program.do("ratings", "recompute")
    assert packed(club) == days
    program.do("ratings", "recompute", "--reread", "--from", "2026-03-15")
    assert packed(club) == days[:1]
    program.do("ratings", "recompute", "--reread", "--pool", "go")
    assert packed(club) == []


def packed(club: Server) -> list[str]:
    """Up to when games are packed."""
    with closing(sqlite3.connect(club.data_dir / "tengen.db")) as database:
        return [upto for (upto,) in database.execute("SELECT upto_at FROM game_packs ORDER BY upto_at")]


def counts(program: Program) -> dict[str, int]:
    """The games of each pool, replayed."""
    return {row["pool"]: row["games"] for row in program.json("ratings", "recompute")}


@pytest.mark.parametrize("command", [["serve"], ["account", "list"], ["ratings", "recompute"], ["db", "check"]])
def test_no_command_runs_with_pools_that_cannot_be(club: Server, command: list[str]) -> None:
    (club.data_dir / "pools.toml").write_text("[go.parameters]\nnois = 1\n")
    said = Program(club, as_json=False).refusal(*command)
    assert said.startswith(f"The pool 'go' in {club.data_dir / 'pools.toml'} cannot be rated so.")
    assert "There is no parameter 'nois'. There are: mean, players.spread" in said
