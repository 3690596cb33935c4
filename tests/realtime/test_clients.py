"""What features find at a connected client."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tengen.realtime.clients import MOST_LAG, Client, Identity, Outgoing, Push
from tengen.realtime.messages import encode
from tests.realtime.builders import a_realtime


class FakeLink:
    """Writes into a list."""

    def __init__(self) -> None:
        self.is_writable = True
        self.on_writable: Any = None
        self.on_round_trip: Any = None
        self.written: list[bytes] = []
        self.ended: list[tuple[int, str]] = []

    def write(self, frames: Any) -> None:
        self.written.extend(frames)

    def end(self, code: int, reason: str) -> None:
        self.ended.append((code, reason))

    def cut(self) -> None:
        self.ended.append((0, "cut"))


def counted_encode(event: str, payload: Any) -> bytes:
    """Counts how often it is asked."""
    counted_encode.times += 1  # type: ignore[attr-defined]
    return encode([event, payload])


@pytest.fixture
async def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
async def client(link: FakeLink) -> Client:
    counted_encode.times = 0  # type: ignore[attr-defined]
    return Client("c1", counted_encode, Outgoing(link))


@dataclass
class Seat:
    """Something that a feature keeps."""

    color: str


async def test_a_feature_keeps_one_object_of_each_type(client: Client) -> None:
    assert client.get(Seat) is None
    client.put(Seat("black"))
    client.put(Seat("white"))
    assert client.get(Seat) == Seat("white")


async def test_a_push_is_encoded_once_for_all_clients(client: Client, link: FakeLink) -> None:
    other = Client("c2", counted_encode, Outgoing(FakeLink()))
    push = Push("move", {"x": 1})
    for each in (client, other, client):
        each.push(push)
    assert counted_encode.times == 1  # type: ignore[attr-defined]
    client.close(1008, "enough")
    assert link.written == [b'["move",{"x":1}]'] * 2
    assert link.ended == [(1008, "enough")]


async def test_what_is_published_is_encoded_once_for_all_clients_that_it_is_forwarded_to(
    client: Client, link: FakeLink
) -> None:
    hub = a_realtime().hub
    other = Client("c2", counted_encode, Outgoing(FakeLink()))
    hub.subscribe("game:1", client.forward)
    hub.subscribe("game:1", other.forward)
    hub.publish("game:1", {"event": "a", "payload": 1})
    hub.publish("game:1", {"event": "a", "payload": 2})
    assert counted_encode.times == 2  # type: ignore[attr-defined]
    client.close()
    assert link.written == [b'["a",1]', b'["a",2]']


async def test_what_is_sent_to_a_client_that_is_closed_or_gone_is_nothing(client: Client, link: FakeLink) -> None:
    client.close()
    client.send("late", 1)
    client.leave()
    client.send("later", 2)
    assert link.written == []


async def test_goodbyes_are_said_once_and_one_that_fails_harms_no_other(client: Client) -> None:
    said: list[str] = []

    def fail() -> None:
        raise ValueError("it fails")

    client.when_gone(fail)
    client.when_gone(lambda: said.append("first"))
    client.leave()
    client.leave()
    client.when_gone(lambda: said.append("late"))
    assert said == ["first", "late"]


async def test_subscriptions_end_with_the_client_also_those_that_come_too_late(client: Client) -> None:
    hub = a_realtime().hub
    client.subscriptions.add("game:1", hub.subscribe("game:1", lambda _message: None))
    assert "game:1" in client.subscriptions
    client.leave()
    client.subscriptions.add("game:2", hub.subscribe("game:2", lambda _message: None))
    assert not hub.has_subscribers("game:1")
    assert not hub.has_subscribers("game:2")


async def test_a_subscription_takes_the_place_of_one_of_the_same_name(client: Client) -> None:
    hub = a_realtime().hub
    heard: list[Any] = []
    for _ in range(2):
        client.subscriptions.add("game:1", hub.subscribe("game:1", heard.append))
    hub.publish("game:1", 1)
    assert heard == [1]
    client.subscriptions.end("game:1")
    client.subscriptions.end("game:1")
    assert not hub.has_subscribers("game:1")


async def test_the_lag_is_half_of_the_way_smoothed_and_bounded(client: Client) -> None:
    assert client.lag == timedelta(0)
    client.measured(0.2)
    assert client.lag == timedelta(seconds=0.1)
    client.measured(1.0)
    assert client.lag == timedelta(seconds=0.2)  # a quarter of the way to 0.5
    for _ in range(50):
        client.measured(3600)
    assert timedelta(seconds=1.9) < client.lag <= MOST_LAG


async def test_accounts_are_present_while_one_of_their_clients_is(client: Client) -> None:
    realtime = a_realtime()
    mizuki, kei = Identity(1, 11, "mizuki"), Identity(2, 12, "kei")
    other = Client("c2", counted_encode, Outgoing(FakeLink()))
    with realtime.present(client):
        client.identity = mizuki
        client.identity = mizuki
        with realtime.present(other):
            other.identity = mizuki
            client.identity = kei
            assert realtime.is_present(1)
            assert realtime.is_present(2)
        assert not realtime.is_present(1)
        client.identity = None
        assert not realtime.is_present(2)
        client.identity = kei
    assert not realtime.is_present(2)


async def test_nothing_is_written_while_the_network_takes_nothing(client: Client, link: FakeLink) -> None:
    link.is_writable = False
    client.send("a", 1)
    await _turn()
    assert link.written == []
    link.is_writable = True
    link.on_writable()
    client.send("b", 2)
    await _turn()
    assert link.written == [b'["a",1]', b'["b",2]']


async def test_frames_are_written_together_but_many_do_not_wait(client: Client, link: FakeLink) -> None:
    for number in range(63):
        client.send("n", number)
    assert link.written == []
    client.send("n", 63)
    assert len(link.written) == 64
    client.send("n", "x" * 65_536)
    client.send("n", 65)
    assert len(link.written) == 66


async def test_a_client_whose_queue_is_full_is_cut(client: Client, link: FakeLink) -> None:
    link.is_writable = False
    for number in range(512):
        client.send("n", number)
    assert link.ended == []
    client.send("n", 512)
    assert link.ended == [(0, "cut")]
    client.send("n", 513)
    assert link.ended == [(0, "cut")]


async def test_a_client_for_which_too_many_bytes_wait_is_cut(client: Client, link: FakeLink) -> None:
    link.is_writable = False
    client.send("n", "x" * 1_500_000)
    assert link.ended == []
    client.send("n", "x")
    assert link.ended == [(0, "cut")]


async def _turn() -> None:
    await asyncio.sleep(0)
