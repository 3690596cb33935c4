"""Stored events: whatever happens in a game is written, read back, and leads to the same game again."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import RULESETS, Ruleset
from tengen.play.chat import Channel
from tengen.play.clocks import MAX_LAG_CREDIT
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
from tengen.play.events import Event, event_from_json, to_json
from tengen.play.state import LiveGame, Phase, evolve, evolve_all
from tengen.play.terms import GameTerms
from tengen.play.time_controls import TimeControl
from tests.play.builders import BYOYOMI, MILLISECOND, NOON, TITLE, a_control, a_game, asked, controls

Asked = Callable[[LiveGame], Command]

FOUR = Size.of(4)
colors = st.sampled_from(Color)
spots = st.builds(Point, st.integers(0, 3), st.integers(0, 3))
turns = st.none() | spots
sets = st.frozensets(spots, max_size=4)
numbers = st.integers(0, 12)
trees = st.dictionaries(turns, st.builds(Reply, turns, st.dictionaries(turns, st.builds(Reply, turns), max_size=2)))
lags = st.integers(0, 800).map(lambda number: number * MILLISECOND)

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(RequestUndo, colors, numbers),
    st.builds(AcceptUndo, colors, numbers),
    st.builds(CancelUndo, colors),
    st.builds(PauseGame, colors),
    st.builds(ResumeGame, colors),
    st.builds(Resign, colors),
    st.builds(CancelGame, colors),
    st.builds(MarkPoints, st.none() | colors, sets, st.booleans()),
    st.builds(AcceptMarking, colors, sets),
    st.builds(RejectMarking, colors),
    st.builds(PrepareReplies, colors, numbers, trees),
    st.builds(
        Say, st.just(TITLE.black), st.none() | colors, st.sampled_from(Channel), st.sampled_from(["a", {"b": 1}])
    ),
    st.builds(CheckTime),
)
turn = turns.map(lambda point: lambda game: PlayMove(game.to_move, point))
fixed = commands.map(lambda command: lambda _game: command)
happenings = st.lists(st.tuples(st.integers(0, 20_000), lags, st.one_of(turn, turn, turn, fixed)), max_size=40)
"""How many milliseconds later, with which lag, what is asked: most often a move of who is to move."""


def started(control: TimeControl, rules: Ruleset, handicap: int) -> LiveGame:
    """A game on a small board."""
    terms = GameTerms.agreed(
        size=FOUR, rules=rules, control=control, black=TITLE.black, white=TITLE.white, handicap=handicap
    )
    return LiveGame.start(terms, NOON)


def check(game: LiveGame, now: datetime, lag: timedelta) -> None:
    """What is true of every game."""
    assert (game.phase is Phase.FINISHED) == (game.outcome is not None) == (game.ended_at is not None)
    assert (game.phase is Phase.STONE_REMOVAL) == (game.removal_expires_at is not None)
    assert all(chain.liberties for chain in game.board.chains())
    assert game.undo is None or game.undo.move_number == len(game.moves)
    assert game.resumed_at <= len(game.moves)
    assert not game.replies.get(game.to_move)  # they answer the opponent, and are gone by then
    assert decide(game, CheckTime(), now, lag=lag) == []
    if game.next_check_at is not None:
        assert game.next_check_at > now - MAX_LAG_CREDIT
        assert evolve_all(game, decide(game, CheckTime(), game.next_check_at)).phase is Phase.FINISHED


@given(st.just(a_control(BYOYOMI)) | controls, st.sampled_from(list(RULESETS.values())), st.integers(0, 3), happenings)
def test_every_game_is_its_events(
    control: TimeControl,
    rules: Ruleset,
    handicap: int,
    happenings: list[tuple[int, timedelta, Asked]],
) -> None:
    """Any commands in any order are refused or lead on, and the stored events lead to the same game."""
    game = started(control, rules, handicap)
    now, stored = NOON, list[str]()
    for step, lag, command in happenings:
        now += timedelta(milliseconds=step, microseconds=7)
        try:
            events = decide(game, command(game), now, lag=lag)
        except TengenError:
            continue
        stored += [json.dumps(to_json(event)) for event in events]
        before, game = game, evolve_all(game, events)
        assert game.version == before.version + len(events) == len(stored)
        check(game, now, lag)
    again = started(control, rules, handicap)
    for text in stored:
        event = event_from_json(json.loads(text), FOUR, control)
        assert to_json(event) == json.loads(text)
        again = evolve(again, event)
    assert again == game
    assert str(again.board) == str(game.board)


def kinds(events: list[Event]) -> list[str]:
    """The kinds of the events as they are stored."""
    return [to_json(event)["kind"] for event in events]


def test_the_kinds_of_events_last() -> None:
    """They stand in databases."""
    game = a_game(moves="C3 G7 pass")
    assert kinds(decide(game, PlayMove(Color.WHITE, None), NOON)) == ["move_played", "stone_removal_began"]
    over = asked(game, PlayMove(Color.WHITE, None))
    assert kinds(decide(over, MarkPoints(None, frozenset({Point(0, 0)}), True), NOON)) == ["points_marked"]
    assert kinds(decide(over, AcceptMarking(None, frozenset()), NOON)) == ["marking_accepted", "game_ended"]
    assert kinds(decide(over, RejectMarking(Color.BLACK), NOON)) == ["marking_rejected"]
    assert kinds(decide(game, RequestUndo(Color.BLACK, 3), NOON)) == ["undo_requested"]
    asking = asked(game, RequestUndo(Color.BLACK, 3))
    assert kinds(decide(asking, AcceptUndo(Color.WHITE, 3), NOON)) == ["undo_accepted"]
    assert kinds(decide(asking, CancelUndo(Color.WHITE), NOON)) == ["undo_cancelled"]
    assert kinds(decide(game, PauseGame(Color.BLACK), NOON)) == ["game_stopped"]
    stopped = asked(game, PauseGame(Color.BLACK))
    assert kinds(decide(stopped, ResumeGame(Color.WHITE), NOON)) == ["game_went_on"]
    prepared: Replies = {Point(0, 0): Reply(Point(1, 1))}
    assert kinds(decide(game, PrepareReplies(Color.BLACK, 3, prepared), NOON)) == ["replies_prepared"]
    assert kinds(decide(game, Say(TITLE.black, Color.BLACK, Channel.MAIN, "Hm"), NOON)) == ["line_said"]


def test_a_stored_move_is_short() -> None:
    (event,) = decide(a_game(moves="C3 G7"), PlayMove(Color.BLACK, None), NOON)
    assert len(json.dumps(to_json(event))) < 400
