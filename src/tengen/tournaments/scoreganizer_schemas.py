"""Tournaments on the wire of Scoreganizer. Its clients break on a key too many in a tournament."""

from pydantic import BaseModel, Field

from tengen.core.values import naive_iso
from tengen.tournaments.archive import Submission
from tengen.tournaments.entries import Status
from tengen.tournaments.keychain import HeldKey
from tengen.tournaments.service import Listed
from tengen.tournaments.tokens import TokenStatus
from tengen.web.openapi import CodedRefusal, WireTime


class TokenStatusRead(BaseModel):
    """What becomes of one's token."""

    status: TokenStatus = Field(description="The token holds if this begins with `ok`.")


class TokenIssued(BaseModel):
    """A new token, shown this once."""

    token: str = Field(examples=["4be1c0a97d3f5862bd91c0e4b7f258364be1c0a97d3f5862bd91c0e4b7f25836"])


class WaitRefusal(CodedRefusal):
    """A refusal for now, or for good: only if it is for now there is a `wait`."""

    wait: float | None = Field(default=None, description="Seconds until it is not too early any more.", examples=[41.5])


class ListedTournament(BaseModel):
    """A tournament in a list: exactly these ten keys."""

    id: int = Field(examples=[12])
    mode: str = Field(examples=["sum"])
    modeparams: str = Field(examples=["1+1+1"])
    name: str = Field(examples=["Spring Sprint"])
    location: str = Field(examples=["online"])
    start: WireTime
    end: WireTime
    open_entry: bool = Field(description="Whether entries need no confirmation.")
    hide_results: bool
    status: Status = Field(description="How the caller stands to it.")

    @classmethod
    def of(cls, listed: Listed) -> "ListedTournament":
        """The wire form."""
        tournament = listed.tournament
        return cls.model_construct(
            id=tournament.id,
            mode=tournament.mode.name,
            modeparams=tournament.mode.parameters,
            name=tournament.name,
            location=tournament.location,
            start=naive_iso(tournament.schedule.starts_at),
            end=naive_iso(tournament.schedule.ends_at),
            open_entry=tournament.open_entry,
            hide_results=tournament.hide_results,
            status=listed.status,
        )


class KeyRead(BaseModel):
    """One's key in a tournament: secret until the end."""

    key: str = Field(examples=["1_12_5f0e3d2c1b0a49788695a4b3c2d1e0f9"])
    key_expiry: str | None = Field(
        description="From then on uploads with it are refused; null: from the end of the tournament.",
        examples=["2026-06-01T19:00:00"],
    )

    @classmethod
    def of(cls, held: HeldKey) -> "KeyRead":
        """The wire form."""
        return cls(key=str(held.key), key_expiry=None if held.expires_at is None else naive_iso(held.expires_at))


class UploadRead(BaseModel):
    """What came of an upload. Clients do not look at it."""

    id: int = Field(description="Number of the submission.", examples=[345])
    tournament_id: int = Field(examples=[12])
    level: str = Field(examples=["beginner"])
    time: float = Field(description="Seconds.", examples=[5.41])
    sha256: str = Field(description="Of the file.")
    receipt: str = Field(description="A signed statement of what was uploaded when (a JWT).")

    @classmethod
    def of(cls, submission: Submission, receipt: str) -> "UploadRead":
        """The wire form, with the receipt that was signed for it."""
        return cls(
            id=submission.id,
            tournament_id=submission.tournament_id,
            level=submission.level.word,
            time=submission.time / 1000,
            sha256=submission.replay_hash.hex(),
            receipt=receipt,
        )
