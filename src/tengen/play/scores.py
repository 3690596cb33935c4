"""Counting a game that ended with two passes, by the marking that the players agreed on. Pure.

A marking is a set of points. A marked stone is dead: it is lifted, and is a prisoner. A marked empty point counts for
nobody and bounds what it lies between: so the players say where a border is open, and which eyes lie in seki and
therefore do not count under territory scoring. Source: OGS' board, which marks and counts so.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tengen.go.board import Board
from tengen.go.points import Color, Point
from tengen.go.rulesets import Scoring

BLACK, WHITE = Color.BLACK, Color.WHITE


@dataclass(frozen=True, slots=True)
class SideScore:
    """What one colour has."""

    stones: int
    """Living stones, under area scoring."""
    territory: int
    prisoners: int
    """Captured and dead stones of the other colour, under territory scoring."""
    handicap: int
    komi: float
    points: frozenset[Point]
    """Where the stones and the territory are that count."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.stones + self.territory + self.prisoners + self.handicap + self.komi


@dataclass(frozen=True, slots=True)
class Score:
    """What both colours have."""

    black: SideScore
    white: SideScore

    @property
    def margin(self) -> float:
        """Black's points minus White's. A komi has two decimals at most, and so has this."""
        return round(self.black.total - self.white.total, 2)


def score_of(board: Board, marked: AbstractSet[Point], *, komi: float, handicap: int) -> Score:
    """What the colours have on this board by its ruleset, with this marking.

    `komi` is White's, and so is the bonus that the ruleset gives for `handicap` stones.
    """
    territory = _territory(board, marked)
    black = _side(board, marked, BLACK, territory[BLACK], handicap=0, komi=0.0)
    bonus = board.rules.bonus_for(handicap)
    return Score(black, _side(board, marked, WHITE, territory[WHITE], handicap=bonus, komi=komi))


def _side(
    board: Board, marked: AbstractSet[Point], color: Color, territory: frozenset[Point], *, handicap: int, komi: float
) -> SideScore:
    if board.rules.scoring is Scoring.AREA:
        stones = board.stones(color) - marked
        return SideScore(len(stones), len(territory), 0, handicap, komi, stones | territory)
    dead = board.stones(color.opponent) & marked
    return SideScore(0, len(territory), board.prisoners[color] + len(dead), handicap, komi, territory)


def _territory(board: Board, marked: AbstractSet[Point]) -> dict[Color, frozenset[Point]]:
    """The empty points, without the marked stones, that border on one colour alone."""
    stones = {point: board[point] for point in board.size.points()}
    borders = {point for point in marked if stones[point] is None}
    empty = {point for point, color in stones.items() if (color is None or point in marked) and point not in borders}
    territory: dict[Color, set[Point]] = {BLACK: set(), WHITE: set()}
    while empty:
        region = [empty.pop()]
        colors = set()
        for point in region:  # grows while it is walked
            for neighbour in board.neighbours(point):
                color = stones[neighbour]
                if neighbour in empty:
                    empty.remove(neighbour)
                    region.append(neighbour)
                elif color is not None and neighbour not in marked:
                    colors.add(color)
        if len(colors) == 1:
            territory[colors.pop()].update(region)
    return {color: frozenset(points) for color, points in territory.items()}
