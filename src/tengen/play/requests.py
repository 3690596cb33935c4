"""What clients ask of live games over a socket, from the JSON on the wire to commands. Pure.

Clients write ids as numbers or as text, and send along what older servers wanted (`auth`, `player_id`): it is not
looked at.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tengen.core.errors import Forbidden, Invalid
from tengen.core.values import MAX_ID, GameId, PlayerId
from tengen.go.points import Color, InvalidPoint, Point, Size, parse_ogs_move, parse_ogs_moves
from tengen.play.chat import Channel
from tengen.play.commands import (
    AcceptMarking,
    AcceptUndo,
    CancelGame,
    CancelUndo,
    Command,
    MarkPoints,
    PauseGame,
    PlayMove,
    PrepareReplies,
    RejectMarking,
    RequestUndo,
    Resign,
    ResumeGame,
    Say,
)
from tengen.play.conditional_moves import parse_replies
from tengen.play.state import LiveGame

Payload = Mapping[str, Any]

MAX_MOVE_TEXT = 8
MAX_POINTS_TEXT = 2_600
"""Twice what all points of the largest board need."""


class InvalidRequest(Invalid):
    """The message does not say what it must say."""

    code, status = "invalid_request", 400


class NotInGame(Forbidden):
    """Only the players of a game may do this."""

    code = "not_in_game"


def payload_of(message: object) -> Payload:
    """The members of a message; none if it has no payload. Raises `InvalidRequest`."""
    match message:
        case None:
            return {}
        case Mapping():
            return message
    raise InvalidRequest("The message must be an object with members.")


def game_id_of(payload: Payload) -> GameId:
    """Which game is meant. Raises `InvalidRequest`."""
    number = _whole(payload.get("game_id"))
    if number is None or not 0 < number <= MAX_ID:
        raise InvalidRequest("game_id must be the number of a game.")
    return GameId(number)


def command_of(name: str, payload: Payload, game: LiveGame, seat: Color) -> Command:
    """What a player asks by the message `game/<name>`. Raises `InvalidRequest`, and what its parts raise."""
    return _COMMANDS[name](payload, game, seat)


_CHANNELS = {"moderator": Channel.HIDDEN.value}
"""What clients call channels beside their names."""


def line_of(payload: Payload, author: PlayerId, seat: Color | None) -> Say:
    """What somebody wants to say in a game. Raises `InvalidRequest`; the body is looked at when it is said."""
    kind = payload.get("type", Channel.MAIN)
    kind = _CHANNELS.get(kind, kind) if isinstance(kind, str) else kind
    channel = next((channel for channel in Channel if channel.value == kind), None)
    if channel is None:
        raise InvalidRequest(f"type must be one of {', '.join(Channel)}.")
    return Say(author, seat, channel, payload.get("body"), _whole(payload.get("move_number")))  # type: ignore[arg-type]


def _play(payload: Payload, game: LiveGame, seat: Color) -> Command:
    text = payload.get("move")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_MOVE_TEXT:
        raise InvalidRequest("move must be one move: two letters as pd, a point as Q16, or .. for a pass.")
    return PlayMove(seat, parse_ogs_move(text, game.terms.size))


def _accept_marking(payload: Payload, game: LiveGame, seat: Color) -> Command:
    return AcceptMarking(seat, _points(payload.get("stones"), game.terms.size))


def _mark(payload: Payload, game: LiveGame, seat: Color) -> Command:
    is_marked = payload.get("removed", True)
    if not isinstance(is_marked, bool):
        raise InvalidRequest("removed must be true or false.")
    return MarkPoints(seat, _points(payload.get("stones"), game.terms.size), is_marked=is_marked)


def _prepare(payload: Payload, game: LiveGame, seat: Color) -> Command:
    replies = parse_replies(payload.get("conditional_moves"), game.terms.size)
    return PrepareReplies(seat, _move_number(payload, game), replies)


def _request_undo(payload: Payload, game: LiveGame, seat: Color) -> Command:
    return RequestUndo(seat, _move_number(payload, game))


def _accept_undo(payload: Payload, game: LiveGame, seat: Color) -> Command:
    return AcceptUndo(seat, _move_number(payload, game))


_COMMANDS: Mapping[str, Callable[[Payload, LiveGame, Color], Command]] = {
    "move": _play,
    "undo/request": _request_undo,
    "undo/accept": _accept_undo,
    "undo/cancel": lambda _payload, _game, seat: CancelUndo(seat),
    "pause": lambda _payload, _game, seat: PauseGame(seat),
    "resume": lambda _payload, _game, seat: ResumeGame(seat),
    "resign": lambda _payload, _game, seat: Resign(seat),
    "cancel": lambda _payload, _game, seat: CancelGame(seat),
    "removed_stones/set": _mark,
    "removed_stones/accept": _accept_marking,
    "removed_stones/reject": lambda _payload, _game, seat: RejectMarking(seat),
    "conditional_moves/set": _prepare,
}
COMMANDS = tuple(_COMMANDS)
"""The commands of players, by the names of their messages behind `game/`."""


def _move_number(payload: Payload, game: LiveGame) -> int:
    """Which move the player has seen last; clients that do not say mean the present one."""
    told = payload.get("move_number")
    number = len(game.moves) if told is None else _whole(told)
    if number is None:
        raise InvalidRequest("move_number must be a whole number.")
    return number


def _points(value: object, size: Size) -> frozenset[Point]:
    """A set of points: pairs of letters one after the other, or a list of objects with x and y."""
    match value:
        case str() if len(value) <= MAX_POINTS_TEXT:
            moves = parse_ogs_moves(value, size)
        case list() if len(value) <= MAX_POINTS_TEXT:
            moves = [_point(one) for one in value]
        case _:
            raise InvalidRequest("stones must be points, as pairs of letters one after the other.")
    if not all(move is not None and size.has(move) for move in moves):
        raise InvalidPoint("stones must all be points of the board.")
    return frozenset(move for move in moves if move is not None)


def _point(value: object) -> Point | None:
    match value:
        case {"x": int(x), "y": int(y)}:
            return Point(x, y)
    return None


def _whole(value: object) -> int | None:
    """The whole number that clients write as one or as text; None if it is none."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if value.isascii() and value.isdigit() and len(value) <= 19:
            return int(value)
    return None
