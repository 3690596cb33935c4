"""The pages of log-ins: the form for name and password, the question whether a program may, and one's own programs.

What changes something must come with the token that the page holds (`csrf_token`): before there is a session it is the
one of the cookie, which no other site's page can read; then it is the session's own.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tengen.accounts.basic import Credentials
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.errors import TengenError, Unauthenticated
from tengen.core.security import new_secret
from tengen.core.values import utc_now
from tengen.oauth import apps
from tengen.oauth.authorization import FIELDS, WayBack, Wish
from tengen.oauth.codes import Consent
from tengen.oauth.cookies import CSRF_COOKIE, session_token
from tengen.oauth.forms import Parameters
from tengen.oauth.guards import CurrentOAuth
from tengen.oauth.redirects import form_target
from tengen.oauth.refusals import NOT_STORED, AccessDenied, InvalidOAuthRequest, OAuthRefusal, WrongCsrfToken
from tengen.oauth.registration import App, AppForm, Grant
from tengen.oauth.runtime import OAuth
from tengen.oauth.scopes import Scope
from tengen.web.context import CurrentPlatform, client_address
from tengen.web.html import content_security_policy, page
from tengen.web.routing import LateRoute

router = APIRouter(prefix="/oauth2", include_in_schema=False, route_class=LateRoute)

_AUTHORIZE, _APPLICATIONS = "/oauth2/authorize", "/oauth2/applications"
_OWN_PAGE = re.compile(rf"({_AUTHORIZE}|{_APPLICATIONS})(\?.*)?")
_CSRF_FIELD = "csrf_token"
_FORM_LIFETIME = timedelta(hours=12)
"""How long a form for name and password may stay open."""
_MEANINGS = {
    Scope.READ: "see what you can see here",
    Scope.WRITE: "play and change things in your name",
    Scope.GROUPS: "see and use your groups",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in in the browser that asks."""

    account: Account
    session: str
    csrf_token: str


async def _visitor(request: Request, oauth: OAuth) -> Visitor | None:
    token = session_token(request)
    account = await oauth.sessions.account(token, now=utc_now())
    if account is None or token is None:
        return None
    return Visitor(account, token, oauth.sessions.csrf_token(token))


def _check_csrf(form: Parameters, oauth: OAuth, visitor: Visitor) -> None:
    if not oauth.sessions.is_csrf_token(visitor.session, form.get(_CSRF_FIELD)):
        raise WrongCsrfToken("The form is out of date: go back, load the page anew, and try again.")


def _go_to(address: str) -> RedirectResponse:
    # 303: whatever was sent here, what follows is a GET, and nothing of it is sent on (RFC 9700, section 4.12).
    return RedirectResponse(address, 303, headers=NOT_STORED)


def _page(template: str, *, status: int = 200, form_targets: tuple[str, ...] = (), **context: Any) -> HTMLResponse:
    policy = {"Content-Security-Policy": content_security_policy(*form_targets)}
    return page(template, status=status, headers=NOT_STORED | policy, **context)


# ── log-in and log-out ──


def _login_page(request: Request, oauth: OAuth, following: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    token = request.cookies.get(CSRF_COOKIE, "")
    if re.fullmatch(r"[0-9a-f]{64}", token) is None:
        token = new_secret() + new_secret()
    answer = _page(
        "login.html", status=status, following=following, csrf_token=token, **{"name": "", "problem": "", **context}
    )
    oauth.cookies.remember_csrf_token(answer, token, _FORM_LIFETIME)
    return answer


def _following(text: str) -> str:
    """The page to go to after the log-in: one of ours, whatever the form says."""
    return quote(text, safe="/?&=%+:;,@!$'()*-._~[]") if _OWN_PAGE.fullmatch(text) else _APPLICATIONS


def _has_the_cookies_token(request: Request, form: Parameters) -> bool:
    sent, kept = form.get(_CSRF_FIELD), request.cookies.get(CSRF_COOKIE, "")
    return bool(sent) and hmac.compare_digest(sent.encode(), kept.encode("utf-8", "surrogatepass"))


@router.post("/login", response_class=HTMLResponse)
async def log_in(request: Request, oauth: CurrentOAuth) -> Response:
    """Name and password were sent: the browser is logged in."""
    form = Parameters.parse(await request.body())
    following = _following(form.get("next"))
    if not _has_the_cookies_token(request, form):
        problem = "The form was out of date, or your browser accepts no cookies. Try again."
        return _login_page(request, oauth, following, status=403, problem=problem)
    name, password = form.get("username"), form.get("password")
    accounts: Accounts = oauth.accounts
    try:
        account = await accounts.authenticator.authenticate_active(Credentials(name, password), client_address(request))
    except Unauthenticated as refusal:
        # Not 401: browsers would ask for a password on their own.
        return _login_page(request, oauth, following, status=403, name=name, problem=f"{refusal.message}.")
    await oauth.sessions.close(session_token(request))
    answer = _go_to(following)
    oauth.cookies.remember(answer, await oauth.sessions.open(account, now=utc_now()))
    accounts.authenticator.touch_soon(account.id)
    return answer


@router.post("/logout", response_class=HTMLResponse)
async def log_out(request: Request, oauth: CurrentOAuth) -> Response:
    """The browser is logged out."""
    form = Parameters.parse(await request.body())
    visitor = await _visitor(request, oauth)
    if visitor is not None:
        _check_csrf(form, oauth, visitor)
        await oauth.sessions.close(visitor.session)
    answer = _go_to(_following(form.get("next")))
    oauth.cookies.forget(answer)
    return answer


# ── whether a program may ──


async def _app_of(sent: Parameters, platform: CurrentPlatform) -> App:
    async with platform.database.read() as connection:
        app = await apps.app_by_client_id(connection, sent.require("client_id"))
    if app is None:
        raise InvalidOAuthRequest("There is no app with this client_id.")
    return app


def _query(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())


@router.get("/authorize", response_class=HTMLResponse)
async def asked(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> Response:
    """Whether the program may. Changes nothing."""
    sent = Parameters.parse(request.scope["query_string"])
    app = await _app_of(sent, platform)
    back = WayBack.parse(sent, app)
    try:
        wish = Wish.parse(sent, app)
    except OAuthRefusal as refusal:
        return _go_to(back.with_refusal(refusal))
    fields = {name: sent.get(name) for name in FIELDS if sent.get(name)}
    visitor = await _visitor(request, oauth)
    if visitor is None:
        return _login_page(request, oauth, f"{_AUTHORIZE}?{_query(fields)}", app=app.name)
    return _page(
        "authorize.html",
        form_targets=(form_target(back.redirect_uri),),
        app=app.name,
        name=visitor.account.display_name,
        scopes=[_MEANINGS[scope] for scope in Scope if scope in wish.scopes],
        place=back.redirect_uri,
        fields=fields,
        following=f"{_AUTHORIZE}?{_query(fields)}",
        csrf_token=visitor.csrf_token,
    )


@router.post("/authorize", response_class=HTMLResponse)
async def decided(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> Response:
    """One of the buttons was pressed: the program hears of it."""
    sent = Parameters.parse(await request.body())
    app = await _app_of(sent, platform)
    back = WayBack.parse(sent, app)
    visitor = await _visitor(request, oauth)
    if visitor is None:
        fields = {name: sent.get(name) for name in FIELDS if sent.get(name)}
        return _go_to(f"{_AUTHORIZE}?{_query(fields)}")
    _check_csrf(sent, oauth, visitor)
    try:
        wish = Wish.parse(sent, app)
        if sent.get("decision") != "allow":
            raise AccessDenied("The account did not agree.")
    except OAuthRefusal as refusal:
        return _go_to(back.with_refusal(refusal))
    consent = Consent(app.client_id, back.redirect_uri, wish.scopes, wish.challenge)
    return _go_to(back.with_code(await oauth.codes.issue(visitor.account, consent, now=utc_now())))


# ── one's own programs ──


async def _applications_page(
    visitor: Visitor, platform: CurrentPlatform, *, status: int = 200, **context: Any
) -> HTMLResponse:
    async with platform.database.read() as connection:
        own = await apps.list_apps(connection, owner_id=visitor.account.id)
    return _page(
        "applications.html",
        status=status,
        apps=own,
        most=platform.settings.apps_per_account,
        name=visitor.account.display_name,
        csrf_token=visitor.csrf_token,
        following=_APPLICATIONS,
        **{"problem": "", "made": None, "filled": Parameters({}), **context},
    )


@router.get("/applications", response_class=HTMLResponse)
async def applications(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> HTMLResponse:
    """The programs that one has registered, and a form for another."""
    visitor = await _visitor(request, oauth)
    if visitor is None:
        return _login_page(request, oauth, _APPLICATIONS)
    return await _applications_page(visitor, platform)


@router.post("/applications", response_class=HTMLResponse)
async def register(request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> Response:
    """The form for another program was sent: it is registered, and its secret shown this once."""
    sent = Parameters.parse(await request.body())
    visitor = await _visitor(request, oauth)
    if visitor is None:
        return _go_to(_APPLICATIONS)
    _check_csrf(sent, oauth, visitor)
    try:
        form = AppForm.parse(
            name=sent.get("name"),
            grant=Grant.PASSWORD if sent.get("grant") == Grant.PASSWORD else Grant.AUTHORIZATION_CODE,
            is_public=sent.get("client_type") == "public",
            redirect_uris=sent.get("redirect_uris"),
        )
        async with platform.database.write() as transaction:
            made = await apps.create_app(
                transaction, visitor.account.id, form, limit=platform.settings.apps_per_account, now=utc_now()
            )
    except TengenError as refusal:
        return await _applications_page(visitor, platform, status=400, problem=refusal.message, filled=sent)
    return await _applications_page(visitor, platform, made=made)


@router.post("/applications/{client_id}/delete", response_class=HTMLResponse)
async def remove(client_id: str, request: Request, platform: CurrentPlatform, oauth: CurrentOAuth) -> Response:
    """The button of one of the programs was pressed: it is removed."""
    sent = Parameters.parse(await request.body())
    visitor = await _visitor(request, oauth)
    if visitor is not None:
        _check_csrf(sent, oauth, visitor)
        async with platform.database.write() as transaction:
            await apps.delete_app(transaction, client_id, owner_id=visitor.account.id)
    return _go_to(_APPLICATIONS)
