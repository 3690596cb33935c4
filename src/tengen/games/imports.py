"""The games of the AGA's database: stored on a game server of its name, for the members whose they are."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from tengen.accounts import service as accounts
from tengen.associations import service as associations
from tengen.core.errors import Conflict, Invalid
from tengen.core.values import ServerId
from tengen.games import past_games
from tengen.games.agagd import DumpedGame
from tengen.games.past_games import Imported, PastGame, Side
from tengen.games.rated_games import UNKNOWN_DATE, PlayedGame
from tengen.games.report import FUTURE
from tengen.games.result import Result
from tengen.go.points import Color
from tengen.players import service as players
from tengen.ratings.pools import STANDARD, Pools
from tengen.servers import service as servers
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Database, Transaction

ASSOCIATION = "aga"
SERVER_NAME = "AGA"
_SITE = HostName.of_site("https://agagd.usgo.org")


class NoOwner(Invalid):
    """The game server has to be made, and it is not said whose it is to be."""

    code = "no_owner"


class ServerOfAnother(Conflict):
    """The game server is there, and is another account's than was said."""

    code = "server_of_another"


async def aga_server(transaction: "Transaction", owner: "Account | None", *, now: datetime) -> ServerId:
    """The game server of the AGA's games. One named AGA is taken; if there is none, it is made the owner's.

    Whoever has an account can list a server by that name: with an owner only his is taken. Raises `ServerOfAnother`,
    `NoOwner`, and `SeveralServersNamed`.
    """
    if owner is not None:
        await accounts.hold_account(transaction, owner.id)  # two imports at once make one server
    keys = (await servers.server_keys_named(transaction, [SERVER_NAME])).get(SERVER_NAME, [])
    named = [key.server for key in keys]
    fitting = [server for server in named if owner is None or server.owner_id == owner.id]
    if len(fitting) > 1:
        ids = ", ".join(str(server.id) for server in fitting[:5])
        raise servers.SeveralServersNamed(
            f"{len(fitting)} game servers are named {SERVER_NAME} ({ids}): say whose is meant, or delete the others."
        )
    if fitting:
        return fitting[0].id
    if named:
        raise ServerOfAnother(
            f"Game server {named[0].id} is named {SERVER_NAME}, and its owner is account {named[0].owner_id}. "
            "Leave out the owner to import into it, or delete it before."
        )
    if owner is None:
        raise NoOwner(f"No game server is named {SERVER_NAME} yet: name the account that is to own it.")
    listing = Listing(
        host_name=_SITE,
        port=_SITE.usual_port,
        display_name=SERVER_NAME,
        description="Games over the board, from the database of the American Go Association",
        game_type="Go",
    )
    return (await servers.register(transaction, owner.id, listing, limit=None, now=now)).id


async def import_games(
    database: "Database",
    server_id: ServerId,
    games: Iterable[DumpedGame],
    newest_pins: Mapping[int, int],
    *,
    now: datetime,
    pools: Pools = STANDARD,
    chunk: int | None = None,
    progress: Callable[[int], None] = lambda _games: None,
) -> Imported:
    """Store games on a server for the members whose they are, as `past_games.store_all` does; none twice.

    Those who have claimed their number get the games themselves, the others' stand-ins keep them. The pool is marked
    to be replayed whenever a game was stored that rates. `progress` is told how many games are dealt with.
    """
    latest = now + FUTURE
    return await past_games.store_all(
        database,
        server_id,
        (_read(game, latest) for game in games),
        partial(_new_games, server_id=server_id, newest_pins=newest_pins, now=now),
        pools=pools,
        now=now,
        chunk=chunk,
        progress=progress,
    )


async def _new_games(
    transaction: "Transaction",
    batch: "list[_Read]",
    *,
    server_id: ServerId,
    newest_pins: Mapping[int, int],
    now: datetime,
) -> tuple[list[PastGame], Imported]:
    new = {game.fingerprint: game for game in batch}
    for known in await past_games.stored_among(transaction, server_id, new):
        del new[known]
    if not new:
        return [], Imported(read=len(batch))
    pins = {pin for game in new.values() for pin in (game.black_pin, game.white_pin)}
    sides, made = await _sides(transaction, server_id, pins, newest_pins, now)
    games = [
        PastGame(fingerprint, sides[game.black_pin], sides[game.white_pin], game.played, game.result)
        for fingerprint, game in new.items()
    ]
    return games, Imported(read=len(batch), players=made)


async def _sides(
    transaction: "Transaction",
    server_id: ServerId,
    pins: set[int],
    newest_pins: Mapping[int, int],
    now: datetime,
) -> tuple[dict[int, Side], int]:
    """The account and player of each PIN, and how many of the players are new."""
    members = {pin: newest_pins.get(pin, pin) for pin in pins}
    number_of = {member: str(member) for member in members.values()}
    account_of = await associations.ensure_stand_ins(transaction, ASSOCIATION, number_of.values(), now=now)
    account_ids = set(account_of.values())
    player_of = await players.players_on(transaction, server_id, account_ids)
    new = account_ids - player_of.keys()
    player_of |= await players.ensure_players(transaction, server_id, new, now)
    side_of = {member: Side(account_of[number], player_of[account_of[number]]) for member, number in number_of.items()}
    return {pin: side_of[member] for pin, member in members.items()}, len(new)


class _Read(NamedTuple):
    """A game as it is to be stored, whoever the members are."""

    fingerprint: bytes
    black_pin: int
    white_pin: int
    played: PlayedGame
    result: str


def _read(game: DumpedGame, latest: datetime) -> _Read:
    _, played_at, black, white, handicap, komi, winner, is_rated = game
    # A day that is still to come is as impossible as the 30th of February.
    day = played_at if played_at <= latest else UNKNOWN_DATE
    played = _played(day, winner, handicap, komi, is_rated)
    return _Read(game.fingerprint, black, white, played, _WRITTEN[winner])


@lru_cache(4_096)  # on a day there are many alike
def _played(played_at: datetime, winner: Color, handicap: int, komi: int, is_rated: bool) -> PlayedGame:
    # Below zero a handicap would mean on the wire that it is not decided.
    return PlayedGame(played_at, _WON[winner], max(0, handicap), float(komi), 19, 19, None, is_rated)


_WON = {color: Result.by_unsaid(color) for color in Color}
_WRITTEN = {color: str(result) for color, result in _WON.items()}
