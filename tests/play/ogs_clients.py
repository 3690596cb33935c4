"""Drives OGS' client library, each client in its own process (`ogs_process`)."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).with_name("ogs_process.py")
_PATIENCE_SECONDS = 25.0


class ClientRaised(Exception):
    """The library raised something."""


@dataclass(frozen=True)
class Told:
    """What a callback was given: by the socket, or by a game."""

    event: str
    data: Any
    game: int | None


class OgsClient:
    """The library in a process of its own."""

    def __init__(self, url: str, *, app: str, username: str, password: str) -> None:
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        self._process = subprocess.Popen(
            [sys.executable, str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "NO_PROXY": "*"},
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._errors: list[bytes] = []
        self._shown = 0
        self.told: list[Told] = []
        """Everything that callbacks were given, in order."""
        self._heard = threading.Condition()
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()
        self.name = username
        self.id: int = self.call(
            "new", url, client_id=app, client_secret="unused", username=username, password=password
        )["user_id"]

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the library. Raises `ClientRaised` if it raises."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"call": name, "args": args, "kwargs": kwargs}).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answers.get(timeout=_PATIENCE_SECONDS)
        if "raised" in answer:
            raise ClientRaised(f"{answer['raised']}: {answer['error']}")
        return answer["returned"]

    def wait_for(self, event: str, is_wanted: Callable[[Any], bool] = lambda _data: True) -> Any:
        """The data of the first event of this name that is wanted, be it told already or not. It is then forgotten."""
        until = time.monotonic() + _PATIENCE_SECONDS
        with self._heard:
            while True:
                for told in self.told:
                    if told.event == event and is_wanted(told.data):
                        self.told.remove(told)
                        return told.data
                if not self._heard.wait(max(0.0, until - time.monotonic())):
                    raise TimeoutError(f"{event} was not told; {[told.event for told in self.told]} were")

    def new_errors(self) -> str:
        """What the library has written about its errors since this was asked last."""
        found, self._shown = self._errors[self._shown :], len(self._errors)
        return b"".join(found).decode(errors="replace")

    def forget(self) -> None:
        """Forget what callbacks were given so far."""
        with self._heard:
            self.told.clear()

    def close(self) -> str:
        """End the process; returns what it wrote about its errors."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        for reader, pipe in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join(5)
            assert pipe is not None
            pipe.close()
        return b"".join(self._errors).decode(errors="replace")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if "event" not in message:
                self._answers.put(message)
                continue
            with self._heard:
                self.told.append(Told(message["event"], message["data"], message["game"]))
                self._heard.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors.extend(self._process.stderr)
