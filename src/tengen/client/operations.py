"""What a client can be asked to do: the requests, and how their answers are read. No I/O.

Most of it is one request (`Operation`). What takes more is a list in pages (`Pages`), a feed (`tengen.client.feeds`),
or a `Procedure`. What can be asked of the platform stands in `tengen.client.resources`; `Runner` and `AsyncRunner`
carry it out.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

from tengen.client import errors

T = TypeVar("T")
Query = Sequence[tuple[str, str | int]]

# Nothing was sent when these happened, so that everything may be sent again.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_GATEWAY_TROUBLE = {502, 503, 504}


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One request, and how its answer is read.

    `read` gets the decoded JSON, or the bytes if `is_binary`, and raises `KeyError`, `TypeError` or `ValueError` for
    what it cannot read. The caller's credentials go out only with `is_authenticated` operations: by Basic
    authentication, or, if `takes_server_token` and they are a game server's, its secret in a header of its own. An
    `is_idempotent` operation may be sent twice: the second time changes nothing and has the same answer. `form` and
    `files` go out as forms. `patience` is how long the answer, or its next part, may take; None: as long as the client
    waits.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    query: Query = ()
    # None of these is shown: there may be passwords, tokens and keys in them.
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, bytes] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_authenticated: bool = True
    takes_server_token: bool = False
    is_idempotent: bool = False
    is_binary: bool = False
    patience: timedelta | None = None

    def may_repeat(self, outcome: httpx.Response | httpx.RequestError) -> bool:
        """Whether sending the same again can help and cannot do anything twice."""
        if isinstance(outcome, _BEFORE_SENDING):
            return True
        if self.method != "GET" and not self.is_idempotent:
            return False
        return isinstance(outcome, httpx.RequestError) or _is_trouble(outcome)

    def finish(self, outcome: httpx.Response | httpx.RequestError) -> T:
        """What the answer says. Raises `TengenError` for a refusal, for no answer, and for one that is unreadable."""
        answer = self.answer(outcome)
        try:
            return self.read(answer.content if self.is_binary else answer.json())
        except _UNREADABLE as error:
            raise self._unexpected(error, answer) from error

    def answer(self, outcome: httpx.Response | httpx.RequestError) -> httpx.Response:
        """The answer, unread. Raises `TengenError` for a refusal, and for no answer."""
        if isinstance(outcome, httpx.RequestError):
            raise _unreachable(outcome) from outcome
        if not outcome.is_success:
            raise errors.refusal(outcome.status_code, outcome.headers, _json_or_none(outcome))
        return outcome

    def _unexpected(self, error: Exception, answer: httpx.Response) -> errors.UnexpectedAnswer:
        return errors.UnexpectedAnswer(
            f"The answer to {self.method} {self.path} is not what it must be: {error!r}.", status=answer.status_code
        )


_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class LineOperation(Operation[T]):
    """One request whose answer has many lines; `read` gets the text of each."""

    def finish_line(self, line: str, answer: httpx.Response) -> T:
        """What a line of the answer says. Raises `TengenError` if it is unreadable."""
        try:
            return self.read(line)
        except _UNREADABLE as error:
            raise self._unexpected(error, answer) from error

    def broken_off(self, error: httpx.RequestError) -> errors.Unreachable:
        """What to raise where the answer breaks off."""
        return _unreachable(error)


def _is_trouble(answer: httpx.Response) -> bool:
    # There are paths at which the platform does not answer questions with 503, but says the same with another status.
    return answer.status_code in _GATEWAY_TROUBLE or answer.headers.get(errors.CODE_HEADER) == errors.Unavailable.code


def _unreachable(error: httpx.RequestError) -> errors.Unreachable:
    return errors.Unreachable(
        f"The platform did not answer: {str(error) or type(error).__name__}.",
        may_have_happened=not isinstance(error, _BEFORE_SENDING),
    )


def _json_or_none(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


# What takes more than one request.


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. `after`: after which mark the next page begins; None on the last."""

    items: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Pages(Generic[T]):
    """A list in pages. `page` is the request for the one after a mark; None: for the first."""

    page: Callable[[str | None], Operation[Page[T]]]


@dataclass(frozen=True, slots=True)
class Pause:
    """A step of a procedure: wait for so long."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class FileContent:
    """A step of a procedure: the bytes of a file."""

    path: Path


Step: TypeAlias = Operation[Any] | Pause | FileContent
Procedure: TypeAlias = Generator[Step, Any, T]
"""Several steps that depend on each other: whoever carries them out sends in what each led to, or throws in why not.

What a procedure returns is its outcome.
"""


def asking(operation: Operation[T]) -> Procedure[T]:
    """The procedure of this one request: `answer = yield from asking(operation)`."""
    answer: T = yield operation
    return answer


def all_of(pages: Pages[T]) -> Procedure[list[T]]:
    """The procedure of a whole list: `items = yield from all_of(pages)`."""
    page = yield from asking(pages.page(None))
    items = [*page.items]
    while page.after is not None:
        page = yield from asking(pages.page(page.after))
        items += page.items
    return items
