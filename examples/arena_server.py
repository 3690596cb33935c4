"""A whole game server: players come in with a proof of who they are, play team matches, and are rated for it.

The game itself is a coin weighted by skill; everything around it is what every game server does:

- `register`: enter the directory, once, and keep the credentials in a file;
- `Heart`: say every few seconds that the server lives, and how many play on it;
- `Arena.welcome`: let a player in who shows a proof made for this very server. It is verified here: the platform is
  not asked, and need not be up;
- `Reporter`: report finished matches. While the platform is away they wait, across restarts too.

Try it with a running platform and the account of an owner, whose e-mail must be verified:

    ARENA_PASSWORD='correct horse' python arena_server.py --platform http://127.0.0.1:8000 \\
        --email mira@example.org --name "Quiet Valley" --state quiet-valley.json

and let a few `arena_player.py` join. They speak lines of JSON over TCP:

    player  {"type": "join", "proof": "<signed proof>", "skill": 900}
    server  {"type": "welcome", "server_id": 3, "account_id": 57, "player_count": 4}
         or {"type": "refused", "code": "invalid_proof", "message": "The proof has expired."}
    server  {"type": "match_started", "match": 12, "team": 0, "teams": [[57, 60], [58, 61]]}
    server  {"type": "match_ended", "match": 12, "outcome": "won"}
    server  {"type": "closing", "message": "The arena closes."}
    player  {"type": "leave"}
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from tengen.client import (
    AsyncClient,
    AsyncProofVerifier,
    Credentials,
    Invalid,
    InvalidProof,
    Listing,
    Race,
    Team,
    TengenError,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
)

log = logging.getLogger("arena")
dice = random.SystemRandom()

GAME_TYPE = "arena"
RACES = (Race.HUMAN, Race.BEAST)
CHANCE_OF_DRAW = 0.05

PASSING = (Unavailable, TooManyRequests, UnexpectedAnswer)
"""Trouble with the platform that is expected to pass. Every other refusal means that something here is wrong."""
REQUEST_SECONDS = timedelta(seconds=5)
LOOK_SECONDS = 0.2  # between looks for a match that has ended
JOIN_SECONDS = 10.0  # for a connection to say who it is
MAX_LINE_BYTES = 8_192
MAX_UNREAD_BYTES = 65_536  # that wait for a player who does not read


class Stop(asyncio.Event):
    """Set when the process is asked to end."""

    async def within(self, seconds: float) -> bool:
        """Wait so long, or until it is time to stop; whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wait()
        return self.is_set()


# The game ------------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Player:
    """Somebody who has joined: the account, its skill, and the connection."""

    account_id: int
    skill: float
    writer: asyncio.StreamWriter

    def tell(self, **message: Any) -> None:
        """Send a message. Who does not read is cut off, lest what waits for them fill the memory."""
        send(self.writer, message)
        if self.writer.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.writer.transport.abort()


@dataclass(frozen=True)
class Result:
    """A finished match as the platform wants to know it; `winner` is a team's number, None a draw."""

    teams: tuple[Team, ...]
    winner: int | None

    def __str__(self) -> str:
        names = [", ".join(str(account_id) for account_id in team.field_players) for team in self.teams]
        if self.winner is None:
            return f"{names[0]} drew with {names[1]}"
        return f"{names[self.winner]} beat {names[1 - self.winner]}"


def draw_teams(players: Iterable[Player], rng: random.Random) -> tuple[list[Player], list[Player]]:
    """Two random teams of equal size; of an odd number of players one watches."""
    shuffled = list(players)
    rng.shuffle(shuffled)
    size = len(shuffled) // 2
    return shuffled[:size], shuffled[size : 2 * size]


def chance_to_win(skills: Sequence[float], opponents: Sequence[float]) -> float:
    """How likely a team beats another, by their mean skills on the scale of the platform's team rating.

    There everybody begins at 800, and who is 800 points ahead wins ten times out of eleven.
    """
    return 1 / (1 + 10 ** ((fmean(opponents) - fmean(skills)) / 800))


def play(teams: Sequence[Sequence[Player]], rng: random.Random) -> int | None:
    """The number of the team that wins, None for a draw."""
    if rng.random() < CHANCE_OF_DRAW:
        return None
    first, second = ([player.skill for player in team] for team in teams)
    return 0 if rng.random() < chance_to_win(first, second) else 1


# What is kept across restarts ----------------------------------------------------------------------------------------


@dataclass
class State:
    """The server's credentials, and the matches that the platform does not know of yet."""

    file: Path
    credentials: Credentials | None = None
    unreported: list[Result] = field(default_factory=list)

    @classmethod
    def load(cls, file: Path) -> "State":
        """What `save` wrote; nothing if there is no file yet."""
        if not file.exists():
            return cls(file)
        content = json.loads(file.read_text())
        known = content["credentials"]
        return cls(
            file,
            credentials=known and Credentials(known["username"], known["password"]),
            unreported=[
                Result(tuple(Team.from_json(team) for team in match["teams"]), match["winner"])
                for match in content["unreported"]
            ],
        )

    def save(self) -> None:
        """Write the file, whole or not at all, and readable by its owner alone: it holds the secret."""
        known = self.credentials
        content = {
            "credentials": known and {"username": known.username, "password": known.password},
            "unreported": [
                {"teams": [team.to_json() for team in match.teams], "winner": match.winner} for match in self.unreported
            ],
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content))
        draft.replace(self.file)


# Talking to the platform ---------------------------------------------------------------------------------------------


def pauses() -> Iterator[float]:
    """Seconds between attempts: 1, 2, 4 ... 30, a little random, so that not all servers come back at once."""
    pause = 1.0
    while True:
        yield pause * dice.uniform(0.8, 1.2)
        pause = min(30.0, pause * 2)


def asked_to_wait(error: TengenError) -> float:
    """The seconds that the platform wants us to wait."""
    return error.retry_after.total_seconds() if error.retry_after else 0.0


async def register(platform: AsyncClient, listing: Listing, stop: Stop) -> Credentials | None:
    """Enter the directory, as the owner. Waits for a platform that is away; None if it is time to stop."""
    for pause in pauses():
        try:
            return await platform.register_server(listing)
        except PASSING as error:
            if error.may_have_happened:  # then the server may be listed already, and an owner may have but a few
                raise
            log.warning("Not registered yet: %s", error)
            if await stop.within(max(pause, asked_to_wait(error))):
                break
    return None


class Heart:
    """Keeps the server online. That the platform is away for a while is no reason to stop the game."""

    def __init__(self, platform: AsyncClient, listing: Listing, *, current_map: str, seconds: float) -> None:
        self._platform = platform
        self._listing = listing
        self._map = current_map
        self._seconds = seconds
        self._is_away = False

    async def beat(self, arena: "Arena", stop: Stop) -> None:
        """Send heartbeats until `stop`. Raises `TengenError` if the platform does not want them."""
        pause = 0.0
        while not await stop.within(pause):
            pause = self._seconds
            try:
                await self._platform.heartbeat(
                    self._listing, current_map=self._map, current_player_count=len(arena.players)
                )
            except PASSING as error:
                pause = max(pause, asked_to_wait(error))
                self._note(is_away=True, text=f"The platform is away: {error}")
            else:
                self._note(is_away=False, text="The platform is back.")

    def _note(self, *, is_away: bool, text: str) -> None:
        if is_away is not self._is_away:
            log.warning(text)
        self._is_away = is_away


class Reporter:
    """Reports matches in the order in which they ended, and keeps those that the platform does not know of yet."""

    def __init__(self, platform: AsyncClient, state: State, stop: Stop) -> None:
        self._platform = platform
        self._state = state
        self._stop = stop
        self._news = asyncio.Event()

    def add(self, result: Result) -> None:
        """A match has ended."""
        self._state.unreported.append(result)
        self._state.save()
        self._news.set()

    async def run(self) -> None:
        """Report until it is time to stop, and then what is left, if the platform is there.

        Raises `TengenError` if it does not know this server (any more).
        """
        attempts = pauses()
        pause = 0.0
        while not await self._stop.within(pause):
            try:
                await self._report_all()
                attempts, pause = pauses(), LOOK_SECONDS
            except PASSING as error:
                pause = max(next(attempts), asked_to_wait(error))
        with contextlib.suppress(*PASSING):
            await self._report_all()

    async def _report_all(self) -> None:
        while self._state.unreported:
            result = self._state.unreported[0]
            try:
                await self._platform.report_match(result.teams, result.winner)
                log.info("Reported: %s.", result)
            except Invalid as error:  # an account that is gone, say: the platform will never take it
                log.error("Refused: %s: %s", result, error)
            except PASSING as error:
                if not error.may_have_happened:
                    raise
                # It may have been counted. A match too few is a lesser evil than one that counts twice.
                log.warning("Perhaps not reported: %s: %s", result, error)
            self._state.unreported.pop(0)
            self._state.save()


# The door ------------------------------------------------------------------------------------------------------------


def send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Put one message on the wire."""
    if not writer.is_closing():
        writer.write(json.dumps(message).encode() + b"\n")


async def receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next message. Raises `EOFError` at the end, `ValueError` for anything that is none."""
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    try:
        message = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("no JSON object")
    return message


class Refused(Exception):
    """Somebody who wanted to join may not; `code` is for the program, the text for the player."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Arena:
    """Who is here, and what they play."""

    def __init__(self, verifier: AsyncProofVerifier, reporter: Reporter, *, server_id: int, max_players: int) -> None:
        self._verifier = verifier
        self._reporter = reporter
        self._server_id = server_id
        self._max_players = max_players
        self._connections: set[asyncio.StreamWriter] = set()
        self.players: dict[int, Player] = {}

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, from its first message to its end."""
        self._connections.add(writer)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                player = await self._let_in(await receive(reader), writer)
            await self._stay(player, reader)
        except Refused as refusal:
            log.info("Refused a player: %s", refusal)
            send(writer, {"type": "refused", "code": refusal.code, "message": str(refusal)})
        except (EOFError, OSError, ValueError):
            pass  # gone, silent for too long, or not speaking our language
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _let_in(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> Player:
        skill = message.get("skill")
        if message.get("type") != "join" or not isinstance(skill, int | float) or not 0 < skill < 10_000:
            raise Refused("bad_message", "Say join, with a proof and a skill between 0 and 10000.")
        try:
            account_id = (await self._verifier.verify(str(message.get("proof")))).account_id
        except InvalidProof as error:
            raise Refused("invalid_proof", str(error)) from error
        except TengenError as error:  # no keys yet, to verify anything with
            raise Refused("unavailable", f"Nobody can be let in at the moment: {error}") from error
        before = self.players.get(account_id)
        if before is None and len(self.players) >= self._max_players:
            raise Refused("full", "The arena is full.")
        if before is not None:  # perhaps a connection that has died without our noticing
            before.tell(type="closing", message="You have joined from elsewhere.")
            before.writer.close()
        player = self.players[account_id] = Player(account_id, skill, writer)
        log.info("%d joined with skill %.0f; %d are here.", account_id, skill, len(self.players))
        player.tell(type="welcome", server_id=self._server_id, account_id=account_id, player_count=len(self.players))
        return player

    async def _stay(self, player: Player, reader: asyncio.StreamReader) -> None:
        try:
            while (await receive(reader)).get("type") != "leave":
                pass  # players only watch: there is nothing else that they could say
        finally:
            if self.players.get(player.account_id) is player:
                del self.players[player.account_id]
                log.info("%d left; %d are here.", player.account_id, len(self.players))

    async def play_matches(self, stop: Stop, *, match_seconds: float, pause_seconds: float) -> None:
        """One match after the other, among those who are here."""
        number = 0
        while not await stop.within(pause_seconds):
            teams = draw_teams(self.players.values(), dice)
            if not teams[0]:
                continue
            number += 1
            ids = [[player.account_id for player in team] for team in teams]
            for team, members in enumerate(teams):
                for player in members:
                    player.tell(type="match_started", match=number, team=team, teams=ids)
            if await stop.within(match_seconds):
                return  # nobody has won
            winner = play(teams, dice)
            # The first of each team has commanded it, too.
            self._reporter.add(
                Result(tuple(Team(team, RACES[team], ids[team], commander=ids[team][0]) for team in (0, 1)), winner)
            )
            for team, members in enumerate(teams):
                outcome = "drew" if winner is None else "won" if winner == team else "lost"
                for player in members:
                    player.tell(type="match_ended", match=number, outcome=outcome)

    def close(self) -> None:
        """Send everybody home."""
        for writer in self._connections:
            send(writer, {"type": "closing", "message": "The arena closes."})
            writer.close()


# The process ---------------------------------------------------------------------------------------------------------


async def run(arguments: argparse.Namespace, stop: Stop) -> None:
    """Bring the server up, keep it going until `stop`, take it down."""
    state = State.load(arguments.state)
    if arguments.server_id is not None:
        state.credentials = Credentials.of_server(arguments.server_id, os.environ["ARENA_SERVER_SECRET"])
    # The socket comes first: the directory wants to know its port.
    bind = arguments.bind or arguments.host
    try:
        door = socket.create_server((bind, arguments.port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET)
    except OSError as error:
        raise SystemExit(f"Cannot listen at {bind} port {arguments.port}: {error.strerror}.") from error
    listing = Listing(
        host_name=arguments.host,
        port=door.getsockname()[1],
        display_name=arguments.name,
        description="Random teams, short matches.",
        game_type=GAME_TYPE,
        max_player_count=arguments.max_players,
    )
    with door:
        if state.credentials is None:
            owner = Credentials(arguments.email, os.environ["ARENA_PASSWORD"])
            async with AsyncClient(arguments.platform, owner, timeout=REQUEST_SECONDS) as platform:
                state.credentials = await register(platform, listing, stop)
        if state.credentials is not None:
            state.save()
            async with AsyncClient(arguments.platform, state.credentials, timeout=REQUEST_SECONDS) as platform:
                await serve(arguments, platform, state, listing, door, stop)


async def serve(
    arguments: argparse.Namespace,
    platform: AsyncClient,
    state: State,
    listing: Listing,
    door: socket.socket,
    stop: Stop,
) -> None:
    """Everything that goes on at once: players come and go, matches, heartbeats, reports."""
    assert state.credentials is not None
    server_id = state.credentials.server_id
    reporter = Reporter(platform, state, stop)
    verifier = AsyncProofVerifier(platform, server_id=server_id, issuer=arguments.issuer)
    arena = Arena(verifier, reporter, server_id=server_id, max_players=arguments.max_players)
    heart = Heart(platform, listing, current_map=arguments.map, seconds=arguments.heartbeat_seconds)
    seconds = {"match_seconds": arguments.match_seconds, "pause_seconds": arguments.pause_seconds}

    server = await asyncio.start_server(arena.welcome, sock=door, limit=MAX_LINE_BYTES)
    log.info(
        "Open: %s, game server %d, at %s port %d.", listing.display_name, server_id, listing.host_name, listing.port
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(heart.beat(arena, stop))
            tasks.create_task(reporter.run())
            tasks.create_task(arena.play_matches(stop, **seconds))
    finally:
        server.close()
        arena.close()
        log.info("Closed: %s, %d matches left to report.", listing.display_name, len(state.unreported))


def stop_on_signals(stop: Stop) -> None:
    """Let Ctrl+C and `kill` end the process in good order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


async def main(arguments: argparse.Namespace) -> None:
    """Run until a signal comes, or the time is over."""
    stop = Stop()
    stop_on_signals(stop)
    if arguments.seconds is not None:
        asyncio.get_running_loop().call_later(arguments.seconds, stop.set)
    await run(arguments, stop)


def parse_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description="A small game server: players join with a proof, play team matches, and are rated.",
        epilog="Passwords come from the environment: ARENA_PASSWORD is the owner's, needed for the first start; "
        "ARENA_SERVER_SECRET the game server's, with --server-id.",
    )
    add = parser.add_argument
    add("--platform", default="http://127.0.0.1:8000", metavar="URL", help="address of the platform")
    add("--issuer", metavar="URL", help="its public address, if it is another one")
    add("--email", help="the owner's e-mail, to register with at the first start")
    add("--server-id", type=int, metavar="ID", help="a game server that is registered already")
    add(
        "--state",
        type=Path,
        default=Path("arena-server.json"),
        metavar="FILE",
        help="where credentials and unreported matches are kept",
    )
    add("--name", default="Arena", help="name in the directory")
    add("--map", default="crossroads", help="map that the directory shows")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="address in the directory: IPv4 or IPv6")
    add("--bind", metavar="ADDRESS", help="address to listen at, if it is another one")
    add("--port", type=int, default=0, help="port to listen at; 0 takes a free one")
    add("--max-players", type=int, default=32, metavar="N", help="how many players find room, at most 64")
    add("--match-seconds", type=float, default=3.0, metavar="S", help="how long a match lasts")
    add("--pause-seconds", type=float, default=2.0, metavar="S", help="pause between two matches")
    add("--heartbeat-seconds", type=float, default=15.0, metavar="S", help="pause between two signs of life")
    add("--seconds", type=float, metavar="S", help="end after so long")
    arguments = parser.parse_args()
    if arguments.server_id is None and arguments.email is None and not arguments.state.exists():
        parser.error("give --email to register with, or --server-id")
    if arguments.server_id is not None and "ARENA_SERVER_SECRET" not in os.environ:
        parser.error("--server-id needs the environment variable ARENA_SERVER_SECRET")
    if arguments.email is not None and "ARENA_PASSWORD" not in os.environ:
        parser.error("--email needs the environment variable ARENA_PASSWORD")
    if not 2 <= arguments.max_players <= 64:  # the platform takes teams of at most 32
        parser.error("--max-players is 2 to 64")
    return arguments


if __name__ == "__main__":
    options = parse_arguments()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    exit_code = 0
    try:
        asyncio.run(main(options))
    except* TengenError as refusals:
        for refusal in refusals.exceptions:
            log.error("The platform refuses: %s", refusal)
        exit_code = 1
    sys.exit(exit_code)
