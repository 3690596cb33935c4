"""Tables of tournaments: what is played for, by whom, with which keys, and what came in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class TournamentRow(Table):
    """A tournament, made by its host."""

    __tablename__ = "tournaments"
    __table_args__ = (Index("ix_tournaments_starts_at_id", "starts_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    parameters: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    open_entry: Mapped[bool]
    hide_results: Mapped[bool]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=0)
    """Counts its changes. Whoever changes anything in it begins with this, and so takes turns with the others."""


class ChangeRow(Table):
    """Something that changed in a tournament, in the order in which it did: never altered."""

    __tablename__ = "tournament_changes"

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The tournament's `version` from then on."""
    kind: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Whom it is about; None: all."""
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who did it; None: an operator."""
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    note: Mapped[str | None] = mapped_column(Text)
    """The state of an entry, or the reason that was given."""


class EntryRow(Table):
    """How an account stands to a tournament; who never had to do with it has none."""

    __tablename__ = "tournament_entries"
    __table_args__ = (Index("ix_tournament_entries_account_id_tournament_id", "account_id", "tournament_id"),)

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class KeyRow(Table):
    """The key of an account in a tournament."""

    __tablename__ = "tournament_keys"
    __table_args__ = (UniqueConstraint("digest"),)

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the whole key: by it the key in a replay is found."""
    sealed_key: Mapped[str] = mapped_column(Text)
    """The key itself, encrypted: its owner may fetch it again."""
    made_at: Mapped[datetime]


class TokenRow(Table):
    """A token by which a client of Scoreganizer stays logged in."""

    __tablename__ = "tournament_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    generation: Mapped[int]
    """That of the account's credentials when it was issued: a change of password makes it void."""
    issued_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class ReplayRow(Table):
    """The bytes of a replay, as they were uploaded."""

    __tablename__ = "replays"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the content."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """PostgreSQL keeps it without compressing it."""


class SubmissionRow(Table):
    """A replay that was accepted. Neither its bytes nor its game come in twice, to whichever tournament."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("replay_hash"),
        UniqueConstraint("game_hash"),
        Index("ix_submissions_tournament_id_id", "tournament_id", "id"),
        Index("ix_submissions_tournament_id_account_id", "tournament_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    uploaded_at: Mapped[datetime]
    """When its last byte had arrived."""
    replay_hash: Mapped[bytes] = mapped_column(ForeignKey("replays.hash"))
    game_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """A digest of board and events."""
    replay_format: Mapped[str] = mapped_column(Text)
    level: Mapped[int]
    time_ms: Mapped[int]
    bbbv: Mapped[int]
    software: Mapped[str] = mapped_column(Text)
    player_name: Mapped[str] = mapped_column(Text)
    """The name in the replay, without the key."""
    played_from: Mapped[datetime | None]
    """By the clock of the player's computer, which proves nothing."""
    doubts: Mapped[str] = mapped_column(Text)
    """What a host may want to look at, as a JSON list of words."""
    disqualified_at: Mapped[datetime | None]
    disqualified_reason: Mapped[str | None] = mapped_column(Text)


class ResultRow(Table):
    """What an account has reached in a tournament: follows from its submissions, and is stored to be read in order."""

    __tablename__ = "tournament_results"
    __table_args__ = (UniqueConstraint("tournament_id", "rank_key", "account_id"),)

    tournament_id: Mapped[int] = mapped_column(ForeignKey("tournaments.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    rank_key: Mapped[bytes] = mapped_column(LargeBinary)
    """The mode's sort key as bytes that sort the same way (`tengen.tournaments.standings.rank_key`)."""
    total_ms: Mapped[int]
    counted: Mapped[int]
    wanted: Mapped[int]
    games: Mapped[str] = mapped_column(Text)
    """The games that count, as JSON (`tengen.tournaments.standings.Reached`)."""
