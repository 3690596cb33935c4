"""What the OpenAPI document says of refusals, and the wire types that every dialect shares."""

from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from tengen.core.values import MAX_ID
from tengen.web.errors import dialect_of

WireTime = Annotated[
    str, Field(description="UTC without an offset, ISO 8601.", examples=["2026-05-02T18:04:11.220913"])
]
"""An instant as the metaserver's clients expect it (`tengen.core.values.naive_iso`)."""

Id = Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)]
"""An id as a client may name it: any that the databases can hold, existing or not."""


class Problem(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(description="Where: `body`, `query` or `path`, then the names down to the value.")
    msg: str = Field(description="What is wrong, for people.")
    type: str = Field(description="What is wrong, for programs.")
    ctx: dict[str, Any] | None = Field(default=None, description="Numbers that belong to it, such as `limit_value`.")


class Refusal(BaseModel):
    """A refusal with its sentence. The header `X-Tengen-Error` has its stable code."""

    detail: str = Field(examples=["Display name taken"])


class ThreefoldRefusal(BaseModel):
    """A refusal with its sentence, under the names that the clients of online-ratings and of OGS read."""

    message: str | None = Field(examples=["Not found."])
    detail: str | None = Field(examples=["Not found."])
    error: str | None = Field(examples=["Not found."])


class CodedRefusal(BaseModel):
    """A refusal with its code and its sentence, as the clients of Scoreganizer read it.

    GET is never answered 429 or 5xx, for they would ask again and again: 403 has the code that these would have.
    """

    error: str = Field(examples=["not_logged_in"])
    detail: str = Field(examples=["The token has expired: obtain a new one with user name and password."])


class OAuthRefusal(BaseModel):
    """A refusal with its code and its sentence, as OAuth2 has them (RFC 6749, section 5.2)."""

    error: str = Field(examples=["invalid_grant"])
    error_description: str = Field(examples=["There is no account with this user name and this password."])


class InvalidRequest(BaseModel):
    """A request that is not as it must be: every problem at once, or the rule it breaks."""

    detail: list[Problem] | str


_DESCRIPTIONS = {
    400: "A rule forbids it, or the request is not as it must be",
    401: "Credentials are missing or wrong",
    403: "The caller may not do this, or not now",
    404: "There is no such thing",
    409: "It is taken, or it is so already",
    415: "The body is not sent as JSON",
    429: "Too often: `Retry-After` tells how many seconds to wait",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these statuses; 413, 422 and 503 every route may."""
    documented: dict[int | str, dict[str, Any]] = {
        status: {"model": Refusal, "description": _DESCRIPTIONS[status]} for status in statuses
    }
    documented[413] = {"model": Refusal, "description": "The body is too large"}
    documented[422] = {"model": InvalidRequest, "description": "The request is not as it must be"}
    documented[503] = {"model": Refusal, "description": "The database does not answer"}
    return documented


def api_refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for a route under `/api/v1`, where a request that is not as it must be is answered with 400."""
    found = refusals(*{400, *statuses})
    del found[422]
    return {status: {**refusal, "model": ThreefoldRefusal} for status, refusal in found.items()}


def oauth_refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for a route under `/oauth2`, where a request that is not as it must be is answered with 400."""
    found = refusals(*{400, *statuses})
    del found[422]
    return {status: {**refusal, "model": OAuthRefusal} for status, refusal in found.items()}


def coded_refusals(*statuses: int, forbidden: type[CodedRefusal] = CodedRefusal) -> dict[int | str, dict[str, Any]]:
    """The same for any other route under `/api`, where every GET may be refused with 403.

    `forbidden`: what a route answers with 403 if it has facts to tell beside code and sentence.
    """
    found = {status: {**refusal, "model": CodedRefusal} for status, refusal in refusals(*{403, *statuses}).items()}
    return {**found, 403: {**found[403], "model": forbidden}}


class DocumentedApp(FastAPI):
    """The application with an OpenAPI document that tells how each dialect refuses."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once, without what the dialect of a path does not answer.

        The framework takes 422 for granted wherever something is sent, and routes say of GET what they say of POST.
        """
        if self.openapi_schema is None:
            document = super().openapi()
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    operation["responses"] = {
                        status: response
                        for status, response in operation["responses"].items()
                        if _is_given(int(status), path, method.upper())
                    }
            for unused in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(unused, None)
        return self.openapi_schema or {}


def _is_given(status: int, path: str, method: str) -> bool:
    dialect = dialect_of(path)
    return (status != 422 or dialect.invalid_status == 422) and dialect.status(status, method) == status
