"""Names of clans: the short tag that players wear in front of their names, and the full name.

A tag may be coloured: `^` and one of the letters r g b w k y c m, or `^` and three digits (red, green and blue, 0 to
9 each), colours the letters after it and shows nothing itself. So `^rFOX` is the tag `FOX` in red.
"""

import re
from dataclasses import dataclass

from tengen.core.errors import Invalid
from tengen.core.values import clean_line, name_key

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


@dataclass(frozen=True, slots=True)
class ClanTag:
    """A clan's tag with its colours, as it is shown and compared: `^rFOX` and `FOX` are two tags."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "ClanTag":
        """The tag without blanks around it. Raises `InvalidTag` with the first rule that it breaks."""
        tag = cls(_clean(text, "The clan tag", InvalidTag))
        if "^" in tag.letters:
            raise InvalidTag("'^' must always be followed by exactly three numbers or one of 'rgbwkycm'")
        if tag.text.count("^") > MAX_COLOURS:
            raise InvalidTag(f"Clan tags can contain at most {MAX_COLOURS} colors")
        if len(tag.letters) > MAX_LETTERS:
            raise InvalidTag(f"Clan tags can contain at most {MAX_LETTERS} letters")
        if not name_key(tag.letters):
            raise InvalidTag("Clan tags must contain at least 1 letter")
        return tag

    @property
    def letters(self) -> str:
        """What the tag shows: itself without the colours."""
        return _COLOUR.sub("", self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ClanName:
    """A clan's full name. It keeps its spelling."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "ClanName":
        """The name without blanks around it. Raises `InvalidClanName` with the first rule that it breaks."""
        name = cls(_clean(text, "The clan name", InvalidClanName))
        if not name.key:
            raise InvalidClanName("Clan names must contain at least 1 character")
        if len(name.text) > MAX_NAME_LENGTH:
            raise InvalidClanName(f"Clan names can contain at most {MAX_NAME_LENGTH} characters")
        return name

    @property
    def key(self) -> str:
        """Two names with the same key are the same name (`tengen.core.values.name_key`)."""
        return name_key(self.text)

    def __str__(self) -> str:
        return self.text


def _clean(text: str, what: str, refusal: type[Invalid]) -> str:
    try:
        return clean_line(text, what=what)
    except Invalid as error:
        raise refusal(error.message) from error
