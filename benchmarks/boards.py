"""How long a game of Go takes on a board, with every move judged by the rules, beside sgfmill's board without rules."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sgfmill import boards as sgfmill

from tengen.demo.random_play import play_game
from tengen.go.board import Board
from tengen.go.points import Size
from tengen.go.replay import Move
from tengen.go.rulesets import AGA, CHINESE, JAPANESE, Ruleset

GOAL_MS = 5.0
"""The most that a game may take."""
MOVES = 250
"""Of every game: a long one."""
_GAMES = 20
_SIZE = Size.of(19)
_KO_RULES = {"simple ko": JAPANESE, "positional superko": CHINESE, "situational superko": AGA}


@dataclass(frozen=True, slots=True)
class BoardTime:
    """What a game costs by a rule on repetition, in milliseconds of one core."""

    ko_rule: str
    ms: float
    sgfmill_ms: float

    @property
    def ratio(self) -> float:
        """Of sgfmill's time, which looks for captures alone."""
        return self.ms / self.sgfmill_ms


def measure(*, rounds: int) -> list[BoardTime]:
    """Each rule beside sgfmill; the fastest round of each counts, as whatever else runs only ever adds time."""
    games = _long_games()
    found = []
    for name, rules in _KO_RULES.items():
        times = [(_ms_per_game(games, _player(rules)), _ms_per_game(games, _play_in_sgfmill)) for _ in range(rounds)]
        found.append(BoardTime(name, min(ours for ours, _ in times), min(theirs for _, theirs in times)))
    return found


def _long_games() -> list[list[Move]]:
    """Games that are legal by all of these rules: by the strictest of them."""
    chance = random.Random(19)  # noqa: S311  # plays, guards nothing
    games: list[list[Move]] = []
    while len(games) < _GAMES:
        game = play_game(chance, size=_SIZE, rules=CHINESE, komi=7.5)
        moves = [step for step in game.steps if isinstance(step, Move)][:MOVES]
        if len(moves) == MOVES:
            games.append(moves)
    return games


def _ms_per_game(games: Sequence[Sequence[Move]], play: Callable[[Sequence[Move]], None]) -> float:
    started = time.process_time()
    for game in games:
        play(game)
    return (time.process_time() - started) / len(games) * 1000


def _player(rules: Ruleset) -> Callable[[Sequence[Move]], None]:
    def play(game: Sequence[Move]) -> None:
        board = Board(_SIZE, rules)
        for move in game:
            if move.point is None:
                board.play_pass(move.color)
            else:
                board.play(move.color, move.point)

    return play


def _play_in_sgfmill(game: Sequence[Move]) -> None:
    board = sgfmill.Board(_SIZE.columns)
    last_row = _SIZE.rows - 1
    for move in game:
        if move.point is not None:
            board.play(last_row - move.point.row, move.point.column, "b" if move.color.value == "B" else "w")
