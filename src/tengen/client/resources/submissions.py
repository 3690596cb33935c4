"""Replays in a tournament: uploaded, read, judged; the standings that they lead to; and what happens meanwhile."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

from tengen.client.errors import (
    InvalidData,
    ModeConstraintViolated,
    NoResult,
    TournamentOver,
    UnexpectedAnswer,
)
from tengen.client.feeds import Feed
from tengen.client.operations import FileContent, Operation, Page, Pages, Procedure, all_of, asking
from tengen.client.resources.accounts import login
from tengen.client.resources.tournaments import PATH
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.tournament_models import Standings, StandingsLine, Submission, TournamentEvent, Upload
from tengen.client.wire import given, page_of, raw

# Replays are read one by one, and may have to wait for it.
_UPLOAD_PATIENCE = timedelta(seconds=60)
_FEED_PATIENCE = timedelta(minutes=5)


def _submissions(tournament_id: int) -> str:
    return f"{PATH}/{tournament_id}/submissions"


def upload_replay(tournament_id: int, replay: bytes | Path) -> Procedure[Upload]:
    """Upload a replay with the caller's key in it: its bytes, or the file that they are in.

    The same bytes again change nothing and give the same submission. So they are sent again when the answer was
    lost. Raises `InvalidData` for what will never count, `TournamentOver`, `ModeConstraintViolated` when the
    caller's own time is over, and `TooManyRequests` when it is to be sent again later (`retry_after`).
    """
    content: bytes = (yield FileContent(replay)) if isinstance(replay, Path) else replay
    sent = Operation(
        "POST",
        _submissions(tournament_id),
        Upload.from_json,
        files={"video": content},
        is_idempotent=True,
        patience=_UPLOAD_PATIENCE,
    )
    try:
        return (yield from asking(sent))
    except (InvalidData, TournamentOver, ModeConstraintViolated) as error:
        # It may be there, and only the answer have been lost; meanwhile the end may have come.
        if isinstance(error, InvalidData) and error.reason != "same_file":
            raise
        found = yield from _uploaded_before(tournament_id, hashlib.sha256(content).hexdigest())
        if found is None:
            raise
        return found


def _uploaded_before(tournament_id: int, sha256: str) -> Procedure[Upload | None]:
    """What came of the caller's upload of a file with this hash; None if there was none."""
    account_id = yield from _caller()
    own = yield from all_of(submissions(tournament_id, account_id=account_id))
    for found in own:
        if found.sha256 == sha256:
            text = yield from asking(receipt(tournament_id, found.id))
            line = yield from _line_if_any(tournament_id, account_id)
            return Upload(found, text, line, is_new=False)
    return None


def _caller() -> Procedure[int]:
    """The id of the caller's account."""
    signed_in = yield from asking(login())
    return signed_in.account.id


def _line_if_any(tournament_id: int, account_id: int) -> Procedure[StandingsLine | None]:
    try:
        return (yield from asking(standings_line(tournament_id, account_id)))
    except NoResult:
        return None


def submissions(tournament_id: int, *, account_id: int | None = None) -> Pages[Submission]:
    """The replays that were accepted, in that order, or those of one account. While results are hidden: one's own.

    An iterator, which asks for a page when the one before is used up.
    """

    def page(after: str | None) -> Operation[Page[Submission]]:
        query = given(account=account_id, limit=1000, after=after)
        return Operation("GET", _submissions(tournament_id), page_of(Submission.from_json), query=query)

    return Pages(page)


def submission(tournament_id: int, submission_id: int) -> Operation[Submission]:
    """A replay that was accepted, without its bytes."""
    return Operation("GET", f"{_submissions(tournament_id)}/{submission_id}", Submission.from_json)


def replay(tournament_id: int, submission_id: int) -> Procedure[bytes]:
    """The bytes of a replay as they were uploaded: after the end anybody's, before it the caller's own.

    They are checked against the submission's hash: `UnexpectedAnswer` if they are not the ones.
    """
    wanted = yield from asking(submission(tournament_id, submission_id))
    path = f"{_submissions(tournament_id)}/{submission_id}/replay"
    content = yield from asking(Operation("GET", path, raw, is_binary=True))
    if hashlib.sha256(content).hexdigest() != wanted.sha256:
        raise UnexpectedAnswer(f"What came as the replay of submission {submission_id} is another file.")
    return content


def receipt(tournament_id: int, submission_id: int) -> Operation[str]:
    """What the platform has signed of an upload; `ReceiptVerifier` verifies it, without the platform's help."""
    path = f"{_submissions(tournament_id)}/{submission_id}/receipt"
    return Operation("GET", path, lambda json: str(json["receipt"]))


def disqualify_submission(tournament_id: int, submission_id: int, reason: str) -> Operation[Submission]:
    """Let a submission count no longer, during the tournament or after it. The standings follow. For the host."""
    path = f"{_submissions(tournament_id)}/{submission_id}/disqualify"
    return Operation("POST", path, Submission.from_json, body={"reason": reason})


def restore_submission(tournament_id: int, submission_id: int, reason: str) -> Operation[Submission]:
    """Let a disqualified submission count again, as if it had never been. The standings follow. For the host."""
    path = f"{_submissions(tournament_id)}/{submission_id}/restore"
    return Operation("POST", path, Submission.from_json, body={"reason": reason})


# Standings.


def _standings(tournament_id: int) -> str:
    return f"{PATH}/{tournament_id}/standings"


def standings(tournament_id: int, *, limit: int | None = None, after: str | None = None) -> Operation[Standings]:
    """A page of a tournament's standings, the best first. `limit` is 1,000 at most; `after` is a page's."""
    query = given(limit=limit, after=after)
    return Operation("GET", _standings(tournament_id), Standings.from_json, query=query)


def all_standings(tournament_id: int) -> Pages[StandingsLine]:
    """A tournament's standings, the best first, page by page to the end. They may change between two of them."""

    def page(after: str | None) -> Operation[Page[StandingsLine]]:
        query = given(limit=1000, after=after)
        return Operation("GET", _standings(tournament_id), page_of(StandingsLine.from_json), query=query)

    return Pages(page)


def standings_line(tournament_id: int, account_id: int) -> Operation[StandingsLine]:
    """An account's line in the standings, and why it is there (`explanation`). While hidden: the caller's own."""
    return Operation("GET", f"{_standings(tournament_id)}/{account_id}", StandingsLine.from_json)


def my_standings_line(tournament_id: int) -> Procedure[StandingsLine]:
    """The caller's own line in the standings, and why it is there (`explanation`)."""
    account_id = yield from _caller()
    return (yield from asking(standings_line(tournament_id, account_id)))


# What happens.


def follow_tournament(
    tournament_id: int, *, after: str | None = None, patience: timedelta = _FEED_PATIENCE
) -> Feed[TournamentEvent]:
    """What happens in a tournament, as it happens, for as long as it is asked for.

    It begins with `EventKind.RESYNC`, at which to load what one shows, or after the event whose id is `after`.
    Where the connection breaks off, or the platform is restarted, it goes on by itself: nothing is missed, and
    nothing told twice. Nothing is sent before the first event is asked for. Raises `Unavailable` or
    `TooManyRequests` if the platform does not let it begin, or keeps it waiting for longer than `patience`.
    """
    path = f"{PATH}/{tournament_id}/feed"
    return Feed(path, TournamentEvent.from_json, after=after, patience=patience)


class SubmissionMethods(Runner):
    """The methods of `Client` for replays, standings and feeds."""

    def upload_replay(self, tournament_id: int, replay: bytes | Path) -> Upload:
        """Upload a replay with the caller's key in it: its bytes, or the file that they are in.

        The same bytes again change nothing and give the same submission. So they are sent again when the answer was
        lost. Raises `InvalidData` for what will never count, `TournamentOver`, `ModeConstraintViolated` when the
        caller's own time is over, and `TooManyRequests` when it is to be sent again later (`retry_after`).
        """
        return self.perform(upload_replay(tournament_id, replay))

    def submissions(self, tournament_id: int, *, account_id: int | None = None) -> Iterator[Submission]:
        """The replays that were accepted, in that order, or those of one account. While results are hidden: one's own.

        An iterator, which asks for a page when the one before is used up.
        """
        return self.each(submissions(tournament_id, account_id=account_id))

    def submission(self, tournament_id: int, submission_id: int) -> Submission:
        """A replay that was accepted, without its bytes."""
        return self.run(submission(tournament_id, submission_id))

    def replay(self, tournament_id: int, submission_id: int) -> bytes:
        """The bytes of a replay as they were uploaded: after the end anybody's, before it the caller's own.

        They are checked against the submission's hash: `UnexpectedAnswer` if they are not the ones.
        """
        return self.perform(replay(tournament_id, submission_id))

    def receipt(self, tournament_id: int, submission_id: int) -> str:
        """What the platform has signed of an upload; `ReceiptVerifier` verifies it, without the platform's help."""
        return self.run(receipt(tournament_id, submission_id))

    def disqualify_submission(self, tournament_id: int, submission_id: int, reason: str) -> Submission:
        """Let a submission count no longer, during the tournament or after it. The standings follow. For the host."""
        return self.run(disqualify_submission(tournament_id, submission_id, reason))

    def restore_submission(self, tournament_id: int, submission_id: int, reason: str) -> Submission:
        """Let a disqualified submission count again, as if it had never been. The standings follow. For the host."""
        return self.run(restore_submission(tournament_id, submission_id, reason))

    def standings(self, tournament_id: int, *, limit: int | None = None, after: str | None = None) -> Standings:
        """A page of a tournament's standings, the best first. `limit` is 1,000 at most; `after` is a page's."""
        return self.run(standings(tournament_id, limit=limit, after=after))

    def all_standings(self, tournament_id: int) -> Iterator[StandingsLine]:
        """A tournament's standings, the best first, page by page to the end. They may change between two of them."""
        return self.each(all_standings(tournament_id))

    def standings_line(self, tournament_id: int, account_id: int) -> StandingsLine:
        """An account's line in the standings, and why it is there (`explanation`). While hidden: the caller's own."""
        return self.run(standings_line(tournament_id, account_id))

    def my_standings_line(self, tournament_id: int) -> StandingsLine:
        """The caller's own line in the standings, and why it is there (`explanation`)."""
        return self.perform(my_standings_line(tournament_id))

    def follow_tournament(
        self, tournament_id: int, *, after: str | None = None, patience: timedelta = _FEED_PATIENCE
    ) -> Iterator[TournamentEvent]:
        """What happens in a tournament, as it happens, for as long as it is asked for.

        It begins with `EventKind.RESYNC`, at which to load what one shows, or after the event whose id is `after`.
        Where the connection breaks off, or the platform is restarted, it goes on by itself: nothing is missed, and
        nothing told twice. Nothing is sent before the first event is asked for. Raises `Unavailable` or
        `TooManyRequests` if the platform does not let it begin, or keeps it waiting for longer than `patience`.
        """
        return self.follow(follow_tournament(tournament_id, after=after, patience=patience))


class AsyncSubmissionMethods(AsyncRunner):
    """The methods of `AsyncClient` for replays, standings and feeds."""

    async def upload_replay(self, tournament_id: int, replay: bytes | Path) -> Upload:
        """Upload a replay with the caller's key in it: its bytes, or the file that they are in.

        The same bytes again change nothing and give the same submission. So they are sent again when the answer was
        lost. Raises `InvalidData` for what will never count, `TournamentOver`, `ModeConstraintViolated` when the
        caller's own time is over, and `TooManyRequests` when it is to be sent again later (`retry_after`).
        """
        return await self.perform(upload_replay(tournament_id, replay))

    def submissions(self, tournament_id: int, *, account_id: int | None = None) -> AsyncIterator[Submission]:
        """The replays that were accepted, in that order, or those of one account. While results are hidden: one's own.

        An iterator, which asks for a page when the one before is used up.
        """
        return self.each(submissions(tournament_id, account_id=account_id))

    async def submission(self, tournament_id: int, submission_id: int) -> Submission:
        """A replay that was accepted, without its bytes."""
        return await self.run(submission(tournament_id, submission_id))

    async def replay(self, tournament_id: int, submission_id: int) -> bytes:
        """The bytes of a replay as they were uploaded: after the end anybody's, before it the caller's own.

        They are checked against the submission's hash: `UnexpectedAnswer` if they are not the ones.
        """
        return await self.perform(replay(tournament_id, submission_id))

    async def receipt(self, tournament_id: int, submission_id: int) -> str:
        """What the platform has signed of an upload; `ReceiptVerifier` verifies it, without the platform's help."""
        return await self.run(receipt(tournament_id, submission_id))

    async def disqualify_submission(self, tournament_id: int, submission_id: int, reason: str) -> Submission:
        """Let a submission count no longer, during the tournament or after it. The standings follow. For the host."""
        return await self.run(disqualify_submission(tournament_id, submission_id, reason))

    async def restore_submission(self, tournament_id: int, submission_id: int, reason: str) -> Submission:
        """Let a disqualified submission count again, as if it had never been. The standings follow. For the host."""
        return await self.run(restore_submission(tournament_id, submission_id, reason))

    async def standings(self, tournament_id: int, *, limit: int | None = None, after: str | None = None) -> Standings:
        """A page of a tournament's standings, the best first. `limit` is 1,000 at most; `after` is a page's."""
        return await self.run(standings(tournament_id, limit=limit, after=after))

    def all_standings(self, tournament_id: int) -> AsyncIterator[StandingsLine]:
        """A tournament's standings, the best first, page by page to the end. They may change between two of them."""
        return self.each(all_standings(tournament_id))

    async def standings_line(self, tournament_id: int, account_id: int) -> StandingsLine:
        """An account's line in the standings, and why it is there (`explanation`). While hidden: the caller's own."""
        return await self.run(standings_line(tournament_id, account_id))

    async def my_standings_line(self, tournament_id: int) -> StandingsLine:
        """The caller's own line in the standings, and why it is there (`explanation`)."""
        return await self.perform(my_standings_line(tournament_id))

    def follow_tournament(
        self, tournament_id: int, *, after: str | None = None, patience: timedelta = _FEED_PATIENCE
    ) -> AsyncIterator[TournamentEvent]:
        """What happens in a tournament, as it happens, for as long as it is asked for.

        It begins with `EventKind.RESYNC`, at which to load what one shows, or after the event whose id is `after`.
        Where the connection breaks off, or the platform is restarted, it goes on by itself: nothing is missed, and
        nothing told twice. Nothing is sent before the first event is asked for. Raises `Unavailable` or
        `TooManyRequests` if the platform does not let it begin, or keeps it waiting for longer than `patience`.
        """
        return self.follow(follow_tournament(tournament_id, after=after, patience=patience))
