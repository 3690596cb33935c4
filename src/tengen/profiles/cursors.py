"""Places on leaderboards and in histories of games, as text in the address of the next page. Pure."""

import struct
from datetime import datetime
from math import isfinite

from tengen.core.values import AccountId, GameId
from tengen.ratings.leaderboards import Mark
from tengen.web import cursors

_MARK = struct.Struct(">dqq")


def write_mark(mark: Mark) -> str:
    """A place on a leaderboard."""
    return cursors.write_bytes(_MARK.pack(mark.value, mark.account_id, mark.placed))


def read_mark(text: str) -> Mark:
    """What `write_mark` wrote. Raises `InvalidCursor`."""
    value, account_id, placed = _MARK.unpack(cursors.read_bytes(text, _MARK.size))
    if not isfinite(value) or placed < 0:
        raise cursors.invalid_cursor()
    return Mark(value, AccountId(account_id), placed)


def write_moment(at: datetime, game_id: GameId) -> str:
    """A place in a history of games."""
    return cursors.write_moment(at, game_id)


def read_moment(text: str) -> tuple[datetime, GameId]:
    """What `write_moment` wrote. Raises `InvalidCursor`."""
    at, game_id = cursors.read_moment(text)
    return at, GameId(game_id)
