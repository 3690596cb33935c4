"""Tables of friends."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class FriendshipRow(Table):
    """Two accounts of which one has asked the other to be friends; they are once the other has agreed."""

    __tablename__ = "friendships"

    asker_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    asked_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False, index=True)
    asked_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
