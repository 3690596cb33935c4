"""The bytes of MVF files, which Minesweeper Clone 0.97 writes. Pure.

    a mark, and lines about the program with the year of the release: 2005 for 0.97, the only one that can be read
    date, level, mode, the time in seconds and hundredths, 3BV and what else was counted
    the board: columns, rows, mines, two bytes for each mine; the player's name; events of 5 scrambled bytes

Source: the public parsers of the projects ms_toollib and rawvf, for facts about the format.
"""

from tengen.tournaments.replays.cursor import Cursor, UnreadableReplay
from tengen.tournaments.replays.formats import MVF_MARK
from tengen.tournaments.replays.stated import Stated

_YEAR_AT = 27
_YEAR_0_97 = b"5"
_TIME_AT = 83
_BETWEEN_TIME_AND_BOARD = 11


def read(content: bytes) -> Stated:
    """What an MVF file states. Raises `UnreadableReplay`, also for versions of the program other than 0.97."""
    cursor = Cursor(content)
    if cursor.take(len(MVF_MARK)) != MVF_MARK:
        raise UnreadableReplay("This is no replay of Minesweeper Clone.")
    if content[_YEAR_AT : _YEAR_AT + 1] != _YEAR_0_97:
        raise UnreadableReplay("Of Minesweeper Clone only replays of version 0.97 can be read.")
    cursor.place = _TIME_AT
    time = cursor.number(2) * 1000 + cursor.number(1) * 10
    cursor.skip(_BETWEEN_TIME_AND_BOARD + 2)
    cursor.skip(2 * cursor.number(2))
    name = cursor.counted_text()
    return Stated(name, key_texts=(name,), times=(time,), releases=None)
