"""Tables of the game-server directory."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class ServerRow(Table):
    """A game server. Number 1 is this platform itself, which nobody owns."""

    __tablename__ = "servers"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary)
    host_name: Mapped[str] = mapped_column(Text)
    """An https URL, an IPv4 or an IPv6 address."""
    port: Mapped[int]
    display_name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    game_type: Mapped[str] = mapped_column(Text)
    max_player_count: Mapped[int]
    current_map: Mapped[str] = mapped_column(Text)
    current_player_count: Mapped[int]
    created_at: Mapped[datetime]
    heard_at: Mapped[datetime | None] = mapped_column(index=True)
    """The last heartbeat; None before the first."""
    deleted_at: Mapped[datetime | None]


class ServerAdminRow(Table):
    """An account that looks after a game server beside its owner."""

    __tablename__ = "server_admins"

    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, autoincrement=False, index=True
    )
    added_at: Mapped[datetime]
