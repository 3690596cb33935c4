"""Small values that every feature uses: names, ids, instants."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType

from tengen.core.errors import Invalid

AccountId = NewType("AccountId", int)
ServerId = NewType("ServerId", int)
PlayerId = NewType("PlayerId", int)
GameId = NewType("GameId", int)

MAX_ID = 2**63 - 1
"""The largest id that both databases can hold."""

Clock = Callable[[], datetime]
"""Tells the time as an aware instant in UTC. Passed in, so that tests and replays can choose it."""


def utc_now() -> datetime:
    """The wall clock, in UTC. Adapters and jobs read it; rules take `now` as an argument."""
    return datetime.now(UTC)


def naive_iso(instant: datetime) -> str:
    """`2026-05-02T18:04:11.220913`: UTC without an offset, as the metaserver's and others' clients expect it."""
    return naive_utc(instant).isoformat()


def utc_iso(instant: datetime) -> str:
    """`2026-03-04T05:06:07.123456Z`: as OGS writes instants."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def naive_utc(instant: datetime) -> datetime:
    """The same instant in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def parse_instant(text: str, *, what: str = "The time") -> datetime:
    """The instant that ISO 8601 tells, UTC if it names no offset. Raises `Invalid`."""
    try:
        read = datetime.fromisoformat(text.strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{what} is not written as 2026-06-01T18:00:00, or 2026-06-01T20:00:00+02:00.") from error


# Control characters (Cc), line and paragraph separators (Zl, Zp), lone surrogates (Cs), and the format characters that
# change the direction of a line or hide themselves (Cf: bidi overrides and isolates, zero-width characters): what a
# name may not hold, because it would look like another name or tear up the text around it. Zero-width joiner and
# non-joiner stay: scripts need them.
_FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_ALLOWED_FORMAT_CHARACTERS = {"\u200c", "\u200d"}
_BLANKS = re.compile(r"\s+")
# What shows nothing (Unicode's Default_Ignorable_Code_Point): joiners, fillers, variation selectors. They may be needed
# to write a name, but do not make another one of it.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def _is_forbidden(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character not in _ALLOWED_FORMAT_CHARACTERS
    return category in _FORBIDDEN_CATEGORIES


def clean_line(text: str, *, what: str = "The text") -> str:
    """One line of text without blanks around it. Raises `Invalid` as `check_line` does."""
    stripped = text.strip()
    check_line(stripped, what=what)
    return stripped


def check_line(text: str, *, what: str = "The text") -> None:
    """Raises `Invalid` if the text holds control, direction-changing or invisible characters, or lone surrogates.

    Line breaks are control characters, at its ends, too.
    """
    if text.isascii() and text.isprintable():  # the common case, without a look at every character
        return
    for character in text:
        if _is_forbidden(character):
            raise Invalid(f"{what} holds the character U+{ord(character):04X}, which is not allowed.")


def name_key(name: str) -> str:
    """The form by which names are compared: two names with the same key are the same name.

    NFKC, case folding, what shows nothing dropped, NFKC again (both can undo normal form), as identifier caseless
    matching does it (The Unicode Standard, section 3.13); and inner blanks made one.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", _IGNORABLE.sub("", folded))).strip()
