"""Uploads, from the bytes of a replay to the standings: what counts, what does not, and what stays when it does not."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from tengen.accounts.service import Account
from tengen.core.database import Connection, Database, Transaction
from tengen.core.errors import TengenError
from tengen.core.platform import Platform
from tengen.demo.minesweeper.game import Game
from tengen.tournaments import archive, results, service, uploads
from tengen.tournaments.archive import Stored, Submission
from tengen.tournaments.keychain import SEALED_FOR, Keychain
from tengen.tournaments.keys import TournamentId, TournamentKey
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.models import ReplayRow, SubmissionRow
from tengen.tournaments.modes import InvalidData
from tengen.tournaments.plans import PlanChanges
from tengen.tournaments.replays.pool import ParserPool
from tengen.tournaments.service import Tournament
from tengen.tournaments.submissions import MAX_REPLAY_BYTES, Doubt, IssuedKey
from tengen.tournaments.uploads import Uploader
from tests.support.builders import an_account
from tests.tournaments.builders import (
    HOUR,
    MICROSECOND,
    MINUTE,
    NOON,
    Change,
    Counted,
    a_held_key,
    a_tournament,
    an_entry,
    attempt,
    changes_of,
    now_of,
)
from tests.tournaments.replays.builders import a_game, an_avf, an_evf, an_mvf, an_rmv

DURING = NOON + HOUR
END = NOON + 2 * HOUR
MILLISECOND = timedelta(milliseconds=1)


class WatchedKeychain(Keychain):
    """A keychain that says when a replay's key has been looked for."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform.master_key.sealer(SEALED_FOR))
        self.was_asked = asyncio.Event()

    async def find(self, connection: Connection, keys: Collection[TournamentKey]) -> dict[TournamentKey, IssuedKey]:
        found = await super().find(connection, keys)
        self.was_asked.set()
        return found


class Desk:
    """Where replays are handed in."""

    def __init__(self, platform: Platform, parsers: ParserPool) -> None:
        self.platform = platform
        self.database = platform.database
        self.keychain = WatchedKeychain(platform)
        self.uploader = Uploader(platform.database, self.keychain, parsers)

    async def entered(
        self, tournament: Tournament, *, account: Account | None = None, made_at: datetime = NOON
    ) -> tuple[Account, str]:
        """An account that takes part, and its key."""
        account = await an_entry(self.database, tournament, account=account)
        return account, str((await a_held_key(self.platform, tournament, account, made_at=made_at)).key)

    async def accept(self, content: bytes, account: Account, arrived_at: datetime = DURING) -> Submission:
        """What is stored of an upload that counts."""
        return (await self.uploader.accept(content, account, arrived_at=arrived_at)).submission

    async def answer(
        self, content: bytes, account: Account, arrived_at: datetime = DURING, *, wanted: TournamentId | None = None
    ) -> str:
        """`done`, or why not: the reason for invalid data, else the code."""
        try:
            await self.uploader.accept(content, account, arrived_at=arrived_at, wanted=wanted)
        except InvalidData as refusal:
            return refusal.reason.value
        except TengenError as refusal:
            return refusal.code
        return "done"

    async def counts(self) -> tuple[int, int]:
        """How many replays and submissions are stored."""
        async with self.database.read() as connection:
            replays = await connection.one(select(func.count()).select_from(ReplayRow))
            submissions = await connection.one(select(func.count()).select_from(SubmissionRow))
        return replays[0], submissions[0]


@pytest.fixture
async def parsers() -> AsyncIterator[ParserPool]:
    """The real children, two at work."""
    pool = ParserPool(2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
def desk(platform: Platform, parsers: ParserPool) -> Desk:
    """With the platform's database and the real children."""
    return Desk(platform, parsers)


async def standings(database: Database, tournament: Tournament) -> list[tuple[int, int]]:
    """Accounts with their sums, the best first."""
    async with database.read() as connection:
        page = await results.standings_page(connection, tournament.id, None, END)
    return [(line.account_id, line.reached.total) for line in page.lines]


# ── what counts ──

FORMATS: dict[str, Callable[[Game, str], bytes]] = {
    "avf": lambda game, key: an_avf(game, name=f"Ann#{key}"),
    "rmv 1": lambda game, key: an_rmv(game, version=1, token="", nickname=key),
    "rmv 2": lambda game, key: an_rmv(game, token=key),
    "evf": lambda game, key: an_evf(game, race=key),
    "mvf": lambda game, key: an_mvf(game, name=f"Ann#{key}"),
}


@pytest.mark.parametrize("of_format", FORMATS)
async def test_a_replay_of_any_program_counts(desk: Desk, of_format: str) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    game = a_game(Level.BEGINNER, time_ms=5410)
    content = FORMATS[of_format](game, key)
    stored = await desk.uploader.accept(content, ann, arrived_at=DURING)
    submission = stored.submission
    assert (submission.tournament_id, submission.account_id, submission.name) == (
        tournament.id,
        ann.id,
        ann.display_name,
    )
    assert (submission.level, submission.time, submission.bbbv) == (Level.BEGINNER, 5410, game.bbbv)
    assert (submission.player_name, submission.replay_format) == ("Ann", of_format[:3])
    assert (submission.key_made_at, submission.uploaded_at) == (NOON, DURING)
    assert submission.replay_hash == hashlib.sha256(content).digest()
    assert stored.result is not None
    assert [score.submission_id for score in stored.result.counting] == [submission.id]
    async with desk.database.read() as connection:
        assert await archive.find_submission(connection, tournament.id, submission.id) == submission
        assert await archive.replay_content(connection, submission.replay_hash) == content
    assert await standings(desk.database, tournament) == [(ann.id, 5410)]
    assert (await changes_of(desk.database, tournament))[-1].submission_id == submission.id


async def test_better_games_replace_worse_ones_in_whichever_order_they_come(desk: Desk) -> None:
    tournament = await a_tournament(desk.database, parameters="1+0+1")
    ann, key = await desk.entered(tournament)
    for level, time, total in (
        (Level.BEGINNER, 7000, 7000),
        (Level.EXPERT, 90_000, 97_000),
        (Level.BEGINNER, 5000, 95_000),
        (Level.BEGINNER, 6000, 95_000),
    ):
        await desk.accept(an_avf(a_game(level, time_ms=time, seed=time), name=key), ann)
        assert await standings(desk.database, tournament) == [(ann.id, total)]


async def test_the_key_alone_says_which_tournament_it_is(desk: Desk) -> None:
    one, other = await a_tournament(desk.database), await a_tournament(desk.database)
    ann, of_one = await desk.entered(one)
    _, of_other = await desk.entered(other, account=ann)
    assert (await desk.accept(an_avf(a_game(seed=1), name=of_other), ann)).tournament_id == other.id
    assert (await desk.accept(an_avf(a_game(seed=2), name=of_one), ann)).tournament_id == one.id
    third = an_avf(a_game(seed=3), name=of_one)
    assert await desk.answer(third, ann, wanted=other.id) == "other_tournament"
    assert await desk.answer(third, ann, wanted=one.id) == "done"


async def test_an_upload_costs_one_statement_before_its_turn_and_six_in_it(desk: Desk) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    with Counted() as counted:
        await desk.accept(an_avf(name=key), ann)
    assert counted == [7]


async def test_what_the_players_clock_says_is_doubted_and_counts(desk: Desk) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    long_before = an_rmv(a_game(seed=1), token=key, made_at=NOON - 24 * HOUR)
    submission = await desk.accept(long_before, ann)
    assert submission.doubts == {Doubt.STARTED_BEFORE_KEY}
    assert submission.played_from == NOON - 24 * HOUR
    afterwards = an_rmv(a_game(seed=2), token=key, made_at=DURING + HOUR)
    assert (await desk.accept(afterwards, ann)).doubts == {Doubt.ENDED_AFTER_UPLOAD}
    on_time = an_rmv(a_game(seed=3), token=key, made_at=DURING - MINUTE)
    assert (await desk.accept(on_time, ann)).doubts == frozenset()


# ── what does not ──


async def test_what_cannot_count_is_refused_for_the_first_thing_that_is_wrong_and_leaves_nothing(desk: Desk) -> None:
    tournament, other = await a_tournament(desk.database, parameters="1+1+0"), await a_tournament(desk.database)
    ann, key = await desk.entered(tournament, made_at=NOON + MINUTE)
    bob, bobs_key = await desk.entered(tournament)
    _, elsewhere = await desk.entered(other, account=ann)
    before = await now_of(desk.database, tournament)
    won, unknown = a_game(), f"{key[:-32]}{'0' * 32}"
    given_up, own_board = won.given_up(), a_game(Board(9, 9, 10))
    refused = [
        (b"", "empty"),
        (bytes(MAX_REPLAY_BYTES + 1), "too_large"),
        (b"<html>", "unreadable"),
        (an_avf(name=key)[:400], "unreadable"),
        (an_avf(name="Ann"), "no_key"),
        (an_avf(name=f"Ann#{unknown}"), "unknown_key"),
        (an_avf(name=bobs_key), "foreign_key"),
        (an_avf(given_up, name=bobs_key), "foreign_key"),
        (an_avf(given_up, name=key), "not_completed"),
        (an_avf(own_board, name=key), "not_standard"),
        (an_rmv(replace(won, mode=1), token=key), "not_standard"),
        (an_avf(a_game(Level.EXPERT), name=key), "level_not_played"),
    ]
    for content, reason in refused:
        assert await desk.answer(content, ann) == reason
    assert await desk.answer(an_avf(given_up, name=key), ann, END) == "tournament_over"
    assert await desk.answer(an_avf(given_up, name=elsewhere), ann, wanted=tournament.id) == "other_tournament"
    assert await desk.counts() == (0, 0)
    assert await now_of(desk.database, tournament) == before
    assert await standings(desk.database, tournament) == []
    assert await desk.answer(an_avf(name=bobs_key), bob) == "done"


@pytest.mark.parametrize(
    ("arrived_at", "answer"),
    [
        (NOON + MINUTE + 5409 * MILLISECOND, "older_than_key"),
        (NOON + MINUTE + 5410 * MILLISECOND - MICROSECOND, "older_than_key"),
        (NOON + MINUTE + 5410 * MILLISECOND, "done"),
    ],
)
async def test_a_game_is_no_longer_than_there_is_its_key(desk: Desk, arrived_at: datetime, answer: str) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament, made_at=NOON + MINUTE)
    assert await desk.answer(an_avf(a_game(time_ms=5410), name=key), ann, arrived_at) == answer


async def test_neither_file_nor_game_counts_twice_for_anybody_anywhere(desk: Desk) -> None:
    one, other = await a_tournament(desk.database), await a_tournament(desk.database)
    ann, key = await desk.entered(one)
    _, key_elsewhere = await desk.entered(other, account=ann)
    bob, bobs_key = await desk.entered(one)
    game = a_game()
    assert await desk.answer(an_rmv(game, token=key), ann) == "done"
    before = [await now_of(desk.database, tournament) for tournament in (one, other)]
    assert await desk.answer(an_rmv(game, token=key), ann) == "same_file"
    assert await desk.answer(an_rmv(game, token=key, name="Ann II"), ann) == "same_game"
    assert await desk.answer(an_rmv(game, token=key_elsewhere), ann) == "same_game"
    assert await desk.answer(an_rmv(game, token=bobs_key), bob) == "same_game"
    assert await desk.counts() == (1, 1)
    assert await standings(desk.database, one) == [(ann.id, 5410)]
    assert [await now_of(desk.database, tournament) for tournament in (one, other)] == before


async def test_of_the_same_upload_twenty_times_at_once_one_counts(desk: Desk) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    content = an_avf(name=key)
    answers = await asyncio.gather(*[desk.answer(content, ann) for _ in range(20)])
    assert sorted(answers) == ["done"] + ["same_file"] * 19
    assert await desk.counts() == (1, 1)
    assert [change.kind for change in await changes_of(desk.database, tournament)].count("submission") == 1


async def test_of_one_game_in_twenty_files_of_four_players_at_once_one_counts(desk: Desk) -> None:
    tournaments = [await a_tournament(desk.database) for _ in range(2)]
    players = [await desk.entered(tournament) for tournament in tournaments for _ in range(2)]
    game = a_game()
    answers = await asyncio.gather(
        *[
            desk.answer(an_rmv(game, token=key, name=f"file {number}"), player)
            for player, key in players
            for number in range(5)
        ]
    )
    assert sorted(answers) == ["done"] + ["same_game"] * 19
    assert await desk.counts() == (1, 1)
    lines = [line for tournament in tournaments for line in await standings(desk.database, tournament)]
    assert len(lines) == 1


async def test_more_uploads_than_may_wait_are_sent_away(desk: Desk, platform: Platform, parsers: ParserPool) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    full = ParserPool(1, waiting_bytes=0)
    try:
        assert await Desk(platform, full).answer(an_avf(name=key), ann) == "rate_limited"
    finally:
        await full.close()
    assert await desk.counts() == (0, 0)
    assert await desk.answer(an_avf(name=key), ann) == "done"


class Away:
    """A database that is read and cannot be written to, and counts who tries."""

    def __init__(self, database: Database) -> None:
        self.read = database.read
        self.tries = 0

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        self.tries += 1
        await asyncio.sleep(0.05)
        raise OperationalError("BEGIN", None, ConnectionRefusedError())
        yield


class CountedTurns:
    """A database that counts the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.read = database.read
        self.turns = 0

    def write(self) -> AbstractAsyncContextManager[Transaction]:
        self.turns += 1
        return self._database.write()


async def test_uploads_that_are_read_at_about_the_same_time_share_turns_and_a_lone_one_waits_for_nobody(
    desk: Desk, parsers: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_PATIENCE_SECONDS", 600)
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    database = CountedTurns(desk.database)
    uploader = Uploader(cast(Database, database), desk.keychain, parsers)
    async with asyncio.timeout(60):
        await uploader.accept(an_avf(name=key), ann, arrived_at=DURING)
        assert database.turns == 1
        games = [an_avf(a_game(seed=seed), name=key) for seed in range(100, 116)]
        await asyncio.gather(*[uploader.accept(content, ann, arrived_at=DURING) for content in games])
    assert database.turns <= 1 + 5  # half of them, half of the rest, and so on
    assert await desk.counts() == (17, 17)


async def test_when_the_database_is_away_all_who_wait_are_told_at_once(desk: Desk, parsers: ParserPool) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    away = Away(desk.database)
    uploader = Uploader(cast(Database, away), desk.keychain, parsers)
    games = [an_avf(a_game(seed=seed), name=key) for seed in range(8)]
    accepted = (uploader.accept(content, ann, arrived_at=DURING) for content in games)
    answers = await asyncio.gather(*accepted, return_exceptions=True)
    assert {type(answer) for answer in answers} == {OperationalError}
    assert away.tries < len(games)
    assert await desk.counts() == (0, 0)
    assert await desk.answer(games[0], ann) == "done"


# ── when ──


@pytest.mark.parametrize(
    ("arrived_at", "answer"), [(END - MICROSECOND, "done"), (END, "tournament_over"), (END + HOUR, "tournament_over")]
)
async def test_who_arrives_before_the_end_is_in_time_however_late_it_is_decided(
    desk: Desk, arrived_at: datetime, answer: str
) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    assert await desk.answer(an_avf(name=key), ann, arrived_at) == answer
    stored = await standings(desk.database, tournament)
    assert stored == ([(ann.id, 5410)] if answer == "done" else [])


@pytest.mark.parametrize(
    ("made_at", "arrived_at", "answer"),
    [
        (NOON, NOON + 10 * MINUTE - MICROSECOND, "done"),
        (NOON, NOON + 10 * MINUTE, "mode_constraint_violated"),
        (END - MINUTE, END - MICROSECOND, "done"),
        (END - MINUTE, END, "tournament_over"),
    ],
)
async def test_ones_own_time_is_over_to_the_microsecond(
    desk: Desk, made_at: datetime, arrived_at: datetime, answer: str
) -> None:
    tournament = await a_tournament(desk.database, mode="sum_timelimit", parameters="1+0+0;600")
    ann, key = await desk.entered(tournament, made_at=made_at)
    assert await desk.answer(an_avf(name=key), ann, arrived_at) == answer


@pytest.mark.parametrize(
    ("arrived_at", "answer"),
    [(DURING - MICROSECOND, "done"), (DURING, "tournament_over"), (DURING + MICROSECOND, "tournament_over")],
)
async def test_who_arrives_before_the_cancellation_is_in_time(desk: Desk, arrived_at: datetime, answer: str) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    assert await attempt(desk.database, cancellation_of(tournament)) == "done"
    assert await desk.answer(an_avf(name=key), ann, arrived_at) == answer
    assert await desk.counts() == ((1, 1) if answer == "done" else (0, 0))


def cancellation_of(tournament: Tournament) -> Change:
    return lambda transaction: service.cancel(transaction, tournament.id, "rain", None, DURING)


def edit_of(tournament: Tournament, changes: PlanChanges) -> Change:
    """A change of the plan that was asked for just before the start."""
    return lambda transaction: service.edit(transaction, tournament.id, changes, None, NOON - MICROSECOND)


MEANWHILE: dict[str, tuple[Callable[[Tournament], Change], datetime, str]] = {
    "cancelled before it arrived": (cancellation_of, DURING, "tournament_over"),
    "cancelled after it arrived": (cancellation_of, DURING - MICROSECOND, "done"),
    "put off": (lambda one: edit_of(one, {"starts_at": NOON + HOUR}), NOON + MINUTE, "too_early"),
    "made shorter": (lambda one: edit_of(one, {"ends_at": NOON + MINUTE}), NOON + MINUTE, "tournament_over"),
    "played for something else": (lambda one: edit_of(one, {"parameters": "0+0+1"}), DURING, "level_not_played"),
    "renamed": (lambda one: edit_of(one, {"name": "Autumn Sprint"}), DURING, "done"),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_what_changes_while_an_upload_waits_for_its_turn_decides(desk: Desk, meanwhile: str) -> None:
    change_of, arrived_at, answer = MEANWHILE[meanwhile]
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    async with desk.database.write() as transaction:
        await change_of(tournament)(transaction)
        waiting = asyncio.create_task(desk.answer(an_avf(name=key), ann, arrived_at))
        await desk.keychain.was_asked.wait()
    assert await waiting == answer
    number = 1 if answer == "done" else 0
    assert await desk.counts() == (number, number)
    kinds = [change.kind for change in await changes_of(desk.database, tournament)]
    assert kinds.count("submission") == number
    assert len(await standings(desk.database, tournament)) == number


# ── hostile ──


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann", "Ann"),
        ("", ""),
        ("Ann\0\u202e\n<script>", "Ann<script>"),
        ("雷" * 80, "雷" * 80),
        ("#{key}", ""),
        ("{key}", ""),
        ("Ann {key} and so on", "Ann   and so on"),
        ("Ann\u200b#{key}", "Ann"),
    ],
)
async def test_names_are_stored_as_they_can_be_shown_and_never_with_the_key(desk: Desk, name: str, shown: str) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    submission = await desk.accept(an_rmv(token=key, name=name.replace("{key}", key)), ann)
    assert submission.player_name == shown
    assert key[-32:] not in repr(submission)


@pytest.mark.parametrize("length", [0, 200, 268, 280, 299, 300, 900])
async def test_no_part_of_a_key_is_left_behind_a_long_name(desk: Desk, length: int) -> None:
    tournament = await a_tournament(desk.database)
    ann, key = await desk.entered(tournament)
    submission = await desk.accept(an_avf(name="x" * length + f"#{key}"), ann)
    assert set(submission.player_name) <= {"x"}
    async with desk.database.read() as connection:
        (stored,) = await archive.list_submissions(connection, tournament.id)
    assert stored == submission


async def test_a_result_is_what_the_upload_was_told(desk: Desk) -> None:
    tournament = await a_tournament(desk.database, parameters="2+0+0")
    ann, key = await desk.entered(tournament)
    told: list[Any] = []
    for seed, time in ((1, 6000), (2, 5000), (3, 7000)):
        stored = await desk.uploader.accept(
            an_avf(a_game(seed=seed, time_ms=time), name=key), ann, arrived_at=DURING + seed * MINUTE
        )
        assert isinstance(stored, Stored)
        told.append(stored.result)
    async with desk.database.read() as connection:
        page = await results.standings_page(connection, tournament.id, None, DURING)
    assert page.lines[0].reached.result == told[-1] == told[-2] != told[0]


async def test_a_stranger_with_no_key_leaves_no_trace(desk: Desk) -> None:
    tournament = await a_tournament(desk.database)
    _, key = await desk.entered(tournament)
    stranger = await an_account(desk.database)
    assert await desk.answer(an_avf(name=key), stranger) == "foreign_key"
    assert await desk.counts() == (0, 0)
