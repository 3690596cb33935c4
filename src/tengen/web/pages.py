"""What belongs to no feature: sign of life, health, metrics, the API's own page."""

import os
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from tengen.core import metrics, migrations, outbox
from tengen.web.assets import has_asset
from tengen.web.context import CurrentPlatform
from tengen.web.html import error_page, page
from tengen.web.openapi import refusals
from tengen.web.routing import LateRoute

router = APIRouter(tags=["platform"], route_class=LateRoute)

# Refusals are JSON even where the answer is text.
_TEXT: dict[int | str, dict[str, Any]] = {
    **refusals(),
    200: {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}},
}


@router.get("/healthz", response_class=Response, responses=_TEXT)
async def healthz() -> Response:
    """The process lives and answers."""
    return PlainTextResponse("ok")


@router.get("/readyz", responses=refusals())
async def readyz(platform: CurrentPlatform) -> str:
    """The database answers and its schema is up to date, so requests can be served."""
    await migrations.check(platform.database)
    return "ready"


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def prometheus_metrics(platform: CurrentPlatform) -> Response:
    """Counters of all workers of this host, in Prometheus' text format."""
    from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

    async with platform.database.read() as connection:
        waiting, dead = await outbox.count(connection)
    metrics.OUTBOX_WAITING.set(waiting)
    metrics.OUTBOX_DEAD.set(dead)
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def api_page() -> HTMLResponse:
    """The API, to read and to try out."""
    if not has_asset("vendor/swagger-ui/swagger-ui-bundle.js"):
        return error_page(503, "The files of this page are not installed: run `make setup`.")
    return page("docs.html")
