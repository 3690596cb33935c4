"""The sample's games of Go on the running platform."""

import asyncio
from itertools import islice

import pytest

from tengen.client import Client, UnknownToken
from tengen.demo import go_reports, go_sample
from tengen.demo.children import Children
from tengen.demo.go_live import go_evening
from tengen.demo.go_sample import GoSample, SampleGame, planned_games
from tests.demo.builders import a_sample, a_sample_on
from tests.support.network import free_port
from tests.support.operations import operate
from tests.support.server import Server
from tests.support.waiting import until


@pytest.fixture
def engine() -> str:
    """The platform is asked over HTTP, and the games' own tests run on both databases."""
    return "sqlite"


def unreported(server: Server, sample: GoSample) -> list[SampleGame]:
    return operate(server, lambda transaction: go_sample.unreported(transaction, sample))


def test_games_are_reported_in_order_and_an_interrupted_report_goes_on(server: Server) -> None:
    sample = a_sample_on(server)
    games, told = list(islice(planned_games(sample), 20)), list[int]()
    assert go_reports.report(server.url, games[:16], progress=told.append) == 16
    assert told == list(range(1, 17))
    missing = unreported(server, sample)
    assert [game.name for game in missing] == [f"sample {number}" for number in range(17, go_sample.GAMES + 1)]

    assert go_reports.report(server.url, games) == 4, "those that were there are the same games"
    assert unreported(server, sample)[0].name == "sample 21"
    with Client(server.url) as client:
        first, second = (client.games(server_id=place.id, until=sample.end) for place in sample.servers[:2])
        (latest,) = [game for game in second.games if game.played_at == games[19].played_at]
        record = client.game_record(latest.id).decode()
    assert (len(first.games), len(second.games)) == (14, 6)
    report = games[19].played()
    assert (record, latest.result, latest.handicap) == (report.record, report.result, report.handicap)
    assert all(game.is_rated or game.unrated_reason == "unranked" for game in first.games)
    assert not any(game.warnings for game in first.games)


def test_a_platform_that_knows_none_of_them_refuses_the_first(server: Server) -> None:
    with pytest.raises(UnknownToken):
        go_reports.report(server.url, islice(planned_games(a_sample()), 3))


def test_a_platform_is_running_if_it_answers(server: Server) -> None:
    assert go_reports.is_running(server.url)
    assert not go_reports.is_running(f"http://127.0.0.1:{free_port()}")


async def test_while_the_demonstration_runs_a_game_ends_now_and_then(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tengen.demo.go_live._EVERY_SECONDS", 0.5)
    sample, told = a_sample_on(server), list[tuple[str, str]]()
    async with (
        Children() as children,
        go_evening(sample, children, server.url, lambda name, line: told.append((name, line))),
    ):
        await until(lambda: sum("Reported: " in line for _, line in told) >= 2, seconds=30)
        assert not children.failed
    names = {place.name for place in sample.servers}
    assert {name for name, _ in told} <= names
    with Client(server.url) as client:
        games = [game for place in sample.servers for game in client.games(server_id=place.id).games]
    assert len(games) >= 2
    assert all(game.played_at > sample.end for game in games)


async def test_without_go_in_the_sample_none_is_played() -> None:
    async with Children() as children, go_evening(None, children, "http://127.0.0.1:1", lambda *_: None):
        await asyncio.sleep(0)
        assert children.failed == []
