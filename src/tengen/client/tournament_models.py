"""What the platform answers about tournaments, as values: as in `tengen.client.models`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tengen.client.models import Json, instant, instant_or_none, mark_in


def _span(seconds: float) -> timedelta:
    """A time of a game: whole milliseconds."""
    return timedelta(milliseconds=round(seconds * 1000))


class TournamentList(StrEnum):
    """Which tournaments to list."""

    ALL = "all"
    ARCHIVE = "archive"
    """Those that are over or cancelled."""
    IN_PROGRESS = "in_progress"
    UPCOMING = "upcoming"
    ACTIVE = "active"
    """Those that are not over."""
    MY_ACTIVE = "my_active"
    """Of these the ones that the caller takes part in, has asked to, or is invited to."""


class TournamentPhase(StrEnum):
    """Where in its life a tournament is."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class TournamentStatus(StrEnum):
    """How the caller stands to a tournament."""

    NOT_LOGGED_IN = "not_logged_in"
    NOT_PARTICIPATING = "not_participating"
    REQUESTED = "requested"
    INVITED = "invited"
    PARTICIPATING = "participating"
    REJECTED = "rejected"
    HOSTING = "hosting"
    """A host who does not play."""


class EntryState(StrEnum):
    """How an account stands to a tournament."""

    NONE = "none"
    REQUESTED = "requested"
    INVITED = "invited"
    PARTICIPATING = "participating"
    REJECTED = "rejected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


def wire_time(at: datetime) -> str:
    """An aware instant as the wire has it. Raises `ValueError` for one without an offset."""
    if at.tzinfo is None:
        raise ValueError("a time has no offset from UTC: give an aware instant")
    return at.astimezone(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class TournamentPlan:
    """A tournament to be made.

    `mode` is `sum` with parameters as `1+1+1`, the numbers of Beginner, Intermediate and Expert games; `sum_timelimit`
    with `1+1+1;3600`, where each has so many seconds from the making of the key; or `best` with a level. `starts_at`
    and `ends_at` are aware instants; it may have begun already. With `open_entry` everybody who asks is in; with
    `hide_results` the host alone sees results before the end.
    """

    name: str
    mode: str
    mode_parameters: str
    starts_at: datetime
    ends_at: datetime
    location: str = ""
    open_entry: bool = True
    hide_results: bool = False

    def to_json(self) -> dict[str, Any]:
        """The plan as the wire has it. Raises `ValueError` for times without an offset."""
        return {
            "name": self.name,
            "location": self.location,
            "mode": self.mode,
            "modeparams": self.mode_parameters,
            "start": wire_time(self.starts_at),
            "end": wire_time(self.ends_at),
            "open_entry": self.open_entry,
            "hide_results": self.hide_results,
        }


@dataclass(frozen=True, slots=True)
class Tournament:
    """A tournament. `version` counts what has changed in it.

    `rules` is mode and parameters in a sentence for people. `time_limit` is each player's own time from the making of
    the key; None: until the end.
    """

    id: int
    name: str
    location: str
    mode: str
    mode_parameters: str
    rules: str
    starts_at: datetime
    ends_at: datetime
    phase: TournamentPhase
    open_entry: bool
    hide_results: bool
    host_id: int
    host_name: str
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    time_limit: timedelta | None
    status: TournamentStatus
    version: int

    @classmethod
    def from_json(cls, json: Json) -> "Tournament":
        """A tournament in a list."""
        return cls(**_tournament(json))


def _tournament(json: Json) -> dict[str, Any]:
    limit = json["time_limit"]
    return {
        "id": int(json["id"]),
        "name": str(json["name"]),
        "location": str(json["location"]),
        "mode": str(json["mode"]),
        "mode_parameters": str(json["modeparams"]),
        "rules": str(json["rules"]),
        "starts_at": instant(json["start"]),
        "ends_at": instant(json["end"]),
        "phase": TournamentPhase(json["phase"]),
        "open_entry": bool(json["open_entry"]),
        "hide_results": bool(json["hide_results"]),
        "host_id": int(json["host"]["id"]),
        "host_name": str(json["host"]["name"]),
        "created_at": instant(json["created"]),
        "cancelled_at": instant_or_none(json["cancelled"]),
        "cancel_reason": json["cancel_reason"],
        "time_limit": None if limit is None else timedelta(seconds=limit),
        "status": TournamentStatus(json["status"]),
        "version": int(json["version"]),
    }


@dataclass(frozen=True, slots=True)
class TournamentDetails(Tournament):
    """A tournament, and what has become of it so far. `submissions` is None while results are hidden."""

    participants: int
    submissions: int | None

    @classmethod
    def from_json(cls, json: Json) -> "TournamentDetails":
        """A tournament by itself."""
        submissions = json["submissions"]
        return cls(
            **_tournament(json),
            participants=int(json["participants"]),
            submissions=None if submissions is None else int(submissions),
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """How an account stands to a tournament, and since when."""

    account_id: int
    name: str
    state: EntryState
    since_at: datetime

    @classmethod
    def from_json(cls, json: Json) -> "Entry":
        """An entry."""
        return cls(
            account_id=int(json["account_id"]),
            name=str(json["name"]),
            state=EntryState(json["state"]),
            since_at=instant(json["since"]),
        )


@dataclass(frozen=True, slots=True)
class TournamentKey:
    """What the caller's replays must have in them: secret until the end.

    From `expires_at` on uploads with it are refused; None: from the end of the tournament.
    """

    text: str = field(repr=False)
    expires_at: datetime | None

    @classmethod
    def from_json(cls, json: Json) -> "TournamentKey":
        """A key."""
        return cls(str(json["key"]), instant_or_none(json["key_expiry"]))


# Standings.


@dataclass(frozen=True, slots=True)
class CountingGame:
    """A game that counts. `level`: `beginner`, `intermediate` or `expert`."""

    submission_id: int
    level: str
    time: timedelta
    uploaded_at: datetime

    @classmethod
    def from_json(cls, json: Json) -> "CountingGame":
        """A game of a line."""
        return cls(
            submission_id=int(json["submission_id"]),
            level=str(json["level"]),
            time=_span(json["time"]),
            uploaded_at=instant(json["uploaded"]),
        )


@dataclass(frozen=True, slots=True)
class StandingsLine:
    """What an account has reached. `score` is the sum of the games that count; `missing` are still to be played.

    `place` is from 1; equal results share one, and the next ones are left out; it is None while results are hidden.
    `explanation` says why it is there, for a line that was asked for by itself.
    """

    place: int | None
    account_id: int
    name: str
    score: timedelta
    missing: int
    games: tuple[CountingGame, ...]
    explanation: str | None = None

    @classmethod
    def from_json(cls, json: Json) -> "StandingsLine":
        """A line of the standings."""
        return cls(
            place=None if json["rank"] is None else int(json["rank"]),
            account_id=int(json["account_id"]),
            name=str(json["name"]),
            score=_span(json["score"]),
            missing=int(json["missing"]),
            games=tuple(CountingGame.from_json(game) for game in json["games"]),
            explanation=json.get("explanation"),
        )

    @property
    def is_complete(self) -> bool:
        """Whether all games were played that the mode wants."""
        return self.missing == 0


@dataclass(frozen=True, slots=True)
class Standings:
    """A page of a tournament's standings, the best first. With `after` the next is asked for; None on the last.

    While `is_hidden` the caller sees the own line alone.
    """

    tournament_id: int
    phase: TournamentPhase
    is_hidden: bool
    lines: tuple[StandingsLine, ...]
    after: str | None

    @classmethod
    def from_json(cls, json: Json) -> "Standings":
        """A page of the standings."""
        return cls(
            tournament_id=int(json["tournament_id"]),
            phase=TournamentPhase(json["phase"]),
            is_hidden=bool(json["hidden"]),
            lines=tuple(StandingsLine.from_json(line) for line in json["results"]),
            after=mark_in(json["next"]),
        )


# Submissions.


class Doubt(StrEnum):
    """Something about a replay that its host may want to look at: by the clock of the player's computer."""

    STARTED_BEFORE_KEY = "started_before_key"
    ENDED_AFTER_UPLOAD = "ended_after_upload"
    CLOCK_DISAGREES = "clock_disagrees"


@dataclass(frozen=True, slots=True)
class Submission:
    """A replay that was accepted.

    `bbbv` is its 3BV, the fewest left clicks that clear the board. `replay_format` is `avf`, `rmv`, `evf` or `mvf`,
    `software` the program that wrote it, as it says, `player_name` the name in it without the key. `counts`: whether it
    is one of the games that make up its account's result. `doubts` and `played_from`, which is by the clock of the
    player's computer, are for the host and who has uploaded it alone; None for others.
    """

    id: int
    account_id: int
    name: str
    level: str
    time: timedelta
    bbbv: int
    replay_format: str
    software: str
    player_name: str
    uploaded_at: datetime
    sha256: str
    counts: bool
    disqualified_at: datetime | None
    disqualified_reason: str | None
    doubts: tuple[Doubt, ...] | None
    played_from: datetime | None

    @classmethod
    def from_json(cls, json: Json) -> "Submission":
        """A submission."""
        disqualified, doubts = json["disqualified"], json["doubts"]
        return cls(
            id=int(json["id"]),
            account_id=int(json["account_id"]),
            name=str(json["name"]),
            level=str(json["level"]),
            time=_span(json["time"]),
            bbbv=int(json["bbbv"]),
            replay_format=str(json["format"]),
            software=str(json["software"]),
            player_name=str(json["player_name"]),
            uploaded_at=instant(json["uploaded"]),
            sha256=str(json["sha256"]),
            counts=bool(json["counts"]),
            disqualified_at=None if disqualified is None else instant(disqualified["at"]),
            disqualified_reason=None if disqualified is None else str(disqualified["reason"]),
            doubts=None if doubts is None else tuple(Doubt(doubt) for doubt in doubts),
            played_from=instant_or_none(json["played_from"]),
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """What came of an upload. Keep `receipt` beside the replay: it proves to anybody what was uploaded when.

    `line` is what the account has reached with it; None if it was disqualified at once, and nothing is left. `is_new`
    is false for a file that was there already; nothing has changed then.
    """

    submission: Submission
    receipt: str
    line: StandingsLine | None
    is_new: bool = True

    @classmethod
    def from_json(cls, json: Json) -> "Upload":
        """The answer to an upload."""
        line = json["line"]
        return cls(
            submission=Submission.from_json(json["submission"]),
            receipt=str(json["receipt"]),
            line=None if line is None else StandingsLine.from_json(line),
        )


# What happens.


class EventKind(StrEnum):
    """What happens in a tournament."""

    RESYNC = "resync"
    """What happened before is not told: whoever shows something is to load it anew."""
    STARTED = "started"
    ENDED = "ended"
    EDITED = "edited"
    CANCELLED = "cancelled"
    ENTRY = "entry"
    """Somebody takes part from now on, or does so no more."""
    SUBMISSION = "submission"
    DISQUALIFIED = "disqualified"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class TournamentEvent:
    """Something that has happened in a tournament. `id` is where to go on after it.

    `changes_standings`: whether to load them anew. `account_id`, `name`, `submission_id`: whom and what it is about.
    `state` is that of an entry, `reason` why a submission was disqualified or the tournament cancelled.
    """

    id: str
    kind: EventKind
    at: datetime
    changes_standings: bool
    account_id: int | None
    name: str | None
    submission_id: int | None
    state: EntryState | None
    reason: str | None

    @classmethod
    def from_json(cls, event_id: str, json: Json) -> "TournamentEvent | None":
        """An event of a feed; None for one of a kind that this library does not know."""
        if json["kind"] not in set(EventKind):
            return None
        return cls(
            id=event_id,
            kind=EventKind(json["kind"]),
            at=instant(json["at"]),
            changes_standings=bool(json["standings"]),
            account_id=json.get("account_id"),
            name=json.get("name"),
            submission_id=json.get("submission_id"),
            state=None if "state" not in json else EntryState(json["state"]),
            reason=json.get("reason"),
        )
