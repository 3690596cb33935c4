"""The bytes of RMV files, which Viennasweeper writes. Pure.

    *rmv, version (1 or 2); in 2 the program's number and version; the size of the file
    the sizes of what follows: result line (in 1), program, player, board, flags set before the start, properties,
    further properties (in 2), events, check sum; then these

Numbers have the most significant byte first. The result line reads KEY:value#KEY:value#…, the player is a list of
name, nickname, country and token, of which the last ones may be missing.

Source: the specification of the project rmv_spec, for facts about the format.
"""

import re
from collections.abc import Mapping

from tengen.tournaments.modes import Milliseconds
from tengen.tournaments.replays.cursor import Cursor, UnreadableReplay, decoded
from tengen.tournaments.replays.formats import RMV_MARK
from tengen.tournaments.replays.stated import Button, ReleaseCodes, Releases, Stated

_VERSION_1, _VERSION_2 = 1, 2
_PLACE_BYTES = 2
_RESULT_KEY = re.compile(r"[A-Z0-9]{1,20}")
_RELEASES = ReleaseCodes({3: Button.LEFT, 5: Button.RIGHT, 7: Button.MIDDLE})
# Events by their first byte: releases (3, 5, 7) and the end (15 to 17) are what is looked for. Passed over are short
# moves (28), what happens on the board (9 to 14, 18 to 27), the rest of the mouse (1, 2, 4, 6), steps of the clock (0).
# No event can be read in two ways, and what was passed over is never tried again: time grows with length alone.
_NEXT = re.compile(
    rb"(?:(?:[\x1c\x09-\x0e\x12-\x1b]..)++|(?:[\x01\x02\x04\x06]........)++|\x00....)*+"
    rb"(?:([\x03\x05\x07])(...).....|[\x0f-\x11](...))",
    re.DOTALL,
)


def read(content: bytes) -> Stated:
    """What an RMV file states. Raises `UnreadableReplay`, also if its sections do not have the sizes that it gives."""
    cursor = Cursor(content)
    version = _version(cursor)
    sizes = _sizes(cursor, version)
    result = _result_line(cursor.take(sizes["result"]))
    cursor.skip(sizes["program"])
    name, nickname, _, token = _player(cursor.take(sizes["player"]))
    _check_places(cursor.take(sizes["board"]), before=6)
    flags = cursor.take(sizes["flags"])
    if flags:
        _check_places(flags, before=0)
    cursor.skip(sizes["properties"] + sizes["further"])
    releases, time = _events(cursor.take(sizes["events"]))
    return Stated(name, key_texts=(token, nickname, result.get("NICK", ""), name), times=(time,), releases=releases)


def _version(cursor: Cursor) -> int:
    if cursor.take(len(RMV_MARK)) != RMV_MARK:
        raise UnreadableReplay("This is no replay of Viennasweeper.")
    version = cursor.number(2)
    if version not in (_VERSION_1, _VERSION_2):
        raise UnreadableReplay("The replay is of a version of RMV that is not known here: 1 and 2 are.")
    if version == _VERSION_2:
        cursor.skip(2)
    cursor.skip(4)  # the file's size: more may have been appended on the way
    return version


def _sizes(cursor: Cursor, version: int) -> Mapping[str, int]:
    sizes = {"result": cursor.number(2) if version == _VERSION_1 else 0}
    for section in ("program", "player", "board", "flags", "properties"):
        sizes[section] = cursor.number(2)
    sizes["further"] = cursor.number(2) if version == _VERSION_2 else 0
    sizes["events"] = cursor.number(4)
    cursor.skip(2)
    return sizes


def _result_line(line: bytes) -> Mapping[str, str]:
    """The values by their keys. A value may hold `#`, and then something that is no key."""
    values: dict[str, str] = {}
    key = ""
    for part in decoded(line).strip("\r\n").split("#"):
        found, colon, value = part.partition(":")
        if colon and _RESULT_KEY.fullmatch(found):
            key = found
            values[key] = value
        elif key:
            values[key] += f"#{part}"
    return {key: value.removesuffix("#") for key, value in values.items()}


def _player(section: bytes) -> tuple[str, str, str, str]:
    cursor = Cursor(section)
    count = cursor.number(2)
    fields = [cursor.counted_text() for _ in range(min(count, len(section)))]
    if cursor.place != len(section):
        raise UnreadableReplay("The replay contradicts itself: its player has another size than it says.")
    name, nickname, country, token, *_ = [*fields, "", "", "", ""]
    return name, nickname, country, token


def _check_places(section: bytes, *, before: int) -> None:
    """Whether a section has as many places on the board as it says, after so many bytes of something else."""
    cursor = Cursor(section)
    cursor.skip(before)
    if len(section) != before + 2 + cursor.number(2) * _PLACE_BYTES:
        raise UnreadableReplay("The replay contradicts itself: a list of squares has another length than it says.")


def _events(section: bytes) -> tuple[Releases, Milliseconds]:
    """The releases, and the time that the event at the end gives."""
    codes = bytearray()
    times: list[Milliseconds] = []
    place = 0
    while (found := _NEXT.match(section, place)) is not None:
        code, at, end = found.groups()
        if end is not None:
            return Releases(_RELEASES.buttons(bytes(codes)), times), int.from_bytes(end, "big")
        codes += code
        times.append(int.from_bytes(at, "big"))
        place = found.end()
    raise UnreadableReplay("The replay is cut off, or has events that are not known here.")
