"""Games that come from elsewhere in great number: stored as they were played there, rated by a replay of the pool."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.accounts import service as accounts
from tengen.associations import service as associations
from tengen.core.errors import Conflict, Invalid
from tengen.core.values import AccountId, GameId, PlayerId, ServerId
from tengen.games.agagd import DumpedGame, MalformedDump
from tengen.games.models import GameRow, SeatRow
from tengen.games.rated_games import UNKNOWN_DATE, PlayedGame
from tengen.games.report import FUTURE
from tengen.games.result import Result
from tengen.games.service import BLACK, GO, WHITE
from tengen.go.points import Color
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD, Pools
from tengen.servers import service as servers
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Database, Transaction

CHUNK = 1_000
"""Games that are stored in one transaction."""
ASSOCIATION = "aga"
SERVER_NAME = "AGA"
_SITE = HostName.of_site("https://agagd.usgo.org")


class NoOwner(Invalid):
    """The game server has to be made, and it is not said whose it is to be."""

    code = "no_owner"


class ServerOfAnother(Conflict):
    """The game server is there, and is another account's than was said."""

    code = "server_of_another"


class ImportStopped(Invalid):
    """The rest cannot be read. What was stored before stays, and is passed over by the next import."""

    code = "import_stopped"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the games so far."""

    read: int = 0
    stored: int = 0
    players: int = 0
    """Members who got a player on the server."""

    @property
    def known(self) -> int:
        """Those that an earlier import, or an earlier row, has stored."""
        return self.read - self.stored


@dataclass(frozen=True, slots=True)
class _Side:
    account_id: AccountId
    player_id: PlayerId


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
    chunk: int = CHUNK,
    progress: Callable[[int], None] = lambda _games: None,
) -> Imported:
    """Store games on a server for the members whose they are, `chunk` of them in a transaction; none twice.

    Those who have claimed their number get the games themselves, the others' stand-ins keep them. The pool is marked
    to be replayed whenever a game was stored that rates. `progress` is told how many games are read. Raises
    `ImportStopped`.
    """
    done = Imported()
    rows = iter(games)
    while batch := _next(rows, chunk, done):
        async with database.write() as transaction:
            stored, made = await _store(transaction, server_id, batch, newest_pins, pools=pools, now=now)
        done = Imported(done.read + len(batch), done.stored + stored, done.players + made)
        progress(done.read)
    return done


def _next(rows: Iterator[DumpedGame], chunk: int, done: Imported) -> list[DumpedGame]:
    try:
        return list(islice(rows, chunk))
    except MalformedDump as error:
        raise ImportStopped(
            f"{error.message} The import stopped there: {done.read:,} games were read, and {done.stored:,} of them are "
            "newly stored and stay. Put the line right and import again: what is known is passed over."
        ) from error


async def _store(
    transaction: "Transaction",
    server_id: ServerId,
    batch: list[DumpedGame],
    newest_pins: Mapping[int, int],
    *,
    pools: Pools,
    now: datetime,
) -> tuple[int, int]:
    """How many games were stored, and how many players were made for it."""
    new = {game.fingerprint: game for game in batch}
    for row in await transaction.all(_KNOWN, {"server": server_id, "fingerprints": list(new)}):
        del new[row[0]]  # type: ignore[arg-type]  # it was asked for by a value
    if not new:
        return 0, 0
    pins = {pin for game in new.values() for pin in (game.black_pin, game.white_pin)}
    sides, made = await _sides(transaction, server_id, pins, newest_pins, now)
    played = {fingerprint: _played(game, now) for fingerprint, game in new.items()}
    columns = [_columns(server_id, fingerprint, game, pools) for fingerprint, game in played.items()]
    stored = [(GameId(row[0]), row[1]) for row in await transaction.all(_new_games(transaction.dialect), columns)]
    if stored:
        seats = [
            seat
            for game_id, fingerprint in stored
            for seat in _seats(game_id, played[fingerprint].result, *_players(new[fingerprint], sides))
        ]
        await transaction.run(_NEW_SEATS, seats)
    rated = [fingerprint for _, fingerprint in stored if played[fingerprint].unrated is None]
    if rated:
        # A pool in which nobody has played has to be there before it can be out of order.
        await ratings.hold(transaction, pools.go, [sides[new[rated[0]].black_pin].account_id], now=now)
        await ratings.disorder(transaction, pools.go.name, min(played[one].played_at for one in rated))
    return len(stored), made


_KNOWN = select(GameRow.fingerprint).where(
    GameRow.server_id == bindparam("server"), GameRow.fingerprint.in_(bindparam("fingerprints", expanding=True))
)
_NEW_SEATS = insert(SeatRow)


@cache
def _new_games(dialect: str) -> Any:
    """Stores games, but none that another import stores at this very moment."""
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(GameRow)
    return statement.on_conflict_do_nothing().returning(GameRow.id, GameRow.fingerprint)


async def _sides(
    transaction: "Transaction",
    server_id: ServerId,
    pins: set[int],
    newest_pins: Mapping[int, int],
    now: datetime,
) -> tuple[dict[int, _Side], int]:
    """The account and player of each PIN, and how many of the players are new."""
    members = {pin: newest_pins.get(pin, pin) for pin in pins}
    # In one order: of two imports at once neither waits for a stand-in that the other makes while that one waits too.
    account_of = {
        pin: await associations.ensure_stand_in(transaction, ASSOCIATION, str(pin), now=now)
        for pin in sorted(set(members.values()))
    }
    account_ids = set(account_of.values())
    before = await players.players_on(transaction, server_id, account_ids)
    player_of = await players.ensure_players(transaction, server_id, account_ids, now)
    sides = {pin: _Side(account_of[member], player_of[account_of[member]]) for pin, member in members.items()}
    return sides, len(player_of) - len(before)


def _played(game: DumpedGame, now: datetime) -> PlayedGame:
    return PlayedGame(
        # A day that is still to come is as impossible as the 30th of February.
        played_at=game.played_at if game.played_at <= now + FUTURE else UNKNOWN_DATE,
        result=Result.by_unsaid(game.winner),
        handicap=max(0, game.handicap),  # below zero it would mean on the wire that it is not decided
        komi=float(game.komi),
        ranked=game.is_rated,
    )


def _columns(server_id: ServerId, fingerprint: bytes, played: PlayedGame, pools: Pools) -> dict[str, Any]:
    unrated = played.unrated
    return {
        "server_id": server_id,
        "kind": GO,
        "reported_at": played.played_at,
        "played_at": played.played_at,
        "pool": None if unrated else pools.go.name,
        "unrated": unrated,
        "ranked": played.ranked,
        "result": str(played.result),
        "handicap": played.handicap,
        "komi": played.komi,
        "width": played.width,
        "height": played.height,
        "fingerprint": fingerprint,
    }


def _players(game: DumpedGame, sides: Mapping[int, _Side]) -> tuple[PlayerId, PlayerId]:
    return sides[game.black_pin].player_id, sides[game.white_pin].player_id


def _seats(game_id: GameId, result: Result, black: PlayerId, white: PlayerId) -> list[dict[str, Any]]:
    return [
        {
            "game_id": game_id,
            "number": number,
            "player_id": player_id,
            "team": number,
            "is_commander": False,
            "outcome": result.outcome(color),
        }
        for number, player_id, color in ((BLACK, black, Color.BLACK), (WHITE, white, Color.WHITE))
    ]
