"""Two accounts play a game by the example, on a platform as a process."""

import os
import re
import subprocess
import sys
from pathlib import Path

from examples.play_go import choose, is_eye

from tengen.go.board import Board
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import JAPANESE
from tests.support.builders import a_verified_user
from tests.support.server import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "play_go.py"
SMALL = Size.of(5)


def run(server: Server, *arguments: str, passwords: str | None) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PLAY_PASSWORDS"}
    return subprocess.run(
        [sys.executable, str(EXAMPLE), "--platform", server.url, *arguments],
        env=inherited | ({} if passwords is None else {"PLAY_PASSWORDS": passwords}),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_two_accounts_play_until_both_pass_and_agree_on_the_score(server: Server, tmp_path: Path) -> None:
    black, white = a_verified_user(server), a_verified_user(server)
    record = tmp_path / "game.sgf"
    accounts = ["--black", black.email, "--white", white.email]
    played = run(
        server, *accounts, "--moves", "12", "--record", str(record), passwords=f"{black.password}:{white.password}"
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count(" plays pass.") == 2
    ended = re.search(r"(Black|White) wins game (\d+): (\d+\.5) points\.", played.stdout)
    assert ended is not None, played.stdout
    game = server.get(f"/api/v1/games/{ended[2]}").json()
    assert game["outcome"] == f"{ended[3]} points"
    assert game["result"] == f"{ended[1][0]}+{ended[3]}"
    assert len(game["gamedata"]["moves"]) == 14
    assert f"RE[{game['result']}]" in record.read_text()


def test_a_refusal_is_told(server: Server) -> None:
    white = a_verified_user(server)
    accounts = ["--black", "nobody@tengen.example", "--white", white.email]
    refused = run(server, *accounts, passwords=f"wrong:{white.password}")
    assert refused.returncode == 1
    assert "The platform refuses: " in refused.stdout


def test_the_passwords_come_from_the_environment(server: Server) -> None:
    refused = run(server, "--black", "a", "--white", "b", passwords=None)
    assert refused.returncode == 2
    assert "PLAY_PASSWORDS" in refused.stderr


def test_no_eye_is_filled_and_who_has_nothing_else_to_play_passes() -> None:
    board = Board(SMALL, JAPANESE)
    eyes = {Point(0, 0), Point(4, 4)}
    board.setup(black=[point for point in SMALL.points() if point not in eyes])
    assert is_eye(board, Color.BLACK, Point(0, 0))
    assert not is_eye(board, Color.WHITE, Point(0, 0))
    assert choose(board, Color.BLACK, moves_left=10) is None


def test_a_game_that_is_long_enough_ends() -> None:
    board = Board(SMALL, JAPANESE)
    assert choose(board, Color.BLACK, moves_left=0) is None
    assert choose(board, Color.BLACK, moves_left=1) is not None
