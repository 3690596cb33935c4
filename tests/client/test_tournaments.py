"""Tournaments with the client library in front of the real platform, as players' programs and hosts use it."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tengen.client import (
    AlreadyDisqualified,
    AsyncClient,
    AsyncReceiptVerifier,
    Client,
    Credentials,
    Doubt,
    EntryState,
    EventKind,
    Invalid,
    InvalidData,
    InvalidSchedule,
    KeyNotGenerated,
    NoResult,
    NotDisqualified,
    NotEntrant,
    NothingToWithdraw,
    NotHost,
    NotInvited,
    NotParticipating,
    NotTournamentHost,
    ReceiptVerifier,
    ReplaySealed,
    SubmissionNotFound,
    TooEarly,
    TournamentDetails,
    TournamentList,
    TournamentNotFound,
    TournamentOver,
    TournamentPhase,
    TournamentPlan,
    TournamentStarted,
    TournamentStatus,
    Unauthenticated,
    UnknownMode,
)
from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import Game, played
from tengen.tournaments.levels import Level
from tests.support.builders import User, a_verified_user, unique
from tests.support.server import Server
from tests.tournaments.builders import HOUR, MINUTE
from tests.tournaments.over_http import NOWHERE, Cup, a_cup, a_submission, an_entrant, end

Of = Callable[..., Client]
"""A client of the running platform: an account's, or nobody's."""

GAME_TIME = timedelta(milliseconds=100)


@pytest.fixture
def client_of(server: Server) -> Iterator[Of]:
    """Makes clients that are closed in the end."""
    with ExitStack() as stack:
        yield lambda user=None: stack.enter_context(a_client(server, user))


def a_client(server: Server, user: User | None = None) -> Client:
    return Client(server.url, None if user is None else Credentials(user.email, user.password))


def an_async_client(server: Server, user: User) -> AsyncClient:
    return AsyncClient(server.url, Credentials(user.email, user.password))


def a_plan(**changes: Any) -> TournamentPlan:
    """A tournament that runs, unless a test says otherwise."""
    now = datetime.now(UTC)
    return replace(TournamentPlan(unique("Cup"), "sum", "1+1+1", starts_at=now, ends_at=now + HOUR), **changes)


def a_key(cup: TournamentDetails, client: Client) -> str:
    """The key of whose client it is, who takes part from now on."""
    client.enter_tournament(cup.id)
    return client.make_key(cup.id).text


def a_game(level: Level = Level.BEGINNER) -> Game:
    """A game that nobody has played before."""
    return played(level, time_ms=round(GAME_TIME.total_seconds() * 1000), seed=time.time_ns())


def a_replay(
    key: str, game: Game | None = None, *, name: str | None = None, started_at: datetime | None = None
) -> bytes:
    """A game that took no longer than since the key was made, as Arbiter writes it."""
    time.sleep(GAME_TIME.total_seconds() + 0.05)
    return avf(game or a_game(), name=name or f"Mira#{key}", started_at=started_at or datetime.now(UTC))


# ── hosts ──


def test_a_tournament_from_its_plan_to_its_cancellation(server: Server, client_of: Of) -> None:
    user = a_verified_user(server)
    host, nobody = client_of(user), client_of()
    plan = a_plan(starts_at=datetime.now(UTC) + HOUR, ends_at=datetime.now(UTC) + 2 * HOUR, hide_results=True)
    made = host.create_tournament(plan)
    assert (made.starts_at, made.ends_at, made.phase) == (plan.starts_at, plan.ends_at, TournamentPhase.UPCOMING)
    assert (made.host_id, made.host_name, made.status) == (user.id, user.display_name, TournamentStatus.HOSTING)
    assert (made.participants, made.submissions, made.hide_results) == (0, 0, True)
    seen = nobody.tournament(made.id)
    assert (seen.status, seen.submissions) == (TournamentStatus.NOT_LOGGED_IN, None)

    edited = host.edit_tournament(made.id, name="Summer Sprint", mode="sum_timelimit", mode_parameters="1+0+0;60")
    assert (edited.name, edited.time_limit, edited.starts_at) == ("Summer Sprint", MINUTE, plan.starts_at)
    cancelled = host.cancel_tournament(made.id, "Too hot.")
    assert (cancelled.phase, cancelled.cancel_reason) == (TournamentPhase.CANCELLED, "Too hot.")
    assert cancelled.cancelled_at is not None
    with pytest.raises(TournamentOver):
        host.cancel_tournament(made.id, "Too hot.")


def test_refusals_around_tournaments(server: Server, client_of: Of) -> None:
    host, other, nobody = client_of(a_verified_user(server)), client_of(a_verified_user(server)), client_of()
    cup = host.create_tournament(a_plan(starts_at=datetime.now(UTC) + MINUTE))
    with pytest.raises(NotTournamentHost):
        other.edit_tournament(cup.id, name="Mine")
    with pytest.raises(InvalidSchedule):
        host.edit_tournament(cup.id, ends_at=cup.starts_at)
    with pytest.raises(UnknownMode):
        host.create_tournament(a_plan(mode="average"))
    with pytest.raises(Invalid, match="limit"):
        nobody.standings(cup.id, limit=0)
    with pytest.raises(TournamentNotFound):
        nobody.tournament(NOWHERE)
    with pytest.raises(Unauthenticated):
        nobody.create_tournament(a_plan())
    with pytest.raises(Unauthenticated):
        next(nobody.tournaments(TournamentList.MY_ACTIVE))


async def test_lists_are_read_to_their_end_however_long_they_are(server: Server, client_of: Of) -> None:
    user = a_verified_user(server)
    host, now = client_of(user), datetime.now(UTC)
    made = [host.create_tournament(a_plan(starts_at=now + n * MINUTE, ends_at=now + 4 * HOUR)).id for n in range(103)]
    host.cancel_tournament(made.pop(), "One too many.")
    assert [cup.id for cup in host.tournaments(host_id=user.id)] == made
    async with an_async_client(server, user) as client:
        assert len([cup async for cup in client.tournaments(TournamentList.ALL, host_id=user.id)]) == 103
        assert [cup async for cup in client.tournaments(TournamentList.MY_ACTIVE)] == []


def test_who_asks_to_enter_is_let_in_or_not(server: Server, client_of: Of) -> None:
    users = [a_verified_user(server) for _ in range(3)]
    host, ann, cleo = (client_of(user) for user in users)
    cup = host.create_tournament(a_plan(open_entry=False, starts_at=datetime.now(UTC) + MINUTE)).id
    assert ann.enter_tournament(cup).state is EntryState.REQUESTED
    assert ann.withdraw_from_tournament(cup).state is EntryState.WITHDRAWN
    ann.enter_tournament(cup)
    (request,) = host.tournament_entries(cup, state=EntryState.REQUESTED)
    assert (request.account_id, request.name) == (users[1].id, users[1].display_name)
    confirmed = host.confirm_tournament_entry(cup, users[1].id)
    assert confirmed.state is EntryState.PARTICIPATING
    assert host.confirm_tournament_entry(cup, users[1].display_name) == confirmed
    cleo.enter_tournament(cup)
    assert host.reject_tournament_entry(cup, users[2].id).state is EntryState.REJECTED
    assert list(client_of().tournament_entries(cup)) == [confirmed]
    assert ann.tournament(cup).status is TournamentStatus.PARTICIPATING
    with pytest.raises(NothingToWithdraw):
        host.retract_tournament_invitation(cup, users[1].id)
    with pytest.raises(NotHost) as error:
        ann.invite_to_tournament(cup, users[2].id)
    assert isinstance(error.value, NotTournamentHost)
    with pytest.raises(NotEntrant):
        ann.retract_tournament_invitation(cup, users[2].id)


def test_who_is_invited_accepts_or_declines(server: Server, client_of: Of) -> None:
    user = a_verified_user(server)
    host, bob = client_of(a_verified_user(server)), client_of(user)
    cup = host.create_tournament(a_plan()).id
    assert host.invite_to_tournament(cup, user.display_name).state is EntryState.INVITED
    assert bob.decline_tournament_invitation(cup).state is EntryState.DECLINED
    host.invite_to_tournament(cup, user.id)
    assert host.retract_tournament_invitation(cup, user.id).state is EntryState.WITHDRAWN
    with pytest.raises(NotInvited):
        bob.accept_tournament_invitation(cup)
    host.invite_to_tournament(cup, user.id)
    assert bob.accept_tournament_invitation(cup).state is EntryState.PARTICIPATING
    with pytest.raises(TournamentStarted):
        bob.withdraw_from_tournament(cup)


# ── players ──


def test_keys_are_made_once_and_stay(server: Server, client_of: Of) -> None:
    cup = client_of(a_verified_user(server)).create_tournament(a_plan(mode="sum_timelimit", mode_parameters="1+0+0;60"))
    player = client_of(a_verified_user(server))
    with pytest.raises(NotParticipating):
        player.make_key(cup.id)
    player.enter_tournament(cup.id)
    with pytest.raises(KeyNotGenerated):
        player.fetch_key(cup.id)
    key = player.make_key(cup.id)
    assert key == player.make_key(cup.id) == player.fetch_key(cup.id) == player.wait_for_key(cup.id)
    assert key.expires_at is not None
    assert abs(key.expires_at - datetime.now(UTC) - MINUTE) < timedelta(seconds=30)


def test_a_game_from_its_upload_to_its_line_in_the_standings(server: Server, client_of: Of, tmp_path: Path) -> None:
    user = a_verified_user(server)
    cup, player = client_of(a_verified_user(server)).create_tournament(a_plan()), client_of(user)
    content, file = a_replay(a_key(cup, player)), tmp_path / "game.avf"
    file.write_bytes(content)
    with pytest.raises(NoResult):
        player.my_standings_line(cup.id)
    upload = player.upload_replay(cup.id, file)
    submission = upload.submission
    assert (submission.account_id, submission.level, submission.time) == (user.id, "beginner", GAME_TIME)
    assert (submission.sha256, submission.replay_format) == (hashlib.sha256(content).hexdigest(), "avf")
    assert (submission.counts, submission.doubts, upload.is_new) == (True, (), True)
    assert upload.line is not None
    assert upload.line == player.my_standings_line(cup.id) == client_of().standings_line(cup.id, user.id)
    assert upload.line.explanation is not None
    assert (upload.line.place, upload.line.missing, upload.line.score) == (1, 2, GAME_TIME)
    assert [game.submission_id for game in upload.line.games] == [submission.id]

    again = player.upload_replay(cup.id, content)
    assert (again.submission, again.receipt, again.line) == (submission, upload.receipt, upload.line)
    assert not again.is_new
    assert list(player.submissions(cup.id, account_id=user.id)) == [submission]


def test_a_replay_comes_back_with_a_receipt_for_it(server: Server, client_of: Of) -> None:
    user = a_verified_user(server)
    cup, player = client_of(a_verified_user(server)).create_tournament(a_plan()), client_of(user)
    content, nobody = a_replay(a_key(cup, player)), client_of()
    upload = player.upload_replay(cup.id, content)
    submission = upload.submission
    assert player.submission(cup.id, submission.id) == submission
    assert nobody.submission(cup.id, submission.id).doubts is None
    assert player.replay(cup.id, submission.id) == content
    with pytest.raises(ReplaySealed):
        nobody.replay(cup.id, submission.id)
    with pytest.raises(SubmissionNotFound):
        player.replay(cup.id, NOWHERE)
    receipt = ReceiptVerifier(nobody).verify(upload.receipt)
    assert receipt.matches(content)
    assert (receipt.account_id, receipt.tournament_id, receipt.submission_id) == (user.id, cup.id, submission.id)
    assert nobody.receipt(cup.id, submission.id) == upload.receipt
    assert ReceiptVerifier(nobody).fetch(cup.id, submission.id) == receipt


def test_a_replay_that_does_not_count_is_refused_with_the_reason(server: Server, client_of: Of) -> None:
    host, ann, bob = (client_of(a_verified_user(server)) for _ in range(3))
    cup, other = (host.create_tournament(a_plan(mode_parameters="1+0+0")).id for _ in range(2))
    ann.enter_tournament(cup)
    key, game = ann.make_key(cup).text, a_game()
    content = a_replay(key, game)

    def reason(client: Client, content: bytes, tournament_id: int = cup) -> str:
        with pytest.raises(InvalidData) as error:
            client.upload_replay(tournament_id, content)
        return error.value.reason

    assert reason(ann, b"") == "empty"
    assert reason(ann, b"no replay") == "unreadable"
    assert reason(ann, a_replay(key, name="Mira")) == "no_key"
    assert reason(bob, content) == "foreign_key"
    assert reason(ann, content, other) == "other_tournament"
    assert reason(ann, a_replay(key, a_game(Level.EXPERT))) == "level_not_played"
    assert ann.upload_replay(cup, content).is_new
    assert reason(ann, a_replay(key, game, name=f"Tova#{key}")) == "same_game"


async def test_an_upload_that_came_in_time_is_found_after_the_end(server: Server, client_of: Of) -> None:
    host, user = a_verified_user(server), a_verified_user(server)
    cup, player = client_of(host).create_tournament(a_plan()), client_of(user)
    key = a_key(cup, player)
    content = a_replay(key)
    upload = player.upload_replay(cup.id, content)
    end(Cup(server, cup.id, host))
    async with an_async_client(server, user) as client:
        again = await client.upload_replay(cup.id, content)
        assert (again.submission, again.receipt, again.is_new) == (upload.submission, upload.receipt, False)
        with pytest.raises(TournamentOver):
            await client.upload_replay(cup.id, a_replay(key))
        receipt = await AsyncReceiptVerifier(client).fetch(cup.id, upload.submission.id)
        assert receipt.matches(await client.replay(cup.id, upload.submission.id))
    assert client_of().replay(cup.id, upload.submission.id) == content


def test_the_host_judges_and_the_standings_follow(server: Server, client_of: Of) -> None:
    judge, player = client_of(a_verified_user(server)), client_of(a_verified_user(server))
    cup = judge.create_tournament(a_plan())
    content = a_replay(a_key(cup, player), started_at=datetime.now(UTC) - timedelta(days=3))
    submission = player.upload_replay(cup.id, content).submission
    assert submission.doubts == judge.submission(cup.id, submission.id).doubts == (Doubt.STARTED_BEFORE_KEY,)
    with pytest.raises(NotDisqualified):
        judge.restore_submission(cup.id, submission.id, "It was fine.")
    judged = judge.disqualify_submission(cup.id, submission.id, "Of last week.")
    assert (judged.disqualified_reason, judged.counts) == ("Of last week.", False)
    assert judged.disqualified_at is not None
    assert list(judge.all_standings(cup.id)) == []
    assert player.upload_replay(cup.id, content).line is None
    with pytest.raises(AlreadyDisqualified):
        judge.disqualify_submission(cup.id, submission.id, "Of last week.")
    with pytest.raises(NotTournamentHost):
        player.restore_submission(cup.id, submission.id, "It was not.")
    assert judge.restore_submission(cup.id, submission.id, "It was not.").counts
    assert player.my_standings_line(cup.id).place == 1


# ── standings ──


def a_result(cup: Cup, client_of: Of, time: int = 5410) -> User:
    """Somebody who has played, in so many milliseconds."""
    user = an_entrant(cup)
    client_of(user).make_key(cup.id)
    a_submission(cup, user, time)
    return user


async def test_standings_are_read_by_pages_and_to_their_end(server: Server, client_of: Of) -> None:
    host = a_verified_user(server)
    cup = a_cup(server, host=host, modeparams="1+0+0")
    third, first, second = (a_result(cup, client_of, time) for time in (7000, 5000, 6000))
    page = client_of().standings(cup.id, limit=2)
    rest = client_of().standings(cup.id, limit=2, after=page.after)
    expected = [first.id, second.id, third.id]
    assert [line.account_id for line in (*page.lines, *rest.lines)] == expected
    assert [line.score.total_seconds() for line in page.lines] == [5, 6]
    assert (page.tournament_id, page.phase, page.is_hidden) == (cup.id, TournamentPhase.RUNNING, False)
    assert rest.after is None
    assert all(line.is_complete for line in page.lines)
    async with an_async_client(server, host) as client:
        assert [line.account_id async for line in client.all_standings(cup.id)] == expected


def test_hidden_results_are_ones_own(server: Server, client_of: Of) -> None:
    cup = a_cup(server, hide_results=True)
    ann, bob = a_result(cup, client_of), a_result(cup, client_of)
    client = client_of(ann)
    (line,) = client.all_standings(cup.id)
    assert (line.account_id, line.place) == (ann.id, None)
    assert client.standings(cup.id).is_hidden
    assert [one.account_id for one in client.submissions(cup.id)] == [ann.id]
    with pytest.raises(NoResult):
        client.standings_line(cup.id, bob.id)


# ── the start ──


def test_a_key_is_there_as_soon_as_the_tournament_starts(server: Server, client_of: Of) -> None:
    user, starts_at = a_verified_user(server), datetime.now(UTC) + timedelta(seconds=3)
    cup = client_of(a_verified_user(server)).create_tournament(a_plan(starts_at=starts_at))
    player = client_of(user)
    player.enter_tournament(cup.id)
    with pytest.raises(TooEarly) as error:
        player.wait_for_key(cup.id, patience=timedelta(0))
    assert timedelta(0) < error.value.wait <= timedelta(seconds=3.1)

    async def waited_for() -> str:
        async with an_async_client(server, user) as client:
            return (await client.wait_for_key(cup.id, patience=MINUTE)).text

    assert asyncio.run(waited_for()) == player.wait_for_key(cup.id).text
    assert datetime.now(UTC) >= starts_at


# ── the feed ──


def test_what_happens_is_told_also_over_a_restart(start_server: Callable[..., Server]) -> None:
    server = start_server()
    users = [a_verified_user(server) for _ in range(2)]
    with a_client(server, users[0]) as host, a_client(server, users[1]) as player, a_client(server) as nobody:
        cup = host.create_tournament(a_plan())
        events = nobody.follow_tournament(cup.id)
        assert next(events).kind is EventKind.RESYNC
        key = a_key(cup, player)
        entered = next(events)
        assert (entered.kind, entered.account_id) == (EventKind.ENTRY, users[1].id)
        assert (entered.state, entered.changes_standings) == (EntryState.PARTICIPATING, False)

        server.restart()
        submission = player.upload_replay(cup.id, a_replay(key)).submission
        uploaded = next(events)
        assert (uploaded.kind, uploaded.submission_id) == (EventKind.SUBMISSION, submission.id)
        assert (uploaded.name, uploaded.changes_standings) == (users[1].display_name, True)
        server.kill()
        server.start()
        host.disqualify_submission(cup.id, submission.id, "Played by another.")
        disqualified = next(events)
        assert (disqualified.kind, disqualified.reason) == (EventKind.DISQUALIFIED, "Played by another.")
        missed = nobody.follow_tournament(cup.id, after=entered.id)
        assert [next(missed).kind for _ in range(2)] == [EventKind.SUBMISSION, EventKind.DISQUALIFIED]


async def test_a_feed_is_followed_while_other_things_are_done(server: Server) -> None:
    users = [a_verified_user(server) for _ in range(2)]
    async with an_async_client(server, users[0]) as host, an_async_client(server, users[1]) as player:
        cup = await host.create_tournament(a_plan())
        events = player.follow_tournament(cup.id)
        assert (await anext(events)).kind is EventKind.RESYNC
        coming = asyncio.ensure_future(anext(events))
        await host.cancel_tournament(cup.id, "Too hot.")
        cancelled = await coming
        assert (cancelled.kind, cancelled.reason) == (EventKind.CANCELLED, "Too hot.")
        with pytest.raises(TournamentNotFound):
            await anext(host.follow_tournament(NOWHERE))
