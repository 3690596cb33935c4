"""A tournament as files: what is in them, and that they do no harm."""

import csv
import zipfile
from pathlib import Path

import pytest

from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.tournaments import archive, exports
from tengen.tournaments.exports import Exported, export_files
from tengen.tournaments.levels import Level
from tengen.tournaments.service import Tournament, TournamentNotFound
from tengen.tournaments.submissions import Doubt
from tests.support.builders import an_account, unique
from tests.tournaments.builders import HOUR, MINUTE, NOON, SECOND, a_player, a_stored_submission, a_tournament


async def exported(database: Database, tournament: Tournament, directory: Path) -> Exported:
    """The files of the tournament, written into a directory."""
    async with database.read() as connection:
        return await export_files(connection, tournament.id, directory, NOON + HOUR)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(path: Path) -> dict[str, bytes]:
    """The files in a ZIP."""
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


async def test_a_tournament_in_which_nothing_came_in_is_three_files_without_rows(
    database: Database, tmp_path: Path
) -> None:
    tournament = await a_tournament(database)
    directory = tmp_path / "new" / "cup"
    files = await exported(database, tournament, directory)
    assert files.count == 0
    assert (rows(files.standings), rows(files.submissions), contents(files.replays)) == ([], [], {})
    assert files.standings.read_text() == "rank,account_id,name,score,complete,games\n"
    assert {path.name for path in directory.iterdir()} == {
        f"tournament-{tournament.id}-{what}" for what in ("standings.csv", "submissions.csv", "replays.zip")
    }


async def test_standings_are_in_order_with_the_games_that_count_even_where_they_are_hidden(
    platform: Platform, tmp_path: Path
) -> None:
    tournament = await a_tournament(platform.database, parameters="1+1+0", hide_results=True)
    mira, tova = await a_player(platform, tournament), await a_player(platform, tournament)
    for level, time in ((Level.BEGINNER, 9100), (Level.INTERMEDIATE, 41050)):
        await a_stored_submission(platform.database, tournament, mira, level=level, time=time)
    await a_stored_submission(platform.database, tournament, tova, time=5000)
    files = await exported(platform.database, tournament, tmp_path)
    assert rows(files.standings) == [
        {
            "rank": "1",
            "account_id": str(mira.id),
            "name": mira.display_name,
            "score": "50.150",
            "complete": "yes",
            "games": "beginner 9.100 + intermediate 41.050",
        },
        {
            "rank": "2",
            "account_id": str(tova.id),
            "name": tova.display_name,
            "score": "5.000",
            "complete": "no",
            "games": "beginner 5.000",
        },
    ]


async def test_a_submission_is_told_with_its_doubts_its_disqualification_and_its_file(
    platform: Platform, tmp_path: Path
) -> None:
    tournament = await a_tournament(platform.database)
    mira = await a_player(platform, tournament)
    content = b"\x00*rmv\xff" * 100
    submission = await a_stored_submission(
        platform.database,
        tournament,
        mira,
        content=content,
        replay_format="rmv",
        software="Viennasweeper",
        uploaded_at=NOON + MINUTE,
        doubts=frozenset({Doubt.STARTED_BEFORE_KEY, Doubt.CLOCK_DISAGREES}),
    )
    async with platform.database.write() as transaction:
        await archive.disqualify(transaction, tournament.id, submission.id, "Played at home", None, NOON + HOUR)
    files = await exported(platform.database, tournament, tmp_path)
    name = f"{submission.id}-{mira.id}-beginner.rmv"
    assert rows(files.submissions) == [
        {
            "id": str(submission.id),
            "account_id": str(mira.id),
            "name": mira.display_name,
            "level": "beginner",
            "time": "5.410",
            "bbbv": "28",
            "uploaded": "2026-06-01T12:01:00",
            "software": "Viennasweeper",
            "sha256": submission.replay_hash.hex(),
            "doubts": "clock_disagrees started_before_key",
            "disqualified": "2026-06-01T13:00:00",
            "reason": "Played at home",
            "file": name,
        }
    ]
    assert contents(files.replays) == {name: content}
    assert rows(files.standings) == []


@pytest.mark.parametrize("name", ["=1+1", "+49 221", "-Mira", "@mira"])
async def test_what_a_spreadsheet_would_take_for_a_formula_is_text(
    platform: Platform, tmp_path: Path, name: str
) -> None:
    tournament = await a_tournament(platform.database)
    name = unique(name)
    mira = await a_player(platform, tournament, account=await an_account(platform.database, display_name=name))
    submission = await a_stored_submission(platform.database, tournament, mira, software="=cmd|'/C calc'!A0")
    reason = '=HYPERLINK("https://tengen.example")'
    await a_stored_submission(platform.database, tournament, mira)
    async with platform.database.write() as transaction:
        await archive.disqualify(transaction, tournament.id, submission.id, reason, None, NOON + HOUR)
    files = await exported(platform.database, tournament, tmp_path)
    first = rows(files.submissions)[0]
    assert (first["name"], first["software"], first["reason"]) == (f"'{name}", "'=cmd|'/C calc'!A0", f"'{reason}")
    assert [row["name"] for row in rows(files.standings)] == [f"'{name}"]


async def test_a_name_with_commas_quotes_and_other_scripts_is_one_cell(platform: Platform, tmp_path: Path) -> None:
    tournament = await a_tournament(platform.database)
    name = unique('天元, "the; 1st" ')
    mira = await a_player(platform, tournament, account=await an_account(platform.database, display_name=name))
    await a_stored_submission(platform.database, tournament, mira)
    files = await exported(platform.database, tournament, tmp_path)
    assert [row["name"] for row in rows(files.standings)] == [name]


async def test_a_tournament_of_many_pages_is_written_whole_and_in_order(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 2)
    tournament, another = await a_tournament(platform.database), await a_tournament(platform.database)
    mira = await a_player(platform, tournament)
    tova = await a_player(platform, another)
    stored = []
    for number in range(5):
        at = NOON + number * SECOND
        stored.append(await a_stored_submission(platform.database, tournament, mira, uploaded_at=at))
        await a_stored_submission(platform.database, another, tova, uploaded_at=at)
    files = await exported(platform.database, tournament, tmp_path)
    assert [row["id"] for row in rows(files.submissions)] == [str(submission.id) for submission in stored]
    assert list(contents(files.replays)) == [row["file"] for row in rows(files.submissions)]
    assert files.count == 5


async def test_a_later_export_replaces_an_earlier_one(platform: Platform, tmp_path: Path) -> None:
    tournament = await a_tournament(platform.database)
    mira = await a_player(platform, tournament)
    first = await exported(platform.database, tournament, tmp_path)
    await a_stored_submission(platform.database, tournament, mira)
    second = await exported(platform.database, tournament, tmp_path)
    assert (first.count, second.count) == (0, 1)
    assert (first.standings, first.submissions, first.replays) == (second.standings, second.submissions, second.replays)
    assert len(rows(second.submissions)) == len(contents(second.replays)) == 1


async def test_an_unknown_tournament_leaves_no_trace(database: Database, tmp_path: Path) -> None:
    async with database.read() as connection:
        with pytest.raises(TournamentNotFound):
            await export_files(connection, 999_999, tmp_path / "new", NOON)
    assert not (tmp_path / "new").exists()
