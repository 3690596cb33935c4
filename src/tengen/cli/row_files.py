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
                "Parquet is written by pyarrow, which is not installed: pip install pyarrow, or choose csv or jsonl."
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

    def write(self, rows: Sequence[Row]) -> None:
        columns = [list(values) for values in zip(*rows, strict=True)]
        self._writer.write_table(
            self._arrow.Table.from_pydict(dict(zip(self._schema.names, columns, strict=True)), schema=self._schema)
        )

    def close(self) -> None:
        self._writer.close()


_WRITERS: Mapping[Format, Callable[[Path, Sequence[Column]], RowFile]] = {
    Format.CSV: _CsvFile,
    Format.JSON_LINES: _JsonLinesFile,
    Format.PARQUET: _ParquetFile,
}


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
