"""Batches: every requester gets an answer of its own, from a look that began after it asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.batch import Batcher


async def test_requests_of_one_moment_share_one_call() -> None:
    calls: list[Sequence[int]] = []

    async def load(keys: Sequence[int]) -> dict[int, str]:
        calls.append(keys)
        return {key: str(key) for key in keys}

    batcher = Batcher(load)
    answers = await asyncio.gather(*(batcher.get(key) for key in (1, 2, 1, 3)))

    assert answers == ["1", "2", "1", "3"]
    assert calls == [[1, 2, 3]]


async def test_a_batch_can_be_waited_for_that_its_requesters_have_given_up() -> None:
    calls: list[Sequence[int]] = []

    async def load(keys: Sequence[int]) -> dict[int, int]:
        await turns(5)
        calls.append(keys)
        return {}

    batcher = Batcher(load)
    await batcher.finish()  # there is none
    for start in (1, 4):  # before the call, and in the middle of it
        request = asyncio.create_task(batcher.get(start))
        await turns(start)
        request.cancel()
        await batcher.finish()
    assert calls == [[1], [4]]


async def test_so_many_as_are_enough_are_waited_for() -> None:
    calls: list[Sequence[int]] = []

    async def load(keys: Sequence[int]) -> dict[int, int]:
        calls.append(keys)
        return {}

    batcher = Batcher(load, enough=lambda: 3, patience=600)
    await asyncio.gather(*(ask(batcher, Request(key, start=10 * key, patience=None)) for key in range(6)))
    assert calls == [[0, 1, 2], [3, 4, 5]]


async def test_what_is_never_enough_is_waited_for_no_longer_than_there_is_patience() -> None:
    async def load(keys: Sequence[int]) -> dict[int, int]:
        return {key: key for key in keys}

    batcher = Batcher(load, enough=lambda: 3, patience=0.01)
    assert await batcher.get(1) == 1
    assert await batcher.get(2) == 2


async def test_a_key_without_an_answer_gives_none() -> None:
    async def load(keys: Sequence[int]) -> dict[int, str]:
        return {}

    assert await Batcher(load).get(1) is None


async def test_whoever_asks_during_a_call_is_answered_by_a_later_one() -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    version = 0

    async def load(keys: Sequence[str]) -> dict[str, int]:
        seen = version
        began.set()
        await may_end.wait()
        return dict.fromkeys(keys, seen)

    batcher = Batcher(load)
    early = asyncio.create_task(batcher.get("key"))
    await began.wait()
    version = 1
    late = asyncio.create_task(batcher.get("key"))
    await asyncio.sleep(0)
    may_end.set()

    assert (await early, await late) == (0, 1)


async def test_an_error_reaches_everybody_in_its_batch_and_nobody_after() -> None:
    failures = iter([LookupError("away")])

    async def load(keys: Sequence[int]) -> dict[int, int]:
        if error := next(failures, None):
            raise error
        return {key: key for key in keys}

    batcher = Batcher(load)
    answers = await asyncio.gather(batcher.get(1), batcher.get(2), return_exceptions=True)

    assert [str(answer) for answer in answers] == ["away", "away"]
    assert await batcher.get(1) == 1


async def test_a_requester_that_gives_up_leaves_the_others_their_answer() -> None:
    async def load(keys: Sequence[int]) -> dict[int, int]:
        await asyncio.sleep(0)
        return {key: key for key in keys}

    batcher = Batcher(load)
    impatient = asyncio.create_task(batcher.get(1))
    patient = asyncio.create_task(batcher.get(1))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await patient == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_if_the_call_is_cancelled_nobody_waits_for_ever() -> None:
    async def load(keys: Sequence[int]) -> dict[int, int]:
        raise asyncio.CancelledError

    batcher = Batcher(load)
    for _ in range(2):
        requests = [asyncio.create_task(batcher.get(key)) for key in range(3)]
        answered, _waiting = await asyncio.wait(requests, timeout=1)
        assert len(answered) == 3
        assert all(request.cancelled() for request in answered)


async def test_batches_are_bounded() -> None:
    sizes: list[int] = []

    async def load(keys: Sequence[int]) -> dict[int, int]:
        sizes.append(len(keys))
        return {key: -key for key in keys}

    batcher = Batcher(load, largest=4)
    answers = await asyncio.gather(*(batcher.get(key) for key in range(10)))

    assert answers == [-key for key in range(10)]
    assert sizes == [4, 4, 2]


class Gate:
    """Notes who is asked for, and answers only when it is opened."""

    def __init__(self) -> None:
        self.calls: list[Sequence[int]] = []
        self.open = asyncio.Event()

    async def load(self, keys: Sequence[int]) -> dict[int, int]:
        self.calls.append(keys)
        await self.open.wait()
        return {key: -key for key in keys}


async def test_when_enough_wait_a_second_batch_is_run_beside_the_first_and_no_third() -> None:
    gate = Gate()
    batcher = Batcher(gate.load, beside=3)
    requests = [asyncio.create_task(ask(batcher, Request(key, start=4 * key, patience=None))) for key in range(8)]
    await turns(40)
    assert gate.calls == [[0], [1, 2, 3]]
    gate.open.set()
    assert await asyncio.gather(*requests) == [-key for key in range(8)]
    assert [key for call in gate.calls for key in call] == list(range(8))


async def test_both_batches_can_be_waited_for() -> None:
    gate = Gate()
    batcher = Batcher(gate.load, beside=1)
    requests = [asyncio.create_task(ask(batcher, Request(key, start=4 * key, patience=None))) for key in range(2)]
    await turns(10)
    assert gate.calls == [[0], [1]]
    finished = asyncio.create_task(batcher.finish())
    await turns(5)
    assert not finished.done()
    gate.open.set()
    await finished
    assert [request.result() for request in requests] == [0, -1]


async def test_no_second_batch_is_run_unless_that_was_wanted() -> None:
    gate = Gate()
    batcher = Batcher(gate.load)
    requests = [asyncio.create_task(ask(batcher, Request(key, start=4 * key, patience=None))) for key in range(8)]
    await turns(40)
    assert gate.calls == [[0]]
    gate.open.set()
    await asyncio.gather(*requests)
    assert gate.calls == [[0], list(range(1, 8))]


@dataclass(frozen=True)
class Request:
    """A request for a key, `start` turns of the loop from now, given up so many turns later, or never."""

    key: int
    start: int
    patience: int | None


class Source:
    """Answers ten times the key, and None for 5; slowly, with some calls that fail."""

    def __init__(self, *, largest: int, slowness: int, failing: set[int]) -> None:
        self._largest = largest
        self._slowness = slowness
        self._failing = failing
        self._calls = 0

    async def load(self, keys: Sequence[int]) -> dict[int, int]:
        call, self._calls = self._calls, self._calls + 1
        assert 0 < len(keys) == len(set(keys)) <= self._largest
        await turns(self._slowness)
        if call in self._failing:
            raise LookupError(call)
        return {key: key * 10 for key in keys if key != 5}

    def might_answer(self, request: Request, answer: object) -> bool:
        """Whether the request may have got this answer."""
        if isinstance(answer, asyncio.CancelledError):
            return request.patience is not None
        if isinstance(answer, LookupError):
            return answer.args[0] in self._failing
        return answer == (None if request.key == 5 else request.key * 10)


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def ask(batcher: Batcher[int, int], request: Request) -> int | None:
    await turns(request.start)
    return await batcher.get(request.key)


@given(
    requests=st.lists(
        st.builds(Request, st.integers(0, 5), st.integers(0, 4), st.none() | st.integers(0, 4)), max_size=30
    ),
    largest=st.integers(1, 4),
    slowness=st.integers(0, 3),
    failing=st.sets(st.integers(0, 8)),
    enough=st.integers(0, 4),
    beside=st.none() | st.integers(1, 4),
)
def test_whatever_happens_every_requester_is_answered(
    requests: list[Request], largest: int, slowness: int, failing: set[int], enough: int, beside: int | None
) -> None:
    async def scenario() -> None:
        source = Source(largest=largest, slowness=slowness, failing=failing)
        batcher = Batcher(source.load, largest=largest, enough=lambda: enough, patience=0.001, beside=beside)
        tasks = [asyncio.create_task(ask(batcher, request)) for request in requests]
        for task, request in zip(tasks, requests, strict=True):
            if request.patience is not None:
                await turns(request.start + request.patience)
                task.cancel()
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(source.might_answer(*pair) for pair in zip(requests, answers, strict=True))

    asyncio.run(scenario())
