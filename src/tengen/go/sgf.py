"""Records of games in SGF, read and written.

`SgfRecord.parse` reads any record: the main line with its clocks and comments, and what stands in the root. What is odd
is noted, what cannot be read at all is refused. `str(record)` writes it, to be encoded in UTF-8; reading that again
gives an equal record.
Source: SGF FF[4], https://www.red-bean.com/sgf/.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from math import isfinite

from sgfmill import sgf_grammar

from tengen.go.points import Color, InvalidSize, Point, Size
from tengen.go.replay import MAX_WARNINGS, Move, RecordWarning, Replay, Setup, Step
from tengen.go.replay import replay as replay_steps
from tengen.go.rulesets import UNKNOWN, Ruleset, UnknownRules
from tengen.go.sgf_nodes import InvalidRecord, Node, RecordTooLarge, main_line

MAX_BYTES = 1024 * 1024
MAX_MOVES = 5_000
"""Of the main line: several times what the longest games have."""
MAX_SETUPS = 100
MAX_SETUP_POINTS = 20_000
"""In the setups of the main line together."""
MAX_TEXT = 300
"""Characters of a name, an event and the like; what is longer is cut."""

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_REAL_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,9}(?:[.,][0-9]{0,6})?|[.,][0-9]{1,6})")
_SECONDS_LEFT = re.compile(rb"\s*-?[0-9]{1,9}(?:\.[0-9]{0,6})?\s*")
_OVERTIME_LEFT = re.compile(rb"\s*[0-9]{1,9}\s*")
_DATE = re.compile(r"(?:(?:([0-9]{4})-)?([0-9]{1,2})-)?([0-9]{1,2})(?![0-9-])")
_MOVES_A_LINE = 10


@dataclass(frozen=True, slots=True)
class SgfPlayer:
    """Who played, as the record says it; empty where it says nothing."""

    name: str = ""
    rank: str = ""


@dataclass(frozen=True, slots=True)
class SgfRecord:
    """A game's record: its main line and what is said about it.

    Texts are empty where nothing is said, and single lines but for comments.
    """

    size: Size
    steps: tuple[Step, ...] = ()
    """Moves and setups in order. Handicap stones are a setup before the first move."""
    black: SgfPlayer = SgfPlayer()
    white: SgfPlayer = SgfPlayer()
    komi: float | None = None
    handicap: int | None = None
    rules: str = ""
    result: str = ""
    dates: tuple[date, ...] = ()
    """Days on which it was played, those given in full."""
    name: str = ""
    event: str = ""
    place: str = ""
    main_time_seconds: float | None = None
    overtime: str = ""
    comment: str = ""
    """Lines about the game before its first move."""
    warnings: tuple[RecordWarning, ...] = field(default=(), compare=False)
    """What was odd in reading it; `replay` tells that too."""

    @classmethod
    def parse(cls, source: bytes | str, *, max_bytes: int = MAX_BYTES) -> "SgfRecord":
        """The first game of an SGF file, its main line.

        A stone outside the board is noted and read as a pass. Raises `InvalidRecord` with what cannot be read and
        where, for a game that is not Go or a board that is not of 2 to 25 lines; `RecordTooLarge`.
        """
        nodes = main_line(source, max_bytes=max_bytes)
        root = next(nodes)
        size = _size(root)
        reader = _Reader(size)
        reader.read(root)
        for node in nodes:
            reader.read(node)
        record = cls(
            size=size,
            steps=tuple(reader.commented_steps()),
            black=SgfPlayer(_text(root, "PB"), _text(root, "BR")),
            white=SgfPlayer(_text(root, "PW"), _text(root, "WR")),
            komi=reader.number(root, "KM", "komi", limit=size.area),
            handicap=reader.whole_number(root, "HA", "handicap", limit=size.area),
            rules=_text(root, "RU"),
            result=_text(root, "RE"),
            dates=_dates(_text(root, "DT")),
            name=_text(root, "GN"),
            event=_text(root, "EV"),
            place=_text(root, "PC"),
            main_time_seconds=reader.number(root, "TM", "main time", limit=10**9),
            overtime=_text(root, "OT"),
            comment=reader.comment,
        )
        return replace(record, warnings=tuple(reader.warnings[:MAX_WARNINGS]))

    @property
    def moves(self) -> list[Move]:
        """The moves of the main line, passes included."""
        return [step for step in self.steps if isinstance(step, Move)]

    @property
    def ruleset(self) -> Ruleset | None:
        """The rules it names, None if it names none or unknown ones."""
        try:
            return Ruleset.parse(self.rules)
        except UnknownRules:
            return None

    def replay(self, rules: Ruleset | None = None) -> Replay:
        """The game on a board, by these rules or those that it names, with all that is odd about it."""
        replayed = replay_steps(
            self.size, self.steps, handicap=self.handicap or 0, rules=rules or self.ruleset or UNKNOWN
        )
        return replace(replayed, warnings=self.warnings + replayed.warnings)

    def __str__(self) -> str:
        """The record as SGF, to be encoded in UTF-8."""
        steps = list(self.steps)
        first = steps.pop(0) if steps and isinstance(steps[0], Setup) else Setup()
        header = [line for line in _header(self) if line]
        nodes = [f";{_step(step)}" for step in steps]
        lines = ["".join(nodes[start : start + _MOVES_A_LINE]) for start in range(0, len(nodes), _MOVES_A_LINE)]
        return "\n".join(["(;" + header[0], *header[1:], *filter(None, [_step(first)]), *lines]) + ")\n"


# ── reading ──

_NOTHING = Setup()
_SETS_UP = frozenset({"AB", "AW", "AE"})
_COLORS = (("B", Color.BLACK), ("W", Color.WHITE))
_CLOCKS = {Color.BLACK: ("BL", "OB"), Color.WHITE: ("WL", "OW")}
"""What the mover has left: seconds, and periods or stones of overtime."""


class _Reader:
    """Gathers the steps of the main line and what is odd about them."""

    def __init__(self, size: Size) -> None:
        self.steps: list[Step] = []
        self.warnings: list[RecordWarning] = []
        self._points, self._known_moves = _by_letters(size)
        self._moves = self._setups = self._setup_points = 0
        self._last_move: int | None = None
        self._comments: dict[int | None, list[str]] = {}

    def read(self, node: Node) -> None:
        """Take in a node: its setup, then its moves, then what it says of them. Raises `RecordTooLarge`."""
        # Some editors say in every node whose turn it is; that matters where a position begins.
        if not _SETS_UP.isdisjoint(node) or ("PL" in node and not self.steps):
            self._read_setup(node)
        for name, color in _COLORS:
            if name in node:
                self._read_move(color, node[name][0].strip(), node)
        if "C" in node and (comment := _lines(sgf_grammar.text_value(node["C"][0]).decode())):
            self._comments.setdefault(self._last_move, []).append(comment)

    @property
    def comment(self) -> str:
        """What is said before the first move."""
        return "\n".join(self._comments.get(None, ()))

    def commented_steps(self) -> Iterator[Step]:
        """All steps. What is said where there is no move is said of the one before it, so that no word is lost."""
        for index, step in enumerate(self.steps):
            comments = self._comments.get(index)
            yield replace(step, comment="\n".join(comments)) if comments and isinstance(step, Move) else step

    def number(self, root: Node, name: str, what: str, *, limit: int) -> float | None:
        """A number of at most this size either way, None without one; one that cannot be read is noted."""
        text = _text(root, name)
        if not text:
            return None
        if _REAL_NUMBER.fullmatch(text) and abs(number := float(text.replace(",", "."))) <= limit:
            return number
        self._note_unreadable(name, what, text)
        return None

    def whole_number(self, root: Node, name: str, what: str, *, limit: int) -> int | None:
        """The same for numbers without a fraction, from 0."""
        text = _text(root, name)
        if not text:
            return None
        if _WHOLE_NUMBER.fullmatch(text) and int(text) <= limit:
            return int(text)
        self._note_unreadable(name, what, text)
        return None

    def _note_unreadable(self, name: str, what: str, text: str) -> None:
        self.warnings.append(RecordWarning("unreadable_number", f"The {what}, {name}[{text[:20]}], is no number."))

    def _read_move(self, color: Color, letters: bytes, node: Node) -> None:
        self._moves += 1
        if self._moves > MAX_MOVES:
            raise RecordTooLarge(f"The record has more than {MAX_MOVES:,} moves.")
        move = self._known_moves[color].get(letters)
        if move is None:
            self._note_outside(letters, self._moves)
            move = Move(color, None)
        self._last_move = len(self.steps)
        self.steps.append(_with_clock(move, node))

    def _read_setup(self, node: Node) -> None:
        self._setups += 1
        if self._setups > MAX_SETUPS:
            raise RecordTooLarge(f"The record sets up stones more than {MAX_SETUPS} times.")
        black, white, empty = (frozenset(self._point_list(node.get(name, ()))) for name in ("AB", "AW", "AE"))
        to_move = {"B": Color.BLACK, "W": Color.WHITE}.get(_text(node, "PL")[:1].upper())
        setup = Setup(black, white, empty, to_move)
        if setup != _NOTHING:
            self.steps.append(setup)

    def _point_list(self, values: Sequence[bytes]) -> Iterator[Point]:
        """Points, and rectangles by two of their corners, `aa:cc`."""
        for raw in values:
            corners = [self._points.get(letters.strip()) for letters in raw.split(b":")]
            first, last = corners[0], corners[-1]
            if first is None or last is None or len(corners) > 2:
                if raw.strip():  # an empty list is written as one empty value
                    self._note_outside(raw, self._moves)
                continue
            rectangle = _rectangle(first, last)
            self._setup_points += len(rectangle)
            if self._setup_points > MAX_SETUP_POINTS:
                raise RecordTooLarge(f"The record sets up more than {MAX_SETUP_POINTS:,} stones.")
            yield from rectangle

    def _note_outside(self, letters: bytes, move: int) -> None:
        where = f"Move {move}" if move else "Setup"
        text = f"{where}: the stone at {_shown(letters)[:10]!r} is outside the board."
        self.warnings.append(RecordWarning("outside_board", text, move or None))


# A few sizes are what people play on. Not all that records can name are kept.
@lru_cache(maxsize=16)
def _by_letters(size: Size) -> tuple[dict[bytes, Point], dict[Color, dict[bytes, Move]]]:
    """The points of a board, and each colour's moves there, passes included, by the letters of SGF."""
    points = {point.letters.encode(): point for point in size.points()}
    passes = (b"",) if max(size) > 19 else (b"", b"tt")
    moves = {color: {letters: Move(color, points.get(letters)) for letters in (*points, *passes)} for color in Color}
    return points, moves


def _with_clock(move: Move, node: Node) -> Move:
    """The move with what the mover's clock shows, where the node says that in a form that can be read."""
    time_left, overtime_left = _CLOCKS[move.color]
    if time_left not in node and overtime_left not in node:
        return move
    seconds = _SECONDS_LEFT.fullmatch(node[time_left][0]) if time_left in node else None
    count = _OVERTIME_LEFT.fullmatch(node[overtime_left][0]) if overtime_left in node else None
    return Move(move.color, move.point, float(seconds[0]) if seconds else None, int(count[0]) if count else None)


def _rectangle(first: Point, last: Point) -> list[Point]:
    left, right = sorted((first.column, last.column))
    top, bottom = sorted((first.row, last.row))
    return [Point(column, row) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def _size(root: Node) -> Size:
    game = _text(root, "GM")
    if game not in ("", "1"):
        raise InvalidRecord(f"The record is of another game than Go: GM[{game[:20]}].")
    try:
        return Size.parse(_text(root, "SZ") or "19")
    except InvalidSize as error:
        raise InvalidRecord(f"The record's board cannot be used. {error.message}") from error


def _text(node: Node, name: str) -> str:
    """The property as one line that can be printed, empty without it."""
    return _shown(node[name][0]) if name in node else ""


def _shown(raw: bytes) -> str:
    # Cut first: cleaning a comment-sized name would cost as much as all the moves.
    text = sgf_grammar.simpletext_value(raw[: MAX_TEXT * 6]).decode(errors="ignore")
    return _one_line(text)


def _one_line(text: str) -> str:
    """The text as records hold it: one line of at most `MAX_TEXT` characters, everything unprintable a blank."""
    return " ".join(_printable(text).split())[:MAX_TEXT].rstrip()


def _lines(text: str) -> str:
    """The comment as records hold it: everything unprintable but the ends of lines a blank, and none at their ends."""
    return "\n".join(_printable(line).rstrip() for line in text.split("\n")).strip("\n")


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _dates(text: str) -> tuple[date, ...]:
    """The days of `DT`: `1996-12-27,28,1997-01-03,04`, where a shorter date goes on from the one before."""
    days: list[date] = []
    for part in text.split(","):
        match = _DATE.match(part.strip())
        if match is None or (match[1] is None and not days):
            continue
        before = days[-1] if days else date.min
        year, month = int(match[1] or before.year), int(match[2] or before.month)
        try:
            days.append(date(year, month, int(match[3])))
        except ValueError:
            continue
    return tuple(days)


# ── writing ──


def _header(record: SgfRecord) -> list[str]:
    handicap = "" if record.handicap is None else str(record.handicap)
    return [
        f"FF[4]CA[UTF-8]GM[1]SZ[{record.size}]",
        _property("DT", ",".join(day.isoformat() for day in record.dates)),
        _property("GN", record.name) + _property("EV", record.event) + _property("PC", record.place),
        _property("PB", record.black.name) + _property("BR", record.black.rank),
        _property("PW", record.white.name) + _property("WR", record.white.rank),
        _property("RU", record.rules) + _property("KM", _number(record.komi)) + _property("HA", handicap),
        _property("TM", _number(record.main_time_seconds)) + _property("OT", record.overtime),
        _property("RE", record.result),
        _comment(record.comment),
    ]


def _property(name: str, text: str) -> str:
    return f"{name}[{_escaped(_one_line(text))}]" if text else ""


def _comment(text: str) -> str:
    return f"C[{_escaped(_lines(text))}]" if text else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("]", "\\]")


def _number(number: float | None) -> str:
    """Without an exponent, and without a point where it is whole."""
    if number is None or not isfinite(number):
        return ""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _step(step: Step) -> str:
    if isinstance(step, Move):
        return _move(step)
    stones = _stones("AB", step.black) + _stones("AW", step.white) + _stones("AE", step.empty)
    return stones + (f"PL[{step.to_move.value}]" if step.to_move else "")


def _move(move: Move) -> str:
    time_left, overtime_left = _CLOCKS[move.color]
    count = "" if move.overtime_left is None else f"{overtime_left}[{move.overtime_left}]"
    clock = _property(time_left, _number(move.seconds_left)) + count
    return f"{move.color.value}[{move.point.letters if move.point else ''}]{clock}{_comment(move.comment)}"


def _stones(name: str, points: Iterable[Point]) -> str:
    ordered = sorted(points, key=lambda point: (point.row, point.column))
    return name + "".join(f"[{point.letters}]" for point in ordered) if ordered else ""
