"""Commands in processes that have their imports done (`tests.support.warm`)."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.server import Server, environment
from tests.support.warm import WarmProcess


def run_warm(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tengen ARGUMENTS…` for this server's data and database."""
    with TemporaryDirectory() as directory:
        out, err = Path(directory, "out"), Path(directory, "err")
        process = WarmProcess(arguments, environment(**server.settings), out=out, err=err)
        try:
            exit_code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(arguments, exit_code, out.read_text(), err.read_text())
