"""A pool of many games is put right by a process of its own, while the platform goes on, and over its end."""

import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from tengen.core import outbox
from tengen.core.database import Transaction, open_database
from tengen.core.values import AccountId, PlayerId, ServerId, naive_iso, utc_now
from tengen.games import past_games
from tengen.games.past_games import PastGame, Side
from tengen.games.rated_games import PlayedGame
from tengen.games.recompute import A_FEW, COMMAND, Recomputed, recompute
from tengen.games.result import Result
from tengen.ratings import generations, service
from tengen.ratings.generations import Generations
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.pools import STANDARD, Pools
from tests.games.builders import GoPlayer, GoServer, a_go_player, a_go_server, a_reported_game, the_rating
from tests.support.builders import NOON, a_verified_user
from tests.support.operations import operate
from tests.support.postgres import run_apart
from tests.support.server import Server
from tests.support.settings import some_settings

GAMES = A_FEW + 100
OTHERWISE = "[go.parameters]\nnoise = 2.0\n"
"""What an operator writes who rates games of Go another way."""
SECONDS = 300
"""To load what replays many games, and on some machines to compile it, takes the most of it."""


def a_pool_of_many_games(server: Server) -> GoServer:
    """A club whose two players and another have played many games, all of them rated."""
    club = a_go_server(server)
    sides = [_side(player) for player in (club.black, club.white, a_go_player(server, club))]
    games = [
        PastGame(
            number.to_bytes(32, "big"),
            sides[number % 3],
            sides[(number + 1) % 3],
            PlayedGame(NOON + timedelta(minutes=number), Result.parse(("B+R", "W+R", "W+0.5")[number % 7 % 3]), 0, 6.5),
            "B+R",
        )
        for number in range(GAMES)
    ]

    async def store(transaction: Transaction) -> None:
        stored = await past_games.store(transaction, ServerId(club.id), games, pools=STANDARD, now=utc_now())
        assert stored == GAMES

    operate(server, store)
    assert everything_again(server, STANDARD) == Recomputed(games=GAMES, changed=3)
    return club


def _side(player: GoPlayer) -> Side:
    return Side(AccountId(player.account_id), PlayerId(player.id))


def the_process(server: Server) -> psutil.Process:
    """The process that the server has started to replay the pool, as soon as it is there."""
    give_up_at = time.monotonic() + SECONDS
    while True:
        for child in psutil.Process(server.pid).children():
            with suppress(psutil.NoSuchProcess):
                if COMMAND[-1] in child.cmdline():
                    return child
        assert time.monotonic() < give_up_at, "nobody replays the pool"
        time.sleep(0.005)


def generations_of(server: Server) -> Generations:
    return operate(server, lambda transaction: generations.generations(transaction, "go"))


def is_stale(server: Server) -> bool:
    return operate(server, lambda transaction: service.is_stale(transaction, "go"))


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def everything_again(server: Server, pools: Pools) -> Recomputed | None:
    """What a replay of all games changes, here and in one go."""
    settings = some_settings(server.data_dir, database_url=server.settings["database_url"])

    async def run() -> Recomputed | None:
        database = open_database(settings)
        try:
            return await recompute(database, pools.go, now=utc_now(), a_few=2 * GAMES)
        finally:
            await database.close()

    return run_apart(run())


def attempts(server: Server) -> Sequence[int]:
    return [row.attempts for row in operate(server, outbox.waiting)]


def test_a_late_game_in_a_long_history_is_put_right_while_the_platform_goes_on(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    club = a_pool_of_many_games(server)
    late = a_reported_game(server, club, date_played=naive_iso(NOON + timedelta(seconds=90)))
    replaying = the_process(server)
    replaying.suspend()  # it takes as long as it likes

    a_verified_user(server)  # by the token in a mail
    another = a_reported_game(server, club)
    for game in (late, another):
        assert server.get(f"/api/v1/games/{game['id']}/rating").json()["is_final"] is False
    assert replaying.is_running()

    replaying.resume()
    wait_until(lambda: not is_stale(server))
    assert the_rating(server, late["id"])["is_final"] is True
    wait_until(lambda: not attempts(server))
    assert everything_again(server, STANDARD) == Recomputed(games=GAMES + 2, changed=0)


@pytest.mark.parametrize(
    ("engine", "how"), [("sqlite", signal.SIGTERM), ("postgresql", signal.SIGTERM), ("sqlite", signal.SIGINT)]
)
def test_a_platform_that_is_stopped_in_the_middle_leaves_no_process_and_goes_on_at_its_next_start(
    start_server: Callable[..., Server], tmp_path: Path, how: signal.Signals
) -> None:
    pools_file = tmp_path / "pools.toml"
    pools_file.write_text("")
    server = start_server(pools_file=pools_file)
    a_pool_of_many_games(server)
    server.stop()
    pools_file.write_text(OTHERWISE)

    server.start()
    replaying = the_process(server)
    wait_until(lambda: generations_of(server).building is not None)
    replaying.suspend()
    begun = generations_of(server).building
    assert begun is not None, "it was done before it could be held up"
    assert replaying.nice() == min(19, psutil.Process(server.pid).nice() + 10)  # those who play here come first
    server.new_log()

    assert server.stop(how) == 0

    assert not replaying.is_running()
    log = server.new_log()
    assert "Traceback" not in log
    assert "outbox" not in log
    assert attempts(server) == [0]
    server.start()
    wait_until(lambda: not is_stale(server))
    current = generations_of(server).current
    assert current is not None
    assert current.id == begun.id  # what was begun was gone on with
    wait_until(lambda: not attempts(server))
    pools = Pools.read(OTHERWISE.encode())
    assert current.system == pools.go.description
    assert everything_again(server, pools) == Recomputed(games=GAMES, changed=0)


def test_what_was_rated_before_is_shown_as_it_was_until_another_system_has_rated_all(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    pools_file = tmp_path / "pools.toml"
    pools_file.write_text("")
    server = start_server(pools_file=pools_file)
    club = a_pool_of_many_games(server)
    last = a_reported_game(server, club, date_played=naive_iso(NOON + timedelta(minutes=GAMES)))
    before = shown(server, club, last["id"])
    server.stop()
    pools_file.write_text("[go]\nsystem = 'glicko2'\n")

    server.start()
    replaying = the_process(server)
    wait_until(lambda: generations_of(server).building is not None)
    replaying.suspend()
    assert generations_of(server).building is not None, "it was done before it could be held up"
    meanwhile = shown(server, club, last["id"])
    assert meanwhile.pop("is_final") is False
    assert before.pop("is_final") is True
    assert meanwhile == before

    replaying.resume()
    wait_until(lambda: not is_stale(server))
    after = shown(server, club, last["id"])
    assert after.pop("is_final") is True
    assert before.keys() == after.keys()
    for what in before:
        assert after[what] != before[what]
    system = Glicko2()
    black = AccountId(club.black.account_id)
    strengths = operate(server, lambda transaction: service.strengths_of(transaction, "go", [black]))
    rating = system.rating(strengths[black])
    assert after["profile"]["rating"] == pytest.approx(rating.value)


def shown(server: Server, club: GoServer, game_id: int) -> dict[str, Any]:
    """What everybody sees of the ratings of Go."""
    player = f"/api/v1/players/{club.black.id}"
    board = server.get("/api/v1/ratings/go?provisional=true&inactive=true").json()
    history = server.get(f"{player}/ratings").json()
    game = server.get(f"/api/v1/games/{game_id}/rating").json()
    names = ("rank_before", "rank_after", "deviation_after", "opponent_rank")
    return {
        "board": [(entry["name"], entry["rating"], entry["rank"], entry["deviation"]) for entry in board["results"]],
        "profile": server.get(player).json()["ratings"]["overall"],
        "today": history["current"],
        "history": [(game["before"], game["after"], game["opponent"]) for game in history["results"]],
        "picture": server.get(f"{player}/ratings.svg").text,
        "game": [game["black"][name] for name in names],
        "home": re.findall(r"\b\d+[kd]\b", server.get("/", headers={"Accept": "text/html"}).text),
        "is_final": game["is_final"],
    }


def test_the_process_that_replays_ends_with_a_platform_that_is_killed(start_server: Callable[..., Server]) -> None:
    server = start_server()
    club = a_pool_of_many_games(server)
    a_reported_game(server, club, date_played=naive_iso(NOON))
    replaying = the_process(server)
    server.kill()
    replaying.wait(SECONDS)
