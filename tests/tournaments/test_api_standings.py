"""Standings over HTTP: in order, page by page, explained, hidden until the end."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tengen.accounts.runtime import Accounts
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import utc_iso
from tengen.tournaments import api
from tengen.tournaments.feed import Feed
from tengen.tournaments.levels import Level
from tengen.tournaments.runtime import Tournaments
from tengen.tournaments.schemas import ExplainedLine, StandingsRead
from tengen.web.errors import install_error_handlers
from tengen.web.routing import add_routes
from tests.support.builders import User, a_verified_user
from tests.support.server import Server
from tests.tournaments.builders import HOUR, SECOND, Counted, a_stored_submission, a_tournament
from tests.tournaments.builders import a_player as a_stored_player
from tests.tournaments.over_http import (
    NOWHERE,
    PATH,
    Cup,
    a_cup,
    a_player,
    a_submission,
    an_admin,
    end,
    refused,
)

BEGINNER, EXPERT = Level.BEGINNER, Level.EXPERT


def ranks(cup: Cup, by: User | None = None, **query: Any) -> list[tuple[int | None, int, float]]:
    """Rank, account and score of each line."""
    found = cup.read("/standings", by, params=query)
    return [(line["rank"], line["account_id"], line["score"]) for line in found["results"]]


def test_before_the_first_upload_there_are_no_lines(server: Server) -> None:
    cup = a_cup(server, starts_in=HOUR)
    assert cup.read("/standings") == {
        "tournament_id": cup.id,
        "mode": "sum",
        "modeparams": "1+1+1",
        "phase": "upcoming",
        "hidden": False,
        "results": [],
        "next": None,
    }


def test_a_line_says_what_was_reached_and_with_what(server: Server) -> None:
    cup = a_cup(server)
    ann, bob = (a_player(cup) for _ in range(2))
    expert = a_submission(cup, ann, 61_022, EXPERT)
    beginner = a_submission(cup, ann, 5_410, BEGINNER)
    a_submission(cup, ann, 5_500, BEGINNER)
    a_submission(cup, bob, 4_200, BEGINNER)
    found = cup.read("/standings")
    assert StandingsRead.model_validate(found).model_dump(mode="json") == found
    assert found["phase"] == "running"
    assert found["results"][0] == {
        "rank": 1,
        "account_id": ann.id,
        "name": ann.display_name,
        "score": 66.432,
        "complete": False,
        "missing": 1,
        "games": [
            {
                "submission_id": one.id,
                "level": one.level.word,
                "time": one.time / 1000,
                "uploaded": utc_iso(one.uploaded_at),
            }
            for one in (beginner, expert)
        ],
    }
    assert ranks(cup) == [(1, ann.id, 66.432), (2, bob.id, 4.2)]  # more games first


def test_names_are_shown_whatever_stands_in_them(server: Server) -> None:
    cup = a_cup(server)
    name = f'"\\{{}}é☃𝕏 {a_verified_user(server).id}'
    player = a_player(cup, a_verified_user(server, display_name=name))
    a_submission(cup, player)
    assert [line["name"] for line in cup.read("/standings")["results"]] == [name]


def test_equal_results_share_a_rank_also_over_the_edge_of_a_page(server: Server) -> None:
    cup = a_cup(server, mode="best", modeparams="beginner")
    at = datetime.now(UTC)
    players = [a_player(cup) for _ in range(6)]
    for player, time in zip(players, (1_000, 2_000, 2_000, 2_000, 2_000, 3_000), strict=True):
        a_submission(cup, player, time, uploaded_at=at)
    numbers = [player.id for player in players]
    expected = list(zip((1, 2, 2, 2, 2, 6), numbers, (1.0, 2.0, 2.0, 2.0, 2.0, 3.0), strict=True))
    assert ranks(cup) == expected
    for limit in (1, 2, 4, 6):
        found = []
        address: str | None = f"{server.url}{cup.path}/standings?limit={limit}"
        while address is not None:
            page = server.client.get(address).json()
            found += [(line["rank"], line["account_id"], line["score"]) for line in page["results"]]
            address = page["next"]
        assert found == expected, limit


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"limit": 0}, 422, "invalid"),
        ({"limit": 1001}, 422, "invalid"),
        ({"limit": "many"}, 422, "invalid"),
        ({"after": "x"}, 400, "invalid_cursor"),
        ({"after": "\0"}, 400, "invalid_cursor"),
    ],
)
def test_a_page_that_cannot_be_is_refused(server: Server, query: dict[str, Any], status: int, code: str) -> None:
    refused(a_cup(server).get("/standings", params=query), status, code)


def test_where_there_is_no_tournament_there_are_no_standings(server: Server) -> None:
    refused(server.get(f"{PATH}/{NOWHERE}/standings"), 404, "no_such_tournament")
    refused(server.get(f"{PATH}/{NOWHERE}/standings/1"), 404, "no_such_tournament")


# ── one line ──


def test_a_line_is_explained(server: Server) -> None:
    cup = a_cup(server)
    ann, bob = (a_player(cup) for _ in range(2))
    a_submission(cup, ann, 5_410)
    a_submission(cup, bob, 5_500)
    line = cup.read(f"/standings/{bob.id}")
    assert ExplainedLine.model_validate(line).model_dump(mode="json") == line
    assert line.pop("explanation").endswith("Behind the one ahead by 0.090 s.")
    assert line == cup.read("/standings")["results"][1]


@pytest.mark.parametrize("number", [0, -1, NOWHERE])
def test_who_has_reached_nothing_has_no_line(server: Server, number: int) -> None:
    cup = a_cup(server)
    refused(cup.get(f"/standings/{number}"), 404, "no_result")
    refused(cup.get(f"/standings/{a_player(cup).id}"), 404, "no_result")
    refused(cup.get("/standings/" + "9" * 40), 422, "invalid")


# ── hidden results ──


def test_hidden_standings_show_ones_own_line_alone_until_the_end(server: Server) -> None:
    cup = a_cup(server, hide_results=True)
    ann, bob = (a_player(cup) for _ in range(2))
    admin = an_admin(server)
    a_submission(cup, ann, 5_410)
    a_submission(cup, bob, 5_500)
    everybody = [(1, ann.id, 5.41), (2, bob.id, 5.5)]
    assert ranks(cup) == ranks(cup, a_player(cup)) == []
    assert ranks(cup, bob) == [(None, bob.id, 5.5)]
    assert ranks(cup, cup.host) == ranks(cup, admin) == everybody
    hidden = {name: cup.read("/standings", by)["hidden"] for name, by in (("bob", bob), ("host", cup.host))}
    assert hidden == {"bob": True, "host": False}
    assert cup.read("/standings", bob, params={"limit": 1})["next"] is None
    own = cup.read(f"/standings/{bob.id}", bob)
    assert (own["rank"], own["explanation"]) == (None, "1 of 3 games (beginner 5.500), together 5.500 s.")
    assert cup.read(f"/standings/{bob.id}", admin)["rank"] == cup.read(f"/standings/{bob.id}", cup.host)["rank"] == 2
    for caller, whose in ((None, bob), (bob, ann), (ann, bob)):
        refused(cup.get(f"/standings/{whose.id}", caller), 404, "no_result")
    end(cup)
    assert ranks(cup) == ranks(cup, bob) == everybody
    assert cup.read(f"/standings/{bob.id}")["rank"] == 2


# ── what clients have already ──


def test_what_a_client_has_already_is_not_sent_again(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    a_submission(cup, player)
    first = cup.get("/standings")
    tag = first.headers["ETag"]
    again = cup.get("/standings", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert cup.get("/standings", headers={"If-None-Match": f'"another", W/{tag}'}).status_code == 304
    assert cup.get("/standings", headers={"If-None-Match": '"another"'}).content == first.content
    a_submission(cup, player, 5_000)
    changed = cup.get("/standings", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)


def test_the_clock_changes_what_a_client_has(server: Server) -> None:
    cup = a_cup(server, hide_results=True)
    a_submission(cup, a_player(cup))
    tag = cup.get("/standings").headers["ETag"]
    end(cup)
    now = cup.get("/standings", headers={"If-None-Match": tag})
    assert (now.status_code, now.json()["phase"], len(now.json()["results"])) == (200, "ended", 1)


def test_what_one_may_see_is_nothing_that_another_has(server: Server) -> None:
    cup = a_cup(server, hide_results=True)
    player = a_player(cup)
    a_submission(cup, player)
    answers = [cup.get("/standings", by) for by in (None, player, cup.host)]
    assert len({answer.headers["ETag"] for answer in answers}) == 3
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Vary"] == "Authorization, X-Scoreganizer-Authorization"


def test_a_head_is_the_answer_without_its_body(server: Server) -> None:
    cup = a_cup(server)
    answer = server.request("HEAD", f"{cup.path}/standings")
    assert (answer.status_code, answer.headers["ETag"]) == (200, cup.get("/standings").headers["ETag"])


# ── what it costs ──


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """The routes in this process, where statements can be counted."""
    app = FastAPI()
    install_error_handlers(app)
    add_routes(app, [api.router])
    app.state.platform = platform
    app.state.accounts = Accounts.of(platform)
    app.state.tournaments = Tournaments.of(platform, app.state.accounts)
    app.state.feed = Feed.of(platform)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tengen.example") as client:
        yield client
    await app.state.tournaments.parsers.close()


@pytest.mark.parametrize("hide_results", [False, True])
async def test_a_page_costs_a_stranger_one_statement_however_many_have_taken_part(
    client: httpx.AsyncClient, platform: Platform, database: Database, hide_results: bool
) -> None:
    now = datetime.now(UTC)
    cup = await a_tournament(
        database, now=now - 2 * HOUR, starts_at=now - HOUR, ends_at=now + HOUR, hide_results=hide_results
    )
    for number in range(7):
        player = await a_stored_player(platform, cup)
        await a_stored_submission(database, cup, player, uploaded_at=now - number * SECOND)
    address = f"{PATH}/{cup.id}/standings?limit=3"
    lines = []
    while address:
        with Counted() as counted:
            answer = await client.get(address)
        assert counted == [1]
        page = json.loads(answer.content)
        lines += page["results"]
        address = page["next"]
    assert len(lines) == (0 if hide_results else 7)


async def test_a_tournament_costs_a_stranger_one_statement(client: httpx.AsyncClient, database: Database) -> None:
    cup = await a_tournament(database, hide_results=True)
    with Counted() as counted:
        assert (await client.get(f"{PATH}/{cup.id}")).status_code == 200
    assert counted == [1]
