"""Who proposes the dead stones: a child process, which is started when it is needed, and again if it has died."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tengen.go.board import Board
from tengen.go.points import Point
from tengen.go.rulesets import JAPANESE
from tengen.play.estimator import Estimator
from tests.play.builders import SMALL, points
from tests.support.waiting import until

_JUDGE = "tengen.play.judging"
WALLS = "D1 D2 D3 D4 D5 D6 D7 D8 D9", "E1 E2 E3 E4 E5 E6 E7 E8 E9"


def a_board(*, black: str, white: str) -> Board:
    board = Board(SMALL, JAPANESE)
    board.setup(black=points(black), white=points(white))
    return board


@pytest.fixture
async def estimator(tmp_path: Path) -> AsyncIterator[Estimator]:
    """One with a child of its own."""
    estimator = Estimator(tmp_path)
    yield estimator
    await estimator.close()


async def test_a_lost_stone_is_proposed_and_a_settled_board_is_left_alone(estimator: Estimator) -> None:
    black, white = WALLS
    assert await estimator.marking_of(a_board(black=black, white=f"{white} B5"), seed=1) == points("B5")
    assert await estimator.marking_of(a_board(black=black, white=white), seed=1) == frozenset()


async def test_a_child_that_died_is_replaced(estimator: Estimator) -> None:
    black, white = WALLS
    board = a_board(black=f"{black} H3", white=white)
    assert await estimator.marking_of(board, seed=1) == points("H3")
    for child in _children():
        os.kill(child, signal.SIGKILL)
    await until(lambda: not _children())
    await estimator.marking_of(board, seed=1)
    assert await estimator.marking_of(board, seed=1) == points("H3")


async def test_nothing_is_proposed_by_a_program_that_fails(tmp_path: Path) -> None:
    for command in ([sys.executable, "-c", "raise SystemExit(3)"], ["/no/such/program"]):
        estimator = Estimator(tmp_path, command=command)
        estimator.warm_up()
        assert await estimator.marking_of(a_board(black="D4", white="E5"), seed=1) == frozenset[Point]()
        await estimator.close()


async def test_it_gets_ready_before_it_is_asked(estimator: Estimator) -> None:
    estimator.warm_up()
    estimator.warm_up()
    await until(lambda: len(_children()) == 1)


async def test_closing_ends_the_child(tmp_path: Path) -> None:
    estimator = Estimator(tmp_path)
    estimator.warm_up()
    await until(lambda: len(_children()) == 1)
    await estimator.close()
    await until(lambda: not _children())


def _children() -> list[int]:
    """The processes that judge, of this one."""
    children = psutil.Process().children()
    return [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE and _JUDGE in child.cmdline()]
