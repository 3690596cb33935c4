"""Queries: those read by hand, for the few routes where FastAPI's own reading costs more than all the rest, and those
in the addresses of next pages.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


def read_query(request: Request, model: type[M]) -> M:
    """The request's query, its last value for each name. Refused like any other query that is wrong (422)."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        problems = [{**problem, "loc": ("query", *problem["loc"])} for problem in error.errors()]
        raise RequestValidationError(problems) from error


def documented_query(model: type[BaseModel]) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads its query with `read_query`. No field of `model` may be required."""
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": schema.pop("description"), "schema": schema}
            for name, schema in properties.items()
        ]
    }


def address_with(request: Request, changes: Mapping[str, str | int], *without: str) -> str:
    """The address of this request as the world has it, with these changes of its query, and `without` some names."""
    query = {name: value for name, value in request.query_params.items() if name not in without}
    slash = "/" if request.scope.get("tengen.trailing_slash") else ""
    public_url = request.app.state.platform.settings.public_url
    # Not from the request's URL, in which the client has a say by its header `Host`.
    path = quote(request.scope["path"], safe="/:")
    return f"{public_url}{path}{slash}?{urlencode({**query, **changes})}"
