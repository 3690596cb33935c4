"""What can be asked of a live game: by its players, by those who watch, by the platform."""

from dataclasses import dataclass

from tengen.core.values import PlayerId
from tengen.go.points import Color, Point
from tengen.play.chat import Body, Channel
from tengen.play.conditional_moves import Replies


@dataclass(frozen=True, slots=True)
class PlayMove:
    """Play at a point, None for a pass."""

    seat: Color
    point: Point | None


@dataclass(frozen=True, slots=True)
class RequestUndo:
    """Ask the opponent to take back one's last move. `move_number`: how many moves there are, as the player sees it."""

    seat: Color
    move_number: int


@dataclass(frozen=True, slots=True)
class AcceptUndo:
    """Take the moves back that the opponent has asked for. `move_number`: of the request."""

    seat: Color
    move_number: int


@dataclass(frozen=True, slots=True)
class CancelUndo:
    """Withdraw one's own request, or decline the opponent's."""

    seat: Color


@dataclass(frozen=True, slots=True)
class PauseGame:
    """Stop the clock."""

    seat: Color


@dataclass(frozen=True, slots=True)
class ResumeGame:
    """Let the clock go on that one of the players has stopped."""

    seat: Color


@dataclass(frozen=True, slots=True)
class Resign:
    """Give up."""

    seat: Color


@dataclass(frozen=True, slots=True)
class CancelGame:
    """Call the game off, while it is young."""

    seat: Color


@dataclass(frozen=True, slots=True)
class MarkPoints:
    """Mark dead stones, and points that count for nobody; or take marks away. `seat`: None for the platform."""

    seat: Color | None
    points: frozenset[Point]
    is_marked: bool


@dataclass(frozen=True, slots=True)
class AcceptMarking:
    """Agree with what is marked, which is `points`. `seat`: None for the platform, which agrees for both."""

    seat: Color | None
    points: frozenset[Point]


@dataclass(frozen=True, slots=True)
class RejectMarking:
    """Play on."""

    seat: Color


@dataclass(frozen=True, slots=True)
class PrepareReplies:
    """Say what to answer to which moves of the opponent; nothing to answer takes it back."""

    seat: Color
    move_number: int
    replies: Replies


@dataclass(frozen=True, slots=True)
class Say:
    """Say something. `seat`: None for those who watch."""

    author: PlayerId
    seat: Color | None
    channel: Channel
    body: Body
    move_number: int | None = None


@dataclass(frozen=True, slots=True)
class CheckTime:
    """See whether somebody's time is up."""


Command = (
    PlayMove
    | RequestUndo
    | AcceptUndo
    | CancelUndo
    | PauseGame
    | ResumeGame
    | Resign
    | CancelGame
    | MarkPoints
    | AcceptMarking
    | RejectMarking
    | PrepareReplies
    | Say
    | CheckTime
)
