"""Who may see what of a tournament. Pure.

The tournament itself, its standings and its submissions are for everybody, with these exceptions:

    what                                  who
    results while they are hidden         the host; of one's own results oneself, without the place
    entries that do not participate       the host, and the account itself
    doubts about a submission             the host, and who uploaded it
    a replay before the end               who uploaded it: the key in it could still be used

Results are hidden from the start to the end where the host has said so. Then nothing tells of them: neither how many
submissions there are nor that there is one of a number. Administrators see what the host sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tengen.core.values import AccountId
from tengen.tournaments.entries import EntryState
from tengen.tournaments.schedule import Phase
from tengen.tournaments.standings import may_see_all


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: an account or a stranger."""

    account_id: AccountId | None = None
    is_host: bool = False
    """Whether it decides for the tournament: its host, and administrators."""

    def is_close_to(self, account_id: AccountId | None) -> bool:
        """Whether it may know what else this account alone does: it is the account itself, or the host."""
        return self.is_host or (account_id is not None and account_id == self.account_id)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a viewer may see in a tournament that is in this phase."""

    viewer: Viewer
    phase: Phase
    hide_results: bool

    @property
    def sees_results(self) -> bool:
        """Whether it sees everybody's results, with their places and their number."""
        return may_see_all(hide_results=self.hide_results, is_over=self.phase.is_over, is_host=self.viewer.is_host)

    def sees_results_of(self, account_id: AccountId | None) -> bool:
        """Whether it sees what this account has uploaded and reached. None: nobody's in particular."""
        return self.sees_results or self.viewer.is_close_to(account_id)

    def whose_results(self, wanted: AccountId | None) -> Sequence[AccountId] | None:
        """Whose results it sees, of those that are wanted (None: all); None if it sees them all."""
        if wanted is not None:
            return [wanted] if self.sees_results_of(wanted) else []
        if self.sees_results:
            return None
        return [] if self.viewer.account_id is None else [self.viewer.account_id]

    def sees_doubts_of(self, account_id: AccountId) -> bool:
        """Whether it sees what there is to be doubted in a submission of this account."""
        return self.viewer.is_close_to(account_id)

    def may_fetch_replay_of(self, account_id: AccountId) -> bool:
        """Whether it gets the bytes of a replay, with the key of this account in them, which it knows of."""
        return self.phase.is_over or account_id == self.viewer.account_id

    @property
    def entries_shown(self) -> frozenset[EntryState]:
        """The states in which it sees anybody's entry; its own it sees in any."""
        return frozenset(EntryState) if self.viewer.is_host else frozenset({EntryState.PARTICIPATING})
