"""How far long work has come, said to people while it goes on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import typer

SECONDS = 10.0
"""Between two lines of progress where nobody looks at a terminal: what goes into a log is read later, if at all."""


class Pace:
    """Says when it is time for another line."""

    def __init__(self) -> None:
        self._due_at = monotonic() + SECONDS

    def is_due(self) -> bool:
        """Whether it is; then it will be again when as much time has passed."""
        now = monotonic()
        if now < self._due_at:
            return False
        self._due_at = now + SECONDS
        return True


@contextmanager
def game_progress(what: str) -> Iterator[Callable[[int], None]]:
    """Says how many games are done: in one line on a terminal, else a line now and then; never on standard output."""
    with row_progress(what, "games") as tell:
        yield tell


@contextmanager
def row_progress(what: str, rows: str) -> Iterator[Callable[[int], None]]:
    """The same for other things than games: `rows` says of what."""
    is_terminal, pace = sys.stderr.isatty(), Pace()

    def tell(count: int) -> None:
        if is_terminal:
            typer.echo(f"\r{what}: {count:,} {rows}", err=True, nl=False)
        elif pace.is_due():
            typer.echo(f"{what}: {count:,} {rows}", err=True)

    try:
        yield tell
    finally:
        if is_terminal:
            typer.echo("", err=True)


@contextmanager
def trial_progress(what: str) -> Iterator[Callable[[int, float], None]]:
    """Says how many trials a search has made, and the best loss so far; in one line, and on a terminal alone."""
    is_terminal = sys.stderr.isatty()

    def tell(trials: int, loss: float) -> None:
        if is_terminal:
            typer.echo(f"\r{what}: {trials:,} trials, log-loss {loss:.5f}", err=True, nl=False)

    try:
        yield tell
    finally:
        if is_terminal:
            typer.echo("", err=True)


class ImportProgress:
    """How far an import has come: the games of a file are stored first, and then rated. One line on a terminal."""

    _WIDTH = 30

    def __init__(self, size: int) -> None:
        """`size`: the bytes of the file; 0 if it is not known how much there is."""
        self._size = size
        self._is_terminal = sys.stderr.isatty()
        self._is_open = False
        self._pace = Pace()

    def stored(self, games: int, position: int) -> None:
        """So many games are read, and the file as far as this byte."""
        share = min(position / self._size, 1.0) if self._size else 0.0
        bar = "█" * round(share * self._WIDTH)
        self._tell("import", games, f"{bar:░<{self._WIDTH}} {share:4.0%}  " if self._size else "")

    def rated(self, games: int) -> None:
        """So many games of the pool are replayed."""
        self._tell("go", games, "")

    def say(self, sentence: str) -> None:
        """Tell people something in between."""
        self.close()
        typer.echo(sentence, err=True)

    def close(self) -> None:
        """End the line, if one is begun."""
        if self._is_open:
            typer.echo("", err=True)
            self._is_open = False

    def _tell(self, what: str, games: int, bar: str) -> None:
        if self._is_terminal:
            typer.echo(f"\r{what}: {bar}{games:,} games\x1b[K", err=True, nl=False)
            self._is_open = True
        elif self._pace.is_due():
            typer.echo(f"{what}: {games:,} games", err=True)


@contextmanager
def import_progress(size: int) -> Iterator[ImportProgress]:
    """The progress of the import of a file of this many bytes."""
    progress = ImportProgress(size)
    try:
        yield progress
    finally:
        progress.close()
