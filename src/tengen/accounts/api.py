"""Accounts in the dialect of the metaserver: `/v1/user/*`, and the keys that verify signed proofs."""

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from tengen.accounts import service
from tengen.accounts.guards import CurrentAccounts, CurrentUser, UnverifiedUser
from tengen.accounts.names import DisplayName
from tengen.accounts.registration import register as register_account
from tengen.accounts.runtime import Accounts
from tengen.accounts.schemas import (
    DisplayNameChange,
    MailTokenIn,
    Registration,
    UserProofIn,
    UserRead,
    UserReadWithProof,
)
from tengen.core.errors import Invalid
from tengen.core.values import ServerId, utc_now
from tengen.web.context import CurrentPlatform, client_address
from tengen.web.openapi import Id, refusals
from tengen.web.routing import LateRoute, LeanRoute, lenient_router

router = lenient_router("/v1/user", "accounts")
keys_router = APIRouter(tags=["platform"], route_class=LateRoute)


@router.post("/register", responses=refusals(409, 429))
async def register(
    registration: Registration, request: Request, platform: CurrentPlatform, accounts: CurrentAccounts
) -> UserReadWithProof:
    """Make an account. A token to verify the e-mail is mailed; until it is entered no proof holds.

    The opaque proof of this answer holds from then on; the signed one, which is checked without asking, never does.
    """
    now = utc_now()
    account = await register_account(
        platform,
        accounts,
        email=registration.username,
        display_name=registration.display_name,
        password=registration.password,
        address=client_address(request),
        now=now,
    )
    return UserReadWithProof.with_proof(account, await accounts.prover.issue(account, now=now))


@router.post("/email/verify", responses=refusals(401, 403, 429))
async def verify_email(
    token: MailTokenIn, account: UnverifiedUser, platform: CurrentPlatform, accounts: CurrentAccounts
) -> UserReadWithProof:
    """Show that the e-mail is one's own, with the token from the mail. From then on proofs hold."""
    now = utc_now()
    async with platform.database.write() as transaction:
        is_right = await service.verify_mail(
            transaction, account, token.mail_token, now=now, mail_tokens=accounts.mail_tokens
        )
    if not is_right:
        raise service.wrong_mail_token()
    verified = dataclasses.replace(account, verified_at=now)
    return UserReadWithProof.with_proof(verified, await accounts.prover.issue(verified, now=now))


@router.post("/email/renew-token", responses=refusals(401, 403, 429))
async def renew_mail_token(account: UnverifiedUser, platform: CurrentPlatform, accounts: CurrentAccounts) -> str:
    """Have a new token mailed. The old one is void."""
    async with platform.database.write() as transaction:
        await service.renew_mail_token(transaction, account, now=utc_now(), mail_tokens=accounts.mail_tokens)
    return "Token sent"


@router.post("/login", responses=refusals(401, 429))
async def login(
    account: CurrentUser,
    accounts: CurrentAccounts,
    server_id: Annotated[
        Id | None, Query(description="Make the signed proof for this game server alone (`aud` is `server:<id>`).")
    ] = None,
) -> UserReadWithProof:
    """Sign in: one's own account with a fresh user proof, to be shown to game servers."""
    now = await accounts.authenticator.touch(account.id)
    pair = await accounts.prover.issue(account, now=now, server_id=None if server_id is None else ServerId(server_id))
    return UserReadWithProof.with_proof(dataclasses.replace(account, last_online_at=now), pair)


async def verify_user_proof(claim: UserProofIn, request: Request) -> Response:
    """Ask whether a proof, in either form, shows its bearer to be this account now. Game servers call it."""
    accounts: Accounts = request.app.state.accounts
    account = await accounts.authenticator.account(claim.user_id)
    if account is None or not await accounts.prover.holds(account, claim.user_proof, now=utc_now()):
        return Response(b"false", media_type="application/json")
    accounts.authenticator.touch_soon(account.id)
    return Response(b"true", media_type="application/json")


router.add_api_route(
    "/verify-user-proof",
    verify_user_proof,
    methods=["POST"],
    response_model=bool,
    responses=refusals(),
    route_class_override=LeanRoute,
)


@router.get("/by-id", responses=refusals(401, 404, 429))
async def user_by_id(
    _caller: CurrentUser, accounts: CurrentAccounts, user_id: Annotated[Id, Query(examples=[57])]
) -> UserRead:
    """One account."""
    account = await accounts.authenticator.account(user_id)
    if account is None:
        raise service.AccountNotFound("User not found")
    return UserRead.of(account)


@router.get("/by-id/batch", responses=refusals(401, 429))
async def users_by_id(
    _caller: CurrentUser,
    platform: CurrentPlatform,
    user_ids: Annotated[list[Id], Query(min_length=1, examples=[[57, 58]])],
) -> list[UserRead]:
    """Several accounts, in the order of their ids. Unknown ones are left out."""
    limit = platform.settings.max_batch_ids
    if len(user_ids) > limit:
        raise Invalid(f"At most {limit} ids can be asked for at once.")
    async with platform.database.read() as connection:
        found = await service.accounts_by_ids(connection, set(user_ids))
    return [UserRead.of(account) for account in found.values()]


@router.post("/change-display-name", responses=refusals(401, 409, 429))
async def change_display_name(change: DisplayNameChange, account: CurrentUser, platform: CurrentPlatform) -> UserRead:
    """Show another name from now on."""
    async with platform.database.write() as transaction:
        renamed = await service.change_display_name(transaction, account.id, DisplayName.parse(change.display_name))
    return UserRead.of(renamed)


@keys_router.get("/.well-known/jwks.json", responses=refusals())
async def json_web_key_set(accounts: CurrentAccounts) -> JSONResponse:
    """The public keys that verify signed proofs (RFC 7517). May be kept for five minutes."""
    keys: dict[str, Any] = (await accounts.prover.key_set(utc_now())).to_jwks()
    return JSONResponse(keys, headers={"Cache-Control": "public, max-age=300"})
