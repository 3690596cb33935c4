"""Tables of games: what was played where, by whom, and how it ended."""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class GameRow(Table):
    """A contest on a server."""

    __tablename__ = "games"
    __table_args__ = (Index("ix_games_server_id_id", "server_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]


class SeatRow(Table):
    """A player's place in a game."""

    __tablename__ = "seats"

    game_id: Mapped[int] = mapped_column(ForeignKey("games.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts the seats of the game, from 0."""
    player_id: Mapped[int | None] = mapped_column(ForeignKey("players.id"), index=True)
    """None: somebody without an account."""
    team: Mapped[int]
    race: Mapped[str] = mapped_column(Text)
    is_commander: Mapped[bool]
    outcome: Mapped[float] = mapped_column(Double)
    """1 for a win, ½ for a draw, 0 for a loss."""


class TeamRecordRow(Table):
    """An account's team matches on a server, counted."""

    __tablename__ = "team_records"

    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    played_field: Mapped[int]
    played_command: Mapped[int]
    won_field: Mapped[int]
    won_command: Mapped[int]
