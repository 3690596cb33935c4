"""Games of Go in rows: the columns that `tengen export games` writes and `tengen import csv` reads. Pure.

| column | holds | if it is left out, or empty |
|---|---|---|
| `played_at` | when the game was over: ISO 8601, UTC unless it has an offset | must be there |
| `black`, `white` | the players' names on the game server, or the display names of their accounts | must be there |
| `result` | as it is reported, `B+3.5`, `W+R`; `B` or `W` alone if nobody knows how | must be there |
| `komi` | points, a negative number if they are Black's | must be there |
| `handicap` | stones | 0 |
| `rules` | `japanese`, `chinese`, `aga` …, as SGF names them | nobody stated them |
| `width`, `height` | lines of the board | 19; as wide as it is high |
| `speed` | `blitz`, `live` or `correspondence`, as OGS tells them apart | nobody knows it |
| `ranked` | `true`, or `false` if the players did not want it rated | `true` |
| `annulled_at` | when it was taken back | it was not |
| `game_id` | any text by which whoever wrote the file knows the game | see below |
| `fingerprint` | the platform's own key of the game, 64 hexadecimal digits | see below |

Two rows are the same game if they have the same fingerprint; without one, the same `game_id`; without either, the same
players and time.
"""

import csv
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

from tengen.core.errors import Invalid
from tengen.core.values import MAX_ID, parse_instant
from tengen.games.named_game import NamedGame, player_name
from tengen.games.rated_games import PlayedGame
from tengen.games.report import EARLIEST, FUTURE
from tengen.games.result import Result
from tengen.go.points import Size
from tengen.go.rulesets import Ruleset
from tengen.ratings.go_conditions import SpeedClass

Origin = TypeVar("Origin")
"""Where a line stands, in whatever way whoever reads them tells it."""

REQUIRED = ("played_at", "black", "white", "result", "komi")
OPTIONAL = ("handicap", "rules", "width", "height", "speed", "ranked", "annulled_at", "game_id", "fingerprint")
MAX_GAME_ID = 200
MAX_LINE = 4_000
"""No row is so long. Of a longer line nobody need read more than one character beyond."""


class MissingColumns(Invalid):
    """The first line of the file does not name the columns that must be there."""

    code = "missing_columns"


class MalformedRow(Invalid):
    """A row is no game. The sentence names the column."""

    code = "malformed_row"


_WHOLE = re.compile(r"[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FLAGS = {"true": True, "false": False, "": True}


_Row = tuple[str, ...]
"""The cells of the columns that are read, those of `REQUIRED` and then those of `OPTIONAL`."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which cells of a row are which columns."""

    pick: Callable[[Sequence[str]], _Row]
    """Finds the columns' cells in those of a row and an empty one behind, which stands for those that are left out."""
    count: int

    @classmethod
    def of(cls, header: Sequence[str]) -> "Columns":
        """The columns that the first row names, in any order; others are passed over. Raises `MissingColumns`."""
        names = [name.strip().lower() for name in header]
        places = {name: names.index(name) for name in (*REQUIRED, *OPTIONAL) if name in names}
        missing = [name for name in REQUIRED if name not in places]
        if missing:
            raise MissingColumns(
                f"The first line must name the columns, and {', '.join(missing)} is not among them: "
                f"it needs {', '.join(REQUIRED)}, and may have {', '.join(OPTIONAL)}."
            )
        twice = sorted({name for name in places if names.count(name) > 1})
        if twice:
            raise MissingColumns(f"The first line names a column more than once: {', '.join(twice)}.")
        pick = itemgetter(*(places.get(name, len(names)) for name in (*REQUIRED, *OPTIONAL)))
        return cls(pick, len(names))

    def read(self, cells: Sequence[str], latest: datetime) -> NamedGame:
        """The game in a row, which must have been over at `latest`. Raises `MalformedRow`."""
        if len(cells) != self.count:
            raise MalformedRow(f"it has {len(cells)} cells, and the first line names {self.count} columns.")
        try:
            return _game(self.pick([*cells, ""]), latest)
        except MalformedRow:
            raise
        except Invalid as error:
            raise MalformedRow(error.message) from error


def read_games(
    lines: Iterable[tuple[Origin, str]], *, reject: Callable[[Origin, str], None], now: datetime
) -> Iterator[tuple[Origin, NamedGame]]:
    """The games in the lines of a file, each as it is asked for, with the origin of its line; the first line has names.

    A line is a row: none goes on in the next. What is wrong is told to `reject`, with the reason, and left out. Raises
    `MissingColumns`.
    """
    rows = iter(lines)
    columns = Columns.of(_cells(next(rows, (None, ""))[1]))
    latest = now + FUTURE
    for origin, line in rows:
        if not line.strip():
            continue
        try:
            game = columns.read(_cells(line), latest)
        except MalformedRow as error:
            reject(origin, error.message)
        else:
            yield origin, game


def _cells(line: str) -> list[str]:
    if len(line) > MAX_LINE:
        raise MalformedRow(f"it has more than {MAX_LINE} characters, and can be no row of one game.")
    text = line.rstrip("\r\n")
    if text and '"' not in text and "\r" not in text:  # the common case: no cell is in quotes
        return text.split(",")
    try:
        return next(csv.reader((line,), strict=True), [])
    except csv.Error as error:
        raise MalformedRow(f"its cells cannot be told apart: {error}.") from error


def _game(row: _Row, latest: datetime) -> NamedGame:
    (
        played_at,
        black,
        white,
        result,
        komi,
        handicap,
        rules,
        width,
        height,
        speed,
        ranked,
        annulled,
        game_id,
        known_by,
    ) = map(str.strip, row)
    how = _result(result)
    columns = _side(width, "width", 19)
    over_at = _played_at(played_at, latest)
    stones, points, rows, ruleset, is_ranked = _terms(handicap, komi, height, columns, rules, ranked)
    how_fast = _speed(speed)
    played = PlayedGame(over_at, how, stones, points, columns, rows, ruleset, is_ranked, bool(annulled), how_fast)
    black, white = player_name(black), player_name(white)
    return NamedGame(
        black,
        white,
        played,
        result,
        _fingerprint(known_by, game_id, black, white, over_at),
        parse_instant(annulled, what="annulled_at") if annulled else None,
    )


def _fingerprint(stored: str, game_id: str, black: str, white: str, played_at: datetime) -> bytes:
    if stored:
        if _FINGERPRINT.fullmatch(stored) is None:
            raise MalformedRow("fingerprint must be 64 hexadecimal digits, or empty.")
        return bytes.fromhex(stored)
    if len(game_id) > MAX_GAME_ID:
        raise MalformedRow(f"game_id has more than {MAX_GAME_ID} characters.")
    # No cell has an end of a line.
    what = f"csv\n{game_id}" if game_id else f"csv\n{black}\n{white}\n{played_at.isoformat()}"
    return hashlib.sha256(what.encode("utf-8", "surrogatepass")).digest()


def _played_at(text: str, latest: datetime) -> datetime:
    played_at = parse_instant(text, what="played_at")
    if played_at > latest:
        raise MalformedRow("played_at lies in the future.")
    if played_at < EARLIEST:
        raise MalformedRow("played_at lies before the year 1000.")
    return played_at


# The same few values come in nearly every row.
_result = lru_cache(4_096)(Result.parse)


@lru_cache(4_096)
def _terms(
    handicap: str, komi: str, height: str, width: int, rules: str, ranked: str
) -> tuple[int, float, int, str | None, bool]:
    """Handicap, komi, height, the ruleset's name, and whether it is to be rated."""
    return _stones(handicap), _points(komi), _side(height, "height", width), _rules(rules), _flag(ranked)


@lru_cache(256)
def _rules(text: str) -> str | None:
    return Ruleset.parse(text).name if text else None


@lru_cache(256)
def _side(text: str, name: str, usual: int) -> int:
    if not text:
        return usual
    if _WHOLE.fullmatch(text) is None:
        raise MalformedRow(f"{name} must be a number of lines, and here stands {text[:20]!r}.")
    return Size.of(int(text)).columns


@lru_cache(256)
def _speed(text: str) -> SpeedClass | None:
    if not text:
        return None
    try:
        return SpeedClass(text.lower())
    except ValueError:
        known = ", ".join(SpeedClass)
        raise MalformedRow(f"speed must be one of {known}, or empty, and here stands {text[:20]!r}.") from None


def _stones(text: str) -> int:
    if not text:
        return 0
    if _WHOLE.fullmatch(text) is None or int(text) > MAX_ID:
        raise MalformedRow(f"handicap must be a number of stones, and here stands {text[:20]!r}.")
    return int(text)


def _points(text: str) -> float:
    if _NUMBER.fullmatch(text) is None or not math.isfinite(points := float(text)):
        raise MalformedRow(f"komi must be a number of points, and here stands {text[:20]!r}.")
    return points


def _flag(text: str) -> bool:
    try:
        return _FLAGS[text.lower()]
    except KeyError:
        raise MalformedRow(f"ranked must be true or false, and here stands {text[:20]!r}.") from None
