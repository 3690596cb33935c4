"""Examples in the documents do what the documents say.

Each block under `<!-- run -->` is run as a reader would: those of one document in order, in one directory, against a
platform of their own. The address, the interpreter and the data directory of the text stand for the test's.
"""

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

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import tengen.app  # noqa: F401  # with it come all parts of the platform, and their refusals
from tengen import receipts
from tengen.core.errors import TengenError
from tengen.games.rated_games import Unrated
from tengen.receipts import Receipt
from tengen.tournaments.modes import Reason
from tengen.tournaments.submissions import Doubt
from tests.games.builders import a_go_server, a_reported_game
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
        self._server = server
        self._directory = directory
        (directory / "data").symlink_to(server.data_dir)
        (directory / ".venv").mkdir()
        (directory / ".venv" / "bin").symlink_to(Path(sys.executable).parent)

    def follow(self, block: Block) -> str:
        """Run the block; returns what it prints."""
        code = block.code.replace("http://127.0.0.1:8000", self._server.url)
        command = {"python": [sys.executable, "-c", code], "bash": ["bash", "-euo", "pipefail", "-c", code]}
        result = subprocess.run(
            command[block.language],
            cwd=self._directory,
            env=environment(**self._server.settings),
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
        while self._server.metric("tengen_outbox_waiting") > 0:
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


def test_every_block_that_is_marked_is_run_by_a_test_above() -> None:
    marked = {str(block.document.relative_to(ROOT)) for document in DOCUMENTS for block in blocks_of(document)}
    assert marked == {
        "README.md",
        "docs/game-servers.md",
        "docs/getting-started.md",
        "docs/ratings.md",
        "docs/report-games.md",
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
