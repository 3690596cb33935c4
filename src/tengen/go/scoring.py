"""Counting a finished game."""

from collections.abc import Collection

from tengen.core.errors import Invalid
from tengen.go.board import Board
from tengen.go.points import Color, Point


class DeadStonesUnsettled(Invalid):
    """Only a part of a chain is marked as dead, or a point without a stone."""

    code = "dead_stones_unsettled"


def area_score(board: Board, dead: Collection[Point] = frozenset()) -> int:
    """Black's area minus White's, in points, before komi and handicap bonus.

    A colour's area is its stones and the empty points from which no way leads to the other colour. `dead` are the
    stones that both players agreed on; they count as taken off. Raises `DeadStonesUnsettled` if they are no whole
    chains. Source: AGA Concise Rules of Go, counting by area.
    """
    # Lifted before anything is counted: a dead stone left standing makes the area around it neutral.
    cleared = _without(board, frozenset(dead))
    score = len(cleared.stones(Color.BLACK)) - len(cleared.stones(Color.WHITE))
    for points, colors in empty_regions(cleared):
        if colors == {Color.BLACK}:
            score += len(points)
        elif colors == {Color.WHITE}:
            score -= len(points)
    return score


def empty_regions(board: Board) -> list[tuple[frozenset[Point], frozenset[Color]]]:
    """Connected empty points, each region with the colours that border on it."""
    regions = []
    handled: set[Point] = set()
    for start in board.size.points():
        if start not in handled and board[start] is None:
            region = _region(board, start)
            handled |= region[0]
            regions.append(region)
    return regions


def _region(board: Board, start: Point) -> tuple[frozenset[Point], frozenset[Color]]:
    points = [start]
    seen = {start}
    colors = set()
    for point in points:  # grows while it is walked
        for neighbour in board.neighbours(point):
            color = board[neighbour]
            if color is not None:
                colors.add(color)
            elif neighbour not in seen:
                seen.add(neighbour)
                points.append(neighbour)
    return frozenset(points), frozenset(colors)


def _without(board: Board, dead: frozenset[Point]) -> Board:
    for point in dead:
        chain = board.chain(point) if board.size.has(point) else None
        if chain is None:
            raise DeadStonesUnsettled("A point that is marked as dead has no stone.")
        if not chain.stones <= dead:
            vertex = point.vertex(board.size)
            raise DeadStonesUnsettled(f"The chain at {vertex} is marked as dead only in part: mark it as a whole.")
    if not dead:
        return board
    cleared = board.copy()
    cleared.setup(empty=dead)
    return cleared
