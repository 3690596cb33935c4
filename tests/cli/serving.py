"""`tengen serve` as an operator sees it who starts it by hand."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.server import Server, environment

TENGEN = str(Path(sys.executable).with_name("tengen"))


@contextmanager
def serving(server: Server, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`tengen serve --json` on a port that it chooses: the process, and what it tells once it is ready."""
    process = subprocess.Popen(
        [TENGEN, "serve", "--port", "0", "--json", *options],
        env=environment(**server.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        while not lines or lines[-1] != "}\n":
            line = process.stdout.readline()
            assert line, process.communicate()
            lines.append(line)
        yield process, json.loads("".join(lines))
    finally:
        process.terminate()
        process.communicate()
