"""Who is online: the list that everybody asks for."""

import asyncio
import dataclasses
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.database import Database, statements_executed
from tengen.core.values import AccountId, ServerId
from tengen.servers import service
from tengen.servers.online import Choice, Entry, OnlineList, OnlineServers
from tengen.servers.service import Server
from tests.servers.builders import a_heartbeat_of, a_new_server
from tests.support.builders import NOON

SECOND = timedelta(seconds=1)
WINDOW = timedelta(seconds=60)


def a_server(number: int, *, heard_at: datetime = NOON, **changes: Any) -> Server:
    server = Server(
        id=ServerId(number),
        owner_id=AccountId(1),
        host_name="203.0.113.20",
        port=11235,
        display_name="Quiet Valley",
        description="beginners",
        game_type="RTSS",
        max_player_count=32,
        current_map="eden2",
        current_player_count=7,
        created_at=NOON,
        heard_at=heard_at,
        deleted_at=None,
    )
    return dataclasses.replace(server, **changes)


def a_list(*servers: Server) -> OnlineList:
    return OnlineList(Entry(server, server.heard_at) for server in servers if server.heard_at is not None)


def ids(answer: bytes) -> list[int]:
    return [server["id"] for server in json.loads(answer)]


# ── the list, without a database ──


def test_a_listed_server_looks_as_the_contract_says() -> None:
    heard_at = datetime.fromisoformat("2026-05-02T18:20:31.000120+00:00")
    assert json.loads(a_list(a_server(3, heard_at=heard_at)).json) == [
        {
            "host_name": "203.0.113.20",
            "port": 11235,
            "display_name": "Quiet Valley",
            "description": "beginners",
            "game_type": "RTSS",
            "max_player_count": 32,
            "id": 3,
            "current_map": "eden2",
            "current_player_count": 7,
            "updated": "2026-05-02T18:20:31.000120",
        }
    ]


def test_an_empty_list_is_an_empty_array() -> None:
    assert a_list().json == b"[]"
    assert a_list().choose(Choice(search="valley")) == b"[]"


@given(st.text(), st.text(), st.integers(0, 2**63 - 1))
def test_any_text_and_any_number_comes_back_as_it_was(name: str, map_name: str, players: int) -> None:
    server = a_server(3, display_name=name, current_map=map_name, current_player_count=players)
    [listed] = json.loads(a_list(server).json)
    assert (listed["display_name"], listed["current_map"]) == (name, map_name)
    assert listed["current_player_count"] == players


# Choices, and the servers each leaves in order: 1 (7 of 32 players), 2 (full), 3 (no room at all), 4.
CHOICES = [
    ({}, [1, 2, 3, 4]),
    ({"game_type": "RTSS"}, [1, 3, 4]),
    ({"game_type": "ffa"}, [2]),
    ({"game_type": "RTS"}, []),
    ({"search": "valley"}, [1, 3]),
    ({"search": "VALLEY"}, [1, 3]),
    ({"search": "beginners"}, [1, 2, 4]),
    ({"search": "crossroads"}, [4]),
    ({"search": "STRASSE"}, [4]),
    ({"search": "%"}, []),
    ({"search": "_"}, []),
    ({"not_full": True}, [1, 4]),
    ({"sort": "id"}, [1, 2, 3, 4]),
    ({"sort": "name"}, [2, 4, 1, 3]),
    ({"sort": "players"}, [2, 4, 1, 3]),
    ({"sort": "updated"}, [4, 1, 2, 3]),
    ({"game_type": "RTSS", "search": "e", "not_full": True, "sort": "players"}, [4, 1]),
]


@pytest.mark.parametrize(("choice", "left"), CHOICES)
def test_a_choice_leaves_what_was_asked_for_in_the_order_asked_for(choice: dict[str, Any], left: list[int]) -> None:
    online = a_list(
        a_server(4, display_name="Lange Straße", current_map="crossroads", heard_at=NOON + SECOND,
                 current_player_count=8),
        a_server(1),
        a_server(2, display_name="arena", game_type="FFA", current_player_count=32),
        a_server(3, display_name="Wide Valley", description="", max_player_count=0, current_player_count=0),
    )  # fmt: skip
    assert ids(online.choose(Choice(**choice))) == left


def test_news_replaces_what_was_known_and_silence_ends_it() -> None:
    cutoff = NOON - WINDOW
    before = a_list(a_server(1, heard_at=cutoff + SECOND), a_server(2))
    news = [a_server(3), a_server(2, heard_at=NOON + SECOND, current_map="crossroads")]
    after = before.updated(news, cutoff=cutoff + SECOND, is_whole=False)
    assert [(server["id"], server["current_map"]) for server in json.loads(after.json)] == [
        (2, "crossroads"),
        (3, "eden2"),
    ]
    assert ids(before.json) == [1, 2]  # an answer under way does not change


def test_nothing_new_is_the_same_list_which_is_serialised_once() -> None:
    server = a_server(1)
    online = a_list(server)
    assert online.updated([], cutoff=NOON - WINDOW, is_whole=False) is online
    assert online.updated([server], cutoff=NOON - WINDOW, is_whole=False) is online
    assert online.updated([server], cutoff=NOON - WINDOW, is_whole=True) is online
    assert online.json is online.json


def test_a_whole_read_drops_whom_it_did_not_find() -> None:
    online = a_list(a_server(1), a_server(2))
    assert ids(online.updated([a_server(2)], cutoff=NOON - WINDOW, is_whole=True).json) == [2]


# ── with a database ──


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def online(database: Database, watch: Watch) -> OnlineServers:
    return OnlineServers(database, window=WINDOW, clock=watch)


async def listed(online: OnlineServers) -> list[int]:
    return ids((await online.now()).json)


async def test_a_server_is_online_for_the_window_after_its_heartbeat_and_not_at_its_end(
    online: OnlineServers, database: Database, watch: Watch
) -> None:
    made = await a_new_server(database)
    assert await listed(online) == []
    await a_heartbeat_of(database, made.id, now=NOON)
    assert await listed(online) == [made.id]
    watch.now = NOON + WINDOW - timedelta(microseconds=1)
    assert await listed(online) == [made.id]
    watch.now = NOON + WINDOW
    assert await listed(online) == []


async def test_a_heartbeat_shows_in_the_next_answer(online: OnlineServers, database: Database) -> None:
    first, second = await a_new_server(database), await a_new_server(database)
    for round_ in range(20):
        await a_heartbeat_of(database, first.id, now=NOON + round_ * SECOND, current_player_count=round_)
        [server] = json.loads((await online.now()).json)
        assert server["current_player_count"] == round_
    await a_heartbeat_of(database, second.id, now=NOON + 21 * SECOND)
    assert await listed(online) == [first.id, second.id]


async def test_a_heartbeat_shows_though_a_later_one_was_seen_before(online: OnlineServers, database: Database) -> None:
    slow, quick = await a_new_server(database), await a_new_server(database)
    await a_heartbeat_of(database, slow.id, now=NOON - 30 * SECOND, current_map="before")
    await a_heartbeat_of(database, quick.id, now=NOON)
    assert await listed(online) == [slow.id, quick.id]
    await a_heartbeat_of(database, slow.id, now=NOON - timedelta(milliseconds=100), current_map="after")
    [server, _] = json.loads((await online.now()).json)
    assert server["current_map"] == "after"


async def test_a_deleted_server_disappears_in_a_moment(online: OnlineServers, database: Database) -> None:
    kept, deleted = await a_new_server(database), await a_new_server(database)
    await a_heartbeat_of(database, kept.id)
    await a_heartbeat_of(database, deleted.id)
    assert await listed(online) == [kept.id, deleted.id]
    async with database.write() as transaction:
        await service.delete_server(transaction, deleted.id, NOON)
    await asyncio.sleep(0.6)
    assert await listed(online) == [kept.id]


async def test_a_crowd_shares_a_statement_and_an_answer(online: OnlineServers, database: Database) -> None:
    for _ in range(3):
        await a_heartbeat_of(database, (await a_new_server(database)).id)
    first = await online.now()
    counter = [0]
    statements_executed.set(counter)
    answers = await asyncio.gather(*(online.now() for _ in range(100)))
    assert counter == [1]
    assert {id(answer) for answer in answers} == {id(first)}


async def test_this_platform_is_never_listed(online: OnlineServers, watch: Watch) -> None:
    assert await listed(online) == []
    watch.now = NOON - timedelta(days=36500)
    assert await listed(online) == []


async def test_answers_are_right_whatever_happens_between_them(
    online: OnlineServers, database: Database, watch: Watch
) -> None:
    """Two hundred heartbeats and silences in a fixed disorder: each answer is what a fresh look would find."""
    servers = [await a_new_server(database) for _ in range(7)]
    for step in range(200):
        watch.now += timedelta(seconds=(step * 37) % 19)
        await a_heartbeat_of(database, servers[(step * step + step // 3) % 7].id, now=watch.now)
        async with database.read() as connection:
            fresh = await service.heard_since(connection, watch.now - WINDOW)
        expected = {server.id: server.heard_at.replace(tzinfo=None) for server in fresh if server.heard_at}
        answer = json.loads((await online.now()).json)
        assert {one["id"]: datetime.fromisoformat(one["updated"]) for one in answer} == expected
