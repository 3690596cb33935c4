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


class ClientProcess:
    """A process in which the library runs: one for many tests, for loading it takes a second."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.tournaments.scoreganizer_process"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def new_client(self, server: Server, *, auth_file: Path | None = None) -> "RealClient":
        """A `Scoreganizer` object that talks to this server."""
        file = None if auth_file is None else str(auth_file)
        return RealClient(self, self.ask("new", host="127.0.0.1", port=server.port, https=False, auth_filename=file))

    def ask(self, call: str, *args: Any, client: int | None = None, **kwargs: Any) -> Any:
        """What the library returns, as JSON. Raises `Raised`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"client": client, "call": call, "args": args, "kwargs": kwargs}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "raised" in answer:
            raise Raised(answer["raised"], answer["error"], answer.get("wait"))
        return answer["returned"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)


class RealClient:
    """One `Scoreganizer` object."""

    def __init__(self, process: ClientProcess, number: int) -> None:
        self._process = process
        self._number = number

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What the object's method of this name returns. Raises `Raised`."""
        return self._process.ask(name, *args, client=self._number, **kwargs)
