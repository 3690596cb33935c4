"""A pool of the real children, for all tests that only read."""

from collections.abc import AsyncIterator

import pytest

from tengen.tournaments.replays.pool import ParserPool


@pytest.fixture
async def parsers() -> AsyncIterator[ParserPool]:
    """One child at work, one more in reserve."""
    pool = ParserPool(1)
    await pool.start()
    yield pool
    await pool.close()
