"""Ranks and their scales. Expected values are OGS' published ones, or computed with mpmath from the formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.ranks import InvalidRank, Rank, on_40_scale, public_rank, rank_of, rating_of


@pytest.mark.parametrize(
    ("text", "number", "canonical"),
    [
        ("30k", 0, "30k"),
        ("12k", 18, "12k"),
        ("1k", 29, "1k"),
        ("1d", 30, "1d"),
        ("3d", 32, "3d"),
        ("9d", 38, "9d"),
        ("1p", 1037, "1p"),
        ("9p", 1045, "9p"),
        (" 3 Dan ", 32, "3d"),
        ("12 kyu", 18, "12k"),
        ("5 pro", 1041, "5p"),
        ("2d?", 31, "2d"),
        ("2d*", 31, "2d"),
    ],
)
def test_a_rank_is_read_in_its_usual_forms_and_written_in_one(text: str, number: int, canonical: str) -> None:
    rank = Rank.parse(text)
    assert (rank.number, str(rank)) == (number, canonical)


@pytest.mark.parametrize(
    "text", ["", "0k", "31k", "10d", "10p", "0d", "d", "3", "-3k", "3dd", "3d 4d", "03k", "٣d", "NR"]
)
def test_what_is_no_rank_is_refused(text: str) -> None:
    with pytest.raises(InvalidRank, match="write 30k to 1k, 1d to 9d or 1p to 9p"):
        Rank.parse(text)


@given(st.text())
def test_any_text_is_a_rank_or_refused(text: str) -> None:
    try:
        rank = Rank.parse(text)
    except InvalidRank:
        return
    assert Rank.parse(str(rank)) == rank


def test_ranks_are_in_order_of_strength_professionals_last() -> None:
    texts = ["30k", "12k", "1k", "1d", "9d", "1p", "9p"]
    assert [str(rank) for rank in sorted(Rank.parse(text) for text in reversed(texts))] == texts
    assert [rank for rank in texts if Rank.parse(rank).is_professional] == ["1p", "9p"]


def test_a_declared_rank_stands_for_its_middle_and_a_professional_one_for_egfs_strength_of_it() -> None:
    # EGF: 2700 for 1p, that is 7 dan, and 30 of the 100 points of a rank for each further one.
    strengths = [Rank.parse(text).strength for text in ("12k", "1d", "7d", "1p", "9p")]
    assert strengths == pytest.approx([18.5, 30.5, 36.5, 36.5, 38.9])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (-4.0, "30k"),
        (0.0, "30k"),
        (18.2, "12k"),
        (28.999, "2k"),
        (29.0, "1k"),
        (29.999, "1k"),
        (30.0, "1d"),
        (38.9, "9d"),
        (56.0, "9d"),
    ],
)
def test_a_rank_number_lies_in_a_rank(number: float, text: str) -> None:
    assert str(Rank.of(number)) == text


# By mpmath from 23.15·ln(rating/525).
@pytest.mark.parametrize(
    ("rating", "rank"),
    [
        (100, -38.387979973371775),
        (525, 0.0),
        (1000, 14.916864929440383),
        (1500, 24.303382182144388),
        (2500, 36.128995372327073),
        (6000, 56.396096642069856),
    ],
)
def test_ratings_and_rank_numbers_are_those_of_ogs(rating: float, rank: float) -> None:
    assert rank_of(rating) == pytest.approx(rank, rel=1e-14)
    assert rating_of(rank) == pytest.approx(rating, rel=1e-14)


def test_beyond_their_bounds_ratings_stay_there() -> None:
    assert (rank_of(-5.0), rank_of(1e9)) == (rank_of(100), rank_of(6000))
    assert rating_of(-1e9) == pytest.approx(100)
    assert rating_of(1e9) == pytest.approx(6000)


def test_the_scales_of_the_dialects_have_their_own_bounds() -> None:
    assert [on_40_scale(rank) for rank in (-3.0, 24.3, 41.0)] == [0.0, 24.3, 40.0]
    assert [public_rank(rank) for rank in (-3.0, 24.3, 41.0)] == [5.0, 24.3, 38.0]


@given(rank=st.floats(min_value=-38, max_value=56))
def test_a_rank_number_survives_the_scale_of_ratings(rank: float) -> None:
    assert rank_of(rating_of(rank)) == pytest.approx(rank, abs=1e-12)


@given(low=st.floats(min_value=-30, max_value=50), step=st.floats(min_value=1e-6, max_value=5))
def test_a_higher_rank_is_a_higher_rating(low: float, step: float) -> None:
    assert rating_of(low) < rating_of(low + step)
    assert Rank.of(low) <= Rank.of(low + step)
