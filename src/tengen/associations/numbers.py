"""Member numbers: how an association and a number of its members are written. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from tengen.core.errors import Invalid

_ASSOCIATION = re.compile(r"[a-z][a-z0-9]{1,15}")
_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z-]{0,19}")


class InvalidAssociation(Invalid):
    """The text is no short name of an association."""

    code, status = "invalid_association", 400


class InvalidMemberNumber(Invalid):
    """The text cannot be a member number."""

    code, status = "invalid_member_number", 400


def parse_association(text: str) -> str:
    """An association's short name, in lower case: `aga`. Raises `InvalidAssociation`."""
    code = text.strip().lower()
    if _ASSOCIATION.fullmatch(code) is None:
        raise InvalidAssociation("An association is named by a short word, such as aga: 2 to 16 letters and digits.")
    return code


@lru_cache(65_536)  # in a database of games the same numbers come again and again
def parse_number(text: str) -> str:
    """A member number in the one form it is compared in: capitals, without leading zeros if it is all digits.

    Raises `InvalidMemberNumber`.
    """
    number = text.strip().upper()
    if _NUMBER.fullmatch(number) is None:
        raise InvalidMemberNumber("A member number has 1 to 20 letters, digits and hyphens, such as 12345.")
    return number.lstrip("0") or "0" if number.isdecimal() else number


@dataclass(frozen=True, slots=True)
class MemberNumber:
    """A number that an association has given to one of its members."""

    association: str
    number: str

    @classmethod
    def parse(cls, association: str, number: str) -> "MemberNumber":
        """Raises `InvalidAssociation` and `InvalidMemberNumber`."""
        return cls(parse_association(association), parse_number(number))

    def __str__(self) -> str:
        return f"{self.association.upper()} {self.number}"
