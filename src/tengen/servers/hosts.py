"""Where a game server is reached: an https address, an IPv4 address or an IPv6 address. Pure."""

import ipaddress
import re
from dataclasses import dataclass

import idna

from tengen.core.errors import Invalid
from tengen.core.values import clean_line

# What the whole of a web address may measure, as browsers and the first metaserver have it.
_LONGEST_URL = 2083

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<authority>[^\s/?#\\]+)"
    r"(?P<rest>[/?#]\S*)?",
    re.IGNORECASE,
)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
# Host names as they are in use (RFC 1123), with the underscore that some networks have.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
_TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}", re.IGNORECASE)
_LOOKS_LIKE_IPV4 = re.compile(r"[0-9.]+")


class InvalidHostName(Invalid):
    """The text is no address of a game server. `reasons`: why it is no https address, no IPv4 and no IPv6 address."""

    code = "invalid_host_name"

    def __init__(self, why_no_url: str) -> None:
        super().__init__(f"The host must be an https address, an IPv4 or an IPv6 address: {why_no_url}.")
        self.reasons = {"url": why_no_url, "ipv4address": NO_IPV4, "ipv6address": NO_IPV6}


NO_IPV4 = "value is not a valid IPv4 address"
NO_IPV6 = "value is not a valid IPv6 address"


class _NoUrl(Exception):
    """Why a text is no web address: a clause without a full stop."""


@dataclass(frozen=True, slots=True)
class HostName:
    """Where a game server is reached: `text` as clients get it, `port` if it names one."""

    text: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "HostName":
        """What a server may call its host: an https URL, whose host has a top-level domain or is an IP address, or
        an IP address alone. A URL stays as it was sent, but for an international domain, which becomes punycode; an
        IPv6 address takes its shortest form (RFC 5952). Raises `InvalidHostName`.
        """
        return cls._parse(text, schemes=("https",), needs_top_level=True)

    @classmethod
    def of_site(cls, text: str) -> "HostName":
        """The same for an administrator, who may also name an http address, and a host of the own network."""
        return cls._parse(text, schemes=("https", "http"), needs_top_level=False)

    @classmethod
    def _parse(cls, text: str, *, schemes: tuple[str, ...], needs_top_level: bool) -> "HostName":
        stripped = text.strip()
        address = _ip_address(stripped)
        if address is not None:
            return cls(address)
        try:
            return _url(stripped, schemes, needs_top_level=needs_top_level)
        except _NoUrl as error:
            raise InvalidHostName(str(error)) from None

    @property
    def usual_port(self) -> int:
        """The port it names, or that of its scheme: 443, and 80 for http."""
        return self.port or (80 if self.text.lower().startswith("http:") else 443)

    def __str__(self) -> str:
        return self.text


def _ip_address(text: str) -> str | None:
    # A zone (`fe80::1%eth0`) means something on one machine only, and takes any text.
    if "%" in text:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _url(text: str, schemes: tuple[str, ...], *, needs_top_level: bool) -> HostName:
    try:
        clean_line(text)
    except Invalid as error:
        raise _NoUrl("the URL holds characters that are not allowed") from error
    match = _URL.fullmatch(text)
    if match is None:
        raise _NoUrl("invalid or missing URL scheme" if "://" not in text else "invalid URL")
    if match["scheme"].lower() not in schemes:
        raise _NoUrl(f"URL scheme not permitted, use {' or '.join(schemes)}")
    if len(text) > _LONGEST_URL:
        raise _NoUrl(f"the URL has more than {_LONGEST_URL} characters")
    if "@" in match["authority"]:
        raise _NoUrl("user info is not permitted in the URL")
    parts = _HOST_AND_PORT.fullmatch(match["authority"])
    if parts is None:
        raise _NoUrl("URL host or port invalid")
    port = None if parts["port"] is None else int(parts["port"])
    if port is not None and not 1 <= port <= 65535:
        raise _NoUrl("URL port invalid, it must be 1 to 65535")
    host = _host(parts["host"], needs_top_level=needs_top_level)
    after_host = text[match.start("authority") + parts.end("host") :]
    return HostName(f"{match['scheme']}://{host}{after_host}", port)


def _host(host: str, *, needs_top_level: bool) -> str:
    if host.startswith("["):
        if _ip_address(host[1:-1]) is None or ":" not in host:
            raise _NoUrl("URL host invalid, no IPv6 address in the brackets")
        return host
    if _LOOKS_LIKE_IPV4.fullmatch(host):
        if _ip_address(host) is None:
            raise _NoUrl("URL host invalid, no IPv4 address")
        return host
    if not host.isascii():
        host = _punycode(host)
    labels = host.rstrip(".").split(".")
    if len(host) > 253 or _NAME.fullmatch(host) is None:
        raise _NoUrl("URL host invalid")
    if needs_top_level and (len(labels) < 2 or _TOP_LEVEL.fullmatch(labels[-1]) is None):
        raise _NoUrl("URL host invalid, top level domain required")
    return host


def _punycode(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise _NoUrl("URL host invalid, no international domain name") from error
