"""Builders of games of Minesweeper and of what stands in their replays."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tengen.demo.minesweeper.game import Game, played
from tengen.tournaments.levels import Board, Level

KEY = "7_35_99a8b1c2d3e4f5061728394a5b6c7d8e"
PLAYED_AT = datetime(2026, 6, 1, 12, 34, 5, tzinfo=UTC)
"""When boards are made."""

LONGEST_MS = 999_990


def a_game(on: Level | Board = Level.BEGINNER, *, time_ms: int = 5410, seed: int = 1, moves: int = 24) -> Game:
    """A won beginner game of 5.41 s, unless a test says otherwise."""
    return played(on, time_ms=time_ms, seed=seed, moves=moves)


def games(*, step_ms: int = 1) -> st.SearchStrategy[Game]:
    """Won games of the levels and of some other boards, of times that are multiples of a step."""
    boards: st.SearchStrategy[Level | Board] = st.sampled_from([*Level, Board(9, 9, 10), Board(5, 40, 30)])
    times = st.integers(0, LONGEST_MS // step_ms).map(lambda steps: steps * step_ms)
    return st.builds(lambda on, time, seed: a_game(on, time_ms=time, seed=seed), boards, times, st.integers(0, 2**32))


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
