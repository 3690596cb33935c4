"""Topics: what is published on one reaches everybody who has subscribed to it, in this process and in the others.

Messages are never kept: whoever subscribes reads the present state for itself, and learns of what changes from then on.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import structlog

if TYPE_CHECKING:
    from tengen.core.settings import Settings
    from tengen.realtime.messages import Json
    from tengen.realtime.redis_bus import RedisBus

log = structlog.get_logger(__name__)

Receive: TypeAlias = Callable[["Json"], None]


class Subscription:
    """That somebody receives what is published on a topic, until it ends."""

    __slots__ = ("_hub", "_receive", "topic")

    def __init__(self, hub: "Hub", topic: str, receive: Receive) -> None:
        self._hub = hub
        self._receive = receive
        self.topic = topic

    async def begun(self) -> None:
        """Wait until messages of other processes are received as well, for a moment at most.

        Whoever is going to read the state that the messages change waits for this first, so that nothing falls between.
        """
        await self._hub.follows(self.topic)

    def end(self) -> None:
        """Receive nothing more. Does nothing the second time."""
        self._hub.forget(self)

    def receive(self, message: "Json") -> None:
        """Hand one message to the subscriber. What it raises is logged, and harms nobody else."""
        try:
            self._receive(message)
        except Exception:
            log.exception("subscriber_failed", topic=self.topic)


class Hub:
    """The topics of one process, joined with those of the other processes when Redis is set.

    Every subscriber of a topic here receives the messages in the same order; those of one publisher in the order in
    which they were published, everywhere.
    """

    def __init__(self, bus: "RedisBus | None" = None) -> None:
        self._bus = bus
        self._topics: dict[str, dict[Subscription, None]] = {}  # as sets that keep their order
        self._waiting: deque[tuple[str, Json]] = deque()
        self._is_handing_out = False
        if bus is not None:
            bus.on_message = self._hand_out

    @property
    def is_shared(self) -> bool:
        """Whether other processes are told as well."""
        return self._bus is not None

    @classmethod
    def of(cls, settings: "Settings") -> "Hub":
        """The hub that the settings describe. Opens no connection yet."""
        if settings.redis_url is None:
            return cls()
        from tengen.realtime.redis_bus import RedisBus  # only a platform with Redis pays for its client

        return cls(RedisBus(settings.redis_url.get_secret_value()))

    async def start(self) -> None:
        """Begin to exchange messages with the other processes, now or as soon as Redis is there."""
        if self._bus is not None:
            await self._bus.start()

    async def stop(self) -> None:
        """Publish what still waits, for a moment at most, and close the connections."""
        if self._bus is not None:
            await self._bus.stop()

    def subscribe(self, topic: str, receive: Receive) -> Subscription:
        """Call `receive` with each message published on `topic`, here or elsewhere, until the subscription ends.

        `receive` must neither wait nor change the message. `Subscription.begun` says when other processes are heard.
        """
        subscription = Subscription(self, topic, receive)
        subscribers = self._topics.get(topic)
        if subscribers is None:
            subscribers = self._topics[topic] = {}
            if self._bus is not None:
                self._bus.follow(topic)
        subscribers[subscription] = None
        return subscription

    def publish(self, topic: str, message: "Json") -> None:
        """Give a message to all who have subscribed to the topic: here now, in other processes soon.

        Never waits, and never raises on account of Redis: who may have missed something learns it by `on_reconnect`.
        """
        if self._bus is not None:
            self._bus.publish(topic, message)
        self._hand_out(topic, message)

    def has_subscribers(self, topic: str) -> bool:
        """Whether anybody in this process has subscribed to the topic."""
        return topic in self._topics

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        """Call this whenever messages of other processes may have been lost, and are received again."""
        if self._bus is not None:
            self._bus.on_loss(callback)

    async def follows(self, topic: str) -> None:
        """Wait until what other processes publish on a topic is received, for a moment at most."""
        if self._bus is not None:
            await self._bus.follows(topic)

    def forget(self, subscription: Subscription) -> None:
        """End a subscription (`Subscription.end`)."""
        subscribers = self._topics.get(subscription.topic)
        if subscribers is None or subscription not in subscribers:
            return
        del subscribers[subscription]
        if not subscribers:
            del self._topics[subscription.topic]
            if self._bus is not None:
                self._bus.leave(subscription.topic)

    def _hand_out(self, topic: str, message: "Json") -> None:
        if topic not in self._topics:
            return
        self._waiting.append((topic, message))
        if self._is_handing_out:
            return  # a subscriber has published in turn: all others receive the first message before this one
        self._is_handing_out = True
        try:
            while self._waiting:
                topic, message = self._waiting.popleft()
                # Somebody may come or go meanwhile; who has gone receives nothing more.
                for subscription in tuple(self._topics.get(topic, ())):
                    if subscription in self._topics.get(topic, ()):
                        subscription.receive(message)
        finally:
            self._is_handing_out = False
