"""Uploads as they come in: the file of a form, and nothing else of it."""

from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.submissions import check_size

_MAX_FIELDS = 16

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["video"],
                    "properties": {
                        "video": {"type": "string", "format": "binary", "description": "The replay."},
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


async def uploaded_replay(request: Request) -> bytes:
    """The bytes of the part `video`, once the whole request has arrived. Raises `InvalidData`.

    Without such a part the replay is empty: clients that have lost their file send none.
    """
    try:
        async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
            part = form.get("video")
            if not isinstance(part, UploadFile):
                check_size(0)
                return b""
            check_size(part.size or 0)
            return await part.read()
    except HTTPException as error:
        message = "The upload is no form with a file: send it as multipart/form-data, with the replay as `video`."
        raise InvalidData(message, reason=Reason.UNREADABLE) from error
