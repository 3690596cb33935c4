"""Where a program lets accounts be sent back to: redirect URIs, registered and compared letter by letter. Pure.

The code goes there, so it must be a place that is the program's alone: a site over HTTPS, this computer (for programs
that listen on a port of it), or a scheme that the program has made its own (RFC 8252, section 7).
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from tengen.core.errors import Invalid

MOST = 10
"""How many a program has at most."""
_LONGEST = 1000
_LOCAL = {"127.0.0.1", "localhost", "[::1]"}
# Schemes that browsers act upon themselves, or that lead to other protocols.
_OF_BROWSERS = {
    *("about", "blob", "chrome", "data", "file", "filesystem", "ftp", "intent", "javascript", "mailto", "resource"),
    *("sms", "tel", "urn", "vbscript", "view-source", "ws", "wss"),
}
# What RFC 3986 lets an address be made of, without the `#` of a fragment.
_ADDRESS = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")
_PLACE = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class InvalidRedirectUri(Invalid):
    """The text is no place that accounts can be sent back to."""

    code = "invalid_redirect_uri"


def parse_redirect_uris(text: str) -> tuple[str, ...]:
    """The redirect URIs in a text, with blanks or line breaks between. Raises `InvalidRedirectUri`."""
    uris = tuple(dict.fromkeys(text.split()))
    if len(uris) > MOST:
        raise InvalidRedirectUri(f"A program has at most {MOST} redirect URIs.")
    for uri in uris:
        _check(uri)
    return uris


def _check(uri: str) -> None:
    if len(uri) > _LONGEST or _ADDRESS.fullmatch(uri) is None:
        raise InvalidRedirectUri(
            f"A redirect URI has at most {_LONGEST} characters, those of an address, and no fragment (#)."
        )
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise InvalidRedirectUri("A redirect URI is an address such as https://stones.example/back.") from error
    place = _PLACE.fullmatch(parts.netloc)
    if parts.scheme == "https":
        is_good = place is not None
    elif parts.scheme == "http":
        is_good = place is not None and place["host"].lower() in _LOCAL
    else:
        is_good = _is_a_programs_own(parts.scheme, uri) and (place is not None or not parts.netloc)
    if not is_good:
        raise InvalidRedirectUri(
            "A redirect URI begins with https:// and a host, with http://127.0.0.1, http://[::1] or http://localhost, "
            "or with a scheme of the program's own, as org.example.stones:/back."
        )


def _is_a_programs_own(scheme: str, uri: str) -> bool:
    return _SCHEME.fullmatch(scheme) is not None and scheme not in _OF_BROWSERS and uri[len(scheme) :].startswith(":/")


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """A registered redirect URI with these parameters added to its query."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"


def form_target(uri: str) -> str:
    """What a page's `form-action` has to allow, so that its form may lead to a registered redirect URI (CSP 3)."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
