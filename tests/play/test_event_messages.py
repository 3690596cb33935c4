"""What is told of each event of a live game, to whom, in which order."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.core.values import PlayerId
from tengen.go.points import Color, Point
from tengen.play.chat import Channel, Line
from tengen.play.commands import (
    AcceptMarking,
    AcceptUndo,
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
from tengen.play.conditional_moves import Reply
from tengen.play.decisions import decide
from tengen.play.event_messages import Message, first_messages, line_message, messages
from tengen.play.events import PointsMarked
from tengen.play.gamedata import gamedata
from tengen.play.info import Opponent
from tengen.play.state import LiveGame, evolve_all
from tests.play.builders import (
    BLACK,
    DAY,
    MINUTE,
    NOON,
    SECOND,
    SMALL,
    WHITE,
    a_game,
    a_point,
    asked,
    points,
)
from tests.play.wire_builders import HANA, OKABOT, SPECTATOR, happened, random_games, the_info

GAME = "game/90456"
FINISHED = ["phase", "gamedata", "clock"]


def told(game: LiveGame, command: Command, *, white: Opponent = HANA, **names: Any) -> list[Message]:
    """What is told when this is asked of the game, a second after the turn began; as JSON brings it to a client."""
    now = game.clock.since + SECOND
    found = messages(the_info(game, white=white), game, happened(game, command, now), now, **names)
    return [Message(one.name, json.loads(json.dumps(one.payload)), one.audience) for one in found]


def kinds(found: list[Message]) -> list[str]:
    """The names of the events without the game's."""
    assert all(one.name.startswith(f"{GAME}/") for one in found)
    return [one.name.removeprefix(f"{GAME}/") for one in found]


def move(game: LiveGame, vertex: str) -> PlayMove:
    """The player to move plays here."""
    return PlayMove(game.to_move, a_point(vertex, game.terms.size))


def replies(**moves: str) -> dict[Point | None, Reply]:
    """To each of these moves this answer."""
    return {a_point(theirs, SMALL): Reply(a_point(ours, SMALL)) for theirs, ours in moves.items()}


def test_a_move_comes_before_its_clock() -> None:
    game = a_game(moves="D4")
    found = told(game, move(game, "E5"))
    assert kinds(found) == ["move", "clock"]
    assert found[0].payload == {"game_id": 90456, "move_number": 2, "move": [4, 4, 1000]}
    assert found[1].payload["current_player"] == 4711
    assert "pause" not in found[1].payload
    assert [one.audience for one in found] == [None, None]


def test_a_pass_is_told_as_an_array() -> None:
    game = a_game(moves="D4")
    assert told(game, move(game, "pass"))[0].payload == {"game_id": 90456, "move_number": 2, "move": [-1, -1, 1000]}


def test_after_two_passes_the_phase_comes_then_the_stopped_clock_then_what_is_marked() -> None:
    game = a_game(moves="D4 E5 pass")
    now = game.clock.since + SECOND
    events = happened(game, move(game, "pass"), now)
    marked = PointsMarked(None, points("D4"), is_marked=True, expires_at=now + MINUTE)
    found = messages(the_info(game), game, [*events, marked], now)
    assert kinds(found) == ["move", "phase", "clock", "removed_stones", "clock"]
    assert found[1].payload == "stone removal"
    clock: Any = found[2].payload
    assert clock["pause"]["pause_control"] == {"stone-removal": True}
    assert clock["stone_removal_mode"] is True
    assert found[3].payload == {"removed": True, "stones": "df", "all_removed": "df"}


def test_points_are_told_as_they_change_and_as_they_are_sorted_row_by_row() -> None:
    game = asked(a_game(moves="D4 E5 pass pass"), MarkPoints(BLACK, points("C3 J9"), is_marked=True))
    found = told(game, MarkPoints(WHITE, points("B3 A9"), is_marked=True))
    assert kinds(found) == ["removed_stones", "clock"]
    assert found[0].payload == {"removed": True, "stones": "aabg", "all_removed": "aaiabgcg"}
    assert found[1].payload["stone_removal_expiration"] > 0
    taken = told(game, MarkPoints(WHITE, points("J9 B3"), is_marked=False))[0].payload
    assert taken == {"removed": False, "stones": "ia", "all_removed": "cg"}


def test_one_players_agreement_is_told() -> None:
    game = asked(a_game(moves="D4 E5 pass pass"), MarkPoints(BLACK, points("D4"), is_marked=True))
    found = told(game, AcceptMarking(WHITE, game.marked))
    assert kinds(found) == ["removed_stones_accepted"]
    payload: Any = found[0].payload
    assert (payload["player_id"], payload["stones"], payload["phase"]) == (4712, "df", "stone removal")
    assert payload["players"]["white"]["accepted_stones"] == "df"
    assert not {"winner", "outcome", "score", "end_time"} & payload.keys()


@pytest.mark.parametrize("by_the_platform", [False, True], ids=["by the second player", "by the platform"])
def test_with_both_agreed_the_end_follows_the_score(by_the_platform: bool) -> None:
    game = asked(a_game(moves="D4 E5 pass pass"), MarkPoints(BLACK, points("D4"), is_marked=True))
    if not by_the_platform:
        game = asked(game, AcceptMarking(WHITE, game.marked))
    seat = None if by_the_platform else BLACK
    found = told(game, AcceptMarking(seat, game.marked))
    assert kinds(found) == ["removed_stones_accepted", *FINISHED]
    accepted: Any = found[0].payload
    assert accepted["player_id"] == (0 if by_the_platform else 4711)
    assert (accepted["phase"], accepted["outcome"], accepted["winner"]) == ("finished", "87.5 points", 4712)
    assert accepted["score"]["white"]["total"] == 87.5
    assert accepted["players"]["black"]["accepted_stones"] == accepted["players"]["white"]["accepted_stones"] == "df"
    assert found[1].payload == "finished"
    whole: Any = found[2].payload
    assert (whole["phase"], whole["outcome"], whole["end_time"]) == ("finished", "87.5 points", accepted["end_time"])


def test_who_rejects_the_marking_plays_on_and_the_clock_says_that_it_runs() -> None:
    found = told(a_game(moves="D4 E5 pass pass"), RejectMarking(BLACK))
    assert kinds(found) == ["phase", "clock"]
    assert found[0].payload == "play"
    clock: Any = found[1].payload
    assert (clock["pause"]["paused"], clock["pause"]["pause_control"]) == (False, {})
    assert "stone_removal_mode" not in clock


def test_an_undo_is_asked_for_and_accepted_before_the_clock_turns_back() -> None:
    game = a_game(moves="D4 E5 C3")
    asked_for = told(game, RequestUndo(WHITE, 3))
    assert kinds(asked_for) == ["undo_requested"]
    assert asked_for[0].payload == {"move_number": 3, "requested_by": 4712, "undo_move_count": 2}
    game = asked(game, RequestUndo(WHITE, 3))
    declined = told(game, CancelUndo(BLACK))
    assert [(kinds(declined), declined[0].payload)] == [(["undo_canceled"], 3)]
    accepted = told(game, AcceptUndo(BLACK, 3))
    assert kinds(accepted) == ["undo_accepted", "clock"]
    assert accepted[0].payload == {"move_number": 1, "undo_move_count": 2}
    assert accepted[1].payload["current_player"] == 4712


def test_a_program_gets_the_whole_game_after_an_undo() -> None:
    game = asked(a_game(moves="D4 E5 C3"), RequestUndo(BLACK, 3))
    found = told(game, AcceptUndo(WHITE, 3), white=OKABOT)
    assert kinds(found) == ["undo_accepted", "clock", "gamedata"]
    assert found[-1].audience is WHITE
    assert len(found[-1].payload["moves"]) == 2


def test_a_pause_and_its_end_are_told_by_the_clock() -> None:
    game = a_game(moves="D4 E5")
    found = told(game, PauseGame(WHITE))
    assert kinds(found) == ["clock"]
    pause: Any = found[0].payload["pause"]
    assert pause["paused"] is True
    assert pause["pause_control"] == {"paused": {"pausing_player_id": 4712, "pauses_left": 4}}
    paused = asked(game, PauseGame(WHITE))
    for resumed in (told(paused, ResumeGame(BLACK)), told(paused, move(paused, "C3"))):
        assert resumed[-1].payload["pause"]["paused"] is False


def test_a_resignation_ends_the_game() -> None:
    found = told(a_game(moves="D4"), Resign(WHITE))
    assert kinds(found) == FINISHED
    assert found[0].payload == "finished"
    assert found[1].payload["winner"] == 4711


def test_a_fallen_flag_ends_the_game() -> None:
    game = a_game(moves="D4")
    now = NOON + DAY
    found = messages(the_info(game), game, decide(game, CheckTime(), now), now)
    assert kinds(found) == FINISHED
    assert found[1].payload["outcome"] == "Timeout"


def test_conditional_moves_are_told_to_their_owner_in_both_spellings() -> None:
    game = a_game(moves="D4")
    found = told(game, PrepareReplies(BLACK, 1, replies(E5="C3")))
    tree = [None, {"ee": ["cg", {}]}]
    assert kinds(found) == ["conditional_moves"]
    assert found[0].payload == {
        "game_id": 90456,
        "player_id": 4711,
        "move_number": 1,
        "moves": tree,
        "conditional_moves": tree,
    }
    assert found[0].audience is BLACK
    assert found[0].is_for(PlayerId(4711), BLACK, is_over=False)
    assert not found[0].is_for(PlayerId(4712), WHITE, is_over=False)
    assert not found[0].is_for(None, None, is_over=True)


def test_a_prepared_reply_is_a_move_of_its_own() -> None:
    game = asked(a_game(moves="D4"), PrepareReplies(BLACK, 1, replies(E5="C3")))
    found = told(game, move(game, "E5"))
    assert kinds(found) == ["move", "clock", "move", "clock", "conditional_moves"]
    assert found[2].payload == {"game_id": 90456, "move_number": 3, "move": [2, 6, 0]}
    assert found[4].payload["moves"] is None


def test_conditional_moves_that_an_undo_drops_are_taken_back_from_the_board() -> None:
    game = asked(a_game(moves="D4 E5 C3"), PrepareReplies(BLACK, 3, replies(F6="G7")))
    game = asked(game, RequestUndo(BLACK, 3))
    found = told(game, AcceptUndo(WHITE, 3))
    assert kinds(found) == ["undo_accepted", "clock", "conditional_moves"]
    assert found[2].payload["moves"] is None
    assert found[2].audience is BLACK


def test_a_players_line() -> None:
    game = a_game(moves="D4")
    found = told(game, Say(PlayerId(4711), BLACK, Channel.MAIN, "Hello"))
    assert kinds(found) == ["chat"]
    assert found[0].payload == {
        "channel": "main",
        "line": {
            "chat_id": "90456-2",
            "body": "Hello",
            "date": 1780488002,
            "move_number": 1,
            "channel": "main",
            "player_id": 4711,
            "username": "mizuki",
            "ranking": 24.3,
            "professional": False,
            "ui_class": "",
            "country": "jp",
        },
    }


def test_a_spectators_line_reaches_the_players_when_the_game_is_over() -> None:
    game = a_game(moves="D4")
    found = told(game, Say(SPECTATOR, None, Channel.MAIN, "Hm"), names={SPECTATOR: "kibitz"})
    line: Any = found[0].payload
    assert (line["channel"], line["line"]["username"], line["line"]["player_id"]) == ("spectator", "kibitz", 4713)
    assert found[0].is_for(None, None, is_over=False)
    assert not found[0].is_for(PlayerId(4711), BLACK, is_over=False)
    assert found[0].is_for(PlayerId(4711), BLACK, is_over=True)


def test_a_line_keeps_its_number_whenever_it_is_told() -> None:
    game = a_game(moves="D4")
    [live] = told(game, Say(PlayerId(4711), BLACK, Channel.MALKOVICH, {"type": "review", "review_id": 3}))
    line = Line(PlayerId(4711), BLACK, Channel.MALKOVICH, {"type": "review", "review_id": 3}, 1)
    later = line_message(the_info(game), 2, NOON + 2 * SECOND, line)
    assert (later.name, later.payload) == (live.name, live.payload)


def test_who_begins_to_watch_gets_the_game_and_then_its_clock() -> None:
    game = asked(a_game(moves="D4"), PrepareReplies(BLACK, 1, replies(E5="C3")))
    now = game.clock.since + SECOND
    found = first_messages(the_info(game), game, now)
    assert kinds(found) == ["gamedata", "clock", "conditional_moves", "conditional_moves"]
    assert found[0].payload == gamedata(the_info(game), game, now)
    assert found[1].payload["pause"]["paused"] is False
    assert [one.audience for one in found] == [None, None, BLACK, WHITE]
    assert found[2].payload["moves"] == [None, {"ee": ["cg", {}]}]
    assert found[3].payload["moves"] is None


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(PauseGame, st.sampled_from(Color)),
    st.builds(Resign, st.sampled_from(Color)),
    st.builds(
        Say,
        st.just(PlayerId(4711)),
        st.just(BLACK),
        st.sampled_from(Channel),
        st.text(st.characters(codec="ascii", categories=["L"]), min_size=1),
    ),
    st.just(AcceptMarking(None, frozenset())),
)


@given(random_games(), COMMANDS)
def test_every_message_is_json_under_the_games_name(game: LiveGame, command: Command) -> None:
    if isinstance(command, AcceptMarking):
        command = AcceptMarking(None, game.marked)
    try:
        events = happened(game, command)
    except TengenError:
        return
    now = game.clock.since + SECOND
    found = messages(the_info(game), game, events, now)
    assert bool(found) == bool(events)
    for one in found:
        assert one.name.startswith(f"{GAME}/")
        json.dumps(one.payload, allow_nan=False)
    if evolve_all(game, events).is_over and not game.is_over:
        assert kinds(found)[-3:] == FINISHED
