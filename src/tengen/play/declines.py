"""Why somebody does not want a challenge: a sentence for people, and what bots tell programs. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tengen.core.errors import Invalid

MAX_MESSAGE_LENGTH = 1000
MAX_DETAILS_LENGTH = 4000
"""Characters of the details as JSON."""


class InvalidDecline(Invalid):
    """What was said cannot be passed on."""

    code, status = "invalid_decline", 400


@dataclass(frozen=True, slots=True)
class Decline:
    """That a challenge is not wanted."""

    message: str = ""
    details: Mapping[str, Any] | None = None
    """As JSON has them; `rejection_code` says which rule of a bot forbids the game."""

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> "Decline":
        """What is said beside a challenge's refusal, in `message` and `rejection_details`. Raises `InvalidDecline`."""
        return cls(_message(body.get("message")), _details(body.get("rejection_details")))

    @property
    def says_why(self) -> bool:
        """Whether there is anything to pass on."""
        return bool(self.message or self.details)


def _message(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_MESSAGE_LENGTH or not _is_text(value):
        raise InvalidDecline(f"message must be text of {MAX_MESSAGE_LENGTH} characters at most.")
    return value.strip()


def _details(value: object) -> Mapping[str, Any] | None:
    if value is None:
        return None
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False) if isinstance(value, Mapping) else ""
    except (ValueError, RecursionError):
        text = ""
    if not 0 < len(text) <= MAX_DETAILS_LENGTH or not _is_text(text) or "\\u0000" in text:
        raise InvalidDecline(f"rejection_details must be an object of {MAX_DETAILS_LENGTH} characters of JSON at most.")
    details: Mapping[str, Any] = json.loads(text)
    return details


def _is_text(value: str) -> bool:
    """Whether all of it can be stored and sent: without NUL, and without halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
