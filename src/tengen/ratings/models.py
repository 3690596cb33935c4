"""Tables of ratings: pools, what everybody's rating is now, and how each game moved it."""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class PoolRow(Table):
    """A set of games whose ratings compare."""

    __tablename__ = "pools"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    system: Mapped[str] = mapped_column(Text)
    stale_from: Mapped[datetime | None]
    """From this time on its ratings do not follow its games: one came late, or was changed. None: all is right."""


class RatingRow(Table):
    """An account's rating in a pool, now: what its system knows of the account (`systems.Strength`)."""

    __tablename__ = "ratings"
    __table_args__ = (Index("ix_ratings_pool_id_value", "pool_id", "value"),)

    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    value: Mapped[float] = mapped_column(Double)
    variance: Mapped[float] = mapped_column(Double)
    volatility: Mapped[float] = mapped_column(Double)
    games: Mapped[int]
    day: Mapped[float | None] = mapped_column(Double)
    """The day that this is true of, as `systems.Day`; None before the first game."""
    updated_at: Mapped[datetime]


class RatingChangeRow(Table):
    """How a game moved an account's rating: one row a game and account."""

    __tablename__ = "rating_changes"
    __table_args__ = (
        Index("ix_rating_changes_pool_id_account_id_played_at", "pool_id", "account_id", "played_at", "game_id"),
    )

    game_id: Mapped[int] = mapped_column(ForeignKey("games.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"))
    played_at: Mapped[datetime]
    value_before: Mapped[float] = mapped_column(Double)
    variance_before: Mapped[float] = mapped_column(Double)
    """On the day of the game: grown since the last one."""
    value_after: Mapped[float] = mapped_column(Double)
    variance_after: Mapped[float] = mapped_column(Double)
    expected: Mapped[float] = mapped_column(Double)
    """The score that the ratings before the game promised, from 0 to 1."""
    opponent_value: Mapped[float | None] = mapped_column(Double)
    """The opponent as the game found him; None in a game of teams."""
    opponent_variance: Mapped[float | None] = mapped_column(Double)
