"""Pools that the operator has described, as servers that report and people who look meet them."""

from collections.abc import Callable
from pathlib import Path

from tests.games.builders import a_go_server, a_reported_game, refused
from tests.support.server import Server

POOLS = """
[go-small]
games = { sizes = [9] }
conditions = ["speed"]

[go.parameters]
noise = 2.0
"""
SMALL = "(;FF[4]GM[1]SZ[9]KM[7.5]TM[60]OT[3x5 byo-yomi];B[cc];W[gg])"


def test_a_game_moves_the_pool_that_it_belongs_to_and_no_other(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    (tmp_path / "described.toml").write_text(POOLS)
    server = start_server(pools_file=tmp_path / "described.toml")
    club = a_go_server(server)
    small = a_reported_game(server, club, game_record=SMALL)
    assert server.client.get(f"/api/v1/games/{small['id']}/rating").json()["pool"] == "go-small"
    assert ranked(server, "go-small") == [club.white.account_id, club.black.account_id]
    assert ranked(server, "go") == []
    # Profiles show the rating of `go`, which the game has not touched.
    assert server.client.get(f"/api/v1/players/{club.black.id}").json()["rating"] is None

    large = a_reported_game(server, club)
    assert server.client.get(f"/api/v1/games/{large['id']}/rating").json()["pool"] == "go"
    assert ranked(server, "go") == [club.white.account_id, club.black.account_id]
    assert server.client.get(f"/api/v1/players/{club.white.id}").json()["rating"] > 24.3
    listed = server.client.get("/api/v1/games", params={"pool": "go-small"}).json()["results"]
    assert [game["id"] for game in listed] == [small["id"]]
    assert "go-small" in refused(server.client.get("/api/v1/ratings/chess"), 404, "pool_not_found")
    home = server.client.get("/", headers={"Accept": "text/html"})
    assert club.white.name in home.text


def ranked(server: Server, pool: str) -> list[int]:
    """The accounts on the leaderboard of the pool, the best first."""
    board = server.client.get(f"/api/v1/ratings/{pool}", params={"provisional": "true"}).json()
    return [place["account_id"] for place in board["results"]]
