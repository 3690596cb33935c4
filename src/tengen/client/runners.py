"""Carrying out what a client is asked to do: the one place that waits, where the other awaits.

`Runner` and `AsyncRunner` differ in nothing else.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import aclosing, closing
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import httpx

import tengen
from tengen.client.errors import TengenError
from tengen.client.feeds import COMES_AGAIN_AFTER, Feed
from tengen.client.models import Credentials
from tengen.client.operations import FileContent, LineOperation, Operation, Pages, Pause, Procedure, Step
from tengen.client.play_models import AccessToken

T = TypeVar("T")
AnyCredentials: TypeAlias = Credentials | AccessToken
_TIMEOUT = timedelta(seconds=10)
_RETRIES = 2
_FIRST_PAUSE_SECONDS = 0.2


class BaseRunner:
    """What both runners are: an address, credentials, and what to do when the connection fails."""

    _http: httpx.Client | httpx.AsyncClient

    def __init__(self, url: str, credentials: AnyCredentials | None, retries: int) -> None:
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._pauses = [_FIRST_PAUSE_SECONDS * 2**attempt for attempt in range(retries)]

    def _request(self, operation: Operation[T]) -> httpx.Request:
        return self._http.build_request(
            operation.method,
            operation.path,
            params=list(operation.query),
            headers={**operation.headers, **self._server_token(operation)},
            json=operation.body,
            data=operation.form,
            files=operation.files,
            timeout=self._timeout(operation),
        )

    def _timeout(self, operation: Operation[T]) -> httpx.Timeout:
        if operation.patience is None:
            return self._http.timeout
        return httpx.Timeout(**self._http.timeout.as_dict() | {"read": operation.patience.total_seconds()})

    def _server_token(self, operation: Operation[T]) -> Mapping[str, str]:
        credentials = self._credentials
        if not (isinstance(credentials, Credentials) and operation.takes_server_token and credentials.is_of_server):
            return {}
        return {"X-Auth-Server-Token": credentials.password}

    def _auth_for(self, operation: Operation[T]) -> httpx.Auth | None:
        # A password or a token goes only where it is asked for.
        if not operation.is_authenticated or self._server_token(operation):
            return None
        match self._credentials:
            case Credentials(username, password):
                return httpx.BasicAuth(username, password)
            case AccessToken(text):
                return _BearerAuth(text)
        return None


class _BearerAuth(httpx.Auth):
    """An access token, as it is sent."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with the token."""
        request.headers["Authorization"] = self._header
        yield request


def _headers() -> dict[str, str]:
    return {"Accept": "application/json", "User-Agent": f"tengen-client/{tengen.__version__}"}


class Runner(BaseRunner):
    """Carries out operations, one after the other."""

    def __init__(
        self,
        url: str,
        credentials: AnyCredentials | None = None,
        *,
        timeout: timedelta = _TIMEOUT,
        retries: int = _RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(url, credentials, retries)
        self._http: httpx.Client = httpx.Client(
            base_url=self.url, headers=_headers(), timeout=timeout.total_seconds(), transport=transport
        )

    def run(self, operation: Operation[T]) -> T:
        """Carry out an operation."""
        return operation.finish(self._ask(operation))

    def stream(self, operation: LineOperation[T]) -> Generator[T, None, None]:
        """Carry out an operation whose answer has many lines, and give what each says as soon as it is there."""
        answer = operation.answer(self._ask(operation))
        try:
            for line in answer.iter_lines():
                yield operation.finish_line(line, answer)
        except httpx.RequestError as error:
            raise operation.broken_off(error) from error
        finally:
            answer.close()

    def each(self, pages: Pages[T]) -> Iterator[T]:
        """Give what is in a list, page by page. A page is asked for when the one before is used up."""
        page = self.run(pages.page(None))
        yield from page.items
        while page.after is not None:
            page = self.run(pages.page(page.after))
            yield from page.items

    def follow(self, feed: Feed[T]) -> Iterator[T]:
        """Give what a feed tells, as it is told, and connect again where it breaks off."""
        while True:
            error: TengenError | None = None
            try:
                with closing(self.stream(feed.connection())) as events:
                    yield from (event for event in events if event is not None)
            except COMES_AGAIN_AFTER as why:
                error = why
            time.sleep(feed.pause(error).total_seconds())

    def perform(self, procedure: Procedure[T]) -> T:
        """Carry out a procedure, step by step."""
        try:
            step = next(procedure)
            while True:
                try:
                    outcome = self._take(step)
                except (TengenError, OSError) as error:
                    step = procedure.throw(error)
                else:
                    step = procedure.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result

    def _take(self, step: Step) -> Any:
        match step:
            case Pause(span):
                return time.sleep(span.total_seconds())
            case FileContent(path):
                return path.read_bytes()
            case _:
                return self.run(step)

    def _ask(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        outcome = self._send(operation)
        for pause in self._pauses:
            if not operation.may_repeat(outcome):
                break
            time.sleep(pause)
            outcome = self._send(operation)
        return outcome

    def _send(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        has_lines = isinstance(operation, LineOperation)
        try:
            answer = self._http.send(self._request(operation), auth=self._auth_for(operation), stream=has_lines)
            if not answer.is_success:
                answer.read()
            return answer
        except httpx.RequestError as error:
            return error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncRunner(BaseRunner):
    """`Runner` for asyncio: the same methods, awaited."""

    def __init__(
        self,
        url: str,
        credentials: AnyCredentials | None = None,
        *,
        timeout: timedelta = _TIMEOUT,
        retries: int = _RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(url, credentials, retries)
        self._http: httpx.AsyncClient = httpx.AsyncClient(
            base_url=self.url, headers=_headers(), timeout=timeout.total_seconds(), transport=transport
        )

    async def run(self, operation: Operation[T]) -> T:
        """Carry out an operation."""
        return operation.finish(await self._ask(operation))

    async def stream(self, operation: LineOperation[T]) -> AsyncGenerator[T, None]:
        """Carry out an operation whose answer has many lines, and give what each says as soon as it is there."""
        answer = operation.answer(await self._ask(operation))
        try:
            async for line in answer.aiter_lines():
                yield operation.finish_line(line, answer)
        except httpx.RequestError as error:
            raise operation.broken_off(error) from error
        finally:
            await answer.aclose()

    async def each(self, pages: Pages[T]) -> AsyncIterator[T]:
        """Give what is in a list, page by page. A page is asked for when the one before is used up."""
        page = await self.run(pages.page(None))
        for item in page.items:
            yield item
        while page.after is not None:
            page = await self.run(pages.page(page.after))
            for item in page.items:
                yield item

    async def follow(self, feed: Feed[T]) -> AsyncIterator[T]:
        """Give what a feed tells, as it is told, and connect again where it breaks off."""
        while True:
            error: TengenError | None = None
            try:
                async with aclosing(self.stream(feed.connection())) as events:
                    async for event in events:
                        if event is not None:
                            yield event
            except COMES_AGAIN_AFTER as why:
                error = why
            await asyncio.sleep(feed.pause(error).total_seconds())

    async def perform(self, procedure: Procedure[T]) -> T:
        """Carry out a procedure, step by step."""
        try:
            step = next(procedure)
            while True:
                try:
                    outcome = await self._take(step)
                except (TengenError, OSError) as error:
                    step = procedure.throw(error)
                else:
                    step = procedure.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _take(self, step: Step) -> Any:
        match step:
            case Pause(span):
                return await asyncio.sleep(span.total_seconds())
            case FileContent(path):
                return await asyncio.to_thread(path.read_bytes)
            case _:
                return await self.run(step)

    async def _ask(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        outcome = await self._send(operation)
        for pause in self._pauses:
            if not operation.may_repeat(outcome):
                break
            await asyncio.sleep(pause)
            outcome = await self._send(operation)
        return outcome

    async def _send(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        has_lines = isinstance(operation, LineOperation)
        try:
            answer = await self._http.send(self._request(operation), auth=self._auth_for(operation), stream=has_lines)
            if not answer.is_success:
                await answer.aread()
            return answer
        except httpx.RequestError as error:
            return error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
