"""How a program is refused, by the codes of OAuth2 (RFC 6749, sections 4.1.2.1 and 5.2; RFC 6750, section 3.1). Pure.

Their sentences keep to ASCII without quotes, which is all that `error_description` may hold.
"""

from collections.abc import Mapping
from typing import Any

from tengen.core.errors import Forbidden, TengenError, Unauthenticated

NOT_STORED = {"Cache-Control": "no-store"}
"""Headers of every answer to a request that holds a secret, or that is answered with one."""


class OAuthRefusal(TengenError):
    """A program asks for something in a way that is refused."""

    def __init__(
        self, message: str, *, headers: dict[str, str] | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, headers=NOT_STORED | (headers or {}), facts=facts)


class InvalidOAuthRequest(OAuthRefusal):
    """Something is missing, is there twice, or is not as it must be."""

    code, status = "invalid_request", 400


class InvalidClient(OAuthRefusal):
    """There is no such program, or it has not shown its secret."""

    code, status = "invalid_client", 401

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"WWW-Authenticate": 'Basic realm="programs"'})


class InvalidGrant(OAuthRefusal):
    """Password, code or refresh token do not hold."""

    code, status = "invalid_grant", 400


class UnauthorizedClient(OAuthRefusal):
    """The program is registered for another way of getting tokens."""

    code, status = "unauthorized_client", 400


class UnsupportedGrantType(OAuthRefusal):
    """Tokens are not to be had in this way."""

    code, status = "unsupported_grant_type", 400


class UnsupportedResponseType(OAuthRefusal):
    """Nothing but a code is given through the browser."""

    code, status = "unsupported_response_type", 400


class InvalidScope(OAuthRefusal):
    """There is no such scope, or it was not granted."""

    code, status = "invalid_scope", 400


class AccessDenied(OAuthRefusal):
    """The account says no."""

    code, status = "access_denied", 403


class InvalidToken(Unauthenticated):
    """The access token is not known, has expired, or was revoked."""

    code = "invalid_token"

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class InsufficientScope(Forbidden):
    """The access token was not granted for this."""

    code = "insufficient_scope"

    def __init__(self, message: str, *, scope: str) -> None:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        super().__init__(message, headers={"WWW-Authenticate": challenge})


class WrongCsrfToken(Forbidden):
    """A browser's session alone does not change anything: what its pages know must be sent with it."""

    code = "csrf_failed"
