"""Programs that ask accounts for access, as they are registered: apps here, clients in OAuth2. Pure.

A *confidential* program runs where nobody else looks, on a server, and has a secret. A *public* one is in its users'
hands, where nothing stays secret: it has none, and shows with each code that it is the one that asked (PKCE).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tengen.core.errors import Invalid
from tengen.core.values import AccountId, clean_line
from tengen.oauth.redirects import parse_redirect_uris
from tengen.oauth.refusals import InvalidClient, UnauthorizedClient

LONGEST_NAME = 100


class Grant(StrEnum):
    """How a program gets its first tokens, by its name on the wire (RFC 6749). It refreshes them in either case."""

    PASSWORD = "password"  # noqa: S105  # the grant's name in RFC 6749
    AUTHORIZATION_CODE = "authorization_code"


class InvalidApp(Invalid):
    """A program cannot be registered so."""

    code = "invalid_app"


@dataclass(frozen=True, slots=True)
class AppForm:
    """A program as somebody wants to register it; `parse` makes one."""

    name: str
    grant: Grant
    is_public: bool
    redirect_uris: tuple[str, ...]

    @classmethod
    def parse(cls, *, name: str, grant: Grant, is_public: bool, redirect_uris: str) -> "AppForm":
        """`redirect_uris` have blanks between. Raises `InvalidApp` and `InvalidRedirectUri`."""
        try:
            clean = clean_line(name, what="The app's name")
        except Invalid as error:
            raise InvalidApp(error.message) from error
        if not 1 <= len(clean) <= LONGEST_NAME:
            raise InvalidApp(f"The app's name must have 1 to {LONGEST_NAME} characters.")
        uris = parse_redirect_uris(redirect_uris)
        if grant is Grant.AUTHORIZATION_CODE and not uris:
            raise InvalidApp("An app that sends people here needs a redirect URI, to which they are sent back.")
        return cls(clean, grant, is_public, uris)


@dataclass(frozen=True, slots=True)
class App:
    """A program that asks accounts for access."""

    client_id: str
    owner_id: AccountId
    name: str
    grant: Grant
    is_public: bool
    redirect_uris: tuple[str, ...]
    created_at: datetime

    def check_may_use(self, grant: Grant) -> None:
        """Raises `UnauthorizedClient` if the program is registered for another way of getting tokens."""
        if self.grant is not grant:
            raise UnauthorizedClient(
                f"This app is registered for the grant {self.grant}: register another for {grant}."
            )


@dataclass(frozen=True, slots=True)
class Client:
    """The program that asks, and whether it has shown its secret."""

    app: App
    has_shown_secret: bool

    def check_is_authenticated(self) -> None:
        """Raises `InvalidClient` if the program has a secret that it has not shown."""
        if not self.app.is_public and not self.has_shown_secret:
            raise InvalidClient("This app is confidential: send its client_secret, too.")
