"""Moves a second in many games at once, beside a bare relay of the same frames."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from benchmarks.processes import LOAD_CORE, Measured, Served, pin, serving
from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.runtime import Accounts
from tengen.core import migrations
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.core.values import utc_now
from tengen.demo.random_play import play_game
from tengen.games import service as games
from tengen.go.points import Color, Size
from tengen.go.replay import Move
from tengen.go.rulesets import JAPANESE
from tengen.listeners import connect_listeners
from tengen.oauth.runtime import OAuth
from tengen.play import service
from tengen.play.service import NewLiveGame
from tengen.play.terms import GameTerms
from tengen.play.time_controls import Speed, TimeControl
from tengen.play.time_systems import Byoyomi
from tengen.players.service import HOME, home_players

GOAL = 0.15
"""The least share of the relay's rate."""
GAMES = 100
MOVES = 200
_OPENING = 20
"""Moves of a game before the others: it starts the process that proposes dead stones, once in a server's life."""
_CONTROL = TimeControl(Byoyomi(timedelta(minutes=20), timedelta(seconds=30), 5), Speed.LIVE)
_PATH = "/socket.io/?EIO=4&transport=websocket&game={game}&seat={seat}"


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured."""

    moves: Measured
    relay: Measured

    @property
    def ratio(self) -> float:
        """The share of the relay's rate."""
        return self.moves.per_second / self.relay.per_second


def measure(directory: Path, url: str | None, *, free_port: Callable[[], int], games_at_once: int = GAMES) -> Found:
    """Let many pairs play by a script, on an empty database; and the same through the relay."""
    directory.mkdir()
    settings = Settings(data_dir=directory, database_url=None if url is None else SecretStr(url))
    first_game, *games_to_play = asyncio.run(_prepare(settings, games_at_once + 1))
    plan: dict[str, Any] = {"host": "127.0.0.1", "path": _PATH, "moves": _script(), "games": games_to_play}
    port = free_port()
    env = {
        "TENGEN_DATA_DIR": str(directory),
        "TENGEN_PUBLIC_URL": settings.public_url,
        "TENGEN_SOCKET_MESSAGES_PER_SECOND": "100000",
    }
    env |= {} if url is None else {"DATABASE_URL": url}
    command = [str(Path(sys.executable).with_name("tengen")), "serve", "--port", str(port)]
    with serving(command, port, "/readyz", directory / "server.log", env) as served:
        _played(served, {**plan, "moves": plan["moves"][:_OPENING], "games": [first_game]})
        _wait_for_children(served)
        moves = _played(served, plan)
    port = free_port()
    with serving([sys.executable, "-m", "benchmarks.relay", str(port)], port, "/", directory / "relay.log", {}) as bare:
        strangers = [{**game, "jwts": ["", ""]} for game in games_to_play]
        relay = _played(bare, {**plan, "games": strangers})
    return Found(moves, relay)


def _played(served: Served, plan: Mapping[str, Any]) -> Measured:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.players"],
        input=json.dumps({**plan, "port": served.port}).encode(),
        capture_output=True,
        check=False,
        preexec_fn=lambda: pin(LOAD_CORE),
    )
    if run.returncode:
        raise SystemExit(f"The games broke off:\n{run.stderr.decode()[-2000:]}")
    return Measured(**json.loads(run.stdout))


def _wait_for_children(served: Served) -> None:
    """Until what the server has started beside itself computes no more: all are pinned to one core."""
    server = psutil.Process(served.process.pid)
    before = -1.0
    while (used := sum(sum(child.cpu_times()[:2]) for child in server.children(recursive=True))) != before:
        before = used
        time.sleep(1)


def _script() -> list[str]:
    """The moves of a game that our own board has played at random, as the wire has them."""
    chance = random.Random(3)  # noqa: S311  # plays, guards nothing
    played = play_game(chance, size=Size.of(19), rules=JAPANESE, komi=6.5)
    points = [step.point for step in played.steps if isinstance(step, Move) and step.point is not None]
    return [point.letters for point in points[:MOVES]]


async def _prepare(settings: Settings, games_at_once: int) -> list[dict[str, Any]]:
    platform = Platform.of(settings)
    connect_listeners(platform)
    await migrations.upgrade(platform.database)
    oauth = OAuth.of(platform, Accounts.of(platform))
    now = utc_now()
    made = []
    for number in range(games_at_once):
        async with platform.database.write() as transaction:
            two = [
                await accounts.register(
                    transaction,
                    email=Email.parse(f"{color.name.lower()}{number}@example.org"),
                    display_name=DisplayName.parse(f"{color} {number}"),
                    password_hash="none",
                    now=now,
                    mail_tokens=None,
                )
                for color in Color
            ]
            at_home = await home_players(transaction, [account.id for account in two])
            black, white = (at_home[account.id].id for account in two)
            terms = GameTerms.agreed(size=Size.of(19), rules=JAPANESE, control=_CONTROL, black=black, white=white)
            game_id = await games.reserve(transaction, HOME, now=now)
            await service.start(transaction, NewLiveGame(game_id, "Bench", terms, black, is_ranked=True), now=now)
        made.append({"game": game_id, "jwts": [await oauth.user_jwt(account) for account in two]})
    await platform.close()
    return made
