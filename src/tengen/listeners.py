"""Who hears of what: the one place where features that announce meet those that listen."""

from tengen.accounts.service import AccountRegistered, AccountRenamed
from tengen.core.mail import MailRequested, make_mailer
from tengen.core.platform import Platform
from tengen.players import service as players


def connect_listeners(platform: Platform) -> None:
    """Let the features of this platform hear of each other's news, in the web application and in every command."""
    platform.events.together(AccountRegistered, players.add_home_player)
    platform.events.together(AccountRenamed, players.rename_home_player)
    platform.events.later(MailRequested, "mail", make_mailer(platform.settings).send)
