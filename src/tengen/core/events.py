"""News that goes upward: a feature announces what happened, and `tengen.listeners` says who listens.

A listener acts either *together* with the change, in its transaction (what must be true together), or *later*,
through the outbox (what follows from it), at least once and surviving a crash.
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from tengen.core import outbox

if TYPE_CHECKING:
    from tengen.core.database import Transaction
    from tengen.core.security import Sealer


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, in the past tense. Fields are values that JSON has.

    `is_secret`: the payload is sealed while it waits in the outbox.
    """

    is_secret: ClassVar[bool] = False


E = TypeVar("E", bound=Event)
Together = Callable[["Transaction", Any], Awaitable[None]]
Later = Callable[[Any], Awaitable[None]]


class Events:
    """Who listens to what. Filled once, by `tengen.listeners`; then only read."""

    def __init__(self, sealer: "Sealer") -> None:
        self._sealer = sealer
        self._fill: Callable[[], None] | None = None
        self._together: dict[type[Event], list[Together]] = defaultdict(list)
        self._consumers: dict[str, tuple[type[Event], Later]] = {}

    def together(self, kind: type[E], listener: Callable[["Transaction", E], Awaitable[None]]) -> None:
        """`listener` acts in the transaction that announces `kind`; if it raises, nothing has happened."""
        self._together[kind].append(listener)

    def later(self, kind: type[E], consumer: str, listener: Callable[[E], Awaitable[None]]) -> None:
        """`listener` is called after the commit, until it succeeds. `consumer` names it in stored rows: keep it."""
        if consumer in self._consumers:
            raise ValueError(f"two consumers are called {consumer!r}")
        self._consumers[consumer] = (kind, listener)

    def fill_when_needed(self, fill: Callable[[], None]) -> None:
        """Let `fill` name the listeners once there is something to hear, for who may have nothing to announce."""
        self._fill = fill

    async def announce(self, transaction: "Transaction", event: Event) -> None:
        """Let the listeners of this kind of event act, or write down that they will."""
        self._filled()
        for listener in self._together[type(event)]:
            await listener(transaction, event)
        for consumer, (kind, _) in self._consumers.items():
            if kind is type(event):
                payload = json.dumps(asdict(event))
                if event.is_secret:
                    payload = self._sealer.seal(payload.encode())
                await outbox.put(transaction, consumer, payload)

    async def deliver(self, consumer: str, payload: str) -> None:
        """Hand a stored event to its consumer. Raises what it raises, and `LookupError` if nobody has that name."""
        self._filled()
        kind, listener = self._consumers[consumer]
        if kind.is_secret:
            payload = self._sealer.open_(payload).decode()
        await listener(kind(**json.loads(payload)))

    def _filled(self) -> None:
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill()
