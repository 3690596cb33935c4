"""Whether an uploaded replay counts: the checks on what a parser has read, in their order. Pure.

    the key          in the replay, made by the platform, the caller's own, for the tournament that is wanted
    the tournament   running
    the mode         the account's own time to play is not over
    the game         won, in standard mode, on the standard board of its level, of a level that the mode wants
    its time         above zero, and no longer than since the key was made
    the past         neither the same bytes nor the same game were uploaded before, by whomever: this alone the
                     database says, when it is to store them (`tengen.tournaments.archive.store_all`)

What clocks of players' computers say is no proof of anything: it refuses nothing, and is noted as doubts for the host.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tengen.core.values import AccountId
from tengen.tournaments.keys import TournamentId, TournamentKey, check_started, key_expiry
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.modes import InvalidData, Milliseconds, Mode, ModeConstraintViolated, Reason, seconds
from tengen.tournaments.schedule import Schedule, shown

MAX_REPLAY_BYTES = 4 * 1024 * 1024

STANDARD_MODE = 0
"""The mode of a game without aids or variants, as replays number it."""

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ReplayClock:
    """When a game was played, as the player's computer saw it."""

    started_at: datetime
    ended_at: datetime
    is_utc: bool = True
    """False: local time of an unknown zone, given as if it were UTC (Arbiter)."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a parser has read from a replay."""

    key: TournamentKey | None
    """The key found in it (`tengen.tournaments.keys.find_key`)."""
    level: int
    """Its number, as in `Level`; any other for a board of one's own."""
    board: Board
    mode: int
    is_completed: bool
    """Whether the events, replayed, clear the board: not what the file says of itself."""
    time: Milliseconds
    clock: ReplayClock | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that was made, with the tournament that it was made for."""

    key: TournamentKey
    made_at: datetime
    schedule: Schedule
    mode: Mode


class Doubt(StrEnum):
    """Something a host may want to look at."""

    STARTED_BEFORE_KEY = "started_before_key"
    """The game is dated before its key was made."""
    ENDED_AFTER_UPLOAD = "ended_after_upload"
    """The game is dated after it was uploaded."""
    CLOCK_DISAGREES = "clock_disagrees"
    """The clock saw another time pass than the game says it took."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A replay that counts."""

    level: Level
    time: Milliseconds
    doubts: frozenset[Doubt]


def check_size(size: int) -> None:
    """Whether a file of so many bytes may be a replay. Raises `InvalidData`."""
    if size == 0:
        raise InvalidData(
            "The file is empty: upload it anew. A program that sends a file again has to go back to its beginning.",
            reason=Reason.EMPTY,
        )
    if size > MAX_REPLAY_BYTES:
        megabytes = MAX_REPLAY_BYTES // 1024**2
        raise InvalidData(f"The file is too large: replays have at most {megabytes} MiB.", reason=Reason.TOO_LARGE)


def check(
    replay: Replay,
    caller: AccountId,
    issued: IssuedKey | None,
    now: datetime,
    *,
    wanted: TournamentId | None = None,
) -> Accepted:
    """Whether `caller`'s replay counts, unless it came in before: that is seen when it is stored.

    `issued`: the key found for the one in the replay, None if there is none. `wanted`: the tournament that it is
    uploaded to; None if the key alone says which that is.

    Raises the first of these that holds: `InvalidData` about the key; `TooEarly`, `TournamentOver`;
    `ModeConstraintViolated`; `InvalidData` about the game or its time.
    """
    found = _own_key(replay, caller, issued, wanted)
    _check_open(found, now)
    level = _standard_level(replay)
    found.mode.check(level, replay.time)
    _check_time(replay.time, found.made_at, now)
    return Accepted(level, replay.time, _doubts(replay, found.made_at, now))


def _own_key(replay: Replay, caller: AccountId, issued: IssuedKey | None, wanted: TournamentId | None) -> IssuedKey:
    if replay.key is None:
        message = "There is no tournament key in this replay: put yours where your program has it, and play again."
        raise InvalidData(message, reason=Reason.NO_KEY)
    if issued is None or not issued.key.matches(replay.key):
        raise InvalidData("The tournament key in this replay was never made here.", reason=Reason.UNKNOWN_KEY)
    if issued.key.account_id != caller:
        raise InvalidData("The tournament key in this replay is another account's.", reason=Reason.FOREIGN_KEY)
    if wanted not in {None, issued.key.tournament_id}:
        message = f"The key in this replay is that of tournament {issued.key.tournament_id}: upload it there."
        raise InvalidData(message, reason=Reason.OTHER_TOURNAMENT)
    return issued


def _check_open(found: IssuedKey, now: datetime) -> None:
    check_started(found.schedule, now)  # the start may have been put off since the key was made
    found.schedule.check_not_over(now)
    expiry = key_expiry(found.schedule, found.made_at, found.mode.time_limit)
    if expiry is not None and now >= expiry:
        raise ModeConstraintViolated(f"Your own time to play was over at {shown(expiry)}.")


def _standard_level(replay: Replay) -> Level:
    if not replay.is_completed:
        raise InvalidData("The game is not won: only games that clear the board count.", reason=Reason.NOT_COMPLETED)
    if replay.mode != STANDARD_MODE:
        message = "The game is not of the standard mode: play without aids or variants."
        raise InvalidData(message, reason=Reason.NOT_STANDARD)
    level = next((level for level in Level if level == replay.level), None)
    if level is None:
        raise InvalidData(f"A board of {replay.board} is of no standard level.", reason=Reason.NOT_STANDARD)
    if replay.board != level.board:
        message = f"A board of {replay.board} is no standard {level.word} board, which is {level.board}."
        raise InvalidData(message, reason=Reason.NOT_STANDARD)
    return level


def _check_time(time: Milliseconds, made_at: datetime, now: datetime) -> None:
    if time <= 0:
        raise InvalidData("The game took no time at all.", reason=Reason.IMPOSSIBLE_TIME)
    if time > (now - made_at) // _MILLISECOND:
        message = f"The game took {seconds(time)} s, and its key was made less than that before: it cannot be in it."
        raise InvalidData(message, reason=Reason.OLDER_THAN_KEY)


def same_file() -> InvalidData:
    """The refusal for bytes that came in before."""
    return InvalidData("This very file was uploaded before: a replay counts once.", reason=Reason.SAME_FILE)


def same_game() -> InvalidData:
    """The refusal for a game that came in before."""
    message = "This game was uploaded before in another file: a game counts once."
    return InvalidData(message, reason=Reason.SAME_GAME)


_SLACK = timedelta(minutes=5)
"""By so much a computer's clock may be wrong."""
_DRIFT = timedelta(seconds=2)
"""By so much its two readings may differ from the time of the game."""
_FARTHEST_WEST, _FARTHEST_EAST = timedelta(hours=12), timedelta(hours=14)
"""The zones of the world reach from UTC-12 to UTC+14."""


def _doubts(replay: Replay, made_at: datetime, now: datetime) -> frozenset[Doubt]:
    clock = replay.clock
    if clock is None:
        return frozenset()
    west, east = (timedelta(), timedelta()) if clock.is_utc else (_FARTHEST_WEST, _FARTHEST_EAST)
    raised = {
        Doubt.STARTED_BEFORE_KEY: made_at - clock.started_at > west + _SLACK,
        Doubt.ENDED_AFTER_UPLOAD: clock.ended_at - now > east + _SLACK,
        Doubt.CLOCK_DISAGREES: abs(clock.ended_at - clock.started_at - replay.time * _MILLISECOND) > _DRIFT,
    }
    return frozenset(doubt for doubt, is_raised in raised.items() if is_raised)
