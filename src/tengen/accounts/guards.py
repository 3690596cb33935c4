"""What routes ask of their caller, for the adapters of this feature and of those above it."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBasic
from starlette.requests import HTTPConnection

from tengen.accounts.basic import Credentials
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.web.context import client_address


async def _accounts(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.accounts
    return accounts


CurrentAccounts = Annotated[Accounts, Depends(_accounts)]

USER_SCHEME = "E-mail (or display name) and password of an account."
"""How the OpenAPI document describes the scheme `user`."""


class _BasicUser(HTTPBasic):
    """Basic authentication as a person or bot; the OpenAPI document shows it as such."""

    def __init__(self, *, verified: bool) -> None:
        super().__init__(scheme_name="user", description=USER_SCHEME, auto_error=False)
        self._verified = verified

    async def __call__(self, request: HTTPConnection) -> Any:
        """The caller's account. Raises `Unauthenticated`, and `TooManyRequests`."""
        authenticator = request.app.state.accounts.authenticator
        credentials = Credentials.parse(request.headers.get("Authorization"))
        check = authenticator.authenticate_active if self._verified else authenticator.authenticate_any
        return await check(credentials, client_address(request))


CurrentUser = Annotated[Account, Depends(_BasicUser(verified=True))]
"""The caller's account, with a verified e-mail and not deleted."""

UnverifiedUser = Annotated[Account, Depends(_BasicUser(verified=False))]
"""The caller's account, whether its e-mail is verified or not."""
