"""Game servers: the directory, heartbeats, matches of teams, and who looks after a server."""

from collections.abc import Sequence
from enum import StrEnum

from tengen.client.models import (
    Credentials,
    GameServer,
    Listing,
    ServerAdmin,
    Team,
)
from tengen.client.operations import Operation
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import given, list_of, nothing, said, token_in


class ServerOrder(StrEnum):
    """How the list of online game servers is sorted."""

    NAME = "name"
    PLAYERS = "players"
    UPDATED = "updated"


def register_server(listing: Listing) -> Operation[Credentials]:
    """Enter a game server into the directory. Its credentials are shown this once: keep them."""
    return Operation("POST", "/v1/server/register", Credentials.from_json, body=listing.to_json())


def my_servers() -> Operation[list[GameServer]]:
    """The caller's game servers, online or not."""
    return Operation("GET", "/v1/server/list/my", list_of(GameServer.from_json))


def online_servers(
    *,
    game_type: str | None = None,
    search: str | None = None,
    not_full: bool = False,
    sort: ServerOrder | None = None,
) -> Operation[list[GameServer]]:
    """The game servers that gave a sign of life within the last minute.

    Of one `game_type`; with `search` in their name, description or map; `not_full`; in an order.
    """
    query = given(game_type=game_type, search=search, not_full="true" if not_full else None, sort=sort)
    return Operation(
        "GET", "/v1/server/list/online", list_of(GameServer.from_json), query=query, is_authenticated=False
    )


def heartbeat(listing: Listing, *, current_map: str, current_player_count: int) -> Operation[GameServer]:
    """The calling game server's sign of life, with its state; more often than once a minute, or it goes offline."""
    body = {**listing.to_json(), "current_map": current_map, "current_player_count": current_player_count}
    return Operation("POST", "/v1/server/update", GameServer.from_json, body=body)


def report_match(teams: Sequence[Team], winner: int | None) -> Operation[None]:
    """Report a finished match of 2 to 4 teams on the calling game server; `winner` is a team's id, None a draw."""
    body = {"teams": [team.to_json() for team in teams], "winner": -1 if winner is None else winner}
    return Operation("POST", "/v1/server/match-update", nothing, body=body)


def reset_server_token(server_id: int) -> Operation[Credentials]:
    """Give a game server another secret; the old one dies. For its owner and admins. Shown this once: keep it."""
    path = f"/api/v1/game_servers/{server_id}/reset_token"
    return Operation("POST", path, lambda json: Credentials.of_server(server_id, token_in(json)))


def server_admins(server_id: int) -> Operation[list[ServerAdmin]]:
    """Who looks after a game server: its owner, then its admins. For these."""
    return Operation("GET", f"/api/v1/game_servers/{server_id}/admins", list_of(ServerAdmin.from_json))


def add_server_admin(
    server_id: int, account_id: int | None = None, *, display_name: str | None = None
) -> Operation[ServerAdmin]:
    """Let the account with this id, or this name, look after a game server. For its owner and admins."""
    body = said(account_id=account_id, display_name=display_name)
    return Operation("POST", f"/api/v1/game_servers/{server_id}/admins", ServerAdmin.from_json, body=body)


def remove_server_admin(server_id: int, account_id: int) -> Operation[None]:
    """End an account's looking after a game server, the caller's own too. For its owner, who stays, and admins."""
    return Operation("DELETE", f"/api/v1/game_servers/{server_id}/admins/{account_id}", nothing)


class ServerMethods(Runner):
    """The methods of `Client` for game servers."""

    def register_server(self, listing: Listing) -> Credentials:
        """Enter a game server into the directory. Its credentials are shown this once: keep them."""
        return self.run(register_server(listing))

    def my_servers(self) -> list[GameServer]:
        """The caller's game servers, online or not."""
        return self.run(my_servers())

    def online_servers(
        self,
        *,
        game_type: str | None = None,
        search: str | None = None,
        not_full: bool = False,
        sort: ServerOrder | None = None,
    ) -> list[GameServer]:
        """The game servers that gave a sign of life within the last minute.

        Of one `game_type`; with `search` in their name, description or map; `not_full`; in an order.
        """
        return self.run(online_servers(game_type=game_type, search=search, not_full=not_full, sort=sort))

    def heartbeat(self, listing: Listing, *, current_map: str, current_player_count: int) -> GameServer:
        """The calling game server's sign of life, with its state; more often than once a minute, or it goes offline."""
        return self.run(heartbeat(listing, current_map=current_map, current_player_count=current_player_count))

    def report_match(self, teams: Sequence[Team], winner: int | None) -> None:
        """Report a finished match of 2 to 4 teams on the calling game server; `winner` is a team's id, None a draw."""
        return self.run(report_match(teams, winner))

    def reset_server_token(self, server_id: int) -> Credentials:
        """Give a game server another secret; the old one dies. For its owner and admins. Shown this once: keep it."""
        return self.run(reset_server_token(server_id))

    def server_admins(self, server_id: int) -> list[ServerAdmin]:
        """Who looks after a game server: its owner, then its admins. For these."""
        return self.run(server_admins(server_id))

    def add_server_admin(
        self, server_id: int, account_id: int | None = None, *, display_name: str | None = None
    ) -> ServerAdmin:
        """Let the account with this id, or this name, look after a game server. For its owner and admins."""
        return self.run(add_server_admin(server_id, account_id, display_name=display_name))

    def remove_server_admin(self, server_id: int, account_id: int) -> None:
        """End an account's looking after a game server, the caller's own too. For its owner, who stays, and admins."""
        return self.run(remove_server_admin(server_id, account_id))


class AsyncServerMethods(AsyncRunner):
    """The methods of `AsyncClient` for game servers."""

    async def register_server(self, listing: Listing) -> Credentials:
        """Enter a game server into the directory. Its credentials are shown this once: keep them."""
        return await self.run(register_server(listing))

    async def my_servers(self) -> list[GameServer]:
        """The caller's game servers, online or not."""
        return await self.run(my_servers())

    async def online_servers(
        self,
        *,
        game_type: str | None = None,
        search: str | None = None,
        not_full: bool = False,
        sort: ServerOrder | None = None,
    ) -> list[GameServer]:
        """The game servers that gave a sign of life within the last minute.

        Of one `game_type`; with `search` in their name, description or map; `not_full`; in an order.
        """
        return await self.run(online_servers(game_type=game_type, search=search, not_full=not_full, sort=sort))

    async def heartbeat(self, listing: Listing, *, current_map: str, current_player_count: int) -> GameServer:
        """The calling game server's sign of life, with its state; more often than once a minute, or it goes offline."""
        return await self.run(heartbeat(listing, current_map=current_map, current_player_count=current_player_count))

    async def report_match(self, teams: Sequence[Team], winner: int | None) -> None:
        """Report a finished match of 2 to 4 teams on the calling game server; `winner` is a team's id, None a draw."""
        return await self.run(report_match(teams, winner))

    async def reset_server_token(self, server_id: int) -> Credentials:
        """Give a game server another secret; the old one dies. For its owner and admins. Shown this once: keep it."""
        return await self.run(reset_server_token(server_id))

    async def server_admins(self, server_id: int) -> list[ServerAdmin]:
        """Who looks after a game server: its owner, then its admins. For these."""
        return await self.run(server_admins(server_id))

    async def add_server_admin(
        self, server_id: int, account_id: int | None = None, *, display_name: str | None = None
    ) -> ServerAdmin:
        """Let the account with this id, or this name, look after a game server. For its owner and admins."""
        return await self.run(add_server_admin(server_id, account_id, display_name=display_name))

    async def remove_server_admin(self, server_id: int, account_id: int) -> None:
        """End an account's looking after a game server, the caller's own too. For its owner, who stays, and admins."""
        return await self.run(remove_server_admin(server_id, account_id))
