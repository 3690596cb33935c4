"""Clients that have said who they are get what the features have for them."""

import asyncio

import pytest

from tengen.realtime.clients import Client, Identity
from tengen.realtime.sessions import Sessions
from tests.support.clients import Listener

MIRA, TARO = Identity(57, 71, "Mira"), Identity(58, 72, "Taro")


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


def greeting(word: str) -> Sessions:
    """A feature that sends one word."""
    sessions = Sessions()

    async def greet(client: Client) -> None:
        client.send(word)

    sessions.when_authenticated(greet)
    return sessions


async def test_every_feature_has_its_turn_in_the_order_in_which_they_were_added(sessions: Sessions) -> None:
    for word in ("games", "notifications"):

        async def greet(client: Client, word: str = word) -> None:
            await asyncio.sleep(0)
            client.send(word, None if client.identity is None else client.identity.name)

        sessions.when_authenticated(greet)
    listener = Listener(identity=MIRA)
    sessions.authenticated(listener.client)
    assert await listener.heard() == [("games", "Mira"), ("notifications", "Mira")]


async def test_the_command_under_way_is_acknowledged_first() -> None:
    listener = Listener(identity=MIRA)
    greeting("games").authenticated(listener.client)
    listener.client.send("acknowledgement")
    assert [event for event, _ in await listener.heard()] == ["acknowledgement", "games"]


async def test_who_cannot_be_told_everything_is_let_go_to_come_again(sessions: Sessions) -> None:
    async def fail(_client: Client) -> None:
        raise OSError("no database")

    sessions.when_authenticated(fail)
    listener = Listener(identity=MIRA)
    sessions.authenticated(listener.client)
    await listener.heard()
    assert listener.closed_with == 1013


@pytest.mark.parametrize("is_replaced", [True, False])
async def test_a_welcome_ends_with_the_client_or_when_it_is_somebody_else(
    sessions: Sessions, *, is_replaced: bool
) -> None:
    begun, ended = [], []

    async def greet(client: Client) -> None:
        begun.append(client.identity)
        try:
            await asyncio.sleep(30 if client.identity == MIRA else 0)
        finally:
            ended.append(begun[-1])
        client.send("games")

    sessions.when_authenticated(greet)
    listener = Listener(identity=MIRA)
    sessions.authenticated(listener.client)
    await listener.heard()
    assert (begun, ended) == ([MIRA], [])
    if is_replaced:
        listener.client.identity = TARO
        sessions.authenticated(listener.client)
        assert await listener.heard() == [("games", None)]
    else:
        listener.leave()
        assert await listener.heard() == []
    assert ended[0] == begun[0] == MIRA
    assert listener.closed_with in {None, 1000}
