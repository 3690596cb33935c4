"""`tengen ratings evaluate` and `tune`."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.program import Program
from tests.ratings.results_texts import a_file, a_league
from tests.support.server import Server

GAMES = a_file([("a", "b", 1), ("a", "b", 1), ("b", "a", 0.5), ("c", "a", 0)])


@pytest.fixture
def engine() -> str:
    """Neither command looks into a database."""
    return "sqlite"


@pytest.fixture
def program(server: Server) -> Program:
    return Program(server, as_json=True)


@pytest.fixture
def games(tmp_path: Path) -> str:
    path = tmp_path / "games.csv"
    path.write_text(GAMES)
    return str(path)


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("results") / "league.csv"
    path.write_text(a_league(games=2000, home=0.3))
    return str(path)


def test_predictions_are_judged(program: Program, games: str) -> None:
    found = program.json("ratings", "evaluate", games, "--system", "elo")
    assert found["games"] == 4
    assert found["log_loss"] > 0
    assert found["brier"] > 0
    # The first, of two newcomers, counts half; the other two that somebody won went to the one who was ahead.
    assert found["accuracy"] == pytest.approx(2.5 / 3)
    assert found["games_per_second"] > 0
    assert sum(group["games"] for group in found["calibration"]) == 4


def test_people_see_the_same_numbers(server: Server, games: str) -> None:
    found = Program(server, as_json=True).json("ratings", "evaluate", games, "--system", "glicko2")
    text = Program(server, as_json=False).text("ratings", "evaluate", games, "--system", "glicko2")
    assert f"log-loss:         {found['log_loss']:.5f}" in text
    assert "accuracy:         83.33 %" in text
    assert "expected   scored    games" in text


def test_a_burn_in_teaches_and_does_not_count_and_what_comes_after_is_not_looked_at(
    program: Program, games: str
) -> None:
    arguments = ("ratings", "evaluate", games, "--system", "elo")
    assert program.json(*arguments, "--burn-in", "2020-01-03")["games"] == 2
    assert program.json(*arguments, "--until", "2020-01-03")["games"] == 2
    late = program.json(*arguments, "--burn-in", "2020-01-03", "--until", "2020-01-04")
    assert late["games"] == 1
    assert late["brier"] > 0  # b and a were no equals any more


def test_what_was_tuned_predicts_better(program: Program, league: str, tmp_path: Path) -> None:
    tuned = str(tmp_path / "tuned.toml")
    period = ("--burn-in", "2020-03-01", "--until", "2020-04-01")
    found = program.json("ratings", "tune", league, "--system", "elo", "--until", "2020-03-01", "--out", tuned)
    assert found["parameters"]["head_start.role"] > 0
    plain = program.json("ratings", "evaluate", league, "--system", "elo", *period)
    better = program.json("ratings", "evaluate", league, "--params", tuned, *period)
    assert better["log_loss"] < plain["log_loss"]
    same = program.json("ratings", "evaluate", league, "--system", "elo", "--params", tuned, *period)
    assert (same["log_loss"], same["games"]) == (better["log_loss"], plain["games"])


def test_a_parameter_that_is_given_overrides_the_file_and_stays(program: Program, league: str, tmp_path: Path) -> None:
    tuned = tmp_path / "tuned.toml"
    tune = ("ratings", "tune", league, "--system", "elo", "--until", "2020-01-20", "--param", "step=7")
    assert program.json(*tune, "--out", str(tuned))["parameters"]["step"] == 7.0
    evaluate = ("ratings", "evaluate", league, "--params", str(tuned))
    assert program.json(*evaluate) != program.json(*evaluate, "--param", "step=70")


def test_conditions_and_the_format_are_columns(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "tennis.csv"
    path.write_text(a_file([("a", "b", 1)] * 6, surface=["clay"] * 5 + ["grass"], best_of=["3"] * 6))
    plain = ("ratings", "evaluate", str(path), "--system", "gaussian")
    columns = ("--condition", "surface", "--format", "best_of")
    assert program.json(*plain)["log_loss"] != program.json(*plain, *columns)["log_loss"]
    assert "has no column 'court'" in program.refusal(*plain, "--condition", "court")


def test_the_calibration_is_drawn(program: Program, league: str, tmp_path: Path) -> None:
    drawing = tmp_path / "calibration.svg"
    found = program.json("ratings", "evaluate", league, "--system", "elo", "--plot", str(drawing))
    dots = list(ET.parse(drawing).getroot().iter("{http://www.w3.org/2000/svg}circle"))  # noqa: S314  # our own
    assert len(dots) == len(found["calibration"])


def test_without_a_file_to_write_to_people_see_the_parameters(server: Server, league: str) -> None:
    text = Program(server, as_json=False).text("ratings", "tune", league, "--system", "elo", "--until", "2020-01-20")
    assert 'system = "elo"' in text
    assert '"step" = ' in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name a rating system"),
        (("--system", "elos"), "There is no rating system 'elos'. There are: elo, gaussian, glicko2"),
        (("--system", "elo", "--param", "k=3"), "There is no parameter 'k'. There are: mean, step, patience"),
        (("--system", "elo", "--param", "step"), "'step' is no name and number"),
        (("--system", "elo", "--param", "step=x"), "'step=x' is no name and number"),
        (("--system", "elo", "--param", "step=nan"), "step is a finite number"),
        (("--system", "elo", "--param", "step=-1"), "Step and patience are positive"),
        (("--system", "elo", "--burn-in", "soon"), "--burn-in 'soon' is no date"),
        (("--system", "elo", "--burn-in", "2030-01-01"), "games.csv has no game to predict in that time"),
        (("--system", "elo", "--until", "2010-01-01"), "games.csv has no game to predict in that time"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    program: Program, games: str, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in program.refusal("ratings", "evaluate", games, *arguments)


@pytest.mark.parametrize(("command", "option"), [("evaluate", "--plot"), ("tune", "--out")])
def test_a_place_that_is_not_there_is_refused_before_the_work(
    program: Program, games: str, tmp_path: Path, command: str, option: str
) -> None:
    nowhere = str(tmp_path / "nowhere" / "file")
    refusal = program.refusal("ratings", command, games, "--system", "elo", option, nowhere)
    assert refusal.endswith("nowhere to write file to.")


def test_parameters_of_another_system_are_refused(program: Program, games: str, tmp_path: Path) -> None:
    path = tmp_path / "tuned.toml"
    path.write_text('system = "glicko2"\n')
    refusal = program.refusal("ratings", "evaluate", games, "--system", "elo", "--params", str(path))
    assert refusal == "tuned.toml has parameters of 'glicko2', and not of 'elo'."


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"date,player_a,player_b,score_a\n2020-01-01,a,\xff,1"])
def test_a_file_that_is_no_text_is_refused(program: Program, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "games.csv"
    path.write_bytes(content)
    assert "no text in UTF-8" in program.refusal("ratings", "evaluate", str(path), "--system", "elo")


def test_a_wrong_line_is_named(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "games.csv"
    path.write_text("date,player_a,player_b,score_a\n2020-01-01,a,b,1\n2020-01-01,a,b,won\n")
    refusal = program.refusal("ratings", "tune", str(path), "--system", "elo")
    assert refusal.startswith("Line 3 of games.csv has 'won' as score_a")
