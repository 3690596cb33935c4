"""Tables of ratings: pools, what everybody's rating is now, and how each game moved it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Double, ForeignKey, Index, Integer, LargeBinary, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class PoolState(StrEnum):
    """What a generation of a pool's ratings is for."""

    CURRENT = "current"
    """All see it, and games move it."""
    BUILDING = "building"
    """It is computed from the games, and will be the current one when that is done."""
    RETIRED = "retired"
    """Another has taken its place; it is deleted bit by bit."""


_IS_ALIVE = text("state <> 'retired'")


class PoolRow(Table):
    """A generation of the ratings of a set of games that compare."""

    __tablename__ = "pools"
    __table_args__ = (
        Index("ix_pools_name_state", "name", "state", unique=True, sqlite_where=_IS_ALIVE, postgresql_where=_IS_ALIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    system: Mapped[str] = mapped_column(Text)
    """By what it is rated (`pools.Pool.description`); whatever differs is rated another way."""
    state: Mapped[str] = mapped_column(Text)
    stale_from: Mapped[datetime | None]
    """Of the current one: from this time on its ratings do not follow its games: one came late, or was changed. None:
    all is right."""
    begun_from: Mapped[datetime | None]
    """Of one that is being built: from this time on it is computed anew, and the rest is copied. None: all is new."""
    settled_to: Mapped[datetime | None]
    """Of one that is being built: how far, in the order of play. None: not begun."""
    settled_game: Mapped[int | None]
    """The last game of that moment that is done; −1: none."""
    disorders: Mapped[int]
    """Of one that is being built: how often games have been changed, wherever in the order they are."""


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
    offsets: Mapped[str | None] = mapped_column(Text)
    """By condition, as JSON (`entries`); None for none."""
    updated_at: Mapped[datetime]


class SpanRow(Table):
    """How some games in a row moved an account's rating (`entries.Span`).

    No foreign keys: a recomputation writes a row for every account with each piece, and for each of them PostgreSQL
    would look for the account and the generation and lock both. That was two thirds of what such a row took.
    """

    __tablename__ = "rating_spans"
    __table_args__ = (
        Index("ix_rating_spans_pool_id_account_id_day_game_id", "pool_id", "account_id", "day", "game_id", unique=True),
        Index("ix_rating_spans_pool_id_last_day", "pool_id", "last_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int]
    account_id: Mapped[int]
    day: Mapped[float] = mapped_column(Double)
    """Of its first game, as `systems.Day`."""
    game_id: Mapped[int]
    """Its first game."""
    last_day: Mapped[float] = mapped_column(Double)
    kinds: Mapped[int]
    """Of conditions, in each entry."""
    conditions: Mapped[str | None] = mapped_column(Text)
    """What entries refer to, as JSON; None for nothing."""
    offsets: Mapped[str | None] = mapped_column(Text)
    """Those before its first game, as JSON; None for none."""
    entries: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None: they are a part of a segment."""
    segment_id: Mapped[int | None]
    begin: Mapped[int | None] = mapped_column(Integer)
    """Where they begin in the segment, in bytes, and how many they are."""
    size: Mapped[int | None] = mapped_column(Integer)


class SegmentRow(Table):
    """Entries of many spans of a generation, one after the other: the databases write a few large rows much faster."""

    __tablename__ = "rating_segments"

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), index=True)
    entries: Mapped[bytes] = mapped_column(LargeBinary)


ENTRIES = func.coalesce(
    SpanRow.entries,
    func.substr(
        select(SegmentRow.entries).where(SegmentRow.id == SpanRow.segment_id).correlate(SpanRow).scalar_subquery(),
        SpanRow.begin + 1,
        SpanRow.size,
    ),
    type_=LargeBinary,
).label("entries")
"""A span's entries, wherever they are."""
