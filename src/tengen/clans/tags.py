"""Names of clans: the short tag that players wear in front of their names, and the full name.

A tag may be coloured: `^` and one of the letters r g b w k y c m, or `^` and three digits (red, green and blue, 0 to
9 each), colours the letters after it and shows nothing itself. So `^rFOX` is the red tag `FOX`.
"""

import re
from typing import NewType

from tengen.core.errors import Invalid
from tengen.core.values import clean_line, name_key

ClanTag = NewType("ClanTag", str)
ClanName = NewType("ClanName", str)

MAX_COLOURS = 4
MAX_LETTERS = 4
MAX_TAG_LENGTH = 20
"""Characters of a tag with its colours: follows from the other two, since a colour has at most four."""
MAX_NAME_LENGTH = 100

_COLOUR = re.compile(r"\^(?:[0-9]{3}|[rgbwkycm])")


class InvalidTag(Invalid):
    """The text cannot be a clan's tag."""

    code = "invalid_clan_tag"


class InvalidClanName(Invalid):
    """The text cannot be a clan's name."""

    code = "invalid_clan_name"


def parse_tag(text: str) -> ClanTag:
    """The tag without blanks around it. Raises `InvalidTag` with the rule that it breaks."""
    tag = _clean(text, "The clan tag", InvalidTag)
    letters = letters_of(tag)
    if "^" in letters:
        raise InvalidTag("'^' must always be followed by exactly three numbers or one of 'rgbwkycm'")
    if tag.count("^") > MAX_COLOURS:
        raise InvalidTag(f"Clan tags can contain at most {MAX_COLOURS} colors")
    if len(letters) > MAX_LETTERS:
        raise InvalidTag(f"Clan tags can contain at most {MAX_LETTERS} letters")
    if not name_key(letters):
        raise InvalidTag("Clan tags must contain at least 1 letter")
    return ClanTag(tag)


def letters_of(tag: str) -> str:
    """What a tag shows: the tag without its colours."""
    return _COLOUR.sub("", tag)


def parse_name(text: str) -> ClanName:
    """The name without blanks around it. Raises `InvalidClanName` with the rule that it breaks."""
    name = _clean(text, "The clan name", InvalidClanName)
    if not name_key(name):
        raise InvalidClanName("Clan names must contain at least 1 character")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidClanName(f"Clan names can contain at most {MAX_NAME_LENGTH} characters")
    return ClanName(name)


def _clean(text: str, what: str, refusal: type[Invalid]) -> str:
    try:
        return clean_line(text, what=what)
    except Invalid as error:
        raise refusal(error.message) from None
