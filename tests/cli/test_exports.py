"""`tengen export`, `tengen import csv` and `tengen import sgf`."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from tengen.cli import row_files
from tengen.cli.row_files import Format, ParquetUnavailable, row_file
from tengen.games.exports import GAME_COLUMNS, RATING_COLUMNS, Column
from tests.cli.program import Program
from tests.cli.warm import run_warm
from tests.games.builders import a_go_server, a_reported_game
from tests.support.builders import unique
from tests.support.server import Server

ROWS = """played_at,black,white,result,komi,handicap,rules
2026-03-14T19:05:00Z,Tova,Rin,B+3.5,6.5,0,japanese
2026-03-15T19:05:00Z,Rin,Nils,W+R,0.5,2,
2026-03-16T19:05:00Z,Nils,Tova,0,6,0,aga
"""
RECORD = "(;GM[1]SZ[19]PB[{black}]PW[{white}]KM[6.5]DT[2026-03-{day}]RE[B+R];B[pd];W[dp])"


def an_owner(program: Program) -> str:
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    return str(program.thing("account", "create", *who)["id"])


def a_game_server(program: Program, owner: str) -> tuple[str, str]:
    """Its id and name."""
    name = unique("Kaya ")
    made = program.thing("server", "create", "--owner", owner, "--name", name, "--url", "https://kaya.example")
    return made["id"], name


@pytest.fixture
def games(tmp_path: Path) -> Path:
    path = tmp_path / "games.csv"
    path.write_text(ROWS)
    return path


def run_import(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An import that succeeds, and may have something to tell on standard error."""
    result = run_warm(program.server, "import", *arguments, "--json")
    assert result.returncode == 0, result
    return result


def counts(answer: dict[str, str]) -> tuple[str, ...]:
    return tuple(answer[name] for name in ("games_read", "games_stored", "games_known", "players_made"))


def exported(program: Program, what: str, out: Path, *arguments: str) -> str:
    answer = program.thing("export", what, "--out", str(out), *arguments)
    assert answer["file"] == str(out)
    return answer["rows"]


# ── CSV in, and out again ──


def test_games_are_imported_by_the_servers_name_or_id_and_a_second_import_adds_nothing(
    new_program: Program, games: Path
) -> None:
    owner = an_owner(new_program)
    server_id, name = a_game_server(new_program, owner)
    first = new_program.thing("import", "csv", str(games), "--server", name, "--owner", owner)
    assert (first["server_id"], first["lines_rejected"], first["rejected_file"]) == (server_id, "0", "-")
    assert counts(first) == ("3", "3", "0", "3")
    assert counts(new_program.thing("import", "csv", str(games), "--server", server_id)) == ("3", "0", "3", "0")
    rows = new_program.json("ratings", "leaderboard")
    assert {(row["display_name"], row["games"]) for row in rows} == {("Tova", 2), ("Rin", 2), ("Nils", 2)}


def test_what_one_platform_exports_another_imports_to_the_same_ratings(
    new_program: Program, new_database: Callable[..., str], games: Path, tmp_path: Path
) -> None:
    server_id, _ = a_game_server(new_program, an_owner(new_program))
    new_program.do("import", "csv", str(games), "--server", server_id)
    assert exported(new_program, "games", tmp_path / "out.csv") == "3"
    exported(new_program, "ratings", tmp_path / "ratings.csv")
    server = Server(tmp_path / "other", database_url=new_database())
    try:
        other = Program(server, as_json=True)
        server_id, _ = a_game_server(other, an_owner(other))
        assert counts(other.thing("import", "csv", str(tmp_path / "out.csv"), "--server", server_id))[1] == "3"
        exported(other, "ratings", tmp_path / "again.csv")
    finally:
        server.close()
    assert without_ids(tmp_path / "again.csv") == without_ids(tmp_path / "ratings.csv")
    assert len(without_ids(tmp_path / "again.csv")) == 4


def without_ids(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return sorted(row[1:] for row in csv.reader(file))


def test_a_wrong_line_is_kept_aside_below_the_names_of_the_columns(new_program: Program, games: Path) -> None:
    server_id, _ = a_game_server(new_program, an_owner(new_program))
    wrong = "2026-03-17T19:05:00Z,Tova,Rin,Black won,6.5,0,\n2026-03-17T20:05:00Z,Tova,Tova,B+R,6.5,0,\n"
    games.write_text(ROWS + wrong + "2026-03-18T19:05:00Z,Tova,Rin,B+R,6.5,0,\n")
    result = run_import(new_program, "csv", str(games), "--server", server_id)
    answer = json.loads(result.stdout)
    assert (answer["games_stored"], answer["lines_rejected"]) == (4, 2)
    rejected = Path(answer["rejected_file"])
    assert rejected.read_text() == ROWS.splitlines(keepends=True)[0] + wrong
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        f"{games}, line 5",
        f"{games}, line 6",
    ]
    rejected.write_text(rejected.read_text().replace("Black won", "B").replace("Tova,Tova", "Tova,Rin"))
    assert counts(new_program.thing("import", "csv", str(rejected), "--server", server_id)) == ("2", "2", "0", "0")


def test_what_cannot_be_imported_is_refused(new_program: Program, games: Path) -> None:
    server_id, _ = a_game_server(new_program, an_owner(new_program))
    stranger = an_owner(new_program)
    arguments = ("import", "csv", str(games), "--server")
    assert "Server not found" in new_program.refusal(*arguments, "987654")
    assert "Server not found" in new_program.refusal(*arguments, "9" * 30)
    assert "Server 1 is this platform" in new_program.refusal(*arguments, "1")
    assert "does not look after it" in new_program.refusal(*arguments, server_id, "--owner", stranger)
    games.write_text("black,white\n")
    assert "The first line must name the columns" in new_program.refusal(*arguments, server_id)
    games.write_bytes(b"")
    assert "The first line must name the columns" in new_program.refusal(*arguments, server_id)


# ── records ──


@pytest.fixture
def records(tmp_path: Path) -> Path:
    directory = tmp_path / "records"
    (directory / "old").mkdir(parents=True)
    (directory / "a.sgf").write_text(RECORD.format(black="Tova", white="Rin H.", day="14"))
    (directory / "old" / "b.SGF").write_text(RECORD.format(black="Rin H.", white='A "B" C', day="15"))
    (directory / "old" / "broken.sgf").write_text("no record")
    (directory / "notes.txt").write_text("nothing")
    return directory


def test_without_import_it_is_told_what_would_be_done(new_program: Program, records: Path, tmp_path: Path) -> None:
    server_id, _ = a_game_server(new_program, an_owner(new_program))
    names = tmp_path / "names.toml"
    names.write_text('Tova = "tova"\n"Rin H." = "rin"\n')
    arguments = ("import", "sgf", str(records), "--server", server_id, "--names", str(names))
    plan = new_program.json(*arguments)
    (game,) = plan["games"]
    assert (game["file"], game["black"], game["white"], game["rated"]) == (str(records / "a.sgf"), "tova", "rin", True)
    assert plan["unmapped"] == [{"name": 'A "B" C', "games": 1}]
    (unusable,) = plan["unusable"]
    assert unusable["file"] == str(records / "old" / "broken.sgf")
    people = Program(new_program.server, as_json=False).text(*arguments)
    assert '"A \\"B\\" C" = "A \\"B\\" C"' in people
    assert "3 files: 1 games to import, 1 of unmapped names, 1 that cannot be used." in people
    assert new_program.json("player", "list", "--server", server_id) == []
    assert "2 of unmapped names" in Program(new_program.server, as_json=False).text(*arguments[:5])


def test_with_import_the_games_are_stored_with_their_records(
    start_server: Callable[..., Server], records: Path, tmp_path: Path
) -> None:
    server = start_server()
    program = Program(server, as_json=True)
    server_id, _ = a_game_server(program, an_owner(program))
    names = tmp_path / "names.toml"
    names.write_text('Tova = "tova"\n"Rin H." = "rin"\n')
    arguments = ("sgf", str(records), "--server", server_id, "--names", str(names), "--import")
    result = run_import(program, *arguments)
    answer = json.loads(result.stdout)
    assert (answer["games_stored"], answer["players_made"]) == (1, 2)
    assert (answer["files_read"], answer["files_unusable"], answer["files_of_unmapped_names"]) == (3, 1, 1)
    assert result.stderr.startswith(f"{records / 'old' / 'broken.sgf'}: ")
    (game,) = server.get("/api/v1/games", params={"server_id": server_id}).json()["results"]
    assert server.get(f"/api/v1/games/{game['id']}/sgf").text == (records / "a.sgf").read_text()
    assert json.loads(run_import(program, *arguments).stdout)["games_known"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tova = 7\n", "'Tova' must stand for a player's name in quotes"),
        ("Tova\n", "names.toml is no TOML"),
        ('Tova = ""\n', "The display name is empty"),
    ],
)
def test_a_file_of_names_that_maps_none_is_refused(
    new_program: Program, records: Path, tmp_path: Path, text: str, said: str
) -> None:
    server_id, _ = a_game_server(new_program, an_owner(new_program))
    names = tmp_path / "names.toml"
    names.write_text(text)
    assert said in new_program.refusal("import", "sgf", str(records), "--server", server_id, "--names", str(names))


# ── out ──


def test_a_running_servers_games_are_exported_of_one_server_or_pool(server: Server, tmp_path: Path) -> None:
    club = a_go_server(server)
    game = a_reported_game(server, club, result="B+R")
    program = Program(server, as_json=True)
    out = tmp_path / "games.jsonl"
    arguments = ("--format", "jsonl", "--server", str(club.id))
    assert exported(program, "games", out, *arguments, "--pool", "go") == "1"
    (row,) = (json.loads(line) for line in out.read_text().splitlines())
    assert [*row] == [column.name for column in GAME_COLUMNS]
    assert (row["game_id"], row["server_id"], row["result"], row["ranked"]) == (game["id"], club.id, "B+R", True)
    assert row["played_at"].endswith("+00:00")
    assert exported(program, "ratings", out, *arguments) == "2"
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [*rows[0]] == [column.name for column in RATING_COLUMNS]
    assert {row["account_id"] for row in rows} == {club.black.account_id, club.white.account_id}
    assert not Path(f"{out}.part").exists()


def test_an_export_that_is_refused_leaves_the_old_file(program: Program, tmp_path: Path) -> None:
    out = tmp_path / "games.csv"
    out.write_text("old")
    assert "one of team matches" in program.refusal("export", "games", "--out", str(out), "--pool", "team:3")
    assert "There is no pool 'chess'" in program.refusal("export", "ratings", "--out", str(out), "--pool", "chess")
    assert "Server not found" in program.refusal("export", "games", "--out", str(out), "--server", "nowhere at all")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("games")] == ["games.csv"]
    assert out.read_text() == "old"
    nowhere = str(tmp_path / "none" / "games.csv")
    assert "No such file or directory" in program.refusal("export", "games", "--out", nowhere)
    assert "Invalid value for '--format'" in program.misuse("export", "games", "--out", str(out), "--format", "xml")


def test_without_pyarrow_parquet_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as if it were not installed
    path = tmp_path / "games.parquet"
    with (
        pytest.raises(ParquetUnavailable, match=r"pip install 'tengen\[server,parquet\]', or choose csv or jsonl"),
        row_file(path, Format.PARQUET, GAME_COLUMNS),
    ):
        pytest.fail("there is no file to write to")
    assert list(tmp_path.iterdir()) == []


def test_parquet_holds_what_json_lines_hold_with_its_types(new_program: Program, games: Path, tmp_path: Path) -> None:
    server_id, _ = a_game_server(new_program, an_owner(new_program))
    games.write_text(ROWS.replace("W+R", "Void"))  # which rates nothing: some cells are empty
    new_program.do("import", "csv", str(games), "--server", server_id)
    for what, count in (("games", 3), ("ratings", 3)):
        lines, columns = tmp_path / f"{what}.jsonl", tmp_path / f"{what}.parquet"
        assert exported(new_program, what, lines, "--format", "jsonl") == str(count)
        assert exported(new_program, what, columns, "--format", "parquet") == str(count)
        rows = parquet.read_table(columns).to_pylist()
        assert [told(row) for row in rows] == [json.loads(line) for line in lines.read_text().splitlines()]
        assert not Path(f"{columns}.part").exists()


def told(row: dict[str, Any]) -> dict[str, Any]:
    """As JSON Lines have it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


@pytest.mark.parametrize("columns", [GAME_COLUMNS, RATING_COLUMNS])
def test_each_column_of_parquet_has_the_type_of_its_values(tmp_path: Path, columns: tuple[Column, ...]) -> None:
    path = tmp_path / "rows.parquet"
    with row_file(path, Format.PARQUET, columns):
        pass
    types = {int: "int64", float: "double", str: "string", bool: "bool", datetime: "timestamp[us, tz=UTC]"}
    schema = parquet.read_schema(path)
    assert [(field.name, str(field.type)) for field in schema] == [(one.name, types[one.kind]) for one in columns]
    assert all(field.nullable for field in schema)
    assert parquet.read_table(path).num_rows == 0


def test_instants_in_parquet_are_utc_to_the_microsecond_and_what_is_missing_is_null(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    tokyo = datetime(2026, 3, 15, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=9)))
    rows: list[tuple[Any, ...]] = [
        (2**63 - 1, 'Tova "T" — ö', "go", 31.25, -0.0, "2d", 3, tokyo),
        (1, "", "go", 1e300, 1.5, None, 0, None),
    ]
    with row_file(path, Format.PARQUET, RATING_COLUMNS) as file:
        file.write([])  # a page of accounts that have played no rated game
        for row in rows:
            file.write([row])
    read = [tuple(row.values()) for row in parquet.read_table(path).to_pylist()]
    assert read == [(*rows[0][:-1], datetime(2026, 3, 14, 19, 5, 6, 7, tzinfo=UTC)), rows[1]]


def test_parquet_is_written_a_group_of_rows_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "ROW_GROUP", 50)
    path = tmp_path / "ratings.parquet"
    sizes = []
    with row_file(path, Format.PARQUET, RATING_COLUMNS) as file:
        for page in range(11):
            file.write([(page * 20 + number, "Tova", "go", 1.0, 1.0, None, 1, None) for number in range(20)])
            sizes.append(Path(f"{path}.part").stat().st_size)
    written = parquet.ParquetFile(path)
    groups = [written.metadata.row_group(number).num_rows for number in range(written.num_row_groups)]
    assert groups == [60, 60, 60, 40]
    assert sizes[2] < sizes[5] < sizes[8]  # what is written does not wait in memory
    assert written.read().column("account_id").to_pylist() == list(range(220))


def test_parquet_that_is_not_finished_does_not_take_its_place(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), row_file(path, Format.PARQUET, RATING_COLUMNS) as file:
        file.write([(1 // 0,)])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", [Format.CSV, Format.JSON_LINES])
def test_a_file_that_is_not_finished_does_not_take_its_place(tmp_path: Path, form: Format) -> None:
    path = tmp_path / "ratings"
    path.write_text("old")
    row: tuple[Any, ...] = (1, 'Tova "T" — ö', "go", 31.25, 1.5, "2d", 3, None)
    with pytest.raises(ZeroDivisionError), row_file(path, form, RATING_COLUMNS) as file:
        file.write([row for number in range(3) if 1 / (2 - number)])
    assert path.read_text() == "old"
    with row_file(path, form, RATING_COLUMNS) as file:
        file.write([row])
        file.write([])
    text = path.read_text(encoding="utf-8")
    if form is Format.CSV:
        assert text.splitlines()[1] == '1,"Tova ""T"" — ö",go,31.25,1.5,2d,3,'
    else:
        assert list(json.loads(text).values()) == list(row)
    assert list(tmp_path.iterdir()) == [path]
