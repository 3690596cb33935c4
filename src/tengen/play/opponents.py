"""Who plays, from what is known of players."""

from tengen.play.info import Opponent
from tengen.profiles import shown
from tengen.profiles.service import Profile


def opponent_of(profile: Profile) -> Opponent:
    """The player as others are told of one of the two in a game."""
    rating = shown.ogs_rating(profile.strength, profile.system)
    return Opponent(
        id=profile.player.id,
        account_id=profile.account.id,
        name=profile.account.display_name,
        ranking=shown.ogs_ranking(profile.strength, profile.system),
        is_bot=profile.account.is_bot,
        ratings=(rating.value, rating.deviation, rating.volatility),
        country=profile.about.country,
    )
