"""Child processes of the demonstration: started, listened to, and always taken down again."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import tengen

_TERM_SECONDS = 8.0


def example(name: str) -> Path:
    """An example program: beside the package where it is installed, in the repository where it is worked on.

    Raises `FileNotFoundError`.
    """
    package = Path(tengen.__file__).parent
    for folder in (package / "examples", package.parents[1] / "examples"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"The example {name} is not installed.")


class Child:
    """A running program, and the last line that it wrote."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, on_line: Callable[[str], None]) -> None:
        self.name = name
        self.last_line = ""
        self._process = process
        self._on_line = on_line
        self._reading = asyncio.create_task(self._read())

    @property
    def has_failed(self) -> bool:
        """Whether it has ended by itself, with an error."""
        return self._process.returncode not in (None, 0)

    def ask_to_end(self) -> None:
        """Send SIGTERM, if it runs."""
        if self._process.returncode is None:
            self._process.terminate()

    async def reap(self, seconds: float) -> None:
        """Wait for its end, so long at most; then kill it."""
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self.last_line = line
            self._on_line(line)


class Children:
    """A context in which programs run: whichever way it is left, none of them outlives it."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for child in self._children:
            child.ask_to_end()
        await asyncio.gather(*(child.reap(_TERM_SECONDS) for child in self._children))

    @property
    def failed(self) -> list[Child]:
        """Those that have ended with an error."""
        return [child for child in self._children if child.has_failed]

    async def start(
        self,
        name: str,
        program: Path,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        on_line: Callable[[str], None] = lambda _: None,
    ) -> Child:
        """Run a Python program; `on_line` gets every line that it writes."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(program),
            *arguments,
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        child = Child(name, process, on_line)
        self._children.append(child)
        return child
