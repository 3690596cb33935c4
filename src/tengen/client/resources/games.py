"""Games of Go: reported, read, corrected."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime

from tengen.client.models import (
    Game,
    GameChange,
    GamePage,
    GameRating,
    GameReport,
    Reported,
)
from tengen.client.operations import LineOperation, Operation
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import given, line_of, list_of, raw, said

_GAMES = "/api/v1/games"


def report_game(report: GameReport) -> Operation[Game]:
    """Report a finished game of Go on the calling game server: it is stored, and the players' ratings move.

    The same report again, by its key or by its players, time and record, changes nothing and gives the same game.
    So it is sent again when its answer was lost.
    """
    headers = {
        "X-Auth-Black-Player-Token": report.black.token,
        "X-Auth-White-Player-Token": report.white.token,
        **({} if report.idempotency_key is None else {"Idempotency-Key": report.idempotency_key}),
    }
    return Operation(
        "POST",
        _GAMES,
        Game.from_json,
        body=report.to_json(),
        headers=headers,
        takes_server_token=True,
        is_idempotent=True,
    )


def report_games(reports: Sequence[GameReport]) -> LineOperation[Reported]:
    """Report up to 1,000 games of the calling game server; what became of each is told as soon as it is stored.

    Nothing is sent before the first is asked for. One that is refused does not keep the others from being stored.
    Where the answer breaks off, all may be reported again.
    """
    return LineOperation(
        "POST",
        f"{_GAMES}/batch",
        line_of(Reported.from_json),
        body=[report.to_json_in_batch() for report in reports],
        takes_server_token=True,
        is_idempotent=True,
    )


def game(game_id: int) -> Operation[Game]:
    """A game of Go by its id."""
    return Operation("GET", f"{_GAMES}/{game_id}", Game.from_json, is_authenticated=False)


def game_record(game_id: int) -> Operation[bytes]:
    """The record of a game, the bytes as they were reported; none if it has no record."""
    return Operation("GET", f"{_GAMES}/{game_id}/sgf", raw, is_authenticated=False, is_binary=True)


def games(
    *,
    player_id: int | None = None,
    server_id: int | None = None,
    pool: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    after: str | None = None,
) -> Operation[GamePage]:
    """Games of Go, those played last first: of a player, of a server, that moved ratings of a pool, of a time.

    `since` and `until` are aware instants. `limit` is 100 at most; `after` is a page's, for the next one.
    """
    query = given(
        player_id=player_id,
        server_id=server_id,
        pool=pool,
        since=None if since is None else since.astimezone(UTC).isoformat(),
        until=None if until is None else until.astimezone(UTC).isoformat(),
        limit=limit,
        after=after,
    )
    return Operation("GET", _GAMES, GamePage.from_json, query=query, is_authenticated=False)


def game_rating(game_id: int) -> Operation[GameRating]:
    """What a game did to its players' ratings, and why."""
    return Operation("GET", f"{_GAMES}/{game_id}/rating", GameRating.from_json, is_authenticated=False)


def game_history(game_id: int) -> Operation[list[GameChange]]:
    """What was done to a game after it was reported, in order."""
    return Operation("GET", f"{_GAMES}/{game_id}/history", list_of(GameChange.from_json), is_authenticated=False)


def correct_game(
    game_id: int,
    reason: str,
    *,
    result: str | None = None,
    handicap: int | None = None,
    komi: float | None = None,
    played_at: datetime | None = None,
    is_ranked: bool | None = None,
    swap_colors: bool = False,
) -> Operation[Game]:
    """Put right what was reported wrongly; what is None was right. For the game's server, and who looks after it.

    Ratings follow in a moment, as if it had been reported so.
    """
    body = said(
        reason=reason,
        result=result,
        handicap=handicap,
        komi=komi,
        date_played=None if played_at is None else played_at.astimezone(UTC).isoformat(),
        ranked=is_ranked,
        swap_colors=True if swap_colors else None,
    )
    return Operation("PATCH", f"{_GAMES}/{game_id}", Game.from_json, body=body, takes_server_token=True)


def annul_game(game_id: int, reason: str) -> Operation[Game]:
    """Take a game back: it stays to be seen, and rates nothing. For the game's server, and who looks after it."""
    return Operation(
        "POST", f"{_GAMES}/{game_id}/annul", Game.from_json, body={"reason": reason}, takes_server_token=True
    )


def restore_game(game_id: int, reason: str) -> Operation[Game]:
    """Let an annulled game count again. For the game's server, and who looks after it."""
    return Operation(
        "POST", f"{_GAMES}/{game_id}/restore", Game.from_json, body={"reason": reason}, takes_server_token=True
    )


class GameMethods(Runner):
    """The methods of `Client` for games of Go."""

    def report_game(self, report: GameReport) -> Game:
        """Report a finished game of Go on the calling game server: it is stored, and the players' ratings move.

        The same report again, by its key or by its players, time and record, changes nothing and gives the same game.
        So it is sent again when its answer was lost.
        """
        return self.run(report_game(report))

    def report_games(self, reports: Sequence[GameReport]) -> Iterator[Reported]:
        """Report up to 1,000 games of the calling game server; what became of each is told as soon as it is stored.

        Nothing is sent before the first is asked for. One that is refused does not keep the others from being stored.
        Where the answer breaks off, all may be reported again.
        """
        return self.stream(report_games(reports))

    def game(self, game_id: int) -> Game:
        """A game of Go by its id."""
        return self.run(game(game_id))

    def game_record(self, game_id: int) -> bytes:
        """The record of a game, the bytes as they were reported; none if it has no record."""
        return self.run(game_record(game_id))

    def games(
        self,
        *,
        player_id: int | None = None,
        server_id: int | None = None,
        pool: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> GamePage:
        """Games of Go, those played last first: of a player, of a server, that moved ratings of a pool, of a time.

        `since` and `until` are aware instants. `limit` is 100 at most; `after` is a page's, for the next one.
        """
        return self.run(
            games(
                player_id=player_id,
                server_id=server_id,
                pool=pool,
                since=since,
                until=until,
                limit=limit,
                after=after,
            )
        )

    def game_rating(self, game_id: int) -> GameRating:
        """What a game did to its players' ratings, and why."""
        return self.run(game_rating(game_id))

    def game_history(self, game_id: int) -> list[GameChange]:
        """What was done to a game after it was reported, in order."""
        return self.run(game_history(game_id))

    def correct_game(
        self,
        game_id: int,
        reason: str,
        *,
        result: str | None = None,
        handicap: int | None = None,
        komi: float | None = None,
        played_at: datetime | None = None,
        is_ranked: bool | None = None,
        swap_colors: bool = False,
    ) -> Game:
        """Put right what was reported wrongly; what is None was right. For the game's server, and who looks after it.

        Ratings follow in a moment, as if it had been reported so.
        """
        return self.run(
            correct_game(
                game_id,
                reason,
                result=result,
                handicap=handicap,
                komi=komi,
                played_at=played_at,
                is_ranked=is_ranked,
                swap_colors=swap_colors,
            )
        )

    def annul_game(self, game_id: int, reason: str) -> Game:
        """Take a game back: it stays to be seen, and rates nothing. For the game's server, and who looks after it."""
        return self.run(annul_game(game_id, reason))

    def restore_game(self, game_id: int, reason: str) -> Game:
        """Let an annulled game count again. For the game's server, and who looks after it."""
        return self.run(restore_game(game_id, reason))


class AsyncGameMethods(AsyncRunner):
    """The methods of `AsyncClient` for games of Go."""

    async def report_game(self, report: GameReport) -> Game:
        """Report a finished game of Go on the calling game server: it is stored, and the players' ratings move.

        The same report again, by its key or by its players, time and record, changes nothing and gives the same game.
        So it is sent again when its answer was lost.
        """
        return await self.run(report_game(report))

    def report_games(self, reports: Sequence[GameReport]) -> AsyncIterator[Reported]:
        """Report up to 1,000 games of the calling game server; what became of each is told as soon as it is stored.

        Nothing is sent before the first is asked for. One that is refused does not keep the others from being stored.
        Where the answer breaks off, all may be reported again.
        """
        return self.stream(report_games(reports))

    async def game(self, game_id: int) -> Game:
        """A game of Go by its id."""
        return await self.run(game(game_id))

    async def game_record(self, game_id: int) -> bytes:
        """The record of a game, the bytes as they were reported; none if it has no record."""
        return await self.run(game_record(game_id))

    async def games(
        self,
        *,
        player_id: int | None = None,
        server_id: int | None = None,
        pool: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> GamePage:
        """Games of Go, those played last first: of a player, of a server, that moved ratings of a pool, of a time.

        `since` and `until` are aware instants. `limit` is 100 at most; `after` is a page's, for the next one.
        """
        return await self.run(
            games(
                player_id=player_id,
                server_id=server_id,
                pool=pool,
                since=since,
                until=until,
                limit=limit,
                after=after,
            )
        )

    async def game_rating(self, game_id: int) -> GameRating:
        """What a game did to its players' ratings, and why."""
        return await self.run(game_rating(game_id))

    async def game_history(self, game_id: int) -> list[GameChange]:
        """What was done to a game after it was reported, in order."""
        return await self.run(game_history(game_id))

    async def correct_game(
        self,
        game_id: int,
        reason: str,
        *,
        result: str | None = None,
        handicap: int | None = None,
        komi: float | None = None,
        played_at: datetime | None = None,
        is_ranked: bool | None = None,
        swap_colors: bool = False,
    ) -> Game:
        """Put right what was reported wrongly; what is None was right. For the game's server, and who looks after it.

        Ratings follow in a moment, as if it had been reported so.
        """
        return await self.run(
            correct_game(
                game_id,
                reason,
                result=result,
                handicap=handicap,
                komi=komi,
                played_at=played_at,
                is_ranked=is_ranked,
                swap_colors=swap_colors,
            )
        )

    async def annul_game(self, game_id: int, reason: str) -> Game:
        """Take a game back: it stays to be seen, and rates nothing. For the game's server, and who looks after it."""
        return await self.run(annul_game(game_id, reason))

    async def restore_game(self, game_id: int, reason: str) -> Game:
        """Let an annulled game count again. For the game's server, and who looks after it."""
        return await self.run(restore_game(game_id, reason))
