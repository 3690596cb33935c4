"""The arena and its players as processes, with a platform as a process: what a newcomer runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tengen.client import Client, Credentials, TeamStats
from tests.support.builders import User, a_game_server, a_verified_user, unique
from tests.support.server import Server

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = ["--match-seconds", "0.2", "--pause-seconds", "0.1", "--heartbeat-seconds", "0.3"]


@pytest.fixture
def engine() -> str:
    """The database is none of the arena's business: one is enough."""
    return "sqlite"


class Program:
    """A running example, and what it has written."""

    def __init__(self, name: str, log: Path, user: User | None, *arguments: str) -> None:
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, str(EXAMPLES / name), *arguments],
                env=os.environ | ({"ARENA_PASSWORD": user.password} if user else {}),
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """Everything it has written."""
        return self._log.read_text()

    def wait_for(self, text: str, *, times: int = 1) -> None:
        """Wait until it has written this."""
        wait_until(lambda: self.log.count(text) >= times, lambda: f"no {text!r} in:\n{self.log}")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and wait. Returns the exit code."""
        self._process.send_signal(number)
        return self._process.wait(15)

    def wait(self) -> int:
        """Wait until it ends by itself. Returns the exit code."""
        return self._process.wait(15)

    def close(self) -> None:
        """Make sure that it has ended."""
        self._process.kill()
        self._process.wait()


def wait_until(condition: Callable[[], object], failure: Callable[[], str], seconds: float = 30) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, failure()
        time.sleep(0.05)


Run = Callable[..., Program]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts examples: `run("arena_server.py", user, *arguments)`."""
    programs: list[Program] = []

    def start(name: str, user: User | None, *arguments: str) -> Program:
        programs.append(Program(name, tmp_path / f"{len(programs)}.log", user, *arguments))
        return programs[-1]

    yield start
    for program in programs:
        program.close()


def an_arena(run: Run, server: Server, owner: User, state: Path, name: str) -> Program:
    arguments = ["--platform", server.url, "--email", owner.email, "--state", str(state), "--name", name]
    return run("arena_server.py", owner, *arguments, *QUICK)


def a_player(run: Run, server: Server, arena: str, user: User | None = None) -> Program:
    user = user or a_verified_user(server)
    return run("arena_player.py", user, "--platform", server.url, "--email", user.email, "--arena", arena)


def stats_of(server: Server, users: list[User], server_id: int) -> list[TeamStats]:
    with Client(server.url, Credentials(users[0].email, users[0].password)) as client:
        return client.team_stats_of([user.id for user in users], server_id)


def server_id_in(state: Path) -> int:
    return int(json.loads(state.read_text())["credentials"]["username"])


def test_players_join_an_arena_and_are_rated_for_its_matches(server: Server, run: Run, tmp_path: Path) -> None:
    name, users = unique("Quiet Valley "), [a_verified_user(server) for _ in range(3)]
    state = tmp_path / "arena.json"
    arena = an_arena(run, server, a_verified_user(server), state, name)
    arena.wait_for("Open: ")
    players = [a_player(run, server, name, user) for user in users]
    arena.wait_for("joined", times=3)
    arena.wait_for("Reported: ", times=3)
    (listed,) = [listed for listed in server.get("/v1/server/list/online").json() if listed["display_name"] == name]
    assert (listed["game_type"], listed["current_map"]) == ("arena", "crossroads")

    assert [player.end() for player in players] == [0, 0, 0]
    arena.wait_for("left", times=3)
    assert arena.end() == 0
    stats = stats_of(server, users, server_id_in(state))
    matches = arena.log.count("Reported: ")
    assert sum(each.matches_played_field for each in stats) == 2 * matches  # one against one, and one watches
    assert sum(each.matches_played_command for each in stats) == 2 * matches
    assert sum(each.matches_won_field for each in stats) == arena.log.count(" beat ")
    assert all("I " in player.log for player in players), "each has been told of an outcome"


def test_matches_outlive_the_platforms_absence_and_the_arenas_restart(
    start_server: Callable[..., Server], run: Run, tmp_path: Path
) -> None:
    server = start_server()
    owner, users = a_verified_user(server), [a_verified_user(server) for _ in range(2)]
    state = tmp_path / "arena.json"
    arena = an_arena(run, server, owner, state, "Quiet Valley")
    arena.wait_for("Open: ")
    players = [a_player(run, server, "Quiet Valley", user) for user in users]
    players[0].wait_for("I ")

    server.stop()
    arena.wait_for("The platform is away")
    wait_until(lambda: len(json.loads(state.read_text())["unreported"]) >= 3, lambda: arena.log)
    assert arena.end(signal.SIGINT) == 0
    left = len(json.loads(state.read_text())["unreported"])
    assert f"{left} matches left to report" in arena.log

    server.start()
    again = run(
        "arena_server.py", None, "--platform", server.url, "--state", str(state), "--name", "Quiet Valley", *QUICK
    )
    again.wait_for("Reported: ", times=left)
    again.wait_for("joined", times=2)  # the players have found their way back by themselves
    players_ended = [player.end() for player in players]
    assert players_ended == [0, 0]
    assert again.end() == 0
    assert json.loads(state.read_text())["unreported"] == []
    matches = arena.log.count("Reported: ") + again.log.count("Reported: ")
    stats = stats_of(server, users, server_id_in(state))
    assert [each.matches_played_field for each in stats] == [matches, matches]
    listed = server.get("/v1/server/list/my", auth=owner.auth).json()
    assert len(listed) == 1, "it has come back as the same game server"


def test_an_arena_may_be_given_its_id_and_secret(server: Server, run: Run, tmp_path: Path) -> None:
    made = a_game_server(server)
    arguments = ["--platform", server.url, "--server-id", str(made.id), "--state", str(tmp_path / "arena.json")]
    os.environ["ARENA_SERVER_SECRET"] = made.secret
    try:
        arena = run("arena_server.py", None, *arguments, "--name", unique("Given "), "--seconds", "2")
    finally:
        del os.environ["ARENA_SERVER_SECRET"]
    arena.wait_for(f"game server {made.id}, at")
    assert arena.wait() == 0
    assert "Closed: " in arena.log


def test_only_a_proof_for_this_arena_opens_its_door(server: Server, run: Run, tmp_path: Path) -> None:
    user, other = a_verified_user(server), a_game_server(server)
    state = tmp_path / "arena.json"
    an_arena(run, server, a_verified_user(server), state, unique("Quiet Valley ")).wait_for("Open: ")
    with Client(server.url, Credentials(user.email, user.password)) as client:
        (listed,) = [listed for listed in client.online_servers() if listed.id == server_id_in(state)]
        fitting = client.login(server_id=listed.id).proof
        others = [client.login(server_id=other.id).proof, client.login().proof]

    def join(proof: str | None) -> Any:
        with socket.create_connection((listed.host_name, listed.port), timeout=10) as connection:
            connection.sendall(json.dumps({"type": "join", "proof": proof, "skill": 900}).encode() + b"\n")
            return json.loads(connection.makefile().readline())

    assert [join(proof.signed)["code"] for proof in others] == ["invalid_proof"] * 2
    assert join(fitting.opaque)["code"] == "invalid_proof"
    assert join(fitting.signed)["account_id"] == user.id


@pytest.mark.parametrize("name", ["arena_server.py", "arena_player.py"])
def test_a_wrong_password_is_told_in_one_line(server: Server, run: Run, tmp_path: Path, name: str) -> None:
    user = a_verified_user(server)
    stranger = User(user.id, user.email, user.display_name, "not this one", "", "")
    an_arena(run, server, user, tmp_path / "open.json", unique("Open ")).wait_for("Open: ")
    arguments = ["--platform", server.url, "--email", user.email]
    program = run(name, stranger, *arguments, *(["--state", str(tmp_path / "a")] if name == "arena_server.py" else []))
    assert program.wait() == 1
    (line,) = program.log.splitlines()
    assert line.endswith("The platform refuses: Incorrect username or password")


def test_the_live_demonstration_shows_matches_and_leaves_no_process(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server()
    # Four players in three arenas: two meet wherever they go.
    owner, users = a_verified_user(server), [a_verified_user(server) for _ in range(4)]
    code = f"""
from datetime import timedelta
from pathlib import Path
from tengen.client import Credentials
from tengen.demo.live import run_live
players = [Credentials(email, "{owner.password}") for email in {[user.email for user in users]!r}]
owner = Credentials("{owner.email}", "{owner.password}")
run_live("{server.url}", owner, players, state_dir=Path({str(tmp_path / "arenas")!r}), duration=timedelta(seconds=60))
"""
    seen = ""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as live:
        assert live.stdout is not None
        for line in live.stdout:
            seen += line
            if " beat " in line or " drew with " in line:
                break
        children = psutil.Process(live.pid).children(recursive=True)
        live.terminate()
        seen += live.stdout.read()
    assert live.returncode == 0, seen
    assert len(children) == 7, seen
    assert not [child for child in children if child.is_running()]
    assert any(f"{user.display_name}: rated " in seen for user in users), seen
    assert {listed["display_name"] for listed in server.get("/v1/server/list/my", auth=owner.auth).json()} == {
        "Arena Kosumi",
        "Arena Hane",
        "Arena Tobi",
    }
