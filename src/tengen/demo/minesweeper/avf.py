"""Replays as Minesweeper Arbiter writes them: AVF files. Pure.

Facts: the parsers of the projects sweeping-view and ms_toollib, the public `avf2rawvf`, and a replay of Arbiter 0.52.3.
What no public source explains is as in that replay, or zero. So is the checksum, whose algorithm is secret.
"""

from datetime import datetime, timedelta
from struct import Struct

from tengen.demo.minesweeper.game import Action, Game, MouseEvent

_VERSION = bytes.fromhex("34 13 07 09 0d")
_OWN_LEVEL = 6
_BEFORE_TIMES = bytes.fromhex("d3 d3 d7 ee 02 05 27 42 40 40 4c 04 09 0a 07 7f 38")
"""Not explained anywhere, but for the last byte but one: 7f without question marks, 11 with them."""
_BEFORE_EVENTS = bytes.fromhex("0c 0b 09 09 09")
_AFTER_EVENTS = bytes.fromhex("01 00 00 00 00 00 00 00") * 6
"""Events in the second before the first: the end."""
_STATISTICS = b"0" * 29 + bytes.fromhex("05 15 01 05 16 09 05 0b")
_CHECKSUM = bytes(16)
_PROGRAM = "Minesweeper Arbiter 0.52.3. Copyright © 2005-2006 Dmitriy I. Sukhomlynov"
_CODE_PAGE = "cp1252"

_ACTIONS = {Action.MOVE: 1, Action.PRESS: 3, Action.RELEASE: 5}
_EVENT = Struct("8B")
_TICK_MS = 10
"""Arbiter counts hundredths of a second."""


def avf(game: Game, *, name: str, started_at: datetime) -> bytes:
    """The replay of a game.

    `name`: the player's, with the tournament key where there is one, on one line and without colons. `started_at` is
    the player's own clock, of which the zone is not written. Raises `ValueError` for a name that the code page of
    western Windows lacks, for a time with a fraction of a hundredth of a second, and if the first click is 256 pixels
    or more from the left: not every parser finds the events then.
    """
    if game.time % _TICK_MS:
        raise ValueError(f"Arbiter counts hundredths of a second: {game.time} ms cannot be written.")
    if game.events[0].x > 0xFF:
        raise ValueError(
            "The first click is too far right: some parsers know the first event by its being within 256 pixels."
        )
    events = b"".join([_event(event) for event in game.events])
    start = _VERSION + _level(game) + _BEFORE_TIMES + _summary(game, started_at)
    end = b"\r".join([_AFTER_EVENTS + _STATISTICS, b"cs=" + _CHECKSUM, _footer(game, name)])
    return start + _BEFORE_EVENTS + events + end


def _level(game: Game) -> bytes:
    board = game.board
    mines = bytes(number + 1 for mine in game.mines for number in (mine.row, mine.column))
    if game.level is not None:
        return bytes([game.level]) + mines
    size = bytes([_OWN_LEVEL, board.columns - 1, board.rows - 1]) + board.mines.to_bytes(2, "big")
    return size + mines


def _summary(game: Game, started_at: datetime) -> bytes:
    """What stands in brackets: mode, times of the player's clock, 3BV, and the time that the game's clock showed."""
    board, ended_at = game.board, started_at + timedelta(milliseconds=game.time)
    fields = [
        str(game.mode),
        *([f"W{board.columns}H{board.rows}M{board.mines}"] if game.level is None else []),
        f"{started_at.day}.{started_at.month}.{started_at.year}.{_clock(started_at)}",
        f"{ended_at.day}.{_clock(ended_at)}",
        f"B{game.bbbv}T{_seconds(game.time + 1000)}",
    ]
    return f"[{'|'.join(fields)}]".encode("ascii")


def _clock(at: datetime) -> str:
    """Hours, minutes, seconds; and milliseconds as Arbiter writes them, their first digit twice: 912 is `9912`."""
    milliseconds = at.microsecond // 1000
    return f"{at:%H:%M:%S}:{milliseconds // 100}{milliseconds // 10}{milliseconds % 10}"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000 // _TICK_MS:02}"


def _event(event: MouseEvent) -> bytes:
    second, milliseconds = divmod(event.time, 1000)
    second += 1
    return _EVENT.pack(
        _ACTIONS[event.action],
        event.x >> 8,
        second & 0xFF,
        event.x & 0xFF,
        milliseconds // _TICK_MS,
        event.y >> 8,
        second >> 8,
        event.y & 0xFF,
    )


def _footer(game: Game, name: str) -> bytes:
    lines = (f"RealTime: {_seconds(game.time)}", "Skin: 3.1", name, _PROGRAM)
    return "\r".join(lines).encode(_CODE_PAGE)
