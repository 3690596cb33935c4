"""A position drawn: one SVG of the board, for pages and, turned into pixels, for clients that want a picture. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from tengen.core.svg import written
from tengen.go.board import Board
from tengen.go.points import Color, Point, Size
from tengen.play.state import LiveGame, Phase

BLACK, WHITE = Color.BLACK, Color.WHITE

LINE_SPACING = 24
"""Pixels from one line of the board to the next."""
_EDGE = 16
"""Pixels around the outermost lines; with coordinates twice as much."""
_SQUARE = 8
"""Pixels of the side of a mark on a point that counts."""

_DEFINITIONS = (
    '<linearGradient id="wood" x2="1" y2="1"><stop stop-color="#ecc988"/><stop offset="1" stop-color="#dcae63"/>'
    "</linearGradient>"
    '<radialGradient id="dark" cx=".35" cy=".3" r=".7"><stop stop-color="#666"/><stop offset="1" stop-color="#0d0d0d"/>'
    "</radialGradient>"
    '<radialGradient id="light" cx=".35" cy=".3" r=".7"><stop offset=".3" stop-color="#fff"/>'
    '<stop offset="1" stop-color="#cfcfcf"/></radialGradient>'
    '<circle id="b" r="11.4" fill="url(#dark)"/>'
    '<circle id="w" r="11.4" fill="url(#light)" stroke="#8a8a8a" stroke-width=".6"/>'
)
_STONES = {BLACK: "b", WHITE: "w"}
_INKS = {BLACK: "#0d0d0d", WHITE: "#fff"}


@dataclass(frozen=True, slots=True)
class Diagram:
    """What there is to draw of a position."""

    size: Size
    black: frozenset[Point]
    white: frozenset[Point]
    last: Point | None = None
    """Where the last stone was put."""
    dead: frozenset[Point] = frozenset()
    """Stones that are marked as dead."""
    black_points: frozenset[Point] = frozenset()
    """Points without a living stone that count for Black."""
    white_points: frozenset[Point] = frozenset()

    @classmethod
    def of(cls, game: LiveGame) -> "Diagram":
        """The position of a game; when both have passed, with what is marked and what counts."""
        last = game.moves[-1].point if game.moves else None
        plain = cls.of_board(game.board, last)
        is_counted = game.outcome is not None and game.outcome.score is not None
        if game.phase is not Phase.STONE_REMOVAL and not is_counted:
            return plain
        stones = plain.black | plain.white
        dead = stones & game.marked
        living = stones - dead
        score = game.score
        return cls(
            plain.size, plain.black, plain.white, last, dead, score.black.points - living, score.white.points - living
        )

    @classmethod
    def of_board(cls, board: Board, last: Point | None = None) -> "Diagram":
        """A position in which nothing is counted."""
        return cls(board.size, frozenset(board.stones(BLACK)), frozenset(board.stones(WHITE)), last)


def svg_of(diagram: Diagram, *, title: str, description: str = "", with_coordinates: bool = True) -> str:
    """The drawing. `title` and `description` say to people who do not see it what it shows."""
    canvas = _Canvas(diagram.size, _EDGE * 2 if with_coordinates else _EDGE)
    width, height = canvas.extent
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">',
        f"<title>{written(title)}</title>",
        f"<desc>{written(description)}</desc>" if description else "",
        f"<defs>{_DEFINITIONS}</defs>",
        f'<rect width="{width}" height="{height}" fill="url(#wood)"/>',
        canvas.lines(),
        canvas.stars(),
        *(canvas.coordinates() if with_coordinates else ()),
        *canvas.stones(diagram.black - diagram.dead, BLACK),
        *canvas.stones(diagram.white - diagram.dead, WHITE),
        *canvas.dead(diagram),
        canvas.squares(diagram.black_points, BLACK),
        canvas.squares(diagram.white_points, WHITE),
        canvas.last(diagram),
        "</svg>",
    ]
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Canvas:
    size: Size
    edge: int

    @property
    def extent(self) -> tuple[int, int]:
        return self.x(self.size.columns - 1) + self.edge, self.y(self.size.rows - 1) + self.edge

    def x(self, column: int) -> int:
        return self.edge + LINE_SPACING * column

    def y(self, row: int) -> int:
        return self.edge + LINE_SPACING * row

    def lines(self) -> str:
        columns, rows = self.size
        across = (f"M{self.x(0)} {self.y(row)}H{self.x(columns - 1)}" for row in range(rows))
        down = (f"M{self.x(column)} {self.y(0)}V{self.y(rows - 1)}" for column in range(columns))
        path = "".join([*across, *down])
        return f'<path d="{path}" fill="none" stroke="#59431f" shape-rendering="crispEdges"/>'

    def stars(self) -> str:
        dots = (f'<circle cx="{self.x(point.column)}" cy="{self.y(point.row)}" r="3"/>' for point in stars(self.size))
        return f'<g fill="#59431f">{"".join(dots)}</g>'

    def coordinates(self) -> Iterator[str]:
        """Letters below, numbers on the left."""
        columns, rows = self.size
        yield '<g font-family="sans-serif" font-size="11" fill="#59431f" text-anchor="middle">'
        for column in range(columns):
            letter = Point(column, 0).vertex(self.size)[0]
            yield f'<text x="{self.x(column)}" y="{self.y(rows - 1) + 27}">{letter}</text>'
        for row in range(rows):
            yield f'<text x="{self.x(0) - 22}" y="{self.y(row) + 4}">{rows - row}</text>'
        yield "</g>"

    def stones(self, points: Iterable[Point], color: Color) -> Iterator[str]:
        for point in sorted(points):
            yield f'<use href="#{_STONES[color]}" x="{self.x(point.column)}" y="{self.y(point.row)}"/>'

    def dead(self, diagram: Diagram) -> Iterator[str]:
        if diagram.dead:
            yield '<g opacity=".45">'
            yield from self.stones(diagram.dead & diagram.black, BLACK)
            yield from self.stones(diagram.dead & diagram.white, WHITE)
            yield "</g>"

    def squares(self, points: Iterable[Point], color: Color) -> str:
        half = _SQUARE // 2
        path = "".join(
            f"M{self.x(point.column) - half} {self.y(point.row) - half}h{_SQUARE}v{_SQUARE}h-{_SQUARE}z"
            for point in sorted(points)
        )
        return f'<path d="{path}" fill="{_INKS[color]}"/>' if path else ""

    def last(self, diagram: Diagram) -> str:
        point = diagram.last
        if point is None:
            return ""
        ink = _INKS[WHITE if point in diagram.black else BLACK]
        return (
            f'<circle cx="{self.x(point.column)}" cy="{self.y(point.row)}" r="6" fill="none" stroke="{ink}" '
            'stroke-width="2"/>'
        )


def stars(size: Size) -> list[Point]:
    """The points that boards of this size have dots on: near the corners, in the centre and between, as it has room."""
    columns, rows = (_star_lines(side) for side in size)
    if not columns or not rows:
        return []
    outer = list(product((columns[0], columns[-1]), (rows[0], rows[-1])))
    has_centre = len(columns) == len(rows) == 3
    if has_centre:
        outer.append((columns[1], rows[1]))
        if min(size) >= _SIDE_STARS_FROM:
            outer += [(columns[1], rows[0]), (columns[1], rows[2]), (columns[0], rows[1]), (columns[2], rows[1])]
    return sorted(Point(column, row) for column, row in outer)


_SIDE_STARS_FROM = 15
"""From this many lines on there are dots in the middle of the sides, too."""


def _star_lines(side: int) -> list[int]:
    """The lines that dots are on: the third or fourth from either edge, and the middle one."""
    if side < 7:
        return []
    distance = 3 if side >= 13 else 2
    middle = [side // 2] if side % 2 else []
    return [distance, *middle, side - 1 - distance]
