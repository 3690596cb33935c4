"""What a token lets a program do: the scopes `read`, `write` and `groups` (RFC 6749, section 3.3). Pure."""

from collections.abc import Collection
from enum import StrEnum

from tengen.oauth.refusals import InvalidScope


class Scope(StrEnum):
    """One thing that a program may be let do; the value is the word on the wire."""

    READ = "read"
    WRITE = "write"
    GROUPS = "groups"


Scopes = frozenset[Scope]

DEFAULT: Scopes = frozenset({Scope.READ, Scope.WRITE})
"""What a program gets that asks for nothing in particular."""


def parse_scopes(text: str, *, otherwise: Scopes = DEFAULT) -> Scopes:
    """The scopes in a text, with blanks between; `otherwise` if there are none. Raises `InvalidScope`."""
    words = text.split()
    if not set(words) <= set(Scope):
        raise InvalidScope(f"The scopes are {', '.join(Scope)}: write those you need with blanks between.")
    return frozenset(map(Scope, words)) or otherwise


def scope_text(scopes: Collection[Scope]) -> str:
    """The scopes as they are sent and stored: in their usual order, with blanks between."""
    return " ".join(scope for scope in Scope if scope in scopes)
