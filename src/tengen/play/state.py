"""A live game as a state machine: commands in, events out. Pure.

`decide` (`tengen.play.decisions`) refuses a command or says what happens; `evolve` makes the next state of what has
happened, and never fails. Events are numbered from 1 in the order in which they happen: `version` is the number of the
last one.

    play ── two passes ──> stone removal ── both agree, or its time is up ──> finished
      │ ^                        │
      │ └──── one rejects ───────┘
      └── resigned, time is up, called off ─────────────────────────────────> finished
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tengen.go.board import Board
from tengen.go.points import Color, Point
from tengen.play.clocks import GameClock
from tengen.play.conditional_moves import Replies
from tengen.play.events import (
    Event,
    GameEnded,
    GameStopped,
    GameWentOn,
    LineSaid,
    MarkingAccepted,
    MarkingRejected,
    MovePlayed,
    OtherEvent,
    PointsMarked,
    RepliesPrepared,
    StoneRemovalBegan,
    UndoAccepted,
    UndoCancelled,
    UndoRequested,
)
from tengen.play.outcomes import Outcome
from tengen.play.scores import Score, score_of
from tengen.play.terms import GameTerms
from tengen.play.time_systems import TimeLeft


class Phase(StrEnum):
    """Where in its life a game is; the value is the word on the wire."""

    PLAY = "play"
    STONE_REMOVAL = "stone removal"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class PlayedMove:
    """A move of the game, with what Black and White had left before it."""

    seat: Color
    point: Point | None
    spent: timedelta
    before: tuple[TimeLeft, TimeLeft]


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """A player asks to take back the last `count` moves of `move_number`."""

    seat: Color
    move_number: int
    count: int


class Positions:
    """The boards of a game. States share one of these, which keeps the board that was asked for last.

    The next position then costs a move, and not a copy of the board or the whole game played again.
    """

    def __init__(self, terms: GameTerms) -> None:
        self._terms = terms
        self._board = terms.first_board()
        self._moves: tuple[PlayedMove, ...] = ()

    def after(self, moves: tuple[PlayedMove, ...]) -> Board:
        """The board after these moves. It is the game's: look, and do not touch."""
        known = len(self._moves)
        # Each move is made once, behind those that it follows: where it stands, they stand before it.
        if self._moves and (len(moves) < known or moves[known - 1] is not self._moves[-1]):
            self._board, known = self._terms.first_board(), 0
        for move in moves[known:]:
            if move.point is None:
                self._board.play_pass(move.seat)
            else:
                # They were judged when they were played; what has happened is not judged again.
                self._board.play_anyway(move.seat, move.point)
        self._moves = moves
        return self._board


@dataclass(frozen=True, slots=True)
class LiveGame:
    """The state of a game after its latest event."""

    terms: GameTerms
    clock: GameClock
    positions: Positions = field(compare=False, repr=False)
    version: int = 0
    phase: Phase = Phase.PLAY
    moves: tuple[PlayedMove, ...] = ()
    resumed_at: int = 0
    """How many moves there were when play went on after stone removal; passes before do not end it again."""
    undo: UndoRequest | None = None
    marked: frozenset[Point] = frozenset()
    accepted: frozenset[Color] = frozenset()
    """Who agrees with what is marked."""
    removal_expires_at: datetime | None = None
    replies: Mapping[Color, Replies] = field(default_factory=dict)
    """Conditional moves, by the player who has prepared them."""
    outcome: Outcome | None = None
    ended_at: datetime | None = None

    @classmethod
    def start(cls, terms: GameTerms, now: datetime) -> "LiveGame":
        """A game that begins at `now`."""
        return cls(terms, GameClock.start(terms.control, terms.first_to_move, now), Positions(terms))

    @property
    def board(self) -> Board:
        """The board as it is: to be looked at, not to be changed."""
        return self.positions.after(self.moves)

    @property
    def to_move(self) -> Color:
        """Whose turn it is."""
        return self.clock.to_move

    @property
    def is_over(self) -> bool:
        """Whether the game has ended."""
        return self.phase is Phase.FINISHED

    @property
    def may_be_cancelled(self) -> bool:
        """Whether a player may call it off."""
        return self.phase is Phase.PLAY and self.terms.may_be_cancelled and len(self.moves) <= self.terms.young_until

    @property
    def next_check_at(self) -> datetime | None:
        """When `CheckTime` will end the game if nothing happens before; None if it will not."""
        match self.phase:
            case Phase.PLAY:
                return self.clock.expires_at
            case Phase.STONE_REMOVAL:
                return self.removal_expires_at
        return None

    @property
    def score(self) -> Score:
        """What the game counts with the present marking."""
        return score_of(self.board, self.marked, komi=self.terms.komi, handicap=self.terms.handicap)


def evolve_all(game: LiveGame, events: Iterable[Event]) -> LiveGame:
    """The state after these events."""
    for event in events:
        game = evolve(game, event)
    return game


def evolve(game: LiveGame, event: Event) -> LiveGame:
    """The state after the event."""
    if isinstance(event, MovePlayed):
        return _moved(game, event)
    return replace(game, version=game.version + 1, **_changes(game, event))


def _moved(game: LiveGame, event: MovePlayed) -> LiveGame:
    """The state after a move. Nearly all events are moves, and `replace` costs more than all else about them."""
    move = PlayedMove(event.seat, event.point, event.spent, (game.clock.black, game.clock.white))
    return LiveGame(
        game.terms,
        event.clock,
        game.positions,
        game.version + 1,
        game.phase,
        (*game.moves, move),
        game.resumed_at,
        None,
        game.marked,
        game.accepted,
        game.removal_expires_at,
        game.replies,
        game.outcome,
        game.ended_at,
    )


def _changes(game: LiveGame, event: OtherEvent) -> dict[str, Any]:
    """The parts of the state that the event changes."""
    match event:
        case UndoRequested(seat, move_number, count):
            return {"undo": UndoRequest(seat, move_number, count)}
        case UndoCancelled():
            return {"undo": None}
        case UndoAccepted(move_number=number, clock=clock):
            resumed_at = min(game.resumed_at, number)
            return {"moves": game.moves[:number], "clock": clock, "undo": None, "replies": {}, "resumed_at": resumed_at}
        case GameStopped(clock=clock) | GameWentOn(clock=clock):
            return {"clock": clock}
        case RepliesPrepared(seat, replies):
            return {"replies": {**game.replies, seat: replies}}
        case GameEnded(outcome, at):
            over = {"phase": Phase.FINISHED, "outcome": outcome, "ended_at": at}
            return {**over, "undo": None, "replies": {}, "removal_expires_at": None}
        case LineSaid():
            return {}
    return _changes_of_removal(game, event)


def _changes_of_removal(
    game: LiveGame, event: StoneRemovalBegan | PointsMarked | MarkingAccepted | MarkingRejected
) -> dict[str, Any]:
    match event:
        case StoneRemovalBegan(clock, expires_at):
            began = {"phase": Phase.STONE_REMOVAL, "clock": clock, "removal_expires_at": expires_at}
            return {**began, "undo": None, "replies": {}}
        case PointsMarked(points=points, is_marked=is_marked, expires_at=expires_at):
            marked = game.marked | points if is_marked else game.marked - points
            return {"marked": marked, "accepted": frozenset(), "removal_expires_at": expires_at}
        case MarkingAccepted(seat):
            return {"accepted": game.accepted | (set(Color) if seat is None else {seat})}
        case MarkingRejected(clock=clock):
            rejected = {"phase": Phase.PLAY, "clock": clock, "resumed_at": len(game.moves)}
            return {**rejected, "marked": frozenset(), "accepted": frozenset(), "removal_expires_at": None}
