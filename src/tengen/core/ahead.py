"""Reading ahead: what is dealt with in portions is read by a thread while the portion before is being stored."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")

_IN_ONE_GO = 64
"""So many items are read before whoever else wants the interpreter gets it: only one thread has it at a time."""
_PAUSE_SECONDS = 50e-6


class Portions(Generic[T]):
    """Items in portions, of which one may be read ahead."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._reading: asyncio.Future[list[T]] | None = None
        self._is_awaited = False

    def begin(self, size: int) -> None:
        """Let another thread read the next portion from now on, of so many items unless there are fewer.

        This wins time just before the database has long to do, for SQLite works without the interpreter. Where both
        want the interpreter, it only makes them wait for each other.
        """
        if self._reading is None:
            self._reading = asyncio.get_running_loop().run_in_executor(None, self._take, size)

    async def next(self, size: int) -> list[T]:
        """The next portion; of this size, unless it has been begun. Empty behind the last.

        Raises what reading the items raises.
        """
        self.begin(size)
        assert self._reading is not None
        self._is_awaited = True
        taken = await asyncio.shield(self._reading)  # a thread cannot be cancelled: `ended` waits for it
        self._reading, self._is_awaited = None, False
        return taken

    async def ended(self) -> None:
        """Wait until nothing is read any more."""
        if self._reading is not None:
            await asyncio.wait([self._reading])
            self._reading.exception()  # which nobody asks for any more

    def _take(self, size: int) -> list[T]:
        taken: list[T] = []
        while len(taken) < size and (some := list(islice(self._items, min(_IN_ONE_GO, size - len(taken))))):
            taken += some
            if not self._is_awaited:
                time.sleep(_PAUSE_SECONDS)
        return taken


@asynccontextmanager
async def in_portions(items: Iterable[T]) -> AsyncIterator[Portions[T]]:
    """The items, to be had in portions. None is read any more once the context is left."""
    portions = Portions(items)
    try:
        yield portions
    finally:
        await portions.ended()
