"""What a program asks an account for, by way of the browser (RFC 6749, section 4.1.1). Pure.

As long as it is not certain which program asks and where the browser is to be sent back to, the person is told what is
wrong; from then on the program is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tengen.oauth import pkce
from tengen.oauth.redirects import with_parameters
from tengen.oauth.refusals import InvalidOAuthRequest, UnsupportedResponseType
from tengen.oauth.registration import Grant
from tengen.oauth.scopes import Scopes, parse_scopes

if TYPE_CHECKING:
    from tengen.oauth.forms import Parameters
    from tengen.oauth.refusals import OAuthRefusal
    from tengen.oauth.registration import App

FIELDS = (
    *("client_id", "redirect_uri", "response_type", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)
"""The parameters that are read; others make no difference."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the browser is sent back to, and what the program wants to hear again there."""

    redirect_uri: str
    state: str

    @classmethod
    def parse(cls, sent: "Parameters", app: "App") -> "WayBack":
        """Raises `InvalidOAuthRequest` if the address is none of the program's: nobody is sent there."""
        if sent.require("redirect_uri") not in app.redirect_uris:
            raise InvalidOAuthRequest("The redirect_uri is not one that this app is registered with, letter by letter.")
        return cls(sent.get("redirect_uri"), sent.get("state"))

    def with_code(self, code: str) -> str:
        """The address that brings the program its code."""
        return self._with({"code": code})

    def with_refusal(self, refusal: "OAuthRefusal") -> str:
        """The address that tells the program why it gets none."""
        return self._with({"error": refusal.code, "error_description": refusal.message})

    def _with(self, parameters: Mapping[str, str]) -> str:
        return with_parameters(self.redirect_uri, {**parameters, **({"state": self.state} if self.state else {})})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the program wants: these scopes, and that nobody else exchanges the code."""

    scopes: Scopes
    challenge: str | None

    @classmethod
    def parse(cls, sent: "Parameters", app: "App") -> "Wish":
        """Raises the refusals that the program is told (`WayBack.with_refusal`)."""
        if sent.require("response_type") != "code":
            raise UnsupportedResponseType("The response_type must be code: tokens are not given through a browser.")
        app.check_may_use(Grant.AUTHORIZATION_CODE)
        return cls(parse_scopes(sent.get("scope")), _challenge(sent, app))


def _challenge(sent: "Parameters", app: "App") -> str | None:
    challenge = sent.get("code_challenge")
    if not challenge and not sent.get("code_challenge_method"):
        if app.is_public:
            raise InvalidOAuthRequest("A public app must send a code_challenge (PKCE), with the method S256.")
        return None
    if sent.get("code_challenge_method") != pkce.METHOD:  # left out, it would be `plain`
        raise InvalidOAuthRequest("The code_challenge_method must be S256.")
    if not pkce.is_challenge(challenge):
        raise InvalidOAuthRequest("The code_challenge is no SHA-256 in base64url: 43 characters without padding.")
    return challenge
