"""What happens in a live game, as it is stored and told. An event is final: it only says what is so from now on.

`to_json` and `event_from_json` write and read events as they are stored: instants and spans in milliseconds, points as
pairs of letters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar

from tengen.core.values import PlayerId
from tengen.go.points import Color, Point, Size, ogs_moves, parse_ogs_move, parse_ogs_moves
from tengen.play.chat import Channel, Line
from tengen.play.clocks import MILLISECOND, GameClock, epoch_milliseconds, from_epoch_milliseconds
from tengen.play.conditional_moves import Replies, parse_replies, replies_to_json
from tengen.play.outcomes import GameEnding, Outcome
from tengen.play.scores import Score, SideScore
from tengen.play.time_controls import TimeControl


@dataclass(frozen=True, slots=True)
class MovePlayed:
    """A stone was put at a point, or with None passed; `spent` is what the turn was charged with."""

    kind: ClassVar[str] = "move_played"

    seat: Color
    point: Point | None
    spent: timedelta
    clock: GameClock


@dataclass(frozen=True, slots=True)
class UndoRequested:
    """A player asks to take back the last `count` moves of `move_number`."""

    kind: ClassVar[str] = "undo_requested"

    seat: Color
    move_number: int
    count: int


@dataclass(frozen=True, slots=True)
class UndoCancelled:
    """The request was withdrawn or declined, by `seat`. `move_number`: of the request."""

    kind: ClassVar[str] = "undo_cancelled"

    seat: Color
    move_number: int


@dataclass(frozen=True, slots=True)
class UndoAccepted:
    """The last `count` moves are taken back, and `move_number` are left."""

    kind: ClassVar[str] = "undo_accepted"

    move_number: int
    count: int
    clock: GameClock


@dataclass(frozen=True, slots=True)
class GameStopped:
    """A player has stopped the clock."""

    kind: ClassVar[str] = "game_stopped"

    seat: Color
    clock: GameClock


@dataclass(frozen=True, slots=True)
class GameWentOn:
    """A player has let the clock go on."""

    kind: ClassVar[str] = "game_went_on"

    seat: Color
    clock: GameClock


@dataclass(frozen=True, slots=True)
class StoneRemovalBegan:
    """Both have passed, and are to agree on the dead stones until `expires_at`."""

    kind: ClassVar[str] = "stone_removal_began"

    clock: GameClock
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PointsMarked:
    """These points are marked now, or are so no longer; nobody has agreed to that. `seat`: None for the platform."""

    kind: ClassVar[str] = "points_marked"

    seat: Color | None
    points: frozenset[Point]
    is_marked: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MarkingAccepted:
    """A player agrees with what is marked; None: it is accepted for both."""

    kind: ClassVar[str] = "marking_accepted"

    seat: Color | None


@dataclass(frozen=True, slots=True)
class MarkingRejected:
    """A player wants to play on."""

    kind: ClassVar[str] = "marking_rejected"

    seat: Color
    clock: GameClock


@dataclass(frozen=True, slots=True)
class RepliesPrepared:
    """A player has other conditional moves, or none. Told to that player alone."""

    kind: ClassVar[str] = "replies_prepared"

    seat: Color
    replies: Replies


@dataclass(frozen=True, slots=True)
class LineSaid:
    """Somebody has said something. Told to whom its channel is for."""

    kind: ClassVar[str] = "line_said"

    line: Line


@dataclass(frozen=True, slots=True)
class GameEnded:
    """The game is over."""

    kind: ClassVar[str] = "game_ended"

    outcome: Outcome
    at: datetime


OtherEvent = (
    UndoRequested
    | UndoCancelled
    | UndoAccepted
    | GameStopped
    | GameWentOn
    | StoneRemovalBegan
    | PointsMarked
    | MarkingAccepted
    | MarkingRejected
    | RepliesPrepared
    | LineSaid
    | GameEnded
)
"""Whatever is no move."""

Event = MovePlayed | OtherEvent

_KINDS: Mapping[str, type[Event]] = {kind.kind: kind for kind in Event.__args__}
_FIELDS: Mapping[type[Event], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in Event.__args__
}


def to_json(event: Event) -> dict[str, Any]:
    """The event as it is stored."""
    written = {name: _WRITE[name](getattr(event, name)) for name in _FIELDS[type(event)]}
    return {"kind": event.kind, **written}


def event_from_json(stored: Mapping[str, Any], size: Size, control: TimeControl) -> Event:
    """The event that `to_json` has written, of a game on such a board with this time control."""
    reader = _Reader(size, control)
    kind = _KINDS[stored["kind"]]
    return kind(**{name: reader.read(name, stored[name]) for name in _FIELDS[kind]})


# ── how: fields of one name hold the same in all events ──


def _points(points: frozenset[Point]) -> str:
    ordered = sorted(points, key=lambda point: (point.row, point.column))
    return ogs_moves(ordered)


def _side(side: SideScore) -> list[Any]:
    return [side.stones, side.territory, side.prisoners, side.handicap, side.komi, _points(side.points)]


def _outcome(outcome: Outcome) -> dict[str, Any]:
    score = outcome.score and [_side(outcome.score.black), _side(outcome.score.white)]
    return {"ending": outcome.ending, "winner": outcome.winner and outcome.winner.value, "score": score}


def _line(line: Line) -> list[Any]:
    return [line.author, line.seat and line.seat.value, line.channel, line.body, line.move_number]


def _as_it_is(value: Any) -> Any:
    return value


_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "seat": lambda seat: seat and seat.value,
    "point": lambda point: ogs_moves([point]),
    "points": _points,
    "spent": lambda span: span // MILLISECOND,
    "clock": GameClock.to_json,
    "move_number": _as_it_is,
    "count": _as_it_is,
    "is_marked": _as_it_is,
    "expires_at": epoch_milliseconds,
    "at": epoch_milliseconds,
    "replies": replies_to_json,
    "line": _line,
    "outcome": _outcome,
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the fields of events of one game."""

    size: Size
    control: TimeControl

    def read(self, name: str, value: Any) -> Any:
        match name:
            case "seat":
                return value and Color(value)
            case "point":
                return parse_ogs_move(value, self.size)
            case "points":
                return self._points(value)
            case "spent":
                return value * MILLISECOND
            case "clock":
                return GameClock.from_json(self.control, value)
            case "expires_at" | "at":
                return from_epoch_milliseconds(value)
            case "replies":
                return parse_replies(value, self.size)
            case "line":
                author, seat, channel, body, move_number = value
                return Line(PlayerId(author), seat and Color(seat), Channel(channel), body, move_number)
            case "outcome":
                return self._outcome(value)
        return value

    def _points(self, text: str) -> frozenset[Point]:
        return frozenset(point for point in parse_ogs_moves(text, self.size) if point is not None)

    def _outcome(self, stored: dict[str, Any]) -> Outcome:
        winner = stored["winner"] and Color(stored["winner"])
        score = stored["score"] and Score(*map(self._side, stored["score"]))
        return Outcome(GameEnding(stored["ending"]), winner, score)

    def _side(self, stored: list[Any]) -> SideScore:
        stones, territory, prisoners, handicap, komi, points = stored
        return SideScore(stones, territory, prisoners, handicap, komi, self._points(points))
