"""Feeds: server-sent events, and how to go on where they break off. No I/O.

Source: the HTML standard, "Server-sent events": the fields of an event, the last id, the time before coming again.
"""

from collections.abc import Callable
from datetime import timedelta
from json import loads
from typing import Any, Generic, TypeVar

from tengen.client.errors import TengenError, TooManyRequests, Unavailable
from tengen.client.operations import LineOperation

T = TypeVar("T")

COMES_AGAIN_AFTER = (Unavailable, TooManyRequests)
"""Refusals and losses after which a feed comes again."""

# Signs of life come every 15 seconds.
_LONGEST_SILENCE = timedelta(seconds=45)
_PAUSE = timedelta(seconds=3)
_LONGEST_PAUSE = timedelta(seconds=30)
_LONGEST_RETRY = 3_600_000
"""Milliseconds: no server means more."""


class Feed(Generic[T]):
    """A feed, and how far it was heard: it is connected to again and again, each time after the last event.

    `read` gets the id and the decoded data of an event; None is passed over. `after` is the id of an event to go on
    from. `patience`: for so long the platform may be away before the feed ends with the reason for it; at the first
    connection it must be there.
    """

    def __init__(
        self, path: str, read: Callable[[str, Any], T | None], *, after: str | None, patience: timedelta
    ) -> None:
        self._path = path
        self._read = read
        self._patience = patience
        self._last_id = self._coming_id = after or ""
        self._data: list[str] = []
        self._pause = self._next_pause = _PAUSE
        self._is_begun = False
        self._away = timedelta()

    def connection(self) -> LineOperation[T | None]:
        """The request for what comes after the last event. A line of the answer that ends an event reads as it."""
        self._coming_id, self._data = self._last_id, []  # half an event, if there is any, comes again
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last_id} if self._last_id else {})
        return LineOperation("GET", self._path, self._hear, headers=headers, patience=_LONGEST_SILENCE)

    def pause(self, error: TengenError | None) -> timedelta:
        """How long to wait before the next connection. `error`: why there is none; None: the feed has ended in order.

        Raises `error` if waiting is of no use any more.
        """
        if error is not None and (not self._is_begun or self._away >= self._patience):
            raise error
        pause = self._next_pause
        if error is not None and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        self._away += pause
        self._next_pause = max(self._pause, min(self._next_pause * 2, _LONGEST_PAUSE))
        return pause

    def _hear(self, line: str) -> T | None:
        self._is_begun, self._away = True, timedelta()
        self._next_pause = self._pause
        if not line:
            return self._event()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "id":
                self._coming_id = value
            case "retry" if value.isascii() and value.isdecimal():
                self._pause = self._next_pause = timedelta(milliseconds=min(int(value), _LONGEST_RETRY))
        return None

    def _event(self) -> T | None:
        self._last_id = self._coming_id
        data, self._data = "\n".join(self._data), []
        return self._read(self._last_id, loads(data)) if data else None
