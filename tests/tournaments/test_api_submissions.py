"""Submissions over HTTP: uploaded, listed, given out again, judged by the host."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tengen import receipts
from tengen.core.values import utc_iso
from tengen.signatures import KeySet
from tengen.tournaments.levels import Level
from tengen.tournaments.schemas import SubmissionRead, UploadAnswer
from tengen.tournaments.submissions import MAX_REPLAY_BYTES, Doubt
from tests.support.builders import User, a_verified_user
from tests.support.server import Server
from tests.tournaments.builders import HOUR, NOON
from tests.tournaments.over_http import (
    NOWHERE,
    PATH,
    Cup,
    a_cup,
    a_key,
    a_player,
    a_replay,
    a_submission,
    an_admin,
    an_entrant,
    end,
    refused,
    upload,
)

WHY = {"reason": "Played by another."}


def ids(cup: Cup, by: User | None = None, **query: Any) -> list[int]:
    return [one["id"] for one in cup.read("/submissions", by, params=query)["results"]]


# ── reading ──


def test_a_submission_says_what_was_played(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    stored = a_submission(cup, player, 5_410, Level.EXPERT, doubts=frozenset({Doubt.CLOCK_DISAGREES}), played_from=NOON)
    found = cup.read(f"/submissions/{stored.id}", player)
    assert found == {
        "id": stored.id,
        "account_id": player.id,
        "name": player.display_name,
        "level": "expert",
        "time": 5.41,
        "bbbv": 28,
        "format": "avf",
        "software": "Arbiter",
        "player_name": "ann",
        "uploaded": utc_iso(stored.uploaded_at),
        "sha256": stored.replay_hash.hex(),
        "counts": True,
        "disqualified": None,
        "doubts": ["clock_disagrees"],
        "played_from": "2026-06-01T12:00:00.000000Z",
    }
    assert SubmissionRead.model_validate(found).model_dump(mode="json") == found
    assert cup.read("/submissions", player)["results"] == [found]


def test_doubts_are_between_the_host_and_the_player(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    stored = a_submission(cup, player, doubts=frozenset(Doubt), played_from=NOON)
    for by in (player, cup.host, an_admin(server)):
        found = cup.read(f"/submissions/{stored.id}", by)
        assert (found["doubts"], found["played_from"]) == (sorted(Doubt), "2026-06-01T12:00:00.000000Z")
    for stranger in (None, a_player(cup)):
        found = cup.read(f"/submissions/{stored.id}", stranger)
        assert (found["doubts"], found["played_from"]) == (None, None)


def test_a_submission_counts_while_it_is_among_the_best(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    slow, fast = a_submission(cup, player, 6_000), a_submission(cup, player, 5_000)
    counting = {one["id"]: one["counts"] for one in cup.read("/submissions")["results"]}
    assert counting == {slow.id: False, fast.id: True}
    assert cup.read(f"/submissions/{slow.id}")["counts"] is False


def test_submissions_are_listed_in_the_order_in_which_they_came_page_by_page(server: Server) -> None:
    cup = a_cup(server)
    ann, bob = (a_player(cup) for _ in range(2))
    stored = [a_submission(cup, player).id for player in (ann, bob, ann, ann, bob)]
    found = []
    address: str | None = f"{server.url}{cup.path}/submissions?limit=2"
    while address is not None:
        page = server.client.get(address).json()
        found.append([one["id"] for one in page["results"]])
        address = page["next"]
    assert found == [stored[:2], stored[2:4], stored[4:]]
    assert ids(cup, account=ann.id) == [stored[0], stored[2], stored[3]]
    assert ids(cup, account=ann.id, after=stored[0], limit=1) == [stored[2]]
    assert ids(cup, account=NOWHERE) == []


@pytest.mark.parametrize("query", [{"account": -1}, {"account": 2**63}, {"after": "x"}, {"limit": 0}, {"limit": 1001}])
def test_a_list_that_cannot_be_is_refused(server: Server, query: dict[str, Any]) -> None:
    refused(a_cup(server).get("/submissions", params=query), 422, "invalid")


def test_hidden_submissions_are_as_if_there_were_none_until_the_end(server: Server) -> None:
    cup = a_cup(server, hide_results=True)
    ann, bob = (a_player(cup) for _ in range(2))
    hers, his = a_submission(cup, ann).id, a_submission(cup, bob).id
    assert (
        ids(cup) == ids(cup, a_verified_user(server)) == ids(cup, account=ann.id) == ids(cup, bob, account=ann.id) == []
    )
    assert (ids(cup, ann), ids(cup, bob)) == ([hers], [his])
    assert ids(cup, cup.host) == ids(cup, an_admin(server)) == [hers, his]
    unknown = cup.get(f"/submissions/{NOWHERE}", bob).json()
    for what in ("", "/replay", "/receipt"):
        answer = cup.get(f"/submissions/{hers}{what}", bob)
        refused(answer, 404, "no_such_submission")
        assert answer.json()["detail"].replace(str(hers), "N") == unknown["detail"].replace(str(NOWHERE), "N")
        assert cup.get(f"/submissions/{hers}{what}", ann).status_code == 200
    end(cup)
    assert ids(cup) == [hers, his]
    assert cup.read(f"/submissions/{hers}")["id"] == hers


def test_a_submission_is_found_in_its_own_tournament_alone(server: Server) -> None:
    cup, other = a_cup(server), a_cup(server)
    stored = a_submission(cup, a_player(cup))
    for path in (
        f"{other.path}/submissions/{stored.id}",
        f"{cup.path}/submissions/{NOWHERE}",
        f"{cup.path}/submissions/0",
    ):
        for what in ("", "/replay", "/receipt"):
            refused(server.get(path + what), 404, "no_such_submission")
    refused(server.get(f"{PATH}/{NOWHERE}/submissions/{stored.id}"), 404, "no_such_tournament")
    refused(server.get(f"{PATH}/{NOWHERE}/submissions"), 404, "no_such_tournament")
    refused(cup.get("/submissions/" + "9" * 30), 422, "invalid")


# ── replays ──


def test_a_replay_is_sealed_for_all_but_its_player_until_the_end(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    content = b"\0\xff a replay with a key in it " + str(player.id).encode()
    path = f"/submissions/{a_submission(cup, player, content=content).id}/replay"
    assert cup.get(path, player).content == content
    for by in (None, a_player(cup), cup.host, an_admin(server)):
        answer = cup.get(path, by)
        refused(answer, 403, "replay_sealed")
        assert content not in answer.content
    end(cup)
    for by in (None, a_verified_user(server), cup.host):
        assert cup.get(path, by).content == content


def test_a_replay_of_a_cancelled_tournament_is_sealed_no_more(server: Server) -> None:
    cup = a_cup(server)
    path = f"/submissions/{a_submission(cup, a_player(cup)).id}/replay"
    assert cup.post("/cancel", {"reason": "Rain."}, cup.host).status_code == 200
    assert cup.get(path).status_code == 200


@pytest.mark.parametrize(
    ("format_", "type_"),
    [
        ("avf", "application/x-minesweeper-arbiter"),
        ("rmv", "application/x-viennasweeper"),
        ("evf", "application/x-metasweeper"),
        ("mvf", "application/x-minesweeper-clone"),
    ],
)
def test_a_replay_is_a_file_of_its_own_type(server: Server, format_: str, type_: str) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    stored = a_submission(cup, player, replay_format=format_)
    answer = cup.get(f"/submissions/{stored.id}/replay", player)
    assert answer.headers["Content-Type"] == type_
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{stored.id}.{format_}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ── receipts ──


def test_a_receipt_proves_what_was_uploaded_to_whoever_has_the_platforms_keys(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    stored = a_submission(cup, player, 5_410)
    receipt = cup.read(f"/submissions/{stored.id}/receipt")["receipt"]
    keys = KeySet.from_jwks(server.get("/.well-known/jwks.json").json())
    read = receipts.verify(receipt, keys=keys, issuer=server.url)
    assert (read.submission_id, read.account_id, read.tournament_id) == (stored.id, player.id, cup.id)
    assert (read.sha256, read.time_ms, read.level) == (stored.replay_hash.hex(), 5_410, "beginner")
    assert cup.read(f"/submissions/{stored.id}/receipt", cup.host)["receipt"] == receipt


# ── uploads ──


def test_an_upload_is_answered_with_its_receipt_and_the_new_line(server: Server) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    content = a_replay(a_key(cup, player), name="Ann", time_ms=200)
    time.sleep(0.2)  # the game is as long as that
    answer = upload(cup, player, content)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert UploadAnswer.model_validate(made).model_dump(mode="json") == made
    submission = made["submission"]
    assert submission == cup.read(f"/submissions/{submission['id']}", player)
    assert (submission["player_name"], submission["time"], submission["counts"]) == ("Ann", 0.2, True)
    assert submission["sha256"] == hashlib.sha256(content).hexdigest()
    assert made["receipt"] == cup.read(f"/submissions/{submission['id']}/receipt")["receipt"]
    assert made["line"] == cup.read(f"/standings/{player.id}")
    assert (made["line"]["rank"], made["line"]["score"]) == (1, 0.2)
    assert cup.get(f"/submissions/{submission['id']}/replay", player).content == content


def test_an_upload_to_a_tournament_of_hidden_results_tells_no_rank(server: Server) -> None:
    cup = a_cup(server, hide_results=True)
    player = an_entrant(cup)
    content = a_replay(a_key(cup, player))
    time.sleep(0.1)
    line = upload(cup, player, content).json()["line"]
    assert (line["rank"], line["score"]) == (None, 0.1)
    assert ids(cup) == []


def test_who_follows_is_told_of_an_upload_at_once(server: Server) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    content = a_replay(a_key(cup, player))
    time.sleep(0.1)
    with server.client.stream("GET", f"{cup.path}/feed") as feed:
        lines = feed.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: resync"
        assert upload(cup, player, content).status_code == 201
        assert next(line for line in lines if line.startswith("event:")) == "event: submission"


def test_a_replay_is_refused_with_the_reason_and_stored_nowhere(server: Server) -> None:
    cup, other = a_cup(server), a_cup(server)
    player = an_entrant(cup)
    an_entrant(other, player)
    of_other = a_replay(a_key(other, player))
    of_nobody = a_replay(f"{player.id}_{cup.id}_{'0' * 32}")
    time.sleep(0.1)
    wrong = {
        "unreadable": b"This is no replay.",
        "empty": b"",
        "too_large": bytes(MAX_REPLAY_BYTES + 1),
        "unknown_key": of_nobody,
        "other_tournament": of_other,
    }
    for reason, content in wrong.items():
        answer = upload(cup, player, content)
        refused(answer, 403, "invalid_data")
        assert answer.json()["reason"] == reason
    assert ids(cup) == ids(other) == []
    assert upload(other, player, of_other).status_code == 201
    refused(upload(other, player, of_other), 403, "invalid_data")  # the same file


def test_an_upload_needs_a_tournament_and_a_player(server: Server) -> None:
    player = a_verified_user(server)
    file = {"video": ("game.avf", b"This is no replay.")}
    answer = server.post(f"{PATH}/{NOWHERE}/submissions", files=file, auth=player.auth)
    refused(answer, 404, "no_such_tournament")
    refused(server.post(f"{PATH}/{2**63}/submissions", files=file, auth=player.auth), 422, "invalid")
    refused(upload(a_cup(server), None, b"This is no replay."), 401, "not_authenticated")


@pytest.mark.parametrize("path", ["{cup}/submissions", "/api/scores/upload"])
def test_a_form_may_be_larger_than_a_replay_which_is_told_so(server: Server, path: str) -> None:
    cup = a_cup(server)
    player = an_entrant(cup)
    form = {"username": player.email, "password": player.password}
    token = server.post("/api/obtain_token", data=form).json()["token"]
    headers = {"X-Scoreganizer-Authorization": f"None:{token}"}
    path = path.format(cup=cup.path)
    largest = server.post(path, files={"video": bytes(MAX_REPLAY_BYTES)}, headers=headers)
    assert (largest.status_code, largest.json()["reason"]) == (403, "unreadable")
    larger = server.post(path, files={"video": bytes(MAX_REPLAY_BYTES + 2**20)}, headers=headers)
    assert (larger.status_code, larger.json()["error"], larger.json()["reason"]) == (403, "invalid_data", "too_large")
    much_larger = server.post(path, files={"video": bytes(2 * MAX_REPLAY_BYTES)}, headers=headers)
    refused(much_larger, 413, "body_too_large")
    elsewhere = server.post(f"{cup.path}/entries", files={"video": bytes(MAX_REPLAY_BYTES)}, headers=headers)
    refused(elsewhere, 413, "body_too_large")


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (b"", "multipart/form-data"),
        (b"no form", "multipart/form-data; boundary=x"),
        (b'{"video": "AAAA"}', "application/json"),
        (b"video=AAAA", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_with_a_file_is_no_upload(server: Server, content: bytes, type_: str) -> None:
    cup = a_cup(server)
    answer = server.request(
        "POST", f"{cup.path}/submissions", content=content, headers={"Content-Type": type_}, auth=cup.host.auth
    )
    refused(answer, 403, "invalid_data")


# ── judging ──


def test_a_disqualified_submission_counts_no_longer_until_it_is_restored(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    slow, fast = a_submission(cup, player, 6_000), a_submission(cup, player, 5_000)
    answer = cup.post(f"/submissions/{fast.id}/disqualify", WHY, cup.host)
    assert answer.status_code == 200
    found = answer.json()
    at = found["disqualified"]["at"]
    assert abs(datetime.fromisoformat(at) - datetime.now(UTC)) < timedelta(minutes=1)
    assert (found["disqualified"], found["counts"]) == ({"at": at, "reason": "Played by another."}, False)
    assert cup.read(f"/submissions/{fast.id}")["disqualified"] == found["disqualified"]
    assert cup.read(f"/standings/{player.id}")["games"][0]["submission_id"] == slow.id
    refused(cup.post(f"/submissions/{fast.id}/disqualify", WHY, cup.host), 409, "already_disqualified")
    end(cup)
    restored = cup.post(f"/submissions/{fast.id}/restore", {"reason": "It was him after all."}, cup.host).json()
    assert (restored["disqualified"], restored["counts"]) == (None, True)
    assert cup.read(f"/standings/{player.id}")["score"] == 5.0
    refused(cup.post(f"/submissions/{fast.id}/restore", WHY, cup.host), 409, "not_disqualified")


def test_whose_last_game_is_disqualified_leaves_the_standings(server: Server) -> None:
    cup = a_cup(server)
    player = a_player(cup)
    stored = a_submission(cup, player)
    assert cup.post(f"/submissions/{stored.id}/disqualify", WHY, cup.host).status_code == 200
    assert cup.read("/standings")["results"] == []
    refused(cup.get(f"/standings/{player.id}", player), 404, "no_result")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": ""}, "invalid_reason"),
        ({"reason": "\0"}, "invalid_reason"),
        ({"reason": "x" * 501}, "invalid_reason"),
        ({"reason": 7}, "invalid"),
        ({}, "invalid"),
        (None, "invalid"),
    ],
)
@pytest.mark.parametrize("what", ["disqualify", "restore"])
def test_who_judges_says_why(server: Server, what: str, body: Any, code: str) -> None:
    cup = a_cup(server)
    stored = a_submission(cup, a_player(cup))
    version = cup.read()["version"]
    refused(cup.post(f"/submissions/{stored.id}/{what}", body, cup.host), 422, code)
    assert cup.read()["version"] == version


def test_nothing_is_judged_that_is_not_there(server: Server) -> None:
    cup, other = a_cup(server), a_cup(server, starts_in=HOUR)
    stored = a_submission(cup, a_player(cup))
    for what in ("disqualify", "restore"):
        refused(cup.post(f"/submissions/{NOWHERE}/{what}", WHY, cup.host), 404, "no_such_submission")
        refused(other.post(f"/submissions/{stored.id}/{what}", WHY, other.host), 404, "no_such_submission")
        answer = server.post(f"{PATH}/{NOWHERE}/submissions/1/{what}", WHY, auth=cup.host.auth)
        refused(answer, 404, "no_such_tournament")
