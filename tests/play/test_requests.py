"""What clients ask of live games, from JSON to commands: every way of writing that clients have, and nothing else."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.core.values import PlayerId
from tengen.go.points import Color, InvalidPoint, Point
from tengen.play import requests
from tengen.play.chat import Channel
from tengen.play.commands import AcceptMarking, MarkPoints, PlayMove, PrepareReplies, RequestUndo
from tengen.play.requests import InvalidRequest, command_of, game_id_of, line_of, payload_of
from tests.play.builders import a_game, points

BLACK = Color.BLACK
GAME = a_game(moves="C3 G7")


@pytest.mark.parametrize(
    ("text", "point"),
    [("cc", Point(2, 2)), ("CC", Point(2, 2)), ("B2", Point(1, 7)), ("j9", Point(8, 0)), ("..", None), ("pass", None)],
)
def test_a_move_is_read_in_every_notation(text: str, point: Point | None) -> None:
    assert command_of("move", {"move": text}, GAME, BLACK) == PlayMove(BLACK, point)


@pytest.mark.parametrize("text", ["zz", "K1", "A10", "ccdd", "!1dd", "c", "3", "--"])
def test_a_slip_is_no_move_and_no_pass(text: str) -> None:
    with pytest.raises(InvalidPoint):
        command_of("move", {"move": text}, GAME, BLACK)


@pytest.mark.parametrize("value", [None, 3, "", ["c", "c"], "c" * 9, {"x": 1}])
def test_what_is_no_text_is_no_move(value: Any) -> None:
    with pytest.raises(InvalidRequest):
        command_of("move", {"move": value}, GAME, BLACK)


@pytest.mark.parametrize("value", [9001, "9001", 9001.0])
def test_the_number_of_a_game_may_be_text(value: Any) -> None:
    assert game_id_of({"game_id": value}) == 9001


@pytest.mark.parametrize("value", [None, 0, -1, True, "", "9001x", "٣", 1.5, 2**64, "9" * 30, [1]])
def test_what_is_no_number_of_a_game_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest):
        game_id_of({"game_id": value})


def test_a_message_without_payload_has_no_members() -> None:
    assert payload_of(None) == {}
    with pytest.raises(InvalidRequest):
        payload_of([1])


@pytest.mark.parametrize("stones", ["ccdd", "C7D6", [{"x": 2, "y": 2}, {"x": 3, "y": 3, "color": 1}]])
def test_points_are_read_as_text_and_as_objects(stones: Any) -> None:
    expected = points("C7 D6")
    assert command_of("removed_stones/set", {"removed": True, "stones": stones}, GAME, BLACK) == MarkPoints(
        BLACK, expected, is_marked=True
    )
    assert command_of("removed_stones/accept", {"stones": stones}, GAME, BLACK) == AcceptMarking(BLACK, expected)


@pytest.mark.parametrize("stones", ["zz", "..", [{"x": 20, "y": 1}], [{"x": "1", "y": 1}], ["cc"]])
def test_points_beside_the_board_are_refused(stones: Any) -> None:
    with pytest.raises(InvalidPoint):
        command_of("removed_stones/set", {"stones": stones}, GAME, BLACK)


def test_an_undo_is_about_the_move_that_the_player_has_seen() -> None:
    assert command_of("undo/request", {"move_number": "1"}, GAME, BLACK) == RequestUndo(BLACK, 1)
    assert command_of("undo/request", {}, GAME, BLACK) == RequestUndo(BLACK, 2)


def test_no_tree_takes_conditional_moves_back() -> None:
    command = command_of("conditional_moves/set", {"move_number": 2, "conditional_moves": None}, GAME, BLACK)
    assert command == PrepareReplies(BLACK, 2, {})


def test_moderators_are_spoken_to_where_only_they_read() -> None:
    said = line_of({"type": "moderator", "body": "He left."}, PlayerId(7), None)
    assert said.channel is Channel.HIDDEN


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_members = ("game_id", "move", "stones", "removed", "move_number", "conditional_moves", "type", "body")


@given(name=st.sampled_from(requests.COMMANDS), payload=st.dictionaries(st.sampled_from(_members), _json))
def test_whatever_comes_is_a_command_or_a_refusal(name: str, payload: dict[str, Any]) -> None:
    for read in (
        lambda: game_id_of(payload),
        lambda: command_of(name, payload, GAME, BLACK),
        lambda: line_of(payload, PlayerId(7), None),
    ):
        with suppress(TengenError):
            read()
