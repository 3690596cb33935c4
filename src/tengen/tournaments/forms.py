"""Uploads as they come in: the file of a form, and nothing else of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.multipart import only_file
from tengen.tournaments.submissions import check_size

_FIELD = "video"
_MAX_FIELDS = 16
_MAX_IN_MEMORY = 1024 * 1024
"""Bytes of a form that is kept in memory while it comes in; of larger ones the framework puts the file on disk."""

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_FIELD],
                    "properties": {
                        _FIELD: {"type": "string", "format": "binary", "description": "The replay."},
                        "mime_type": {
                            "type": "string",
                            "description": "Not looked at: what a replay is, its bytes say.",
                            "examples": ["application/x-viennasweeper"],
                        },
                    },
                }
            }
        },
    }
}
"""What the OpenAPI document says of the body of an upload (`openapi_extra`)."""


class UploadRoute(APIRoute):
    """A route whose endpoint takes the request, answers a `Response`, and has everything else looked up by itself.

    In the last minute of a tournament everybody uploads, and what the framework does between a route and its endpoint
    costs as much as an upload's share of the statements. Refusals and the OpenAPI document are as for any other route.
    """

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], **options: Any) -> None:
        super().__init__(path, endpoint, **options)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = app


async def uploaded_replay(request: Request) -> bytes:
    """The bytes of the part `video`, once the whole request has arrived. Raises `InvalidData`.

    Without such a part the replay is empty: clients that have lost their file send none.
    """
    headers = request.headers
    if int(headers.get("content-length", _MAX_IN_MEMORY + 1)) <= _MAX_IN_MEMORY:
        content = only_file(await request.body(), headers.get("content-type", ""), _FIELD)
        if content is not None:
            check_size(len(content))
            return content
    return await _in_any_form(request)


async def _in_any_form(request: Request) -> bytes:
    try:
        async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
            part = form.get(_FIELD)
            if not isinstance(part, UploadFile):
                check_size(0)
                return b""
            check_size(part.size or 0)
            return await part.read()
    except HTTPException as error:
        message = "The upload is no form with a file: send it as multipart/form-data, with the replay as `video`."
        raise InvalidData(message, reason=Reason.UNREADABLE) from error
