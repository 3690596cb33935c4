"""Players, which are accounts on game servers, and their ratings."""

from urllib.parse import quote

from tengen.client.models import (
    Leaderboard,
    NewPlayer,
    OwnPlayer,
    Player,
    RatingHistory,
)
from tengen.client.operations import Operation
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import given, list_of, said, token_in


def add_player(
    server_id: int | None = None, *, game_server: str | None = None, name: str | None = None
) -> Operation[NewPlayer]:
    """Make the caller a player on the game server with this id, or this name. Its token is shown once: keep it.

    `name` has at most 20 characters; it is the account's, cut to these, if not given.
    """
    body = said(server_id=server_id, game_server=game_server, name=name)
    return Operation("POST", "/api/v1/players", NewPlayer.from_json, body=body)


def my_players() -> Operation[list[OwnPlayer]]:
    """The caller's players on all servers."""
    return Operation("GET", "/api/v1/me/players", list_of(OwnPlayer.from_json))


def rename_player(player_id: int, name: str) -> Operation[OwnPlayer]:
    """Give the caller's player another name on its server, of at most 20 characters."""
    return Operation("PATCH", f"/api/v1/players/{player_id}", OwnPlayer.from_json, body={"name": name})


def reset_player_token(player_id: int) -> Operation[str]:
    """Give the caller's player another report token; the old one dies. Shown this once: keep it."""
    return Operation("POST", f"/api/v1/players/{player_id}/reset_token", token_in)


def player(player_id: int) -> Operation[Player]:
    """A player by its id, with its rating in Go."""
    return Operation("GET", f"/api/v1/players/{player_id}", Player.from_json, is_authenticated=False)


def player_by_token(token: str) -> Operation[Player]:
    """The player whose report token this is."""
    headers = {"X-Auth-Player-Token": token}
    return Operation("GET", "/api/v1/players", Player.from_json, headers=headers, is_authenticated=False)


def leaderboard(
    pool: str = "go",
    *,
    limit: int | None = None,
    after: str | None = None,
    around: int | None = None,
    provisional: bool = False,
    inactive: bool = False,
) -> Operation[Leaderboard]:
    """The accounts of a pool, the strongest first: `go`, or a game server's team matches as `team:3`.

    Those whose rating is too uncertain, and those without a rated game for a year, are left out unless
    `provisional` and `inactive` ask for them. `limit` is 100 at most; `after` is a page's, for the next one;
    `around` is a player's id, for the page with its account in the middle.
    """
    query = given(
        limit=limit,
        after=after,
        around=around,
        provisional="true" if provisional else None,
        inactive="true" if inactive else None,
    )
    path = f"/api/v1/ratings/{quote(pool, safe=':')}"
    return Operation("GET", path, Leaderboard.from_json, query=query, is_authenticated=False)


def rating_history(
    player_id: int, pool: str | None = None, *, limit: int | None = None, after: str | None = None
) -> Operation[RatingHistory]:
    """A player's rating in a pool, Go unless it is named, and the games that moved it, the last first.

    `limit` is 100 at most; `after` is a page's, for the next one.
    """
    query = given(pool=pool, limit=limit, after=after)
    path = f"/api/v1/players/{player_id}/ratings"
    return Operation("GET", path, RatingHistory.from_json, query=query, is_authenticated=False)


class PlayerMethods(Runner):
    """The methods of `Client` for players and ratings."""

    def add_player(
        self, server_id: int | None = None, *, game_server: str | None = None, name: str | None = None
    ) -> NewPlayer:
        """Make the caller a player on the game server with this id, or this name. Its token is shown once: keep it.

        `name` has at most 20 characters; it is the account's, cut to these, if not given.
        """
        return self.run(add_player(server_id, game_server=game_server, name=name))

    def my_players(self) -> list[OwnPlayer]:
        """The caller's players on all servers."""
        return self.run(my_players())

    def rename_player(self, player_id: int, name: str) -> OwnPlayer:
        """Give the caller's player another name on its server, of at most 20 characters."""
        return self.run(rename_player(player_id, name))

    def reset_player_token(self, player_id: int) -> str:
        """Give the caller's player another report token; the old one dies. Shown this once: keep it."""
        return self.run(reset_player_token(player_id))

    def player(self, player_id: int) -> Player:
        """A player by its id, with its rating in Go."""
        return self.run(player(player_id))

    def player_by_token(self, token: str) -> Player:
        """The player whose report token this is."""
        return self.run(player_by_token(token))

    def leaderboard(
        self,
        pool: str = "go",
        *,
        limit: int | None = None,
        after: str | None = None,
        around: int | None = None,
        provisional: bool = False,
        inactive: bool = False,
    ) -> Leaderboard:
        """The accounts of a pool, the strongest first: `go`, or a game server's team matches as `team:3`.

        Those whose rating is too uncertain, and those without a rated game for a year, are left out unless
        `provisional` and `inactive` ask for them. `limit` is 100 at most; `after` is a page's, for the next one;
        `around` is a player's id, for the page with its account in the middle.
        """
        return self.run(
            leaderboard(pool, limit=limit, after=after, around=around, provisional=provisional, inactive=inactive)
        )

    def rating_history(
        self, player_id: int, pool: str | None = None, *, limit: int | None = None, after: str | None = None
    ) -> RatingHistory:
        """A player's rating in a pool, Go unless it is named, and the games that moved it, the last first.

        `limit` is 100 at most; `after` is a page's, for the next one.
        """
        return self.run(rating_history(player_id, pool, limit=limit, after=after))


class AsyncPlayerMethods(AsyncRunner):
    """The methods of `AsyncClient` for players and ratings."""

    async def add_player(
        self, server_id: int | None = None, *, game_server: str | None = None, name: str | None = None
    ) -> NewPlayer:
        """Make the caller a player on the game server with this id, or this name. Its token is shown once: keep it.

        `name` has at most 20 characters; it is the account's, cut to these, if not given.
        """
        return await self.run(add_player(server_id, game_server=game_server, name=name))

    async def my_players(self) -> list[OwnPlayer]:
        """The caller's players on all servers."""
        return await self.run(my_players())

    async def rename_player(self, player_id: int, name: str) -> OwnPlayer:
        """Give the caller's player another name on its server, of at most 20 characters."""
        return await self.run(rename_player(player_id, name))

    async def reset_player_token(self, player_id: int) -> str:
        """Give the caller's player another report token; the old one dies. Shown this once: keep it."""
        return await self.run(reset_player_token(player_id))

    async def player(self, player_id: int) -> Player:
        """A player by its id, with its rating in Go."""
        return await self.run(player(player_id))

    async def player_by_token(self, token: str) -> Player:
        """The player whose report token this is."""
        return await self.run(player_by_token(token))

    async def leaderboard(
        self,
        pool: str = "go",
        *,
        limit: int | None = None,
        after: str | None = None,
        around: int | None = None,
        provisional: bool = False,
        inactive: bool = False,
    ) -> Leaderboard:
        """The accounts of a pool, the strongest first: `go`, or a game server's team matches as `team:3`.

        Those whose rating is too uncertain, and those without a rated game for a year, are left out unless
        `provisional` and `inactive` ask for them. `limit` is 100 at most; `after` is a page's, for the next one;
        `around` is a player's id, for the page with its account in the middle.
        """
        return await self.run(
            leaderboard(pool, limit=limit, after=after, around=around, provisional=provisional, inactive=inactive)
        )

    async def rating_history(
        self, player_id: int, pool: str | None = None, *, limit: int | None = None, after: str | None = None
    ) -> RatingHistory:
        """A player's rating in a pool, Go unless it is named, and the games that moved it, the last first.

        `limit` is 100 at most; `after` is a page's, for the next one.
        """
        return await self.run(rating_history(player_id, pool, limit=limit, after=after))
