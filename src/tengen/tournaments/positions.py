"""How far a follower of a tournament has been told: the ids of the feed's events.

A position is sealed, for the number of the last change counts the others' uploads, too, which are hidden in some
tournaments. Each seal of a position looks different, so not even whether there was a change can be seen; and the seal
says when it was made, so that what somebody has missed is looked for no farther back than `LIFETIME`.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tengen.core.errors import TengenError
from tengen.core.security import Unsealable
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.notices import phase_of, rank
from tengen.tournaments.schedule import Phase

if TYPE_CHECKING:
    from tengen.core.platform import Platform
    from tengen.core.security import Sealer

SEALED_FOR = "positions in feeds of tournaments"
"""The purpose of the key."""

LIFETIME = timedelta(hours=1)
"""For so long a position is gone on from."""

_PACKED = struct.Struct(">QQBd")
_URL_SAFE = str.maketrans("+/", "-_")
_STANDARD = str.maketrans("-_", "+/")


class InvalidPosition(TengenError):
    """The text is no position that the platform has given for this tournament."""

    code, status = "invalid_position", 400


@dataclass(frozen=True, slots=True)
class Position:
    """How far a follower has been told."""

    tournament_id: TournamentId
    number: int
    """Of the last change that was told or passed over."""
    phase: Phase
    """The phase of the tournament that the follower knows of."""
    given_at: datetime


class Positions:
    """Writes positions and reads them."""

    def __init__(self, sealer: "Sealer") -> None:
        self._sealer = sealer

    @classmethod
    def of(cls, platform: "Platform") -> "Positions":
        """With the key that all workers share."""
        return cls(platform.master_key.sealer(SEALED_FOR))

    def write(self, position: Position) -> str:
        """The position as followers get it: some dozens of characters that may stand in an address."""
        packed = _PACKED.pack(
            position.tournament_id, position.number, rank(position.phase), position.given_at.timestamp()
        )
        return self._sealer.seal(packed).translate(_URL_SAFE)

    def read(self, text: str, tournament_id: int) -> Position:
        """What `write` wrote for this tournament. Raises `InvalidPosition`."""
        try:
            packed = self._sealer.open_(text.translate(_STANDARD))
            tournament, number, phase, given_at = _PACKED.unpack(packed)
        except (Unsealable, struct.error) as error:
            raise _invalid() from error
        if tournament != tournament_id:
            raise _invalid()
        return Position(TournamentId(tournament), number, phase_of(phase), datetime.fromtimestamp(given_at, UTC))


def _invalid() -> InvalidPosition:
    return InvalidPosition("This is no position in this feed: take the id of one of its events, or leave it out.")
