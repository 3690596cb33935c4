"""Files of results: what each column means, in pieces of any size, and which line is wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings import results
from tengen.ratings.results import InvalidResults, Results, ResultsReader
from tengen.ratings.systems import day_of

HEADER = "date,player_a,player_b,score_a"
EVERYTHING = """\
date,player_a,player_b,score_a,advantage,handicap,komi,rank_a,rank_b,surface,best_of
2019-01-05,ann,bob,1,black,3,0.5,2k,5k,Hard,3
2019-01-05T18:30,cy,ann,0.5,white,,6.5,3d,,Clay,5
2019-02-01,"bob",cy,0,,0,,,1d,,
"""


def read(text: str, **options: object) -> tuple[Results, ResultsReader]:
    reader = ResultsReader(text.splitlines(), **options)  # type: ignore[arg-type]
    return Results.joined(list(reader)), reader


def test_each_column_means_what_it_says() -> None:
    found, reader = read(EVERYTHING, kinds=["surface"], format_column="best_of")
    assert found.days.tolist() == [
        day_of(datetime(2019, 1, 5, tzinfo=UTC)),
        day_of(datetime(2019, 1, 5, 18, 30, tzinfo=UTC)),
        day_of(datetime(2019, 2, 1, tzinfo=UTC)),
    ]
    assert list(reader.players) == ["ann", "bob", "cy"]
    assert (found.first.tolist(), found.second.tolist()) == ([0, 2, 1], [1, 0, 2])
    assert found.scores.tolist() == [1.0, 0.5, 0.0]
    assert found.roles.tolist() == [1.0, -1.0, 0.0]
    assert found.stones.tolist() == [3.0, 0.0, 0.0]
    assert np.array_equal(found.komi, [0.5, 6.5, np.nan], equal_nan=True)
    assert reader.has_ranks
    assert np.array_equal(found.first_ranks, [28.5, 32.5, np.nan], equal_nan=True)
    assert np.array_equal(found.second_ranks, [25.5, np.nan, 30.5], equal_nan=True)
    assert (reader.conditions, found.conditions.tolist()) == ([["surface:Hard", "surface:Clay"]], [[0], [1], [-1]])
    assert (reader.formats, found.formats.tolist()) == (["3", "5"], [0, 1, -1])


def test_what_a_file_does_not_say_is_not_assumed() -> None:
    found, reader = read(f"{HEADER}\n2020-01-01,a,b,1")
    assert not reader.has_ranks
    assert [column.tolist() for column in (found.roles, found.stones, found.formats)] == [[0.0], [0.0], [-1]]
    assert np.isnan([found.komi[0], found.first_ranks[0], found.second_ranks[0]]).all()
    assert found.conditions.shape == (1, 0)


@given(count=st.integers(0, 40), piece=st.integers(1, 50))
def test_the_size_of_the_pieces_does_not_matter(count: int, piece: int) -> None:
    lines = [HEADER, *(f"2020-01-01,p{n % 7},q{n % 5},{n % 3 / 2}" for n in range(count))]
    whole = list(ResultsReader(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "PIECE", piece)
        pieces = list(ResultsReader(lines))
    assert [len(part) for part in pieces[:-1]] == [piece] * (len(pieces) - 1)
    assert bool(whole) == bool(pieces) == bool(count)
    if count:
        assert columns(Results.joined(pieces)) == columns(Results.joined(whole))


def columns(found: Results) -> Sequence[bytes]:
    return [getattr(found, name).tobytes() for name in Results.__slots__]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("2020-01-01,a,b", "Line 2 of games.csv has 3 columns; the first line has 4."),
        ("2020-01-01,a,b,1\n01.02.2020,a,b,1", "Line 3 of games.csv has '01.02.2020' as date: write 2024-05-31"),
        ("2020-01-02,a,b,1\n2020-01-01,a,b,1", "Line 3 of games.csv is earlier than the one before: sort"),
        ("2020-01-01,a,a,1", "Line 2 of games.csv lets somebody play against himself."),
        ("2020-01-01,a, ,1", "Line 2 of games.csv has no player_b: a player has a name"),
        ("2020-01-01,a,b,2", "Line 2 of games.csv has '2' as score_a: 1 if player_a won"),
        ("2020-01-01,a,b,nan", "Line 2 of games.csv has 'nan' as score_a"),
        ("2020-01-01,a,b,", "Line 2 of games.csv has '' as score_a"),
    ],
)
def test_a_line_that_cannot_be_is_named(rows: str, sentence: str) -> None:
    with pytest.raises(InvalidResults) as refusal:
        read(f"{HEADER}\n{rows}", name="games.csv")
    assert refusal.value.message.startswith(sentence)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("advantage", "left", "home, away, black, white, or nothing"),
        ("handicap", "-1", "a number of stones"),
        ("handicap", "1e9", "a number of stones"),
        ("komi", "inf", "points for White"),
        ("rank_a", "10d", "is no rank"),
    ],
)
def test_what_stands_in_a_column_has_to_mean_something(column: str, value: str, sentence: str) -> None:
    with pytest.raises(InvalidResults, match=sentence):
        read(f"{HEADER},{column},rank_b\n2020-01-01,a,b,1,{value},")


def test_lines_are_numbered_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PIECE", 2)
    with pytest.raises(InvalidResults, match="Line 6"):
        read("\n".join([HEADER, *["2020-01-01,a,b,1"] * 4, "2020-01-01,a,b,x"]))


def test_blank_lines_are_no_rows_and_are_counted_all_the_same() -> None:
    found, _ = read(f"{HEADER}\n\n2020-01-01,a,b,1\n\n")
    assert len(found) == 1
    with pytest.raises(InvalidResults, match="Line 5"):
        read(f"{HEADER}\n\n2020-01-01,a,b,1\n\n2020-01-01,a,b,x")


def test_columns_that_are_missing_are_named_with_those_that_are_there() -> None:
    with pytest.raises(InvalidResults, match=r"no column 'score_a', 'surface'\. Its columns are: date, player_a"):
        ResultsReader(["date,player_a,player_b"], kinds=["surface"])
    with pytest.raises(InvalidResults, match="Its columns are: none"):
        ResultsReader([])


def test_bytes_that_are_no_text_of_columns_are_refused() -> None:
    with pytest.raises(InvalidResults):
        read(f'{HEADER}\n2020-01-01,a,"{"x" * 200_000}",1')
