"""The client library of Scoreganizer from PyPI, driven from a test (`tests.tournaments.scoreganizer_process`)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.server import Server

ROOT = Path(__file__).parent.parent.parent


class Raised(Exception):
    """The library raised something: the class's name, its `error`, and how long it would wait, in seconds."""

    def __init__(self, kind: str, error: str | None, wait: float | None) -> None:
        super().__init__(f"{kind}: {error}")
        self.kind = kind
        self.error = error
        self.wait = wait


class RealClient:
    """One `Scoreganizer` object in its own process."""

    def __init__(self, server: Server, *, auth_file: Path | None = None) -> None:
        command = [sys.executable, "-m", "tests.tournaments.scoreganizer_process", str(server.port)]
        self._process = subprocess.Popen(
            [*command, str(auth_file or "")], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What the library's method returns, as JSON. Raises `Raised`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": name, "args": args, "kwargs": kwargs}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "raised" in answer:
            raise Raised(answer["raised"], answer["error"], answer.get("wait"))
        return answer["returned"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)
