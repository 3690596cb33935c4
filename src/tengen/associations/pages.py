"""The page behind a mailed link: it asks, and acts only when the button is pressed.

Mail is read by machines, too, which follow links; none of them presses a button. There are no log-ins in browsers: the
token, which was mailed to the member and is bound to the account that asked, says enough.
"""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tengen.accounts import service as accounts
from tengen.associations import service
from tengen.associations.guards import CurrentAssociations
from tengen.core.values import utc_now
from tengen.web.context import CurrentPlatform
from tengen.web.html import page
from tengen.web.routing import LateRoute

router = APIRouter(include_in_schema=False, route_class=LateRoute)

_UNSEEN = {"Cache-Control": "no-store"}


@router.get("/memberships/confirm", response_class=HTMLResponse)
async def asked(platform: CurrentPlatform, associations: CurrentAssociations, token: str = "") -> HTMLResponse:
    """Whether this account is to get this number. Changes nothing."""
    async with platform.database.read() as connection:
        link = await service.open_link(connection, token, now=utc_now(), lifetime=associations.link_lifetime)
        account = (await accounts.accounts_by_ids(connection, [link.account_id]))[link.account_id]
    return page("membership.html", headers=_UNSEEN, number=link.number, name=account.display_name, token=token)


@router.post("/memberships/confirm", response_class=HTMLResponse)
async def confirmed(request: Request, platform: CurrentPlatform, associations: CurrentAssociations) -> HTMLResponse:
    """The button was pressed: the account gets the number."""
    token = _field(await request.body(), "token")
    async with platform.database.write() as transaction:
        membership = await service.confirm(transaction, token, now=utc_now(), lifetime=associations.link_lifetime)
        account = (await accounts.accounts_by_ids(transaction, [membership.account_id]))[membership.account_id]
    return page("membership.html", headers=_UNSEEN, number=membership.number, name=account.display_name, token=None)


def _field(form: bytes, name: str) -> str:
    """The field of a form as browsers send it (`application/x-www-form-urlencoded`); empty if there is none."""
    try:
        fields = parse_qs(form.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return ""
    return fields.get(name, [""])[0]
