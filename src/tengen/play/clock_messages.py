"""The clock on the wire, as OGS' clients read it: the object in `gamedata`, and the event `game/<id>/clock`. Pure.

The clients count on their own, from `last_move` and what each player had left then; pauses and weekends that the turn
is not charged with are therefore taken out of `last_move`, which lies that much later than the move. Instants are
milliseconds since 1970, what players have left is in seconds.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tengen.core.values import GameId, PlayerId
from tengen.go.points import Color
from tengen.play.clocks import MILLISECOND, GameClock, Pause, PauseReason, epoch_milliseconds, whole_milliseconds
from tengen.play.time_systems import Absolute, Byoyomi, Canadian, Fischer, Simple, TimeLeft

Json = dict[str, Any]

NEVER = timedelta(days=365)
"""So long after the beginning of the turn a game without a clock is said to expire: clients want an instant."""


class ClockTitle(NamedTuple):
    """What the messages say of a game beside its clock."""

    game_id: GameId
    name: str
    black: PlayerId
    white: PlayerId

    def player(self, color: Color) -> PlayerId:
        """Who plays this colour."""
        return self.black if color is Color.BLACK else self.white


def clock_message(
    clock: GameClock,
    title: ClockTitle,
    now: datetime,
    *,
    tells_pause: bool = False,
    removal_expires_at: datetime | None = None,
) -> Json:
    """The clock as it is at `now`.

    `tells_pause`: the message says that the clock stands still or goes on, which clients otherwise take to be as it
    was; for the first message to a client, and the one that follows a change. `removal_expires_at`: the game is in
    stone removal, and this is when the marked stones count as accepted.
    """
    now = whole_milliseconds(now)
    elapsed = clock.elapsed(now)
    stopped_at = clock.stopped_at(now)
    last_move = (stopped_at or now) - elapsed
    message: Json = {
        "game_id": title.game_id,
        "title": title.name,
        "black_player_id": title.black,
        "white_player_id": title.white,
        "current_player": title.player(clock.to_move),
        "last_move": epoch_milliseconds(last_move),
        "expiration": expiration(clock, now),
        "black_time": _time(clock, clock.black, last_move),
        "white_time": _time(clock, clock.white, last_move),
        "now": epoch_milliseconds(now),
    }
    if clock.is_starting:
        message["start_mode"] = True
    if stopped_at is not None:
        message["paused_since"] = epoch_milliseconds(stopped_at)
        message["pause_delta"] = elapsed // MILLISECOND
        message["expiration_delta"] = (_allowance(clock) - elapsed) // MILLISECOND
    if tells_pause:
        control = pause_control(clock, title, now)
        paused_since = epoch_milliseconds(stopped_at or clock.paused_since or last_move)
        message["pause"] = {"paused": bool(control), "paused_since": paused_since, "pause_control": control}
    if removal_expires_at is not None:
        message["stone_removal_mode"] = True
        message["stone_removal_expiration"] = epoch_milliseconds(removal_expires_at)
    return message


def expiration(clock: GameClock, now: datetime) -> int:
    """When the clock, as it is at `now`, will have run out: the member `expiration` alone."""
    stopped_at = clock.stopped_at(now)
    expires_at = clock.expires_at if stopped_at is None else None
    if expires_at is not None:
        return epoch_milliseconds(expires_at)
    return epoch_milliseconds((stopped_at or whole_milliseconds(now)) - clock.elapsed(now) + _allowance(clock))


def _allowance(clock: GameClock) -> timedelta:
    return NEVER if (allowance := clock.allowance) is None else allowance


def pause_control(clock: GameClock, title: ClockTitle, now: datetime) -> Json:
    """Why the clock stands still at `now`, by the keys that OGS' board knows; empty if it runs."""
    control = dict(_pause(pause, clock, title) for pause in clock.pauses)
    if clock.is_weekend(now):
        control["weekend"] = True
    return control


def _pause(pause: Pause, clock: GameClock, title: ClockTitle) -> tuple[str, object]:
    match pause:
        case Pause(PauseReason.PLAYER, by=Color() as by):
            return "paused", {"pausing_player_id": title.player(by), "pauses_left": clock.pauses_left_of(by)}
        case Pause(PauseReason.VACATION, by=Color() as by):
            return f"vacation-{title.player(by)}", True
        case Pause(PauseReason.STONE_REMOVAL):
            return "stone-removal", True
        case Pause(PauseReason.MODERATOR, moderator=moderator) if moderator is not None:
            return "moderator_paused", {"moderator_id": moderator}
    return "system", True


def _time(clock: GameClock, left: TimeLeft, last_move: datetime) -> object:
    """What a player has left, in the form of the clock's system."""
    main = _seconds(left.main)
    match clock.control.system:
        case Byoyomi(period_time=period_time):
            return {"thinking_time": main, "periods": left.count, "period_time": _seconds(period_time)}
        case Fischer():
            return {"thinking_time": main, "skip_bonus": left.skips_bonus}
        case Canadian():
            return {"thinking_time": main, "moves_left": left.count, "block_time": _seconds(left.overtime)}
        case Absolute():
            return {"thinking_time": main}
        case Simple():
            # No client looks at it: what OGS itself puts there.
            return epoch_milliseconds(last_move)
    return None


def _seconds(span: timedelta) -> int | float:
    """In seconds, a whole number where it is one."""
    milliseconds = span // MILLISECOND
    return milliseconds / 1000 if milliseconds % 1000 else milliseconds // 1000
