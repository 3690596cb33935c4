"""Tables of clans: the clans themselves, and who belongs to them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table

_LIVES = text("deleted_at IS NULL")


class ClanRow(Table):
    """A team of accounts. Its tag and its name are its own for as long as it has members."""

    __tablename__ = "clans"
    __table_args__ = (
        Index("uq_clans_tag", "tag", unique=True, sqlite_where=_LIVES, postgresql_where=_LIVES),
        Index("uq_clans_name_key", "name_key", unique=True, sqlite_where=_LIVES, postgresql_where=_LIVES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    icon: Mapped[bytes] = mapped_column(LargeBinary)
    """A PNG."""
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    """When the last member left."""


class MembershipRow(Table):
    """The relation of an account to a clan, whatever has become of it (`tengen.clans.membership`)."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("rank IN ('owner', 'admin', 'member')", name="rank"),
        CheckConstraint("end_reason IN ('declined', 'kicked', 'left', 'retracted')", name="end_reason"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    )

    clan_id: Mapped[int] = mapped_column(ForeignKey("clans.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, autoincrement=False, index=True
    )
    rank: Mapped[str] = mapped_column(Text)
    invited_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
