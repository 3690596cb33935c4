"""What routes of tournaments ask of their caller.

Scoreganizer's clients show a token; whoever uses `/api/v2` shows one, too, or a password as elsewhere.
"""

from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request
from fastapi.security import APIKeyHeader, HTTPBasic
from starlette.requests import HTTPConnection

from tengen.accounts.basic import CHALLENGE, Credentials, NotAuthenticated
from tengen.accounts.guards import USER_SCHEME
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.values import utc_now
from tengen.tournaments.feed import Feed
from tengen.tournaments.runtime import Tournaments
from tengen.tournaments.tokens import HEADER, SentToken
from tengen.web.context import client_address
from tengen.web.openapi import Id

TournamentPathId = Annotated[Id, Path(examples=[12])]
"""The id of a tournament in the path, existing or not."""


async def _tournaments(request: Request) -> Tournaments:
    tournaments: Tournaments = request.app.state.tournaments
    return tournaments


CurrentTournaments = Annotated[Tournaments, Depends(_tournaments)]


async def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


CurrentFeed = Annotated[Feed, Depends(_feed)]
"""The feed of this process: whoever changes a tournament wakes it after the commit."""

_TOKEN_FORM = "`<user name>:<token>`, with a token from `/api/obtain_token`."  # noqa: S105  # words, and no token


async def _token_if_any(
    header: Annotated[str | None, Header(alias=HEADER, description=_TOKEN_FORM)] = None,
) -> SentToken | None:
    return SentToken.parse(header)


async def _token(
    header: Annotated[
        str | None, Depends(APIKeyHeader(name=HEADER, scheme_name="token", description=_TOKEN_FORM, auto_error=False))
    ],
) -> SentToken | None:
    return SentToken.parse(header)


TOKEN_REQUIRED: dict[str, Any] = {"security": [{"token": []}]}
"""What the OpenAPI document says of a route that reads the token by itself (`openapi_extra`)."""

SentTokenIfAny = Annotated[SentToken | None, Depends(_token_if_any)]
"""The token that was sent, for routes that do without. Whether it holds is another question."""

RequiredToken = Annotated[SentToken | None, Depends(_token)]
"""The token that was sent, for routes that refuse to do without, as the OpenAPI document then says."""


async def _caller(sent: SentTokenIfAny, tournaments: CurrentTournaments) -> Account | None:
    return (await tournaments.logins.look_up(sent, utc_now())).account


Caller = Annotated[Account | None, Depends(_caller)]
"""Whose token was sent; None if none was, or none that holds."""


async def _logged_in(sent: RequiredToken, tournaments: CurrentTournaments) -> Account:
    return await tournaments.logins.account(sent, utc_now())


LoggedIn = Annotated[Account, Depends(_logged_in)]
"""Whose token was sent. Raises `NotLoggedIn`."""


def _password_if_any(request: HTTPConnection) -> Credentials | None:
    try:
        return Credentials.parse(request.headers.get("Authorization"))
    except NotAuthenticated:
        return None  # as with the Digest that Scoreganizer's clients can send to a gate before the platform


class _Password(HTTPBasic):
    """Basic authentication as a person or bot, if there is any; the OpenAPI document shows it as such."""

    def __init__(self) -> None:
        super().__init__(scheme_name="user", description=USER_SCHEME, auto_error=False)

    async def __call__(self, request: HTTPConnection) -> Any:
        """What was typed; None without Basic credentials. Raises `MalformedCredentials`."""
        return _password_if_any(request)


async def _account_of(request: Request, by_token: Account | None, credentials: Credentials | None) -> Account | None:
    if by_token is not None or credentials is None:
        return by_token
    accounts: Accounts = request.app.state.accounts
    return await accounts.authenticator.authenticate_active(credentials, client_address(request))


async def _api_caller(request: Request, by_token: Caller) -> Account | None:
    return await _account_of(request, by_token, _password_if_any(request))


ApiCaller = Annotated[Account | None, Depends(_api_caller)]
"""The caller by token, or else by password; None if neither was sent, or only a token that does not hold.

Raises `Unauthenticated` and `TooManyRequests` for wrong passwords.
"""


async def _api_user(
    request: Request,
    sent: RequiredToken,
    credentials: Annotated[Credentials | None, Depends(_Password())],
    tournaments: CurrentTournaments,
) -> Account:
    login = await tournaments.logins.look_up(sent, utc_now())
    account = await _account_of(request, login.account, credentials)
    if account is None:
        message = f"Sign in with e-mail (or display name) and password, or with a token that holds, in {HEADER}."
        raise NotAuthenticated(message, headers=CHALLENGE)
    return account


ApiUser = Annotated[Account, Depends(_api_user)]
"""The caller by token, or else by password. Raises `Unauthenticated`, and `TooManyRequests` for wrong passwords."""
