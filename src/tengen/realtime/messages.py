"""JSON as it goes over live connections, and what is never let through one."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

from tengen.core.errors import Invalid

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""What JSON has. Whoever gets such a value shares it with others, and changes nothing in it."""

_WORTH_A_LOOK = re.compile(r"\d{19}|[eE]\+?\d{3}|\\u0000")
"""What a text has in it if one of its numbers is too large or one of its strings holds NUL, and few others have."""
_LARGEST_INTEGER = 2**63 - 1


class BrokenMessage(Invalid):
    """What was sent is no JSON, or holds a value that no message may hold."""

    code = "broken_message"


def encode(value: Json) -> bytes:
    """The value as JSON in UTF-8, without needless blanks; a number that JSON has no form for is null.

    Raises `ValueError` if it is no `Json`.
    """
    return to_json(value, inf_nan_mode="null")


def decode(text: str | bytes) -> Any:
    """Read a JSON text. Its integers are of 64 bits, its other numbers finite, its strings without NUL and in pairs of
    surrogates, and it is at most some 200 levels deep: features and databases can hold whatever comes out.

    Raises `BrokenMessage`.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise BrokenMessage(f"The message is no JSON: {error}.") from error
    plain = text if isinstance(text, str) else text.decode()
    if _WORTH_A_LOOK.search(plain) is not None:
        _check(value)
    return value


def _check(value: Any) -> None:
    match value:
        case dict():
            for key, member in value.items():
                _check(key)
                _check(member)
        case list():
            for member in value:
                _check(member)
        case str() if "\0" in value:
            raise BrokenMessage("A text in the message holds the character NUL.")
        case int() if not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            raise BrokenMessage("An integer in the message does not fit into 64 bits.")
        case float() if not math.isfinite(value):
            raise BrokenMessage("A number in the message is too large.")
