"""Connected clients without a network: what they are sent is kept, to be looked at."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from tengen.realtime.clients import Client, Identity, Outgoing
from tengen.realtime.commands import Answer, Commands
from tengen.realtime.messages import encode


def _frame(event: str, payload: Any) -> bytes:
    return encode([event, payload])


class _Kept:
    """A connection to nowhere."""

    def __init__(self) -> None:
        self.is_writable = True
        self.on_writable: Callable[[], None] = lambda: None
        self.on_round_trip: Callable[[float], None] = lambda _seconds: None
        self.frames: list[bytes] = []
        self.has_written = asyncio.Event()
        self.closed_with: int | None = None

    def write(self, frames: Sequence[bytes]) -> None:
        self.frames += frames
        self.has_written.set()

    def end(self, code: int, _reason: str) -> None:
        self.closed_with = code

    def cut(self) -> None:
        self.closed_with = 1006


class Listener:
    """A client, what it says and what it hears."""

    def __init__(self, commands: Commands | None = None, *, identity: Identity | None = None) -> None:
        self._link = _Kept()
        self._commands = commands or Commands()
        self.client = Client("listener", _frame, Outgoing(self._link))
        self.client.identity = identity

    @property
    def closed_with(self) -> int | None:
        """The code with which the platform has closed the connection; None while it is open."""
        return self._link.closed_with

    async def say(self, name: str, payload: Any = None) -> Answer:
        """Send a command; returns how it ended."""
        return await self._commands.carry_out(self.client, name, payload)

    async def heard(self, count: int | None = None) -> list[tuple[str, Any]]:
        """What it was sent since the last call: events with their payloads. Waits until there are `count` of them."""
        async with asyncio.timeout(10):
            for _ in range(10):  # whatever is under way ends, if nothing holds it up
                await asyncio.sleep(0)
            while count is not None and len(self._link.frames) < count:
                self._link.has_written.clear()
                await self._link.has_written.wait()
        frames, self._link.frames = self._link.frames, []
        return [(event, payload) for event, payload in map(json.loads, frames)]

    def leave(self) -> None:
        """Disconnect."""
        self.client.leave()
