"""Tournaments in the dialect of Scoreganizer: `/api/token_status`, `/api/obtain_token`, `/api/refresh_token`."""

from typing import Annotated

from fastapi import APIRouter, Form, Request

from tengen.accounts.authentication import WrongCredentials
from tengen.accounts.basic import Credentials
from tengen.accounts.guards import CurrentAccounts
from tengen.core.errors import TooManyRequests
from tengen.core.values import utc_now
from tengen.tournaments.guards import CurrentTournaments, RequiredToken, SentTokenIfAny
from tengen.tournaments.logins import InvalidLoginData
from tengen.tournaments.token_schemas import TokenIssued, TokenStatusRead
from tengen.web.context import client_address
from tengen.web.openapi import coded_refusals

router = APIRouter(prefix="/api", tags=["tournaments"])


@router.head("/token_status", include_in_schema=False)
@router.get("/token_status", responses=coded_refusals())
async def token_status(sent: SentTokenIfAny, tournaments: CurrentTournaments) -> TokenStatusRead:
    """What becomes of one's token. The answer is 200 in any case, also without one."""
    login = await tournaments.logins.look_up(sent, utc_now())
    return TokenStatusRead(status=login.status)


@router.post("/obtain_token", responses=coded_refusals())
async def obtain_token(
    request: Request,
    accounts: CurrentAccounts,
    tournaments: CurrentTournaments,
    username: Annotated[str, Form(description="Display name, or e-mail.")] = "",
    password: Annotated[str, Form()] = "",
) -> TokenIssued:
    """Log in: a token for user name and password. Tokens obtained before still hold."""
    if not username or not password:
        raise InvalidLoginData("Send `username` (or e-mail) and `password` as the fields of a form.")
    try:
        account = await accounts.authenticator.authenticate(Credentials(username, password), client_address(request))
    except WrongCredentials as error:
        raise InvalidLoginData("There is no account with this user name and this password.") from error
    except TooManyRequests as error:
        # Not 429: programs tell their users of this code alone that the log-in failed.
        raise InvalidLoginData(error.message, headers=error.headers) from error
    token = await tournaments.logins.obtain(account, utc_now())
    accounts.authenticator.touch_soon(account.id)
    return TokenIssued(token=token)


@router.post("/refresh_token", responses=coded_refusals(429))
async def refresh_token(sent: RequiredToken, tournaments: CurrentTournaments) -> TokenIssued:
    """Have a new token for one that is not too recent. The old one holds for some minutes: an answer may be lost."""
    return TokenIssued(token=await tournaments.logins.refresh(sent, utc_now()))
