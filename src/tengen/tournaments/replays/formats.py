"""The formats of replays, and which of them some bytes are in. Pure.

    avf     Minesweeper Arbiter
    rmv     Viennasweeper
    evf     Metasweeper
    mvf     Minesweeper Clone

What a replay is, its content says: programs announce wrong types, and file names are anything.
"""

import re
from enum import StrEnum


class ReplayFormat(StrEnum):
    """A format that can be read; the value is the usual ending of file names."""

    AVF = "avf"
    RMV = "rmv"
    EVF = "evf"
    MVF = "mvf"


RMV_MARK = b"*rmv"
MVF_MARK = b"\x11M"
AVF_SUMMARY = re.compile(rb"\[[0-3]\|")
"""How the text begins that stands between board and events; the number is the mode."""
EVF_VERSIONS = 5
"""0.0 to 0.4, of which the file has the last number."""

_AVF_LEVEL_AT = 5
_AVF_LEVELS = (b"\x03", b"\x04", b"\x05", b"\x06")
_AVF_SUMMARY_WITHIN = 132 * 1024
"""The largest board of one's own has 65,535 mines of two bytes."""
_AVF_NAME_MARK = b"Skin:"
_EVF_SHORTEST = 24
_EVF_SETTINGS_SINCE = 3


def recognise(content: bytes) -> ReplayFormat | None:
    """The format of a replay, by its first bytes and its marks; None if it is none of them.

    The formats without a mark of their own are told by what stands where it must: in AVF level, summary and the line
    before the player's name, in EVF a version and a board that there can be. Whether the rest can be read is not said.
    """
    if content.startswith(RMV_MARK):
        return ReplayFormat.RMV
    if content.startswith(MVF_MARK):
        return ReplayFormat.MVF
    if _is_avf(content):
        return ReplayFormat.AVF
    return ReplayFormat.EVF if _is_evf(content) else None


def _is_avf(content: bytes) -> bool:
    if content[_AVF_LEVEL_AT : _AVF_LEVEL_AT + 1] not in _AVF_LEVELS:
        return False
    summary = AVF_SUMMARY.search(content, _AVF_LEVEL_AT, _AVF_SUMMARY_WITHIN)
    return summary is not None and content.rfind(_AVF_NAME_MARK) > summary.start()


def _is_evf(content: bytes) -> bool:
    if len(content) < _EVF_SHORTEST or content[0] >= EVF_VERSIONS:
        return False
    board = 3 if content[0] >= _EVF_SETTINGS_SINCE else 2
    rows, columns, mines = content[board], content[board + 1], int.from_bytes(content[board + 2 : board + 4], "big")
    square_pixels = content[board + 4]
    return 0 < mines < rows * columns and square_pixels > 0
