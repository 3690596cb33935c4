"""The feed of a tournament over HTTP: server-sent events from a real server."""

import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tengen.core.database import Transaction
from tengen.core.values import AccountId
from tengen.tournaments import service
from tengen.tournaments.service import Kind, Tournament
from tests.support.builders import User, a_verified_user
from tests.support.operations import operate
from tests.support.server import Server
from tests.support.workers import connected_to, wait_for_workers
from tests.tournaments.builders import HOUR
from tests.tournaments.feeds import a_plan, change


def a_running_tournament(server: Server, *, host: User | None = None, **plan: Any) -> Tournament:
    host_id, now = AccountId((host or a_verified_user(server)).id), datetime.now(UTC)
    times = {"starts_at": now - HOUR, "ends_at": now + HOUR}

    async def create(transaction: Transaction) -> Tournament:
        return await service.create(transaction, a_plan(now=now, **times | plan), host_id, now)

    return operate(server, create)


def a_change(server: Server, cup: Tournament, kind: Kind = Kind.SUBMISSION, **what: Any) -> int:
    """Something changes, on a connection that no worker has. Returns its number."""

    async def make(transaction: Transaction) -> int:
        return await change(transaction, cup.id, kind, at=datetime.now(UTC), **what)

    return operate(server, make)


@dataclass(frozen=True)
class Event:
    """An event as a browser gets it."""

    name: str
    id: str
    data: dict[str, Any]


class Listener:
    """Reads a feed as the HTML standard has it, and remembers the last id."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self._lines = answer.iter_lines()
        self._fields: dict[str, str] = {}

    def __iter__(self) -> Iterator[Event]:
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name:
                self._fields[name] = value
                continue
            if line:  # a comment
                continue
            fields, self._fields = self._fields, {}
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                yield Event(fields["event"], self.last_id, json.loads(fields["data"]))

    def hear(self, count: int) -> list[Event]:
        """The next events."""
        events = iter(self)
        return [next(events) for _ in range(count)]

    def kinds(self, count: int) -> list[str]:
        """What the next events are about."""
        events = self.hear(count)
        assert [event.name for event in events] == [event.data["kind"] for event in events]
        return [event.name for event in events]


def path(cup: Tournament) -> str:
    return f"/api/v2/tournaments/{cup.id}/feed"


@contextmanager
def follow(server: Server, cup: Tournament, client: httpx.Client | None = None, **how: Any) -> Iterator[Listener]:
    """A feed, from its first answer on; `how` as for httpx."""
    with ExitStack() as stack:
        if client is None:
            client = stack.enter_context(httpx.Client(base_url=server.url, timeout=30, trust_env=False))
        answer = stack.enter_context(client.stream("GET", path(cup), **how))
        assert answer.status_code == 200, answer.read()
        yield Listener(answer)


@contextmanager
def follow_anew(server: Server, cup: Tournament, **how: Any) -> Iterator[Listener]:
    """A feed whose follower has loaded everything."""
    with follow(server, cup, **how) as listener:
        assert listener.kinds(1) == ["resync"]
        yield listener


def test_a_change_made_elsewhere_is_told(server: Server) -> None:
    cup, ann = a_running_tournament(server), a_verified_user(server)
    with follow_anew(server, cup) as listener:
        started = time.monotonic()
        a_change(server, cup, Kind.DISQUALIFIED, account_id=AccountId(ann.id), text="Another's vidéo\u2028")
        (event,) = listener.hear(1)
        assert time.monotonic() - started < 5  # half a second, on a machine that has nothing else to do
    at = event.data.pop("at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at)
    assert event.data == {
        "kind": "disqualified",
        "standings": True,
        "account_id": ann.id,
        "name": ann.display_name,
        "reason": "Another's vidéo\u2028",
    }


def test_the_answer_is_a_stream_of_events_that_nobody_keeps(server: Server) -> None:
    with follow(server, a_running_tournament(server)) as listener:
        headers = listener.answer.headers
        assert headers["Content-Type"].startswith("text/event-stream")
        assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
        assert re.fullmatch(r"retry: [1-4]\d{3}", next(listener.answer.iter_lines()))


@pytest.mark.parametrize("by_header", [True, False])
def test_who_comes_again_is_told_what_it_has_missed_and_nothing_twice(server: Server, by_header: bool) -> None:
    cup = a_running_tournament(server)
    with follow_anew(server, cup) as listener:
        numbers = [a_change(server, cup, text=str(number)) for number in range(3)]
        seen = [event.id for event in listener.hear(2)]
    numbers.append(a_change(server, cup))
    how: dict[str, Any] = {"headers": {"Last-Event-ID": seen[-1]}} if by_header else {"params": {"after": seen[-1]}}
    with follow(server, cup, **how) as listener:
        numbers.append(a_change(server, cup, Kind.EDITED))
        assert listener.kinds(3) == ["submission", "submission", "edited"]


def test_the_last_event_counts_before_the_address(server: Server) -> None:
    cup = a_running_tournament(server)
    with follow_anew(server, cup) as listener:
        a_change(server, cup)
        a_change(server, cup)
        first, second = listener.hear(2)
    a_change(server, cup, Kind.EDITED)
    with follow(server, cup, params={"after": first.id}, headers={"Last-Event-ID": second.id}) as listener:
        assert listener.kinds(1) == ["edited"]


def test_a_restart_loses_nothing(start_server: Callable[..., Server]) -> None:
    server = start_server()
    cup = a_running_tournament(server)
    with follow_anew(server, cup) as listener:
        a_change(server, cup)
        (seen,) = listener.hear(1)
    server.kill()
    a_change(server, cup, Kind.RESTORED)
    server.start()
    with follow(server, cup, headers={"Last-Event-ID": seen.id}) as listener:
        assert listener.kinds(1) == ["restored"]


def test_two_followers_are_told_the_same_in_the_same_order(server: Server) -> None:
    cup = a_running_tournament(server)
    with follow_anew(server, cup) as one, follow_anew(server, cup) as other:
        kinds = [Kind.SUBMISSION, Kind.DISQUALIFIED, Kind.RESTORED, Kind.EDITED] * 5
        for kind in kinds:
            a_change(server, cup, kind)
        assert one.kinds(20) == other.kinds(20) == [kind.value for kind in kinds]


def test_hidden_results_are_for_the_host_and_their_owner(server: Server) -> None:
    host, ann = a_verified_user(server), a_verified_user(server)
    cup = a_running_tournament(server, host=host, hide_results=True)
    with ExitStack() as stack:
        stranger, owner, hosting = [
            stack.enter_context(follow_anew(server, cup, auth=auth)) for auth in (None, ann.auth, host.auth)
        ]
        a_change(server, cup, account_id=AccountId(ann.id))
        a_change(server, cup, account_id=AccountId(host.id))
        a_change(server, cup, Kind.EDITED)
        assert stranger.kinds(1) == ["edited"]
        assert owner.kinds(2) == ["submission", "edited"]
        assert hosting.kinds(3) == ["submission", "submission", "edited"]


# ── refusals ──


@pytest.mark.parametrize("tournament_id", [0, -1, 999_999_999, 2**63 - 1])
def test_there_is_no_feed_of_what_is_no_tournament(server: Server, tournament_id: int) -> None:
    answer = server.get(f"/api/v2/tournaments/{tournament_id}/feed")
    assert (answer.status_code, answer.json()["error"]) == (404, "no_such_tournament")


@pytest.mark.parametrize("tournament_id", ["x", "1.5", 2**63, "%00"])
def test_an_id_that_cannot_be_is_refused(server: Server, tournament_id: object) -> None:
    assert server.get(f"/api/v2/tournaments/{tournament_id}/feed").status_code == 422


@pytest.mark.parametrize("after", ["x", "1", "\x00", "𝔸", "A" * 5000])
def test_an_id_that_was_never_given_is_refused_in_an_address_and_begins_anew_in_a_header(
    server: Server, after: str
) -> None:
    cup = a_running_tournament(server)
    answer = server.get(path(cup), params={"after": after})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_position")
    if after.isprintable():
        with follow_anew(server, cup, headers={"Last-Event-ID": after.encode()}):
            pass


def test_wrong_credentials_are_refused(server: Server) -> None:
    user = a_verified_user(server)
    answer = server.get(path(a_running_tournament(server)), auth=(user.email, "wrong"))
    assert answer.status_code == 401


def test_a_worker_has_no_more_followers_than_it_may(start_server: Callable[..., Server]) -> None:
    server = start_server(feed_followers_per_worker=2)
    cup = a_running_tournament(server)
    with follow_anew(server, cup), follow_anew(server, cup):
        answer = server.get(path(cup))
        assert (answer.status_code, answer.json()["error"]) == (403, "feed_full")
    wait_until(lambda: followers(server) == 0)
    with follow_anew(server, cup):
        pass


# ── coming and going ──


def followers(server: Server) -> float:
    return server.metric("tengen_feed_followers")


def wait_until(is_so: Callable[[], bool], *, seconds: float = 15) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "it takes too long"
        time.sleep(0.02)


@pytest.mark.parametrize("farewell", ["closes", "vanishes"])
def test_who_has_gone_is_counted_no_more(start_server: Callable[..., Server], farewell: str) -> None:
    server = start_server()
    cup = a_running_tournament(server)
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
    for connection in connections:
        connection.sendall(f"GET {path(cup)} HTTP/1.1\r\nHost: tengen\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    wait_until(lambda: followers(server) == 3)
    for connection in connections:
        if farewell == "vanishes":  # without a word: the connection is reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    wait_until(lambda: followers(server) == 0)
    assert "Traceback" not in server.new_log()


def test_open_feeds_end_when_the_server_stops(
    start_server: Callable[..., Server], request: pytest.FixtureRequest, engine: str
) -> None:
    several: dict[str, Any] = (
        {"workers": 2, "redis_url": request.getfixturevalue("redis_url")} if engine == "postgresql" else {}
    )
    server = start_server(shutdown_seconds=60, **several)
    cup = a_running_tournament(server)
    with follow_anew(server, cup) as one, follow_anew(server, cup) as other, ThreadPoolExecutor(2) as crowd:
        rests = [crowd.submit(list, listener) for listener in (one, other)]
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10  # and not the minute that other answers would be given
        assert [rest.result() for rest in rests] == [[], []]  # the end of the stream, and not of the connection
    assert "Traceback" not in server.new_log()


# ── several workers ──


def token_of(user: User, client: httpx.Client) -> dict[str, str]:
    """The header by which tournament programs stay logged in."""
    answer = client.post("/api/obtain_token", data={"username": user.display_name, "password": user.password})
    assert answer.status_code == 200, answer.text
    return {"X-Scoreganizer-Authorization": f"{user.display_name}:{answer.json()['token']}"}


@pytest.mark.parametrize("engine", ["postgresql"])
def test_what_is_done_at_one_worker_is_told_at_the_other(server: Server) -> None:
    cup, workers = a_running_tournament(server), wait_for_workers(server, 2)
    for doing, telling in (workers, reversed(workers)):
        ann = a_verified_user(server)
        with (
            closing(connected_to(server, doing)) as one,
            closing(connected_to(server, telling)) as other,
            follow_anew(server, cup, client=other) as listener,
        ):
            token = token_of(ann, one)
            entered = one.post(f"/api/tournaments/participate/{cup.id}", headers=token)
            assert entered.status_code == 200, entered.text
            (event,) = listener.hear(1)
        assert (event.name, event.data["account_id"], event.data["state"]) == ("entry", ann.id, "participating")


@pytest.mark.parametrize("engine", ["postgresql"])
def test_what_one_worker_has_told_the_other_goes_on_from(server: Server) -> None:
    cup, (one, other) = a_running_tournament(server), wait_for_workers(server, 2)
    kinds = [Kind.SUBMISSION, Kind.DISQUALIFIED, Kind.RESTORED, Kind.EDITED]
    with closing(connected_to(server, one)) as client, follow_anew(server, cup, client=client) as listener:
        for kind in kinds:
            a_change(server, cup, kind)
        told = listener.hear(len(kinds))
    with (
        closing(connected_to(server, other)) as client,
        follow(server, cup, client, headers={"Last-Event-ID": told[1].id}) as listener,
    ):
        assert listener.kinds(2) == [event.name for event in told[2:]] == ["restored", "edited"]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_the_followers_of_a_worker_that_died_are_counted_no_more(
    start_server: Callable[..., Server], redis_url: str
) -> None:
    server = start_server(workers=2, redis_url=redis_url)
    cup, (killed, _) = a_running_tournament(server), wait_for_workers(server, 2)
    with closing(connected_to(server, killed)) as client, follow_anew(server, cup, client=client):
        assert followers(server) == 1
        killed.kill()
        killed.wait(10)
        server.reconnect()
        wait_until(lambda: followers(server) == 0)
