"""What routes of games ask of their caller."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBasic

from tengen.accounts.basic import Credentials
from tengen.accounts.guards import USER_SCHEME
from tengen.accounts.service import Account
from tengen.core.errors import Forbidden, Unauthenticated
from tengen.core.values import MAX_ID, AccountId, GameId
from tengen.games import service
from tengen.games.runtime import Games
from tengen.games.service import GameNotFound
from tengen.ratings.pools import Pools
from tengen.servers import service as servers
from tengen.web.context import CurrentPlatform, client_address

SERVER_TOKEN = "X-Auth-Server-Token"  # noqa: S105  # the header's name

_BASIC = HTTPBasic(scheme_name="user", description=USER_SCHEME, auto_error=False)


async def _game_id(game_id: str) -> GameId:
    """The id in the path. What is no id names no game."""
    if not (game_id.isascii() and game_id.isdigit()) or len(game_id) > 20 or int(game_id) > MAX_ID:
        raise GameNotFound("Not found.")
    return GameId(int(game_id))


PathId = Annotated[GameId, Depends(_game_id)]
"""The id of a game in the path, existing or not."""


async def _pools(request: Request) -> Pools:
    pools: Pools = request.app.state.games.pools
    return pools


CurrentPools = Annotated[Pools, Depends(_pools)]
"""The pools of the platform."""


async def _changer(
    game_id: PathId, request: Request, platform: CurrentPlatform, _documented: Annotated[object, Depends(_BASIC)]
) -> AccountId | None:
    token = request.headers.get(SERVER_TOKEN)
    account = None if token is not None else await _account(request)
    async with platform.database.read() as connection:
        game = await service.find_game(connection, game_id)
        if account is not None and not await servers.may_manage(connection, game.server_id, account):
            raise Forbidden("Only the game's server, its admins and the platform's may change a reported game.")
    if token is not None:
        games: Games = request.app.state.games
        await games.reporter.recognise_server(game.server_id, token, client_address(request))
    return None if account is None else account.id


async def _account(request: Request) -> Account:
    if "Authorization" not in request.headers:
        raise Unauthenticated(
            f"Sign in, or send the secret of the game's server as {SERVER_TOKEN}.",
            headers={"WWW-Authenticate": "Basic"},
        )
    credentials = Credentials.parse(request.headers.get("Authorization"))
    account: Account = await request.app.state.accounts.authenticator.authenticate_active(
        credentials, client_address(request)
    )
    return account


Changer = Annotated[AccountId | None, Depends(_changer)]
"""Who may change the game in the path: an account, or None for the game's own server."""
