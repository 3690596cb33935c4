"""Games from elsewhere whose players are told by name: stored on a game server as if it had reported them.

A name stands for the player who bears it on the server, or whose account does. For a name that is nobody's there, an
account is made that nobody signs in by, and its player bears the name: the next import finds it by that.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from tengen.accounts import service as accounts
from tengen.accounts.names import MAX_DISPLAY_NAME, DisplayName
from tengen.core.errors import Forbidden
from tengen.core.values import AccountId, PlayerId
from tengen.games import past_games
from tengen.games.named_game import NamedGame
from tengen.games.past_games import Imported, PastGame, Side
from tengen.games.report import fingerprint
from tengen.games.service import Record
from tengen.players import service as players
from tengen.ratings.pools import STANDARD, Pools
from tengen.servers import service as servers

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Database, Transaction
    from tengen.servers.service import Server

Origin = TypeVar("Origin")
"""Where a game was read, in whatever way whoever reads them tells it."""


class NotImportable(Forbidden):
    """Games cannot be brought to this game server, or not for this account."""

    code = "not_importable"


async def server_for_import(connection: "Connection", server: "Server", owner: "Account | None") -> "Server":
    """The server, if games may be brought to it: not this platform, and the owner's, if there is to be one.

    Raises `NotImportable`.
    """
    if server.owner_id is None:
        raise NotImportable("Server 1 is this platform: its games are those that were played here. Name another one.")
    if owner is not None and not await servers.may_manage(connection, server.id, owner):
        raise NotImportable(
            f"Game server {server.id} ({server.display_name}) belongs to account {server.owner_id}, and account "
            f"{owner.id} ({owner.display_name}) does not look after it."
        )
    return server


async def import_named(
    database: "Database",
    server: "Server",
    games: Iterable[tuple[Origin, NamedGame]],
    refuse: Callable[[Origin, str], None],
    *,
    now: datetime,
    pools: Pools = STANDARD,
    chunk: int | None = None,
    progress: Callable[[int], None] = lambda _games: None,
) -> Imported:
    """Store games in their order, as `past_games.store_all` does; none twice.

    `refuse` is told which games have players who cannot be told, and why: these are left out. The pool is marked to be
    replayed whenever a game was stored that rates. `progress` is told how many games are dealt with.
    """
    importer = _Importer(server, refuse, now)
    return await past_games.store_all(
        database, server.id, games, importer.new_games, pools=pools, now=now, chunk=chunk, progress=progress
    )


class _Importer:
    """Looks through one batch after another, and remembers who the names stand for."""

    def __init__(self, server: "Server", refuse: Callable[..., None], now: datetime) -> None:
        self._server = server
        self._refuse = refuse
        self._now = now
        self._sides: dict[str, Side] = {}
        self._ambiguous: dict[str, str] = {}

    async def new_games(
        self, transaction: "Transaction", batch: "Collection[tuple[Origin, NamedGame]]"
    ) -> tuple[list[PastGame], Imported]:
        """The games of a batch that are not there yet, each once; and what else was in it, and was done for them."""
        marked = [game.fingerprint for _, game in batch if game.fingerprint is not None]
        known = await self._stored_among(transaction, marked)
        unknown = [(origin, game) for origin, game in batch if game.fingerprint not in known]
        if unknown and self._server.owner_id is not None:
            # Two imports at once take turns: the second finds the players of the first, and neither waits for a game
            # of the other that waits for one of its own.
            await accounts.hold_account(transaction, self._server.owner_id)
        made = await self._tell_players(transaction, {name for _, game in unknown for name in (game.black, game.white)})
        games: dict[bytes, PastGame] = {}
        refused = 0
        for origin, game in unknown:
            black, white = self._sides.get(game.black), self._sides.get(game.white)
            if black is None or white is None or black.account_id == white.account_id:
                self._refuse(origin, self._problem(game))
                refused += 1
            else:
                past = _past(game, black, white)
                games.setdefault(past.fingerprint, past)
        if len(marked) < len(batch):
            for key in await self._stored_among(transaction, games):
                del games[key]
        return [*games.values()], Imported(read=len(batch), players=made, refused=refused)

    async def _stored_among(self, transaction: "Transaction", fingerprints: Collection[bytes]) -> set[bytes]:
        if not fingerprints:
            return set()
        return await past_games.stored_among(transaction, self._server.id, fingerprints)

    def _problem(self, game: NamedGame) -> str:
        """Why it cannot be told who played."""
        for name in (game.black, game.white):
            if name in self._ambiguous:
                return self._ambiguous[name]
        return f"{game.black!r} and {game.white!r} are the same account: nobody plays against himself."

    async def _tell_players(self, transaction: "Transaction", names: Collection[str]) -> int:
        """Learn who the names stand for; how many players had to be made."""
        new = sorted(name for name in names if name not in self._sides and name not in self._ambiguous)
        if not new:
            return 0
        nobodys = []
        for name, found in (await self._candidates(transaction, new)).items():
            if len(found) > 1:
                numbers = " and ".join(map(str, sorted(found)[:3]))
                self._ambiguous[name] = (
                    f"{name!r} may be one of several players on server {self._server.id}: {numbers}. Write the display "
                    "name of an account that no other player has for a name there."
                )
            elif found:
                ((player_id, account_id),) = found.items()
                self._sides[name] = Side(account_id, player_id)
            else:
                nobodys.append(name)
        if nobodys:
            await self._make_players(transaction, nobodys)
        return len(nobodys)

    async def _candidates(
        self, transaction: "Transaction", names: Collection[str]
    ) -> dict[str, dict[PlayerId, AccountId]]:
        """Who may be meant by each name: the players of that name, and the player of the account of that name."""
        found: dict[str, dict[PlayerId, AccountId]] = {name: {} for name in names}
        for player in await players.players_named(transaction, self._server.id, names):
            found[player.name][player.id] = player.account_id
        account_of = await accounts.accounts_named(transaction, names)
        player_of = await players.players_on(transaction, self._server.id, account_of.values())
        for name, account_id in account_of.items():
            if account_id in player_of:
                found[name][player_of[account_id]] = account_id
        return found

    async def _make_players(self, transaction: "Transaction", names: Collection[str]) -> None:
        name_of = await _stand_ins(transaction, names, self._now)
        player_of = await players.enter_players(transaction, self._server.id, name_of, self._now)
        for account_id, name in name_of.items():
            self._sides[name] = Side(account_id, player_of[account_id])


def _past(game: NamedGame, black: Side, white: Side) -> PastGame:
    return PastGame(
        game.fingerprint or fingerprint(black.player_id, white.player_id, game.played.played_at, game.content),
        black,
        white,
        game.played,
        game.result,
        game.annulled_at,
        None if game.facts is None else Record(game.content, game.facts),
        game.warnings,
    )


async def _stand_ins(transaction: "Transaction", names: Collection[str], now: datetime) -> dict[AccountId, str]:
    """Accounts for those who bear the names elsewhere. Whose display name is taken gets a number behind it."""
    name_of: dict[AccountId, str] = {}
    missing = list(names)
    again = 0
    while missing:
        again += 1
        ending = "" if again == 1 else f" ({again})"
        tried: dict[DisplayName, str] = {}
        for name in missing:  # two long ones may differ only in what gives way to the number
            tried.setdefault(DisplayName.parse(name[: MAX_DISPLAY_NAME - len(ending)] + ending), name)
        added = await accounts.add_stand_ins(transaction, [*tried], now=now)
        name_of |= {account_id: tried[display_name] for display_name, account_id in added.items()}
        found = set(name_of.values())
        missing = [name for name in missing if name not in found]
    return name_of
