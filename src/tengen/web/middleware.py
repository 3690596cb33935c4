"""What happens to every request before and after its route: one ASGI layer, so that it costs one layer."""

import re
import secrets
import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tengen.core.metrics import REQUEST_SECONDS, REQUESTS

log = structlog.get_logger("tengen.access")

_SLASHES = re.compile(r"/{2,}")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_SECURITY_HEADERS: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_CONTENT_SECURITY_POLICY = (
    b"content-security-policy",
    b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
)


def normalise_path(path: str) -> str:
    """The path without doubled slashes and without one at its end: clients of one dialect differ on both."""
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return path.rstrip("/") or "/"


class Edge:
    """Slashes, request id, security headers, access log and metrics.

    The route finds `tengen.request_id` in its scope, and `tengen.trailing_slash` for the paths whose dialects mean
    different things by it.
    """

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = list(_SECURITY_HEADERS)
        if is_https:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on what is none (lifespan)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.endswith("/") or "//" in path:
            scope["tengen.trailing_slash"] = path.endswith("/")
            scope["path"] = normalise_path(path)
            scope["raw_path"] = normalise_path(scope.get("raw_path", path.encode()).decode("latin-1")).encode("latin-1")
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["tengen.request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[tuple[bytes, bytes]] = message["headers"]
                headers.append((b"x-request-id", request_id.encode()))
                headers.extend(self._headers)
                if _is_html(headers):
                    headers.append(_CONTENT_SECURITY_POLICY)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            _record(scope, status, time.perf_counter() - started)


def _request_id(scope: Scope) -> str:
    """The caller's `X-Request-ID` if it is a plain word, so that logs can be followed through a proxy; or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return secrets.token_hex(8)


def _is_html(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route: Any = scope.get("route")
    # The route's pattern, not the path: paths hold ids, and metrics must stay countable.
    pattern = getattr(route, "path", None) or "unrouted"
    REQUESTS.labels(scope["method"], pattern, status).inc()
    REQUEST_SECONDS.labels(pattern).observe(seconds)
    client = scope.get("client")
    # The query is left out: some dialects carry tokens there.
    log.info(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        ms=round(seconds * 1000, 2),
        client=client[0] if client else None,
    )
