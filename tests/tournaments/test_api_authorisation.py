"""Who may do what in a tournament over HTTP: a table of everybody against every route."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tengen.tournaments.archive import Submission
from tests.support.builders import User, a_verified_user
from tests.support.server import Server
from tests.tournaments.builders import HOUR
from tests.tournaments.over_http import PATH, Cup, a_body, a_cup, a_player, a_submission, an_admin, an_entrant, end

# Who is authorised, neither engine decides.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"])

OK = "ok"
TO_ALL = [OK] * 5
ANYBODY_KNOWN = ["not_authenticated", OK, OK, OK, OK]
HOSTS = ["not_authenticated", "not_tournament_host", "not_tournament_host", OK, OK]
HOSTS_OF_ENTRIES = ["not_authenticated", "not_host", "not_host", OK, OK]
WHO_TAKES_PART = ["not_authenticated", "not_participating", OK, "not_participating", "not_participating"]
CALLERS = ("nobody", "stranger", "entrant", "host", "admin")


def unless_close(code: str) -> list[str]:
    return [code, code, OK, OK, OK]


@dataclass(frozen=True)
class Case:
    """A route, the state of the tournament, and what each of the callers hears."""

    method: str
    route: str
    state: str
    heard: list[str]
    body: Any = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.state} {self.name}".strip()


WHY = {"reason": "Played by another."}
TABLE = [
    Case("GET", "", "none", TO_ALL),
    Case("POST", "", "none", ANYBODY_KNOWN, a_body()),
    *(Case("GET", "/{tournament_id}", state, TO_ALL) for state in ("upcoming", "running", "hidden", "over")),
    Case("PATCH", "/{tournament_id}", "upcoming", HOSTS, {"location": "elsewhere"}),
    Case("POST", "/{tournament_id}/cancel", "running", HOSTS, WHY),
    *(Case("GET", "/{tournament_id}/standings", state, TO_ALL) for state in ("running", "hidden", "over")),
    Case("GET", "/{tournament_id}/standings/{account_id}", "running", TO_ALL),
    Case("GET", "/{tournament_id}/standings/{account_id}", "hidden", unless_close("no_result")),
    Case("GET", "/{tournament_id}/standings/{account_id}", "over", TO_ALL),
    Case("GET", "/{tournament_id}/entries", "hidden", TO_ALL),
    Case("POST", "/{tournament_id}/entries", "running", ANYBODY_KNOWN, {"step": "request"}, "oneself"),
    Case(
        "POST",
        "/{tournament_id}/entries",
        "running",
        ["not_authenticated", "not_entrant", OK, "not_entrant", "not_entrant"],
        {"step": "request", "account": "entrant"},
        "the entrant",
    ),
    *(
        Case(
            "POST",
            "/{tournament_id}/entries",
            "running",
            HOSTS_OF_ENTRIES,
            {"step": word, "account": "entrant"},
            word,
        )
        for word in ("invite", "confirm")
    ),
    Case(
        "POST",
        "/{tournament_id}/entries",
        "upcoming",
        HOSTS_OF_ENTRIES,
        {"step": "reject", "account": "entrant"},
        "reject",
    ),
    Case(
        "POST",
        "/{tournament_id}/entries",
        "upcoming",
        ["not_authenticated", "not_entrant", OK, "nothing_to_withdraw", "nothing_to_withdraw"],
        {"step": "withdraw", "account": "entrant"},
        "withdraw",
    ),
    Case("GET", "/{tournament_id}/key", "running", WHO_TAKES_PART),
    Case(
        "POST",
        "/{tournament_id}/key",
        "running",
        ["key_exists" if heard == OK else heard for heard in WHO_TAKES_PART],
    ),
    *(Case("GET", "/{tournament_id}/submissions", state, TO_ALL) for state in ("running", "hidden", "over")),
    Case(
        "POST",
        "/{tournament_id}/submissions",
        "running",
        ["not_authenticated", *["invalid_data"] * 4],
    ),
    *(
        Case("GET", f"/{{tournament_id}}/submissions/{{submission_id}}{what}", state, heard)
        for what in ("", "/receipt")
        for state, heard in (("running", TO_ALL), ("hidden", unless_close("no_such_submission")), ("over", TO_ALL))
    ),
    Case(
        "GET",
        "/{tournament_id}/submissions/{submission_id}/replay",
        "running",
        ["replay_sealed", "replay_sealed", OK, "replay_sealed", "replay_sealed"],
    ),
    Case(
        "GET",
        "/{tournament_id}/submissions/{submission_id}/replay",
        "hidden",
        ["no_such_submission", "no_such_submission", OK, "replay_sealed", "replay_sealed"],
    ),
    Case("GET", "/{tournament_id}/submissions/{submission_id}/replay", "over", TO_ALL),
    *(
        Case("POST", "/{tournament_id}/submissions/{submission_id}/disqualify", state, HOSTS, WHY)
        for state in ("hidden", "over")
    ),
    Case(
        "POST",
        "/{tournament_id}/submissions/{submission_id}/restore",
        "running",
        ["not_disqualified" if heard == OK else heard for heard in HOSTS],
        WHY,
    ),
]


@dataclass(frozen=True)
class Stage:
    """A tournament with an entrant, who has uploaded a replay unless it has not begun."""

    cup: Cup
    entrant: User
    submission: Submission | None

    def ask(self, case: Case, caller: User | None) -> httpx.Response:
        """Send a request of this case."""
        numbers = {
            "{tournament_id}": self.cup.id,
            "{account_id}": self.entrant.id,
            "{submission_id}": 0 if self.submission is None else self.submission.id,
        }
        path = re.sub(r"\{\w+\}", lambda found: str(numbers[found[0]]), PATH + case.route)
        body = case.body
        if isinstance(body, dict) and body.get("account") == "entrant":
            body = body | {"account": self.entrant.id}
        auth = None if caller is None else caller.auth
        return self.cup.server.request(case.method, path, json=body, auth=auth)


def a_stage(server: Server, state: str, host: User, entrant: User) -> Stage:
    if state == "upcoming":
        cup = a_cup(server, host=host, starts_in=HOUR)
        return Stage(cup, an_entrant(cup, entrant), None)
    cup = a_cup(server, host=host, hide_results=state in {"hidden", "over"})
    stage = Stage(cup, a_player(cup, entrant), a_submission(cup, entrant))
    if state == "over":
        end(cup)
    return stage


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_who_may_do_what(server: Server, case: Case) -> None:
    host, entrant, stranger, admin = *(a_verified_user(server) for _ in range(3)), an_admin(server)
    callers = dict(zip(CALLERS, (None, stranger, entrant, host, admin), strict=True))
    heard = {}
    for name, caller in callers.items():
        answer = a_stage(server, case.state, host, entrant).ask(case, caller)
        heard[name] = OK if answer.is_success else answer.headers["X-Tengen-Error"]
    assert heard == dict(zip(CALLERS, case.heard, strict=True))


def test_the_table_has_every_route(server: Server) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    routes = {
        (method.upper(), path.removeprefix(PATH))
        for path, methods in paths.items()
        if path.startswith(PATH)
        for method in methods
    }
    assert routes - {("GET", "/{tournament_id}/feed")} == {(case.method, case.route) for case in TABLE}
