"""Counting finished games. Boards are drawn, and their points counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.go.board import Board
from tengen.go.points import Point, Size
from tengen.go.rulesets import AGA, CHINESE, ING, JAPANESE, KOREAN, NEW_ZEALAND, Ruleset
from tengen.go.scoring import area_score
from tengen.play.scores import score_of
from tests.go.diagrams import a_board, at, play
from tests.play.builders import BLACK, WHITE, points

FIVE = Size.of(5)

# Black has the left, White the right; A1 is White's in Black's area, E5 Black's in White's.
DIVIDED = """
    . X O . X
    . X O . .
    X X O O .
    . X O . O
    O X O . .
"""


@pytest.mark.parametrize(
    ("rules", "black", "white"),
    [
        # 6 living stones and 4 points, 7 and 8: together the 25 of the board.
        (CHINESE, (6, 4, 0, 0, 0.0, 10), (7, 8, 0, 2, 7.5, 24.5)),
        (AGA, (6, 4, 0, 0, 0.0, 10), (7, 8, 0, 1, 7.5, 23.5)),
        (NEW_ZEALAND, (6, 4, 0, 0, 0.0, 10), (7, 8, 0, 0, 7.5, 22.5)),
        (ING, (6, 4, 0, 0, 0.0, 10), (7, 8, 0, 2, 7.5, 24.5)),
        # A prisoner each instead of the stones.
        (JAPANESE, (0, 4, 1, 0, 0.0, 5), (0, 8, 1, 0, 7.5, 16.5)),
        (KOREAN, (0, 4, 1, 0, 0.0, 5), (0, 8, 1, 0, 7.5, 16.5)),
    ],
    ids=lambda value: value.name if isinstance(value, Ruleset) else None,
)
def test_a_board_is_counted_by_each_ruleset(rules: Ruleset, black: tuple[float, ...], white: tuple[float, ...]) -> None:
    score = score_of(a_board(DIVIDED, rules=rules), points("A1 E5", FIVE), komi=7.5, handicap=2)
    for side, expected in ((score.black, black), (score.white, white)):
        assert (side.stones, side.territory, side.prisoners, side.handicap, side.komi, side.total) == expected
    assert score.margin == black[-1] - white[-1]


def test_the_points_that_count_are_told() -> None:
    dead = points("A1 E5", FIVE)
    japanese = score_of(a_board(DIVIDED), dead, komi=0.5, handicap=0)
    assert japanese.black.points == points("A5 A4 A2 A1", FIVE)
    chinese = score_of(a_board(DIVIDED, rules=CHINESE), dead, komi=0.5, handicap=0)
    assert chinese.black.points == points("A5 A4 A2 A1 B5 B4 A3 B3 B2 B1", FIVE)


def test_captures_in_play_are_prisoners_under_territory_scoring() -> None:
    board = Board(FIVE, JAPANESE)
    play(board, "B B1 W A1 B A2")
    assert board[at(board, "A1")] is None
    score = score_of(board, frozenset(), komi=0, handicap=0)
    assert (score.black.prisoners, score.white.prisoners) == (1, 0)


def test_what_borders_on_both_counts_for_nobody() -> None:
    board = a_board(
        """
        . X . O .
        . X . O .
        . X . O .
        """
    )
    score = score_of(board, frozenset(), komi=0, handicap=0)
    assert (score.black.territory, score.white.territory) == (3, 3)


def test_a_marked_empty_point_counts_for_nobody_and_closes_a_border() -> None:
    board = a_board(
        """
        . X . O .
        . X . O .
        . . . . .
        """
    )
    assert score_of(board, frozenset(), komi=0, handicap=0).black.territory == 0
    closed = score_of(board, points("B1 C1 D1", board.size), komi=0, handicap=0)
    assert (closed.black.territory, closed.white.territory) == (3, 3)


def test_an_eye_in_seki_is_marked_so_that_it_does_not_count() -> None:
    board = a_board(
        """
        . X O .
        X X O O
        . . . .
        """
    )
    # Neither may play in the last row: both have an eye in the corner, which does not count.
    marked = points("A3 D3", board.size)
    score = score_of(board, marked, komi=0, handicap=0)
    assert (score.black.territory, score.white.territory) == (0, 0)


def test_a_komi_with_decimals_leaves_no_traces_of_binary_fractions() -> None:
    board = a_board(
        """
        . X
        X .
        """
    )
    assert score_of(board, frozenset(), komi=0.3, handicap=0).margin == 1.7


def test_the_whole_board_is_whose_only_stone_is_on_it() -> None:
    board = a_board(
        """
        . . .
        . O .
        . . .
        """,
        rules=CHINESE,
    )
    assert score_of(board, frozenset(), komi=0, handicap=0).margin == -9
    empty = Board(Size.of(3), CHINESE)
    assert score_of(empty, frozenset(), komi=0, handicap=0).margin == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=80), st.data())
def test_areas_are_those_that_the_rules_of_go_count(moves: list[tuple[int, int]], data: st.DataObject) -> None:
    """`tengen.go.scoring` counts in another way."""
    board = Board(Size.of(7), CHINESE)
    for column, row in moves:
        point = Point(column, row)
        if board.is_legal(board.to_move, point):
            board.play(board.to_move, point)
    chains = board.chains()
    dead = frozenset[Point]().union(*(c.stones for c in chains if data.draw(st.booleans())))
    score = score_of(board, dead, komi=0, handicap=0)
    assert score.margin == area_score(board, dead)
    assert not score.black.points & score.white.points
    assert board.stones(BLACK) - dead <= score.black.points
    assert board.stones(WHITE) - dead <= score.white.points
