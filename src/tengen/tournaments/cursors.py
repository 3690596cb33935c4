"""Places in standings and in lists of tournaments, as text in the address of the next page. Pure."""

import struct
from datetime import datetime

from tengen.core.values import AccountId
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.standings import Mark
from tengen.web import cursors

_MARK = struct.Struct(">qqq")
_NUMBER = 8
"""Bytes of each number in a rank key."""
_LONGEST_KEY = 8 * _NUMBER
"""More than any mode's."""


def write_mark(mark: Mark) -> str:
    """A place in standings."""
    return cursors.write_bytes(_MARK.pack(mark.account_id, mark.place, mark.number) + mark.rank_key)


def read_mark(text: str) -> Mark:
    """What `write_mark` wrote. Raises `InvalidCursor`."""
    packed = cursors.read_bytes(text)
    rank_key = packed[_MARK.size :]
    if not 0 < len(rank_key) <= _LONGEST_KEY or len(rank_key) % _NUMBER:
        raise cursors.invalid_cursor()
    account_id, place, number = _MARK.unpack_from(packed)
    if not 0 < place <= number:
        raise cursors.invalid_cursor()
    return Mark(rank_key, AccountId(account_id), place, number)


def write_start(starts_at: datetime, tournament_id: TournamentId) -> str:
    """A place in a list of tournaments, which are in the order of their starts."""
    return cursors.write_moment(starts_at, tournament_id)


def read_start(text: str) -> tuple[datetime, TournamentId]:
    """What `write_start` wrote. Raises `InvalidCursor`."""
    starts_at, tournament_id = cursors.read_moment(text)
    return starts_at, TournamentId(tournament_id)
