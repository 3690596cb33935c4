"""A Go server of the smallest kind: it knows its players' report tokens, and reports games from their records.

What a server does that has real games is the same: once a game is over, make a report of it, and send it until there
is an answer. Nothing is counted twice, for the platform knows a report again: by its key, which here is the name of
the record's file, and by its players, time and record. So an answer that got lost costs nothing.

    python go_server.py --platform http://127.0.0.1:8000 --state go-server.json table-7.sgf

`go-server.json` is for its owner alone. It has the server's id and secret, and for each player the id and the token
that the player got from the platform and pasted into the settings here, by the name under which they play:

    {"server_id": 4, "secret": "5d0c1b9e…",
     "players": {"mossy_stone": {"id": 71, "token": "7b1d9e52…"}, "tengu": {"id": 72, "token": "c2e4a6b8…"}}}

Who played and how it ended stands in the record (PB, PW, RE); the game was over when its file was last written.
"""

import argparse
import contextlib
import json
import logging
import random
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from tengen.client import (
    Client,
    Credentials,
    Game,
    GameReport,
    PlayerToken,
    TengenError,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
)

log = logging.getLogger("go server")
dice = random.SystemRandom()

PASSING = (Unavailable, TooManyRequests, UnexpectedAnswer)
"""Trouble with the platform that is expected to pass. Every other refusal means that something here is wrong."""
REQUEST_SECONDS = timedelta(seconds=15)
LONGEST_PAUSE = 60.0
PROPERTY = re.compile(r"\b(PB|PW|RE)\[((?:\\.|[^\]\\])*)\]", re.DOTALL)


class Unreportable(Exception):
    """The game cannot be reported, whatever the platform says."""


@dataclass(frozen=True)
class State:
    """The server's credentials, and the players who let it report their games."""

    credentials: Credentials
    players: Mapping[str, PlayerToken]

    @classmethod
    def load(cls, file: Path) -> "State":
        """What the file says."""
        content = json.loads(file.read_text())
        return cls(
            Credentials.of_server(content["server_id"], content["secret"]),
            {name: PlayerToken(player["id"], player["token"]) for name, player in content["players"].items()},
        )

    def player(self, name: str) -> PlayerToken:
        """The player of this name. Raises `Unreportable` if he has not pasted a token."""
        if name not in self.players:
            raise Unreportable(f"{name or 'somebody without a name'} has given this server no token")
        return self.players[name]


def properties(record: str) -> dict[str, str]:
    """What the record says of players and result, the first time that it does."""
    found: dict[str, str] = {}
    for name, value in PROPERTY.findall(record):
        found.setdefault(name, re.sub(r"\\(.)", r"\1", value).strip())
    return found


def report_of(file: Path, state: State) -> GameReport:
    """The report of a finished game: the same whenever it is made. Raises `Unreportable`."""
    record = file.read_text(encoding="utf-8")
    said = properties(record)
    return GameReport(
        server_id=state.credentials.server_id,
        black=state.player(said.get("PB", "")),
        white=state.player(said.get("PW", "")),
        result=said.get("RE", "?"),
        played_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
        record=record,  # the platform reads handicap and komi there
        idempotency_key=quote(file.name)[-200:],
    )


def pauses() -> Iterator[float]:
    """Seconds between attempts: 1, 2, 4 ... 60, a little random, so that not all servers come back at once."""
    pause = 1.0
    while True:
        yield pause * dice.uniform(0.8, 1.2)
        pause = min(LONGEST_PAUSE, pause * 2)


def asked_to_wait(error: TengenError) -> float:
    """The seconds that the platform wants us to wait."""
    return error.retry_after.total_seconds() if error.retry_after else 0.0


def deliver(platform: Client, report: GameReport, patience: timedelta) -> Game:
    """Send the report until there is an answer, always the same. Raises `TengenError` for a refusal.

    The client sends it again by itself, two times within a second: that is for a connection that broke. This is for a
    platform that is away for longer. After `patience` the last trouble is raised.
    """
    give_up_at = time.monotonic() + patience.total_seconds()
    attempts = pauses()
    while True:
        try:
            return platform.report_game(report)
        except PASSING as error:
            wait = max(next(attempts), asked_to_wait(error))
            if time.monotonic() + wait > give_up_at:
                raise
            log.warning("%s Trying again in %.0f s.", error, wait)
        time.sleep(wait)


def tell(platform: Client, game: Game) -> None:
    """Say what has become of the game, and what it did to the ratings."""
    log.info(
        "Reported: %s (Black) against %s (White), %s: game %d.", game.black_name, game.white_name, game.result, game.id
    )
    for warning in game.warnings:
        log.warning("The record: %s", warning.text)
    if not game.is_rated:
        log.info("It is not rated: %s", game.unrated_text)
        return
    rating = platform.game_rating(game.id)
    for name, side in ((game.black_name, rating.black), (game.white_name, rating.white)):
        if side is not None:
            log.info("%s: rank %.2f, and was %.2f. %s", name, side.rank_after, side.rank_before, side.text)


def parse_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="A Go server that reports games from their records.")
    add = parser.add_argument
    add("records", nargs="+", type=Path, metavar="GAME.sgf", help="record of a finished game, in UTF-8")
    add("--platform", default="http://127.0.0.1:8000", metavar="URL", help="address of the platform")
    add(
        "--state", type=Path, default=Path("go-server.json"), metavar="FILE", help="the server's secret and its players"
    )
    add("--seconds", type=float, default=86_400, metavar="S", help="how long to try while the platform is away")
    return parser.parse_args()


def main(arguments: argparse.Namespace) -> None:
    """Report the games, those that were over first before the others."""
    state = State.load(arguments.state)
    patience = timedelta(seconds=arguments.seconds)
    with Client(arguments.platform, state.credentials, timeout=REQUEST_SECONDS) as platform:
        for file in sorted(arguments.records, key=lambda file: file.stat().st_mtime):
            game = deliver(platform, report_of(file, state), patience)
            with contextlib.suppress(*PASSING):  # it is reported, whether we can say what came of it or not
                tell(platform, game)


if __name__ == "__main__":
    options = parse_arguments()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        main(options)
    except (Unreportable, OSError) as trouble:
        log.error("The game is not reported: %s.", trouble)
        sys.exit(1)
    except TengenError as refusal:
        log.error("The platform refuses (%s): %s", refusal.code, refusal)
        sys.exit(1)
