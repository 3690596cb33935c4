"""Replays as ViennaSweeper writes them: RMV files of version 1, with a line of text about the result, and 2. Pure.

Facts: the specification of the format (project rmv_spec), and a replay of each version. After the event that ends the
game, these have five more bytes that the specification does not know, the last three of them the time again. The
checksum, whose algorithm is secret, is zeros.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from struct import Struct
from typing import Literal

from tengen.demo.minesweeper.game import SQUARE_PIXELS, Action, Game, MouseEvent

Version = Literal[1, 2]
"""The versions of the format."""

_SIGNATURE = b"*rmv"
_CLONE = bytes([1, 5])
"""The program's number, and its major version: ViennaSweeper 5."""
_PROGRAMS: Mapping[Version, str] = {
    1: "Vienna Minesweeper - Release 3.0.2C Copyright (C) 2008-2013 Christoph Nikolaus Marx/Thomas Kolar.",
    2: "Vienna Minesweeper - Release 5.0.0 Copyright (C) 2008-2024 "
    "Christoph Nikolaus Marx/Thomas Kolar/Elias Gailberger.",
}
_EXTENSIONS = {"vsweep_skin_fname": b"16px.bmp"}
_NO_PREFLAGS = bytes(2)
_CHECKSUM = bytes(18)
_OWN_LEVEL = 6
_MARGINS: Mapping[Version, tuple[int, int]] = {1: (12, 56), 2: (0, 0)}
"""Version 1 counts pixels from the corner of the window, version 2 from that of the board."""

_ACTIONS = {Action.MOVE: 1, Action.PRESS: 2, Action.RELEASE: 3}
_PRESSED, _OPENED, _WON, _GIVEN_UP, _SHORT_MOVE = 9, 18, 16, 17, 28
_LONG = Struct(">BI2h")
_SHORT = Struct("3B")
_LEFT_BUTTON = 1


def rmv(
    game: Game,
    *,
    name: str,
    made_at: datetime,
    version: Version = 2,
    nickname: str = "",
    country: str = "",
    token: str = "",
    result_nick: str | None = None,
    is_utf8: bool = True,
) -> bytes:
    """The replay of a game on a board that was made at `made_at`, in whole seconds.

    The tournament key is the token; with older programs the nickname, and with the first ones it stands in the result
    line alone. For version 1: `result_nick`, what that line says as NICK, if not the nickname; without `is_utf8` the
    text is in the code page of western Windows, and nothing says so. Raises `ValueError` for text that the code page
    lacks, or of more than 255 bytes.
    """
    is_first = version == 1
    encoding = "utf-8" if is_utf8 or not is_first else "cp1252"
    people = (name, nickname, country, token)
    line = _result_line(game, name, nickname if result_nick is None else result_nick, made_at)
    sections = [
        *([line.encode(encoding)] if is_first else []),
        _PROGRAMS[version].encode(encoding),
        _fields([text.encode(encoding) for text in people], may_end_early=is_first),
        _board(game, made_at),
        _NO_PREFLAGS,
        _properties(game, version, is_utf8=is_utf8),
        *([] if is_first else [_extensions()]),
    ]
    events = _events(game, version)
    sizes = b"".join(_u16(len(section)) for section in sections) + _u32(len(events)) + _u16(len(_CHECKSUM))
    body = sizes + b"".join(sections) + events + _CHECKSUM
    head = _SIGNATURE + _u16(version) + (b"" if is_first else _CLONE)
    return head + _u32(len(head) + 4 + len(body)) + body


def _result_line(game: Game, name: str, nick: str, made_at: datetime) -> str:
    seconds, milliseconds = divmod(game.time, 1000)
    facts = {
        "LEVEL": "Custom" if game.level is None else game.level.word.title(),
        "SCORE": f"{seconds}.{milliseconds // 10:02}",
        "NAME": name,
        "NICK": nick,
        "3BV": game.bbbv,
        "NF": 1,
        "TIMESTAMP": int(made_at.timestamp()),
    }
    return "\n" + "".join(f"{fact}:{value}#" for fact, value in facts.items()) + "\n"


def _fields(texts: list[bytes], *, may_end_early: bool) -> bytes:
    """What is said of the player; older programs leave out what nothing follows."""
    while may_end_early and len(texts) > 1 and not texts[-1]:
        texts.pop()
    return _u16(len(texts)) + b"".join(_short_text(text) for text in texts)


def _board(game: Game, made_at: datetime) -> bytes:
    board = game.board
    places = bytes(number for mine in game.mines for number in mine)
    return _u32(int(made_at.timestamp())) + bytes([board.columns, board.rows]) + _u16(board.mines) + places


def _properties(game: Game, version: Version, *, is_utf8: bool) -> bytes:
    """Question marks, no flags, mode, level; and what each version adds."""
    level = (_OWN_LEVEL if game.level is None else game.level) - 3
    common = bytes([0, 1, game.mode, level])
    if version == 2:
        return common + game.bbbv.to_bytes(2, "little") + bytes([SQUARE_PIXELS])
    return common + (b"\x01" if is_utf8 else b"")


def _extensions() -> bytes:
    pairs = [_short_text(key.encode()) + _short_text(value) for key, value in _EXTENSIONS.items()]
    return _u16(len(pairs)) + b"".join(pairs)


# ── the events ──


def _events(game: Game, version: Version) -> bytes:
    """What the mouse does, and what that does to the board. The first press comes before the clock: it is left out."""
    right, down = _MARGINS[version]
    parts: list[bytes] = []
    last: MouseEvent | None = None
    for event in game.events[1:]:
        if version == 2 and last is not None and _is_short(event, last):
            parts.append(_SHORT.pack(_SHORT_MOVE, event.time - last.time, _steps(event, last)))
        else:
            buttons = _LEFT_BUTTON if event.action is Action.PRESS else 0
            stamp = event.time << 8 | buttons
            parts.append(_LONG.pack(_ACTIONS[event.action], stamp, event.x + right, event.y + down))
        parts.extend(_changes(event, is_first=last is None))
        last = event
    ending = bytes([_WON if game.is_won else _GIVEN_UP]) + _u24(game.time)
    return b"".join(parts) + ending + bytes(2) + _u24(game.time)


def _is_short(event: MouseEvent, last: MouseEvent) -> bool:
    """Whether version 2 writes this as a short move: a few pixels and milliseconds, and the same buttons."""
    return (
        event.action is Action.MOVE
        and event.time - last.time <= 0xFF
        and -8 <= event.x - last.x <= 7
        and -8 <= event.y - last.y <= 7
    )


def _steps(event: MouseEvent, last: MouseEvent) -> int:
    """Two signed numbers of four bits."""
    return (event.x - last.x & 0xF) << 4 | event.y - last.y & 0xF


def _changes(event: MouseEvent, *, is_first: bool) -> Iterator[bytes]:
    if event.action is Action.PRESS or is_first:
        yield bytes([_PRESSED, *event.square])
    for column, row, number in event.opened:
        yield bytes([_OPENED + number, column, row])


# ── numbers and texts ──


def _short_text(text: bytes) -> bytes:
    if len(text) > 0xFF:
        raise ValueError(f"A text has at most 255 bytes, not {len(text)}.")
    return bytes([len(text)]) + text


def _u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _u24(number: int) -> bytes:
    return number.to_bytes(3, "big")


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "big")
