"""Throws bent replays at what reads them: `make fuzz`.

For half of the time through the pool of child processes: each is read or refused, and whatever happens to the children,
nothing of them is left. For the other half at our own readers, bent ever further where that reaches new code: the only
thing that may be raised is `UnreadableReplay`, each input within `REPLAY_SECONDS`. A run lasts `FUZZ_SECONDS`, 60
unless it is set. What was found to be wrong is left in `.fuzz`, beside the replays that reached the most, from which
the next run goes on: `make fuzz ARGS=.fuzz/replay-crash-…` tries one alone.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

import atheris
import psutil

# Only our readers are watched: the rest would only make it slow.
with atheris.instrument_imports(include=["tengen.tournaments.replays"]):
    from tengen.tournaments.replays import avf, evf, mvf, rmv
    from tengen.tournaments.replays.cursor import UnreadableReplay
    from tengen.tournaments.replays.facts import ReplayFacts
    from tengen.tournaments.replays.formats import recognise

from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.replays.pool import ParserPool
from tests.tournaments.replays.builders import BUILT, bent

REPLAY_SECONDS = 20
"""Watched code is many times slower: unwatched the slowest replay takes a second."""
MAX_GROWTH = 64 * 1024 * 1024
"""Bytes that this process may take more, however many replays were bad."""
TOGETHER = 16

_DIRECTORY = Path(".fuzz")
_READERS = (avf.read, evf.read, mvf.read, rmv.read)


def try_readers(data: bytes) -> None:
    """Read these bytes as a replay of each format. Raises whatever shows a mistake."""
    recognise(data)
    for read in _READERS:
        with suppress(UnreadableReplay):
            stated = read(data)
            "".join(stated.key_texts).encode()
            assert stated.releases is None or len(stated.releases.buttons) == len(stated.releases.times)


async def try_pool(seconds: float) -> int:
    """Read bent replays through children for a while; returns how many. Raises whatever shows a mistake."""
    me = psutil.Process()
    seeds = [build() for build in BUILT.values()]
    pool = ParserPool(2)
    await pool.read(seeds[0])
    before, tried, until = me.memory_info().rss, 0, time.monotonic() + seconds
    for run in count():
        replays = bent(seeds, 1000, seed=time.time_ns() + run)
        while (some := list(islice(replays, TOGETHER))) and time.monotonic() < until:
            await asyncio.gather(*(_try_one(pool, content) for content in some))
            tried += len(some)
        if time.monotonic() >= until:
            break
    assert me.memory_info().rss < before + MAX_GROWTH, "this process grows"
    await pool.close()
    assert not me.children(), "children are left"
    return tried


async def _try_one(pool: ParserPool, content: bytes) -> None:
    reason = Reason.UNREADABLE
    try:
        try:
            facts = await pool.read(content)
            assert ReplayFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts, "it changes on its way"
        except InvalidData as refusal:
            reason = refusal.reason
    except Exception:
        (_DIRECTORY / "replay-crash-in-the-pool").write_bytes(content)
        raise
    assert reason is Reason.UNREADABLE


def main() -> None:
    """Run until the time is over or something is wrong; the exit code says which."""
    corpus = _DIRECTORY / "replays"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, build in BUILT.items():
        (corpus / f"seed-{name.replace(' ', '-')}").write_bytes(build())
    alone = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    if not alone:
        print(f"{asyncio.run(try_pool(seconds / 2))} replays went through child processes.")  # noqa: T201
    options = [
        f"-max_total_time={max(1, seconds // 2)}",
        f"-timeout={REPLAY_SECONDS}",
        f"-max_len={256 * 1024}",
        "-len_control=0",  # long ones from the start
        f"-artifact_prefix={_DIRECTORY}/replay-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], *([] if alone else [str(corpus)])], try_readers)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
