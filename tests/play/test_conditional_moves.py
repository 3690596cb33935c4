"""Conditional moves on the wire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.go.points import Point
from tengen.play.conditional_moves import (
    MAX_DEPTH,
    MAX_REPLIES,
    InvalidConditionalMoves,
    Replies,
    Reply,
    parse_replies,
    replies_to_json,
)
from tests.play.builders import SIZE, SMALL

DD, PP, QQ, QP = Point(3, 3), Point(15, 15), Point(16, 16), Point(16, 15)

moves = st.none() | st.builds(Point, st.integers(0, 8), st.integers(0, 8))
trees: st.SearchStrategy[Replies] = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(moves, st.builds(Reply, moves, inner), max_size=3),
    max_leaves=8,
)


def chain(length: int) -> object:
    """A tree of one line with so many replies."""
    tree: list[object] = ["aa", {}]
    for _ in range(length):
        tree = ["aa", {"bb": tree}]
    return [None, tree[1]]


def test_the_contracts_example_is_read() -> None:
    tree = [None, {"dd": ["pp", {"qq": ["qp", {}]}]}]
    expected: Replies = {DD: Reply(PP, {QQ: Reply(QP)})}
    assert parse_replies(tree, SIZE) == expected
    assert replies_to_json(expected) == tree


@pytest.mark.parametrize("tree", [None, [None, {}]])
def test_no_tree_and_an_empty_one_have_no_replies(tree: object) -> None:
    assert parse_replies(tree, SIZE) == {}


def test_a_move_may_be_a_pass_and_a_vertex() -> None:
    assert parse_replies([None, {"..": ["D16", {}]}], SIZE) == {None: Reply(DD)}


@given(trees)
def test_every_tree_is_read_back(tree: Replies) -> None:
    assert parse_replies(json.loads(json.dumps(replies_to_json(tree))), SMALL) == tree


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ([], r"must be written as \[reply"),
        ({}, r"must be written as \[reply"),
        ("[]", r"must be written as \[reply"),
        ([None, {}, 1], r"must be written as \[reply"),
        ([None, []], r"must be written as \[reply"),
        (["dd", {}], "root"),
        ([None, {"dd": [None, {}]}], "two letters"),
        ([None, {"dd": [["pp"], {}]}], "two letters"),
        ([None, {"dd": "pp"}], r"must be written as \[reply"),
        ([None, {"ddd": ["pp", {}]}], "no point"),
        ([None, {"zz": ["pp", {}]}], "outside the board"),
        ([None, {"\ud800\0": ["pp", {}]}], "no point"),
        (chain(MAX_DEPTH + 1), "too large"),
        ([None, {f"{a}{b}": ["aa", {}] for a in "abcdefghijklmnopqrs" for b in "abcdefghijklmnopqrs"}], None),
        ([None, {"aa": ["bb", {f"{a}{b}": ["cc", {f"{a}a": ["ss", {}]}] for a in "abcdefghijklmnopqrs"
                               for b in "abcdefghijklmnopqrs"}]}], "too large"),
    ],
)  # fmt: skip
def test_other_trees_are_refused(tree: object, sentence: str | None) -> None:
    if sentence is None:
        assert len(parse_replies(tree, SIZE)) == 361 < MAX_REPLIES
        return
    with pytest.raises(InvalidConditionalMoves, match=sentence) as refusal:
        parse_replies(tree, SIZE)
    refusal.value.message.encode()


def test_a_long_line_is_read() -> None:
    assert replies_to_json(parse_replies(chain(MAX_DEPTH), SIZE)) == chain(MAX_DEPTH)
