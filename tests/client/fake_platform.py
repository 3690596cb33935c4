"""A platform that answers what it is told, both clients in front of it, and calls of theirs as cases."""

import base64
import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType, NoneType
from typing import Any

import httpx

from tengen.client import AsyncClient, Client, Credentials, LineOperation
from tengen.client.feeds import Feed
from tengen.client.operations import Pages

URL = "https://tengen.example"
MIRA = Credentials("mira@example.org", "correct horse")
MIRA_HEADER = "Basic " + base64.b64encode(b"mira@example.org:correct horse").decode()


@dataclass
class APlatform:
    """Answers with each of `answers` in turn, and with the last for ever; `requests` is what it was asked."""

    answers: Sequence[httpx.Response | Exception]
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)


Ask = Callable[..., Any]
"""Calls a method of a client by its name: `await ask(platform, "account", 57)`."""


async def ask_client(platform: APlatform, method: str, *args: Any, **kwargs: Any) -> Any:
    with Client(URL, MIRA, transport=platform.transport) as client:
        result = getattr(client, method)(*args, **kwargs)
        return list(result) if isinstance(result, Iterator) else result


async def ask_async_client(platform: APlatform, method: str, *args: Any, **kwargs: Any) -> Any:
    async with AsyncClient(URL, MIRA, transport=platform.transport) as client:
        result = getattr(client, method)(*args, **kwargs)
        return [part async for part in result] if isinstance(result, AsyncIterator) else await result


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SAME = object()
"""The call gives what the platform answers."""


@dataclass(frozen=True)
class Case:
    """A call, what must go out, what comes back, and what the call must give (`SAME`: the same)."""

    method: str
    args: Sequence[Any]
    sent: str  # method, path and query
    body: Any = None
    answer: Any = None
    gives: Any = SAME
    kwargs: dict[str, Any] = field(default_factory=dict)
    is_authenticated: bool = True

    def __str__(self) -> str:
        return f"{self.method} -> {self.sent}"


def methods_of(client: type) -> dict[str, Any]:
    """A client's operations: its public methods but those that every client of anything has."""
    return {
        name: method
        for name, method in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_") and name not in {"run", "stream", "each", "follow", "perform", "close", "live"}
    }


def operations_of(*resources: ModuleType) -> dict[str, Any]:
    """The operations of some parts of the platform."""
    return {
        name: function
        for resource in resources
        for name, function in inspect.getmembers(resource, inspect.isfunction)
        if function.__module__ == resource.__name__ and not name.startswith("_")
    }


def check_methods(name: str, operation: Any) -> None:
    """The methods of both clients have the signature and the text of their operation."""
    expected = dict(inspect.signature(operation).parameters)
    answer = operation.__annotations__["return"]
    result = answer.__args__[-1]
    for client, iterator in ((Client, Iterator), (AsyncClient, AsyncIterator)):
        method = methods_of(client)[name]
        parameters = dict(inspect.signature(method).parameters)
        del parameters["self"]
        assert parameters == expected
        given = iterator[result] if answer.__origin__ in {LineOperation, Pages, Feed} else result
        assert method.__annotations__["return"] in (given, None if given is NoneType else given)
        assert inspect.getdoc(method) == inspect.getdoc(operation)


async def check_case(ask: Ask, case: Case) -> None:
    """What goes out is what must, and what the call gives is what it must."""
    is_binary = isinstance(case.answer, bytes)
    content = case.answer if is_binary else json.dumps(case.answer).encode()
    platform = APlatform([httpx.Response(200, content=content)])
    result = await ask(platform, case.method, *case.args, **case.kwargs)
    (request,) = platform.requests
    assert f"{request.method} {request.url.raw_path.decode()}" == case.sent
    assert (json.loads(request.content) if request.content else None) == case.body
    assert request.headers.get("Authorization") == (MIRA_HEADER if case.is_authenticated else None)
    if case.gives is not ...:
        assert result == (case.answer if case.gives is SAME else case.gives)
