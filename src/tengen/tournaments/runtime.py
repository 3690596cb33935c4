"""The parts of this feature that live as long as the process: log-in by tokens, keys, receipts, the reading
of replays.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tengen.core.platform import Platform
from tengen.tournaments.keychain import SEALED_FOR, Keychain
from tengen.tournaments.logins import Logins
from tengen.tournaments.receipts import Receipts
from tengen.tournaments.replays.pool import ParserPool
from tengen.tournaments.tokens import TokenPeriods
from tengen.tournaments.uploads import Uploader

if TYPE_CHECKING:
    from tengen.accounts.runtime import Accounts
    from tengen.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Tournaments:
    """What tournaments need in one process."""

    logins: Logins
    keychain: Keychain
    receipts: Receipts
    parsers: ParserPool
    uploader: Uploader

    @classmethod
    def of(cls, platform: Platform, accounts: "Accounts") -> "Tournaments":
        """Built once, from the platform and its signing keys."""
        keychain = Keychain(platform.master_key.sealer(SEALED_FOR))
        parsers = ParserPool(platform.settings.replay_parsers)
        return cls(
            logins=Logins(platform.database, token_periods(platform.settings)),
            keychain=keychain,
            receipts=Receipts.of(platform, accounts),
            parsers=parsers,
            uploader=Uploader(platform.database, keychain, parsers),
        )


def token_periods(settings: "Settings") -> TokenPeriods:
    """How long tokens hold by the settings."""
    return TokenPeriods(
        fresh=timedelta(seconds=settings.tournament_token_fresh_seconds),
        lifetime=timedelta(seconds=settings.tournament_token_lifetime_seconds),
        refresh_after=timedelta(seconds=settings.tournament_token_refresh_seconds),
        grace=timedelta(seconds=settings.tournament_token_grace_seconds),
    )
