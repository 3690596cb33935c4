"""Rows of games: each form of a cell, and a sentence with the column for whatever is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import MAX_ID
from tengen.games.csv_games import MAX_LINE, OPTIONAL, REQUIRED, Columns, MissingColumns, read_games
from tengen.games.named_game import NamedGame
from tengen.games.rated_games import Unrated
from tengen.ratings.go_conditions import SpeedClass
from tests.support.builders import NOON

HEADER = "played_at,black,white,result,komi,handicap,rules,width,height,speed,ranked,annulled_at,game_id,fingerprint"
ROW = {
    "played_at": "2026-03-14T19:05:00Z",
    "black": "Tova",
    "white": "Rin",
    "result": "B+3.5",
    "komi": "6.5",
}


def read_all(*lines: str) -> tuple[list[NamedGame], list[tuple[int, str]]]:
    wrong: list[tuple[int, str]] = []
    games = read_games(enumerate(lines, 1), reject=lambda number, reason: wrong.append((number, reason)), now=NOON)
    return [game for _, game in games], wrong


def a_line(**cells: str) -> str:
    row = ROW | cells
    return ",".join(row.get(name, "") for name in HEADER.split(","))


def read(**cells: str) -> NamedGame:
    (game,), wrong = read_all(HEADER, a_line(**cells))
    assert wrong == []
    return game


def wrong_with(**cells: str) -> str:
    games, ((number, reason),) = read_all(HEADER, a_line(**cells))
    assert (games, number) == ([], 2)
    return reason


def test_a_row_is_a_game_and_what_is_left_empty_is_as_usual() -> None:
    game = read()
    assert (game.black, game.white, game.result) == ("Tova", "Rin", "B+3.5")
    played = game.played
    assert played.played_at == datetime(2026, 3, 14, 19, 5, tzinfo=UTC)
    assert (played.handicap, played.komi, played.rules, played.width, played.height) == (0, 6.5, None, 19, 19)
    assert (played.ranked, played.is_annulled, game.annulled_at, game.content) == (True, False, None, b"")
    assert played.speed is None


def test_every_cell_is_read() -> None:
    cells = {
        "played_at": "2026-03-14T21:05:00.123456+02:00",
        "handicap": "3",
        "komi": "-5",
        "rules": "Chinese",
        "width": "13",
        "speed": "Blitz",
        "ranked": "False",
        "annulled_at": "2026-03-15T00:00:00+00:00",
    }
    game = read(**cells)
    played = game.played
    assert played.played_at == datetime(2026, 3, 14, 19, 5, 0, 123456, tzinfo=UTC)
    assert (played.handicap, played.komi, played.rules, played.width, played.height) == (3, -5.0, "chinese", 13, 13)
    assert (played.ranked, played.is_annulled, played.unrated) == (False, True, Unrated.ANNULLED)
    assert played.speed is SpeedClass.BLITZ
    assert game.annulled_at == datetime(2026, 3, 15, tzinfo=UTC)
    assert read(width="9", height="13").played.height == 13


@pytest.mark.parametrize("result", ["B+R", "W+T", "W+F", "B+12.5", "0", "Draw", "Void", "?", "B", "W"])
def test_each_result_is_kept_as_it_is_written(result: str) -> None:
    assert read(result=result).result == result


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"played_at": ""}, "played_at is not written as"),
        ({"played_at": "yesterday"}, "played_at is not written as"),
        ({"played_at": "2026-05-04T12:00:00Z"}, "played_at lies in the future"),
        ({"played_at": "0201-03-14"}, "played_at lies before the year 1000"),
        ({"black": " "}, "The display name is empty"),
        ({"white": "x" * 65}, "The display name has more than 64 characters"),
        ({"white": "a\u202eb"}, "The display name holds the character U+202E"),
        ({"result": "b+3"}, "'b+3' is no result"),
        ({"result": ""}, "'' is no result"),
        ({"komi": ""}, "komi must be a number of points"),
        ({"komi": "nan"}, "komi must be a number of points"),
        ({"komi": "1e999"}, "komi must be a number of points"),
        ({"handicap": "-1"}, "handicap must be a number of stones"),
        ({"handicap": str(MAX_ID + 1)}, "handicap must be a number of stones"),
        ({"handicap": "٣"}, "handicap must be a number of stones"),
        ({"rules": "chess"}, "'chess' are no rules known here"),
        ({"width": "26"}, "A board has 2 to 25 lines a side"),
        ({"height": "big"}, "height must be a number of lines"),
        ({"speed": "rapid"}, "speed must be one of blitz, live, correspondence, or empty, and here stands 'rapid'"),
        ({"ranked": "maybe"}, "ranked must be true or false"),
        ({"annulled_at": "never"}, "annulled_at is not written as"),
        ({"game_id": "x" * 201}, "game_id has more than 200 characters"),
        ({"fingerprint": "abc"}, "fingerprint must be 64 hexadecimal digits"),
    ],
)
def test_a_wrong_cell_is_told_with_its_column(cells: dict[str, str], said: str) -> None:
    assert wrong_with(**cells).startswith(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-03-14", "it has 1 cells, and the first line names 14 columns"),
        (a_line() + ",more", "it has 15 cells"),
        ('"' + a_line(), "its cells cannot be told apart"),
        (a_line(black="x" * MAX_LINE), f"it has more than {MAX_LINE} characters"),
    ],
)
def test_a_line_that_is_no_row_is_told_of_and_the_next_is_read(line: str, said: str) -> None:
    games, ((number, reason),) = read_all(HEADER, line, a_line())
    assert (len(games), number) == (1, 2)
    assert reason.startswith(said)


def test_columns_come_in_any_order_and_others_are_passed_over() -> None:
    games, wrong = read_all("Rank, komi ,white,black,played_at,result", "3d,6.5,Rin,Tova,2026-03-14,W+R", "", " ")
    assert wrong == []
    assert [(game.black, game.white, game.played.komi) for game in games] == [("Tova", "Rin", 6.5)]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "played_at, black, white, result, komi is not among them"),
        ("played_at;black;white;result;komi", "is not among them"),
        ("played_at,black,white,komi", "and result is not among them"),
        (f"{HEADER},komi", "names a column more than once: komi"),
    ],
)
def test_a_file_without_the_names_of_its_columns_is_refused(header: str, said: str) -> None:
    with pytest.raises(MissingColumns, match=said):
        read_all(header, a_line())


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(MissingColumns):
        read_all()


def test_the_same_game_is_known_by_its_fingerprint_then_its_id_then_its_players_and_time() -> None:
    assert read(fingerprint="0f" * 32, game_id="7").fingerprint == bytes.fromhex("0f" * 32)
    assert read(game_id="7").fingerprint == read(game_id="7", black="Nils", result="W+R").fingerprint
    assert read(game_id="7").fingerprint != read(game_id="8").fingerprint
    assert read().fingerprint == read(result="W+R", played_at="2026-03-14T20:05:00+01:00").fingerprint
    assert read().fingerprint != read(black="Rin", white="Tova").fingerprint
    assert read().fingerprint != read(played_at="2026-03-14T19:05:01Z").fingerprint


@given(header=st.text(max_size=80), line=st.text(max_size=200), cells=st.lists(st.text(max_size=20), max_size=14))
def test_whatever_stands_in_a_file_it_is_a_game_or_a_sentence(header: str, line: str, cells: list[str]) -> None:
    games, wrong = read_all(HEADER, line, ",".join(cells), a_line(komi=line[:10]))
    assert len(games) + len(wrong) <= 3
    assert all(0 < len(reason) < 300 for _, reason in wrong)


PLAIN = st.text(st.characters(exclude_characters='",\r\n', exclude_categories=["Cs"]), max_size=20)


@given(name=PLAIN, game_id=PLAIN)
def test_cells_in_quotes_are_the_same_cells(name: str, game_id: str) -> None:
    line = a_line(black=name, game_id=game_id)
    quoted = ",".join(f'"{cell}"' for cell in line.split(","))
    assert read_all(HEADER, line) == read_all(HEADER, quoted) == read_all(HEADER, line + "\r\n")


@given(header=st.lists(st.sampled_from(HEADER.split(",")) | st.text(max_size=10), max_size=20))
def test_whatever_the_first_line_says_it_names_each_column_once_or_is_refused(header: list[str]) -> None:
    try:
        columns = Columns.of(header)
    except MissingColumns:
        names = [name.strip().lower() for name in header]
        assert any(names.count(name) != 1 for name in REQUIRED) or len(set(names)) < len(names)
    else:
        assert columns.count == len(header)
        picked = [name.strip().lower() for name in columns.pick([*header, ""])]
        assert all(found in {name, ""} for found, name in zip(picked, (*REQUIRED, *OPTIONAL), strict=True))
