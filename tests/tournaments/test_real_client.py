"""The unmodified client library of Scoreganizer, in its own process, against a running server: what its documentation
says it does.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import played
from tengen.demo.minesweeper.rmv import rmv
from tengen.tournaments.levels import Level
from tests.support.builders import User, a_verified_user, unique
from tests.support.server import Server
from tests.tournaments.real_client import ClientProcess, Raised, RealClient

_seeds = count(1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

NewClient = Callable[..., RealClient]


@pytest.fixture(scope="module")
def library() -> Iterator[ClientProcess]:
    process = ClientProcess()
    yield process
    process.close()


@pytest.fixture
def new_client(server: Server, library: ClientProcess) -> NewClient:
    """Makes an object of the library."""
    return partial(library.new_client, server)


@pytest.fixture
def user(server: Server) -> User:
    return a_verified_user(server)


@pytest.fixture
def client(new_client: NewClient, user: User) -> RealClient:
    """A client that is logged in."""
    client = new_client()
    client.call("login", user.display_name, user.password)
    return client


def a_tournament(
    server: Server,
    *,
    starts_in: timedelta = -HOUR,
    lasts: timedelta = 2 * HOUR,
    host: User | None = None,
    **changes: Any,
) -> int:
    """A tournament of a host of its own; it runs, unless a test says otherwise. Returns its id."""
    host = host or a_verified_user(server)
    start = datetime.now(UTC) + starts_in
    plan = {
        "name": unique("Cup"),
        "location": "online",
        "mode": "sum",
        "modeparams": "1+1+1",
        "start": start.isoformat(),
        "end": (start + lasts).isoformat(),
    }
    answer = server.post("/api/v2/tournaments", plan | changes, auth=host.auth)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def take_step(server: Server, tournament: int, step: str, account: User, *, by: User) -> None:
    body = {"step": step, "account": account.display_name}
    answer = server.post(f"/api/v2/tournaments/{tournament}/entries", body, auth=by.auth)
    assert answer.status_code == 200, answer.text


def a_replay(key: str, *, time_ms: int = 100, level: Level = Level.BEGINNER) -> bytes:
    """A game that nobody has played before, with the key where ViennaSweeper has it today."""
    game = played(level, time_ms=time_ms, seed=time.time_ns() + next(_seeds))
    return rmv(game, name="Mira", token=key, made_at=datetime.now(UTC))


def an_arbiter_replay(name: str, *, time_ms: int = 100) -> bytes:
    game = played(Level.BEGINNER, time_ms=time_ms, seed=time.time_ns() + next(_seeds))
    return avf(game, name=name, started_at=datetime.now(UTC))


def raised(client: RealClient, name: str, *args: Any, **kwargs: Any) -> Raised:
    """What the library raises for a call."""
    with pytest.raises(Raised) as found:
        client.call(name, *args, **kwargs)
    return found.value


def entered(client: RealClient, tournament: int) -> str:
    """Enter a tournament that runs, and make the key."""
    client.call("tournaments.participate", tournament)
    key: str = client.call("tournaments.gen_key", tournament)
    return key


def standings(server: Server, tournament: int) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = server.get(f"/api/v2/tournaments/{tournament}/standings").json()["results"]
    return results


def listed(client: RealClient, name: str) -> dict[int, dict[str, Any]]:
    return {tournament["id"]: tournament for tournament in client.call(f"tournaments.{name}")}


# ── lists ──


def test_every_list_has_what_it_is_for(server: Server, client: RealClient) -> None:
    upcoming = a_tournament(server, starts_in=HOUR)
    running = a_tournament(server)
    over = a_tournament(server, lasts=HOUR + SECOND / 2)
    concerning = a_tournament(server)
    client.call("tournaments.participate", concerning)
    time.sleep(0.6)
    made = {upcoming, running, over, concerning}
    contents = {
        "all": made,
        "archive": {over},
        "in_progress": {running, concerning},
        "upcoming": {upcoming},
        "active": {upcoming, running, concerning},
        "my_active": {concerning},
    }
    assert {name: made & set(listed(client, name)) for name in contents} == contents
    assert set(listed(client, "my_active")) == {concerning}


def test_a_listed_tournament_is_what_its_host_made(server: Server, client: RealClient) -> None:
    start = datetime(2031, 6, 1, 18, 0, 0, 340015, tzinfo=UTC)
    times: dict[str, Any] = {"start": "2031-06-01T20:00:00.340015+02:00", "end": "2031-06-02T00:00:00"}
    terms: dict[str, Any] = {
        "mode": "sum_timelimit",
        "modeparams": "3+0+0;600",
        "open_entry": False,
        "hide_results": True,
    }
    number = a_tournament(server, name="Frühling", location="here", **times, **terms)
    assert listed(client, "upcoming")[number] == {
        "id": number,
        "name": "Frühling",
        "location": "here",
        "start": start.isoformat(),
        "end": "2031-06-02T00:00:00+00:00",
        "status": "not_participating",
        **terms,
    }


def test_lists_tell_how_the_caller_stands_to_each(server: Server, client: RealClient, user: User) -> None:
    host = a_verified_user(server)
    asked, invited, rejected = (a_tournament(server, host=host, starts_in=HOUR, open_entry=False) for _ in range(3))
    client.call("tournaments.participate", asked)
    client.call("tournaments.participate", rejected)
    take_step(server, invited, "invite", user, by=host)
    take_step(server, rejected, "reject", user, by=host)
    hosted = a_tournament(server, host=user)
    tournaments = listed(client, "active")
    words = {number: tournaments[number]["status"] for number in (asked, invited, rejected, hosted)}
    assert words == {asked: "requested", invited: "invited", rejected: "rejected", hosted: "hosting"}


def test_without_a_log_in_all_lists_but_ones_own_are_open(server: Server, new_client: NewClient) -> None:
    tournament = a_tournament(server)
    client = new_client()
    assert listed(client, "in_progress")[tournament]["status"] == "not_logged_in"
    assert raised(client, "tournaments.my_active").kind == "ScoreganizerNotLoggedIn"


# ── entries ──


def test_entry_is_open_unless_the_host_confirms_it(server: Server, client: RealClient, user: User) -> None:
    host = a_verified_user(server)
    tournament = a_tournament(server, host=host, open_entry=False)
    assert client.call("tournaments.participate", tournament) is None
    assert raised(client, "tournaments.gen_key", tournament).error == "not_participating"
    take_step(server, tournament, "confirm", user, by=host)
    assert client.call("tournaments.participate", tournament) is None
    assert listed(client, "my_active")[tournament]["status"] == "participating"


def test_who_is_invited_accepts(server: Server, client: RealClient, user: User) -> None:
    host = a_verified_user(server)
    tournament = a_tournament(server, host=host, open_entry=False)
    assert raised(client, "tournaments.player_confirm", tournament).error == "not_invited"
    take_step(server, tournament, "invite", user, by=host)
    assert client.call("tournaments.player_confirm", tournament) is None
    assert client.call("tournaments.player_confirm", tournament) is None
    assert listed(client, "in_progress")[tournament]["status"] == "participating"


# ── keys ──


def test_a_key_is_made_once_and_fetched_as_often_as_one_likes(server: Server, client: RealClient, user: User) -> None:
    tournament = a_tournament(server)
    client.call("tournaments.participate", tournament)
    refused = raised(client, "tournaments.get_key", tournament)
    assert (refused.kind, refused.wait) == ("ScoreganizerNotGenerated", None)
    key, expiry = client.call("tournaments.gen_key", tournament, with_expiry=True)
    assert key.startswith(f"{user.id}_{tournament}_")
    assert expiry is None
    refused = raised(client, "tournaments.gen_key", tournament)
    assert (refused.kind, refused.wait) == ("ScoreganizerKeyExists", None)
    assert client.call("tournaments.get_key", tournament) == key
    assert client.call("tournaments.wait_key", tournament) == key


def test_a_key_with_a_time_limit_says_when_it_expires(server: Server, client: RealClient) -> None:
    tournament = a_tournament(server, mode="sum_timelimit", modeparams="1+0+0;600")
    client.call("tournaments.participate", tournament)
    before = datetime.now(UTC)
    key, expiry = client.call("tournaments.gen_key", tournament, with_expiry=True)
    after = datetime.now(UTC)
    assert before + 600 * SECOND <= datetime.fromisoformat(expiry) <= after + 600 * SECOND
    assert client.call("tournaments.get_key", tournament, with_expiry=True) == [key, expiry]


def test_before_the_start_one_is_told_how_long_to_wait_and_wait_key_waits(server: Server, client: RealClient) -> None:
    tournament = a_tournament(server, starts_in=2 * SECOND)
    client.call("tournaments.participate", tournament)
    for call, kind in (("gen_key", "ScoreganizerTooEarly"), ("get_key", "ScoreganizerNotGeneratedYet")):
        refused = raised(client, f"tournaments.{call}", tournament)
        assert refused.kind == kind
        assert refused.wait is not None
        assert 0 < refused.wait < 2.1
    asked_at = time.monotonic()
    key = client.call("tournaments.wait_key", tournament)
    assert time.monotonic() - asked_at > 0.5
    assert client.call("tournaments.get_key", tournament) == key


def test_who_does_not_participate_is_not_told_to_wait(server: Server, client: RealClient) -> None:
    for starts_in in (HOUR, -HOUR):
        tournament = a_tournament(server, starts_in=starts_in)
        for call in ("gen_key", "get_key", "wait_key"):
            refused = raised(client, f"tournaments.{call}", tournament)
            assert (refused.kind, refused.error) == ("ScoreganizerError", "not_participating")


def test_after_the_end_there_are_no_new_keys(server: Server, client: RealClient, new_client: NewClient) -> None:
    tournament = a_tournament(server, lasts=HOUR + SECOND)
    key = entered(client, tournament)
    time.sleep(1.1)
    assert client.call("tournaments.get_key", tournament) == key
    assert raised(client, "tournaments.gen_key", tournament).kind == "ScoreganizerKeyExists"
    late = a_verified_user(server)
    other = new_client()
    other.call("login", late.display_name, late.password)
    assert raised(other, "tournaments.gen_key", tournament).kind == "ScoreganizerTournamentOver"
    assert raised(other, "tournaments.get_key", tournament).kind == "ScoreganizerNeverGenerated"
    assert raised(other, "tournaments.participate", tournament).kind == "ScoreganizerTournamentOver"


def test_a_tournament_that_is_none_is_told_so(client: RealClient) -> None:
    for call in ("participate", "player_confirm", "gen_key", "get_key"):
        assert raised(client, f"tournaments.{call}", 2**40).error == "no_such_tournament"


# ── uploads ──


def test_uploaded_files_are_in_the_standings(server: Server, client: RealClient, user: User, tmp_path: Path) -> None:
    tournament = a_tournament(server, modeparams="2+0+0")
    key = entered(client, tournament)
    time.sleep(0.6)  # games take no longer than their key is old
    replay = tmp_path / "HI-SCORE Beg_0.31.rmv"
    replay.write_bytes(a_replay(key, time_ms=310))
    assert client.call("scores.upload_filename", str(replay)) is None
    arbiter = tmp_path / "0.25.AVF"  # which the library takes for ViennaSweeper's
    arbiter.write_bytes(an_arbiter_replay(f"{user.display_name}#{key}", time_ms=250))
    assert client.call("scores.upload_filename", str(arbiter)) is None
    (line,) = standings(server, tournament)
    assert (line["rank"], line["account_id"], line["name"]) == (1, user.id, user.display_name)
    assert (line["score"], line["complete"]) == (0.56, True)
    assert [game["time"] for game in line["games"]] == [0.25, 0.31]


def test_files_in_memory_are_uploaded_like_others(server: Server, client: RealClient, tmp_path: Path) -> None:
    tournament = a_tournament(server, mode="best", modeparams="beginner")
    key = entered(client, tournament)
    time.sleep(0.2)
    assert client.call("upload_bytes", a_replay(key).hex(), "game.rmv", mime_type="application/x-viennasweeper") is None
    assert [line["score"] for line in standings(server, tournament)] == [0.1]


def test_what_cannot_count_is_invalid_data_at_once(server: Server, client: RealClient, new_client: NewClient) -> None:
    tournament = a_tournament(server, modeparams="1+0+0")
    key = entered(client, tournament)
    other_user = a_verified_user(server)
    other = new_client()
    other.call("login", other_user.display_name, other_user.password)
    foreign = entered(other, tournament)
    time.sleep(0.2)
    accepted = a_replay(key)
    client.call("upload_bytes", accepted.hex(), "game.rmv")
    refused = {
        "no replay": b"no replay at all",
        "empty": b"",
        "cut off": a_replay(key)[:-200],
        "no key": a_replay(""),
        "a key never made": a_replay(key[:-32] + 32 * "0"),
        "another's key": a_replay(foreign),
        "a level not played": a_replay(key, level=Level.EXPERT),
        "longer than the key is old": a_replay(key, time_ms=60_000),
        "the same again": accepted,
    }
    for what, content in refused.items():
        found = raised(client, "upload_bytes", content.hex(), "game.rmv")
        assert (what, found.kind, found.error) == (what, "ScoreganizerInvalidData", "invalid_data")
    assert [line["score"] for line in standings(server, tournament)] == [0.1]


def test_after_the_end_nothing_is_taken(server: Server, client: RealClient) -> None:
    tournament = a_tournament(server, lasts=HOUR + SECOND)
    key = entered(client, tournament)
    time.sleep(1.1)
    refused = raised(client, "upload_bytes", a_replay(key).hex(), "game.rmv")
    assert (refused.kind, refused.error) == ("ScoreganizerTournamentOver", "tournament_over")


def test_when_ones_own_time_is_over_the_mode_forbids_it(server: Server, client: RealClient) -> None:
    tournament = a_tournament(server, mode="sum_timelimit", modeparams="1+0+0;1")
    key = entered(client, tournament)
    time.sleep(1.1)
    refused = raised(client, "upload_bytes", a_replay(key).hex(), "game.rmv")
    assert (refused.kind, refused.error) == ("ScoreganizerModeConstraintViolated", "mode_constraint_violated")


def test_whoever_is_not_logged_in_can_do_nothing(server: Server, new_client: NewClient) -> None:
    tournament = a_tournament(server)
    client = new_client()
    for call in ("participate", "player_confirm", "gen_key", "get_key", "wait_key"):
        assert raised(client, f"tournaments.{call}", tournament).kind == "ScoreganizerNotLoggedIn"
    assert raised(client, "upload_bytes", a_replay("").hex(), "game.rmv").kind == "ScoreganizerNotLoggedIn"
    assert raised(client, "refresh_login").kind == "ScoreganizerNotLoggedIn"


# ── the file that keeps the log-in ──


def test_who_is_logged_in_by_a_file_takes_part_like_anybody(
    server: Server, new_client: NewClient, user: User, tmp_path: Path
) -> None:
    file = tmp_path / "auth.txt"
    first = new_client(auth_file=file)
    assert first.call("token_status_ok") is False
    assert first.call("login", user.display_name, user.password) == file.read_text()
    second = new_client(auth_file=file)
    assert second.call("token_status") == "ok"
    tournament = a_tournament(server)
    assert entered(second, tournament) == first.call("tournaments.get_key", tournament)
