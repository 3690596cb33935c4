"""What a live game answers to commands: the events that follow, or a refusal. Pure.

A flag that has fallen ends the game whatever command finds it so; the command itself is then not carried out. So every
worker, with or without a clock of its own running, comes to the same end.
"""

from datetime import datetime, timedelta

from tengen.go.board import IllegalMove
from tengen.go.points import Color, InvalidPoint
from tengen.play import refusals
from tengen.play.chat import Line, channel_for, check_body
from tengen.play.clocks import NotYourTurn, Pause, PauseReason, whole_milliseconds
from tengen.play.commands import (
    AcceptMarking,
    AcceptUndo,
    CancelGame,
    CancelUndo,
    CheckTime,
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
from tengen.play.outcomes import GameEnding, Outcome
from tengen.play.state import LiveGame, Phase, UndoRequest, evolve
from tengen.play.time_systems import NO_TIME

_STONE_REMOVAL = Pause(PauseReason.STONE_REMOVAL)

_InPlay = PlayMove | RequestUndo | AcceptUndo | CancelUndo | PauseGame | ResumeGame | CancelGame | PrepareReplies
_InStoneRemoval = MarkPoints | AcceptMarking | RejectMarking


def decide(game: LiveGame, command: Command, now: datetime, *, lag: timedelta = NO_TIME) -> list[Event]:
    """What happens when this is asked of the game at `now`; nothing, if it is so already.

    `lag`: how long messages of the player to move take to come here, as measured, whoever asks: within the bound of
    the clock it is credited to a move, and the flag falls so much later.

    Raises what `refusals` names, the kinds of `IllegalMove`, the refusals of the clock, and `InvalidChat`.
    """
    now = whole_milliseconds(now)
    if isinstance(command, Say):
        return _say(game, command)
    if game.is_over:
        if isinstance(command, CheckTime):
            return []
        raise refusals.GameIsOver(f"The game has ended: {game.outcome}.")
    return _time_is_up(game, now, lag) or _carry_out(game, command, now, lag)


def _carry_out(game: LiveGame, command: Command, now: datetime, lag: timedelta) -> list[Event]:
    match command:
        case Resign(seat=seat):
            return [GameEnded(Outcome(GameEnding.RESIGNATION, seat.opponent), now)]
        case MarkPoints() | AcceptMarking() | RejectMarking():
            if game.phase is not Phase.STONE_REMOVAL:
                raise refusals.NotInStoneRemoval("The game is being played: points are marked when both have passed.")
            return _settle(game, command, now)
        case CheckTime() | Say():
            return []
    if game.phase is not Phase.PLAY:
        raise refusals.NotInPlay("Both have passed: agree on the dead stones, or reject them to play on.")
    return _play_on(game, command, now, lag)


def _play_on(game: LiveGame, command: _InPlay, now: datetime, lag: timedelta) -> list[Event]:
    match command:
        case PlayMove():
            return _play(game, command, now, lag)
        case RequestUndo():
            return _request_undo(game, command)
        case AcceptUndo():
            return _accept_undo(game, command, now)
        case CancelUndo(seat=seat):
            return [UndoCancelled(seat, _pending_undo(game).move_number)]
        case PauseGame(seat=seat):
            return [GameStopped(seat, game.clock.paused(Pause(PauseReason.PLAYER, seat), now))]
        case ResumeGame(seat=seat):
            return [GameWentOn(seat, game.clock.resumed(PauseReason.PLAYER, now))]
        case CancelGame(seat=seat):
            return _cancel(game, seat, now)
        case PrepareReplies():
            return _prepare_replies(game, command)


def _settle(game: LiveGame, command: _InStoneRemoval, now: datetime) -> list[Event]:
    match command:
        case MarkPoints():
            return _mark(game, command, now)
        case AcceptMarking():
            return _accept_marking(game, command, now)
        case RejectMarking(seat=seat):
            return [MarkingRejected(seat, game.clock.resumed(PauseReason.STONE_REMOVAL, now))]


def _time_is_up(game: LiveGame, now: datetime, lag: timedelta) -> list[Event]:
    """How the game ends because it is so late; nothing if it is not."""
    if game.phase is Phase.STONE_REMOVAL:
        is_late = game.removal_expires_at is not None and now >= game.removal_expires_at
        return _agreed(game, None, now) if is_late else []
    if not game.clock.timed_out(now, lag):
        return []
    ending = GameEnding.CANCELLATION if game.clock.is_starting else GameEnding.TIMEOUT
    return [GameEnded(Outcome(ending, game.to_move.opponent), now)]


def _play(game: LiveGame, command: PlayMove, now: datetime, lag: timedelta) -> list[Event]:
    """The move, and what it leads to."""
    move = _move(game, command, now, lag)
    return [move, *_what_follows(game, move, now)]


def _move(game: LiveGame, command: PlayMove, now: datetime, lag: timedelta) -> MovePlayed:
    """The move, if the rules and the clock allow it."""
    seat, point = command.seat, command.point
    if seat is not game.to_move:
        raise NotYourTurn(f"It is {game.to_move}'s turn.")
    to_place = game.terms.stones_to_place - len(game.moves)
    if point is None:
        if to_place > 0:
            raise refusals.HandicapNotPlaced(f"Black has {to_place} handicap stones to place before he can pass.")
    elif (refusal := game.board.refusal(seat, point)) is not None:
        raise refusal(seat, point, game.terms.size)
    next_to_move = seat if to_place > 1 else seat.opponent
    clock = game.clock.moved(seat, now, lag=lag, next_to_move=next_to_move)
    return MovePlayed(seat, point, game.clock.charge(now, lag), clock)


def _what_follows(game: LiveGame, move: MovePlayed, now: datetime) -> list[Event]:
    """Stone removal after the second pass in a row; or the reply that the opponent has prepared."""
    since_resumed = game.moves[game.resumed_at :]
    if move.point is None and since_resumed and since_resumed[-1].point is None:
        return [StoneRemovalBegan(move.clock.paused(_STONE_REMOVAL, now), _removal_end(game, now))]
    replier = move.seat.opponent
    prepared = game.replies.get(replier, {})
    if not prepared:
        return []
    reply = prepared.get(move.point)
    if reply is None:
        return [RepliesPrepared(replier, {})]
    after = evolve(game, move)
    try:
        answer = _move(after, PlayMove(replier, reply.move), now, NO_TIME)
    except (IllegalMove, NotYourTurn):
        return [RepliesPrepared(replier, {})]
    # Nobody answers the answer: what the other side had prepared was played or dropped before it could move.
    return [answer, RepliesPrepared(replier, reply.then), *_what_follows(after, answer, now)]


def _request_undo(game: LiveGame, command: RequestUndo) -> list[Event]:
    _check_number(command.move_number, len(game.moves))
    if game.undo is not None:
        raise refusals.UndoPending("An undo is asked for already: it can be accepted or cancelled.")
    seats = [move.seat for move in reversed(game.moves)]
    if command.seat not in seats:
        raise refusals.NothingToUndo(f"{command.seat} has not moved yet.")
    return [UndoRequested(command.seat, len(game.moves), seats.index(command.seat) + 1)]


def _accept_undo(game: LiveGame, command: AcceptUndo, now: datetime) -> list[Event]:
    request = _pending_undo(game)
    if request.seat is command.seat:
        raise refusals.NoUndoRequested("Only the opponent can accept an undo.")
    _check_number(command.move_number, request.move_number)
    first_undone = game.moves[-request.count]
    clock = game.clock.turned_back(first_undone.seat, *first_undone.before, now)
    return [UndoAccepted(len(game.moves) - request.count, request.count, clock)]


def _cancel(game: LiveGame, seat: Color, now: datetime) -> list[Event]:
    if not game.terms.may_be_cancelled:
        raise refusals.TooLateToCancel("A game of a tournament cannot be called off.")
    if not game.may_be_cancelled:
        raise refusals.TooLateToCancel(f"A game can be called off until move {game.terms.young_until}: resign instead.")
    return [GameEnded(Outcome(GameEnding.CANCELLATION, seat.opponent), now)]


def _mark(game: LiveGame, command: MarkPoints, now: datetime) -> list[Event]:
    if not all(map(game.terms.size.has, command.points)):
        raise InvalidPoint("Only points of the board can be marked.")
    changed = command.points - game.marked if command.is_marked else command.points & game.marked
    if not changed:
        return []
    return [PointsMarked(command.seat, changed, command.is_marked, _removal_end(game, now))]


def _accept_marking(game: LiveGame, command: AcceptMarking, now: datetime) -> list[Event]:
    if command.points != game.marked:
        raise refusals.MarkingDiffers("Other points are marked now: look at them, and accept those.")
    return [] if command.seat in game.accepted else _agreed(game, command.seat, now)


def _agreed(game: LiveGame, seat: Color | None, now: datetime) -> list[Event]:
    """A player, or with None the platform for both, accepts the marking."""
    accepted = MarkingAccepted(seat)
    if seat is not None and seat.opponent not in game.accepted:
        return [accepted]
    return [accepted, GameEnded(Outcome.by_score(game.score), now)]


def _prepare_replies(game: LiveGame, command: PrepareReplies) -> list[Event]:
    if command.replies:
        _check_number(command.move_number, len(game.moves))
        if command.seat is game.to_move:
            raise refusals.NotOpponentsTurn("It is your own turn: conditional moves are prepared in the opponent's.")
    if command.replies == game.replies.get(command.seat, {}):
        return []
    return [RepliesPrepared(command.seat, command.replies)]


def _say(game: LiveGame, command: Say) -> list[Event]:
    channel = channel_for(command.channel, command.seat, is_over=game.is_over)
    said_at = command.move_number
    if said_at is None or not 0 <= said_at <= len(game.moves):
        said_at = len(game.moves)
    return [LineSaid(Line(command.author, command.seat, channel, check_body(command.body), said_at))]


def _removal_end(game: LiveGame, now: datetime) -> datetime:
    return now + game.terms.control.stone_removal_time


def _pending_undo(game: LiveGame) -> UndoRequest:
    if game.undo is None:
        raise refusals.NoUndoRequested("Nobody has asked for an undo.")
    return game.undo


def _check_number(told: int, is_now: int) -> None:
    if told != is_now:
        raise refusals.GameHasMovedOn(f"That is about move {told}, and the game is at move {is_now}.")
