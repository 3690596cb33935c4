"""Names of points and sizes, in the notations of people, SGF and OGS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.go.points import (
    Color,
    InvalidPoint,
    InvalidSize,
    Point,
    Size,
    ogs_moves,
    ogs_points,
    parse_ogs_move,
    parse_ogs_moves,
    vertex_of,
)

NINETEEN = Size.of(19)
sizes = st.builds(Size.of, st.integers(2, 25), st.integers(2, 25))
points_of_boards = sizes.flatmap(
    lambda size: st.tuples(
        st.just(size), st.builds(Point, st.integers(0, size.columns - 1), st.integers(0, size.rows - 1))
    )
)

# OGS' own examples, and the corners of the alphabets: no I in a vertex, all letters in a pair.
NAMES = [
    (NINETEEN, Point(15, 3), "Q16", "pd"),
    (NINETEEN, Point(3, 15), "D4", "dp"),
    (NINETEEN, Point(0, 0), "A19", "aa"),
    (NINETEEN, Point(18, 18), "T1", "ss"),
    (NINETEEN, Point(8, 8), "J11", "ii"),
    (Size.of(25), Point(24, 0), "Z25", "ya"),
    (Size.of(15, 17), Point(14, 16), "P1", "oq"),
]


@pytest.mark.parametrize(("size", "point", "vertex", "letters"), NAMES)
def test_a_point_has_a_name_for_people_and_one_for_programs(
    size: Size, point: Point, vertex: str, letters: str
) -> None:
    assert (point.vertex(size), point.letters) == (vertex, letters)
    assert Point.from_vertex(vertex, size) == Point.from_vertex(f" {vertex.lower()}", size) == point
    assert Point.from_letters(letters, size) == point


@pytest.mark.parametrize("text", ["", "I4", "D", "4D", "D0", "D20", "U1", "D44", "D4 5", "DD4", "D٤", "pass", "é4"])
def test_what_is_no_vertex_of_the_board_is_refused(text: str) -> None:
    with pytest.raises(InvalidPoint):
        Point.from_vertex(text, NINETEEN)


@pytest.mark.parametrize("text", ["", "d", "ddd", "tt", "at", "ta", "DD", "d4", "..", "éé", "d\n"])
def test_what_is_no_pair_of_letters_of_the_board_is_refused(text: str) -> None:
    with pytest.raises(InvalidPoint):
        Point.from_letters(text, NINETEEN)


@given(named=points_of_boards)
def test_every_name_leads_back_to_its_point(named: tuple[Size, Point]) -> None:
    size, point = named
    assert Point.from_vertex(point.vertex(size), size) == point
    assert Point.from_letters(point.letters, size) == point
    assert parse_ogs_move(point.letters, size) == point
    assert parse_ogs_move(point.vertex(size), size) == point


@given(moves=st.lists(st.none() | st.builds(Point, st.integers(0, 18), st.integers(0, 18))))
def test_a_list_of_moves_comes_back_from_ogs_letters(moves: list[Point | None]) -> None:
    assert parse_ogs_moves(ogs_moves(moves), NINETEEN) == moves


def test_ogs_writes_moves_one_after_the_other() -> None:
    assert ogs_moves([Point(15, 3), None, Point(3, 15)]) == "pd..dp"


def test_ogs_writes_a_set_of_points_row_by_row() -> None:
    assert ogs_points({Point(3, 15), Point(15, 3), Point(3, 3), Point(0, 15)}) == "ddpdapdp"
    assert ogs_points(()) == ""


# The rules of decoding, one row each.
OGS_LISTS: list[tuple[str, list[Point | None]]] = [
    ("", []),
    ("pddp", [Point(15, 3), Point(3, 15)]),
    ("PDdp", [Point(15, 3), Point(3, 15)]),
    ("tt", [None]),
    ("..", [None]),
    ("Q16D4", [Point(15, 3), Point(3, 15)]),
    ("q16pass..d4", [Point(15, 3), None, None, Point(3, 15)]),
    ("Z1", [None]),
    ("D0D20", [None, None]),
    ("I5", [None]),
    ("Q166", [None]),
    ("D04d" + "9" * 5000, [Point(3, 15), None]),
    (".a", [None]),
    ("atpd", [None, Point(15, 3)]),
]


@pytest.mark.parametrize(("text", "moves"), OGS_LISTS)
def test_a_list_is_read_as_ogs_own_board_reads_it(text: str, moves: list[Point | None]) -> None:
    assert parse_ogs_moves(text, NINETEEN) == moves


@pytest.mark.parametrize("text", ["pdd", "p!dp", "!1dd", "Q16xx", "Q16 D4", "Q16-1", "é."])
def test_a_list_with_something_left_over_is_refused(text: str) -> None:
    with pytest.raises(InvalidPoint):
        parse_ogs_moves(text, NINETEEN)


@pytest.mark.parametrize("text", ["..", "pass", "PASS", " pass "])
def test_a_pass_has_two_names_on_ogs(text: str) -> None:
    assert parse_ogs_move(text, NINETEEN) is None


@pytest.mark.parametrize("text", ["tt", "ss.", "pddp", "Q20", "!1dd", "", "pd "[:1]])
def test_a_single_move_that_is_off_the_board_or_no_move_is_no_pass(text: str) -> None:
    with pytest.raises(InvalidPoint):
        parse_ogs_move(text, NINETEEN)


def test_a_pass_is_named_for_people_too() -> None:
    assert vertex_of(None, NINETEEN) == "pass"
    assert vertex_of(Point(3, 15), NINETEEN) == "D4"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("19", Size(19, 19)),
        (" 9 ", Size(9, 9)),
        ("15:17", Size(15, 17)),
        ("7x25", Size(7, 25)),
        ("13:13", Size(13, 13)),
    ],
)
def test_a_size_is_read_columns_first(text: str, size: Size) -> None:
    assert Size.parse(text) == size


@pytest.mark.parametrize("text", ["", "1", "26", "19:1", "0", "-9", "19.0", "19:", "9:9:9", "nine", "１９"])
def test_what_is_no_size_of_a_board_is_refused(text: str) -> None:
    with pytest.raises(InvalidSize):
        Size.parse(text)


@given(size=sizes)
def test_a_size_is_written_as_it_is_read(size: Size) -> None:
    assert Size.parse(str(size)) == size
    assert len(size.points()) == size.area
    assert all(size.has(point) for point in size.points())


def test_colours_are_each_others_opponents() -> None:
    assert Color.BLACK.opponent is Color.WHITE
    assert Color.WHITE.opponent is Color.BLACK
