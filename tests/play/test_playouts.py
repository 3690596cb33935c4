"""Playouts: they go by the rules, come to an end, and to the same end for the same seed."""

import random
import subprocess
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from tengen.go.board import Board
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import JAPANESE
from tengen.play.playouts import (
    _COLOR,
    _HEAD,
    BLACK,
    EMPTY,
    MOST_MOVES_PER_POINT,
    WHITE,
    Field,
    _find_chains,
    _is_atari,
    _is_legal,
    _put,
    _search,
    _simulate,
    _stones_into_atari,
    get_ready,
)
from tests.go.chances import chances
from tests.go.diagrams import a_board

CODES = {None: EMPTY, Color.BLACK: BLACK, Color.WHITE: WHITE}
ENOUGH = 10**9


def a_field(diagram: str) -> Field:
    """The position that is drawn."""
    return Field([[".XO".index(mark) for mark in line.split()] for line in diagram.split("\n") if line.strip()])


SETTLED = """
    . X O .
    X X O O
    . X O .
    X X O O
"""


def test_a_settled_board_stays_as_it_is() -> None:
    owners = a_field(SETTLED).owners(seed=1, playouts=20, most_steps=ENOUGH)
    assert owners.rows == [[1, 1, -1, -1]] * 4


def test_an_empty_board_is_nobodys_in_the_mean() -> None:
    owners = Field([[EMPTY] * 7] * 7).owners(seed=1, playouts=2000, most_steps=ENOUGH)
    assert all(abs(owner) < 0.1 for row in owners.rows for owner in row)


def test_the_same_seed_gives_the_same_numbers_on_every_machine() -> None:
    field = a_field("""
        . . . . . .
        . X . O . .
        . . O . X .
        . O . X . .
        . . . . . .
    """)
    # Pinned: what the numbers are does not matter, but that nothing changes them except a change of the method.
    owners = field.owners(seed=5, playouts=8, most_steps=ENOUGH)
    assert owners.steps == 316
    assert [[round(8 * owner) for owner in row] for row in owners.rows] == [
        [-4, -4, -4, -4, 0, 2],
        [-4, -4, -4, -4, 4, 2],
        [-4, -4, -4, 0, 4, 4],
        [-4, -4, 2, 4, 4, 4],
        [-4, -4, -2, 2, 4, 4],
    ]
    assert field.owners(seed=6, playouts=8, most_steps=ENOUGH) != owners


@given(side=st.integers(2, 9), playouts=st.integers(1, 20), most_steps=st.integers(1, 2000))
def test_no_playout_begins_when_enough_moves_are_made_and_none_is_endless(
    side: int, playouts: int, most_steps: int
) -> None:
    owners = Field([[EMPTY] * side] * side).owners(seed=1, playouts=playouts, most_steps=most_steps)
    longest = MOST_MOVES_PER_POINT * side * side
    assert owners.steps <= min(playouts * longest, most_steps + longest)


SQUARE_FOUR = """
    . . O X .
    . . O X .
    O O O X .
    X X X X .
    . . . . .
"""
THREE_IN_A_ROW = """
    . . . O X .
    O O O O X .
    X X X X X .
    . . . . . .
"""


def corner(diagram: str, *, first: int) -> float:
    """Whose the corner is if this colour begins within White's walls, from 1 for Black to -1 for White."""
    board = a_board(diagram)
    walls = board.stones(Color.WHITE)
    inside = {point for stone in walls for point in board.neighbours(stone) if board[point] is None} | {Point(0, 0)}
    region = [(point.row, point.column) for point in walls | inside]
    return a_field(diagram).read(region, first=first, seed=1, visits=3000, most_steps=ENOUGH).rows[0][0]


def test_a_search_finds_the_move_that_decides() -> None:
    assert corner(THREE_IN_A_ROW, first=BLACK) == 1
    assert corner(THREE_IN_A_ROW, first=WHITE) == -1


def test_a_search_sees_where_no_move_helps() -> None:
    assert corner(SQUARE_FOUR, first=BLACK) == 1
    assert corner(SQUARE_FOUR, first=WHITE) == 1


def test_a_search_looks_at_its_region_alone_and_no_longer_than_it_may() -> None:
    found = a_field(SETTLED).read([(0, 0), (2, 0)], first=WHITE, seed=1, visits=10**4, most_steps=500)
    assert [row[1:] for row in found.rows] == [[0, 0, 0]] * 4
    assert found.steps < 500 + 100 * 2 * MOST_MOVES_PER_POINT + 100


def ways_compiled(kernel: Any) -> int:
    """For how many kinds of arguments it is compiled."""
    return len(kernel.nopython_signatures)


def test_what_is_compiled_can_be_made_ready_beforehand() -> None:
    get_ready()
    assert ways_compiled(_simulate) == ways_compiled(_search) == 1
    a_field(SETTLED).owners(seed=1, playouts=1, most_steps=ENOUGH)
    a_field(SETTLED).read([(0, 0)], first=BLACK, seed=1, visits=1, most_steps=ENOUGH)
    assert ways_compiled(_simulate) == ways_compiled(_search) == 1


def test_the_server_does_not_load_what_compiles() -> None:
    """It takes a second and many megabytes: a child process does that (`tengen.play.judging`)."""
    code = "import sys, tengen.app; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


# ── by the rules ──


def a_course(board: Board) -> npt.NDArray[np.int64]:
    """The position in the form of a playout's."""
    size = board.size
    field = Field([[CODES[board[Point(column, row)]] for column in range(size.columns)] for row in range(size.rows)])
    course = field._table(np.ones((size.rows, size.columns), np.bool_))  # noqa: SLF001
    _find_chains(course)
    return course


def index_of(point: Point, size: Size) -> int:
    """Where in a course the point is: there is a rim around the board."""
    return (point.row + 1) * (size.columns + 2) + point.column + 1


def chances_of(board: Board, color: Color, point: Point) -> tuple[bool, int]:
    """Whether the move is legal, and how many stones it puts into atari."""
    if not board.is_legal(color, point):
        return False, 0
    after = board.copy()
    after.play(color, point)
    chain = after.chain(point)
    assert chain is not None
    return True, len(chain.stones) if len(chain.liberties) == 1 else 0


@settings(max_examples=15)
@given(chance=chances, columns=st.integers(2, 7), rows=st.integers(2, 7))
def test_moves_are_legal_and_capture_as_on_the_board(chance: random.Random, columns: int, rows: int) -> None:
    """Japanese rules are those of playouts: simple ko, no suicide."""
    board = Board(Size.of(columns, rows), JAPANESE)
    course = a_course(board)
    for _ in range(2 * board.size.area):
        color = board.to_move
        free = [point for point in board.size.points() if board[point] is None]
        for point in free:
            legal = _is_legal(course, CODES[color], index_of(point, board.size))
            in_atari = _stones_into_atari(course, CODES[color], index_of(point, board.size)) if legal else 0
            assert (legal, in_atari) == chances_of(board, color, point)
        moves = [point for point in free if board.is_legal(color, point)]
        if not moves:
            break
        point = chance.choice(moves)
        board.play(color, point)
        _put(course, CODES[color], index_of(point, board.size))
        for one in board.size.points():
            head = course[_HEAD, index_of(one, board.size)]
            assert course[_COLOR, index_of(one, board.size)] == CODES[board[one]]
            assert board[one] is None or _is_atari(course, head) == (board.liberties(one) == 1)
