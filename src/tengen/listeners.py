"""Who hears of what: the one place where features that announce meet those that listen."""

from functools import partial

from tengen.accounts.service import AccountClosed, AccountRegistered, AccountRenamed, StandInsAdded
from tengen.associations.service import MemberClaimed
from tengen.core.mail import MailRequested, make_mailer
from tengen.core.platform import Platform
from tengen.friends import service as friends
from tengen.games import corrections
from tengen.games.recompute import Recomputer
from tengen.notifications import service as notifications
from tengen.play import challenges
from tengen.players import service as players
from tengen.profiles import abouts
from tengen.ratings.pools import Pools
from tengen.ratings.service import PoolDisordered
from tengen.tournaments.cancellations import Cancellations
from tengen.tournaments.service import TournamentCancelled


def connect_listeners(platform: Platform) -> None:
    """Let the features of this platform hear of each other's news, in the web application and in every command."""
    platform.events.together(AccountRegistered, players.add_home_player)
    platform.events.together(StandInsAdded, players.add_home_players)
    platform.events.together(AccountRenamed, players.rename_home_player)
    platform.events.together(AccountClosed, players.forget_tokens)
    platform.events.together(AccountClosed, abouts.forget)
    platform.events.together(AccountClosed, friends.forget)
    platform.events.together(AccountClosed, challenges.forget)
    platform.events.together(AccountClosed, notifications.forget)
    platform.events.together(MemberClaimed, partial(corrections.take_over, pools=Pools.of(platform.settings)))
    platform.events.later(PoolDisordered, "ratings", Recomputer(platform).put_in_order)
    platform.events.later(TournamentCancelled, "cancellations", Cancellations(platform).tell_entrants)
    platform.events.later(MailRequested, "mail", make_mailer(platform.settings).send)
