"""The systems by which the time of a game is counted: what a player has, how a turn uses it up, what a move gives back.

    fischer    initial time; each move adds an increment, up to a maximum
    byoyomi    main time, then periods: a move within a period gives it back, a longer one uses periods up
    canadian   main time, then blocks: so many stones in so much time, and then anew
    simple     so much for each move
    absolute   so much for the whole game
    none       no clock

A player whose time is used up has lost, at the very instant. Pure; a system is a frozen value of its parameters, which
have the names that OGS gives them. Source: OGS' documentation of its time controls, and what its clients compute.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import ClassVar

NO_TIME = timedelta()
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What a player has left, at the beginning of a turn or within it."""

    main: timedelta = NO_TIME
    """Thinking time before any overtime; under simple time that of the move."""
    overtime: timedelta = NO_TIME
    """Of the byo-yomi period or Canadian block that runs, or is the next to run."""
    count: int = 0
    """Byo-yomi: the periods, that one included. Canadian: the stones still to be played in the block."""
    skips_bonus: bool = False
    """Fischer: the next move adds no increment."""


@dataclass(frozen=True, slots=True)
class TimeSystem(ABC):
    """How time is counted; the fields are the parameters of OGS' `time_control`."""

    name: ClassVar[str]
    """As OGS writes it."""

    @abstractmethod
    def at_start(self) -> TimeLeft:
        """What each player has before the first move."""

    def allowance(self, left: TimeLeft) -> timedelta | None:
        """How long a turn may last; once it has lasted so long, it is lost. None: for ever."""
        return left.main

    @abstractmethod
    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        """What is left when so much of the turn is spent, and no move made; never below nothing.

        It composes: thinking twice leaves what thinking once for as long would.
        """

    @abstractmethod
    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        """What is left for the next turn when a move is made after `spent`, which is less than the allowance."""

    @property
    @abstractmethod
    def pace(self) -> tuple[timedelta, timedelta]:
        """The time there is for the whole game, and that for each move beside it: what speeds are judged by."""

    def parameters(self) -> dict[str, int]:
        """The parameters by name, as OGS writes them: times in seconds."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value // _SECOND if isinstance(value, timedelta) else value for name, value in values}


@dataclass(frozen=True, slots=True)
class Fischer(TimeSystem):
    """Each move adds an increment. What is saved up never exceeds `max_time`, which is at least the other two."""

    name: ClassVar[str] = "fischer"

    initial_time: timedelta
    time_increment: timedelta
    max_time: timedelta

    def at_start(self) -> TimeLeft:
        return TimeLeft(main=self.initial_time)

    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        return TimeLeft(max(NO_TIME, left.main - spent), skips_bonus=left.skips_bonus)

    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        bonus = NO_TIME if left.skips_bonus else self.time_increment
        return TimeLeft(main=min(self.max_time, left.main - spent + bonus))

    @property
    def pace(self) -> tuple[timedelta, timedelta]:
        return self.initial_time, self.time_increment


@dataclass(frozen=True, slots=True)
class Byoyomi(TimeSystem):
    """Main time, then periods. The last of `periods` is lost with its end; so one period is already the last."""

    name: ClassVar[str] = "byoyomi"

    main_time: timedelta
    period_time: timedelta
    periods: int

    def at_start(self) -> TimeLeft:
        return TimeLeft(self.main_time, self.period_time, self.periods)

    def allowance(self, left: TimeLeft) -> timedelta:
        return left.main + left.overtime + max(0, left.count - 1) * self.period_time

    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        if spent < left.main:
            return TimeLeft(left.main - spent, left.overtime, left.count)
        in_overtime = spent - left.main + self.period_time - left.overtime
        used, begun = divmod(in_overtime, self.period_time)
        if used >= left.count:
            return TimeLeft()
        return TimeLeft(NO_TIME, self.period_time - begun, left.count - used)

    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        after = self.after(left, spent)
        return TimeLeft(after.main, self.period_time, after.count)

    @property
    def pace(self) -> tuple[timedelta, timedelta]:
        return self.main_time, self.period_time


@dataclass(frozen=True, slots=True)
class Canadian(TimeSystem):
    """Main time, then blocks of `period_time` in which `stones_per_period` are to be played.

    A move belongs to the block if there is no main time left after it, so the one that uses up the last of it does.
    """

    name: ClassVar[str] = "canadian"

    main_time: timedelta
    period_time: timedelta
    stones_per_period: int

    def at_start(self) -> TimeLeft:
        return TimeLeft(self.main_time, self.period_time, self.stones_per_period)

    def allowance(self, left: TimeLeft) -> timedelta:
        return left.main + left.overtime

    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        beyond = max(NO_TIME, spent - left.main)
        return replace(left, main=max(NO_TIME, left.main - spent), overtime=max(NO_TIME, left.overtime - beyond))

    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        left = self.after(left, spent)
        if left.main > NO_TIME:
            return left
        if left.count <= 1:
            return TimeLeft(NO_TIME, self.period_time, self.stones_per_period)
        return replace(left, count=left.count - 1)

    @property
    def pace(self) -> tuple[timedelta, timedelta]:
        return self.main_time, self.period_time / self.stones_per_period


@dataclass(frozen=True, slots=True)
class Simple(TimeSystem):
    """So much for each move."""

    name: ClassVar[str] = "simple"

    per_move: timedelta

    def at_start(self) -> TimeLeft:
        return TimeLeft(main=self.per_move)

    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        return TimeLeft(main=max(NO_TIME, left.main - spent))

    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:  # noqa: ARG002 - a move gives all of it back
        return self.at_start()

    @property
    def pace(self) -> tuple[timedelta, timedelta]:
        return NO_TIME, self.per_move


@dataclass(frozen=True, slots=True)
class Absolute(TimeSystem):
    """So much for the whole game."""

    name: ClassVar[str] = "absolute"

    total_time: timedelta

    def at_start(self) -> TimeLeft:
        return TimeLeft(main=self.total_time)

    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        return TimeLeft(main=max(NO_TIME, left.main - spent))

    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:
        return self.after(left, spent)

    @property
    def pace(self) -> tuple[timedelta, timedelta]:
        return self.total_time, NO_TIME


@dataclass(frozen=True, slots=True)
class Untimed(TimeSystem):
    """No clock."""

    name: ClassVar[str] = "none"

    def at_start(self) -> TimeLeft:
        return TimeLeft()

    def allowance(self, left: TimeLeft) -> None:  # noqa: ARG002 - there is no end
        return None

    def after(self, left: TimeLeft, spent: timedelta) -> TimeLeft:  # noqa: ARG002 - nothing is used up
        return left

    def after_move(self, left: TimeLeft, spent: timedelta) -> TimeLeft:  # noqa: ARG002 - nothing is used up
        return left

    @property
    def pace(self) -> tuple[timedelta, timedelta]:
        return NO_TIME, NO_TIME


SYSTEMS: dict[str, type[TimeSystem]] = {
    system.name: system for system in (Fischer, Byoyomi, Canadian, Simple, Absolute, Untimed)
}
"""By name."""
