"""Unconditional life. The positions are those by which it is usually explained."""

from tengen.go.points import Color
from tengen.play.life import regions, unconditional_life
from tests.go.diagrams import a_board
from tests.play.builders import BLACK, WHITE, points


def alive(diagram: str, color: Color = BLACK) -> tuple[int, str]:
    """How many stones of this colour are unconditionally alive, and where their eyes are."""
    board = a_board(diagram)
    neighbours = {point: board.neighbours(point) for point in board.size.points()}
    life = unconditional_life(board, color, neighbours)
    eyes = sorted(point.vertex(board.size) for point in life.eyes)
    return sum(len(chain.stones) for chain in life.chains), " ".join(eyes)


def test_two_eyes_are_life() -> None:
    diagram = """
        . X . X O
        X X X X O
        O O O O O
        . O . . .
    """
    assert alive(diagram) == (6, "A4 C4")


def test_one_eye_is_not() -> None:
    diagram = """
        . X X X O
        X X X X O
        O O O O O
        . O . . .
    """
    assert alive(diagram) == (0, "")


def test_chains_may_share_their_eyes() -> None:
    diagram = """
        . X . X O
        X . X X O
        X X O O O
        O O O . .
    """
    # Three chains: none has an eye of its own, each has two with the others.
    assert alive(diagram) == (7, "A4 B3 C4")


def test_a_stone_that_is_in_an_eye_is_dead_and_takes_nothing_from_it() -> None:
    diagram = """
        . O X . X
        X X X X X
        O O O O O
        . . . . .
    """
    assert alive(diagram) == (7, "A4 B4 D4")


def test_an_eye_with_room_for_the_opponent_is_none() -> None:
    diagram = """
        . . . X . X O
        . . . X X X O
        . . . X O O O
        X X X X O . .
        O O O O O . .
    """
    assert alive(diagram) == (0, "")


def test_the_other_colour_is_looked_at_alone() -> None:
    diagram = """
        . X . X O .
        X X X X O O
        O O O O O .
        . . . . O .
    """
    assert alive(diagram, WHITE)[0] == 9
    assert alive(diagram, BLACK)[0] == 6


def test_points_are_parted_into_regions_with_what_is_around_them() -> None:
    board = a_board("""
        . X . .
        X X . .
        . . X X
        . . X .
    """)
    neighbours = {point: board.neighbours(point) for point in board.size.points()}
    found = regions((point for point in neighbours if board[point] is None), neighbours)
    assert {region.points: region.border for region in found} == {
        points("A4", board.size): points("B4 A3", board.size),
        points("C4 D4 C3 D3", board.size): points("B4 B3 C2 D2", board.size),
        points("A2 B2 A1 B1", board.size): points("A3 B3 C2 C1", board.size),
        points("D1", board.size): points("D2 C1", board.size),
    }
