"""Games of Minesweeper are won by chance: they obey the rules, and end when they are told to."""

from itertools import pairwise

import pytest
from hypothesis import given, settings

from tengen.demo.minesweeper.game import Action, Game, MouseEvent, Opened, Square
from tengen.tournaments.levels import Board, Level
from tests.demo.minesweeper.builders import a_game, games


def safe_squares(game: Game) -> set[Square]:
    """Those without mines."""
    every = {Square(column, row) for column in range(game.board.columns) for row in range(game.board.rows)}
    return every - set(game.mines)


def numbers(game: Game) -> dict[Square, int]:
    """What the safe squares show: the mines around each."""
    return {square: sum(_touch(mine, square) for mine in game.mines) for square in safe_squares(game)}


def opened_from(start: Square, shown: dict[Square, int], covered: set[Square]) -> set[Square]:
    """The covered squares that a click opens."""
    found, waiting = {start}, [start]
    while waiting:
        square = waiting.pop()
        if shown[square] == 0:
            new = {other for other in covered - found if _touch(other, square)}
            found |= new
            waiting.extend(new)
    return found


def _touch(one: Square, other: Square) -> bool:
    return max(abs(one.column - other.column), abs(one.row - other.row)) == 1


def clicks(game: Game) -> list[MouseEvent]:
    """The releases of the button."""
    return [event for event in game.events if event.action is Action.RELEASE]


@settings(max_examples=20)
@given(games())
def test_each_click_opens_what_the_rules_say_and_the_last_the_last_safe_square(game: Game) -> None:
    shown, covered = numbers(game), safe_squares(game)
    for click in clicks(game):
        opened = {Square(square.column, square.row): square.number for square in click.opened}
        assert set(opened) == opened_from(click.square, shown, covered)
        assert opened.items() <= shown.items()
        assert next(iter(opened)) == click.square
        covered -= set(opened)
    assert not covered
    assert len(set(game.mines)) == game.board.mines


@given(games())
def test_the_button_is_pressed_and_released_in_one_place_and_opens_nothing_before(game: Game) -> None:
    for before, event in pairwise(game.events):
        if event.action is Action.RELEASE:
            assert before.action is Action.PRESS
            assert (before.x, before.y) == (event.x, event.y)
        assert bool(event.opened) is (event.action is Action.RELEASE)


@given(games())
def test_there_are_as_many_clicks_as_the_board_has_3bv(game: Game) -> None:
    assert len(clicks(game)) == game.bbbv >= 2
    assert game.is_won


@given(games())
def test_the_mouse_stays_on_the_board_and_its_clock_never_goes_back(game: Game) -> None:
    assert all(0 <= event.x < 16 * game.board.columns for event in game.events)
    assert all(0 <= event.y < 16 * game.board.rows for event in game.events)
    assert all(before.time <= after.time for before, after in pairwise(game.events))


@pytest.mark.parametrize("time_ms", [0, 1, 5413, 999_990])
def test_the_first_click_starts_the_clock_and_the_last_ends_it(time_ms: int) -> None:
    game = a_game(time_ms=time_ms)
    assert [event.time for event in game.events[:2]] == [0, 0]
    assert game.events[-1].action is Action.RELEASE
    assert game.events[-1].time == game.time == time_ms


@pytest.mark.parametrize(("level", "size"), [(level, level.board) for level in Level])
def test_a_game_of_a_level_is_played_on_its_board(level: Level, size: Board) -> None:
    game = a_game(level)
    assert (game.level, game.board) == (level, size)


def test_a_game_on_a_board_of_ones_own_has_no_level() -> None:
    game = a_game(Board(9, 9, 10))
    assert (game.level, game.board) == (None, Board(9, 9, 10))


def test_the_mouse_moves_as_often_as_asked_between_two_clicks() -> None:
    for moves in (0, 1, 60):
        game = a_game(moves=moves)
        assert len(game.events) == 2 * game.bbbv + moves * (game.bbbv - 1)


def test_the_same_seed_plays_the_same_game_and_lays_the_same_mines_for_any_time() -> None:
    assert a_game(seed=3) == a_game(seed=3)
    assert a_game(seed=3).mines == a_game(seed=3, time_ms=77).mines
    assert a_game(seed=3).mines != a_game(seed=4).mines


def test_who_gives_up_leaves_out_the_last_click_and_takes_the_same_time() -> None:
    won = a_game()
    lost = won.given_up()
    assert not lost.is_won
    assert clicks(lost) == clicks(won)[:-1]
    assert [(event.time, event.x, event.y) for event in lost.events] == [
        (event.time, event.x, event.y) for event in won.events
    ]
    assert (lost.time, lost.mines, lost.bbbv) == (won.time, won.mines, won.bbbv)


@pytest.mark.parametrize("size", [Board(8, 8, 0), Board(8, 8, 64), Board(8, 8, 63)], ids=str)
def test_sizes_that_no_two_clicks_clear_are_refused(size: Board) -> None:
    with pytest.raises(ValueError, match="two clicks"):
        a_game(size)


def test_two_squares_beside_a_mine_take_a_click_each() -> None:
    game = next(game for seed in range(99) if (game := a_game(Board(3, 1, 1), seed=seed)).mines == (Square(1, 0),))
    assert [click.opened for click in clicks(game)] == [(Opened(0, 0, 1),), (Opened(2, 0, 1),)]
