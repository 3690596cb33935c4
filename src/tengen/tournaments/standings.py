"""The standings of a tournament, kept up to date as scores come in, are disqualified and restored. Pure.

Standings follow from which scores there are and which of them are disqualified, never from the order in which that
became known: disqualifying is remembered apart from the scores, so that restoring is its exact undoing, and even a
score that arrives after its disqualification finds it.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tengen.core.values import AccountId
from tengen.tournaments.modes import Mode, Result, Score, SortKey, SubmissionId


@dataclass(frozen=True, slots=True)
class Line:
    """One account's line."""

    place: int | None
    """From 1; equal results share a place, and the places after it are left out. None where it is hidden."""
    account_id: AccountId
    result: Result


class Standings:
    """The ranked table of one tournament. Only accounts with a score that counts are in it.

    A change costs the scores of one account and a search; nothing is sorted anew.
    """

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._scores: dict[AccountId, dict[SubmissionId, Score]] = {}
        self._owners: dict[SubmissionId, AccountId] = {}
        self._disqualified: set[SubmissionId] = set()
        self._results: dict[AccountId, Result] = {}
        self._order: list[tuple[SortKey, AccountId]] = []

    @classmethod
    def of(
        cls, mode: Mode, scores: Iterable[tuple[AccountId, Score]], disqualified: Iterable[SubmissionId] = ()
    ) -> "Standings":
        """The standings with these scores, of which some are disqualified."""
        standings = cls(mode)
        standings._disqualified.update(disqualified)
        for account_id, score in scores:
            standings.add(account_id, score)
        return standings

    def add(self, account_id: AccountId, score: Score) -> None:
        """A score has come in. Repeated, it changes nothing.

        Raises `ValueError` if the same submission came in with another score, or for another account.
        """
        owner = self._owners.get(score.submission_id)
        if owner is None:
            self._owners[score.submission_id] = account_id
            self._scores.setdefault(account_id, {})[score.submission_id] = score
            self._update(account_id)
        elif owner != account_id or self._scores[owner][score.submission_id] != score:
            raise ValueError(f"Submission {score.submission_id} came in twice, and differs.")

    def disqualify(self, submission_id: SubmissionId) -> None:
        """A submission counts no longer. Repeated, it changes nothing."""
        self._disqualified.add(submission_id)
        self._update_owner(submission_id)

    def restore(self, submission_id: SubmissionId) -> None:
        """A submission counts again, as if it had never been disqualified. Of one that is not, nothing changes."""
        self._disqualified.discard(submission_id)
        self._update_owner(submission_id)

    def lines(self, first: int = 0, count: int | None = None) -> list[Line]:
        """The lines from the top, or `count` of them from the index `first`. Accounts that share a place go by id."""
        stop = None if count is None else first + count
        return [self._line(key, account_id) for key, account_id in self._order[first:stop]]

    def line_of(self, account_id: AccountId) -> Line | None:
        """The line of one account; None if it has none."""
        result = self._results.get(account_id)
        return None if result is None else self._line(self._mode.sort_key(result), account_id)

    def explain(self, account_id: AccountId) -> str | None:
        """Why an account is where it is, in the words of the mode; None if it is not in the standings."""
        result = self._results.get(account_id)
        if result is None:
            return None
        index = bisect_left(self._order, (self._mode.sort_key(result), account_id))
        ahead = self._results[self._order[index - 1][1]] if index else None
        return self._mode.explain(result, ahead)

    def __len__(self) -> int:
        return len(self._order)

    def _line(self, key: SortKey, account_id: AccountId) -> Line:
        ahead = bisect_left(self._order, key, key=lambda entry: entry[0])
        return Line(ahead + 1, account_id, self._results[account_id])

    def _update_owner(self, submission_id: SubmissionId) -> None:
        owner = self._owners.get(submission_id)
        if owner is not None:
            self._update(owner)

    def _update(self, account_id: AccountId) -> None:
        before = self._results.pop(account_id, None)
        if before is not None:
            del self._order[bisect_left(self._order, (self._mode.sort_key(before), account_id))]
        scores = self._scores[account_id].values()
        result = self._mode.result(score for score in scores if score.submission_id not in self._disqualified)
        if result is not None:
            self._results[account_id] = result
            insort(self._order, (self._mode.sort_key(result), account_id))


def may_see_all(*, hide_results: bool, is_over: bool, is_host: bool) -> bool:
    """Whether a caller sees everybody's results: where they are hidden, the host alone does until the end."""
    return is_host or is_over or not hide_results


def shown_to(lines: Sequence[Line], caller: AccountId | None, *, all_of_them: bool) -> list[Line]:
    """The lines that a caller sees: all, or the own one, without its place, which would tell about the others."""
    if all_of_them:
        return list(lines)
    return [Line(None, line.account_id, line.result) for line in lines if line.account_id == caller]
