"""A platform as its own process, as an operator runs it, for tests over HTTP."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.support.mail import Mailbox
from tests.support.network import free_port
from tests.support.settings import CHEAP_HASH
from tests.support.warm import WarmProcess

_UNPREFIXED = {"database_url", "redis_url", "smtp_url"}
_TENGEN = str(Path(sys.executable).with_name("tengen"))
_READY = b"Tengen is ready at "


def environment(**settings: Any) -> dict[str, str]:
    """This process's environment with these settings, by the names of their fields, and no others."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TENGEN_") and name.lower() not in _UNPREFIXED
    }
    ours = {
        (name if name in _UNPREFIXED else f"tengen_{name}").upper(): str(value)
        for name, value in settings.items()
        if value is not None
    }
    return inherited | ours


class Server:
    """`tengen serve` on a free port of the loopback interface."""

    def __init__(self, data_dir: Path, *, database_url: str | None = None, workers: int = 1, **settings: Any) -> None:
        self.data_dir = data_dir
        data_dir.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings: dict[str, Any] = {
            "data_dir": data_dir,
            "database_url": database_url,
            "public_url": self.url,
            "log_format": "json",
            **CHEAP_HASH,
            **settings,
        }
        """Every setting that differs from its default."""
        self.mailbox = Mailbox(data_dir / "mail")
        self.client = self._new_client()
        self._workers = workers
        self._log = data_dir / "server.log"
        self._shown = 0
        self._process: subprocess.Popen[bytes] | WarmProcess | None = None

    def _new_client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def reconnect(self) -> None:
        """Forget the connections that are open: one of them may be to a worker that was killed."""
        self.client.close()
        self.client = self._new_client()

    # The four verbs of HTTP that the dialects use.

    def get(self, path: str, **how: Any) -> httpx.Response:
        """GET a path of this server; `how` as for httpx (`auth`, `params`, `headers`)."""
        return self.client.get(path, **how)

    def post(self, path: str, json: Any = None, **how: Any) -> httpx.Response:
        """POST `json` to a path of this server; `how` as for httpx."""
        return self.client.post(path, json=json, **how)

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Any other request; `how` as for httpx."""
        return self.client.request(method, path, **how)

    def mail_token(self, address: str, *, number: int = 1) -> str:
        """The verification token in the `number`-th mail to this address."""
        return self.mailbox.token(address, number=number)

    def metric(self, name: str) -> float:
        """The sum of a counter, over all its labels."""
        lines = self.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{name}(\{{|\s)", line))

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `tengen ARGUMENTS…` for this server's data and database, while it runs or not."""
        return subprocess.run(
            [_TENGEN, *arguments],
            env=environment(**self.settings),
            capture_output=True,
            text=True,
            check=check,
            timeout=60,
        )

    @property
    def pid(self) -> int:
        """The id of the process that was started: with several workers, their supervisor's."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self, *, is_cold: bool = False) -> "Server":
        """Start it, and wait until it is ready.

        `is_cold`: as the installed program, which does its imports. With several workers it always is.
        """
        assert self._process is None, "it runs already"
        self._log.touch()
        log_begins = self._log.stat().st_size
        self._process = self._cold() if is_cold or self._workers > 1 else self._warm()
        try:
            self._wait_until_ready(log_begins)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and wait. Returns the exit code.

        By SIGINT: as Ctrl+C in its terminal asks all that run there.
        """
        process = self._forget_process()
        if how == signal.SIGINT:
            os.killpg(process.pid, how)
        else:
            process.terminate()
        try:
            return process.wait(60)  # a machine that is busy may stand still for a while
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def kill(self) -> None:
        """End it, with its workers, without a chance to tidy up (SIGKILL)."""
        process = self._forget_process()
        with suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self) -> "Server":
        """Stop it, and start it on the same port and data."""
        self.stop()
        return self.start()

    def close(self) -> None:
        """Stop it if it runs, and let go of its connections."""
        if self._process is not None:
            self.stop()
        self.client.close()

    def new_log(self) -> str:
        """What it has logged since the last call."""
        log = self._log.read_bytes() if self._log.exists() else b""
        fresh, self._shown = log[self._shown :], len(log)
        return fresh.decode(errors="replace")

    def requests_logged(self, path: str, count: int) -> str:
        """The log since the last call of `new_log`, once it has so many requests of a path.

        A request is logged after its answer, by a worker that may have something else to do in between.
        """
        log, give_up_at = self.new_log(), time.monotonic() + 10
        while log.count(f'"path": "{path}"') < count and time.monotonic() < give_up_at:
            time.sleep(0.01)
            log += self.new_log()
        assert log.count(f'"path": "{path}"') == count, log
        return log

    def _forget_process(self) -> subprocess.Popen[bytes] | WarmProcess:
        assert self._process is not None, "it does not run"
        process, self._process = self._process, None
        return process

    def _cold(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [_TENGEN, *self._arguments(), "--workers", str(self._workers)],
                env=environment(**self.settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that its workers can be killed with it
            )

    def _warm(self) -> WarmProcess:
        return WarmProcess(self._arguments(), environment(**self.settings), out=self._log, err=self._log)

    def _arguments(self) -> tuple[str, ...]:
        return ("serve", "--host", "127.0.0.1", "--port", str(self.port))

    def _wait_until_ready(self, log_begins: int) -> None:
        assert self._process is not None
        give_up_at = time.monotonic() + 60
        # It tells its address once every worker answers, and asking it all the time would only keep it from that.
        while _READY not in self._log.read_bytes()[log_begins:]:
            if (exit_code := self._process.poll()) is not None:
                raise RuntimeError(f"the server ended with {exit_code}:\n{self.new_log()}")
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"the server is not ready:\n{self.new_log()}")
            time.sleep(0.01)
        assert self.get("/readyz").status_code == 200
