"""A server that is killed in the middle of its work loses nothing that it has acknowledged, and starts by itself."""

import asyncio
import hashlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from tengen.core import outbox
from tengen.core.database import Transaction
from tengen.core.outbox import LEASE, Dispatcher
from tengen.core.platform import Platform
from tengen.core.values import AccountId, GameId, ServerId, naive_iso, utc_now
from tengen.demo.minesweeper.game import played
from tengen.demo.minesweeper.rmv import rmv
from tengen.games import service, team_matches
from tengen.games.service import Game, GameFilter
from tengen.games.team_matches import PlayedMatch
from tengen.listeners import connect_listeners
from tengen.ratings import service as ratings
from tengen.ratings.outcomes import Change
from tengen.ratings.pools import GO, STANDARD, team_pool
from tengen.tournaments import archive
from tengen.tournaments.archive import Submission
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tests.games.builders import a_go_server, a_report
from tests.support.builders import PASSWORD, GameServer, User, a_game_server, a_heartbeat, a_verified_user, unique
from tests.support.histories import changes_of
from tests.support.operations import operate
from tests.support.postgres import run_apart
from tests.support.server import Server
from tests.support.settings import some_settings
from tests.tournaments.over_http import a_cup, a_key, an_entrant

KILLS = 3
BEFORE_EACH_KILL = 15
"""So many requests of each kind are acknowledged between two kills, at least."""


class Stream(ABC):
    """Requests of one kind, numbered from 1, one after the other, whether the server lives or not."""

    success = 200
    """The status of what was done."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.sent = 0
        self.acknowledged: list[int] = []
        """The numbers of those that were answered; the others may have been served or not."""

    def run(self, is_over: threading.Event) -> None:
        """Send until it is over."""
        with httpx.Client(base_url=self._server.url, timeout=30, trust_env=False) as client:
            while not is_over.is_set():
                self.sent += 1
                try:
                    answer = self.send(client, self.sent)
                except httpx.TransportError:  # it was killed, or does not listen yet
                    time.sleep(0.02)
                    continue
                assert answer.status_code == self.success, answer.text
                self.acknowledged.append(self.sent)

    @abstractmethod
    def send(self, client: httpx.Client, number: int) -> httpx.Response:
        """Send the request of this number."""


class Registrations(Stream):
    """Everybody is somebody new."""

    _word = unique("Mira")

    def send(self, client: httpx.Client, number: int) -> httpx.Response:
        who = {"username": self.email(number), "display_name": self.email(number).partition("@")[0]}
        return client.post("/v1/user/register", json=who | {"password": PASSWORD})

    def email(self, number: int) -> str:
        """The address with which somebody registers."""
        return f"{self._word}n{number}@tengen.example"


class Heartbeats(Stream):
    """Each tells its number."""

    def __init__(self, server: Server, game_server: GameServer) -> None:
        super().__init__(server)
        self.game_server = game_server

    def send(self, client: httpx.Client, number: int) -> httpx.Response:
        heartbeat = a_heartbeat(self.game_server, current_player_count=number, current_map=f"map {number}")
        return client.post("/v1/server/update", json=heartbeat, auth=self.game_server.auth)


class Matches(Stream):
    """Always the same four players, two against two."""

    def __init__(self, server: Server, game_server: GameServer) -> None:
        super().__init__(server)
        self.game_server = game_server
        self.players = [a_verified_user(server) for _ in range(4)]

    def send(self, client: httpx.Client, number: int) -> httpx.Response:
        first, second, third, fourth = (player.id for player in self.players)
        teams = [
            {"id": 0, "race": "beast", "field_players": _field(first, second), "commander": first},
            {"id": 1, "race": "human", "field_players": _field(third, fourth), "commander": 0},
        ]
        report = {"teams": teams, "winner": number % 3 - 1}
        return client.post("/v1/server/match-update", json=report, auth=self.game_server.auth)


def _field(*users: int) -> list[dict[str, int]]:
    return [{"user_id": user} for user in users]


class Games(Stream):
    """Always the same two players, one game an hour; each record tells its number."""

    success = 201

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.club = a_go_server(server)

    def send(self, client: httpx.Client, number: int) -> httpx.Response:
        at = naive_iso(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number))
        result = ("B+R", "W+0.5", "0", "W+T", "B+F")[number % 5]
        report = a_report(self.club, result=result, date_played=at, game_record=_record(number).decode())
        return client.post("/api/v1/games", json=report, headers=self.club.headers())


class Uploads(Stream):
    """One player, one tournament, each time another game."""

    success = 201

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.cup = a_cup(server, modeparams="5+0+0")
        self.player = an_entrant(self.cup)
        self.key = a_key(self.cup, self.player)
        time.sleep(2.5)  # no game may take longer than its key is old

    def send(self, client: httpx.Client, number: int) -> httpx.Response:
        files = {"video": ("game.rmv", self.replay(number))}
        return client.post(f"{self.cup.path}/submissions", files=files, auth=self.player.auth)

    def replay(self, number: int) -> bytes:
        """The replay of this number: each is a little faster than the one before."""
        game = played(Level.BEGINNER, time_ms=_SLOWEST - number, seed=number, moves=4)
        return rmv(game, name="Mira", token=self.key, made_at=datetime(2026, 5, 2, 12, tzinfo=UTC))

    def number(self, time_ms: int) -> int:
        """The number of the replay of a game that took so long."""
        return _SLOWEST - time_ms


_SLOWEST = 2_400
"""Milliseconds. Less one for each upload, of which there are some hundreds."""


def _record(number: int) -> bytes:
    return b"(;KM[7.5]C[%d])" % number


@contextmanager
def under(streams: list[Stream]) -> Iterator[None]:
    """Let the streams flow while the block lasts."""
    is_over = threading.Event()
    with ThreadPoolExecutor(len(streams)) as threads:
        flows = [threads.submit(stream.run, is_over) for stream in streams]
        try:
            yield
        finally:
            is_over.set()
            for flow in flows:
                flow.result()


def wait_for_more(streams: list[Stream]) -> None:
    """Until each stream has got some further."""
    goals = [len(stream.acknowledged) + BEFORE_EACH_KILL for stream in streams]
    give_up_at = time.monotonic() + 30
    while any(len(stream.acknowledged) < goal for stream, goal in zip(streams, goals, strict=True)):
        assert time.monotonic() < give_up_at, [len(stream.acknowledged) for stream in streams]
        time.sleep(0.01)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(start_server: Callable[..., Server]) -> None:
    server = start_server()
    registrations = Registrations(server)
    arenas = [a_game_server(server, is_online=True) for _ in range(2)]
    heartbeats = [Heartbeats(server, arena) for arena in arenas]
    matches = [Matches(server, arena) for arena in arenas]
    games = [Games(server) for _ in range(2)]
    uploads = Uploads(server)
    streams: list[Stream] = [registrations, *heartbeats, *matches, *games, uploads]

    with under(streams):
        for _ in range(KILLS):
            wait_for_more(streams)
            server.kill()
            server.start()
        wait_for_more(streams)

    for heartbeat in heartbeats:
        check_heartbeats(server, heartbeat)
    for reported in matches:
        check_matches(server, reported)
    for reported_games in games:
        report_again(server, reported_games)
    deliver_what_was_taken(server)
    for reported_games in games:
        check_games(server, reported_games)
    check_uploads(uploads)
    emails = [registrations.email(number) for number in registrations.acknowledged]
    assert [email for email in emails if not server.mailbox.mails_to(email)] == []
    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda email: check_registration(server, email), emails))


def check_heartbeats(server: Server, heartbeats: Heartbeats) -> None:
    """The owner sees the last heartbeat that was acknowledged, or a later one that was not."""
    (shown,) = server.get("/v1/server/list/my", auth=heartbeats.game_server.owner.auth).json()
    assert heartbeats.acknowledged[-1] <= shown["current_player_count"] <= heartbeats.sent
    assert shown["current_map"] == f"map {shown['current_player_count']}"
    online = server.get("/v1/server/list/online").json()
    assert shown in online


def check_matches(server: Server, matches: Matches) -> None:
    """Every match that was acknowledged counts, each is there as a whole, and ratings are what they made of them."""
    server_id = ServerId(matches.game_server.id)
    ids = [AccountId(player.id) for player in matches.players]

    async def stored(
        transaction: Transaction,
    ) -> tuple[list[PlayedMatch], Mapping[GameId, list[Change]], Mapping[AccountId, float]]:
        played = await team_matches.latest_matches(transaction, server_id=server_id, limit=1_000_000)
        changes = await changes_of(transaction, [match.id for match in played])
        return played, changes, await ratings.ratings_of(transaction, team_pool(server_id), ids)

    played, changes, values = operate(server, stored)
    assert len(matches.acknowledged) <= len(played) <= matches.sent
    for match in played:
        assert [len(side.field) for side in match.sides] == [2, 2]
        assert [change.account_id for change in changes[match.id]] == ids
    for place, player in enumerate(matches.players):
        course = [changes[match.id][place] for match in reversed(played)]
        assert [change.before.mean for change in course] == [800, *(change.after.mean for change in course[:-1])]
        assert course[-1].after.mean == values[AccountId(player.id)]
        expected = {
            "matches_played_field": len(played),
            "matches_played_command": len(played) if place == 0 else 0,
            "skill_rating": int(course[-1].after.mean),
        }
        check_stats(server, matches.game_server, player, expected)


def report_again(server: Server, games: Games) -> None:
    """What was not acknowledged is sent once more, as clients do that do not know whether it was stored."""
    for number in sorted(set(range(1, games.sent + 1)) - set(games.acknowledged)):
        assert games.send(server.client, number).status_code == games.success


def check_games(server: Server, games: Games) -> None:
    """Every game is there once and as a whole, and has moved both ratings in its turn."""
    ids = [AccountId(player.account_id) for player in (games.club.black, games.club.white)]

    async def stored(
        transaction: Transaction,
    ) -> tuple[list[Game], list[bytes], Mapping[GameId, list[Change]], Mapping[AccountId, float]]:
        wanted = GameFilter(server_id=ServerId(games.club.id))
        played = await service.list_games(transaction, wanted, limit=1_000_000)
        records = [await service.record_of(transaction, game.id) for game in played]
        changes = await changes_of(transaction, [game.id for game in played])
        return played, records, changes, await ratings.ratings_of(transaction, GO, ids)

    played, records, changes, values = operate(server, stored)
    assert records == [_record(number) for number in range(games.sent, 0, -1)]
    for place, account_id in enumerate(ids):
        course = [changes[game.id][place] for game in reversed(played)]
        assert {change.account_id for change in course} == {account_id}
        newcomer = STANDARD.go.system.prior().mean
        assert [change.before.mean for change in course] == [newcomer, *(change.after.mean for change in course[:-1])]
        assert course[-1].after.mean == values[account_id]


def check_uploads(uploads: Uploads) -> None:
    """Every upload that was acknowledged is there, byte for byte, none is there by half, and the standings follow."""
    cup, player = uploads.cup, uploads.player

    async def stored(transaction: Transaction) -> list[tuple[Submission, bytes]]:
        found = await archive.list_submissions(transaction, TournamentId(cup.id))
        return [(submission, await archive.replay_content(transaction, submission.replay_hash)) for submission in found]

    submissions = operate(cup.server, stored)
    numbers = [uploads.number(submission.time) for submission, _ in submissions]
    assert numbers == sorted(set(numbers))
    assert set(uploads.acknowledged) <= set(numbers) <= set(range(1, uploads.sent + 1))
    for number, (submission, content) in zip(numbers, submissions, strict=True):
        assert content == uploads.replay(number)
        assert hashlib.sha256(content).digest() == submission.replay_hash
    (line,) = cup.read("/standings")["results"]
    best = sorted(submission.time for submission, _ in submissions)[:5]
    assert line["account_id"] == player.id
    assert [round(game["time"] * 1000) for game in line["games"]] == best
    assert cup.read()["version"] == 2 + len(submissions)  # made, entered, and a change each


def check_stats(server: Server, arena: GameServer, player: User, expected: dict[str, int]) -> None:
    """What game servers are told says the same as the stored matches."""
    answer = server.get("/v1/user/stats", params={"user_id": player.id, "server_id": arena.id}, auth=arena.auth)
    assert answer.status_code == 200, answer.text
    assert answer.json().items() >= expected.items()


def deliver_what_was_taken(server: Server) -> None:
    """What a dispatcher had taken when it was killed comes back when its lease ends. Here that is now."""
    settings = some_settings(server.data_dir, database_url=server.settings["database_url"])

    async def run() -> None:
        platform = Platform.of(settings)
        connect_listeners(platform)
        late = Dispatcher(platform.database, platform.events.deliver, clock=lambda: utc_now() + LEASE)
        async with asyncio.timeout(15), platform.database.read() as connection:
            while await outbox.count(connection) != (0, 0):
                await late.deliver_due()
                await asyncio.sleep(0.01)
        await platform.close()

    run_apart(run())


def check_registration(server: Server, email: str) -> None:
    """The token in the mail is right, and the account signs in."""
    auth = (email, PASSWORD)
    verified = server.post("/v1/user/email/verify", {"mail_token": server.mail_token(email)}, auth=auth)
    assert verified.status_code == 200, verified.text
    assert server.post("/v1/user/login", auth=auth).status_code == 200
