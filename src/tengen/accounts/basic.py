"""The credentials in a Basic `Authorization` header (RFC 7617). Pure."""

import base64
import binascii
from dataclasses import dataclass, field

from tengen.core.errors import Unauthenticated


class NotAuthenticated(Unauthenticated):
    """There are no credentials, or none of the kind asked for."""

    code = "not_authenticated"


class MalformedCredentials(Unauthenticated):
    """The header is Basic, and its content is not."""

    code = "malformed_credentials"


CHALLENGE = {"WWW-Authenticate": "Basic"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed: a login name and a password."""

    login: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, header: str | None) -> "Credentials":
        """Read the header. Text is UTF-8, so that every password that can be chosen can be used.

        Raises `NotAuthenticated` or `MalformedCredentials`.
        """
        scheme, _, encoded = (header or "").strip().partition(" ")
        if scheme.lower() != "basic" or not encoded:
            raise NotAuthenticated("Not authenticated", headers=CHALLENGE)
        try:
            login, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if not colon:
            raise MalformedCredentials("Invalid authentication credentials", headers=CHALLENGE)
        return cls(login, password)
