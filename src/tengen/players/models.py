"""Tables of players: accounts on servers."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class PlayerRow(Table):
    """An account on a server. Ids come from one sequence, over all servers."""

    __tablename__ = "players"
    __table_args__ = (UniqueConstraint("server_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    token_digest: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """Of the token by which the player lets the server report for it; None if there is none."""
    created_at: Mapped[datetime]
