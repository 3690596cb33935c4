"""Lists of moves in every form in which OGS writes them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.go.move_lists import InvalidMoveList, ListedMove, move_array, move_letters, parse_move_list
from tengen.go.points import Color, InvalidPoint, Point, Size
from tests.go.diagrams import BLACK, WHITE

NINETEEN, WIDE = Size.of(19), Size.of(7, 5)
Q16, D4, D16 = Point(15, 3), Point(3, 15), Point(3, 3)

# The forms one row each; "trailing nulls may occur".
LISTS: list[tuple[object, list[ListedMove]]] = [
    ("", []),
    ([], []),
    ("pddp", [ListedMove(Q16), ListedMove(D4)]),
    ("PD..tt", [ListedMove(Q16), ListedMove(None), ListedMove(None)]),
    ("Q16pass..d4", [ListedMove(Q16), ListedMove(None), ListedMove(None), ListedMove(D4)]),
    ("!1dd", [ListedMove(D16, BLACK, is_edit=True)]),
    ("pd!2DD..", [ListedMove(Q16), ListedMove(D16, WHITE, is_edit=True), ListedMove(None)]),
    ("!0dd!undefinedpd", [ListedMove(D16, is_edit=True), ListedMove(Q16, is_edit=True)]),
    ([15, 3], [ListedMove(Q16)]),
    ([-1, -1, 900], [ListedMove(None, milliseconds=900)]),
    ([[15, 3, 4210], [-1, -1, -1]], [ListedMove(Q16, milliseconds=4210), ListedMove(None)]),
    ([[3, 15, 4210, None, None]], [ListedMove(D4, milliseconds=4210)]),
    ([[3, 15, None, 2, {"blur": 300}]], [ListedMove(D4, WHITE, extra={"blur": 300})]),
    ([[3, 15, 12.6, 0]], [ListedMove(D4, milliseconds=13)]),
]


@pytest.mark.parametrize(("value", "moves"), LISTS, ids=str)
def test_a_list_is_read_in_any_of_its_forms(value: object, moves: list[ListedMove]) -> None:
    assert parse_move_list(value, NINETEEN) == moves


@pytest.mark.parametrize(
    "value",
    [
        None, 3, True, {}, {"x": 3, "y": 15}, "pdd", "pd!", "!1", "!3dd", "!1..", "!1tt", "!1dd!undefine", "!1d4", "é!",
        [None], [[]], [[3]], ["pd"], [3], [3.0, 15.0], [[3, 19]], [[-1, 3]], [[2**70, 0]], [True, 3], [[3, 15, "1"]],
        [[3, 15, float("nan")]], [[3, 15, 1e300]], [[3, 15, 0, 3]], [[3, 15, 0, "black"]], [[3, 15, 0, None, []]],
        [[3, 15, 0, None, None, None]],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_list_of_moves_is_refused(value: object) -> None:
    with pytest.raises(InvalidPoint):
        parse_move_list(value, NINETEEN)


points = st.builds(Point, st.integers(0, 6), st.integers(0, 4))
colors = st.none() | st.sampled_from(Color)
times = st.none() | st.integers(0, 2**53)
extras = st.dictionaries(st.sampled_from(["blur", "played_by"]), st.integers())
timed_moves = st.builds(ListedMove, st.none() | points, colors, st.just(False), times, extras)
edited_moves = st.builds(ListedMove, points, colors, st.just(True)) | st.builds(ListedMove, st.none() | points)


@given(moves=st.lists(timed_moves))
def test_moves_come_back_from_arrays(moves: list[ListedMove]) -> None:
    assert parse_move_list([move_array(move) for move in moves], WIDE) == moves


@given(moves=st.lists(edited_moves))
def test_moves_and_edits_come_back_from_letters(moves: list[ListedMove]) -> None:
    assert parse_move_list(move_letters(moves), WIDE) == moves


def test_an_array_ends_where_nothing_more_is_to_be_said() -> None:
    assert move_array(ListedMove(Q16, milliseconds=4210)) == [15, 3, 4210]
    assert move_array(ListedMove(None)) == [-1, -1, -1]
    assert move_array(ListedMove(Q16, WHITE)) == [15, 3, -1, 2]
    assert move_array(ListedMove(Q16, extra={"blur": 5})) == [15, 3, -1, None, {"blur": 5}]
    with pytest.raises(InvalidMoveList):
        move_array(ListedMove(Q16, BLACK, is_edit=True))


scraps = st.sampled_from(["!", "!1", "!0", "!undefined", "dd", "..", "D4", "pass", "x", "3", "é", "\ud800", "\0"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=10,
)


@given(value=st.lists(scraps, max_size=8).map("".join) | json_values)
def test_nothing_is_answered_otherwise_than_by_moves_of_the_board_or_a_refusal(value: object) -> None:
    with suppress(InvalidPoint):
        assert all(move.point is None or WIDE.has(move.point) for move in parse_move_list(value, WIDE))
