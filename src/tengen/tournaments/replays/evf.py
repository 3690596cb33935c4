"""The bytes of EVF files, which Metasweeper writes. Pure.

    version (0 to 4), what the program says of the game, from 3 on its settings
    rows, columns, mines, pixels of a square, mode, 3BV, the time in milliseconds
    in 4 country, start and end; texts that end with a zero byte, among them player, race and what makes him unique
    the board, a bit for each square; in 4 names of numbers that the program shows
    events: up to 3 of 8 bytes (code, time, x, y), in 4 of various lengths (code, time since the one before, …)

Numbers have the most significant byte first.

Source: the specification of EVF 0.0 to 0.4 in the project ms-toollib, for facts about the format.
"""

import re

from tengen.tournaments.replays.cursor import Cursor, UnreadableReplay
from tengen.tournaments.replays.formats import EVF_VERSIONS
from tengen.tournaments.replays.stated import Button, ReleaseCodes, Releases, Stated

_VERSION_2, _VERSION_3, _VERSION_4 = 2, 3, 4
_CONVERTED = 0b1000
"""The bit of the second byte that says that another program's replay was converted."""
_MOST_NAMES = 10_000
"""Of numbers that the program shows: they are known by 16 bits less this."""
_RELEASES = ReleaseCodes(
    {3: Button.LEFT, 5: Button.RIGHT, 7: Button.MIDDLE} | dict.fromkeys(range(9, 13), Button.UNKNOWN)
)
_EVENT_BYTES = 8
_LAST = re.compile(rb"[\x00\xff]")
# Events of version 4 in runs of one kind, so that their times can be added up at once: the mouse and the board (6
# bytes), releases one by one, the state of the game, numbers, texts, and pauses, whose time has two bytes.
_RUN = re.compile(
    rb"((?:[\x01\x02\x04\x06\x08\x64-\x79].{5})++)|([\x03\x05\x07\x09-\x0c]).{5}|([\x5c-\x5e\x63]).|(\xc8).{11}"
    rb"|(\xc9).{3}[^\x00]*+\x00|\xff(..)|(\x00)",
    re.DOTALL,
)
_LONG_EVENT_BYTES = 6


def read(content: bytes) -> Stated:
    """What an EVF file states. Raises `UnreadableReplay`."""
    cursor = Cursor(content)
    version, flags = cursor.number(1), cursor.number(1)
    if version >= EVF_VERSIONS:
        raise UnreadableReplay("The replay is of a version of EVF that is not known here: 0.0 to 0.4 are.")
    if version >= _VERSION_3:
        cursor.skip(1)
    squares = cursor.number(1) * cursor.number(1)
    cursor.skip(7)  # mines, pixels, mode, 3BV
    time = cursor.number(4 if version >= _VERSION_4 else 3)
    player, race, unique = _texts(cursor, version, is_converted=bool(flags & _CONVERTED))
    cursor.skip((squares + 7) // 8)
    if version >= _VERSION_4:
        for _ in range(min(cursor.number(2), _MOST_NAMES)):
            cursor.text()
        releases = _releases_by_steps(content, cursor.place)
    else:
        releases = _releases(content, cursor.place)
    return Stated(player, key_texts=(race, unique, player), times=(time,), releases=releases)


def _texts(cursor: Cursor, version: int, *, is_converted: bool) -> tuple[str, str, str]:
    """Player, race, and what makes the player unique; the cursor is at the board then."""
    if version >= _VERSION_4:
        cursor.skip(18)  # country, start, end
    cursor.text()  # program
    if version >= _VERSION_4 and is_converted:
        cursor.text()  # the program that converted
        cursor.text()  # encoding
    player, race, unique = cursor.text(), cursor.text(), cursor.text()
    if version >= _VERSION_4:
        cursor.skip(cursor.number(2))  # device
    else:
        for _ in range(4 if version >= _VERSION_2 else 3):  # start, end, country, device
            cursor.text()
    return player, race, unique


def _releases(content: bytes, start: int) -> Releases:
    codes = content[start::_EVENT_BYTES]
    end = _LAST.search(codes)
    if end is None:
        raise UnreadableReplay("The replay is cut off: its events have no end.")
    codes = codes[: end.start()]
    places = [start + index * _EVENT_BYTES for index in _RELEASES.places(codes)]
    return Releases(
        _RELEASES.buttons(codes),
        [content[at + 1] << 16 | content[at + 2] << 8 | content[at + 3] for at in places],
    )


def _releases_by_steps(content: bytes, place: int) -> Releases:
    codes = bytearray()
    times: list[int] = []
    now = 0
    while (run := _RUN.match(content, place)) is not None:
        start, place = place, run.end()
        match run.lastindex:
            case 1:
                now += sum(content[start + 1 : place : _LONG_EVENT_BYTES])
            case 2:
                now += content[start + 1]
                codes.append(content[start])
                times.append(now)
            case 6:
                now += int.from_bytes(run[6], "big")
            case 7:
                return Releases(_RELEASES.buttons(bytes(codes)), times)
            case _:
                now += content[start + 1]
    raise UnreadableReplay("The replay is cut off, or has events that are not known here.")
