"""Tournament modes: the rules that turn scores into results, and results into an order. Pure.

A mode is a frozen object of its parameters behind the protocol `Mode`; `MODES` names those there are, and one more is
one more entry there. All times of games are whole milliseconds, all sums exact.

    sum              x+y+z             the sum of one's best x Beginner, y Intermediate and z Expert games
    sum_timelimit    x+y+z;seconds     the same, within so many seconds of making one's key
    best             level             one's best game of one level

Who has more of the games wanted is ahead; then who has the lower sum; then whose last counting score came in earlier.
Source: package scoreganizer-client-lib for the names of the first two; the 2011 and 2012 tournaments of Minesweeper's
rankings, which ranked by the sum of best games, for what they mean.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import ClassVar, NamedTuple, NewType, Protocol

from tengen.core.errors import Forbidden, Invalid
from tengen.tournaments.levels import Level, UnknownLevel

SubmissionId = NewType("SubmissionId", int)

MAX_GAMES = 100
"""The most games of one level that a mode can ask for."""
MAX_TIME_LIMIT = timedelta(days=366)

Milliseconds = int

SortKey = tuple[int, ...]
"""What results of one mode are ordered by: the smaller is ahead, equal ones share a place."""


class UnknownMode(Invalid):
    """There is no mode of this name."""

    code = "unknown_mode"


class InvalidModeParameters(Invalid):
    """The mode cannot be played with these parameters."""

    code = "invalid_mode_parameters"


class Reason(StrEnum):
    """Why a replay is refused: the verdict that is stored with a submission."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    NO_KEY = "no_key"
    UNKNOWN_KEY = "unknown_key"
    FOREIGN_KEY = "foreign_key"
    OTHER_TOURNAMENT = "other_tournament"
    NOT_COMPLETED = "not_completed"
    NOT_STANDARD = "not_standard"
    LEVEL_NOT_PLAYED = "level_not_played"
    IMPOSSIBLE_TIME = "impossible_time"
    OLDER_THAN_KEY = "older_than_key"
    SAME_FILE = "same_file"
    SAME_GAME = "same_game"


class InvalidData(Forbidden):
    """A replay that cannot count, however often it is sent; `reason` says why for programs."""

    code = "invalid_data"

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message, facts={"reason": reason.value})
        self.reason = reason


class ModeConstraintViolated(Forbidden):
    """A valid replay that the mode does not let count any more."""

    code = "mode_constraint_violated"


class Score(NamedTuple):
    """A game that counts in a tournament."""

    submission_id: SubmissionId
    level: Level
    time: Milliseconds
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What one account has reached."""

    counting: tuple[Score, ...]
    """The scores that count, by level, the best first; never empty."""
    wanted: int
    """How many the mode wants."""

    @property
    def missing(self) -> int:
        """How many games are still to be played."""
        return self.wanted - len(self.counting)

    @property
    def total(self) -> Milliseconds:
        """The sum of the times that count."""
        return sum(score.time for score in self.counting)

    @property
    def decided_at(self) -> datetime:
        """When the last of the scores that count came in."""
        return max(score.uploaded_at for score in self.counting)


class Mode(Protocol):
    """A mode with its parameters. It changes nothing it is given, and reads no clock."""

    name: ClassVar[str]
    """The word on the wire (`mode`)."""

    @property
    def parameters(self) -> str:
        """The parameters in their canonical form (`modeparams`)."""

    @property
    def rules(self) -> str:
        """A sentence for people: what is played for."""

    @property
    def time_limit(self) -> timedelta | None:
        """How long after making its key an account may upload; None: until the tournament's end."""

    @property
    def late_entry(self) -> bool:
        """Whether accounts may enter after the start."""

    def check(self, level: Level, time: Milliseconds) -> None:
        """Whether a game of this level and time can count. Raises `InvalidData` if not, saying why."""

    def result(self, scores: Iterable[Score]) -> Result | None:
        """What an account with these scores has reached, in whatever order they come; None without any that counts."""

    def sort_key(self, result: Result) -> SortKey:
        """Where a result stands among others: the smaller key is ahead, equal keys share a place."""

    def explain(self, result: Result, ahead: Result | None) -> str:
        """Sentences for people: what counts, and what parts the result from the one ahead (None: there is none)."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many games of each level are wanted: `x+y+z` in the order Beginner, Intermediate, Expert."""

    beginner: int
    intermediate: int
    expert: int

    @classmethod
    def parse(cls, text: str) -> "Quota":
        """Raises `InvalidModeParameters`: no three numbers, one too large, or all of them 0."""
        match = _QUOTA.fullmatch(text.strip())
        if match is None:
            raise InvalidModeParameters(
                f"{text[:40]!r} is no number of games: write '1+1+1' for one game each of Beginner, Intermediate and "
                f"Expert, at most {MAX_GAMES} of each, and at least one in all."
            )
        quota = cls(int(match[1]), int(match[2]), int(match[3]))
        if quota.games == 0 or max(quota.of.values()) > MAX_GAMES:
            raise InvalidModeParameters(
                f"The numbers of games are at most {MAX_GAMES} of each level, and at least one in all."
            )
        return quota

    @property
    def of(self) -> Mapping[Level, int]:
        """The numbers by level."""
        return {Level.BEGINNER: self.beginner, Level.INTERMEDIATE: self.intermediate, Level.EXPERT: self.expert}

    @property
    def games(self) -> int:
        """How many games in all."""
        return self.beginner + self.intermediate + self.expert

    def __str__(self) -> str:
        return f"{self.beginner}+{self.intermediate}+{self.expert}"


_NUMBER = r"(0|[1-9][0-9]{0,2})"
_QUOTA = re.compile(rf"{_NUMBER}\+{_NUMBER}\+{_NUMBER}")
_SECONDS = re.compile(r"[1-9][0-9]{0,7}")
_BEST_FIRST = attrgetter("level", "time", "uploaded_at", "submission_id")
"""What scores are ordered by, level by level: of equal times the one that came in earlier is better."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SumOfBest(ABC):
    """What the modes share that add up best games: each says only how many of which level are wanted."""

    __slots__ = ()

    @property
    @abstractmethod
    def wanted(self) -> Mapping[Level, int]:
        """How many games of each level count."""

    @property
    def rules(self) -> str:
        """The games that count, and how long one has for them."""
        limit = self.time_limit
        within = "" if limit is None else f", within {limit // timedelta(seconds=1)} s of making one's key"
        return f"{_played(self.wanted)}{within}."

    @property
    def time_limit(self) -> timedelta | None:
        """None: everybody plays until the end."""
        return None

    @property
    def late_entry(self) -> bool:
        """Always: who comes late has only less time."""
        return True

    def check(self, level: Level, time: Milliseconds) -> None:  # noqa: ARG002 - the protocol's; any time can count
        """Raises `InvalidData` for a level of which no game is wanted."""
        levels = [level for level, games in self.wanted.items() if games]
        if level not in levels:
            words = " or ".join(other.word for other in levels)
            raise InvalidData(
                f"No {level.word} games are played in this tournament: play {words}.", reason=Reason.LEVEL_NOT_PLAYED
            )

    def result(self, scores: Iterable[Score]) -> Result | None:
        """The best scores of each level, as many as are wanted of it."""
        left = dict(self.wanted)
        counting = []
        for score in sorted(scores, key=_BEST_FIRST):
            if left.get(score.level, 0) > 0:
                left[score.level] -= 1
                counting.append(score)
        return Result(tuple(counting), sum(self.wanted.values())) if counting else None

    def sort_key(self, result: Result) -> SortKey:
        """Fewer missing games first, then the lower sum, then the earlier last counting upload (to the microsecond)."""
        return result.missing, result.total, (result.decided_at - _EPOCH) // _MICROSECOND

    def explain(self, result: Result, ahead: Result | None) -> str:
        """What counts, and the first of the rules of `sort_key` that parts the result from the one ahead."""
        games = ", ".join(f"{score.level.word} {seconds(score.time)}" for score in result.counting)
        said = f"{len(result.counting)} of {result.wanted} games ({games}), together {seconds(result.total)} s."
        return said if ahead is None else f"{said} {_parting(result, ahead)}"


@dataclass(frozen=True, slots=True)
class Sum(SumOfBest):
    """The lowest sum of one's best games."""

    name: ClassVar[str] = "sum"
    quota: Quota

    @classmethod
    def parse(cls, parameters: str) -> "Sum":
        """From `x+y+z`. Raises `InvalidModeParameters`."""
        return cls(Quota.parse(parameters))

    @property
    def parameters(self) -> str:
        """`x+y+z`."""
        return str(self.quota)

    @property
    def wanted(self) -> Mapping[Level, int]:
        """As the quota says."""
        return self.quota.of


@dataclass(frozen=True, slots=True)
class SumTimelimit(SumOfBest):
    """The lowest sum of one's best games, all uploaded within a fixed time of making one's key."""

    name: ClassVar[str] = "sum_timelimit"
    quota: Quota
    limit: timedelta

    @classmethod
    def parse(cls, parameters: str) -> "SumTimelimit":
        """From `x+y+z;seconds`. Raises `InvalidModeParameters`."""
        games, _, text = parameters.partition(";")
        limit = text.strip()
        if not _SECONDS.fullmatch(limit) or int(limit) > MAX_TIME_LIMIT.total_seconds():
            raise InvalidModeParameters(
                f"{parameters[:40]!r} has no time limit: write '1+1+1;3600' for an hour, in whole seconds, "
                f"at most {MAX_TIME_LIMIT.days} days."
            )
        return cls(Quota.parse(games), timedelta(seconds=int(limit)))

    @property
    def parameters(self) -> str:
        """`x+y+z;seconds`."""
        return f"{self.quota};{self.limit // timedelta(seconds=1)}"

    @property
    def time_limit(self) -> timedelta | None:
        """The limit, counted from the making of one's key."""
        return self.limit

    @property
    def wanted(self) -> Mapping[Level, int]:
        """As the quota says."""
        return self.quota.of


@dataclass(frozen=True, slots=True)
class Best(SumOfBest):
    """The best game of one level."""

    name: ClassVar[str] = "best"
    level: Level

    @classmethod
    def parse(cls, parameters: str) -> "Best":
        """From the level's name. Raises `InvalidModeParameters`."""
        try:
            return cls(Level.parse(parameters))
        except UnknownLevel as error:
            raise InvalidModeParameters(error.message) from error

    @property
    def parameters(self) -> str:
        """The level's name."""
        return self.level.word

    @property
    def wanted(self) -> Mapping[Level, int]:
        """One of the level."""
        return {self.level: 1}


def _played(wanted: Mapping[Level, int]) -> str:
    if sum(wanted.values()) == 1:
        (level,) = (level for level, games in wanted.items() if games)
        return f"The time of one's best {level.word.capitalize()} game"
    *most, last = (f"{games} {level.word.capitalize()}" for level, games in wanted.items() if games)
    listed = f"{', '.join(most)} and {last}" if most else last
    return f"The sum of one's best {listed} games"


def _parting(result: Result, ahead: Result) -> str:
    fewer = result.missing - ahead.missing
    if fewer:
        return f"Behind the one ahead by {fewer} {'game' if fewer == 1 else 'games'}."
    if result.total != ahead.total:
        return f"Behind the one ahead by {seconds(result.total - ahead.total)} s."
    if result.decided_at != ahead.decided_at:
        return "As fast as the one ahead, whose last counting game came in earlier."
    return "Level with the one ahead in everything."


MODES: Mapping[str, Callable[[str], Mode]] = {
    Sum.name: Sum.parse,
    SumTimelimit.name: SumTimelimit.parse,
    Best.name: Best.parse,
}
"""The modes by their names on the wire, each as what reads its parameters."""


def mode_of(name: str, parameters: str, modes: Mapping[str, Callable[[str], Mode]] = MODES) -> Mode:
    """The mode of this name with these parameters. Raises `UnknownMode`, `InvalidModeParameters`."""
    if name not in modes:
        raise UnknownMode(f"There is no mode {name[:40]!r}. There are {', '.join(sorted(modes))}.")
    return modes[name](parameters)


def seconds(time: Milliseconds) -> str:
    """A time as Minesweeper players read it, in seconds to the millisecond: `5.410`."""
    return f"{time // 1000}.{time % 1000:03d}"
