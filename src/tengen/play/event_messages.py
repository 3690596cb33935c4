"""What is told of each event of a live game, to whom, in which order. Pure.

The order is what OGS' clients rely on: a move before its clock; the phase before the clock and the marked points; an
undo before its clock; at the end the accepted marking, the phase, the whole game. The names of events begin with
`game/<id>/`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tengen.core.values import PlayerId
from tengen.go.points import Color
from tengen.play.chat import Line
from tengen.play.clock_messages import Json
from tengen.play.conditional_moves import Replies, replies_to_json
from tengen.play.events import (
    Event,
    GameEnded,
    GameStopped,
    GameWentOn,
    LineSaid,
    MarkingAccepted,
    MarkingRejected,
    MovePlayed,
    PointsMarked,
    RepliesPrepared,
    StoneRemovalBegan,
    UndoAccepted,
    UndoCancelled,
    UndoRequested,
)
from tengen.play.gamedata import (
    clock_of,
    ending_members,
    epoch_seconds,
    gamedata,
    move_array,
    players_of,
    sorted_letters,
)
from tengen.play.info import GameInfo, Opponent
from tengen.play.state import LiveGame, evolve

_WITH_CLOCK = (PointsMarked, GameEnded)
"""These tell the clock although it goes on as before."""
_ENDS_REPLIES = (UndoAccepted, StoneRemovalBegan)
"""After these nobody has conditional moves."""

BOTH = 0
"""In place of a player's id: the platform agrees for both."""

Audience = None | Color | Line
"""Everybody who watches; the player of a colour alone; those who may read a line."""

Names = Mapping[PlayerId, str]
"""Of those who have said something and do not play."""


class Message(NamedTuple):
    """One message to those who watch a game, or some of them."""

    name: str
    payload: Any
    audience: Audience = None

    def is_for(self, reader: PlayerId | None, seat: Color | None, *, is_over: bool) -> bool:
        """Whether somebody is told it. `reader`: None for a guest; `seat`: None for one who watches."""
        match self.audience:
            case None:
                return True
            case Color() as color:
                return seat is color
            case Line() as line:
                return line.is_visible(reader, seat, is_over=is_over)


def messages(
    info: GameInfo,
    before: LiveGame,
    events: Sequence[Event],
    now: datetime,
    *,
    names: Names | None = None,
    result: LiveGame | None = None,
) -> list[Message]:
    """What is told of events that happen together at `now`, in the order in which it is to be sent.

    `before`: the game without them; `result`: the game with them, from a caller who knows it already. `names`: of the
    authors of chat lines who do not play.
    """
    teller = _Teller(info, now, names or {})
    told: list[Message] = []
    followers: list[Event | None] = [*events[1:], None]
    for event, follower in zip(events, followers, strict=True):
        after = result if follower is None and result is not None else evolve(before, event)
        told += teller.messages(before, event, after, follower)
        before = after
    return told


def first_messages(info: GameInfo, game: LiveGame, now: datetime) -> list[Message]:
    """What somebody is told who begins to watch: the game, its clock, and a player's own conditional moves.

    Players are told theirs also if there are none: what their board remembers may be older.
    """
    teller = _Teller(info, now, {})
    replies = [teller.replies(color, game.replies.get(color, {}), game) for color in Color]
    return [teller.gamedata(game), teller.clock(game, tells_pause=True), *replies]


def line_message(info: GameInfo, number: int, at: datetime, line: Line, *, names: Names | None = None) -> Message:
    """A line of the chat, said at this instant, which is the event of this number."""
    return _Teller(info, at, names or {}).line(line, number)


@dataclass(frozen=True, slots=True)
class _Teller:
    info: GameInfo
    now: datetime
    names: Names

    def messages(self, before: LiveGame, event: Event, after: LiveGame, follower: Event | None) -> Iterator[Message]:
        """What is told of one event. `follower`: the one that happens at once after it."""
        yield from self._of_event(event, after, follower)
        has_clock = isinstance(event, _WITH_CLOCK) or after.clock is not before.clock
        # After the second pass the clock that runs is never seen: the next event stops it.
        if has_clock and not isinstance(follower, StoneRemovalBegan):
            yield self.clock(after, tells_pause=after.clock.pauses != before.clock.pauses)
        if isinstance(event, _ENDS_REPLIES):
            yield from (self.replies(color, {}, after) for color, replies in before.replies.items() if replies)
        if isinstance(event, UndoAccepted):
            # Programs take nothing back themselves: they begin anew with the whole game.
            yield from (self.gamedata(after, color) for color in Color if self.info.opponent(color).is_bot)

    def _of_event(self, event: Event, after: LiveGame, follower: Event | None) -> Iterator[Message]:
        match event:
            case MovePlayed():
                yield self._move(event, after)
            case StoneRemovalBegan() | MarkingRejected():
                yield self._phase(after)
            case UndoRequested() | UndoCancelled() | UndoAccepted():
                yield self._undo(event)
            case PointsMarked():
                yield self._marked(event, after)
            case MarkingAccepted(seat):
                yield self._accepted(seat, after, follower)
            case RepliesPrepared(seat, replies):
                yield self.replies(seat, replies, after)
            case LineSaid(line):
                yield self.line(line, after.version)
            case GameEnded():
                yield self._phase(after)
                yield self.gamedata(after)
            case GameStopped() | GameWentOn():
                pass  # the clock says it

    def clock(self, game: LiveGame, *, tells_pause: bool) -> Message:
        return self._message("clock", clock_of(self.info, game, self.now, tells_pause=tells_pause))

    def gamedata(self, game: LiveGame, audience: Audience = None) -> Message:
        return self._message("gamedata", gamedata(self.info, game, self.now), audience)

    def replies(self, seat: Color, replies: Replies, game: LiveGame) -> Message:
        """The board reads `moves`, where null is none; the types of OGS' protocol name the other member."""
        tree = replies_to_json(replies)
        payload: Json = {
            "game_id": self.info.id,
            "player_id": self.info.opponent(seat).id,
            "move_number": len(game.moves),
            "moves": tree if replies else None,
            "conditional_moves": tree,
        }
        return self._message("conditional_moves", payload, seat)

    def line(self, line: Line, number: int) -> Message:
        told: Json = {
            "chat_id": f"{self.info.id}-{number}",
            "body": line.body,
            "date": epoch_seconds(self.now),
            "move_number": line.move_number,
            "channel": line.channel.value,
            "player_id": line.author,
        }
        author = None if line.seat is None else self.info.opponent(line.seat)
        told |= {"username": self.names.get(line.author, "")} if author is None else _person(author)
        return self._message("chat", {"channel": line.channel.value, "line": told}, line)

    def _move(self, event: MovePlayed, after: LiveGame) -> Message:
        payload: Json = {"game_id": self.info.id, "move_number": len(after.moves), "move": move_array(event)}
        return self._message("move", payload)

    def _phase(self, after: LiveGame) -> Message:
        return self._message("phase", after.phase.value)

    def _undo(self, event: UndoRequested | UndoCancelled | UndoAccepted) -> Message:
        match event:
            case UndoRequested(seat, move_number, count):
                requester = self.info.opponent(seat).id
                request: Json = {"move_number": move_number, "requested_by": requester, "undo_move_count": count}
                return self._message("undo_requested", request)
            case UndoCancelled(move_number=move_number):
                return self._message("undo_canceled", move_number)
            case UndoAccepted(move_number, count):
                return self._message("undo_accepted", {"move_number": move_number, "undo_move_count": count})

    def _marked(self, event: PointsMarked, after: LiveGame) -> Message:
        payload: Json = {
            "removed": event.is_marked,
            "stones": sorted_letters(event.points),
            "all_removed": sorted_letters(after.marked),
        }
        return self._message("removed_stones", payload)

    def _accepted(self, seat: Color | None, after: LiveGame, follower: Event | None) -> Message:
        """With the second player's agreement the game ends at once, and this message says so too."""
        game = evolve(after, follower) if isinstance(follower, GameEnded) else after
        payload: Json = {
            "player_id": BOTH if seat is None else self.info.opponent(seat).id,
            "stones": sorted_letters(game.marked),
            "strict_seki_mode": False,
            "players": players_of(self.info, game),
            "phase": game.phase.value,
        }
        if isinstance(follower, GameEnded):
            payload |= ending_members(self.info, follower.outcome, follower.at)
        return self._message("removed_stones_accepted", payload)

    def _message(self, event: str, payload: object, audience: Audience = None) -> Message:
        return Message(f"game/{self.info.id}/{event}", payload, audience)


def _person(author: Opponent) -> Json:
    return {
        "username": author.name,
        "ranking": float(author.ranking),
        "professional": False,
        "ui_class": "bot" if author.is_bot else "",
        "country": author.country,
    }
