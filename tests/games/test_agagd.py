"""Reading a dump of the AGA's games: each form of its fields, and a sentence with the line for whatever is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.games.agagd import MAX_LINE, DumpedGame, PinsGoRound, read_games, read_pin_changes
from tengen.games.rated_games import UNKNOWN_DATE
from tengen.go.points import Color
from tests.games.agagd_dumps import COLUMNS, a_row


@dataclass
class Read:
    """What was read, and what was found wrong in which line."""

    games: list[DumpedGame]
    wrong: list[tuple[int, str]]


def read_all(*lines: str) -> Read:
    number = 0
    wrong: list[tuple[int, str]] = []

    def counted() -> Iterator[str]:
        nonlocal number
        for line in lines:
            number += 1
            yield line

    games = list(read_games(counted(), reject=lambda reason: wrong.append((number, reason))))
    return Read(games, wrong)


def read(*lines: str) -> list[DumpedGame]:
    found = read_all(*lines)
    assert found.wrong == []
    return found.games


def wrong_in(*lines: str) -> tuple[int, str]:
    (found,) = read_all(*lines).wrong
    return found


def read_row(**values: Any) -> DumpedGame:
    (game,) = read(a_row(**values))
    return game


def test_a_row_is_a_game() -> None:
    assert read_row() == DumpedGame(
        game_id=62,
        played_at=datetime(2008, 10, 4, tzinfo=UTC),
        black_pin=7101,
        white_pin=7102,
        handicap=2,
        komi=0,
        winner=Color.WHITE,
        is_rated=True,
    )


def test_only_lines_that_begin_with_insert_count() -> None:
    others = ["-- INSERT INTO `games`\n", "\n", " " + a_row(), "insert into games\n", "CREATE TABLE `games` (\n"]
    assert read(*others, a_row(), "/* end */") == [read_row()]


# After usgo/online-ratings, web/tests/test_agagd_loader_expr.py, with numbers of our own.
@pytest.mark.parametrize(
    "values",
    [
        {"Game_Date": "'1846-09-11'", "Elab_Date": "'0000-00-00'"},
        {"Handicap": 382, "Komi": -17, "Round": -1, "Game_ID": -5},
        {"Rank_1": "'8p'", "Rank_2": "'4D'"},
        {"Rank_1": "''", "Rank_2": "''"},
        {"Sgf_Code": "'abc-123'"},
        {"Sgf_Code": "''"},
        {"Online": 1, "Exclude": 1, "Rated": 0},
        {"Color_1": "'B'", "Color_2": "'B'"},
    ],
)
def test_each_form_of_a_field_is_read(values: dict[str, Any]) -> None:
    game = read_row(**values)
    assert game.handicap == values.get("Handicap", 2)
    assert game.komi == values.get("Komi", 0)
    assert game.game_id == values.get("Game_ID", 62)
    assert game.is_rated is (values.get("Rated", 1) == 1)


def test_white_is_the_first_player_if_his_colour_says_so() -> None:
    assert (read_row(Color_1="'W'").white_pin, read_row(Color_1="'W'").black_pin) == (7101, 7102)
    assert (read_row(Color_1="'B'").white_pin, read_row(Color_1="'B'").black_pin) == (7102, 7101)
    assert read_row(Result="'B'").winner is Color.BLACK


@pytest.mark.parametrize("day", ["0000-00-00", "2009-02-29", "2009-13-01", "2009-04-31", "0009-04-01", "9999-99-99"])
def test_a_date_that_cannot_be_is_unknown(day: str) -> None:
    assert read_row(Game_Date=f"'{day}'").played_at == UNKNOWN_DATE


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((column, "") for column in COLUMNS),
        *((column, "'Banana!'") for column in COLUMNS),
        *((column, "NULL") for column in COLUMNS if column != "Sgf_Code"),
        ("Game_ID", "1.5"),
        ("Game_ID", "10" * 10),
        ("Game_ID", "٣"),
        ("Komi", "9" * 1_500),
        ("Pin_Player_1", -7101),
        ("Color_1", "'b'"),
        ("Color_2", "'BW'"),
        ("Result", "'0'"),
        ("Game_Date", "'2008-1-4'"),
        ("Game_Date", "2008-10-04"),
        ("Tournament_Code", "''"),
        ("Rated", 2),
        ("Round", "3,"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(column: str, value: object) -> None:
    number, reason = wrong_in("-- games\n", a_row(), a_row(**{column: value}))
    following = COLUMNS[COLUMNS.index(column) + 1] if (column, value) == ("Round", "3,") else column
    assert number == 3
    assert reason.startswith(f"{following} must be ")
    assert len(reason) < 200


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("INSERT INTO", "it must begin with INSERT INTO `games` (`Game_ID`, `Tournament_Code`,"),
        ("INSERT INTO `players` VALUES(1);\n", "it must begin with INSERT INTO `games`"),
        (a_row().replace("VALUES(", "VALUES ("), "it must begin with INSERT INTO `games`"),
        (a_row().replace(");", "),(63);"), "its one row must end with ); and here stands '),(63);"),
        (a_row().replace(");", ")"), "its one row must end with ); and here stands ')"),
        (a_row().replace(");", "); -- the end"), "its one row must end with ); and here stands '); -- the end"),
        (a_row().replace(");", ", 1);"), "its one row must end with ); and here stands ', 1);"),
        (a_row().replace(", 3, ", ",3, "), "Round must be a whole number of at most 18 digits, and here stands"),
        (a_row().rstrip() + " " * MAX_LINE, f"it has more than {MAX_LINE} characters"),
    ],
)
def test_a_line_in_another_form_is_refused(line: str, said: str) -> None:
    number, reason = wrong_in(line)
    assert number == 1
    assert reason.startswith(said)


def test_games_before_and_after_a_wrong_line_are_read() -> None:
    found = read_all(a_row(), "INSERT INTO nothing", a_row(Game_ID=63))
    assert [game.game_id for game in found.games] == [62, 63]
    assert [number for number, _ in found.wrong] == [2]


def test_whoever_is_told_of_a_wrong_line_may_stop_there() -> None:
    def stop(reason: str) -> None:
        raise ValueError(reason)

    games = read_games([a_row(), "INSERT INTO nothing", a_row()], reject=stop)
    assert next(games) == read_row()
    with pytest.raises(ValueError, match="it must begin with INSERT INTO `games`"):
        next(games)


anything = st.text(st.characters(codec=None), max_size=60)
fields = anything | st.from_regex(
    r"-?[0-9]{1,25}|'[0-9A-Za-z-]{0,12}'|NULL|'[0-9]{4}-[0-9]{2}-[0-9]{2}'", fullmatch=True
)


@given(
    values=st.dictionaries(st.sampled_from(COLUMNS), fields, max_size=4),
    cut=st.none() | st.integers(0, 400),
    ending=anything,
)
def test_whatever_stands_in_a_line_it_is_a_game_or_a_sentence(
    values: dict[str, str], cut: int | None, ending: str
) -> None:
    line = a_row(**values)[:cut] + ending
    found = read_all(line)
    assert len(found.games) + len(found.wrong) == line.startswith("INSERT INTO")
    for _, reason in found.wrong:
        assert 0 < len(reason) < 400
    for game in found.games:
        assert game.played_at == UNKNOWN_DATE or game.played_at.year >= 1000
        assert max(map(abs, (game.game_id, game.black_pin, game.white_pin, game.handicap, game.komi))) < 2**63


@given(text=anything.filter(lambda text: not text.startswith("INSERT INTO")))
def test_any_text_behind_insert_is_a_sentence(text: str) -> None:
    number, _ = wrong_in(text, f"INSERT INTO{text}")
    assert number == 2


def test_a_game_has_one_fingerprint_whatever_else_its_row_says() -> None:
    assert read_row().fingerprint == read_row(Result="'B'", Pin_Player_1=9).fingerprint
    assert read_row().fingerprint != read_row(Game_ID=63).fingerprint
    assert len(read_row().fingerprint) == 32


def test_changed_pins_lead_to_the_newest() -> None:
    lines = ["INSERT INTO changes VALUES\n", "(1,2),\n", "(2, 3),\n", "(3,  4);\n", "(9,9),\n", "(8,4),\n"]
    assert read_pin_changes(lines) == {1: 4, 2: 4, 3: 4, 8: 4}


@pytest.mark.parametrize(
    "line",
    ["", "1,2,", "(1,2)", "(1,2) ,", "x(1,2),", "(1 ,2),", "(1,-2),", "(1,2,3),", "(a,b),", "(" + "1" * 30 + ",2),"],
)
def test_other_lines_among_the_changes_are_ignored(line: str) -> None:
    assert read_pin_changes([line]) == {}


def test_changes_in_a_circle_are_refused() -> None:
    with pytest.raises(PinsGoRound, match="circle: 2 → 3 → 2"):
        read_pin_changes(["(1,2),", "(2,3),", "(3,2);"])
    with pytest.raises(PinsGoRound, match="circle: 0 → 1 → 2 → 3 → 4 → … → 0"):
        read_pin_changes([f"({pin},{(pin + 1) % 5_000})," for pin in range(5_000)])


def test_a_long_row_of_changes_is_followed_to_its_end() -> None:
    newest = read_pin_changes([f"({pin},{pin + 1})," for pin in range(20_000)])
    assert set(newest.values()) == {20_000}


@given(changes=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=14))
def test_what_is_newest_was_never_given_up(changes: list[tuple[int, int]]) -> None:
    try:
        newest = read_pin_changes([f"({old},{new})," for old, new in changes])
    except PinsGoRound:
        return
    given_up = {old for old, new in dict(changes).items() if old != new}
    assert given_up <= newest.keys()
    assert not newest.keys() & set(newest.values())
