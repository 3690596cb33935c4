"""What an association tells of its members, and how it is asked."""

from dataclasses import dataclass
from typing import Protocol

from tengen.accounts.names import Email, InvalidEmail
from tengen.core.errors import Invalid, Unavailable
from tengen.core.values import clean_line


class MembershipUnavailable(Unavailable):
    """The association does not say now whether it has a member of this number."""

    code = "membership_unavailable"


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the association has it on file. Neither is for the public."""

    email: Email | None
    """None: there is none on file, or none that mail could go to."""
    full_name: str
    """Empty: there is none on file, or none that is a plain line of text."""

    @classmethod
    def of(cls, email: str | None, full_name: str | None) -> "Member":
        """What an association has on file, as far as it can be used."""
        return cls(_email(email or ""), _line(full_name or ""))


class MembershipProvider(Protocol):
    """Answers for one association."""

    @property
    def source(self) -> str:
        """Where its answers come from: an address or a file."""
        ...

    async def find(self, number: str) -> Member | None:
        """The member of this number (as `parse_number` writes it), or None. Raises `MembershipUnavailable`."""
        ...


def _email(text: str) -> Email | None:
    try:
        return Email.parse(text)
    except InvalidEmail:
        return None


def _line(text: str) -> str:
    try:
        return clean_line(text)
    except Invalid:
        return ""
