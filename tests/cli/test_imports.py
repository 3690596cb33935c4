"""`tengen import`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.cli.warm import run_warm
from tests.games.agagd_dumps import a_round, a_row
from tests.games.builders import the_game, the_rating
from tests.support.builders import unique
from tests.support.server import Server


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "games.sql"
    path.write_text("-- AGAGD\n" + "".join(a_round(1, (7201, 7202), (7202, 7203), (7201, 7203))))
    return path


def an_owner(program: Program) -> str:
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    return str(program.thing("account", "create", *who)["id"])


def imported(program: Program, dump: Path, *arguments: str) -> dict[str, str]:
    return program.thing("import", "agagd", str(dump), *arguments)


def run_import(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An import that succeeds, and may have something to tell on standard error."""
    result = run_warm(program.server, "import", *arguments, "--json")
    assert result.returncode == 0, result
    return result


def counts(answer: dict[str, str]) -> tuple[str, ...]:
    return tuple(answer[name] for name in ("games_read", "games_stored", "games_known", "players_made"))


def test_games_are_imported_and_rated_and_a_second_import_adds_nothing(new_program: Program, dump: Path) -> None:
    first = imported(new_program, dump, "--owner", an_owner(new_program))
    assert counts(first) == ("3", "3", "0", "3")
    assert counts(imported(new_program, dump)) == ("3", "0", "3", "0")
    rows = new_program.json("ratings", "leaderboard")
    assert {(row["display_name"], row["games"]) for row in rows} == {("AGA 7201", 2), ("AGA 7202", 2), ("AGA 7203", 2)}
    assert new_program.json("outbox", "list") == []


def test_the_answer_to_people_has_the_same_counts(new_program: Program, dump: Path) -> None:
    people = Program(new_program.server, as_json=False)
    assert counts(imported(people, dump, "--owner", an_owner(people))) == ("3", "3", "0", "3")


def test_the_server_needs_an_owner_and_its_secret_is_not_shown(new_program: Program, dump: Path) -> None:
    assert "No game server is named AGA yet" in new_program.refusal("import", "agagd", str(dump))
    owner = an_owner(new_program)
    said = new_program.text("import", "agagd", str(dump), "--owner", owner, "--json")
    assert "secret" not in said
    (server,) = [row for row in new_program.json("server", "list") if row["display_name"] == "AGA"]
    assert str(server["owner_id"]) == owner


def test_changed_pins_are_followed_and_circles_refused(new_program: Program, dump: Path, tmp_path: Path) -> None:
    changes = tmp_path / "pins.sql"
    changes.write_text("INSERT INTO changes VALUES\n(7203,7204),\n(7204,7203);\n")
    arguments = ("import", "agagd", str(dump), "--pin-changes", str(changes))
    assert "circle: 7203 → 7204 → 7203" in new_program.refusal(*arguments, "--owner", an_owner(new_program))
    changes.write_text("(7203,7204);\n")
    assert new_program.thing(*arguments, "--owner", an_owner(new_program))["players_made"] == "3"
    assert new_program.thing("member", "show", "aga", "7204")["is_stand_in"] == "yes"


def test_a_wrong_line_is_named_and_kept_aside_as_it_stands(new_program: Program, dump: Path) -> None:
    wrong = a_row(Game_ID=4, Result="'draw'").encode().replace(b"fall", b"f\xffll")
    long = b"INSERT INTO" + b" " * 200_000 + b"\r\n"
    last = b"INSERT INTO nothing"
    with dump.open("ab") as file:
        file.write(wrong + "".join(a_round(5, (7201, 7202))).encode() + long + last)
    result = run_import(new_program, "agagd", str(dump), "--owner", an_owner(new_program))
    answer = json.loads(result.stdout)
    assert (answer["games_stored"], answer["lines_rejected"]) == (4, 3)
    assert answer["rejected_file"] == f"{dump}.rejected"
    assert Path(answer["rejected_file"]).read_bytes() == wrong + long + last + b"\n"
    told = result.stderr.splitlines()
    assert [line.split(": ")[0] for line in told] == [f"{dump}, line {number}" for number in (5, 7, 8)]
    assert "Tournament_Code must be letters and digits in quotes" in told[0]
    assert "it has more than 2000 characters" in told[1]


def test_of_very_many_wrong_lines_a_few_are_told(new_program: Program, tmp_path: Path) -> None:
    dump = tmp_path / "games.sql"
    dump.write_text("INSERT INTO nothing\n" * 100)
    result = run_import(new_program, "agagd", str(dump), "--owner", an_owner(new_program))
    assert len(result.stderr.splitlines()) == 21
    assert result.stderr.splitlines()[-1] == f"More lines are wrong: all are in {dump}.rejected."
    assert Path(f"{dump}.rejected").read_text() == dump.read_text()


def test_the_lines_kept_aside_can_be_put_right_and_imported(new_program: Program, dump: Path) -> None:
    with dump.open("a") as file:
        file.write(a_row(Game_ID=4, Result="'draw'"))
    run_import(new_program, "agagd", str(dump), "--owner", an_owner(new_program))
    rejected = Path(f"{dump}.rejected")
    rejected.write_text(rejected.read_text().replace("'draw'", "'B'"))
    assert counts(imported(new_program, rejected)) == ("1", "1", "0", "2")
    assert not Path(f"{rejected}.rejected").exists()


def test_an_import_beside_a_running_server_shows_there(start_server: Callable[..., Server], dump: Path) -> None:
    server = start_server()
    program = Program(server, as_json=True)
    answer = imported(program, dump, "--owner", an_owner(program))
    games = server.get("/api/v1/games", params={"server_id": answer["server_id"]}).json()["results"]
    game = the_game(server, min(game["id"] for game in games))
    assert len(games) == 3
    assert (game["result"], game["outcome"], game["black_lost"], game["white_lost"]) == (
        "W",
        "Server Decision",
        True,
        False,
    )
    assert (game["ranked"], game["rated"], game["has_record"]) == (True, True, False)
    assert game["date_reported"] == game["date_played"]
    assert [who["username"] for who in game["players"].values()] == ["AGA 7201", "AGA 7202"]
    assert the_rating(server, game["id"])["white"]["score"] == 1.0


def test_ratings_may_be_left_to_a_running_platform(new_program: Program, dump: Path) -> None:
    imported(new_program, dump, "--owner", an_owner(new_program), "--no-recompute")
    assert new_program.json("ratings", "leaderboard") == []
    assert [row["consumer"] for row in new_program.json("outbox", "list")] == ["ratings"]
    imported(new_program, dump)
    assert len(new_program.json("ratings", "leaderboard")) == 3


def test_odd_bytes_and_endless_lines_outside_of_rows_do_no_harm(new_program: Program, tmp_path: Path) -> None:
    dump = tmp_path / "games.sql"
    long = b"-- " + b"INSERT INTO " * 100_000
    dump.write_bytes(b"\xef\xbb\xbf" + a_row().encode() + b"-- \xff\xfe\x00\r\n" + long + b"\n" + long)
    assert counts(imported(new_program, dump, "--owner", an_owner(new_program))) == ("1", "1", "0", "2")


def test_what_is_no_file_is_misuse(new_program: Program, tmp_path: Path) -> None:
    assert "does not exist" in new_program.misuse("import", "agagd", str(tmp_path / "none.sql"))
    assert "Missing argument 'DUMP'" in new_program.misuse("import", "agagd")
