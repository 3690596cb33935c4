"""The history of a rating as a drawing: well-formed for any numbers, and true to them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.history_plot import (
    HEIGHT,
    MAX_DRAWN,
    MAX_HEIGHT,
    MAX_WIDTH,
    MIN_HEIGHT,
    MIN_WIDTH,
    WIDTH,
    Moment,
    Plot,
    date_ticks,
    rating_step,
    svg_of,
    thinned,
)
from tengen.ratings.systems import day_of

SVG = "{http://www.w3.org/2000/svg}"
DAY = day_of(datetime(2026, 5, 2, tzinfo=UTC))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def a_plot(*moments: Moment, name: str = "mizuki", pool: str = "go", is_whole: bool = True) -> Plot:
    return Plot(name, pool, pool == "go", moments, sum(moment.is_game for moment in moments), is_whole)


def games(count: int, *, deviation: float = 0.5) -> list[Moment]:
    """A game a day: ratings that go up and down between 20 and 26."""
    return [Moment(DAY + number, 20.0 + number * 5 % 7, deviation, is_game=True) for number in range(count)]


def parsed(plot: Plot, **size: int) -> ET.Element:
    """The drawing, if it is XML."""
    return ET.fromstring(svg_of(plot, **size))  # noqa: S314 - nobody else has made it


def paths(drawing: ET.Element, kind: str) -> list[list[tuple[float, float]]]:
    """The points of the lines of a kind."""
    found = [path.attrib["d"] for path in drawing.iter(f"{SVG}path") if path.attrib["class"] == kind]
    numbers = [[float(number) for number in NUMBER.findall(path)] for path in found]
    return [list(zip(some[::2], some[1::2], strict=True)) for some in numbers]


def texts(drawing: ET.Element) -> list[str]:
    return [text.text or "" for text in drawing.iter(f"{SVG}text")]


# ── what it says ──


def test_a_drawing_says_whose_rating_it_is_and_how_it_went() -> None:
    moments = [
        Moment(DAY, 24.3, 2.0, is_game=True),
        Moment(DAY + 31, 24.3, 2.1),
        Moment(DAY + 31, 30.6, 1.5, is_game=True),
        Moment(DAY + 60, 30.6, 1.6),
    ]
    drawing = parsed(a_plot(*moments))
    assert drawing.attrib["role"] == "img"
    assert drawing.findtext(f"{SVG}title") == "mizuki: Rating in Go"
    assert drawing.findtext(f"{SVG}desc") == (
        "From 2026-05-02 to 2026-07-01, rated games: 2. First 6k, 24.3 ± 2.0; last 1d, 30.6 ± 1.6; "
        "highest 1d, 30.6 ± 1.5; lowest 6k, 24.3 ± 2.0."
    )
    assert texts(drawing)[:2] == ["mizuki", "Rating in Go · 2 games · now 1d, 30.6 ± 1.6"]


def test_a_history_without_games_says_so() -> None:
    drawing = parsed(a_plot())
    assert "No rated game yet" in texts(drawing)
    assert drawing.findtext(f"{SVG}desc") == "There is no rated game yet."
    assert paths(drawing, "line") == []


def test_earlier_games_that_are_left_out_are_told_of() -> None:
    drawing = parsed(a_plot(*games(5), is_whole=False))
    assert "the last 5 games" in texts(drawing)[1]
    assert "(earlier ones are left out)" in (drawing.findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"&amp;]]>', "a\x00b\u202e\ud800", "天元"])
def test_a_name_is_text_whatever_it_holds(name: str) -> None:
    drawing = parsed(a_plot(*games(2), name=name))
    shown = "".join(character if character.isprintable() else " " for character in name)
    assert texts(drawing)[0] == shown
    assert drawing.findtext(f"{SVG}title") == f"{shown}: Rating in Go"
    assert not list(drawing.iter(f"{SVG}script"))


def test_a_name_that_is_too_long_is_cut() -> None:
    narrow = texts(parsed(a_plot(*games(2), name="天" * 40), width=MIN_WIDTH))[0]
    assert narrow.startswith("天天天天")
    assert narrow.endswith("…")
    assert len(narrow) < 20
    assert texts(parsed(a_plot(*games(2), name="天" * 40), width=MAX_WIDTH))[0] == "天" * 40


def test_ratings_in_go_are_labelled_with_ranks_and_others_with_points() -> None:
    assert {"8k", "6k", "4k"} <= set(texts(parsed(a_plot(*games(10)))))
    points = [moment._replace(mean=moment.mean * 40) for moment in games(10)]
    assert {"800", "900", "1000"} <= set(texts(parsed(a_plot(*points, pool="team:3"))))


def test_a_drawing_has_colours_for_readers_who_want_it_dark() -> None:
    (style,) = parsed(a_plot(*games(2))).iter(f"{SVG}style")
    assert "prefers-color-scheme:dark" in (style.text or "")


# ── what it shows ──


def test_the_line_lies_within_both_bands_and_the_inner_band_within_the_outer() -> None:
    drawing = parsed(a_plot(*games(30)))
    (line,), (outer, inner) = paths(drawing, "line"), paths(drawing, "band")
    count = len(line)
    for place, (x, y) in enumerate(line):
        heights = []
        for band in (outer, inner):
            (above_x, above), (below_x, below) = band[place], band[2 * count - 1 - place]
            assert above_x == below_x == x
            heights += [above, below]
        top, bottom, inner_top, inner_bottom = heights
        assert top < inner_top < y < inner_bottom < bottom


def test_time_goes_to_the_right_and_better_ratings_are_higher() -> None:
    moments = [Moment(DAY + number, 20.0 + number, 0.5, is_game=True) for number in range(5)]
    (line,) = paths(parsed(a_plot(*moments)), "line")
    for (x, y), (next_x, next_y) in pairwise(line):
        assert next_x > x
        assert next_y < y


def test_a_rating_without_uncertainty_has_no_band() -> None:
    drawing = parsed(a_plot(*games(5, deviation=0.0), pool="team:3"))
    assert paths(drawing, "band") == []
    assert len(paths(drawing, "line")) == 1
    assert texts(drawing)[1].endswith("now 26")


def test_a_single_game_is_a_dot_with_a_bar_of_its_uncertainty() -> None:
    drawing = parsed(a_plot(*games(1)))
    (dot,) = drawing.iter(f"{SVG}circle")
    assert 60 < float(dot.attrib["cx"]) < WIDTH - 60
    assert 80 < float(dot.attrib["cy"]) < HEIGHT - 40
    assert len(paths(drawing, "band")) == 2


def test_each_of_a_few_games_has_a_dot_and_many_have_none_but_the_last() -> None:
    assert len(list(parsed(a_plot(*games(20))).iter(f"{SVG}circle"))) == 20
    assert len(list(parsed(a_plot(*games(500))).iter(f"{SVG}circle"))) == 1


# ── its size ──


@pytest.mark.parametrize(("width", "height"), [(MIN_WIDTH, MIN_HEIGHT), (MAX_WIDTH, MAX_HEIGHT)])
def test_a_drawing_is_as_large_as_it_is_asked_for_and_nothing_lies_outside(width: int, height: int) -> None:
    drawing = parsed(a_plot(*games(50)), width=width, height=height)
    assert (drawing.attrib["width"], drawing.attrib["height"]) == (str(width), str(height))
    for x, y in paths(drawing, "line")[0]:
        assert 0 < x < width
        assert 0 < y < height
    labels = [text for text in texts(drawing) if re.fullmatch(r"\d+[kd]", text)]
    assert len(labels) >= 2


@pytest.mark.parametrize(
    ("width", "height"), [(MIN_WIDTH - 1, HEIGHT), (MAX_WIDTH + 1, HEIGHT), (WIDTH, MIN_HEIGHT - 1), (WIDTH, 10**9)]
)
def test_other_sizes_are_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="pixels large"):
        svg_of(a_plot(), width=width, height=height)


def test_a_drawing_of_very_many_games_is_no_larger_than_one_of_many() -> None:
    many, more = (len(svg_of(a_plot(*games(count)))) for count in (3000, 30_000))
    assert more < 1.1 * many < 200_000


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(st.tuples(FINITE, FINITE, FINITE.map(abs), st.booleans()), max_size=30),
    st.booleans(),
    st.integers(MIN_WIDTH, MAX_WIDTH),
    st.integers(MIN_HEIGHT, MAX_HEIGHT),
)
def test_any_finite_numbers_make_a_drawing_of_finite_numbers(
    values: list[tuple[float, float, float, bool]], in_go: bool, width: int, height: int
) -> None:
    moments = [Moment(*some) for some in sorted(values)]
    plot = a_plot(*moments, pool="go" if in_go else "team:3")
    text = svg_of(plot, width=width, height=height)
    assert re.search(r"\b(nan|inf)\b", text, re.IGNORECASE) is None
    assert len(paths(ET.fromstring(text), "line")) == bool(moments)  # noqa: S314 - nobody else has made it


# ── thinning ──

MOMENTS = st.lists(
    st.builds(Moment, st.floats(0, 1e5), st.floats(-50, 50), st.floats(0, 10), st.booleans()), min_size=1, max_size=200
)


@given(MOMENTS, st.integers(8, 60))
def test_thinning_keeps_the_ends_and_the_extremes_in_order(moments: Sequence[Moment], most: int) -> None:
    kept = thinned(moments, most)
    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (moments[0], moments[-1])
    for value in (lambda moment: moment.mean, lambda moment: -moment.mean, lambda moment: moment.deviation):
        assert max(map(value, kept)) == max(map(value, moments))
    rest = iter(moments)
    assert all(moment in rest for moment in kept)


def test_few_moments_are_all_kept_and_many_are_thinned_evenly() -> None:
    few = games(MAX_DRAWN)
    assert thinned(few, MAX_DRAWN) is few
    kept = thinned(games(10_000), 101)
    assert max(later.day - earlier.day for earlier, later in pairwise(kept)) <= 10_000 / 25
    assert 60 <= len(kept) <= 101


# ── the axes ──


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-05-02", "2026-05-06", ["2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05", "2026-05-06"]),
        ("2026-05-02", "2026-05-29", ["2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25"]),
        ("2025-11-20", "2026-04-02", ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04"]),
        ("2024-11-20", "2026-04-02", ["2025-01", "2025-04", "2025-07", "2025-10", "2026-01", "2026-04"]),
        ("2019-11-20", "2024-04-02", ["2020", "2021", "2022", "2023", "2024"]),
        ("1980-11-20", "2024-04-02", ["1990", "2000", "2010", "2020"]),
        ("0001-01-01", "9999-12-31", ["2000", "4000", "6000", "8000"]),
    ],
)
def test_dates_are_round(first: str, last: str, expected: list[str]) -> None:
    start, end = (day_of(datetime.fromisoformat(text).replace(tzinfo=UTC)) for text in (first, last))
    ticks = date_ticks(start, end, 6)
    assert [label for _, label in ticks] == expected
    assert all(start <= day <= end for day, _ in ticks)


@pytest.mark.parametrize(("least", "ranks", "points"), [(0.3, 1, 1), (1.5, 2, 2), (4, 5, 5), (90, 10, 100)])
def test_steps_of_ratings_are_round(least: float, ranks: float, points: float) -> None:
    assert rating_step(least, in_ranks=True) == ranks
    assert rating_step(least, in_ranks=False) == points


def test_stronger_than_9d_there_is_no_rank_to_label() -> None:
    labels = texts(parsed(a_plot(*[Moment(DAY, 39.9, 0.2, is_game=True)])))
    assert labels.count("9d") == 1
    assert labels.count("8d") == 1
