"""The sample's replays go the way of all uploads, and what was interrupted goes on."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from statistics import mean

import pytest

from tengen.core.platform import Platform
from tengen.demo.minesweeper_sample import Contest, Disqualification, MinesweeperSample, SampleStep, undone_steps
from tengen.demo.minesweeper_uploads import take_steps
from tengen.tournaments import archive, results, service
from tengen.tournaments.archive import Submission
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.service import Kind
from tengen.tournaments.standings import Line
from tengen.tournaments.submissions import Doubt
from tests.demo.builders import settled_tournaments
from tests.support.builders import NOON
from tests.tournaments.builders import HOUR, a_player, a_stored_submission, changes_of

PLAUSIBLE = {Level.BEGINNER: (3, 30), Level.INTERMEDIATE: (20, 120), Level.EXPERT: (60, 300)}
"""Seconds that people take."""


async def undone(platform: Platform, sample: MinesweeperSample) -> Sequence[SampleStep]:
    async with platform.database.read() as connection:
        return await undone_steps(connection, sample)


async def submissions_of(platform: Platform, contest: Contest) -> list[Submission]:
    async with platform.database.read() as connection:
        return await archive.list_submissions(connection, TournamentId(contest.id))


async def standings_of(platform: Platform, contest: Contest) -> list[Line]:
    async with platform.database.read() as connection:
        return (await results.standings_page(connection, contest.id, None, NOON)).lines


@pytest.fixture
async def sample(platform: Platform) -> MinesweeperSample:
    """Tournaments in which everything has happened, in four parts with an interruption between any two."""
    sample = await settled_tournaments(platform)
    steps = await undone(platform, sample)
    judged = next(number for number, step in enumerate(steps) if isinstance(step, Disqualification))
    done = 0
    for until in (3, judged, judged + 2, len(steps)):
        left = await undone(platform, sample)
        assert left == steps[done:]
        await take_steps(platform, sample, left[: until - done])
        done = until
    return sample


async def test_what_was_interrupted_goes_on_and_nothing_is_done_twice(
    platform: Platform, sample: MinesweeperSample
) -> None:
    assert await undone(platform, sample) == []
    kinds: Counter[str] = Counter()
    for contest in (sample.sprint, sample.fortnight):
        async with platform.database.read() as connection:
            tournament = await service.find_tournament(connection, contest.id)
        changes = await changes_of(platform.database, tournament)
        assert [change.changed_at for change in changes] == sorted(change.changed_at for change in changes)
        kinds.update(change.kind for change in changes)
        times = [submission.uploaded_at for submission in await submissions_of(platform, contest)]
        assert times == sorted(set(times))
        kinds[Kind.SUBMISSION] -= len(times)
    assert (kinds[Kind.SUBMISSION], kinds[Kind.DISQUALIFIED]) == (0, 1)


async def test_the_tournaments_look_as_if_people_had_played(platform: Platform, sample: MinesweeperSample) -> None:
    over, running = await standings_of(platform, sample.sprint), await standings_of(platform, sample.fortnight)
    assert (len(over), len(running)) == (len(sample.sprint.player_ids), len(sample.fortnight.player_ids))
    assert {line.reached.missing for line in over} == {0}
    assert {line.reached.missing for line in running} == {0, 1}, "some have not played all levels yet"
    first: list[float] = []
    later: list[float] = []
    for contest in (sample.sprint, sample.fortnight):
        submissions = await submissions_of(platform, contest)
        assert {submission.software for submission in submissions} == {"Arbiter", "Viennasweeper"}
        before: Counter[tuple[int, Level]] = Counter()
        for submission in submissions:
            shortest, longest = PLAUSIBLE[submission.level]
            assert shortest <= submission.time / 1000 <= longest
            assert submission.player_name == submission.name
            assert submission.key_made_at + timedelta(milliseconds=submission.time) < submission.uploaded_at
            assert not submission.doubts or submission.disqualified_at is not None
            played = (submission.account_id, submission.level)
            (later if before[played] else first).append(submission.bbbv / submission.time)
            before[played] += 1
    assert mean(later) > 1.05 * mean(first)


async def test_the_host_has_disqualified_one_game_that_was_too_good(
    platform: Platform, sample: MinesweeperSample
) -> None:
    submissions = await submissions_of(platform, sample.sprint)
    (judged,) = (submission for submission in submissions if submission.disqualified_at is not None)
    assert judged.disqualified_reason is not None
    assert "two days before" in judged.disqualified_reason
    assert judged.doubts == {Doubt.STARTED_BEFORE_KEY}
    own = [other.time for other in submissions if other.account_id == judged.account_id and other != judged]
    assert judged.time < min(own)
    lines = await standings_of(platform, sample.sprint)
    (line,) = (line for line in lines if line.account_id == judged.account_id)
    assert judged.id not in {score.submission_id for score in line.reached.result.counting}
    async with platform.database.read() as connection:
        tournament = await service.find_tournament(connection, sample.sprint.id)
    last = (await changes_of(platform.database, tournament))[-1]
    assert (last.kind, last.actor_id, last.submission_id) == (Kind.DISQUALIFIED, sample.host_id, judged.id)


async def test_two_processes_that_do_the_same_at_once_disturb_nobody(platform: Platform) -> None:
    sample = await settled_tournaments(platform)
    steps = (await undone(platform, sample))[:12]
    told: list[int] = []
    await asyncio.gather(
        take_steps(platform, sample, steps, progress=told.append),
        take_steps(platform, sample, steps, progress=told.append),
    )
    assert sorted(told) == sorted([*range(1, 13), *range(1, 13)])
    assert len(await submissions_of(platform, sample.sprint)) == 12


async def test_what_others_upload_meanwhile_is_no_part_of_the_sample(platform: Platform) -> None:
    sample = await settled_tournaments(platform, now=NOON)
    async with platform.database.read() as connection:
        running = await service.find_tournament(connection, sample.fortnight.id)
    visitor = await a_player(platform, running)
    await a_stored_submission(platform.database, running, visitor, uploaded_at=NOON + HOUR)
    steps = await undone(platform, sample)
    assert steps[0].at < NOON - timedelta(days=4)
    await take_steps(platform, sample, steps[:1])
    assert await undone(platform, sample) == steps[1:]
