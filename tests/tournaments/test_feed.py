"""The feed of a tournament: every change, in order, once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import insert, update

from tengen.accounts.service import Account, Role
from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.tournaments import feed as feeds
from tengen.tournaments import service
from tengen.tournaments.entries import Step
from tengen.tournaments.feed import KEPT, MOST_MISSED, Feed, FeedFull, TooManyFollowers
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.models import ChangeRow, TournamentRow
from tengen.tournaments.notices import Change, NoticeKind
from tengen.tournaments.positions import LIFETIME, Position, Positions
from tengen.tournaments.schedule import Phase
from tengen.tournaments.service import Kind, Noted, Tournament, TournamentNotFound
from tests.support.builders import an_account
from tests.support.waiting import until
from tests.tournaments.builders import HOUR, MINUTE, NOON, SECOND
from tests.tournaments.feeds import a_change, a_tournament, change, follow


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON + MINUTE

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A minute after the start."""
    return Clock()


@pytest.fixture
async def feed(platform: Platform, clock: Clock) -> AsyncIterator[Feed]:
    """The feed of this process."""
    feed = another_feed(platform, clock)
    yield feed
    await feed.stop()


def another_feed(platform: Platform, clock: Clock, *, heartbeat: timedelta = HOUR) -> Feed:
    return Feed(platform.database, Positions.of(platform), per_address=3, in_all=5, heartbeat=heartbeat, clock=clock)


@pytest.fixture
async def host(database: Database) -> Account:
    return await an_account(database)


@pytest.fixture
async def cup(database: Database, host: Account) -> Tournament:
    """A tournament that runs."""
    return await a_tournament(database, host.id)


async def many_changes(database: Database, cup: Tournament, count: int, *, account_id: AccountId | None = None) -> None:
    """So many submissions at once."""
    async with database.write() as transaction:
        first = (await service.hold(transaction, cup.id)).version
        values = {"kind": "submission", "changed_at": NOON + MINUTE, "tournament_id": cup.id, "account_id": account_id}
        rows = [values | {"number": first + number} for number in range(count)]
        await transaction.run(insert(ChangeRow), rows)
        await transaction.run(update(TournamentRow).where(TournamentRow.id == cup.id).values(version=first + count - 1))


async def test_changes_are_numbered_without_gaps_however_many_were_expected(
    database: Database, cup: Tournament
) -> None:
    before = await a_change(database, cup)
    change = Noted(kind=Kind.SUBMISSION, at=NOON + MINUTE, actor_id=None)
    for expected, made in ((5, 5), (5, 2), (2, 5), (5, 0)):
        async with database.write() as transaction:
            held = await service.hold(transaction, cup.id, expected=expected)
            assert held.version == before + 1
            if made:
                await service.note(transaction, held, *[change] * made, expected=expected)
            else:
                await service.let_go(transaction, held, expected=expected)
        before += made
    assert await a_change(database, cup) == before + 1


# ── as it happens ──


async def test_a_change_is_told_to_all_who_follow_in_the_same_order(
    database: Database, feed: Feed, cup: Tournament
) -> None:
    async with follow(feed, cup) as one, follow(feed, cup) as other:
        made = [await a_change(database, cup) for _ in range(5)]
        made += await asyncio.gather(*(a_change(database, cup) for _ in range(5)))
        heard = [[told.position.number for told in await ear.hear(10)] for ear in (one, other)]
    assert heard == [sorted(made)] * 2 == [list(range(2, 12))] * 2


async def test_a_wake_tells_of_a_change_at_once(
    database: Database, feed: Feed, cup: Tournament, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_POLL_SECONDS", 3600.0)
    async with follow(feed, cup) as ear:
        for _ in range(5):
            await a_change(database, cup)
            feed.wake(cup.id)
            assert await ear.kinds(1) == ["submission"]


async def test_a_follower_hears_only_of_its_own_tournament(
    database: Database, feed: Feed, cup: Tournament, host: Account
) -> None:
    other_cup = await a_tournament(database, host.id)
    async with follow(feed, cup) as ear, follow(feed, other_cup) as other:
        await a_change(database, other_cup, Kind.DISQUALIFIED)
        await a_change(database, cup, Kind.RESTORED)
        assert await other.kinds(1) == ["disqualified"]
        assert await ear.kinds(1) == ["restored"]


async def test_start_and_end_are_told_though_nothing_is_written(feed: Feed, clock: Clock, cup: Tournament) -> None:
    clock.now = NOON - SECOND
    async with follow(feed, cup) as ear:
        for moment, kind in ((NOON, "started"), (NOON + 2 * HOUR, "ended")):
            clock.now = moment + SECOND
            feed.wake(cup.id)
            (told,) = await ear.hear(1)
            assert told.notice is not None
            assert (told.notice.kind, told.notice.at) == (kind, moment)


async def test_who_begins_and_ceases_to_take_part_is_told(
    database: Database, feed: Feed, clock: Clock, host: Account
) -> None:
    cup = await a_tournament(database, host.id, open_entry=False)
    ann, bob = await an_account(database), await an_account(database)
    clock.now = now = NOON - MINUTE
    steps = [
        (ann, Step.REQUEST, ann),
        (ann, Step.CONFIRM, host),
        (bob, Step.REQUEST, bob),
        (bob, Step.WITHDRAW, bob),
        (ann, Step.WITHDRAW, ann),
        (bob, Step.INVITE, host),
        (bob, Step.ACCEPT, bob),
        (bob, Step.REJECT, host),
    ]
    async with AsyncExitStack() as stack:
        public, bobs, hosts = [await stack.enter_async_context(follow(feed, cup, who)) for who in (None, bob, host)]
        for entrant, step, by in steps:
            async with database.write() as transaction:
                await service.take_step(transaction, cup.id, entrant.id, step, by, now)
        seen = []
        for ear, count in ((public, 4), (bobs, 7), (hosts, 8)):
            notices = [told.notice for told in await ear.hear(count)]
            seen.append([(notice.account_id, str(notice.state)) for notice in notices if notice is not None])
    of_ann = [(ann.id, "participating"), (ann.id, "none")]
    assert seen[0] == [*of_ann, (bob.id, "participating"), (bob.id, "none")]
    of_bob = [(bob.id, state) for state in ("requested", "withdrawn", "invited", "participating", "rejected")]
    assert seen[1] == [of_ann[0], *of_bob[:2], of_ann[1], *of_bob[2:]]
    assert seen[2] == [
        (ann.id, "requested"),
        of_ann[0],
        *of_bob[:2],
        (ann.id, "withdrawn"),
        *of_bob[2:],
    ]


async def test_what_else_an_account_did_does_not_matter_when_it_ceases_to_take_part(
    database: Database, feed: Feed, cup: Tournament, host: Account
) -> None:
    about = {"account_id": host.id}
    async with follow(feed, cup) as ear:
        await a_change(database, cup, Kind.ENTRY, text="participating", **about)
        await a_change(database, cup, Kind.DISQUALIFIED, text="Another's video", **about)
        await a_change(database, cup, Kind.ENTRY, text="rejected", **about)
        assert await ear.kinds(3) == ["entry", "disqualified", "entry"]


async def test_a_notice_names_its_account(database: Database, feed: Feed, cup: Tournament) -> None:
    ann = await an_account(database, display_name="Ann of the feed")
    async with follow(feed, cup) as ear:
        await a_change(database, cup, Kind.DISQUALIFIED, account_id=ann.id, text="Another's video")
        (told,) = await ear.hear(1)
    assert told.notice is not None
    notice = told.notice
    assert (notice.account_id, notice.name, notice.reason) == (ann.id, "Ann of the feed", "Another's video")
    assert notice.at == NOON + MINUTE


async def test_a_cancelled_tournament_does_not_end_a_second_time(
    database: Database, feed: Feed, clock: Clock, cup: Tournament, host: Account
) -> None:
    async with follow(feed, cup) as ear:
        async with database.write() as transaction:
            await service.cancel(transaction, cup.id, "No electricity", host, clock.now)
        (told,) = await ear.hear(1)
        assert told.notice is not None
        assert (told.notice.kind, told.notice.reason) == (NoticeKind.CANCELLED, "No electricity")
        clock.now = NOON + 3 * HOUR
        await a_change(database, cup, Kind.EDITED)
        assert await ear.kinds(1) == ["edited"]


# ── hidden results ──


@pytest.fixture
async def hidden_cup(database: Database, host: Account) -> Tournament:
    """A tournament that runs, and shows results to its host alone."""
    return await a_tournament(database, host.id, hide_results=True)


async def test_hidden_results_are_told_to_host_administrators_and_their_owners(
    database: Database, feed: Feed, hidden_cup: Tournament, host: Account
) -> None:
    ann, bob = await an_account(database), await an_account(database)
    admin = await an_account(database, roles=(Role.ADMIN,))
    async with AsyncExitStack() as stack:
        followers = [None, bob, ann, host, admin]
        ears = [await stack.enter_async_context(follow(feed, hidden_cup, who)) for who in followers]
        await a_change(database, hidden_cup, account_id=ann.id)
        await a_change(database, hidden_cup, Kind.EDITED)
        for ear in ears[:2]:
            assert await ear.kinds(1) == ["edited"]
        for ear in ears[2:]:
            assert await ear.kinds(2) == ["submission", "edited"]


async def test_signs_of_life_come_by_the_clock_whatever_is_hidden(
    database: Database, platform: Platform, clock: Clock, hidden_cup: Tournament
) -> None:
    feed = another_feed(platform, clock, heartbeat=timedelta(seconds=0.5))

    async def change_all_the_time() -> None:
        while True:
            await a_change(database, hidden_cup)
            feed.wake(hidden_cup.id)
            await asyncio.sleep(0.05)

    async with follow(feed, hidden_cup) as ear:
        changing = asyncio.create_task(change_all_the_time())
        started = asyncio.get_running_loop().time()
        told = [await ear.next() for _ in range(3)]
        assert asyncio.get_running_loop().time() - started > 1.4  # they are not hastened
        changing.cancel()
    await feed.stop()
    assert [each.notice for each in told] == [None] * 3
    numbers = [each.position.number for each in told]
    assert hidden_cup.version < numbers[0] < numbers[2]  # what was passed over is not looked for again


async def test_what_becomes_hidden_in_the_moment_of_a_look_is_not_told(
    database: Database, feed: Feed, cup: Tournament, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = feeds.changes_between

    async def changes_between(*where: Any) -> Sequence[Change]:
        monkeypatch.undo()
        async with database.write() as transaction:
            await transaction.run(update(TournamentRow).where(TournamentRow.id == cup.id).values(hide_results=True))
            await change(transaction, cup.id, Kind.EDITED)
        await a_change(database, cup, Kind.DISQUALIFIED)
        return await original(*where)

    async with follow(feed, cup) as ear:
        monkeypatch.setattr(feeds, "changes_between", changes_between)
        await a_change(database, cup)
        assert await ear.kinds(2) == ["submission", "edited"]
        await a_change(database, cup, Kind.EDITED)
        assert await ear.kinds(1) == ["edited"]


async def test_however_much_is_hidden_nobody_is_told_to_load_anew(
    database: Database, feed: Feed, hidden_cup: Tournament, clock: Clock
) -> None:
    ann = await an_account(database)
    await many_changes(database, hidden_cup, 2 * MOST_MISSED, account_id=ann.id)
    await a_change(database, hidden_cup, Kind.EDITED)
    here = Position(hidden_cup.id, hidden_cup.version, Phase.RUNNING, clock.now)
    async with follow(feed, hidden_cup, after=here) as stranger:
        assert await stranger.kinds(1) == ["edited"]
    async with follow(feed, hidden_cup, ann, after=here) as owner:
        assert await owner.kinds(1) == ["resync"]


async def test_hidden_changes_that_were_missed_are_not_looked_for_again(
    database: Database, platform: Platform, hidden_cup: Tournament, clock: Clock
) -> None:
    feed = another_feed(platform, clock, heartbeat=timedelta(seconds=0.1))
    last = [await a_change(database, hidden_cup) for _ in range(3)][-1]
    here = Position(hidden_cup.id, hidden_cup.version, Phase.RUNNING, clock.now)
    async with follow(feed, hidden_cup, after=here) as ear:
        told = await ear.next()
    await feed.stop()
    assert (told.notice, told.position.number) == (None, last)


async def test_results_are_told_once_the_tournament_is_over(
    database: Database, feed: Feed, clock: Clock, hidden_cup: Tournament
) -> None:
    async with follow(feed, hidden_cup) as ear:
        await a_change(database, hidden_cup)
        await a_change(database, hidden_cup, Kind.EDITED)
        assert await ear.kinds(1) == ["edited"]
        clock.now = NOON + 2 * HOUR
        await a_change(database, hidden_cup, at=clock.now - SECOND)  # it was on its way when the time was over
        await a_change(database, hidden_cup, Kind.DISQUALIFIED, at=clock.now)
        feed.wake(hidden_cup.id)
        assert await ear.kinds(3) == ["submission", "ended", "disqualified"]


# ── coming again ──


async def test_who_comes_again_is_told_what_it_has_missed_and_nothing_twice(
    database: Database, feed: Feed, cup: Tournament
) -> None:
    heard: list[int] = []
    async with follow(feed, cup) as ear:
        first = await a_change(database, cup)
        (told,) = await ear.hear(1)
        heard.append(told.position.number)
    for _ in range(3):
        await a_change(database, cup)
        await a_change(database, cup)
        async with follow(feed, cup, after=told.position) as ear:
            await a_change(database, cup)
            missed = await ear.hear(3)
            heard += [told.position.number for told in missed]
            told = missed[-1]
    assert heard == list(range(first, first + 10))


async def test_start_and_end_are_among_what_was_missed(
    database: Database, feed: Feed, clock: Clock, cup: Tournament
) -> None:
    for at in (NOON - SECOND, NOON + SECOND, NOON + 3 * HOUR):
        await a_change(database, cup, at=at)
    clock.now = NOON + 4 * HOUR
    here = Position(cup.id, cup.version, Phase.UPCOMING, clock.now)
    async with follow(feed, cup, after=here) as ear:
        told = await ear.hear(5)
    kinds = [item.notice.kind.value for item in told if item.notice is not None]
    assert kinds == ["submission", "started", "submission", "ended", "submission"]
    async with follow(feed, cup, after=told[1].position) as ear:
        assert await ear.kinds(3) == kinds[2:]


async def test_a_position_from_a_worker_that_knows_more_is_gone_on_from(
    database: Database, platform: Platform, clock: Clock, cup: Tournament
) -> None:
    slow = another_feed(platform, clock)
    async with follow(slow, cup):
        numbers = [await a_change(database, cup) for _ in range(3)]
        here = Position(cup.id, numbers[1], Phase.ENDED, clock.now)  # and its clock is ahead, too
        async with follow(slow, cup, after=here) as ear:
            clock.now = NOON + 3 * HOUR
            slow.wake(cup.id)
            (told,) = await ear.hear(1)
            assert told.position.number == numbers[2]
            await a_change(database, cup, Kind.EDITED)
            assert await ear.kinds(1) == ["edited"]
    await slow.stop()


async def test_a_position_that_never_was_begins_anew(
    database: Database, feed: Feed, cup: Tournament, clock: Clock
) -> None:
    beyond = Position(cup.id, cup.version + 1, Phase.RUNNING, clock.now)
    async with follow(feed, cup, after=beyond) as ear:
        assert await ear.kinds(1) == ["resync"]
        await a_change(database, cup)
        assert await ear.kinds(1) == ["submission"]


async def test_a_position_holds_for_an_hour(database: Database, feed: Feed, cup: Tournament, clock: Clock) -> None:
    await a_change(database, cup)
    for age, kind in ((LIFETIME, "submission"), (LIFETIME + SECOND, "resync")):
        here = Position(cup.id, cup.version, Phase.RUNNING, clock.now - age)
        async with follow(feed, cup, after=here) as ear:
            assert await ear.kinds(1) == [kind]


@pytest.mark.parametrize(
    ("missed", "kinds"), [(MOST_MISSED, ["submission"] * MOST_MISSED), (MOST_MISSED + 1, ["resync"])]
)
async def test_too_much_to_tell_is_told_by_loading_anew(
    database: Database, feed: Feed, cup: Tournament, clock: Clock, missed: int, kinds: list[str]
) -> None:
    await many_changes(database, cup, missed)
    here = Position(cup.id, cup.version, Phase.RUNNING, clock.now)
    async with follow(feed, cup, after=here) as ear:
        assert await ear.kinds(len(kinds)) == kinds
        number = await a_change(database, cup, Kind.EDITED)
        (told,) = await ear.hear(1)
        assert told.position.number == number


# ── slow followers ──


async def test_who_does_not_listen_for_long_reads_what_it_missed_or_loads_anew(
    database: Database, feed: Feed, cup: Tournament
) -> None:
    async with follow(feed, cup) as quick, follow(feed, cup) as slow:
        for _ in range(3):
            await many_changes(database, cup, KEPT // 2)
            feed.wake(cup.id)
            await quick.hear(KEPT // 2)
        last = cup.version + 3 * (KEPT // 2)
        (told,) = await slow.hear(1)
        assert told.notice is not None
        assert (told.notice.kind, told.position.number) == (NoticeKind.RESYNC, last)
        await many_changes(database, cup, KEPT)
        feed.wake(cup.id)
        assert [told.position.number for told in await slow.hear(KEPT)] == list(range(last + 1, last + KEPT + 1))


async def test_more_changes_at_once_than_are_kept_are_told_by_loading_anew(
    database: Database, feed: Feed, cup: Tournament
) -> None:
    async with follow(feed, cup) as ear:
        await many_changes(database, cup, KEPT + 2)
        assert await ear.kinds(1) == ["resync"]
        await a_change(database, cup, Kind.EDITED)
        assert await ear.kinds(1) == ["edited"]


# ── the end, and what it leaves ──


def watchers() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "feed of tournaments"]


def followers() -> float:
    return REGISTRY.get_sample_value("tengen_feed_followers") or 0.0


async def test_one_task_watches_for_all_and_none_for_nobody(
    database: Database, feed: Feed, cup: Tournament, host: Account
) -> None:
    assert watchers() == []
    other_cup = await a_tournament(database, host.id)
    async with follow(feed, cup), follow(feed, cup), follow(feed, other_cup):
        assert len(watchers()) == 1
        assert followers() == 3
    await until(lambda: watchers() == [])
    assert followers() == 0
    async with follow(feed, cup) as ear:
        await a_change(database, cup)
        assert await ear.kinds(1) == ["submission"]


async def test_a_look_is_one_statement_for_all_tournaments(database: Database, feed: Feed, host: Account) -> None:
    cups = [await a_tournament(database, host.id) for _ in range(4)]
    counter = [0]
    statements_executed.set(counter)  # the watcher is begun with it
    async with AsyncExitStack() as stack:
        for cup in cups:
            await stack.enter_async_context(follow(feed, cup))
        counter[0] = 0
        feed.wake(cup.id)
        await until(lambda: counter[0] > 0)
        await asyncio.sleep(0.2)
        assert counter[0] < len(cups)  # there may have been a second look by now


async def test_all_feeds_end_when_the_server_does(feed: Feed, cup: Tournament) -> None:
    async with follow(feed, cup) as one, follow(feed, cup) as other:
        feed.end()
        assert await one.rest() == await other.rest() == []
    await feed.stop()
    assert watchers() == []


async def test_a_feed_ends_after_an_hour(feed: Feed, cup: Tournament, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LONGEST", timedelta(seconds=0.2))
    feed.heartbeat = timedelta(seconds=0.05)
    async with follow(feed, cup) as ear:
        rest = await ear.rest()
    assert rest
    assert all(told.notice is None for told in rest)


async def test_a_feed_outlives_a_database_that_is_away(
    database: Database, feed: Feed, cup: Tournament, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_SECONDS_AFTER_FAILURE", 0.05)
    async with follow(feed, cup) as ear:
        with monkeypatch.context() as patch:
            patch.setattr(database, "read", lambda: 1 / 0)
            feed.wake(cup.id)
            await asyncio.sleep(0.3)
        await a_change(database, cup)
        assert await ear.kinds(1) == ["submission"]


async def test_a_follower_whose_past_cannot_be_read_comes_again(
    database: Database, feed: Feed, cup: Tournament, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_change(database, cup)
    here = Position(cup.id, cup.version, Phase.RUNNING, clock.now)
    async with follow(feed, cup, after=here) as ear:
        with monkeypatch.context() as patch:
            patch.setattr(database, "read", lambda: 1 / 0)
            assert await ear.rest() == []
    async with follow(feed, cup, after=here) as ear:
        assert await ear.kinds(1) == ["submission"]


# ── refusals ──


async def test_nobody_follows_what_is_no_tournament(feed: Feed) -> None:
    with pytest.raises(TournamentNotFound):
        async with feed.following(TournamentId(404), None, address="127.0.0.1"):
            pass
    assert followers() == 0


async def test_an_address_follows_no_more_than_it_may(feed: Feed, cup: Tournament) -> None:
    far, farther = "203.0.113.7", "203.0.113.8"
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(follow(feed, cup, address=far))
        with pytest.raises(TooManyFollowers):
            await stack.enter_async_context(follow(feed, cup, address=far))
        await stack.enter_async_context(follow(feed, cup, address=farther))
    async with follow(feed, cup, address=far):
        assert followers() == 1


async def test_a_worker_has_no_more_followers_than_it_may(feed: Feed, cup: Tournament) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(follow(feed, cup))
        with pytest.raises(FeedFull):
            await stack.enter_async_context(follow(feed, cup))
        assert followers() == 5
    assert followers() == 0
