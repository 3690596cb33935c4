"""Finding a player by the token that lets servers report for it, and the brake on guessing.

A token is 128 random bits: nobody guesses it, so a right one always finds its player, and wrong ones cannot keep a
server from asking. They are counted all the same, and after too many answered with 429.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from tengen.core.limits import Limit, RateLimiter, is_local
from tengen.players import service as players
from tengen.players.service import PlayerNotFound

if TYPE_CHECKING:
    from tengen.core.database import Database
    from tengen.core.settings import Settings
    from tengen.players.service import Player

_FAILURES = timedelta(minutes=10)
NOT_STORED = {"Cache-Control": "no-store"}
"""Headers of every answer to a request that holds a token."""


class TokenReader:
    """Finds the player of a token."""

    def __init__(self, database: "Database", limiter: RateLimiter, settings: "Settings") -> None:
        self._database = database
        self._limiter = limiter
        # One count with the tokens of reports: whoever guesses, guesses the same tokens.
        self._per_address = Limit("tokens/address", settings.login_failures_per_address, _FAILURES)

    async def player(self, token: str, address: str) -> "Player":
        """The player of this token; `address` is where it comes from.

        Raises `PlayerNotFound`, and `TooManyRequests` after too many wrong ones.
        """
        async with self._database.read() as connection:
            found = await players.player_by_token(connection, token)
        if found is not None:
            return found
        if not is_local(address):
            await self._limiter.spend(self._per_address, address, "Too many wrong tokens. Wait before trying again.")
        raise PlayerNotFound("player token unknown or expired", headers=NOT_STORED)
