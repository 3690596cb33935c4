"""Reading ahead of what is dealt with."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.ahead import in_portions

_PATIENCE_SECONDS = 10.0


async def portions_of(items: Iterable[Any], sizes: Iterable[int], *, ahead: bool) -> list[list[Any]]:
    found = []
    async with in_portions(items) as portions:
        for size in sizes:
            found.append(await portions.next(size))
            if ahead:
                portions.begin(1)
    return found


@given(st.lists(st.integers(), max_size=300), st.lists(st.integers(1, 130), min_size=1, max_size=9), st.booleans())
def test_the_portions_are_the_items_in_their_order(items: list[int], sizes: list[int], ahead: bool) -> None:
    found = asyncio.run(portions_of(items, sizes, ahead=ahead))
    read = [sizes[0], *[1 for _ in sizes[1:]]] if ahead else sizes
    rest = iter(items)
    assert found == [list(islice(rest, size)) for size in read]


async def test_one_portion_is_read_from_when_it_is_begun_and_no_more() -> None:
    read: list[int] = []
    has_read = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(9):
            read.append(number)
            if number == 5:
                has_read.set()
            yield number

    async with in_portions(numbers()) as portions:
        assert await portions.next(3) == [0, 1, 2]
        assert read == [0, 1, 2]
        portions.begin(3)
        portions.begin(3)
        assert has_read.wait(_PATIENCE_SECONDS)  # as the database keeps the event loop to itself
        assert await portions.next(3) == [3, 4, 5]
        assert read == [0, 1, 2, 3, 4, 5]


async def test_an_error_comes_when_the_portion_is_asked_for_that_it_is_in() -> None:
    def numbers() -> Iterator[int]:
        yield from (1, 2, 3)
        raise OSError("the disk is gone")

    async with in_portions(numbers()) as portions:
        assert await portions.next(2) == [1, 2]
        portions.begin(2)
        with pytest.raises(OSError, match="disk is gone"):
            await portions.next(2)


@pytest.mark.parametrize("end", ["left", "failed", "cancelled"])
async def test_nothing_is_read_any_more_once_it_is_left(end: str) -> None:
    begun, may_go_on = threading.Event(), threading.Event()
    under_way = [False]

    def numbers() -> Iterator[int]:
        yield 1
        under_way[0] = True
        begun.set()
        may_go_on.wait(_PATIENCE_SECONDS)
        under_way[0] = False
        raise OSError("the disk is gone")

    async def deal() -> None:
        async with in_portions(numbers()) as portions:
            await portions.next(1)
            portions.begin(1)
            assert begun.wait(_PATIENCE_SECONDS)
            asyncio.get_running_loop().call_later(0.05, may_go_on.set)
            if end == "failed":
                raise ValueError("no room")
            if end == "cancelled":
                asyncio.get_running_loop().call_soon(dealing.cancel)
                await portions.next(1)

    dealing = asyncio.ensure_future(deal())
    await asyncio.wait([dealing])
    assert not under_way[0]
    match end:
        case "left":
            assert dealing.exception() is None
        case "failed":
            assert isinstance(dealing.exception(), ValueError)
        case _:
            assert dealing.cancelled()
