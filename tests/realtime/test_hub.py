"""Topics, in one process and between processes over Redis."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis as library

from tengen.realtime import redis_bus
from tengen.realtime.hub import Hub
from tengen.realtime.redis_bus import RedisBus
from tests.support.redis import RedisInstance
from tests.support.waiting import until


def test_what_is_published_reaches_those_who_have_subscribed_to_the_topic() -> None:
    hub = Hub()
    one: list[Any] = []
    two: list[Any] = []
    hub.subscribe("game:1", one.append)
    hub.subscribe("game:2", two.append)
    hub.publish("game:1", {"move": "dd"})
    hub.publish("lobby", "nobody hears this")
    assert (one, two) == ([{"move": "dd"}], [])
    assert hub.has_subscribers("game:1")
    assert not hub.has_subscribers("lobby")


def test_a_subscription_ends_once_and_for_all() -> None:
    hub = Hub()
    heard: list[Any] = []
    ended, other = hub.subscribe("game:1", heard.append), hub.subscribe("game:1", heard.append)
    ended.end()
    ended.end()
    hub.publish("game:1", 1)
    assert heard == [1]
    other.end()
    assert not hub.has_subscribers("game:1")


def test_a_subscriber_that_fails_harms_nobody_else() -> None:
    hub = Hub()
    heard: list[Any] = []

    def fail(_message: Any) -> None:
        raise ValueError("it fails")

    hub.subscribe("game:1", fail)
    hub.subscribe("game:1", heard.append)
    hub.publish("game:1", 1)
    hub.publish("game:1", 2)
    assert heard == [1, 2]


def test_all_subscribers_receive_messages_in_the_same_order_also_when_one_publishes_in_turn() -> None:
    hub = Hub()
    first: list[Any] = []
    second: list[Any] = []

    def answer(message: Any) -> None:
        first.append(message)
        if message == "question":
            hub.publish("game:1", "answer")

    hub.subscribe("game:1", answer)
    hub.subscribe("game:1", second.append)
    hub.publish("game:1", "question")
    assert first == second == ["question", "answer"]


def test_who_leaves_while_a_message_is_handed_out_does_not_get_it() -> None:
    hub = Hub()
    heard: list[Any] = []
    hub.subscribe("game:1", lambda _message: later.end())
    later = hub.subscribe("game:1", heard.append)
    hub.publish("game:1", 1)
    assert heard == []


@asynccontextmanager
async def hubs(url: str, count: int = 2) -> AsyncIterator[list[Hub]]:
    """As many processes have them, on one Redis."""
    hubs = [Hub(RedisBus(url)) for _ in range(count)]
    for hub in hubs:
        await hub.start()
    try:
        yield hubs
    finally:
        for hub in hubs:
            await hub.stop()


async def test_messages_reach_other_processes_in_the_order_in_which_each_published_them(redis_url: str) -> None:
    topic = f"game:{uuid.uuid4()}"
    async with hubs(redis_url, 3) as (one, two, listener):
        heard: list[Any] = []
        await listener.subscribe(topic, heard.append).begun()
        for number in range(2000):
            one.publish(topic, ["one", number])
            two.publish(topic, ["two", number])
            if number % 100 == 0:
                await asyncio.sleep(0)
        await until(lambda: len(heard) == 4000)
        for name in ("one", "two"):
            assert [number for who, number in heard if who == name] == list(range(2000))


_PUBLISHER = """
import asyncio, sys
from tengen.realtime.hub import Hub
from tengen.realtime.redis_bus import RedisBus

async def publish(url, topic):
    hub = Hub(RedisBus(url))
    await hub.start()
    for number in range(1000):
        hub.publish(topic, {"event": "number", "payload": number})
    await hub.stop()

asyncio.run(publish(*sys.argv[1:]))
"""


@pytest.mark.parametrize("turns", range(8))
async def test_a_process_ends_at_once_whatever_it_just_says_to_redis(redis_url: str, turns: int) -> None:
    bus = RedisBus(redis_url)
    await bus.start()
    topics = [f"topic:{number}" for number in range(500)]
    for topic in topics:
        bus.follow(topic)
    await bus.follows(topics[-1])
    for topic in topics:
        bus.leave(topic)
    for _ in range(turns):  # of the event loop, in one of which it writes
        await asyncio.sleep(0)
    async with asyncio.timeout(4):  # silence is noticed after five seconds
        await bus.stop()


async def test_a_process_that_ends_has_published_everything(redis_url: str) -> None:
    topic = f"game:{uuid.uuid4()}"
    async with hubs(redis_url, 1) as (listener,):
        heard: list[Any] = []
        await listener.subscribe(topic, heard.append).begun()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", _PUBLISHER, redis_url, topic)
        assert await process.wait() == 0
        await until(lambda: len(heard) == 1000)
        assert heard == [{"event": "number", "payload": number} for number in range(1000)]


async def test_a_process_receives_its_own_messages_once_and_at_once(redis_url: str) -> None:
    topic = f"game:{uuid.uuid4()}"
    async with hubs(redis_url) as (one, two):
        heard: list[Any] = []
        there: list[Any] = []
        await one.subscribe(topic, heard.append).begun()
        await two.subscribe(topic, there.append).begun()
        one.publish(topic, 1)
        assert heard == [1]
        two.publish(topic, 2)
        await until(lambda: len(heard) == 2 and len(there) == 2)
        assert (sorted(heard), sorted(there)) == ([1, 2], [1, 2])


async def test_what_nobody_here_has_subscribed_to_does_not_come_here(redis_url: str) -> None:
    topic, other = f"game:{uuid.uuid4()}", f"game:{uuid.uuid4()}"
    async with hubs(redis_url) as (one, two):
        heard: list[Any] = []
        for _ in range(3):  # come, go and come again before and after Redis has heard of it
            subscription = two.subscribe(topic, heard.append)
            subscription.end()
            subscription = two.subscribe(topic, heard.append)
            await subscription.begun()
            one.publish(topic, 1)
            await until(lambda: heard == [1])
            heard.clear()
            subscription.end()
        await two.subscribe(other, heard.append).begun()
        one.publish(topic, "not wanted any more")
        one.publish(other, 2)
        await until(lambda: heard == [2])


async def test_platforms_on_different_databases_of_one_redis_do_not_hear_each_other(redis_url: str) -> None:
    topic = f"game:{uuid.uuid4()}"
    async with hubs(redis_url) as (one, two), hubs(redis_url.replace("/0", "/1"), 1) as (foreign,):
        heard: list[Any] = []
        await two.subscribe(topic, heard.append).begun()
        foreign.publish(topic, "from elsewhere")
        await foreign.stop()  # now it is published
        one.publish(topic, 1)
        await until(lambda: heard == [1])


async def test_many_topics_can_be_subscribed_to_at_once(redis_url: str) -> None:
    prefix = uuid.uuid4()
    async with hubs(redis_url) as (one, two):
        heard: list[Any] = []
        subscriptions = [two.subscribe(f"game:{prefix}:{number}", heard.append) for number in range(3000)]
        await subscriptions[-1].begun()
        for number in range(3000):
            one.publish(f"game:{prefix}:{number}", number)
        await until(lambda: len(heard) == 3000)
        assert heard == list(range(3000))


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisInstance]:
    """A Redis of the test's own."""
    instance = RedisInstance(tmp_path)
    yield instance
    instance.stop()


async def test_when_redis_comes_back_everybody_learns_that_messages_may_be_lost(redis: RedisInstance) -> None:
    async with hubs(redis.url) as (one, two):
        heard: list[Any] = []
        losses: list[str] = []
        two.on_reconnect(lambda: losses.append("two"))
        await two.subscribe("game:1", heard.append).begun()
        assert losses == []
        redis.stop()
        for number in range(100):
            one.publish("game:1", f"lost {number}")  # neither raises nor waits
            await asyncio.sleep(0)
        redis.start()
        await until(lambda: bool(losses))
        await until(lambda: _reaches(one, heard))
        assert heard[-1] == "found"


async def test_messages_lost_at_the_sending_end_alone_are_told_of_as_well(redis: RedisInstance) -> None:
    async with hubs(redis.url) as (one, two):
        heard: list[Any] = []
        losses: list[str] = []
        two.on_reconnect(lambda: losses.append("two"))
        await two.subscribe("game:1", heard.append).begun()
        one.publish("game:1", "first")
        await until(lambda: heard == ["first"])
        _kill_publishers(redis)
        one.publish("game:1", "lost")
        await until(lambda: losses == ["two"])
        await until(lambda: _reaches(one, heard))
        assert heard == ["first", "found"]


async def test_a_platform_starts_without_redis_and_finds_it_later(redis: RedisInstance) -> None:
    redis.stop()
    async with hubs(redis.url) as (one, two):
        heard: list[Any] = []
        losses: list[str] = []
        two.on_reconnect(lambda: losses.append("two"))
        await two.subscribe("game:1", heard.append).begun()
        one.publish("game:1", "lost")
        redis.start()
        await until(lambda: bool(losses))
        await until(lambda: _reaches(one, heard))


async def test_more_messages_than_may_wait_are_lost_together_and_told_of(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "MOST_MESSAGES", 10)
    topic = f"game:{uuid.uuid4()}"
    async with hubs(redis_url) as (one, two):
        heard: list[Any] = []
        losses: list[str] = []
        two.on_reconnect(lambda: losses.append("two"))
        await two.subscribe(topic, heard.append).begun()
        for number in range(11):
            one.publish(topic, number)
        await until(lambda: losses == ["two"])
        one.publish(topic, 11)
        await until(lambda: heard == [11])


async def test_a_redis_that_is_silent_is_left_and_the_log_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redis_bus, "_SILENCE_SECONDS", 0.02)
    connections: list[int] = []

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while data := await reader.read(1000):
            for _ in range(data.count(b"SETINFO") + data.count(b"SELECT")):
                writer.write(b"+OK\r\n")
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with hubs(f"redis://127.0.0.1:{port}/0", 1):
        await until(lambda: len(connections) > 4)
    server.close()
    await server.wait_closed()
    assert capsys.readouterr().out.count("bus_unavailable") == 1


def _reaches(hub: Hub, heard: list[Any]) -> bool:
    if "found" not in heard:
        hub.publish("game:1", "found")
    return "found" in heard


def _kill_publishers(redis: RedisInstance) -> None:
    with library.Redis.from_url(redis.url) as client:
        for connection in client.client_list():
            if connection["cmd"] == "publish":
                client.client_kill(connection["addr"])
