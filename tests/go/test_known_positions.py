"""Positions that Go is known for: repetitions of every kind, captures that come back, seki. Drawn as text."""

import pytest

from tengen.go.board import Board, Ko, Suicide, Superko
from tengen.go.points import Color
from tengen.go.rulesets import AGA, CHINESE, ING, JAPANESE, KOREAN, NEW_ZEALAND, RULESETS, KoRule, Ruleset
from tengen.go.scoring import area_score, empty_regions
from tests.go.diagrams import BLACK, WHITE, a_board, at, drawn, play

# ── repetition ──

# Sensei's Library, "Sending two, returning one": White sends a second stone, Black takes both, White takes one back.
SENDING_TWO = """
    . O . O .
    X X O O .
    . X X O O
    . . X X O
"""


@pytest.mark.parametrize("rules", [JAPANESE, KOREAN], ids=str)
def test_sending_two_and_returning_one_goes_on_forever_without_superko(rules: Ruleset) -> None:
    board = a_board(SENDING_TWO, rules=rules, to_move=WHITE)
    start = board.position
    for _ in range(3):
        assert board.play(WHITE, at(board, "A4")) == ()
        assert len(board.play(BLACK, at(board, "C4"))) == 2
        assert board.play(WHITE, at(board, "B4")) == (at(board, "C4"),)
        assert board.position == start
        board.play_pass(BLACK)
    assert board.prisoners == {BLACK: 6, WHITE: 3}


@pytest.mark.parametrize("rules", [CHINESE, ING], ids=str)
def test_positional_superko_lets_nothing_be_returned(rules: Ruleset) -> None:
    board = a_board(SENDING_TWO, rules=rules, to_move=WHITE)
    play(board, "W A4 B C4")
    assert board.refusal(WHITE, at(board, "B4")) is Superko


@pytest.mark.parametrize("rules", [AGA, NEW_ZEALAND], ids=str)
def test_situational_superko_lets_one_be_returned_once(rules: Ruleset) -> None:
    board = a_board(SENDING_TWO, rules=rules, to_move=WHITE)
    start, situation = board.position, board.situation
    play(board, "W A4 B C4 W B4")
    assert board.position == start
    assert board.situation != situation
    board.play_pass(BLACK)
    assert board.situation == situation
    assert board.refusal(WHITE, at(board, "A4")) is Superko


# Sensei's Library, "Eternal Life": Black sends two, White takes them, Black takes two back, White throws one in again.
ETERNAL_LIFE = """
    O . X . O .
    X X O O O .
    . X X X O O
    . . . X X O
"""
ROUND = "B D4 W B4 B C4"


@pytest.mark.parametrize("rules", RULESETS.values(), ids=str)
def test_eternal_life_lasts_one_round_where_there_is_superko(rules: Ruleset) -> None:
    board = a_board(ETERNAL_LIFE, rules=rules)
    start = board.situation
    play(board, ROUND)
    assert board.prisoners == {BLACK: 2, WHITE: 2}
    if rules.ko is KoRule.SIMPLE:
        play(board, f"W A4 {ROUND} W A4")
        assert board.situation == start
    else:
        assert board.refusal(WHITE, at(board, "A4")) is Superko


# Three kos: each side takes in turn, and the sixth move would bring the board back to where it was.
TRIPLE_KO = """
    . X O . . X O . . X O .
    X O . O X . X O X O . O
    . X O . . X O . . X O .
    . . . . . . . . . . . .
"""


@pytest.mark.parametrize("rules", RULESETS.values(), ids=str)
def test_a_triple_ko_ends_where_there_is_superko_and_goes_on_where_not(rules: Ruleset) -> None:
    board = a_board(TRIPLE_KO, rules=rules)
    start = board.situation
    play(board, "B C3 W F3 B L3 W B3 B G3")
    if rules.ko is KoRule.SIMPLE:
        play(board, "W K3")
        assert board.situation == start
    else:
        assert board.refusal(WHITE, at(board, "K3")) is Superko


# Two kos between the same chains: who takes one is answered in the other, and nobody can win either.
DOUBLE_KO = """
    . X O . . X O .
    X O . O X . X O
    . X O . . X O .
    . . . . . . . .
"""


@pytest.mark.parametrize("rules", RULESETS.values(), ids=str)
def test_a_double_ko_comes_round_with_a_pass(rules: Ruleset) -> None:
    board = a_board(DOUBLE_KO, rules=rules)
    start = board.position
    play(board, "B C3 W F3")
    assert board.refusal(BLACK, at(board, "G3")) is Ko
    play(board, "B pass W B3")
    if rules.ko is KoRule.POSITIONAL:
        assert board.refusal(BLACK, at(board, "G3")) is Superko
    else:
        play(board, "B G3")
        assert (board.position, board.to_move) == (start, WHITE)


# ── seki ──

# Both chains in the middle live by the two points between them.
SEKI_WITHOUT_EYES = """
    . O X . O X .
    O O X X O X X
    . O X . O X .
"""
# Both have an eye, and one point is between them.
SEKI_WITH_EYES = """
    . O X X . O O O X .
    O O X . X O . O X X
    . O X X X O O O X .
"""


@pytest.mark.parametrize(("first", "size"), [(BLACK, 4), (WHITE, 3)], ids=str)
def test_who_moves_first_in_a_seki_is_captured(first: Color, size: int) -> None:
    board = a_board(SEKI_WITHOUT_EYES, to_move=first)
    assert board.play(first, at(board, "D3")) == ()
    assert len(board.play(first.opponent, at(board, "D1"))) == size + 1


@pytest.mark.parametrize(("first", "eye", "size"), [(BLACK, "D2", 7), (WHITE, "G2", 8)], ids=str)
def test_an_eye_in_a_seki_is_safe_until_the_shared_liberty_is_filled(first: Color, eye: str, size: int) -> None:
    board = a_board(SEKI_WITH_EYES, to_move=first)
    assert board.refusal(first.opponent, at(board, eye)) is Suicide
    board.play(first, at(board, "E3"))
    assert len(board.play(first.opponent, at(board, eye))) == size + 1


def test_shared_liberties_are_nobodys_and_eyes_in_seki_count_as_area() -> None:
    without, with_eyes = a_board(SEKI_WITHOUT_EYES), a_board(SEKI_WITH_EYES)
    assert area_score(without) == (8 + 2) - (7 + 2)
    assert area_score(with_eyes) == (11 + 3) - (12 + 3)
    assert shared(without) == {"D1", "D3"}
    assert shared(with_eyes) == {"E3"}


def shared(board: Board) -> set[str]:
    """Empty points that border on both colours."""
    return {point.vertex(board.size) for points, colors in empty_regions(board) if len(colors) == 2 for point in points}


# ── captures ──


def test_the_stone_that_takes_four_is_taken_where_they_stood() -> None:
    board = a_board("""
        . X X X X O
        X O O O O O
        X . . . . .
    """)
    assert len(board.play(WHITE, at(board, "A3"))) == 4
    assert board.play(BLACK, at(board, "B3")) == (at(board, "A3"),)
    assert str(board) == drawn("""
        . X . . . O
        X O O O O O
        X . . . . .
    """)
    assert board.is_legal(WHITE, at(board, "C3"))
