"""Tables of associations' members."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class MemberNumberRow(Table):
    """Whose a number of an association's member is."""

    __tablename__ = "member_numbers"
    __table_args__ = (UniqueConstraint("association", "account_id"),)

    association: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    claimed_at: Mapped[datetime | None]
    """When its holder showed that it is his; None: the account only stands for a member who has not come yet."""


class MemberClaimRow(Table):
    """A link that was mailed to a member and can be followed once."""

    __tablename__ = "member_claims"
    __table_args__ = (Index("ix_member_claims_account_id", "account_id"),)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    association: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
