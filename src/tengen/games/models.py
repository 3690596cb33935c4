"""Tables of games: what was played where, by whom, and how it ended."""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table

TEAM_MATCH = "team match"
"""The kind of team matches."""

_HAS_KEY = text("idempotency_digest IS NOT NULL")
_IS_MATCH = text(f"kind = '{TEAM_MATCH}'")


class GameRow(Table):
    """A contest on a server.

    The columns from `ranked` on are of games of Go; in other kinds they are empty.
    """

    __tablename__ = "games"
    __table_args__ = (
        Index(
            "ix_games_server_id_id_of_matches",
            "server_id",
            "id",
            sqlite_where=_IS_MATCH,
            postgresql_where=_IS_MATCH,
        ),
        Index("ix_games_kind_id_of_matches", "kind", "id", sqlite_where=_IS_MATCH, postgresql_where=_IS_MATCH),
        Index("ix_games_kind_played_at_id", "kind", "played_at", "id"),
        Index("ix_games_server_id_played_at_id", "server_id", "played_at", "id"),
        Index("ix_games_pool_played_at_id", "pool", "played_at", "id"),
        UniqueConstraint("server_id", "fingerprint"),
        Index(
            "ix_games_server_id_idempotency_digest",
            "server_id",
            "idempotency_digest",
            unique=True,
            sqlite_where=_HAS_KEY,
            postgresql_where=_HAS_KEY,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]
    played_at: Mapped[datetime]
    """When it was over. In this order, and that of their ids where it is the same, games move ratings."""
    pool: Mapped[str | None] = mapped_column(Text)
    """The pool whose ratings it moves; None if it rates nothing (`unrated` says why)."""
    unrated: Mapped[str | None] = mapped_column(Text)
    annulled_at: Mapped[datetime | None]
    ranked: Mapped[bool | None]
    """Whether its players wanted it rated."""
    result: Mapped[str | None] = mapped_column(Text)
    """As it was reported; `tengen.games.result` reads it."""
    handicap: Mapped[int | None]
    komi: Mapped[float | None] = mapped_column(Double)
    rules: Mapped[str | None] = mapped_column(Text)
    """The ruleset's name; None if nobody stated it."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    speed: Mapped[str | None] = mapped_column(Text)
    """The class of its speed (`tengen.ratings.go_conditions`); None if nobody knows it."""
    record_hash: Mapped[bytes | None] = mapped_column(ForeignKey("records.hash"))
    url: Mapped[str | None] = mapped_column(Text)
    """Where its server says that the record is."""
    warnings: Mapped[str | None] = mapped_column(Text)
    """What is odd about the record, as JSON; None if nothing is."""
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A digest of what makes two reports of a server the same report."""
    idempotency_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the `Idempotency-Key` that came with the report."""


class SeatRow(Table):
    """A player's place in a game."""

    __tablename__ = "seats"
    # In the order of its key: one tree less to write to and to look through for each seat.
    __table_args__ = (Index("ix_seats_player_id_game_id", "player_id", "game_id"), {"sqlite_with_rowid": False})

    game_id: Mapped[int] = mapped_column(ForeignKey("games.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts the seats of the game, from 0. In a game of Go 0 is Black and 1 is White."""
    player_id: Mapped[int | None] = mapped_column(ForeignKey("players.id"))
    """None: somebody without an account."""
    team: Mapped[int]
    race: Mapped[str | None] = mapped_column(Text)
    """What a team of a team match plays."""
    is_commander: Mapped[bool]
    outcome: Mapped[float | None] = mapped_column(Double)
    """1 for a win, ½ for a draw, 0 for a loss; None if nobody won or drew."""


class RecordRow(Table):
    """A record's bytes, once however many games have it, and what was read in it."""

    __tablename__ = "records"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the content."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[str] = mapped_column(Text)
    """What it says of the game, as JSON (`tengen.games.records`)."""
    stored_at: Mapped[datetime]


class GamePackRow(Table):
    """Some games of a pool in a row, in order of play, packed for recomputations (`tengen.games.packs`)."""

    __tablename__ = "game_packs"
    __table_args__ = (Index("ix_game_packs_pool_upto_at_upto_game", "pool", "upto_at", "upto_game", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pool: Mapped[str] = mapped_column(Text)
    after_at: Mapped[datetime | None]
    """It holds all games after this place of the order of play, or from the first one on if that is None."""
    after_game: Mapped[int | None]
    upto_at: Mapped[datetime]
    """The place of its last game."""
    upto_game: Mapped[int]
    terms: Mapped[str] = mapped_column(Text)
    """What games refer to, as JSON."""
    games: Mapped[bytes] = mapped_column(LargeBinary)


class GameChangeRow(Table):
    """What was done to a reported game afterwards, by whom and why: never altered."""

    __tablename__ = "game_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    game_id: Mapped[int] = mapped_column(ForeignKey("games.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who did it; None: the game's server."""
    changed_at: Mapped[datetime]
    before: Mapped[str] = mapped_column(Text)
    """The values that were changed, as JSON."""
    after: Mapped[str] = mapped_column(Text)


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
