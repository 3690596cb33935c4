"""What a host plans: a tournament's name, mode, times and terms, validated. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict

from tengen.core.errors import Invalid
from tengen.core.values import clean_line
from tengen.tournaments.modes import Mode, mode_of
from tengen.tournaments.schedule import InvalidSchedule, Schedule, shown

MAX_NAME = 100
"""Characters of a tournament's name."""
MAX_LOCATION = 200
"""Characters of the text that says where it is played."""
FARTHEST = timedelta(days=3660)
"""So far ahead a tournament may end, and so far back it may have started."""


class InvalidTournament(Invalid):
    """A text of the tournament is not what it must be."""

    code = "invalid_tournament"


class PlanChanges(TypedDict, total=False):
    """What of a plan is to be another."""

    name: str
    location: str
    mode: str
    parameters: str
    starts_at: datetime
    ends_at: datetime
    open_entry: bool
    hide_results: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A tournament as its host wants it."""

    name: str
    location: str
    mode: Mode
    schedule: Schedule
    open_entry: bool = True
    """Whether accounts enter without being confirmed by the host."""
    hide_results: bool = False
    """Whether results are shown to the host alone until the end."""

    @classmethod
    def of(
        cls,
        *,
        name: str,
        location: str,
        mode: str,
        parameters: str,
        starts_at: datetime,
        ends_at: datetime,
        now: datetime,
        open_entry: bool = True,
        hide_results: bool = False,
    ) -> "Plan":
        """The plan that these texts and aware instants describe. It may begin before `now`, but not end before.

        Raises `InvalidTournament`, `UnknownMode`, `InvalidModeParameters` or `InvalidSchedule`.
        """
        return cls(
            name=_line(name, "The name", shortest=1, longest=MAX_NAME),
            location=_line(location, "The location", shortest=0, longest=MAX_LOCATION),
            mode=mode_of(mode, parameters),
            schedule=_schedule(starts_at, ends_at, now),
            open_entry=open_entry,
            hide_results=hide_results,
        )

    def changed(self, changes: PlanChanges, now: datetime) -> "Plan":
        """The plan with these changes. Raises as `of` does.

        A mode is changed together with its parameters: those of one mode say nothing to another.
        """
        plan = Plan.of(
            name=changes.get("name", self.name),
            location=changes.get("location", self.location),
            mode=changes.get("mode", self.mode.name),
            parameters=changes.get("parameters", self.mode.parameters),
            starts_at=changes.get("starts_at", self.schedule.starts_at),
            ends_at=changes.get("ends_at", self.schedule.ends_at),
            open_entry=changes.get("open_entry", self.open_entry),
            hide_results=changes.get("hide_results", self.hide_results),
            now=now,
        )
        return replace(plan, schedule=replace(plan.schedule, cancelled_at=self.schedule.cancelled_at))


def _schedule(starts_at: datetime, ends_at: datetime, now: datetime) -> Schedule:
    schedule = Schedule.between(starts_at, ends_at)
    if ends_at <= now:
        raise InvalidSchedule(f"The tournament would be over already: it is {shown(now)}.")
    if ends_at > now + FARTHEST:
        raise InvalidSchedule(f"The tournament must end before {shown(now + FARTHEST)}.")
    if starts_at < now - FARTHEST:
        raise InvalidSchedule(f"The tournament must not have started before {shown(now - FARTHEST)}.")
    return schedule


def _line(text: str, what: str, *, shortest: int, longest: int) -> str:
    try:
        line = clean_line(text, what=what)
    except Invalid as error:
        raise InvalidTournament(error.message) from error
    if not shortest <= len(line) <= longest:
        raise InvalidTournament(f"{what} must have {shortest} to {longest} characters.")
    return line
