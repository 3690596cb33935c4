"""The bytes of AVF files, which Minesweeper Arbiter writes. Pure.

    version, 4 bytes, level; for a board of one's own its columns less 1, rows less 1 and mines
    the mines, two bytes each, and some bytes that nobody has explained
    [mode|started|ended|…B<3BV>T<seconds and 1>]   in plain text
    events of 8 bytes: code, x high, second low, x low, hundredths, y high, second high, y low; seconds count from 1
    cs=, a check sum; then lines: RealTime: <seconds>, Skin: <name>, the player's name, the program

Source: the public parsers of the projects sweeping-view, ms_toollib and rawvf, for facts about the format.
"""

import re

from tengen.tournaments.modes import Milliseconds
from tengen.tournaments.replays.cursor import MAX_TEXT_BYTES, Cursor, UnreadableReplay, decoded
from tengen.tournaments.replays.formats import AVF_SUMMARY
from tengen.tournaments.replays.stated import Button, ReleaseCodes, Releases, Stated

_MINES = {3: 10, 4: 40, 5: 99}
_OWN_LEVEL = 6
_SECONDS = rb"([0-9]{1,6})(?:[.,]([0-9]{1,3}))?"
_SUMMARY_END = re.compile(rb"\|B[0-9]{1,9}T" + _SECONDS + rb"\Z")
_REAL_TIME = re.compile(rb"RealTime: *" + _SECONDS + rb"\r")
# Where the events begin nobody says. Parsers look for the first one, which happens in the first second (counted as 1)
# less than 512 pixels from the left.
_FIRST_EVENT = re.compile(rb".[\x00\x01]\x01", re.DOTALL)
_EVENT_BYTES = 8
_RELEASES = ReleaseCodes(
    {
        5: Button.LEFT,
        21: Button.LEFT,
        17: Button.RIGHT,
        145: Button.RIGHT,
        65: Button.MIDDLE,
        193: Button.MIDDLE,
    }
)


def read(content: bytes) -> Stated:
    """What an AVF file states. Raises `UnreadableReplay`."""
    cursor = Cursor(content)
    _pass_board(cursor)
    shown, place = _summary(content, cursor.place)
    events, place = _events(content, place)
    skin = content.find(b"Skin:", place)
    name_at = content.find(b"\r", skin, skin + MAX_TEXT_BYTES) + 1 if skin >= 0 else 0
    if not name_at:
        raise UnreadableReplay("The replay has no line with the player's name.")
    line = content[name_at : name_at + MAX_TEXT_BYTES + 1].partition(b"\r")[0]
    if len(line) > MAX_TEXT_BYTES:
        raise UnreadableReplay("A text in the replay is too long.")
    name = decoded(line)
    real_time = _REAL_TIME.search(content, place, skin)
    times = (shown,) if real_time is None else (shown, _milliseconds(real_time))
    return Stated(name, key_texts=(name,), times=times, releases=_releases(events))


def _pass_board(cursor: Cursor) -> None:
    cursor.skip(5)
    level = cursor.number(1)
    if level == _OWN_LEVEL:
        cursor.skip(2)
        mines = cursor.number(2)
    elif level in _MINES:
        mines = _MINES[level]
    else:
        raise UnreadableReplay("The replay is of no level that there is.")
    cursor.skip(2 * mines)


def _summary(content: bytes, place: int) -> tuple[Milliseconds, int]:
    """The time of the game that the summary states, and the place behind it."""
    summary = AVF_SUMMARY.search(content, place)
    end = content.find(b"]", summary.end(), summary.end() + MAX_TEXT_BYTES) if summary else -1
    found = _SUMMARY_END.search(content, summary.start(), end) if summary and end >= 0 else None
    if found is None:
        raise UnreadableReplay("The replay does not say how long the game took.")
    # The time is what Arbiter's counter shows, and that begins at 1.
    return _milliseconds(found) - 1000, end + 1


def _milliseconds(found: re.Match[bytes]) -> Milliseconds:
    whole, fraction = found.groups()
    return int(whole) * 1000 + int((fraction or b"").ljust(3, b"0"))


def _events(content: bytes, place: int) -> tuple[bytes, int]:
    """The events, and the place behind them: an event of second 0 is none any more."""
    first = _FIRST_EVENT.search(content, place)
    if first is None:
        raise UnreadableReplay("The replay has no events.")
    start = first.start()
    high = content[start + 6 :: _EVENT_BYTES]
    low = content[start + 2 :: _EVENT_BYTES]
    count = low.find(0)
    while 0 <= count < len(high) and high[count]:
        count = low.find(0, count + 1)
    if not 0 <= count < len(high):
        raise UnreadableReplay("The replay is cut off: its events have no end.")
    end = start + count * _EVENT_BYTES
    return content[start:end], end


def _releases(events: bytes) -> Releases:
    codes = events[::_EVENT_BYTES]
    places = [index * _EVENT_BYTES for index in _RELEASES.places(codes)]
    return Releases(
        _RELEASES.buttons(codes),
        [((events[at + 6] << 8 | events[at + 2]) - 1) * 1000 + events[at + 4] * 10 for at in places],
    )
