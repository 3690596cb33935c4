"""Which empty points count for nobody at the end of a game, once the dead stones are known. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from tengen.go.board import Board, IllegalMove
from tengen.go.points import Color, Point
from tengen.play.life import Neighbours, Region, regions

BLACK, WHITE = Color.BLACK, Color.WHITE

_NEEDED = {1: 2.0, 2: 0.5}
"""What a point in a region with an open border is at least to whom it is counted for, by its distance from the other's
stones: beside them never, and near them only if it is clear."""
_NEEDED_FAR = 0.15
_FAR = 3
_LARGEST_EYE = 7
"""Points: larger regions make two eyes, and who has them lives without seki."""


def between_colors(
    lifted: Board, dead: AbstractSet[Point], ownership: Mapping[Point, float], neighbours: Neighbours
) -> frozenset[Point]:
    """The empty points that bound what the colours have, where no living stones do it.

    `lifted` is the board without the dead stones; `ownership` says whose a point becomes, from 1 for Black to -1.
    """
    neutral = set[Point]()
    for region in _empty_regions(lifted, neighbours):
        if len({lifted[point] for point in region.border}) > 1:
            neutral |= _parted(region, lifted, dead, ownership, neighbours)
    return frozenset(neutral)


def _parted(
    region: Region, lifted: Board, dead: AbstractSet[Point], ownership: Mapping[Point, float], neighbours: Neighbours
) -> set[Point]:
    """The points of a region between the colours that are left when each has taken what it surrounds."""
    distance = {color: _distances(region, lifted.stones(color), neighbours) for color in Color}
    owner: dict[Point, Color] = {}
    for point in region.points:
        color = BLACK if ownership[point] > 0 else WHITE
        needed = _NEEDED.get(distance[color.opponent].get(point, _FAR), _NEEDED_FAR)
        if point in dead or abs(ownership[point]) >= needed:
            owner[point] = color
    while True:
        # A point beside what is the other's is no border, and whoever holds it less surely gives way.
        disputed = [
            point
            for point, color in owner.items()
            if point not in dead and any(owner.get(neighbour) is color.opponent for neighbour in neighbours[point])
        ]
        if not disputed:
            return {point for point in region.points if point not in owner}
        del owner[min(disputed, key=lambda point: (abs(ownership[point]), point))]


def _distances(region: Region, stones: AbstractSet[Point], neighbours: Neighbours) -> dict[Point, int]:
    """How far within the region each point is from these stones."""
    distance = dict.fromkeys(region.border & stones, 0)
    ahead = list(distance)
    for point in ahead:  # grows while it is walked
        for neighbour in neighbours[point]:
            if neighbour in region.points and neighbour not in distance:
                distance[neighbour] = distance[point] + 1
                ahead.append(neighbour)
    return distance


def eyes_in_seki(lifted: Board, dead: AbstractSet[Point], neighbours: Neighbours) -> frozenset[Point]:
    """The empty points that chains surround which live in seki."""
    empty = _empty_regions(lifted, neighbours)
    in_seki = {
        chain.stones
        for region in empty
        if len({lifted[point] for point in region.border}) > 1
        for point in region.points
        if all(_is_ruinous(lifted, color, point) for color in Color)
        for neighbour in neighbours[point]
        if (chain := lifted.chain(neighbour)) is not None
    }
    stones = frozenset[Point]().union(*in_seki)
    return frozenset(
        point
        for region in empty
        if region.border & stones and len({lifted[point] for point in region.border}) == 1 and (region.border <= stones)
        for point in region.points
        if point not in dead
    )


def _is_ruinous(lifted: Board, color: Color, point: Point) -> bool:
    """Whether this colour connects there to a chain of its own, and loses it at once."""
    if not any(lifted[neighbour] is color for neighbour in lifted.neighbours(point)):
        return False
    after = lifted.copy()
    try:
        after.play(color, point)
    except IllegalMove:
        return True
    chain = after.chain(point)
    assert chain is not None
    return len(chain.liberties) == 1 and after.is_legal(color.opponent, next(iter(chain.liberties)))


def _empty_regions(board: Board, neighbours: Neighbours) -> list[Region]:
    return regions((point for point in neighbours if board[point] is None), neighbours)
