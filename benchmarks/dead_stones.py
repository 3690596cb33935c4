"""Dead stones as they are proposed, beside what GNU Go says of games that it has played with itself to the end.

GNU Go is asked twice, each time anew, so that what it thought while playing does not colour the answer: at its usual
level, and at the lowest, at which most of the games were played. Where the two differ, the players left something
open that a stronger one would have used: such boards are not settled, and there is no one right answer.
"""

import os
import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from tengen.demo.random_play import play_game
from tengen.go.board import Board
from tengen.go.points import Color, Point, Size, vertex_of
from tengen.go.replay import Move
from tengen.go.rulesets import JAPANESE
from tengen.play.dead_stones import Proposal, propose
from tengen.play.playouts import get_ready
from tengen.play.scores import score_of

GOAL = 0.95
"""The least share of boards on 19x19 that are wholly right."""
GOAL_MS = 300.0
"""The most that a board of 19x19 may take in the middle."""
SIDES = (9, 13, 19)
KOMI = 6.5

_USUAL, _LOWEST = 10, 1
_LEVELS = (1, 1, 2, 3)
_OPENING = {9: 6, 13: 12, 19: 24}
"""Moves at random before it plays: up to so many."""
_TIMED = 10
"""Boards to measure the time on if GNU Go is not there to make better ones."""

# Debian puts games where root does not look for programs.
PROGRAM = shutil.which("gnugo", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/games")))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What GNU Go says of a finished board."""

    dead: frozenset[Point]
    margin: float
    """Black's points minus White's."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A finished board, and what the two levels of GNU Go say of it: nothing, without GNU Go."""

    board: Board
    judgements: Sequence[Judgement] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the levels agree on the dead."""
        return len({judgement.dead for judgement in self.judgements}) == 1


@dataclass(frozen=True, slots=True)
class Found:
    """How the proposals for the boards of a size fared."""

    side: int
    boards: int
    judged: int
    right: int
    """Wholly right by GNU Go's usual level: each stone, living or dead."""
    same_score: int
    settled: int
    settled_right: int
    ms: float
    """Of a board, the median; processor time."""
    slowest_ms: float

    @property
    def has_missed(self) -> bool:
        """Whether a goal is missed."""
        if self.side != max(SIDES):
            return False
        return self.ms > GOAL_MS or (self.judged > 0 and self.right / self.judged < GOAL)


def measure(side: int, *, games: int) -> Found:
    """Play so many games on a board of this side, and judge what is proposed at their ends."""
    get_ready()
    if PROGRAM is None:
        return _found(side, [Ending(board) for board in _random_boards(side)])
    with ThreadPoolExecutor(os.cpu_count()) as players:
        return _found(side, list(filter(None, players.map(partial(_ending, side), range(games)))))


def _found(side: int, endings: Sequence[Ending]) -> Found:
    times: list[float] = []
    right: list[bool] = []
    settled: list[bool] = []
    same_score = 0
    for ending in endings:
        started = time.thread_time()
        proposal = propose(ending.board, seed=len(times))
        times.append((time.thread_time() - started) * 1000)
        if ending.judgements:
            usual = ending.judgements[0]
            right.append(proposal.dead == usual.dead)
            same_score += _margin(ending.board, proposal) == usual.margin
            settled += [right[-1]] if ending.is_settled else []
    return Found(
        side,
        boards=len(endings),
        judged=len(right),
        right=sum(right),
        same_score=same_score,
        settled=len(settled),
        settled_right=sum(settled),
        ms=statistics.median(times),
        slowest_ms=max(times),
    )


def _margin(board: Board, proposal: Proposal) -> float:
    return score_of(board, proposal.marking, komi=KOMI, handicap=0).margin


# ── GNU Go ──


class _GnuGoDiedError(Exception):
    """It has ended in the middle of a game: old as it is, it knows positions that it does not survive."""


class _GnuGo:
    """GNU Go over the Go Text Protocol."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, command: str) -> str:
        """Its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        answer = ""
        while (line := self._process.stdout.readline()).strip():
            answer += line
        if not answer:
            raise _GnuGoDiedError
        assert answer.startswith("="), (command, answer)
        return answer[1:].strip()


@contextmanager
def _gnugo(side: int, level: int) -> Iterator[_GnuGo]:
    assert PROGRAM is not None
    options = ["--mode", "gtp", "--quiet", "--seed", "1", "--never-resign", "--level", str(level)]
    with subprocess.Popen([PROGRAM, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        gnugo = _GnuGo(process)
        gnugo.ask(f"boardsize {side}")
        gnugo.ask(f"komi {KOMI}")
        yield gnugo
        gnugo.ask("quit")


def _ending(side: int, number: int) -> Ending | None:
    """The end of a game of this number; None if it did not come to two passes."""
    try:
        played = _played(side, random.Random(f"{side} {number}"))  # noqa: S311  # plays, guards nothing
        if played is None:
            return None
        board, commands = played
        return Ending(board, [_judged(side, level, commands) for level in (_USUAL, _LOWEST)])
    except _GnuGoDiedError:
        return None


def _played(side: int, chance: random.Random) -> tuple[Board, list[str]] | None:
    """A game to two passes, begun at random, with players of two levels; and its moves as commands."""
    board = Board(Size.of(side), JAPANESE)
    commands = _opening(board, chance)
    levels = {color: chance.choice(_LEVELS) for color in Color}
    with _gnugo(side, _LOWEST) as gnugo:
        for command in commands:
            gnugo.ask(command)
        passes = 0
        while passes < 2 and len(commands) < 3 * side * side:
            color = board.to_move
            gnugo.ask(f"level {levels[color]}")
            vertex = gnugo.ask(f"genmove {color.name}")
            commands.append(f"play {color.name} {vertex}")
            if vertex == "PASS":
                passes += 1
                board.play_pass(color)
            else:
                passes = 0
                board.play(color, Point.from_vertex(vertex, board.size))
    return (board, commands) if passes == 2 else None


def _opening(board: Board, chance: random.Random) -> list[str]:
    commands = []
    for _ in range(chance.randint(2, _OPENING[board.size.columns])):
        color = board.to_move
        point = chance.choice([point for point in board.size.points() if board.is_legal(color, point)])
        commands.append(f"play {color.name} {vertex_of(point, board.size)}")
        board.play(color, point)
    return commands


def _judged(side: int, level: int, commands: Sequence[str]) -> Judgement:
    with _gnugo(side, level) as gnugo:
        for command in commands:
            gnugo.ask(command)
        score = gnugo.ask("final_score")  # before it looks for the dead, which changes what it answers by a point
        dead = gnugo.ask("final_status_list dead").split()
    size = Size.of(side)
    margin = 0.0 if score == "0" else float(score[2:]) * (1 if score[0] == "B" else -1)
    return Judgement(frozenset(Point.from_vertex(vertex, size) for vertex in dead), margin)


def _random_boards(side: int) -> Iterator[Board]:
    chance = random.Random(side)  # noqa: S311  # plays, guards nothing
    for _ in range(_TIMED):
        game = play_game(chance, size=Size.of(side), rules=JAPANESE, komi=KOMI)
        board = Board(Size.of(side), JAPANESE)
        for step in game.steps:
            if isinstance(step, Move) and step.point is not None:
                board.play_anyway(step.color, step.point)
        yield board
