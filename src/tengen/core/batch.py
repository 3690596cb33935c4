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
    seconds. `beside`: if so many wait while a batch is under way, a second one is run beside it; None: never.
    """

    def __init__(
        self,
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        *,
        largest: int = 200,
        enough: Callable[[], int] = lambda: 1,
        patience: float = 0,
        beside: int | None = None,
    ) -> None:
        self._load = load
        self._largest = largest
        self._enough = enough
        self._patience = patience
        self._beside = beside
        self._is_enough = asyncio.Event()
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._second: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The value of `key`, as it is at some moment after this call. Raises what `load` raises."""
        # A future for each requester: one that gives up must not take the answer from the others with the same key.
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if len(self._waiting) >= self._enough():
            self._is_enough.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        elif self._second is None and self._is_worth_a_second():
            self._second = asyncio.create_task(self._run_second())
        return await future

    async def finish(self) -> None:
        """Wait for what is under way, whether its requesters still do or not."""
        await asyncio.gather(*(task for task in (self._task, self._second) if task is not None))

    def _is_worth_a_second(self) -> bool:
        return self._beside is not None and len(self._waiting) >= self._beside

    async def _gather(self) -> None:
        await asyncio.sleep(0)  # let this turn's other requests join
        if len(self._waiting) < self._enough():
            self._is_enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._is_enough.wait()

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                await self._answer_some()
        finally:
            self._task = None
            _give_up(chain.from_iterable(self._waiting.values()))  # there are some only if this task was cancelled
            self._waiting.clear()

    async def _run_second(self) -> None:
        try:
            while self._is_worth_a_second():
                await self._answer_some()
        finally:
            self._second = None

    async def _answer_some(self) -> None:
        """Answer those who have waited longest; there may be none, if the other batch has taken them."""
        keys = list(self._waiting)[: self._largest]
        batch = {key: self._waiting.pop(key) for key in keys}
        if not batch:
            return
        try:
            found = await self._load(keys)
        except Exception as error:
            _answer(chain.from_iterable(batch.values()), error=error)
        else:
            for key, futures in batch.items():
                _answer(futures, found.get(key))
        finally:
            _give_up(chain.from_iterable(batch.values()))


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


def _give_up(futures: Iterable["asyncio.Future[V | None]"]) -> None:
    for future in futures:
        future.cancel()  # of no effect on those that are answered
