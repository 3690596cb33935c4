"""Who proposes the dead stones: a child process that computes beside the server, and is kept for the next board."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from tengen.play.judging import marking_in, question

if TYPE_CHECKING:
    from tengen.go.board import Board
    from tengen.go.points import Point

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-I", "-m", "tengen.play.judging")
"""`-I`, so that neither the environment nor the directory decides what it imports."""
START_SECONDS = 180.0
"""Until it must be ready: compiling takes half a minute on a machine that does nothing else."""
PATIENCE_SECONDS = 20.0
"""Until a board is given up."""
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "HOME")


class Estimator:
    """Proposes what is to be marked when both have passed. One a process."""

    def __init__(self, cache: Path, *, command: Sequence[str] = COMMAND) -> None:
        """`cache`: a directory for compiled code, where it cannot be kept beside the source."""
        self._cache = cache
        self._command = command
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None

    async def marking_of(self, board: "Board", *, seed: int) -> "frozenset[Point]":
        """Dead stones, and the points that count for nobody; nothing, if that cannot be found out.

        The same for the same board and seed. Boards are looked at one after the other, in about 0.2 s each.
        """
        async with self._turn:
            try:
                answer = await self._asked(question(board, seed))
            except (OSError, TimeoutError, ValueError) as error:
                log.warning("no_dead_stones_proposed", error=repr(error))
                await self._end()
                return frozenset()
        return marking_in(answer, board.size)

    def warm_up(self) -> None:
        """Let the child get ready in the background: a game is being played, which will be counted some time."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._get_ready())

    async def close(self) -> None:
        """End the child."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await self._end()

    async def _get_ready(self) -> None:
        async with self._turn:
            try:
                await self._ready_child()
            except (OSError, TimeoutError, ValueError) as error:
                log.warning("estimator_not_ready", error=repr(error))
                await self._end()

    async def _asked(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        child = await self._ready_child()
        assert child.stdin is not None
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        await child.stdin.drain()
        return await _line(child, PATIENCE_SECONDS)

    async def _ready_child(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            if not os.access(Path(__file__).parent, os.W_OK):
                environment["NUMBA_CACHE_DIR"] = str(self._cache)
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # who interrupts the server from a terminal does not mean its children
            )
            await _line(self._child, START_SECONDS)
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


async def _line(child: asyncio.subprocess.Process, seconds: float) -> dict[str, Any]:
    """The child's next line. Raises `TimeoutError`, and `ValueError` if it has ended instead."""
    assert child.stdout is not None
    async with asyncio.timeout(seconds):
        line = await child.stdout.readline()
    read: dict[str, Any] = json.loads(line)
    return read
