"""The games of one player, played here or reported, running or over, in pages that are counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tengen.core.values import GameId, PlayerId
from tengen.games import of_player
from tengen.games import service as games
from tengen.games.service import Game
from tengen.play import service
from tengen.play.service import NewLiveGame

if TYPE_CHECKING:
    from tengen.core.database import Connection

MOST_COUNTED = 5_000
"""A list of games counts no further, and goes no further: so it is on OGS."""


@dataclass(frozen=True, slots=True)
class ListedGame:
    """A game in a list: that was reported, that was played here and is over, or that is being played."""

    over: Game | None
    """None while it is played."""
    began: tuple[NewLiveGame, datetime] | None
    """How and when it began here; None if it was reported."""

    @property
    def players(self) -> tuple[PlayerId, PlayerId]:
        """Black and White."""
        if self.over is not None:
            return self.over.black, self.over.white
        assert self.began is not None
        terms = self.began[0].terms
        return terms.black, terms.white


async def page_of_games(
    connection: "Connection", player_id: PlayerId, *, newest_first: bool, offset: int, limit: int
) -> tuple[int, list[ListedGame]]:
    """How many games a player has, and some of them by their numbers. Five statements."""
    running = await service.active_games(connection, player_id, limit=MOST_COUNTED)
    over = await of_player.count_of_player(connection, player_id, most=MOST_COUNTED)
    count = min(MOST_COUNTED, len(running) + over)
    end = min(offset + limit, count)
    if offset >= end:
        return count, []
    known = await of_player.ids_of_player(connection, player_id, newest_first=newest_first, limit=end)
    wanted = sorted({*running, *known}, reverse=newest_first)[offset:end]
    return count, await _listed(connection, wanted)


async def _listed(connection: "Connection", game_ids: list[GameId]) -> list[ListedGame]:
    over = await games.games_by_ids(connection, game_ids)
    began = await service.starts_of(connection, game_ids)
    return [
        ListedGame(over.get(game_id), began.get(game_id)) for game_id in game_ids if game_id in over or game_id in began
    ]
