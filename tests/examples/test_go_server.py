"""The Go server: what it reads in records, and that it sends the same report until there is an answer."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from examples.go_server import State, Unreportable, deliver, properties, report_of

from tengen.client import Client, Credentials, GameReport, InvalidResult, PlayerToken, Unavailable, Unreachable
from tests.games.builders import GoServer, a_go_server
from tests.support.network import free_port
from tests.support.server import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "go_server.py"
PLAYED = datetime(2026, 3, 14, 19, 5, tzinfo=UTC)
BLACK, WHITE = PlayerToken(71, "b1ac"), PlayerToken(72, "3417e")
STATE = State(Credentials.of_server(4, "5d0c"), {"mossy_stone": BLACK, "Tengu [3d]": WHITE})
REPORT = GameReport(4, BLACK, WHITE, "W+R", PLAYED, record="(;B[pd])", idempotency_key="7.sgf")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine() -> str:
    """The database is none of the example's business: one is enough."""
    return "sqlite"


def a_record(black: str, white: str, result: str = "W+R") -> str:
    return f"(;FF[4]GM[1]SZ[19]KM[6.5]PB[{black}]PW[{white}]RE[{result}];B[pd];W[dp])"


def a_file(directory: Path, record: str, *, played_at: datetime = PLAYED, name: str = "table 7.sgf") -> Path:
    file = directory / name
    file.write_text(record, encoding="utf-8")
    os.utime(file, (played_at.timestamp(),) * 2)
    return file


def test_players_and_result_are_read_in_the_record_as_it_escapes_them() -> None:
    record = "(;PB[mossy_stone]PW[Tengu \\[3d\\]]\nRE[W+R]C[PB[nobody\\]];B[pd]C[RE[?\\]])"
    assert properties(record) == {"PB": "mossy_stone", "PW": "Tengu [3d]", "RE": "W+R"}


def test_a_report_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    record = a_record("mossy_stone", "Tengu [3d\\]")
    report = report_of(a_file(tmp_path, record), STATE)
    assert report == GameReport(4, BLACK, WHITE, "W+R", PLAYED, record=record, idempotency_key="table%207.sgf")
    assert report_of(tmp_path / "table 7.sgf", STATE) == report


def test_a_player_without_a_token_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreportable, match="stranger has given this server no token"):
        report_of(a_file(tmp_path, a_record("mossy_stone", "stranger")), STATE)


class APlatform:
    """Answers with each of these in turn, and notes the reports."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.reports: list[bytes] = []
        self._answers = list(answers)

    def client(self) -> Client:
        return Client(
            "https://tengen.example", STATE.credentials, transport=httpx.MockTransport(self._answer), retries=0
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.reports.append(request.content)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


GAME = {
    "id": 9003,
    "server_id": 4,
    "black_id": 71,
    "white_id": 72,
    "players": {"black": {"username": "Mira"}, "white": {"username": "Tova"}},
    "date_played": "2026-03-14T19:05:00",
    "date_reported": "2026-03-14T19:41:22.104233",
    "result": "W+R",
    "handicap": 0,
    "komi": 6.5,
    "rules": "japanese",
    "width": 19,
    "height": 19,
    "ranked": True,
    "rated": True,
    "unrated_reason": None,
    "unrated_text": None,
    "annulled": False,
    "has_record": True,
    "game_url": None,
    "record_warnings": [],
}
LOST = httpx.ReadError("connection lost")
AWAY = httpx.Response(503, headers={"Retry-After": "30"}, json={"detail": "The database is away."})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only where the example sleeps; what it slept."""
    slept: list[float] = []
    monkeypatch.setattr("examples.go_server.time.sleep", slept.append)
    monkeypatch.setattr("examples.go_server.time.monotonic", lambda: sum(slept))
    return slept


def test_a_report_whose_answer_is_lost_is_sent_again_as_it_was(clock: list[float]) -> None:
    platform = APlatform(LOST, AWAY, httpx.Response(201, json=GAME))
    with platform.client() as client:
        assert deliver(client, REPORT, 10 * MINUTE).id == 9003
    assert len(platform.reports) == 3
    assert len(set(platform.reports)) == 1
    assert 0.8 <= clock[0] <= 1.2
    assert clock[1] == 30, "the platform asked for it"


def test_a_refusal_is_not_sent_again(clock: list[float]) -> None:
    refusal = httpx.Response(400, headers={"X-Tengen-Error": "invalid_result"}, json={"detail": "No result."})
    platform = APlatform(refusal)
    with platform.client() as client, pytest.raises(InvalidResult):
        deliver(client, REPORT, MINUTE)
    assert clock == []


@pytest.mark.parametrize(("trouble", "error"), [(LOST, Unreachable), (AWAY, Unavailable)])
def test_patience_ends(clock: list[float], trouble: httpx.Response | Exception, error: type[Exception]) -> None:
    with APlatform(*[trouble] * 20).client() as client, pytest.raises(error):
        deliver(client, REPORT, MINUTE)
    assert 20 < sum(clock) <= 60


# As a process, with a platform as a process.


def the_state_of(club: GoServer, directory: Path) -> Path:
    file = directory / "go-server.json"
    players = {player.name: {"id": player.id, "token": player.token} for player in (club.black, club.white)}
    file.write_text(json.dumps({"server_id": club.id, "secret": club.secret, "players": players}))
    return file


def run(url: str, state: Path, records: Sequence[Path], *options: str) -> tuple[int, str]:
    command: list[Any] = [sys.executable, EXAMPLE, "--platform", url, "--state", state, *options, *records]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_games_are_reported_in_order_of_play_and_once(server: Server, tmp_path: Path) -> None:
    club = a_go_server(server)
    names = (club.black.name, club.white.name)
    later = a_file(tmp_path, a_record(*names), name="8.sgf", played_at=PLAYED + timedelta(hours=1))
    earlier = a_file(tmp_path, a_record(*names, "B+3.5"), name="7.sgf")
    for _ in range(2):
        code, told = run(server.url, the_state_of(club, tmp_path), [later, earlier])
        assert code == 0
        assert told.count("Reported: ") == 2
        assert told.count("You were expected to win") == 4
    with Client(server.url) as client:
        games = client.games(server_id=club.id).games
    assert [(game.result, game.komi, game.played_at) for game in games] == [
        ("W+R", 6.5, PLAYED + timedelta(hours=1)),
        ("B+3.5", 6.5, PLAYED),
    ]


def test_what_the_platform_refuses_or_does_not_answer_is_told(server: Server, tmp_path: Path) -> None:
    club = a_go_server(server)
    state = the_state_of(club, tmp_path)
    file = a_file(tmp_path, a_record(club.black.name, club.white.name, "W+"))
    code, told = run(server.url, state, [file])
    assert (code, "The platform refuses (invalid_result)" in told) == (1, True)
    code, told = run(f"http://127.0.0.1:{free_port()}", state, [file], "--seconds", "0")
    assert (code, "did not answer" in told) == (1, True)
    code, told = run(server.url, tmp_path / "nothing.json", [file])
    assert (code, "The game is not reported" in told) == (1, True)
