"""The sample's tournaments: what is made of them at once, and who is planned to upload what."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from itertools import pairwise

from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.demo.minesweeper_sample import (
    Disqualification,
    MinesweeperSample,
    Program,
    Upload,
    planned_steps,
    undone_steps,
)
from tengen.tournaments import service
from tengen.tournaments.entries import EntryState
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.schedule import Phase, TournamentList
from tests.demo.builders import settled_tournaments
from tests.support.builders import NOON
from tests.tournaments.builders import a_keychain, changes_of


async def entries_of(platform: Platform, tournament_id: int) -> Counter[EntryState]:
    """How many entries there are of each state."""
    async with platform.database.read() as connection:
        found = await service.entrants(connection, TournamentId(tournament_id), EntryState)
    return Counter(entrant.state for entrant in found)


def uploads_of(sample: MinesweeperSample) -> list[Upload]:
    """The planned uploads."""
    return [step for step in planned_steps(sample) if isinstance(step, Upload)]


async def test_one_tournament_is_over_one_runs_and_one_is_to_come(platform: Platform) -> None:
    sample = await settled_tournaments(platform)
    async with platform.database.read() as connection:
        listed = await service.list_tournaments(connection, TournamentList.ALL, None, NOON)
    tournaments = [item.tournament for item in listed]
    assert [tournament.schedule.phase(NOON) for tournament in tournaments] == [
        Phase.ENDED,
        Phase.RUNNING,
        Phase.UPCOMING,
    ]
    assert {tournament.host_id for tournament in tournaments} == {sample.host_id}
    assert [(contest.id, plan) for contest, plan in sample.plans] == [
        (tournament.id, tournament.plan) for tournament in tournaments
    ]
    assert tournaments[1].mode.parameters == "1+1+1"
    for tournament in tournaments:
        changes = await changes_of(platform.database, tournament)
        times = [change.changed_at for change in changes]
        assert times == sorted(times)
        assert times[-1] < min(NOON, tournament.schedule.starts_at)


async def test_who_plays_has_entered_and_the_host_has_somebody_to_let_in(platform: Platform) -> None:
    sample = await settled_tournaments(platform)
    for contest, least in ((sample.sprint, 12), (sample.fortnight, 12)):
        players = len(contest.player_ids)
        assert players >= least
        assert await entries_of(platform, contest.id) == {EntryState.PARTICIPATING: players}
    asked = await entries_of(platform, sample.invitational.id)
    assert asked[EntryState.REQUESTED] == asked[EntryState.INVITED] == 2
    assert asked.keys() >= {EntryState.PARTICIPATING, EntryState.REJECTED, EntryState.DECLINED}


async def test_every_game_fits_between_its_players_key_and_its_upload(platform: Platform) -> None:
    sample = await settled_tournaments(platform)
    plans = {contest.id: plan for contest, plan in sample.plans}
    by_player: dict[tuple[int, int], list[Upload]] = {}
    for upload in uploads_of(sample):
        by_player.setdefault((upload.tournament_id, upload.account_id), []).append(upload)
    keychain = a_keychain(platform)
    async with platform.database.read() as connection:
        for (tournament_id, account_id), uploads in by_player.items():
            schedule = plans[tournament_id].schedule
            held = await keychain.fetch(connection, tournament_id, AccountId(account_id), NOON)
            assert held.key.tournament_id == tournament_id
            assert schedule.starts_at + timedelta(minutes=5) < uploads[0].at
            assert uploads[-1].at < min(schedule.ends_at, sample.end)
            assert all(other.at - one.at > timedelta(seconds=90) for one, other in pairwise(uploads))
    assert set(by_player) == {
        (contest.id, player_id) for contest in (sample.sprint, sample.fortnight) for player_id in contest.player_ids
    }


async def test_the_steps_are_in_order_and_the_same_whenever_they_are_asked_for(platform: Platform) -> None:
    sample = await settled_tournaments(platform)
    steps = planned_steps(sample)
    assert [step.at for step in steps] == sorted({step.at for step in steps})
    kept = json.loads(json.dumps(asdict(sample)))
    assert planned_steps(MinesweeperSample.from_json(kept)) == steps
    assert isinstance(steps[-1], Upload), "so that it is known whether the one disqualification is done"
    (judged,) = (step for step in steps if isinstance(step, Disqualification))
    assert judged.upload in steps[: steps.index(judged)]
    async with platform.database.read() as connection:
        assert await undone_steps(connection, sample) == steps


async def test_all_levels_and_both_programs_are_played(platform: Platform) -> None:
    sample = await settled_tournaments(platform)
    uploads = uploads_of(sample)
    assert {upload.program for upload in uploads} == set(Program)
    assert len({upload.seed for upload in uploads}) == len(uploads)
    sprinted = {upload.level for upload in uploads if upload.tournament_id == sample.sprint.id}
    tried = {upload.level for upload in uploads if upload.tournament_id == sample.fortnight.id}
    assert (sprinted, tried) == ({Level.BEGINNER}, set(Level))
