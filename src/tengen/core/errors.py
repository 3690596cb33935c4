"""The tree of refusals.

Every refusal that a caller can expect is a `TengenError`. Its `code` is public and never renamed; its `status` is the
HTTP status; its text is one sentence for people that says what is wrong and, where it can, what would be right.
Adapters translate it to their dialect in one place each (`tengen.web.errors`, `tengen.cli`, `tengen.client`).

    TengenError
    ├── Invalid              422  a value is not what it must be
    ├── Unauthenticated      401  who are you?
    ├── Forbidden            403  not you
    ├── NotFound             404  no such thing
    ├── Conflict             409  it exists, or has moved on
    ├── TooManyRequests      429  later, please (`retry_after`)
    └── Unavailable          503  not now
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar


class TengenError(Exception):
    """A refusal: a sentence for people, a `code` for programs, a `status` for HTTP.

    `headers` go out with the answer, for the dialects that need them (`WWW-Authenticate`, `Retry-After`). `facts` are
    what programs need beside the code, by the names that they have on the wire and as JSON has them; the dialects that
    can say more than a code send them.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(
        self, message: str, *, headers: dict[str, str] | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}
        self.facts = facts or {}


class Invalid(TengenError):
    """A value is not what it must be."""

    code, status = "invalid", 422


class Unauthenticated(TengenError):
    """The request does not say who asks, or says it wrongly."""

    code, status = "unauthenticated", 401


class Forbidden(TengenError):
    """The caller is known, and may not do this."""

    code, status = "forbidden", 403


class NotFound(TengenError):
    """There is no such thing, or none that the caller may see."""

    code, status = "not_found", 404


class Conflict(TengenError):
    """The thing exists already, or has changed meanwhile."""

    code, status = "conflict", 409


class TooManyRequests(TengenError):
    """The caller has to wait: `retry_after` says how long at least."""

    code, status = "too_many_requests", 429

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        seconds = max(1, -(-int(retry_after.total_seconds() * 1000) // 1000))
        super().__init__(message, headers={"Retry-After": str(seconds)})
        self.retry_after = retry_after


class Unavailable(TengenError):
    """The platform cannot answer now; the same request may succeed later."""

    code, status = "unavailable", 503
