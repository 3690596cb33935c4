"""The hub's topics between processes: Redis' publish and subscribe.

A message reaches the other processes at once or never. Where some may have been lost, at either end, everybody is told
so instead (`on_loss`), and reads the present state anew.
"""

import asyncio
import contextlib
import math
import random
import secrets
from collections import Counter, deque
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import structlog
from pydantic_core import from_json
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tengen.realtime.messages import encode

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

    from tengen.realtime.messages import Json

log = structlog.get_logger(__name__)

MOST_MESSAGES = 20_000
"""Messages that may wait to be published."""
MOST_BYTES = 33_554_432
"""Bytes that may wait."""
_AT_ONCE = 500
"""Commands in one write to Redis."""

_REDIS_SECONDS = 2.0
"""Time for Redis to answer."""
_SILENCE_SECONDS = 5.0
"""After this time without a message Redis is asked whether it is still there."""
_MOMENT_SECONDS = 1.0
"""How long anybody waits for a subscription to begin, or for the last messages to be published."""
_LEAST_PAUSE_SECONDS = 0.05
_MOST_PAUSE_SECONDS = 2.0

_LOSS = ""
"""The topic on which a process says that it has lost messages: its own are never called so."""


class Silent(ConnectionError):
    """Redis does not answer on a connection that is open."""


class RedisBus:
    """The connections of one process: one that listens, one that publishes."""

    def __init__(self, url: str) -> None:
        """`url`: where Redis is, as `REDIS_URL` has it. Opens no connection yet."""
        self.on_message: Callable[[str, Any], None] = lambda _topic, _message: None
        """Called with the topic and the message for each that another process has published."""
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=_REDIS_SECONDS,
            socket_timeout=_REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),  # we must know of each connection that was lost
        )
        # Redis' databases are apart, but its channels are not.
        self._prefix = f"tengen/{self._pool.connection_kwargs.get('db') or 0}/".encode()
        self._origin = secrets.token_hex(8).encode()
        self._listener = _Listener(self)
        self._publisher = _Publisher(self)
        self._tasks: list[asyncio.Task[None]] = []
        self._on_loss: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Begin to exchange messages. Redis may be away, then or later: it is tried once, and then again and again."""
        self._tasks = [
            asyncio.create_task(self._listener.run(), name="listens to Redis"),
            asyncio.create_task(self._publisher.run(), name="publishes to Redis"),
        ]
        await self._listener.was_tried.wait()

    async def stop(self) -> None:
        """Publish what still waits, for a moment at most, and close the connections."""
        if self._tasks:
            await self._publisher.finish()
        await _end(self._tasks)
        self._tasks = []
        await self._pool.aclose()

    def publish(self, topic: str, message: "Json") -> None:
        """Let all other processes have a message. Raises `ValueError` if it is no JSON."""
        if self._tasks:
            self._publisher.put(self.channel(topic), self._origin + encode(message))

    def follow(self, topic: str) -> None:
        """Receive what others publish on this topic from soon on."""
        self._listener.want(topic)

    def leave(self, topic: str) -> None:
        """Receive nothing more of this topic."""
        self._listener.want_no_more(topic)

    async def follows(self, topic: str) -> None:
        """Wait until the topic is received. Returns after a moment if it is not, and at once while Redis is away."""
        await self._listener.follows(topic)

    def on_loss(self, callback: Callable[[], None]) -> None:
        """Call this whenever messages may have been lost, once messages are received again."""
        self._on_loss.append(callback)

    # What its two halves use.

    def connection(self) -> "AbstractConnection":
        """A new connection, not open yet."""
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return connection

    def channel(self, topic: str) -> bytes:
        """Redis' name for a topic."""
        return self._prefix + topic.encode()

    @property
    def loss_notice(self) -> tuple[bytes, bytes]:
        """The channel and the message that say that messages of this process were lost."""
        return self.channel(_LOSS), self._origin

    def take(self, channel: bytes, data: bytes) -> None:
        """Hand on what has come from Redis, unless it is this process's own."""
        if data.startswith(self._origin):
            return
        topic = channel.removeprefix(self._prefix).decode()
        if topic == _LOSS:
            self.tell_loss()
            return
        try:
            message = from_json(data[len(self._origin) :])
        except ValueError as error:
            log.error("bus_message_broken", topic=topic, error=str(error))
            return
        self.on_message(topic, message)

    def tell_loss(self) -> None:
        """Tell everybody here that messages may have been lost."""
        for callback in self._on_loss:
            try:
                callback()
            except Exception:
                log.exception("resync_failed")


async def _end(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Cancel tasks, and wait until they have ended."""
    # More than once: in Python 3.11 `wait_for`, which the client of Redis writes with, takes a cancellation for its own
    # timeout if it has just finished.
    while tasks:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # who ends what waits here says so again
            _, tasks = await asyncio.wait(tasks, timeout=0.1)


async def _first_failure(*tasks: "asyncio.Task[None]") -> None:
    """Wait until one of these fails, end the others, and raise its exception."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end(tasks)
    for task in done:
        task.result()


class _Outage:
    """Tells the log once that Redis is away, and once that it is back; says how long to wait before the next try."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._pause = 0.0

    def over(self) -> None:
        if self._pause:
            log.warning("bus_is_back", part=self._part)
        self._pause = 0.0

    async def goes_on(self, error: Exception) -> None:
        if not self._pause:
            log.error("bus_unavailable", part=self._part, error=str(error))
        self._pause = min(_MOST_PAUSE_SECONDS, self._pause * 2 or _LEAST_PAUSE_SECONDS)
        await asyncio.sleep(self._pause * random.uniform(0.5, 1))  # noqa: S311  # so that not all come at once


class _Listener:
    """Keeps the subscriptions in Redis as the process wants them."""

    def __init__(self, bus: RedisBus) -> None:
        self._bus = bus
        self._wanted: dict[str, None] = {_LOSS: None}
        self._touched: dict[str, None] = {}
        """The topics whose subscription is to be looked at."""
        self._wake = asyncio.Event()
        self._is_connected = False
        self._waiters: dict[str, asyncio.Event] = {}
        self._outage = _Outage("listener")
        self.was_tried = asyncio.Event()
        """Set once it is known whether Redis is there."""
        self._begin()

    def _begin(self) -> None:
        """Of the connection that is open now."""
        self._asked: set[str] = set()
        """What Redis was asked for."""
        self._due: Counter[str] = Counter()
        """How often it has yet to say that it listens."""
        self._active: set[str] = set()
        """What it has confirmed."""
        self._has_missed = len(self._wanted) > 1
        """Whether somebody subscribed before, and nothing was said yet of what was missed meanwhile."""
        self._was_heard = True

    def want(self, topic: str) -> None:
        self._wanted[topic] = None
        self._touch(topic)

    def want_no_more(self, topic: str) -> None:
        self._wanted.pop(topic, None)
        self._touch(topic)

    def _touch(self, topic: str) -> None:
        self._touched[topic] = None
        self._wake.set()

    async def follows(self, topic: str) -> None:
        if topic in self._active or topic not in self._wanted or not self._is_connected:
            return
        confirmed = self._waiters.setdefault(topic, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT_SECONDS):
                await confirmed.wait()

    async def run(self) -> None:
        while True:
            connection = self._bus.connection()
            try:
                await connection.connect()  # type: ignore[no-untyped-call]
                self._begin()
                self._is_connected = True
                self._touched = dict(self._wanted)
                self._wake.set()
                self.was_tried.set()
                await _first_failure(
                    asyncio.create_task(self._ask(connection)), asyncio.create_task(self._read(connection))
                )
            except Exception as error:  # whatever the client of Redis raises
                self._is_connected = False
                self.was_tried.set()
                self._release(*self._waiters)
                await self._outage.goes_on(error)
            finally:
                await connection.disconnect(nowait=True)

    async def _ask(self, connection: "AbstractConnection") -> None:
        """Subscribe and unsubscribe as wanted, many topics at once; see that Redis is there."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SILENCE_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            touched, self._touched = self._touched, {}
            new = [topic for topic in touched if topic in self._wanted and topic not in self._asked]
            gone = [topic for topic in touched if topic not in self._wanted and topic in self._asked]
            self._asked.update(new)
            self._due.update(new)
            self._asked.difference_update(gone)
            self._active.difference_update(gone)
            for command, topics in (("SUBSCRIBE", new), ("UNSUBSCRIBE", gone)):
                if topics:
                    await connection.send_command(command, *map(self._bus.channel, topics), check_health=False)
            if not touched:
                if not self._was_heard:
                    raise Silent("Redis does not answer.")
                self._was_heard = False
                await connection.send_command("PING", check_health=False)

    async def _read(self, connection: "AbstractConnection") -> None:
        while True:
            answer = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            self._was_heard = True
            self._outage.over()
            match answer:
                case [b"message", bytes() as channel, bytes() as data]:
                    self._bus.take(channel, data)
                    await asyncio.sleep(0)  # a whole burst may be there already, and others have something to do
                case [b"subscribe", bytes() as channel, _]:
                    self._confirm(channel.removeprefix(self._bus.channel("")).decode())

    def _confirm(self, topic: str) -> None:
        self._due[topic] -= 1
        if self._due[topic]:
            return  # it was left and wanted again meanwhile
        del self._due[topic]
        if topic in self._asked:
            self._active.add(topic)
            self._release(topic)
        if self._has_missed and not self._due:
            self._has_missed = False
            self._bus.tell_loss()

    def _release(self, *topics: str) -> None:
        for topic in topics:
            waiter = self._waiters.pop(topic, None)
            if waiter is not None:
                waiter.set()


class _Publisher:
    """Publishes the process's messages in their order, many with one write."""

    def __init__(self, bus: RedisBus) -> None:
        self._bus = bus
        self._waiting: deque[tuple[bytes, bytes]] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_away = False
        self._has_lost = False

    def put(self, channel: bytes, data: bytes) -> None:
        if self._is_away or len(self._waiting) >= MOST_MESSAGES or self._size >= MOST_BYTES:
            self._lose()
            return
        self._waiting.append((channel, data))
        self._size += len(data)
        self._is_idle.clear()
        self._wake.set()

    def _lose(self) -> None:
        # All of it: whoever learns that something was lost reads the present state, and old news would confuse it.
        self._has_lost = True
        self._waiting.clear()
        self._size = 0

    async def finish(self) -> None:
        """Wait until all is published, for a moment at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT_SECONDS):
                await self._is_idle.wait()

    async def run(self) -> None:
        outage = _Outage("publisher")
        while True:
            connection = self._bus.connection()
            try:
                await connection.connect()  # type: ignore[no-untyped-call]
                outage.over()
                self._is_away = False
                await self._publish(connection)
            except Exception as error:  # whatever the client of Redis raises
                self._is_away = True
                self._lose()
                self._is_idle.set()
                await outage.goes_on(error)
            finally:
                await connection.disconnect(nowait=True)

    async def _publish(self, connection: "AbstractConnection") -> None:
        while True:
            messages = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            self._size -= sum(len(data) for _, data in messages)
            has_lost, self._has_lost = self._has_lost, False
            if has_lost:
                messages.insert(0, self._bus.loss_notice)
            if messages:
                commands = connection.pack_commands([("PUBLISH", *message) for message in messages])
                await connection.send_packed_command(commands, check_health=False)
                for _ in messages:
                    await connection.read_response(disconnect_on_error=False)
            elif not self._waiting:
                self._is_idle.set()
                await self._wake.wait()
                self._wake.clear()
