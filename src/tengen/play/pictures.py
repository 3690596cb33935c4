"""Pictures of positions in PNG: painted in child processes, one after the other, and kept for those who ask next."""

import asyncio
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from tengen.core.errors import TooManyRequests, Unavailable
from tengen.play.drawing import Diagram, svg_of

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-I", "-m", "tengen.play.painting")
"""What paints one: `-I`, so that neither the environment nor the directory decides what it imports."""
MAX_WAITING = 64
"""Pictures that wait to be painted; each takes a tenth of a second."""
MAX_KEPT_BYTES = 16 * 1024**2
"""Of pictures that are kept: some hundreds."""
PATIENCE_SECONDS = 20.0
"""Until a picture is given up."""
_RETRY_AFTER = timedelta(seconds=5)
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH")
"""What painters get of the environment. They have no use for the secrets in it."""


class TooManyPictures(TooManyRequests):
    """More pictures wait to be painted than may; later there will be room."""

    code = "too_many_pictures"


class PictureFailed(Unavailable):
    """The picture could not be painted."""

    code = "picture_failed"


class Pictures:
    """Paints positions. One a process."""

    def __init__(self, *, command: Sequence[str] = COMMAND, kept_bytes: int = MAX_KEPT_BYTES) -> None:
        self._command = command
        self._room = kept_bytes
        self._kept: OrderedDict[Diagram, bytes] = OrderedDict()
        self._under_way: dict[Diagram, asyncio.Task[bytes]] = {}
        self._turn = asyncio.Lock()

    async def png(self, diagram: Diagram) -> bytes:
        """The position without coordinates, `LINE_SPACING` pixels a line.

        Those who ask for the same at once share it. Raises `TooManyPictures` and `PictureFailed`.
        """
        known = self._kept.get(diagram)
        if known is not None:
            self._kept.move_to_end(diagram)
            return known
        task = self._under_way.get(diagram)
        if task is None:
            if len(self._under_way) >= MAX_WAITING:
                raise TooManyPictures("Too many pictures wait to be painted: try again.", retry_after=_RETRY_AFTER)
            task = self._under_way[diagram] = asyncio.create_task(self._paint(diagram))
            task.add_done_callback(lambda _: self._under_way.pop(diagram, None))
        # Who goes away takes nothing from the others who wait for the same.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Paint nothing more."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _paint(self, diagram: Diagram) -> bytes:
        async with self._turn:
            png = await self._run(svg_of(diagram, title="", with_coordinates=False).encode())
        self._keep(diagram, png)
        return png

    def _keep(self, diagram: Diagram, png: bytes) -> None:
        self._kept[diagram] = png
        self._room -= len(png)
        while self._room < 0:
            _, oldest = self._kept.popitem(last=False)
            self._room += len(oldest)

    async def _run(self, svg: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # who interrupts the server from a terminal does not mean its children
            )
        except OSError as error:
            raise _failed(repr(error)) from error
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                png, _ = await process.communicate(svg)
        except TimeoutError as error:
            raise _failed("timeout") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0 or not png:
            raise _failed(f"exit code {process.returncode}")
        return png


def _failed(reason: str) -> PictureFailed:
    log.warning("picture_not_painted", reason=reason)
    return PictureFailed("The picture cannot be painted now: try again later.")
