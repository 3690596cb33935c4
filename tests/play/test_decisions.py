"""What live games answer to commands: moves, passes, undo, pauses, the end."""

from datetime import timedelta

import pytest

from tengen.core.errors import TengenError
from tengen.go.board import Ko, Occupied, OutsideBoard, Suicide, Superko
from tengen.go.points import Color, InvalidPoint, Point
from tengen.go.rulesets import CHINESE, JAPANESE, NEW_ZEALAND
from tengen.play.chat import Channel
from tengen.play.clocks import AlreadyPaused, NoPausesLeft, NotPaused, NotYourTurn, PauseReason, TimeIsUp
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
from tengen.play.conditional_moves import Replies, Reply
from tengen.play.decisions import decide
from tengen.play.events import (
    GameEnded,
    MarkingAccepted,
    MovePlayed,
    PointsMarked,
    RepliesPrepared,
    StoneRemovalBegan,
    UndoRequested,
)
from tengen.play.outcomes import GameEnding
from tengen.play.refusals import (
    GameHasMovedOn,
    GameIsOver,
    HandicapNotPlaced,
    MarkingDiffers,
    NothingToUndo,
    NotInPlay,
    NotInStoneRemoval,
    NotOpponentsTurn,
    NoUndoRequested,
    TooLateToCancel,
    UndoPending,
)
from tengen.play.state import LiveGame, Phase
from tests.play.builders import (
    ABSOLUTE,
    BLACK,
    BYOYOMI,
    DAY,
    FISCHER,
    HOUR,
    MILLISECOND,
    MINUTE,
    NOON,
    SECOND,
    SIMPLE,
    SMALL,
    TITLE,
    WHITE,
    a_game,
    a_point,
    asked,
    played_on,
    points,
    seconds,
)

TWO_PASSES = "C3 G7 pass pass"


def move(seat: Color, vertex: str) -> PlayMove:
    """The command to play there."""
    return PlayMove(seat, a_point(vertex, SMALL))


def ending(game: LiveGame) -> tuple[GameEnding, Color | None]:
    """How the game ended, and for whom."""
    assert game.phase is Phase.FINISHED
    assert game.outcome is not None
    return game.outcome.ending, game.outcome.winner


# ── moves ──


def test_a_move_is_played_and_told_with_the_clock() -> None:
    game = a_game(system=FISCHER, moves="C3 G7")
    now = game.clock.since + 10 * SECOND
    (event,) = decide(game, move(BLACK, "D4"), now)
    assert event == MovePlayed(BLACK, Point(3, 5), 10 * SECOND, game.clock.moved(BLACK, now))
    after = asked(game, move(BLACK, "D4"), now)
    assert (after.to_move, after.clock.black, after.version) == (WHITE, seconds(30), 3)
    assert (str(after.board).count("X"), str(after.board).count("O")) == (2, 1)


def test_a_state_is_not_changed_by_what_follows_it() -> None:
    game = a_game(moves="C3 G7")
    later = played_on(game, "D4 F6")
    assert str(later.board).count("X") == 2
    assert str(game.board).count("X") == 1
    assert str(later.board).count("O") == 2


def test_states_that_part_have_boards_of_their_own() -> None:
    game = a_game(moves="C3 G7")
    one, other = played_on(game, "D4"), played_on(game, "F6")
    for _ in range(2):
        assert one.board.stones(BLACK) == points("C3 D4")
        assert other.board.stones(BLACK) == points("C3 F6")


@pytest.mark.parametrize(
    ("moves", "command", "refusal"),
    [
        ("C3", move(BLACK, "D4"), NotYourTurn),
        ("C3", move(WHITE, "C3"), Occupied),
        ("C3", PlayMove(WHITE, Point(9, 0)), OutsideBoard),
        ("A2 E5 B1", move(WHITE, "A1"), Suicide),
    ],
)
def test_the_rules_refuse_moves(moves: str, command: PlayMove, refusal: type[TengenError]) -> None:
    game = a_game(moves=moves)
    with pytest.raises(refusal):
        decide(game, command, game.clock.since)


def test_a_ko_is_not_taken_back_at_once() -> None:
    # Black has D5 E4 E6, White G5 F4 F6 and E5; Black's stone at F5 takes E5.
    game = a_game(moves="D5 G5 E4 F4 E6 F6 B2 E5 F5")
    assert str(game.board).count("O") == 3
    with pytest.raises(Ko):
        decide(game, move(WHITE, "E5"), game.clock.since)
    game = played_on(game, "H2 C2 E5")
    assert game.board[Point(5, 4)] is None


def test_rulesets_differ_in_what_they_forbid() -> None:
    two_stones = "A3 A2 B2 H8 C1 H7 pass A1"  # White has A1 and A2; B1 is their last liberty
    chinese = a_game(rules=CHINESE, moves=two_stones)
    with pytest.raises(Suicide):
        decide(played_on(chinese, "H1"), move(WHITE, "B1"), chinese.clock.since + 2 * SECOND)
    new_zealand = played_on(a_game(rules=NEW_ZEALAND, moves=two_stones), "H1 B1")
    assert new_zealand.board[Point(0, 8)] is None


def test_superko_looks_at_the_whole_game() -> None:
    """Sending two, returning one: White throws in two stones, Black takes them, White takes one back."""
    diagram_moves = "A2 D1 B2 C2 pass B1 pass A1 C1"
    game = a_game(rules=CHINESE, moves=diagram_moves)
    assert game.board[Point(0, 8)] is None  # A1 and B1 are captured
    with pytest.raises(Superko):
        # White at B1 captures C1, and all is as after White's first B1.
        decide(game, move(WHITE, "B1"), game.clock.since)
    japanese = a_game(rules=JAPANESE, moves=diagram_moves)
    assert asked(japanese, move(WHITE, "B1")).board[Point(2, 8)] is None


def test_black_places_a_free_handicap_before_white_moves() -> None:
    game = a_game(rules=CHINESE, handicap=3)
    assert game.to_move is BLACK
    with pytest.raises(HandicapNotPlaced, match="3 handicap stones"):
        decide(game, move(BLACK, "pass"), NOON)
    game = played_on(game, "C3 G7")
    with pytest.raises(NotYourTurn):
        decide(game, move(WHITE, "E5"), game.clock.since)
    with pytest.raises(HandicapNotPlaced, match="1 handicap stone"):
        decide(game, move(BLACK, "pass"), game.clock.since)
    game = played_on(game, "G3")
    assert game.to_move is WHITE
    assert played_on(game, "E5").to_move is BLACK


def test_fixed_handicap_stones_are_there_and_white_begins() -> None:
    game = a_game(handicap=2)
    assert game.to_move is WHITE
    assert game.board.stones(BLACK) == points("G7 C3")
    assert (game.terms.komi, game.moves) == (0.5, ())


# ── time ──


def test_a_move_after_the_flag_ends_the_game_instead() -> None:
    game = a_game(system=ABSOLUTE, moves="C3 G7")
    now = game.clock.since + 60 * SECOND  # the first move cost nothing
    assert game.next_check_at == now
    assert asked(game, move(BLACK, "D4"), now - MILLISECOND).phase is Phase.PLAY
    assert decide(game, move(BLACK, "D4"), now)[0] == decide(game, CheckTime(), now)[0]
    ended = asked(game, move(BLACK, "D4"), now)
    assert ending(ended) == (GameEnding.TIMEOUT, WHITE)
    assert (ended.moves, ended.ended_at, ended.next_check_at) == (game.moves, now, None)


def test_the_lag_of_the_player_to_move_saves_a_move_whoever_asks_in_between() -> None:
    game = a_game(system=SIMPLE, moves="C3")
    late, lag = game.clock.since + 15 * SECOND + 100 * MILLISECOND, 200 * MILLISECOND
    assert decide(game, CheckTime(), late, lag=lag) == []
    (request,) = decide(game, RequestUndo(BLACK, 1), late, lag=lag)
    assert isinstance(request, UndoRequested)
    (played,) = decide(game, move(WHITE, "G7"), late, lag=lag)
    assert isinstance(played, MovePlayed)
    assert played.spent == 14900 * MILLISECOND
    assert ending(asked(game, move(WHITE, "G7"), late)) == (GameEnding.TIMEOUT, BLACK)
    with pytest.raises(TimeIsUp):
        decide(game, PauseGame(WHITE), late, lag=lag)


def test_a_game_that_nobody_begins_is_cancelled() -> None:
    game = a_game()
    assert decide(game, CheckTime(), NOON + 5 * MINUTE - MILLISECOND) == []
    ended = asked(game, CheckTime(), NOON + 5 * MINUTE)
    assert ending(ended) == (GameEnding.CANCELLATION, WHITE)
    assert ended.outcome is not None
    assert ended.outcome.is_annulled


# ── pauses ──


def test_either_player_stops_the_clock_and_lets_it_go_on() -> None:
    game = a_game(system=ABSOLUTE, moves="C3 G7")
    at = game.clock.since + 10 * SECOND
    game = asked(game, PauseGame(WHITE), at)
    assert game.next_check_at is None
    with pytest.raises(AlreadyPaused):
        decide(game, PauseGame(BLACK), at)
    game = asked(game, ResumeGame(BLACK), at + HOUR)
    assert game.next_check_at == at + HOUR + 50 * SECOND
    with pytest.raises(NotPaused):
        decide(game, ResumeGame(BLACK), at + HOUR)


def test_a_move_in_a_paused_game_lets_it_go_on() -> None:
    game = asked(a_game(moves="C3"), PauseGame(BLACK))
    assert asked(game, move(WHITE, "G7"), NOON + DAY).clock.pauses == ()


def test_pauses_run_out() -> None:
    game = a_game(moves="C3")
    for _ in range(5):
        game = asked(asked(game, PauseGame(WHITE)), ResumeGame(WHITE))
    with pytest.raises(NoPausesLeft):
        decide(game, PauseGame(WHITE), game.clock.since)


# ── undo ──


def test_an_undo_may_reach_back_before_stone_removal() -> None:
    game = asked(a_game(moves=TWO_PASSES), RejectMarking(BLACK))
    game = asked(asked(game, RequestUndo(BLACK, 4)), AcceptUndo(WHITE, 4))
    assert len(game.moves) == 2
    assert played_on(game, "pass pass").phase is Phase.STONE_REMOVAL


@pytest.mark.parametrize(
    ("seat", "count", "left"),
    [(WHITE, 1, "C3 G7 D4"), (BLACK, 2, "C3 G7")],
)
def test_an_undo_takes_back_the_last_move_of_who_asks(seat: Color, count: int, left: str) -> None:
    game = a_game(moves="C3 G7 D4 F6")
    (request,) = decide(game, RequestUndo(seat, 4), game.clock.since)
    assert request == UndoRequested(seat, 4, count)
    game = asked(game, RequestUndo(seat, 4))
    game = asked(game, AcceptUndo(seat.opponent, 4))
    expected = a_game(moves=left)
    assert (game.moves, game.to_move, str(game.board)) == (expected.moves, seat, str(expected.board))
    assert game.undo is None
    assert (game.clock.black, game.clock.white) == (expected.clock.black, expected.clock.white)


def test_undone_moves_can_be_played_otherwise() -> None:
    game = asked(asked(a_game(moves="C3 G7 D4"), RequestUndo(BLACK, 3)), AcceptUndo(WHITE, 3))
    assert str(played_on(game, "E5").board) == str(a_game(moves="C3 G7 E5").board)


@pytest.mark.parametrize(
    ("moves", "commands", "refusal"),
    [
        ("", [RequestUndo(BLACK, 0)], NothingToUndo),
        ("C3", [RequestUndo(WHITE, 1)], NothingToUndo),
        ("C3", [RequestUndo(BLACK, 0)], GameHasMovedOn),
        ("C3 G7", [RequestUndo(BLACK, 2), RequestUndo(BLACK, 2)], UndoPending),
        ("C3 G7", [RequestUndo(BLACK, 2), RequestUndo(WHITE, 2)], UndoPending),
        ("C3 G7", [AcceptUndo(BLACK, 2)], NoUndoRequested),
        ("C3 G7", [CancelUndo(BLACK)], NoUndoRequested),
        ("C3 G7", [RequestUndo(BLACK, 2), AcceptUndo(BLACK, 2)], NoUndoRequested),
        ("C3 G7", [RequestUndo(BLACK, 2), AcceptUndo(WHITE, 1)], GameHasMovedOn),
        ("C3 G7", [RequestUndo(BLACK, 2), CancelUndo(WHITE), AcceptUndo(WHITE, 2)], NoUndoRequested),
        ("C3 G7", [RequestUndo(BLACK, 2), CancelUndo(BLACK), AcceptUndo(WHITE, 2)], NoUndoRequested),
        ("C3 G7", [RequestUndo(BLACK, 2), move(BLACK, "D4"), AcceptUndo(WHITE, 2)], NoUndoRequested),
    ],
)
def test_an_undo_needs_a_request_about_the_game_as_it_is(
    moves: str, commands: list[Command], refusal: type[TengenError]
) -> None:
    game = a_game(moves=moves)
    *earlier, last = commands
    for command in earlier:
        game = asked(game, command)
    with pytest.raises(refusal):
        decide(game, last, game.clock.since + SECOND)


# ── ends ──


@pytest.mark.parametrize("moves", ["", "C3", TWO_PASSES])
@pytest.mark.parametrize("seat", [BLACK, WHITE])
def test_a_player_may_resign_at_any_time(moves: str, seat: Color) -> None:
    assert ending(asked(a_game(moves=moves), Resign(seat))) == (GameEnding.RESIGNATION, seat.opponent)


# By the contract: up to 5 moves; with a free handicap of n up to 4 + n, 4 without one.
@pytest.mark.parametrize(
    ("game", "most"),
    [
        (a_game(), 5),
        (a_game(handicap=2), 5),
        (a_game(rules=CHINESE), 4),
        (a_game(rules=CHINESE, handicap=2), 6),
    ],
)
def test_a_young_game_may_be_called_off(game: LiveGame, most: int) -> None:
    game = played_on(game, " ".join(["C7", "D7", "E7", "F7", "C5", "D5", "E5", "F5"][:most]))
    assert ending(asked(game, CancelGame(BLACK))) == (GameEnding.CANCELLATION, WHITE)
    game = played_on(game, "H9")
    assert not game.may_be_cancelled
    with pytest.raises(TooLateToCancel, match=f"until move {most}"):
        decide(game, CancelGame(WHITE), game.clock.since)


def test_a_game_of_a_tournament_is_not_called_off() -> None:
    with pytest.raises(TooLateToCancel, match="tournament"):
        decide(a_game(may_be_cancelled=False), CancelGame(BLACK), NOON)


@pytest.mark.parametrize(
    "command",
    [
        move(BLACK, "D4"),
        RequestUndo(BLACK, 1),
        AcceptUndo(WHITE, 1),
        CancelUndo(BLACK),
        PauseGame(BLACK),
        ResumeGame(BLACK),
        Resign(BLACK),
        CancelGame(BLACK),
        MarkPoints(BLACK, frozenset(), True),
        AcceptMarking(BLACK, frozenset()),
        RejectMarking(BLACK),
        PrepareReplies(BLACK, 1, {}),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_can_be_done_in_a_game_that_has_ended(command: Command) -> None:
    game = asked(a_game(moves="C3"), Resign(WHITE))
    with pytest.raises(GameIsOver, match="The game has ended: Resignation"):
        decide(game, command, NOON + DAY)
    assert decide(game, CheckTime(), NOON + 100 * DAY) == []


# ── counting ──


def test_two_passes_in_a_row_begin_stone_removal() -> None:
    game = a_game(moves="C3 G7 pass")
    assert game.phase is Phase.PLAY
    now = game.clock.since + SECOND
    played, began = decide(game, move(WHITE, "pass"), now)
    assert isinstance(played, MovePlayed)
    assert isinstance(began, StoneRemovalBegan)
    assert began.expires_at == now + 5 * MINUTE
    game = asked(game, move(WHITE, "pass"), now)
    assert (game.phase, game.next_check_at) == (Phase.STONE_REMOVAL, now + 5 * MINUTE)
    assert [pause.reason for pause in game.clock.pauses] == [PauseReason.STONE_REMOVAL]
    assert len(game.moves) == 4


# Black has the left, White the right; Black's stone at G5 is dead.
WALLS = "D1 E1 D2 E2 D3 E3 D4 E4 D5 E5 D6 E6 D7 E7 D8 E8 D9 E9 G5 pass pass"


def test_both_agree_on_the_dead_and_the_game_is_counted() -> None:
    """By hand: Black has 27 points; White 36, one of them under the dead stone, a prisoner, and komi."""
    game = a_game(moves=WALLS)
    assert game.phase is Phase.STONE_REMOVAL
    now = game.clock.since + MINUTE
    dead = points("G5")
    (marked,) = decide(game, MarkPoints(None, dead, True), now)
    assert marked == PointsMarked(None, dead, True, now + 5 * MINUTE)
    game = asked(game, MarkPoints(None, dead, True), now)
    assert decide(game, AcceptMarking(BLACK, dead), now) == [MarkingAccepted(BLACK)]
    game = asked(game, AcceptMarking(BLACK, dead), now)
    assert decide(game, AcceptMarking(BLACK, dead), now) == []
    game = asked(game, AcceptMarking(WHITE, dead), now)
    assert ending(game) == (GameEnding.POINTS, WHITE)
    assert game.outcome is not None
    assert (str(game.outcome), str(game.outcome.result)) == ("16.5 points", "W+16.5")
    assert game.outcome.score is not None
    assert (game.outcome.score.black.total, game.outcome.score.white.total) == (27, 36 + 1 + 6.5)


def test_another_marking_takes_agreement_back() -> None:
    game = a_game(moves=WALLS)
    dead = points("G5")
    game = asked(game, AcceptMarking(BLACK, frozenset()))
    game = asked(game, MarkPoints(WHITE, dead, True), game.clock.since + 4 * MINUTE)
    assert (game.accepted, game.marked) == (frozenset(), dead)
    assert game.next_check_at == game.clock.since + 9 * MINUTE
    with pytest.raises(MarkingDiffers):
        decide(game, AcceptMarking(BLACK, frozenset()), game.clock.since + 5 * MINUTE)
    game = asked(game, AcceptMarking(WHITE, dead))
    assert asked(game, MarkPoints(BLACK, points("G5 A1"), False)).marked == frozenset()


def test_only_what_changes_is_told() -> None:
    game = asked(a_game(moves=WALLS), MarkPoints(BLACK, points("G5"), True))
    (event,) = decide(game, MarkPoints(BLACK, points("G5 A1"), True), game.clock.since)
    assert isinstance(event, PointsMarked)
    assert event.points == points("A1")
    assert decide(game, MarkPoints(BLACK, points("G5"), True), game.clock.since) == []
    assert decide(game, MarkPoints(BLACK, points("B2"), False), game.clock.since) == []


def test_a_marking_stays_on_the_board() -> None:
    game = a_game(moves=WALLS)
    with pytest.raises(InvalidPoint):
        decide(game, MarkPoints(BLACK, frozenset({Point(9, 0)}), True), game.clock.since)


@pytest.mark.parametrize("command", [CheckTime(), MarkPoints(BLACK, points("A1"), True)])
def test_when_the_time_to_agree_is_up_the_marking_counts(command: Command) -> None:
    game = asked(a_game(moves=WALLS), MarkPoints(BLACK, points("G5"), True))
    assert game.next_check_at is not None
    assert decide(game, CheckTime(), game.next_check_at - MILLISECOND) == []
    accepted, ended = decide(game, command, game.next_check_at)
    assert accepted == MarkingAccepted(None)
    assert isinstance(ended, GameEnded)
    assert str(ended.outcome) == "16.5 points"


def test_the_platform_may_agree_for_both() -> None:
    game = asked(a_game(moves=WALLS), AcceptMarking(None, frozenset()))
    assert (game.phase, game.accepted) == (Phase.FINISHED, frozenset(Color))


def test_who_rejects_plays_on() -> None:
    game = asked(a_game(moves=WALLS), MarkPoints(WHITE, points("G5"), True))
    now = game.clock.since + MINUTE
    game = asked(game, RejectMarking(BLACK), now)
    assert (game.phase, game.marked, game.accepted) == (Phase.PLAY, frozenset(), frozenset())
    assert (game.to_move, len(game.moves), game.clock.pauses) == (WHITE, 21, ())
    assert game.clock.left(WHITE, now) == game.clock.white
    game = played_on(game, "pass")  # one pass does not end it: those before do not count any more
    assert game.phase is Phase.PLAY
    assert played_on(game, "pass").phase is Phase.STONE_REMOVAL


@pytest.mark.parametrize(
    ("moves", "command", "refusal"),
    [
        (TWO_PASSES, move(BLACK, "D4"), NotInPlay),
        (TWO_PASSES, RequestUndo(BLACK, 4), NotInPlay),
        (TWO_PASSES, PauseGame(BLACK), NotInPlay),
        (TWO_PASSES, CancelGame(BLACK), NotInPlay),
        ("C3", MarkPoints(BLACK, points("C3"), True), NotInStoneRemoval),
        ("C3", AcceptMarking(BLACK, frozenset()), NotInStoneRemoval),
        ("C3", RejectMarking(BLACK), NotInStoneRemoval),
    ],
)
def test_each_phase_has_its_commands(moves: str, command: Command, refusal: type[TengenError]) -> None:
    game = a_game(moves=moves)
    with pytest.raises(refusal):
        decide(game, command, game.clock.since)


# ── conditional moves ──


def replies(*path: str) -> Replies:
    """The tree of one line: a move of the opponent, the reply, the opponent's next move, the reply to that."""
    if not path:
        return {}
    move, reply, *rest = path
    return {a_point(move, SMALL): Reply(a_point(reply, SMALL), replies(*rest))}


def test_a_prepared_reply_is_played_at_once() -> None:
    game = asked(a_game(moves="C3 G7 D4"), PrepareReplies(BLACK, 3, replies("F6", "E5", "F5", "E4")))
    now = game.clock.since + MINUTE
    played, reply, prepared = decide(game, move(WHITE, "F6"), now)
    assert isinstance(played, MovePlayed)
    assert isinstance(reply, MovePlayed)
    assert (reply.seat, reply.point, reply.spent) == (BLACK, a_point("E5", SMALL), timedelta())
    assert prepared == RepliesPrepared(BLACK, replies("F5", "E4"))
    game = asked(game, move(WHITE, "F6"), now)
    assert (game.to_move, len(game.moves)) == (WHITE, 5)
    game = asked(game, move(WHITE, "F5"))
    assert (game.to_move, len(game.moves), game.replies[BLACK]) == (WHITE, 7, {})


@pytest.mark.parametrize(
    ("prepared", "answer"),
    [
        (replies("F6", "E5"), "H8"),  # another move
        (replies("F6", "F6"), "F6"),  # an illegal reply
    ],
)
def test_replies_that_do_not_fit_are_dropped(prepared: Replies, answer: str) -> None:
    game = asked(a_game(moves="C3 G7 D4"), PrepareReplies(BLACK, 3, prepared))
    assert decide(game, move(WHITE, answer), game.clock.since)[1:] == [RepliesPrepared(BLACK, {})]
    assert asked(game, move(WHITE, answer)).to_move is BLACK


def test_an_undo_drops_replies() -> None:
    game = asked(a_game(moves="C3 G7 D4"), PrepareReplies(BLACK, 3, replies("F6", "E5")))
    undone = asked(asked(game, RequestUndo(BLACK, 3)), AcceptUndo(WHITE, 3))
    assert not undone.replies.get(BLACK)
    both = asked(game, PrepareReplies(BLACK, 3, replies("F6", "E5", "F5", "E4")))
    both = asked(both, move(WHITE, "F6"))
    both = asked(asked(both, RequestUndo(BLACK, 5)), AcceptUndo(WHITE, 5))
    assert not both.replies.get(BLACK)


def test_a_prepared_pass_may_end_play() -> None:
    game = asked(a_game(moves="C3 G7 D4"), PrepareReplies(BLACK, 3, replies("pass", "pass")))
    assert asked(game, move(WHITE, "pass")).phase is Phase.STONE_REMOVAL


def test_replies_are_prepared_in_the_opponents_turn() -> None:
    game = a_game(moves="C3 G7")
    with pytest.raises(NotOpponentsTurn):
        decide(game, PrepareReplies(BLACK, 2, replies("F6", "E5")), game.clock.since)
    with pytest.raises(GameHasMovedOn):
        decide(game, PrepareReplies(WHITE, 1, replies("F6", "E5")), game.clock.since)
    assert decide(game, PrepareReplies(WHITE, 2, {}), game.clock.since) == []
    game = asked(game, PrepareReplies(WHITE, 2, replies("F6", "E5")))
    assert decide(game, PrepareReplies(WHITE, 2, replies("F6", "E5")), game.clock.since) == []
    assert asked(game, PrepareReplies(WHITE, 0, {})).replies[WHITE] == {}


# ── talking ──


def test_players_talk_during_and_after_the_game() -> None:
    game = a_game(system=BYOYOMI, moves="C3")
    said = asked(game, Say(TITLE.black, BLACK, Channel.MAIN, "Good game!"), NOON + DAY)  # talking looks at no clock
    assert (said.phase, said.version) == (Phase.PLAY, game.version + 1)
    ended = asked(game, Resign(WHITE))
    assert asked(ended, Say(TITLE.white, WHITE, Channel.MAIN, "Thank you"), NOON + DAY).version == ended.version + 1
