"""Chains that nobody can capture, even if their owner never answers. Pure.

Source: David B. Benson, "Life in the Game of Go", Information Sciences 10 (1976). An enclosed region gives a chain an
eye that cannot be taken if each of its empty points is a liberty of the chain: an opponent who fills it is captured on
its last point at the latest. With two such regions, and neighbours in the same state, a chain lives unconditionally;
and the opponent's stones in such a region have no room for an eye of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from tengen.go.board import Board, Chain
from tengen.go.points import Color, Point

Neighbours = Mapping[Point, Sequence[Point]]
"""The points next to each point of a board."""


class Life(NamedTuple):
    """What of a colour is unconditionally alive."""

    chains: list[Chain]
    eyes: frozenset[Point]
    """The regions that give these chains their life, with the stones of the opponent in them, which are dead."""


class Region(NamedTuple):
    """Connected points, and the points around them."""

    points: frozenset[Point]
    border: frozenset[Point]


def regions(points: Iterable[Point], neighbours: Neighbours) -> list[Region]:
    """The parts in which these points hang together."""
    left = set(points)
    found = []
    while left:
        start = left.pop()
        region = {start}
        border = set()
        ahead = [start]
        for point in ahead:  # grows while it is walked
            for neighbour in neighbours[point]:
                if neighbour in left:
                    left.remove(neighbour)
                    region.add(neighbour)
                    ahead.append(neighbour)
                elif neighbour not in region:
                    border.add(neighbour)
        found.append(Region(frozenset(region), frozenset(border)))
    return found


def unconditional_life(board: Board, color: Color, neighbours: Neighbours) -> Life:
    """What of this colour nobody can capture."""
    chains = [chain for chain in board.chains() if chain.color is color]
    stones = board.stones(color)
    enclosed = regions((point for point in neighbours if point not in stones), neighbours)
    empty = {region: frozenset(point for point in region.points if board[point] is None) for region in enclosed}
    while True:
        eyes = [(chain, _eyes_of(chain, enclosed, empty)) for chain in chains]
        alive = [chain for chain, regions_of_chain in eyes if len(regions_of_chain) >= 2]
        if len(alive) == len(chains):
            return Life(chains, frozenset[Point]().union(*(region.points for _, found in eyes for region in found)))
        chains = alive
        living = frozenset[Point]().union(*(chain.stones for chain in chains))
        enclosed = [region for region in enclosed if region.border <= living]


def _eyes_of(chain: Chain, enclosed: Iterable[Region], empty: Mapping[Region, AbstractSet[Point]]) -> list[Region]:
    return [region for region in enclosed if region.border & chain.stones and empty[region] <= chain.liberties]
