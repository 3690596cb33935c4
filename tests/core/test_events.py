"""Events: who must act together with a change, and who acts on it later."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
from sqlalchemy import select

from tengen.core.database import Database, Transaction, open_database
from tengen.core.events import Event, Events
from tengen.core.outbox import Dispatcher, OutboxRow
from tengen.core.security import MasterKey, Unsealable
from tengen.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class GameFinished(Event):
    """A game came to its end."""

    game_id: int
    result: str


@dataclass(frozen=True, kw_only=True)
class TokenMade(Event):
    """A token was made for somebody."""

    is_secret: ClassVar[bool] = True

    token: str


@pytest.fixture
def events() -> Events:
    """Nobody listens yet."""
    return Events(MasterKey(b"a secret of the tests").sealer("outbox"))


@pytest.fixture
async def database(settings: Settings, events: Events) -> AsyncIterator[Database]:
    """A database that announces to those `events`."""
    database = open_database(settings, events)
    yield database
    await database.close()


async def payloads(database: Database) -> list[str]:
    async with database.read() as connection:
        return [row[0] for row in await connection.all(select(OutboxRow.payload))]


async def announce(database: Database, event: Event) -> None:
    async with database.write() as transaction:
        await transaction.announce(event)


async def test_a_listener_together_acts_in_the_same_transaction(events: Events, database: Database) -> None:
    seen: list[tuple[Transaction, int]] = []

    async def listen(transaction: Transaction, event: GameFinished) -> None:
        seen.append((transaction, event.game_id))

    events.together(GameFinished, listen)
    async with database.write() as transaction:
        await transaction.announce(GameFinished(game_id=7, result="B+3.5"))
        assert seen == [(transaction, 7)]
    assert await payloads(database) == []


async def test_if_a_listener_together_raises_nothing_has_happened(events: Events, database: Database) -> None:
    async def later(event: GameFinished) -> None:
        raise AssertionError("nothing has happened")

    async def refuse(transaction: Transaction, event: GameFinished) -> None:
        raise LookupError

    events.later(GameFinished, "archive", later)
    events.together(GameFinished, refuse)
    with pytest.raises(LookupError):
        await announce(database, GameFinished(game_id=7, result="B+3.5"))

    assert await payloads(database) == []


async def test_a_later_listener_gets_the_event_as_it_was(events: Events, database: Database) -> None:
    got: list[Event] = []

    async def listen(event: GameFinished) -> None:
        got.append(event)

    events.later(GameFinished, "archive", listen)
    events.later(GameFinished, "webhook", listen)
    event = GameFinished(game_id=7, result="0 (持碁, jigo)")
    await announce(database, event)
    assert got == []

    await Dispatcher(database, events.deliver).deliver_due()

    assert got == [event, event]


async def test_only_those_who_listen_to_its_kind_hear_of_an_event(events: Events, database: Database) -> None:
    async def listen(event: GameFinished) -> None:
        raise AssertionError("this is another kind")

    events.later(GameFinished, "archive", listen)
    await announce(database, TokenMade(token="QZKWBD"))

    assert await payloads(database) == []


async def test_a_secret_event_waits_sealed(events: Events, database: Database) -> None:
    got: list[str] = []

    async def listen(event: TokenMade) -> None:
        got.append(event.token)

    events.later(TokenMade, "mail", listen)
    await announce(database, TokenMade(token="QZKWBD"))

    (payload,) = await payloads(database)
    assert "QZKWBD" not in payload
    await events.deliver("mail", payload)
    assert got == ["QZKWBD"]


async def test_a_secret_event_sealed_under_another_key_is_not_delivered(events: Events) -> None:
    async def listen(event: TokenMade) -> None:
        raise AssertionError("it cannot be read")

    events.later(TokenMade, "mail", listen)
    with pytest.raises(Unsealable):
        await events.deliver("mail", MasterKey(b"another secret").sealer("outbox").seal(b'{"token": "QZKWBD"}'))


async def test_a_row_for_a_consumer_that_is_no_more_is_an_error(events: Events) -> None:
    with pytest.raises(LookupError):
        await events.deliver("gone", "{}")


async def test_two_consumers_cannot_have_one_name(events: Events) -> None:
    async def listen(event: Event) -> None:
        pass

    events.later(GameFinished, "archive", listen)
    with pytest.raises(ValueError, match="archive"):
        events.later(TokenMade, "archive", listen)


async def test_listeners_may_be_named_when_there_is_something_to_hear(events: Events, database: Database) -> None:
    heard: list[Event] = []
    filled: list[None] = []

    async def listen(_transaction: Transaction, event: GameFinished) -> None:
        heard.append(event)

    def fill() -> None:
        filled.append(None)
        events.together(GameFinished, listen)

    events.fill_when_needed(fill)
    assert filled == []

    news = [GameFinished(game_id=1, result="B+R"), GameFinished(game_id=2, result="W+T")]
    async with database.write() as transaction:
        for event in news:
            await events.announce(transaction, event)

    assert (heard, len(filled)) == (news, 1)
