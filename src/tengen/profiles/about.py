"""What accounts tell of themselves, and what of it is accepted. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tengen.core.errors import Invalid
from tengen.core.values import check_line, clean_line

NOWHERE = "un"
"""OGS' country of those who have not told one."""
ANY_LANGUAGE = "auto"
"""OGS' language of those who leave it to their browser."""

MAX_REAL_NAME = 64
MAX_WEBSITE = 200
MAX_ABOUT = 4_000
"""Characters."""

_SECOND_LETTERS = {
    # Of the officially assigned codes of ISO 3166-1 alpha-2, by the first.
    "a": "defgilmoqrstuwxz",
    "b": "abdefghijlmnoqrstvwyz",
    "c": "acdfghiklmnoruvwxyz",
    "d": "ejkmoz",
    "e": "ceghrst",
    "f": "ijkmor",
    "g": "abdefghilmnpqrstuwy",
    "h": "kmnrtu",
    "i": "delmnoqrst",
    "j": "emop",
    "k": "eghimnprwyz",
    "l": "abcikrstuvy",
    "m": "acdefghklmnopqrstuvwxyz",
    "n": "acefgilopruz",
    "o": "m",
    "p": "aefghklmnrstwy",
    "q": "a",
    "r": "eosuw",
    "s": "abcdeghijklmnorstvxyz",
    "t": "cdfghjklmnortvwz",
    "u": "agmsyz",
    "v": "aceginu",
    "w": "fs",
    "y": "et",
    "z": "amw",
}
COUNTRIES = frozenset(first + second for first, seconds in _SECOND_LETTERS.items() for second in seconds)
"""The codes of all countries, in lower case."""
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


class InvalidProfile(Invalid):
    """Something that an account wants to tell of itself cannot be told so."""

    code, status = "invalid_profile", 400


@dataclass(frozen=True, slots=True)
class About:
    """What an account tells of itself; by default nothing."""

    first_name: str = ""
    last_name: str = ""
    is_real_name_private: bool = True
    """Whether its real name is for itself alone."""
    country: str = NOWHERE
    language: str = ANY_LANGUAGE
    website: str = ""
    about: str = ""


NOTHING_TOLD = About()


def parse_real_name(text: str) -> str:
    """A first or a last name; it may be empty. Raises `InvalidProfile`."""
    return _line(text, "The name", MAX_REAL_NAME)


def parse_country(text: str) -> str:
    """A country's code in lower case, or `un`. Raises `InvalidProfile`."""
    country = text.strip().lower()
    if country not in COUNTRIES and country != NOWHERE:
        raise InvalidProfile("The country must be a code of two letters (ISO 3166-1), as `jp`, or `un` for none.")
    return country


def parse_language(text: str) -> str:
    """A language's tag, or `auto`. Raises `InvalidProfile`."""
    language = text.strip()
    if language != ANY_LANGUAGE and _LANGUAGE.fullmatch(language) is None:
        raise InvalidProfile("The language must be its tag, such as `de` or `pt-BR`, or `auto`.")
    return language


def parse_website(text: str) -> str:
    """The address of a page on the web; it may be empty. Raises `InvalidProfile`."""
    website = _line(text, "The website", MAX_WEBSITE)
    if website and not _is_web_address(website):
        raise InvalidProfile("The website must be an address that begins with https:// or http://.")
    return website


def parse_about(text: str) -> str:
    """Some lines about oneself; there may be none. Line breaks become `\\n`. Raises `InvalidProfile`."""
    about = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(about) > MAX_ABOUT:
        raise InvalidProfile(f"The text about you has more than {MAX_ABOUT:,} characters.")
    try:
        check_line(about.replace("\n", " ").replace("\t", " "), what="The text about you")
    except Invalid as error:
        raise InvalidProfile(error.message) from error
    return about


def _line(text: str, what: str, longest: int) -> str:
    try:
        line = clean_line(text, what=what)
    except Invalid as error:
        raise InvalidProfile(error.message) from error
    if len(line) > longest:
        raise InvalidProfile(f"{what} has more than {longest} characters.")
    return line


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises if it is none
    except ValueError:
        return False
    # With a name before the host, an address looks like one of another host.
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and " " not in text
