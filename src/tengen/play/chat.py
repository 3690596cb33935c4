"""What is said during a game: on which channel, who may read it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from tengen.core.errors import Invalid
from tengen.core.values import PlayerId, check_line
from tengen.go.points import Color

MAX_BODY_CHARACTERS = 2000
MAX_BODY_PARTS = 4000
"""Of an object, such as an analysis: all its values and names together."""

Body = str | dict[str, object]
"""A text; or an object of OGS' clients (an analysis, a text in several languages), which is passed on as it is."""


class InvalidChat(Invalid):
    """Nothing that can be said."""

    code, status = "invalid_chat", 400


class Channel(StrEnum):
    """Who a line is for; the value is the word on the wire."""

    MAIN = "main"
    """Everybody."""
    SPECTATOR = "spectator"
    """Those who watch; the players, too, when the game is over."""
    MALKOVICH = "malkovich"
    """A player's thoughts: for those who watch, and for the opponent when the game is over."""
    PERSONAL = "personal"
    """Notes for oneself."""
    HIDDEN = "hidden"
    """For the platform's moderators, who read it in the game's log."""


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody has said."""

    author: PlayerId
    seat: Color | None
    """The author's, None for one who watches."""
    channel: Channel
    body: Body
    move_number: int
    """The move to which it was said, 0 before the first."""

    def is_visible(self, reader: PlayerId | None, seat: Color | None, *, is_over: bool) -> bool:
        """Whether somebody may read it, now that the game is or is not over. `reader`: None for a guest."""
        if reader == self.author:
            return True
        match self.channel:
            case Channel.MAIN:
                return True
            case Channel.PERSONAL | Channel.HIDDEN:
                return False
        return is_over or seat is None


def channel_for(asked: Channel, seat: Color | None, *, is_over: bool) -> Channel:
    """Where a line goes that is said on this channel: what those who watch say does not reach the players in a game."""
    if seat is None and asked in {Channel.MAIN, Channel.MALKOVICH}:
        return Channel.MAIN if is_over else Channel.SPECTATOR
    return asked


def check_body(body: object) -> Body:
    """The body, if it may be said. Raises `InvalidChat`: empty, too long, or with characters that no text has."""
    match body:
        case str() if body.strip():
            _check_text(body)
            return body
        case dict() if body:
            _check_object(body)
            return body
    raise InvalidChat("The body of a message must be a text or an object, and not be empty.")


def _check_text(text: str) -> None:
    if len(text) > MAX_BODY_CHARACTERS:
        raise InvalidChat(f"A message has at most {MAX_BODY_CHARACTERS} characters.")
    for line in text.split("\n"):
        try:
            check_line(line.replace("\t", " ").rstrip("\r"), what="The message")
        except Invalid as problem:
            raise InvalidChat(problem.message) from None


def _check_object(body: dict[str, object]) -> None:
    parts: list[object] = [body]
    for part in parts:  # grows while it is walked
        match part:
            case dict():
                parts += [*part.keys(), *part.values()]
            case list():
                parts += part
            case str():
                _check_text(part)
            case float() if not -1e15 < part < 1e15:
                raise InvalidChat("A message holds a number that is none, or is too large.")
            case int() if not -(10**15) < part < 10**15:
                raise InvalidChat("A message holds a number that is too large.")
        if len(parts) > MAX_BODY_PARTS:
            raise InvalidChat(f"A message has at most {MAX_BODY_PARTS} parts.")
