"""`tengen` in a process of its own that has its imports done: a second less for each of the many calls of these tests.

The process is forked from one that has imported the program and done nothing else; it gets its arguments, environment
and streams as if it had been started by a shell. Whether the installed program starts is shown by the tests that run
it (`Server.run`).
"""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import tengen.cli
from tengen.cli.entry import main
from tests.support.server import Server, environment

_COMMANDS = sorted(path.stem for path in Path(tengen.cli.__file__).parent.glob("*.py") if path.stem != "__init__")
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["__main__", "tengen.app", *(f"tengen.cli.{name}" for name in _COMMANDS), __name__])


def run_warm(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tengen ARGUMENTS…` for this server's data and database."""
    with TemporaryDirectory() as directory:
        out, err = Path(directory, "out"), Path(directory, "err")
        process = _forks.Process(target=_run, args=(arguments, environment(**server.settings), out, err))
        process.start()
        process.join(60)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{arguments} takes too long")
        return subprocess.CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _run(arguments: tuple[str, ...], variables: dict[str, str], out: Path, err: Path) -> None:
    sys.argv = ["tengen", *arguments]
    os.environ.clear()
    os.environ.update(variables)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, stream.fileno())
    main()
