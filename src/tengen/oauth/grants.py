"""What a program gets its tokens for: a password, a code that a browser has brought it, or a refresh token."""

from datetime import datetime
from typing import TYPE_CHECKING

from tengen.accounts.authentication import AccountDeleted, EmailUnverified, WrongCredentials
from tengen.accounts.basic import Credentials
from tengen.oauth.codes import new_family
from tengen.oauth.refusals import InvalidGrant, UnsupportedGrantType
from tengen.oauth.registration import Client, Grant
from tengen.oauth.scopes import parse_scopes

if TYPE_CHECKING:
    from tengen.accounts.authentication import Authenticator
    from tengen.core.database import Database
    from tengen.oauth.codes import Codes
    from tengen.oauth.forms import Parameters
    from tengen.oauth.tokens import IssuedTokens, Tokens

REFRESH_TOKEN = "refresh_token"  # noqa: S105  # the grant's name in RFC 6749
GRANT_TYPES = (Grant.PASSWORD.value, Grant.AUTHORIZATION_CODE.value, REFRESH_TOKEN)


class Grants:
    """Gives programs tokens for what they show."""

    def __init__(self, database: "Database", authenticator: "Authenticator", tokens: "Tokens", codes: "Codes") -> None:
        self._database = database
        self._authenticator = authenticator
        self._tokens = tokens
        self._codes = codes

    async def tokens(self, client: Client, form: "Parameters", *, address: str, now: datetime) -> "IssuedTokens":
        """The tokens for this form; `address` is where it comes from.

        Raises the refusals of OAuth2 (`tengen.oauth.refusals`), and `TooManyRequests` after too many wrong passwords.
        """
        match form.require("grant_type"):
            case Grant.PASSWORD:
                return await self._for_password(client, form, address, now)
            case Grant.AUTHORIZATION_CODE:
                return await self._for_code(client, form, now)
            case "refresh_token":
                return await self._for_refresh_token(client, form, now)
            case _:
                raise UnsupportedGrantType(f"A grant_type is one of {', '.join(GRANT_TYPES)}.")

    async def _for_password(self, client: Client, form: "Parameters", address: str, now: datetime) -> "IssuedTokens":
        # A secret is checked if it comes, and not asked for: OGS' clients have one and send none.
        client.app.check_may_use(Grant.PASSWORD)
        scopes = parse_scopes(form.get("scope"))
        credentials = Credentials(form.require("username"), form.require("password"))
        try:
            account = await self._authenticator.authenticate_active(credentials, address)
        except WrongCredentials as error:
            raise InvalidGrant("There is no account with this user name and this password.") from error
        except EmailUnverified as error:
            raise InvalidGrant(
                "The e-mail of this account is not verified yet: enter the token mailed to it first."
            ) from error
        except AccountDeleted as error:
            raise InvalidGrant("This account is deleted.") from error
        async with self._database.write() as transaction:
            issued = await self._tokens.issue(
                transaction,
                account.id,
                generation=account.generation,
                client_id=client.app.client_id,
                scopes=scopes,
                family=new_family(),
                now=now,
            )
        self._authenticator.touch_soon(account.id)
        return issued

    async def _for_code(self, client: Client, form: "Parameters", now: datetime) -> "IssuedTokens":
        client.check_is_authenticated()
        client.app.check_may_use(Grant.AUTHORIZATION_CODE)
        return await self._codes.exchange(
            form.require("code"),
            client_id=client.app.client_id,
            redirect_uri=form.require("redirect_uri"),
            verifier=form.get("code_verifier"),
            now=now,
        )

    async def _for_refresh_token(self, client: Client, form: "Parameters", now: datetime) -> "IssuedTokens":
        client.check_is_authenticated()
        return await self._tokens.refresh(
            form.require("refresh_token"), client_id=client.app.client_id, scope=form.get("scope"), now=now
        )
