"""How fast a game was, as its record tells it: the main time (`TM`) and the overtime (`OT`). Pure.

SGF leaves it to everybody how to write an overtime. Those that are read are in use on servers, in seconds:

    30 fischer          an increment of 30 seconds (OGS)
    5x30 byo-yomi       five periods (KGS, OGS)
    25/600 canadian     25 stones in ten minutes (KGS, OGS)
    86400 simple        a day for each move (OGS)
    0 none              no overtime (OGS)

and none at all after a main time: then there was none. Of any other the speed is not known, for a guess would count a
game to the wrong ones.
"""

import re

from tengen.go.sgf import SgfRecord
from tengen.ratings.go_conditions import SpeedClass, speed_class

_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)"
_STONES = re.compile(rf"([1-9][0-9]{{0,3}})/{_NUMBER} *canadian", re.ASCII | re.IGNORECASE)
_PERIOD = re.compile(rf"(?:[1-9][0-9]{{0,3}}x)?{_NUMBER} *(?:byo-?yomi|fischer|simple|none)", re.ASCII | re.IGNORECASE)


def speed_of_record(record: SgfRecord) -> SpeedClass | None:
    """The class of the game's speed; None if the record does not tell it."""
    for_game, for_move = record.main_time_seconds, _seconds_for_move(record.overtime)
    if for_game is None or for_game < 0 or for_move is None:
        return None
    if for_game == 0 and not record.overtime:
        return None  # many write it who have nothing to say
    return speed_class(for_game, for_move, record.size.area)


def _seconds_for_move(overtime: str) -> float | None:
    """What an overtime gives for each move; None if it cannot be read."""
    if not overtime:
        return 0.0
    if found := _STONES.fullmatch(overtime):
        return float(found[2]) / int(found[1])
    found = _PERIOD.fullmatch(overtime)
    return float(found[1]) if found else None
