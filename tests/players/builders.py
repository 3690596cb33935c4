"""Builders for tests of players: the first in a database, the second over HTTP."""

from datetime import datetime
from typing import Any

from tengen.accounts.service import Account
from tengen.core.database import Database
from tengen.core.values import ServerId
from tengen.players import service
from tengen.players.service import NewToken
from tengen.servers.service import find_server
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, GameServer, User, a_game_server, a_verified_user, an_account
from tests.support.server import Server


async def a_new_player(
    database: Database,
    *,
    account: Account | None = None,
    server_id: ServerId | None = None,
    name: str | None = None,
    now: datetime = NOON,
) -> NewToken:
    """A player with its token: of a new account, on a new server, unless these are given."""
    account = account or await an_account(database)
    server_id = server_id or (await a_new_server(database)).id
    async with database.write() as transaction:
        server = await find_server(transaction, server_id)
        return await service.add_player(transaction, account, server, name=name, now=now)


def a_player(
    server: Server, *, user: User | None = None, game_server: GameServer | None = None, name: str | None = None
) -> dict[str, Any]:
    """Becomes a player over HTTP; returns the answer, which has the token."""
    user = user or a_verified_user(server)
    game_server = game_server or a_game_server(server)
    wanted = {"server_id": game_server.id, "name": name}
    answer = server.post("/api/v1/players", wanted, auth=user.auth)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
