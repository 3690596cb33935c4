"""`tengen demo`, and `tengen serve --demo`."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import psutil

from tengen.client import Client, Game
from tests.cli.program import Program
from tests.cli.serving import serving
from tests.support.server import Server


def test_an_empty_platform_is_filled_once_and_the_credentials_are_told_again(new_program: Program) -> None:
    told = new_program.json("demo")
    assert new_program.json("demo") == told
    text = new_program.text("demo")
    assert told["players"][0]["password"] in text
    assert told["go"]["servers"][0]["secret"] in text
    assert told["go"]["players"][0]["token"] in text
    assert "400 games of Go are reported to it once it runs" in text
    listed = new_program.json("account", "list")
    assert {told["admin"]["email"], told["owner"]["email"]} < {account["email"] for account in listed}
    assert [account["roles"] for account in listed].count(["admin"]) == 1


def test_tournaments_are_played_once_and_may_be_looked_at_at_once(new_program: Program) -> None:
    told = new_program.json("demo")["minesweeper"]
    tournaments = new_program.json("tournament", "list")
    assert [tournament["phase"] for tournament in tournaments] == ["ended", "running", "upcoming"]
    ids = [str(tournament["id"]) for tournament in tournaments]
    submissions = [new_program.json("tournament", "submissions", number) for number in ids]
    for number, contest in zip(ids, ("sprint", "fortnight", "invitational"), strict=True):
        lines = new_program.json("tournament", "standings", number)
        assert {line["account_id"] for line in lines} == set(told[contest]["player_ids"])
    assert f"{ids[1]}, {tournaments[1]['name']}" in new_program.text("demo")
    assert [new_program.json("tournament", "submissions", number) for number in ids] == submissions


def test_a_platform_that_is_in_use_is_not_filled(new_program: Program) -> None:
    mira = ("--email", "mira@tengen.example", "--display-name", "Mira", "--password", "correct horse", "--verified")
    new_program.do("account", "create", *mira)
    assert "has accounts already" in new_program.refusal("demo")
    assert len(new_program.json("account", "list")) == 1


def _games(url: str) -> list[Game]:
    """The games reported last, the first of them first."""
    with Client(url) as platform:
        return list(reversed(platform.games(limit=100).games))


def _games_after(url: str, played_at: datetime) -> list[Game]:
    """Waits until there is a game that was played after this."""
    give_up_at = time.monotonic() + 30
    while not (games := _games(url)) or games[-1].played_at <= played_at:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    return games


def test_games_of_go_are_reported_beside_the_server_and_an_interrupted_report_goes_on(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server, "--demo") as (process, told):
        assert any(game.is_rated for game in _games_after(told["url"], datetime.min.replace(tzinfo=UTC)))
        (reporter,) = psutil.Process(process.pid).children()
        last = _games(told["url"])[-1]
    assert not reporter.is_running()
    with serving(server, "--demo") as (_, told):
        games = _games_after(told["url"], last.played_at)
    server.close()
    times = [game.played_at for game in games]
    assert times == sorted(set(times)), "none was stored twice"
    assert last.id in [game.id for game in games]


def _standings(url: str, tournament_id: int) -> list[dict[str, Any]]:
    """The lines of a tournament's standings."""
    answer = httpx.get(f"{url}/api/v2/tournaments/{tournament_id}/standings", timeout=30, trust_env=False)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["results"]
    return lines


def _wait_for_lines(url: str, tournament_id: int, count: int) -> None:
    """Waits until so many have a result in a tournament."""
    give_up_at = time.monotonic() + 60
    while len(_standings(url, tournament_id)) < count:
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_tournaments_are_played_beside_the_server_and_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server, "--demo") as (_, told):
        sprint, fortnight = (told["sample"]["minesweeper"][contest] for contest in ("sprint", "fortnight"))
        _wait_for_lines(told["url"], sprint["id"], 3)
    with serving(server, "--demo") as (_, told):
        _wait_for_lines(told["url"], fortnight["id"], len(fortnight["player_ids"]))
        assert len(_standings(told["url"], sprint["id"])) == len(sprint["player_ids"])
        every = f"{told['url']}/api/v2/tournaments?list=all"
        listed = httpx.get(every, timeout=30, trust_env=False).json()
        assert len(listed["results"]) == 3
    submissions = Program(server, as_json=True).json("tournament", "submissions", str(sprint["id"]))
    server.close()
    assert len({submission["sha256"] for submission in submissions}) == len(submissions)
    instants = [submission["uploaded"] for submission in submissions]
    assert instants == sorted(set(instants)), "none was stored twice"


def test_everybody_in_the_sample_logs_in_to_tournaments(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server, "--demo") as (_, told):
        sample = told["sample"]
        for person in (sample["owner"], sample["players"][0], sample["go_people"][-1]):
            for name in (person["email"], person["display_name"]):
                form = {"username": name, "password": person["password"]}
                login = httpx.post(f"{told['url']}/api/obtain_token", data=form, timeout=30, trust_env=False)
                assert login.status_code == 200, login.text
    server.close()


def test_another_platform_does_not_take_the_samples_games(new_program: Program, server: Server) -> None:
    told = new_program.json("demo")
    refusal = new_program.refusal("demo", "--url", server.url)
    assert f"The platform at {server.url} does not take the sample's games of Go: server access token" in refusal
    assert told["go"]["servers"][0]["secret"] not in refusal


def test_a_live_demonstration_needs_a_running_platform(new_program: Program) -> None:
    refusal = new_program.refusal("demo", "--live", "--url", "http://127.0.0.1:1")
    assert "must be running at http://127.0.0.1:1" in refusal


def test_whom_the_server_names_signs_in_and_plays_live(tmp_path: Path) -> None:
    server = Server(tmp_path)
    del server.settings["public_url"]
    with serving(server, "--demo") as (_, told):
        for person in (told["sample"]["admin"], told["sample"]["owner"], told["sample"]["players"][0]):
            login = httpx.post(
                f"{told['url']}/v1/user/login", auth=(person["email"], person["password"]), trust_env=False
            )
            assert login.status_code == 200
        issuer = jwt.decode(login.json()["signed_proof"], options={"verify_signature": False})["iss"]
        assert issuer == told["url"], "unless it is set, the address listened on is the public one"
        live = server.run("demo", "--live", "--seconds", "5", "--url", told["url"], "--json", check=False)
    server.close()
    assert live.returncode == 0, live.stderr
    assert json.loads(live.stdout) == {"url": told["url"], "seconds": 5}
    assert "Arena Kosumi" in live.stderr
