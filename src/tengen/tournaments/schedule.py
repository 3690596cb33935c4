"""When a tournament runs: its instants, and what they mean at any other. Pure.

    upcoming ── starts_at ──> running ── ends_at ──> ended
        └── cancelled_at ──────┴── cancelled_at ──> cancelled

The start belongs to the tournament, the end does not. A cancelled tournament is over like one that has ended: clients
of Scoreganizer know no other word for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tengen.core.errors import Forbidden, Invalid


class InvalidSchedule(Invalid):
    """A tournament cannot run at these times."""

    code = "invalid_schedule"


class TournamentOver(Forbidden):
    """The tournament has ended, or was cancelled."""

    code = "tournament_over"


class Phase(StrEnum):
    """Where in its life a tournament is."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing can be done in it any more."""
        return self in {Phase.ENDED, Phase.CANCELLED}


class TournamentList(StrEnum):
    """The lists of tournaments that clients ask for; the value is the word on the wire."""

    ALL = "all"
    ARCHIVE = "archive"
    IN_PROGRESS = "in_progress"
    UPCOMING = "upcoming"
    ACTIVE = "active"
    MY_ACTIVE = "my_active"
    """Of the active ones those that the caller has to do with (`tengen.tournaments.entries.CONCERNING`)."""

    @property
    def phases(self) -> frozenset[Phase]:
        """The phases whose tournaments the list shows."""
        return _PHASES[self]


_ACTIVE = frozenset({Phase.UPCOMING, Phase.RUNNING})
_PHASES: Mapping[TournamentList, frozenset[Phase]] = {
    TournamentList.ALL: frozenset(Phase),
    TournamentList.ARCHIVE: frozenset({Phase.ENDED, Phase.CANCELLED}),
    TournamentList.IN_PROGRESS: frozenset({Phase.RUNNING}),
    TournamentList.UPCOMING: frozenset({Phase.UPCOMING}),
    TournamentList.ACTIVE: _ACTIVE,
    TournamentList.MY_ACTIVE: _ACTIVE,
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instants of a tournament, all aware."""

    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None = None

    @classmethod
    def between(cls, starts_at: datetime, ends_at: datetime) -> "Schedule":
        """The schedule of a new tournament. Raises `InvalidSchedule` if it would end before it has begun."""
        if ends_at <= starts_at:
            raise InvalidSchedule("The tournament would end before it starts: its end must be later than its start.")
        return cls(starts_at, ends_at)

    def phase(self, now: datetime) -> Phase:
        """Where the tournament is at `now`."""
        if self.cancelled_at is not None and self.cancelled_at <= now:
            return Phase.CANCELLED
        if now < self.starts_at:
            return Phase.UPCOMING
        return Phase.RUNNING if now < self.ends_at else Phase.ENDED

    def check_not_over(self, now: datetime) -> None:
        """Raises `TournamentOver`, which says how it came to be over."""
        match self.phase(now):
            case Phase.CANCELLED:
                raise TournamentOver("The tournament was cancelled.")
            case Phase.ENDED:
                raise TournamentOver(f"The tournament ended at {shown(self.ends_at)}.")


def shown(instant: datetime) -> str:
    """An instant for people, to the second and in UTC: `2026-06-01 18:00:00 UTC`."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
