"""Errors on the wire: one place that turns refusals into the dialect of the path.

Every answer to a refusal names its stable code in the header `X-Tengen-Error`, whatever the dialect's body looks like.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Route

from tengen.core.errors import Invalid, TengenError, TooManyRequests
from tengen.web.html import error_page
from tengen.web.negotiation import prefers_html

log = structlog.get_logger(__name__)

CODE_HEADER = "X-Tengen-Error"

ErrorBody = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
"""From a code, a sentence and the facts beside them to the JSON body of a dialect."""


class UnsupportedMediaType(TengenError):
    """The body is not of the type that the route takes."""

    code, status = "unsupported_media_type", 415


def detail_body(_code: str, message: str, _facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{"detail": …}`: the metaserver's form, and that of paths without a dialect of their own."""
    return {"detail": message}


def threefold_body(code: str, message: str, _facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{"message", "detail", "error"}`: online-ratings' clients read the first, those of OGS one of the others.

    A body of another type than JSON is refused without words, as online-ratings does.
    """
    said = None if code == UnsupportedMediaType.code else message
    return {"message": said, "detail": said, "error": said}


_OAUTH_WORDS = {"invalid": "invalid_request", "unavailable": "temporarily_unavailable", "internal": "server_error"}


def oauth_body(code: str, message: str, _facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{"error": <code>, "error_description": …}`: OAuth2's form, with its words where it has some (RFC 6749, 5.2)."""
    return {"error": _OAUTH_WORDS.get(code, code), "error_description": message}


_WORDS = {TooManyRequests.code: "rate_limited"}
_INVALID = Invalid.status


def coded_body(code: str, message: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{"error": <code>, "detail": …}` and the facts: Scoreganizer's clients act on the code, and on a `wait`."""
    return {"error": _WORDS.get(code, code), "detail": message, **facts}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How refusals are told on the paths under `prefix`."""

    prefix: str
    body: ErrorBody
    invalid_status: int = _INVALID
    """The status of a request that is not as it must be."""
    lists_problems: bool = False
    """Whether everything that is wrong with such a request is listed; else one sentence says it."""
    may_fail_reading: bool = True
    """Whether GET and HEAD may be answered 429 or 5xx. Where not, 403 says the same without asking to try again."""
    has_pages: bool = False
    """Whether browsers get a page."""

    def speaks(self, path: str) -> bool:
        """Whether this is the dialect of `path`, unless a narrower one is."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")

    def status(self, status: int, method: str) -> int:
        """The status in this dialect of an answer that would be `status` in any other."""
        if status == _INVALID:
            return self.invalid_status
        is_for_later = status == 429 or status >= 500
        return 403 if is_for_later and method in _READING and not self.may_fail_reading else status


_READING = {"GET", "HEAD"}

DIALECTS = (
    Dialect("/v1", detail_body, lists_problems=True),
    Dialect("/api/v0", threefold_body, invalid_status=400),
    Dialect("/api/v1", threefold_body, invalid_status=400),
    # Scoreganizer's clients repeat what fails for now, again and again, and for minutes; they cannot read pages at all.
    Dialect("/api", coded_body, may_fail_reading=False),
    Dialect("/oauth2", oauth_body, invalid_status=400, has_pages=True),
    Dialect("/.well-known", detail_body, lists_problems=True),
)
"""What programs are told, the narrower before the wider."""
_PAGES = Dialect("", detail_body, lists_problems=True, has_pages=True)


def dialect_of(path: str) -> Dialect:
    """The dialect that is spoken at this path."""
    return next((dialect for dialect in DIALECTS if dialect.speaks(path)), _PAGES)


def error_response(
    request: Request,
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Response:
    """The answer to a refusal in the dialect of the request's path; a page for browsers where there are pages."""
    # Not that of the request's URL, in which the client has a say by its header `Host`.
    dialect = dialect_of(request.scope["path"])
    status = dialect.status(status, request.method)
    headers = {**(headers or {}), CODE_HEADER: code}
    if dialect.has_pages:
        headers["Vary"] = "Accept"
        if prefers_html(request.headers.get("Accept")):
            return error_page(status, message, headers)
    body = dialect.body(code, message, facts or {})
    return JSONResponse(body, status, headers=headers)


def install_error_handlers(app: FastAPI) -> None:
    """Let `app` answer every refusal, foreseen or not, in the dialect of its path."""
    app.add_exception_handler(TengenError, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(PoolTimeout, _database_away)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(Exception, _unforeseen)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, TengenError)  # registered for this class alone
    return error_response(request, error.status, error.code, error.message, error.headers, error.facts)


_STATUS_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status == 400 and error.detail == "There was an error parsing the body":
        # Bytes that are no text, or nested too deeply: not JSON, like any other text that is not.
        problem = {"loc": ["body"], "msg": "The body is no JSON.", "type": "value_error.jsondecode"}
        return _invalid(request, [problem])
    code = _STATUS_CODES.get(status, "error")
    headers = _allowed(request) if status == 405 else error.headers
    return error_response(request, status, code, str(error.detail), headers)


def _allowed(request: Request) -> Mapping[str, str]:
    """The header with the methods of the path, of all its routes: the framework names those of the first alone."""
    path = getattr(request.scope.get("route"), "path", None)
    routes = (route for route in request.app.routes if isinstance(route, Route) and route.path == path)
    methods = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(methods or {"GET", "HEAD"}))}  # what is mounted is files


async def _unstorable(request: Request, error: Exception) -> Response:
    log.warning("unstorable_value", error=str(error).splitlines()[0])
    return error_response(request, 422, "invalid", "A value is outside what can be stored.")


async def _database_away(request: Request, error: Exception) -> Response:
    log.error("database_away", error=str(error).splitlines()[0])
    message = "The database does not answer. Try again in a moment."
    return error_response(request, 503, "unavailable", message, {"Retry-After": "2"})


async def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if error.connection_invalidated:  # it broke in the middle of a statement
        return await _database_away(request, error)
    state = str(getattr(error.orig, "sqlstate", ""))
    if state.startswith("22"):  # a data exception: NUL in a text, for one
        return await _unstorable(request, error)
    if state in _GAVE_WAY:
        return await _gave_way(request, error)
    return await _unforeseen(request, error)


_GAVE_WAY = {"40001", "40P01"}
"""A serialization failure and a deadlock, as PostgreSQL says it: it took the whole transaction back for another one."""


async def _gave_way(request: Request, error: Exception) -> Response:
    log.warning("transaction_gave_way", error=str(error).splitlines()[0])
    message = "Another change at the same moment went first, and nothing of this one was done. Try again."
    return error_response(request, 503, "unavailable", message, {"Retry-After": "1"})


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("unforeseen_error", path=request.url.path, exc_info=error)
    request_id = request.scope.get("tengen.request_id", "unknown")
    message = f"Something went wrong on our side. The operator finds it in the log under {request_id}."
    return error_response(request, 500, "internal", message)


# The metaserver's clients know the validation errors of pydantic 1: its types and its texts.
_V1_TYPES: dict[str, tuple[str, str]] = {
    "missing": ("value_error.missing", "field required"),
    "int_type": ("type_error.integer", "value is not a valid integer"),
    "int_parsing": ("type_error.integer", "value is not a valid integer"),
    "int_parsing_size": ("type_error.integer", "value is not a valid integer"),
    "int_from_float": ("type_error.integer", "value is not a valid integer"),
    "finite_number": ("type_error.integer", "value is not a valid integer"),
    "bool_type": ("type_error.bool", "value could not be parsed to a boolean"),
    "bool_parsing": ("type_error.bool", "value could not be parsed to a boolean"),
    "string_type": ("type_error.str", "str type expected"),
    "string_unicode": ("type_error.str", "str type expected"),
    "list_type": ("type_error.list", "value is not a valid list"),
    "dict_type": ("type_error.dict", "value is not a valid dict"),
    "model_type": ("type_error.dict", "value is not a valid dict"),
    "model_attributes_type": ("type_error.dict", "value is not a valid dict"),
    "string_too_short": ("value_error.any_str.min_length", "ensure this value has at least {} characters"),
    "string_too_long": ("value_error.any_str.max_length", "ensure this value has at most {} characters"),
    "greater_than_equal": ("value_error.number.not_ge", "ensure this value is greater than or equal to {}"),
    "less_than_equal": ("value_error.number.not_le", "ensure this value is less than or equal to {}"),
    "too_short": ("value_error.list.min_items", "ensure this value has at least {} items"),
    "too_long": ("value_error.list.max_items", "ensure this value has at most {} items"),
    "json_invalid": ("value_error.jsondecode", ""),
    "enum": ("type_error.enum", ""),
    "literal_error": ("type_error.enum", ""),
    "assertion_error": ("assertion_error", ""),
    "value_error": ("value_error", ""),
}
_LIMITS = ("min_length", "max_length", "ge", "le", "gt", "lt")
_PREFIX = re.compile(r"^(Value error|Assertion failed), ")


def validation_problems(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Validation errors in the form the metaserver's clients read: `loc`, `msg`, `type`, and `ctx` for some."""
    return [_problem(part) for error in errors for part in _parts(error)]


def several_problems(problems: Mapping[str, str]) -> PydanticCustomError:
    """For a validator to raise that finds more than one thing wrong with one value: types and their texts."""
    return PydanticCustomError("several", "there are several problems", {"problems": problems})


def _parts(error: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    if error["type"] != "several":
        return [error]
    return [{"loc": error["loc"], "type": kind, "msg": text} for kind, text in error["ctx"]["problems"].items()]


def _problem(error: Mapping[str, Any]) -> dict[str, Any]:
    kind, text = _V1_TYPES.get(error["type"], (error["type"], ""))
    context = error.get("ctx") or {}
    message = text or _PREFIX.sub("", error["msg"])
    problem: dict[str, Any] = {"loc": list(error["loc"]), "msg": message, "type": kind}
    if problem["loc"] == ["body"] and kind in {"value_error", "assertion_error"}:
        problem["loc"].append("__root__")  # a rule about several fields at once
    limit = next((context[name] for name in _LIMITS if name in context), None)
    if limit is not None:
        problem["msg"] = message.format(limit)
        problem["ctx"] = {"limit_value": limit}
    return problem


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _invalid(request, validation_problems(error.errors()))


def _invalid(request: Request, problems: Sequence[Mapping[str, Any]]) -> Response:
    dialect = dialect_of(request.scope["path"])
    if dialect.lists_problems:
        return JSONResponse({"detail": problems}, dialect.invalid_status, headers={CODE_HEADER: "invalid"})
    sentence = "; ".join(_sentence(problem) for problem in problems)
    return error_response(request, dialect.invalid_status, "invalid", sentence)


def _sentence(problem: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"][1:])
    return f"{where}: {problem['msg']}" if where else str(problem["msg"])
