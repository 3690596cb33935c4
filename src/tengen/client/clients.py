"""`Client` and `AsyncClient`: the operations, carried out.

Both send what `operations` says and read the answer as it says; the one waits where the other awaits.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

import httpx

import tengen
from tengen.client import operations
from tengen.client.models import (
    Account,
    Clan,
    ClanRank,
    Credentials,
    Game,
    GameChange,
    GamePage,
    GameRating,
    GameReport,
    GameServer,
    Leaderboard,
    Listing,
    Membership,
    NewPlayer,
    OwnPlayer,
    Player,
    RatingHistory,
    Reported,
    ServerAdmin,
    SignIn,
    Skin,
    Team,
    TeamStats,
)
from tengen.client.operations import LineOperation, Operation, ServerOrder
from tengen.signatures import KeySet

T = TypeVar("T")
_TIMEOUT = timedelta(seconds=10)
_RETRIES = 2
_FIRST_PAUSE_SECONDS = 0.2


class BaseClient:
    """What both clients are: an address, credentials, and what to do when the connection fails."""

    _http: httpx.Client | httpx.AsyncClient

    def __init__(self, url: str, credentials: Credentials | None, retries: int) -> None:
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._pauses = [_FIRST_PAUSE_SECONDS * 2**attempt for attempt in range(retries)]

    def _request(self, operation: Operation[T]) -> httpx.Request:
        return self._http.build_request(
            operation.method,
            operation.path,
            params=list(operation.query),
            headers={**operation.headers, **self._server_token(operation)},
            json=operation.body,
        )

    def _server_token(self, operation: Operation[T]) -> Mapping[str, str]:
        credentials = self._credentials
        if credentials is None or not (operation.takes_server_token and credentials.is_of_server):
            return {}
        return {"X-Auth-Server-Token": credentials.password}

    def _auth_for(self, operation: Operation[T]) -> httpx.BasicAuth | None:
        # A password goes only where it is asked for.
        if self._credentials is None or not operation.is_authenticated or self._server_token(operation):
            return None
        return httpx.BasicAuth(self._credentials.username, self._credentials.password)


def _headers() -> dict[str, str]:
    return {"Accept": "application/json", "User-Agent": f"tengen-client/{tengen.__version__}"}


class Client(BaseClient):
    """The platform at `url`, asked as the account or game server of `credentials`, or as nobody.

    Every method raises `TengenError` for a refusal, and `Unreachable` when no answer comes within `timeout`. What can
    be sent again without doing anything twice is, up to `retries` times: a question or a report of a game of Go whose
    answer was lost, and anything that never left because the connection was refused. May be shared by threads. Close
    it, or use it as a context manager. `transport` stands in for the network.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        timeout: timedelta = _TIMEOUT,
        retries: int = _RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(url, credentials, retries)
        self._http: httpx.Client = httpx.Client(
            base_url=self.url, headers=_headers(), timeout=timeout.total_seconds(), transport=transport
        )

    def run(self, operation: Operation[T]) -> T:
        """Carry out an operation."""
        return operation.finish(self._ask(operation))

    def stream(self, operation: LineOperation[T]) -> Iterator[T]:
        """Carry out an operation whose answer has many lines, and give what each says as soon as it is there."""
        answer = operation.answer(self._ask(operation))
        try:
            for line in answer.iter_lines():
                yield operation.finish_line(line, answer)
        except httpx.RequestError as error:
            raise operation.broken_off(error) from error
        finally:
            answer.close()

    def _ask(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        outcome = self._send(operation)
        for pause in self._pauses:
            if not operation.may_repeat(outcome):
                break
            time.sleep(pause)
            outcome = self._send(operation)
        return outcome

    def _send(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        has_lines = isinstance(operation, LineOperation)
        try:
            answer = self._http.send(self._request(operation), auth=self._auth_for(operation), stream=has_lines)
            if not answer.is_success:
                answer.read()
            return answer
        except httpx.RequestError as error:
            return error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def is_alive(self) -> bool:
        """Whether the platform answers as it should."""
        return self.run(operations.is_alive())

    def signing_keys(self) -> KeySet:
        """The public keys under which signed proofs and receipts are verified."""
        return self.run(operations.signing_keys())

    def register(self, email: str, display_name: str, password: str) -> SignIn:
        """Make an account. A mail with a token follows; the proof holds once the e-mail is verified."""
        return self.run(operations.register(email, display_name, password))

    def verify_email(self, mail_token: str) -> SignIn:
        """Verify the caller's e-mail with the six letters of the mail."""
        return self.run(operations.verify_email(mail_token))

    def renew_mail_token(self) -> None:
        """Have a new token mailed to the caller; the one before dies."""
        return self.run(operations.renew_mail_token())

    def login(self, server_id: int | None = None) -> SignIn:
        """Sign in, for a fresh proof: with `server_id` one that only this game server accepts."""
        return self.run(operations.login(server_id))

    def verify_proof(self, account_id: int, proof: str) -> bool:
        """Whether `proof`, in either form, is the account's and holds now."""
        return self.run(operations.verify_proof(account_id, proof))

    def account(self, account_id: int) -> Account:
        """An account by its id."""
        return self.run(operations.account(account_id))

    def accounts(self, account_ids: Iterable[int]) -> list[Account]:
        """Accounts by their ids, one at least, in the order of their ids; unknown ones are left out."""
        return self.run(operations.accounts(account_ids))

    def change_display_name(self, display_name: str) -> Account:
        """Give the caller another display name."""
        return self.run(operations.change_display_name(display_name))

    def team_stats(self, account_id: int, server_id: int) -> TeamStats:
        """An account's team statistics and rating on one game server."""
        return self.run(operations.team_stats(account_id, server_id))

    def team_stats_of(self, account_ids: Iterable[int], server_id: int) -> list[TeamStats]:
        """The same for many accounts, one at least; those that never played there are left out."""
        return self.run(operations.team_stats_of(account_ids, server_id))

    def clans(self, *, after_id: int | None = None, limit: int | None = None) -> list[Clan]:
        """All clans in the order of their ids, or `limit` of those after the clan `after_id`."""
        return self.run(operations.clans(after_id=after_id, limit=limit))

    def clan(self, clan_id: int) -> Clan:
        """A clan by its id."""
        return self.run(operations.clan(clan_id))

    def clans_by_id(self, clan_ids: Iterable[int]) -> list[Clan]:
        """Clans by their ids, one at least; unknown ones are left out."""
        return self.run(operations.clans_by_id(clan_ids))

    def clan_icon(self, clan_id: int) -> bytes:
        """A clan's icon, a PNG."""
        return self.run(operations.clan_icon(clan_id))

    def memberships(self, account_id: int) -> list[Membership]:
        """The clans an account is a member of now."""
        return self.run(operations.memberships(account_id))

    def my_clan_invitations(self) -> list[Membership]:
        """The caller's open invitations."""
        return self.run(operations.my_clan_invitations())

    def am_clan_member(self, clan_id: int) -> bool:
        """Whether the caller, an account, is a member of the clan now."""
        return self.run(operations.am_clan_member(clan_id))

    def is_clan_member(self, account_id: int, clan_id: int) -> bool:
        """Whether an account is a member of the clan now. For game servers."""
        return self.run(operations.is_clan_member(account_id, clan_id))

    def register_clan(self, tag: str, name: str, icon: bytes) -> Clan:
        """Found a clan; the caller becomes its owner. `icon` is a square PNG of at most 64 by 64."""
        return self.run(operations.register_clan(tag, name, icon))

    def update_clan_icon(self, clan_id: int, icon: bytes) -> Clan:
        """Give a clan another icon. For its owner and admins."""
        return self.run(operations.update_clan_icon(clan_id, icon))

    def clan_members(self, clan_id: int) -> list[Membership]:
        """The members of a clan."""
        return self.run(operations.clan_members(clan_id))

    def clan_invitations(self, clan_id: int) -> list[Membership]:
        """A clan's open invitations. For those who belong to it."""
        return self.run(operations.clan_invitations(clan_id))

    def invite_to_clan(self, account_id: int, clan_id: int) -> None:
        """Invite an account. For the clan's owner and admins."""
        return self.run(operations.invite_to_clan(account_id, clan_id))

    def retract_clan_invitation(self, account_id: int, clan_id: int) -> None:
        """Take an open invitation back. For the clan's owner and admins."""
        return self.run(operations.retract_clan_invitation(account_id, clan_id))

    def respond_to_clan_invitation(self, clan_id: int, *, accept: bool) -> None:
        """Accept the caller's open invitation, or decline it."""
        return self.run(operations.respond_to_clan_invitation(clan_id, accept=accept))

    def leave_clan(self, clan_id: int) -> None:
        """End the caller's own membership."""
        return self.run(operations.leave_clan(clan_id))

    def kick_from_clan(self, account_id: int, clan_id: int) -> None:
        """End a member's membership. For the clan's owner and admins, who cannot be kicked themselves."""
        return self.run(operations.kick_from_clan(account_id, clan_id))

    def update_clan_rank(self, account_id: int, clan_id: int, rank: ClanRank) -> Membership:
        """Give a member another rank, at most the caller's own. For those who outrank the member."""
        return self.run(operations.update_clan_rank(account_id, clan_id, rank))

    def skins_of_account(self, account_id: int, clan_id: int | None = None) -> list[Skin]:
        """The skins given to an account, and after them, with `clan_id`, those given to that clan."""
        return self.run(operations.skins_of_account(account_id, clan_id))

    def skins_of_clan(self, clan_id: int) -> list[Skin]:
        """The skins given to a clan."""
        return self.run(operations.skins_of_clan(clan_id))

    def register_server(self, listing: Listing) -> Credentials:
        """Enter a game server into the directory. Its credentials are shown this once: keep them."""
        return self.run(operations.register_server(listing))

    def my_servers(self) -> list[GameServer]:
        """The caller's game servers, online or not."""
        return self.run(operations.my_servers())

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
        return self.run(operations.online_servers(game_type=game_type, search=search, not_full=not_full, sort=sort))

    def heartbeat(self, listing: Listing, *, current_map: str, current_player_count: int) -> GameServer:
        """The calling game server's sign of life, with its state; more often than once a minute, or it goes offline."""
        return self.run(
            operations.heartbeat(listing, current_map=current_map, current_player_count=current_player_count)
        )

    def report_match(self, teams: Sequence[Team], winner: int | None) -> None:
        """Report a finished match of 2 to 4 teams on the calling game server; `winner` is a team's id, None a draw."""
        return self.run(operations.report_match(teams, winner))

    def reset_server_token(self, server_id: int) -> Credentials:
        """Give a game server another secret; the old one dies. For its owner and admins. Shown this once: keep it."""
        return self.run(operations.reset_server_token(server_id))

    def server_admins(self, server_id: int) -> list[ServerAdmin]:
        """Who looks after a game server: its owner, then its admins. For these."""
        return self.run(operations.server_admins(server_id))

    def add_server_admin(
        self, server_id: int, account_id: int | None = None, *, display_name: str | None = None
    ) -> ServerAdmin:
        """Let the account with this id, or this name, look after a game server. For its owner and admins."""
        return self.run(operations.add_server_admin(server_id, account_id, display_name=display_name))

    def remove_server_admin(self, server_id: int, account_id: int) -> None:
        """End an account's looking after a game server, the caller's own too. For its owner, who stays, and admins."""
        return self.run(operations.remove_server_admin(server_id, account_id))

    def add_player(
        self, server_id: int | None = None, *, game_server: str | None = None, name: str | None = None
    ) -> NewPlayer:
        """Make the caller a player on the game server with this id, or this name. Its token is shown once: keep it.

        `name` has at most 20 characters; it is the account's, cut to these, if not given.
        """
        return self.run(operations.add_player(server_id, game_server=game_server, name=name))

    def my_players(self) -> list[OwnPlayer]:
        """The caller's players on all servers."""
        return self.run(operations.my_players())

    def rename_player(self, player_id: int, name: str) -> OwnPlayer:
        """Give the caller's player another name on its server, of at most 20 characters."""
        return self.run(operations.rename_player(player_id, name))

    def reset_player_token(self, player_id: int) -> str:
        """Give the caller's player another report token; the old one dies. Shown this once: keep it."""
        return self.run(operations.reset_player_token(player_id))

    def player(self, player_id: int) -> Player:
        """A player by its id, with its rating in Go."""
        return self.run(operations.player(player_id))

    def player_by_token(self, token: str) -> Player:
        """The player whose report token this is."""
        return self.run(operations.player_by_token(token))

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
            operations.leaderboard(
                pool, limit=limit, after=after, around=around, provisional=provisional, inactive=inactive
            )
        )

    def rating_history(
        self, player_id: int, pool: str | None = None, *, limit: int | None = None, after: str | None = None
    ) -> RatingHistory:
        """A player's rating in a pool, Go unless it is named, and the games that moved it, the last first.

        `limit` is 100 at most; `after` is a page's, for the next one.
        """
        return self.run(operations.rating_history(player_id, pool, limit=limit, after=after))

    def report_game(self, report: GameReport) -> Game:
        """Report a finished game of Go on the calling game server: it is stored, and the players' ratings move.

        The same report again, by its key or by its players, time and record, changes nothing and gives the same game.
        So it is sent again when its answer was lost.
        """
        return self.run(operations.report_game(report))

    def report_games(self, reports: Sequence[GameReport]) -> Iterator[Reported]:
        """Report up to 1,000 games of the calling game server; what became of each is told as soon as it is stored.

        Nothing is sent before the first is asked for. One that is refused does not keep the others from being stored.
        Where the answer breaks off, all may be reported again.
        """
        return self.stream(operations.report_games(reports))

    def game(self, game_id: int) -> Game:
        """A game of Go by its id."""
        return self.run(operations.game(game_id))

    def game_record(self, game_id: int) -> bytes:
        """The record of a game, the bytes as they were reported; none if it has no record."""
        return self.run(operations.game_record(game_id))

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
            operations.games(
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
        return self.run(operations.game_rating(game_id))

    def game_history(self, game_id: int) -> list[GameChange]:
        """What was done to a game after it was reported, in order."""
        return self.run(operations.game_history(game_id))

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
            operations.correct_game(
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
        return self.run(operations.annul_game(game_id, reason))

    def restore_game(self, game_id: int, reason: str) -> Game:
        """Let an annulled game count again. For the game's server, and who looks after it."""
        return self.run(operations.restore_game(game_id, reason))


class AsyncClient(BaseClient):
    """`Client` for asyncio: the same methods, awaited."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        timeout: timedelta = _TIMEOUT,
        retries: int = _RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(url, credentials, retries)
        self._http: httpx.AsyncClient = httpx.AsyncClient(
            base_url=self.url, headers=_headers(), timeout=timeout.total_seconds(), transport=transport
        )

    async def run(self, operation: Operation[T]) -> T:
        """Carry out an operation."""
        return operation.finish(await self._ask(operation))

    async def stream(self, operation: LineOperation[T]) -> AsyncIterator[T]:
        """Carry out an operation whose answer has many lines, and give what each says as soon as it is there."""
        answer = operation.answer(await self._ask(operation))
        try:
            async for line in answer.aiter_lines():
                yield operation.finish_line(line, answer)
        except httpx.RequestError as error:
            raise operation.broken_off(error) from error
        finally:
            await answer.aclose()

    async def _ask(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        outcome = await self._send(operation)
        for pause in self._pauses:
            if not operation.may_repeat(outcome):
                break
            await asyncio.sleep(pause)
            outcome = await self._send(operation)
        return outcome

    async def _send(self, operation: Operation[T]) -> httpx.Response | httpx.RequestError:
        has_lines = isinstance(operation, LineOperation)
        try:
            answer = await self._http.send(self._request(operation), auth=self._auth_for(operation), stream=has_lines)
            if not answer.is_success:
                await answer.aread()
            return answer
        except httpx.RequestError as error:
            return error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def is_alive(self) -> bool:
        """Whether the platform answers as it should."""
        return await self.run(operations.is_alive())

    async def signing_keys(self) -> KeySet:
        """The public keys under which signed proofs and receipts are verified."""
        return await self.run(operations.signing_keys())

    async def register(self, email: str, display_name: str, password: str) -> SignIn:
        """Make an account. A mail with a token follows; the proof holds once the e-mail is verified."""
        return await self.run(operations.register(email, display_name, password))

    async def verify_email(self, mail_token: str) -> SignIn:
        """Verify the caller's e-mail with the six letters of the mail."""
        return await self.run(operations.verify_email(mail_token))

    async def renew_mail_token(self) -> None:
        """Have a new token mailed to the caller; the one before dies."""
        return await self.run(operations.renew_mail_token())

    async def login(self, server_id: int | None = None) -> SignIn:
        """Sign in, for a fresh proof: with `server_id` one that only this game server accepts."""
        return await self.run(operations.login(server_id))

    async def verify_proof(self, account_id: int, proof: str) -> bool:
        """Whether `proof`, in either form, is the account's and holds now."""
        return await self.run(operations.verify_proof(account_id, proof))

    async def account(self, account_id: int) -> Account:
        """An account by its id."""
        return await self.run(operations.account(account_id))

    async def accounts(self, account_ids: Iterable[int]) -> list[Account]:
        """Accounts by their ids, one at least, in the order of their ids; unknown ones are left out."""
        return await self.run(operations.accounts(account_ids))

    async def change_display_name(self, display_name: str) -> Account:
        """Give the caller another display name."""
        return await self.run(operations.change_display_name(display_name))

    async def team_stats(self, account_id: int, server_id: int) -> TeamStats:
        """An account's team statistics and rating on one game server."""
        return await self.run(operations.team_stats(account_id, server_id))

    async def team_stats_of(self, account_ids: Iterable[int], server_id: int) -> list[TeamStats]:
        """The same for many accounts, one at least; those that never played there are left out."""
        return await self.run(operations.team_stats_of(account_ids, server_id))

    async def clans(self, *, after_id: int | None = None, limit: int | None = None) -> list[Clan]:
        """All clans in the order of their ids, or `limit` of those after the clan `after_id`."""
        return await self.run(operations.clans(after_id=after_id, limit=limit))

    async def clan(self, clan_id: int) -> Clan:
        """A clan by its id."""
        return await self.run(operations.clan(clan_id))

    async def clans_by_id(self, clan_ids: Iterable[int]) -> list[Clan]:
        """Clans by their ids, one at least; unknown ones are left out."""
        return await self.run(operations.clans_by_id(clan_ids))

    async def clan_icon(self, clan_id: int) -> bytes:
        """A clan's icon, a PNG."""
        return await self.run(operations.clan_icon(clan_id))

    async def memberships(self, account_id: int) -> list[Membership]:
        """The clans an account is a member of now."""
        return await self.run(operations.memberships(account_id))

    async def my_clan_invitations(self) -> list[Membership]:
        """The caller's open invitations."""
        return await self.run(operations.my_clan_invitations())

    async def am_clan_member(self, clan_id: int) -> bool:
        """Whether the caller, an account, is a member of the clan now."""
        return await self.run(operations.am_clan_member(clan_id))

    async def is_clan_member(self, account_id: int, clan_id: int) -> bool:
        """Whether an account is a member of the clan now. For game servers."""
        return await self.run(operations.is_clan_member(account_id, clan_id))

    async def register_clan(self, tag: str, name: str, icon: bytes) -> Clan:
        """Found a clan; the caller becomes its owner. `icon` is a square PNG of at most 64 by 64."""
        return await self.run(operations.register_clan(tag, name, icon))

    async def update_clan_icon(self, clan_id: int, icon: bytes) -> Clan:
        """Give a clan another icon. For its owner and admins."""
        return await self.run(operations.update_clan_icon(clan_id, icon))

    async def clan_members(self, clan_id: int) -> list[Membership]:
        """The members of a clan."""
        return await self.run(operations.clan_members(clan_id))

    async def clan_invitations(self, clan_id: int) -> list[Membership]:
        """A clan's open invitations. For those who belong to it."""
        return await self.run(operations.clan_invitations(clan_id))

    async def invite_to_clan(self, account_id: int, clan_id: int) -> None:
        """Invite an account. For the clan's owner and admins."""
        return await self.run(operations.invite_to_clan(account_id, clan_id))

    async def retract_clan_invitation(self, account_id: int, clan_id: int) -> None:
        """Take an open invitation back. For the clan's owner and admins."""
        return await self.run(operations.retract_clan_invitation(account_id, clan_id))

    async def respond_to_clan_invitation(self, clan_id: int, *, accept: bool) -> None:
        """Accept the caller's open invitation, or decline it."""
        return await self.run(operations.respond_to_clan_invitation(clan_id, accept=accept))

    async def leave_clan(self, clan_id: int) -> None:
        """End the caller's own membership."""
        return await self.run(operations.leave_clan(clan_id))

    async def kick_from_clan(self, account_id: int, clan_id: int) -> None:
        """End a member's membership. For the clan's owner and admins, who cannot be kicked themselves."""
        return await self.run(operations.kick_from_clan(account_id, clan_id))

    async def update_clan_rank(self, account_id: int, clan_id: int, rank: ClanRank) -> Membership:
        """Give a member another rank, at most the caller's own. For those who outrank the member."""
        return await self.run(operations.update_clan_rank(account_id, clan_id, rank))

    async def skins_of_account(self, account_id: int, clan_id: int | None = None) -> list[Skin]:
        """The skins given to an account, and after them, with `clan_id`, those given to that clan."""
        return await self.run(operations.skins_of_account(account_id, clan_id))

    async def skins_of_clan(self, clan_id: int) -> list[Skin]:
        """The skins given to a clan."""
        return await self.run(operations.skins_of_clan(clan_id))

    async def register_server(self, listing: Listing) -> Credentials:
        """Enter a game server into the directory. Its credentials are shown this once: keep them."""
        return await self.run(operations.register_server(listing))

    async def my_servers(self) -> list[GameServer]:
        """The caller's game servers, online or not."""
        return await self.run(operations.my_servers())

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
        return await self.run(
            operations.online_servers(game_type=game_type, search=search, not_full=not_full, sort=sort)
        )

    async def heartbeat(self, listing: Listing, *, current_map: str, current_player_count: int) -> GameServer:
        """The calling game server's sign of life, with its state; more often than once a minute, or it goes offline."""
        return await self.run(
            operations.heartbeat(listing, current_map=current_map, current_player_count=current_player_count)
        )

    async def report_match(self, teams: Sequence[Team], winner: int | None) -> None:
        """Report a finished match of 2 to 4 teams on the calling game server; `winner` is a team's id, None a draw."""
        return await self.run(operations.report_match(teams, winner))

    async def reset_server_token(self, server_id: int) -> Credentials:
        """Give a game server another secret; the old one dies. For its owner and admins. Shown this once: keep it."""
        return await self.run(operations.reset_server_token(server_id))

    async def server_admins(self, server_id: int) -> list[ServerAdmin]:
        """Who looks after a game server: its owner, then its admins. For these."""
        return await self.run(operations.server_admins(server_id))

    async def add_server_admin(
        self, server_id: int, account_id: int | None = None, *, display_name: str | None = None
    ) -> ServerAdmin:
        """Let the account with this id, or this name, look after a game server. For its owner and admins."""
        return await self.run(operations.add_server_admin(server_id, account_id, display_name=display_name))

    async def remove_server_admin(self, server_id: int, account_id: int) -> None:
        """End an account's looking after a game server, the caller's own too. For its owner, who stays, and admins."""
        return await self.run(operations.remove_server_admin(server_id, account_id))

    async def add_player(
        self, server_id: int | None = None, *, game_server: str | None = None, name: str | None = None
    ) -> NewPlayer:
        """Make the caller a player on the game server with this id, or this name. Its token is shown once: keep it.

        `name` has at most 20 characters; it is the account's, cut to these, if not given.
        """
        return await self.run(operations.add_player(server_id, game_server=game_server, name=name))

    async def my_players(self) -> list[OwnPlayer]:
        """The caller's players on all servers."""
        return await self.run(operations.my_players())

    async def rename_player(self, player_id: int, name: str) -> OwnPlayer:
        """Give the caller's player another name on its server, of at most 20 characters."""
        return await self.run(operations.rename_player(player_id, name))

    async def reset_player_token(self, player_id: int) -> str:
        """Give the caller's player another report token; the old one dies. Shown this once: keep it."""
        return await self.run(operations.reset_player_token(player_id))

    async def player(self, player_id: int) -> Player:
        """A player by its id, with its rating in Go."""
        return await self.run(operations.player(player_id))

    async def player_by_token(self, token: str) -> Player:
        """The player whose report token this is."""
        return await self.run(operations.player_by_token(token))

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
            operations.leaderboard(
                pool, limit=limit, after=after, around=around, provisional=provisional, inactive=inactive
            )
        )

    async def rating_history(
        self, player_id: int, pool: str | None = None, *, limit: int | None = None, after: str | None = None
    ) -> RatingHistory:
        """A player's rating in a pool, Go unless it is named, and the games that moved it, the last first.

        `limit` is 100 at most; `after` is a page's, for the next one.
        """
        return await self.run(operations.rating_history(player_id, pool, limit=limit, after=after))

    async def report_game(self, report: GameReport) -> Game:
        """Report a finished game of Go on the calling game server: it is stored, and the players' ratings move.

        The same report again, by its key or by its players, time and record, changes nothing and gives the same game.
        So it is sent again when its answer was lost.
        """
        return await self.run(operations.report_game(report))

    def report_games(self, reports: Sequence[GameReport]) -> AsyncIterator[Reported]:
        """Report up to 1,000 games of the calling game server; what became of each is told as soon as it is stored.

        Nothing is sent before the first is asked for. One that is refused does not keep the others from being stored.
        Where the answer breaks off, all may be reported again.
        """
        return self.stream(operations.report_games(reports))

    async def game(self, game_id: int) -> Game:
        """A game of Go by its id."""
        return await self.run(operations.game(game_id))

    async def game_record(self, game_id: int) -> bytes:
        """The record of a game, the bytes as they were reported; none if it has no record."""
        return await self.run(operations.game_record(game_id))

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
            operations.games(
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
        return await self.run(operations.game_rating(game_id))

    async def game_history(self, game_id: int) -> list[GameChange]:
        """What was done to a game after it was reported, in order."""
        return await self.run(operations.game_history(game_id))

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
            operations.correct_game(
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
        return await self.run(operations.annul_game(game_id, reason))

    async def restore_game(self, game_id: int, reason: str) -> Game:
        """Let an annulled game count again. For the game's server, and who looks after it."""
        return await self.run(operations.restore_game(game_id, reason))
