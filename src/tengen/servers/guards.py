"""What routes ask of their caller when it is, or may be, a game server."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBasic
from starlette.requests import HTTPConnection

from tengen.accounts.authentication import WrongCredentials
from tengen.accounts.basic import CHALLENGE, Credentials
from tengen.accounts.guards import USER_SCHEME
from tengen.accounts.service import Account
from tengen.core.errors import Unauthenticated
from tengen.servers.service import Server
from tengen.web.context import client_address

_SERVER_SCHEME = "Id of a game server, as text, and the password it was given at registration."


class _BasicServer(HTTPBasic):
    """Basic authentication as a game server; the OpenAPI document shows it as such."""

    def __init__(self) -> None:
        super().__init__(scheme_name="server", description=_SERVER_SCHEME, auto_error=False)

    async def __call__(self, request: HTTPConnection) -> Any:
        """The calling server. Raises `Unauthenticated`, and `TooManyRequests`."""
        credentials = Credentials.parse(request.headers.get("Authorization"))
        authenticator = request.app.state.servers.authenticator
        return await authenticator.authenticate(credentials, client_address(request))


class _Documented(HTTPBasic):
    """Lets the OpenAPI document name a scheme that `_user_or_server` takes care of."""

    async def __call__(self, _request: HTTPConnection) -> Any:
        """Asks nothing."""


async def _user_or_server(
    request: Request,
    _user: Annotated[None, Depends(_Documented(scheme_name="user", description=USER_SCHEME))],
    _server: Annotated[None, Depends(_Documented(scheme_name="server", description=_SERVER_SCHEME))],
) -> Account | Server:
    credentials = Credentials.parse(request.headers.get("Authorization"))
    # A server is recognised without a password hash and an account is not, so servers come first. Nobody can tell: an
    # account would have to be called by a server's id and have that server's secret for a password.
    server = await request.app.state.servers.authenticator.recognise(credentials)
    if server is not None and server.deleted_at is None:
        return server  # type: ignore[no-any-return]  # app.state has no types
    try:
        account: Account = await request.app.state.accounts.authenticator.authenticate_active(
            credentials, client_address(request)
        )
    except Unauthenticated as error:
        raise WrongCredentials("Incorrect username or password", headers=CHALLENGE) from error
    return account


CurrentServer = Annotated[Server, Depends(_BasicServer())]
"""The calling game server, which is not deleted."""

UserOrServer = Annotated[Account | Server, Depends(_user_or_server)]
"""The caller: an account with a verified e-mail, or a game server; neither is deleted."""
