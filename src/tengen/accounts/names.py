"""E-mail addresses and display names: what is accepted, and how two are compared. Pure."""

import re
from dataclasses import dataclass

import email_validator
from email_validator import EmailNotValidError, validate_email

from tengen.core.errors import Invalid
from tengen.core.values import clean_line, name_key

MAX_DISPLAY_NAME = 64

# Special-use domains are let through: a club's own network may well be called `.local`.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


class InvalidEmail(Invalid):
    """The text is no e-mail address."""

    code = "invalid_email"


class InvalidDisplayName(Invalid):
    """The text cannot be a display name."""

    code = "invalid_display_name"


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address as it is stored: the domain in lower case, the part before it as its owner writes it."""

    address: str

    @classmethod
    def parse(cls, text: str) -> "Email":
        """Raises `InvalidEmail`. Whether mail arrives there is found out by sending one."""
        try:
            found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError as error:
            raise InvalidEmail("value is not a valid email address") from error
        if "." not in found.domain:
            raise InvalidEmail("value is not a valid email address")
        return cls(f"{found.local_part}@{found.ascii_domain or found.domain}")

    @property
    def key(self) -> str:
        """Two addresses with the same key are the same: nobody tells people apart by capitals."""
        return self.address.lower()

    @property
    def domain(self) -> str:
        """What follows the at sign."""
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        return self.address


_LOOKS_LIKE_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class DisplayName:
    """The name by which others know an account. It keeps its spelling."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "DisplayName":
        """Raises `InvalidDisplayName`: empty, too long, an e-mail address, or with characters that mislead."""
        try:
            name = clean_line(text, what="The display name")
        except Invalid as error:
            raise InvalidDisplayName(error.message) from error
        if not name_key(name):
            raise InvalidDisplayName("The display name is empty.")
        if len(name) > MAX_DISPLAY_NAME:
            raise InvalidDisplayName(f"The display name has more than {MAX_DISPLAY_NAME} characters.")
        if _LOOKS_LIKE_EMAIL.fullmatch(name):
            raise InvalidDisplayName("Display name can't be an email address")
        return cls(name)

    @property
    def key(self) -> str:
        """Two names with the same key are the same name (`tengen.core.values.name_key`)."""
        return name_key(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class LoginName:
    """What somebody types to say who they are: an e-mail address or a display name."""

    key: str
    is_email: bool

    @classmethod
    def parse(cls, text: str) -> "LoginName":
        """Any text is somebody's login name, or nobody's."""
        # What no database can hold is in no name.
        text = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        if _LOOKS_LIKE_EMAIL.fullmatch(text.strip()):
            try:
                return cls(Email.parse(text).key, is_email=True)
            except InvalidEmail:
                return cls(text.strip().lower(), is_email=True)
        return cls(name_key(text), is_email=False)
