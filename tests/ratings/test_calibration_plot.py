"""The drawing of how well predictions were calibrated."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.calibration_plot import SIZE, calibration_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_each_group_is_a_dot_at_its_place() -> None:
    drawing = ET.fromstring(calibration_svg([(100, 0.0, 1.0), (400, 1.0, 0.0)], title="elo on a.csv"))  # noqa: S314  # our own
    few, many = drawing.iter(f"{SVG}circle")
    assert (few.get("cx"), few.get("cy"), few.get("r")) == ("56.0", "36.0", "7.0")
    assert (many.get("cx"), many.get("cy"), many.get("r")) == ("396.0", "372.0", "12.0")
    assert many.findtext(f"{SVG}title") == "400 games: 100.0 % expected, 0.0 % scored"


def test_it_says_what_it_shows_to_those_who_do_not_see_it() -> None:
    drawing = ET.fromstring(calibration_svg([(9, 0.25, 0.5)], title="<a> & b"))  # noqa: S314  # our own
    assert (drawing.get("role"), drawing.findtext(f"{SVG}title")) == ("img", "<a> & b")
    assert drawing.findtext(f"{SVG}desc") == "25.0 % expected, 50.0 % scored."


shares = st.floats(0, 1)


@given(st.lists(st.tuples(st.integers(1, 10**9), shares, shares), max_size=10))
def test_whatever_is_drawn_lies_within(calibration: list[tuple[int, float, float]]) -> None:
    drawing = ET.fromstring(calibration_svg(calibration, title="any"))  # noqa: S314  # our own
    places = [float(node.get(name, "0")) for node in drawing.iter() for name in ("cx", "cy", "x1", "x2", "y1", "y2")]
    assert all(0 <= place <= SIZE for place in places)
