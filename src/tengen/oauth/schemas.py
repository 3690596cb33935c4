"""Tokens and programs on the wire: OAuth2's own names, and OGS' for registered programs."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from tengen.accounts.service import Account
from tengen.core.values import utc_iso
from tengen.oauth.grants import GRANT_TYPES
from tengen.oauth.registration import LONGEST_NAME, App, AppForm, Grant
from tengen.oauth.scopes import scope_text
from tengen.oauth.tokens import Access, IssuedTokens


class TokensRead(BaseModel):
    """A pair of tokens, told here and never again."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.", examples=["b0a1" * 16])
    refresh_token: str = Field(description="Exchange it for a new pair when the first has expired.")
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds for which the access token holds.", examples=[36000])
    scope: str = Field(examples=["read write"])

    @classmethod
    def of(cls, issued: IssuedTokens) -> "TokensRead":
        """The wire form of new tokens."""
        return cls(
            access_token=issued.access_token,
            refresh_token=issued.refresh_token,
            token_type="Bearer",  # noqa: S106  # the name of the kind of token
            expires_in=int(issued.lifetime.total_seconds()),
            scope=scope_text(issued.scopes),
        )


class TokenIntrospection(BaseModel):
    """What an access token says (RFC 7662): everything but `active` only if it holds."""

    active: bool
    scope: str | None = Field(default=None, examples=["read write"])
    client_id: str | None = None
    username: str | None = Field(default=None, examples=["Mira"])
    sub: str | None = Field(default=None, description="The account's id, as text.", examples=["57"])
    token_type: Literal["Bearer"] | None = None
    exp: int | None = Field(default=None, description="When it expires, in seconds since 1970.")
    iat: int | None = Field(default=None, description="When it was issued.")

    @classmethod
    def of(cls, access: Access) -> "TokenIntrospection":
        """The wire form of what a token says that holds."""
        return cls(
            active=True,
            scope=scope_text(access.scopes),
            client_id=access.client_id,
            username=access.account.display_name,
            sub=str(access.account.id),
            token_type="Bearer",  # noqa: S106  # the name of the kind of token
            exp=int(access.expires_at.timestamp()),
            iat=int(access.issued_at.timestamp()),
        )


class UserInfo(BaseModel):
    """Who has logged in, by the names of OpenID Connect."""

    sub: str = Field(description="The account's id, as text.", examples=["57"])
    preferred_username: str = Field(examples=["Mira"])

    @classmethod
    def of(cls, account: Account) -> "UserInfo":
        """The wire form of an account."""
        return cls(sub=str(account.id), preferred_username=account.display_name)


class Success(BaseModel):
    """It is done."""

    success: Literal[True] = True


class ClientType(StrEnum):
    """Whether a program can keep a secret."""

    CONFIDENTIAL = "confidential"
    PUBLIC = "public"


class GrantWord(StrEnum):
    """How a program gets its first tokens, by OGS' words."""

    AUTHORIZATION_CODE = "authorization-code"
    PASSWORD = "password"  # noqa: S105  # the grant's name in RFC 6749


def _with_dashes(text: Any) -> Any:
    return text.replace("_", "-") if isinstance(text, str) else text


class AppRegistration(BaseModel):
    """A program to be registered."""

    name: str = Field(
        min_length=1, max_length=LONGEST_NAME, description="What people see when it asks them.", examples=["Go Stones"]
    )
    client_type: ClientType = Field(
        default=ClientType.CONFIDENTIAL, description="`public`: in its users' hands, without a secret."
    )
    authorization_grant_type: Annotated[GrantWord, BeforeValidator(_with_dashes)] = GrantWord.AUTHORIZATION_CODE
    redirect_uris: str = Field(
        default="",
        description="Where people may be sent back to, with blanks between.",
        examples=["https://stones.example/back"],
    )

    def form(self) -> AppForm:
        """The program as it is registered. Raises `InvalidApp` and `InvalidRedirectUri`."""
        return AppForm.parse(
            name=self.name,
            grant=Grant(self.authorization_grant_type.replace("-", "_")),
            is_public=self.client_type is ClientType.PUBLIC,
            redirect_uris=self.redirect_uris,
        )


class AppRead(BaseModel):
    """A registered program."""

    id: str
    client_id: str
    name: str
    client_type: ClientType
    authorization_grant_type: GrantWord
    redirect_uris: str
    created: str = Field(examples=["2026-03-04T05:06:07.123456Z"])

    @classmethod
    def of(cls, app: App) -> "AppRead":
        """The wire form of a program."""
        return cls(**_app_fields(app))


class AppReadWithSecret(AppRead):
    """A program as it is registered, with what is told here and never again."""

    client_secret: str | None = Field(description="Null for a public program.", examples=["4be1" * 16])

    @classmethod
    def with_secret(cls, app: App, client_secret: str | None) -> "AppReadWithSecret":
        """The wire form of a new program."""
        return cls(**_app_fields(app), client_secret=client_secret)


def _app_fields(app: App) -> dict[str, Any]:
    return {
        "id": app.client_id,
        "client_id": app.client_id,
        "name": app.name,
        "client_type": ClientType.PUBLIC if app.is_public else ClientType.CONFIDENTIAL,
        "authorization_grant_type": GrantWord(app.grant.replace("_", "-")),
        "redirect_uris": " ".join(app.redirect_uris),
        "created": utc_iso(app.created_at),
    }


def _form(required: list[str], **fields: str) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": text} for name, text in fields.items()}
    schema = {"type": "object", "required": required, "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


_CLIENT = {
    "client_id": "The app's id; or send id and secret in the `Authorization` header (Basic).",
    "client_secret": "Of a confidential app.",
}

TOKEN_FORM = _form(
    ["grant_type"],
    grant_type=", ".join(f"`{each}`" for each in GRANT_TYPES),
    **_CLIENT,
    username="For `password`: display name or e-mail.",
    password="For `password`.",  # noqa: S106  # words, and no password
    code="For `authorization_code`: as the browser brought it.",
    redirect_uri="For `authorization_code`: the one that the code was sent to.",
    code_verifier="For `authorization_code`: the text whose SHA-256 was the `code_challenge` (RFC 7636).",
    refresh_token="For `refresh_token`.",  # noqa: S106
    scope="`read`, `write`, `groups`, with blanks between; without, `read write`, or as before.",
)
"""What the OpenAPI document says of the body of `/oauth2/token` (`openapi_extra`)."""

REVOCATION_FORM = _form(["token"], token="An access token, or a refresh token.", **_CLIENT)  # noqa: S106
INTROSPECTION_FORM = _form(["token"], token="An access token.", **_CLIENT)  # noqa: S106
