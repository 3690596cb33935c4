"""Boards: captures, ko, superko and suicide in known positions, and what must hold in any game."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgfmill import boards as sgfmill

from tengen.go.board import Board, IllegalMove, Ko, Occupied, OutsideBoard, Suicide, Superko
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import AGA, CHINESE, ING, JAPANESE, NEW_ZEALAND, RULESETS, UNKNOWN, Ruleset
from tests.go.chances import Chance, chances
from tests.go.diagrams import BLACK, WHITE, a_board, at, drawn, play

# ── known positions ──


def test_a_board_begins_empty_with_black_to_move() -> None:
    board = Board(Size.of(9), JAPANESE)
    assert board.to_move is BLACK
    assert board.chains() == []
    assert board.position == 0
    assert board[Point(4, 4)] is None


def test_a_surrounded_chain_is_taken() -> None:
    board = a_board("""
        . X X . .
        X O O X .
        . X . . .
        . . . . .
    """)
    taken = board.play(BLACK, at(board, "C2"))
    assert set(taken) == {at(board, "B3"), at(board, "C3")}
    assert board.prisoners == {BLACK: 2, WHITE: 0}
    assert str(board) == drawn("""
        . X X . .
        X . . X .
        . X X . .
        . . . . .
    """)


def test_one_move_may_take_several_chains() -> None:
    board = a_board("""
        X O . O X
        X X O X X
        . . X . .
    """)
    assert len(board.play(BLACK, at(board, "C3"))) == 3
    assert str(board) == drawn("""
        X . X . X
        X X . X X
        . . X . .
    """)


def test_a_stone_without_liberties_that_captures_is_no_suicide() -> None:
    board = a_board("""
        . O X
        O X X
        X . .
    """)
    assert board.is_legal(BLACK, at(board, "A3"))
    assert set(board.play(BLACK, at(board, "A3"))) == {at(board, "A2"), at(board, "B3")}


KO = """
    . X O .
    X O . O
    . X O .
    . . . .
"""


@pytest.mark.parametrize("rules", [*RULESETS.values(), UNKNOWN], ids=str)
def test_a_ko_may_not_be_recaptured_at_once_by_any_rules(rules: Ruleset) -> None:
    board = a_board(KO, rules=rules)
    assert board.play(BLACK, at(board, "C3")) == (at(board, "B3"),)
    with pytest.raises(Ko):
        board.play(WHITE, at(board, "B3"))
    play(board, "W A1 B D1")
    assert board.play(WHITE, at(board, "B3")) == (at(board, "C3"),)


def test_the_ko_is_free_again_after_a_pass() -> None:
    board = a_board(KO)
    play(board, "B C3 W pass B pass")
    assert board.is_legal(WHITE, at(board, "B3"))


def test_who_took_the_ko_may_fill_it() -> None:
    board = a_board(KO)
    play(board, "B C3 W A1")
    assert board.is_legal(BLACK, at(board, "B3"))


def test_taking_one_stone_with_a_larger_chain_is_no_ko() -> None:
    # A snapback: White takes one stone, Black takes the two that did it.
    board = a_board("""
        . . . . .
        X X O . .
        O . X O .
    """)
    assert board.play(WHITE, at(board, "B1")) == (at(board, "C1"),)
    assert set(board.play(BLACK, at(board, "C1"))) == {at(board, "A1"), at(board, "B1")}


def test_a_stone_may_not_stand_where_one_is() -> None:
    board = a_board(KO)
    for color in Color:
        with pytest.raises(Occupied):
            board.play(color, at(board, "B3"))


@pytest.mark.parametrize("point", [Point(-1, 0), Point(0, -1), Point(4, 0), Point(0, 4), Point(99, 99)])
def test_a_stone_may_not_stand_outside(point: Point) -> None:
    board = a_board(KO)
    with pytest.raises(OutsideBoard):
        board.play(BLACK, point)
    with pytest.raises(OutsideBoard):
        board.play_anyway(BLACK, point)
    with pytest.raises(IndexError):
        board[point]
    with pytest.raises(IndexError):
        board.setup(black=[at(board, "A1"), point])
    assert board[at(board, "A1")] is None


def test_a_refusal_says_who_may_not_play_where_and_why() -> None:
    board = a_board(KO)
    play(board, "B C3")
    with pytest.raises(IllegalMove, match="White cannot play at B3: a ko may not be recaptured at once") as refusal:
        board.play(WHITE, at(board, "B3"))
    assert (refusal.value.code, refusal.value.color, refusal.value.point) == ("ko", WHITE, at(board, "B3"))


SUICIDE = """
    . X O . .
    X X O . .
    O O O . .
    . . . . .
"""


@pytest.mark.parametrize("rules", [rules for rules in RULESETS.values() if not rules.allows_suicide], ids=str)
def test_suicide_is_refused_where_the_rules_do_so(rules: Ruleset) -> None:
    board = a_board(SUICIDE, rules=rules)
    with pytest.raises(Suicide):
        board.play(BLACK, at(board, "A4"))


@pytest.mark.parametrize("rules", [NEW_ZEALAND, ING, UNKNOWN], ids=str)
def test_suicide_takes_the_own_chain_off_where_the_rules_allow_it(rules: Ruleset) -> None:
    board = a_board(SUICIDE, rules=rules)
    taken = board.play(BLACK, at(board, "A4"))
    assert {point.vertex(board.size) for point in taken} == {"A4", "B4", "A3", "B3"}
    assert board.prisoners == {BLACK: 0, WHITE: 4}
    assert str(board) == drawn("""
        . . O . .
        . . O . .
        O O O . .
        . . . . .
    """)
    assert board.to_move is WHITE


def test_suicide_of_a_single_stone_repeats_the_position_but_not_the_situation() -> None:
    corner = """
        . O .
        O O .
        . . .
    """
    assert a_board(corner, rules=ING).refusal(BLACK, Point(0, 0)) is Superko
    assert a_board(corner, rules=NEW_ZEALAND).refusal(BLACK, Point(0, 0)) is None
    assert a_board(corner, rules=UNKNOWN).refusal(BLACK, Point(0, 0)) is None


@pytest.mark.parametrize("rules", [CHINESE, AGA], ids=str)
def test_passing_away_a_ko_does_not_free_it_under_superko(rules: Ruleset) -> None:
    board = a_board(KO, rules=rules)
    play(board, "B C3 W pass B pass")
    with pytest.raises(Superko):
        board.play(WHITE, at(board, "B3"))


def test_situational_superko_allows_a_position_with_the_other_player_to_move() -> None:
    moves = "B C3 W pass B pass"
    situational = a_board(KO, rules=AGA, to_move=WHITE)
    play(situational, moves)
    assert situational.is_legal(WHITE, at(situational, "B3"))
    positional = a_board(KO, rules=CHINESE, to_move=WHITE)
    play(positional, moves)
    assert positional.refusal(WHITE, at(positional, "B3")) is Superko


def test_a_record_may_break_every_rule_but_that_of_the_boards_edge() -> None:
    board = a_board(KO, rules=CHINESE)
    play(board, "B C3")
    assert board.play_anyway(WHITE, at(board, "B3")) == (at(board, "C3"),)
    board.play_anyway(BLACK, at(board, "C4"))
    assert board[at(board, "C4")] is BLACK
    suicidal = a_board(SUICIDE, rules=CHINESE)
    assert len(suicidal.play_anyway(BLACK, at(suicidal, "A4"))) == 4


def test_setup_takes_off_what_has_no_liberties_and_forgets_the_past() -> None:
    board = a_board(KO, rules=CHINESE)
    play(board, "B C3")
    lost = board.setup(black=[at(board, "D3")], empty=[at(board, "A1")], to_move=BLACK)
    assert lost == ()
    assert board.to_move is BLACK
    assert board.refusal(WHITE, at(board, "B3")) is Suicide
    full = Board(Size.of(2), CHINESE)
    assert len(full.setup(black=full.size.points())) == 4
    assert full.position == 0


def test_chains_are_told_with_stones_and_liberties() -> None:
    board = a_board("""
        X X .
        . O .
    """)
    chain = board.chain(at(board, "A2"))
    assert chain is not None
    assert chain.color is BLACK
    assert chain.stones == {at(board, "A2"), at(board, "B2")}
    assert chain.liberties == {at(board, "A1"), at(board, "C2")}
    assert board.liberties(at(board, "A2")) == 2
    assert board.liberties(at(board, "A1")) == 0
    assert board.chain(at(board, "A1")) is None
    assert set(board.neighbours(at(board, "A2"))) == {at(board, "B2"), at(board, "A1")}


# ── what holds in any game ──

small_sizes = st.builds(Size.of, st.integers(2, 5), st.integers(2, 5))
all_rules = st.sampled_from([*RULESETS.values(), UNKNOWN])
Moves = list[tuple[Color, Point | None]]


def a_random_game(board: Board, chance: random.Random, moves: int) -> Moves:
    """Legal moves played on the board, mostly in turn, with a pass now and then."""
    played: Moves = []
    points = board.size.points()
    for _ in range(moves):
        color = board.to_move if chance.random() < 0.95 else board.to_move.opponent
        legal = [point for point in chance.sample(points, k=min(8, len(points))) if board.is_legal(color, point)]
        point = None if not legal or chance.random() < 0.05 else legal[0]
        if point is None:
            board.play_pass(color)
        else:
            board.play(color, point)
        played.append((color, point))
    return played


def flooded(board: Board, start: Point) -> tuple[frozenset[Point], frozenset[Point]]:
    """The chain around a stone and its liberties, found the slow way."""
    stones, liberties, waiting = {start}, set(), [start]
    while waiting:
        for neighbour in board.neighbours(waiting.pop()):
            if board[neighbour] is None:
                liberties.add(neighbour)
            elif board[neighbour] is board[start] and neighbour not in stones:
                stones.add(neighbour)
                waiting.append(neighbour)
    return frozenset(stones), frozenset(liberties)


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_every_chain_is_whole_and_has_liberties(size: Size, rules: Ruleset, chance: random.Random) -> None:
    board = Board(size, rules)
    a_random_game(board, chance, 40)
    chains = board.chains()
    for chain in chains:
        assert chain.liberties
        assert flooded(board, next(iter(chain.stones))) == (chain.stones, chain.liberties)
    stones = [stone for chain in chains for stone in chain.stones]
    assert len(stones) == len(set(stones))
    assert set(stones) == board.stones(BLACK) | board.stones(WHITE)


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_positions_are_equal_exactly_if_all_stones_are(size: Size, rules: Ruleset, chance: random.Random) -> None:
    board = Board(size, rules)
    drawings: dict[int, str] = {board.position: str(board)}
    for _ in range(40):
        a_random_game(board, chance, 1)
        assert drawings.setdefault(board.position, str(board)) == str(board)
    assert len(set(drawings.values())) == len(drawings)
    rebuilt = Board(size, rules)
    rebuilt.setup(black=board.stones(BLACK), white=board.stones(WHITE))
    assert rebuilt.position == board.position


def test_a_position_is_the_same_number_everywhere_and_a_situation_tells_whose_turn_it_is() -> None:
    board = Board(Size.of(3, 2), JAPANESE)
    play(board, "B B2 W C1")
    assert board.position == board.situation == 0b100000_000010
    board.play_pass(BLACK)
    assert board.position == 0b0_100000_000010
    assert board.situation == 0b1_100000_000010


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_situations_are_equal_exactly_if_stones_and_turn_are(size: Size, rules: Ruleset, chance: random.Random) -> None:
    board = Board(size, rules)
    seen = {board.situation: (str(board), board.to_move)}
    for _ in range(40):
        a_random_game(board, chance, 1)
        assert seen.setdefault(board.situation, (str(board), board.to_move)) == (str(board), board.to_move)
    assert len(set(seen.values())) == len(seen)


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_stones_on_the_board_and_prisoners_add_up(size: Size, rules: Ruleset, chance: random.Random) -> None:
    board = Board(size, rules)
    moves = a_random_game(board, chance, 40)
    for color in Color:
        played = sum(1 for mover, point in moves if mover is color and point is not None)
        assert played == len(board.stones(color)) + board.prisoners[color.opponent]


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_captured_points_are_empty_and_what_is_refused_changes_nothing(
    size: Size, rules: Ruleset, chance: random.Random
) -> None:
    board = Board(size, rules)
    for _ in range(30):
        a_random_game(board, chance, 1)
        before = state(board)
        for point in size.points():
            refusal = board.refusal(board.to_move, point)
            if refusal is None:
                twin = board.copy()
                assert all(twin[taken] is None for taken in twin.play(board.to_move, point))
            else:
                with pytest.raises(refusal):
                    board.play(board.to_move, point)
        assert state(board) == before


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_what_a_move_took_put_back_gives_the_position_before(size: Size, rules: Ruleset, chance: random.Random) -> None:
    board = Board(size, rules)
    for _ in range(30):
        before = board.copy()
        ((color, point),) = a_random_game(board, chance, 1)
        taken = set(before.size.points()) - board.stones(BLACK) - board.stones(WHITE)
        back = {owner: before.stones(owner) & taken for owner in Color}
        board_again = board.copy()
        board_again.setup(black=back[BLACK], white=back[WHITE], empty=() if point is None else (point,))
        assert board_again.position == before.position
        assert board.prisoners[color] - before.prisoners[color] == len(back[color.opponent])


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_a_game_played_again_without_its_last_moves_is_where_it_was(
    size: Size, rules: Ruleset, chance: random.Random
) -> None:
    board = Board(size, rules)
    moves: Moves = []
    states = [state(board)]
    for _ in range(30):
        moves += a_random_game(board, chance, 1)
        states.append(state(board))
    left = chance.randint(0, len(moves))
    again = Board(size, rules)
    for color, point in moves[:left]:
        if point is None:
            again.play_pass(color)
        else:
            again.play(color, point)
    assert state(again) == states[left]


def state(board: Board) -> tuple[object, ...]:
    """All that can be seen of a board, with every move that it would refuse."""
    refusals = [board.refusal(color, point) for color in Color for point in board.size.points()]
    return str(board), board.situation, dict(board.prisoners), board.chains(), refusals


@given(size=small_sizes, rules=all_rules, chance=chances)
def test_a_copy_goes_its_own_way_with_the_same_past(size: Size, rules: Ruleset, chance: random.Random) -> None:
    board = Board(size, rules)
    a_random_game(board, chance, 20)
    before, seed = str(board), chance.randint(0, 1000)
    first, second = board.copy(), board.copy()
    assert a_random_game(first, Chance(seed), 20) == a_random_game(second, Chance(seed), 20)
    assert str(first) == str(second)
    assert str(board) == before


class Reference:
    """The rules once more, slowly: a game on sgfmill's board, with all earlier boards kept as they were."""

    def __init__(self, side: int, rules: Ruleset) -> None:
        self.board = sgfmill.Board(side)
        self.rules = rules
        self.ko: tuple[Color, tuple[int, int]] | None = None
        self.seen = [(self.rows(self.board), BLACK)]

    @staticmethod
    def rows(board: sgfmill.Board) -> tuple[object, ...]:
        return tuple(tuple(row) for row in board.board)

    def spot(self, point: Point) -> tuple[int, int]:
        return self.board.side - 1 - point.row, point.column

    def refusal(self, color: Color, point: Point) -> type[IllegalMove] | None:
        spot = self.spot(point)
        if self.board.get(*spot) is not None:
            return Occupied
        if self.ko == (color, spot):
            return Ko
        after = self.board.copy()
        after.play(*spot, color.value.lower())
        if after.get(*spot) is None and not self.rules.allows_suicide:
            return Suicide
        repeated = {
            "positional": any(self.rows(after) == rows for rows, _ in self.seen),
            "situational": (self.rows(after), color.opponent) in self.seen,
            "simple": False,
        }
        return Superko if repeated[self.rules.ko.value] else None

    def play(self, color: Color, point: Point | None) -> None:
        ko = None if point is None else self.board.play(*self.spot(point), color.value.lower())
        self.ko = ko and (color.opponent, ko)
        self.seen.append((self.rows(self.board), color.opponent))

    def __str__(self) -> str:
        marks = {None: ".", "b": "X", "w": "O"}
        return "\n".join(" ".join(marks[stone] for stone in row) for row in reversed(self.board.board))


@settings(max_examples=150)
@given(side=st.integers(2, 4), rules=all_rules, chance=chances)
def test_every_move_is_judged_as_by_the_slow_rules(side: int, rules: Ruleset, chance: random.Random) -> None:
    board, reference = Board(Size.of(side), rules), Reference(side, rules)
    for _ in range(12):
        for color, point in a_random_game(board, chance, 3):
            reference.play(color, point)
        assert str(board) == str(reference)
        for color in Color:
            for point in board.size.points():
                assert board.refusal(color, point) is reference.refusal(color, point)


@pytest.mark.parametrize("seed", range(40))
def test_long_games_agree_with_sgfmill(seed: int) -> None:
    chance = Chance(seed)
    side = chance.choice([9, 13, 19, 25])
    board, reference = Board(Size.of(side), UNKNOWN), sgfmill.Board(side)
    for color, point in a_random_game(board, chance, 3 * side * side):
        if point is not None:
            reference.play(side - 1 - point.row, point.column, color.value.lower())
    stones = {(color, (side - 1 - point.row, point.column)) for color in Color for point in board.stones(color)}
    assert stones == {(Color(mark.upper()), spot) for mark, spot in reference.list_occupied_points()}


@given(side=st.integers(2, 7), chance=chances)
def test_setup_agrees_with_sgfmill(side: int, chance: random.Random) -> None:
    board, reference = Board(Size.of(side), UNKNOWN), sgfmill.Board(side)
    a_random_game(board, chance, 5)
    points = board.size.points()
    black, white, empty = (set(chance.sample(points, k=chance.randint(0, len(points)))) for _ in range(3))
    white -= black
    empty -= black | white

    reference.apply_setup(spots(board.stones(BLACK), side), spots(board.stones(WHITE), side), [])
    was_whole = reference.apply_setup(spots(black, side), spots(white, side), spots(empty, side))
    assert (board.setup(black=black, white=white, empty=empty) == ()) == was_whole
    for point, (row, column) in zip(points, spots(points, side), strict=True):
        stone = reference.get(row, column)
        assert board[point] is (None if stone is None else Color(stone.upper()))


def spots(points: Iterable[Point], side: int) -> list[tuple[int, int]]:
    """The points as sgfmill counts them: row from the bottom, column."""
    return [(side - 1 - point.row, point.column) for point in points]
