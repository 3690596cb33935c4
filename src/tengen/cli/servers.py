"""`tengen server`: the directory of game servers, on an administrator's word."""

import dataclasses
from typing import Annotated

import typer

from tengen.accounts.service import find_account, find_active_account
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.options import After, Limit, Owner, Who
from tengen.cli.platforms import platform_command
from tengen.core.platform import Platform
from tengen.core.values import MAX_ID, ServerId, utc_now
from tengen.servers import admins, service

app = new_group("Game servers: enter them into the directory, look at them, renew their secrets, delete them.")
admin = new_group("Those who look after a game server beside its owner.")
app.add_typer(admin, name="admin")

_COLUMNS = ("id", "owner_id", "display_name", "host_name", "port", "game_type", "heard_at", "deleted_at")
_ADMIN_COLUMNS = ("account_id", "display_name", "is_owner", "since")
_Server = Annotated[int, typer.Argument(metavar="SERVER", min=1, max=MAX_ID, help="Id of the server.")]
_ONCE = "The secret is shown this once: give it to the server, which signs in with its id and the secret."


@platform_command(app, "create")
async def create(
    platform: Platform,
    owner: Owner,
    name: Annotated[str, typer.Option(help="Name under which the server is listed.")],
    url: Annotated[str, typer.Option(help="Where players reach it: an http or https address, or an IP address.")],
) -> Answer:
    """Enter a game server into the directory, and print its secret."""
    async with platform.database.write() as transaction:
        account = await find_active_account(transaction, owner)
        made = await service.create(transaction, account.id, name=name, url=url, now=utc_now())
    return thing({"id": made.id, "secret": made.secret, "owner_id": account.id, "name": name, "url": url}, _ONCE)


@platform_command(app, "list")
async def list_(platform: Platform, after: After = 0, limit: Limit = 100) -> Answer:
    """List game servers in the order of their ids. Number 1 is this platform."""
    async with platform.database.read() as connection:
        servers = await service.list_servers(connection, after_id=after, limit=limit)
    return listing(list(map(dataclasses.asdict, servers)), _COLUMNS, empty="There are no game servers.")


@platform_command(app, "reset-secret")
async def reset_secret(platform: Platform, server_id: _Server) -> Answer:
    """Give a game server a new secret. The old one is void at once."""
    async with platform.database.write() as transaction:
        made = await service.reset_secret(transaction, ServerId(server_id))
    return thing({"id": made.id, "secret": made.secret}, _ONCE)


@platform_command(app, "delete")
async def delete(platform: Platform, server_id: _Server) -> Answer:
    """Take a game server out of the directory: it neither signs in nor appears any more. Its matches remain."""
    async with platform.database.write() as transaction:
        await service.delete_server(transaction, ServerId(server_id), utc_now())
    return Answer({"id": server_id}, f"Server {server_id} is deleted.")


@platform_command(admin, "add")
async def add_admin(platform: Platform, server_id: _Server, who: Who) -> Answer:
    """Let an account look after a game server, like its owner."""
    async with platform.database.write() as transaction:
        account = await find_active_account(transaction, who)
        await admins.add_admin(transaction, ServerId(server_id), account, limit=None, now=utc_now())
    item = {"server_id": server_id, "account_id": account.id}
    return Answer(item, f"Account {account.id} ({account.display_name}) looks after server {server_id}.")


@platform_command(admin, "remove")
async def remove_admin(platform: Platform, server_id: _Server, who: Who) -> Answer:
    """End an account's looking after a game server. Its owner stays."""
    async with platform.database.write() as transaction:
        account = await find_account(transaction, who)
        await admins.remove_admin(transaction, ServerId(server_id), account.id)
    item = {"server_id": server_id, "account_id": account.id}
    return Answer(item, f"Account {account.id} ({account.display_name}) looks after server {server_id} no more.")


@platform_command(admin, "list")
async def list_admins(platform: Platform, server_id: _Server) -> Answer:
    """List who looks after a game server: its owner, then its admins."""
    async with platform.database.read() as connection:
        found = await admins.admins_of(connection, ServerId(server_id))
    return listing(list(map(dataclasses.asdict, found)), _ADMIN_COLUMNS, empty="Nobody looks after it.")
