"""What a replay tells, once its game was played again. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import pack
from typing import Any

from tengen.tournaments.keys import find_key
from tengen.tournaments.levels import Board
from tengen.tournaments.modes import Milliseconds
from tengen.tournaments.replays.cursor import MAX_TEXT_BYTES
from tengen.tournaments.replays.formats import ReplayFormat
from tengen.tournaments.replays.stated import Button, Releases
from tengen.tournaments.submissions import Replay, ReplayClock

MAX_NAME = MAX_TEXT_BYTES
"""Characters of a name that are kept: as many as are read, for a name that was cut might end in most of a key."""

_HASH_VERSION = 1
_TICK: Milliseconds = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ReplayFacts:
    """The facts of one replay. What its player wrote into it is not shown by `repr`: there are keys in it."""

    format: ReplayFormat
    key_texts: tuple[str, ...] = field(repr=False)
    """Texts that may hold the tournament key, those first that count first."""
    player_name: str = field(repr=False)
    """As it stands in the replay, with the key if that is where the program has it; printable, perhaps empty."""
    level: int
    """Its number, as in `Level`; any other for a board of one's own."""
    board: Board
    """The size, counted on the board that was played on."""
    mode: int
    is_completed: bool
    """Whether the events, replayed, clear the board."""
    time: Milliseconds
    """How long the game took; of a completed one, until the release that cleared the board."""
    bbbv: int
    """The 3BV of the board."""
    software: str
    game_hash: bytes = field(repr=False)
    """Of board and events: the same for every file of the same game."""
    clock: ReplayClock | None

    def replay(self) -> Replay:
        """What decides whether the replay counts."""
        return Replay(
            key=find_key(self.key_texts),
            level=self.level,
            board=self.board,
            mode=self.mode,
            is_completed=self.is_completed,
            time=self.time,
            clock=self.clock,
        )

    def to_json(self) -> dict[str, Any]:
        """As values that JSON has, for the way from one process to another."""
        clock = self.clock
        return {
            "format": self.format.value,
            "key_texts": self.key_texts,
            "player_name": self.player_name,
            "level": self.level,
            "board": [self.board.columns, self.board.rows, self.board.mines],
            "mode": self.mode,
            "is_completed": self.is_completed,
            "time": self.time,
            "bbbv": self.bbbv,
            "software": self.software,
            "game_hash": self.game_hash.hex(),
            "clock": clock and [_microseconds(clock.started_at), _microseconds(clock.ended_at), clock.is_utc],
        }

    @classmethod
    def from_json(cls, values: Any) -> "ReplayFacts":
        """What `to_json` gave. Raises `ValueError` for anything else."""
        try:
            columns, rows, mines = map(_whole, values["board"])
            return cls(
                format=ReplayFormat(values["format"]),
                key_texts=tuple(map(_text, values["key_texts"])),
                player_name=_text(values["player_name"]),
                level=_whole(values["level"]),
                board=Board(columns, rows, mines),
                mode=_whole(values["mode"]),
                is_completed=bool(values["is_completed"]),
                time=_whole(values["time"]),
                bbbv=_whole(values["bbbv"]),
                software=_text(values["software"]),
                game_hash=_hash(values["game_hash"]),
                clock=_clock(values["clock"]),
            )
        except (TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
            raise ValueError("These are no facts of a replay.") from error


def clock_of(started_at: int, ended_at: int, *, is_utc: bool) -> ReplayClock | None:
    """The clock of a replay that gives it in microseconds since 1970; None if it is of no year that there is."""
    try:
        started, ended = (_EPOCH + at * _MICROSECOND for at in (started_at, ended_at))
    except OverflowError:
        return None
    return ReplayClock(started, ended, is_utc) if started_at > 0 else None


def shown(text: str) -> str:
    """A text from a replay as it can be stored and shown: without characters that do not print, and not too long."""
    return "".join(character for character in text if character.isprintable())[:MAX_NAME].strip()


def game_hash(columns: int, mines: bytes, releases: Releases) -> bytes:
    """The hash of a game: SHA-256 of its board, and of when which button was released.

    `mines`: a byte for each square, row by row, 1 for a mine. The times are those since the first release of the left
    button, which starts every game (some formats count from there, others from the press before), in the hundredths of
    a second that all formats have. Presses are left out, because RMV does not have the first one, and places, because
    programs count them from different corners. So a game that was converted from one format to another keeps its hash,
    whatever else was written into the file.
    """
    buttons, times = releases
    first = buttons.find(Button.LEFT)
    start = times[first] if first >= 0 else 0
    head = pack(">BIII", _HASH_VERSION, columns, len(mines), len(times))
    return sha256(head + mines + buttons + pack(f">{len(times)}q", *[(at - start) // _TICK for at in times])).digest()


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("This is no whole number.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("This is no text.")
    return value


def _hash(value: Any) -> bytes:
    found = bytes.fromhex(value)
    if len(found) != sha256().digest_size:
        raise ValueError("This is no hash.")
    return found


def _clock(value: Any) -> ReplayClock | None:
    if value is None:
        return None
    started_at, ended_at, is_utc = value
    return clock_of(_whole(started_at), _whole(ended_at), is_utc=bool(is_utc))
