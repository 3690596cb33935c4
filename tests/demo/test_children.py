"""No child process outlives the context that started it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tengen.demo import children
from tengen.demo.children import Children, example


@pytest.fixture
def a_program(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a program."""

    def write(code: str) -> Path:
        file = tmp_path / "program.py"
        file.write_text(code)
        return file

    return write


def running(program: Path) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if str(program) in child.cmdline()]


async def until_said(lines: list[str], line: str) -> None:
    async with asyncio.timeout(20):
        while line not in lines:  # noqa: ASYNC110  # another process says it
            await asyncio.sleep(0.01)


WAITS = "import time\nprint('here', flush=True)\ntime.sleep(600)"
IGNORES = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS


@pytest.mark.parametrize("code", [WAITS, IGNORES], ids=["ends when asked", "ignores being asked"])
async def test_a_program_has_ended_when_the_context_is_left(
    a_program: Callable[[str], Path], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_TERM_SECONDS", 0.5)
    program, lines = a_program(code), list[str]()
    async with Children() as started:
        for _ in range(3):
            await started.start("child", program, [], environment={}, on_line=lines.append)
        await until_said(lines, "here")
        assert len(running(program)) == 3
    assert not running(program)


async def test_a_program_has_ended_when_the_context_is_left_by_an_error(a_program: Callable[[str], Path]) -> None:
    program = a_program(WAITS)

    async def start_and_fail() -> None:
        async with Children() as started:
            await started.start("child", program, [], environment={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await start_and_fail()
    assert not running(program)


async def test_a_program_that_fails_is_known_with_its_last_line(a_program: Callable[[str], Path]) -> None:
    lines: list[str] = []
    async with Children() as started:
        program = a_program("import os, sys\nprint('bad \\udcff'.encode(errors='ignore'))\nsys.exit(os.environ['WHY'])")
        await started.start("child", program, [], environment={"WHY": "no reason"}, on_line=lines.append)
        await until_said(lines, "no reason")
        async with asyncio.timeout(20):
            while not started.failed:  # noqa: ASYNC110  # another process ends
                await asyncio.sleep(0.01)
        assert [(child.name, child.last_line) for child in started.failed] == [("child", "no reason")]


def test_the_examples_are_found() -> None:
    assert example("arena_server.py").is_file()
    with pytest.raises(FileNotFoundError, match=r"nothing\.py"):
        example("nothing.py")
