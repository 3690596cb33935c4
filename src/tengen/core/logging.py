"""Structured logs: one event a line, JSON outside a terminal, each line of a request with its id, secrets never."""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from tengen.core.settings import Settings

_ACCESS_LOG = "tengen.access"
_SECRET_WORDS = ("password", "secret", "token", "proof", "authorization", "cookie", "api_key", "private")
_MASK = "***"


def mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every key that names a secret, however it came into the event."""
    for key in event:
        if _names_a_secret(key):
            event[key] = _MASK
    return event


@lru_cache(maxsize=4096)
def _names_a_secret(key: str) -> bool:
    lowered = key.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def configure_logging(settings: "Settings") -> None:
    """Send the platform's and its libraries' logs to standard error, in the form the settings ask for."""
    is_console = _is_console(settings)
    level = getattr(logging, settings.log_level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
    ]
    if is_console:
        # The default would show the local variables of each frame: passwords, tokens, whole mails.
        plain = structlog.dev.plain_traceback
        renderers: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    else:
        renderers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))  # libraries speak up only when something is wrong


def _is_console(settings: "Settings") -> bool:
    return settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())


class AccessLog:
    """A line for each request, in the form of all other lines.

    Written without structlog's chain where the form is JSON: there is one for every request, and the chain would cost
    a quarter of what a cheap request costs altogether.
    """

    def __init__(self, settings: "Settings") -> None:
        self._is_wanted = settings.log_level in {"debug", "info"}
        self._is_console = _is_console(settings)
        self._console = structlog.get_logger(_ACCESS_LOG)

    def write(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """Note that the request of this ASGI scope was answered. The query is left out: dialects carry tokens there."""
        if not self._is_wanted:
            return
        client = scope.get("client")
        line = {
            "event": "request",
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1000, 2),
            "client": client[0] if client else None,
        }
        if self._is_console:
            self._console.info(**line)
            return
        line["request_id"] = scope.get("tengen.request_id")
        line["level"] = "info"
        line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        sys.stderr.write(json.dumps(line) + "\n")
