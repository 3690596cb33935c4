"""Results of games in files of comma-separated values. Pure: a file is an iterable of its lines.

The columns `date`, `player_a`, `player_b` and `score_a` (1 won, 0 lost, 0.5 drawn) have to be there; `advantage`,
`handicap`, `komi`, `rank_a`, `rank_b` may be; and any other can be a condition or the format. Rows are in the order of
play. A file is read in pieces: its size does not matter.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from math import isfinite, nan
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tengen.core.errors import Invalid
from tengen.ratings.ranks import Rank
from tengen.ratings.systems import Condition, Day, day_of

T = TypeVar("T")

PIECE = 16_384
"""Rows that are read at once: so many games, and what is told of them, stay in a processor's cache."""
_NEEDED = ("date", "player_a", "player_b", "score_a")
_ROLES = {"": 0.0, "none": 0.0, "neutral": 0.0, "home": 1.0, "black": 1.0, "away": -1.0, "white": -1.0}
_MOST_STONES = 100
_MOST_KOMI = 1000.0


class InvalidResults(Invalid):
    """A file of results is not as it has to be."""

    code = "invalid_results"


@dataclass(frozen=True, slots=True)
class Results:
    """Some rows of a file, a column for each thing about them."""

    days: npt.NDArray[np.float64]
    first: npt.NDArray[np.int32]
    """Players numbered in the order in which they appear."""
    second: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float64]
    roles: npt.NDArray[np.float64]
    """1: the first player is at home, or Black; −1: the second is; 0: neither."""
    stones: npt.NDArray[np.float64]
    """Handicap stones for Black."""
    komi: npt.NDArray[np.float64]
    """Points for White; not a number where none are stated."""
    first_ranks: npt.NDArray[np.float64]
    """Declared ranks, as numbers; not a number where there is none."""
    second_ranks: npt.NDArray[np.float64]
    conditions: npt.NDArray[np.int32]
    """n × kinds: of each kind the number of the one played under (`ResultsReader.conditions`), or −1."""
    formats: npt.NDArray[np.int32]
    """The number of the format (`ResultsReader.formats`), or −1."""

    def __len__(self) -> int:
        return len(self.days)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Results":
        """Some of the rows."""
        return Results(*(getattr(self, name)[chosen] for name in Results.__slots__))

    def part(self, begin: int, end: int) -> "Results":
        """The rows from one position up to, not including, another."""
        return Results(*(getattr(self, name)[begin:end] for name in Results.__slots__))

    @classmethod
    def joined(cls, pieces: Sequence["Results"]) -> "Results":
        """Pieces, at least one, as one."""
        return cls(*(np.concatenate([getattr(piece, name) for piece in pieces]) for name in cls.__slots__))


@dataclass(slots=True)
class Numbering:
    """Texts numbered in the order in which they are met."""

    texts: dict[str, int] = field(default_factory=dict)

    def __call__(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


class ResultsReader:
    """Reads a file of results, piece by piece."""

    def __init__(
        self, lines: Iterable[str], *, kinds: Sequence[str] = (), format_column: str | None = None, name: str = "file"
    ) -> None:
        """`kinds` are the columns that hold conditions. Raises `InvalidResults` if a column is not there."""
        self._name = name
        self._rows = csv.reader(lines)
        self._lines: list[int] = []
        """Where the rows stand that were read last."""
        header = self._next_rows(1)
        self._columns = {title.strip(): place for place, title in enumerate(header[0])} if header else {}
        wanted = [*_NEEDED, *kinds, *([format_column] if format_column else [])]
        missing = [title for title in wanted if title not in self._columns]
        if missing:
            there = ", ".join(self._columns) or "none"
            raise InvalidResults(f"{name} has no column {', '.join(map(repr, missing))}. Its columns are: {there}.")
        self._kinds, self._format_column = kinds, format_column
        self._players, self._conditions, self._formats = Numbering(), [Numbering() for _ in kinds], Numbering()
        self._dates: dict[str, Day] = {}
        self._ranks: dict[str, float] = {"": nan}
        self._last = -np.inf

    @property
    def has_ranks(self) -> bool:
        """Whether there are columns for declared ranks."""
        return "rank_a" in self._columns and "rank_b" in self._columns

    @property
    def players(self) -> Sequence[str]:
        """The names met so far, by their numbers."""
        return list(self._players.texts)

    @property
    def conditions(self) -> Sequence[Sequence[Condition]]:
        """Of each kind the conditions met so far, by their numbers."""
        return [
            [f"{kind}:{text}" for text in numbering.texts]
            for kind, numbering in zip(self._kinds, self._conditions, strict=True)
        ]

    @property
    def formats(self) -> Sequence[str]:
        """The formats met so far, by their numbers."""
        return list(self._formats.texts)

    def __iter__(self) -> Iterator[Results]:
        """The rows. Raises `InvalidResults` for the first that cannot be, with the number of its line."""
        while rows := self._next_rows(PIECE):
            yield self._piece(rows)

    def _next_rows(self, count: int) -> list[list[str]]:
        """The next rows; blank lines are none."""
        filled = ((self._rows.line_num, row) for row in self._rows if row)
        try:
            numbered = list(islice(filled, count))
        except csv.Error as error:
            raise InvalidResults(f"{self._name} cannot be read near line {self._rows.line_num}: {error}.") from None
        self._lines = [line for line, _ in numbered]
        return [row for _, row in numbered]

    def _piece(self, rows: list[list[str]]) -> Results:
        width = max(self._columns.values()) + 1
        for number, row in enumerate(rows):
            if len(row) < width:
                raise self._wrong(number, f"has {len(row)} columns; the first line has {width}")
        table = dict(zip(self._columns, map(list, zip(*rows, strict=False)), strict=False))
        days = self._read(table, "date", self._day)
        self._check_order(days)
        # Both at once, so that players are numbered row by row.
        seats = [name for pair in zip(table["player_a"], table["player_b"], strict=True) for name in pair]
        try:
            players = np.fromiter(map(self._player, seats), np.int32, len(seats)).reshape(-1, 2)
        except ValueError as error:
            nameless = next(number for number, name in enumerate(seats) if not name.strip())
            raise self._wrong(nameless // 2, f"has no player_{'ab'[nameless % 2]}: {error}") from None
        first, second = players[:, 0], players[:, 1]
        for number in np.flatnonzero(first == second)[:1].tolist():
            raise self._wrong(number, "lets somebody play against himself")
        blank = [""] * len(rows)
        return Results(
            days,
            first,
            second,
            self._read(table, "score_a", _score),
            self._read(table, "advantage", _role, blank),
            self._read(table, "handicap", _stones, blank),
            self._read(table, "komi", _komi, blank),
            self._read(table, "rank_a", self._rank, blank),
            self._read(table, "rank_b", self._rank, blank),
            np.array(
                [
                    [numbering(text.strip()) if text.strip() else -1 for text in table[kind]]
                    for kind, numbering in zip(self._kinds, self._conditions, strict=True)
                ],
                np.int32,
            )
            .reshape(len(self._kinds), len(rows))
            .T,
            np.array(
                [
                    self._formats(text.strip()) if text.strip() else -1
                    for text in table.get(self._format_column or "", blank)
                ],
                np.int32,
            ),
        )

    def _read(
        self,
        table: dict[str, list[str]],
        title: str,
        read: Callable[[str], float],
        default: list[str] | None = None,
    ) -> npt.NDArray[np.float64]:
        texts = table[title] if default is None else table.get(title, default)
        try:
            return np.fromiter(map(read, texts), np.float64, len(texts))
        except ValueError:
            for number, text in enumerate(texts):
                try:
                    read(text)
                except ValueError as error:
                    raise self._wrong(number, f"has {text[:40]!r} as {title}: {error}") from None
            raise

    def _check_order(self, days: npt.NDArray[np.float64]) -> None:
        earlier = np.flatnonzero(np.diff(days, prepend=self._last) < 0)
        if len(earlier):
            raise self._wrong(int(earlier[0]), "is earlier than the one before: sort the file by date")
        self._last = float(days[-1])

    def _day(self, text: str) -> Day:
        day = self._dates.get(text)
        if day is None:
            if len(self._dates) > PIECE:
                self._dates.clear()
            day = self._dates[text] = _day(text)
        return day

    def _player(self, text: str) -> int:
        if not (name := text.strip()):
            raise ValueError("a player has a name")
        return self._players(name)

    def _rank(self, text: str) -> float:
        rank = self._ranks.get(text)
        if rank is None:
            try:
                rank = self._ranks[text] = Rank.parse(text).strength
            except Invalid as error:
                raise ValueError(str(error)) from None
        return rank

    def _wrong(self, row: int, what: str) -> InvalidResults:
        return InvalidResults(f"Line {self._lines[row]} of {self._name} {what}.")


def _day(text: str) -> Day:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write 2024-05-31, or 2024-05-31T19:30") from None
    return day_of(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def _score(text: str) -> float:
    return _number(text, 0.0, 1.0, "1 if player_a won, 0 if player_b did, 0.5 for a draw")


def _role(text: str) -> float:
    role = _ROLES.get(text.strip().lower())
    if role is None:
        raise ValueError("home, away, black, white, or nothing")
    return role


def _stones(text: str) -> float:
    return _number(text, 0.0, _MOST_STONES, "a number of stones") if text.strip() else 0.0


def _komi(text: str) -> float:
    return _number(text, -_MOST_KOMI, _MOST_KOMI, "points for White") if text.strip() else nan


def _number(text: str, low: float, high: float, meaning: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(meaning) from None
    if not isfinite(number) or not low <= number <= high:
        raise ValueError(meaning)
    return number
