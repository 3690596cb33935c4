"""What follows from cancelling a tournament: its entrants are told by mail."""

from typing import TYPE_CHECKING

from tengen.accounts import service as accounts
from tengen.tournaments import entries, mails, service
from tengen.tournaments.service import TournamentCancelled

if TYPE_CHECKING:
    from tengen.core.platform import Platform


class Cancellations:
    """Listens for cancelled tournaments."""

    def __init__(self, platform: "Platform") -> None:
        self._database = platform.database

    async def tell_entrants(self, event: TournamentCancelled) -> None:
        """Ask for a mail to everybody who has entered, has asked to or is invited, and still has an account."""
        async with self._database.write() as transaction:
            tournament = await service.find_tournament(transaction, event.tournament_id)
            entrants = await service.entrants(transaction, tournament.id, entries.CONCERNING)
            found = await accounts.accounts_by_ids(transaction, [entrant.account_id for entrant in entrants])
            for account in found.values():
                if account.deleted_at is None:
                    await transaction.announce(mails.cancellation(account.email, account.display_name, tournament))
