"""What routes ask of their caller who may be a program, a browser, or somebody with a password.

An access token (`Authorization: Bearer …`) counts before a browser's session, and that before a password. What a token
may do, its scope says; a session changes something only together with its CSRF token.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBasic, HTTPBearer
from starlette.requests import HTTPConnection

from tengen.accounts.basic import Credentials, NotAuthenticated
from tengen.accounts.guards import USER_SCHEME
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.values import utc_now
from tengen.oauth.cookies import CSRF_HEADER, SESSION_COOKIE, session_token
from tengen.oauth.refusals import InsufficientScope, InvalidToken, WrongCsrfToken
from tengen.oauth.runtime import OAuth
from tengen.oauth.scopes import Scope
from tengen.oauth.tokens import Access
from tengen.web.context import client_address

_READING = {"GET", "HEAD", "OPTIONS"}


async def _oauth(request: Request) -> OAuth:
    oauth: OAuth = request.app.state.oauth
    return oauth


CurrentOAuth = Annotated[OAuth, Depends(_oauth)]


def _sent(request: HTTPConnection, scheme: str) -> str | None:
    """What follows this scheme in the `Authorization` header; None if it has another, or none."""
    found, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    return rest.strip() if found.lower() == scheme else None


async def access_of(request: Request) -> Access | None:
    """What the access token in the request says; None if there is none. Raises `InvalidToken`."""
    token = _sent(request, "bearer")
    if token is None:
        return None
    oauth: OAuth = request.app.state.oauth
    access = await oauth.tokens.access(token, now=utc_now())
    if access is None:
        raise InvalidToken("The access token is not known, has expired, or was revoked: refresh it, or log in again.")
    return access


async def _by_token(request: Request) -> Account | None:
    """Whose access token was sent. Raises `InvalidToken` and `InsufficientScope`."""
    access = await access_of(request)
    if access is None:
        return None
    needed = Scope.READ if request.method in _READING else Scope.WRITE
    if needed not in access.scopes:
        raise InsufficientScope(
            f"The access token lacks the scope {needed}, which {request.method} needs: ask for it at log-in.",
            scope=needed,
        )
    return access.account


async def _by_session(request: Request) -> Account | None:
    """Who is logged in in the browser that asks. Raises `WrongCsrfToken`."""
    token = session_token(request)
    if token is None:
        return None
    oauth: OAuth = request.app.state.oauth
    account = await oauth.sessions.account(token, now=utc_now())
    if account is None or request.method in _READING:
        return account
    if oauth.sessions.is_csrf_token(token, request.headers.get(CSRF_HEADER)):
        return account
    if _sent(request, "basic") is not None:
        return None  # a password needs no second token: a program has both, and means the password
    raise WrongCsrfToken(f"A request by session changes something only with {CSRF_HEADER}: send the cookie csrftoken.")


async def _by_password(request: Request) -> Account | None:
    """Whose password was sent. Raises `Unauthenticated`, and `TooManyRequests`."""
    if _sent(request, "basic") is None:
        return None
    accounts: Accounts = request.app.state.accounts
    credentials = Credentials.parse(request.headers.get("Authorization"))
    return await accounts.authenticator.authenticate_active(credentials, client_address(request))


async def caller_of(request: Request) -> Account | None:
    """Who asks, for routes that want to know it only sometimes; raises what `MaybeAccount` does."""
    return await _by_token(request) or await _by_session(request) or await _by_password(request)


MaybeAccount = Annotated[Account | None, Depends(caller_of)]
"""The caller's account; None for a stranger.

Raises `InvalidToken`, `InsufficientScope`, `WrongCsrfToken`, `Unauthenticated` and `TooManyRequests` for what was sent
and does not hold. A session that is over is no session: its browser cannot know.
"""


class _ShownPassword(HTTPBasic):
    """The scheme `user` in the OpenAPI document. It reads nothing: `MaybeAccount` has done so."""

    def __init__(self) -> None:
        super().__init__(scheme_name="user", description=USER_SCHEME, auto_error=False)

    async def __call__(self, request: HTTPConnection) -> None:
        """Nothing."""


async def _known_caller(
    account: MaybeAccount,
    # The OpenAPI document shows by these how to say who asks.
    _user: Annotated[object, Depends(_ShownPassword())],
    _program: Annotated[
        object,
        Depends(
            HTTPBearer(scheme_name="program", description="An access token from `/oauth2/token/`.", auto_error=False)
        ),
    ],
    _session: Annotated[
        object,
        Depends(
            APIKeyCookie(
                name=SESSION_COOKIE,
                scheme_name="session",
                description=f"A browser that is logged in. To change something, it sends `{CSRF_HEADER}`, too.",
                auto_error=False,
            )
        ),
    ],
) -> Account:
    if account is None:
        raise NotAuthenticated(
            "Log in first: send an access token, or e-mail (or display name) and password.",
            # No more than this: for Basic, browsers would ask people for a password over their page.
            headers={"WWW-Authenticate": "Bearer"},
        )
    return account


CurrentAccount = Annotated[Account, Depends(_known_caller)]
"""The caller's account, with a verified e-mail and not deleted. Raises what `MaybeAccount` does, and `NotAuthenticated`
for a stranger.
"""
