"""Bodies as the clients of OGS send them: JSON, a form with the same fields, or nothing at all.

One and the same program sends JSON where a value is an object, and a form where none is. Another announces JSON with
every request, and sends none with most.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Message

from tengen.web.routing import LateRoute

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_MAX_FIELDS = 100


class EitherBody(LateRoute):
    """A route whose JSON object may also come as a form, where `true` and `12` are texts; an empty body is `{}`.

    The model of the body decides what such a text may stand for. Files in a form are passed over.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves a request of this route."""
        serve = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await serve(await _with_json(request))

        return handle


def either_router(prefix: str, tag: str) -> APIRouter:
    """A router whose routes take JSON, said or not, forms and nothing."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=EitherBody, strict_content_type=False)


async def _with_json(request: Request) -> Request:
    """The request with its body as JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
            body = json.dumps({name: value for name, value in form.items() if isinstance(value, str)}).encode()
    elif request.method in _BODILESS or (await request.body()).strip():
        return request
    else:
        body = b"{}"
    return _with_body(request, body)


_BODILESS = {"GET", "HEAD"}


def _with_body(request: Request, body: bytes) -> Request:
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)
