"""Log-ins of programs: the routes of OAuth2 that programs call, and OGS' routes by which people register programs."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from tengen.core.values import utc_now
from tengen.oauth import apps
from tengen.oauth.clients import ClientCredentials
from tengen.oauth.forms import Parameters
from tengen.oauth.guards import CurrentAccount, CurrentOAuth
from tengen.oauth.refusals import NOT_STORED, InvalidClient
from tengen.oauth.registration import Client
from tengen.oauth.schemas import (
    INTROSPECTION_FORM,
    REVOCATION_FORM,
    TOKEN_FORM,
    AppRead,
    AppReadWithSecret,
    AppRegistration,
    Success,
    TokenIntrospection,
    TokensRead,
    UserInfo,
)
from tengen.web.context import CurrentPlatform, client_address
from tengen.web.openapi import api_refusals, oauth_refusals
from tengen.web.routing import LateRoute, lenient_router

router = APIRouter(prefix="/oauth2", tags=["programs"], route_class=LateRoute)
apps_router = lenient_router("/api/v1/me/api_clients", "programs")


# ── what programs call ──


async def _asked(request: Request, platform: CurrentPlatform) -> tuple[Parameters, Client]:
    """The form that was sent, and the program that sent it."""
    form = Parameters.parse(await request.body())
    sent = ClientCredentials.parse(form, request.headers.get("Authorization"))
    async with platform.database.read() as connection:
        return form, await apps.client_of(connection, sent)


@router.post("/token", response_model=TokensRead, responses=oauth_refusals(401, 429), openapi_extra=TOKEN_FORM)
async def issue_tokens(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> JSONResponse:
    """Get a pair of tokens: for a password, for the code that a browser has brought, or for a refresh token.

    A refresh token works once. Used again, everything that came from its log-in is revoked.
    """
    form, client = await _asked(request, platform)
    issued = await oauth.grants.tokens(client, form, address=client_address(request), now=utc_now())
    return JSONResponse(TokensRead.of(issued).model_dump(), headers=NOT_STORED)


@router.post("/revoke_token", response_model=Success, responses=oauth_refusals(401), openapi_extra=REVOCATION_FORM)
async def revoke_token(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> JSONResponse:
    """End a log-in, by either of its tokens: both are void. A token that is none is answered in the same way."""
    form, client = await _asked(request, platform)
    client.check_is_authenticated()
    await oauth.tokens.revoke(form.require("token"), client_id=client.app.client_id)
    return JSONResponse(Success().model_dump(), headers=NOT_STORED)


@router.post(
    "/introspect",
    response_model=TokenIntrospection,
    response_model_exclude_none=True,
    responses=oauth_refusals(401),
    openapi_extra=INTROSPECTION_FORM,
)
async def introspect(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> JSONResponse:
    """Ask what one of the app's own access tokens says (RFC 7662). For confidential apps, which show their secret."""
    form, client = await _asked(request, platform)
    if not client.has_shown_secret:
        raise InvalidClient("Only a confidential app may ask what a token says: send its client_secret, too.")
    access = await oauth.tokens.access(form.require("token"), now=utc_now())
    is_own = access is not None and access.client_id == client.app.client_id
    said = TokenIntrospection.of(access) if access is not None and is_own else TokenIntrospection(active=False)
    return JSONResponse(said.model_dump(exclude_none=True), headers=NOT_STORED)


@router.get("/userinfo", responses=oauth_refusals(401, 403, 429))
async def user_info(account: CurrentAccount) -> UserInfo:
    """Ask whose token it is."""
    return UserInfo.of(account)


# ── what their authors call ──


@apps_router.get("", responses=api_refusals(401, 403, 429))
async def own_apps(account: CurrentAccount, platform: CurrentPlatform) -> list[AppRead]:
    """The programs that one has registered, without their secrets."""
    async with platform.database.read() as connection:
        return [AppRead.of(app) for app in await apps.list_apps(connection, owner_id=account.id)]


@apps_router.post("", status_code=201, response_model=AppReadWithSecret, responses=api_refusals(401, 403, 429))
async def register_app(
    registration: AppRegistration, account: CurrentAccount, platform: CurrentPlatform
) -> JSONResponse:
    """Register a program that is to ask people for access. Its secret is told this once."""
    form = registration.form()
    limit = platform.settings.apps_per_account
    async with platform.database.write() as transaction:
        made = await apps.create_app(transaction, account.id, form, limit=limit, now=utc_now())
    body = AppReadWithSecret.with_secret(made.app, made.client_secret).model_dump(mode="json")
    return JSONResponse(body, 201, headers=NOT_STORED)


@apps_router.delete("/{client_id}", responses=api_refusals(401, 403, 404, 429))
async def delete_app(
    client_id: Annotated[str, Path(examples=["5f0e3d2c1b0a49788695a4b3c2d1e0f9"])],
    account: CurrentAccount,
    platform: CurrentPlatform,
) -> Success:
    """Remove one's program. The tokens that people have given it hold no more."""
    async with platform.database.write() as transaction:
        await apps.delete_app(transaction, client_id, owner_id=account.id)
    return Success()
