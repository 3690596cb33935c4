"""Routes found by a look into a dictionary, and analysed when they are first found.

The framework tries one pattern after the other, and included routers twice: with dozens of routes that costs more than
what most of them do. Nearly all of our paths are fixed, so they are looked up; patterns and refusals (404, 405) are
left to the framework. What the OpenAPI document says comes from the same routes.
"""

import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute, Match, compile_path, get_name
from starlette.types import Receive, Scope, Send


class LateRoute(APIRoute):
    """A route that is analysed when it first serves, or is first documented.

    The framework derives validators from an endpoint: of each parameter, of the answer, and of every refusal, which the
    document alone needs. That takes some milliseconds a route, and would be a quarter of each start. What a route is
    found by, its path, its methods and its name, is known at once.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._options: dict[str, Any] | None = options
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {method.upper() for method in options.get("methods") or ["GET"]}
        self.name = options.get("name") or get_name(endpoint)

    def __getattr__(self, name: str) -> Any:
        """What the analysis finds: asked for while it is not there, it is made."""
        options = self.__dict__.get("_options")
        if options is None or name.startswith("__"):
            raise AttributeError(name)
        self._options = None
        super().__init__(self.path, self.endpoint, **options)
        return getattr(self, name)


def lenient_router(prefix: str, tag: str) -> APIRouter:
    """A router for game clients, which send JSON without saying so."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=LateRoute, strict_content_type=False)


class FixedPaths(BaseRoute):
    """Stands before all other routes and answers for those whose path has no parameters."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], APIRoute] = {}

    def add(self, route: APIRoute) -> None:
        """Find `route` by its path and methods. The first of a path wins, as it does in the framework."""
        for method in route.methods or ():
            self._routes.setdefault((method, route.path), route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether there is a route of just this path and method."""
        route = self._routes.get((scope.get("method", ""), scope["path"]))
        if route is None or scope["type"] != "http":
            return Match.NONE, {}
        return Match.FULL, {"endpoint": route.endpoint, "path_params": {}, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request by the route that matched."""
        route: Any = scope["route"]
        await route.handle(scope, receive, send)


def add_routes(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Let `app` serve the routes of these routers, whose prefixes and tags are their own."""
    fixed = FixedPaths()
    app.router.routes.insert(0, fixed)
    for router in routers:
        for route in router.routes:
            app.router.routes.append(route)
            if isinstance(route, APIRoute) and "{" not in route.path:
                fixed.add(route)


# What the framework takes for JSON, too; game clients may also say nothing.
_JSON = re.compile(r"(application/([^;\s]+\+)?json\s*(;.*)?)?", re.IGNORECASE)
_NO_JSON = {"type": "dict_type", "loc": ("body",), "msg": "The body is not sent as JSON."}


class LeanRoute(LateRoute):
    """A route for the busiest requests: its endpoint takes the JSON body and the request, and answers a `Response`.

    The body is parsed and validated in one step, and nothing else is looked up; refusals and the OpenAPI document are
    as for any other route.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves a request of this route."""
        assert self.body_field is not None, "a lean route has a body"
        model: type[BaseModel] = self.body_field.field_info.annotation  # type: ignore[assignment]  # one body: a model
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            if _JSON.fullmatch(request.headers.get("content-type", "")) is None:
                raise RequestValidationError([_NO_JSON])
            try:
                body = model.model_validate_json(await request.body())
            except ValidationError as error:
                problems = error.errors(include_url=False, include_input=False)
                raise RequestValidationError([{**p, "loc": ("body", *p["loc"])} for p in problems]) from error
            response: Response = await endpoint(body, request)
            return response

        return handle
