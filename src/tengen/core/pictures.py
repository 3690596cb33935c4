"""Drawings as pictures in PNG: painted in child processes, one after the other, and kept for those who ask next."""

import asyncio
import hashlib
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from tengen.core.errors import TooManyRequests, Unavailable

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-I", "-m", "tengen.core.painting")
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
    """Paints drawings. One a process."""

    def __init__(self, *, command: Sequence[str] = COMMAND, kept_bytes: int = MAX_KEPT_BYTES) -> None:
        self._command = command
        self._room = kept_bytes
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[bytes]] = {}
        self._turn = asyncio.Lock()

    async def png(self, svg: str) -> bytes:
        """The drawing in pixels.

        Those who ask for the same at once share it. Raises `TooManyPictures` and `PictureFailed`.
        """
        content = svg.encode()
        key = hashlib.blake2b(content, digest_size=16).digest()  # drawings are large, and many are kept
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= MAX_WAITING:
                raise TooManyPictures("Too many pictures wait to be painted: try again.", retry_after=_RETRY_AFTER)
            task = self._under_way[key] = asyncio.create_task(self._paint(key, content))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Who goes away takes nothing from the others who wait for the same.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Paint nothing more."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _paint(self, key: bytes, svg: bytes) -> bytes:
        async with self._turn:
            png = await self._run(svg)
        self._keep(key, png)
        return png

    def _keep(self, key: bytes, png: bytes) -> None:
        self._kept[key] = png
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
