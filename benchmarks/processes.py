"""Servers to be measured, each as a process, pinned to one core where the machine has more than one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]


def pin(core: int) -> None:
    """Keep this process on one core, where there are several."""
    if hasattr(os, "sched_setaffinity") and len(_CORES) > 1:
        os.sched_setaffinity(0, {core})


@dataclass(frozen=True, slots=True)
class Measured:
    """What one load run saw: requests a second, and the time of an answer in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failures: int


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def memory_mib(self) -> float:
        """Resident memory of the process, in MiB."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def measure(self, requests: Sequence[str], *, seconds: float | None, connections: int) -> Measured:
        """Put the server under load from another process on another core, or send each request once (None)."""
        plan = {
            "host": "127.0.0.1",
            "port": self.port,
            "requests": list(requests),
            "seconds": seconds,
            "connections": connections,
        }
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=json.dumps(plan).encode(),
            capture_output=True,
            check=False,
            preexec_fn=lambda: pin(LOAD_CORE),
        )
        if run.returncode:
            raise SystemExit(f"The load broke off:\n{run.stderr.decode()[-2000:]}")
        return Measured(**json.loads(run.stdout))


@contextmanager
def serving(
    command: Sequence[str], port: int, ready: str, log: Path, env: Mapping[str, str], *, is_pinned: bool = True
) -> Iterator[Served]:
    """Run `command` until the block ends; it is ready when `ready` answers 200.

    `is_pinned`: with all its processes on one core.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdout=output,
            stderr=output,
            preexec_fn=(lambda: pin(SERVER_CORE)) if is_pinned else None,
        )
    try:
        _wait(f"http://127.0.0.1:{port}{ready}", process, log)
        yield Served(port, process)
    finally:
        process.terminate()
        process.wait(15)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"The server ended before it was ready:\n{log.read_text()[-2000:]}")
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"The server was not ready after 30 seconds:\n{log.read_text()[-2000:]}")
