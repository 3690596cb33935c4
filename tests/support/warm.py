"""`tengen` in a process of its own that has its imports done: seconds less for each of the many starts of these tests.

The process is forked from one that has imported the program and done nothing else; it gets its arguments, environment
and streams as if it had been started by a shell. Whether the installed program starts is shown by the tests that run
it (`Server.run`, servers with several workers, `tests.cli.serving`).
"""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

import tengen.cli
from tengen.cli.entry import main

_COMMANDS = sorted(path.stem for path in Path(tengen.cli.__file__).parent.glob("*.py") if path.stem != "__init__")
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["__main__", "tengen.app", *(f"tengen.cli.{name}" for name in _COMMANDS), __name__])


class WarmProcess:
    """`tengen ARGUMENTS…` in a session of its own, appending what it writes to files. Used like `subprocess.Popen`."""

    def __init__(self, arguments: tuple[str, ...], variables: dict[str, str], *, out: Path, err: Path) -> None:
        self._process: BaseProcess = _forks.Process(target=_run, args=(arguments, variables, Path.cwd(), out, err))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("tengen", timeout or 0)
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""
        self._process.terminate()

    def kill(self) -> None:
        """End it (SIGKILL)."""
        self._process.kill()


def _run(arguments: tuple[str, ...], variables: dict[str, str], directory: Path, out: Path, err: Path) -> None:
    os.setsid()
    os.chdir(directory)
    sys.argv = ["tengen", *arguments]
    os.environ.clear()
    os.environ.update(variables)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    main()
