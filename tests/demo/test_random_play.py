"""Games for the sample data are games of Go."""

import random
from collections import Counter
from decimal import Decimal

import pytest

from tengen.demo.random_play import PlayedGame, play_game
from tengen.games.result import Ending
from tengen.go.points import Color, Size
from tengen.go.replay import Move, Setup
from tengen.go.rulesets import CHINESE, JAPANESE, RULESETS, Ruleset
from tengen.go.scoring import area_score
from tengen.go.sgf import SgfRecord


def a_game(number: int = 1, *, size: Size | None = None, rules: Ruleset = JAPANESE, handicap: int = 0) -> PlayedGame:
    """A game of 9x9, the same for the same number."""
    chance = random.Random(number)  # noqa: S311  # plays games, guards nothing
    return play_game(chance, size=size or Size.of(9), rules=rules, komi=rules.komi_for(handicap), handicap=handicap)


def moves(game: PlayedGame) -> list[Move]:
    """The moves without the handicap stones."""
    return [step for step in game.steps if isinstance(step, Move)]


@pytest.mark.parametrize("rules", RULESETS.values(), ids=str)
@pytest.mark.parametrize("size", [Size.of(2), Size.of(9), Size.of(13, 7)], ids=str)
def test_every_game_is_legal_and_comes_to_an_end(rules: Ruleset, size: Size) -> None:
    for number in range(8):
        game = a_game(number, size=size, rules=rules)
        replay = SgfRecord(size=size, steps=game.steps).replay(rules)
        assert replay.warnings == ()
        assert str(replay.board) == str(game.board)


def test_a_full_sized_game_looks_like_one() -> None:
    game = a_game(7, size=Size.of(19), rules=CHINESE)
    assert 140 <= len(game.steps) <= 540
    assert sum(game.board.prisoners.values()) > 0
    assert {chain.color for chain in game.board.chains()} == set(Color)


def test_a_counted_game_ends_with_two_passes_and_its_score() -> None:
    counted = [game for game in map(a_game, range(20)) if game.result.ending is Ending.POINTS]
    assert counted
    for game in counted:
        assert [move.point for move in moves(game)[-2:]] == [None, None]
        score = area_score(game.board) - 6.5
        assert game.result.winner is (Color.BLACK if score > 0 else Color.WHITE)
        assert game.result.margin == Decimal(str(abs(score)))


def test_some_games_are_resigned() -> None:
    assert Counter(a_game(number).result.ending for number in range(30))[Ending.RESIGNATION] > 0


def test_handicap_stones_stand_first_and_white_begins() -> None:
    game = a_game(size=Size.of(19), handicap=4)
    assert isinstance(game.steps[0], Setup)
    assert len(game.steps[0].black) == 4
    assert moves(game)[0].color is Color.WHITE


def test_the_same_chance_plays_the_same_game() -> None:
    assert a_game(3).steps == a_game(3).steps
    assert a_game(3).steps != a_game(4).steps


def test_either_colour_may_win() -> None:
    winners = Counter(a_game(number, size=Size.of(13)).result.winner for number in range(40))
    assert min(winners[Color.BLACK], winners[Color.WHITE]) > 8
