"""The archive of replays: what is stored once, what the host says about it, and that the standings follow."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from tengen.accounts.service import Account, Role
from tengen.core.database import Database, Transaction
from tengen.core.platform import Platform
from tengen.tournaments import archive, results, service
from tengen.tournaments.archive import (
    AlreadyDisqualified,
    NewSubmission,
    NotDisqualified,
    Stored,
    Submission,
    SubmissionNotFound,
)
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.models import ReplayRow, SubmissionRow
from tengen.tournaments.modes import InvalidData, Reason, Result, Score
from tengen.tournaments.service import InvalidReason, NotTournamentHost, Tournament, TournamentNotFound
from tengen.tournaments.submissions import Doubt
from tests.support.builders import an_account
from tests.tournaments.builders import (
    HOUR,
    MICROSECOND,
    MINUTE,
    NOON,
    Change,
    Counted,
    a_new_submission,
    a_player,
    a_stored_submission,
    a_tournament,
    attempt_behind,
    changes_of,
    now_of,
)

DURING = NOON + HOUR
END = NOON + 2 * HOUR


async def store(database: Database, tournament: Tournament, new: NewSubmission, content: bytes) -> Stored | InvalidData:
    """What came of storing, or the refusal."""
    try:
        async with database.write() as transaction:
            return await archive.store(transaction, await service.hold(transaction, tournament.id), new, content)
    except InvalidData as refusal:
        return refusal


def storing(tournament: Tournament, account: Account, **how: Any) -> Change:
    """A replay stored, as a change."""
    new, content = a_new_submission(account, **how)

    async def change(transaction: Transaction) -> None:
        await archive.store(transaction, await service.hold(transaction, tournament.id), new, content)

    return change


async def judge(
    database: Database,
    what: str,
    submission: Submission,
    by: Account | None = None,
    *,
    reason: str = "the clock disagrees",
    now: Any = DURING,
) -> Submission:
    """Disqualify or restore a submission."""
    async with database.write() as transaction:
        operation = {"disqualify": archive.disqualify, "restore": archive.restore}[what]
        return await operation(transaction, submission.tournament_id, submission.id, reason, by, now)


async def found(database: Database, tournament: Tournament, submission_id: int) -> Submission:
    async with database.read() as connection:
        return await archive.find_submission(connection, tournament.id, submission_id)


async def listed(database: Database, tournament: Tournament, **how: Any) -> list[Submission]:
    async with database.read() as connection:
        return await archive.list_submissions(connection, tournament.id, **how)


async def total_of(database: Database, tournament: Tournament) -> list[int]:
    """The sums of the standings, the best first."""
    async with database.read() as connection:
        page = await results.standings_page(connection, tournament.id, None, DURING)
    return [line.reached.total for line in page.lines]


async def counts(database: Database) -> tuple[int, int]:
    """How many replays and submissions are stored."""
    async with database.read() as connection:
        replays = await connection.one(select(func.count()).select_from(ReplayRow))
        submissions = await connection.one(select(func.count()).select_from(SubmissionRow))
    return replays[0], submissions[0]


# ── storing ──


async def test_what_is_stored_comes_back_as_it_was(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    player = await a_player(platform, tournament)
    new, content = a_new_submission(
        player,
        content=bytes(range(256)) * 3,
        level=Level.EXPERT,
        time=123_456_789,
        uploaded_at=DURING + MICROSECOND,
        replay_format="rmv",
        bbbv=2**40,
        software="Viennasweeper 🚀",
        player_name="Jörg ☂ #1",
        played_from=NOON - MICROSECOND,
        doubts=frozenset(Doubt),
    )
    stored = await store(database, tournament, new, content)
    assert isinstance(stored, Stored)
    submission = stored.submission
    assert {field.name: getattr(submission, field.name) for field in fields(new)} == {
        field.name: getattr(new, field.name) for field in fields(new)
    }
    assert (submission.tournament_id, submission.disqualified_at) == (tournament.id, None)
    assert stored.result == Result((Score(submission.id, Level.EXPERT, 123_456_789, new.uploaded_at),), wanted=3)
    assert await found(database, tournament, submission.id) == submission
    async with database.read() as connection:
        assert await archive.replay_content(connection, new.replay_hash) == content


async def test_a_submission_is_a_change_of_its_tournament(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    player = await a_player(platform, tournament)
    submission = await a_stored_submission(database, tournament, player, uploaded_at=DURING)
    change = (await changes_of(database, tournament))[-1]
    assert (change.kind, change.changed_at, change.note) == ("submission", DURING, None)
    assert (change.account_id, change.actor_id, change.submission_id) == (player.id, player.id, submission.id)


async def test_a_replay_costs_five_statements_in_a_tournament_that_is_held(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await a_player(platform, tournament)
    for _ in range(2):
        new, content = a_new_submission(player)
        async with platform.database.write() as transaction:
            held = await service.hold(transaction, tournament.id)
            with Counted() as counted:
                await archive.store(transaction, held, new, content)
        assert counted == [5]


SAME: list[tuple[dict[str, bytes], Reason]] = [
    ({"content": b"a replay", "game": b"a game"}, Reason.SAME_FILE),
    ({"content": b"a replay", "game": b"another game"}, Reason.SAME_FILE),
    ({"content": b"the game in other bytes", "game": b"a game"}, Reason.SAME_GAME),
]


@pytest.mark.parametrize(("again", "reason"), SAME)
@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_neither_bytes_nor_games_count_twice_and_nothing_of_the_second_stays(
    platform: Platform, again: dict[str, bytes], reason: Reason, *, is_elsewhere: bool
) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    await a_stored_submission(
        database, tournament, await a_player(platform, tournament), content=b"a replay", game=b"a game"
    )
    where = await a_tournament(database) if is_elsewhere else tournament
    thief = await a_player(platform, where)
    before = await now_of(database, where)
    new, content = a_new_submission(thief, **again)  # type: ignore[arg-type]
    refused = await store(database, where, new, content)
    assert isinstance(refused, InvalidData)
    assert refused.reason is reason
    assert await counts(database) == (1, 1)
    assert await now_of(database, where) == before
    assert len(await changes_of(database, where)) == before.version
    assert len(await total_of(database, where)) == (0 if is_elsewhere else 1)


@pytest.mark.parametrize(("again", "reason"), SAME)
@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_of_twenty_at_once_one_counts(
    platform: Platform, again: dict[str, bytes], reason: Reason, *, is_elsewhere: bool
) -> None:
    database = platform.database
    tournaments = [await a_tournament(database) for _ in range(4 if is_elsewhere else 1)]
    players = [
        await a_player(platform, tournament) for tournament in tournaments for _ in range(20 // len(tournaments))
    ]
    is_same_bytes, is_same_game = "content" in again and reason is Reason.SAME_FILE, again["game"] == b"a game"
    uploads = []
    for number, player in enumerate(players):
        content = b"a replay" if is_same_bytes else b"bytes %d" % number
        game = b"a game" if is_same_game else b"game %d" % number
        uploads.append(a_new_submission(player, content=content, game=game))
    where = [tournament for tournament in tournaments for _ in range(20 // len(tournaments))]
    answers = await asyncio.gather(*[store(database, one, *upload) for one, upload in zip(where, uploads, strict=True)])
    (stored,) = [answer for answer in answers if isinstance(answer, Stored)]
    assert [answer.reason for answer in answers if isinstance(answer, InvalidData)] == [reason] * 19
    assert await counts(database) == (1, 1)
    for tournament in tournaments:
        is_winner = tournament.id == stored.submission.tournament_id
        kinds = [change.kind for change in await changes_of(database, tournament)]
        assert kinds.count("submission") == (1 if is_winner else 0)
        assert await total_of(database, tournament) == ([stored.submission.time] if is_winner else [])


@pytest.mark.parametrize("content", [b"a replay", b"the game in other bytes"])
async def test_an_upload_elsewhere_waits_for_one_that_may_be_the_same(platform: Platform, content: bytes) -> None:
    database = platform.database
    one, other = await a_tournament(database), await a_tournament(database)
    ann, bob = await a_player(platform, one), await a_player(platform, other)
    first = storing(one, ann, content=b"a replay", game=b"a game")
    second = storing(other, bob, content=content, game=b"a game")
    assert await attempt_behind(database, first, second) == ("done", "invalid_data")
    assert await counts(database) == (1, 1)


async def test_what_was_taken_back_can_be_uploaded_again(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    player = await a_player(platform, tournament)
    new, content = a_new_submission(player)

    async def store_and_fail() -> None:
        async with database.write() as transaction:
            await archive.store(transaction, await service.hold(transaction, tournament.id), new, content)
            raise LookupError

    with pytest.raises(LookupError):
        await store_and_fail()
    assert await counts(database) == (0, 0)
    assert isinstance(await store(database, tournament, new, content), Stored)


# ── finding ──


async def test_submissions_are_listed_in_the_order_in_which_they_came_in(platform: Platform) -> None:
    database = platform.database
    tournament, other = await a_tournament(database), await a_tournament(database)
    ann, bob = await a_player(platform, tournament), await a_player(platform, tournament)
    await a_stored_submission(database, other, await a_player(platform, other))
    made = [await a_stored_submission(database, tournament, player, time=9) for player in (ann, bob, ann, bob, ann)]
    assert await listed(database, tournament) == made
    assert await listed(database, tournament, of=[ann.id]) == made[::2]
    assert await listed(database, tournament, of=[ann.id, bob.id]) == made
    assert await listed(database, tournament, of=[]) == []
    assert await listed(database, tournament, of=[(await an_account(database)).id]) == []
    pages: list[Submission] = []
    while page := await listed(database, tournament, after_id=pages[-1].id if pages else 0, limit=2):
        assert len(page) <= 2
        pages += page
    assert pages == made
    async with database.read() as connection:
        with Counted() as counted:
            await archive.list_submissions(connection, tournament.id, of=[ann.id], limit=3)
            await archive.find_submission(connection, tournament.id, made[0].id)
        assert counted == [2]


async def test_a_submission_is_found_in_its_own_tournament_alone(platform: Platform) -> None:
    database = platform.database
    tournament, other = await a_tournament(database), await a_tournament(database)
    submission = await a_stored_submission(database, tournament, await a_player(platform, tournament))
    for where, number in ((other, submission.id), (tournament, 404), (tournament, 0), (tournament, 2**63 - 1)):
        with pytest.raises(SubmissionNotFound):
            await found(database, where, number)


# ── judging ──


@pytest.mark.parametrize("now", [DURING, END, END + 1000 * HOUR])
async def test_a_host_disqualifies_and_restores_also_after_the_end(platform: Platform, now: Any) -> None:
    database = platform.database
    host = await an_account(database)
    tournament = await a_tournament(database, host=host)
    player = await a_player(platform, tournament)
    slow = await a_stored_submission(database, tournament, player, time=2000)
    fast = await a_stored_submission(database, tournament, player, time=1000)
    assert await total_of(database, tournament) == [1000]

    out = await judge(database, "disqualify", fast, host, reason="  a hint from ☂ ", now=now)
    assert out == replace(fast, disqualified_at=now, disqualified_reason="a hint from ☂")
    assert await found(database, tournament, fast.id) == out
    assert await found(database, tournament, slow.id) == slow
    assert await total_of(database, tournament) == [2000]

    back = await judge(database, "restore", fast, host, reason="a mistake", now=now + MINUTE)
    assert back == fast == await found(database, tournament, fast.id)
    assert await total_of(database, tournament) == [1000]

    *_, first, second = await changes_of(database, tournament)
    assert [(change.kind, change.changed_at, change.note) for change in (first, second)] == [
        ("disqualified", now, "a hint from ☂"),
        ("restored", now + MINUTE, "a mistake"),
    ]
    for change in (first, second):
        assert (change.account_id, change.actor_id, change.submission_id) == (player.id, host.id, fast.id)


async def test_operators_and_administrators_judge_as_the_host_does(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    admin = await an_account(database, roles=(Role.ADMIN,))
    submission = await a_stored_submission(database, tournament, await a_player(platform, tournament))
    await judge(database, "disqualify", submission, None)
    await judge(database, "restore", submission, admin)
    assert [change.actor_id for change in (await changes_of(database, tournament))[-2:]] == [None, admin.id]


async def test_nobody_else_judges(platform: Platform) -> None:
    database = platform.database
    tournament, other_host = await a_tournament(database), await an_account(database, roles=(Role.MODERATOR, Role.HOST))
    await a_tournament(database, host=other_host)
    player, rival = await a_player(platform, tournament), await a_player(platform, tournament)
    submission = await a_stored_submission(database, tournament, player)
    for what in ("disqualify", "restore"):
        before = await now_of(database, tournament)
        for stranger in (player, rival, other_host):
            with pytest.raises(NotTournamentHost):
                await judge(database, what, submission, stranger)
        assert await now_of(database, tournament) == before
        if what == "disqualify":
            submission = await judge(database, what, submission)


async def test_what_is_so_already_is_refused_and_stays_as_it_was(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    submission = await a_stored_submission(database, tournament, await a_player(platform, tournament))
    with pytest.raises(NotDisqualified):
        await judge(database, "restore", submission)
    out = await judge(database, "disqualify", submission, reason="first")
    before = await now_of(database, tournament)
    with pytest.raises(AlreadyDisqualified):
        await judge(database, "disqualify", submission, reason="second", now=END)
    assert await found(database, tournament, submission.id) == out
    assert await now_of(database, tournament) == before


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "a\0b", "\ud800", "x" * 501])
@pytest.mark.parametrize("what", ["disqualify", "restore"])
async def test_a_reason_has_to_be_given(platform: Platform, what: str, reason: str) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    submission = await a_stored_submission(database, tournament, await a_player(platform, tournament))
    if what == "restore":
        submission = await judge(database, "disqualify", submission)
    with pytest.raises(InvalidReason):
        await judge(database, what, submission, reason=reason)
    assert await found(database, tournament, submission.id) == submission


async def test_what_is_not_there_cannot_be_judged(platform: Platform) -> None:
    database = platform.database
    tournament, other = await a_tournament(database), await a_tournament(database)
    submission = await a_stored_submission(database, tournament, await a_player(platform, tournament))
    nowhere: Sequence[tuple[dict[str, Any], type[Exception]]] = (
        ({"tournament_id": other.id}, SubmissionNotFound),
        ({"id": 404}, SubmissionNotFound),
        ({"tournament_id": TournamentId(404)}, TournamentNotFound),
    )
    for change, refusal in nowhere:
        for what in ("disqualify", "restore"):
            with pytest.raises(refusal):
                await judge(database, what, replace(submission, **change))
    assert (await now_of(database, other)).version == 1


async def test_of_two_hosts_who_disqualify_at_once_the_second_hears_of_the_first(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    submission = await a_stored_submission(database, tournament, await a_player(platform, tournament))
    before = (await now_of(database, tournament)).version
    out: Change = lambda t: archive.disqualify(t, tournament.id, submission.id, "a doubt", None, DURING)  # noqa: E731  # a change
    assert await attempt_behind(database, out, out) == ("done", "already_disqualified")
    assert len(await changes_of(database, tournament)) == before + 1


async def test_a_game_that_is_disqualified_counts_no_second_time_either(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    player = await a_player(platform, tournament)
    submission = await a_stored_submission(database, tournament, player, content=b"a replay", game=b"a game")
    await judge(database, "disqualify", submission)
    for content, reason in ((b"a replay", Reason.SAME_FILE), (b"other bytes", Reason.SAME_GAME)):
        refused = await store(database, tournament, *a_new_submission(player, content=content, game=b"a game"))
        assert isinstance(refused, InvalidData)
        assert refused.reason is reason


async def test_bytes_are_kept_under_their_own_hash(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    await a_stored_submission(database, tournament, await a_player(platform, tournament), content=b"a replay")
    async with database.read() as connection:
        (row,) = await connection.all(select(ReplayRow.hash, ReplayRow.content))
    assert (row.hash, row.content) == (hashlib.sha256(b"a replay").digest(), b"a replay")


async def test_a_replay_that_is_referred_to_cannot_be_lost(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    await a_stored_submission(database, tournament, await a_player(platform, tournament))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with database.write() as transaction:
            await transaction.run(delete(ReplayRow))
    assert await counts(database) == (1, 1)
