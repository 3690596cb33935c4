"""Waiting for what happens in its own time."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(is_so: Callable[[], bool | Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Return once `is_so()` is true. Raises `TimeoutError` if that takes too long."""
    async with asyncio.timeout(seconds):
        while True:
            answer = is_so()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.005)
