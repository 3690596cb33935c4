"""`tengen` as a process, and its answers in either form."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.cli.warm import run_warm
from tests.support.server import Server


@dataclass(frozen=True)
class Program:
    """Runs `tengen` for the data of a server, and reads its answers. `as_json` says in which form it answers."""

    server: Server
    as_json: bool

    def text(self, *arguments: str) -> str:
        """What a command says to people."""
        return _succeeded(run_warm(self.server, *arguments)).stdout

    def json(self, *arguments: str) -> Any:
        """The one JSON value that a command prints."""
        return json.loads(_succeeded(run_warm(self.server, *arguments, "--json")).stdout)

    def thing(self, *arguments: str) -> dict[str, str]:
        """What a command tells of one thing, by the names of the properties; in either form the values are texts."""
        if self.as_json:
            return {name: _as_text(value) for name, value in self.json(*arguments).items()}
        pairs = (line.split(":", 1) for line in self.text(*arguments).splitlines() if ":" in line)
        return {name.replace(" ", "_"): value.strip() for name, value in pairs}

    def rows(self, *arguments: str) -> list[str]:
        """What a command lists: a text each."""
        if self.as_json:
            return [" ".join(map(_as_text, item.values())) for item in self.json(*arguments)]
        return [line for line in self.text(*arguments).splitlines()[3:] if line.strip()]

    def do(self, *arguments: str) -> None:
        """Run a command for what it does; it must say so in its form."""
        if self.as_json:
            assert self.json(*arguments)
        else:
            assert self.text(*arguments).strip()

    def refusal(self, *arguments: str) -> str:
        """The line with which a command refuses."""
        result = run_warm(self.server, *arguments, *(["--json"] if self.as_json else []))
        assert (result.returncode, result.stdout) == (1, ""), result
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr.strip()

    def misuse(self, *arguments: str) -> str:
        """What a command says to somebody who does not know how to call it."""
        result = run_warm(self.server, *arguments)
        assert (result.returncode, result.stdout) == (2, ""), result
        return result.stderr


def _succeeded(result: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert (result.returncode, result.stderr) == (0, ""), result
    return result


def _as_text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "-"
        case _:
            return str(value)
