"""Tournaments on the wire of `/api/v2/tournaments`."""

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetPydanticSchema, StrictInt
from pydantic_core import CoreSchema

from tengen.core.values import MAX_ID, parse_instant, utc_iso
from tengen.tournaments.entries import EntryState, Status, Step
from tengen.tournaments.keychain import HeldKey
from tengen.tournaments.plans import MAX_LOCATION, MAX_NAME, Plan, PlanChanges
from tengen.tournaments.results import Explained, StandingsPage
from tengen.tournaments.schedule import Phase, TournamentList
from tengen.tournaments.service import MAX_REASON, Entrant, Tournament
from tengen.tournaments.standings import Line
from tengen.tournaments.submissions import Doubt
from tengen.tournaments.viewing import SeenSubmission, SeenTournament

UtcTime = Annotated[str, Field(description="UTC, ISO 8601 with `Z`.", examples=["2026-06-01T18:00:00.000000Z"])]
Level = Annotated[str, Field(description="`beginner`, `intermediate` or `expert`.", examples=["beginner"])]
Seconds = Annotated[float, Field(description="Seconds, to the millisecond.", examples=[5.41])]
Next = Annotated[str | None, Field(description="Address of the next page; null on the last.")]

_TIME = "ISO 8601; UTC unless an offset is given."
_MODE = "`sum` or `sum_timelimit`: the sum of one's best games; `best`: one's best game."
_PARAMETERS = (
    "How many games of Beginner, Intermediate and Expert: `1+1+1` (sum), `1+1+1;3600` with seconds to play "
    "(sum_timelimit); a level: `expert` (best)."
)


# ── tournaments ──


class TournamentPlan(BaseModel):
    """A tournament to be made. Who makes it is its host."""

    name: str = Field(description=f"1 to {MAX_NAME} characters.", examples=["Spring Sprint"])
    location: str = Field(default="", description=f"Where it is played: up to {MAX_LOCATION} characters.")
    mode: str = Field(description=_MODE, max_length=40, examples=["sum"])
    modeparams: str = Field(description=_PARAMETERS, max_length=100, examples=["1+1+1"])
    start: str = Field(description=f"When it begins, which may be in the past. {_TIME}", examples=["2026-06-01T18:00Z"])
    end: str = Field(description=f"When it is over. {_TIME}", examples=["2026-06-01T20:00Z"])
    open_entry: bool = Field(default=True, description="Whether entries need no confirmation by the host.")
    hide_results: bool = Field(default=False, description="Whether the host alone sees results before the end.")

    def plan(self, now: datetime) -> Plan:
        """What is planned. Raises `Invalid` for times, and what `Plan.of` does."""
        return Plan.of(
            name=self.name,
            location=self.location,
            mode=self.mode,
            parameters=self.modeparams,
            starts_at=parse_instant(self.start, what="The start"),
            ends_at=parse_instant(self.end, what="The end"),
            open_entry=self.open_entry,
            hide_results=self.hide_results,
            now=now,
        )


class TournamentChanges(BaseModel):
    """What of a tournament is to be another. What is left out, or null, stays as it is."""

    name: str | None = Field(default=None, description=f"1 to {MAX_NAME} characters.", examples=["Summer Sprint"])
    location: str | None = Field(default=None, description=f"Up to {MAX_LOCATION} characters.", examples=["online"])
    mode: str | None = Field(default=None, description=_MODE, max_length=40, examples=["sum"])
    modeparams: str | None = Field(default=None, description=_PARAMETERS, max_length=100, examples=["1+1+2"])
    start: str | None = Field(default=None, description=_TIME, examples=[None])
    end: str | None = Field(default=None, description=_TIME, examples=[None])
    open_entry: bool | None = None
    hide_results: bool | None = None

    @property
    def changes(self) -> PlanChanges:
        """What is to be changed. Raises `Invalid` for times."""
        changes: PlanChanges = {}
        if self.name is not None:
            changes["name"] = self.name
        if self.location is not None:
            changes["location"] = self.location
        if self.mode is not None:
            changes["mode"] = self.mode
        if self.modeparams is not None:
            changes["parameters"] = self.modeparams
        if self.start is not None:
            changes["starts_at"] = parse_instant(self.start, what="The start")
        if self.end is not None:
            changes["ends_at"] = parse_instant(self.end, what="The end")
        if self.open_entry is not None:
            changes["open_entry"] = self.open_entry
        if self.hide_results is not None:
            changes["hide_results"] = self.hide_results
        return changes


class ReasonGiven(BaseModel):
    """Why something is done."""

    reason: str = Field(
        description=f"1 to {MAX_REASON} characters. The players will read it.", examples=["The server was down."]
    )


class HostRead(BaseModel):
    """Who decides in a tournament."""

    id: int = Field(description="The account.", examples=[57])
    name: str = Field(description="What it is called.", examples=["Ann"])


class TournamentSummary(BaseModel):
    """A tournament in a list."""

    id: int = Field(examples=[12])
    name: str = Field(examples=["Spring Sprint"])
    location: str = Field(examples=["online"])
    mode: str = Field(examples=["sum"])
    modeparams: str = Field(examples=["1+1+1"])
    rules: str = Field(
        description="The same for people.",
        examples=["The sum of one's best 1 Beginner, 1 Intermediate and 1 Expert games."],
    )
    start: UtcTime
    end: UtcTime
    phase: Phase
    open_entry: bool = Field(description="Whether entries need no confirmation by the host.")
    hide_results: bool = Field(description="Whether the host alone sees results before the end.")
    host: HostRead
    created: UtcTime
    cancelled: UtcTime | None
    cancel_reason: str | None = Field(examples=[None])
    time_limit: int | None = Field(
        description="Seconds to play, counted from the making of one's key; null: until the end.", examples=[None]
    )
    status: Status = Field(description="How the caller stands to it.")
    version: int = Field(description="Counts what has changed in it.", examples=[42])

    @classmethod
    def of(cls, tournament: Tournament, status: Status, host_name: str, now: datetime) -> "TournamentSummary":
        """The wire form."""
        schedule = tournament.schedule
        limit = tournament.mode.time_limit
        return cls.model_construct(
            id=tournament.id,
            name=tournament.name,
            location=tournament.location,
            mode=tournament.mode.name,
            modeparams=tournament.mode.parameters,
            rules=tournament.mode.rules,
            start=utc_iso(schedule.starts_at),
            end=utc_iso(schedule.ends_at),
            phase=schedule.phase(now),
            open_entry=tournament.open_entry,
            hide_results=tournament.hide_results,
            host=HostRead.model_construct(id=tournament.host_id, name=host_name),
            created=utc_iso(tournament.created_at),
            cancelled=_time(schedule.cancelled_at),
            cancel_reason=tournament.cancel_reason,
            time_limit=None if limit is None else round(limit.total_seconds()),
            status=status,
            version=tournament.version,
        )


class TournamentRead(TournamentSummary):
    """A tournament, and what has become of it so far."""

    participants: int = Field(description="How many participate.", examples=[24])
    submissions: int | None = Field(
        description="How many replays were accepted; null while results are hidden from the caller.", examples=[131]
    )

    @classmethod
    def seen(cls, seen: SeenTournament, now: datetime) -> "TournamentRead":
        """The wire form of what a caller may see."""
        details = seen.details
        summary = TournamentSummary.of(details.tournament, details.status, details.host_name, now)
        return cls.model_construct(**dict(summary), participants=details.participants, submissions=seen.submissions)


class TournamentPage(BaseModel):
    """Tournaments in the order of their starts."""

    results: list[TournamentSummary]
    next: Next


LIST_DESCRIPTION = (
    f"`{TournamentList.ALL}`; `{TournamentList.ARCHIVE}`: over; `{TournamentList.IN_PROGRESS}`: running; "
    f"`{TournamentList.UPCOMING}`: not started; `{TournamentList.ACTIVE}`: not over; `{TournamentList.MY_ACTIVE}`: of "
    "these the ones that the caller takes part in, has asked to or is invited to."
)


# ── standings ──


class CountingGame(BaseModel):
    """A game that counts."""

    submission_id: int = Field(examples=[5])
    level: Level
    time: Seconds
    uploaded: UtcTime


class LineRead(BaseModel):
    """What an account has reached."""

    rank: int | None = Field(
        description="From 1; equal results share a rank, and the next ones are left out. Null while results are hidden."
    )
    account_id: int = Field(examples=[57])
    name: str = Field(description="What the account is called.", examples=["Ann"])
    score: Seconds
    complete: bool = Field(description="Whether all games were played that the mode wants.")
    missing: int = Field(description="How many are still to be played.", examples=[0])
    games: list[CountingGame] = Field(description="The games that count, by level, the best first.")


class ExplainedLine(LineRead):
    """An account's line in the standings, and why it is where it is."""

    explanation: str = Field(
        examples=["2 of 3 games (beginner 5.410, expert 61.022), together 66.432 s. Behind the one ahead by 1 game."]
    )

    @classmethod
    def of(cls, explained: Explained) -> "ExplainedLine":
        """The wire form."""
        line = explained.line
        return cls(
            rank=line.place,
            account_id=line.account_id,
            name=line.name,
            score=line.reached.total / 1000,
            complete=line.reached.missing == 0,
            missing=line.reached.missing,
            games=json.loads(line.reached.games),
            explanation=explained.explanation,
        )


class StandingsRead(BaseModel):
    """A page of the standings, the best first."""

    tournament_id: int = Field(examples=[12])
    mode: str = Field(examples=["sum"])
    modeparams: str = Field(examples=["1+1+1"])
    phase: Phase
    hidden: bool = Field(description="Whether results are hidden from the caller, who sees only his own line then.")
    results: list[LineRead]
    next: Next


def standings_json(page: StandingsPage, now: datetime, *, following: str | None) -> str:
    """A page as `StandingsRead` describes it. `following`: the address of the next one.

    Put together by hand: the games are stored as they are shown, and need not be read to be written again.
    """
    tournament = page.tournament
    results = ",".join(map(_line_json, page.lines))
    return (
        f'{{"tournament_id":{tournament.id},"mode":{json.dumps(tournament.mode.name)},'
        f'"modeparams":{json.dumps(tournament.mode.parameters)},"phase":"{tournament.schedule.phase(now)}",'
        f'"hidden":{json.dumps(page.is_hidden)},"results":[{results}],"next":{json.dumps(following)}}}'
    )


def _line_json(line: Line) -> str:
    reached = line.reached
    rank = "null" if line.place is None else line.place
    complete = "false" if reached.missing else "true"
    return (
        f'{{"rank":{rank},"account_id":{line.account_id},"name":{json.dumps(line.name)},"score":{reached.total / 1000},'
        f'"complete":{complete},"missing":{reached.missing},"games":{reached.games}}}'
    )


# ── entries and keys ──


class EntryRead(BaseModel):
    """How an account stands to a tournament."""

    account_id: int = Field(examples=[57])
    name: str = Field(description="What the account is called.", examples=["Ann"])
    state: EntryState
    since: UtcTime = Field(description="When it came into this state.")

    @classmethod
    def of(cls, entrant: Entrant) -> "EntryRead":
        """The wire form."""
        return cls.model_construct(
            account_id=entrant.account_id, name=entrant.name, state=entrant.state, since=utc_iso(entrant.since)
        )


class EntryPage(BaseModel):
    """Entries in the order of their accounts' ids."""

    results: list[EntryRead]
    next: Next


_AccountNumber = Annotated[StrictInt, Field(ge=-MAX_ID, le=MAX_ID)]
_AccountName = Annotated[str, Field(max_length=320)]


def _one_refusal(union: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a union that says once what is wrong, and not once for each of its types."""
    message = "give an account's id as a number, or its display name"
    return {**handler(union), "custom_error_type": "value_error.account", "custom_error_message": message}


AccountChoice = Annotated[_AccountNumber | _AccountName, GetPydanticSchema(_one_refusal)]
"""An account by its id or display name."""


class EntryStep(BaseModel):
    """What is done about an entry."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"step": "request"}]})

    step: Step = Field(
        description="`request`, `accept`, `decline`: by the account itself; `invite`, `confirm`, `reject`: by the "
        "host; `withdraw`: by the account its request or participation, by the host an invitation."
    )
    account: AccountChoice | None = Field(
        default=None, description="Whose entry: an account's id or display name; left out: one's own.", examples=[None]
    )


class OwnKey(BaseModel):
    """One's key in a tournament: secret until the end."""

    key: str = Field(examples=["1_12_5f0e3d2c1b0a49788695a4b3c2d1e0f9"])
    key_expiry: UtcTime | None = Field(
        description="From then on uploads with it are refused; null: from the end of the tournament."
    )

    @classmethod
    def of(cls, held: HeldKey) -> "OwnKey":
        """The wire form."""
        return cls(key=str(held.key), key_expiry=_time(held.expires_at))


# ── submissions ──


class DisqualifiedRead(BaseModel):
    """Since when a submission does not count, and why."""

    at: UtcTime
    reason: str = Field(examples=["Played by another."])


class SubmissionRead(BaseModel):
    """A replay that was accepted."""

    id: int = Field(examples=[5])
    account_id: int = Field(examples=[57])
    name: str = Field(description="What the account is called.", examples=["Ann"])
    level: Level
    time: Seconds
    bbbv: int = Field(description="3BV: the fewest left clicks that clear the board.", examples=[28])
    format: str = Field(description="`avf`, `rmv`, `evf` or `mvf`.", examples=["avf"])
    software: str = Field(description="The program that wrote it, as it says.", examples=["Arbiter"])
    player_name: str = Field(description="The name in it, without the key.", examples=["Ann"])
    uploaded: UtcTime
    sha256: str = Field(
        description="Of the file.", examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    counts: bool = Field(description="Whether it is one of the games that make up its account's result.")
    disqualified: DisqualifiedRead | None
    doubts: list[Doubt] | None = Field(
        description="What the host may want to look at; null for others than the host and who has uploaded it."
    )
    played_from: UtcTime | None = Field(
        description="By the clock of the player's computer, in some formats its local time as if it were UTC; null if "
        "the replay does not say, and for others than the host and who has uploaded it."
    )

    @classmethod
    def of(cls, seen: SeenSubmission) -> "SubmissionRead":
        """The wire form of what a caller may see."""
        submission = seen.submission
        at, reason = submission.disqualified_at, submission.disqualified_reason
        is_disqualified = at is not None and reason is not None
        return cls.model_construct(
            id=submission.id,
            account_id=submission.account_id,
            name=submission.name,
            level=submission.level.word,
            time=submission.time / 1000,
            bbbv=submission.bbbv,
            format=submission.replay_format,
            software=submission.software,
            player_name=submission.player_name,
            uploaded=utc_iso(submission.uploaded_at),
            sha256=submission.replay_hash.hex(),
            counts=seen.counts,
            disqualified=DisqualifiedRead.model_construct(at=_time(at), reason=reason) if is_disqualified else None,
            doubts=sorted(submission.doubts) if seen.shows_doubts else None,
            played_from=_time(submission.played_from) if seen.shows_doubts else None,
        )


class SubmissionPage(BaseModel):
    """Submissions in the order in which they came in."""

    results: list[SubmissionRead]
    next: Next


class ReceiptRead(BaseModel):
    """A signed statement of what was uploaded when."""

    receipt: str = Field(description="A JWT, to be verified with the keys at `/.well-known/jwks.json`.")


class UploadAnswer(ReceiptRead):
    """What came of an upload."""

    submission: SubmissionRead
    line: ExplainedLine | None = Field(
        description="What the account has reached with it; null if it was disqualified at once, and nothing is left."
    )


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else utc_iso(instant)
