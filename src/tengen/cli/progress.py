"""How far long work has come, said to people while it goes on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

EVERY = 1_000
"""Games between two lines of progress where nobody looks at a terminal."""


@contextmanager
def game_progress(what: str) -> Iterator[Callable[[int], None]]:
    """Says how many games are done: in one line on a terminal, else a line now and then; never on standard output."""
    is_terminal = sys.stderr.isatty()
    told = 0

    def tell(games: int) -> None:
        nonlocal told
        if is_terminal:
            typer.echo(f"\r{what}: {games:,} games", err=True, nl=False)
        elif games - told >= EVERY:
            told = games
            typer.echo(f"{what}: {games:,} games", err=True)

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
