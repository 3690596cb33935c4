"""`tengen player`: accounts on game servers, and the tokens by which these report their games."""

from typing import Annotated, Any

import typer

from tengen.accounts.service import find_account, find_active_account
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.options import After, Limit
from tengen.cli.platforms import platform_command
from tengen.core.platform import Platform
from tengen.core.values import MAX_ID, PlayerId, ServerId, utc_now
from tengen.players import service
from tengen.players.names import parse_name
from tengen.players.service import ListedPlayer, NewToken
from tengen.servers.service import find_server

app = new_group("Players: accounts on game servers, and their report tokens.")

_COLUMNS = ("id", "name", "server_id", "server_name", "account_id", "has_token", "created_at")
_ONCE = "The token is shown this once: with it the game server reports the player's games."
_WHO = "E-mail, display name or id of the account."


@platform_command(app, "create")
async def create(
    platform: Platform,
    server: Annotated[int, typer.Option(min=1, max=MAX_ID, help="Id of the game server.")],
    account: Annotated[str, typer.Option(help=_WHO)],
    name: Annotated[str | None, typer.Option(help="Name there; the account's, if not given.")] = None,
) -> Answer:
    """Make an account a player on a game server, and print the report token."""
    chosen = None if name is None else parse_name(name)
    async with platform.database.write() as transaction:
        owner = await find_active_account(transaction, account)
        place = await find_server(transaction, ServerId(server))
        made = await service.add_player(transaction, owner, place, name=chosen, now=utc_now())
    return _told(made)


@platform_command(app, "list")
async def list_(
    platform: Platform,
    server: Annotated[int | None, typer.Option(min=1, max=MAX_ID, help="Only of this game server.")] = None,
    account: Annotated[str | None, typer.Option(help="Only of this account: its e-mail, display name or id.")] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Answer:
    """List players in the order of their ids. Those on server 1, this platform, have no tokens and need none."""
    async with platform.database.read() as connection:
        players = await service.list_players(
            connection,
            server_id=None if server is None else ServerId(server),
            account_id=None if account is None else (await find_account(connection, account)).id,
            after_id=after,
            limit=limit,
        )
    return listing(list(map(_item, players)), _COLUMNS, empty="There are no players.")


@platform_command(app, "reset-token")
async def reset_token(
    platform: Platform,
    player_id: Annotated[int, typer.Argument(metavar="PLAYER", min=1, max=MAX_ID, help="Id of the player.")],
) -> Answer:
    """Give a player a new report token. The old one is void at once."""
    async with platform.database.write() as transaction:
        return _told(await service.reset_token(transaction, PlayerId(player_id)))


def _told(made: NewToken) -> Answer:
    player = made.player
    item = {
        "id": player.id,
        "token": made.token,
        "name": player.name,
        "server_id": player.server_id,
        "account_id": player.account_id,
    }
    return thing(item, _ONCE)


def _item(listed: ListedPlayer) -> dict[str, Any]:
    player = listed.player
    return {
        "id": player.id,
        "name": player.name,
        "server_id": player.server_id,
        "server_name": listed.server_name,
        "account_id": player.account_id,
        "has_token": listed.has_token,
        "created_at": listed.created_at,
    }
