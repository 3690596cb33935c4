"""A game from elsewhere whose players are told by name. Pure."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from tengen.accounts.names import DisplayName
from tengen.games.rated_games import PlayedGame
from tengen.games.records import RecordFacts
from tengen.go.replay import RecordWarning


class NamedGame(NamedTuple):
    """A game to be stored, its players told by name. A tuple, as `PlayedGame` is."""

    black: str
    white: str
    played: PlayedGame
    result: str
    """As it is to be shown."""
    fingerprint: bytes | None = None
    """A SHA-256 of what makes it the same game in whatever file; None: of a report's, players, time and record."""
    annulled_at: datetime | None = None
    content: bytes = b""
    """Its record; none if empty."""
    facts: RecordFacts | None = None
    """What the record says, if there is one."""

    @property
    def warnings(self) -> tuple[RecordWarning, ...]:
        """What is odd about its record."""
        return () if self.facts is None else self.facts.warnings


@lru_cache(65_536)  # in a file of games the same names come again and again
def player_name(text: str) -> str:
    """The name by which a player is told, as it is kept. Raises `InvalidDisplayName`: it may become one."""
    return DisplayName.parse(text).text
