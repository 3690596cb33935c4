"""Signing in with a browser, in the dialect of OGS: `/api/v0/*`, and `/api/v1/ui/config`, which says as whom."""

from fastapi import APIRouter, Request, Response

from tengen.accounts import registration
from tengen.accounts.basic import Credentials
from tengen.accounts.guards import CurrentAccounts
from tengen.accounts.service import Account
from tengen.core.errors import Unauthenticated
from tengen.core.values import utc_now
from tengen.oauth.cookies import session_token
from tengen.oauth.guards import CurrentOAuth, MaybeAccount
from tengen.oauth.refusals import NOT_STORED
from tengen.oauth.runtime import OAuth
from tengen.profiles.guards import CurrentProfiles
from tengen.profiles.runtime import Profiles
from tengen.profiles.sign_in_schemas import ConfigRead, ConfigUser, LoggedOut, LogIn, NewUser
from tengen.web.bodies import either_router
from tengen.web.context import CurrentPlatform, client_address
from tengen.web.openapi import api_refusals
from tengen.web.routing import LateRoute

router = either_router("/api/v0", "accounts")
config_router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=LateRoute)


@config_router.get("/ui/config", responses=api_refusals(401, 403, 429))
async def config(
    caller: MaybeAccount,
    request: Request,
    response: Response,
    profiles: CurrentProfiles,
    oauth: CurrentOAuth,
    platform: CurrentPlatform,
) -> ConfigRead:
    """Who the caller is, and by what its sockets say so. Without log-in it is told of a guest."""
    response.headers.update(NOT_STORED)
    public_url = platform.settings.public_url
    if caller is None:
        return ConfigRead.of(ConfigUser.guest(), public_url=public_url)
    session = session_token(request)
    csrf_token = "" if session is None else oauth.sessions.csrf_token(session)
    return await _config(caller, profiles, oauth, public_url=public_url, csrf_token=csrf_token)


@router.post("/login", responses=api_refusals(401, 429))
async def log_in(
    wanted: LogIn,
    request: Request,
    response: Response,
    accounts: CurrentAccounts,
    oauth: CurrentOAuth,
    profiles: CurrentProfiles,
    platform: CurrentPlatform,
) -> ConfigRead:
    """Log in in this browser, by two cookies: `sessionid`, and `csrftoken` for scripts. Answered as `ui/config` is."""
    response.headers.update(NOT_STORED)
    credentials = Credentials(wanted.username, wanted.password)
    try:
        account = await accounts.authenticator.authenticate_active(credentials, client_address(request))
    except Unauthenticated as refusal:
        refusal.headers = {}  # by its challenge, browsers would ask people for a password over their page
        raise
    await oauth.sessions.close(session_token(request))
    session = await oauth.sessions.open(account, now=utc_now())
    oauth.cookies.remember(response, session)
    accounts.authenticator.touch_soon(account.id)
    return await _config(
        account, profiles, oauth, public_url=platform.settings.public_url, csrf_token=session.csrf_token
    )


@router.get("/logout", responses=api_refusals())
async def log_out(request: Request, response: Response, oauth: CurrentOAuth) -> LoggedOut:
    """Log out in this browser."""
    await oauth.sessions.close(session_token(request))
    oauth.cookies.forget(response)
    return LoggedOut(success="You are logged out")


@router.post("/register", responses=api_refusals(409, 429))
async def register(
    wanted: NewUser,
    request: Request,
    response: Response,
    accounts: CurrentAccounts,
    profiles: CurrentProfiles,
    platform: CurrentPlatform,
) -> ConfigRead:
    """Make an account. A token to verify the e-mail is mailed, and `/v1/user/email/verify` takes it.

    Until then nobody logs in by the account: the answer is as that of `ui/config`, without anything to log in by.
    """
    response.headers.update(NOT_STORED)
    account = await registration.register(
        platform,
        accounts,
        email=wanted.email,
        display_name=wanted.username,
        password=wanted.password,
        address=client_address(request),
        now=utc_now(),
    )
    user = ConfigUser.of_account(account, await profiles.of_account(account.id))
    return ConfigRead.of(user, public_url=platform.settings.public_url)


async def _config(
    account: Account, profiles: Profiles, oauth: OAuth, *, public_url: str, csrf_token: str
) -> ConfigRead:
    return ConfigRead.of(
        ConfigUser.of_account(account, await profiles.of_account(account.id)),
        public_url=public_url,
        user_jwt=await oauth.user_jwt(account),
        chat_auth=oauth.chat_auth(account),
        csrf_token=csrf_token,
    )
