"""Connected clients, whatever transport they speak."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from tengen.core.errors import TengenError
from tengen.core.metrics import SOCKETS_CUT

if TYPE_CHECKING:
    from tengen.realtime.hub import Subscription
    from tengen.realtime.link import Link
    from tengen.realtime.messages import Json

log = structlog.get_logger(__name__)

T = TypeVar("T")

Encoder = Callable[[str, "Json"], bytes]
"""A transport's form of an event: its name and its payload, as one frame."""

MOST_FRAMES = 512
"""Frames that may wait for a client that does not read."""
MOST_BYTES = 1_048_576
"""Bytes that may wait for it. One frame alone may be larger."""
_MANY_FRAMES, _MANY_BYTES = 64, 65_536
"""From here on frames do not wait for others to be written with."""
MOST_LAG = timedelta(seconds=2)
"""A client that takes longer to answer a ping is counted as if it took this long."""
_WEIGHT_OF_NEWEST = 0.25
"""Of the newest ping, in the mean that the lag is."""
MOST_SUBSCRIPTIONS = 1_000
"""Of one client. Bots watch many games at once, but not all."""

# Codes of WebSocket's close frame. 1014 and 1015 would keep some clients from ever coming again.
POLICY = 1008
RESTART = 1012
TRY_AGAIN = 1013


class TooManySubscriptions(TengenError):
    """The client follows as much as one may."""

    code, status = "too_many_subscriptions", 429


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a client is, once it has said so and it was true."""

    account_id: int
    player_id: int
    """Of the account's player on this platform."""
    name: str


class Push:
    """An event for many clients, encoded once for all that speak the same transport."""

    __slots__ = ("_encoded", "event", "payload")

    def __init__(self, event: str, payload: "Json") -> None:
        self.event = event
        self.payload = payload
        self._encoded: dict[Encoder, bytes] = {}

    def encoded(self, encode: Encoder) -> bytes:
        """The event as `encode` writes it."""
        frame = self._encoded.get(encode)
        if frame is None:
            frame = self._encoded[encode] = encode(self.event, self.payload)
        return frame


_last: tuple[object, Push] | None = None
"""The message that was forwarded last, and its form for all clients."""


class Subscriptions:
    """What one client follows: each under a name, mostly that of its topic. They end when the client leaves."""

    def __init__(self) -> None:
        self._by_name: dict[str, Subscription] = {}
        self._is_over = False

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._by_name))

    def add(self, name: str, subscription: "Subscription") -> None:
        """Keep it under this name; one that has the name already ends. Raises `TooManySubscriptions`."""
        self.end(name)
        if self._is_over:  # a handler was still busy when its client left
            subscription.end()
            return
        if len(self._by_name) >= MOST_SUBSCRIPTIONS:
            subscription.end()
            raise TooManySubscriptions(f"You follow {MOST_SUBSCRIPTIONS} at once, which is as many as may be.")
        self._by_name[name] = subscription

    def end(self, name: str) -> None:
        """End the one of this name, if there is one."""
        subscription = self._by_name.pop(name, None)
        if subscription is not None:
            subscription.end()

    def end_all(self) -> None:
        """End all, and whatever is added from now on."""
        self._is_over = True
        for name in self:
            self.end(name)


class Client:
    """One connected socket. `send` and `push` never wait: a client that does not read is let go when its queue is full,
    comes again, and gets the whole state then.
    """

    def __init__(self, client_id: str, encode: Encoder, outgoing: "Outgoing", *, address: str = "unknown") -> None:
        """`address`: where it comes from, as limits count it."""
        self.id = client_id
        self.address = address
        self.lag = timedelta(0)
        """Of one way, as measured by this server from its own pings; 0 while unknown."""
        self.subscriptions = Subscriptions()
        self.is_gone = False
        self.on_identity: Callable[[Identity | None, Identity | None], None] = lambda _before, _now: None
        """Called with the identity before and the one now, whenever it changes."""
        self._identity: Identity | None = None
        self._was_measured = False
        self._encode = encode
        self._outgoing = outgoing
        self._kept: dict[type[Any], Any] = {}
        self._goodbyes: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        who = self.identity.name if self.identity else "a guest"
        return f"<client {self.id}, {who}>"

    @property
    def identity(self) -> Identity | None:
        """Who it has shown to be; None for a guest."""
        return self._identity

    @identity.setter
    def identity(self, now: Identity | None) -> None:
        before, self._identity = self._identity, now
        if before != now and not self.is_gone:
            self.on_identity(before, now)

    def measured(self, round_trip_seconds: float) -> None:
        """A ping was answered after this time."""
        lag = min(timedelta(seconds=round_trip_seconds / 2), MOST_LAG)
        self.lag = self.lag + _WEIGHT_OF_NEWEST * (lag - self.lag) if self._was_measured else lag
        self._was_measured = True

    def send(self, event: str, payload: "Json" = None) -> None:
        """Send it one event. Nothing happens if it is gone."""
        self._outgoing.put(self._encode(event, payload))

    def push(self, message: Push) -> None:
        """Send it an event that others get as well."""
        self._outgoing.put(message.encoded(self._encode))

    def forward(self, message: Any) -> None:
        """Send it an event as it is published on topics: `{"event": str, "payload": …}`.

        What `Hub.subscribe` takes: a message that is handed to many clients one after the other is encoded once.
        """
        global _last
        if _last is None or _last[0] is not message:
            _last = (message, Push(message["event"], message["payload"]))
        self.push(_last[1])

    def close(self, code: int = POLICY, reason: str = "") -> None:
        """Close the connection after what was sent already. `reason`: at most 123 bytes."""
        self._outgoing.end(code, reason)

    def put(self, thing: object) -> None:
        """Keep a feature's own object with this client, one of each type."""
        self._kept[type(thing)] = thing

    def get(self, kind: type[T]) -> T | None:
        """The object of this type that was kept, if one was."""
        return self._kept.get(kind)

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Call this when the client has left; at once if it has already."""
        if self.is_gone:
            callback()
        else:
            self._goodbyes.append(callback)

    def leave(self) -> None:
        """The transport's word that the connection is over. Does nothing the second time."""
        if self.is_gone:
            return
        self.identity = None
        self.is_gone = True
        self._outgoing.end()
        self.subscriptions.end_all()
        goodbyes, self._goodbyes = self._goodbyes, []
        for goodbye in goodbyes:
            try:
                goodbye()
            except Exception:
                log.exception("goodbye_failed", client=self.id)
        self._kept.clear()


class Outgoing:
    """The text frames that wait to be written to one client, in order, and no more of them than may be."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._frames: list[bytes] = []
        self._size = 0
        self._is_scheduled = False
        self._closing: tuple[int, str] | None = None
        link.on_writable = self._write

    @property
    def is_over(self) -> bool:
        """Whether nothing more is taken, for the connection is closed or will be in a moment."""
        return self._closing is not None

    def put(self, frame: bytes) -> None:
        """Have a frame written soon, with others that come until then. Nothing happens if `is_over`."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._size += len(frame)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._write)
        elif self._link.is_writable:
            if len(self._frames) >= _MANY_FRAMES or self._size >= _MANY_BYTES:
                self._write()
        elif len(self._frames) > MOST_FRAMES or (self._size > MOST_BYTES and len(self._frames) > 1):
            self._cut()

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Take nothing more, and close the connection after what waits already."""
        if self._closing is None:
            self._closing = (code, reason)
            self._write()

    def _write(self) -> None:
        if not self._link.is_writable and self._closing is None:
            return  # called again when it is
        if self._frames:
            self._link.write(self._frames)
            self._frames = []
            self._size = 0
        self._is_scheduled = False
        if self._closing is not None:
            self._link.end(*self._closing)

    def _cut(self) -> None:
        SOCKETS_CUT.labels("reads too slowly").inc()
        self._closing = (TRY_AGAIN, "")
        self._frames = []
        self._size = 0
        self._link.cut()
