"""Which empty points count for nobody at the end of a game, once the dead stones are known. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from tengen.go.board import Board, IllegalMove
from tengen.go.points import Color, Point
from tengen.play.life import Neighbours, Region, regions

_SURROUNDED_FROM = {1: 2.0, 2: 0.5}
"""What a point in a region with an open border is at least to whom it is counted for, by its distance from living
stones of the other: beside them none is, and near them only what is clear."""
_SURROUNDED_FAR_FROM = 0.15
"""The same for a point that is farther from them."""


def between_colors(
    board: Board, dead: AbstractSet[Point], ownership: Mapping[Point, float], neighbours: Neighbours
) -> frozenset[Point]:
    """The empty points that bound what the colours have, where no living stones do it.

    `ownership` says whose a point becomes, from 1 for Black to -1 for White.
    """
    living = {color: board.stones(color) - dead for color in Color}
    neutral = set[Point]()
    for region in regions(neighbours.keys() - frozenset().union(*living.values()), neighbours):
        if all(region.border & stones for stones in living.values()):
            owners = _owners(region, board, living, ownership, neighbours)
            _drop_disputed(owners, dead, ownership, neighbours)
            neutral |= region.points - owners.keys()
    return frozenset(neutral)


def _owners(
    region: Region,
    board: Board,
    living: Mapping[Color, AbstractSet[Point]],
    ownership: Mapping[Point, float],
    neighbours: Neighbours,
) -> dict[Point, Color]:
    """Who surrounds the points of a region between the colours, where somebody does. Dead stones are their captor's."""
    distances = {color: _distances(region, stones, neighbours) for color, stones in living.items()}
    owners = {}
    for point in region.points:
        stone = board[point]
        color = Color.BLACK if ownership[point] > 0 else Color.WHITE
        distance = distances[color.opponent][point]
        if stone is not None:
            owners[point] = stone.opponent
        elif abs(ownership[point]) >= _SURROUNDED_FROM.get(distance, _SURROUNDED_FAR_FROM):
            owners[point] = color
    return owners


def _drop_disputed(
    owners: dict[Point, Color],
    dead: AbstractSet[Point],
    ownership: Mapping[Point, float],
    neighbours: Neighbours,
) -> None:
    """Take away points until nobody's touch the other's: first those that are held least surely."""
    for point in sorted(owners.keys() - dead, key=lambda point: (abs(ownership[point]), point)):
        if any(owners.get(neighbour) is owners[point].opponent for neighbour in neighbours[point]):
            del owners[point]


def _distances(region: Region, stones: AbstractSet[Point], neighbours: Neighbours) -> dict[Point, int]:
    """How far within the region its points are from these stones."""
    distances = dict.fromkeys(sorted(region.border & stones), 0)
    ahead = list(distances)
    for point in ahead:  # grows while it is walked
        for neighbour in neighbours[point]:
            if neighbour in region.points and neighbour not in distances:
                distances[neighbour] = distances[point] + 1
                ahead.append(neighbour)
    return distances


def eyes_in_seki(board: Board, dead: AbstractSet[Point], neighbours: Neighbours) -> frozenset[Point]:
    """The empty points that are surrounded by chains in seki.

    Two chains are in seki where neither side can take the liberty between them: whoever does is captured at once.
    """
    lifted = board.copy()
    lifted.setup(empty=dead)
    empty = regions((point for point in neighbours if lifted[point] is None), neighbours)
    points = [point for region in empty for point in region.points]
    in_seki = frozenset[Point]().union(*(_chains_at_liberty(lifted, point) for point in points))
    eyes = [region for region in empty if region.border and region.border <= in_seki]
    return frozenset(point for region in eyes for point in region.points - dead)


def _chains_at_liberty(lifted: Board, point: Point) -> frozenset[Point]:
    """The stones of the chains around the empty point, if they are of both colours and neither can play there."""
    chains = [chain for neighbour in lifted.neighbours(point) if (chain := lifted.chain(neighbour)) is not None]
    if {chain.color for chain in chains} != set(Color) or not all(_is_ruinous(lifted, color, point) for color in Color):
        return frozenset()
    return frozenset().union(*(chain.stones for chain in chains))


def _is_ruinous(lifted: Board, color: Color, point: Point) -> bool:
    """Whether this colour's chain is captured at once if it takes the liberty."""
    after = lifted.copy()
    try:
        after.play(color, point)
    except IllegalMove:
        return True
    chain = after.chain(point)
    assert chain is not None
    return len(chain.liberties) == 1 and after.is_legal(color.opponent, next(iter(chain.liberties)))
