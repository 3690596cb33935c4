"""A position as SVG and as PNG."""

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tengen.core.pictures import Pictures
from tengen.go.points import Color, Point, Size
from tengen.play.commands import AcceptMarking, MarkPoints, Resign
from tengen.play.drawing import LINE_SPACING, Diagram, stars, svg_of
from tengen.play.positions import NoRecord, RecordedPosition
from tests.play.builders import BLACK, SMALL, WHITE, a_game, asked, points

SVG = "{http://www.w3.org/2000/svg}"


def drawn(diagram: Diagram) -> ET.Element:
    """The drawing, parsed."""
    return parsed(svg_of(diagram, title="A game"))


def parsed(svg: str) -> ET.Element:
    """The drawing, if it is XML."""
    return ET.fromstring(svg)  # noqa: S314 - nobody else has made it


def stones(drawing: ET.Element) -> dict[str, int]:
    """How many stones of which colour are drawn."""
    uses = [use.attrib["href"] for use in drawing.iter(f"{SVG}use")]
    return {"black": uses.count("#b"), "white": uses.count("#w")}


def vertices(places: list[Point], size: Size) -> str:
    """The names of the points."""
    return " ".join(sorted(point.vertex(size) for point in places))


# Where the dots of printed boards are; 9x9, 13x13 and 19x19 as everywhere.
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size.of(19), "D10 D16 D4 K10 K16 K4 Q10 Q16 Q4"),
        (Size.of(13), "D10 D4 G7 K10 K4"),
        (Size.of(9), "C3 C7 E5 G3 G7"),
        (Size.of(8), "C3 C6 F3 F6"),
        (Size.of(5), ""),
        (Size.of(2, 25), ""),
        (Size.of(13, 9), "D3 D7 G5 K3 K7"),
    ],
    ids=str,
)
def test_the_dots_of_a_board(size: Size, expected: str) -> None:
    assert vertices(stars(size), size) == expected


@given(st.integers(2, 25), st.integers(2, 25), st.data())
def test_any_board_can_be_drawn(columns: int, rows: int, data: st.DataObject) -> None:
    size = Size.of(columns, rows)
    black = data.draw(st.frozensets(st.sampled_from(size.points())))
    white = data.draw(st.frozensets(st.sampled_from(size.points()))) - black
    drawing = drawn(Diagram(size, black, white, min(black, default=None)))
    assert stones(drawing) == {"black": len(black), "white": len(white)}
    assert {text.text for text in drawing.iter(f"{SVG}text")} >= {"A", "B", "1", str(rows)}
    width, height = (float(drawing.attrib[name]) for name in ("width", "height"))
    assert (width > height) == (columns > rows)
    for use in drawing.iter(f"{SVG}use"):
        assert 0 < float(use.attrib["x"]) < width
        assert 0 < float(use.attrib["y"]) < height


@given(st.text(max_size=40), st.text(max_size=40))
def test_it_says_what_it_shows_whatever_that_is(title: str, description: str) -> None:
    diagram = Diagram(SMALL, frozenset(), frozenset())
    drawing = parsed(svg_of(diagram, title=title, description=description))
    assert drawing.attrib["role"] == "img"
    printable = "".join(character if character.isprintable() else " " for character in title)
    assert (drawing.findtext(f"{SVG}title") or "") == printable


def test_the_last_move_is_marked() -> None:
    played = Diagram.of(a_game(moves="D4 E5"))
    assert played.last == Point(4, 4)
    assert (
        len(list(drawn(played).iter(f"{SVG}circle"))) == len(list(drawn(Diagram.of(a_game())).iter(f"{SVG}circle"))) + 1
    )
    assert Diagram.of(a_game(moves="D4 E5 pass")).last is None


def test_dead_stones_and_points_are_shown_once_both_have_passed() -> None:
    game = asked(a_game(moves="D4 E5 pass pass"), MarkPoints(WHITE, points("D4"), is_marked=True))
    for shown in (Diagram.of(game), Diagram.of(asked(game, AcceptMarking(None, game.marked)))):
        assert shown.dead == points("D4")
        assert shown.black_points == frozenset()
        assert len(shown.white_points) == 80
        assert stones(drawn(shown)) == {"black": 1, "white": 1}
    assert Diagram.of(asked(a_game(moves="D4"), Resign(BLACK))).black_points == frozenset()


def test_living_stones_are_not_covered_by_points() -> None:
    game = a_game(moves="D4 pass pass")
    shown = Diagram.of(game)
    assert len(shown.black_points) == 80
    assert not shown.black_points & game.board.stones(Color.BLACK)


def test_a_record_shows_where_it_ended() -> None:
    shown = RecordedPosition.of(b"(;GM[1]SZ[9];B[ee];W[cc])").diagram
    assert (shown.black, shown.white, shown.last) == (points("E5"), points("C7"), Point(2, 2))
    assert RecordedPosition.of(b"(;GM[1]SZ[9];B[ee];W[cc];B[])").diagram.last is None


@pytest.mark.parametrize("content", [b"", b"no record", b"(;GM[2])"])
def test_without_a_record_there_is_nothing_to_show(content: bytes) -> None:
    with pytest.raises(NoRecord):
        RecordedPosition.of(content)


# ── in pixels ──


def plain(diagram: Diagram) -> str:
    """The drawing that pictures are painted of."""
    return svg_of(diagram, title="", with_coordinates=False)


async def test_a_picture_is_a_png_of_the_drawings_size() -> None:
    painter = Pictures()
    for diagram in (Diagram.of(a_game(moves="D4 E5")), Diagram(Size.of(13, 7), points("A1"), frozenset())):
        image = Image.open(BytesIO(await painter.png(plain(diagram))))
        assert image.format == "PNG"
        assert image.size == tuple(LINE_SPACING * (side - 1) + 32 for side in diagram.size)
    grey = Image.open(BytesIO(await painter.png(plain(Diagram.of(a_game(moves="D4")))))).convert("L")
    x, y, brightness = 16 + 3 * LINE_SPACING, 16 + 5 * LINE_SPACING, grey.tobytes()
    assert brightness[y * grey.width + x + 9] < 90  # the stone
    assert brightness[(y + 12) * grey.width + x + 12] > 150  # the wood beside it
    await painter.close()
