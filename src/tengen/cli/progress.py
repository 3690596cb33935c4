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
