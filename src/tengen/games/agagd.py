"""The AGA's games database as it is dumped: from the lines of the file to games, one at a time. Pure.

Of a dump only lines that begin with `INSERT INTO` count. Each has one row of the table `games`, in exactly the form
that the AGA writes; every field is checked, though many are not kept.

Source: usgo/online-ratings, `web/scripts/parsing.py`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from tengen.core.errors import Invalid
from tengen.games.rated_games import UNKNOWN_DATE
from tengen.games.report import EARLIEST
from tengen.go.points import Color

MAX_LINE = 2_000
"""No row is so long. Of a longer line nobody need read more than one character beyond."""


class PinsGoRound(Invalid):
    """The changes of PINs lead in a circle, so that there is no newest one."""

    code = "pins_go_round"


class DumpedGame(NamedTuple):
    """A game of the dump, as far as it is kept."""

    game_id: int
    """Among the AGA's games; not ours."""
    played_at: datetime
    """The day, at midnight UTC; `UNKNOWN_DATE` where the dump has none that can be."""
    black_pin: int
    white_pin: int
    handicap: int
    komi: int
    winner: Color
    is_rated: bool

    @property
    def fingerprint(self) -> bytes:
        """What makes two rows the same game, in however many dumps."""
        return hashlib.sha256(b'["agagd", %d]' % self.game_id).digest()  # as JSON


# 18 digits fit into what both databases hold.
_WHOLE = (r"-?[0-9]{1,18}", "a whole number of at most 18 digits")
_PIN = (r"[0-9]{1,18}", "a member's number of at most 18 digits")
_COLOR = ("'[BW]'", "'B' or 'W'")
_RANK = ("'[0-9A-Za-z]*'", "letters and digits in quotes, or ''")
_FLAG = ("[01]", "0 or 1")
_DAY = ("'[0-9]{4}-[0-9]{2}-[0-9]{2}'", "a date like '2007-04-01'")
FIELDS = (
    ("Game_ID", *_WHOLE),
    ("Tournament_Code", "'[0-9A-Za-z]+'", "letters and digits in quotes"),
    ("Game_Date", *_DAY),
    ("Round", *_WHOLE),
    ("Pin_Player_1", *_PIN),
    ("Color_1", *_COLOR),
    ("Rank_1", *_RANK),
    ("Pin_Player_2", *_PIN),
    ("Color_2", *_COLOR),
    ("Rank_2", *_RANK),
    ("Handicap", *_WHOLE),
    ("Komi", *_WHOLE),
    ("Result", *_COLOR),
    ("Sgf_Code", "NULL|'[0-9A-Za-z-]*'", "NULL, or letters, digits and hyphens in quotes"),
    ("Online", *_FLAG),
    ("Exclude", *_FLAG),
    ("Rated", *_FLAG),
    ("Elab_Date", *_DAY),
)
"""Each column: its name, the pattern of its values, and the same for people."""

_INSERT = "INSERT INTO"
_BEGINNING = f"{_INSERT} `games` ({', '.join(f'`{name}`' for name, _, _ in FIELDS)}) VALUES("
_END = re.compile(r"\);\s*")
_KEPT = ("Game_ID", "Game_Date", "Pin_Player_1", "Color_1", "Pin_Player_2", "Handicap", "Komi", "Result", "Rated")
_ROW = re.compile(
    re.escape(_BEGINNING)
    + ", ".join(f"({pattern})" if name in _KEPT else f"(?:{pattern})" for name, pattern, _ in FIELDS)
    + _END.pattern
)


def read_games(lines: Iterable[str], *, reject: Callable[[str], None]) -> Iterator[DumpedGame]:
    """The games in the lines of a dump, each as it is asked for.

    A line that is wrong is left out: `reject` is told what is wrong with the line that was read last.
    """
    for line in lines:
        if not line.startswith(_INSERT):
            continue
        row = _ROW.fullmatch(line) if len(line) <= MAX_LINE else None
        if row is None:
            reject(_what_is_wrong(line))
        else:
            yield _game(row)


def _game(row: re.Match[str]) -> DumpedGame:
    game_id, day, first, color, second, handicap, komi, winner, rated = row.groups()  # as `_KEPT` has them
    black, white = (second, first) if color == "'W'" else (first, second)
    return DumpedGame(
        int(game_id), _day(day[1:-1]), int(black), int(white), int(handicap), int(komi), _COLORS[winner], rated == "1"
    )


_COLORS = {f"'{color.value}'": color for color in Color}


@lru_cache(4_096)  # there are many games of each
def _day(text: str) -> datetime:
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return UNKNOWN_DATE  # as 0000-00-00, which the AGA writes for it
    return day if day >= EARLIEST else UNKNOWN_DATE


def _what_is_wrong(line: str) -> str:
    """A sentence about a line that is no row: the first thing that is not as it must be."""
    if len(line) > MAX_LINE:
        return f"it has more than {MAX_LINE} characters, and can be no row of one game."
    if not line.startswith(_BEGINNING):
        return f"it must begin with {_BEGINNING}"
    place = len(_BEGINNING)
    for name, pattern, form in FIELDS:
        separator = "" if name == FIELDS[0][0] else ", "
        found = re.compile(f"{separator}(?:{pattern})(?=,|\\))").match(line, place)
        if found is None:
            return f"{name} must be {form}, and here stands {_shown(line[place:].removeprefix(separator))}."
        place = found.end()
    return f"its one row must end with ); and here stands {_shown(line[place:])}."


def _shown(text: str) -> str:
    return repr(text[:20])


_CHANGE = re.compile(r"\(([0-9]{1,18}),\s*([0-9]{1,18})\)[,;]")


def read_pin_changes(lines: Iterable[str]) -> dict[int, int]:
    """For each PIN that was given up, the newest of its member, from the lines of a list of changes.

    Lines that begin with `(old,new)` and a comma or semicolon count. Raises `PinsGoRound`.
    """
    changes: dict[int, int] = {}
    for line in lines:
        found = _CHANGE.match(line)
        if found is not None and int(found[1]) != int(found[2]):
            changes[int(found[1])] = int(found[2])
    newest: dict[int, int] = {}
    for old in changes:
        path: dict[int, None] = {}
        pin = old
        while pin in changes and pin not in newest:
            if pin in path:
                raise _circle(list(path), pin)
            path[pin] = None
            pin = changes[pin]
        newest |= dict.fromkeys(path, newest.get(pin, pin))
    return newest


def _circle(path: list[int], pin: int) -> PinsGoRound:
    circle = path[path.index(pin) :]
    way = " → ".join(map(str, circle[:5])) + (" → … → " if len(circle) > 5 else " → ") + str(pin)
    return PinsGoRound(f"The changes of PINs go round in a circle: {way}. Take one of them out.")
