"""The feed of a tournament: what changes in it, told to those who follow it as it happens.

The table of changes is the source: numbers without gaps in the order of the commits, so whoever has seen one number
asks for the greater ones, and misses nothing. No worker has to hear of another's changes, and a restart loses none.

In each process one task watches all tournaments that somebody follows, with one small statement for all of them, about
twice a second and at once after a change of this process. New changes are kept for a while for all followers to read;
whoever has fallen behind, or comes back, reads from the table what it has missed. If that is too much to tell one by
one, it is told to load everything anew (`resync`). So nobody's slowness costs memory.

Whatever a follower is sent, and when, depends on nothing that is hidden from it: signs of life come by the clock, and
how much it has missed is counted in what it may know.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import and_, bindparam, case, null, select
from sqlalchemy.orm import aliased

from tengen.accounts.public import name_of
from tengen.core.database import among
from tengen.core.errors import TooManyRequests, Unavailable
from tengen.core.limits import is_local
from tengen.core.metrics import FEED_FOLLOWERS
from tengen.core.platform import Platform
from tengen.core.values import AccountId, Clock, utc_now
from tengen.tournaments import service
from tengen.tournaments.entries import EntryState
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.models import ChangeRow, TournamentRow
from tengen.tournaments.modes import SubmissionId
from tengen.tournaments.notices import Change, Notice, NoticeKind, in_order, notice_of, rank
from tengen.tournaments.positions import LIFETIME, Position, Positions
from tengen.tournaments.schedule import Phase, Schedule
from tengen.tournaments.visibility import Viewer

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Database
    from tengen.tournaments.service import Tournament

log = structlog.get_logger(__name__)

KEPT = 500
"""Changes of a tournament that are kept for its followers."""
MOST_MISSED = 500
"""Changes that a follower is told one by one after it has missed them."""
LONGEST = timedelta(hours=1)
"""After so long a feed ends, and its follower comes again: rights that were lost meanwhile are noticed then."""
HEARTBEAT = timedelta(seconds=15)
"""Between two signs of life."""

_POLL_SECONDS = 0.5
_LEAST_POLL_SECONDS = 0.2
_SECONDS_AFTER_FAILURE = 2.0


class TooManyFollowers(TooManyRequests):
    """As many feeds are open from this address as may be."""

    code = "too_many_followers"


class FeedFull(Unavailable):
    """As many feeds are open at this worker as may be."""

    code = "feed_full"


# ── what the database knows ──

_WATCHED = select(
    TournamentRow.id,
    TournamentRow.version,
    TournamentRow.hide_results,
    TournamentRow.starts_at,
    TournamentRow.ends_at,
    TournamentRow.cancelled_at,
).where(among(TournamentRow.id, "ids"))

_earlier = aliased(ChangeRow)
_STATE_BEFORE = (
    select(_earlier.note)
    .where(
        _earlier.tournament_id == ChangeRow.tournament_id,
        _earlier.account_id == ChangeRow.account_id,
        _earlier.kind == NoticeKind.ENTRY.value,
        _earlier.number < ChangeRow.number,
    )
    .order_by(_earlier.number.desc())
    .limit(1)
    .scalar_subquery()
)
_HAS_LEFT = and_(
    ChangeRow.kind == NoticeKind.ENTRY.value,
    ChangeRow.note.in_([EntryState.WITHDRAWN.value, EntryState.REJECTED.value]),
)
_CHANGES = (
    select(
        ChangeRow.number,
        ChangeRow.kind,
        ChangeRow.changed_at,
        ChangeRow.account_id,
        name_of(ChangeRow.account_id),  # type: ignore[arg-type]  # where there is no account there is no name
        ChangeRow.submission_id,
        ChangeRow.note,
        case((_HAS_LEFT, _STATE_BEFORE), else_=null()),
    )
    .where(
        ChangeRow.tournament_id == bindparam("tournament"),
        ChangeRow.number > bindparam("after"),
        ChangeRow.number <= bindparam("upto"),
    )
    .order_by(ChangeRow.number)
    .limit(KEPT)
)


async def changes_between(
    connection: "Connection", tournament_id: TournamentId, after: int, upto: int
) -> Sequence[Change]:
    """The changes with numbers above `after` and up to `upto`, the first `KEPT` of them. One statement."""
    rows = await connection.all(_CHANGES, {"tournament": tournament_id, "after": after, "upto": upto})
    return [
        Change(
            number=number,
            kind=NoticeKind(kind),
            at=at,
            account_id=None if account is None else AccountId(account),
            name=name,
            submission_id=None if submission is None else SubmissionId(submission),
            note=note,
            before=None if before is None else EntryState(before),
        )
        for number, kind, at, account, name, submission, note, before in rows
    ]


# ── what a process knows ──


class Channel:
    """One tournament that is followed here: how it stands, and its latest changes."""

    def __init__(self, tournament: "Tournament", phase: Phase) -> None:
        self.id = tournament.id
        self.followers = 0
        self.hide_results = tournament.hide_results
        self.schedule = tournament.schedule
        self.number = tournament.version
        """Of the last change that is known here."""
        self.phase = phase
        """The phase that is known here; the clock may be ahead of it for a moment."""
        self.count = 0
        """How many changes there have been since this began, those of the clock included."""
        self.news = asyncio.Event()
        """Set at the next change, and then replaced."""
        self._kept: deque[tuple[Change, Phase]] = deque(maxlen=KEPT)

    def ring(self) -> None:
        """Wake those who wait for news."""
        self.news.set()
        self.news = asyncio.Event()

    def take(
        self, schedule: Schedule, changes: Sequence[Change], phase: Phase, *, version: int, hide_results: bool
    ) -> None:
        """Learn how the tournament stands now, and the changes up to `version`, or as many of them as are kept."""
        self.schedule, self.hide_results = schedule, hide_results
        self.count += version - self.number - len(changes)  # those that were too many to be kept
        fresh = list(in_order(changes, self.phase, phase, schedule, number=version - len(changes)))
        self._kept.extend(fresh)
        self.count += len(fresh)
        self.number, self.phase = version, phase
        if fresh:
            self.ring()

    def since(self, count: int) -> list[tuple[Change, Phase]] | None:
        """The changes after the first `count`; None if some of them are not kept any more."""
        missing = self.count - count
        kept = len(self._kept)
        return None if missing > kept else list(islice(self._kept, kept - missing, None))

    def notice_of(self, change: Change, viewer: Viewer) -> Notice | None:
        """What `viewer` is told of a change, as the tournament stands now."""
        return notice_of(change, viewer, hide_results=self.hide_results, phase=self.phase)


@dataclass(frozen=True, slots=True)
class Told:
    """What a follower is sent: a notice, or none as a sign of life, and the position that it has then."""

    notice: Notice | None
    position: Position


class Feed:
    """Everybody who follows a tournament at this worker. One a process."""

    def __init__(
        self,
        database: "Database",
        positions: Positions,
        *,
        per_address: int,
        in_all: int,
        heartbeat: timedelta = HEARTBEAT,
        clock: Clock = utc_now,
    ) -> None:
        """`per_address` and `in_all`: how many may follow at once. Addresses of this machine are not limited."""
        self.database = database
        self.positions = positions
        self.heartbeat = heartbeat
        self.clock = clock
        self.is_ending = False
        self._per_address = per_address
        self._in_all = in_all
        self._addresses: Counter[str] = Counter()
        self._channels: dict[TournamentId, Channel] = {}
        self._wake = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, platform: Platform) -> "Feed":
        """Built once, from the platform and its settings."""
        settings = platform.settings
        return cls(
            platform.database,
            Positions.of(platform),
            per_address=settings.feed_followers_per_address,
            in_all=settings.feed_followers_per_worker,
        )

    @asynccontextmanager
    async def following(
        self, tournament_id: int, account: "Account | None", *, address: str, after: Position | None = None
    ) -> AsyncIterator["Follower"]:
        """Follow a tournament while the block lasts. `after`: go on from there; None: begin with `resync`.

        Raises `TooManyFollowers`, `FeedFull` and `TournamentNotFound`.
        """
        with self._seat(address):
            async with self.database.read() as connection:
                tournament = await service.find_tournament(connection, tournament_id)
                is_host = await service.may_host(connection, tournament, account)
            viewer = Viewer(None if account is None else account.id, is_host)
            with self._channel(tournament) as channel:
                is_known = after is not None and after.number <= tournament.version
                yield Follower(self, channel, viewer, after if is_known else None)

    def wake(self, tournament_id: TournamentId) -> None:
        """This process has changed a tournament, and the change is committed: do not wait for the next look."""
        if tournament_id in self._channels:
            self._wake.set()

    def end(self) -> None:
        """Let all feeds end, for the server is about to: their followers come again."""
        self.is_ending = True
        for channel in self._channels.values():
            channel.ring()

    async def stop(self) -> None:
        """End, and look at the database no more."""
        self.end()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None

    @contextmanager
    def _seat(self, address: str) -> Iterator[None]:
        if self._addresses[address] >= self._per_address and not is_local(address):
            raise TooManyFollowers(
                f"{self._per_address} feeds are open from your address, which is as many as may be: close one of them.",
                retry_after=HEARTBEAT,
            )
        if self._addresses.total() >= self._in_all:
            raise FeedFull("Too many follow tournaments at the moment. Load the page from time to time instead.")
        self._addresses[address] += 1
        FEED_FOLLOWERS.inc()
        try:
            yield
        finally:
            FEED_FOLLOWERS.dec()
            self._addresses[address] -= 1
            self._addresses += Counter()  # without those who have gone

    @contextmanager
    def _channel(self, tournament: "Tournament") -> Iterator[Channel]:
        channel = self._channels.get(tournament.id)
        if channel is None:
            channel = Channel(tournament, tournament.schedule.phase(self.clock()))
            self._channels[tournament.id] = channel
        channel.followers += 1
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch(), name="feed of tournaments")
        try:
            yield channel
        finally:
            channel.followers -= 1
            if not channel.followers:
                del self._channels[tournament.id]

    async def _watch(self) -> None:
        while self._channels:
            pause = _POLL_SECONDS
            try:
                await self._look()
            except Exception:
                # The task must outlive a database that is away for a while.
                log.exception("feed_unavailable")
                pause = _SECONDS_AFTER_FAILURE
            await asyncio.sleep(_LEAST_POLL_SECONDS)  # so that many changes at once are one look
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()

    async def _look(self) -> None:
        """Learn what is new in all tournaments that are followed: one statement, and one for each that has changed."""
        async with self.database.read() as connection:
            rows = await connection.all(_WATCHED, {"ids": list(self._channels)})
            for id_, version, hide_results, starts_at, ends_at, cancelled_at in rows:
                channel = self._channels.get(TournamentId(id_))
                if channel is None:
                    continue  # nobody follows it any more
                changes: Sequence[Change] = ()
                if version > channel.number:
                    # Up to this version only: what is hidden from then on, these columns do not say.
                    after = max(channel.number, version - KEPT)
                    changes = await changes_between(connection, channel.id, after, version)
                schedule = Schedule(starts_at, ends_at, cancelled_at)
                phase = schedule.phase(self.clock())
                channel.take(schedule, changes, phase, version=version, hide_results=hide_results)


class Follower:
    """Somebody who follows a tournament (`Feed.following`)."""

    def __init__(self, feed: Feed, channel: Channel, viewer: Viewer, after: Position | None) -> None:
        self._feed = feed
        self._channel = channel
        self._viewer = viewer
        self._is_lost = after is None or after.given_at < feed.clock() - LIFETIME
        self._number = channel.number if after is None else after.number
        self._phase = channel.phase if after is None else after.phase
        self._count: int | None = None
        """How many of the channel's changes were read; None while the table has to be read first."""

    async def told(self) -> AsyncGenerator[Sequence[Told], None]:
        """What is sent, some at a time, until the feed ends: when the server does, after `LONGEST`, on failure."""
        over_at = time.monotonic() + LONGEST.total_seconds()
        beat_at = self._next_beat()
        while not self._feed.is_ending and time.monotonic() < over_at:
            news = self._channel.news
            try:
                changes, number, phase = await self._unread()
            except Exception:
                # The answer has long begun. Whoever comes again is told what is wrong, or finds all well.
                log.exception("feed_unavailable")
                return
            passed = [self._pass(change, phase_then) for change, phase_then in changes]
            self._reach(number, phase)
            told = [each for each in passed if each is not None]
            if told:
                yield told
                beat_at = self._next_beat()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(beat_at - time.monotonic()):
                    await news.wait()
            if time.monotonic() >= beat_at:
                yield [self._told(None)]
                beat_at = self._next_beat()

    async def _unread(self) -> tuple[Sequence[tuple[Change, Phase]], int, Phase]:
        """What was not read yet, and what number and phase the channel has reached with it."""
        channel = self._channel
        number, phase = channel.number, channel.phase
        kept = None if self._count is None else channel.since(self._count)
        self._count = channel.count
        if self._is_lost:
            self._is_lost = False
            return [self._resync()], number, phase
        return kept if kept is not None else await self._missed(number, phase, channel.schedule), number, phase

    async def _missed(self, upto: int, phase: Phase, schedule: Schedule) -> Sequence[tuple[Change, Phase]]:
        """What it was not told until change `upto` and may know, from the table; `resync` if that is too much."""
        found: list[Change] = []
        after = self._number
        async with self._feed.database.read() as connection:
            while after < upto:
                changes = await changes_between(connection, self._channel.id, after, upto)
                # Counted in what the follower may know: it must not see by a `resync` that there were others.
                found += [change for change in changes if self._channel.notice_of(change, self._viewer) is not None]
                if len(found) > MOST_MISSED:
                    return [self._resync()]
                after = changes[-1].number
        return list(in_order(found, self._phase, phase, schedule, number=self._number))

    def _resync(self) -> tuple[Change, Phase]:
        return Change(self._channel.number, NoticeKind.RESYNC, self._feed.clock()), self._channel.phase

    def _pass(self, change: Change, phase: Phase) -> Told | None:
        """Leave a change behind; returns what to tell of it."""
        # Where it comes from another worker, which the clock or the database has told more, it knows some already.
        is_known = change.number <= self._number and rank(phase) <= rank(self._phase)
        self._reach(change.number, phase)
        if is_known and change.kind is not NoticeKind.RESYNC:
            return None
        notice = self._channel.notice_of(change, self._viewer)
        return None if notice is None else self._told(notice)

    def _reach(self, number: int, phase: Phase) -> None:
        self._number = max(self._number, number)
        self._phase = max(self._phase, phase, key=rank)

    def _told(self, notice: Notice | None) -> Told:
        return Told(notice, Position(self._channel.id, self._number, self._phase, self._feed.clock()))

    def _next_beat(self) -> float:
        return time.monotonic() + self._feed.heartbeat.total_seconds()
