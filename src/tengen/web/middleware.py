"""What happens to every request before and after its route: one ASGI layer, so that it costs one layer."""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tengen.core.logging import AccessLog
from tengen.core.metrics import REQUEST_SECONDS, REQUESTS
from tengen.web.errors import error_response
from tengen.web.html import content_security_policy

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

    from tengen.core.settings import Settings

_SLASHES = re.compile(r"/{2,}")
_PARAMETER = re.compile(r"\\\{\w+\\\}")
"""A parameter of a path, as `re.escape` leaves it."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_SECURITY_HEADERS: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_CONTENT_SECURITY_POLICY = (b"content-security-policy", content_security_policy().encode())


def normalise_path(path: str) -> str:
    """The path without doubled slashes and without one at its end: clients of one dialect differ on both."""
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return path.rstrip("/") or "/"


class BodyLimits:
    """How large the bodies of requests may be, in bytes."""

    def __init__(self, usual: int, others: Mapping[str, int]) -> None:
        """`others`: the limits of paths where it is not the usual one; `{name}` in a path stands for any part of it."""
        self._usual = usual
        self._fixed = {path: limit for path, limit in others.items() if "{" not in path}
        self._patterns = [
            (re.compile(_PARAMETER.sub("[^/]+", re.escape(path))), limit)
            for path, limit in others.items()
            if "{" in path
        ]

    def of(self, path: str) -> int:
        """The limit of a path."""
        limit = self._fixed.get(path)
        if limit is not None:
            return limit
        return next((limit for pattern, limit in self._patterns if pattern.fullmatch(path)), self._usual)


class Edge:
    """Slashes, request id, size of bodies, requests of other sites' pages, security headers, access log and metrics.

    The route finds `tengen.request_id` in its scope, and `tengen.trailing_slash` for the paths whose dialects mean
    different things by it.
    """

    def __init__(
        self, app: ASGIApp, settings: "Settings", *, larger_bodies: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`larger_bodies`: the largest body of the paths where it is not that of the settings (`BodyLimits`)."""
        self._app = app
        self._limits = BodyLimits(settings.max_body_bytes, larger_bodies)
        self._log = AccessLog(settings)
        self._headers = list(_SECURITY_HEADERS)
        if settings.public_url.startswith("https://"):
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on what is none (lifespan)."""
        if scope["type"] in {"http", "websocket"}:
            path: str = scope["path"]
            if path.endswith("/") or "//" in path:
                scope["tengen.trailing_slash"] = path.endswith("/")
                scope["path"] = normalise_path(path)
                raw_path = scope.get("raw_path", path.encode()).decode("latin-1")
                scope["raw_path"] = normalise_path(raw_path).encode("latin-1")
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, length, is_foreign = _read_headers(scope)
        scope["tengen.request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0  # until the answer has begun

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[tuple[bytes, bytes]] = message["headers"]
                headers.append((b"x-request-id", request_id.encode()))
                headers.extend(self._headers)
                if _is_html(headers) and not _has_policy(headers):
                    headers.append(_CONTENT_SECURITY_POLICY)
            await send(message)

        try:
            limit = self._limits.of(scope["path"]) if length else 0
            if length > limit:
                await _too_large(scope, receive, send_with_headers)
            elif is_foreign and scope["method"] not in _HARMLESS:
                await _foreign(scope, receive, send_with_headers)
            else:
                body = self._counted(receive, limit) if length == _UNKNOWN else receive
                await self._app(scope, body, send_with_headers)
        except asyncio.CancelledError:
            # The server's patience at shutdown has run out. The request's task ends here in any case.
            if not status:
                await _shutting_down(scope, receive, send_with_headers)
        finally:
            self._record(scope, status or 500, time.perf_counter() - started)

    def _counted(self, receive: Receive, limit: int) -> Receive:
        """`receive` for a body that does not say how long it is: raises once it is too long."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _TOO_LARGE)
            return message

        return counted

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route: Any = scope.get("route")
        # The route's pattern, not the path: paths hold ids, and metrics must stay countable.
        counter, histogram = _meters(scope["method"], getattr(route, "path", None) or "unrouted", status)
        counter.inc()
        histogram.observe(seconds)
        self._log.write(scope, status, seconds)


_UNKNOWN = -1
_TOO_LARGE = "The request body is too large."


_HARMLESS = {"GET", "HEAD", "OPTIONS"}
# What browsers say of requests that another site's page makes them send, with the password they remember for this one.
_FOREIGN = {b"cross-site", b"same-site"}


def _read_headers(scope: Scope) -> tuple[str, int, bool]:
    """The request's id, its body's length, and whether another site's page sent it.

    The id is the caller's `X-Request-ID` if that is a plain word, so that logs can be followed through a proxy. The
    length is 0 for no body, `_UNKNOWN` for one that comes in chunks.
    """
    request_id, length, is_foreign = "", 0, False
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value)  # the HTTP parser has let nothing but digits through
        elif name == b"transfer-encoding":
            length = _UNKNOWN
        elif name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
        elif name == b"sec-fetch-site":
            is_foreign = value in _FOREIGN
    return request_id or secrets.token_hex(8), length, is_foreign


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(Request(scope), 413, "body_too_large", _TOO_LARGE, {"Connection": "close"})
    await response(scope, receive, send)


async def _foreign(scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(Request(scope), 403, "cross_site", "The page of another site must not ask this.")
    await response(scope, receive, send)


async def _shutting_down(scope: Scope, receive: Receive, send: Send) -> None:
    message = "The server is shutting down, and the request was not complete. Send it again."
    response = error_response(Request(scope), 503, "unavailable", message, {"Connection": "close", "Retry-After": "2"})
    await response(scope, receive, send)


def _is_html(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _has_policy(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the page has said itself where its forms may lead."""
    return any(name == b"content-security-policy" for name, _ in headers)


@lru_cache(maxsize=4096)
def _meters(method: str, pattern: str, status: int) -> tuple["Counter", "Histogram"]:
    return REQUESTS.labels(method, pattern, status), REQUEST_SECONDS.labels(pattern)
