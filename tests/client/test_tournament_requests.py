"""Tournaments with both clients, in front of a platform that answers what it is told."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tengen.client import (
    CountingGame,
    Doubt,
    Entry,
    EntryState,
    InvalidData,
    KeyNotGenerated,
    Standings,
    StandingsLine,
    Submission,
    TooEarly,
    Tournament,
    TournamentDetails,
    TournamentKey,
    TournamentList,
    TournamentOver,
    TournamentPhase,
    TournamentPlan,
    TournamentStatus,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    Upload,
)
from tengen.client.resources import submissions, tournaments
from tests.client.fake_platform import (
    MIRA_HEADER,
    URL,
    APlatform,
    Ask,
    Case,
    at,
    check_case,
    check_methods,
    operations_of,
)

pytestmark = pytest.mark.usefixtures("pauses")

PATH = "/api/v2/tournaments"
START, END = at("2026-06-01T18:00:00"), at("2026-06-01T20:00:00")
PLAN = TournamentPlan("Spring Sprint", "sum", "1+1+1", START, END, location="online", open_entry=False)
PLANNED = {
    "name": "Spring Sprint",
    "location": "online",
    "mode": "sum",
    "modeparams": "1+1+1",
    "start": "2026-06-01T18:00:00+00:00",
    "end": "2026-06-01T20:00:00+00:00",
    "open_entry": False,
    "hide_results": False,
}
LISTED = PLANNED | {
    "id": 12,
    "rules": "The sum of one's best 1 Beginner, 1 Intermediate and 1 Expert games.",
    "start": "2026-06-01T18:00:00.000000Z",
    "end": "2026-06-01T20:00:00.000000Z",
    "phase": "upcoming",
    "host": {"id": 57, "name": "Mira"},
    "created": "2026-05-02T18:04:11.220913Z",
    "cancelled": None,
    "cancel_reason": None,
    "time_limit": None,
    "status": "hosting",
    "version": 3,
}
VALUES: dict[str, Any] = {
    "id": 12,
    "name": "Spring Sprint",
    "location": "online",
    "mode": "sum",
    "mode_parameters": "1+1+1",
    "rules": LISTED["rules"],
    "starts_at": START,
    "ends_at": END,
    "phase": TournamentPhase.UPCOMING,
    "open_entry": False,
    "hide_results": False,
    "host_id": 57,
    "host_name": "Mira",
    "created_at": at("2026-05-02T18:04:11.220913"),
    "cancelled_at": None,
    "cancel_reason": None,
    "time_limit": None,
    "status": TournamentStatus.HOSTING,
    "version": 3,
}
TOURNAMENT, THE_TOURNAMENT = (
    LISTED | {"participants": 24, "submissions": 131},
    TournamentDetails(**VALUES, participants=24, submissions=131),
)
CANCELLED = LISTED | {
    "phase": "cancelled",
    "cancelled": "2026-05-03T00:00:00.000000Z",
    "cancel_reason": "Nobody came.",
    "time_limit": 3600,
}
THE_CANCELLED = Tournament(
    **VALUES
    | {
        "phase": TournamentPhase.CANCELLED,
        "cancelled_at": at("2026-05-03T00:00:00"),
        "cancel_reason": "Nobody came.",
        "time_limit": timedelta(hours=1),
    }
)
ENTRY = {"account_id": 58, "name": "Tova", "state": "requested", "since": "2026-05-02T18:04:11.000000Z"}
THE_ENTRY = Entry(58, "Tova", EntryState.REQUESTED, at("2026-05-02T18:04:11"))
KEY = {"key": "57_12_5f0e3d2c1b0a49788695a4b3c2d1e0f9", "key_expiry": None}
THE_KEY = TournamentKey(KEY["key"] or "", None)
REPLAY = b"the bytes of a replay"
SHA256 = hashlib.sha256(REPLAY).hexdigest()
SUBMISSION = {
    "id": 345,
    "account_id": 57,
    "name": "Mira",
    "level": "beginner",
    "time": 5.41,
    "bbbv": 28,
    "format": "avf",
    "software": "Arbiter",
    "player_name": "M",
    "uploaded": "2026-06-01T18:07:41.123456Z",
    "sha256": SHA256,
    "counts": True,
    "disqualified": None,
    "doubts": ["clock_disagrees"],
    "played_from": "2026-06-01T18:07:00.000000Z",
}
THE_SUBMISSION = Submission(
    id=345,
    account_id=57,
    name="Mira",
    level="beginner",
    time=timedelta(milliseconds=5410),
    bbbv=28,
    replay_format="avf",
    software="Arbiter",
    player_name="M",
    uploaded_at=at("2026-06-01T18:07:41.123456"),
    sha256=SHA256,
    counts=True,
    disqualified_at=None,
    disqualified_reason=None,
    doubts=(Doubt.CLOCK_DISAGREES,),
    played_from=at("2026-06-01T18:07:00"),
)
DISQUALIFIED = SUBMISSION | {
    "counts": False,
    "disqualified": {"at": "2026-06-02T00:00:00.000000Z", "reason": "Another's."},
    "doubts": None,
    "played_from": None,
}
THE_DISQUALIFIED = replace(
    THE_SUBMISSION,
    counts=False,
    disqualified_at=at("2026-06-02T00:00:00"),
    disqualified_reason="Another's.",
    doubts=None,
    played_from=None,
)
GAME = {"submission_id": 345, "level": "beginner", "time": 5.41, "uploaded": "2026-06-01T18:07:41.123456Z"}
LINE = {"rank": 1, "account_id": 57, "name": "Mira", "score": 5.41, "complete": False, "missing": 2, "games": [GAME]}
THE_LINE = StandingsLine(
    1,
    57,
    "Mira",
    timedelta(seconds=5.41),
    2,
    (CountingGame(345, "beginner", timedelta(seconds=5.41), at("2026-06-01T18:07:41.123456")),),
)
EXPLAINED = LINE | {"explanation": "1 of 3 games."}
THE_EXPLAINED = replace(THE_LINE, explanation="1 of 3 games.")
STANDINGS = {"tournament_id": 12, "mode": "sum", "modeparams": "1+1+1", "phase": "running", "hidden": False}
UPLOADED = {"submission": SUBMISSION, "receipt": "ey.J.9", "line": EXPLAINED}
THE_UPLOAD = Upload(THE_SUBMISSION, "ey.J.9", THE_EXPLAINED)


def a_page(*items: Any, after: str | None = None) -> dict[str, Any]:
    """A page as the wire has it."""
    return {"results": list(items), "next": after and f"{URL}{PATH}?limit=100&after={after}"}


def step(method: str, word: str, *args: Any) -> Case:
    body = {"step": word} | ({"account": args[0]} if args else {})
    return Case(method, [12, *args], f"POST {PATH}/12/entries", body, ENTRY, THE_ENTRY)


REASON = {"reason": "Nobody came."}
CASES = [
    Case("tournaments", [], f"GET {PATH}?list=active&limit=100", None, a_page(LISTED, CANCELLED),
         [Tournament(**VALUES), THE_CANCELLED]),
    Case("tournaments", [TournamentList.MY_ACTIVE], f"GET {PATH}?list=my_active&host=57&limit=100", None, a_page(), [],
         kwargs={"host_id": 57}),
    Case("tournament", [12], f"GET {PATH}/12", None, TOURNAMENT, THE_TOURNAMENT),
    Case("tournament", [12], f"GET {PATH}/12", None, TOURNAMENT | {"submissions": None},
         replace(THE_TOURNAMENT, submissions=None)),
    Case("create_tournament", [PLAN], f"POST {PATH}", PLANNED, TOURNAMENT, THE_TOURNAMENT),
    Case("edit_tournament", [12], f"PATCH {PATH}/12", {"name": "Summer Sprint", "hide_results": True}, TOURNAMENT,
         THE_TOURNAMENT, kwargs={"name": "Summer Sprint", "hide_results": True}),
    Case("edit_tournament", [12], f"PATCH {PATH}/12",
         {"location": "", "mode": "best", "modeparams": "expert", "start": PLANNED["start"], "end": PLANNED["end"],
          "open_entry": False}, TOURNAMENT, THE_TOURNAMENT,
         kwargs={"location": "", "mode": "best", "mode_parameters": "expert", "starts_at": START, "ends_at": END,
                 "open_entry": False}),
    Case("cancel_tournament", [12, "Nobody came."], f"POST {PATH}/12/cancel", REASON, TOURNAMENT, THE_TOURNAMENT),
    Case("tournament_entries", [12], f"GET {PATH}/12/entries?limit=1000", None, a_page(ENTRY), [THE_ENTRY]),
    Case("tournament_entries", [12], f"GET {PATH}/12/entries?state=requested&limit=1000", None, a_page(), [],
         kwargs={"state": EntryState.REQUESTED}),
    step("enter_tournament", "request"),
    step("accept_tournament_invitation", "accept"),
    step("decline_tournament_invitation", "decline"),
    step("withdraw_from_tournament", "withdraw"),
    step("invite_to_tournament", "invite", "Tova"),
    step("retract_tournament_invitation", "withdraw", 58),
    step("confirm_tournament_entry", "confirm", 58),
    step("reject_tournament_entry", "reject", "58"),
    Case("fetch_key", [12], f"GET {PATH}/12/key", None, KEY, THE_KEY),
    Case("fetch_key", [12], f"GET {PATH}/12/key", None, KEY | {"key_expiry": "2026-06-01T20:00:00.000000Z"},
         replace(THE_KEY, expires_at=END)),
    Case("make_key", [12], f"POST {PATH}/12/key", None, KEY, THE_KEY),
    Case("wait_for_key", [12], f"POST {PATH}/12/key", None, KEY, THE_KEY),
    Case("submissions", [12], f"GET {PATH}/12/submissions?limit=1000", None, a_page(SUBMISSION, DISQUALIFIED),
         [THE_SUBMISSION, THE_DISQUALIFIED]),
    Case("submissions", [12], f"GET {PATH}/12/submissions?account=57&limit=1000", None, a_page(), [],
         kwargs={"account_id": 57}),
    Case("submission", [12, 345], f"GET {PATH}/12/submissions/345", None, SUBMISSION, THE_SUBMISSION),
    Case("receipt", [12, 345], f"GET {PATH}/12/submissions/345/receipt", None, {"receipt": "ey.J.9"}, "ey.J.9"),
    Case("disqualify_submission", [12, 345, "Another's."], f"POST {PATH}/12/submissions/345/disqualify",
         {"reason": "Another's."}, DISQUALIFIED, THE_DISQUALIFIED),
    Case("restore_submission", [12, 345, "It is his."], f"POST {PATH}/12/submissions/345/restore",
         {"reason": "It is his."}, SUBMISSION, THE_SUBMISSION),
    Case("standings", [12], f"GET {PATH}/12/standings", None, STANDINGS | a_page(LINE, after="QDm"),
         Standings(12, TournamentPhase.RUNNING, False, (THE_LINE,), "QDm")),
    Case("standings", [12], f"GET {PATH}/12/standings?limit=1&after=QDm", None,
         STANDINGS | {"hidden": True} | a_page(LINE | {"rank": None}),
         Standings(12, TournamentPhase.RUNNING, True, (replace(THE_LINE, place=None),), None),
         kwargs={"limit": 1, "after": "QDm"}),
    Case("all_standings", [12], f"GET {PATH}/12/standings?limit=1000", None, STANDINGS | a_page(LINE), [THE_LINE]),
    Case("standings_line", [12, 57], f"GET {PATH}/12/standings/57", None, EXPLAINED, THE_EXPLAINED),
]  # fmt: skip
OPERATIONS = operations_of(tournaments, submissions)


def test_the_cases_walk_what_is_one_request_and_the_rest_is_told_below() -> None:
    rest = {"upload_replay", "replay", "my_standings_line", "follow_tournament"}
    assert {case.method for case in CASES} | rest == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_method_has_the_signature_and_the_text_of_its_operation(name: str) -> None:
    check_methods(name, OPERATIONS[name])


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_every_operation_sends_and_reads_what_the_wire_contract_says(ask: Ask, case: Case) -> None:
    await check_case(ask, case)


def answer(json: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=json)


def refusal(code: str, status: int = 403, **facts: Any) -> httpx.Response:
    """A refusal as the paths of tournaments have it."""
    body = {"error": code, "detail": "No."} | facts
    return httpx.Response(status, headers={"X-Tengen-Error": code}, json=body)


def sent(platform: APlatform) -> list[str]:
    """Methods and paths of what was asked."""
    return [f"{request.method} {request.url.raw_path.decode().removeprefix(PATH)}" for request in platform.requests]


LOST = httpx.ReadError("connection lost")
SIGNED_IN = {
    "id": 57,
    "display_name": "Mira",
    "created": "2026-05-02T18:04:11.220913",
    "last_online": None,
    "proof": "9f1c" * 16,
}


def test_a_time_without_an_offset_is_not_planned() -> None:
    with pytest.raises(ValueError, match="offset"):
        replace(PLAN, ends_at=datetime(2026, 6, 1)).to_json()  # noqa: DTZ001  # that is the mistake


def test_a_key_does_not_show_when_it_is_printed() -> None:
    assert "5f0e" not in repr(THE_KEY)


# ── lists ──


async def test_a_list_is_read_page_by_page_to_its_end(ask: Ask) -> None:
    pages = [a_page(LISTED, after="QDk"), a_page(after="QDm"), a_page(CANCELLED)]
    platform = APlatform([answer(page) for page in pages])
    found = await ask(platform, "tournaments", TournamentList.ALL)
    assert found == [Tournament(**VALUES), THE_CANCELLED]
    assert sent(platform) == [f"GET ?list=all&limit=100{after}" for after in ("", "&after=QDk", "&after=QDm")]


# ── keys ──


async def test_a_key_that_was_made_before_is_fetched(ask: Ask) -> None:
    platform = APlatform([refusal("key_exists"), answer(KEY)])
    assert await ask(platform, "make_key", 12) == THE_KEY
    assert sent(platform) == ["POST /12/key", "GET /12/key"]


async def test_a_key_is_waited_for_as_long_as_the_platform_says(ask: Ask, pauses: list[float]) -> None:
    waits = [refusal("too_early", wait=wait) for wait in (3600.5, 3000.4, 1.3, 0)]
    platform = APlatform([*waits, refusal("key_exists"), answer(KEY)])
    assert await ask(platform, "wait_for_key", 12) == THE_KEY
    assert pauses == [600, 600, 1.3, 0.2]


async def test_nobody_waits_for_a_key_longer_than_it_is_worth(ask: Ask, pauses: list[float]) -> None:
    platform = APlatform([refusal("too_early", wait=wait) for wait in (40, 19, 1.5)])
    with pytest.raises(TooEarly) as error:
        await ask(platform, "wait_for_key", 12, patience=timedelta(minutes=1))
    assert pauses == [40, 19]
    assert error.value.wait == timedelta(seconds=1.5)


async def test_what_else_is_refused_is_not_waited_for(ask: Ask, pauses: list[float]) -> None:
    with pytest.raises(KeyNotGenerated):
        await ask(APlatform([refusal("key_exists"), refusal("not_generated")]), "wait_for_key", 12)
    assert pauses == []


# ── uploads ──


async def test_a_replay_goes_out_as_a_form_with_its_bytes(ask: Ask) -> None:
    platform = APlatform([answer(UPLOADED, 201)])
    assert await ask(platform, "upload_replay", 12, REPLAY) == THE_UPLOAD
    (request,) = platform.requests
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="video"; filename="' in request.content
    assert b"\r\n\r\n" + REPLAY + b"\r\n--" in request.content
    assert request.headers["Authorization"] == MIRA_HEADER
    assert request.extensions["timeout"]["read"] == 60


async def test_a_replay_is_read_from_its_file(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "game.avf").write_bytes(REPLAY)
    platform = APlatform([answer(UPLOADED | {"line": None}, 201)])
    assert await ask(platform, "upload_replay", 12, tmp_path / "game.avf") == replace(THE_UPLOAD, line=None)
    assert REPLAY in platform.requests[0].content
    with pytest.raises(FileNotFoundError):
        await ask(platform, "upload_replay", 12, tmp_path / "another.avf")


LOOKED_UP = [
    "POST /12/submissions",
    "POST /v1/user/login",
    "GET /12/submissions?account=57&limit=1000",
    "GET /12/submissions/345/receipt",
    "GET /12/standings/57",
]


@pytest.mark.parametrize(
    "second",
    [
        refusal("invalid_data", reason="same_file"),
        refusal("tournament_over"),
        refusal("mode_constraint_violated"),
    ],
    ids=["same_file", "over", "own time over"],
)
async def test_an_upload_whose_answer_was_lost_is_sent_again_and_found(ask: Ask, second: httpx.Response) -> None:
    found = [answer(SIGNED_IN), answer(a_page(SUBMISSION)), answer({"receipt": "ey.J.9"}), answer(EXPLAINED)]
    platform = APlatform([LOST, second, *found])
    assert await ask(platform, "upload_replay", 12, REPLAY) == replace(THE_UPLOAD, is_new=False)
    assert sent(platform) == ["POST /12/submissions", *LOOKED_UP]
    assert all(REPLAY in request.content for request in platform.requests[:2])


async def test_a_replay_that_was_disqualified_since_has_no_line(ask: Ask) -> None:
    found = [answer(SIGNED_IN), answer(a_page(DISQUALIFIED)), answer({"receipt": "ey.J.9"}), refusal("no_result", 404)]
    platform = APlatform([refusal("invalid_data", reason="same_file"), *found])
    expected = Upload(THE_DISQUALIFIED, "ey.J.9", None, is_new=False)
    assert await ask(platform, "upload_replay", 12, REPLAY) == expected


@pytest.mark.parametrize(
    ("refused", "kind"),
    [(refusal("invalid_data", reason="same_file"), InvalidData), (refusal("tournament_over"), TournamentOver)],
    ids=["same_file", "over"],
)
async def test_an_upload_that_is_not_there_is_refused_as_the_platform_says(
    ask: Ask, refused: httpx.Response, kind: type[Exception]
) -> None:
    another = SUBMISSION | {"sha256": "00" * 32}
    platform = APlatform([refused, answer(SIGNED_IN), answer(a_page(another))])
    with pytest.raises(kind, match="No"):
        await ask(platform, "upload_replay", 12, REPLAY)


async def test_what_will_never_count_is_not_looked_for(ask: Ask) -> None:
    platform = APlatform([refusal("invalid_data", reason="no_key")])
    with pytest.raises(InvalidData) as error:
        await ask(platform, "upload_replay", 12, REPLAY)
    assert error.value.reason == "no_key"
    assert len(platform.requests) == 1


# ── replays and standings ──


async def test_a_replay_is_compared_with_its_hash(ask: Ask) -> None:
    platform = APlatform([answer(SUBMISSION), httpx.Response(200, content=REPLAY)])
    assert await ask(platform, "replay", 12, 345) == REPLAY
    assert sent(platform) == ["GET /12/submissions/345", "GET /12/submissions/345/replay"]
    with pytest.raises(UnexpectedAnswer, match="another file"):
        await ask(APlatform([answer(SUBMISSION), httpx.Response(200, content=b"another")]), "replay", 12, 345)


async def test_ones_own_line_is_found_by_ones_account(ask: Ask) -> None:
    platform = APlatform([answer(SIGNED_IN), answer(EXPLAINED)])
    assert await ask(platform, "my_standings_line", 12) == THE_EXPLAINED
    assert sent(platform) == ["POST /v1/user/login", "GET /12/standings/57"]


# ── trouble ──


async def test_a_question_is_asked_again_where_the_database_is_away_without_that_status(
    ask: Ask, pauses: list[float]
) -> None:
    platform = APlatform([refusal("unavailable"), answer(TOURNAMENT)])
    assert await ask(platform, "tournament", 12) == THE_TOURNAMENT
    assert pauses == [0.2]
    with pytest.raises(Unavailable) as error:
        await ask(APlatform([refusal("unavailable")]), "tournament", 12)
    assert error.value.status == 403


@pytest.mark.parametrize("method", ["enter_tournament", "make_key"])
async def test_what_may_be_done_twice_is_sent_again(ask: Ask, method: str) -> None:
    platform = APlatform([LOST, answer(ENTRY | KEY)])
    await ask(platform, method, 12)
    assert len(platform.requests) == 2


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("create_tournament", [PLAN]),
        ("cancel_tournament", [12, "Nobody came."]),
        ("disqualify_submission", [12, 345, "Another's."]),
    ],
)
async def test_what_may_be_done_once_is_not(ask: Ask, method: str, args: list[Any]) -> None:
    platform = APlatform([LOST, answer(TOURNAMENT)])
    with pytest.raises(Unreachable):
        await ask(platform, method, *args)
    assert len(platform.requests) == 1


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("tournament", TOURNAMENT | {"phase": "later"}),
        ("tournament", LISTED),
        ("tournaments", {"results": [LISTED]}),
        ("tournaments", a_page(LISTED | {"host": None})),
        ("fetch_key", {}),
        ("standings", STANDINGS | a_page(LINE | {"score": "fast"})),
        ("submissions", a_page(SUBMISSION | {"doubts": ["none"]})),
    ],
)
async def test_an_answer_that_cannot_be_read_is_unexpected(ask: Ask, method: str, wrong: Any) -> None:
    args = [] if method == "tournaments" else [12]
    with pytest.raises(UnexpectedAnswer):
        await ask(APlatform([httpx.Response(200, content=json.dumps(wrong).encode())]), method, *args)
