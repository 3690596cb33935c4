"""Counting by area: known positions, and agreement with sgfmill."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sgfmill import boards as sgfmill

from tengen.go.board import Board
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import CHINESE
from tengen.go.scoring import DeadStonesUnsettled, area_score
from tests.go.chances import chances
from tests.go.diagrams import a_board, at

FINISHED = """
    . X O . .
    X X O O .
    . X . O .
    . X X O O
    X . X O .
"""


def test_area_is_stones_and_what_they_surround() -> None:
    # Black: 8 stones and 4 points; White: 7 stones and 5 points; the point between them is nobody's.
    assert area_score(a_board(FINISHED)) == 8 + 4 - (7 + 5)


def test_an_empty_board_is_nobodys() -> None:
    assert area_score(Board(Size.of(9), CHINESE)) == 0


def test_a_single_stone_owns_the_board() -> None:
    board = Board(Size.of(5, 4), CHINESE)
    board.play(Color.WHITE, Point(2, 2))
    assert area_score(board) == -20


def test_dead_stones_count_as_taken_off() -> None:
    board = a_board("""
        . X O . O
        X X O O .
        . X . O X
        . X X O .
        X . X O .
    """)
    dead = {at(board, "E3")}
    assert area_score(board, dead) == 8 + 4 - (7 + 5)
    assert board[at(board, "E3")] is Color.BLACK


def test_a_chain_is_dead_as_a_whole_or_not_at_all() -> None:
    board = a_board(FINISHED)
    for dead in ({at(board, "B5")}, {at(board, "A5")}, {Point(5, 5)}):
        with pytest.raises(DeadStonesUnsettled):
            area_score(board, dead)


@given(side=st.integers(2, 9), chance=chances)
def test_the_area_agrees_with_sgfmill(side: int, chance: random.Random) -> None:
    board, reference = Board(Size.of(side), CHINESE), sgfmill.Board(side)
    for _ in range(chance.randint(0, 2 * side * side)):
        color = chance.choice(list(Color))
        point = chance.choice(board.size.points())
        if board.is_legal(color, point):
            board.play(color, point)
            reference.play(side - 1 - point.row, point.column, color.value.lower())
    assert area_score(board) == reference.area_score()
