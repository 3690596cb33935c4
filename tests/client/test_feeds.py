"""Feeds: how events are read, and how both clients go on where one breaks off."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tengen.client import (
    AsyncClient,
    Client,
    EntryState,
    EventKind,
    FeedFull,
    TooManyFollowers,
    TournamentEvent,
    TournamentNotFound,
    UnexpectedAnswer,
    Unreachable,
)
from tengen.client.feeds import Feed
from tests.client.fake_platform import MIRA, MIRA_HEADER, URL, at

LOST = httpx.ReadError("connection lost")
REFUSED = httpx.ConnectError("connection refused")
AT = "2026-06-01T18:04:11.220913Z"


def an_event(event_id: str, kind: str = "submission", **data: Any) -> str:
    """An event as the platform writes it."""
    told = {"kind": kind, "at": AT, "standings": True} | data
    return f"event: {kind}\nid: {event_id}\ndata: {json.dumps(told)}\n\n"


def a_refusal(code: str, status: int = 403, *, retry_after: int | None = None) -> httpx.Response:
    headers = {"X-Tengen-Error": code} | ({} if retry_after is None else {"Retry-After": str(retry_after)})
    return httpx.Response(status, headers=headers, json={"error": code, "detail": "No."})


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """What comes of an answer; in the end it is over, or breaks off."""

    def __init__(self, text: str, *, breaks: bool) -> None:
        self._parts = [text[at : at + 20].encode() for at in range(0, len(text), 20)]
        self._breaks = breaks
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts
        if self._breaks:
            raise LOST

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


Connection = tuple[str, bool] | httpx.Response | Exception
"""What comes and whether it breaks off then; a refusal; no answer at all."""


@dataclass
class AFeed:
    """A platform whose feed has these connections, the last for ever."""

    connections: Sequence[Connection]
    requests: list[httpx.Request] = field(default_factory=list)
    streams: list[_Stream] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        connection = self.connections[min(len(self.requests), len(self.connections) - 1)]
        self.requests.append(request)
        if isinstance(connection, Exception):
            raise connection
        if isinstance(connection, httpx.Response):
            return httpx.Response(connection.status_code, headers=connection.headers, content=connection.content)
        text, breaks = connection
        self.streams.append(_Stream(text, breaks=breaks))
        return httpx.Response(200, stream=self.streams[-1])

    @property
    def last_ids(self) -> list[str | None]:
        """After which events it was asked."""
        return [request.headers.get("Last-Event-ID") for request in self.requests]


Hear = Callable[..., Any]
"""The next events: `await hear(feed, 3)`; as for `follow_tournament` after these."""


async def hear_sync(feed: AFeed, count: int, **how: Any) -> list[TournamentEvent]:
    with Client(URL, MIRA, transport=httpx.MockTransport(feed.answer), retries=0) as client:
        events = client.follow_tournament(12, **how)
        return [next(events) for _ in range(count)]


async def hear_async(feed: AFeed, count: int, **how: Any) -> list[TournamentEvent]:
    async with AsyncClient(URL, MIRA, transport=httpx.MockTransport(feed.answer), retries=0) as client:
        events = client.follow_tournament(12, **how)
        return [await anext(events) for _ in range(count)]


@pytest.fixture(params=[hear_sync, hear_async], ids=["Client", "AsyncClient"])
def hear(request: pytest.FixtureRequest, pauses: list[float]) -> Hear:
    hear: Hear = request.param
    return hear


async def test_events_are_told_with_what_they_are_about(hear: Hear) -> None:
    about: dict[str, Any] = {"account_id": 57, "name": "Mira"}
    text = "retry: 1500\n\n" + an_event("a", "resync") + an_event("b", submission_id=345, **about)
    text += an_event("c", "entry", state="participating", standings=False, **about)
    text += an_event("d", "disqualified", reason="Another's.", submission_id=345, **about)
    feed = AFeed([(text, False)])
    resync, submission, entry, disqualified = await hear(feed, 4)
    assert (resync.kind, resync.account_id, resync.changes_standings) == (EventKind.RESYNC, None, True)
    assert submission == TournamentEvent(
        "b", EventKind.SUBMISSION, at("2026-06-01T18:04:11.220913"), True, 57, "Mira", 345, None, None
    )
    assert (entry.state, entry.changes_standings) == (EntryState.PARTICIPATING, False)
    assert disqualified.reason == "Another's."
    (request,) = feed.requests
    assert (request.method, request.url.path) == ("GET", "/api/v2/tournaments/12/feed")
    assert (request.headers["Accept"], request.headers["Authorization"]) == ("text/event-stream", MIRA_HEADER)
    assert request.extensions["timeout"]["read"] == 45


@pytest.mark.parametrize("breaks", [True, False], ids=["breaks off", "ends"])
async def test_a_feed_goes_on_after_the_last_event(hear: Hear, pauses: list[float], breaks: bool) -> None:
    first = "retry: 1500\n\n" + an_event("a", "resync") + ":\nid: b\n\n"
    feed = AFeed([(first, breaks), (an_event("c"), breaks), (an_event("d"), breaks)])
    assert [event.id for event in await hear(feed, 3)] == ["a", "c", "d"]
    assert feed.last_ids == [None, "b", "c"]
    assert pauses == [1.5, 1.5]
    assert all(stream.is_closed for stream in feed.streams[:2])


async def test_half_an_event_is_told_when_it_comes_as_a_whole(hear: Hear) -> None:
    second = an_event("b")
    feed = AFeed([(an_event("a") + second[:-1], True), (second, True)])
    assert [event.id for event in await hear(feed, 2)] == ["a", "b"]
    assert feed.last_ids == [None, "a"]


async def test_a_feed_begins_after_an_event_that_was_told_before(hear: Hear) -> None:
    feed = AFeed([(an_event("b"), True)])
    await hear(feed, 1, after="a")
    assert feed.last_ids == ["a"]


async def test_a_platform_that_is_away_is_come_back_to_less_and_less_often(hear: Hear, pauses: list[float]) -> None:
    away: list[Connection] = [REFUSED, httpx.Response(502), a_refusal("unavailable"), REFUSED, REFUSED]
    feed = AFeed([("retry: 2000\n\n" + an_event("a"), True), *away, (an_event("b"), True), (an_event("c"), True)])
    assert [event.id for event in await hear(feed, 3)] == ["a", "b", "c"]
    assert pauses == [2, 4, 8, 16, 30, 30, 2]


async def test_a_platform_that_has_no_room_is_come_back_to_when_it_says(hear: Hear, pauses: list[float]) -> None:
    full: list[Connection] = [a_refusal("too_many_followers", retry_after=15), a_refusal("feed_full")]
    feed = AFeed([(an_event("a"), True), *full, (an_event("b"), True)])
    await hear(feed, 2)
    assert pauses == [3, 15, 12]


async def test_a_platform_that_stays_away_ends_the_feed(hear: Hear, pauses: list[float]) -> None:
    feed = AFeed([(an_event("a"), True), REFUSED])
    with pytest.raises(Unreachable, match="connection refused"):
        await hear(feed, 2, patience=timedelta(seconds=20))
    assert pauses == [3, 6, 12]


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (REFUSED, Unreachable),
        (a_refusal("no_such_tournament", 404), TournamentNotFound),
        (a_refusal("too_many_followers"), TooManyFollowers),
        (a_refusal("feed_full"), FeedFull),
    ],
    ids=["away", "no tournament", "too many", "full"],
)
async def test_a_feed_that_does_not_begin_says_why(
    hear: Hear, pauses: list[float], first: Connection, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        await hear(AFeed([first]), 1)
    assert pauses == []


async def test_a_tournament_that_is_gone_meanwhile_ends_the_feed(hear: Hear) -> None:
    with pytest.raises(TournamentNotFound):
        await hear(AFeed([(an_event("a"), True), a_refusal("no_such_tournament", 404)]), 2)


async def test_an_event_of_an_unknown_kind_is_passed_over(hear: Hear) -> None:
    feed = AFeed([(an_event("a", "fireworks") + an_event("b"), True)])
    assert [event.id for event in await hear(feed, 1)] == ["b"]


@pytest.mark.parametrize("data", ["{}", "[]", "no JSON", '{"kind": "submission", "at": "now", "standings": true}'])
async def test_an_event_that_cannot_be_read_is_unexpected(hear: Hear, data: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        await hear(AFeed([(f"data: {data}\n\n", True)]), 1)


# The first three are the examples of the HTML standard, 9.2.6, "Interpreting an event stream", with data in each event.
STANDARD = [
    ("data: YHOO\ndata: +2\ndata: 10\n\n", [("", "YHOO\n+2\n10")]),
    (
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [("1", "first event"), ("", "second event"), ("", " third event")],
    ),
    ("data:test\n\ndata: test\n\n", [("", "test"), ("", "test")]),
    ("data: not yet whole\n", []),
]


@pytest.mark.parametrize(("stream", "expected"), STANDARD)
def test_a_stream_is_read_as_the_standard_has_it(
    monkeypatch: pytest.MonkeyPatch, stream: str, expected: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr("tengen.client.feeds.loads", str)
    feed = Feed("/", lambda event_id, data: (event_id, data), after=None, patience=timedelta())
    connection = feed.connection()
    told = [connection.read(line) for line in stream.split("\n")[:-1]]
    assert [event for event in told if event is not None] == expected
