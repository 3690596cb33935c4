"""Replays to be uploaded, and how fast the library alone reads them.

`python -m benchmarks.replays DIRECTORY` reads every replay of a directory with ms_toollib, over and over for a second,
and writes the number of replays a second as JSON: a process of its own, for what it does with them the server's parser
processes do, too.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.processes import SERVER_CORE, pin
from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import played
from tengen.demo.minesweeper.rmv import rmv
from tengen.tournaments.levels import Level

_TIMES = {Level.BEGINNER: 6_000, Level.INTERMEDIATE: 25_000, Level.EXPERT: 80_000}
"""How long good players take, in milliseconds."""
_MOVES = 48
"""Movements of the mouse between two clicks: 150 events a second in all, as replays of people have."""
_SECONDS = 1.5


def build(keys: Sequence[str], *, at: datetime) -> list[bytes]:
    """A replay for each key, all of different games: levels in turn, half of Arbiter and half of ViennaSweeper."""
    replays = []
    for number, key in enumerate(keys):
        level = list(Level)[number % len(Level)]
        game = played(level, time_ms=_TIMES[level] + number * 10, seed=number, moves=_MOVES)
        is_arbiter = number // len(Level) % 2 == 0
        replays.append(
            avf(game, name=f"Bench#{key}", started_at=at)
            if is_arbiter
            else rmv(game, name="Bench", token=key, made_at=at)
        )
    return replays


def raw_rate(replays: Sequence[bytes], directory: Path) -> float:
    """How many of these replays a second ms_toollib reads, in one process that does nothing else."""
    directory.mkdir(exist_ok=True)
    for number, content in enumerate(replays):
        (directory / f"{number:06}").write_bytes(content)
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.replays", str(directory)],
        capture_output=True,
        check=True,
        preexec_fn=lambda: pin(SERVER_CORE),
    )
    return float(json.loads(run.stdout))


def _read_all(directory: Path) -> float:
    import ms_toollib  # it may end the process

    contents = [path.read_bytes() for path in sorted(directory.iterdir())]
    count = 0
    started = time.perf_counter()
    for content in cycle(contents):
        kind: Any = ms_toollib.RmvVideo if content.startswith(b"*rmv") else ms_toollib.AvfVideo
        video = kind(raw_data=content)
        video.parse()
        video.analyse()
        count += 1
        elapsed = time.perf_counter() - started
        if elapsed > _SECONDS and count >= len(contents):
            break
    return count / elapsed


if __name__ == "__main__":
    json.dump(_read_all(Path(sys.argv[1])), sys.stdout)
