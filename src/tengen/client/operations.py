"""What can be asked of the platform: what to send, and how to read the answer. No I/O.

`Client` and `AsyncClient` carry these out; each of their methods is one of these functions.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from json import loads
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from tengen.client import errors
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
from tengen.signatures import KeySet

T = TypeVar("T")
Query = Sequence[tuple[str, str | int]]

# Nothing was sent when these happened, so that everything may be sent again.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_GATEWAY_TROUBLE = {502, 503, 504}


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One request, and how its answer is read.

    `read` gets the decoded JSON, or the bytes if `is_binary`, and raises `KeyError`, `TypeError` or `ValueError` for
    what it cannot read. The caller's credentials go out only with `is_authenticated` operations: by Basic
    authentication, or, if `takes_server_token` and they are a game server's, its secret in a header of its own. An
    `is_idempotent` operation may be sent twice: the second time changes nothing and has the same answer.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    query: Query = ()
    # Neither is shown: there may be passwords and tokens in them.
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_authenticated: bool = True
    takes_server_token: bool = False
    is_idempotent: bool = False
    is_binary: bool = False

    def may_repeat(self, outcome: httpx.Response | httpx.RequestError) -> bool:
        """Whether sending the same again can help and cannot do anything twice."""
        if isinstance(outcome, _BEFORE_SENDING):
            return True
        if self.method != "GET" and not self.is_idempotent:
            return False
        return isinstance(outcome, httpx.RequestError) or outcome.status_code in _GATEWAY_TROUBLE

    def finish(self, outcome: httpx.Response | httpx.RequestError) -> T:
        """What the answer says. Raises `TengenError` for a refusal, for no answer, and for one that is unreadable."""
        answer = self.answer(outcome)
        try:
            return self.read(answer.content if self.is_binary else answer.json())
        except _UNREADABLE as error:
            raise self._unexpected(error, answer) from error

    def answer(self, outcome: httpx.Response | httpx.RequestError) -> httpx.Response:
        """The answer, unread. Raises `TengenError` for a refusal, and for no answer."""
        if isinstance(outcome, httpx.RequestError):
            raise _unreachable(outcome) from outcome
        if not outcome.is_success:
            raise errors.refusal(outcome.status_code, outcome.headers, _json_or_none(outcome))
        return outcome

    def _unexpected(self, error: Exception, answer: httpx.Response) -> errors.UnexpectedAnswer:
        return errors.UnexpectedAnswer(
            f"The answer to {self.method} {self.path} is not what it must be: {error!r}.", status=answer.status_code
        )


_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class LineOperation(Operation[T]):
    """One request whose answer is a line of JSON for each part of it, and how a line is read."""

    def finish_line(self, line: str, answer: httpx.Response) -> T:
        """What a line of the answer says. Raises `TengenError` if it is unreadable."""
        try:
            return self.read(loads(line))
        except _UNREADABLE as error:
            raise self._unexpected(error, answer) from error

    def broken_off(self, error: httpx.RequestError) -> errors.Unreachable:
        """What to raise where the answer breaks off."""
        return _unreachable(error)


def _unreachable(error: httpx.RequestError) -> errors.Unreachable:
    return errors.Unreachable(
        f"The platform did not answer: {str(error) or type(error).__name__}.",
        may_have_happened=not isinstance(error, _BEFORE_SENDING),
    )


def _json_or_none(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


# How answers are read.


def _nothing(_: Any) -> None:
    return None


def _truth(json: Any) -> bool:
    if not isinstance(json, bool):
        raise TypeError("it is neither true nor false")
    return json


def _bytes(content: bytes) -> bytes:
    return content


def _token(json: Any) -> str:
    return str(json["token"])


def _list_of(read: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    def read_list(json: Any) -> list[T]:
        if not isinstance(json, list):
            raise TypeError("it is no list")
        return [read(item) for item in json]

    return read_list


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _given(**parameters: str | int | None) -> Query:
    return [(name, value) for name, value in parameters.items() if value is not None]


def _said(**members: str | float | None) -> dict[str, str | float]:
    return {name: value for name, value in members.items() if value is not None}


def _many(name: str, ids: Iterable[int]) -> list[tuple[str, str | int]]:
    return [(name, number) for number in ids]


# The platform itself.


def is_alive() -> Operation[bool]:
    """Whether the platform answers as it should."""
    return Operation("GET", "/", lambda json: bool(json == "OK"), is_authenticated=False)


def signing_keys() -> Operation[KeySet]:
    """The public keys under which signed proofs and receipts are verified."""
    return Operation("GET", "/.well-known/jwks.json", KeySet.from_jwks, is_authenticated=False)


# Accounts.


def register(email: str, display_name: str, password: str) -> Operation[SignIn]:
    """Make an account. A mail with a token follows; the proof holds once the e-mail is verified."""
    body = {"username": email, "display_name": display_name, "password": password}
    return Operation("POST", "/v1/user/register", SignIn.from_json, body=body, is_authenticated=False)


def verify_email(mail_token: str) -> Operation[SignIn]:
    """Verify the caller's e-mail with the six letters of the mail."""
    return Operation("POST", "/v1/user/email/verify", SignIn.from_json, body={"mail_token": mail_token})


def renew_mail_token() -> Operation[None]:
    """Have a new token mailed to the caller; the one before dies."""
    return Operation("POST", "/v1/user/email/renew-token", _nothing)


def login(server_id: int | None = None) -> Operation[SignIn]:
    """Sign in, for a fresh proof: with `server_id` one that only this game server accepts."""
    return Operation("POST", "/v1/user/login", SignIn.from_json, query=_given(server_id=server_id))


def verify_proof(account_id: int, proof: str) -> Operation[bool]:
    """Whether `proof`, in either form, is the account's and holds now."""
    body = {"user_id": account_id, "user_proof": proof}
    return Operation("POST", "/v1/user/verify-user-proof", _truth, body=body, is_authenticated=False)


def account(account_id: int) -> Operation[Account]:
    """An account by its id."""
    return Operation("GET", "/v1/user/by-id", Account.from_json, query=_given(user_id=account_id))


def accounts(account_ids: Iterable[int]) -> Operation[list[Account]]:
    """Accounts by their ids, one at least, in the order of their ids; unknown ones are left out."""
    return Operation("GET", "/v1/user/by-id/batch", _list_of(Account.from_json), query=_many("user_ids", account_ids))


def change_display_name(display_name: str) -> Operation[Account]:
    """Give the caller another display name."""
    body = {"display_name": display_name}
    return Operation("POST", "/v1/user/change-display-name", Account.from_json, body=body)


def team_stats(account_id: int, server_id: int) -> Operation[TeamStats]:
    """An account's team statistics and rating on one game server."""
    query = _given(user_id=account_id, server_id=server_id)
    return Operation("GET", "/v1/user/stats", TeamStats.from_json, query=query)


def team_stats_of(account_ids: Iterable[int], server_id: int) -> Operation[list[TeamStats]]:
    """The same for many accounts, one at least; those that never played there are left out."""
    query = [*_many("user_ids", account_ids), ("server_id", server_id)]
    return Operation("GET", "/v1/user/stats/batch", _list_of(TeamStats.from_json), query=query)


# Clans.


def clans(*, after_id: int | None = None, limit: int | None = None) -> Operation[list[Clan]]:
    """All clans in the order of their ids, or `limit` of those after the clan `after_id`."""
    query = _given(after_id=after_id, limit=limit)
    return Operation("GET", "/v1/clan/all", _list_of(Clan.from_json), query=query)


def clan(clan_id: int) -> Operation[Clan]:
    """A clan by its id."""
    return Operation("GET", "/v1/clan/by-id", Clan.from_json, query=_given(clan_id=clan_id))


def clans_by_id(clan_ids: Iterable[int]) -> Operation[list[Clan]]:
    """Clans by their ids, one at least; unknown ones are left out."""
    return Operation("GET", "/v1/clan/by-id/batch", _list_of(Clan.from_json), query=_many("clan_ids", clan_ids))


def clan_icon(clan_id: int) -> Operation[bytes]:
    """A clan's icon, a PNG."""
    return Operation("GET", f"/v1/clan/icon/{clan_id}.png", _bytes, is_authenticated=False, is_binary=True)


def memberships(account_id: int) -> Operation[list[Membership]]:
    """The clans an account is a member of now."""
    query = _given(user_id=account_id)
    return Operation("GET", "/v1/clan/for-user/by-id", _list_of(Membership.from_json), query=query)


def my_clan_invitations() -> Operation[list[Membership]]:
    """The caller's open invitations."""
    return Operation("GET", "/v1/user/clan-invites", _list_of(Membership.from_json))


def am_clan_member(clan_id: int) -> Operation[bool]:
    """Whether the caller, an account, is a member of the clan now."""
    return Operation("POST", "/v1/user/verify-clan-membership", _truth, body={"clan_id": clan_id})


def is_clan_member(account_id: int, clan_id: int) -> Operation[bool]:
    """Whether an account is a member of the clan now. For game servers."""
    body = {"user_id": account_id, "clan_id": clan_id}
    return Operation("POST", "/v1/server/verify-clan-membership", _truth, body=body)


def register_clan(tag: str, name: str, icon: bytes) -> Operation[Clan]:
    """Found a clan; the caller becomes its owner. `icon` is a square PNG of at most 64 by 64."""
    body = {"tag": tag, "name": name, "icon": _base64(icon)}
    return Operation("POST", "/v1/clan/register", Clan.from_json, body=body)


def update_clan_icon(clan_id: int, icon: bytes) -> Operation[Clan]:
    """Give a clan another icon. For its owner and admins."""
    body = {"clan_id": clan_id, "icon": _base64(icon)}
    return Operation("POST", "/v1/clan/update-icon", Clan.from_json, body=body)


def clan_members(clan_id: int) -> Operation[list[Membership]]:
    """The members of a clan."""
    return Operation("GET", "/v1/clan/members", _list_of(Membership.from_json), query=_given(clan_id=clan_id))


def clan_invitations(clan_id: int) -> Operation[list[Membership]]:
    """A clan's open invitations. For those who belong to it."""
    return Operation("GET", "/v1/clan/invites", _list_of(Membership.from_json), query=_given(clan_id=clan_id))


def invite_to_clan(account_id: int, clan_id: int) -> Operation[None]:
    """Invite an account. For the clan's owner and admins."""
    return Operation("POST", "/v1/clan/invite", _nothing, body={"user_id": account_id, "clan_id": clan_id})


def retract_clan_invitation(account_id: int, clan_id: int) -> Operation[None]:
    """Take an open invitation back. For the clan's owner and admins."""
    return Operation("POST", "/v1/clan/retract-invite", _nothing, body={"user_id": account_id, "clan_id": clan_id})


def respond_to_clan_invitation(clan_id: int, *, accept: bool) -> Operation[None]:
    """Accept the caller's open invitation, or decline it."""
    return Operation("POST", "/v1/clan/invite-response", _nothing, body={"clan_id": clan_id, "accept": accept})


def leave_clan(clan_id: int) -> Operation[None]:
    """End the caller's own membership."""
    return Operation("POST", "/v1/clan/leave", _nothing, body={"clan_id": clan_id})


def kick_from_clan(account_id: int, clan_id: int) -> Operation[None]:
    """End a member's membership. For the clan's owner and admins, who cannot be kicked themselves."""
    return Operation("POST", "/v1/clan/kick", _nothing, body={"user_id": account_id, "clan_id": clan_id})


def update_clan_rank(account_id: int, clan_id: int, rank: ClanRank) -> Operation[Membership]:
    """Give a member another rank, at most the caller's own. For those who outrank the member."""
    body = {"user_id": account_id, "clan_id": clan_id, "rank": rank.value}
    return Operation("POST", "/v1/clan/update-rank", Membership.from_json, body=body)


# Skins.


def skins_of_account(account_id: int, clan_id: int | None = None) -> Operation[list[Skin]]:
    """The skins given to an account, and after them, with `clan_id`, those given to that clan."""
    query = _given(user_id=account_id, clan_id=clan_id)
    return Operation("GET", "/v1/skin/for-user/by-id", _list_of(Skin.from_json), query=query)


def skins_of_clan(clan_id: int) -> Operation[list[Skin]]:
    """The skins given to a clan."""
    return Operation("GET", "/v1/skin/for-clan/by-id", _list_of(Skin.from_json), query=_given(clan_id=clan_id))


# Game servers.


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
    return Operation("GET", "/v1/server/list/my", _list_of(GameServer.from_json))


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
    query = _given(game_type=game_type, search=search, not_full="true" if not_full else None, sort=sort)
    return Operation(
        "GET", "/v1/server/list/online", _list_of(GameServer.from_json), query=query, is_authenticated=False
    )


def heartbeat(listing: Listing, *, current_map: str, current_player_count: int) -> Operation[GameServer]:
    """The calling game server's sign of life, with its state; more often than once a minute, or it goes offline."""
    body = {**listing.to_json(), "current_map": current_map, "current_player_count": current_player_count}
    return Operation("POST", "/v1/server/update", GameServer.from_json, body=body)


def report_match(teams: Sequence[Team], winner: int | None) -> Operation[None]:
    """Report a finished match of 2 to 4 teams on the calling game server; `winner` is a team's id, None a draw."""
    body = {"teams": [team.to_json() for team in teams], "winner": -1 if winner is None else winner}
    return Operation("POST", "/v1/server/match-update", _nothing, body=body)


def reset_server_token(server_id: int) -> Operation[Credentials]:
    """Give a game server another secret; the old one dies. For its owner and admins. Shown this once: keep it."""
    path = f"/api/v1/game_servers/{server_id}/reset_token"
    return Operation("POST", path, lambda json: Credentials.of_server(server_id, _token(json)))


def server_admins(server_id: int) -> Operation[list[ServerAdmin]]:
    """Who looks after a game server: its owner, then its admins. For these."""
    return Operation("GET", f"/api/v1/game_servers/{server_id}/admins", _list_of(ServerAdmin.from_json))


def add_server_admin(
    server_id: int, account_id: int | None = None, *, display_name: str | None = None
) -> Operation[ServerAdmin]:
    """Let the account with this id, or this name, look after a game server. For its owner and admins."""
    body = _said(account_id=account_id, display_name=display_name)
    return Operation("POST", f"/api/v1/game_servers/{server_id}/admins", ServerAdmin.from_json, body=body)


def remove_server_admin(server_id: int, account_id: int) -> Operation[None]:
    """End an account's looking after a game server, the caller's own too. For its owner, who stays, and admins."""
    return Operation("DELETE", f"/api/v1/game_servers/{server_id}/admins/{account_id}", _nothing)


# Players: accounts on game servers.


def add_player(
    server_id: int | None = None, *, game_server: str | None = None, name: str | None = None
) -> Operation[NewPlayer]:
    """Make the caller a player on the game server with this id, or this name. Its token is shown once: keep it.

    `name` has at most 20 characters; it is the account's, cut to these, if not given.
    """
    body = _said(server_id=server_id, game_server=game_server, name=name)
    return Operation("POST", "/api/v1/players", NewPlayer.from_json, body=body)


def my_players() -> Operation[list[OwnPlayer]]:
    """The caller's players on all servers."""
    return Operation("GET", "/api/v1/me/players", _list_of(OwnPlayer.from_json))


def rename_player(player_id: int, name: str) -> Operation[OwnPlayer]:
    """Give the caller's player another name on its server, of at most 20 characters."""
    return Operation("PATCH", f"/api/v1/players/{player_id}", OwnPlayer.from_json, body={"name": name})


def reset_player_token(player_id: int) -> Operation[str]:
    """Give the caller's player another report token; the old one dies. Shown this once: keep it."""
    return Operation("POST", f"/api/v1/players/{player_id}/reset_token", _token)


def player(player_id: int) -> Operation[Player]:
    """A player by its id, with its rating in Go."""
    return Operation("GET", f"/api/v1/players/{player_id}", Player.from_json, is_authenticated=False)


def player_by_token(token: str) -> Operation[Player]:
    """The player whose report token this is."""
    headers = {"X-Auth-Player-Token": token}
    return Operation("GET", "/api/v1/players", Player.from_json, headers=headers, is_authenticated=False)


# Ratings.


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
    query = _given(
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
    query = _given(pool=pool, limit=limit, after=after)
    path = f"/api/v1/players/{player_id}/ratings"
    return Operation("GET", path, RatingHistory.from_json, query=query, is_authenticated=False)


# Games of Go.


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
        Reported.from_json,
        body=[report.to_json_in_batch() for report in reports],
        takes_server_token=True,
        is_idempotent=True,
    )


def game(game_id: int) -> Operation[Game]:
    """A game of Go by its id."""
    return Operation("GET", f"{_GAMES}/{game_id}", Game.from_json, is_authenticated=False)


def game_record(game_id: int) -> Operation[bytes]:
    """The record of a game, the bytes as they were reported; none if it has no record."""
    return Operation("GET", f"{_GAMES}/{game_id}/sgf", _bytes, is_authenticated=False, is_binary=True)


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
    query = _given(
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
    return Operation("GET", f"{_GAMES}/{game_id}/history", _list_of(GameChange.from_json), is_authenticated=False)


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
    body = _said(
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
