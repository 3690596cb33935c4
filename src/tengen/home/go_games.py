"""Games of Go and players of Go, as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tengen.core.values import AccountId, GameId, PlayerId
from tengen.games.rated_games import SENTENCES
from tengen.games.result import Result
from tengen.go.points import Color
from tengen.ratings.pools import Pools
from tengen.ratings.ranks import Rank

if TYPE_CHECKING:
    from tengen.games.service import Game
    from tengen.players.service import Player
    from tengen.ratings.leaderboards import Placing
    from tengen.ratings.outcomes import Change
    from tengen.ratings.systems import RatingSystem, Strength
    from tengen.servers.service import Server


@dataclass(frozen=True, slots=True)
class ShownSide:
    """A player's side of a game. `rank` is after it and `change` in ranks, both None if the game moved no rating."""

    color: str
    name: str
    has_won: bool
    rank: str | None
    change: float | None


@dataclass(frozen=True, slots=True)
class ShownGame:
    """A game with its names, Black first. `server` is None once it has left the directory."""

    id: GameId
    server: "Server | None"
    played_at: datetime
    size: str
    result: str
    unrated: str | None
    """Why it moved no rating, as a sentence."""
    has_record: bool
    sides: tuple[ShownSide, ShownSide]


@dataclass(frozen=True, slots=True)
class GoPlace:
    """A line of the leaderboard of Go. `rating` is the rank number, of which the rank is the whole part."""

    name: str
    rank: str
    rating: float
    games: int


def shown_game(
    game: "Game",
    server: "Server | None",
    people: "Mapping[PlayerId, Player]",
    changes: "Sequence[Change]",
    pools: Pools,
) -> ShownGame:
    """The game as pages show it. `people` has its players, `changes` what it did to their ratings."""
    system = (pools.named(game.pool) if game.pool is not None and pools.knows(game.pool) else pools.go).system
    # What has just been annulled is in the history until the pool has been replayed.
    moved = {} if game.unrated else {change.account_id: change for change in changes}
    result = Result.parse(game.result)

    def side(player_id: PlayerId, color: Color) -> ShownSide:
        player = people[player_id]
        change = moved.get(player.account_id)
        return ShownSide(
            color=str(color).capitalize(),
            name=player.name,
            has_won=result.winner is color,
            rank=None if change is None else str(Rank.of(_rank(system, change.after))),
            change=None if change is None else _rank(system, change.after) - _rank(system, change.before),
        )

    return ShownGame(
        id=game.id,
        server=server,
        played_at=game.played_at,
        size=f"{game.width}×{game.height}",
        result=str(result),
        unrated=None if game.unrated is None else SENTENCES[game.unrated],
        has_record=game.record_hash is not None,
        sides=(side(game.black, Color.BLACK), side(game.white, Color.WHITE)),
    )


def go_places(best: "Sequence[Placing]", names: Mapping[AccountId, str], system: "RatingSystem") -> list[GoPlace]:
    """The lines of the leaderboard of the pool that this system rates."""
    ranks = [_rank(system, who.strength) for who in best]
    return [
        GoPlace(names[who.account_id], str(Rank.of(rank)), rank, who.strength.games)
        for who, rank in zip(best, ranks, strict=True)
    ]


def _rank(system: "RatingSystem", strength: "Strength") -> float:
    rank = system.rank(strength)
    assert rank is not None  # every pool of Go has ranks
    return rank
