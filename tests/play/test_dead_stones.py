"""Dead stones as they are proposed. Boards are drawn with what is known of them, and their points counted by hand."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengen.go.board import Board
from tengen.go.handicap import fixed_handicap
from tengen.go.points import Color, Size
from tengen.go.rulesets import AGA, CHINESE, ING, JAPANESE, KOREAN, RULESETS, Ruleset
from tengen.play.dead_stones import propose
from tengen.play.scores import score_of
from tests.go.chances import chances
from tests.play.builders import BLACK, WHITE
from tests.play.endings import an_ending, seen_from_all_sides

# Neither may take the last two liberties: whoever plays one is captured on the other.
SHARED_LIBERTIES = """
    . O O X - O X . .
    . . O X - O X . .
    O O O X X O X X .
    . . O O O X X . .
    O O O X X X . . .
    X X X X . . . . .
    . . . . . . . . .
    . . . . . . . . .
    . . . . . . . . .
"""
# Each has an eye, and the last common liberty belongs to neither.
AN_EYE_EACH = """
    - X - O - O X . .
    X X X O O O X . .
    O O O X X X X . .
    . . O X . . . . .
    O O O X . . . . .
    . . O X . . . . .
    O O O X X . . . .
    . . . O X . . . .
    . . . O X . . . .
"""
# Four in a row in a room of six do not kill, and White cannot capture them without losing his wall.
FOUR_IN_SIX = """
    - X X X X - O X .
    O O O O O O O X .
    X X X X X X X X .
    . . . . . . . . .
    . . . X . X . . .
    X X X X X X X X X
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
NAKADE = """
    . X . o X . . . .
    o o o o X . . . .
    X X X X X . . . .
    . . . . . . . . .
    . X . X . X . X X
    X X X X X X X X O
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
SQUARE_FOUR = """
    . . o X . . . . .
    . . o X . . . . .
    o o o X . . . . .
    X X X X . . . . .
    . . . . . . . X X
    X X X X X X X X O
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
BULKY_FIVE = """
    . X . o X . . . .
    . . o o X . . . .
    o o o X X . . . .
    X X X X . . . . .
    . . . . . . . X X
    X X X X X X X X O
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
FALSE_EYE = """
    . o X . X . . . .
    o o o X X . . . .
    X X o . X . . . .
    . X X X X . . . .
    . . . . . . . X X
    X X X X X X X X O
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
TWO_EYES = """
    . O . O X . . . .
    O O O O X . . . .
    X X X X X . . . .
    . . . . . . . . .
    . . . . . . . X X
    X X X X X X X X O
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
# White is caught: Black has eyes elsewhere, White has none.
CAUGHT = """
    . . o X O . . . .
    . . o X O . . . .
    o o o X O . . . .
    X X X X O O . . .
    O O O X X O . . .
    . O O O X O . . .
    O . O X X O O O O
    O O O X . X X X X
    . O X X X . X . .
"""
# Who plays in the middle of the three points decides: White would live there, Black would kill. Neither has done so.
LEFT_OPEN = """
    O O . . . O X . .
    O O O O O O X . .
    X X X X X X X . .
    . . . . . . . . .
    . . . . . . . X X
    X X X X X X X X O
    O O O O O O O O O
    . . . . . . . . .
    . . . O . . O . .
"""
GAP = """
    . . . X O . . . .
    . . . X O . . . .
    . . . X O . . . .
    . . . X O . . . .
    . . . X O . . . .
    . . . X O . . . .
    . . . X O . . . .
    . . . X O . . . .
    . . . - - . . . .
"""
BETWEEN = """
    . . . X - O . . .
    . . . X - O . . .
    . . . X O O . . .
    . . . X O . . . .
    . . X - O . . . .
    . . X - O . . . .
    . . X O O . . . .
    . . X O . . . . .
    . . X O . . . . .
"""
FULL = """
    . O X X X X X X .
    O O O X X X X X X
    O O O X X X X X X
    O O O X X X X X X
    O O O X X X X X X
    O O O X X X X X X
    O O O X X X X X X
    O O O X X X X X X
    . O O X X X X X .
"""
# A game that GNU Go has played with itself. On its dead its levels 1 and 10 agree.
PLAYED = """
    . . . . . O O . O . O X X X . X . . .
    . . . . . O X O . O O O X . X . . . .
    O x x . . O X X O . x O O X . . . . .
    . O . O . O O X X O O O X X X X X . .
    . . O . O X X . X X X O X O O O O X .
    O O . O O O X X X . . X X O . . O X .
    . . . . . x O O X X X X X O O O O X .
    . . . . O x O X O O O O X X O X X . .
    . . O x O O O X O . . . O O O X . X .
    . . . x O O X X O . . . . . O X X . .
    . . O O X O X O O O . . . . O O X . .
    . . O X X X X X O O . O . O O X X . .
    . . . O O X . X O X O . . O X . . . .
    . O . . O O X X X X O O O X X . . . .
    O . O O X O X . X X X O X . . . . . .
    O O X O X X . X o o X X . . . . . . X
    O X X X . . X o o X X . X . . X . o X
    O O X . . . X . o . . . . . . . . . .
    O X X . . . . . . . . . . . . . . . .
"""
KNOWN = {
    "shared liberties": SHARED_LIBERTIES,
    "an eye each": AN_EYE_EACH,
    "four in a room of six": FOUR_IN_SIX,
    "nakade": NAKADE,
    "square four": SQUARE_FOUR,
    "bulky five": BULKY_FIVE,
    "false eye": FALSE_EYE,
    "two eyes": TWO_EYES,
    "caught": CAUGHT,
    "left open": LEFT_OPEN,
    "gap": GAP,
    "between": BETWEEN,
    "full": FULL,
}


@pytest.mark.parametrize("diagram", KNOWN.values(), ids=KNOWN)
def test_what_is_known_is_proposed_from_whatever_side_and_by_either_colour(diagram: str) -> None:
    for turned in seen_from_all_sides(diagram):
        ending = an_ending(turned)
        proposal = propose(ending.board, seed=1)
        assert (proposal.dead, proposal.neutral) == (ending.dead, ending.neutral), turned


@pytest.mark.parametrize("seed", range(5))
def test_a_whole_game_is_judged_as_the_players_left_it_whatever_the_seed(seed: int) -> None:
    ending = an_ending(PLAYED)
    assert propose(ending.board, seed=seed).dead == ending.dead


@pytest.mark.parametrize(
    ("diagram", "rules", "margin"),
    [
        # Black 42 points, White 5; the stones in seki live, and their liberties are nobody's.
        (SHARED_LIBERTIES, JAPANESE, 42 - 5),
        # Black 33, White 10; the eyes in seki count under area scoring alone: 17 stones and 34 points to 18 and 11.
        (AN_EYE_EACH, JAPANESE, 33 - 10),
        (AN_EYE_EACH, KOREAN, 33 - 10),
        (AN_EYE_EACH, CHINESE, 17 + 34 - (18 + 11)),
        (AN_EYE_EACH, AGA, 17 + 34 - (18 + 11)),
        # Black 19, White 16.
        (FOUR_IN_SIX, JAPANESE, 19 - 16),
        # Black 32 and 5 prisoners, White 16.
        (NAKADE, JAPANESE, 32 + 5 - 16),
        # Black 3 columns of 9, White 4; the gap is closed by two points that are nobody's.
        (GAP, JAPANESE, 27 - 36),
        (GAP, ING, 27 + 8 - (36 + 8)),
    ],
)
def test_the_proposal_counts_what_the_players_have(diagram: str, rules: Ruleset, margin: float) -> None:
    board = an_ending(diagram, rules=rules).board
    marking = propose(board, seed=7).marking
    assert score_of(board, marking, komi=0, handicap=0).margin == margin


@pytest.mark.parametrize("diagram", KNOWN.values(), ids=KNOWN)
def test_the_dead_lie_in_what_the_opponent_has(diagram: str) -> None:
    ending = an_ending(diagram)
    proposal = propose(ending.board, seed=3)
    score = score_of(ending.board, proposal.marking, komi=0, handicap=0)
    points = {BLACK: score.black.points, WHITE: score.white.points}
    assert all(point in points[color.opponent] for point in proposal.dead if (color := ending.board[point]))


@pytest.mark.parametrize("rules", RULESETS.values(), ids=RULESETS)
def test_an_empty_board_is_nobodys(rules: Ruleset) -> None:
    proposal = propose(Board(Size.of(9), rules), seed=1)
    assert proposal.marking == frozenset()
    assert set(proposal.ownership) == set(Size.of(9).points())


def test_handicap_stones_alone_live() -> None:
    board = Board(Size.of(19), JAPANESE)
    board.setup(black=fixed_handicap(board.size, 9))
    assert propose(board, seed=1).marking == frozenset()


def test_the_smallest_and_the_largest_boards_are_judged() -> None:
    for size in (Size.of(2), Size.of(2, 25), Size.of(25, 3), Size.of(25)):
        board = Board(size, CHINESE)
        board.setup(black=[size.points()[0]])
        assert propose(board, seed=1).dead == frozenset()


def test_looking_at_a_board_does_not_change_it() -> None:
    ending = an_ending(NAKADE)
    before = str(ending.board)
    propose(ending.board, seed=1)
    assert str(ending.board) == before


def test_more_playouts_may_be_asked_for() -> None:
    ending = an_ending(TWO_EYES)
    assert propose(ending.board, seed=1, playouts=3).dead == ending.dead


# ── whatever the board ──


def a_board_played_on(chance: random.Random, side: int, rules: Ruleset) -> Board:
    """A board after moves at random: seldom settled, always possible."""
    board = Board(Size.of(side), rules)
    for _ in range(chance.randint(0, 2 * side * side)):
        point = chance.choice(board.size.points())
        if board.is_legal(board.to_move, point):
            board.play(board.to_move, point)
    return board


_boards = st.builds(a_board_played_on, chances, st.integers(4, 9), st.sampled_from([JAPANESE, CHINESE]))


@settings(max_examples=40)
@given(board=_boards, seed=st.integers(0, 2**63))
def test_chains_are_dead_as_a_whole_and_what_is_neutral_is_empty(board: Board, seed: int) -> None:
    proposal = propose(board, seed=seed, playouts=100)
    for chain in board.chains():
        assert chain.stones <= proposal.dead or not chain.stones & proposal.dead
    assert all(board[point] is None for point in proposal.neutral)
    assert all(-1 <= owner <= 1 for owner in proposal.ownership.values())


@settings(max_examples=40)
@given(board=_boards, seed=st.integers(0, 2**63))
def test_the_dead_never_lie_in_what_their_own_side_has(board: Board, seed: int) -> None:
    proposal = propose(board, seed=seed, playouts=100)
    score = score_of(board, proposal.marking, komi=0, handicap=0)
    points = {BLACK: score.black.points, WHITE: score.white.points}
    assert not any(point in points[color] for point in proposal.dead if (color := board[point]))


@settings(max_examples=20)
@given(board=_boards, seed=st.integers(0, 2**63))
def test_a_seed_gives_the_same_proposal_again(board: Board, seed: int) -> None:
    assert propose(board, seed=seed, playouts=50) == propose(board.copy(), seed=seed, playouts=50)


@settings(max_examples=20)
@given(board=_boards)
def test_somebody_lives_where_there_are_stones(board: Board) -> None:
    dead = propose(board, seed=1, playouts=50).dead
    assert dead < board.stones(Color.BLACK) | board.stones(Color.WHITE) or not dead
