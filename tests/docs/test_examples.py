"""Examples in the documents do what the documents say.

Each block under `<!-- run -->` is run as a reader would: those of one document in order, in one directory, against a
platform of their own. The address, the interpreter and the data directory of the text stand for the test's.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scoreganizer_client_lib import exceptions as theirs
from sqlalchemy import update

import tengen.app  # with it come all parts of the platform, and their refusals
import tengen.client
from tengen import receipts
from tengen.core.database import Transaction
from tengen.core.errors import TengenError
from tengen.core.values import utc_now
from tengen.games.rated_games import Unrated
from tengen.oauth.refusals import OAuthRefusal
from tengen.oauth.scopes import Scope
from tengen.ratings.catalogue import systems
from tengen.receipts import Receipt
from tengen.tournaments.entries import EntryState, Status, Step
from tengen.tournaments.models import TournamentRow
from tengen.tournaments.modes import MODES, Reason
from tengen.tournaments.notices import NoticeKind
from tengen.tournaments.schedule import TournamentList
from tengen.tournaments.scoreganizer_schemas import ListedTournament
from tengen.tournaments.submissions import Doubt
from tengen.tournaments.tokens import TokenStatus
from tengen.web.errors import dialect_of
from tests.games.builders import a_go_server, a_reported_game
from tests.support.operations import operate
from tests.support.server import Server, environment

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^<!-- run -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block that is to be run, and the line it begins at."""

    document: Path
    line: int
    language: str
    code: str


def blocks_of(document: Path) -> list[Block]:
    text = document.read_text()
    return [
        Block(document, text.count("\n", 0, found.start()) + 2, found[1], found[2]) for found in _BLOCK.finditer(text)
    ]


class Reader:
    """Somebody who types in what a document says, in a directory of their own."""

    def __init__(self, server: Server, directory: Path) -> None:
        self.server = server
        self._directory = directory
        (directory / "data").symlink_to(server.data_dir)
        (directory / ".venv").mkdir()
        (directory / ".venv" / "bin").symlink_to(Path(sys.executable).parent)

    def follow(self, block: Block) -> str:
        """Run the block; returns what it prints."""
        code = block.code.replace("http://127.0.0.1:8000", self.server.url)
        command = {"python": [sys.executable, "-c", code], "bash": ["bash", "-euo", "pipefail", "-c", code]}
        result = subprocess.run(
            command[block.language],
            cwd=self._directory,
            env=environment(**self.server.settings),
            capture_output=True,
            text=True,
            timeout=60,
        )
        where = f"{block.document.relative_to(ROOT)}, line {block.line}"
        assert result.returncode == 0, f"{where}:\n{result.stdout}{result.stderr}"
        self._wait_for_mail()
        return result.stdout

    def _wait_for_mail(self) -> None:
        give_up_at = time.monotonic() + 10
        while self.server.metric("tengen_outbox_waiting") > 0:
            assert time.monotonic() < give_up_at, "the outbox does not empty"
            time.sleep(0.05)


@pytest.fixture
def engine() -> str:
    """A newcomer's platform: documents are about what anybody sees, and the dialect's tests run on both databases."""
    return "sqlite"


@pytest.fixture
def reader(start_server: Callable[..., Server], tmp_path: Path) -> Reader:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("the examples need bash and curl")
    return Reader(start_server(), tmp_path)


def _prints(reader: Reader, document: str) -> list[str]:
    return [reader.follow(block) for block in blocks_of(ROOT / document)]


def test_the_readme_leads_to_a_first_proof(reader: Reader) -> None:
    created, proved, logged_in = _prints(reader, "README.md")
    assert "Tova" in created
    assert re.fullmatch(r"Welcome, account \d+\n", proved)
    assert '"signed_proof":"ey' in logged_in


def test_getting_started_leads_to_a_first_proof_in_python_and_over_http(reader: Reader) -> None:
    *_, registered, verified, logged_in, holds = _prints(reader, "docs/getting-started.md")
    assert '"display_name":"Rin"' in registered
    assert '"display_name":"Rin"' in verified
    assert '"signed_proof":"ey' in logged_in
    assert holds == "true"


def test_the_guide_for_game_servers_leads_from_registration_to_a_rating(reader: Reader) -> None:
    for block in blocks_of(ROOT / "docs/getting-started.md")[:1]:
        reader.follow(block)  # the owner's account
    _, online, let_in, asked, rated = _prints(reader, "docs/game-servers.md")
    assert online == "['Quiet Valley']\n"
    assert re.fullmatch(r"account \d+\nno entry: This is no valid proof: .+\n", let_in)
    assert asked == "True\nFalse\n"
    assert rated == "1 832\n"


def test_the_page_on_ratings_shows_the_best_their_place_and_their_history(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server()
    club, reader = a_go_server(server), Reader(server, tmp_path)
    a_reported_game(server, club, result="B+R")
    board, ladder, mine = _prints(reader, "docs/ratings.md")
    assert f'"account_id":{club.black.account_id}' in board
    assert re.fullmatch(r"1\. \S+ 3k 27\.\d ± 4\.5\n2\. \S+ 9k 21\.\d ± 4\.5\n", ladder)
    assert re.fullmatch(r"None \S+ provisional\n24\.3 → 27\.\d, \d\d% expected\n", mine)


def test_the_page_on_how_ratings_work_evaluates_and_tunes(reader: Reader) -> None:
    evaluated, tuned = _prints(reader, "docs/how-ratings-work.md")
    assert "games:            5" in evaluated
    assert '"games": 1' in tuned


def test_the_page_on_how_ratings_work_knows_the_systems_that_there_are() -> None:
    text = (ROOT / "docs/how-ratings-work.md").read_text()
    assert set(re.findall(r"^\| `([\w-]+)` \| a ", text, re.MULTILINE)) == {*systems(), "team-elo"}


def test_the_guide_to_reports_leads_from_three_tokens_to_a_corrected_game(reader: Reader) -> None:
    first_steps = blocks_of(ROOT / "docs/getting-started.md")
    for block in [first_steps[0], *first_steps[2:4]]:
        reader.follow(block)  # two accounts
    server, players, reported, again, batch, corrected = _prints(reader, "docs/report-games.md")
    assert re.fullmatch(r'\{"username":"\d+","password":"[0-9a-f]{32}"\}', server)
    assert re.findall(r'"name":"(\w+)"', players) == ["Tova", "Rin"]
    assert '"result":"W+3.5"' in reported
    assert '"komi":7.5' in reported
    assert '"rated":true' in reported
    assert again.strip().lower() == "idempotent-replayed: true"
    assert re.fullmatch(r"You were expected to win \d+ %: .+\nrefused: invalid_result\n", batch)
    assert '"result":"W+4.5"' in corrected


def _all_kinds(kind: type[tengen.client.TengenError]) -> set[type[tengen.client.TengenError]]:
    return {kind}.union(*(_all_kinds(subclass) for subclass in kind.__subclasses__()))


def test_the_page_on_log_ins_leads_from_a_registration_to_the_end_of_a_log_in(reader: Reader) -> None:
    _, registered, by_password, by_browser, used = _prints(reader, "docs/log-in-from-a-program.md")
    assert registered.count('"client_secret":null') == 2
    assert re.fullmatch(
        r'\{"access_token":"[0-9a-f]{64}","refresh_token":"[0-9a-f]{64}","token_type":"Bearer","expires_in":36000,'
        r'"scope":"read write"\}',
        by_password,
    )
    assert by_browser == "Bearer read write\nI am Rin\n"
    me, revoked, ended = used.splitlines()
    assert '"username":"Rin"' in me
    assert revoked == '{"success":true}'
    assert '"error":"invalid_token"' in ended


def test_the_page_on_log_ins_names_scopes_and_refusals_that_there_are() -> None:
    page = (ROOT / "docs/log-in-from-a-program.md").read_text()
    assert _column(page, "| scope | lets the program |") == set(Scope)
    body: Any = dialect_of("/oauth2/token").body
    told = {body(code, "", {})["error"] for code in _all_codes()}
    named = _column(page, "| code | status | what to do |")
    assert named <= told
    assert named >= {kind.code for kind in OAuthRefusal.__subclasses__()}


def _all_codes(kind: type[TengenError] = TengenError) -> set[str]:
    return {kind.code}.union(*(_all_codes(subclass) for subclass in kind.__subclasses__()))


def test_the_guide_to_reports_names_refusals_that_there_are() -> None:
    guide = (ROOT / "docs/report-games.md").read_text()
    named = set(re.findall(r"^\| \d{3} `(\w+)` \|", guide, re.MULTILINE))
    reasons = {"unknown_token", "invalid_result", "idempotency_key_reused", "game_url_unfetched", "invalid_record"}
    assert named > reasons
    assert named - _all_codes() == {"body_too_large"}


def test_the_guide_to_reports_tells_everything_that_keeps_a_game_from_rating() -> None:
    guide = (ROOT / "docs/report-games.md").read_text()
    told = set(re.findall(r"^\| `(\w+)` \| (?:was|ended|had) ", guide, re.MULTILINE))
    assert told == {reason.value for reason in Unrated} - {Unrated.GUESTS}


def test_the_page_on_keys_verifies_its_receipt_and_refuses_a_changed_one(reader: Reader) -> None:
    (verified,) = _prints(reader, "docs/what-a-key-proves.md")
    assert verified.splitlines() == [
        "account 57 beginner 5.41",
        "not before 2026-06-01 18:00:03.250000+00:00",
        "not after  2026-06-01 18:07:41.123456+00:00",
        "True False",
        "refused: This is no valid receipt: Signature verification failed.",
    ]


def test_the_page_on_keys_names_the_claims_that_receipts_have() -> None:
    page = (ROOT / "docs/what-a-key-proves.md").read_text()
    claims = re.search(r"^\| claim \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert claims is not None
    named = {name for line in claims[1].splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    now = datetime(2026, 6, 1, tzinfo=UTC)
    receipt = Receipt(
        issuer="https://tengen.example",
        account_id=57,
        tournament_id=12,
        submission_id=9003,
        sha256="00" * 32,
        uploaded_at=now,
        key_made_at=now,
        level="beginner",
        time_ms=5410,
    )
    text = receipts.sign(receipt, key=Ed25519PrivateKey.generate(), key_id="k1")
    assert named == set(jwt.decode(text, options={"verify_signature": False}))


def test_the_page_on_keys_names_doubts_and_refusals_that_there_are() -> None:
    page = (ROOT / "docs/what-a-key-proves.md").read_text()
    refused = page.partition("| refused with | because |")[2].partition("\n\n")[0]
    named = {name for line in refused.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {reason.value for reason in Reason} - {Reason.EMPTY, Reason.TOO_LARGE}
    assert {doubt.value for doubt in Doubt} <= set(re.findall(r"`(\w+)`", page))


def _end_now(server: Server) -> None:
    """What its host has planned for some minutes from now, and nobody waits for here."""

    async def end(transaction: Transaction) -> None:
        await transaction.run(update(TournamentRow).values(ends_at=utc_now()))

    operate(server, end)


def _names(answer: str) -> list[str]:
    return [line["name"] for line in json.loads(answer)["results"]]


def test_the_guide_for_hosts_leads_from_a_plan_to_final_standings(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server()
    reader = Reader(server, tmp_path)
    *until_the_end, ended, replay, export = blocks_of(ROOT / "docs/host-a-tournament.md")
    _, planned, _, _, entered, edited, keys, _, uploaded, standings, feed, doubts, judged = map(
        reader.follow, until_the_end
    )
    assert '"phase":"upcoming"' in planned
    assert re.findall(r'"state":"(\w+)"', entered) == [
        *("requested", "invited", "requested", "participating", "participating")
    ]
    assert '"phase":"running"' in edited
    assert len(re.findall(r'"key":"\d+_\d+_[0-9a-f]{32}"', keys)) == 2
    assert uploaded.count('"receipt":"ey') == 5
    assert _names(standings) == ["Piet", "Sol"]
    assert "event: resync" in feed
    assert [(each["name"], each["doubts"]) for each in json.loads(doubts)["results"]] == [
        *[("Piet", [])] * 3,
        *[("Sol", ["started_before_key"])] * 2,
    ]
    disqualified, without, restored, again = judged.splitlines()
    assert '"reason":"Played on a stream, with the mines in view."' in disqualified
    assert '"disqualified":null' in restored
    assert (_names(without), _names(again)) == (["Sol", "Piet"], ["Piet", "Sol"])

    _end_now(server)
    final = json.loads(reader.follow(ended).splitlines()[-1])
    assert [(line["rank"], line["name"], line["score"], line["missing"]) for line in final["results"]] == [
        (1, "Piet", 0.54, 0),
        (2, "Sol", 0.26, 1),
    ]
    assert '"receipt":"ey' in reader.follow(replay)
    assert "1,2,Piet,0.540,yes,beginner 0.120 + intermediate 0.180 + expert 0.240" in reader.follow(export)


def test_the_guide_for_clients_leads_from_a_log_in_to_a_receipt(reader: Reader) -> None:
    made, own, library, beyond, tengens = _prints(reader, "docs/tournament-clients.md")
    assert '"mode": "sum"' in made
    own_lines = [line for line in own.splitlines() if line != "waiting for the start"]  # as fast as the machine is
    assert own_lines == ["['participating']", "beginner 0.2", "again: None", "invalid_data not_completed"]
    assert library.splitlines() == ["It is there already.", "['participating']"]
    assert beyond.splitlines() == [
        "resync | 1. Malin 0.19 (1 missing), 2. Joris 0.2 (1 missing)",
        "submission by Malin | 1. Malin 0.37 (0 missing), 2. Joris 0.2 (1 missing)",
        "2 of 2 games (beginner 0.180, beginner 0.190), together 0.370 s.",
        "submission by Malin True",
        "beginner 0.18 True",
    ]
    assert tengens.splitlines() == [
        "resync",
        "2 of 2 games (beginner 0.160, beginner 0.200), together 0.360 s.",
        "submission by Joris True",
        "again: False",
        "refused: not_completed",
        "['1. Joris', '2. Malin']",
        "True",
    ]


def test_the_guide_to_play_leads_from_a_log_in_to_a_record(reader: Reader) -> None:
    _, logged_in, accepted, played = _prints(reader, "docs/play-from-python.md")
    assert logged_in == "I am Rin\n"
    assert accepted.splitlines() == ["Tova offers Evening game on 9x9", "Tova against Rin komi 6.5"]
    refused, *events, outcome, record = played.splitlines()
    assert refused.startswith("not_your_turn | ")
    assert [event for event in events if event not in {"clock", "conditional_moves"}] == [
        *("gamedata", "point_occupied", "chat", "phase", "gamedata")
    ]
    assert outcome == "Resignation | 1 stone"
    assert record == "(;FF[4]"


def test_the_guide_to_play_names_refusals_that_there_are() -> None:
    page = (ROOT / "docs/play-from-python.md").read_text()
    rows = page.partition("| exception | code | what to do |\n|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
    named = {
        pair
        for row in rows
        for pair in zip(*(re.findall(r"`(\w+)`", cell) for cell in row.split("|")[1:3]), strict=True)
    }
    assert named <= {(kind.__name__, kind.code) for kind in _all_kinds(tengen.client.TengenError)}
    assert len(named) >= len(rows) > 5


def test_the_page_of_messages_is_what_the_code_says() -> None:
    check = subprocess.run([sys.executable, "scripts/play_protocol.py", "--check"], cwd=ROOT, env=os.environ)
    assert check.returncode == 0, "run `python scripts/play_protocol.py`"


def test_the_page_of_messages_names_every_command_that_a_server_knows(reader: Reader) -> None:
    page = (ROOT / "docs/protocol/play-messages.md").read_text()
    metrics = reader.server.get("/metrics").text
    known = set(re.findall(r'^tengen_socket_commands_total\{command="([^"]+)"\}', metrics, re.MULTILINE))
    assert len(known) > 20
    assert {name for name in known if f"`{name.replace('{id}', '<id>')}`" not in page} == set()


def test_the_page_on_ogs_names_paths_that_there_are(reader: Reader) -> None:
    page = (ROOT / "docs/protocol/ogs.md").read_text()
    served = page.partition("## What is served")[2].partition("## Decided")[0]
    document = reader.server.get("/openapi.json").json()["paths"]
    paths = {re.sub(r"\{\w+\}", "{}", path.rstrip("/")) for path in document}
    named = {
        re.sub(r"\{\w+\}", "{}", path.rstrip("/"))
        for path in re.findall(r"(/(?:api|oauth2)/[\w/{}-]+)(?=[`?])", served)
    }
    assert len(named) > 20
    assert named - paths == {"/oauth2/authorize"}  # a page


def _column(page: str, *heads: str) -> set[str]:
    """The words in code that stand in the first column of the tables that begin with one of these lines."""
    tables = [page.partition(f"\n{head}\n")[2].partition("\n\n")[0] for head in heads]
    assert all(tables), heads
    rows = [line for table in tables for line in table.splitlines()[1:]]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_the_guide_for_clients_names_the_words_that_there_are() -> None:
    page = (ROOT / "docs/tournament-clients.md").read_text()
    assert _column(page, "| status | meaning | what to do |") == set(TokenStatus)
    assert _column(page, "| status | the user | offer |") == set(Status)
    assert _column(page, "| key | |") == set(ListedTournament.model_fields)
    assert _column(page, "| reason | what to tell the player |") == {reason.value for reason in Reason}
    assert _column(page, "| event | what to do |") == {kind.value for kind in NoticeKind} - {NoticeKind.CREATED}
    lists = page.partition("`GET /api/tournaments/<list>`")[2].partition(":\n\n")[0]
    assert set(re.findall(r"`(\w+)`", lists)) == set(TournamentList)


def _codes_on_the_wire() -> set[str]:
    body: Any = dialect_of("/api/tournaments").body
    return {body(code, "", {})["error"] for code in _all_codes()}


_OF_THE_FRAMEWORK = {"body_too_large", "method_not_allowed", "internal"}


def test_the_guide_for_clients_names_refusals_that_there_are() -> None:
    page = (ROOT / "docs/tournament-clients.md").read_text()
    named = _column(page, "| code | what to do |", "| code, here alone | what to do |")
    assert named >= set(theirs.EXCEPTION_CLS_MAP) - {"retry"}
    assert named - _codes_on_the_wire() == _OF_THE_FRAMEWORK


def test_the_reference_of_scoreganizer_names_refusals_that_there_are() -> None:
    page = (ROOT / "docs/protocol/scoreganizer.md").read_text()
    named = _column(page, "| code | where |")
    assert named >= set(theirs.EXCEPTION_CLS_MAP) - {"retry"}
    assert named - _codes_on_the_wire() == _OF_THE_FRAMEWORK


def test_the_guide_for_hosts_names_modes_steps_doubts_and_refusals_that_there_are() -> None:
    page = (ROOT / "docs/host-a-tournament.md").read_text()
    assert _column(page, "| `mode` | `modeparams` | what counts |") == set(MODES)
    steps = page.partition("| `step` | by | what becomes of the entry |")[2].partition("\n\n")[0]
    assert _column(page, "| `step` | by | what becomes of the entry |") == {step.value for step in Step}
    assert set(re.findall(r"`(\w+)`", steps)) <= {*Step, *EntryState}
    assert _column(page, "| doubt | what it means | usual reasons | what to do |") == {doubt.value for doubt in Doubt}
    wrong = page.partition("| what | why | what to do |")[2]
    reasons = {reason.value for reason in Reason}
    refusals = set(re.findall(r"`([a-z]+_[a-z_]+)`", wrong)) - {"get_key"}
    assert refusals > reasons - {Reason.EMPTY, Reason.UNREADABLE, Reason.UNKNOWN_KEY}
    assert refusals - reasons - _codes_on_the_wire() == {"body_too_large"}


def test_every_block_that_is_marked_is_run_by_a_test_above() -> None:
    marked = {str(block.document.relative_to(ROOT)) for document in DOCUMENTS for block in blocks_of(document)}
    assert marked == {
        "README.md",
        "docs/game-servers.md",
        "docs/getting-started.md",
        "docs/host-a-tournament.md",
        "docs/how-ratings-work.md",
        "docs/log-in-from-a-program.md",
        "docs/play-from-python.md",
        "docs/ratings.md",
        "docs/report-games.md",
        "docs/tournament-clients.md",
        "docs/what-a-key-proves.md",
    }


def test_every_mark_has_a_block() -> None:
    for document in DOCUMENTS:
        assert document.read_text().count("<!-- run") == len(blocks_of(document)), document


def test_every_block_of_python_compiles() -> None:
    for document in DOCUMENTS:
        for code in re.findall(r"^```python\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL):
            compile(code, str(document), "exec")


def test_the_page_of_settings_lists_the_settings() -> None:
    check = subprocess.run([sys.executable, "scripts/settings_page.py", "--check"], cwd=ROOT, env=os.environ)
    assert check.returncode == 0, "run `python scripts/settings_page.py`"
