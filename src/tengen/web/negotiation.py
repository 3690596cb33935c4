"""Which form of an answer a client prefers, by its `Accept` header (RFC 9110, section 12.5.1). Pure."""

import re

_QUALITY = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")


def prefers_html(accept: str | None) -> bool:
    """Whether the client would rather have `text/html` than `application/json`.

    Browsers would. Whoever takes anything (`*/*`, or no header) has no preference, and gets JSON. A range that names
    a type more exactly counts for it instead of one that names it less. Parameters other than `q` make no difference,
    and what is no media range is passed over.
    """
    if accept is None or accept in {"*/*", "application/json"}:
        return False  # what most programs send
    ranges = _ranges(accept)
    return _quality("text/html", ranges) > _quality("application/json", ranges)


def _ranges(accept: str) -> dict[str, float]:
    """The media ranges, each with its quality from 0 to 1."""
    found: dict[str, float] = {}
    for item in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        if "/" in media_range:
            found[media_range] = max(found.get(media_range, 0.0), _weight(parameters))
    return found


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            value = parameter.removeprefix("q=")
            return float(value) if _QUALITY.fullmatch(value) else 0.0
    return 1.0


def _quality(media_type: str, ranges: dict[str, float]) -> float:
    for candidate in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate]
    return 0.0
