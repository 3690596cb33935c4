"""What a game did to its players' ratings, in numbers and in a sentence."""

from typing import TYPE_CHECKING

from tengen.core.values import GameId, PlayerId
from tengen.games.rated_games import SENTENCES
from tengen.games.schemas import GameRating, SideRating
from tengen.games.service import Game, find_game
from tengen.go.points import Color
from tengen.players import service as players
from tengen.profiles.shown import deviation_in_ranks
from tengen.ratings import service as ratings
from tengen.ratings.explanation import circumstances_of, explain
from tengen.ratings.pools import STANDARD, Pools
from tengen.ratings.ranks import Rank, on_40_scale

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.ratings.outcomes import Change
    from tengen.ratings.systems import RatingSystem, Strength


async def story_of(connection: "Connection", game_id: GameId, *, pools: Pools = STANDARD) -> GameRating:
    """Why the game moved ratings as it did. Raises `GameNotFound`."""
    game = await find_game(connection, game_id)
    if game.pool is None or game.unrated is not None:
        return GameRating(
            game_id=game.id,
            pool=None,
            unrated_reason=game.unrated,
            unrated_text=None if game.unrated is None else SENTENCES[game.unrated],
            advantage=None,
            is_final=True,
            black=None,
            white=None,
        )
    # Before the changes are read: a replay that ends in between would make the old ones look final.
    is_final = not await ratings.is_stale(connection, game.pool)
    people = await players.players_by_ids(connection, [game.black, game.white])
    accounts = [people[who].account_id for who in (game.black, game.white)]
    rated = ratings.Rated(game.id, game.pool, game.played_at, accounts)
    changes = (await ratings.changes_of_games(connection, [rated])).get(game.id, [])
    by_account = {change.account_id: change for change in changes}
    black, white = by_account.get(people[game.black].account_id), by_account.get(people[game.white].account_id)
    system = (pools.named(game.pool) if pools.knows(game.pool) else pools.go).system
    return GameRating(
        game_id=game.id,
        pool=game.pool,
        unrated_reason=None,
        unrated_text=None,
        advantage=game.played.terms.advantage,
        is_final=is_final,
        black=None if black is None else _side(game, game.black, Color.BLACK, black, system),
        white=None if white is None else _side(game, game.white, Color.WHITE, white, system),
    )


def _side(game: Game, player_id: PlayerId, color: Color, change: "Change", system: "RatingSystem") -> SideRating:
    opponent = change.opponent
    assert opponent is not None  # a game of two
    circumstances = circumstances_of(game.played.terms, plays_black=color is Color.BLACK)
    before, after, other = (_rank(system, strength) for strength in (change.before, change.after, opponent))
    score = game.played.result.outcome(color)
    assert score is not None  # it rates
    return SideRating(
        player_id=player_id,
        color=str(color).lower(),
        rank_before=before,
        rank_after=after,
        deviation_before=deviation_in_ranks(system, change.before),
        deviation_after=deviation_in_ranks(system, change.after),
        rating_before=on_40_scale(before),
        rating_after=on_40_scale(after),
        expected=change.expected,
        score=score,
        opponent_rank=other,
        opponent_deviation=deviation_in_ranks(system, opponent),
        text=explain(change.expected, str(Rank.of(before)), str(Rank.of(other)), circumstances),
    )


def _rank(system: "RatingSystem", strength: "Strength") -> float:
    rank = system.rank(strength)
    assert rank is not None  # every pool of Go has ranks
    return rank
