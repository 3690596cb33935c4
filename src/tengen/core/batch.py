"""Many small requests, one statement.

Requests that arrive together want the same kind of row. A `Batcher` gathers their keys for one turn of the event loop
and as long as the previous batch is under way, and runs one function for all: under load a statement is shared by
dozens of requests, at rest nobody waits. Unlike a cache it never answers from the past: a batch starts after its last
key was asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Batcher(Generic[K, V]):
    """Answers `get(key)` from one call of `load(keys)` for many keys. Keys without an answer give None.

    `enough`: how many keys are worth a batch at the moment. So many are waited for, but not for more than `patience`
    seconds.
    """

    def __init__(
        self,
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        *,
        largest: int = 200,
        enough: Callable[[], int] = lambda: 1,
        patience: float = 0,
    ) -> None:
        self._load = load
        self._largest = largest
        self._enough = enough
        self._patience = patience
        self._is_enough = asyncio.Event()
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The value of `key`, as it is at some moment after this call. Raises what `load` raises."""
        # A future for each requester: one that gives up must not take the answer from the others with the same key.
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if len(self._waiting) >= self._enough():
            self._is_enough.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def finish(self) -> None:
        """Wait for what is under way, whether its requesters still do or not."""
        if self._task is not None:
            await self._task

    async def _gather(self) -> None:
        await asyncio.sleep(0)  # let this turn's other requests join
        if len(self._waiting) < self._enough():
            self._is_enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._is_enough.wait()

    async def _run(self) -> None:
        batch: dict[K, list[asyncio.Future[V | None]]] = {}
        try:
            while self._waiting:
                await self._gather()
                keys = list(self._waiting)[: self._largest]
                batch = {key: self._waiting.pop(key) for key in keys}
                try:
                    found = await self._load(keys)
                except Exception as error:
                    _answer(chain.from_iterable(batch.values()), error=error)
                else:
                    for key, futures in batch.items():
                        _answer(futures, found.get(key))
        finally:
            self._task = None
            for future in chain.from_iterable([*batch.values(), *self._waiting.values()]):
                future.cancel()  # of no effect on answered ones; the others are left only if this task was cancelled
            self._waiting.clear()


def _answer(
    futures: Iterable["asyncio.Future[V | None]"], value: V | None = None, *, error: Exception | None = None
) -> None:
    for future in futures:
        if future.done():
            continue  # its requester has given up
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
