"""Pages as HTML: the templates in `templates/`, rendered with everything escaped."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

import tengen
from tengen.web.assets import asset_url

if TYPE_CHECKING:
    from jinja2 import Environment

DIRECTORY = Path(__file__).parent / "templates"


def content_security_policy(*form_targets: str) -> str:
    """What a page may load and where its forms may lead: to the platform, and to `form_targets` (CSP 3)."""
    form_action = " ".join(["'self'", *form_targets])
    return (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        f"base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # a platform without visitors does not need it

    environment = Environment(
        loader=FileSystemLoader(DIRECTORY),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = asset_url
    environment.globals["version"] = tengen.__version__
    environment.filters["ago"] = ago
    return environment


def page(template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any) -> HTMLResponse:
    """The page that `template` makes of `context`. It is not stored on the way: the next visitor sees newer things."""
    content = _environment().get_template(template).render(**context)
    return HTMLResponse(content, status, headers={"Cache-Control": "no-cache", **(headers or {})})


_TITLES = {404: "There is nothing here", 429: "Too many requests", 500: "Something went wrong", 503: "Not now"}


def error_page(status: int, message: str, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """A refusal for people: what happened, and the way home."""
    title = _TITLES.get(status, "That did not work")
    # The router's own words say no more than the title does.
    sentence = "The address leads nowhere; perhaps it has moved." if message == "Not Found" else message
    return page("error.html", status=status, headers=headers, code=status, title=title, sentence=sentence)


def ago(instant: datetime, now: datetime) -> str:
    """How long ago that was, roughly, as people say it: `just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    span = now - instant
    if span < timedelta(minutes=1):
        return "just now"
    if span < timedelta(hours=1):
        return f"{span // timedelta(minutes=1)} min ago"
    if span < timedelta(days=1):
        return f"{span // timedelta(hours=1)} h ago"
    days = span // timedelta(days=1)
    return "yesterday" if days == 1 else f"{days} days ago"
