"""How fast histories are rated, beside openskill's Plackett–Luce model, on one core; and what one live game costs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from openskill.models import PlackettLuce

from tengen.ratings.batch import Book, Games
from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian, Scatter
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.pairs import PairSystem
from tengen.ratings.results import PIECE
from tengen.ratings.systems import Game

GAMES = 2_000_000
PLAYERS = 20_000
_PEER_GAMES = 20_000
_LIVE_GAMES = 2_000
LIVE_GOAL_US = 50.0
"""The most that one live game may take."""
BYTES_GOAL = 200.0
"""The most memory that a game may take."""
SYSTEMS: dict[str, tuple[PairSystem, float | None]] = {
    "gaussian": (Gaussian.in_points(), 100.0),
    "gaussian, by surface": (
        Gaussian(mean=1500.0, noise=300.0, players=Scatter(200.0, 4.0), conditions={"surface": Scatter(60.0)}),
        100.0,
    ),
    "glicko2": (Glicko2(has_ranks=False), 40.0),
    "elo": (Elo(), None),
}
"""Each system, and how many times as fast as the peer it has to be."""


@dataclass(frozen=True, slots=True)
class RatingSpeed:
    """What a system can do."""

    name: str
    per_second: float
    """Games, many at once."""
    peer_per_second: float
    goal: float | None
    live_us: float
    """Microseconds for one game by itself."""
    bytes_per_game: float

    @property
    def ratio(self) -> float:
        """Of the peer's speed."""
        return self.per_second / self.peer_per_second

    @property
    def has_missed(self) -> bool:
        """Whether a goal is missed."""
        is_slow = self.goal is not None and self.ratio < self.goal
        return is_slow or self.live_us > LIVE_GOAL_US or self.bytes_per_game > BYTES_GOAL


def measure(*, rounds: int) -> list[RatingSpeed]:
    """Each system beside the peer; the fastest round of each counts, as whatever else runs only ever adds time."""
    found = []
    for name, (system, goal) in SYSTEMS.items():
        games = _history(with_conditions=bool(system.kinds))
        _play(system, games.part(0, 100))  # compiles
        pairs = [(_seconds(partial(_play, system, games)), _seconds(_play_peer)) for _ in range(rounds)]
        live = min(_seconds(partial(_play_live, system)) for _ in range(rounds))
        found.append(
            RatingSpeed(
                name,
                GAMES / min(ours for ours, _ in pairs),
                _PEER_GAMES / min(theirs for _, theirs in pairs),
                goal,
                live / _LIVE_GAMES * 1e6,
                _bytes_per_game(system, games),
            )
        )
    return found


def _history(*, with_conditions: bool) -> Games:
    """Random games over ten years, under one of four conditions each, if any."""
    chance = np.random.default_rng(5)
    first = chance.integers(0, PLAYERS, GAMES)
    return Games.of(
        np.sort(chance.uniform(14_000, 17_650, GAMES)),
        first,
        (first + 1 + chance.integers(0, PLAYERS - 1, GAMES)) % PLAYERS,
        chance.choice([0.0, 0.5, 1.0], GAMES, p=[0.45, 0.1, 0.45]),
        slots=chance.integers(0, 4, (GAMES, 1)) if with_conditions else None,
    )


def _play(system: PairSystem, games: Games) -> None:
    book = _book(system)
    for begin in range(0, len(games), PIECE):
        book.play(games.part(begin, begin + PIECE))


def _book(system: PairSystem) -> Book:
    book = Book(system)
    for surface in ("hard", "clay", "grass", "carpet"):
        book.slot(f"surface:{surface}")
    return book


def _play_peer() -> None:
    model = PlackettLuce()
    players = [model.rating() for _ in range(1000)]
    for number in range(_PEER_GAMES):
        one, other = number % 1000, (number * 7 + 1) % 1000
        if one == other:
            other = (other + 1) % 1000
        (players[one],), (players[other],) = model.rate([[players[one]], [players[other]]], ranks=[0, 1])


def peer_games_per_second() -> float:
    """What openskill's model does on one core."""
    return _PEER_GAMES / _seconds(_play_peer)


def _play_live(system: PairSystem) -> None:
    one, other = system.prior(), system.prior()
    conditions = ["surface:clay"] if "surface" in system.kinds else []
    for number in range(_LIVE_GAMES):
        game = Game.between(one, other, day=17_000.0 + number, conditions=conditions)
        (first,), (second,) = system.update(game, (float(number % 2), float((number + 1) % 2)))
        one, other = first.after, second.after


def _bytes_per_game(system: PairSystem, games: Games) -> float:
    """The columns of games, and what is told of them; the players' rows are shared by all of their games."""
    piece = games.part(0, PIECE)
    played = _book(system).play(piece)
    return (sum(column.nbytes for column in piece.columns) + sum(column.nbytes for column in played)) / len(piece)


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
