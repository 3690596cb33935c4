"""A player of the arena: signs in, picks an arena, shows its proof there, and plays until it is stopped.

    ARENA_PASSWORD='correct horse' python arena_player.py --platform http://127.0.0.1:8000 \\
        --email mira@example.org --skill 900

The password goes to the platform alone. The arena gets a proof that was made for it, holds for some minutes, and is
worth nothing at any other game server. Once it has run out, the player signs in again. `arena_server.py` tells what
the two say to each other.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tengen.client import (
    AsyncClient,
    Credentials,
    GameServer,
    Proof,
    TengenError,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
)

log = logging.getLogger("player")
dice = random.SystemRandom()

GAME_TYPE = "arena"
CONNECT_SECONDS = 5.0
SPARE = timedelta(seconds=10)  # a proof that is about to run out is not worth showing
TROUBLE = (Unavailable, TooManyRequests, UnexpectedAnswer, OSError, ValueError, KeyError, TypeError)
"""What passes, with the platform or with an arena that does not speak as it should. Then another try is worth it."""


class Refused(Exception):
    """The arena does not let us in; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Purse:
    """The proofs that we have, one for each arena."""

    def __init__(self, platform: AsyncClient) -> None:
        self._platform = platform
        self._proofs: dict[int, Proof] = {}

    async def proof_for(self, server: GameServer) -> str:
        """A signed proof for this arena: the one we have, or, if it has run out, a new one."""
        proof = self._proofs.get(server.id)
        if proof is None or proof.expires_at is None or proof.expires_at - SPARE < datetime.now(UTC):
            signed_in = await self._platform.login(server_id=server.id)
            log.info("Signed in as %s for %s.", signed_in.account.display_name, server.display_name)
            proof = self._proofs[server.id] = signed_in.proof
        if proof.signed is None:
            raise ValueError("the platform does not sign its proofs")
        return proof.signed

    def drop(self, server: GameServer) -> None:
        """The arena did not take it: our clocks may differ, or the platform has withdrawn a key."""
        self._proofs.pop(server.id, None)


async def choose(platform: AsyncClient, name: str | None) -> GameServer | None:
    """An arena that is online and has room: the one of this name, else any."""
    servers = await platform.online_servers(game_type=GAME_TYPE, not_full=True)
    fitting = [server for server in servers if name in (None, server.display_name)]
    return dice.choice(fitting) if fitting else None


def say(writer: asyncio.StreamWriter, **message: Any) -> None:
    """Send the arena a message."""
    writer.write(json.dumps(message).encode() + b"\n")


async def visit(server: GameServer, proof: str, skill: float, score: Counter[str]) -> None:
    """Play in an arena until it closes, and count the outcomes in `score`. Raises `Refused` if it lets us not in."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(server.host_name, server.port)
    try:
        say(writer, type="join", proof=proof, skill=skill)
        while line := await reader.readline():
            message = json.loads(line)
            match message["type"]:
                case "refused":
                    raise Refused(message["code"], message["message"])
                case "welcome":
                    log.info("In %s, with %d players.", server.display_name, message["player_count"])
                case "match_ended":
                    score[message["outcome"]] += 1
                    log.info("I %s. So far: %s.", message["outcome"], dict(score))
                case "closing":
                    log.info("%s: %s", server.display_name, message["message"])
                    return
        log.warning("%s has hung up.", server.display_name)
    finally:
        say(writer, type="leave")
        writer.close()


def pauses() -> Iterator[float]:
    """Seconds between attempts: 1, 2, 4 ... 30, a little random, so that not all players come back at once."""
    pause = 1.0
    while True:
        yield pause * dice.uniform(0.8, 1.2)
        pause = min(30.0, pause * 2)


async def play(platform: AsyncClient, arguments: argparse.Namespace) -> None:
    """Go from arena to arena for ever. Raises `TengenError` if the platform does not know us."""
    purse, score, attempts = Purse(platform), Counter[str](), pauses()
    while True:
        try:
            server = await choose(platform, arguments.arena)
            if server is None:
                log.info("No arena is open.")
            else:
                await meet(server, purse, arguments.skill, score)
                attempts = pauses()
        except Refused as refusal:
            log.warning("Not let in: %s", refusal)
        except TROUBLE as error:
            log.warning("%s: %s", type(error).__name__, error)
        await asyncio.sleep(next(attempts))


async def meet(server: GameServer, purse: Purse, skill: float, score: Counter[str]) -> None:
    """Visit an arena. If it does not take our proof, once more with a new one."""
    try:
        await visit(server, await purse.proof_for(server), skill, score)
    except Refused as refusal:
        if refusal.code != "invalid_proof":
            raise
        log.info("The proof was not taken: %s", refusal)
        purse.drop(server)
        await visit(server, await purse.proof_for(server), skill, score)


async def main(arguments: argparse.Namespace) -> None:
    """Play until a signal comes, or the time is over."""
    credentials = Credentials(arguments.email, os.environ["ARENA_PASSWORD"])
    async with AsyncClient(arguments.platform, credentials) as platform:
        playing = asyncio.create_task(play(platform, arguments))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(playing.cancel))
        if arguments.seconds is not None:
            loop.call_later(arguments.seconds, playing.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await playing


def parse_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description="A player of the arena.", epilog="The password comes from the environment: ARENA_PASSWORD."
    )
    add = parser.add_argument
    add("--platform", default="http://127.0.0.1:8000", metavar="URL", help="address of the platform")
    add("--email", required=True, help="e-mail of the account")
    add("--skill", type=float, default=800.0, help="how good it plays; 800 is average")
    add("--arena", metavar="NAME", help="play in this arena alone")
    add("--seconds", type=float, metavar="S", help="end after so long")
    arguments = parser.parse_args()
    if "ARENA_PASSWORD" not in os.environ:
        parser.error("the environment variable ARENA_PASSWORD is missing")
    return arguments


if __name__ == "__main__":
    options = parse_arguments()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(main(options))
    except TengenError as refusal:
        log.error("The platform refuses: %s", refusal)
        sys.exit(1)
