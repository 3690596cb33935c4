"""The answers of commands: a JSON value for programs, a text or a table for people."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import typer


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to be shown in columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: `value` to programs, `text` to people."""

    value: Any
    text: str | Table


def thing(item: Mapping[str, Any], note: str = "") -> Answer:
    """One thing with its properties, a line each, and a note to people about it."""
    width = max(map(len, item)) + 2
    lines = [f"{name.replace('_', ' ') + ':':<{width}}{_cell(value)}".rstrip() for name, value in item.items()]
    return Answer(dict(item), "\n".join([*lines, *([note] if note else [])]))


def listing(items: Sequence[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> Answer:
    """Many things of one kind: a table with some of their properties, or the sentence `empty` if there are none."""
    values = [dict(item) for item in items]
    if not values:
        return Answer([], empty)
    rows = [[_cell(item[column]) for column in columns] for item in values]
    return Answer(values, Table([column.replace("_", " ") for column in columns], rows))


def print_json(value: Any) -> None:
    """Write the one JSON value of a command's standard output. Instants become ISO 8601 with their offset."""
    typer.echo(json.dumps(value, default=_plain, indent=2))


def print_text(text: str | Table) -> None:
    """Write an answer for people. A table is as wide as the terminal, and outside of one as wide as it needs."""
    if isinstance(text, str):
        typer.echo(text)
        return
    from rich import box  # only people need it
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    table = RichTable(*text.columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in text.rows:
        table.add_row(*map(Text, row))  # as it is: names may hold what looks like markup
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
        case _:
            return str(value)
