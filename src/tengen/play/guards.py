"""What routes of games take from the request: the game in the path, reported or played here, if it may be seen."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tengen.core.values import GameId
from tengen.games.guards import PathId
from tengen.games.runtime import Games
from tengen.games.service import Game, GameNotFound
from tengen.oauth.guards import caller_of
from tengen.play.rooms import check_may_watch
from tengen.play.runtime import Play
from tengen.play.service import LiveGameNotFound
from tengen.play.tables import Table
from tengen.players.service import HOME
from tengen.profiles.runtime import Profiles


@dataclass(frozen=True, slots=True)
class SeenGame:
    """A game, of which there is at least one of these."""

    id: GameId
    reported: Game | None
    """What a server has reported, or was made of a game that is over."""
    table: Table | None
    """The game that is or was played here."""


async def find_game(game_id: PathId, request: Request) -> SeenGame:
    """The game in the path. One statement, unless it may have been played here.

    Nobody is asked who they are but of a private game, which only its players may see. Raises `GameNotFound`,
    `PrivateGame`, and what `MaybeAccount` does.
    """
    games: Games = request.app.state.games
    reported = await games.get(game_id)
    if reported is not None and reported.server_id != HOME:
        return SeenGame(game_id, reported, None)
    play: Play = request.app.state.play
    try:
        await play.tables.see(game_id)  # as it is now, whoever has made the last move
        table = await play.tables.table(game_id)
    except LiveGameNotFound:
        if reported is None:
            raise GameNotFound("Not found.") from None
        return SeenGame(game_id, reported, None)
    if table.info.is_private:
        await _check_plays(request, table)
    return SeenGame(game_id, reported, table)


async def _check_plays(request: Request, table: Table) -> None:
    account = await caller_of(request)
    profiles: Profiles = request.app.state.profiles
    player = None if account is None else (await profiles.of_account(account.id)).player.id
    check_may_watch(table, player)


PathGame = Annotated[SeenGame, Depends(find_game)]
"""The game in the path, which exists and may be seen."""


async def _play(request: Request) -> Play:
    play: Play = request.app.state.play
    return play


CurrentPlay = Annotated[Play, Depends(_play)]
