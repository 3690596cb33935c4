"""What a game did to its players' ratings, in numbers and in a sentence."""

from typing import TYPE_CHECKING

from tengen.core.values import GameId, PlayerId
from tengen.games.rated_games import SENTENCES
from tengen.games.schemas import GameRating, SideRating
from tengen.games.service import Game, find_game
from tengen.go.points import Color
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.explanation import circumstances_of, explain
from tengen.ratings.ranks import Rank, on_40_scale

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.ratings.outcomes import Change


async def story_of(connection: "Connection", game_id: GameId) -> GameRating:
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
    return GameRating(
        game_id=game.id,
        pool=game.pool,
        unrated_reason=None,
        unrated_text=None,
        advantage=game.played.terms.advantage,
        is_final=is_final,
        black=None if black is None else _side(game, game.black, Color.BLACK, black),
        white=None if white is None else _side(game, game.white, Color.WHITE, white),
    )


def _side(game: Game, player_id: PlayerId, color: Color, change: "Change") -> SideRating:
    opponent = change.opponent
    assert opponent is not None  # a game of two
    circumstances = circumstances_of(game.played.terms, plays_black=color is Color.BLACK)
    own, other = str(Rank.of(change.before.mean)), str(Rank.of(opponent.mean))
    score = game.played.result.outcome(color)
    assert score is not None  # it rates
    return SideRating(
        player_id=player_id,
        color=str(color).lower(),
        rank_before=change.before.mean,
        rank_after=change.after.mean,
        deviation_before=change.before.deviation,
        deviation_after=change.after.deviation,
        rating_before=on_40_scale(change.before.mean),
        rating_after=on_40_scale(change.after.mean),
        expected=change.expected,
        score=score,
        opponent_rank=opponent.mean,
        opponent_deviation=opponent.deviation,
        text=explain(change.expected, own, other, circumstances),
    )
