"""Builders of replays in each format, of ways to bend them, and of child processes that misbehave."""

import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import Action, Game, played
from tengen.demo.minesweeper.rmv import Version, rmv
from tengen.tournaments.levels import Board, Level

KEY = "12_35_0123456789abcdef0123456789abcdef"
OTHER_KEY = "13_35_fedcba9876543210fedcba9876543210"
PLAYED_AT = datetime(2026, 6, 1, 12, 30, 15, tzinfo=UTC)

REAL_REPLAYS = Path(__file__).parents[4] / "shared/data/replays"
real_replays = pytest.mark.skipif(
    not REAL_REPLAYS.is_dir(),
    reason="real replays are their players', and no part of the repository: they lie beside it, or are missing",
)


def a_game(on: Level | Board = Level.BEGINNER, *, time_ms: int = 5410, seed: int = 1, moves: int = 6) -> Game:
    """A won game of 5.41 seconds on a beginner board."""
    return played(on, time_ms=time_ms, seed=seed, moves=moves)


def an_avf(game: Game | None = None, *, name: str = f"Ann#{KEY}", started_at: datetime = PLAYED_AT) -> bytes:
    return avf(game or a_game(), name=name, started_at=started_at)


def an_rmv(game: Game | None = None, *, version: Version = 2, **said: Any) -> bytes:
    return rmv(game or a_game(), **{"name": "Ann", "made_at": PLAYED_AT, "token": KEY, **said}, version=version)


_EVF_CODES = {Action.MOVE: 1, Action.PRESS: 2, Action.RELEASE: 3}
_SOFTWARE = "元3.1.9"


def an_evf(
    game: Game | None = None,
    *,
    version: int = 3,
    player: str = "Ann",
    race: str = KEY,
    unique: str = "",
    time_ms: int | None = None,
) -> bytes:
    """As the specification of EVF has it; `time_ms` is the time that the head states, if not the game's own."""
    game = game or a_game()
    time = game.time if time_ms is None else time_ms
    size = bytes([game.board.rows, game.board.columns]) + game.board.mines.to_bytes(2, "big")
    numbers = size + bytes([16]) + game.mode.to_bytes(2, "big") + game.bbbv.to_bytes(2, "big")
    began = int(PLAYED_AT.timestamp()) * 1_000_000
    ended = began + game.time * 1000
    head = bytes([version, 0b1110_0000]) + (b"\0" if version >= 3 else b"") + numbers
    if version == 4:
        head += time.to_bytes(4, "big") + b"XX" + began.to_bytes(8, "big") + ended.to_bytes(8, "big")
        texts = _texts(_SOFTWARE, player, race, unique) + bytes([0, 4]) + b"uuid"
        return head + texts + _bits(game) + bytes([0, 0]) + b"".join(_steps(game)) + b"\0" + bytes([0, 0])
    texts = _texts(_SOFTWARE, player, race, unique, str(began), str(ended), "XX", *(["uuid"] if version >= 2 else []))
    events = b"".join(_evf_event(event.action, event.time, event.x, event.y) for event in game.events)
    return head + time.to_bytes(3, "big") + texts + _bits(game) + events + b"\0" + bytes(32)


def _texts(*texts: str) -> bytes:
    return b"".join(text.encode() + b"\0" for text in texts)


def _bits(game: Game) -> bytes:
    squares = [0] * (-(-game.board.rows * game.board.columns // 8) * 8)
    for mine in game.mines:
        squares[mine.row * game.board.columns + mine.column] = 1
    return int("".join(map(str, squares)), 2).to_bytes(len(squares) // 8, "big")


def _evf_event(action: Action, time: int, x: int, y: int) -> bytes:
    return bytes([_EVF_CODES[action]]) + time.to_bytes(3, "big") + x.to_bytes(2, "big") + y.to_bytes(2, "big")


def _steps(game: Game) -> Iterator[bytes]:
    time = x = y = 0
    for event in game.events:
        if event.time - time > 0xFF:
            pause = event.time - time - 0xFF
            yield b"\xff" + pause.to_bytes(2, "big")
            time += pause
        change = (event.x - x).to_bytes(2, "big", signed=True) + (event.y - y).to_bytes(2, "big", signed=True)
        yield bytes([_EVF_CODES[event.action], event.time - time]) + change
        time, x, y = event.time, event.x, event.y


_SCRAMBLE = 12345


def an_mvf(
    game: Game | None = None, *, name: str = f"Ann#{KEY}", time_ms: int | None = None, year: str = "2005"
) -> bytes:
    """As the public parsers of MVF 0.97 read it."""
    game = game or a_game()
    seconds, rest = divmod(game.time if time_ms is None else time_ms, 1000)
    program = (b"\x11M" + b" " * 22 + year.encode()).ljust(74)
    level = (game.level or 6) - 2
    date = bytes([PLAYED_AT.month, PLAYED_AT.day]) + PLAYED_AT.year.to_bytes(2, "big") + bytes([12, 30, 15])
    time = seconds.to_bytes(2, "big") + bytes([rest // 10])
    counted = game.bbbv.to_bytes(2, "big") * 2 + bytes(7)
    size = bytes([game.board.columns, game.board.rows]) + game.board.mines.to_bytes(2, "big")
    mines = bytes(number + 1 for mine in game.mines for number in mine)
    head = program + date + bytes([level, 1]) + time + counted + size + mines + bytes([len(name)]) + name.encode()
    order = _bit_order()
    events = []
    is_down = False
    for event in game.events:
        is_down = event.action is Action.PRESS or (is_down and event.action is Action.MOVE)
        events.append(_scrambled(order, event.time // 10, event.x, event.y, is_down=is_down))
    return head + _SCRAMBLE.to_bytes(2, "big") + len(events).to_bytes(3, "big") + b"".join(events)


def _bit_order() -> list[tuple[int, int]]:
    """Byte and bit of each bit of an event, by the digits of five numbers: all zeros first, then all ones, …"""
    first, second = math.sqrt(_SCRAMBLE), math.sqrt(_SCRAMBLE + 1000)
    third = math.sqrt(first + 1000)
    numbers = (
        math.cos(third + 1000),
        math.sin(math.sqrt(second)),
        math.cos(third),
        math.sin(math.sqrt(first) + 1000),
        math.cos(math.sqrt(second + 1000)),
    )
    digits = "".join(f"{round(abs(number) * 100_000_000):08}" for number in numbers)
    return [(at // 8, at % 8) for digit in "0123456789" for at in range(40) if digits[at] == digit]


def _scrambled(order: list[tuple[int, int]], hundredths: int, x: int, y: int, *, is_down: bool) -> bytes:
    fields = [(0, 1), (0, 1), (int(is_down), 1), (y, 9), (x, 9), (hundredths % 100, 7), (hundredths // 100, 10)]
    bits = [number >> bit & 1 for number, size in fields for bit in range(size)]
    event = bytearray(5)
    for (byte, bit), is_set in zip(order, bits, strict=False):
        event[byte] |= is_set << bit
    return bytes(event)


BUILT: dict[str, Callable[[], bytes]] = {
    "avf": an_avf,
    "rmv 1": lambda: an_rmv(version=1),
    "rmv 2": an_rmv,
    "evf 0": lambda: an_evf(version=0),
    "evf 3": an_evf,
    "evf 4": lambda: an_evf(version=4),
    "mvf": an_mvf,
}
"""One replay of the same game in each format and version."""


def bent(seeds: Sequence[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """Replays bent by chance: cut, stretched, with bytes changed, moved and joined with others."""
    chance = random.Random(seed)  # noqa: S311  # guards nothing
    for _ in range(count):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.choice([1, 1, 2, 5, 30])):
            _bend(content, chance, seeds)
        yield bytes(content)


def _bend(content: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    place = chance.randrange(chance.choice([64, 400, len(content)]) + 1) % max(1, len(content))
    size = chance.choice([1, 2, 4, 8, 9, 100])
    match chance.randrange(6):
        case 0:
            content[place : place + 1] = bytes([chance.randrange(256)])
        case 1:
            content[place : place + size] = chance.choice([b"\0", b"\xff"]) * size
        case 2:
            del content[place : place + size]
        case 3:
            content[place:place] = content[place : place + size] * chance.choice([1, 2, 200])
        case 4:
            other = chance.choice(seeds)
            content[place:] = other[chance.randrange(len(other)) :]
        case _:
            del content[place:]


def a_child(*reading: str, limits: str = "") -> list[str]:
    """The command of a child like the real one, whose `read(content)` has these lines. `limits` changes its constants.

    `real(content)` reads as the real one does.
    """
    program = [
        "import os, re, sys, time, types",
        "from tengen.tournaments.replays import child, reading",
        "from tengen.tournaments.replays.reading import read as real",
        limits,
        "def read(content):",
        *(f"    {line}" for line in reading),
        "reading.read = read",
        "child.main()",
    ]
    return [sys.executable, "-c", "\n".join(program)]
