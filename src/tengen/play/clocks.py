"""The clock of a game: whose time runs since when, what each player has left, what stands still, when the flag falls.

A clock is a frozen value; what happens makes a new one. A turn begins with the opponent's move and is charged with the
time since then, without pauses, without weekends in games that rest on them, and less a credit for the way that the
move took through the net. Instants count in whole milliseconds, as the wire writes them; later parts are cut off.

Until the first move the clock starts: it charges nothing, and its end calls the game off. Pure.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tengen.core.errors import Conflict
from tengen.core.values import PlayerId
from tengen.go.points import Color
from tengen.play.time_controls import TimeControl
from tengen.play.time_systems import NO_TIME, TimeLeft
from tengen.play.weekends import after_working_time, is_weekend, next_boundary, weekend_start, working_time

MAX_PAUSES = 5
"""How often each player may stop the clock of a game."""
MAX_LAG_CREDIT = timedelta(milliseconds=200)
"""At most so much of a turn is not charged because of the net, and by at most so much later does a flag fall."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class NotYourTurn(Conflict):
    """It is the opponent's turn."""

    code = "not_your_turn"


class TimeIsUp(Conflict):
    """The flag of the player to move has fallen."""

    code = "time_is_up"


class GamePaused(Conflict):
    """The game stands still, and not by a player who could simply move."""

    code = "game_paused"


class AlreadyPaused(Conflict):
    """The clock stands still already for this reason."""

    code = "already_paused"


class NotPaused(Conflict):
    """The clock does not stand still for this reason."""

    code = "not_paused"


class NoPausesLeft(Conflict):
    """The player has stopped the clock as often as that is allowed."""

    code = "no_pauses_left"


class PauseReason(StrEnum):
    """Why a clock stands still. A clock runs when no reason is left. Weekends are none: the clock knows them."""

    PLAYER = "player"
    """One of the players has stopped it; either may go on, also by simply moving."""
    STONE_REMOVAL = "stone_removal"
    """The players look for the dead stones."""
    MODERATOR = "moderator"
    SYSTEM = "system"
    VACATION = "vacation"
    """One of the players is away; moves are played nevertheless, and cost nothing."""


_MOVES_WAIT = {PauseReason.STONE_REMOVAL, PauseReason.MODERATOR, PauseReason.SYSTEM}


@dataclass(frozen=True, slots=True)
class Pause:
    """A reason for which a clock stands still; two that are equal are one."""

    reason: PauseReason
    by: Color | None = None
    """The player who has stopped the clock, or is on vacation."""
    moderator: PlayerId | None = None


@dataclass(frozen=True, slots=True)
class GameClock:
    """The clock of a game at its latest change."""

    control: TimeControl
    to_move: Color
    since: datetime
    """From here on the turn is charged, while nothing pauses the clock."""
    black: TimeLeft
    white: TimeLeft
    """What each has left at the beginning of the turn."""
    spent: timedelta = NO_TIME
    """What the turn is charged with for the time before `since`."""
    is_starting: bool = False
    """No move is made: nothing is charged, and the game is called off when the time for starting is over."""
    pauses: tuple[Pause, ...] = ()
    paused_since: datetime | None = None
    """When the clock was stopped; after a pause, when it was stopped last."""
    pauses_left: tuple[int, int] = (MAX_PAUSES, MAX_PAUSES)
    """How often Black and White may still stop it."""

    @classmethod
    def start(cls, control: TimeControl, to_move: Color, now: datetime) -> "GameClock":
        """The clock of a game that begins at `now`."""
        left = control.system.at_start()
        return cls(control, to_move, whole_milliseconds(now), left, left, is_starting=True)

    # ── looking ──

    def left(self, color: Color, now: datetime | None = None) -> TimeLeft:
        """What a player has left at `now`, or had at the beginning of the turn."""
        left = self.black if color is Color.BLACK else self.white
        if now is None or color is not self.to_move or self.is_starting:
            return left
        return self.control.system.after(left, self.elapsed(now))

    def pauses_left_of(self, color: Color) -> int:
        """How often a player may still stop the clock."""
        return self.pauses_left[0 if color is Color.BLACK else 1]

    def elapsed(self, now: datetime) -> timedelta:
        """How long the turn has lasted, without what it is not charged with: pauses and weekends."""
        if self.pauses:
            return self.spent
        now = whole_milliseconds(now)
        passed = working_time(self.since, now) if self.control.rests_on_weekends else now - self.since
        return self.spent + max(NO_TIME, passed)

    def charge(self, now: datetime, lag: timedelta = NO_TIME) -> timedelta:
        """What the player to move pays for a move that arrives at `now`.

        `lag`: how long it took to come here, as measured; up to `MAX_LAG_CREDIT` of that is credited, and never more
        than the turn has lasted. The first move of a game costs nothing.
        """
        return NO_TIME if self.is_starting else self._judged(now, lag)

    @property
    def allowance(self) -> timedelta | None:
        """How long the turn may last, before it is lost or the game is called off; None: for ever."""
        if self.is_starting:
            return self.control.start_time
        return self.control.system.allowance(self.left(self.to_move))

    @property
    def expires_at(self) -> datetime | None:
        """The first instant at which the time of the player to move is up; None if it is not running, or never is.

        In a game that has not started this is when it is called off.
        """
        if self.pauses or (allowance := self.allowance) is None:
            return None
        return self._after(self.since, allowance - self.spent)

    def timed_out(self, now: datetime, lag: timedelta = NO_TIME) -> bool:
        """Whether the time of the player to move is up, so that a move that comes with this lag comes too late."""
        return self._is_up_after(self._judged(now, lag))

    def is_weekend(self, now: datetime) -> bool:
        """Whether the clock stands still because of the weekend, whatever else it does."""
        return self.control.rests_on_weekends and is_weekend(now)

    def next_weekend_change(self, now: datetime) -> datetime | None:
        """When a weekend stops the clock next, or is over; None if weekends do nothing to it."""
        return next_boundary(now) if self.control.rests_on_weekends else None

    def stopped_at(self, now: datetime) -> datetime | None:
        """Since when the clock stands still; None if it runs at `now`."""
        if self.pauses:
            return self.paused_since
        return max(weekend_start(now), self.since) if self.is_weekend(now) else None

    # ── what happens ──

    def moved(
        self, color: Color, now: datetime, *, lag: timedelta = NO_TIME, next_to_move: Color | None = None
    ) -> "GameClock":
        """A player has moved or passed, and the turn is the opponent's, or `next_to_move`'s.

        A player's pause ends by that. `lag`: as `charge` says. Raises `NotYourTurn`, `GamePaused`, or `TimeIsUp` where
        `timed_out` says so.
        """
        if color is not self.to_move:
            raise NotYourTurn(f"It is {self.to_move}'s turn.")
        if any(pause.reason in _MOVES_WAIT for pause in self.pauses):
            raise GamePaused("The game is paused: moves wait until it goes on.")
        lasted = self._judged(now, lag)
        if self._is_up_after(lasted):
            raise TimeIsUp(f"{color}'s time is up.")
        now = whole_milliseconds(now)
        left = self.control.system.after_move(self.left(color), NO_TIME if self.is_starting else lasted)
        lasting = tuple([pause for pause in self.pauses if pause.reason is not PauseReason.PLAYER])
        return GameClock(  # `replace` costs four times as much, and this is done with every move
            self.control,
            next_to_move or color.opponent,
            now,
            left if color is Color.BLACK else self.black,
            left if color is Color.WHITE else self.white,
            pauses=lasting,
            paused_since=now if lasting else self.paused_since,
            pauses_left=self.pauses_left,
        )

    def paused(self, pause: Pause, now: datetime) -> "GameClock":
        """The clock stops, or has one more reason to stand still.

        Raises `AlreadyPaused`; `NoPausesLeft` for a player's pause beyond `MAX_PAUSES`; `TimeIsUp` where `timed_out`
        says so.
        """
        if self._standing(pause.reason, pause.by) is not None:
            raise AlreadyPaused("The game is paused already.")
        if self.timed_out(now):
            raise TimeIsUp(f"{self.to_move}'s time is up.")
        now = whole_milliseconds(now)
        return replace(
            self,
            spent=self.elapsed(now),
            pauses=(*self.pauses, pause),
            paused_since=self.paused_since if self.pauses else now,
            pauses_left=self._pauses_left_after(pause),
        )

    def resumed(self, reason: PauseReason, now: datetime, *, by: Color | None = None) -> "GameClock":
        """A reason to stand still is over; the clock goes on where it stopped if it was the last one.

        `by`: whose vacation it was. Raises `NotPaused`.
        """
        over = self._standing(reason, by)
        if over is None:
            raise NotPaused("The game is not paused.")
        pauses = tuple(pause for pause in self.pauses if pause is not over)
        return replace(self, since=whole_milliseconds(now), pauses=pauses)

    def turned_back(self, to_move: Color, black: TimeLeft, white: TimeLeft, now: datetime) -> "GameClock":
        """Moves are undone: a fresh turn, with the times that the players had before these moves.

        A game that has started stays so, also without a move.
        """
        now = whole_milliseconds(now)
        paused_since = now if self.pauses else self.paused_since
        return replace(
            self,
            to_move=to_move,
            since=now,
            black=black,
            white=white,
            spent=NO_TIME,
            is_starting=False,
            paused_since=paused_since,
        )

    # ── stored ──

    def to_json(self) -> dict[str, Any]:
        """The clock as it is stored, without its time control; instants and spans in milliseconds."""
        return {
            "to_move": self.to_move.value,
            "since": epoch_milliseconds(self.since),
            "black": _left_to_json(self.black),
            "white": _left_to_json(self.white),
            "spent": self.spent // MILLISECOND,
            "is_starting": self.is_starting,
            "pauses": [[pause.reason, pause.by and pause.by.value, pause.moderator] for pause in self.pauses],
            "paused_since": None if self.paused_since is None else epoch_milliseconds(self.paused_since),
            "pauses_left": list(self.pauses_left),
        }

    @classmethod
    def from_json(cls, control: TimeControl, stored: dict[str, Any]) -> "GameClock":
        """The clock that `to_json` has written."""
        paused_since = stored["paused_since"]
        black_pauses_left, white_pauses_left = stored["pauses_left"]
        return cls(
            control,
            Color(stored["to_move"]),
            from_epoch_milliseconds(stored["since"]),
            _left_from_json(stored["black"]),
            _left_from_json(stored["white"]),
            stored["spent"] * MILLISECOND,
            stored["is_starting"],
            tuple(Pause(PauseReason(why), by and Color(by), moderator) for why, by, moderator in stored["pauses"]),
            None if paused_since is None else from_epoch_milliseconds(paused_since),
            (black_pauses_left, white_pauses_left),
        )

    # ── how ──

    def _judged(self, now: datetime, lag: timedelta) -> timedelta:
        """How long the turn has lasted, less the credit."""
        elapsed = self.elapsed(now)
        if lag < MILLISECOND:
            return elapsed
        return elapsed - min(lag // MILLISECOND * MILLISECOND, MAX_LAG_CREDIT, elapsed)

    def _is_up_after(self, lasted: timedelta) -> bool:
        """Whether the time of the player to move is up when the turn has lasted so long, less the credit."""
        return not self.pauses and (allowance := self.allowance) is not None and lasted >= allowance

    def _after(self, start: datetime, span: timedelta) -> datetime:
        return after_working_time(start, span) if self.control.rests_on_weekends else start + span

    def _standing(self, reason: PauseReason, by: Color | None) -> Pause | None:
        """The pause for this reason, if the clock has one. Players' vacations are one reason each."""
        by_anyone = reason is not PauseReason.VACATION
        return next((pause for pause in self.pauses if pause.reason is reason and (by_anyone or pause.by is by)), None)

    def _pauses_left_after(self, pause: Pause) -> tuple[int, int]:
        if pause.reason is not PauseReason.PLAYER or pause.by is None:
            return self.pauses_left
        if self.pauses_left_of(pause.by) == 0:
            raise NoPausesLeft(
                f"{pause.by} has paused the game {MAX_PAUSES} times, which is as often as it is allowed."
            )
        black, white = self.pauses_left
        return (black - 1, white) if pause.by is Color.BLACK else (black, white - 1)


def whole_milliseconds(instant: datetime) -> datetime:
    """The instant in UTC, cut to the millisecond."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    beyond = instant.microsecond % 1000
    return instant - _MICROSECONDS[beyond] if beyond else instant


_MICROSECONDS = [timedelta(microseconds=count) for count in range(1000)]
"""To be taken off an instant: `replace` costs ten times as much, and it is done with every move."""


def epoch_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, as OGS writes instants."""
    return (instant - EPOCH) // MILLISECOND


def from_epoch_milliseconds(milliseconds: int) -> datetime:
    """The instant that `epoch_milliseconds` has written."""
    return EPOCH + milliseconds * MILLISECOND


def _left_to_json(left: TimeLeft) -> list[int]:
    return [left.main // MILLISECOND, left.overtime // MILLISECOND, left.count, int(left.skips_bonus)]


def _left_from_json(stored: list[int]) -> TimeLeft:
    main, overtime, count, skips_bonus = stored
    return TimeLeft(main * MILLISECOND, overtime * MILLISECOND, count, bool(skips_bonus))
