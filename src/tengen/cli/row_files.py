"""Files of rows: CSV, JSON Lines, Parquet. Written beside the place where they are to be, and put there when whole."""

import csv
import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tengen.core.errors import Unavailable
from tengen.games.exports import Column, Row

ROW_GROUP = 50_000
"""Rows of Parquet that are written together, at least, but for the last: fewer take more room, and more more memory."""


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


class ParquetUnavailable(Unavailable):
    """Parquet is written by a library that is not installed."""

    code = "parquet_unavailable"


class RowFile(ABC):
    """A file that rows are written to."""

    @abstractmethod
    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""

    @abstractmethod
    def close(self) -> None:
        """Nothing more will come."""


@contextmanager
def row_file(path: Path, form: Format, columns: Sequence[Column]) -> Iterator[RowFile]:
    """A new file of these columns. It takes its place, also that of an older one, when the block ends without an error.

    Raises `ParquetUnavailable` and `OSError`.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        file = _WRITERS[form](part, columns)
        try:
            yield file
        finally:
            file.close()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _CsvFile(RowFile):
    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow([column.name for column in columns])
        self._instants = [place for place, column in enumerate(columns) if column.kind is datetime]
        self._flags = [place for place, column in enumerate(columns) if column.kind is bool]

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.writerows(map(self._cells, rows))

    def _cells(self, row: Row) -> list[Any]:
        cells = list(row)
        for place in self._instants:
            cells[place] = _iso(cells[place])
        for place in self._flags:
            cells[place] = None if cells[place] is None else str(cells[place]).lower()
        return cells

    def close(self) -> None:
        self._file.close()


class _JsonLinesFile(RowFile):
    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._names = [column.name for column in columns]
        self._encode = json.JSONEncoder(ensure_ascii=False, default=_iso).encode

    def write(self, rows: Sequence[Row]) -> None:
        names, encode = self._names, self._encode
        self._file.writelines([encode(dict(zip(names, row, strict=True))) + "\n" for row in rows])

    def close(self) -> None:
        self._file.close()


class _ParquetFile(RowFile):
    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        try:
            self._arrow: Any = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise ParquetUnavailable(
                "Parquet is written by pyarrow, which is not installed: "
                "pip install 'tengen[server,parquet]', or choose csv or jsonl."
            ) from error
        arrow = self._arrow
        types = {
            int: arrow.int64(),
            float: arrow.float64(),
            str: arrow.string(),
            bool: arrow.bool_(),
            datetime: arrow.timestamp("us", tz="UTC"),
        }
        self._schema = arrow.schema([(column.name, types[column.kind]) for column in columns])
        self._writer = parquet.ParquetWriter(path, self._schema)
        self._waiting: list[Any] = []
        self._waiting_rows = 0

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = zip(*rows, strict=True)
        arrays = [self._arrow.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._waiting.append(self._arrow.record_batch(arrays, schema=self._schema))
        self._waiting_rows += len(rows)
        if self._waiting_rows >= ROW_GROUP:
            self._write_group()

    def close(self) -> None:
        with self._writer:
            self._write_group()

    def _write_group(self) -> None:
        if self._waiting:
            group = self._arrow.Table.from_batches(self._waiting, self._schema)
            self._writer.write_table(group, row_group_size=len(group))
            self._waiting, self._waiting_rows = [], 0


_WRITERS: Mapping[Format, Callable[[Path, Sequence[Column]], RowFile]] = {
    Format.CSV: _CsvFile,
    Format.JSON_LINES: _JsonLinesFile,
    Format.PARQUET: _ParquetFile,
}


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
