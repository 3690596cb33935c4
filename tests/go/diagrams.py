"""Boards drawn as text: `X` black, `O` white, `.` none, a row a line; and games by vertices."""

from tengen.go.board import Board
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import JAPANESE, Ruleset

BLACK, WHITE = Color.BLACK, Color.WHITE


def a_board(diagram: str, *, rules: Ruleset = JAPANESE, to_move: Color = BLACK) -> Board:
    """The board that is drawn, by the rules."""
    rows = [line.split() for line in diagram.split("\n") if line.strip()]
    board = Board(Size.of(len(rows[0]), len(rows)), rules)
    marks = {Point(column, row): mark for row, line in enumerate(rows) for column, mark in enumerate(line)}
    board.setup(
        black=[point for point, mark in marks.items() if mark == "X"],
        white=[point for point, mark in marks.items() if mark == "O"],
        to_move=to_move,
    )
    return board


def drawn(diagram: str) -> str:
    """A diagram as `str(board)` draws it."""
    return "\n".join(" ".join(line.split()) for line in diagram.split("\n") if line.strip())


def at(board: Board, vertex: str) -> Point:
    """The point of this name."""
    return Point.from_vertex(vertex, board.size)


def play(board: Board, moves: str) -> None:
    """Play moves like `B D4 W pass B E5`."""
    words = moves.split()
    for color, vertex in zip(words[::2], words[1::2], strict=True):
        if vertex == "pass":
            board.play_pass(Color(color))
        else:
            board.play(Color(color), at(board, vertex))
