"""The tree of refusals, as the platform has it.

An answer that refuses carries its stable code in the header `X-Tengen-Error` and a sentence in its body. Here they
become an exception: of the class of its code if the code has one, else of the class of its status.

    TengenError
    ├── Invalid         422, 400  a value is not what it must be (`problems` lists them)
    │   ├── UnknownAccounts       a match with accounts that do not exist
    │   └── InvalidReport         a value of a report of a game
    │       ├── MissingParameters     it leaves out what it must say
    │       ├── MissingRecord         there is neither a record nor an address of one
    │       ├── UnfetchedRecord       there is none at that address
    │       ├── UnreadableRecord      the record is no SGF of a game of Go
    │       ├── InvalidResult         the result is written in no way that is known
    │       ├── InvalidDate           the date cannot be read, or lies ahead
    │       └── InvalidTerms          handicap or komi are none that a game can have
    ├── Unauthenticated      401  who are you?
    │   └── EmailUnverified       the password is right, the e-mail not yet verified
    ├── Forbidden            403  not you
    │   ├── WrongMailToken        not the token that was mailed
    │   └── MissingTokens         a report without all of its tokens
    ├── NotFound             404  no such thing
    │   ├── GameNotFound          no such game
    │   └── UnknownToken          a token is not that of the server or player named beside it
    ├── Conflict             409  it exists, or has moved on
    │   ├── NameTaken             another account has this display name
    │   ├── EmailTaken            another account has this e-mail
    │   ├── KeyReused             an idempotency key that came with another report before
    │   └── NothingToChange       the game is already as it is to be
    ├── TooManyRequests      429  later, please (`retry_after`)
    ├── TooManyServers       400  no room for another game server
    ├── Unavailable          503  not now (`retry_after`); 502 and 504 of a proxy too
    │   └── Unreachable           no answer at all
    └── UnexpectedAnswer          an answer that this library cannot read, or that no request should get (500)

Codes without a class of their own are in `code` all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

CODE_HEADER = "X-Tengen-Error"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value of a request: where it stands (`body.port`), and a sentence."""

    where: str
    message: str


class TengenError(Exception):
    """A refusal: a sentence for people (`message`), a `code` for programs.

    `status` is the HTTP status, None if there was no answer. `retry_after` is how long to wait at least before asking
    again, if the platform said so. `may_have_happened`: what was asked may have been done all the same, because only
    its answer was lost; what must not be done twice should then not be sent again.
    """

    code: str = "error"
    may_have_happened: bool = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        retry_after: timedelta | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status
        self.retry_after = retry_after
        self.problems = problems


class Invalid(TengenError):
    """A value is not what it must be. `problems` says which, where the platform lists them."""

    code = "invalid"


class UnknownAccounts(Invalid):
    """The match names accounts that do not exist; nothing of it was counted."""

    code = "unknown_accounts"


class InvalidReport(Invalid):
    """A value of a report of a game is not what it must be; nothing of it was stored."""

    code = "invalid_report"


class MissingParameters(InvalidReport):
    """The report leaves out what it must say."""

    code = "missing_parameters"


class MissingRecord(InvalidReport):
    """The report has neither a record nor an address of one."""

    code = "missing_record"


class UnfetchedRecord(InvalidReport):
    """There is no record at the report's URL."""

    code = "game_url_unfetched"


class UnreadableRecord(InvalidReport):
    """The record cannot be read as that of a game of Go."""

    code = "invalid_record"


class InvalidResult(InvalidReport):
    """The result is written in no way that the platform knows."""

    code = "invalid_result"


class InvalidDate(InvalidReport):
    """The date cannot be read, or lies ahead."""

    code = "invalid_date"


class InvalidTerms(InvalidReport):
    """Handicap or komi are no numbers, or none that a game can have."""

    code = "invalid_terms"


class Unauthenticated(TengenError):
    """The credentials are missing or wrong."""

    code = "unauthenticated"


class EmailUnverified(Unauthenticated):
    """The password is right, but the account's e-mail is not verified yet."""

    code = "email_unverified"


class Forbidden(TengenError):
    """The caller is known, and may not do this."""

    code = "forbidden"


class WrongMailToken(Forbidden):
    """This is not the token that was mailed."""

    code = "wrong_mail_token"


class MissingTokens(Forbidden):
    """The report does not come with all the tokens that it needs."""

    code = "missing_tokens"


class NotFound(TengenError):
    """There is no such thing, or none that the caller may see."""

    code = "not_found"


class GameNotFound(NotFound):
    """There is no such game."""

    code = "game_not_found"


class UnknownToken(NotFound):
    """A token is not that of the server or player that is named beside it: it was reset, or mistyped."""

    code = "unknown_token"


class Conflict(TengenError):
    """The thing exists already, or has changed meanwhile."""

    code = "conflict"


class NameTaken(Conflict):
    """Another account has this display name."""

    code = "display_name_taken"


class EmailTaken(Conflict):
    """Another account has this e-mail."""

    code = "username_taken"


class KeyReused(Conflict):
    """An idempotency key came with another report before."""

    code = "idempotency_key_reused"


class NothingToChange(Conflict):
    """The game is already as it is to be."""

    code = "nothing_to_change"


class TooManyRequests(TengenError):
    """The caller has to wait: `retry_after` says how long at least."""

    code = "too_many_requests"


class TooManyServers(TengenError):
    """The account has registered as many game servers as it may."""

    code = "too_many_servers"


class Unavailable(TengenError):
    """The platform cannot answer now; the same request may succeed later."""

    code = "unavailable"


class Unreachable(Unavailable):
    """No answer came: the connection was refused, was lost, or took too long."""

    code = "unreachable"

    def __init__(self, message: str, *, may_have_happened: bool) -> None:
        super().__init__(message)
        self.may_have_happened = may_have_happened


class UnexpectedAnswer(TengenError):
    """The answer is none that this library can read: not the platform, or its mistake."""

    code = "unexpected_answer"
    may_have_happened = True


_BY_CODE: Mapping[str, type[TengenError]] = {
    kind.code: kind
    for kind in (
        Invalid,
        UnknownAccounts,
        InvalidReport,
        MissingParameters,
        MissingRecord,
        UnfetchedRecord,
        UnreadableRecord,
        InvalidResult,
        InvalidDate,
        InvalidTerms,
        EmailUnverified,
        WrongMailToken,
        MissingTokens,
        GameNotFound,
        UnknownToken,
        NameTaken,
        EmailTaken,
        KeyReused,
        NothingToChange,
        TooManyServers,
    )
} | {"game_url_unfetched": InvalidReport}
_BY_STATUS: Mapping[int, type[TengenError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
# A proxy that got no answer of the platform in time, or lost it.
_ANSWER_LOST = {502, 504}


def refusal(status: int, headers: Mapping[str, str], body: Any) -> TengenError:
    """The exception for an answer that refuses; `body` is its JSON, None if it is none."""
    detail = body.get("detail") if isinstance(body, Mapping) else None
    problems = _problems(detail)
    message = "; ".join(f"{problem.where}: {problem.message}" for problem in problems)
    if isinstance(detail, str):
        message = detail
    code = headers.get(CODE_HEADER)
    kind = (
        _BY_CODE.get(code or "") or _BY_STATUS.get(status) or (TengenError if 400 <= status < 500 else UnexpectedAnswer)
    )
    error = kind(
        message or f"The platform answered with status {status}.",
        code=code,
        status=status,
        retry_after=_retry_after(headers.get("Retry-After")),
        problems=problems,
    )
    error.may_have_happened = error.may_have_happened or status in _ANSWER_LOST
    return error


def _problems(detail: Any) -> tuple[Problem, ...]:
    if not isinstance(detail, list):
        return ()
    items = [item for item in detail if isinstance(item, Mapping)]
    return tuple(
        Problem(".".join(str(part) for part in item.get("loc", ())), str(item.get("msg", ""))) for item in items
    )


def _retry_after(value: str | None) -> timedelta | None:
    # The platform sends whole seconds. The header's other form, a date, would need a clock here and is left out.
    return timedelta(seconds=int(value)) if value and value.isascii() and value.isdecimal() else None
