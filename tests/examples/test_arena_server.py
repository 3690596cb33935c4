"""The arena's parts: its game, its memory, its reports and its door. The platform is played by the test."""

import asyncio
import json
import random
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from examples.arena_server import (
    MAX_LINE_BYTES,
    Arena,
    Heart,
    Player,
    Reporter,
    Result,
    State,
    Stop,
    chance_to_win,
    draw_teams,
    play,
)

from tengen import proofs
from tengen.client import AsyncClient, AsyncProofVerifier, Credentials, Listing, Race, Team, Unauthenticated
from tengen.proofs import Claims, KeySet

URL = "https://tengen.example"
LISTING = Listing("127.0.0.1", 11235, "Quiet Valley", "arena", 32)
KEY = Ed25519PrivateKey.generate()

Answer = httpx.Response | Exception
DONE = httpx.Response(200, content=b"null")
AWAY = httpx.ConnectError("connection refused")
LOST = httpx.ReadTimeout("no answer in time")
UNKNOWN_PLAYER = httpx.Response(422, json={"detail": "There is no account 99."})
WRONG_SECRET = httpx.Response(401, json={"detail": "Incorrect username or password"})


class APlatform:
    """Answers reports and heartbeats with each of `answers` in turn, then as it should; keeps what it accepted."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.attempts = 0
        self.client = AsyncClient(URL, retries=0, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/jwks.json":
            return httpx.Response(200, json=KeySet({"k1": KEY.public_key()}).to_jwks())
        self.attempts += 1
        body = json.loads(request.content)
        answer = self.answers.pop(0) if self.answers else self._accept(request.url.path, body)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _accept(self, path: str, body: dict[str, Any]) -> httpx.Response:
        self.bodies.append(body)
        listed = body | {"id": 3, "updated": "2026-05-02T18:20:31"}
        return httpx.Response(200, json=listed) if path == "/v1/server/update" else DONE


def a_match(number: int) -> Result:
    """A match that the account `number` won against account 1."""
    return Result((Team(0, Race.HUMAN, (number,), number), Team(1, Race.BEAST, (1,), 1)), winner=0)


def reported(platform: APlatform) -> list[int]:
    return [body["teams"][0]["commander"] for body in platform.bodies]


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for is not ours to announce
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examples.arena_server.pauses", lambda: iter([0.01] * 1000))
    monkeypatch.setattr("examples.arena_server.LOOK_SECONDS", 0.01)


# The game.


@pytest.mark.parametrize(
    ("skills", "opponents", "chance"),
    [
        ([800], [800], 0.5),
        ([1600], [800], 10 / 11),
        ([800], [1600], 1 / 11),
        ([700, 900], [800], 0.5),  # means count, not numbers
        ([850, 850], [800, 800], 0.5359158),  # 1 / (1 + 10 ** (-1/16))
    ],
)
def test_the_better_team_wins_more_often(skills: list[float], opponents: list[float], chance: float) -> None:
    assert chance_to_win(skills, opponents) == pytest.approx(chance)


dice = random.Random(1)  # noqa: S311  # the same throws in every run


def some_players(count: int, writer: Any = None) -> list[Player]:
    return [Player(account_id, 800.0, writer) for account_id in range(1, count + 1)]


@pytest.mark.parametrize(("count", "size"), [(0, 0), (1, 0), (2, 1), (3, 1), (8, 4), (9, 4)])
def test_teams_are_equal_and_nobody_plays_twice(count: int, size: int) -> None:
    players = some_players(count)
    first, second = draw_teams(players, dice)
    assert len(first) == len(second) == size
    assert len({player.account_id for player in first + second}) == 2 * size


def test_outcomes_come_as_often_as_the_chance_says() -> None:
    strong, weak = Player(1, 1600, None), Player(2, 800, None)  # type: ignore[arg-type]  # nobody is told anything
    outcomes = [play(([strong], [weak]), dice) for _ in range(10_000)]
    assert outcomes.count(None) == pytest.approx(500, abs=90)  # 5 %, four standard deviations
    assert outcomes.count(0) == pytest.approx(9_500 * 10 / 11, abs=140)


def test_a_result_reads_as_a_sentence() -> None:
    teams = Team(0, Race.HUMAN, (57, 60)), Team(1, Race.BEAST, (58, 61))
    assert str(Result(teams, 1)) == "58, 61 beat 57, 60"
    assert str(Result(teams, None)) == "57, 60 drew with 58, 61"


# Its memory.


def test_credentials_and_matches_are_kept_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "arena.json"
    State(file, Credentials("3", "5d0c"), [a_match(57), a_match(58)]).save()
    assert State.load(file) == State(file, Credentials("3", "5d0c"), [a_match(57), a_match(58)])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["arena.json"]


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    assert State.load(tmp_path / "arena.json") == State(tmp_path / "arena.json")


# Its reports.


@dataclass
class Reports:
    """A reporter at work, and what it keeps."""

    reporter: Reporter
    state: State
    stop: Stop
    task: "asyncio.Task[None]"

    def left(self) -> list[Result]:
        """What the file says is unreported."""
        return State.load(self.state.file).unreported


@asynccontextmanager
async def reporting(platform: APlatform, file: Path, matches: Sequence[Result] = ()) -> AsyncIterator[Reports]:
    state, stop = State(file, Credentials("3", "5d0c"), list(matches)), Stop()
    state.save()
    reporter = Reporter(platform.client, state, stop)
    task = asyncio.create_task(reporter.run())
    yield Reports(reporter, state, stop, task)
    stop.set()
    await task


async def test_matches_are_reported_in_the_order_in_which_they_ended(tmp_path: Path) -> None:
    platform = APlatform()
    async with reporting(platform, tmp_path / "arena.json", [a_match(57)]) as reports:
        reports.reporter.add(a_match(58))
        reports.reporter.add(a_match(59))
        await until(lambda: len(platform.bodies) == 3)
    assert reported(platform) == [57, 58, 59]
    assert reports.left() == []


async def test_matches_wait_for_a_platform_that_is_away(tmp_path: Path) -> None:
    later = httpx.Response(429, json={"detail": "Later."}, headers={"Retry-After": "0"})
    platform = APlatform(AWAY, AWAY, httpx.Response(503), later, AWAY)
    async with reporting(platform, tmp_path / "arena.json") as reports:
        reports.reporter.add(a_match(57))
        reports.reporter.add(a_match(58))
        await until(lambda: len(platform.bodies) == 2)
    assert reported(platform) == [57, 58]


async def test_matches_that_could_not_be_reported_are_kept_at_the_end(tmp_path: Path) -> None:
    platform = APlatform(*[AWAY] * 10_000)
    async with reporting(platform, tmp_path / "arena.json") as reports:
        reports.reporter.add(a_match(57))
        await until(lambda: platform.attempts > 3)
    assert reports.left() == [a_match(57)]


async def test_what_has_just_ended_is_reported_before_the_end(tmp_path: Path) -> None:
    platform = APlatform()
    async with reporting(platform, tmp_path / "arena.json") as reports:
        reports.reporter.add(a_match(57))
        reports.stop.set()
    assert reported(platform) == [57]


async def test_a_match_whose_answer_was_lost_is_not_reported_twice(tmp_path: Path) -> None:
    platform = APlatform(LOST)
    async with reporting(platform, tmp_path / "arena.json", [a_match(57), a_match(58)]):
        await until(lambda: len(platform.bodies) == 1)
    assert reported(platform) == [58]
    assert platform.attempts == 2


async def test_a_match_that_the_platform_will_never_take_does_not_hold_up_the_others(tmp_path: Path) -> None:
    platform = APlatform(UNKNOWN_PLAYER)
    async with reporting(platform, tmp_path / "arena.json", [a_match(99), a_match(58)]):
        await until(lambda: len(platform.bodies) == 1)
    assert reported(platform) == [58]


async def test_a_secret_that_no_longer_holds_ends_the_arena_and_keeps_the_match(tmp_path: Path) -> None:
    platform = APlatform(WRONG_SECRET)
    state = State(tmp_path / "arena.json", Credentials("3", "5d0c"), [a_match(57)])
    with pytest.raises(Unauthenticated):
        await Reporter(platform.client, state, Stop()).run()
    assert state.unreported == [a_match(57)]


# Its heart.


def an_arena(platform: APlatform, tmp_path: Path, *, max_players: int = 32) -> Arena:
    stop = Stop()
    verifier = AsyncProofVerifier(platform.client, server_id=3)
    reporter = Reporter(platform.client, State(tmp_path / "arena.json"), stop)
    return Arena(verifier, reporter, server_id=3, max_players=max_players)


async def test_the_heart_beats_on_through_the_platforms_absence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    platform, stop = APlatform(AWAY, AWAY, httpx.Response(500), LOST), Stop()
    heart = Heart(platform.client, LISTING, current_map="crossroads", seconds=0.01)
    beating = asyncio.create_task(heart.beat(an_arena(platform, tmp_path), stop))
    await until(lambda: len(platform.bodies) == 2)
    stop.set()
    await beating
    assert platform.bodies[0] == LISTING.to_json() | {"current_map": "crossroads", "current_player_count": 0}
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "The platform is away",
        "The platform is back.",
    ]


async def test_a_heart_that_the_platform_does_not_want_stops(tmp_path: Path) -> None:
    platform = APlatform(WRONG_SECRET)
    heart = Heart(platform.client, LISTING, current_map="crossroads", seconds=0.01)
    with pytest.raises(Unauthenticated):
        await heart.beat(an_arena(platform, tmp_path), Stop())


# Its door.


def a_proof(account_id: int = 57, *, server_id: int | None = 3, age: timedelta = timedelta(0)) -> str:
    issued_at = datetime.now(UTC) - age
    claims = Claims(URL, account_id, issued_at, issued_at + timedelta(minutes=10), 1, server_id)
    return proofs.sign(claims, key=KEY, key_id="k1")


class Visitor:
    """A connection to the arena, as a player has it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def say(self, message: Any) -> None:
        self.writer.write((message if isinstance(message, bytes) else json.dumps(message).encode()) + b"\n")
        await self.writer.drain()

    async def hear(self) -> dict[str, Any] | None:
        """The next message, None if the arena has hung up."""
        async with asyncio.timeout(5):
            try:
                line = await self._reader.readline()
            except ConnectionError:
                line = b""
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    async def join(self, **changes: Any) -> dict[str, Any] | None:
        await self.say({"type": "join", "proof": a_proof(), "skill": 900} | changes)
        return await self.hear()


Enter = Callable[[], Any]


@asynccontextmanager
async def a_door(arena: Arena) -> AsyncIterator[Enter]:
    server = await asyncio.start_server(arena.welcome, "127.0.0.1", 0, limit=MAX_LINE_BYTES)
    visitors: list[Visitor] = []

    async def enter() -> Visitor:
        host, port = server.sockets[0].getsockname()
        visitors.append(Visitor(*await asyncio.open_connection(host, port)))
        return visitors[-1]

    yield enter
    server.close()
    arena.close()
    for visitor in visitors:
        visitor.writer.close()


async def test_who_shows_a_proof_made_for_this_arena_comes_in(tmp_path: Path) -> None:
    arena = an_arena(APlatform(), tmp_path)
    async with a_door(arena) as enter:
        answer = await (await enter()).join(proof=a_proof(57))
        assert answer == {"type": "welcome", "server_id": 3, "account_id": 57, "player_count": 1}
        assert list(arena.players) == [57]


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (a_proof(server_id=4), "Audience"),
        (a_proof(server_id=None), "aud"),
        (a_proof(age=timedelta(minutes=10)), "expired"),
        ("9f1c" * 16, "no valid proof"),
        (None, "no valid proof"),
    ],
)
async def test_no_other_proof_is_taken(tmp_path: Path, proof: str | None, reason: str) -> None:
    arena = an_arena(APlatform(), tmp_path)
    async with a_door(arena) as enter:
        visitor = await enter()
        answer = await visitor.join(proof=proof)
        assert answer is not None
        assert (answer["type"], answer["code"]) == ("refused", "invalid_proof")
        assert reason in answer["message"]
        assert await visitor.hear() is None
        assert not arena.players


@pytest.mark.parametrize(
    "message",
    [
        {"type": "leave"},
        {"type": "join", "proof": a_proof()},
        {"type": "join", "proof": a_proof(), "skill": "good"},
        {"type": "join", "proof": a_proof(), "skill": -1},
        {"type": "join", "proof": a_proof(), "skill": float("nan")},
        {"type": "join", "proof": a_proof(), "skill": float("inf")},
    ],
)
async def test_who_does_not_join_properly_is_told_how(tmp_path: Path, message: Any) -> None:
    async with a_door(an_arena(APlatform(), tmp_path)) as enter:
        visitor = await enter()
        await visitor.say(message)
        answer = await visitor.hear()
        assert answer is not None
        assert answer["code"] == "bad_message"


@pytest.mark.parametrize(
    "nonsense", [b"GET / HTTP/1.1", b"\xff\xfe", b"[]", b"7", b"[" * 8_000, b"{" + b"a" * 100_000 + b"}"]
)
async def test_nonsense_is_hung_up_on(tmp_path: Path, nonsense: bytes) -> None:
    async with a_door(an_arena(APlatform(), tmp_path)) as enter:
        visitor = await enter()
        await visitor.say(nonsense)
        assert await visitor.hear() is None


async def test_who_says_nothing_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examples.arena_server.JOIN_SECONDS", 0.05)
    async with a_door(an_arena(APlatform(), tmp_path)) as enter:
        assert await (await enter()).hear() is None


async def test_a_full_arena_lets_nobody_in_but_those_who_are_in(tmp_path: Path) -> None:
    arena = an_arena(APlatform(), tmp_path, max_players=2)
    async with a_door(arena) as enter:
        first = await enter()
        await first.join(proof=a_proof(57))
        await (await enter()).join(proof=a_proof(58))
        refused = await (await enter()).join(proof=a_proof(59))
        assert refused is not None
        assert refused["code"] == "full"
        again = await (await enter()).join(proof=a_proof(57))
        assert again is not None
        assert again["type"] == "welcome"
        assert await first.hear() == {"type": "closing", "message": "You have joined from elsewhere."}
        assert await first.hear() is None
        assert sorted(arena.players) == [57, 58]


@pytest.mark.parametrize("farewell", [{"type": "leave"}, None], ids=["says goodbye", "hangs up"])
async def test_who_leaves_is_no_longer_there(tmp_path: Path, farewell: Any) -> None:
    arena = an_arena(APlatform(), tmp_path)
    async with a_door(arena) as enter:
        visitor = await enter()
        await visitor.join()
        if farewell:
            await visitor.say(farewell)
        else:
            visitor.writer.close()
        await until(lambda: not arena.players)


async def test_players_are_told_of_their_match_and_the_reporter_of_its_result(tmp_path: Path) -> None:
    platform, stop = APlatform(), Stop()
    state = State(tmp_path / "arena.json", Credentials("3", "5d0c"))
    reporter = Reporter(platform.client, state, stop)
    arena = Arena(AsyncProofVerifier(platform.client, server_id=3), reporter, server_id=3, max_players=4)
    async with a_door(arena) as enter:
        visitors = [await enter(), await enter()]
        for account_id, visitor in zip((57, 58), visitors, strict=True):
            await visitor.join(proof=a_proof(account_id))
        playing = asyncio.create_task(arena.play_matches(stop, match_seconds=0, pause_seconds=0.01))
        outcomes = {}
        for account_id, visitor in zip((57, 58), visitors, strict=True):
            started, ended = await visitor.hear(), await visitor.hear()
            assert started is not None
            assert ended is not None
            assert started["type"] == "match_started"
            assert started["teams"][started["team"]] == [account_id]
            assert (ended["type"], ended["match"]) == ("match_ended", started["match"])
            outcomes[account_id] = ended["outcome"]
        stop.set()
        await playing
    result = state.unreported[0]
    winner = None if result.winner is None else result.teams[result.winner].field_players[0]
    expected = {57: "drew", 58: "drew"} if winner is None else {winner: "won", 115 - winner: "lost"}
    assert outcomes == expected


async def test_everybody_is_told_when_the_arena_closes(tmp_path: Path) -> None:
    arena = an_arena(APlatform(), tmp_path)
    async with a_door(arena) as enter:
        visitor = await enter()
        await visitor.join()
        arena.close()
        assert await visitor.hear() == {"type": "closing", "message": "The arena closes."}
        assert await visitor.hear() is None
