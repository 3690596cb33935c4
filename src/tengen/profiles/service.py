"""What is shown of players, gathered from the features below."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tengen.accounts import public as accounts
from tengen.associations import service as associations
from tengen.core.errors import NotFound
from tengen.core.values import AccountId, GameId, PlayerId
from tengen.players import service as players
from tengen.players.service import HOME, PlayerNotFound
from tengen.profiles import abouts, shown
from tengen.profiles.about import NOTHING_TOLD, About
from tengen.profiles.courses import Course
from tengen.ratings import leaderboards
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD, Pools

if TYPE_CHECKING:
    from tengen.accounts.public import Order, PublicAccount
    from tengen.core.database import Connection
    from tengen.players.service import Player
    from tengen.ratings.leaderboards import Board, Mark, Neighbourhood, Placing, RatedGame
    from tengen.ratings.systems import Day, RatingSystem, Strength

_AGA = "aga"


class NotRated(NotFound):
    """The player has no rated game in this pool."""

    code = "not_rated"


@dataclass(frozen=True, slots=True)
class Profile:
    """A player with what everybody may know of the account behind it."""

    player: "Player"
    account: "PublicAccount"
    strength: "Strength | None"
    """The account's in Go, as uncertain as it is on the day that was asked about; None before the first rated game."""
    aga_id: str | None
    """The account's member number of the American Go Association; None unless it has shown one to be its own."""
    about: About = NOTHING_TOLD
    """What the account tells of itself."""
    system: "RatingSystem" = shown.GO
    """That of the pool of Go, which looks into the strength."""


async def profiles_of(
    connection: "Connection", player_ids: Collection[PlayerId], pools: Pools = STANDARD, *, day: "Day"
) -> dict[PlayerId, Profile]:
    """The profiles of the players that exist among these, as of this day. Five statements for any number of them."""
    found = await players.players_by_ids(connection, player_ids)
    return {profile.player.id: profile for profile in await _profiles(connection, list(found.values()), pools, day)}


async def _profiles(connection: "Connection", found: "Sequence[Player]", pools: Pools, day: "Day") -> list[Profile]:
    account_ids = {player.account_id for player in found}
    if not account_ids:
        return []
    people = await accounts.public_accounts(connection, account_ids)
    strengths = await ratings.strengths_of(connection, pools.go.name, account_ids)
    numbers = await associations.numbers_of(connection, _AGA, account_ids)
    told = await abouts.abouts_of(connection, account_ids)
    system = pools.go.system
    return [
        Profile(
            player,
            people[player.account_id],
            system.aged(strengths[player.account_id], day) if player.account_id in strengths else None,
            numbers.get(player.account_id),
            told.get(player.account_id, NOTHING_TOLD),
            system,
        )
        for player in found
    ]


async def owner_of(connection: "Connection", profile: Profile) -> PlayerId | None:
    """Whose bot the player is: its owner's player on this platform; None for persons. No statement for those."""
    owner_id = profile.account.owner_id
    if owner_id is None:
        return None
    return (await players.players_on(connection, HOME, [owner_id])).get(owner_id)


# ── lists of players ──


async def page_of_players(
    connection: "Connection", pools: Pools = STANDARD, *, order: "Order", offset: int, limit: int, day: "Day"
) -> tuple[int, list[Profile]]:
    """How many accounts there are, and some of them, each by its player on this platform. Seven statements."""
    count = await accounts.count_public(connection)
    account_ids = await accounts.list_public(connection, order=order, offset=offset, limit=limit)
    return count, await profiles_at_home(connection, account_ids, pools, day=day)


async def players_named(connection: "Connection", name: str, pools: Pools = STANDARD, *, day: "Day") -> list[Profile]:
    """The player on this platform of the account with this name; empty if there is none."""
    account_id = await accounts.public_by_name(connection, name)
    return [] if account_id is None else await profiles_at_home(connection, [account_id], pools, day=day)


async def profiles_at_home(
    connection: "Connection", account_ids: Sequence[AccountId], pools: Pools = STANDARD, *, day: "Day"
) -> list[Profile]:
    """These accounts by their players on this platform, in the same order. Six statements for any number of them.

    All of them must exist.
    """
    at_home = await players.home_players(connection, account_ids)
    return await _profiles(connection, [at_home[account_id] for account_id in account_ids], pools, day)


# ── leaderboards ──


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A page of a leaderboard: each account's place and its player on this platform, which bears its name."""

    places: "list[tuple[Placing, Player]]"
    end: "Mark | None"
    """Where the next page begins; None on the last."""


async def leaderboard(
    connection: "Connection", board: "Board", *, day: "Day", after: "Mark | None" = None, limit: int
) -> BoardPage:
    """The best of a board, or the next after a page. Two statements."""
    found = await leaderboards.best(connection, board, day=day, after=after, limit=limit + 1)
    return await _board_page(connection, found, limit)


_ACCOUNT = players.account_of("player")


async def neighbourhood(
    connection: "Connection", board: "Board", player_id: PlayerId, *, day: "Day", limit: int
) -> "Neighbourhood":
    """A player's account on a board, with those next to it: enough for a page of `limit`, and one more. One statement.

    Raises `PlayerNotFound`, and `NotRated` for who has no rated game in the pool or is deleted.
    """
    found = await leaderboards.around(
        connection, board, _ACCOUNT, {"player": player_id}, day=day, above=limit // 2, below=limit
    )
    if found is None:
        await _player(connection, player_id)
        raise NotRated(f"This player has no rating in the pool {board.pool.name!r}.")
    return found


async def leaderboard_around(connection: "Connection", found: "Neighbourhood", *, ahead: int, limit: int) -> BoardPage:
    """The page with an account in its middle, or as near to it as the upper end allows. One statement.

    `found` is what `neighbourhood` gave, and `ahead` how many are ahead of the account.
    """
    return await _board_page(connection, found.placed(ahead), limit)


async def _board_page(connection: "Connection", found: "Sequence[Placing]", limit: int) -> BoardPage:
    page = found[:limit]
    at_home = await players.home_players(connection, [placing.account_id for placing in page]) if page else {}
    places = [(placing, at_home[placing.account_id]) for placing in page]
    return BoardPage(places, page[-1].mark if len(found) > limit else None)


# ── the history of one rating ──


@dataclass(frozen=True, slots=True)
class RatingHistory:
    """A page of an account's rated games in a pool, the last first."""

    player: "Player"
    strength: "Strength | None"
    """As of the last rated game; None before the first."""
    games: "list[RatedGame]"
    end: tuple[datetime, GameId] | None
    """Where the next page begins; None on the last."""


async def rating_history(
    connection: "Connection",
    player_id: PlayerId,
    pool: str,
    *,
    before: tuple[datetime, GameId] | None = None,
    limit: int,
) -> RatingHistory:
    """How a player's account came to its rating. Three statements. Raises `PlayerNotFound`."""
    player = await _player(connection, player_id)
    strengths = await ratings.strengths_of(connection, pool, [player.account_id])
    found = await leaderboards.history(connection, pool, player.account_id, before=before, limit=limit + 1)
    games = found[:limit]
    return RatingHistory(
        player,
        strengths.get(player.account_id),
        games,
        (games[-1].played_at, games[-1].game_id) if len(found) > limit else None,
    )


MAX_DRAWN_GAMES = 5000
"""How many games of a history are drawn: the last ones."""


async def rating_course(connection: "Connection", player_id: PlayerId, pool: str) -> Course:
    """The last `MAX_DRAWN_GAMES` games of a player's account in a pool, to be drawn. Two statements.

    Raises `PlayerNotFound`.
    """
    player = await _player(connection, player_id)
    found = await leaderboards.steps(connection, pool, player.account_id, limit=MAX_DRAWN_GAMES + 1)
    return Course(player.name, found[:MAX_DRAWN_GAMES][::-1], is_whole=len(found) <= MAX_DRAWN_GAMES)


async def _player(connection: "Connection", player_id: PlayerId) -> "Player":
    player = (await players.players_by_ids(connection, [player_id])).get(player_id)
    if player is None:
        raise no_such_player()
    return player


def no_such_player() -> PlayerNotFound:
    """The refusal for an id that is no player's."""
    return PlayerNotFound("There is no such player.")
