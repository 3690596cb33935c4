"""Tables of notifications: what an account is told until it says that it has read it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class NotificationRow(Table):
    """Something that an account is told."""

    __tablename__ = "notifications"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    """Unique for the account, and the same for the same news: a later one with this id replaces it."""
    kind: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    """The members of its kind, as JSON."""
