"""A program of its own that proposes dead stones: it reads boards, a line of JSON each, and answers with points.

    {"rules": "japanese", "columns": 9, "rows": 9, "black": "ccdc", "white": "gg", "seed": 9001}
    {"marking": "gg"}

Loading what it computes with takes a second and more, and compiling it, the first time on a machine, half a minute
(`tengen.play.estimator`). Input that ends, ends the program.
"""

import json
import os
import sys
from typing import Any

from tengen.go.board import Board
from tengen.go.points import Color, Point, Size, ogs_points, parse_ogs_moves
from tengen.go.rulesets import RULESETS

_NICENESS = 10
"""Moves come first: what compiles for half a minute must not take the processor from games that are played."""


def question(board: Board, seed: int) -> dict[str, Any]:
    """A board as it is asked about."""
    return {
        "rules": board.rules.name,
        "columns": board.size.columns,
        "rows": board.size.rows,
        "black": ogs_points(board.stones(Color.BLACK)),
        "white": ogs_points(board.stones(Color.WHITE)),
        "seed": seed,
    }


def marking_in(answer: dict[str, Any], size: Size) -> frozenset[Point]:
    """The points of an answer about a board of this size."""
    return _points(answer["marking"], size)


def main() -> None:
    """Answer until the input ends. The first line out says that the program is ready."""
    os.nice(_NICENESS)
    from tengen.play.dead_stones import propose  # loaded by this program alone
    from tengen.play.playouts import get_ready

    get_ready()
    _write({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        board = _board(asked)
        _write({"marking": ogs_points(propose(board, seed=asked["seed"]).marking)})


def _board(asked: dict[str, Any]) -> Board:
    size = Size.of(asked["columns"], asked["rows"])
    board = Board(size, RULESETS[asked["rules"]])
    board.setup(black=_points(asked["black"], size), white=_points(asked["white"], size))
    return board


def _points(letters: str, size: Size) -> frozenset[Point]:
    return frozenset(point for point in parse_ogs_moves(letters, size) if point is not None)


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.nice(5)  # players' moves come first
    main()
