"""Tables of accounts: who they are, what they may do, and the keys that sign for them."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class AccountRow(Table):
    """A person or a bot."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("email_key"), UniqueConstraint("name_key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text)
    """The address by which it is compared: lower case throughout."""
    display_name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(default=0)
    """Counts changes of password: what was proved under an older one is void."""
    created_at: Mapped[datetime]
    last_online_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    """When the e-mail was shown to be theirs; None until then."""
    deleted_at: Mapped[datetime | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """The person's account that owns this bot; None for persons."""


class RoleRow(Table):
    """A role that an account holds."""

    __tablename__ = "account_roles"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)


class MailTokenRow(Table):
    """The token mailed to an account that is to show that its address is its own. At most one each."""

    __tablename__ = "mail_tokens"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    token_mac: Mapped[bytes] = mapped_column(LargeBinary)
    """A keyed hash: six letters are too few for a plain one."""
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)


class SigningKeyRow(Table):
    """A key pair that signs user proofs."""

    __tablename__ = "signing_keys"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    sealed_private_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    active_from: Mapped[datetime]
    """It signs from then on, until a later key does; it is published before."""
    retires_at: Mapped[datetime | None]
    """It is published until then; None: until it is rotated out."""
