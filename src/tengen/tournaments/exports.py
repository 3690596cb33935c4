"""A tournament to take home: standings and submissions as CSV, the replays as a ZIP."""

import csv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tengen.core.values import naive_iso
from tengen.tournaments import archive, results
from tengen.tournaments.modes import seconds

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.tournaments.archive import Submission
    from tengen.tournaments.standings import Line


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, and how many replays are in the ZIP."""

    standings: Path
    submissions: Path
    replays: Path
    count: int


_PAGE = 500
"""So many submissions are read at once; their replays one by one."""


async def export_files(connection: "Connection", tournament_id: int, directory: Path, now: datetime) -> Exported:
    """Write everything about a tournament into three files. Raises `TournamentNotFound`, `OSError`."""
    page = await results.standings_page(connection, tournament_id, None, now, sees_all=True)
    stem = _made(directory) / f"tournament-{page.tournament.id}"
    standings = Path(f"{stem}-standings.csv")
    _write(standings, _STANDINGS, (_line_cells(line) for line in page.lines))
    submissions = Path(f"{stem}-submissions.csv")
    replays = Path(f"{stem}-replays.zip")
    cells = []
    with zipfile.ZipFile(replays, "w", zipfile.ZIP_DEFLATED) as file:
        after_id = 0
        while found := await archive.list_submissions(connection, page.tournament.id, after_id=after_id, limit=_PAGE):
            for submission in found:
                cells.append(_submission_cells(submission))
                file.writestr(_file_name(submission), await archive.replay_content(connection, submission.replay_hash))
            after_id = found[-1].id
    _write(submissions, _SUBMISSIONS, cells)
    return Exported(standings, submissions, replays, len(cells))


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


_STANDINGS = ("rank", "account_id", "name", "score", "complete", "games")
_SUBMISSIONS = (
    *("id", "account_id", "name", "level", "time", "bbbv", "uploaded", "software", "sha256", "doubts"),
    *("disqualified", "reason", "file"),
)


def _line_cells(line: "Line") -> Iterable[str]:
    games = " + ".join(f"{score.level.word} {seconds(score.time)}" for score in line.reached.result.counting)
    complete = "yes" if line.reached.missing == 0 else "no"
    return str(line.place), str(line.account_id), line.name, seconds(line.reached.total), complete, games


def _submission_cells(submission: "Submission") -> Iterable[str]:
    at = submission.disqualified_at
    return (
        str(submission.id),
        str(submission.account_id),
        submission.name,
        submission.level.word,
        seconds(submission.time),
        str(submission.bbbv),
        naive_iso(submission.uploaded_at),
        submission.software,
        submission.replay_hash.hex(),
        " ".join(sorted(submission.doubts)),
        "" if at is None else naive_iso(at),
        submission.disqualified_reason or "",
        _file_name(submission),
    )


def _file_name(submission: "Submission") -> str:
    """Of numbers alone: names of accounts could be anything, and the key must not show."""
    return f"{submission.id}-{submission.account_id}-{submission.level.word}.{submission.replay_format}"


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
