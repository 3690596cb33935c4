"""Tables of play: offers to play, games that are played here, and what happened in them.

A challenge has the id of the game that it will be: the row in `games` is made with it, of a kind of its own until the
game is over.
"""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class ChallengeRow(Table):
    """An offer to play; the row is gone when it is accepted, declined or withdrawn."""

    __tablename__ = "challenges"
    __table_args__ = ({"sqlite_autoincrement": True},)
    """What was told of a challenge that is gone must never be about another: no id is given twice."""

    id: Mapped[int] = mapped_column(primary_key=True)
    game_id: Mapped[int] = mapped_column(ForeignKey("games.id"), unique=True)
    challenger_id: Mapped[int] = mapped_column(ForeignKey("players.id"), index=True)
    challenged_id: Mapped[int | None] = mapped_column(ForeignKey("players.id"), index=True)
    """None: open to whoever fits."""
    uuid: Mapped[str] = mapped_column(Text, unique=True)
    color: Mapped[str] = mapped_column(Text)
    """The challenger's: `black`, `white`, `automatic` or `random`."""
    min_ranking: Mapped[float] = mapped_column(Double)
    max_ranking: Mapped[float] = mapped_column(Double)
    is_invite_only: Mapped[bool]
    game: Mapped[str] = mapped_column(Text)
    """What is to be played, as JSON (`tengen.play.offers`)."""
    created_at: Mapped[datetime]
    kept_alive_until: Mapped[datetime | None] = mapped_column(index=True)
    """It is withdrawn then, unless its challenger is heard from; None if that was never heard."""


class LiveGameRow(Table):
    """A game that is or was played here: its terms, and where it stands."""

    __tablename__ = "live_games"
    __table_args__ = (
        Index("ix_live_games_black_id_ended_at", "black_id", "ended_at"),
        Index("ix_live_games_white_id_ended_at", "white_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(ForeignKey("games.id"), primary_key=True, autoincrement=False)
    black_id: Mapped[int] = mapped_column(ForeignKey("players.id"))
    white_id: Mapped[int] = mapped_column(ForeignKey("players.id"))
    creator_id: Mapped[int] = mapped_column(ForeignKey("players.id"))
    name: Mapped[str] = mapped_column(Text)
    is_private: Mapped[bool]
    is_analysis_disabled: Mapped[bool]
    is_ranked: Mapped[bool]
    handicap_rank_difference: Mapped[float | None] = mapped_column(Double)
    """Between the players, when the handicap was to follow from it."""
    terms: Mapped[str] = mapped_column(Text)
    """As JSON (`tengen.play.terms`)."""
    started_at: Mapped[datetime]
    version: Mapped[int]
    """The number of its last event."""
    phase: Mapped[str] = mapped_column(Text)
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)
    """When time decides something in it next; None if it does not."""
    ended_at: Mapped[datetime | None]


class LiveEventRow(Table):
    """Something that happened in a live game: never altered."""

    __tablename__ = "live_events"

    game_id: Mapped[int] = mapped_column(ForeignKey("live_games.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts the events of the game, from 1."""
    at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    """As JSON (`tengen.play.events`)."""
