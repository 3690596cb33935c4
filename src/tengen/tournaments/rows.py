"""Inserting many rows at once, by one text for any number of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute

from tengen.core.database import Table

Insert = sqlite.Insert | postgresql.Insert


def insert_rows(table: type[Table], columns: Sequence[InstrumentedAttribute[Any]]) -> Mapping[str, Insert]:
    """By dialect, what inserts rows of these columns. Its parameters are `parameters_of` the rows.

    On PostgreSQL each column is an array, so that each connection prepares the statement once, and the rows are
    inserted by one execution of it.
    """
    arrays = select(*[func.unnest(bindparam(column.key, type_=ARRAY(column.type))) for column in columns])
    return {
        "sqlite": sqlite.insert(table),
        "postgresql": postgresql.insert(table).from_select([column.key for column in columns], arrays),
    }


def parameters_of(dialect: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The parameters of `insert_rows` for these rows, of which there are some: a value for each column in each."""
    return {name: [row[name] for row in rows] for name in rows[0]} if dialect == "postgresql" else rows
