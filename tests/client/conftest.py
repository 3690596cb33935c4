"""Fixtures of the clients in front of a platform that answers what it is told."""

import pytest

from tests.client.fake_platform import Ask, ask_async_client, ask_client


@pytest.fixture(params=[ask_client, ask_async_client], ids=["Client", "AsyncClient"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Calls a method of either client."""
    ask: Ask = request.param
    return ask


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No test waits; what was to be waited is noted."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr("tengen.client.runners.time.sleep", noted.append)
    monkeypatch.setattr("tengen.client.runners.asyncio.sleep", note)
    return noted
