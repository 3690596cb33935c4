"""Tables of log-ins that go on: programs and their tokens, the codes by which they get them, sessions of browsers."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class AppRow(Table):
    """An OAuth2 client: a program that asks accounts for access."""

    __tablename__ = "apps"

    client_id: Mapped[str] = mapped_column(Text, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    grant: Mapped[str] = mapped_column(Text)
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None: a public program, which could keep no secret."""
    redirect_uris: Mapped[str] = mapped_column(Text, server_default="")
    """Where it may let accounts be sent back to, with blanks between."""
    created_at: Mapped[datetime]


class OAuthTokenRow(Table):
    """What a program may do for an account: an access token, and the refresh token that came with it."""

    __tablename__ = "oauth_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("apps.client_id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    scope: Mapped[str] = mapped_column(Text)
    generation: Mapped[int]
    """The account's credential generation when it logged in: tokens are void once it has another."""
    family: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    """Random bytes, the same for all tokens that came from one log-in: they are revoked together."""
    access_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    refresh_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    refresh_expires_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    """When it was refreshed: neither token holds since then. It is kept so that a second use of it is noticed."""
    created_at: Mapped[datetime]


class OAuthCodeRow(Table):
    """An authorization code on its way from the browser to a program."""

    __tablename__ = "oauth_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("apps.client_id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    redirect_uri: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str | None] = mapped_column(Text)
    """SHA-256 of the verifier (PKCE, RFC 7636); None if a confidential program has sent none."""
    generation: Mapped[int]
    expires_at: Mapped[datetime]
    family: Mapped[bytes] = mapped_column(LargeBinary)
    """That of the tokens it is exchanged for: whoever uses it again has them revoked (RFC 6749, 4.1.2)."""
    used_at: Mapped[datetime | None]


class SessionRow(Table):
    """A browser in which somebody is logged in."""

    __tablename__ = "sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    generation: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
